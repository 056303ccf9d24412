package ui

import (
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"longying/app/station"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// keyed is a window whose keys with Control can be typed: the toolkit's test
// window forgets them.
type keyed struct {
	fyne.Window
	keys *fyne.ShortcutHandler
}

type keyedCanvas struct {
	fyne.Canvas
	keys *fyne.ShortcutHandler
}

func (w keyed) Canvas() fyne.Canvas { return keyedCanvas{w.Window.Canvas(), w.keys} }
func (c keyedCanvas) AddShortcut(s fyne.Shortcut, f func(fyne.Shortcut)) {
	c.keys.AddShortcut(s, f)
}

// signedIn is the window's shell over an empty sample folder, with the sample
// radiologist at it.
func signedIn(t testing.TB) (*shell, keyed) {
	shell, w, _, _ := opened(t)
	return shell, w
}

func opened(t testing.TB) (*shell, keyed, *station.Station, *station.Sample) {
	t.Helper()
	s, sample, err := station.OpenSample(t.Context(), station.Options{Home: filepath.Join(t.TempDir(), "home")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	strs, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	w := keyed{test.NewTempWindow(t, nil), &fyne.ShortcutHandler{}}
	ws := workspace.New(t.Context(), workspace.Services{Archive: s.Archive, Registry: s.Registry, Reading: s.Reading, Consult: s.Consult,
		Delivery: s.Delivery, Transfer: s.Transfer, Admin: s.Admin, Trust: s.Trust, Catalogue: s.Catalogue, PrintReport: s.PrintReport, PrintMinutes: s.PrintMinutes, ExportConsult: s.ExportConsult, Runtime: s.Runtime, Decoder: s.Decoder, Home: s.Home}, strs)
	t.Cleanup(ws.Close)
	shell := newShell(ws, w)
	ws.SetUser(sample.Users["radiologist"])
	ws.Settle()
	return shell, w, s, sample
}

func TestTheNextPersonsStudyOpensWithThePanelBesideIt(t *testing.T) {
	s, _, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	known, err := st.Registry.Studies(t.Context(), sample.Users["radiologist"], records.ExaminationFilter{})
	if err != nil || len(known) == 0 {
		t.Fatal(len(known), err)
	}
	for _, login := range []string{"radiologist", "pathologist"} {
		s.signIn.login.SetText("who was here before")
		s.ws.SetUser(records.User{})
		if s.signIn.login.Text != "" {
			t.Errorf("the next person finds %q", s.signIn.login.Text)
		}
		s.ws.SetUser(sample.Users[login])
		s.ws.OpenStudy(known[0].StudyUID, func(err error) { t.Error(err) })
		s.ws.Settle()
		if s.tab == nil || s.body.Objects[0] != s.split {
			t.Errorf("%s sees no panel", login)
		}
	}
	s.ws.Do(s.fold)
	s.ws.Do(func() { s.ws.OpenStudy(known[0].StudyUID, func(err error) { t.Error(err) }) })
	s.ws.Settle()
	if s.tab != nil {
		t.Error("a panel that was folded comes back with the next study")
	}
	if c, ok := s.body.Objects[0].(*fyne.Container); !ok || !slices.Contains(c.Objects, fyne.CanvasObject(s.strip)) {
		t.Error("nothing to see leads back to a folded panel")
	}
	tabs := s.seen(workspace.Panel)
	other := tabs[len(tabs)-1]
	for _, step := range []func(){s.fold, func() { s.showTab(other) }, s.fold, s.fold} {
		s.ws.Do(step)
		s.ws.Settle()
	}
	if s.tab != other {
		t.Error("the panel comes back with another tab than it was folded with")
	}
}

// A text that can be selected takes the keys as soon as it is clicked, and gives
// them to nobody.
func TestAnErrorTakesNoKeysWhenItIsClicked(t *testing.T) {
	s, w := signedIn(t)
	p := workspace.NewProblem(nil)
	w.SetContent(p)
	p.SetText("what went wrong")
	w.Resize(fyne.NewSize(300, 100))
	w.Canvas().FocusNext()
	if f := w.Canvas().Focused(); f != nil {
		t.Errorf("%T has the keys", f)
	}
	s.ws.Settle()
}

func TestEveryTabFitsIntoTheNarrowestPanelInBothLanguages(t *testing.T) {
	s, _, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	known, err := st.Registry.Studies(t.Context(), sample.Users["radiologist"], records.ExaminationFilter{})
	if err != nil || len(known) == 0 {
		t.Fatal(len(known), err)
	}
	for _, e := range known {
		s.ws.OpenStudy(e.StudyUID, func(err error) { t.Error(err) })
		s.ws.Settle()
		for _, code := range lang.Codes() {
			s.ws.SetLanguage(code)
			for _, r := range s.seen(workspace.Panel) {
				s.showTab(r)
				s.ws.Settle()
				if w := r.Content.MinSize().Width; w > panelWidth {
					t.Errorf("%s of the %s in %s needs %v, the panel may have %v", r.ID, e.Modality, code, w, panelWidth)
				}
			}
		}
	}
}

func TestEveryKeyWithControlReachesTheWindow(t *testing.T) {
	s, w := signedIn(t)
	rail := s.seen(workspace.Rail)
	for i := len(rail) - 1; i >= 0; i-- {
		w.keys.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyName('1' + rune(i)), Modifier: fyne.KeyModifierControl})
		if s.front != rail[i] {
			t.Errorf("Ctrl+%d does not lead to %s", i+1, rail[i].ID)
		}
	}
	s.ws.Settle()
}

func TestNoKeyOfARoomHidesAKeyOfTheWindowOrOfItself(t *testing.T) {
	s, _ := signedIn(t)
	for _, r := range s.rooms {
		taken := map[workspace.Key]string{}
		for _, a := range s.own() {
			for _, k := range a.Keys {
				taken[k] = string(a.Label)
			}
		}
		for _, a := range r.Live() {
			for _, k := range a.Keys {
				if other, ok := taken[k]; ok {
					t.Errorf("%s: %s is %s and %s", r.ID, k, other, a.Label)
				}
				taken[k] = string(a.Label)
			}
		}
	}
}

func TestAFieldThatGoesOutOfSightGivesTheKeysBack(t *testing.T) {
	s, w := signedIn(t)
	one, other := workspace.NewEntry(s.ws), workspace.NewEntry(s.ws)
	for _, e := range []*workspace.Entry{one, other} {
		w.SetContent(e)
		w.Canvas().Focus(e)
		workspace.Release(one)
	}
	if w.Canvas().Focused() != fyne.Focusable(other) {
		t.Error("a field still in sight lost the keys")
	}
	workspace.Release(other)
	if w.Canvas().Focused() != nil {
		t.Error("the field keeps the keys")
	}
}

func TestAChoiceKeepsNoKeyOfTheRoom(t *testing.T) {
	s, w := signedIn(t)
	var got string
	s.ws.Keys.SetSections(func() []workspace.Section {
		do := func(k string) func() { return func() { got += k } }
		return []workspace.Section{{Actions: []workspace.Action{
			{Keys: []workspace.Key{workspace.Press(fyne.KeyRight)}, Do: do("→")},
			{Keys: []workspace.Key{workspace.Press(fyne.KeyA)}, Do: do("A")},
			{Keys: []workspace.Key{{Rune: '?'}}, Do: do("?")}}}}
	})
	choice := workspace.NewSelect(s.ws, []string{"lung", "colon"}, nil)
	choice.SetSelected("lung")
	check, slider := workspace.NewCheck(s.ws, "", nil), workspace.NewSlider(s.ws, 0, 1)
	for _, f := range []fyne.Focusable{choice, check, slider} {
		got = ""
		w.SetContent(f.(fyne.CanvasObject))
		w.Canvas().Focus(f)
		for _, k := range []fyne.KeyName{fyne.KeyRight, fyne.KeyA} {
			w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k})
		}
		w.Canvas().Focused().TypedRune('?')
		if got != "→A?" {
			t.Errorf("%T let through %q", f, got)
		}
	}
	if choice.Selected != "lung" {
		t.Errorf("the organ became %s by a key", choice.Selected)
	}
	check.TypedRune(' ')
	if !check.Checked {
		t.Error("Space ticks nothing")
	}
}

