package sr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"longying/records"
)

// The most characters of a value, PS3.5 table 6.2-1. A person's name has as many
// in each of its groups.
const (
	lengthSH = 16
	lengthLO = 64
	lengthPN = 64
)

// Preflight names the fields for which Encode would refuse the document: what is
// longer than its attribute takes (PS3.5 6.2) or cannot stand in it. A DICOM
// object needs little of a patient, so nothing is missing that Document.Check
// lets pass.
func Preflight(doc *records.Document) []records.Problem {
	var out []records.Problem
	value := func(field, s string, limit int, of string) {
		n := utf8.RuneCountInString(s)
		switch {
		case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f || strings.ContainsRune(of, r) }):
			out = append(out, records.Problem{Field: field, What: records.ProblemMalformed, Value: s})
		case n > limit:
			out = append(out, records.Problem{Field: field, What: records.ProblemTooLong, Limit: limit, Got: n})
		}
	}
	const name, text = `\=^`, `\`
	value("patient.name", doc.Patient.Name, lengthPN, name)
	value("author.name", doc.Author.Name, lengthPN, name)
	value("reviewer.name", doc.Reviewer.Name, lengthPN, name)
	value("organization.name", doc.Organization.Name, lengthLO, text)
	x := doc.Examination
	value("examination.header.patient_id", x.Header.PatientID, lengthLO, text)
	value("examination.header.issuer", x.Header.Issuer, lengthLO, text)
	value("examination.description", x.Description, lengthLO, text)
	value("examination.accession_number", x.AccessionNumber, lengthSH, text)
	for i, f := range doc.Findings {
		at := func(of string) string { return fmt.Sprintf("findings[%d].%s", i, of) }
		value(at("by_name"), f.ByName, lengthPN, name)
		for _, c := range []struct {
			of string
			*records.Code
		}{{"code", f.Code}, {"site", f.Site}, {"topography", f.Topography}, {"morphology", f.Morphology}, {"grade", f.Grade}} {
			if c.Code != nil {
				value(at(c.of+".meaning"), c.Meaning, lengthLO, text)
				value(at(c.of+".scheme"), c.Scheme, lengthSH, text)
			}
		}
		if f.Code == nil {
			value(at("label"), f.Label.In("zh"), lengthLO, text)
		}
		if f.TrackingUID == "" {
			out = append(out, records.Problem{Field: at("tracking_uid"), What: records.ProblemMissing})
		}
	}
	for i, a := range doc.Annotations {
		value(fmt.Sprintf("annotations[%d].by_name", i), a.ByName, lengthPN, name)
	}
	return out
}
