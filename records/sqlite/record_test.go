package sqlite

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"longying/records"
	"longying/records/seal"
)

const testID = "11010519491231002X"

func patient() *records.Patient {
	return &records.Patient{ID: "p1", Name: "刘小满", IDType: records.IDTypeResident, IDNumber: testID, Sex: records.SexFemale, BirthDate: "19491231",
		HealthRecordNumber: "62010200100100001", Phone: "139-0000-1234", Numbers: []records.PatientNumber{{Issuer: "HIS", Number: "H778899"}}, Note: "样本"}
}

// study stores the patient and one linked examination.
func study(t testing.TB, s *Store, uid string) {
	t.Helper()
	update(t, s, func(tx *Tx) error {
		if err := tx.PutPatient(patient()); err != nil {
			return err
		}
		return tx.PutExamination(&records.Examination{StudyUID: uid, PatientID: "p1", Link: records.LinkedByRule, Description: "胸部正位 刘小满",
			AccessionNumber: "ACC-1", Date: testTime, Header: records.Header{Name: "Liu^Xiaoman=刘小满", Display: "刘小满", PatientID: "H778899"}})
	})
}

func finding(uid, studyUID string) *records.Finding {
	return &records.Finding{UID: uid, Version: 1, StudyUID: studyUID, State: records.FindingProposed, Label: records.Text{Zh: "结节", En: "Nodule"},
		Note: "刘小满 的结节", At: testTime}
}

func signed(t testing.TB, version int) *records.SignedDocument {
	t.Helper()
	d := records.SignedDocument{Document: records.Document{DocumentID: "doc", Version: version, ID: "doc-1", Patient: *patient(),
		Examination: records.Examination{StudyUID: "1.2", PatientID: "p1", Link: records.LinkedByRule}, FindingText: []records.Sentence{{Text: "刘小满 右肺结节。"}}, SignedAt: testTime},
		SignedBy: "u1", SignedAt: testTime}
	var err error
	if d.Canonical, err = d.Document.Canonical(); err != nil {
		t.Fatal(err)
	}
	d.SHA256, d.SM3 = seal.Digests(d.Canonical)
	return &d
}

func TestAPersonIsFoundByEveryNumberHoweverItIsWritten(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := patient()
	p.ID = ""
	update(t, s, func(tx *Tx) error { return tx.PutPatient(p) })
	if len(p.ID) != 36 {
		t.Fatalf("ID %q", p.ID)
	}
	view(t, s, func(tx *Tx) error {
		if got, err := tx.Patient(p.ID); err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("%+v, %v", got, err)
		}
		for _, n := range []string{testID, "11010519491231002x", " 110105 19491231 002X", "１１０１０５19491231002Ｘ"} {
			if got, err := tx.PatientByIDNumber("01", n); err != nil || got.ID != p.ID {
				t.Errorf("ID number %q: %v", n, err)
			}
		}
		if _, err := tx.PatientByIDNumber("02", testID); !errors.Is(err, records.ErrNotFound) {
			t.Errorf("the number under another type: %v", err)
		}
		for _, n := range []string{"", " "} {
			if _, err := tx.PatientByIDNumber("01", n); !errors.Is(err, records.ErrNotFound) {
				t.Errorf("no number: %v", err)
			}
		}
		if got, err := tx.PatientByHealthRecordNumber("62010200100100001"); err != nil || got.ID != p.ID {
			t.Error(err)
		}
		for _, n := range []string{"13900001234", "+86 139 0000 1234", "008613900001234"} {
			if got, err := tx.PatientByPhone(n); err != nil || len(got) != 1 {
				t.Errorf("phone %q: %v, %v", n, got, err)
			}
		}
		if got, err := tx.PatientsByNumber("HIS", "h778899"); err != nil || len(got) != 1 {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := tx.PatientsByNumber("LIS", "H778899"); err != nil || len(got) != 0 {
			t.Errorf("another issuer: %v, %v", got, err)
		}
		for text, want := range map[string]int{testID: 1, "11010519491231002x": 1, "13900001234": 1, "62010200100100001": 1, "H778899": 1, "小满": 0, "1390000": 0, "": 0, "  ": 0, "^": 0} {
			if got, err := tx.PatientsByWholeNumber(text); err != nil || len(got) != want {
				t.Errorf("search %q: %d, want %d (%v)", text, len(got), want, err)
			}
		}
		return nil
	})
}

