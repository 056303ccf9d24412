package registry

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

var now = time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)

func doctor() records.User {
	return records.User{ID: "u1", Login: "wang", Name: "王医生", Role: records.RoleRadiologist}
}

// register is a store with a Registry over it.
func register(t *testing.T) (*Registry, *sqlite.Store) {
	t.Helper()
	key, err := seal.NewKey(make([]byte, seal.DataKeySize))
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), t.TempDir(), key, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	clock := now
	return New(s, nil, Correction{Retract: func(*sqlite.Tx, records.User, *records.Examination, []records.Finding, string, string) (*records.SignedDocument, int, error) {
		return nil, 0, nil
	}}, func() time.Time { clock = clock.Add(time.Second); return clock }), s
}

// residentID is a valid number of a birth date and sex, its check character
// computed as GB 11643 says, independently of records.
func residentID(birth string, serial int) string {
	n := "110105" + birth + fmt.Sprintf("%03d", serial)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(n[i]-'0') * w
	}
	return n + string("10X98765432"[sum%11])
}

const surnames, given = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "明华丽强芳伟娜敏静磊洋艳勇军杰娟"

func someone(r *rand.Rand, n int) (records.Patient, records.Order) {
	pick := func(s string) string { runes := []rune(s); return string(runes[r.IntN(len(runes))]) }
	birth := time.Date(1930+r.IntN(90), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC).Format("20060102")
	serial := n % 1000
	sex := records.SexFemale
	if serial%2 == 1 {
		sex = records.SexMale
	}
	p := records.Patient{Name: pick(surnames) + pick(given) + pick(given), IDType: records.IDTypeResident, IDNumber: residentID(birth, serial), Sex: sex, BirthDate: birth,
		Numbers: []records.PatientNumber{{Issuer: "HIS", Number: fmt.Sprintf("H%06d", n)}}}
	return p, records.Order{AccessionNumber: fmt.Sprintf("ACC%06d", n), Category: "CR"}
}

