package records

import (
	"strconv"
	"strings"
)

// Source says where an entry of the medical record came from. System and ID
// together name the entry: the same pair again is the same entry.
type Source struct {
	System string `json:"system"`
	ID     string `json:"id"`
}

// HealthRecord is what the resident health record (电子健康档案) holds of a person
// besides the identity; its number is Patient.HealthRecordNumber.
type HealthRecord struct {
	PatientID    string `json:"patient_id"`
	Address      string `json:"address,omitempty"`
	Ethnicity    string `json:"ethnicity,omitempty"` // GB/T 3304 code or name
	BloodType    string `json:"blood_type,omitempty"`
	Occupation   string `json:"occupation,omitempty"`
	Employer     string `json:"employer,omitempty"`
	ContactName  string `json:"contact_name,omitempty"`
	ContactPhone string `json:"contact_phone,omitempty"`
	PastHistory  string `json:"past_history,omitempty"` // 既往史
}

// Empty reports a health record that states nothing.
func (h HealthRecord) Empty() bool { return h == HealthRecord{PatientID: h.PatientID} }

// DiagnosisEntry is a diagnosis of the medical record, of a visit where
// VisitNumber is filled.
type DiagnosisEntry struct {
	ID          string `json:"id"`
	PatientID   string `json:"patient_id"`
	Source      Source `json:"source"`
	VisitNumber string `json:"visit_number,omitempty"`
	Code        string `json:"code"` // DE05.01.024.00, ICD-10
	Name        string `json:"name"` // DE05.01.025.00
	Date        string `json:"date,omitempty"`
	State       string `json:"state,omitempty"` // active, resolved, ...: HL7 condition-clinical
	Note        string `json:"note,omitempty"`
}

// Allergy is something that a person must not be given, as a source states it.
type Allergy struct {
	ID        string `json:"id"`
	PatientID string `json:"patient_id"`
	Source    Source `json:"source"`
	Code      string `json:"code,omitempty"`
	Substance string `json:"substance"`
	Category  string `json:"category,omitempty"` // medication, food, environment, biologic: FHIR AllergyIntolerance.category
	Reaction  string `json:"reaction,omitempty"`
	Severity  string `json:"severity,omitempty"` // mild, moderate, severe, or as the source words it
	State     string `json:"state,omitempty"`    // active, inactive, resolved, refuted
	Date      string `json:"date,omitempty"`
}

// Stands reports an allergy that has to be shown as a warning: everything that
// no source called inactive, resolved, refuted or entered in error.
func (a Allergy) Stands() bool {
	switch a.State {
	case "inactive", "resolved", "refuted", "entered-in-error":
		return false
	}
	return true
}

// The abnormal flags that this program computes itself, HL7 table 0078. A
// source may state others (LL, HH, A, AA, ...): they are kept as they are.
const (
	FlagNormal = "N"
	FlagLow    = "L"
	FlagHigh   = "H"
)

// LabValue is one laboratory value.
type LabValue struct {
	ID          string `json:"id"`
	PatientID   string `json:"patient_id"`
	Source      Source `json:"source"`
	VisitNumber string `json:"visit_number,omitempty"`
	Panel       string `json:"panel,omitempty"`
	Code        string `json:"code,omitempty"` // DE04.30.019.00
	CodeSystem  string `json:"code_system,omitempty"`
	Name        string `json:"name"`
	Value       string `json:"value"`              // DE04.30.015.00 where it is a number
	Unit        string `json:"unit,omitempty"`     // DE04.30.016.00
	Range       string `json:"range,omitempty"`    // reference range, as the source writes it
	Flag        string `json:"flag,omitempty"`     // abnormal flag of the source; empty: none stated
	Time        string `json:"time,omitempty"`     // of the specimen, YYYYMMDD[HHMM[SS]]
	State       string `json:"state,omitempty"`    // preliminary, final, corrected, cancelled
	Specimen    string `json:"specimen,omitempty"` //
	Note        string `json:"note,omitempty"`
}

// Stands reports a value that the laboratory did not take back.
func (v LabValue) Stands() bool { return v.State != "entered-in-error" && v.State != "cancelled" }

// Abnormal is the flag to show, and whether the source stated it or it was
// computed from value and reference range. A source that states a flag is
// never overruled; where neither is there the flag is empty, which is not
// normal.
func (v LabValue) Abnormal() (flag string, stated bool) {
	if v.Flag != "" {
		return v.Flag, true
	}
	return RangeFlag(v.Value, v.Range), false
}