func TestAnIdentityBelongsToOnePersonOnly(t *testing.T) {
	s := openStore(t, t.TempDir())
	update(t, s, func(tx *Tx) error { return tx.PutPatient(patient()) })
	for key, p := range map[string]*records.Patient{
		"id_number":            {Name: "他人", IDType: "01", IDNumber: "11010519491231002x"},
		"health_record_number": {Name: "他人", HealthRecordNumber: "62010200100100001"},
	} {
		var dup *records.DuplicateError
		err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutPatient(p) })
		if !errors.As(err, &dup) || dup.Key != key || dup.Other != "p1" || p.ID != "" {
			t.Errorf("%s: %v", key, err)
		}
	}
	changed := patient()
	changed.Numbers, changed.Phone, changed.IDNumber = nil, "", ""
	update(t, s, func(tx *Tx) error { return tx.PutPatient(changed) })
	update(t, s, func(tx *Tx) error { return tx.PutPatient(&records.Patient{Name: "无证甲"}) })
	update(t, s, func(tx *Tx) error { return tx.PutPatient(&records.Patient{Name: "无证乙"}) })
	view(t, s, func(tx *Tx) error {
		for _, text := range []string{testID, "13900001234", "H778899"} {
			if got, err := tx.PatientsByWholeNumber(text); err != nil || len(got) != 0 {
				t.Errorf("%s is still found after it was taken away: %v, %v", text, got, err)
			}
		}
		return nil
	})
}

func TestVisitsAndOrdersAreStoredOncePerNumber(t *testing.T) {
	s := openStore(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		if err := tx.PutPatient(patient()); err != nil {
			return err
		}
		return tx.PutPatient(&records.Patient{ID: "p2", Name: "他人"})
	})
	v := records.Visit{PatientID: "p1", Number: "V1", Date: "20260101", Department: "呼吸科"}
	update(t, s, func(tx *Tx) error { return tx.PutVisit(&v) })
	again := records.Visit{PatientID: "p1", Number: "v1", Date: "20260102", Department: "呼吸内科"}
	update(t, s, func(tx *Tx) error { return tx.PutVisit(&again) })
	other := records.Visit{PatientID: "p2", Number: "V1", Date: "20260101"}
	update(t, s, func(tx *Tx) error { return tx.PutVisit(&other) })
	newer := records.Visit{PatientID: "p1", Number: "V2", Date: "20260301"}
	update(t, s, func(tx *Tx) error { return tx.PutVisit(&newer) })
	if v.ID == "" || again.ID != v.ID || other.ID == v.ID {
		t.Errorf("IDs %q %q %q", v.ID, again.ID, other.ID)
	}
	o := records.Order{AccessionNumber: "ACC-1", PatientID: "p1", Category: "DR"}
	update(t, s, func(tx *Tx) error { return tx.PutOrder(&o) })
	update(t, s, func(tx *Tx) error { return tx.PutOrder(&o) })
	moved := o
	moved.PatientID = "p2"
	var conflict *records.ConflictError
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutOrder(&moved) }); !errors.As(err, &conflict) {
		t.Errorf("an order moved to another person: %v", err)
	}
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutOrder(&records.Order{PatientID: "p1"}) }); err == nil {
		t.Error("an order without a number was stored")
	}
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutVisit(&records.Visit{PatientID: "nobody", Number: "1"}) }); err == nil {
		t.Error("a visit of nobody was stored")
	}
	view(t, s, func(tx *Tx) error {
		vs, err := tx.VisitsOf("p1")
		if err != nil || len(vs) != 2 || vs[0].Number != "V2" || vs[1].Department != "呼吸内科" {
			t.Errorf("%+v, %v", vs, err)
		}
		if got, err := tx.OrderByAccession("acc-1"); err != nil || *got != o {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := tx.OrderByAccession(""); !errors.Is(err, records.ErrNotFound) {
			t.Errorf("an empty accession number: %v", err)
		}
		if got, err := tx.OrdersOf("p1"); err != nil || len(got) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		return nil
	})
}

