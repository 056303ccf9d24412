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
	"strconv"
	"strings"
	"time"

	"longying/imaging/endpoint"
	"longying/records"
)

// web is what the destinations that are reached over HTTP share.
type web struct {
	dest Destination
	http *http.Client
}

func newWeb(dest Destination) (web, error) {
	cfg, err := dest.TLS()
	if err != nil {
		return web{}, err
	}
	return web{dest: dest, http: &http.Client{
		// Each request has a connection of its own: on one that is used again, the
		// second answer of a platform that answers twice is taken for the answer to
		// the next request.
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: cfg, DisableKeepAlives: true, MaxResponseHeaderBytes: 1 << 20},
		Timeout:   dest.timeout(),
		// Another server is none that was configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func (w web) close() { w.http.CloseIdleConnections() }

func (w web) base() string { return strings.TrimRight(w.dest.URL, "/") }

// reply is what was answered, whole.
type answered struct {
	status int
	kind   string // media type
	body   []byte
}

// largestAnswer is what is read of an answer; none of a receipt is near it.
const largestAnswer = 4 << 20

// exchange sends a request and reads the whole answer. Without one, failed says
// how it ended.
func (w web) exchange(ctx context.Context, method, address string, header http.Header, body []byte) (got answered, failed *answer) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return got, &answer{outcome: NotEncoded, detail: fmt.Sprintf("the address of destination %s cannot be used", w.dest.Name), why: because(causeSettings, w.dest.Name, 0, "")}
	}
	for k, v := range header {
		req.Header[k] = v
	}
	w.dest.Authorize(req)
	resp, err := w.http.Do(req)
	if err != nil {
		return got, w.silent(err)
	}
	defer resp.Body.Close()
	got = answered{status: resp.StatusCode, kind: resp.Header.Get("Content-Type")}
	got.body, err = io.ReadAll(io.LimitReader(resp.Body, largestAnswer+1))
	switch {
	case err != nil:
		a := w.silent(err)
		a.outcome = NoAnswer
		return got, a
	case len(got.body) > largestAnswer:
		return got, &answer{outcome: NoAnswer, detail: fmt.Sprintf("the answer of %s is larger than %d MiB", w.dest.Name, largestAnswer>>20), why: because(causeOverlong, w.dest.Name, got.status, "")}
	}
	return got, nil
}

// silent is an attempt without an answer. Where no connection came about, nothing
// was sent.
func (w web) silent(err error) *answer {
	failure, detail := endpoint.Classify(err)
	a := &answer{outcome: NoAnswer, detail: fmt.Sprintf("%s did not answer: %s", w.dest.Name, detail), failure: string(failure), cause: detail,
		why: because(string(failure), w.dest.Name, 0, detail)}
	var late net.Error
	a.hung = errors.As(err, &late) && late.Timeout()
	switch failure {
	case endpoint.Unreachable:
		a.outcome, a.detail = Unreachable, fmt.Sprintf("%s cannot be reached: %s", w.dest.Name, detail)
	case endpoint.Untrusted:
		a.outcome, a.detail = Unreachable, fmt.Sprintf("%s shows a certificate that is not trusted; nothing was sent: %s", w.dest.Name, detail)
	case endpoint.NoCertificate:
		a.outcome, a.detail = Unreachable, fmt.Sprintf("%s wants another client certificate; nothing was sent: %s", w.dest.Name, detail)
	}
	return a
}

// strange is an answer that is neither an acknowledgement nor a refusal; code and
// said are of its cause where the status alone does not say it.
func (w web) strange(got answered, why, code, said string) answer {
	a := answer{outcome: NoAnswer, status: got.status, failure: kindOf(got.status), cause: fmt.Sprintf("HTTP %d", got.status)}
	a.why = because(code, w.dest.Name, got.status, said)
	switch a.failure {
	case credentials, forbidden, busy, absent:
		a.why.Code = a.failure
	}
	switch a.failure {
	case credentials:
		a.detail = fmt.Sprintf("%s does not accept user and password, or the token (HTTP %d)", w.dest.Name, got.status)
	case forbidden:
		a.detail = fmt.Sprintf("%s does not allow this to the user that is configured (HTTP %d)", w.dest.Name, got.status)
	default:
		a.detail = fmt.Sprintf("the answer of %s (HTTP %d) %s", w.dest.Name, got.status, why)
	}
	return a
}

// kindOf is the kind of Error of an HTTP status.
func kindOf(status int) string {
	switch {
	case status/100 == 2:
		return string(endpoint.Garbage)
	case status == http.StatusUnauthorized:
		return credentials
	case status == http.StatusForbidden:
		return forbidden
	case status == http.StatusNotFound, status == http.StatusGone:
		return absent
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 502 && status <= 504:
		return busy
	case status/100 == 3:
		return string(endpoint.Garbage)
	}
	return unable
}

