package outbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
)

// Objects are the formats that are DICOM objects.
func Objects() []string { return []string{"sr", "seg", "gsps", "sc", "dicom-pdf"} }

// Takes reports whether a kind of destination takes a format.
func Takes(kind, format string) bool {
	switch kind {
	case KindSOAP:
		return format == "cda"
	case KindFHIR:
		return format == "fhir"
	case KindSTOW:
		return slices.Contains(Objects(), format)
	}
	return true
}

// Extension is the file name ending of a format.
func Extension(format string) string {
	switch format {
	case "cda":
		return ".cda.xml"
	case "fhir":
		return ".fhir.json"
	case "row-csv", "row-json", "row-xml":
		return ".row." + strings.TrimPrefix(format, "row-")
	case "pdf":
		return ".pdf"
	}
	return "." + format + ".dcm"
}

// mediaType is the Content-Type of a document in a format.
func mediaType(format string, body []byte) string {
	switch format {
	case "cda", "row-xml":
		return "application/xml; charset=utf-8"
	case "fhir":
		return "application/fhir+json; charset=utf-8"
	case "row-csv":
		return "text/csv; charset=utf-8"
	case "row-json":
		return "application/json"
	case "pdf":
		return "application/pdf"
	}
	switch b := boundaryOf(body); {
	case !slices.Contains(Objects(), format):
		return "application/octet-stream"
	case b != "":
		return related(b)
	}
	return "application/dicom"
}

func related(boundary string) string {
	return `multipart/related; type="application/dicom"; boundary=` + boundary
}

const boundaryPrefix = "longying-"

// Pack is what is sent of a report that is one or more DICOM objects: one as it
// is, several as a multipart/related body (RFC 2387), whose boundary is made of
// their content, so that the same objects are the same bytes every time.
func Pack(objects [][]byte) ([]byte, error) {
	if len(objects) == 1 {
		return objects[0], nil
	}
	h := sha256.New()
	for _, o := range objects {
		fmt.Fprintf(h, "%d:", len(o))
		h.Write(o)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundaryPrefix + hex.EncodeToString(h.Sum(nil)[:16])); err != nil {
		return nil, err
	}
	for _, o := range objects {
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/dicom"}})
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(o); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
}

// Unpack gives the objects back that Pack was given.
func Unpack(body []byte) ([][]byte, error) {
	boundary := boundaryOf(body)
	if boundary == "" {
		return [][]byte{body}, nil
	}
	var out [][]byte
	for r := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the objects that were kept to be sent are damaged: %w", err)
		}
		o, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("the objects that were kept to be sent are damaged: %w", err)
		}
		out = append(out, o)
	}
}

// boundaryOf is the boundary of what Pack made of several objects, else empty. A
// DICOM file begins with a preamble of 128 bytes, which is of zeros in ours.
func boundaryOf(body []byte) string {
	line, _, ok := bytes.Cut(body[:min(len(body), 200)], []byte("\r\n"))
	boundary, dashes := bytes.CutPrefix(line, []byte("--"))
	if !ok || !dashes || !bytes.HasPrefix(boundary, []byte(boundaryPrefix)) {
		return ""
	}
	return string(boundary)
}