func TestCtrlEnterSendsAFormAlsoFromALongField(t *testing.T) {
	s, w := signedIn(t)
	note, other := workspace.NewMultiLineEntry(s.ws), workspace.NewMultiLineEntry(s.ws)
	var got string
	note.OnSubmitted = func(text string) { got += text }
	s.ws.Keys.SetSections(func() []workspace.Section {
		return []workspace.Section{{Actions: []workspace.Action{{Keys: []workspace.Key{workspace.Ctrl(fyne.KeyReturn)}, Do: func() { got += "room" }}}}}
	})
	for _, e := range []*workspace.Entry{note, other} {
		w.SetContent(e)
		e.SetText("渗出")
		e.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierControl})
	}
	if got != "渗出room" {
		t.Errorf("got %q", got)
	}
}

func TestTheSheetOfKeysNamesNoActionThatAnotherKeepsItsKeyFrom(t *testing.T) {
	press := func(k fyne.KeyName) []workspace.Key { return []workspace.Key{workspace.Press(k)} }
	got := live([]workspace.Section{
		{Name: "shell.keys", Actions: []workspace.Action{{Label: "shell.close", Keys: press(fyne.KeyEscape)}}},
		{Name: "tab", Actions: []workspace.Action{{Label: "rejected", Keys: press(fyne.KeyR)}, {Label: "run", Keys: press(fyne.KeyA)}}},
		{Name: "room", Actions: []workspace.Action{{Label: "rejected too", Keys: press(fyne.KeyR)}, {Label: "leave", Keys: press(fyne.KeyEscape)},
			{Label: "either", Keys: append(press(fyne.KeyA), press(fyne.KeyB)...)}}},
		{Name: "gone", Actions: []workspace.Action{{Label: "run too", Keys: press(fyne.KeyA)}}},
	})
	words := ""
	for _, s := range got {
		words += string(s.Name) + ":"
		for _, a := range s.Actions {
			words += string(a.Label) + ";"
		}
	}
	if words != "shell.keys:shell.close;tab:rejected;run;room:leave;either;" {
		t.Error(words)
	}
}

