package fhir

import (
	"crypto/sha1"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"longying/imaging"
	"longying/records"
)

// addObservation states a finding that a doctor confirmed or edited. Its
// identifier is the FindingUID over all versions of finding and document.
func (e *encoder) addObservation(f *records.Finding) {
	res := observation{
		ResourceType: "Observation",
		Identifier:   []identifier{{System: sysURI, Value: urn(f.UID)}},
		Status:       "final",
		Category:     []concept{{Coding: []coding{{System: "http://terminology.hl7.org/CodeSystem/observation-category", Code: "imaging"}}}},
		Code:         concept{Coding: codings(f.Code, f.Morphology), Text: f.Label.In("zh")},
		Subject:      reference{Reference: e.patient}, EffectiveDateTime: e.effective(), Issued: e.instant(f.At),
		Performer:    []reference{{Type: "Practitioner", Display: f.ByName}},
		ValueConcept: &concept{Coding: []coding{{System: sysSCT, Code: "52101004", Display: "Present"}}},
		BodySite:     bodySite(f), DerivedFrom: []reference{{Reference: e.study}},
	}
	switch {
	case f.State == records.FindingWithdrawn:
		res.Status = statusError
	case e.doc.Replaces != "" && f.Version > 1:
		res.Status = "amended"
	}
	if f.Note != "" {
		res.Note = append(res.Note, annotation{f.Note})
	}
	for _, a := range f.Amber {
		res.Note = append(res.Note, annotation{"注意:" + a})
	}
	if s := f.Origin; s != nil {
		res.Note = append(res.Note, annotation{s.Said("zh") + "，经" + f.ByName + "确认：" + s.At()})
	}
	if f.Model != nil {
		res.Device = &reference{Reference: e.devices[modelKey(f.Model)]}
	}
	for _, m := range f.Measurements() {
		res.Component = append(res.Component, component{
			Code:          concept{Coding: codings(&m.Concept), Text: m.Concept.Meaning},
			ValueQuantity: &quantity{Value: m.Value, Unit: m.Unit, System: sysUCUM, Code: m.Unit},
		})
	}
	if g := f.Grade; g != nil {
		res.Component = append(res.Component, component{
			Code:         concept{Coding: []coding{{System: sysSCT, Code: "371469007", Display: "Histologic grade of neoplasm"}}},
			ValueConcept: &concept{Coding: codings(g), Text: "ICD-O-3 " + g.Value + " " + g.Meaning},
		})
	}
	if p := f.Probability; p != nil {
		res.Component = append(res.Component, component{
			Code:          concept{Text: "模型给出的概率 (probability as proposed by the model)"},
			ValueQuantity: &quantity{Value: *p, Unit: "1", System: sysUCUM, Code: "1"},
		})
	}
	if f.TrackingID != "" {
		res.Component = append(res.Component, component{
			Code:        concept{Coding: []coding{{System: sysDCM, Code: "112039", Display: "Tracking Identifier"}}},
			ValueString: f.TrackingID,
		})
	}
	if f.TrackingUID != "" {
		res.Component = append(res.Component, component{
			Code:        concept{Coding: []coding{{System: sysDCM, Code: "112040", Display: "Tracking Unique Identifier"}}},
			ValueString: urn(f.TrackingUID),
		})
	}
	res.Component = append(res.Component, growth(f)...)
	if s := place(f.Ref); s != "" {
		res.Component = append(res.Component, component{Code: concept{Text: "图像位置 (image region)"}, ValueString: s})
	}
	full := e.add(fullURL("finding", f.UID), res,
		request{Method: "PUT", URL: "Observation?" + search(sysURI, urn(f.UID))})
	e.observations = append(e.observations, full)
}

