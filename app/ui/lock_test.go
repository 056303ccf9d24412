package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"longying/app/admin"
	"longying/app/station"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// actions are what the trail says of a user's comings and goings, newest first.
func actions(t *testing.T, st *station.Station, auditor records.User, user string) string {
	t.Helper()
	events, err := st.Admin.AuditEvents(t.Context(), auditor, admin.AuditFilter{User: user})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range events {
		switch e.Action {
		case "lock_screen", "unlock_screen", "logout":
			out = append(out, e.Action+" "+e.Outcome)
		}
	}
	return strings.Join(out, ", ")
}

func TestAnUnusedScreenHidesEverythingAtOnceUntilThePasswordOfTheSamePerson(t *testing.T) {
	s, w, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	*s.ws.Activity = *workspace.NewActivity(func() time.Time { return at })
	known, err := st.Registry.Studies(t.Context(), sample.Users["radiologist"], records.ExaminationFilter{Text: "刘小满"})
	if err != nil || len(known) == 0 {
		t.Fatal(len(known), err)
	}
	s.ws.OpenStudy(known[0].StudyUID, func(err error) { t.Error(err) })
	s.ws.Settle()
	tick := func(after time.Duration) {
		at = at.Add(after)
		s.tick()
		s.ws.Settle()
	}
	tick(admin.IdleLockDefault*time.Minute - time.Second)
	if s.lock.on {
		t.Fatal("hidden too early")
	}
	s.ws.Activity.Seen() // a movement of the mouse
	tick(admin.IdleLockDefault*time.Minute - time.Second)
	if s.lock.on {
		t.Fatal("hidden although somebody was there")
	}
	popup := widget.NewModalPopUp(widget.NewLabel("刘小满"), w.Canvas())
	popup.Show()
	s.ws.SetLanguage(s.ws.Lang.Code())
	at = at.Add(time.Second)
	s.tick() // at once: nothing is waited for
	if w.Content() != s.lock.page.content || w.Canvas().Overlays().Top() != nil {
		t.Fatal("the window still shows what it showed")
	}
	s.ws.Settle()
	if shown := texts(w.Content()); strings.Contains(shown, "刘") || !strings.Contains(shown, sample.Users["radiologist"].Name) {
		t.Errorf("the hidden screen shows %q", shown)
	}
	if strings.Contains(w.Title(), "刘") {
		t.Errorf("the title is %q", w.Title())
	}
	if s.ws.Keys.Run(workspace.Ctrl(fyne.KeyW)) || s.ws.Current() == nil {
		t.Error("keys reach what is hidden")
	}
	widget.NewModalPopUp(widget.NewLabel("刘小满"), w.Canvas()).Show() // of work that ends meanwhile
	tick(time.Second)
	if w.Canvas().Overlays().Top() != nil {
		t.Error("a dialog lies over the hidden screen")
	}

	page := s.lock.page
	enter := func(password string) {
		page.password.SetText(password)
		page.submit()
		s.ws.Settle()
	}
	enter("wrong")
	if !s.lock.on || page.problem.Text() != "密码不正确。" || page.password.Text != "" {
		t.Fatal("let in by a wrong password, or not told")
	}
	password, err := sample.Password("radiologist")
	if err != nil {
		t.Fatal(err)
	}
	enter(password)
	if s.lock.on || w.Content() != s.page || s.ws.Current() == nil || s.ws.User().Login != "radiologist" || w.Canvas().Overlays().Top() == nil {
		t.Fatal("what was there is not there again")
	}
	tick(time.Second)
	if s.lock.on {
		t.Error("hidden again at once")
	}
	if got := actions(t, st, sample.Users["auditor"], sample.Users["radiologist"].ID); got != "unlock_screen ok, unlock_screen refused, lock_screen ok" {
		t.Errorf("the trail says %s", got)
	}
}

func TestAComputerThatSleptAndAClockThatWasPutBackStillHideTheScreen(t *testing.T) {
	at := time.Now()
	a := workspace.NewActivity(func() time.Time { return at })
	at = at.Round(0).Add(time.Hour) // the wall's clock alone went on
	if a.Idle() < time.Hour {
		t.Errorf("idle for %s", a.Idle())
	}
}

