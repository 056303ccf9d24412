package canvas

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/ui/workspace"
	"longying/imaging"
)

// Scrolled is fyne.Scrollable's: slices, with Control zoom at the pointer.
func (i *Image) Scrolled(e *fyne.ScrollEvent) {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok && d.CurrentKeyModifiers()&fyne.KeyModifierControl != 0 {
		x, y := i.toPixels(e.Position)
		w, h := i.pixels()
		i.SetState(i.state.ZoomAt(math.Pow(1.15, float64(e.Scrolled.DY/notch)), x, y, w, h))
		return
	}
	if i.OnActivate != nil && !shifted() {
		i.OnActivate() // the others follow the one that is scrolled
	}
	i.wheel += e.Scrolled.DY
	if shifted() { // the driver then gives the wheel as sideways
		i.wheel += e.Scrolled.DX
	}
	if n := int(i.wheel / notch); n != 0 {
		i.wheel -= float32(n) * notch
		n = min(max(n, -10), 10)
		if shifted() && i.OnAlone != nil {
			i.OnAlone(-n)
			return
		}
		i.SetState(i.state.Scroll(-n))
	}
}

// shifted reports that Shift is held.
func shifted() bool {
	d, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	return ok && d.CurrentKeyModifiers()&fyne.KeyModifierShift != 0
}

// MouseDown is desktop.Mouseable's.
func (i *Image) MouseDown(e *desktop.MouseEvent) {
	i.pressed, i.last, i.moved = e.Button, e.Position, false
	if e.Button == desktop.MouseButtonPrimary && e.Modifier&fyne.KeyModifierControl != 0 && i.OnMatch != nil {
		i.pressed, i.moved = 0, true
		i.OnMatch()
		return
	}
	if i.OnActivate != nil {
		i.OnActivate()
	}
	if i.windowing && e.Button == desktop.MouseButtonPrimary {
		at := e.Position
		i.windowFrom, i.windowTo = &at, at
		return
	}
	if angle, ok := i.grip(e.Position); ok && i.crossing && e.Button == desktop.MouseButtonPrimary {
		i.turning = &angle
		return
	}
	if i.crossing && e.Button == desktop.MouseButtonPrimary {
		i.put(e.Position)
		return
	}
	if e.Button == desktop.MouseButtonPrimary && !i.drawing && i.measure.Down(e.Position) {
		return
	}
	if i.drawing && e.Button == desktop.MouseButtonPrimary {
		at := e.Position
		i.drawnFrom, i.drawnTo = &at, at
	}
}

// MouseUp is desktop.Mouseable's: a click on a mark chooses it, the end of a
// drag ends a region.
func (i *Image) MouseUp(e *desktop.MouseEvent) {
	i.pressed = 0
	if i.turning != nil {
		i.turnTo(e.Position, true)
		return
	}
	if i.windowFrom != nil {
		i.windowTo = e.Position
		i.finishWindow()
		return
	}
	if i.measure.Up(e.Position) {
		return
	}
	if i.drawnFrom != nil {
		i.drawnTo = e.Position
		i.finishRegion()
		return
	}
	if i.moved || e.Button != desktop.MouseButtonPrimary || i.OnMark == nil {
		return
	}
	x, y := i.toPixels(e.Position)
	w, h := i.pixels()
	v := i.state.Render(w, h)
	ix, iy := v.ToImage(w, h, x, y)
	if uid, ok := hit(i.visibleMarks(), ix, iy, i.selected); ok {
		i.OnMark(uid)
	}
}

func (i *Image) finishRegion() {
	w, h := i.pixels()
	v := i.state.Render(w, h)
	ax, ay := i.toPixels(*i.drawnFrom)
	bx, by := i.toPixels(i.drawnTo)
	x0, y0 := v.ToImage(w, h, ax, ay)
	x1, y1 := v.ToImage(w, h, bx, by)
	i.drawing, i.drawnFrom = false, nil
	if !i.Original() {
		i.Refresh() // no finding may refer to a picture that was computed
		return
	}
	i.Refresh()
	s, ok := i.Shown()
	r, big := regionOf(x0, y0, x1, y1, i.state.Columns, i.state.Rows)
	if !ok || !big || i.OnRegion == nil {
		return
	}
	i.OnRegion(imaging.Ref{StudyUID: i.study.UID, SeriesUID: i.series.UID, SOPUID: s.Instance.SOPInstanceUID,
		SOPClass: s.Instance.SOPClassUID, Frame: s.Frame, Region: &r})
}

