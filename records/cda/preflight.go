package cda

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"longying/imaging"
	"longying/records"
)

// Problem is one reason for which a document cannot be written.
type Problem = records.Problem

// What may be wrong with a field.
const (
	Missing   = records.ProblemMissing
	TooLong   = records.ProblemTooLong
	Malformed = records.ProblemMalformed
)

// Preflight names what keeps a document from being written: required fields
// that are missing, texts over their limit, values that the format cannot
// hold. It is empty for a document that Encode will take.
func Preflight(doc *records.Document, cfg Config) []Problem {
	c := &check{required: cfg.Required}
	l := cfg.Limits
	p := doc.Patient
	c.text("patient.name", deName, p.Name, l.Name)
	c.text("patient.id_number", deIDNumber, residentID(p), 0)
	c.oneOf("patient.sex", deSex, string(p.Sex), "0", "1", "2", "9")
	c.date("patient.birth_date", deBirthDate, p.BirthDate)
	c.plain("patient.phone", p.Phone, false)

	c.plain("document_id", doc.DocumentID, true)
	c.plain("id", doc.ID, true)
	if doc.Version < 1 {
		c.add(Problem{Field: "version", What: Malformed, Value: fmt.Sprint(doc.Version)})
	}
	if doc.SignedAt.IsZero() {
		c.add(Problem{Field: "signed_at", What: Missing})
	}
	c.plain("replaces", doc.Replaces, doc.Version > 1)
	c.plain("organization.code", doc.Organization.Code, true)
	c.text("organization.name", deInstitution, doc.Organization.Name, l.Place)
	c.plain("organization.department_code", doc.Organization.DepartmentCode, false)
	c.text("organization.department", deDepartment, doc.Organization.Department, l.Place)
	c.person("author", doc.Author, l.Name)
	c.person("reviewer", doc.Reviewer, l.Name)
	if doc.Technician != nil {
		c.person("technician", *doc.Technician, l.Name)
	}
	c.visit(doc.Visit, l)

	e := doc.Examination
	c.plain("examination.accession_number", e.AccessionNumber, false)
	c.text("examination.description", deMethod, method(doc, cfg), l.Method)
	c.text("examination.modality", deCategory, cfg.category(e.Modality), 0)
	c.text("examination.modality", deItem, cfg.item(e), l.ItemCode)
	c.text("finding_text", deObjective, records.Join(doc.FindingText), l.Findings)
	c.text("impression", deImpression, records.Join(doc.Impression), l.Impression)
	c.text("remarks", deRemarks, remarks(doc, cfg), l.Remarks)
	for i, f := range doc.Findings {
		if f.Value != nil {
			c.plain(fmt.Sprintf("findings[%d].value.unit", i), f.Value.Unit, true)
		}
	}
	return c.problems
}

type check struct {
	required map[string]bool
	problems []Problem
}

func (c *check) add(p Problem) { c.problems = append(c.problems, p) }

func (c *check) text(field, de, value string, limit int) {
	switch n := utf8.RuneCountInString(value); {
	case value == "":
		if c.required[de] {
			c.add(Problem{Field: field, DE: de, What: Missing})
		}
	case strings.TrimSpace(value) == "" || !writable(value):
		c.add(Problem{Field: field, DE: de, What: Malformed, Value: value})
	case limit > 0 && n > limit:
		c.add(Problem{Field: field, DE: de, What: TooLong, Limit: limit, Got: n})
	}
}

// plain checks a field without a data element of its own.
func (c *check) plain(field, value string, required bool) {
	before := len(c.problems)
	c.text(field, "", value, 0)
	if value == "" && required && len(c.problems) == before {
		c.add(Problem{Field: field, What: Missing})
	}
}

func (c *check) oneOf(field, de, value string, allowed ...string) {
	if value == "" {
		c.text(field, de, value, 0)
		return
	}
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	c.add(Problem{Field: field, DE: de, What: Malformed, Value: value})
}

func (c *check) date(field, de, value string) {
	if value == "" {
		c.text(field, de, value, 0)
		return
	}
	if _, err := imaging.ParseDate(value); err != nil || len(value) != 8 {
		c.add(Problem{Field: field, DE: de, What: Malformed, Value: value})
	}
}

func (c *check) person(field string, p records.Person, limit int) {
	c.plain(field+".id", p.ID, true)
	c.plain(field+".name", p.Name, true)
	if n := utf8.RuneCountInString(p.Name); limit > 0 && n > limit {
		c.add(Problem{Field: field + ".name", What: TooLong, Limit: limit, Got: n})
	}
}

func (c *check) visit(v *records.Visit, l Limits) {
	if v == nil {
		if c.required[deDiagnosis] {
			c.add(Problem{Field: "visit.diagnoses", DE: deDiagnosis, What: Missing})
		}
		return
	}
	c.plain("visit.number", v.Number, false)
	c.plain("visit.department", v.Department, false)
	c.oneOf("visit.class", "", string(v.Class), "1", "2", "3", "9")
	c.date("visit.date", "", v.Date)
	if len(v.Diagnoses) == 0 && c.required[deDiagnosis] {
		c.add(Problem{Field: "visit.diagnoses", DE: deDiagnosis, What: Missing})
	}
	for i, d := range v.Diagnoses {
		field := fmt.Sprintf("visit.diagnoses[%d]", i)
		c.plain(field+".code", d.Code, true)
		c.plain(field+".name", d.Name, false)
		if n := utf8.RuneCountInString(d.Code); l.Diagnosis > 0 && n > l.Diagnosis {
			c.add(Problem{Field: field + ".code", DE: deDiagnosis, What: TooLong, Limit: l.Diagnosis, Got: n})
		}
	}
}

// writable reports whether every character may stand in an XML 1.0 document
// (production 2, Char); encoding/xml would replace the others silently.
func writable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		ok := r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
		if !ok {
			return false
		}
	}
	return true
}

// residentID is the number for root .3, which is for resident ID cards only.
func residentID(p records.Patient) string {
	if p.IDType != records.IDTypeResident {
		return ""
	}
	return p.IDNumber
}

// method is DE02.10.027.00: how the examination was described, else its kind.
func method(doc *records.Document, cfg Config) string {
	if d := strings.TrimSpace(doc.Examination.Description); d != "" {
		return d
	}
	return cfg.category(doc.Examination.Modality)
}

// remarks is DE06.00.179.00: the document's own remarks, and for every model
// behind a finding its identifier, version and hash, who confirmed what it
// proposed, and when. No national element for this was found.
func remarks(doc *records.Document, cfg Config) string {
	out := doc.Remarks
	said := map[string]bool{}
	for _, f := range doc.Findings {
		m := f.Model
		if m == nil {
			continue
		}
		s := "AI辅助:模型" + m.ID + " " + m.Version
		if m.SHA256 != "" {
			s += "(SHA-256 " + m.SHA256 + ")"
		}
		s += ",经" + f.ByName + "于" + f.At.In(cfg.zone()).Format("20060102T150405") + "确认。"
		if !said[s] {
			said[s] = true
			out += s
		}
	}
	return out
}