func TestAKeyHidesTheScreenAndAnotherPersonSignsInInstead(t *testing.T) {
	s, w, st, sample := opened(t)
	if !s.ws.Keys.Run(workspace.Ctrl(fyne.KeyL)) || !s.lock.on {
		t.Fatal("the key does nothing")
	}
	s.ws.Settle()
	// The administrator takes the role away meanwhile: the password alone is no way back to it.
	s.otherUser()
	s.ws.Settle()
	if s.lock.on || s.ws.User().ID != "" || w.Content() != s.signIn.content || s.ws.Current() != nil {
		t.Fatal("the session behind the hidden screen goes on")
	}
	if got := actions(t, st, sample.Users["auditor"], sample.Users["radiologist"].ID); got != "logout ok, lock_screen ok" {
		t.Errorf("the trail says %s", got)
	}
	s.ws.SetUser(sample.Users["pathologist"])
	if w.Content() != s.page || s.ws.User().Login != "pathologist" {
		t.Error("nobody else can sign in")
	}
}

func TestARoleTakenAwayBehindAHiddenScreenIsGoneWhenItIsUnlocked(t *testing.T) {
	s, w, st, sample := opened(t)
	s.lockScreen()
	s.ws.Settle()
	if err := st.Admin.SetRole(t.Context(), sample.Users["admin"], "radiologist", records.RoleClinician); err != nil {
		t.Fatal(err)
	}
	password, err := sample.Password("radiologist")
	if err != nil {
		t.Fatal(err)
	}
	s.lock.page.password.SetText(password)
	s.lock.page.submit()
	s.ws.Settle()
	if s.ws.User().ID != "" || w.Content() != s.signIn.content {
		t.Error("let back into a role that they no longer have")
	}
}

func TestEveryKeyInAFieldAndEveryMovementOfTheMouseIsActivity(t *testing.T) {
	s, _ := signedIn(t)
	at := time.Now()
	*s.ws.Activity = *workspace.NewActivity(func() time.Time { return at })
	field := workspace.NewEntry(s.ws)
	test.WidgetRenderer(field)
	for name, act := range map[string]func(){
		"a rune":   func() { field.TypedRune('a') },
		"a key":    func() { field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft}) },
		"no field": func() { s.ws.Keys.TypedRune('!') },
		"a move":   func() { s.page.Objects[0].(*pulse).Cursor() },
	} {
		at = at.Add(time.Minute)
		if act(); s.ws.Activity.Idle() != 0 {
			t.Errorf("%s is no activity", name)
		}
	}
}

func TestOpenCriticalValuesAreAskedForOnceAMinuteWhileSomebodyReads(t *testing.T) {
	s, _, _, _ := opened(t)
	asked := 0
	workspace.On(s.ws, func(workspace.CriticalChanged) { asked++ })
	at := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	s.ws.Do(func() {
		s.turnMinute(at)
		s.turnMinute(at.Add(59 * time.Second))
		s.turnMinute(at.Add(61 * time.Second))
	})
	s.ws.Settle()
	if asked != 2 {
		t.Errorf("asked %d times in two minutes", asked)
	}
	s.ws.SetUser(records.User{})
	s.ws.Do(func() { s.turnMinute(at.Add(5 * time.Minute)) })
	s.ws.Settle()
	if asked != 2 {
		t.Error("asked for nobody")
	}
}

func TestTheLanguageIsChangedByItsKeyAndButtonAlsoWhereAPasswordIsAskedFor(t *testing.T) {
	s, w, _, _ := opened(t)
	chord := &desktop.CustomShortcut{KeyName: fyne.KeyL, Modifier: fyne.KeyModifierControl | fyne.KeyModifierShift}
	changes := func(where string, field *doorEntry, button *widget.Button, word lang.Key) {
		for name, change := range map[string]func(){
			"in the field":        func() { field.TypedShortcut(chord) },
			"beside every field":  func() { w.keys.TypedShortcut(chord) },
			"by the button alone": func() { test.Tap(button) },
		} {
			before := s.ws.Lang.Code()
			change()
			if s.ws.Lang.Code() == before || !strings.Contains(texts(w.Content()), s.ws.Lang.T(word)) || button.Text != languageButton(s.ws.Lang.Code()) {
				t.Errorf("%s, %s: the page says %q", where, name, texts(w.Content()))
			}
		}
	}
	s.lockScreen()
	s.ws.Settle()
	changes("a hidden screen", s.lock.page.password, s.lock.page.switcher, "lock.button")
	s.lock.page.password.SetText("secret")
	s.lock.page.password.TypedShortcut(chord)
	if s.lock.page.password.Text != "secret" || !s.lock.on {
		t.Error("what was typed is gone")
	}
	s.otherUser()
	s.ws.Settle()
	changes("sign-in", s.signIn.password, s.signIn.switcher, "signin.button")
}
