package records

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"
)

func signable() Document {
	f := proposed()
	f.State, f.Version, f.By, f.ByName, f.At = FindingConfirmed, 2, "u1", "王医生", verdictTime
	return Document{DocumentID: "d", Version: 1, ID: "d-1", Organization: Organization{Code: "1", Name: "县医院"},
		Patient: Patient{ID: "p1", Name: "张小红"}, Examination: Examination{StudyUID: "1.2.3", PatientID: "p1", Link: LinkedByRule},
		Findings: []Finding{f}, FindingText: []Sentence{{Text: "右肺见 <5 mm & 结节。", FindingUID: f.UID, FindingVersion: 2}},
		Impression: []Sentence{{Text: "肺炎可能。"}}, Author: Person{"1", "王医生"}, Reviewer: Person{"2", "赵医生"}, SignedAt: verdictTime, Abnormal: true}
}

func TestADocumentIsRefusedThatStatesMoreThanADoctorConfirmed(t *testing.T) {
	if err := signable().Check(); err != nil {
		t.Fatalf("a good document: %v", err)
	}
	for code, change := range map[string]func(*Document){
		"document_id":              func(d *Document) { d.ID = "d-2" },
		"document_version":         func(d *Document) { d.Version = 0 },
		"document_replaces":        func(d *Document) { d.Version, d.ID, d.Amends = 2, "d-2", "typo" },
		"amend_reason":             func(d *Document) { d.Version, d.ID, d.Replaces = 2, "d-2", "d-1" },
		"author_missing":           func(d *Document) { d.Author.Name = " " },
		"reviewer_missing":         func(d *Document) { d.Reviewer = Person{} },
		"organization_missing":     func(d *Document) { d.Organization = Organization{} },
		"signed_at":                func(d *Document) { d.SignedAt = time.Time{} },
		"patient_missing":          func(d *Document) { d.Patient = Patient{} },
		"examination_missing":      func(d *Document) { d.Examination.StudyUID = "" },
		"not_linked":               func(d *Document) { d.Examination.Link = LinkReview },
		"other_patient":            func(d *Document) { d.Examination.PatientID = "p2" },
		"not_factual":              func(d *Document) { d.Findings[0].State = FindingProposed },
		"finding_unnamed":          func(d *Document) { d.Findings[0].ByName = "" },
		"other_study":              func(d *Document) { d.Findings[0].StudyUID = "9" },
		"finding_twice":            func(d *Document) { d.Findings = append(d.Findings, d.Findings[0]) },
		"abnormal_without_finding": func(d *Document) { d.Findings = nil },
		"empty_report":             func(d *Document) { d.FindingText, d.Impression = nil, []Sentence{{Text: " "}} },
		"sentence_without_finding": func(d *Document) { d.Findings, d.Abnormal = nil, false },
		"sentence_stale":           func(d *Document) { d.FindingText[0].FindingVersion = 1 },
	} {
		d := signable()
		change(&d)
		var refused *RefusedError
		if err := d.Check(); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, s := range []FindingState{FindingRejected, FindingWithdrawn, ""} {
		d := signable()
		d.Findings[0].State = s
		if d.Check() == nil {
			t.Errorf("a finding that is %q was let through", s)
		}
	}
	d := signable()
	d.Visit = &Visit{PatientID: "p2"}
	if d.Check() == nil {
		t.Error("another patient's visit was let through")
	}
}

func TestTheCanonicalFormIsTheSameForTheSameDocument(t *testing.T) {
	a := signable()
	one, err := a.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	b := signable()
	b.SignedAt = verdictTime.In(time.FixedZone("CST", 8*3600)).Add(300 * time.Millisecond)
	b.Findings[0].At = b.SignedAt
	two, err := b.Canonical()
	if err != nil || !bytes.Equal(one, two) {
		t.Fatalf("zone and fractions of a second change it:\n%s\n%s (%v)", one, two, err)
	}
	if b.Findings[0].At.Nanosecond() == 0 {
		t.Fatal("Canonical changed the document")
	}
	var back Document
	if err := json.Unmarshal(one, &back); err != nil {
		t.Fatal(err)
	}
	three, err := back.Canonical()
	if err != nil || !bytes.Equal(one, three) {
		t.Fatalf("reading it back changes it:\n%s\n%s (%v)", one, three, err)
	}
	for _, want := range []string{`"右肺见 <5 mm & 结节。"`, `"signed_at":"2026-11-24T08:00:00Z"`} {
		if !bytes.Contains(one, []byte(want)) {
			t.Errorf("%s is not in it", want)
		}
	}
	if one[len(one)-1] != '}' {
		t.Error("something follows the object")
	}
}

func TestTheCanonicalFormRefusesTextThatWouldBeReplaced(t *testing.T) {
	d := signable()
	d.Remarks = "ok \\ufffd \ufffd é e\u0301"
	raw, err := d.Canonical()
	if err != nil {
		t.Fatalf("valid text: %v", err)
	}
	if !bytes.Contains(raw, []byte("e\u0301")) {
		t.Error("text was normalised")
	}
	d.Remarks = "\xc3("
	if _, err := d.Canonical(); err == nil {
		t.Fatal("text that is not UTF-8 was replaced silently")
	}
}