// A tab beside a study has the keys first: what it takes, the room cannot be
// asked for any more.
func TestNoTabTakesAKeyFromTheRoomBesideItUnlessBothMeanTheSame(t *testing.T) {
	s, _ := signedIn(t)
	same := map[string]string{"findings.show_rejected": "canvas.key_rejected", "findings.analyse": "slide.run", "findings.mark_region": "slide.mark"}
	for _, r := range s.seen(workspace.Rail) {
		if !ofStudy(r) {
			continue
		}
		taken := map[workspace.Key]string{}
		for _, a := range r.Live() {
			for _, k := range a.Keys {
				taken[k] = string(a.Label)
			}
		}
		for _, tab := range s.seen(workspace.Panel) {
			for _, a := range tab.Live() {
				for _, k := range a.Keys {
					if other, ok := taken[k]; ok && same[string(a.Label)] != other {
						t.Errorf("%s beside %s: %s is %s and hides %s", tab.ID, r.ID, k, a.Label, other)
					}
				}
			}
		}
	}
}

func TestATabThatSlipsInLeavesTheKeysToTheRooms(t *testing.T) {
	s, w := signedIn(t)
	w.Canvas().Unfocus()
	w.Canvas().FocusNext()
	f := w.Canvas().Focused()
	if f == nil {
		t.Fatal("Tab leads nowhere")
	}
	var got string
	s.ws.Keys.SetSections(func() []workspace.Section {
		return []workspace.Section{{Actions: []workspace.Action{
			{Keys: []workspace.Key{workspace.Press(fyne.KeyA)}, Do: func() { got += "A" }},
			{Keys: []workspace.Key{{Rune: '?'}}, Do: func() { got += "?" }}}}}
	})
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyA})
	f.TypedRune('?')
	if got != "A?" {
		t.Errorf("%T lets through %q", f, got)
	}
	if o, ok := f.(fyne.CanvasObject); !ok || !o.Size().IsZero() {
		t.Error("what Tab stops at lies under the pointer: a click beside a field would not leave the field")
	}
	s.ws.Settle()
}
