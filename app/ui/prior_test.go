package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/station"
	"longying/app/ui/canvas"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

// compared is a window on a study of a person who has earlier ones.
type compared struct {
	*shell
	t  *testing.T
	st *station.Station
	id string // of the person
}

// study imports a CT of a day, linked to the person unless id is empty.
func (c *compared) study(uid, day, part string, slices int, id string) {
	c.t.Helper()
	dir := c.t.TempDir()
	ctSeries(c.t, dir, uid, 0, slices, 16, func(ds *dicomfile.Dataset) {
		ds.String(0x00080020, "DA", day).String(0x00080030, "TM", "090000").String(0x00180015, "CS", part)
	})
	if _, err := c.ws.Registry.Import(c.t.Context(), c.ws.User(), []string{dir}, nil); err != nil {
		c.t.Fatal(err)
	}
	if id == "" {
		return
	}
	if _, err := c.ws.Registry.Link(c.t.Context(), c.ws.User(), uid, id); err != nil {
		c.t.Fatal(err)
	}
}

func newCompared(t *testing.T) *compared {
	t.Helper()
	s, _, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, nil); err != nil {
		t.Fatal(err)
	}
	people := func(text string) string {
		found, err := st.Registry.Search(t.Context(), s.ws.User(), text)
		if err != nil || len(found) == 0 {
			t.Fatal(text, len(found), err)
		}
		return found[0].ID
	}
	c := &compared{shell: s, t: t, st: st, id: people("620102196903089976")}
	c.study("2.25.91", "20260301", "CHEST", 9, c.id) // the one that is open
	c.study("2.25.92", "20240830", "CHEST", 7, c.id)
	c.study("2.25.93", "20250101", "HEAD", 5, c.id)
	c.study("2.25.94", "20260401", "CHEST", 5, c.id)          // later
	c.study("2.25.95", "20250601", "CHEST", 5, people("刘小满")) // another person's
	c.study("2.25.96", "20250601", "CHEST", 5, "")            // nobody's
	c.ws.OpenStudy("2.25.91", func(err error) { t.Error(err) })
	c.ws.Settle()
	return c
}

func (c *compared) key(name fyne.KeyName, mod fyne.KeyModifier) {
	c.ws.Keys.Run(workspace.Key{Name: name, Mod: mod})
	c.ws.Settle()
}

func (c *compared) ports() []*canvas.Image { return viewports(c.front.Content) }

func TestKeyBShowsTheSamePersonsEarlierStudyOfTheSamePartUnmistakablyMarked(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyB, 0)
	p := c.ports()
	if len(p) != 2 || p[1].Study() == nil || p[1].Study().UID != "2.25.92" {
		t.Fatalf("%d viewports", len(p))
	}
	if p[0].Prior() != "" || p[1].Prior() != "既往 2024-08-30 · 前 18 个月" {
		t.Errorf("%q %q", p[0].Prior(), p[1].Prior())
	}
	if words := strings.Join(p[1].Words().TopRight, "\n"); !strings.Contains(words, "2024-08-30") {
		t.Errorf("%q", words)
	}
	c.key(fyne.KeyB, fyne.KeyModifierShift)
	if p = c.ports(); len(p) != 2 || p[1].Study().UID != "2.25.93" {
		t.Errorf("the next is %v", p[1].Study().UID)
	}
	c.key(fyne.KeyB, fyne.KeyModifierShift)
	if p = c.ports(); p[1].Study().UID != "2.25.92" {
		t.Errorf("the two are no ring: %v", p[1].Study().UID)
	}
	c.key(fyne.KeyB, 0)
	if p = c.ports(); len(p) != 2 { // lung and mediastinum, as it was hung
		t.Errorf("%d viewports are left", len(p))
	}
	for _, one := range p {
		if one.Study() == nil || one.Study().UID != "2.25.91" || one.Prior() != "" || one.State().Window == nil {
			t.Errorf("%v %q", one.Study(), one.Prior())
		}
	}
}

