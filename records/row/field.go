package row

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"longying/imaging"
	"longying/records"
)

// field is one value that a column can be filled from.
type field struct {
	name string
	of   func(*records.SignedDocument) string
}

// separator stands between the values of a field that has several.
const separator = "; "

// fields are all that a mapping can name. Times are yyyyMMddTHHmmss (DT15) and
// dates yyyyMMdd (D8), in China's time.
func fields() []field {
	doc := func(f func(*records.Document) string) func(*records.SignedDocument) string {
		return func(d *records.SignedDocument) string { return f(&d.Document) }
	}
	visit := func(f func(*records.Visit) string) func(*records.SignedDocument) string {
		return func(d *records.SignedDocument) string {
			if d.Document.Visit == nil {
				return ""
			}
			return f(d.Document.Visit)
		}
	}
	return []field{
		{"document.id", doc(func(d *records.Document) string { return d.ID })},
		{"document.set_id", doc(func(d *records.Document) string { return d.DocumentID })},
		{"document.version", doc(func(d *records.Document) string { return strconv.Itoa(d.Version) })},
		{"document.replaces", doc(func(d *records.Document) string { return d.Replaces })},
		{"document.amends", doc(func(d *records.Document) string { return d.Amends })},
		{"document.retracts", doc(func(d *records.Document) string { return d.Retracts })},
		{"document.signed_at", doc(func(d *records.Document) string { return stamp(d.SignedAt) })},
		{"document.sha256", func(d *records.SignedDocument) string { return d.SHA256 }},
		{"document.sm3", func(d *records.SignedDocument) string { return d.SM3 }},
		{"document.sample", doc(func(d *records.Document) string { return flag(d.Sample || d.Patient.Sample) })},
		{"signature.value", signature(func(s *records.Signature) string { return s.Value })},
		{"signature.key_id", signature(func(s *records.Signature) string { return s.KeyID })},
		{"signature.public_key", signature(func(s *records.Signature) string { return s.Public })},
		{"signature.algorithm", signature(func(*records.Signature) string { return "SM2" })},

		{"organization.code", doc(func(d *records.Document) string { return d.Organization.Code })},
		{"organization.name", doc(func(d *records.Document) string { return d.Organization.Name })},
		{"organization.department_code", doc(func(d *records.Document) string { return d.Organization.DepartmentCode })},
		{"organization.department", doc(func(d *records.Document) string { return d.Organization.Department })},
		{"author.id", doc(func(d *records.Document) string { return d.Author.ID })},
		{"author.name", doc(func(d *records.Document) string { return d.Author.Name })},
		{"reviewer.id", doc(func(d *records.Document) string { return d.Reviewer.ID })},
		{"reviewer.name", doc(func(d *records.Document) string { return d.Reviewer.Name })},

		{"patient.name", doc(func(d *records.Document) string { return d.Patient.Name })},
		{"patient.id_type", doc(func(d *records.Document) string { return d.Patient.IDType })},
		{"patient.id_number", doc(func(d *records.Document) string { return d.Patient.IDNumber })},
		{"patient.sex", doc(func(d *records.Document) string { return string(d.Patient.Sex) })},
		{"patient.birth_date", doc(func(d *records.Document) string { return d.Patient.BirthDate })},
		{"patient.age", doc(age)},
		{"patient.phone", doc(func(d *records.Document) string { return d.Patient.Phone })},
		{"patient.health_record_number", doc(func(d *records.Document) string { return d.Patient.HealthRecordNumber })},

		{"visit.number", visit(func(v *records.Visit) string { return v.Number })},
		{"visit.class", visit(func(v *records.Visit) string { return string(v.Class) })},
		{"visit.date", visit(func(v *records.Visit) string { return v.Date })},
		{"visit.department", visit(func(v *records.Visit) string { return v.Department })},
		{"visit.diagnosis_code", visit(diagnoses(func(d records.Diagnosis) string { return d.Code }))},
		{"visit.diagnosis_name", visit(diagnoses(func(d records.Diagnosis) string { return d.Name }))},

		{"examination.study_uid", doc(func(d *records.Document) string { return d.Examination.StudyUID })},
		{"examination.accession_number", doc(func(d *records.Document) string { return d.Examination.AccessionNumber })},
		{"examination.modality", doc(func(d *records.Document) string { return d.Examination.Modality })},
		// The description where there is one, as the code table of items has it.
		{"examination.item", doc(func(d *records.Document) string {
			if s := strings.TrimSpace(d.Examination.Description); s != "" {
				return s
			}
			return d.Examination.Modality
		})},
		{"examination.body_part", doc(func(d *records.Document) string { return d.Examination.BodyPart })},
		{"examination.description", doc(func(d *records.Document) string { return d.Examination.Description })},
		{"examination.date", doc(func(d *records.Document) string { return date(d.Examination.Date) })},
		{"examination.patient_id", doc(func(d *records.Document) string { return d.Examination.Header.PatientID })},

		{"finding_text", doc(func(d *records.Document) string { return records.Join(d.FindingText) })},
		{"impression", doc(func(d *records.Document) string { return records.Join(d.Impression) })},
		{"remarks", doc(func(d *records.Document) string { return d.Remarks })},
		{"template.id", doc(func(d *records.Document) string {
			if d.Structured == nil {
				return ""
			}
			return d.Structured.Template
		})},
		// Name=answer of each coded field; the codes besides.
		{"template.answers", answered(func(a *records.CodedAnswer) string { return a.Name.Zh + "=" + a.In("zh") })},
		{"template.codes", answered(func(a *records.CodedAnswer) string {
			if a.Choice == nil {
				return ""
			}
			return a.Concept.Scheme + " " + a.Concept.Value + "=" + a.Choice.Code.Scheme + " " + a.Choice.Code.Value
		})},
		// 2 异常 of the examination result code table; nothing abnormal is not
		// called normal, so the field is then empty.
		{"result_code", doc(func(d *records.Document) string {
			if d.Abnormal {
				return "2"
			}
			return ""
		})},
		{"positive", doc(func(d *records.Document) string {
			if d.Abnormal {
				return "1"
			}
			return ""
		})},
		{"findings.uid", each(func(f *records.Finding) string { return f.UID })},
		{"findings.tracking_uid", each(func(f *records.Finding) string { return f.TrackingUID })},
		{"findings.label", each(func(f *records.Finding) string { return f.Label.In("zh") })},
		{"findings.code", each(func(f *records.Finding) string { return code(f.Code) })},
		{"findings.topography", each(func(f *records.Finding) string { return code(f.Topography) })},
		{"findings.morphology", each(func(f *records.Finding) string { return code(f.Morphology) })},
		{"findings.value", measured(func(f *records.Finding) string { return number(f.Value.Value) })},
		{"findings.unit", measured(func(f *records.Finding) string { return f.Value.Unit })},
		{"ai.model", model(func(f *records.Finding) string { return f.Model.ID })},
		{"ai.version", model(func(f *records.Finding) string { return f.Model.Version })},
		{"ai.sha256", model(func(f *records.Finding) string { return f.Model.SHA256 })},
		{"ai.confirmed_by", model(func(f *records.Finding) string { return f.ByName })},
		{"ai.confirmed_at", model(func(f *records.Finding) string { return stamp(f.At) })},
		{"ai.probability", model(func(f *records.Finding) string {
			if f.Probability == nil {
				return ""
			}
			return number(*f.Probability)
		})},
	}
}