// regionOf is the region between two corners, cut to the picture; false when
// nothing worth marking is left.
func regionOf(x0, y0, x1, y1 float64, columns, rows int) (imaging.Region, bool) {
	x0, x1 = min(x0, x1), max(x0, x1)
	y0, y1 = min(y0, y1), max(y0, y1)
	r := imaging.Region{X0: math.Round(max(x0, 0)), Y0: math.Round(max(y0, 0)),
		X1: math.Round(min(x1, float64(columns))), Y1: math.Round(min(y1, float64(rows))), Kind: imaging.RegionDrawn}
	return r, r.X1-r.X0 >= 2 && r.Y1-r.Y0 >= 2
}

// Dragged is fyne.Draggable's: left and middle button.
func (i *Image) Dragged(e *fyne.DragEvent) {
	i.drag(i.pressed, e.Position, e.Dragged.DX, e.Dragged.DY)
}

// DragEnd is fyne.Draggable's.
func (i *Image) DragEnd() {
	if i.turning != nil {
		i.turning = nil
		i.OnTurn(0, true)
	}
	if i.windowFrom != nil {
		i.finishWindow()
	}
	if i.drawnFrom != nil {
		i.finishRegion()
	}
	i.pressed = 0
}

// MouseIn is desktop.Hoverable's.
func (i *Image) MouseIn(*desktop.MouseEvent) {}

// MouseOut is desktop.Hoverable's.
func (i *Image) MouseOut() { i.hover(nil) }

// MouseMoved is desktop.Hoverable's: Fyne reports no drag for the right button.
func (i *Image) MouseMoved(e *desktop.MouseEvent) {
	if at := e.Position; i.magnified > 0 {
		i.hover(&at)
	} else {
		i.pointer = &at
	}
	i.measure.Move(e.Position)
	if e.Button == desktop.MouseButtonSecondary && i.pressed == desktop.MouseButtonSecondary {
		d := e.Position.Subtract(i.last)
		i.last = e.Position
		i.drag(desktop.MouseButtonSecondary, e.Position, d.X, d.Y)
	}
}

func (i *Image) drag(button desktop.MouseButton, at fyne.Position, dx, dy float32) {
	i.moved = true
	if i.turning != nil {
		i.turnTo(at, false)
		return
	}
	if i.windowFrom != nil {
		i.windowTo = at
		i.Refresh()
		return
	}
	if button == desktop.MouseButtonPrimary && i.measure.Drag(at) {
		return
	}
	if i.drawnFrom != nil {
		i.drawnTo = at
		i.Refresh()
		return
	}
	w, h := i.pixels()
	x, y := i.toPixels(fyne.NewPos(dx, dy))
	if button == desktop.MouseButtonPrimary && i.crossing {
		i.put(at)
		return
	}
	if button == 0 {
		return
	}
	switch i.ws.Keys.Mouse().Does(button) {
	case workspace.DragWindow:
		if i.renderer != nil {
			i.SetState(i.state.DragWindow(i.renderer.Window(), x, y))
		}
	case workspace.DragPan:
		i.SetState(i.state.Pan(x, y, w, h))
	case workspace.DragZoom:
		i.SetState(i.state.ZoomAt(math.Pow(1.01, -y), float64(w)/2, float64(h)/2, w, h))
	case workspace.DragScroll:
		i.dragged += dy
		if n := int(i.dragged / dragSlice); n != 0 {
			i.dragged -= float32(n) * dragSlice
			i.SetState(i.state.Scroll(n))
		}
	}
}

// dragSlice is how far a drag goes for one slice.
const dragSlice = 8

// DoubleTapped is fyne.DoubleTappable's.
func (i *Image) DoubleTapped(e *fyne.PointEvent) {
	if i.measure.Double(e.Position) {
		return
	}
	if i.OnDouble != nil {
		i.OnDouble()
	}
}

// Cursor is desktop.Cursorable's.
func (i *Image) Cursor() desktop.Cursor {
	if i.drawing || i.windowing || i.measure.tool != "" {
		return desktop.CrosshairCursor
	}
	return desktop.DefaultCursor
}
