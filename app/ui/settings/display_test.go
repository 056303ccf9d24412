package settings

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"longying/app/admin"
	"longying/app/screen"
	"longying/app/station"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging/gsdf"
)

// checking is the page of the display, its pattern having filled a screen.
func checking(t *testing.T, login string) (*room, *station.Station, *station.Sample) {
	t.Helper()
	r, s, sample := at(t, login)
	r.ws.Home = t.TempDir()
	m := screen.Monitor{Host: "reading-1", Width: 1920, Height: 1080, Scale: 1}
	r.ws.OnMonitor(func() screen.Monitor { return m })
	r.does(func() { r.ws.LoadDisplays(func(err error) { t.Error(err) }) })
	r.does(func() { r.open("settings.display") })
	r.display.monitor, r.display.name = &m, "left"
	return r, s, sample
}

func (r *room) answer(part screen.PatternPart, seen bool) {
	if r.display.answers == nil {
		r.display.answers = map[screen.PatternPart]bool{}
	}
	r.display.answers[part] = seen
}

// meter types luminances of a monitor on the function.
func (r *room) meter() {
	a, b := gsdf.Index(0.8), gsdf.Index(400)
	var list []string
	for _, level := range gsdf.Levels() {
		list = append(list, fmt.Sprintf("%d;%.3f", level, gsdf.Luminance(a+float64(level)/255*(b-a))))
	}
	r.takeLuminances(strings.Join(list, "\n"))
}

func TestWhatWasOnlySeenNeverTakesAwayThatTheDisplayIsNotCalibrated(t *testing.T) {
	r, s, sample := checking(t, "radiologist")
	r.does(r.keepPattern)
	if r.problem.Text() == "" || len(r.ws.Displays().Checks) != 0 {
		t.Fatal("kept with no line answered")
	}
	for _, p := range screen.PatternParts() {
		r.answer(p, true)
	}
	r.does(r.keepPattern)
	if r.problem.Text() != "" {
		t.Fatal(r.problem.Text())
	}
	if st, _ := r.ws.DisplayStanding(); st != screen.LookedAt || !strings.Contains(r.ws.DisplayWords(), "未校准") {
		t.Errorf("%s: %s", st, r.ws.DisplayWords())
	}

	r.meter()
	r.does(r.keepLuminances)
	if r.problem.Text() == "" {
		t.Fatal("kept without the room's light")
	}
	r.display.ambient = "0"
	r.does(r.keepLuminances)
	if st, c := r.ws.DisplayStanding(); st != screen.Passed || c.User != r.ws.User().ID || c.Name != "left" || strings.Contains(r.ws.DisplayWords(), "未校准") {
		t.Errorf("%s: %s %s", st, r.ws.DisplayWords(), r.problem.Text())
	}

	// What was kept is there for the next window, and in the trail.
	kept, err := screen.LoadDisplays(r.ws.Home)
	if err != nil || len(kept.Checks) != 2 {
		t.Fatalf("%+v %v", kept, err)
	}
	events, err := s.Admin.AuditEvents(context.Background(), sample.Users["auditor"], admin.AuditFilter{Action: "check_display"})
	if err != nil || len(events) != 2 || !strings.Contains(events[0].Detail, "luminances, primary") || events[0].UserID != r.ws.User().ID {
		t.Errorf("%+v %v", events, err)
	}
}

func TestACheckWithoutTheDisplaysNameOrItsPixelsIsNotKept(t *testing.T) {
	r, _, _ := checking(t, "radiologist")
	r.meter()
	r.display.ambient, r.display.name = "0", " "
	r.does(r.keepLuminances)
	if r.problem.Text() == "" {
		t.Error("kept without a name")
	}
	r.display.name, r.display.monitor = "left", nil
	r.does(r.keepLuminances)
	if r.problem.Text() == "" || len(r.ws.Displays().Checks) != 0 {
		t.Error("kept without having filled the screen")
	}
}