// problem is an answer as the error of a trial.
func (w web) problem(a answer) error {
	kind := a.failure
	if kind == "" {
		kind = unable
	}
	return &Error{Kind: kind, Destination: w.dest.Name, Status: a.status, Detail: a.cause}
}

// The headers that describe a document.
const (
	headerID      = "Document-Id"
	headerVersion = "Document-Version"
	headerFormat  = "Document-Format"
	headerSHA256  = "Document-Sha256"
)

// reply is what a platform answers.
type reply struct {
	Status     string    `json:"status"` // AA or AE
	Receipt    string    `json:"receipt,omitempty"`
	Registered time.Time `json:"registered,omitzero"`
	SHA256     string    `json:"sha256,omitempty"` // of what is registered
	Reason     string    `json:"reason,omitempty"`
}

// plain is a platform that takes documents as the package comment says.
type plain struct{ web }

func (c plain) documents() string { return c.base() + "/documents" }

func (c plain) address(id string, version int, format string) string {
	return fmt.Sprintf("%s/%s/%d?format=%s", c.documents(), url.PathEscape(id), version, url.QueryEscape(format))
}

func (c plain) send(ctx context.Context, p parcel) answer {
	got, failed := c.exchange(ctx, http.MethodPost, c.documents(), http.Header{
		"Content-Type": {mediaType(p.Format, p.body)}, headerID: {url.PathEscape(p.DocumentID)}, headerVersion: {strconv.Itoa(p.Version)},
		headerFormat: {p.Format}, headerSHA256: {p.sha256}}, p.body)
	if failed != nil {
		return *failed
	}
	r, err := got.reply()
	switch {
	case err != nil:
		return c.strange(got, err.Error(), causeUnclear, string(got.body))
	case r.Status == "AE" && got.status < 500 && got.status != http.StatusUnauthorized && got.status != http.StatusForbidden:
		return answer{outcome: Refused, detail: "refused by " + c.dest.Name + ": " + r.Reason, why: because(causeRefused, c.dest.Name, 0, r.Reason)}
	case got.status/100 == 2 && r.Status == "AA" && r.Receipt != "" && (r.SHA256 == "" || r.SHA256 == p.sha256):
		return answer{outcome: Acknowledged, receipt: r.Receipt, registered: r.Registered}
	}
	return c.strange(got, fmt.Sprintf("with status %q is no acknowledgement of these bytes", r.Status), causeNoReceipt, string(got.body))
}

// ask looks whether an earlier attempt was registered. It is not settled when
// the platform does not have the document, or cannot be asked.
func (c plain) ask(ctx context.Context, p parcel) (answer, bool) {
	got, failed := c.exchange(ctx, http.MethodGet, c.address(p.DocumentID, p.Version, p.Format), nil, nil)
	if failed != nil {
		return *failed, true
	}
	switch got.status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return answer{}, false
	}
	r, err := got.reply()
	switch {
	case err != nil:
		return c.strange(got, "when asked before sending again "+err.Error(), causeUnclear, string(got.body)), true
	case got.status/100 != 2 || r.Status != "AA" || r.Receipt == "":
		return c.strange(got, fmt.Sprintf("with status %q, when asked before sending again, says nothing of the document", r.Status), causeNoReceipt, string(got.body)), true
	case r.SHA256 != p.sha256:
		return answer{outcome: Refused, detail: fmt.Sprintf("%s has registered other bytes under document %s version %d (receipt %s): their SHA-256 is %q, ours %s",
			c.dest.Name, p.DocumentID, p.Version, r.Receipt, r.SHA256, p.sha256),
			why: &records.Cause{Code: causeOtherBytes, Args: []string{c.dest.Name, p.DocumentID, strconv.Itoa(p.Version), r.Receipt}}}, true
	}
	return answer{outcome: AskedAndFound, receipt: r.Receipt, registered: r.Registered}, true
}

// try asks for a document that there is none of.
func (c plain) try(ctx context.Context) error {
	got, failed := c.exchange(ctx, http.MethodGet, c.address("longying-connection-trial", 1, "cda"), nil, nil)
	switch {
	case failed != nil:
		return c.problem(*failed)
	case got.status == http.StatusNotFound, got.status == http.StatusMethodNotAllowed, got.status == http.StatusNotImplemented, got.status/100 == 2:
		return nil
	}
	return c.problem(c.strange(got, "is no answer of a platform", causeUnclear, ""))
}

func (g answered) reply() (r reply, err error) {
	if err := json.Unmarshal(g.body, &r); err != nil {
		return r, fmt.Errorf("is not understood: %.100q", g.body)
	}
	return r, nil
}