// Random people in a real store; what links is asked of the store's own look-up
// and the rule together. Expectations come from formats.md, "Linking keys".
func TestNoSlipOfAnIDNumberAndNoNumberAloneLinksAndEachOfTheThreeRulesDoes(t *testing.T) {
	reg, store := register(t)
	r := rand.New(rand.NewPCG(20261126, 7))
	const people = 150
	var all []records.Patient
	err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		for n := range people {
			p, o := someone(r, n)
			if err := tx.PutPatient(&p); err != nil {
				return err
			}
			o.PatientID = p.ID
			if err := tx.PutOrder(&o); err != nil {
				return err
			}
			all = append(all, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	full := func(p records.Patient) records.Header {
		return records.Header{Name: "=" + p.Name, Display: p.Name, PatientID: p.IDNumber, BirthDate: p.BirthDate, Sex: p.Sex.DICOM()}
	}
	studies := 0
	decide := func(h records.Header, accession string) records.Examination {
		studies++
		ex := records.Examination{StudyUID: fmt.Sprintf("2.25.%d", studies), Link: records.LinkPending, Header: h, AccessionNumber: accession}
		if err := store.Update(t.Context(), func(tx *sqlite.Tx) error { return reg.linkByRule(tx, doctor(), &ex) }); err != nil {
			t.Fatal(err)
		}
		return ex
	}
	never := func(what string, h records.Header, accession string) {
		t.Helper()
		if ex := decide(h, accession); ex.Link.Linked() {
			t.Fatalf("%s links to %s: header %+v, accession %q", what, ex.PatientID, h, accession)
		}
	}
	always := func(what string, h records.Header, accession string, p records.Patient, rule records.LinkRule) {
		t.Helper()
		if ex := decide(h, accession); ex.PatientID != p.ID || ex.LinkRule != rule {
			t.Fatalf("%s: linked to %q by %q, want %q by %s: header %+v", what, ex.PatientID, ex.LinkRule, p.ID, rule, h)
		}
	}
	for trial := range 400 {
		p, other := all[r.IntN(people)], all[r.IntN(people)]
		at := r.IntN(18)
		slip := []byte(p.IDNumber)
		for slip[at] == p.IDNumber[at] {
			slip[at] = "0123456789X"[r.IntN(11)]
			if at < 17 && slip[at] == 'X' {
				slip[at] = p.IDNumber[at]
			}
		}
		h := full(p)
		h.PatientID = string(slip)
		never("one mistyped digit", h, "")
		h.OtherIDs, h.PatientID = []string{string(slip)}, "H9"
		never("one mistyped digit among the other IDs", h, "")
		swap := []byte(p.IDNumber)
		if i := r.IntN(17); swap[i] != swap[i+1] && swap[i+1] != 'X' {
			swap[i], swap[i+1] = swap[i+1], swap[i]
			h = full(p)
			h.PatientID = string(swap)
			never("two digits that changed places", h, "")
			never("two digits that changed places, with the order's number", h, fmt.Sprintf("ACC%06d", trial%people))
		}

		h = full(p)
		h.Name, h.Display = "", ""
		never("the ID number alone, with the sex and birth date that it holds", h, "")
		h = full(p)
		h.Name, h.Display = "=王"+p.Name, "王"+p.Name
		never("the ID number with another name", h, "")
		h = full(p)
		h.BirthDate = "18990101"
		never("ID number and name, another birth date", h, "")
		h = full(p)
		h.Sex = map[string]string{"M": "F", "F": "M"}[h.Sex]
		never("ID number and name, the other sex", h, "")
		if other.ID != p.ID && other.Name != p.Name {
			h = full(p)
			h.PatientID = other.IDNumber
			never("the name of one and the ID number of another", h, "")
			n := 0
			fmt.Sscanf(strings.TrimPrefix(other.Numbers[0].Number, "H"), "%d", &n)
			never("ID number of one, order of another", full(p), fmt.Sprintf("ACC%06d", n))
		}
		h = full(p)
		h.PatientID = ""
		never("name, sex and birth date without a number", h, "")

		always("ID number and name", full(p), "", p, records.RuleIDAndName)
		h = full(p)
		h.Sex, h.BirthDate = "", ""
		always("ID number and name, nothing else", h, "", p, records.RuleIDAndName)
		number := p.Numbers[0].Number
		accession := "ACC" + strings.TrimPrefix(number, "H")
		always("accession number of an order", records.Header{PatientID: "unknown"}, accession, p, records.RuleAccession)
		h = full(p)
		h.PatientID, h.Issuer = number, "HIS"
		always("mapped patient number, name, birth date", h, "", p, records.RulePatientNumber)
		h.Issuer = "another hospital"
		never("a patient number of an issuer that is not mapped", h, "")
		h.Issuer = ""
		never("a patient number without an issuer", h, "")
		h.Issuer, h.BirthDate = "HIS", ""
		never("mapped patient number without a birth date", h, "")
	}
	t.Logf("%d headers", studies)
}

func TestAMergeKeepsBothEntriesAndTheirHistoriesAndIsTakenBackWhole(t *testing.T) {
	reg, store := register(t)
	r := rand.New(rand.NewPCG(1, 2))
	a, orderA := someone(r, 2)
	b := records.Patient{Name: a.Name, IDType: "03", IDNumber: "E12345678", Sex: a.Sex, BirthDate: a.BirthDate, Numbers: []records.PatientNumber{{Issuer: "OLD", Number: "77"}}}
	var studyA, studyB records.Examination
	update := func(f func(tx *sqlite.Tx) error) {
		t.Helper()
		if err := store.Update(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	update(func(tx *sqlite.Tx) error {
		if err := tx.PutPatient(&a); err != nil {
			return err
		}
		if err := tx.PutPatient(&b); err != nil {
			return err
		}
		orderA.PatientID = a.ID
		if err := tx.PutOrder(&orderA); err != nil {
			return err
		}
		if err := tx.PutVisit(&records.Visit{PatientID: b.ID, Number: "V1", Class: records.VisitOutpatient, Date: "20250101"}); err != nil {
			return err
		}
		studyA = records.Examination{StudyUID: "2.25.1", PatientID: a.ID, Link: records.LinkedByHand, Date: now, Header: records.Header{Name: "=" + a.Name, BirthDate: a.BirthDate}}
		studyB = records.Examination{StudyUID: "2.25.2", PatientID: b.ID, Link: records.LinkedByHand, Date: now.AddDate(0, 3, 0), Header: records.Header{Name: "=" + b.Name, BirthDate: b.BirthDate}}
		if err := tx.PutExamination(&studyA); err != nil {
			return err
		}
		return tx.PutExamination(&studyB)
	})
	fact := func(uid, study string) {
		update(func(tx *sqlite.Tx) error {
			return tx.InsertFinding(&records.Finding{UID: uid, TrackingUID: uid + ".9", StudyUID: study, State: records.FindingConfirmed, Label: records.Text{Zh: "结节"}, By: "u1", ByName: "王医生", At: now})
		})
	}
	fact("2.25.11", "2.25.1")
	fact("2.25.12", "2.25.2")
	if _, err := reg.Merge(t.Context(), doctor(), a.ID, b.ID, " ", false); err == nil {
		t.Error("merged without a reason")
	}
	m, err := reg.Merge(t.Context(), doctor(), a.ID, b.ID, "同一人，护照登记", false)
	if err != nil || len(m.Studies) != 1 || m.Despite || len(m.Differing) != 1 || m.Differing[0].Field != "id_number" {
		t.Fatalf("%+v, %v", m, err)
	}
	rec, err := reg.Record(t.Context(), doctor(), b.ID)
	if err != nil || rec.Patient.ID != a.ID || len(rec.Merged) != 1 || len(rec.Visits) != 1 || len(rec.Orders) != 1 || len(rec.Examinations) != 2 || len(rec.Merges) != 1 {
		t.Fatalf("the merged record: %+v, %v", rec, err)
	}
	found, err := reg.Search(t.Context(), doctor(), "E12345678")
	if err != nil || len(found) != 1 || found[0].ID != a.ID {
		t.Errorf("the old number finds %+v, %v", found, err)
	}
	// A study under the merged entry's number is the kept one's.
	late := records.Examination{StudyUID: "2.25.3", Link: records.LinkPending, Date: now, Header: records.Header{Name: "=" + b.Name, PatientID: "77", Issuer: "OLD", BirthDate: b.BirthDate}}
	update(func(tx *sqlite.Tx) error { return reg.linkByRule(tx, doctor(), &late) })
	if late.PatientID != a.ID {
		t.Errorf("linked to %q, want the kept entry", late.PatientID)
	}
	update(func(tx *sqlite.Tx) error {
		before, err := tx.Finding("2.25.11")
		if err != nil {
			return err
		}
		f, err := tx.Finding("2.25.12")
		if err != nil {
			return err
		}
		exA, err := tx.Examination("2.25.1")
		if err != nil {
			return err
		}
		exB, err := tx.Examination("2.25.2")
		if err != nil {
			return err
		}
		next, err := f.Follow(*before, *exB, *exA, doctor(), now)
		if err != nil {
			return err
		}
		return tx.AppendFindingVersion(&next)
	})
	undone, since, err := reg.Unmerge(t.Context(), doctor(), b.ID, "不同的人")
	if err != nil || undone.Act != records.ActUnmerge || len(since) != 1 || since[0].StudyUID != "2.25.3" {
		t.Fatalf("%+v, %+v, %v", undone, since, err)
	}
	rec, err = reg.Record(t.Context(), doctor(), b.ID)
	if err != nil || rec.Patient.ID != b.ID || len(rec.Examinations) != 1 || rec.Examinations[0].StudyUID != "2.25.2" || len(rec.Visits) != 1 || len(rec.Merges) != 2 {
		t.Errorf("after unmerging: %+v, %v", rec, err)
	}
	update(func(tx *sqlite.Tx) error {
		f, err := tx.Finding("2.25.12")
		if err == nil && (f.FollowUp != nil || f.TrackingUID != "2.25.12.9") {
			t.Errorf("a follow-up is across patients: %+v", f)
		}
		return err
	})
	if _, _, err := reg.Unmerge(t.Context(), doctor(), b.ID, "again"); err == nil {
		t.Error("unmerged twice")
	}
}

func TestEntriesThatNoOnePersonCanHaveAreMergedOnlyDespiteIt(t *testing.T) {
	reg, store := register(t)
	r := rand.New(rand.NewPCG(3, 4))
	a, _ := someone(r, 2)
	b, _ := someone(r, 5)
	if err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		if err := tx.PutPatient(&a); err != nil {
			return err
		}
		return tx.PutPatient(&b)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := reg.Merge(t.Context(), doctor(), a.ID, b.ID, "x", false); err == nil || !strings.Contains(err.Error(), "contradict") {
		t.Errorf("two resident ID numbers, sexes and birth dates merged: %v", err)
	}
	m, err := reg.Merge(t.Context(), doctor(), a.ID, b.ID, "公安机关更正了号码", true)
	if err != nil || !m.Despite {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := reg.Merge(t.Context(), doctor(), b.ID, a.ID, "x", true); err == nil {
		t.Error("merged in a circle")
	}
	technician := doctor()
	technician.Role = records.RoleTechnician
	if _, _, err := reg.Unmerge(t.Context(), technician, b.ID, "x"); err == nil {
		t.Error("a technician unmerged")
	}
}
