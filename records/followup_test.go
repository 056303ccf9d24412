package records

import (
	"errors"
	"math"
	"testing"
	"time"
)

var (
	volume   = Code{Value: "118565006", Scheme: "SCT", Meaning: "Volume"}
	diameter = Code{Value: "81827009", Scheme: "SCT", Meaning: "Diameter"}
)

func sized(uid, study string, c Code, v float64, unit string) Finding {
	return Finding{UID: uid, TrackingUID: uid + ".9", TrackingID: "t" + uid, Version: 1, StudyUID: study, State: FindingConfirmed,
		Label: Text{"结节", "Nodule"}, By: "u1", ByName: "王医生", Value: &Measurement{Concept: c, Value: v, Unit: unit}}
}

func examined(study, patient string, day int) Examination {
	ex := Examination{StudyUID: study, PatientID: patient, Link: LinkedByRule}
	if day >= 0 {
		ex.Date = time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC).AddDate(0, 0, day)
	}
	return ex
}

func followed(t *testing.T, prior, now Finding, days int) Finding {
	t.Helper()
	first := 0
	if days < 0 {
		first = -1
	}
	next, err := now.Follow(prior, examined(now.StudyUID, "p", days), examined(prior.StudyUID, "p", first), doctor(), verdictTime)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// The expected days are computed by hand from Schwartz's formula: a volume that
// doubles in 100 days doubles in 100 days, one that quadruples in 50, a sphere
// whose diameter doubles has eight times the volume, three doublings.
func TestADoublingTimeIsStatedOnlyForGrowthBeyondTheErrorOfMeasurementBetweenTwoDates(t *testing.T) {
	for name, c := range map[string]struct {
		prior, now Finding
		days       int
		doubling   float64
		why        string
		changes    int
	}{
		"doubled":             {sized("1", "a", volume, 500, "mm3"), sized("2", "b", volume, 1, "mL"), 100, 100, "", 1},
		"quadrupled":          {sized("1", "a", volume, 1, "mL"), sized("2", "b", volume, 4, "mL"), 100, 50, "", 1},
		"diameter doubled":    {sized("1", "a", diameter, 1, "cm"), sized("2", "b", diameter, 20, "mm"), 300, 100, "", 1},
		"20 % more volume":    {sized("1", "a", volume, 1, "mL"), sized("2", "b", volume, 1.2, "mL"), 100, 0, GrowthWithinError, 1},
		"1.5 mm more":         {sized("1", "a", diameter, 10, "mm"), sized("2", "b", diameter, 11.5, "mm"), 100, 0, GrowthWithinError, 1},
		"smaller":             {sized("1", "a", volume, 2, "mL"), sized("2", "b", volume, 1, "mL"), 100, 0, GrowthNotGrown, 1},
		"no dates":            {sized("1", "a", volume, 1, "mL"), sized("2", "b", volume, 4, "mL"), -1, 0, GrowthNoDates, 1},
		"one day":             {sized("1", "a", volume, 1, "mL"), sized("2", "b", volume, 4, "mL"), 0, 0, GrowthNoInterval, 1},
		"volume and diameter": {sized("1", "a", diameter, 10, "mm"), sized("2", "b", volume, 4, "mL"), 100, 0, GrowthNotComparable, 0},
		"units that differ":   {sized("1", "a", volume, 1, "mm"), sized("2", "b", volume, 4, "mL"), 100, 0, GrowthNotComparable, 0},
	} {
		f := followed(t, c.prior, c.now, c.days)
		g := f.Growth()
		if math.Abs(g.Doubling-c.doubling) > 1e-9 || g.NoTime != c.why || len(g.Changes) != c.changes {
			t.Errorf("%s: %+v", name, g)
		}
	}
	f := followed(t, sized("1", "a", volume, 800, "mm3"), sized("2", "b", volume, 1, "mL"), 100)
	if c := f.Growth().Changes[0]; c.Prior != 0.8 || c.Unit != "mL" || math.Abs(c.Difference-0.2) > 1e-12 || math.Abs(c.Percent-25) > 1e-9 {
		t.Errorf("%+v", c)
	}
}

func TestAFollowUpSharesTheLesionsIdentityAndUndoingGivesTheOwnBack(t *testing.T) {
	prior, now := sized("1", "a", volume, 1, "mL"), sized("2", "b", volume, 2, "mL")
	f := followed(t, prior, now, 100)
	if f.TrackingUID != prior.TrackingUID || f.UID != now.UID || f.Version != 2 || f.State != FindingConfirmed {
		t.Errorf("%+v", f)
	}
	back, err := f.Unfollow(doctor(), RightVerdict, "another nodule", verdictTime)
	if err != nil || back.TrackingUID != now.TrackingUID || back.FollowUp != nil || back.Version != 3 || back.Reason != "another nodule" {
		t.Errorf("%+v, %v", back, err)
	}
	if w, err := f.Withdraw(doctor(), "wrong patient", verdictTime); err != nil || w.TrackingUID != now.TrackingUID || w.FollowUp != nil {
		t.Errorf("withdrawn it is still the lesion of another: %+v, %v", w, err)
	}
	if now.FollowUp != nil || now.TrackingUID != "2.9" {
		t.Error("what was given has changed")
	}
}

func TestAFollowUpIsRefusedAcrossPatientsStudiesSidesAndTime(t *testing.T) {
	prior, now := sized("1", "a", volume, 1, "mL"), sized("2", "b", volume, 2, "mL")
	left, right, open := prior, now, prior
	left.Laterality, right.Laterality, open.State = "L", "R", FindingProposed
	same := prior
	same.StudyUID = "b"
	nobodys := examined("a", "", 0)
	nobodys.Link = LinkReview
	for code, c := range map[string]struct {
		prior, now   Finding
		before, this Examination
		by           User
	}{
		"follow_patient":     {prior, now, examined("a", "q", 0), examined("b", "p", 9), doctor()},
		"follow_patient ":    {prior, now, nobodys, nobodys, doctor()},
		"follow_study":       {same, now, examined("b", "p", 9), examined("b", "p", 9), doctor()},
		"follow_side":        {left, right, examined("a", "p", 0), examined("b", "p", 9), doctor()},
		"follow_later":       {prior, now, examined("a", "p", 10), examined("b", "p", 9), doctor()},
		"follow_unconfirmed": {open, now, examined("a", "p", 0), examined("b", "p", 9), doctor()},
		"right":              {prior, now, examined("a", "p", 0), examined("b", "p", 9), User{ID: "t", Name: "李技师", Role: RoleTechnician}},
	} {
		if code == "follow_patient " {
			c.this.StudyUID, code = "b", "follow_patient"
		}
		_, err := c.now.Follow(c.prior, c.this, c.before, c.by, verdictTime)
		var r *RefusedError
		if !errors.As(err, &r) || r.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestUndoIsANewVersionThatSaysWhatTheOneBeforeSaid(t *testing.T) {
	first := proposed()
	rejected, err := first.Reject(doctor(), "伪影", verdictTime)
	if err != nil {
		t.Fatal(err)
	}
	again, err := rejected.Undo(first, doctor(), verdictTime)
	if err != nil || again.State != FindingProposed || again.Version != 3 || again.By != "u1" || again.Reason == "" {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := first.Undo(Finding{}, doctor(), verdictTime); err == nil {
		t.Error("the first version was undone")
	}
}
