package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"longying/app/screen"
	"longying/app/ui/workspace"
	"longying/records"
)

// kept is a window over a sample folder, filled or empty, that was left as given.
func kept(t *testing.T, fill bool, left func(userID, study string) screen.State) (s *shell, user records.User, study string) {
	t.Helper()
	s, _, st, sample := opened(t)
	user = sample.Users["radiologist"]
	if fill {
		if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
			t.Fatal(err)
		}
	}
	known, err := st.Registry.Studies(t.Context(), user, records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range known {
		if e.Modality == "CT" {
			study = e.StudyUID
		}
	}
	s.ws.SetUser(records.User{})
	s.left = left(user.ID, study)
	home := t.TempDir()
	s.ws.Screen = screen.Keep(home, s.left)
	t.Cleanup(func() {
		if err := s.ws.Screen.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, user, study
}

func TestAfterACrashThePersonGoesBackToTheirStudyTabAndLayout(t *testing.T) {
	s, user, study := kept(t, true, func(id, study string) screen.State {
		return screen.State{Toured: true, Running: true, At: screen.Place{User: id, Study: study, Room: "viewer", Tab: "report", Layout: "2×1"}}
	})
	s.ws.SetUser(user)
	s.ws.Settle()
	if s.notice.asked == nil || s.ws.Current() != nil {
		t.Fatal("nothing is offered, or the study opens unasked")
	}
	s.note()
	s.ws.Keys.Typed(&fyne.KeyEvent{Name: fyne.KeyF10})
	s.ws.Settle()
	o := s.ws.Current()
	if o == nil || o.Examination.StudyUID != study || s.front.ID != "viewer" || s.tab.ID != "report" || s.front.Keep() != "2×1" {
		t.Fatalf("%v %s %v %s", o, s.front.ID, s.tab, s.front.Keep())
	}
	s.note()
	if got, want := s.ws.Screen.State().At, (screen.Place{User: user.ID, Study: study, Room: "viewer", Tab: "report", Layout: "2×1"}); got != want {
		t.Errorf("kept: %+v", got)
	}
	if s.notice.asked != nil {
		t.Error("the strip stays")
	}
}

func TestACrashIsOfferedToNobodyElseAndOnce(t *testing.T) {
	s, user, _ := kept(t, false, func(id, study string) screen.State {
		return screen.State{Toured: true, Running: true, At: screen.Place{User: "another", Study: study, Room: "viewer"}}
	})
	s.ws.SetUser(user)
	s.ws.Settle()
	if s.notice.asked != nil {
		t.Error("somebody else's study is offered")
	}
	s.left = screen.State{Running: true, At: screen.Place{User: user.ID, Room: "outbox"}}
	for range 2 {
		s.ws.SetUser(records.User{})
		s.ws.SetUser(user)
		s.ws.Settle()
	}
	if s.notice.asked != nil {
		t.Error("it is offered again")
	}
}

func TestAnEndedWindowOffersNothing(t *testing.T) {
	s, user, _ := kept(t, false, func(id, study string) screen.State {
		return screen.State{Toured: true, At: screen.Place{User: id, Study: study}}
	})
	s.ws.SetUser(user)
	s.ws.Settle()
	if s.notice.asked != nil {
		t.Error("it ended properly")
	}
}

func TestTheTourHasFiveStepsAndIsShownOnceUnlessAskedFor(t *testing.T) {
	s, user, _ := kept(t, false, func(string, string) screen.State { return screen.State{} })
	s.ws.SetUser(user)
	s.ws.Settle()
	steps := 0
	for s.notice.asked != nil && steps < 10 {
		steps++
		s.ws.Keys.Typed(&fyne.KeyEvent{Name: fyne.KeyF10})
		s.ws.Settle()
	}
	if steps != 5 {
		t.Errorf("%d steps", steps)
	}
	s.ws.SetUser(records.User{})
	s.ws.SetUser(user)
	if s.notice.asked != nil {
		t.Error("it is shown again")
	}
	workspace.Publish(s.ws, workspace.TourWanted{})
	if s.notice.asked == nil {
		t.Error("it is not shown when asked for")
	}
	if !s.ws.Keys.Run(noKey()) || s.notice.asked != nil {
		t.Error("it cannot be left")
	}
}

func TestAChangeOfLookIsKept(t *testing.T) {
	s, user, _ := kept(t, false, func(string, string) screen.State { return screen.State{Toured: true, Size: 100, Scheme: screen.Dark} })
	s.ws.SetUser(user)
	s.ws.Settle()
	heard := 0
	workspace.On(s.ws, func(workspace.LookChanged) { heard++ })
	s.ws.Keys.Run(workspace.Ctrl(fyne.KeyEqual))
	s.ws.Keys.Run(workspace.Key{Name: fyne.KeyD, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift})
	if now := s.ws.Screen.State(); now.Size != 115 || now.Scheme != screen.Light || heard != 2 {
		t.Errorf("%+v, heard %d", now, heard)
	}
	s.recolour()
}
