package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"longying/records"
)

// The headers that describe a document.
const (
	headerID      = "Document-Id"
	headerVersion = "Document-Version"
	headerFormat  = "Document-Format"
	headerSHA256  = "Document-Sha256"
)

// parcel is a delivery with its bytes.
type parcel struct {
	records.Delivery
	body   []byte
	sha256 string // hex
}

// mediaType is the Content-Type of a format.
func mediaType(format string) string {
	switch format {
	case "cda":
		return "application/xml; charset=utf-8"
	case "fhir":
		return "application/fhir+json; charset=utf-8"
	case "row-csv":
		return "text/csv; charset=utf-8"
	case "row-json":
		return "application/json"
	case "row-xml":
		return "application/xml; charset=utf-8"
	case "sr":
		return "application/dicom"
	case "pdf":
		return "application/pdf"
	}
	return "application/octet-stream"
}

// reply is what a platform answers.
type reply struct {
	Status     string    `json:"status"` // AA or AE
	Receipt    string    `json:"receipt,omitempty"`
	Registered time.Time `json:"registered,omitzero"`
	SHA256     string    `json:"sha256,omitempty"` // of what is registered
	Reason     string    `json:"reason,omitempty"`
}

type client struct {
	dest Destination
	http *http.Client
}

func (c client) documents() string { return strings.TrimRight(c.dest.URL, "/") + "/documents" }

// send posts the document.
func (c client) send(ctx context.Context, p parcel) answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.documents(), bytes.NewReader(p.body))
	if err != nil {
		return answer{outcome: NotEncoded, detail: fmt.Sprintf("the address %q of destination %s cannot be used: %v", c.dest.URL, c.dest.Name, err)}
	}
	req.Header.Set("Content-Type", mediaType(p.Format))
	req.Header.Set(headerID, url.PathEscape(p.DocumentID))
	req.Header.Set(headerVersion, strconv.Itoa(p.Version))
	req.Header.Set(headerFormat, p.Format)
	req.Header.Set(headerSHA256, p.sha256)
	resp, err := c.http.Do(req)
	if err != nil {
		return c.silent(err)
	}
	r, detail := read(resp)
	switch {
	case detail != "":
		return answer{outcome: NoAnswer, detail: detail}
	case r.Status == "AE" && resp.StatusCode < 500:
		return answer{outcome: Refused, detail: "refused by " + c.dest.Name + ": " + r.Reason}
	case resp.StatusCode/100 == 2 && r.Status == "AA" && r.Receipt != "" && (r.SHA256 == "" || r.SHA256 == p.sha256):
		return answer{outcome: Acknowledged, receipt: r.Receipt, registered: r.Registered}
	}
	return answer{outcome: NoAnswer, detail: fmt.Sprintf("the answer (HTTP %d, status %q) is no acknowledgement of these bytes", resp.StatusCode, r.Status)}
}

// ask looks whether an earlier attempt was registered. It is not settled when
// the platform does not have the document, or cannot be asked.
func (c client) ask(ctx context.Context, p parcel) (answer, bool) {
	u := fmt.Sprintf("%s/%s/%d?format=%s", c.documents(), url.PathEscape(p.DocumentID), p.Version, url.QueryEscape(p.Format))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return answer{}, false // send says what is wrong with the address
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.silent(err), true
	}
	switch resp.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		resp.Body.Close()
		return answer{}, false
	}
	r, detail := read(resp)
	switch {
	case detail != "":
		return answer{outcome: NoAnswer, detail: "asked before sending again: " + detail}, true
	case resp.StatusCode/100 != 2 || r.Status != "AA" || r.Receipt == "":
		return answer{outcome: NoAnswer, detail: fmt.Sprintf("asked before sending again: HTTP %d, status %q", resp.StatusCode, r.Status)}, true
	case r.SHA256 != p.sha256:
		return answer{outcome: Refused, detail: fmt.Sprintf("%s has registered other bytes under document %s version %d (receipt %s): their SHA-256 is %q, ours %s",
			c.dest.Name, p.DocumentID, p.Version, r.Receipt, r.SHA256, p.sha256)}, true
	}
	return answer{outcome: AskedAndFound, receipt: r.Receipt, registered: r.Registered}, true
}

// silent is an attempt without an answer. Where no connection came about,
// nothing was sent.
func (c client) silent(err error) answer {
	var op *net.OpError
	var dns *net.DNSError
	if errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns) {
		return answer{outcome: Unreachable, detail: fmt.Sprintf("%s cannot be reached: %v", c.dest.Name, err)}
	}
	return answer{outcome: NoAnswer, detail: fmt.Sprintf("%s did not answer: %v", c.dest.Name, err)}
}

// read takes a reply from a response and says what is wrong with it.
func read(resp *http.Response) (r reply, problem string) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return r, fmt.Sprintf("the answer broke off: %v", err)
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Sprintf("the answer (HTTP %d) is not understood: %.100q", resp.StatusCode, body)
	}
	return r, ""
}

// put writes the document into a folder under a name made of its id, version
// and format. What lies there already is never overwritten.
func (p parcel) put(dest Destination, now time.Time) answer {
	name := fmt.Sprintf("%s-%d.%s", url.PathEscape(p.DocumentID), p.Version, url.PathEscape(p.Format))
	path := filepath.Join(dest.URL, name)
	if there, err := os.ReadFile(path); err == nil {
		if !bytes.Equal(there, p.body) {
			return answer{outcome: Refused, detail: fmt.Sprintf("%s has other content already: it was not overwritten", path)}
		}
		return answer{outcome: AskedAndFound, receipt: name}
	}
	if err := writeWhole(dest.URL, path, p.body); err != nil {
		return answer{outcome: Unreachable, detail: fmt.Sprintf("the folder of destination %s: %v", dest.Name, err)}
	}
	return answer{outcome: Acknowledged, receipt: name, registered: now}
}

// writeWhole makes the file appear with all its content, on the disk, or not.
func writeWhole(folder, path string, body []byte) error {
	f, err := os.CreateTemp(folder, ".sending-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
