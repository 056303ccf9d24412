package station

import (
	"errors"
	"testing"

	"longying/app/admin"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

const reviewerPassword = "Shenhe-2026-Longying"

func (b *bench) reviewer() records.User {
	b.t.Helper()
	u, err := b.Admin.AddUser(b.ctx, b.admin, admin.NewUser{Login: "reviewer", Name: "赵审·样本", StaffNumber: "R9", Role: records.RoleReviewer, Password: reviewerPassword, Sample: true})
	b.must(err)
	return u
}

// written is a draft of the film in the doctor's words.
func (b *bench) written(findings, impression string) {
	b.t.Helper()
	f := b.proposal()
	if f.State == records.FindingProposed {
		_, err := b.Reading.Confirm(b.ctx, b.radiologist, f.UID)
		b.must(err)
	}
	rep, err := b.Reading.Draft(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, b.film.StudyUID, append(rep.Findings, records.Sentence{Text: findings}), append(rep.Impression, records.Sentence{Text: impression}))
	b.must(err)
}

// stands checks how a study stands in a list.
func (b *bench) stands(study string, want records.Progress) {
	b.t.Helper()
	all, err := b.Reading.Standings(b.ctx, b.radiologist)
	b.must(err)
	got := all[study]
	if !got.Signed.Equal(want.Signed) || got.Stage != want.Stage || got.Critical != want.Critical || got.Earlier != want.Earlier {
		b.t.Errorf("it stands %+v, want %+v", got, want)
	}
}

// mine checks whether a study is somebody's own work.
func (b *bench) mine(u records.User, study string, want bool) {
	b.t.Helper()
	all, err := b.Reading.Mine(b.ctx, u)
	b.must(err)
	if all[study] != want || len(all) > 1 {
		b.t.Errorf("of %s are %v, want %v", u.Login, all, want)
	}
}

func TestAStudyIsTheWorkOfWhoDraftsItAndThenOfTheReviewerAndNeverOfNobodyWhenItComesBack(t *testing.T) {
	b := newBench(t)
	reviewer, study := b.reviewer(), b.film.StudyUID
	b.must(b.Reading.SetTwoSignatures(b.ctx, b.admin, true))
	b.mine(b.radiologist, study, false)
	b.written("胸廓对称。", "随访。")
	b.mine(b.radiologist, study, true)
	b.mine(reviewer, study, false)
	_, err := b.Reading.Submit(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	b.mine(b.radiologist, study, true)
	b.mine(reviewer, study, true)
	_, err = b.Reading.Return(b.ctx, reviewer, study, "请描述心影")
	b.must(err)
	b.mine(b.radiologist, study, true)
	b.mine(reviewer, study, false)
}

func TestTwoSignaturesAreOfTwoDoctorsUnderTheSameWords(t *testing.T) {
	b := newBench(t)
	reviewer, study := b.reviewer(), b.film.StudyUID
	b.refused("right", b.Reading.SetTwoSignatures(b.ctx, b.radiologist, true))
	b.must(b.Reading.SetTwoSignatures(b.ctx, b.admin, true))
	b.written("胸廓对称。", "随访。")
	_, err := b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.refused("two_signatures", err)
	_, err = b.Reading.Submit(b.ctx, b.radiologist, study, "wrong")
	b.refused("sign_in", err)
	rep, err := b.Reading.Submit(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	if rep.State != records.ReportSubmitted || rep.Submitted.Author.Name != b.radiologist.Name {
		t.Fatalf("%+v", rep)
	}
	if docs, err := b.Reading.Waiting(b.ctx, reviewer); err != nil || len(docs) != 1 || docs[0].StudyUID != study {
		t.Fatalf("%d reports wait for the reviewer (%v)", len(docs), err)
	}
	b.stands(study, records.Progress{Stage: records.StudySubmitted})
	// Nothing changes under a signature.
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, study, rep.Findings, rep.Impression)
	b.refused("submitted", err)
	// Nobody reviews their own, nor without the right to, nor another discipline's.
	_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.refused("right", err)
	_, err = b.Reading.Sign(b.ctx, b.pathologist, study, b.password("pathologist"))
	b.refused("review_discipline", err)
	// It goes back, with a reason, and comes again.
	_, err = b.Reading.Return(b.ctx, reviewer, study, " ")
	b.refused("return_reason", err)
	rep, err = b.Reading.Return(b.ctx, reviewer, study, "请描述心影")
	b.must(err)
	if rep.State != records.ReportDraft || rep.Submitted != nil || rep.Returned == nil || rep.Returned.Reason != "请描述心影" {
		t.Fatalf("%+v", rep)
	}
	_, err = b.Reading.Sign(b.ctx, reviewer, study, reviewerPassword)
	b.refused("two_signatures", err)
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, study, append(rep.Findings, records.Sentence{Text: "心影不大。"}), rep.Impression)
	b.must(err)
	_, err = b.Reading.Submit(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	doc, err := b.Reading.Sign(b.ctx, reviewer, study, reviewerPassword)
	b.must(err)
	b.stands(study, records.Progress{Stage: records.StudySigned, Signed: doc.SignedAt})
	d := doc.Document
	if d.Author.Name != b.radiologist.Name || d.Reviewer.Name != reviewer.Name || d.AuthoredAt.IsZero() || d.SignedAt.Before(d.AuthoredAt) {
		t.Errorf("author %v at %v, reviewer %v at %v", d.Author, d.AuthoredAt, d.Reviewer, d.SignedAt)
	}
	if len(doc.Signatures) != 2 || doc.Signatures[0].By != b.radiologist.ID || doc.Signatures[1].By != reviewer.ID || doc.Signatures[0].Public == doc.Signatures[1].Public {
		t.Fatalf("%+v", doc.Signatures)
	}
	content, err := d.Content()
	b.must(err)
	if !seal.VerifySignature(doc.Signatures[0].Public, doc.Signatures[0].Value, content) || !seal.VerifySignature(doc.Signatures[1].Public, doc.Signatures[1].Value, doc.Canonical) {
		t.Error("a signature is not under the document")
	}
	b.auditCount()
}

func TestTheAuthorWhoMayReviewStillDoesNotReviewTheirOwn(t *testing.T) {
	b := newBench(t)
	reviewer, study := b.reviewer(), b.film.StudyUID
	b.must(b.Reading.SetTwoSignatures(b.ctx, b.admin, true))
	b.written("胸廓对称。", "随访。")
	_, err := b.Reading.Submit(b.ctx, reviewer, study, reviewerPassword)
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, reviewer, study, reviewerPassword)
	b.refused("own_review", err)
	// The author takes it back alone.
	_, err = b.Reading.Return(b.ctx, reviewer, study, "补充")
	b.must(err)
}

func TestAFindingThatChangedAfterTheAuthorSignedIsNotSignedByTheReviewer(t *testing.T) {
	b := newBench(t)
	reviewer, study := b.reviewer(), b.film.StudyUID
	b.must(b.Reading.SetTwoSignatures(b.ctx, b.admin, true))
	b.written("胸廓对称。", "随访。")
	_, err := b.Reading.Submit(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	b.nodule(study, 1) // one more finding, of which the author's words know nothing
	_, err = b.Reading.Sign(b.ctx, reviewer, study, reviewerPassword)
	b.refused("submitted_changed", err)
}

func TestASignatureIsByTheSignersOwnKeyAndAnotherOneAfterThePasswordWasReset(t *testing.T) {
	b := newBench(t)
	first := b.signed("随访。")
	if len(first.Signatures) != 1 || first.Signatures[0].Over != records.OverDocument || !seal.VerifySignature(first.Signatures[0].Public, first.Signatures[0].Value, first.Canonical) {
		t.Fatalf("%+v", first.Signatures)
	}
	_, err := b.Reading.Amend(b.ctx, b.radiologist, b.film.StudyUID, "补充")
	b.must(err)
	second := b.signed("复查。")
	if second.Signatures[0].KeyID != first.Signatures[0].KeyID {
		t.Error("the second signature is by another key")
	}
	// A changed byte, or a signature of another document, does not verify.
	if seal.VerifySignature(first.Signatures[0].Public, second.Signatures[0].Value, first.Canonical) {
		t.Error("a signature is good for another document")
	}
	err = b.store.View(b.ctx, func(tx *sqlite.Tx) error {
		key, err := tx.SigningKey(b.radiologist.ID)
		if err != nil {
			return err
		}
		if _, err := key.Sign("Another-2026-Password", []byte("x")); !errors.Is(err, seal.ErrNotThisPassword) {
			t.Errorf("signed under another password: %v", err)
		}
		_, err = tx.CheckSigned()
		return err
	})
	b.must(err)
}

func TestAWordAgainstSideOrSexBlocksTheSignatureUntilItIsAnswered(t *testing.T) {
	b := newBench(t)
	study := b.film.StudyUID
	sex := map[records.Sex]string{records.SexMale: "子宫未显示。", records.SexFemale: "前列腺未显示。"}
	var p *records.Patient
	err := b.store.View(b.ctx, func(tx *sqlite.Tx) (err error) {
		p, err = tx.Patient(b.film.PatientID)
		return err
	})
	b.must(err)
	b.written("左肺下叶见斑片影。"+sex[p.Sex], "右肺炎症。")
	_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.refused("contradiction", err)
	open, err := b.Reading.Contradictions(b.ctx, b.radiologist, study)
	b.must(err)
	if len(open) != 2 {
		t.Fatalf("%+v", open)
	}
	_, err = b.Reading.Answer(b.ctx, b.radiologist, study, open[0], "")
	b.refused("answer_empty", err)
	_, err = b.Reading.Answer(b.ctx, b.radiologist, study, records.Contradiction{Code: records.ContradictsSex, Text: "x"}, "y")
	b.refused("answer_stale", err)
	for _, c := range open {
		_, err = b.Reading.Answer(b.ctx, b.radiologist, study, c, "有意为之")
		b.must(err)
	}
	doc, err := b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	if len(doc.Document.Answered) != 2 || doc.Document.Answered[0].ByName != b.radiologist.Name {
		t.Errorf("the document keeps %+v", doc.Document.Answered)
	}
}

func TestACriticalValueStaysInSightUntilItIsReadBack(t *testing.T) {
	b := newBench(t)
	study := b.film.StudyUID
	_, err := b.Reading.FlagCritical(b.ctx, b.radiologist, study, "", " ")
	b.refused("critical_what", err)
	v, err := b.Reading.FlagCritical(b.ctx, b.radiologist, study, "", "张力性气胸")
	b.must(err)
	_, err = b.Reading.TellCritical(b.ctx, b.radiologist, v.ValueID, "", "电话", true)
	b.refused("critical_to", err)
	_, err = b.Reading.TellCritical(b.ctx, b.radiologist, v.ValueID, "急诊科 王医生", "电话", false)
	b.must(err)
	open, err := b.Reading.OpenCritical(b.ctx, b.pathologist)
	b.must(err)
	if len(open) != 1 || !open[0].Told() || !open[0].Open() {
		t.Fatalf("told without reading back: %+v", open)
	}
	b.stands(study, records.Progress{Stage: records.StudyNew, Critical: true})
	_, err = b.Reading.TellCritical(b.ctx, b.radiologist, v.ValueID, "急诊科 王医生", "电话", true)
	b.must(err)
	b.stands(study, records.Progress{Stage: records.StudyNew})
	if open, err = b.Reading.OpenCritical(b.ctx, b.radiologist); err != nil || len(open) != 0 {
		t.Errorf("%d are open after it was read back (%v)", len(open), err)
	}
	_, err = b.Reading.WithdrawCritical(b.ctx, b.radiologist, v.ValueID, "误报")
	b.refused("critical_closed", err)
	all, err := b.Reading.Critical(b.ctx, b.radiologist, study)
	b.must(err)
	if len(all) != 1 || len(all[0].Events) != 2 || all[0].Events[1].To != "急诊科 王医生" || all[0].Events[1].ByName != b.radiologist.Name {
		t.Errorf("%+v", all)
	}
	b.auditCount()
}
