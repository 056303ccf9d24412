package hl7

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"longying/records"
)

// Read reads a file as one intake a message. encodings names the character
// sets found. A message that is not understood is an error of its own, and the
// others are read.
func Read(raw []byte) (in []records.Intake, bad []records.RowError, encodings string, err error) {
	messages, err := split(raw)
	if err != nil {
		return nil, nil, "", err
	}
	var seen []string
	for i := range messages {
		m := &messages[i]
		one, e := m.intake()
		if e != nil {
			e.Row = m.number
			bad = append(bad, *e)
			continue
		}
		if !strings.Contains(" "+strings.Join(seen, " ")+" ", " "+m.encoding+" ") {
			seen = append(seen, m.encoding)
		}
		one.Row = m.number
		in = append(in, *one)
	}
	return in, bad, strings.Join(seen, " "), nil
}

func refuse(field, code, reason string, args ...string) *records.RowError {
	return &records.RowError{Field: field, Code: code, Reason: reason, Args: args}
}

func (m *message) intake() (*records.Intake, *records.RowError) {
	if m.bad != nil {
		return nil, refuse("MSH", "hl7_message", m.bad.Error(), m.bad.Error())
	}
	msh := m.first("MSH")
	kind, event := m.get(msh, 9, 1), m.get(msh, 9, 2)
	in := &records.Intake{Part: kind + "^" + event}
	system := first(m.get(msh, 4, 1), m.get(msh, 3, 1), "HL7")
	sum := sha256.Sum256([]byte(m.text))
	in.Message = strings.Join([]string{m.get(msh, 3, 1), m.get(msh, 4, 1), m.get(msh, 10, 1), hex.EncodeToString(sum[:])}, "|")
	pid := m.first("PID")
	if pid == nil {
		return nil, refuse("PID", "hl7_segment", "the message has no PID segment, so nobody knows whose it is", "PID")
	}
	m.person(pid, system, &in.Patient, &in.Health)
	switch {
	case kind == "ADT" && (event == "A01" || event == "A04" || event == "A08" || event == "A28" || event == "A31"):
		m.visit(in)
		m.diagnoses(in, system)
		m.allergies(in, system)
	case kind == "ADT" && event == "A40":
		mrg := m.first("MRG")
		if mrg == nil {
			return nil, refuse("MRG", "hl7_segment", "a message that merges has no MRG segment", "MRG")
		}
		gone := records.Patient{Name: name(m.repeats(mrg, 7))}
		m.numbers(m.repeats(mrg, 1), system, &gone)
		in.Merge = &gone
	case kind == "ORU" && event == "R01":
		m.visit(in)
		if e := m.results(in, system); e != nil {
			return nil, e
		}
	default:
		return nil, refuse("MSH-9", "hl7_kind", fmt.Sprintf("messages %s^%s are not read; ADT^A01, A04, A08, A28, A31, A40 and ORU^R01 are", kind, event), kind+"^"+event)
	}
	return in, nil
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

func at(parts []string, n int) string {
	if n <= len(parts) {
		return parts[n-1]
	}
	return ""
}

// numbers sorts the identifiers of a CX field (2.A.14).
func (m *message) numbers(ids [][]string, system string, p *records.Patient) {
	for _, id := range ids {
		number := at(id, 1)
		if number == "" {
			continue
		}
		switch at(id, 5) { // HL7 table 0203
		case "NI", "NNCHN":
			p.IDType, p.IDNumber = records.IDTypeResident, records.FoldNumber(number)
		case "PPN":
			if p.IDNumber == "" {
				p.IDType, p.IDNumber = "03", records.FoldNumber(number)
			}
		default:
			p.Numbers = append(p.Numbers, records.PatientNumber{Issuer: first(at(id, 4), at(id, 6), system), Number: number})
		}
	}
}

// name is the legal name in characters where there is one (XPN, 2.A.88).
func name(all [][]string) string {
	best := ""
	for _, x := range all {
		full := at(x, 1) + at(x, 2) + at(x, 3)
		if !han(full) {
			full = strings.Join(strings.Fields(at(x, 1)+" "+at(x, 2)+" "+at(x, 3)), " ")
		}
		if best == "" || han(full) && !han(best) {
			best = full
		}
	}
	return best
}

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func (m *message) person(pid segment, system string, p *records.Patient, h *records.HealthRecord) {
	m.numbers(m.repeats(pid, 3), system, p)
	if ssn := records.FoldNumber(m.get(pid, 19, 1)); p.IDNumber == "" && len(ssn) == 18 {
		p.IDType, p.IDNumber = records.IDTypeResident, ssn
	}
	p.Name = name(m.repeats(pid, 5))
	for _, x := range m.repeats(pid, 5) {
		if latin := strings.TrimSpace(at(x, 1) + " " + at(x, 2)); latin != "" && !han(latin) && han(p.Name) {
			p.NamePinyin = latin
		}
	}
	if d := m.get(pid, 7, 1); len(d) >= 8 {
		p.BirthDate = d[:8]
	}
	p.Sex = records.SexUnspecified
	switch m.get(pid, 8, 1) {
	case "M":
		p.Sex = records.SexMale
	case "F":
		p.Sex = records.SexFemale
	case "U", "O", "A", "N":
		p.Sex = records.SexUnknown
	}
	if x := m.repeats(pid, 13); len(x) > 0 {
		p.Phone = first(at(x[0], 1), at(x[0], 12), at(x[0], 7))
	}
	if x := m.repeats(pid, 11); len(x) > 0 {
		h.Address = strings.TrimSpace(strings.Join([]string{at(x[0], 4), at(x[0], 3), at(x[0], 1), at(x[0], 2)}, ""))
	}
	h.Ethnicity = first(m.get(pid, 22, 2), m.get(pid, 22, 1))
}

// visit reads PV1; a visit without a number or a date is not kept.
func (m *message) visit(in *records.Intake) {
	pv1 := m.first("PV1")
	number, date := m.get(pv1, 19, 1), moment(m.get(pv1, 44, 1))
	if number == "" {
		return
	}
	if evn := m.first("EVN"); date == "" {
		date = first(moment(m.get(evn, 6, 1)), moment(m.get(evn, 2, 1)), moment(m.get(m.first("MSH"), 7, 1)))
	}
	class := map[string]records.VisitClass{"O": records.VisitOutpatient, "E": records.VisitEmergency, "I": records.VisitInpatient}[m.get(pv1, 2, 1)]
	if class == "" {
		class = records.VisitOther
	}
	v := records.Visit{Number: number, Class: class, Department: first(m.get(pv1, 10, 1), m.get(pv1, 3, 1))}
	if len(date) >= 8 {
		v.Date = date[:8]
	}
	in.Visits = []records.Visit{v}
}

func visitNumber(in *records.Intake) string {
	if len(in.Visits) > 0 {
		return in.Visits[0].Number
	}
	return ""
}

// moment is a TS or DTM (2.A.22) as YYYYMMDD[HHMM], empty where it is not.
func moment(s string) string {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	switch {
	case n >= 12:
		return s[:12]
	case n >= 8:
		return s[:8]
	}
	return ""
}

// who names the person in the ID of an entry that has none of its own.
func who(in *records.Intake) string {
	id := in.Patient.IDNumber
	for _, n := range in.Patient.Numbers {
		id += "|" + n.Issuer + "^" + n.Number
	}
	return id
}

func key(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func (m *message) diagnoses(in *records.Intake, system string) {
	for _, s := range m.segments {
		if s[0] != "DG1" {
			continue
		}
		d := records.DiagnosisEntry{VisitNumber: visitNumber(in), Code: m.get(s, 3, 1), Name: first(m.get(s, 3, 2), m.get(s, 4, 1)), Date: moment(m.get(s, 5, 1))}
		if d.Code == "" && d.Name == "" {
			continue
		}
		d.Source = records.Source{System: system, ID: key("DG1", who(in), d.VisitNumber, d.Code, d.Name)}
		in.Diagnoses = append(in.Diagnoses, d)
	}
}

func (m *message) allergies(in *records.Intake, system string) {
	categories := map[string]string{"DA": "medication", "FA": "food", "EA": "environment", "AA": "environment", "PA": "environment"} // HL7 table 0127
	severities := map[string]string{"SV": "severe", "MO": "moderate", "MI": "mild"}                                                  // 0128
	for _, s := range m.segments {
		if s[0] != "AL1" {
			continue
		}
		a := records.Allergy{Code: m.get(s, 3, 1), Substance: first(m.get(s, 3, 2), m.get(s, 3, 1)), Category: categories[m.get(s, 2, 1)],
			Severity: severities[m.get(s, 4, 1)], Reaction: strings.TrimSpace(m.whole(s, 5)), Date: moment(m.get(s, 6, 1))}
		if a.Substance == "" {
			continue
		}
		a.Source = records.Source{System: system, ID: key("AL1", who(in), a.Code, a.Substance)}
		in.Allergies = append(in.Allergies, a)
	}
}

// results reads OBR and OBX: values of the laboratory, and reports in words.
func (m *message) results(in *records.Intake, system string) *records.RowError {
	var obr segment
	var report *records.PastReport
	group := 0
	flush := func() {
		if report != nil {
			in.Reports = append(in.Reports, *report)
			report = nil
		}
	}
	states := map[string]string{"F": "final", "C": "corrected", "P": "preliminary", "X": "cancelled", "D": "entered-in-error", "W": "entered-in-error"} // 0085
	for _, s := range m.segments {
		switch s[0] {
		case "OBR":
			flush()
			obr = s
			group++
		case "OBX":
			if obr == nil {
				return refuse("OBR", "hl7_segment", "an OBX segment stands before any OBR", "OBR")
			}
			number := first(m.get(obr, 3, 1), m.get(obr, 2, 1))
			if number == "" {
				return refuse("OBR-3", "hl7_field", "OBR-3 (filler order number) is empty, so a corrected result could not be told from a new one", "OBR-3")
			}
			title := first(m.get(obr, 4, 2), m.get(obr, 4, 1))
			if words(m, s, obr) {
				if report == nil {
					report = &records.PastReport{Source: records.Source{System: system, ID: number}, VisitNumber: visitNumber(in), Title: title, Category: m.get(obr, 24, 1),
						Date: first(moment(m.get(obr, 22, 1)), moment(m.get(obr, 7, 1))), Doctor: first(m.get(obr, 32, 2), m.get(obr, 32, 1)), State: states[m.get(s, 11, 1)]}
				}
				to := &report.Findings
				if impression(m.get(s, 3, 1), m.get(s, 3, 2)) {
					to = &report.Impression
				}
				*to = strings.TrimSpace(*to + "\n" + m.whole(s, 5))
				continue
			}
			v := records.LabValue{VisitNumber: visitNumber(in), Panel: title, Code: m.get(s, 3, 1), CodeSystem: m.get(s, 3, 3), Name: first(m.get(s, 3, 2), m.get(s, 3, 1)),
				Value: m.value(s), Unit: first(m.get(s, 6, 1), m.get(s, 6, 2)), Range: m.whole(s, 7), Flag: m.get(s, 8, 1), State: states[m.get(s, 11, 1)],
				Time: first(moment(m.get(s, 14, 1)), moment(m.get(obr, 7, 1))), Specimen: first(m.get(obr, 15, 2), m.get(obr, 15, 1))}
			v.Source = records.Source{System: system, ID: number + "|" + first(v.Code, v.Name) + "|" + m.get(s, 4, 1)}
			if v.Name != "" && v.Value != "" {
				in.Labs = append(in.Labs, v)
			}
		}
	}
	flush()
	return nil
}

// words reports an OBX that is text of a report and no value: text or formatted
// text of anything but the laboratory.
func words(m *message, obx, obr segment) bool {
	switch m.get(obr, 24, 1) { // HL7 table 0074
	case "RAD", "CT", "RUS", "NMR", "CUS", "NMS", "SP", "CP", "OUS", "XRC", "EC", "EN", "RX":
		t := m.get(obx, 2, 1)
		return t == "TX" || t == "FT" || t == "ST" || t == "CE" || t == "CWE"
	}
	t := m.get(obx, 2, 1)
	return t == "FT" || t == "TX" && m.get(obx, 6, 1) == "" && m.get(obx, 7, 1) == ""
}

func impression(code, text string) bool {
	for _, s := range []string{"IMP", "19005-8", "DE04.50.132.00"} {
		if strings.EqualFold(code, s) {
			return true
		}
	}
	return strings.Contains(text, "印象") || strings.Contains(text, "诊断") || strings.Contains(text, "结论") || strings.Contains(strings.ToLower(text), "impression")
}

// value is OBX-5 as text, by its type in OBX-2.
func (m *message) value(s segment) string {
	switch m.get(s, 2, 1) {
	case "SN": // 2.A.72: comparator, number, separator, number
		return m.get(s, 5, 1) + m.get(s, 5, 2) + m.get(s, 5, 3) + m.get(s, 5, 4)
	case "CE", "CWE", "CNE":
		return first(m.get(s, 5, 2), m.get(s, 5, 1))
	}
	return m.whole(s, 5)
}
