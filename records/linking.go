package records

import (
	"slices"
	"strings"

	"longying/imaging"
)

// LinkDecision is what the linking rule says about one study.
type LinkDecision struct {
	State      LinkState // LinkedByRule or LinkReview
	Rule       LinkRule  // when linked
	PatientID  string    // when linked
	Suggested  string    // on review: the one patient that the keys point at, if only one
	Conflicts  []Conflict
	ReasonCode string // a Reason... constant, for translation
	Reason     string // English
}

// Why DecideLink decided as it did.
const (
	ReasonIDAndName       = "id_number_and_name"
	ReasonAccession       = "accession_number"
	ReasonPatientNumber   = "patient_number_name_birth_date"
	ReasonNoCandidate     = "no_candidate"
	ReasonTwoPeople       = "two_people"
	ReasonContradiction   = "contradiction"
	ReasonNameUnconfirmed = "name_unconfirmed"       // the ID number agrees, but nothing says that the name does
	ReasonNumberAlone     = "patient_number_no_more" // the patient number agrees, but name or birth date is not confirmed
)

// linkReason is the English sentence of a reason code.
func linkReason(code string) string {
	switch code {
	case ReasonIDAndName:
		return "the ID number and the name agree, and nothing contradicts"
	case ReasonAccession:
		return "the accession number matches an order of this person, and nothing contradicts"
	case ReasonPatientNumber:
		return "the patient number of a known issuer, the name and the birth date agree"
	case ReasonNoCandidate:
		return "no number in the header is known in the register"
	case ReasonTwoPeople:
		return "the numbers in the header point at different people"
	case ReasonContradiction:
		return "the header contradicts the register"
	case ReasonNameUnconfirmed:
		return "the ID number is known, but an ID number alone never links, and the name is not confirmed"
	case ReasonNumberAlone:
		return "the patient number is known, but name and birth date are not both confirmed"
	}
	return code
}

// HeaderOf is the patient of a DICOM header in the form in which the record
// keeps and compares it.
func HeaderOf(p imaging.PatientHeader) Header {
	return Header{
		Name: p.Name.String(), Display: p.Name.Display(), PatientID: p.ID, Issuer: p.Issuer,
		OtherIDs: slices.Clone(p.OtherIDs), BirthDate: p.BirthDate, Sex: p.Sex, Age: p.Age,
	}
}

// DecideLink decides whose a study is, out of the people that keys of its
// header point at. It links by itself only where
//
//   - (a) the ID number agrees and the name does (in characters, or in pinyin
//     where the header has no characters),
//   - (b) the accession number matches an order of that person, or
//   - (c) the patient number, with its issuer mapped, name and birth date agree,
//
// and in each case name, sex, birth date and a resident ID number in the header
// contradict nothing. Keys that point at two people, and everything else, go to
// the review list with what differs. An ID number alone never links.
func DecideLink(header Header, accession string, candidates []Candidate) LinkDecision {
	people := pointedAt(accession, candidates)
	switch len(people) {
	case 0:
		return review(ReasonNoCandidate, "", nil)
	case 1:
	default:
		return review(ReasonTwoPeople, "", nil)
	}
	c := people[0]
	facts := compare(header, c.Patient, c.Pinyin)
	if differing := facts.differing(); len(differing) > 0 {
		return review(ReasonContradiction, c.Patient.ID, differing)
	}
	linked := func(rule LinkRule, reason string) LinkDecision {
		return LinkDecision{State: LinkedByRule, Rule: rule, PatientID: c.Patient.ID, ReasonCode: reason, Reason: linkReason(reason)}
	}
	named, born := facts.of("name") == same, facts.of("birth_date") == same
	switch {
	case c.ByIDNumber && named:
		return linked(RuleIDAndName, ReasonIDAndName)
	case c.ByAccession:
		return linked(RuleAccession, ReasonAccession)
	case c.ByNumber && named && born:
		return linked(RulePatientNumber, ReasonPatientNumber)
	case c.ByIDNumber:
		return review(ReasonNameUnconfirmed, c.Patient.ID, facts.unconfirmed("name"))
	}
	return review(ReasonNumberAlone, c.Patient.ID, facts.unconfirmed("name", "birth_date"))
}

func review(reason, suggested string, conflicts []Conflict) LinkDecision {
	return LinkDecision{State: LinkReview, Suggested: suggested, Conflicts: conflicts, ReasonCode: reason, Reason: linkReason(reason)}
}

// pointedAt puts together what points at the same person. A candidate that no
// key points at, or that is not in the register, is nobody; an empty accession
// number matches no order.
func pointedAt(accession string, candidates []Candidate) []Candidate {
	var people []Candidate
	for _, c := range candidates {
		c.ByAccession = c.ByAccession && FoldNumber(accession) != ""
		if c.Patient.ID == "" || !c.ByIDNumber && !c.ByAccession && !c.ByNumber {
			continue
		}
		i := slices.IndexFunc(people, func(p Candidate) bool { return p.Patient.ID == c.Patient.ID })
		if i < 0 {
			people = append(people, c)
			continue
		}
		p := &people[i]
		p.ByIDNumber = p.ByIDNumber || c.ByIDNumber
		p.ByAccession = p.ByAccession || c.ByAccession
		p.ByNumber = p.ByNumber || c.ByNumber
		p.Pinyin = append(slices.Clone(p.Pinyin), c.Pinyin...)
	}
	return people
}

