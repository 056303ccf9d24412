package delivery

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"longying/records"
	"longying/records/outbox"
)

// one delivery with its bytes, as a worker's store.
type oneDelivery struct {
	d    records.Delivery
	body []byte
	last string
}

func (o *oneDelivery) Due(context.Context, time.Time) ([]records.Delivery, error) {
	return []records.Delivery{o.d}, nil
}
func (o *oneDelivery) Payload(context.Context, records.Delivery) ([]byte, bool, error) {
	return o.body, false, nil
}
func (o *oneDelivery) Record(_ context.Context, _ records.Delivery, a records.Attempt) error {
	o.last = a.Outcome + " " + a.Detail
	return nil
}

// arrived is what a destination of a kind is given of a payload: the bodies, each
// whole, without what the kind wraps around them; and the name that the wrapping
// says besides, or "".
func arrived(t *testing.T, kind, format string, payload []byte) (bodies [][]byte, name string) {
	t.Helper()
	var sent []byte
	var media string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err == nil && r.Method == http.MethodPost {
			sent, media = raw, r.Header.Get("Content-Type")
		}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer server.Close()
	dest := outbox.Destination{Name: "there", Kind: kind, URL: server.URL, Timeout: 5 * time.Second, InClear: true, Sender: "S", Receiver: "R"}
	if kind == outbox.KindFolder {
		dest.URL = t.TempDir()
	}
	store := &oneDelivery{d: records.Delivery{ID: "d", DocumentID: "LY-1", Version: 1, Destination: "there", Format: format, State: records.DeliveryQueued, CreatedAt: time.Unix(1_800_000_000, 0)}, body: payload}
	w := outbox.NewWorker(store, map[string]outbox.Destination{"there": dest}, outbox.Policy{}, time.Now, func() float64 { return 0.5 })
	if err := w.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kind == outbox.KindFolder {
		files, err := filepath.Glob(filepath.Join(dest.URL, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s to a folder: nothing arrived (%s)", format, store.last)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, raw)
		}
		return bodies, ""
	}
	if sent == nil {
		t.Fatalf("%s to %s: nothing arrived (%s)", format, kind, store.last)
	}
	switch kind {
	case outbox.KindSOAP:
		var envelope struct {
			Message string `xml:"Body>HIPMessageServer>message"`
		}
		if err := xml.Unmarshal(sent, &envelope); err != nil {
			t.Fatalf("the envelope: %v", err)
		}
		var message struct {
			Text struct {
				Value string `xml:"value,attr"`
			} `xml:"controlActProcess>subject>clinicalDocument>storageCode>originalText"`
			Name struct {
				Value string `xml:"value,attr"`
			} `xml:"controlActProcess>subject>clinicalDocument>recordTarget>patient>patientPerson>name>item>part"`
		}
		if err := xml.Unmarshal([]byte(envelope.Message), &message); err != nil {
			t.Fatalf("the message: %v", err)
		}
		raw, err := base64.StdEncoding.DecodeString(message.Text.Value)
		if err != nil {
			t.Fatal(err)
		}
		return [][]byte{raw}, message.Name.Value
	case outbox.KindSTOW:
		_, args, err := mime.ParseMediaType(media)
		if err != nil {
			t.Fatal(err)
		}
		parts := multipart.NewReader(bytes.NewReader(sent), args["boundary"])
		for {
			p, err := parts.NextPart()
			if err == io.EOF {
				return bodies, ""
			}
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(p)
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, raw)
		}
	}
	return [][]byte{sent}, ""
}

// Rare characters and long names reach each kind of destination in every format
// that it takes, byte for byte as they were encoded, and as each format's reader
// reads them.
func TestRareCharactersReachEveryKindOfDestinationInEveryFormat(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(11, 7))}
	carried := map[string]bool{}
	for i, name := range names() {
		d := g.document(i)
		d.Document.Examination.Header.Name = ""
		forms := everyForm(t, d)
		pdf, err := DefaultForms().Encode(d, "pdf")
		if err != nil {
			t.Fatal(err)
		}
		forms["pdf"] = pdf
		for format, raw := range forms {
			payload := raw
			isObject := format == "sr" || strings.Contains(strings.Join(ObjectFormats(), " "), format)
			if isObject {
				if payload, err = outbox.Pack([][]byte{raw}); err != nil {
					t.Fatal(err)
				}
			}
			for _, kind := range outbox.Kinds() {
				if !outbox.Takes(kind, format) {
					continue
				}
				carried[kind+" "+format] = true
				bodies, said := arrived(t, kind, format, payload)
				at := fmt.Sprintf("%s to %s of %q", format, kind, name)
				if len(bodies) != 1 || !bytes.Equal(bodies[0], raw) {
					t.Errorf("%s: %d bodies arrived, not the one that was encoded", at, len(bodies))
					continue
				}
				if format != "pdf" {
					if got := nameIn(t, format, bodies[0]); got != name {
						t.Errorf("%s: it reads %q", at, got)
					}
				}
				if kind == outbox.KindSOAP && said != name {
					t.Errorf("%s: the message names %q", at, said)
				}
			}
		}
	}
	for _, want := range []string{"soap cda", "fhir fhir", "stow sr", "stow seg", "stow gsps", "stow sc", "stow dicom-pdf", "http cda", "http row-csv", "http pdf", "folder row-xml", "folder sr"} {
		if !carried[want] {
			t.Errorf("%s was not tried", want)
		}
	}
}
