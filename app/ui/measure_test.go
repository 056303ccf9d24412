package ui

import (
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/station"
	"longying/app/ui/canvas"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// ruler draws on the first viewport of a study that is open.
type ruler struct {
	*shell
	t     *testing.T
	st    *station.Station
	study string
}

func newRuler(t *testing.T, modality string) *ruler {
	t.Helper()
	s, w, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, nil); err != nil {
		t.Fatal(err)
	}
	w.Resize(fyne.NewSize(1366, 768))
	known, err := st.Registry.Studies(t.Context(), s.ws.User(), records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	r := &ruler{shell: s, t: t, st: st}
	for _, ex := range known {
		if ex.Modality == modality {
			r.study = ex.StudyUID
		}
	}
	r.open()
	return r
}

func (r *ruler) open() {
	r.ws.OpenStudy(r.study, func(err error) { r.t.Error(err) })
	r.ws.Settle()
}

func (r *ruler) image() *canvas.Image { return viewports(r.front.Content)[0] }

func (r *ruler) key(k workspace.Key) {
	r.t.Helper()
	if !r.ws.Keys.Run(k) {
		r.t.Errorf("%s does nothing", k)
	}
	r.ws.Settle()
}

// at is a point of the picture on the viewport.
func (r *ruler) at(p imaging.Point) fyne.Position {
	i := r.image()
	w, h := int(i.Size().Width), int(i.Size().Height)
	x, y := i.State().Render(w, h).ToScreen(w, h, p.X, p.Y)
	return fyne.NewPos(float32(x), float32(y))
}

func (r *ruler) press(p imaging.Point) {
	e := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	e.Position = r.at(p)
	r.image().MouseDown(e)
}

func (r *ruler) release(p imaging.Point) {
	e := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	e.Position = r.at(p)
	r.image().MouseUp(e)
	r.ws.Settle()
}

// drag goes from point to point with the button held.
func (r *ruler) drag(points ...imaging.Point) {
	r.press(points[0])
	for k := 1; k < len(points); k++ {
		from, to := r.at(points[k-1]), r.at(points[k])
		e := &fyne.DragEvent{Dragged: fyne.NewDelta(to.X-from.X, to.Y-from.Y)}
		e.Position = to
		r.image().Dragged(e)
	}
	r.release(points[len(points)-1])
	r.image().DragEnd()
}

func (r *ruler) click(p imaging.Point) {
	r.press(p)
	r.release(p)
}

func (r *ruler) kept() []records.Annotation {
	r.t.Helper()
	list, err := r.st.Reading.Annotations(r.t.Context(), r.ws.User(), r.study)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

func near(a, b imaging.Point) bool { return math.Hypot(a.X-b.X, a.Y-b.Y) < 1.5 }

func TestEachToolKeepsWhatItDrawsAtOnceInTheRecord(t *testing.T) {
	r := newRuler(t, "CT")
	a, b, c, d := imaging.Point{X: 60, Y: 70}, imaging.Point{X: 180, Y: 90}, imaging.Point{X: 70, Y: 180}, imaging.Point{X: 190, Y: 160}
	for n, one := range []struct {
		tool records.Tool
		draw func()
		want []imaging.Point
	}{
		{records.ToolLength, func() { r.drag(a, b) }, []imaging.Point{a, b}},
		{records.ToolAngle, func() { r.drag(a, b); r.click(c) }, []imaging.Point{a, b, c}},
		{records.ToolCobb, func() { r.drag(a, b); r.drag(c, d) }, []imaging.Point{a, b, c, d}},
		{records.ToolThorax, func() { r.click(a); r.click(b); r.click(c); r.click(d) }, []imaging.Point{a, b, c, d}},
		{records.ToolEllipse, func() { r.drag(a, d) }, []imaging.Point{a, d}},
		{records.ToolPolygon, func() { r.click(a); r.click(b); r.click(d); r.click(a) }, []imaging.Point{a, b, d}},
		{records.ToolProbe, func() { r.click(a) }, []imaging.Point{a}},
	} {
		r.key(canvas.ToolKey(one.tool))
		if r.image().Tool() != one.tool {
			t.Fatalf("%s is not in hand", one.tool)
		}
		// Beside what stands there already, whose handles would be taken.
		shift := func(p *imaging.Point, by float64) { p.X, p.Y = p.X+by, p.Y+by*2 }
		for _, p := range []*imaging.Point{&a, &b, &c, &d} {
			shift(p, 5)
		}
		for k := range one.want {
			shift(&one.want[k], 5*float64(n+1))
		}
		one.draw()
		list := r.kept()
		if len(list) != n+1 {
			t.Fatalf("%s: %d are in the record", one.tool, len(list))
		}
		got := list[n]
		if got.Tool != one.tool || len(got.Points) != len(one.want) || len(got.Values) == 0 || got.ByName != r.ws.User().Name || len(got.Patient) != len(got.Points) {
			t.Errorf("%s: %+v", one.tool, got)
			continue
		}
		for k, p := range one.want {
			if !near(got.Points[k], p) {
				t.Errorf("%s: point %d at %v, want %v", one.tool, k, got.Points[k], p)
			}
		}
	}
	if got := texts(r.tab.Content); !strings.Contains(got, "测量与标注 7") || !strings.Contains(got, "心胸比") || !strings.Contains(got, "HU") {
		t.Errorf("the panel shows %s", got)
	}
	r.key(workspace.Press(fyne.KeyEscape))
	if r.image().Tool() != "" {
		t.Error("Esc keeps the tool")
	}
}

func TestAnOutlineIsTracedByHand(t *testing.T) {
	r := newRuler(t, "CT")
	r.key(canvas.ToolKey(records.ToolPolygon))
	var ring []imaging.Point
	for k := range 40 {
		s, c := math.Sincos(2 * math.Pi * float64(k) / 40)
		ring = append(ring, imaging.Point{X: 128 + 50*c, Y: 128 + 50*s})
	}
	r.drag(ring...)
	list := r.kept()
	if len(list) != 1 || len(list[0].Points) < 30 || list[0].Basis.Pixels < 7000 || list[0].Basis.Pixels > 8000 {
		t.Errorf("%d, %+v", len(list), list)
	}
}

func TestAMeasurementIsMovedByItsHandlesDeletedAndTakenBack(t *testing.T) {
	r := newRuler(t, "CT")
	a, b, c := imaging.Point{X: 60, Y: 70}, imaging.Point{X: 180, Y: 90}, imaging.Point{X: 200, Y: 200}
	r.key(canvas.ToolKey(records.ToolLength))
	r.drag(a, b)
	r.key(workspace.Press(fyne.KeyEscape))
	first := r.kept()[0]
	r.drag(b, c) // the handle
	moved := r.kept()[0]
	if moved.UID != first.UID || moved.Version != 2 || !near(moved.Points[1], c) || moved.Values[0].Value <= first.Values[0].Value {
		t.Fatalf("%+v", moved)
	}
	r.key(workspace.Press(fyne.KeyDelete))
	if n := len(r.kept()); n != 0 {
		t.Fatalf("%d after the deletion", n)
	}
	for _, want := range []int{1, 1, 0} { // deleted, moved, drawn
		r.key(workspace.Ctrl(fyne.KeyZ))
		list := r.kept()
		if len(list) != want {
			t.Fatalf("%d are there, want %d", len(list), want)
		}
	}
}

func TestWhatWasMeasuredStandsThereAgainWhenTheStudyIsOpenedAgain(t *testing.T) {
	r := newRuler(t, "CR")
	a, b := imaging.Point{X: 60, Y: 70}, imaging.Point{X: 180, Y: 90}
	r.key(canvas.ToolKey(records.ToolLength))
	r.drag(a, b)
	if got := texts(r.tab.Content); !strings.Contains(got, "像素") || !strings.Contains(got, "未标定") || strings.Contains(got, " mm") {
		t.Errorf("a film without a spacing: %s", got)
	}
	r.ws.CloseStudy()
	r.ws.Settle()
	r.open()
	uid := r.kept()[0].UID
	r.click(imaging.Point{X: (a.X + b.X) / 2, Y: (a.Y + b.Y) / 2}) // on its line
	if got := r.image().Selected(); got != uid {
		t.Errorf("%q is chosen, want %q", got, uid)
	}
	r.click(imaging.Point{X: 20, Y: 200})
	if got := r.image().Selected(); got != "" {
		t.Errorf("%q is chosen beside it", got)
	}
}

func TestWhatTheRecordDoesNotTakeStaysOnThePictureAndSaysSo(t *testing.T) {
	r := newRuler(t, "CT")
	technician := r.ws.User()
	technician.Role = records.RoleTechnician
	r.ws.SetUser(technician)
	r.ws.Settle()
	r.open()
	r.key(canvas.ToolKey(records.ToolLength))
	r.drag(imaging.Point{X: 60, Y: 70}, imaging.Point{X: 180, Y: 90})
	if n := len(r.kept()); n != 0 {
		t.Fatalf("%d are in the record", n)
	}
	if got := texts(r.front.Content); !strings.Contains(got, "未保存") {
		t.Errorf("it is not said: %s", got)
	}
	if r.image().Selected() == "" {
		t.Error("the drawing is gone")
	}
	r.key(workspace.Press(fyne.KeyDelete))
}

func TestATextIsKeptWithItsWordsAndNotWithoutThem(t *testing.T) {
	r := newRuler(t, "CT")
	r.key(canvas.ToolKey(records.ToolText))
	r.click(imaging.Point{X: 60, Y: 70})
	if n := len(r.kept()); n != 0 {
		t.Fatal("a text without words is kept")
	}
	e := r.window.Canvas().Focused()
	entry, ok := e.(*workspace.Entry)
	if !ok {
		t.Fatalf("the keys go to %T", e)
	}
	entry.SetText("不要")
	entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) // one press gives up
	r.ws.Settle()
	if entry.Visible() && r.window.Canvas().Focused() == fyne.Focusable(entry) || len(r.kept()) != 0 {
		t.Fatal("Esc does not give up the words")
	}
	r.key(canvas.ToolKey(records.ToolText))
	r.key(canvas.ToolKey(records.ToolText))
	r.click(imaging.Point{X: 60, Y: 70})
	entry.SetText("主动脉弓")
	entry.OnSubmitted(entry.Text)
	r.ws.Settle()
	if list := r.kept(); len(list) != 1 || list[0].Label != "主动脉弓" {
		t.Errorf("%+v", list)
	}
}

func TestPointsOfAnOutlineThatAreSetFastAreNoDoubleClick(t *testing.T) {
	r := newRuler(t, "CT")
	r.key(canvas.ToolKey(records.ToolPolygon))
	twice := func(p imaging.Point) {
		r.click(p)
		r.image().DoubleTapped(&fyne.PointEvent{Position: r.at(p)}) // by the time alone
		r.ws.Settle()
	}
	for _, p := range []imaging.Point{{X: 60, Y: 60}, {X: 160, Y: 60}, {X: 160, Y: 160}, {X: 60, Y: 160}} {
		twice(p)
	}
	if n := len(r.kept()); n != 0 {
		t.Fatalf("%d outlines were closed on the way", n)
	}
	twice(imaging.Point{X: 60, Y: 160}) // the second click in the same place
	if list := r.kept(); len(list) != 1 || len(list[0].Points) != 4 {
		t.Errorf("%+v", list)
	}
}