// CompareHeader lists on what header and register differ; what one of them does
// not state is no difference.
func CompareHeader(header Header, patient Patient) []Conflict {
	return compare(header, patient, nil).differing()
}

type agreement int

const (
	silent  agreement = iota // one side does not say, or it cannot be compared
	same                     // both say the same
	differs                  // both say something, and it is not the same
)

type fact struct {
	Conflict
	agreement agreement
}

type comparison []fact

func (c comparison) of(field string) agreement {
	for _, f := range c {
		if f.Field == field {
			return f.agreement
		}
	}
	return silent
}

func (c comparison) differing() []Conflict {
	var out []Conflict
	for _, f := range c {
		if f.agreement == differs {
			out = append(out, f.Conflict)
		}
	}
	return out
}

func (c comparison) unconfirmed(fields ...string) []Conflict {
	var out []Conflict
	for _, f := range c {
		if f.agreement != same && slices.Contains(fields, f.Field) {
			out = append(out, f.Conflict)
		}
	}
	return out
}

func compare(h Header, p Patient, readings []string) comparison {
	out := comparison{
		{Conflict{"name", h.Display, p.Name}, compareName(h, p, readings)},
		compareSex(h, p),
		compareBirth(h, p),
	}
	if out[0].Header == "" {
		out[0].Header = imaging.ParsePersonName(h.Name).Display()
	}
	if other, ok := otherResidentID(h, p); ok {
		out = append(out, fact{Conflict{"id_number", other, p.IDNumber}, differs})
	}
	return out
}

// compareName compares characters with characters. A header without characters
// is compared in letters: with the register's name where that is in letters
// itself, else with its pinyin; where no pinyin is known the name is silent.
func compareName(h Header, p Patient, readings []string) agreement {
	pn := imaging.ParsePersonName(h.Name)
	if pn.IsZero() || FoldName(p.Name) == "" {
		return silent
	}
	if han := pn.Characters(); han != "" {
		if FoldName(han) == FoldName(p.Name) {
			return same
		}
		return differs
	}
	known := append([]string{p.NamePinyin}, readings...)
	if !hasCharacters(p.Name) {
		known = append(known, p.Name)
	}
	written := foldLatin(pn.Alphabetic)
	if written.letters == "" {
		return silent
	}
	result := silent
	for _, k := range known {
		reading := foldLatin(k)
		if reading.letters == "" {
			continue
		}
		if written.agrees(reading) {
			return same
		}
		result = differs
	}
	return result
}

// compareSex compares with the register's sex and with the one inside its
// resident ID number, which contradict each other only in a wrong register.
func compareSex(h Header, p Patient) fact {
	f := fact{Conflict: Conflict{"sex", h.Sex, p.Sex.DICOM()}}
	stated := SexFromDICOM(strings.ToUpper(strings.TrimSpace(h.Sex)))
	if stated == SexUnknown {
		return f
	}
	for _, known := range []Sex{p.Sex, residentSex(p)} {
		if known != SexMale && known != SexFemale {
			continue
		}
		if known != stated {
			f.Register, f.agreement = known.DICOM(), differs
			return f
		}
		f.Register, f.agreement = known.DICOM(), same
	}
	return f
}

// compareBirth compares like compareSex. A birth date that is written but is no
// date differs: what it meant is not guessed.
func compareBirth(h Header, p Patient) fact {
	f := fact{Conflict: Conflict{"birth_date", h.BirthDate, p.BirthDate}}
	if strings.TrimSpace(h.BirthDate) == "" {
		return f
	}
	stated := ""
	if t, err := imaging.ParseDate(h.BirthDate); err == nil {
		stated = t.Format("20060102")
	}
	for _, known := range []string{p.BirthDate, residentBirth(p)} {
		if known == "" {
			continue
		}
		if known != stated {
			f.Register, f.agreement = known, differs
			return f
		}
		f.Register, f.agreement = known, same
	}
	return f
}

func residentSex(p Patient) Sex {
	if p.IDType != IDTypeResident {
		return SexUnknown
	}
	s, err := ResidentIDSex(FoldNumber(p.IDNumber))
	if err != nil {
		return SexUnknown
	}
	return s
}

func residentBirth(p Patient) string {
	if p.IDType != IDTypeResident {
		return ""
	}
	d, err := ResidentIDBirthDate(FoldNumber(p.IDNumber))
	if err != nil {
		return ""
	}
	return d
}

// otherResidentID is a resident ID number in the header that is not the
// patient's: a valid one, or one that a slip of the pen (one character, or two
// changed places) made of the patient's.
func otherResidentID(h Header, p Patient) (string, bool) {
	if p.IDType != IDTypeResident || p.IDNumber == "" {
		return "", false
	}
	for _, n := range append([]string{h.PatientID}, h.OtherIDs...) {
		if f := FoldNumber(n); f != FoldNumber(p.IDNumber) && (CheckResidentID(f) == nil || slipped(f, FoldNumber(p.IDNumber))) {
			return n, true
		}
	}
	return "", false
}

// slipped reports two numbers of 18 characters that differ in one or two of
// them.
func slipped(a, b string) bool {
	if len(a) != 18 || len(b) != 18 {
		return false
	}
	n := 0
	for i := range len(a) {
		if a[i] != b[i] {
			n++
		}
	}
	return n == 1 || n == 2
}
