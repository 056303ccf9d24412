package records

import (
	"slices"
	"testing"

	"longying/imaging"
)

const testID = "11010519491231002X" // female, 1949-12-31

func testPatient() Patient {
	return Patient{ID: "p1", Name: "张小红", NamePinyin: "Zhang Xiaohong", IDType: IDTypeResident, IDNumber: testID, Sex: SexFemale, BirthDate: "19491231",
		Numbers: []PatientNumber{{"HIS", "H1"}}}
}

func testHeader() Header {
	return Header{Name: "Zhang^Xiaohong=张^小红", Display: "张小红", PatientID: testID, BirthDate: "19491231", Sex: "F"}
}

func TestAStudyIsLinkedByTheRuleOnlyOrGoesToReview(t *testing.T) {
	byID, byAccession, byNumber := Candidate{ByIDNumber: true}, Candidate{ByAccession: true}, Candidate{ByNumber: true}
	for _, c := range []struct {
		name      string
		key       Candidate
		header    func(*Header)
		patient   func(*Patient)
		accession string
		want      string // reason code
		conflicts []string
	}{
		{name: "(a) ID number and name in characters", key: byID, want: ReasonIDAndName},
		{name: "(a) with no sex and no birth date in the header", key: byID, header: func(h *Header) { h.Sex, h.BirthDate = "", "" }, want: ReasonIDAndName},
		{name: "(a) sex O neither agrees nor contradicts", key: byID, header: func(h *Header) { h.Sex = "O" }, want: ReasonIDAndName},
		{name: "(a) characters in the first group", key: byID, header: func(h *Header) { h.Name = "张小红" }, want: ReasonIDAndName},
		{name: "(a) pinyin where the header has no characters", key: byID, header: func(h *Header) { h.Name = "ZHANG^XIAOHONG" }, want: ReasonIDAndName},
		{name: "(a) pinyin that a library knows", key: Candidate{ByIDNumber: true, Pinyin: []string{"zhang xiao hong"}},
			header: func(h *Header) { h.Name = "ZHANG^XIAO HONG" }, patient: func(p *Patient) { p.NamePinyin = "" }, want: ReasonIDAndName},
		{name: "never by ID number alone: no name in the header", key: byID, header: func(h *Header) { h.Name, h.Display = "", "" }, want: ReasonNameUnconfirmed, conflicts: []string{"name"}},
		{name: "never by ID number alone: pinyin of the register unknown", key: byID, header: func(h *Header) { h.Name = "ZHANG^XIAOHONG" },
			patient: func(p *Patient) { p.NamePinyin = "" }, want: ReasonNameUnconfirmed, conflicts: []string{"name"}},
		{name: "ID number with another name", key: byID, header: func(h *Header) { h.Name = "=张小虹" }, want: ReasonContradiction, conflicts: []string{"name"}},
		{name: "ID number with another pinyin", key: byID, header: func(h *Header) { h.Name = "ZHANG^XIAOHUA" }, want: ReasonContradiction, conflicts: []string{"name"}},
		{name: "characters count even where the pinyin agrees", key: byID, header: func(h *Header) { h.Name = "Zhang^Xiaohong=章小红" }, want: ReasonContradiction, conflicts: []string{"name"}},
		{name: "ID number and name, other sex", key: byID, header: func(h *Header) { h.Sex = "M" }, want: ReasonContradiction, conflicts: []string{"sex"}},
		{name: "ID number and name, other sex than inside the number", key: byID, header: func(h *Header) { h.Sex = "M" },
			patient: func(p *Patient) { p.Sex = SexUnknown }, want: ReasonContradiction, conflicts: []string{"sex"}},
		{name: "ID number and name, other birth date", key: byID, header: func(h *Header) { h.BirthDate = "19491230" }, want: ReasonContradiction, conflicts: []string{"birth_date"}},
		{name: "ID number and name, a birth date that is no date", key: byID, header: func(h *Header) { h.BirthDate = "19490000" }, want: ReasonContradiction, conflicts: []string{"birth_date"}},
		{name: "a second resident ID number in the header", key: byID, header: func(h *Header) { h.OtherIDs = []string{withCheck("11010519491231004")} },
			want: ReasonContradiction, conflicts: []string{"id_number"}},
		{name: "(b) accession number", key: byAccession, accession: "A1", header: func(h *Header) { h.PatientID = "H9" }, want: ReasonAccession},
		{name: "(b) accession number and an empty header", key: byAccession, accession: "A1", header: func(h *Header) { *h = Header{} }, want: ReasonAccession},
		{name: "(b) accession number, a contradicting name", key: byAccession, accession: "A1", header: func(h *Header) { h.Name = "=李四" }, want: ReasonContradiction, conflicts: []string{"name"}},
		{name: "(b) accession number, name, sex and birth date contradict", key: byAccession, accession: "A1",
			header: func(h *Header) { h.Name, h.Sex, h.BirthDate, h.PatientID = "=李四", "M", "19800101", "" }, want: ReasonContradiction, conflicts: []string{"name", "sex", "birth_date"}},
		{name: "(b) accession number, another resident ID number", key: byAccession, accession: "A1",
			header: func(h *Header) { h.PatientID = withCheck("11010519491231004") }, want: ReasonContradiction, conflicts: []string{"id_number"}},
		{name: "an empty accession number matches no order", key: byAccession, accession: " ", want: ReasonNoCandidate},
		{name: "(c) patient number, name and birth date", key: byNumber, header: func(h *Header) { h.PatientID = "H1" }, want: ReasonPatientNumber},
		{name: "(c) without a birth date", key: byNumber, header: func(h *Header) { h.PatientID, h.BirthDate = "H1", "" }, want: ReasonNumberAlone, conflicts: []string{"birth_date"}},
		{name: "(c) without a name", key: byNumber, header: func(h *Header) { h.PatientID, h.Name, h.Display = "H1", "", "" }, want: ReasonNumberAlone, conflicts: []string{"name"}},
		{name: "(c) other sex", key: byNumber, header: func(h *Header) { h.PatientID, h.Sex = "H1", "M" }, want: ReasonContradiction, conflicts: []string{"sex"}},
		{name: "a person that no key points at", key: Candidate{}, want: ReasonNoCandidate},
		{name: "a person who is not in the register", key: byID, patient: func(p *Patient) { p.ID = "" }, want: ReasonNoCandidate},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, p := testHeader(), testPatient()
			if c.header != nil {
				c.header(&h)
			}
			if c.patient != nil {
				c.patient(&p)
			}
			c.key.Patient = p
			d := DecideLink(h, c.accession, []Candidate{c.key})
			var fields []string
			for _, x := range d.Conflicts {
				fields = append(fields, x.Field)
			}
			if d.ReasonCode != c.want || !slices.Equal(fields, c.conflicts) || d.Reason == "" || d.Reason == d.ReasonCode {
				t.Fatalf("%s (%s), conflicts %v; want %s, %v", d.ReasonCode, d.Reason, fields, c.want, c.conflicts)
			}
			linked := c.want == ReasonIDAndName || c.want == ReasonAccession || c.want == ReasonPatientNumber
			if linked != (d.State == LinkedByRule) || linked != (d.PatientID == p.ID && p.ID != "") || linked != (d.Rule != "") || !linked && d.State != LinkReview {
				t.Fatalf("state %s, rule %s, patient %q", d.State, d.Rule, d.PatientID)
			}
		})
	}
}

