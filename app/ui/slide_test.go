package ui

import (
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"longying/app/ui/canvas"
	"longying/app/ui/workspace"
	"longying/imaging/slide"
	"longying/records"
)

// glass is the viewport of the slide room.
func (r *ruler) glass() fyne.CanvasObject {
	r.t.Helper()
	for _, o := range test.LaidOutObjects(r.front.Content) {
		_, mouse := o.(desktop.Mouseable)
		_, drag := o.(fyne.Draggable)
		if _, image := o.(*canvas.Image); mouse && drag && !image && o.Size().Width > 300 && o.Size().Height > 200 {
			return o
		}
	}
	r.t.Fatal("no slide is shown")
	return nil
}

// dragOn drags the left button over the slide.
func (r *ruler) dragOn(points ...fyne.Position) {
	g := r.glass()
	press := &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: points[0]}, Button: desktop.MouseButtonPrimary}
	g.(desktop.Mouseable).MouseDown(press)
	last := points[0]
	for _, p := range points[1:] {
		g.(fyne.Draggable).Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: p}, Dragged: fyne.NewDelta(p.X-last.X, p.Y-last.Y)})
		last = p
	}
	g.(desktop.Mouseable).MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: last}, Button: desktop.MouseButtonPrimary})
	g.(fyne.Draggable).DragEnd()
	r.ws.Settle()
}

func TestOnASlideLengthAndAreaAreMeasuredInItsOwnMicrometresAndKept(t *testing.T) {
	r := newRuler(t, "SM")
	study := r.ws.Current().Study
	s, err := r.ws.Archive.Slide(t.Context(), study, study.Series[0].Instances[0].SOPInstanceUID, r.ws.Decoder, slide.Options{})
	if err != nil {
		t.Fatal(err)
	}
	level := s.Levels()[0]
	if err := s.Close(); err != nil || !(level.MicrometresX > 0) {
		t.Fatalf("the sample slide says no scale; %v", err)
	}
	size := r.glass().Size()
	middle := fyne.NewPos(size.Width/2, size.Height/2)
	r.key(canvas.ToolKey(records.ToolLength))
	r.dragOn(middle, middle.AddXY(80, 0))
	r.key(canvas.ToolKey(records.ToolEllipse))
	r.dragOn(middle.AddXY(-60, 20), middle.AddXY(60, 70))
	r.key(workspace.Press(fyne.KeyEscape))
	list := r.kept()
	if len(list) != 2 {
		t.Fatalf("%d are in the record", len(list))
	}
	for k, a := range list {
		dx, dy := math.Abs(a.Points[1].X-a.Points[0].X)*level.MicrometresX, math.Abs(a.Points[1].Y-a.Points[0].Y)*level.MicrometresY
		want, unit := math.Hypot(dx, dy), records.UnitMicro
		if k == 1 {
			want, unit = math.Pi/4*dx*dy, records.UnitMicro2
		}
		if !a.Matrix || a.Ref.Frame != 0 || len(a.Values) != 1 || a.Values[0].Unit != unit || math.Abs(a.Values[0].Value/want-1) > 1e-9 {
			t.Errorf("%+v, want %g %s", a, want, unit)
		}
	}
	if words := texts(r.tab.Content); !strings.Contains(words, "测量与标注 2") || !strings.Contains(words, "µm") && !strings.Contains(words, " mm") {
		t.Errorf("the panel shows %s", words)
	}
	r.ws.CloseStudy()
	r.ws.Settle()
	r.open()
	r.dragOn(middle.AddXY(40, 0), middle.AddXY(40, 40)) // by its line
	moved := r.kept()
	if len(moved) != 2 || moved[0].UID != list[0].UID || moved[0].Version != 2 || moved[0].Points[0].Y <= list[0].Points[0].Y {
		t.Errorf("it is not there again: %+v", moved)
	}
	r.key(workspace.Press(fyne.KeyDelete))
	if n := len(r.kept()); n != 1 {
		t.Errorf("%d after the deletion", n)
	}
}