// FieldNames are the fields that a mapping can name.
func FieldNames() []string {
	var out []string
	for _, f := range fields() {
		out = append(out, f.name)
	}
	return out
}

func lookup() map[string]func(*records.SignedDocument) string {
	out := map[string]func(*records.SignedDocument) string{}
	for _, f := range fields() {
		out[f.name] = f.of
	}
	return out
}

// answered lists a value of every coded answer that has it.
func answered(f func(*records.CodedAnswer) string) func(*records.SignedDocument) string {
	return func(d *records.SignedDocument) string {
		if d.Document.Structured == nil {
			return ""
		}
		var out []string
		for i := range d.Document.Structured.Answers {
			if v := f(&d.Document.Structured.Answers[i]); v != "" {
				out = append(out, v)
			}
		}
		return strings.Join(out, separator)
	}
}

// each lists a value of every finding, in the findings' order; a place is kept
// for one that has none, so that the columns of a row agree.
func each(f func(*records.Finding) string) func(*records.SignedDocument) string {
	return func(d *records.SignedDocument) string { return list(d.Document.Findings, f) }
}

// model lists a value of every finding that a model proposed.
func model(f func(*records.Finding) string) func(*records.SignedDocument) string {
	return but(func(f records.Finding) bool { return f.Model == nil }, f)
}

// measured lists a value of every finding that has a measurement.
func measured(f func(*records.Finding) string) func(*records.SignedDocument) string {
	return but(func(f records.Finding) bool { return f.Value == nil }, f)
}

func but(without func(records.Finding) bool, f func(*records.Finding) string) func(*records.SignedDocument) string {
	return func(d *records.SignedDocument) string {
		return list(slices.DeleteFunc(slices.Clone(d.Document.Findings), without), f)
	}
}

func list(findings []records.Finding, f func(*records.Finding) string) string {
	var out []string
	something := false
	for i := range findings {
		v := f(&findings[i])
		something = something || v != ""
		out = append(out, v)
	}
	if !something {
		return ""
	}
	return strings.Join(out, separator)
}

func diagnoses(f func(records.Diagnosis) string) func(*records.Visit) string {
	return func(v *records.Visit) string {
		var out []string
		for _, d := range v.Diagnoses {
			out = append(out, f(d))
		}
		return strings.Join(out, separator)
	}
}

// signature is of the last signature under the document itself: the reviewer's,
// where there are two.
func signature(f func(*records.Signature) string) func(*records.SignedDocument) string {
	return func(d *records.SignedDocument) string {
		for i := len(d.Signatures) - 1; i >= 0; i-- {
			if d.Signatures[i].Over == records.OverDocument {
				return f(&d.Signatures[i])
			}
		}
		return ""
	}
}

func code(c *records.Code) string {
	if c == nil {
		return ""
	}
	return c.Value
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(imaging.Zone()).Format("20060102T150405")
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(imaging.Zone()).Format("20060102")
}

// age is in whole years at the examination, as in the CDA.
func age(d *records.Document) string {
	at := d.Examination.Date
	if at.IsZero() {
		at = d.SignedAt
	}
	birth, err := imaging.ParseDate(d.Patient.BirthDate)
	day, err2 := imaging.ParseDate(date(at))
	if err != nil || err2 != nil || day.Before(birth) {
		return ""
	}
	return strconv.Itoa(imaging.YearsBetween(birth, day))
}
