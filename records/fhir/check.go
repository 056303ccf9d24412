package fhir

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"longying/imaging"
	"longying/records"
)

// Preflight names the fields for which Encode would refuse the document: what a
// resource must have and it lacks, or holds and no resource can.
func Preflight(doc *records.Document) []records.Problem {
	var out []records.Problem
	missing := func(field string) { out = append(out, records.Problem{Field: field, What: records.ProblemMissing}) }
	malformed := func(field, value string) {
		out = append(out, records.Problem{Field: field, What: records.ProblemMalformed, Value: value})
	}
	text := func(field, s string, required bool) {
		switch {
		case required && strings.TrimSpace(s) == "":
			missing(field)
		case !writable(s):
			malformed(field, s)
		}
	}
	text("document_id", doc.DocumentID, true)
	text("id", doc.ID, true)
	text("patient.id", doc.Patient.ID, true)
	text("patient.name", doc.Patient.Name, true)
	if b := doc.Patient.BirthDate; b != "" {
		if _, err := imaging.ParseDate(b); err != nil || len(b) != 8 {
			malformed("patient.birth_date", b)
		}
	}
	text("organization.name", doc.Organization.Name, true)
	text("examination.study_uid", doc.Examination.StudyUID, true)
	text("examination.description", doc.Examination.Description, false)
	text("impression", records.Join(doc.Impression), true)
	text("finding_text", records.Join(doc.FindingText), false)
	text("remarks", doc.Remarks, false)
	text("author.name", doc.Author.Name, true)
	text("reviewer.name", doc.Reviewer.Name, true)
	if doc.SignedAt.IsZero() {
		missing("signed_at")
	}
	for i, s := range doc.Series {
		text(fmt.Sprintf("series[%d].uid", i), s.UID, true)
		text(fmt.Sprintf("series[%d].modality", i), s.Modality, true)
		for j, o := range s.Instances {
			if o.SOPUID == "" || o.SOPClass == "" {
				missing(fmt.Sprintf("series[%d].instances[%d]", i, j))
			}
		}
	}
	for i, f := range doc.Findings {
		at := func(name string) string { return fmt.Sprintf("findings[%d].%s", i, name) }
		text(at("finding_uid"), f.UID, true)
		text(at("label"), f.Label.In("zh"), true)
		text(at("note"), f.Note, false)
		text(at("by_name"), f.ByName, true)
		if f.Model != nil {
			text(at("model.id"), f.Model.ID, true)
			text(at("model.version"), f.Model.Version, true)
		}
		if f.At.IsZero() {
			missing(at("at"))
		}
		if v := f.Value; v != nil {
			text(at("value.unit"), v.Unit, true)
			if math.IsNaN(v.Value) || math.IsInf(v.Value, 0) {
				malformed(at("value.value"), fmt.Sprint(v.Value))
			}
		}
		if p := f.Probability; p != nil && !(*p >= 0 && *p <= 1) {
			malformed(at("probability"), fmt.Sprint(*p))
		}
	}
	return out
}

// writable reports whether s is a FHIR string: UTF-8 without control
// characters other than tab, line feed and carriage return (R4, 2.24.0.1).
func writable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return false
		}
	}
	return true
}
