package records

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"longying/imaging"
)

var verdictTime = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func doctor() User { return User{ID: "u1", Login: "wang", Name: "王医生", Role: RoleRadiologist} }

func proposed() Finding {
	p := 0.92
	return Finding{UID: "2.25.1", Version: 1, StudyUID: "1.2.3", State: FindingProposed, Label: Text{"肺炎", "Pneumonia"},
		Code: &Code{Value: "233604007", Scheme: "SCT"}, Probability: &p, By: "tech", ByName: "李技师"}
}

func TestOnlyTheAllowedTransitionsOfAVerdictExist(t *testing.T) {
	steps := map[string]func(Finding) (Finding, error){
		"confirm": func(f Finding) (Finding, error) { return f.Confirm(doctor(), verdictTime) },
		"edit": func(f Finding) (Finding, error) {
			note := "边界清楚"
			return f.Edit(doctor(), FindingChange{Note: &note}, verdictTime)
		},
		"reject":   func(f Finding) (Finding, error) { return f.Reject(doctor(), "伪影", verdictTime) },
		"withdraw": func(f Finding) (Finding, error) { return f.Withdraw(doctor(), "wrong patient", verdictTime) },
	}
	to := map[string]FindingState{"confirm": FindingConfirmed, "edit": FindingEdited, "reject": FindingRejected, "withdraw": FindingWithdrawn}
	allowed := map[FindingState]string{
		FindingProposed:  "confirm edit reject withdraw",
		FindingConfirmed: "edit reject withdraw",
		FindingEdited:    "edit reject withdraw",
		FindingRejected:  "confirm edit withdraw",
		FindingWithdrawn: "",
		"nonsense":       "",
	}
	for from, names := range allowed {
		for name, step := range steps {
			f := proposed()
			f.State, f.Version = from, 4
			before := f
			next, err := step(f)
			want := containsWord(names, name)
			if !reflect.DeepEqual(f, before) {
				t.Errorf("%s of %s changed what it was given", name, from)
			}
			var refused *RefusedError
			if !want {
				if !errors.As(err, &refused) || refused.Code == "" {
					t.Errorf("%s of a finding that is %s: %v", name, from, err)
				}
				continue
			}
			if err != nil || next.State != to[name] || next.Version != 5 || next.By != "u1" || next.ByName != "王医生" || !next.At.Equal(verdictTime) ||
				next.UID != f.UID || next.Label != f.Label {
				t.Errorf("%s of %s gives %+v, %v", name, from, next, err)
			}
		}
	}
}

func containsWord(list, word string) bool {
	for len(list) > 0 {
		var w string
		for i := 0; ; i++ {
			if i == len(list) || list[i] == ' ' {
				w, list = list[:i], list[min(i+1, len(list)):]
				break
			}
		}
		if w == word {
			return true
		}
	}
	return false
}

func TestAVerdictNeedsANamedPersonWithTheRight(t *testing.T) {
	for name, change := range map[string]func(*User){
		"a technician":     func(u *User) { u.Role = RoleTechnician },
		"an administrator": func(u *User) { u.Role = RoleAdministrator },
		"nobody":           func(u *User) { u.ID = "" },
		"a locked account": func(u *User) { u.Locked = true },
		"without a name":   func(u *User) { u.Name = " " },
	} {
		u := doctor()
		change(&u)
		_, err := proposed().Confirm(u, verdictTime)
		var refused *RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := proposed().Confirm(doctor(), time.Time{}); err == nil {
		t.Error("without a time")
	}
}

func TestARejectionNeedsAReasonAndConfirmingAgainKeepsTheHistoryApart(t *testing.T) {
	if _, err := proposed().Reject(doctor(), "  ", verdictTime); err == nil {
		t.Fatal("rejected without a reason")
	}
	r, err := proposed().Reject(doctor(), "伪影", verdictTime)
	if err != nil || r.Reason != "伪影" {
		t.Fatalf("%+v, %v", r, err)
	}
	c, err := r.Confirm(doctor(), verdictTime)
	if err != nil || c.Version != 3 || c.State != FindingConfirmed || c.Reason != "" {
		t.Fatalf("%+v, %v", c, err)
	}
}

func TestAnotherLabelDropsWhatSpokeOfTheOldOne(t *testing.T) {
	f := proposed()
	n, err := f.Edit(doctor(), FindingChange{Label: &Text{Zh: "肺结核"}}, verdictTime)
	if err != nil || n.Label != (Text{Zh: "肺结核"}) || n.Code != nil || n.Probability != nil {
		t.Fatalf("%+v, %v", n, err)
	}
	code := Code{Value: "154283005", Scheme: "SCT"}
	n, err = f.Edit(doctor(), FindingChange{Label: &Text{"肺结核", "Tuberculosis"}, Code: &code}, verdictTime)
	if err != nil || n.Code == nil || *n.Code != code || n.Label.En != "Tuberculosis" {
		t.Fatalf("%+v, %v", n, err)
	}
	n, err = f.Edit(doctor(), FindingChange{Region: &imaging.Region{X0: 1, Y0: 1, X1: 5, Y1: 5}}, verdictTime)
	if err != nil || n.Label != f.Label || n.Code == nil || n.Probability == nil || n.Ref.Region.Kind != imaging.RegionDrawn || f.Ref.Region != nil {
		t.Fatalf("%+v, %v", n, err)
	}
}

func TestAnEditIsRefusedThatChangesNothingOrMakesNoSense(t *testing.T) {
	up := "up"
	same := proposed().Label
	for name, c := range map[string]FindingChange{
		"nothing":       {},
		"the same":      {Label: &same},
		"a reason only": {Reason: "x"},
		"empty label":   {Label: &Text{Zh: " "}},
		"laterality":    {Laterality: &up},
		"empty region":  {Region: &imaging.Region{X0: 5, Y0: 5, X1: 5, Y1: 9}},
		"outside":       {Region: &imaging.Region{X0: -1, Y0: 0, X1: 5, Y1: 9}},
	} {
		var refused *RefusedError
		if n, err := proposed().Edit(doctor(), c, verdictTime); !errors.As(err, &refused) || n.Version != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
