package ui

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"longying/app/ui/lang"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/records"
)

func TestALongPatientIDPushesNothingOutOfTheBarUntilItIsPointedAt(t *testing.T) {
	test.NewTempApp(t)
	long := ""
	for len(long) < 66 {
		long += "0123456789A"
	}
	common, odd := newHidden(), newHidden()
	common.set("620102202205149984")
	odd.set(long[:66])
	if odd.MinSize().Width > common.MinSize().Width {
		t.Errorf("a masked number of 66 characters is %g wide, an ID number %g", odd.MinSize().Width, common.MinSize().Width)
	}
	before := common.MinSize()
	common.MouseIn(nil)
	if common.MinSize() != before {
		t.Error("an ID number moves the bar under the pointer")
	}
	grown := 0
	odd.grown = func() { grown++ }
	odd.MouseIn(nil)
	if w := fyne.MeasureText(long[:66], 14, fyne.TextStyle{}).Width; odd.label.Text != long[:66] || odd.MinSize().Width < w || grown != 1 {
		t.Errorf("pointed at it shows %q in a width of %g of %g", odd.label.Text, odd.MinSize().Width, w)
	}
	odd.MouseOut()
	if odd.label.Text == long[:66] || grown != 2 {
		t.Error("the number stays in sight")
	}
}

func TestTheLanguageOfTheDataFolderIsThatOfTheNextStart(t *testing.T) {
	first, _, s, _ := opened(t)
	first.ws.SetLanguage(lang.English)
	first.ws.Settle()
	again := func(code lang.Code) *workspace.Workspace {
		strs, err := lang.New(code)
		if err != nil {
			t.Fatal(err)
		}
		ws := workspace.New(t.Context(), workspace.Services{Admin: s.Admin}, strs)
		t.Cleanup(ws.Close)
		ws.LoadLanguage(func(err error) { t.Error(err) })
		ws.Settle()
		return ws
	}
	if c := again(lang.Chinese).Lang.Code(); c != lang.English {
		t.Errorf("the next start is in %s", c)
	}
	first.ws.SetLanguage(lang.Chinese)
	first.ws.Settle()
	if c := again(lang.English).Lang.Code(); c != lang.English {
		t.Errorf("chosen before the folder was opened, English became %s", c)
	}
	if c := again(lang.Chinese).Lang.Code(); c != lang.English {
		t.Errorf("what was chosen before the folder was opened is not kept: %s", c)
	}
}

func TestOnlyWhoMayImportIsAskedToDropFiles(t *testing.T) {
	shell, _, _, sample := opened(t)
	want := shell.ws.Lang.T("shell.drop")
	for login, asked := range map[string]bool{"radiologist": true, "admin": false, "auditor": false} {
		shell.ws.SetUser(sample.Users[login])
		shell.ws.Settle()
		if got := shell.bar.facts.Text == want; got != asked {
			t.Errorf("%s reads %q", login, shell.bar.facts.Text)
		}
	}
}

func TestTheKeySheetUsesTheColumnsThereAre(t *testing.T) {
	var blocks []fyne.CanvasObject
	for range 9 {
		r := canvas.NewRectangle(nil)
		r.SetMinSize(fyne.NewSize(200, 100))
		blocks = append(blocks, r)
	}
	c := &columns{}
	for width, height := range map[float32]float32{220: 9 * (100 + underBlock), 3*200 + 2*besideColumn: 3 * (100 + underBlock)} {
		c.Layout(blocks, fyne.NewSize(width, 2000))
		if got := c.MinSize(blocks).Height; got != height {
			t.Errorf("%g wide it is %g high, want %g", width, got, height)
		}
		seen := map[fyne.Position]bool{}
		for _, b := range blocks {
			if seen[b.Position()] || b.Position().X+b.Size().Width > width {
				t.Errorf("%g wide: a block at %v", width, b.Position())
			}
			seen[b.Position()] = true
		}
	}
}

