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

func TestWhatIsMeasuredOnASlideWithoutAScaleIsKeptInPixelsAndSaysSo(t *testing.T) {
	r := newRuler(t, "SM")
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
		dx, dy := math.Abs(a.Points[1].X-a.Points[0].X), math.Abs(a.Points[1].Y-a.Points[0].Y)
		want := math.Hypot(dx, dy)
		if k == 1 {
			want = math.Pi / 4 * dx * dy
		}
		if !a.Matrix || a.Ref.Frame != 0 || len(a.Values) != 1 || a.Values[0].Unit != records.UnitPixels || math.Abs(a.Values[0].Value/want-1) > 1e-9 {
			t.Errorf("%+v, want %g", a, want)
		}
	}
	if words := texts(r.tab.Content); !strings.Contains(words, "测量与标注 2") || !strings.Contains(words, "像素") || !strings.Contains(words, "未标定") || strings.Contains(words, "µm") {
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
