package fhir

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"longying/records"
)

// MaxEntries is the most resources that a bundle may hold.
const MaxEntries = 200_000

// Is reports whether a file begins as a JSON object does.
func Is(raw []byte) bool {
	raw = bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(raw, []byte("{"))
}

// The parts of R4 resources that are read.
type inBundle struct {
	ResourceType string `json:"resourceType"`
	Entry        []struct {
		FullURL  string          `json:"fullUrl"`
		Resource json.RawMessage `json:"resource"`
	} `json:"entry"`
}

type inIdentifier struct {
	Use      string    `json:"use"`
	Type     inConcept `json:"type"`
	System   string    `json:"system"`
	Value    string    `json:"value"`
	Assigner struct {
		Display string `json:"display"`
	} `json:"assigner"`
}

type inConcept struct {
	Coding []struct {
		System  string `json:"system"`
		Code    string `json:"code"`
		Display string `json:"display"`
	} `json:"coding"`
	Text string `json:"text"`
}

type inReference struct {
	Reference string `json:"reference"`
	Display   string `json:"display"`
}

type inQuantity struct {
	Value      json.Number `json:"value"`
	Comparator string      `json:"comparator"`
	Unit       string      `json:"unit"`
	Code       string      `json:"code"`
}

type inRange struct {
	Low  *inQuantity `json:"low"`
	High *inQuantity `json:"high"`
	Text string      `json:"text"`
}

type inValue struct {
	Quantity *inQuantity  `json:"valueQuantity"`
	String   string       `json:"valueString"`
	Concept  *inConcept   `json:"valueCodeableConcept"`
	Integer  *json.Number `json:"valueInteger"`
	Boolean  *bool        `json:"valueBoolean"`
	Range    *inRange     `json:"valueRange"`
}

type inPeriod struct {
	Start string `json:"start"`
}

// inResource holds what any of the resources read may have under one name.
type inResource struct {
	ResourceType string          `json:"resourceType"`
	ID           string          `json:"id"`
	Identifier   json.RawMessage `json:"identifier"` // a list; of a few resources one
	Subject      inReference     `json:"subject"`
	Patient      inReference     `json:"patient"`
	Encounter    inReference     `json:"encounter"`
	Status       string          `json:"status"`
	Code         inConcept       `json:"code"`
	Category     json.RawMessage `json:"category"`

	// Patient
	Name []struct {
		Use    string   `json:"use"`
		Text   string   `json:"text"`
		Family string   `json:"family"`
		Given  []string `json:"given"`
	} `json:"name"`
	Gender    string `json:"gender"`
	BirthDate string `json:"birthDate"`
	Telecom   []struct {
		System string `json:"system"`
		Value  string `json:"value"`
	} `json:"telecom"`
	Address []struct {
		Text  string   `json:"text"`
		Line  []string `json:"line"`
		City  string   `json:"city"`
		State string   `json:"state"`
	} `json:"address"`

	// Encounter
	Class struct {
		Code string `json:"code"`
	} `json:"class"`
	Period      inPeriod  `json:"period"`
	ServiceType inConcept `json:"serviceType"`

	// Observation
	inValue
	Effective       string      `json:"effectiveDateTime"`
	EffectivePeriod inPeriod    `json:"effectivePeriod"`
	Interpretation  []inConcept `json:"interpretation"`
	ReferenceRange  []inRange   `json:"referenceRange"`
	Component       []struct {
		inValue
		Code           inConcept   `json:"code"`
		Interpretation []inConcept `json:"interpretation"`
		ReferenceRange []inRange   `json:"referenceRange"`
	} `json:"component"`

	// DiagnosticReport
	Issued        string        `json:"issued"`
	Conclusion    string        `json:"conclusion"`
	Performer     []inReference `json:"performer"`
	PresentedForm []struct {
		ContentType string `json:"contentType"`
		Data        string `json:"data"`
	} `json:"presentedForm"`

	// Condition and AllergyIntolerance
	ClinicalStatus     inConcept `json:"clinicalStatus"`
	VerificationStatus inConcept `json:"verificationStatus"`
	Onset              string    `json:"onsetDateTime"`
	Recorded           string    `json:"recordedDate"`
	Reaction           []struct {
		Manifestation []inConcept `json:"manifestation"`
		Severity      string      `json:"severity"`
	} `json:"reaction"`
}

// reader turns the resources of one bundle into intakes.
type reader struct {
	people map[string]*records.Intake // by every way of referring to one
	visits map[string]*records.Visit
}