// A consult, a delivery or a critical value in front may be another person's.
func TestInARoomOfNoStudyTheBarSaysThatItsPatientIsOnlyOpen(t *testing.T) {
	s, _, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	known, err := st.Registry.Studies(t.Context(), sample.Users["radiologist"], records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	s.ws.OpenStudy(known[0].StudyUID, func(err error) { t.Error(err) })
	s.ws.Settle()
	name := s.ws.Current().Name()
	if s.bar.name.Text != name {
		t.Errorf("in the viewer the bar says %q", s.bar.name.Text)
	}
	s.want("consult")
	if s.bar.name.Text == name || s.bar.name.Color == theme.InChrome(theme.Text()) {
		t.Errorf("before a consult the bar says %q as if it were of that person", s.bar.name.Text)
	}
	s.want(studyRoom(s.ws.Current()))
	if s.bar.name.Text != name {
		t.Errorf("back in the viewer the bar says %q", s.bar.name.Text)
	}
}

func TestAWarningThatAppearsMovesWhatLiesBelowIt(t *testing.T) {
	test.NewTempApp(t)
	bar, body := canvas.NewRectangle(color.Black), canvas.NewRectangle(color.Black)
	bar.SetMinSize(fyne.NewSize(10, 30))
	page := workspace.Steady(container.NewBorder(bar, nil, nil, nil, body))
	page.Resize(fyne.NewSize(400, 300))
	before := body.Position().Y
	bar.SetMinSize(fyne.NewSize(10, 60)) // the page is told nothing of it
	page.MinSize()                       // asked before each frame
	if body.Position().Y <= before || bar.Size().Height < bar.MinSize().Height {
		t.Errorf("the bar has %g of the %g it wants, the body stands at %g, before at %g", bar.Size().Height, bar.MinSize().Height, body.Position().Y, before)
	}
}

func TestASectionsNameStandsAgainOnlyOverRowsAtTheTopOfAColumn(t *testing.T) {
	block := func() fyne.CanvasObject {
		r := canvas.NewRectangle(nil)
		r.SetMinSize(fyne.NewSize(200, 100))
		return r
	}
	again := func() fyne.CanvasObject {
		c := &continuation{}
		c.Text = "viewer"
		c.ExtendBaseWidget(c)
		return c
	}
	objects := []fyne.CanvasObject{block(), again(), block(), again(), block()}
	c := &columns{}
	for width, want := range map[float32][]bool{220: {false, false}, 2*200 + besideColumn: {false, true}, 3*200 + 2*besideColumn: {true, true}} {
		c.Layout(objects, fyne.NewSize(width, 2000))
		for i, seen := range want {
			name, rows := objects[1+2*i], objects[2+2*i]
			if got := name.Position().Y == 0; got != seen {
				t.Errorf("%g wide: name %d at %v", width, i, name.Position())
			}
			if seen && (rows.Position().Y < name.MinSize().Height || rows.Position().X != name.Position().X) {
				t.Errorf("%g wide: name at %v over rows at %v", width, name.Position(), rows.Position())
			}
		}
	}
}

func TestTheKeySheetIsTurnedByKeysThatDoNothingElseMeanwhile(t *testing.T) {
	s, _, _, _ := opened(t)
	s.window.Resize(fyne.NewSize(1366, 300))
	s.want("viewer")
	s.toggleKeys()
	s.sheet.scroll.Resize(fyne.NewSize(600, 200))
	for _, key := range []fyne.KeyName{fyne.KeyPageDown, fyne.KeyDown} {
		before := s.sheet.scroll.Offset.Y
		if !s.ws.Keys.Run(workspace.Press(key)) || s.sheet.scroll.Offset.Y <= before {
			t.Errorf("%s leaves the sheet at %g", key, s.sheet.scroll.Offset.Y)
		}
	}
	s.ws.Keys.Run(workspace.Press(fyne.KeyPageUp))
	s.ws.Keys.Run(workspace.Press(fyne.KeyUp))
	if s.sheet.scroll.Offset.Y != 0 || !s.keysUp {
		t.Errorf("back at %g", s.sheet.scroll.Offset.Y)
	}
}

func TestTheKeySheetThatIsOpenFollowsTheLanguage(t *testing.T) {
	s, _, _, _ := opened(t)
	s.want("viewer")
	s.toggleKeys()
	s.ws.SetLanguage(lang.English)
	s.ws.Settle()
	want, there := s.ws.Lang.T("shell.lock"), false
	for _, o := range test.LaidOutObjects(s.sheet.content) {
		t, ok := o.(*canvas.Text)
		there = there || ok && t.Text == want
	}
	if !there {
		t.Errorf("nothing in the sheet says %q", want)
	}
}