// addStructured states the coded answers of a report template: one Observation
// with a component for each. A code of our own or of a scheme that FHIR has no
// system for is left to the text.
func (e *encoder) addStructured() {
	s := e.doc.Structured
	if s == nil || len(s.Answers) == 0 {
		return
	}
	id := fullURL("structured", e.doc.DocumentID)
	res := observation{
		ResourceType: "Observation",
		Identifier:   []identifier{{System: sysURI, Value: id}},
		Status:       "final",
		Category:     []concept{{Coding: []coding{{System: "http://terminology.hl7.org/CodeSystem/observation-category", Code: "imaging"}}}},
		Code:         concept{Text: fmt.Sprintf("%s (%s, version %d, sha256 %s)", s.Title.Zh, s.Template, s.Version, s.SHA256)},
		Subject:      reference{Reference: e.patient}, EffectiveDateTime: e.effective(), Issued: e.instant(e.doc.SignedAt),
		Performer:   []reference{doctor(e.doc.Author)},
		DerivedFrom: []reference{{Reference: e.study}},
	}
	if e.doc.Replaces != "" {
		res.Status = "amended"
	}
	for _, a := range s.Answers {
		c := component{Code: concept{Coding: codings(&a.Concept), Text: a.Name.Zh}}
		switch {
		case a.Number != nil:
			c.ValueQuantity = &quantity{Value: a.Number.Value, Unit: a.Number.Unit, System: sysUCUM, Code: a.Number.Unit}
		case a.Choice != nil:
			c.ValueConcept = &concept{Coding: codings(&a.Choice.Code), Text: a.Choice.Meaning.Zh}
		default:
			c.ValueString = a.Text
		}
		res.Component = append(res.Component, c)
		if a.FindingUID != "" {
			res.Note = append(res.Note, annotation{a.Name.Zh + "：取自已确认所见 " + urn(a.FindingUID)})
		}
		if p := a.Proposed; p != nil && a.Choice != nil {
			said := p.Category
			if said == "" {
				said = "无类别"
			}
			res.Note = append(res.Note, annotation{fmt.Sprintf("%s：%s 规则建议 %s（%s）；医师判定 %s", a.Name.Zh, p.Rule, said, p.Why.Zh, a.Choice.ID)})
		}
	}
	full := e.add(id, res, request{Method: "PUT", URL: "Observation?" + search(sysURI, id)})
	e.observations = append(e.observations, full)
}

// growth compares a finding with the prior that it follows. R4 has no element
// for it and no code, so that what is compared is said in text.
func growth(f *records.Finding) []component {
	g := f.Growth()
	if g == nil {
		return nil
	}
	out := []component{{Code: concept{Text: "同一病灶的既往所见 (prior finding of the lesion)"}, ValueString: urn(f.FollowUp.FindingUID)}}
	number := func(text string, v float64, unit string) {
		out = append(out, component{Code: concept{Text: text}, ValueQuantity: &quantity{Value: rounded(v), Unit: unit, System: sysUCUM, Code: unit}})
	}
	for _, c := range g.Changes {
		number("较前差值 (difference from prior): "+c.Concept.Meaning, c.Difference, c.Unit)
		number("较前变化率 (change from prior): "+c.Concept.Meaning, c.Percent, "%")
	}
	if g.Doubling > 0 {
		number("体积倍增时间 (volume doubling time, Schwartz 1961), by "+g.Basis, g.Doubling, "d")
	}
	return out
}

// rounded keeps four significant digits: a difference is not known better than
// what it is of.
func rounded(v float64) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 3, 64), 64)
	if err != nil {
		return v
	}
	return out
}

// place says on which image, frame and pixels a finding lies. R4 has no
// element for a region, so it is text.
func place(r imaging.Ref) string {
	if r.SOPUID == "" {
		return ""
	}
	s := "SOP " + r.SOPUID
	if r.Frame > 0 {
		s += " frame " + strconv.Itoa(r.Frame)
	}
	if g := r.Region; g != nil {
		s += fmt.Sprintf(" pixels (%g,%g)-(%g,%g)", g.X0, g.Y0, g.X1, g.Y1)
		switch g.Kind {
		case imaging.RegionActivation:
			s += ", activation map: where the model looked, not an outline (模型关注区域,非病灶轮廓)"
		case imaging.RegionOcclusion:
			s += ", occlusion map: where covering the image changes the answer most, not an outline (遮挡图,非病灶轮廓)"
		case imaging.RegionMask:
			s += ", box around the model's segmentation (模型分割的外接框)"
		case imaging.RegionDetected:
			s += ", detected box (模型检出框)"
		case imaging.RegionTaken:
			s += ", box around what another maker's object outlines (他方标注的外接框)"
		case imaging.RegionDrawn:
			s += ", drawn (手工标注)"
		}
	}
	return s
}