func TestExaminationsAreListedNewestFirstAndFiltered(t *testing.T) {
	s := openStore(t, t.TempDir())
	study(t, s, "1.1")
	put := func(uid string, link records.LinkState, date, imported time.Time) {
		update(t, s, func(tx *Tx) error {
			return tx.PutExamination(&records.Examination{StudyUID: uid, Link: link, Date: date, ImportedAt: imported, Modality: "CT", Header: records.Header{Display: "王五", PatientID: "77"}})
		})
	}
	put("1.2", records.LinkReview, testTime.Add(time.Hour), testTime)
	put("1.3", records.LinkPending, time.Time{}, testTime.Add(2*time.Hour))
	view(t, s, func(tx *Tx) error {
		for _, c := range []struct {
			f    records.ExaminationFilter
			want []string
		}{
			{records.ExaminationFilter{}, []string{"1.3", "1.2", "1.1"}},
			{records.ExaminationFilter{Limit: 1, Offset: 1}, []string{"1.2"}},
			{records.ExaminationFilter{Link: records.LinkReview}, []string{"1.2"}},
			{records.ExaminationFilter{PatientID: "p1"}, []string{"1.1"}},
			{records.ExaminationFilter{Text: "王五"}, []string{"1.3", "1.2"}},
			{records.ExaminationFilter{Text: "王五", Limit: 1, Offset: 1}, []string{"1.2"}},
			{records.ExaminationFilter{Text: "王五", Limit: 1}, []string{"1.3"}},
			{records.ExaminationFilter{Text: testID}, []string{"1.1"}},
			{records.ExaminationFilter{Text: "acc-1"}, []string{"1.1"}},
			{records.ExaminationFilter{Text: "胸部"}, []string{"1.1"}},
			{records.ExaminationFilter{Text: "1.2"}, []string{"1.2"}},
			{records.ExaminationFilter{Text: "77"}, []string{"1.3", "1.2"}},
			{records.ExaminationFilter{Text: "acc"}, []string{"1.1"}},
			{records.ExaminationFilter{Text: "lxm", Person: func(e *records.Examination) bool { return e.PatientID == "p1" }}, []string{"1.1"}},
			{records.ExaminationFilter{Text: "ct", Link: records.LinkReview}, []string{"1.2"}},
			{records.ExaminationFilter{Text: "无此人"}, nil},
		} {
			got, err := tx.Examinations(c.f)
			var uids []string
			for _, e := range got {
				uids = append(uids, e.StudyUID)
			}
			if err != nil || !slices.Equal(uids, c.want) {
				t.Errorf("%+v: %v, want %v (%v)", c.f, uids, c.want, err)
			}
		}
		if got, err := tx.ReviewList(); err != nil || len(got) != 2 {
			t.Errorf("review list: %d, %v", len(got), err)
		}
		return nil
	})
	for name, e := range map[string]records.Examination{
		"linked to nobody":         {StudyUID: "9", Link: records.LinkedByHand},
		"on review with a patient": {StudyUID: "9", Link: records.LinkReview, PatientID: "p1"},
		"linked to an unknown one": {StudyUID: "9", Link: records.LinkedByHand, PatientID: "p9"},
		"without a UID":            {Link: records.LinkReview},
	} {
		if err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutExamination(&e) }); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
}