// Read reads a bundle of R4 resources: an intake a resource, the Patients first. A
// resource that is not read, or refers to no Patient of the bundle, is an error
// of its own; the row is its place in the bundle, from 1.
func Read(raw []byte) ([]records.Intake, []records.RowError, error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		return nil, nil, errors.New("the file is not UTF-8, as FHIR JSON must be")
	}
	var b inBundle
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, nil, fmt.Errorf("the file is no whole JSON: %w", err)
	}
	if b.ResourceType != "Bundle" {
		return nil, nil, fmt.Errorf("the file is no FHIR Bundle but %q; put the resources of a patient into one", b.ResourceType)
	}
	if len(b.Entry) > MaxEntries {
		return nil, nil, fmt.Errorf("the bundle has more than %d resources; split it", MaxEntries)
	}
	rd := &reader{people: map[string]*records.Intake{}, visits: map[string]*records.Visit{}}
	var out []records.Intake
	var bad []records.RowError
	all := make([]inResource, len(b.Entry))
	for i := range b.Entry {
		if err := json.Unmarshal(b.Entry[i].Resource, &all[i]); err != nil {
			bad = append(bad, records.RowError{Row: i + 1, Field: "resource", Code: "fhir_resource", Args: []string{err.Error()}, Reason: "the resource is not as R4 says: " + err.Error()})
			all[i] = inResource{}
		}
	}
	for pass := range 3 { // Patients, then Encounters, then what refers to both
		for i := range all {
			r := &all[i]
			order := 2
			switch r.ResourceType {
			case "":
				continue
			case "Patient":
				order = 0
			case "Encounter":
				order = 1
			}
			if order != pass {
				continue
			}
			in, e := rd.intake(r, b.Entry[i].FullURL)
			if e != nil {
				e.Row = i + 1
				bad = append(bad, *e)
				continue
			}
			in.Row, in.Part = i+1, strings.TrimSuffix(r.ResourceType+"/"+r.ID, "/")
			out = append(out, *in)
		}
	}
	if len(out)+len(bad) == 0 {
		return nil, nil, errors.New("the bundle holds no resource")
	}
	return out, bad, nil
}

func refuse(field, code, reason string, args ...string) *records.RowError {
	return &records.RowError{Field: field, Code: code, Args: args, Reason: reason}
}

