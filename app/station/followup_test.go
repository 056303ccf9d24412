package station

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

// laterFilm imports the sample film as another study of the same patient.
func (b *bench) laterFilm(date string) records.Examination {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "film.dcm")
	src, err := dicomfile.Open(filepath.Join(b.folder, "film", "film.dcm"))
	b.must(err)
	defer src.Close()
	out, err := os.Create(path)
	b.must(err)
	defer out.Close()
	uid := dicomfile.NewUID()
	b.must(dicomfile.Rewrite(src, out, func(ds *dicomfile.Dataset) error {
		ds.String(dicomfile.TagSOPInstanceUID, "UI", uid).String(dicomfile.TagSeriesInstanceUID, "UI", uid+".1").String(dicomfile.TagStudyInstanceUID, "UI", uid+".2")
		ds.String(dicomfile.TagStudyDate, "DA", date)
		return ds.Err()
	}))
	res, err := b.Registry.Import(b.ctx, b.radiologist, []string{path}, nil)
	b.must(err)
	if len(res.Studies) != 1 || res.Studies[0].PatientID != b.film.PatientID {
		b.t.Fatalf("the later film: %+v", res.Studies)
	}
	return res.Studies[0]
}

func (b *bench) nodule(study string, mL float64) records.Finding {
	b.t.Helper()
	f, err := b.Reading.Mark(b.ctx, b.radiologist, imaging.Ref{StudyUID: study}, records.FindingChange{Label: &records.Text{Zh: "结节", En: "Nodule"},
		Value: &records.Measurement{Concept: records.Code{Value: "118565006", Scheme: "SCT", Meaning: "Volume"}, Value: mL, Unit: "mL"}})
	b.must(err)
	return f
}

func (b *bench) finding(uid string) records.Finding {
	b.t.Helper()
	h, err := b.Reading.History(b.ctx, b.radiologist, uid)
	b.must(err)
	return h[len(h)-1]
}

func TestAFollowUpIsADoctorsWordOnlyAndIsInTheReportAndDissolvesWithTheWrongPatient(t *testing.T) {
	b := newBench(t)
	second, third := b.laterFilm("20270601"), b.laterFilm("20271201")
	one, two, three := b.nodule(b.film.StudyUID, 1), b.nodule(second.StudyUID, 2), b.nodule(third.StudyUID, 4)
	priors, err := b.Reading.Priors(b.ctx, b.radiologist, three.UID)
	b.must(err)
	if len(priors) != 2 || priors[0].Finding.UID != two.UID || priors[1].Finding.UID != one.UID {
		t.Fatalf("priors %+v", priors)
	}
	if one.TrackingUID == two.TrackingUID || two.TrackingUID == three.TrackingUID {
		t.Fatal("findings are one lesion without anybody's word")
	}
	_, err = b.Reading.Follow(b.ctx, b.radiologist, three.UID, two.UID)
	b.must(err)
	before := b.auditCount()
	_, err = b.Reading.Follow(b.ctx, b.radiologist, two.UID, one.UID)
	b.must(err)
	if b.auditCount() != before+1 {
		t.Error("a follow-up is not audited once")
	}
	if got := b.finding(three.UID); got.TrackingUID != one.TrackingUID {
		t.Error("what followed the second finding did not come along to the lesion")
	}
	_, err = b.Reading.Follow(b.ctx, b.radiologist, one.UID, three.UID)
	b.refused("follow_circle", err)
	rep, err := b.Reading.Draft(b.ctx, b.radiologist, second.StudyUID)
	b.must(err)
	if text := records.Join(rep.Findings); !strings.Contains(text, "原 1 mL") || !strings.Contains(text, "+100%") || !strings.Contains(text, "体积倍增时间") {
		t.Errorf("the report says %q", text)
	}
	// The prior is measured anew: what was compared is no longer what is there.
	_, err = b.Reading.Edit(b.ctx, b.radiologist, one.UID, records.FindingChange{Value: &records.Measurement{Concept: one.Value.Concept, Value: 1.5, Unit: "mL"}})
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, second.StudyUID, b.password("radiologist"))
	b.refused("follow_stale", err)
	// The middle study turns out to be another patient's.
	_, err = b.Registry.Unlink(b.ctx, b.radiologist, second.StudyUID, "another patient", "")
	b.must(err)
	got := b.finding(three.UID)
	if got.FollowUp != nil || got.TrackingUID != three.TrackingUID || got.State != records.FindingConfirmed || !strings.Contains(got.Reason, "wrong patient") {
		t.Errorf("the link to another patient's finding stands: %+v", got)
	}
	if w := b.finding(two.UID); w.State != records.FindingWithdrawn || w.TrackingUID != two.TrackingUID {
		t.Errorf("%+v", w)
	}
	history, err := b.Reading.History(b.ctx, b.radiologist, three.UID)
	b.must(err)
	if len(history) != 4 || history[1].FollowUp == nil {
		t.Errorf("the trace of the link is %d versions", len(history))
	}
}

func TestARejectedPriorIsFollowedNoMoreAndUndoIsANewVersion(t *testing.T) {
	b := newBench(t)
	second := b.laterFilm("20270601")
	one, two := b.nodule(b.film.StudyUID, 1), b.nodule(second.StudyUID, 2)
	_, err := b.Reading.Follow(b.ctx, b.radiologist, two.UID, one.UID)
	b.must(err)
	_, err = b.Reading.Unfollow(b.ctx, b.radiologist, two.UID, "not the same")
	b.must(err)
	_, err = b.Reading.Follow(b.ctx, b.radiologist, two.UID, one.UID)
	b.must(err)
	_, err = b.Reading.Reject(b.ctx, b.radiologist, one.UID, "伪影")
	b.must(err)
	if got := b.finding(two.UID); got.FollowUp != nil || got.TrackingUID != two.TrackingUID || got.Version != 5 {
		t.Errorf("%+v", got)
	}
	back, err := b.Reading.Undo(b.ctx, b.radiologist, one.UID)
	b.must(err)
	if back.State != records.FindingConfirmed || back.Version != 3 || back.Reason == "" {
		t.Errorf("%+v", back)
	}
	// A finding of another patient's study is never linked.
	ps, err := b.Registry.Search(b.ctx, b.radiologist, "马志远")
	b.must(err)
	_, err = b.Registry.Link(b.ctx, b.radiologist, b.ct.StudyUID, ps[0].ID)
	b.must(err)
	other := b.nodule(b.ct.StudyUID, 1)
	_, err = b.Reading.Follow(b.ctx, b.radiologist, two.UID, other.UID)
	b.refused("follow_patient", err)
}