func TestKeysThatPointAtTwoPeopleGoToReview(t *testing.T) {
	p, other := testPatient(), testPatient()
	other.ID, other.IDNumber = "p2", ""
	d := DecideLink(testHeader(), "A1", []Candidate{{Patient: p, ByIDNumber: true}, {Patient: other, ByAccession: true}})
	if d.State != LinkReview || d.ReasonCode != ReasonTwoPeople || d.PatientID != "" {
		t.Fatalf("%+v", d)
	}
	d = DecideLink(testHeader(), "A1", []Candidate{{Patient: p, ByIDNumber: true}, {Patient: p, ByAccession: true}})
	if d.State != LinkedByRule || d.PatientID != "p1" {
		t.Fatalf("two keys of one person: %+v", d)
	}
}

func TestNamesAreFoldedButNeverFuzzy(t *testing.T) {
	for _, c := range []struct {
		header, register, pinyin string
		want                     agreement
	}{
		{"=张^三", "张三", "", same},
		{"=张　三", "张 三", "", same},
		{"=阿卜杜拉·买买提", "阿卜杜拉•买买提", "", same},
		{"=阿卜杜拉・买买提", "阿卜杜拉买买提", "", same},
		{"=Ａ张三", "a张三", "", same},
		{"=张三", "张三丰", "", differs},
		{"=吕布", "呂布", "", differs}, // simplified and traditional are two characters
		{"=王伟", "王玮", "", differs},
		{"SMITH^JOHN", "John Smith", "", differs}, // the order counts
		{"SMITH^JOHN", "Smith John", "", same},
		{"OUYANG^NANA", "欧阳娜娜", "ou yang na na", same},
		{"Ouyang Nana", "欧阳娜娜", "OUYANG^NANA", same},
		{"FAN^GAN", "方安", "fang an", differs},
		{"FANGAN", "方安", "fang an", same},
		{"LV^BU", "吕布", "Lǚ Bù", same},
		{"ZHANG^SAN", "张三", "zhang shan", differs},
		{"ZHANG^SAN", "张三", "", silent},
		{"", "张三", "zhang san", silent},
		{"^^^", "张三", "zhang san", silent},
		{"ZHANG^SAN", "", "zhang san", silent},
	} {
		if got := compareName(Header{Name: c.header}, Patient{Name: c.register, NamePinyin: c.pinyin}, nil); got != c.want {
			t.Errorf("%q against %q (%q): %d, want %d", c.header, c.register, c.pinyin, got, c.want)
		}
	}
}

func TestCompareHeaderNamesWhatDiffersAndNothingElse(t *testing.T) {
	if c := CompareHeader(testHeader(), testPatient()); len(c) != 0 {
		t.Fatalf("equal, but %v", c)
	}
	h := testHeader()
	h.Sex, h.BirthDate = "M", ""
	if c := CompareHeader(h, testPatient()); len(c) != 1 || c[0] != (Conflict{"sex", "M", "F"}) {
		t.Fatalf("%v", c)
	}
}

func TestHeaderOfKeepsWhatTheDICOMHeaderSays(t *testing.T) {
	h := HeaderOf(imaging.PatientHeader{Name: imaging.ParsePersonName("Zhang^San=张^三"), ID: "7", Issuer: "HIS", OtherIDs: []string{"8"}, BirthDate: "19800101", Sex: "M", Age: "040Y"})
	if h.Name != "Zhang^San=张^三" || h.Display != "张三" || h.PatientID != "7" || h.Issuer != "HIS" || !slices.Equal(h.OtherIDs, []string{"8"}) || h.BirthDate != "19800101" || h.Sex != "M" || h.Age != "040Y" {
		t.Fatalf("%+v", h)
	}
}
