package station

import (
	"slices"
	"testing"
	"time"

	"longying/app/reading"
	"longying/imaging"
	"longying/records"
)

func TestNothingOfALockedModelIsShownToADoctorBeforeTheirOwnImpressionIsSaved(t *testing.T) {
	b := newBench(t)
	b.refused("right", b.Reading.LockModel(b.ctx, b.radiologist, filmModel, true))
	b.must(b.Reading.LockModel(b.ctx, b.admin, filmModel, true))
	study := b.film.StudyUID
	res, err := b.Reading.Analyze(b.ctx, b.radiologist, study, reading.Request{ModelIDs: []string{filmModel}})
	b.must(err)
	if len(res.Findings) != 0 || len(res.Runs) != 0 || !slices.Equal(res.Hidden, []string{filmModel}) {
		t.Fatalf("the analysis shows %+v", res)
	}
	other, err := b.Reading.HiddenModels(b.ctx, b.pathologist, study)
	b.must(err)
	if len(other) != 1 {
		t.Error("it is not hidden from the other doctor")
	}
	findings, err := b.Reading.Findings(b.ctx, b.radiologist, study)
	b.must(err)
	runs, err := b.Reading.Runs(b.ctx, b.radiologist, study)
	b.must(err)
	if len(findings)+len(runs) != 0 {
		t.Errorf("%d findings and %d runs are shown", len(findings), len(runs))
	}
	b.refused("right", func() error {
		_, err := b.Reading.SaveFirstRead(b.ctx, b.auditor, study, filmModel, records.AnswerYes, "x")
		return err
	}())
	_, err = b.Reading.Draft(b.ctx, b.radiologist, study)
	b.refused("first_read", err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.refused("first_read", err)
	_, err = b.Reading.SaveFirstRead(b.ctx, b.radiologist, study, filmModel, "maybe", "双肺未见异常")
	b.refused("first_read_answer", err)
	_, err = b.Reading.SaveFirstRead(b.ctx, b.radiologist, study, filmModel, records.AnswerNo, "  ")
	b.refused("first_read_impression", err)
	_, err = b.Reading.SaveFirstRead(b.ctx, b.radiologist, study, filmModel, records.AnswerNo, "双肺未见异常")
	b.must(err)
	b.mine(b.radiologist, study, true)
	b.mine(b.pathologist, study, false)
	_, err = b.Reading.SaveFirstRead(b.ctx, b.radiologist, study, filmModel, records.AnswerYes, "再想想")
	b.refused("first_read_late", err)
	findings, err = b.Reading.Findings(b.ctx, b.radiologist, study)
	b.must(err)
	if len(findings) != 1 {
		t.Fatalf("%d findings after the first read", len(findings))
	}
	// Still nothing for the doctor who has not read.
	for name, act := range map[string]func() error{
		"history": func() error { _, err := b.Reading.History(b.ctx, b.pathologist, findings[0].UID); return err },
		"confirm": func() error { _, err := b.Reading.Confirm(b.ctx, b.pathologist, findings[0].UID); return err },
		"reject": func() error {
			_, err := b.Reading.Reject(b.ctx, b.pathologist, findings[0].UID, "x")
			return err
		},
		"report": func() error { _, err := b.Reading.Draft(b.ctx, b.pathologist, study); return err },
	} {
		t.Run(name, func(*testing.T) { b.refused("first_read", act()) })
	}
	_, err = b.Reading.Confirm(b.ctx, b.radiologist, findings[0].UID)
	b.must(err)
	_, err = b.Reading.Draft(b.ctx, b.radiologist, study)
	b.must(err)
	card, err := b.Trust.Scorecard(b.ctx, b.radiologist, b.model(filmModel).Card, time.Time{}, time.Now().Add(time.Hour))
	b.must(err)
	f := card.First
	if f.Reads != 1 || f.Compared != 1 || f.Agreement.Count != 0 || f.ToYes != 1 || len(f.Rows) != 1 {
		t.Fatalf("%+v", f)
	}
	if r := f.Rows[0]; r.Impression != "双肺未见异常" || r.Changed != records.AnswerYes || len(r.Verdicts) != 1 || r.Seconds <= 0 {
		t.Errorf("%+v", r)
	}
	card, err = b.Trust.Scorecard(b.ctx, b.admin, b.model(filmModel).Card, time.Time{}, time.Now().Add(time.Hour))
	b.must(err)
	if card.First.Reads != 1 || card.First.Rows != nil {
		t.Error("an administrator sees a doctor's words about a patient")
	}
	card, err = b.Trust.Scorecard(b.ctx, b.pathologist, b.model(filmModel).Card, time.Time{}, time.Now().Add(time.Hour))
	b.must(err)
	if card.First.Rows != nil {
		t.Error("the scorecard tells the doctor who has not read")
	}
	// A signed report is out: what it states is hidden from nobody.
	_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	findings, err = b.Reading.Findings(b.ctx, b.pathologist, study)
	b.must(err)
	if len(findings) != 1 {
		t.Error("a signed finding is hidden")
	}
}

func TestADoctorsOwnFindingIsNotHiddenAndAModelThatIsNotLockedIsShownAtOnce(t *testing.T) {
	b := newBench(t)
	f := b.proposal()
	b.must(b.Reading.LockModel(b.ctx, b.admin, filmModel, true))
	mine := b.nodule(b.film.StudyUID, 1)
	list, err := b.Reading.Findings(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if len(list) != 1 || list[0].UID != mine.UID {
		t.Errorf("%+v", list)
	}
	b.must(b.Reading.LockModel(b.ctx, b.admin, filmModel, false))
	list, err = b.Reading.Findings(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if len(list) != 2 || list[0].UID != f.UID {
		t.Errorf("%+v", list)
	}
}

// What a hidden model said must not be told, not even by its absence: the
// checklist counts the same for a model that proposed and one that did not.
func TestTheChecklistOfAConsultCountsAnswersHiddenUntilTheFirstReadWithoutTellingWhatTheyAre(t *testing.T) {
	b := newBench(t)
	b.must(b.Reading.LockModel(b.ctx, b.admin, filmModel, true))
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, "题", "问", nil)
	b.must(err)
	m, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "study", Ref: &imaging.Ref{StudyUID: b.film.StudyUID}})
	b.must(err)
	check := func() records.Check {
		t.Helper()
		list, err := b.Consult.Checklist(b.ctx, b.radiologist, m.ID)
		b.must(err)
		for _, x := range list {
			if x.Item == records.CheckProposals {
				return x
			}
		}
		return records.Check{}
	}
	if x := check(); x.State != records.CheckThere || x.Unread != 0 {
		t.Errorf("before any model was asked: %+v", x)
	}
	_, err = b.Reading.Analyze(b.ctx, b.radiologist, b.film.StudyUID, reading.Request{ModelIDs: []string{filmModel}})
	b.must(err)
	if x := check(); x.State != records.CheckMissing || x.Unread != 1 || x.Count != 0 || !slices.Equal(x.Studies, []string{b.film.StudyUID}) {
		t.Errorf("an answer waits for the first read: %+v", x)
	}
	_, err = b.Reading.SaveFirstRead(b.ctx, b.radiologist, b.film.StudyUID, filmModel, records.AnswerNo, "双肺未见异常")
	b.must(err)
	if x := check(); x.State != records.CheckMissing || x.Unread != 0 || x.Count != 1 {
		t.Errorf("after the first read: %+v", x)
	}
}