func TestALaterStudyIsNamedAndOpenedInItsPlaceAndNeverComparedAsAnEarlierOne(t *testing.T) {
	c := newCompared(t)
	c.study("2.25.97", "20260501", "CHEST", 5, "") // later, but nobody's
	workspace.Publish(c.ws, workspace.StudiesChanged{})
	c.ws.Settle()
	if said := texts(c.front.Content); !strings.Contains(said, c.ws.Lang.T("viewer.later_studies", 1)+"\nCT 26-04-01\n") {
		t.Fatalf("the viewer says %q", said)
	}
	c.ws.SetLanguage(lang.English)
	if said := texts(c.front.Content); !strings.Contains(said, c.ws.Lang.T("viewer.later_studies", 1)) {
		t.Errorf("in English the viewer says %q", said)
	}
	c.ws.SetLanguage(lang.Chinese)
	c.key(fyne.KeyB, 0)
	for range 3 { // round all that it is compared with
		for _, p := range c.ports() {
			if p.Study() != nil && p.Study().UID == "2.25.94" {
				t.Fatal("the later study stands beside the one that is open")
			}
		}
		c.key(fyne.KeyB, fyne.KeyModifierShift)
	}
	c.key(fyne.KeyB, fyne.KeyModifierControl)
	if o := c.ws.Current(); o == nil || o.Examination.StudyUID != "2.25.94" {
		t.Fatalf("%+v is open", o)
	}
	if said := texts(c.front.Content); strings.Contains(said, c.ws.Lang.T("viewer.later_studies", 1)) {
		t.Error("the newest has a later one")
	}
	c.key(fyne.KeyB, 0)
	if p := c.ports(); len(p) != 2 || p[1].Study().UID != "2.25.91" {
		t.Error("the study that was open is no earlier one of it")
	}
	c.key(fyne.KeyB, fyne.KeyModifierControl)
	if said := texts(c.front.Content); !strings.Contains(said, c.ws.Lang.T("viewer.later_none")) {
		t.Errorf("a key does nothing and says nothing: %q", said)
	}
}

func TestAnEarlierStudyFollowsByPositionWithTheOffsetSetByHandAlsoPastItsEnd(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyB, 0)
	p := c.ports()
	if p[0].State().Slice != 4 || p[1].State().Slice != 3 {
		t.Fatalf("the middle stands beside the middle: %d %d", p[0].State().Slice, p[1].State().Slice)
	}
	c.key(fyne.KeyDown, 0)
	if p[0].State().Slice != 5 || p[1].State().Slice != 4 {
		t.Errorf("%d %d", p[0].State().Slice, p[1].State().Slice)
	}
	c.key(fyne.KeyUp, fyne.KeyModifierShift) // the one in front alone
	if p[0].State().Slice != 4 || p[1].State().Slice != 4 {
		t.Errorf("%d %d", p[0].State().Slice, p[1].State().Slice)
	}
	p[1].OnAlone(-2)
	c.ws.Settle()
	c.key(fyne.KeyHome, 0) // the other would be at −2
	if p[0].State().Slice != 0 || p[1].State().Slice != 0 {
		t.Errorf("%d %d", p[0].State().Slice, p[1].State().Slice)
	}
	p[1].OnActivate()
	p[0].OnActivate() // looking from one to the other changes nothing
	c.key(fyne.KeyEnd, 0)
	if p[0].State().Slice != 8 || p[1].State().Slice != 6 {
		t.Errorf("%d %d", p[0].State().Slice, p[1].State().Slice)
	}
	c.key(fyne.KeyPageUp, 0)
	c.key(fyne.KeyDown, 0)
	c.key(fyne.KeyDown, 0)
	c.key(fyne.KeyDown, 0)
	if p[0].State().Slice != 3 || p[1].State().Slice != 1 {
		t.Errorf("the offset of two slices got lost: %d %d", p[0].State().Slice, p[1].State().Slice)
	}
}