// RangeFlag compares a number with a reference range written as "3.5-9.5",
// "3.5～9.5", "<5", "≤5", ">60" or "≥60": FlagLow, FlagHigh, FlagNormal, or
// empty where one of them is something else. A value that is itself a bound
// ("<0.1") is compared only where every number that it may be falls on one
// side.
func RangeFlag(value, interval string) string {
	bound, text := "", FoldNumber(value)
	if text != "" && strings.ContainsAny(text[:1], "<>") {
		bound, text = text[:1], strings.TrimPrefix(text[1:], "=")
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !finite(x) {
		return ""
	}
	low, high, ok := parseRange(interval)
	switch {
	case !ok:
		return ""
	case low.set && bound != ">" && (x < low.at || (low.open || bound == "<") && x == low.at):
		return FlagLow
	case high.set && bound != "<" && (x > high.at || (high.open || bound == ">") && x == high.at):
		return FlagHigh
	case bound == "<" && (low.set || high.set && x > high.at), bound == ">" && (high.set || low.set && x < low.at):
		return ""
	}
	return FlagNormal
}

type limit struct {
	at        float64
	set, open bool
}

func parseRange(s string) (low, high limit, ok bool) {
	s = strings.NewReplacer("～", "-", "~", "-", "—", "-", "–", "-", "≤", "<=", "≥", ">=").Replace(s)
	s = strings.Trim(FoldNumber(s), "()[]")
	if s == "" {
		return low, high, false
	}
	number := func(s string) (float64, bool) {
		x, err := strconv.ParseFloat(s, 64)
		return x, err == nil && finite(x)
	}
	for _, c := range []struct {
		prefix string
		high   bool
		open   bool
	}{{"<=", true, false}, {">=", false, false}, {"<", true, true}, {">", false, true}} {
		rest, found := strings.CutPrefix(s, c.prefix)
		if !found {
			continue
		}
		at, ok := number(rest)
		if c.high {
			return low, limit{at, true, c.open}, ok
		}
		return limit{at, true, c.open}, high, ok
	}
	dash := strings.Index(s[1:], "-") + 1 // a minus sign may lead
	if dash < 1 {
		return low, high, false
	}
	a, okA := number(strings.TrimRight(s[:dash], "-"))
	b, okB := number(strings.TrimLeft(s[dash:], "-"))
	if strings.HasPrefix(s[dash:], "--") && okB { // "-5--1", and "1--5" is no range
		b = -b
	}
	return limit{a, true, false}, limit{b, true, false}, okA && okB && a <= b
}

func finite(x float64) bool { return x-x == 0 }

// PastReport is the report of an examination that another system made, kept as
// text beside the images of this one.
type PastReport struct {
	ID          string `json:"id"`
	PatientID   string `json:"patient_id"`
	Source      Source `json:"source"`
	VisitNumber string `json:"visit_number,omitempty"`
	Title       string `json:"title"`
	Category    string `json:"category,omitempty"` // DE04.30.018.00
	Date        string `json:"date,omitempty"`
	Findings    string `json:"findings,omitempty"`    // DE04.50.131.00
	Impression  string `json:"impression,omitempty"`  // DE04.50.132.00
	Institution string `json:"institution,omitempty"` // DE08.10.013.00
	Department  string `json:"department,omitempty"`  // DE08.10.026.00
	Doctor      string `json:"doctor,omitempty"`
	State       string `json:"state,omitempty"`
	Note        string `json:"note,omitempty"` // DE06.00.179.00
}

// DataElement is a data element of WS 363 that a field of the record holds.
type DataElement struct {
	Table string // of the store
	Field string // name in the sealed JSON
	Code  string // e.g. DE02.01.039.00
}

// DataElements is the one table of them; the store keeps a copy beside the
// fields, in the table data_elements.
func DataElements() []DataElement {
	return []DataElement{
		{"patients", "name", "DE02.01.039.00"},
		{"patients", "id_type", "DE02.01.031.00"},
		{"patients", "id_number", "DE02.01.030.00"},
		{"patients", "sex", "DE02.01.040.00"},
		{"patients", "birth_date", "DE02.01.005.01"},
		{"patients", "phone", "DE02.01.010.00"},
		{"visits", "department", "DE08.10.026.00"},
		{"orders", "category", "DE04.30.018.00"},
		{"diagnoses", "code", "DE05.01.024.00"},
		{"diagnoses", "name", "DE05.01.025.00"},
		{"laboratory_values", "code", "DE04.30.019.00"},
		{"laboratory_values", "value", "DE04.30.015.00"},
		{"laboratory_values", "unit", "DE04.30.016.00"},
		{"past_reports", "category", "DE04.30.018.00"},
		{"past_reports", "findings", "DE04.50.131.00"},
		{"past_reports", "impression", "DE04.50.132.00"},
		{"past_reports", "institution", "DE08.10.013.00"},
		{"past_reports", "department", "DE08.10.026.00"},
		{"past_reports", "note", "DE06.00.179.00"},
	}
}