func (rd *reader) intake(r *inResource, fullURL string) (*records.Intake, *records.RowError) {
	if r.ResourceType == "Patient" {
		in := person(r)
		for _, key := range []string{fullURL, "Patient/" + r.ID} {
			if key != "" && key != "Patient/" {
				rd.people[key] = in
			}
		}
		return in, nil
	}
	ref := r.Subject.Reference
	if ref == "" {
		ref = r.Patient.Reference
	}
	whose, ok := rd.people[ref]
	if !ok {
		whose, ok = rd.people[tail(ref)]
	}
	switch r.ResourceType {
	case "Encounter", "Observation", "DiagnosticReport", "Condition", "AllergyIntolerance":
	default:
		return nil, refuse("resourceType", "fhir_kind", fmt.Sprintf("%s resources are not read; Patient, Encounter, Observation, DiagnosticReport, Condition and AllergyIntolerance are", r.ResourceType), r.ResourceType)
	}
	if !ok {
		return nil, refuse("subject", "fhir_subject", "the resource refers to no Patient of the bundle, so nobody knows whose it is")
	}
	in := &records.Intake{Patient: whose.Patient}
	source := sourceOf(r, fullURL, in.Patient)
	visit := ""
	if v := rd.visits[r.Encounter.Reference]; v != nil {
		visit = v.Number
	} else if v := rd.visits[tail(r.Encounter.Reference)]; v != nil {
		visit = v.Number
	}
	switch r.ResourceType {
	case "Encounter":
		v := encounter(r)
		if v.Number == "" {
			return nil, refuse("identifier", "fhir_field", "the Encounter has neither identifier nor id", "identifier")
		}
		in.Visits = []records.Visit{v}
		rd.visits[fullURL], rd.visits["Encounter/"+r.ID] = &v, &v
	case "Observation":
		labs, e := values(r, source, visit)
		if e != nil {
			return nil, e
		}
		in.Labs = labs
	case "DiagnosticReport":
		if rep, ok := report(r, source, visit); ok {
			in.Reports = []records.PastReport{rep}
		}
	case "Condition":
		code, _, text := r.Code.best("icd-10", "2.16.156.10011.2.3.3.11")
		in.Diagnoses = []records.DiagnosisEntry{{Source: source, VisitNumber: visit, Code: code, Name: text, Date: moment(or(r.Onset, r.Recorded)), State: state(r)}}
		if code == "" && text == "" {
			return nil, refuse("code", "fhir_field", "the Condition has no code and no text", "code")
		}
	case "AllergyIntolerance":
		code, _, text := r.Code.best()
		if text == "" {
			return nil, refuse("code", "fhir_field", "the AllergyIntolerance names no substance", "code")
		}
		a := records.Allergy{Source: source, Code: code, Substance: text, State: state(r), Date: moment(or(r.Onset, r.Recorded))}
		var categories []string
		if json.Unmarshal(r.Category, &categories) == nil && len(categories) > 0 {
			a.Category = categories[0]
		}
		var reactions []string
		for _, x := range r.Reaction {
			a.Severity = or(a.Severity, x.Severity)
			for _, m := range x.Manifestation {
				if _, _, t := m.best(); t != "" {
					reactions = append(reactions, t)
				}
			}
		}
		a.Reaction = strings.Join(reactions, "; ")
		in.Allergies = []records.Allergy{a}
	}
	return in, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// tail is Type/id of an absolute reference.
func tail(ref string) string {
	parts := strings.Split(ref, "/")
	if len(parts) < 2 {
		return ref
	}
	return strings.Join(parts[len(parts)-2:], "/")
}

// moment is an R4 date or dateTime as YYYYMMDD[HHMM]; a month or year alone is
// no day.
func moment(s string) string {
	digits := strings.NewReplacer("-", "", ":", "", "T", "").Replace(s)
	n := 0
	for n < len(digits) && digits[n] >= '0' && digits[n] <= '9' {
		n++
	}
	switch {
	case n >= 12:
		return digits[:12]
	case n >= 8:
		return digits[:8]
	}
	return ""
}

// best is the coding of a system asked for, or else the first, and the words.
func (c inConcept) best(systems ...string) (code, system, text string) {
	text = c.Text
	for i, k := range c.Coding {
		wanted := false
		for _, s := range systems {
			wanted = wanted || strings.Contains(strings.ToLower(k.System), s)
		}
		if i == 0 || wanted {
			code, system = k.Code, k.System
			if c.Text == "" {
				text = or(k.Display, k.Code)
			}
			if wanted {
				break
			}
		}
	}
	return code, system, text
}

func (r *inResource) identifiers() []inIdentifier {
	var many []inIdentifier
	if json.Unmarshal(r.Identifier, &many) == nil {
		return many
	}
	var one inIdentifier
	if json.Unmarshal(r.Identifier, &one) == nil {
		return []inIdentifier{one}
	}
	return nil
}

func sourceOf(r *inResource, fullURL string, p records.Patient) records.Source {
	for _, id := range r.identifiers() {
		if id.Value != "" {
			return records.Source{System: or(id.System, "fhir"), ID: r.ResourceType + "|" + id.Value}
		}
	}
	if strings.Contains(fullURL, ":") {
		return records.Source{System: "fhir", ID: fullURL}
	}
	system := "fhir"
	if len(p.Numbers) > 0 {
		system += "|" + p.Numbers[0].Issuer + "|" + p.Numbers[0].Number
	} else {
		system += "|" + p.IDNumber
	}
	return records.Source{System: system, ID: r.ResourceType + "/" + r.ID}
}

func person(r *inResource) *records.Intake {
	in := &records.Intake{}
	p := &in.Patient
	for _, id := range r.identifiers() {
		kind := ""
		if len(id.Type.Coding) > 0 {
			kind = id.Type.Coding[0].Code
		}
		switch {
		case id.Value == "" || id.Use == "old":
		case id.System == "urn:oid:2.16.156.10011.1.3" || kind == "NI" || kind == "NNCHN":
			p.IDType, p.IDNumber = records.IDTypeResident, records.FoldNumber(id.Value)
		case id.System == "urn:oid:2.16.156.10011.1.2":
			p.HealthRecordNumber = records.FoldNumber(id.Value)
		case kind == "PPN" && p.IDNumber == "":
			p.IDType, p.IDNumber = "03", records.FoldNumber(id.Value)
		case id.System != "" || id.Assigner.Display != "":
			p.Numbers = append(p.Numbers, records.PatientNumber{Issuer: or(id.System, id.Assigner.Display), Number: id.Value})
		}
	}
	for _, n := range r.Name {
		full := n.Text
		if full == "" {
			full = n.Family + strings.Join(n.Given, "")
			if !han(full) {
				full = strings.TrimSpace(n.Family + " " + strings.Join(n.Given, " "))
			}
		}
		if p.Name == "" || n.Use == "official" {
			p.Name = full
		}
		if han(p.Name) && !han(full) {
			p.NamePinyin = full
		}
	}
	p.BirthDate = moment(r.BirthDate)
	p.Sex = map[string]records.Sex{"male": records.SexMale, "female": records.SexFemale, "other": records.SexUnknown, "unknown": records.SexUnknown}[r.Gender]
	if p.Sex == "" {
		p.Sex = records.SexUnspecified
	}
	for _, t := range r.Telecom {
		if t.System == "phone" && p.Phone == "" {
			p.Phone = t.Value
		}
	}
	if len(r.Address) > 0 {
		a := r.Address[0]
		in.Health.Address = or(a.Text, a.State+a.City+strings.Join(a.Line, ""))
	}
	return in
}

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func encounter(r *inResource) records.Visit {
	v := records.Visit{Number: r.ID, Date: moment(r.Period.Start), Class: records.VisitOther}
	for _, id := range r.identifiers() {
		if id.Value != "" {
			v.Number = id.Value
			break
		}
	}
	if len(v.Date) > 8 {
		v.Date = v.Date[:8]
	}
	switch r.Class.Code { // v3 ActCode
	case "AMB", "VR", "HH":
		v.Class = records.VisitOutpatient
	case "EMER":
		v.Class = records.VisitEmergency
	case "IMP", "ACUTE", "NONAC":
		v.Class = records.VisitInpatient
	}
	_, _, v.Department = r.ServiceType.best()
	return v
}

// state is the worse of the two statuses: what was refuted or entered in error
// is not active.
func state(r *inResource) string {
	if code, _, _ := r.VerificationStatus.best(); code == "refuted" || code == "entered-in-error" {
		return code
	}
	code, _, _ := r.ClinicalStatus.best()
	return code
}

func (v inValue) text() (value, unit string) {
	switch {
	case v.Quantity != nil && v.Quantity.Value != "":
		return v.Quantity.Comparator + v.Quantity.Value.String(), or(v.Quantity.Unit, v.Quantity.Code)
	case v.String != "":
		return v.String, ""
	case v.Concept != nil:
		_, _, t := v.Concept.best()
		return t, ""
	case v.Integer != nil:
		return v.Integer.String(), ""
	case v.Boolean != nil:
		return fmt.Sprint(*v.Boolean), ""
	case v.Range != nil:
		return v.Range.words(), ""
	}
	return "", ""
}

func (r inRange) words() string {
	switch {
	case r.Text != "":
		return r.Text
	case r.Low != nil && r.High != nil:
		return r.Low.Value.String() + "-" + r.High.Value.String()
	case r.Low != nil:
		return "≥" + r.Low.Value.String()
	case r.High != nil:
		return "≤" + r.High.Value.String()
	}
	return ""
}

func values(r *inResource, source records.Source, visit string) ([]records.LabValue, *records.RowError) {
	var categories []inConcept
	_ = json.Unmarshal(r.Category, &categories) // absent, or of another shape: no category
	for _, c := range categories {
		if code, _, _ := c.best(); code == "imaging" {
			return nil, refuse("category", "fhir_imaging", "observations on images are not taken: findings of this record are a doctor's")
		}
	}
	one := func(code inConcept, v inValue, flags []inConcept, ranges []inRange, suffix, panel string) (records.LabValue, bool) {
		c, system, name := code.best("loinc")
		lab := records.LabValue{Source: source, VisitNumber: visit, Panel: panel, Code: c, CodeSystem: system, Name: name, Time: moment(or(r.Effective, r.EffectivePeriod.Start)), State: r.Status}
		lab.Source.ID += suffix
		lab.Value, lab.Unit = v.text()
		if len(flags) > 0 {
			lab.Flag, _, _ = flags[0].best()
		}
		if len(ranges) > 0 {
			lab.Range = ranges[0].words()
		}
		return lab, lab.Value != "" && lab.Name != ""
	}
	var out []records.LabValue
	if lab, ok := one(r.Code, r.inValue, r.Interpretation, r.ReferenceRange, "", ""); ok {
		out = append(out, lab)
	}
	_, _, panel := r.Code.best()
	for i, c := range r.Component {
		code, _, name := c.Code.best()
		if lab, ok := one(c.Code, c.inValue, c.Interpretation, c.ReferenceRange, fmt.Sprintf("#%s%d", or(code, name), i), panel); ok {
			out = append(out, lab)
		}
	}
	if len(out) == 0 && len(r.Component) == 0 {
		return nil, refuse("value", "fhir_field", "the Observation has no value or no code", "value")
	}
	return out, nil
}

// report is a report in words; one that only groups results has none.
func report(r *inResource, source records.Source, visit string) (records.PastReport, bool) {
	_, _, title := r.Code.best()
	rep := records.PastReport{Source: source, VisitNumber: visit, Title: title, Impression: r.Conclusion, Date: moment(or(r.Effective, r.Issued)), State: r.Status}
	var categories []inConcept
	if json.Unmarshal(r.Category, &categories) == nil && len(categories) > 0 {
		rep.Category, _, _ = categories[0].best()
	}
	for _, f := range r.PresentedForm {
		text, err := base64.StdEncoding.DecodeString(f.Data)
		if strings.HasPrefix(f.ContentType, "text/plain") && err == nil && utf8.Valid(text) {
			rep.Findings = strings.TrimSpace(rep.Findings + "\n" + string(text))
		}
	}
	if len(r.Performer) > 0 {
		rep.Doctor = r.Performer[0].Display
	}
	return rep, rep.Impression != "" || rep.Findings != ""
}