func TestAnObjectKeepsItsFirstContent(t *testing.T) {
	s := openStore(t, t.TempDir())
	study(t, s, "1.2")
	o := records.Object{SOPUID: "1.2.3", StudyUID: "1.2", SeriesUID: "1.2.1", SHA256: "aa", Size: 5, File: "f"}
	update(t, s, func(tx *Tx) error {
		if in, err := tx.PutObject(&o); err != nil || !in {
			t.Errorf("%v, %v", in, err)
		}
		if in, err := tx.PutObject(&o); err != nil || in {
			t.Errorf("again: %v, %v", in, err)
		}
		other := o
		other.SHA256 = "bb"
		var conflict *records.ConflictError
		if in, err := tx.PutObject(&other); !errors.As(err, &conflict) || in || conflict.ID != "1.2.3" {
			t.Errorf("other content: %v, %v", in, err)
		}
		return nil // the conflict does not undo the rest
	})
	view(t, s, func(tx *Tx) error {
		if got, err := tx.Object("1.2.3"); err != nil || *got != o {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := tx.ObjectsOf("1.2"); err != nil || len(got) != 1 || got[0] != o {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := tx.Object("9"); !errors.Is(err, records.ErrNotFound) {
			t.Error(err)
		}
		return nil
	})
}

func TestEveryVersionOfAFindingIsKept(t *testing.T) {
	s := openStore(t, t.TempDir())
	study(t, s, "1.2")
	doctor := records.User{ID: "u1", Name: "王医生", Role: records.RoleRadiologist}
	first := finding("2.25.1", "1.2")
	update(t, s, func(tx *Tx) error {
		if err := tx.InsertFinding(first); err != nil {
			return err
		}
		return tx.InsertFinding(finding("2.25.2", "1.2"))
	})
	second, err := first.Reject(doctor, "伪影", testTime)
	if err != nil {
		t.Fatal(err)
	}
	third, err := second.Confirm(doctor, testTime)
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error {
		if err := tx.AppendFindingVersion(&second); err != nil {
			return err
		}
		return tx.AppendFindingVersion(&third)
	})
	var stale *records.StaleError
	for _, version := range []int{0, 1, 3, 5} {
		bad := third
		bad.Version = version
		if err := s.Update(context.Background(), func(tx *Tx) error { return tx.AppendFindingVersion(&bad) }); !errors.As(err, &stale) || stale.Last != 3 {
			t.Errorf("version %d after 3: %v", version, err)
		}
	}
	var dup *records.DuplicateError
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.InsertFinding(finding("2.25.1", "1.2")) }); !errors.As(err, &dup) {
		t.Errorf("the same UID inserted again: %v", err)
	}
	if err := s.Update(context.Background(), func(tx *Tx) error {
		return tx.AppendFindingVersion(&records.Finding{UID: "2.25.9", Version: 2, StudyUID: "1.2"})
	}); !errors.Is(err, records.ErrNotFound) {
		t.Errorf("a version of nothing: %v", err)
	}
	withdrawn, err := third.Withdraw(doctor, "wrong patient", testTime)
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error { return tx.AppendFindingVersion(&withdrawn) })
	after := withdrawn
	after.Version, after.State = 5, records.FindingConfirmed
	var refused *records.RefusedError
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.AppendFindingVersion(&after) }); !errors.As(err, &refused) {
		t.Errorf("a version after withdrawal: %v", err)
	}
	view(t, s, func(tx *Tx) error {
		history, err := tx.FindingHistory("2.25.1")
		var states []records.FindingState
		for _, f := range history {
			states = append(states, f.State)
		}
		if err != nil || !slices.Equal(states, []records.FindingState{"proposed", "rejected", "confirmed", "withdrawn"}) || history[1].Reason != "伪影" {
			t.Errorf("%v, %v", states, err)
		}
		latest, err := tx.FindingsOf("1.2")
		if err != nil || len(latest) != 2 || latest[0].UID != "2.25.1" || latest[0].Version != 4 || latest[1].Version != 1 {
			t.Errorf("%+v, %v", latest, err)
		}
		return nil
	})
}

func TestASignedDocumentIsFrozenWithItsHash(t *testing.T) {
	s := openStore(t, t.TempDir())
	study(t, s, "1.2")
	d := signed(t, 1)
	for name, change := range map[string]func(*records.SignedDocument){
		"another hash":     func(d *records.SignedDocument) { d.SHA256 = d.SHA256[1:] + "0" },
		"another SM3":      func(d *records.SignedDocument) { d.SM3 = "" },
		"another document": func(d *records.SignedDocument) { d.Document.Remarks = "x" },
		"other bytes":      func(d *records.SignedDocument) { d.Canonical = append(d.Canonical, ' ') },
	} {
		bad := signed(t, 1)
		change(bad)
		var conflict *records.ConflictError
		if err := s.Update(context.Background(), func(tx *Tx) error { return tx.InsertSignedDocument(bad) }); !errors.As(err, &conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	update(t, s, func(tx *Tx) error { return tx.InsertSignedDocument(d) })
	var dup *records.DuplicateError
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.InsertSignedDocument(signed(t, 1)) }); !errors.As(err, &dup) {
		t.Errorf("the same version again: %v", err)
	}
	var stale *records.StaleError
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.InsertSignedDocument(signed(t, 3)) }); !errors.As(err, &stale) {
		t.Errorf("version 3 after 1: %v", err)
	}
	view(t, s, func(tx *Tx) error {
		got, err := tx.SignedDocument("doc", 1)
		if err != nil || string(got.Canonical) != string(d.Canonical) || !got.SignedAt.Equal(d.SignedAt) || !reflect.DeepEqual(got.Document, d.Document) {
			t.Errorf("%+v\n%+v\n%v", got, d, err)
		}
		if all, err := tx.SignedDocuments("1.2"); err != nil || len(all) != 1 {
			t.Errorf("%d, %v", len(all), err)
		}
		if _, err := tx.SignedDocument("doc", 2); !errors.Is(err, records.ErrNotFound) {
			t.Error(err)
		}
		return nil
	})
}