func TestNothingIsDrawnOnAnEarlierStudyAndNoVerdictGivenLookingAtIt(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyB, 0)
	p := c.ports()
	made, err := c.ws.Reading.Mark(t.Context(), c.ws.User(), imaging.Ref{StudyUID: "2.25.91"}, records.FindingChange{Label: &records.Text{Zh: "结节"}})
	if err != nil {
		t.Fatal(err)
	}
	workspace.Publish(c.ws, workspace.FindingsChanged{StudyUID: "2.25.91"})
	c.ws.Settle()
	workspace.Publish(c.ws, workspace.FindingSelected{Finding: made})
	p[1].OnActivate() // the earlier study is in front
	marked := 0
	workspace.On(c.ws, func(e workspace.RegionMarked) { marked++ })
	workspace.Publish(c.ws, workspace.RegionWanted{})
	for _, one := range p {
		one.Resize(fyne.NewSize(300, 300))
		if one.Drawing() {
			t.Error("the next drag marks a region")
		}
		one.DrawRegion(one == p[1])
		one.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(100, 100)}, Button: desktop.MouseButtonPrimary})
		one.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(200, 200)}, Dragged: fyne.NewDelta(100, 100)})
		one.DragEnd()
	}
	if marked != 0 {
		t.Error("a region was marked")
	}
	p[1].OnActivate()
	state := func() records.FindingState {
		list, err := c.ws.Reading.Findings(t.Context(), c.ws.User(), "2.25.91")
		if err != nil || len(list) != 1 {
			t.Fatal(len(list), err)
		}
		return list[0].State
	}
	reject := func() {
		c.key(fyne.KeyN, 0)
		c.window.Canvas().Focused().TypedRune('1')
		c.key(fyne.KeyReturn, fyne.KeyModifierControl)
	}
	reject()
	if s := state(); s == records.FindingRejected {
		t.Error("a verdict was given with the earlier study in front")
	}
	c.key(fyne.KeyReturn, fyne.KeyModifierControl)
	if s := state(); s != records.FindingRejected {
		t.Errorf("the second press does nothing: %s", s)
	}
}

func TestAnEarlierStudyThatTurnsOutToBeAnotherPersonsLeavesTheScreen(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyB, 0)
	if _, err := c.ws.Registry.Unlink(t.Context(), c.ws.User(), "2.25.92", "误关联", ""); err != nil {
		t.Fatal(err)
	}
	workspace.Publish(c.ws, workspace.StudiesChanged{})
	c.ws.Settle()
	for _, p := range c.ports() {
		if p.Study() != nil && p.Study().UID == "2.25.92" {
			t.Error("its pictures stay")
		}
	}
	c.key(fyne.KeyB, 0)
	for _, p := range c.ports() {
		if p.Study() != nil && p.Study().UID == "2.25.92" {
			t.Error("it comes back")
		}
	}
}

func TestASeriesIsDraggedIntoAViewportAndChosenByKeysAlone(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyB, 0)
	c.key(fyne.KeyW, 0) // four viewports
	p := c.ports()
	if len(p) != 4 || p[2].Study() != nil {
		t.Fatalf("%d viewports", len(p))
	}
	cells := draggables(c.front.Content)
	if len(cells) != 2 {
		t.Fatalf("%d series in the column", len(cells))
	}
	c.window.Resize(fyne.NewSize(1200, 800))
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p[2]).AddXY(20, 20)
	drag := func(d fyne.Draggable, to fyne.Position) {
		e := &fyne.DragEvent{}
		e.AbsolutePosition = to
		d.Dragged(e)
		d.DragEnd()
		c.ws.Settle()
	}
	drag(cells[1], fyne.NewPos(2, 2)) // let go beside them all
	if p[2].Study() != nil {
		t.Error("it fell into a viewport")
	}
	drag(cells[1], at)
	if p[2].Study() == nil || p[2].Study().UID != "2.25.92" || p[2].Prior() == "" {
		t.Errorf("%v is in the third viewport", p[2].Study())
	}
	drag(draggables(c.front.Content)[0], at)
	if p[2].Study().UID != "2.25.91" || p[2].Prior() != "" {
		t.Errorf("%s is in the third viewport, under %q", p[2].Study().UID, p[2].Prior())
	}
	c.key(fyne.KeyBackTick, 0) // now the keys: to the last, a study that was not looked at
	c.key(fyne.KeyEnd, 0)
	c.key(fyne.KeyReturn, 0)
	if n := len(draggables(c.front.Content)); n != 3 {
		t.Fatalf("%d series in the column", n)
	}
	c.key(fyne.KeyEnd, 0)
	c.key(fyne.KeyReturn, 0)
	if p[2].Study().UID != "2.25.93" || p[2].Prior() == "" {
		t.Errorf("%s is in the third viewport", p[2].Study().UID)
	}
	c.key(fyne.KeyDown, 0) // back in the pictures
	if p[2].Study().UID != "2.25.93" || p[2].State().Slice == 0 {
		t.Error("the keys stay in the column")
	}
}

