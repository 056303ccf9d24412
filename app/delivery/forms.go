package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"longying/records"
	"longying/records/cda"
	"longying/records/fhir"
	"longying/records/report"
	"longying/records/row"
	"longying/records/sqlite"
	"longying/records/sr"
)

// SettingRowMapping is the key of a hospital's own mapping of the data-element
// row, as its file.
const SettingRowMapping = "row_mapping"

// Formats are the forms in which a signed report can leave by itself, without
// the images that it is about.
func Formats() []string {
	return []string{"cda", "fhir", "sr", "pdf", "row-csv", "row-json", "row-xml"}
}

// Forms is what the formats need besides a document: the hospital's mapping.
type Forms struct {
	CDA cda.Config
	Row row.Mapping
}

// DefaultForms follow the published standards.
func DefaultForms() Forms { return Forms{CDA: cda.Default(), Row: row.Default()} }

// forms are those of this hospital.
func forms(tx *sqlite.Tx) (Forms, error) {
	f := DefaultForms()
	raw, err := tx.Setting(SettingRowMapping)
	switch {
	case errors.Is(err, records.ErrNotFound) || err == nil && raw == "":
		return f, nil
	case err != nil:
		return f, err
	}
	f.Row, err = row.ParseMapping([]byte(raw))
	return f, err
}

// Preflight names what a format misses in a document, or cannot hold; empty when
// nothing. Of a document that is not signed yet the signature is not asked.
func (f Forms) Preflight(doc *records.SignedDocument, format string) []records.Problem {
	switch format {
	case "cda":
		return cda.Preflight(&doc.Document, f.CDA)
	case "fhir":
		return fhir.Preflight(&doc.Document)
	case "sr":
		return sr.Preflight(&doc.Document)
	case "row-csv", "row-json", "row-xml":
		return row.Preflight(doc, f.Row)
	}
	return nil
}

// Encode writes one signed document in one format, the same bytes every time.
func (f Forms) Encode(doc *records.SignedDocument, format string) ([]byte, error) {
	var b bytes.Buffer
	switch form, isRow := strings.CutPrefix(format, "row-"); {
	case format == "cda":
		return cda.Encode(&doc.Document, f.CDA)
	case format == "fhir":
		return fhir.Encode(&doc.Document, fhir.Default())
	case format == "sr":
		err := sr.Encode(&doc.Document, sr.Default(), &b)
		return b.Bytes(), err
	case format == "pdf":
		err := report.PDF(doc, report.Options{Lang: "zh"}, &b)
		return b.Bytes(), err
	case isRow && slices.Contains(row.Forms(), row.Form(form)):
		return row.Encode(doc, f.Row, row.Form(form))
	}
	return nil, fmt.Errorf("format %q is not known; one of %v", format, Formats())
}

// words are problems in one line, for people.
func words(problems []records.Problem) string {
	s := make([]string, len(problems))
	for i, p := range problems {
		s[i] = p.String()
	}
	return strings.Join(s, "; ")
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
