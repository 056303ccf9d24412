package findings

import (
	"testing"
	"time"

	"longying/models"
	"longying/records"
)

func finding(uid string, s records.FindingState) records.Finding {
	return records.Finding{UID: uid, State: s}
}

func uids(fs []records.Finding) string {
	s := ""
	for _, f := range fs {
		s += f.UID
	}
	return s
}

func TestRejectedFindingsAreHiddenUntilAskedFor(t *testing.T) {
	l := List{}.With([]records.Finding{finding("a", records.FindingRejected), finding("b", records.FindingProposed), finding("c", records.FindingWithdrawn)})
	if got := uids(l.Shown()); got != "b" {
		t.Errorf("shown %q", got)
	}
	if l = l.ShowRejected(true); uids(l.Shown()) != "ab" {
		t.Errorf("shown %q", uids(l.Shown()))
	}
	if l = l.Select("a").ShowRejected(false); uids(l.Shown()) != "b" {
		t.Errorf("shown %q", uids(l.Shown()))
	}
	if _, ok := l.Selected(); ok {
		t.Error("a hidden row stays selected")
	}
	if f, ok := l.Select("a").Selected(); !ok || f.UID != "a" {
		t.Error("a rejected finding asked for by name is not shown")
	}
}

func TestAFindingKeepsItsPlaceWhenItsStateChanges(t *testing.T) {
	l := List{}.With([]records.Finding{finding("a", records.FindingProposed), finding("b", records.FindingProposed)})
	l = l.With([]records.Finding{finding("n", records.FindingProposed), finding("b", records.FindingProposed), finding("a", records.FindingConfirmed)})
	if got := uids(l.Shown()); got != "abn" {
		t.Errorf("order %q", got)
	}
}

func TestStepStaysAtTheEnds(t *testing.T) {
	l := List{}.With([]records.Finding{finding("a", records.FindingProposed), finding("b", records.FindingProposed)})
	for _, c := range []struct {
		from string
		n    int
		want string
	}{{"", 1, "a"}, {"", -1, "b"}, {"a", 1, "b"}, {"b", 1, "b"}, {"a", -1, "a"}} {
		if f, _ := l.Select(c.from).Step(c.n).Selected(); f.UID != c.want {
			t.Errorf("from %q by %d: %q, want %q", c.from, c.n, f.UID, c.want)
		}
	}
	if _, ok := (List{}).Step(1).Selected(); ok {
		t.Error("an empty list selects something")
	}
}

func TestAfterAVerdictTheNextProposalIsSelected(t *testing.T) {
	l := List{}.With([]records.Finding{finding("a", records.FindingProposed), finding("b", records.FindingConfirmed), finding("c", records.FindingEdited)}).Select("c")
	if f, _ := l.NextOpen().Selected(); f.UID != "a" {
		t.Errorf("selected %q", f.UID)
	}
	l = l.With([]records.Finding{finding("a", records.FindingConfirmed), finding("b", records.FindingConfirmed), finding("c", records.FindingEdited)})
	if f, _ := l.NextOpen().Selected(); f.UID != "c" {
		t.Errorf("selected %q", f.UID)
	}
}

func TestOneGoesOnFromTheFindingThatWasLetGo(t *testing.T) {
	l := List{}.With([]records.Finding{finding("a", records.FindingProposed), finding("b", records.FindingProposed), finding("c", records.FindingProposed)}).Select("b").LetGo()
	if f, ok := l.Selected(); ok {
		t.Fatalf("%s is selected", f.UID)
	}
	if l.LetGo().Left() != 1 {
		t.Error("let go twice it is forgotten")
	}
	for name, next := range map[string]List{"down": l.Step(1), "up": l.Step(-1), "next proposal": l.NextOpen()} {
		if f, _ := next.Selected(); f.UID != "b" || next.Left() >= 0 {
			t.Errorf("%s: %q", name, f.UID)
		}
	}
	l = l.With([]records.Finding{finding("a", records.FindingProposed), finding("b", records.FindingConfirmed), finding("c", records.FindingProposed)})
	if f, _ := l.NextOpen().Selected(); f.UID != "c" {
		t.Errorf("from one that has its verdict: %q", f.UID)
	}
}

func TestAModelThatWasNeverAskedIsNotRun(t *testing.T) {
	t1, t2 := time.Unix(100, 0), time.Unix(200, 0)
	run := func(id string, o Outcome, at time.Time) records.Run {
		return records.Run{Model: records.ModelRef{ID: id, Version: "1.0.0"}, Outcome: string(o), At: at}
	}
	cards := []*models.Card{{ID: "film", Version: "1.0.0"}, {ID: "slide", Version: "1.0.0"}, {ID: "new", Version: "2.0.0"}}
	got := AskedOf(cards, []records.Run{
		run("film", Refused, t1), run("film", BelowThreshold, t2), run("slide", Proposed, t1), run("slide", Unsure, t1), run("gone", Refused, t1)})
	want := []Outcome{BelowThreshold, Proposed, NotRun, Refused}
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Outcome != w {
			t.Errorf("%s: %s, want %s", got[i].Model.ID, got[i].Outcome, w)
		}
	}
	if len(got[0].Runs) != 1 || len(got[1].Runs) != 2 {
		t.Error("an older asking is mixed with the last one")
	}
}

func TestNothingAboveIsSaidOnlyWhenEveryModelThatRanStayedBelow(t *testing.T) {
	at := func(os ...Outcome) (out []Asked) {
		for _, o := range os {
			out = append(out, Asked{Outcome: o})
		}
		return out
	}
	for _, c := range []struct {
		asked []Asked
		ran   int
	}{
		{at(NotRun), 0}, {at(Refused), 0}, {at(Refused, BelowThreshold), 1},
		{at(BelowThreshold, Unsure), 0}, {at(BelowThreshold, Proposed), 0}, {nil, 0},
	} {
		if got := len(NothingAbove(c.asked)); got != c.ran {
			t.Errorf("%v: %d models named, want %d", c.asked, got, c.ran)
		}
	}
}
