package fhir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"time"

	"longying/imaging"
	"longying/records"
)

// Systems of identifiers and codes.
const (
	sysResidentID   = "urn:oid:2.16.156.10011.1.3"
	sysHealthRecord = "urn:oid:2.16.156.10011.1.2"
	sysDocument     = "urn:oid:2.16.156.10011.1.1"
	sysDoctor       = "urn:oid:2.16.156.10011.1.4"
	sysOrganization = "urn:oid:2.16.156.10011.1.5"
	sysURI          = "urn:ietf:rfc:3986"
	sysStudy        = "urn:dicom:uid"
	sysUCUM         = "http://unitsofmeasure.org"
	sysDCM          = "http://dicom.nema.org/resources/ontology/DCM"
	sysSCT          = "http://snomed.info/sct"
	sysICDO3        = "http://terminology.hl7.org/CodeSystem/icd-o-3"
	sysLOINC        = "http://loinc.org"
	sysIdentifiers  = "http://terminology.hl7.org/CodeSystem/v2-0203"
	sysAgents       = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
)

// Config is what the document itself does not say.
type Config struct {
	// Zone is the time zone of all times; nil is China's, UTC+8.
	Zone *time.Location `json:"-"`
}

// Default is China's time zone.
func Default() Config { return Config{Zone: imaging.Zone()} }

// Encode writes a document as a transaction Bundle. It returns *records.Problems
// when Preflight names a field, and the refusal of Document.Check when the document
// may not be signed, as when a finding in it was not confirmed.
func Encode(doc *records.Document, cfg Config) ([]byte, error) {
	if p := Preflight(doc); len(p) > 0 {
		return nil, &records.Problems{As: "FHIR transaction", List: p}
	}
	if err := doc.Check(); err != nil {
		return nil, fmt.Errorf("FHIR transaction: %w", err)
	}
	if cfg.Zone == nil {
		cfg.Zone = Default().Zone
	}
	e := &encoder{doc: doc, cfg: cfg}
	e.all()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(bundle{"Bundle", "transaction", e.entries}); err != nil {
		return nil, fmt.Errorf("FHIR transaction: %w", err)
	}
	return b.Bytes(), nil
}

type encoder struct {
	doc     *records.Document
	cfg     Config
	entries []entry

	patient, study, report string            // fullUrls
	devices                map[string]string // by model, fullUrls
	observations           []string          // fullUrls, by finding
}

func (e *encoder) add(fullURL string, resource any, r request) string {
	e.entries = append(e.entries, entry{fullURL, resource, r})
	return fullURL
}

func (e *encoder) all() {
	e.addPatient()
	e.addDevices()
	e.addStudy()
	for i := range e.doc.Findings {
		e.addObservation(&e.doc.Findings[i])
	}
	for i := range e.doc.Withdrawn {
		e.addObservation(&e.doc.Withdrawn[i])
	}
	e.addStructured()
	e.addReport()
	e.addProvenance()
}

// statusError says of a resource that it was entered in error: of a retraction
// the report, its observations and the study, which are another patient's.
const statusError = "entered-in-error"

func (e *encoder) studyStatus() string {
	if e.doc.Retracts != "" {
		return statusError
	}
	return "available"
}

func (e *encoder) instant(t time.Time) string { return t.In(e.cfg.Zone).Format(time.RFC3339) }

// effective is the time of the examination, or of the signature where the
// header of the study gave none.
func (e *encoder) effective() string {
	if t := e.doc.Examination.Date; !t.IsZero() {
		return e.instant(t)
	}
	return e.instant(e.doc.SignedAt)
}

// marks tags resources about an invented person as test data.
func (e *encoder) marks() *meta {
	if !e.doc.Sample && !e.doc.Patient.Sample {
		return nil
	}
	return &meta{Security: []coding{{System: "http://terminology.hl7.org/CodeSystem/v3-ActReason", Code: "HTEST", Display: "test health data"}}}
}

// search is a token search by identifier (R4, 3.1.1.4.10).
func search(system, value string) string {
	return "identifier=" + url.QueryEscape(system) + "%7C" + url.QueryEscape(value)
}

func urn(uid string) string { return "urn:oid:" + uid }

// addPatient identifies the person by the resident ID, else by the health
// record number, else by our own id, which is a UUID.
func (e *encoder) addPatient() {
	p := e.doc.Patient
	res := patient{
		ResourceType: "Patient", Meta: e.marks(), Name: []humanName{{p.Name}}, Gender: "unknown",
	}
	if p.IDType == records.IDTypeResident && p.IDNumber != "" {
		res.Identifier = append(res.Identifier, identifier{
			Type: &concept{Coding: []coding{{System: sysIdentifiers, Code: "NI"}}}, System: sysResidentID, Value: p.IDNumber,
		})
	}
	if n := p.HealthRecordNumber; n != "" {
		res.Identifier = append(res.Identifier, identifier{System: sysHealthRecord, Value: n})
	}
	if len(res.Identifier) == 0 {
		res.Identifier = []identifier{{System: sysURI, Value: "urn:uuid:" + p.ID}}
	}
	switch p.Sex {
	case records.SexMale:
		res.Gender = "male"
	case records.SexFemale:
		res.Gender = "female"
	}
	if b := p.BirthDate; b != "" {
		res.BirthDate = b[:4] + "-" + b[4:6] + "-" + b[6:]
	}
	if p.Phone != "" {
		res.Telecom = []contactPoint{{"phone", p.Phone}}
	}
	key := res.Identifier[0]
	e.patient = e.add(fullURL("patient", key.System, key.Value), res,
		request{Method: "PUT", URL: "Patient?" + search(key.System, key.Value)})
}

