package records

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// What is allowed in which state, written out by hand: one row a step, in the
// order of ConsultStates. A letter is the state that it leads to, - refused.
func TestEveryStepOfAConsultIsAllowedInItsStatesAndInNoOther(t *testing.T) {
	letters := map[string]string{ConsultRequested: "r", ConsultPreparing: "p", ConsultScheduled: "s", ConsultMeeting: "m", ConsultDecided: "d",
		ConsultFollowing: "f", ConsultClosed: "c", ConsultWithdrawn: "w"}
	want := map[ConsultStep]string{
		//              rpsmdfcw
		StepAccept:    "p-------",
		StepAdd:       "ppsm----",
		StepExcuse:    "-ps-----",
		StepSchedule:  "-ss-----",
		StepBegin:     "--m-----",
		StepOpine:     "-psmdf--",
		StepCorrelate: "-psmdf--",
		StepDecide:    "-d-d----",
		StepFollow:    "----ff--",
		StepRemind:    "-----f--",
		StepOutcome:   "----df--",
		StepClose:     "----cc--",
		StepWithdraw:  "wwww----",
		StepPack:      "-psmdfc-",
		StepMerge:     "-psmdfc-",
	}
	if len(want) != len(ConsultSteps()) {
		t.Errorf("%d steps are tried, there are %d", len(want), len(ConsultSteps()))
	}
	for _, step := range ConsultSteps() {
		got := ""
		for _, state := range ConsultStates() {
			c := Consult{ID: "MDT-1", State: state}
			err := c.Allows(step)
			next, ok := After(state, step)
			var refused *RefusedError
			if ok != (err == nil) || !ok && (!errors.As(err, &refused) || refused.Code != "consult_state_"+state || !strings.Contains(refused.Reason, "MDT-1")) {
				t.Errorf("%s in %s: %v", step, state, err)
			}
			if !ok {
				got += "-"
				continue
			}
			got += letters[next]
		}
		if got != want[step] {
			t.Errorf("%-10s %s, want %s", step, got, want[step])
		}
	}
	if next, ok := After("no such state", StepAdd); ok {
		t.Errorf("an unknown state goes to %s", next)
	}
}

func TestAStageIsKeptOnceWithWhoAndWhen(t *testing.T) {
	at := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	c := Consult{State: ConsultRequested, CreatedBy: "u0"}
	c.Enter(StepAccept, User{ID: "u1", Name: "甲"}, at, "")
	c.Enter(StepAdd, User{ID: "u2"}, at, "") // stays
	c.Enter(StepAccept, User{ID: "u2"}, at, "")
	c.Enter(StepWithdraw, User{ID: "u3", Name: "丙"}, at, "重复申请")
	c.Enter(StepAccept, User{ID: "u2"}, at, "")
	want := []Stage{{State: ConsultPreparing, By: "u1", ByName: "甲", At: at}, {State: ConsultWithdrawn, By: "u3", ByName: "丙", At: at, Reason: "重复申请"}}
	if c.State != ConsultWithdrawn || !slices.Equal(c.History, want) {
		t.Errorf("%s %+v", c.State, c.History)
	}
	if c.ChairID() != "u1" {
		t.Errorf("the chair is %s", c.ChairID())
	}
	c.Schedules = []Schedule{{Chair: Member{UserID: "u4"}}, {Chair: Member{UserID: "u5"}}}
	if c.ChairID() != "u5" {
		t.Errorf("the chair of the schedule that holds is %s", c.ChairID())
	}
}

func states(list []Check) string {
	var out []string
	for _, x := range list {
		out = append(out, x.Item+"="+x.State)
	}
	return strings.Join(out, " ")
}

func TestTheChecklistSaysWhatTheRecordHoldsAndTicksNothingItself(t *testing.T) {
	c := &Consult{}
	if got := states(Checklist(c, Preparation{})); got != "diagnoses=missing allergies=missing medication=missing images=missing slides=missing laboratory=missing" {
		t.Error(got)
	}
	film := PreparedStudy{StudyUID: "1", Proposed: 2, Factual: 1}
	good := PreparedStudy{StudyUID: "2", Signed: true, Factual: 1, Place: true}
	typed := PreparedStudy{StudyUID: "3", Slide: true, Typed: true, Proposed: 1}
	p := Preparation{Diagnoses: 1, Allergies: 1, Laboratory: 3, Studies: []PreparedStudy{film, good, typed}}
	list := Checklist(c, p)
	if got := states(list); got != "diagnoses=there allergies=there medication=missing images=there image_reports=missing image_proposals=missing key_images=missing "+
		"slides=there slides_typed=there slides_confirmed=missing laboratory=there" {
		t.Error(got)
	}
	for _, x := range list {
		switch x.Item {
		case CheckReports, CheckProposals, CheckKeyImages:
			if !slices.Equal(x.Studies, []string{"1"}) || x.Room == "" {
				t.Errorf("%+v does not say where to mend it", x)
			}
			if x.Item == CheckProposals && x.Count != 2 {
				t.Errorf("%d proposals wait", x.Count)
			}
		case CheckConfirmed:
			if !slices.Equal(x.Studies, []string{"3"}) {
				t.Errorf("%+v", x)
			}
		}
	}

	// Laying the medication in somebody's words makes it be there; an empty note does not.
	c.Items = []ConsultItem{{Kind: "medication", Note: " "}}
	if got := states(Checklist(c, p)); !strings.Contains(got, "medication=missing") {
		t.Error(got)
	}
	c.Items[0].Note = "未用药"
	if got := states(Checklist(c, p)); !strings.Contains(got, "medication=there") {
		t.Error(got)
	}

	// An excuse holds as long as the item is missing and nobody took it back.
	c.Excuses = []Excuse{{Item: CheckReports, Reason: "外院已报告"}, {Item: CheckDiagnoses, Reason: "x"}}
	got := states(Checklist(c, p))
	if !strings.Contains(got, "image_reports=not_needed") || !strings.Contains(got, "diagnoses=there") {
		t.Error(got)
	}
	missing := Missing(Checklist(c, p))
	if states(missing) != "image_proposals=missing key_images=missing slides_confirmed=missing" {
		t.Error(states(missing))
	}
	c.Excuses = append(c.Excuses, Excuse{Item: CheckReports, Needed: true, Reason: "仍需本院报告"})
	if got := states(Checklist(c, p)); !strings.Contains(got, "image_reports=missing") {
		t.Error(got)
	}

	var refused *RefusedError
	if err := Named(missing, []string{CheckProposals, CheckKeyImages}); !errors.As(err, &refused) || refused.Code != "consult_missing" || refused.Args[1] != CheckConfirmed {
		t.Errorf("%v", err)
	}
	if err := Named(missing, CheckItems()); err != nil {
		t.Error(err)
	}
	for _, x := range Checklist(c, p) {
		if !slices.Contains(CheckItems(), x.Item) {
			t.Errorf("%s is in no list of items", x.Item)
		}
	}
}
