package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"longying/imaging"
	"longying/records"
	"longying/records/cda"
	"longying/records/fhir"
	"longying/records/outbox"
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

// The formats that need the images of a report, or are made of several objects.
const (
	AsSegmentation = "seg"
	AsStates       = "gsps"
	AsCaptures     = "sc"
	AsEncapsulated = "dicom-pdf"
)

// ObjectFormats lists them.
func ObjectFormats() []string {
	return []string{AsSegmentation, AsStates, AsCaptures, AsEncapsulated}
}

// AllFormats lists every format that a report can leave in.
func AllFormats() []string { return append(Formats(), ObjectFormats()...) }

// applies reports whether a document has anything to say in a format: there is no
// segmentation without a mask, and no presentation state or capture without an
// image that a finding is on.
func applies(doc *records.Document, format string) bool {
	return slices.ContainsFunc(doc.Findings, func(f records.Finding) bool {
		switch format {
		case AsSegmentation:
			return f.Ref.Region != nil && f.Ref.Region.Kind == imaging.RegionMask
		case AsStates, AsCaptures:
			return f.Ref.SOPUID != "" && f.Ref.SOPClass != ""
		}
		return true
	}) || format != AsSegmentation && format != AsStates && format != AsCaptures
}

// Forms is what the formats need besides a document: the hospital's mapping and
// code tables.
type Forms struct {
	CDA   cda.Config
	Row   row.Mapping
	known map[string]*CodeTable // which codes there are, where that was imported
}

// DefaultForms follow the published standards.
func DefaultForms() Forms { return Forms{CDA: cda.Default(), Row: row.Default()} }

// forms are those of this hospital: its mapping, and its code tables.
func (d *Delivery) forms(tx *sqlite.Tx) (Forms, error) {
	f := DefaultForms()
	raw, err := tx.Setting(SettingRowMapping)
	switch {
	case errors.Is(err, records.ErrNotFound) || err == nil && raw == "":
	case err != nil:
		return f, err
	default:
		if f.Row, err = row.ParseMapping([]byte(raw)); err != nil {
			return f, err
		}
	}
	tables := map[string]*CodeTable{}
	for _, name := range Tables() {
		if tables[name], err = d.table(tx, name); err != nil {
			return f, err
		}
	}
	f.CDA.Departments, f.CDA.Items = tables[TableDepartments].byName(), tables[TableItems].byName()
	f.Row.Tables = map[string]map[string]string{TableDepartments: f.CDA.Departments, TableItems: f.CDA.Items}
	f.known = map[string]*CodeTable{TableICD10: tables[TableICD10], TableTopography: tables[TableTopography], TableMorphology: tables[TableMorphology]}
	return f, nil
}

// unknown names the codes of a document that a format carries and the hospital's
// tables do not have.
func (f Forms) unknown(doc *records.Document, format string) []records.Problem {
	var out []records.Problem
	check := func(table, field, de, code string) {
		if t := f.known[table]; t != nil && code != "" && !t.has(code) {
			out = append(out, records.Problem{Field: field, DE: de, What: records.ProblemUnlisted, Value: code, Table: table})
		}
	}
	isRow := strings.HasPrefix(format, "row-")
	if v := doc.Visit; v != nil && (isRow || format == "cda") {
		for i, d := range v.Diagnoses {
			check(TableICD10, fmt.Sprintf("visit.diagnoses[%d].code", i), "DE05.01.024.00", d.Code)
		}
	}
	if !isRow && format != "fhir" && format != "sr" {
		return out
	}
	for i, x := range doc.Findings {
		if x.Topography != nil {
			check(TableTopography, fmt.Sprintf("findings[%d].topography", i), "", x.Topography.Value)
		}
		if x.Morphology != nil {
			check(TableMorphology, fmt.Sprintf("findings[%d].morphology", i), "", x.Morphology.Value)
		}
	}
	return out
}

// Preflight names what a format misses in a document, or cannot hold; empty when
// nothing. Of a document that is not signed yet the signature is not asked.
func (f Forms) Preflight(doc *records.SignedDocument, format string) []records.Problem {
	if format == "pdf" {
		return nil
	}
	out := f.unknown(&doc.Document, format)
	switch format {
	case "cda":
		out = append(out, cda.Preflight(&doc.Document, f.CDA)...)
	case "fhir":
		out = append(out, fhir.Preflight(&doc.Document)...)
	case "sr":
		out = append(out, sr.Preflight(&doc.Document)...)
	case "row-csv", "row-json", "row-xml":
		out = append(out, row.Preflight(doc, f.Row)...)
	}
	return out
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
	return nil, fmt.Errorf("format %q is not known; one of %v", format, AllFormats())
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
func Extension(format string) string { return outbox.Extension(format) }