func modelKey(m *records.ModelRef) string { return m.ID + "\n" + m.Version + "\n" + m.SHA256 }

// addDevices adds each distinct model once, identified to the byte.
func (e *encoder) addDevices() {
	e.devices = map[string]string{}
	for _, f := range slices.Concat(e.doc.Findings, e.doc.Withdrawn) {
		m := f.Model
		if m == nil || e.devices[modelKey(m)] != "" {
			continue
		}
		id := fullURL("model", m.ID, m.Version, m.SHA256)
		res := device{
			ResourceType: "Device",
			Identifier:   []identifier{{System: sysURI, Value: id}},
			DeviceName:   []deviceName{{m.ID, "model-name"}},
			Type:         concept{Text: "AI algorithm"},
			Version:      []deviceVersion{{m.Version}},
			Note:         []annotation{{"仅作辅助,非注册医疗器械。Assistive only, not a registered medical device."}},
		}
		if n := m.Name.In("zh"); n != "" {
			res.DeviceName = append(res.DeviceName, deviceName{n, "user-friendly-name"})
		}
		if m.SHA256 != "" {
			res.Property = []deviceProperty{{concept{Text: "SHA-256"}, []concept{{Text: m.SHA256}}}}
		}
		e.devices[modelKey(m)] = e.add(id, res, request{Method: "POST", URL: "Device", IfNoneExist: search(sysURI, id)})
	}
}

func (e *encoder) addStudy() {
	x := e.doc.Examination
	res := imagingStudy{
		ResourceType: "ImagingStudy",
		Identifier:   []identifier{{System: sysStudy, Value: urn(x.StudyUID)}},
		Status:       e.studyStatus(), Subject: reference{Reference: e.patient},
		NumberOfSeries: len(e.doc.Series), Description: x.Description,
	}
	if a := x.AccessionNumber; a != "" {
		res.Identifier = append(res.Identifier, identifier{
			Type: &concept{Coding: []coding{{System: sysIdentifiers, Code: "ACSN"}}}, Value: a,
		})
	}
	if !x.Date.IsZero() {
		res.Started = e.instant(x.Date)
	}
	seen := map[string]bool{}
	for _, s := range e.doc.Series {
		m := coding{System: sysDCM, Code: s.Modality}
		if !seen[s.Modality] {
			seen[s.Modality] = true
			res.Modality = append(res.Modality, m)
		}
		out := series{UID: s.UID, Modality: m, NumberOfInstances: len(s.Instances)}
		for _, o := range s.Instances {
			out.Instance = append(out.Instance, instance{o.SOPUID, coding{System: sysURI, Code: urn(o.SOPClass)}})
		}
		res.NumberOfInstances += len(s.Instances)
		res.Series = append(res.Series, out)
	}
	e.study = e.add(fullURL("study", x.StudyUID), res,
		request{Method: "PUT", URL: "ImagingStudy?" + search(sysStudy, urn(x.StudyUID))}) // a corrected link changes its subject
}

func (e *encoder) addReport() {
	d := e.doc
	res := diagnosticReport{
		ResourceType: "DiagnosticReport", Meta: e.marks(), Text: e.narrative(),
		Identifier: []identifier{{System: sysDocument, Value: d.DocumentID}, {System: sysDocument, Value: d.ID}},
		Status:     "final",
		Category:   []concept{{Coding: []coding{{System: "http://terminology.hl7.org/CodeSystem/v2-0074", Code: "RAD"}}}},
		Code:       concept{Coding: []coding{{System: sysLOINC, Code: "18748-4", Display: "Diagnostic imaging study"}}},
		Subject:    reference{Reference: e.patient}, EffectiveDateTime: e.effective(), Issued: e.instant(d.SignedAt),
		Performer:    []reference{organization(d.Organization)},
		ImagingStudy: []reference{{Reference: e.study}},
		Conclusion:   records.Join(d.Impression),
	}
	switch {
	case d.Retracts != "":
		res.Status = statusError
	case d.Replaces != "":
		res.Status = "amended"
	}
	if d.Examination.Modality == "SM" {
		res.Category[0].Coding[0].Code = "SP"
		res.Code.Coding[0] = coding{System: sysLOINC, Code: "11526-1", Display: "Pathology study"}
	}
	res.ResultsInterpreter = []reference{doctor(d.Author)}
	if d.Reviewer != d.Author {
		res.ResultsInterpreter = append(res.ResultsInterpreter, doctor(d.Reviewer))
	}
	for _, o := range e.observations {
		res.Result = append(res.Result, reference{Reference: o})
	}
	e.report = e.add(fullURL("document", d.DocumentID), res,
		request{Method: "PUT", URL: "DiagnosticReport?" + search(sysDocument, d.DocumentID)})
}

func organization(o records.Organization) reference {
	r := reference{Type: "Organization", Display: o.Name}
	if o.Code != "" {
		r.Identifier = &identifier{System: sysOrganization, Value: o.Code}
	}
	return r
}

func doctor(p records.Person) reference {
	r := reference{Type: "Practitioner", Display: p.Name}
	if p.ID != "" {
		r.Identifier = &identifier{System: sysDoctor, Value: p.ID}
	}
	return r
}

// narrative is the whole report as text, which conclusion alone is not.
func (e *encoder) narrative() narrative {
	d := e.doc
	div := `<div xmlns="http://www.w3.org/1999/xhtml">`
	for _, x := range [][2]string{
		{"所见", records.Join(d.FindingText)}, {"印象", records.Join(d.Impression)},
		{"更正原因", d.Amends}, {"备注", d.Remarks},
	} {
		if x[1] != "" {
			div += "<p><b>" + x[0] + "</b> " + html.EscapeString(x[1]) + "</p>"
		}
	}
	return narrative{"generated", div + "</div>"}
}