// codings translates DICOM coding scheme designators (PS3.16 table 8-1) into
// FHIR systems. A code of a scheme without one is left to the text.
func codings(codes ...*records.Code) []coding {
	var out []coding
	for _, c := range codes {
		if c == nil || c.Value == "" {
			continue
		}
		system := map[string]string{
			"SCT": sysSCT, "DCM": sysDCM, "LN": sysLOINC, "UCUM": sysUCUM,
			"RADLEX": "http://radlex.org", "ICDO3": sysICDO3, "ICD-O-3": sysICDO3, // of findings made before the record took DICOM's name
		}[c.Scheme]
		if system != "" {
			out = append(out, coding{System: system, Version: c.Version, Code: c.Value, Display: c.Meaning})
		}
	}
	return out
}

func bodySite(f *records.Finding) *concept {
	side := map[string]string{"L": "左侧", "R": "右侧", "B": "双侧"}[f.Laterality]
	c := concept{Coding: codings(f.Site, f.Topography), Text: side}
	if f.Site != nil {
		c.Text = strings.TrimSpace(side + " " + f.Site.Meaning)
	}
	if c.Text == "" && len(c.Coding) == 0 {
		return nil
	}
	return &c
}

// addProvenance says who is behind each finding and behind the report.
func (e *encoder) addProvenance() {
	d := e.doc
	for i, f := range slices.Concat(d.Findings, d.Withdrawn) {
		var agents []agent
		if f.Model != nil {
			agents = append(agents, agent{agentType("assembler"), reference{Reference: e.devices[modelKey(f.Model)]}},
				agent{agentType("verifier"), reference{Type: "Practitioner", Display: f.ByName}})
		} else {
			agents = append(agents, agent{agentType("author"), reference{Type: "Practitioner", Display: f.ByName}})
		}
		var sources []entity
		if s := f.Origin; s != nil {
			sources = []entity{{"source", reference{Identifier: &identifier{System: sysURI, Value: urn(s.SOPUID)}, Display: s.Said("en") + ": " + s.Item}}}
		}
		e.provenance(e.observations[i], e.instant(f.At), agents, sources, d.ID, f.UID)
	}
	e.provenance(e.report, e.instant(d.SignedAt), []agent{
		{agentType("author"), doctor(d.Author)}, {agentType("attester"), doctor(d.Reviewer)},
	}, nil, d.ID)
}

func agentType(code string) concept {
	return concept{Coding: []coding{{System: sysAgents, Code: code}}}
}

func (e *encoder) provenance(target, recorded string, agents []agent, sources []entity, name ...string) {
	id := uuid5("provenance", name...)
	e.add("urn:uuid:"+id, provenance{"Provenance", id, []reference{{Reference: target}}, recorded, agents, sources},
		request{Method: "PUT", URL: "Provenance/" + id})
}

func fullURL(kind string, name ...string) string { return "urn:uuid:" + uuid5(kind, name...) }

// uuid5 is a version 5 UUID (RFC 9562, 5.5) of a kind of thing and its name.
func uuid5(kind string, name ...string) string {
	namespace := [16]byte{0x6c, 0x6f, 0x6e, 0x67, 0x79, 0x69, 0x4e, 0x67, 0x8f, 0x68, 0x69, 0x72, 0x00, 0x00, 0x00, 0x01}
	h := sha1.New()
	h.Write(namespace[:])
	h.Write([]byte(kind + "\x00" + strings.Join(name, "\x00")))
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