// draggables are what can be dragged below an object but the viewports.
func draggables(o fyne.CanvasObject) (out []fyne.Draggable) {
	switch o := o.(type) {
	case *canvas.Image:
	case *container.Scroll:
		return draggables(o.Content)
	case fyne.Draggable:
		if c, ok := o.(desktop.Cursorable); ok && c.Cursor() == desktop.PointerCursor { // can be taken hold of
			return []fyne.Draggable{o}
		}
	case *fyne.Container:
		for _, c := range o.Objects {
			out = append(out, draggables(c)...)
		}
	}
	return out
}

func TestWhatWasMeasuredInAnEarlierStudyStandsOnItsPictureWithItsDateAndIsOnlyLookedAt(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyB, 0)
	shown, _ := c.ports()[1].Shown()
	c.key(fyne.KeyB, 0)
	drawn := records.Annotation{Tool: records.ToolLength, Points: []imaging.Point{{X: 2, Y: 8}, {X: 14, Y: 8}},
		Ref: imaging.Ref{StudyUID: "2.25.92", SOPUID: shown.Instance.SOPInstanceUID, Frame: 1}}
	var err error
	if drawn.Values, drawn.Basis, err = records.Measured(t.Context(), drawn.Tool, drawn.Points, records.Picture{Instance: shown.Instance, Number: 1}); err != nil {
		t.Fatal(err)
	}
	if drawn, err = c.ws.Reading.Annotate(t.Context(), c.ws.User(), drawn); err != nil {
		t.Fatal(err)
	}
	c.ws.CloseStudy()
	c.ws.Settle()
	c.ws.OpenStudy("2.25.91", func(err error) { t.Error(err) })
	c.ws.Settle()
	c.key(fyne.KeyB, 0)
	p := c.ports()
	if got := p[0].Measured(); len(got) != 0 {
		t.Errorf("the study that is open shows %q", got)
	}
	got := p[1].Measured()
	if want := "既往 2024-08-30，"; len(got) != 1 || !strings.Contains(got[0], want) || !strings.Contains(got[0], " mm") {
		t.Fatalf("%q, want %q", got, want)
	}
	p[1].Resize(fyne.NewSize(320, 320)) // twenty pixels of the screen a pixel
	for _, to := range []fyne.Position{{X: 40, Y: 160}, {X: 100, Y: 200}} {
		p[1].MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(40, 160)}, Button: desktop.MouseButtonPrimary})
		p[1].Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: to}, Dragged: fyne.NewDelta(60, 40)})
		p[1].MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: to}, Button: desktop.MouseButtonPrimary})
		p[1].DragEnd()
	}
	c.key(fyne.KeyDelete, 0)
	if list, err := c.ws.Reading.Annotations(t.Context(), c.ws.User(), "2.25.92"); err != nil || len(list) != 1 || list[0].Version != 1 || p[1].Selected() != "" {
		t.Errorf("%+v %v, %q is chosen", list, err, p[1].Selected())
	}
}

func TestEscTakesTheCrosshairFromEveryViewport(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyM, 0)
	p := c.ports()
	crosses := func() (n int) {
		for _, one := range p {
			if one.Crossed() {
				n++
			}
		}
		return n
	}
	if n := crosses(); n != 4 {
		t.Fatalf("%d of the planes have a crosshair", n)
	}
	c.key(fyne.KeyEscape, 0)
	if n := crosses(); n != 0 {
		t.Errorf("%d keep it", n)
	}
}