func TestWhoMayNeitherSeePicturesNorConfigureChecksNoDisplayAndOnlyTheAdministratorSetsWhenAgain(t *testing.T) {
	r, _, _ := checking(t, "auditor")
	if r.mayCheck() || r.displayKeys() != nil {
		t.Error("an auditor may check")
	}
	r.ws.KeepDisplayCheck(screen.DisplayCheck{Seen: screen.PatternParts()}, r.stored)
	r.ws.Settle()
	if r.problem.Text() == "" || len(r.ws.Displays().Checks) != 0 {
		t.Error("an auditor's check was kept")
	}
	r, _, _ = checking(t, "radiologist")
	r.does(func() { r.ws.SetDisplayMonths(6, r.stored) })
	if r.problem.Text() == "" || r.ws.Displays().Months != screen.DueDefault {
		t.Error("a radiologist set the interval")
	}
	r, _, _ = checking(t, "admin")
	r.does(func() { r.ws.SetDisplayMonths(6, r.stored) })
	if r.problem.Text() != "" || r.ws.Displays().Months != 6 {
		t.Error(r.problem.Text())
	}
}

func TestAtEachLevelTheReadingIsTypedAndStaysWithIt(t *testing.T) {
	r, _, _ := checking(t, "radiologist")
	var stage *workspace.Stage
	workspace.On(r.ws, func(e workspace.StageWanted) { stage = e.Stage })
	r.showLevels()
	if stage == nil {
		t.Fatal("no stage")
	}
	press := func(k workspace.Key) {
		for _, a := range stage.Actions() {
			for _, x := range a.Keys {
				if x == k {
					a.Do()
					return
				}
			}
		}
		t.Fatalf("no action on %v", k)
	}
	for _, c := range "0.4.5" {
		press(workspace.Key{Rune: c})
	}
	press(workspace.Press("Right"))
	for _, c := range "1,2" {
		press(workspace.Key{Rune: c})
	}
	press(workspace.Press("Left"))
	press(workspace.Press("Left"))
	if got := r.display.typed; got[0] != "0.45" || got[1] != "1.2" || got[2] != "" {
		t.Errorf("%q", got)
	}
	press(workspace.Press("BackSpace"))
	press(workspace.Press("Escape"))
	if stage != nil || r.display.typed[0] != "" {
		t.Error("the stage stays, or the reading does")
	}
}

func TestEveryReasonOfTheJudgementHasItsWords(t *testing.T) {
	for _, code := range lang.Codes() {
		l, err := lang.New(code)
		if err != nil {
			t.Fatal(err)
		}
		r := &room{ws: &workspace.Workspace{Lang: l}}
		for _, c := range []string{"count", "number", "level", "ambient", "range", "dark", "flat"} {
			if text := r.measurementWords(&gsdf.MeasurementError{Code: c, At: "7"}); strings.ContainsAny(text, "{}_") {
				t.Errorf("%s: %s", c, text)
			}
		}
		for _, of := range []string{"deviation", "ratio", "luminance", "falling"} {
			if text := missWords(l, gsdf.Limit{Of: of, Class: gsdf.Primary, Is: 0.125, Limit: 0.1}); strings.ContainsAny(text, "{}_") {
				t.Errorf("%s: %s", of, text)
			}
		}
		for _, s := range []screen.Standing{screen.Unchecked, screen.OtherMonitor, screen.LookedAt, screen.PatternMissed, screen.PatternMissing, screen.Failed, screen.Due, screen.Secondary, screen.Passed} {
			text := workspace.DisplayWords(l, s, &screen.DisplayCheck{})
			if strings.ContainsAny(text, "{}_") || !s.Calibrated() && s != screen.Due && !strings.Contains(text, l.T("shell.not_calibrated")) {
				t.Errorf("%s: %s", s, text)
			}
		}
	}
}
