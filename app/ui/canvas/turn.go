package canvas

import (
	"math"

	"fyne.io/fyne/v2"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/imaging/volume"
)

// How near to a line, and how far from the crosshair, a press takes hold of it to
// turn it, in pixels of the screen at 100 %.
const (
	nearLine  = 8
	offCentre = 40
)

// Recut shows a plane of the same volume that lies otherwise: the place of the
// crosshair stays where it was on the screen, and so do scale and window. The old
// picture stays until the new one is there.
func (i *Image) Recut(study *imaging.Study, series *imaging.Series, stack *volume.Stack, who view.Identity, centre imaging.Vec, columns, rows int) {
	w, h := i.pixels()
	state, renderer, frame := i.state, i.renderer, i.frame
	cross, crossFrame, crossing, turning := i.cross, i.crossFrame, i.crossing, i.turning
	sx, sy := float64(w)/2, float64(h)/2
	scale := i.state.Render(w, h).Scale
	if state.Slice < len(i.slices) { // also while it is on its way
		one := i.slices[state.Slice]
		x, y := view.OnPicture(*one.Plane(), one.Instance.Frame(one.Frame).Space, centre)
		sx, sy = i.state.Render(w, h).ToScreen(w, h, x, y)
	}
	slice, _, _ := view.Nearest(stack.Slices, centre)
	i.SetStack(study, series, stack, who, slice)
	i.cross, i.crossFrame, i.crossing, i.turning = cross, crossFrame, crossing, turning
	if state.Columns == 0 { // the picture before was still on its way: there is no scale to keep
		i.SetState(i.state.WithWindow(state.Window))
		return
	}
	next := state
	next.Columns, next.Rows, next.Slices = columns, rows, len(stack.Slices)
	next = next.ScrollTo(slice)
	one := stack.Slices[slice]
	if plane, space := one.Plane(), one.Instance.Frame(one.Frame).Space; plane != nil && space.Known() {
		next.Free, next.Scale = true, scale
		next.CenterX, next.CenterY = view.OnPicture(*plane, space, centre)
		v := next.Render(w, h)
		cx, cy := v.ToScreen(w, h, next.CenterX, next.CenterY)
		x, y := v.ToImage(w, h, 2*cx-sx, 2*cy-sy)
		next.CenterX, next.CenterY = x, y
	}
	if i.renderer == nil { // it comes in a moment
		i.renderer, i.frame = renderer, frame
	}
	i.SetState(next)
}

// grip is the angle of a place about the crosshair, in the picture, from its rows
// to its columns; false where no line is near, or the crosshair is too near.
func (i *Image) grip(at fyne.Position) (angle float64, ok bool) {
	p, space, there := i.place()
	if i.cross == nil || i.OnTurn == nil || !there || i.Original() || p.Frame != i.crossFrame {
		return 0, false
	}
	w, h := i.pixels()
	v := i.state.Render(w, h)
	unit := float64(w) / float64(max(1, i.Size().Width))
	x, y := i.toPixels(at)
	cx, cy := view.OnPicture(p, space, *i.cross)
	sx, sy := v.ToScreen(w, h, cx, cy)
	if math.Hypot(x-sx, y-sy) < offCentre*unit {
		return 0, false
	}
	for _, l := range i.lines {
		ax, ay := v.ToScreen(w, h, l.From[0], l.From[1])
		bx, by := v.ToScreen(w, h, l.To[0], l.To[1])
		long := math.Hypot(bx-ax, by-ay)
		if long > 1 && math.Abs((bx-ax)*(ay-y)-(ax-x)*(by-ay))/long < nearLine*unit {
			return i.angle(at)
		}
	}
	return 0, false
}

// angle is that of a place about the crosshair.
func (i *Image) angle(at fyne.Position) (float64, bool) {
	p, space, ok := i.place()
	if !ok || i.cross == nil {
		return 0, false
	}
	x, y := i.at(at)
	cx, cy := view.OnPicture(p, space, *i.cross)
	return math.Atan2((y-cy)*space.RowMM, (x-cx)*space.ColumnMM), true
}

// turnTo turns the lines after the pointer.
func (i *Image) turnTo(at fyne.Position, done bool) {
	now, ok := i.angle(at)
	if !ok { // the picture of the last turn is on its way: this one is left out
		if done {
			i.turning = nil
			i.OnTurn(0, true)
		}
		return
	}
	by := math.Remainder(now-*i.turning, 2*math.Pi)
	i.turning = &now
	if done {
		i.turning = nil
	}
	i.OnTurn(by, done)
}

// Lines are where other pictures cut this one.
func (i *Image) Lines() []Line { return i.lines }

// CrossOnScreen is where the crosshair is in the widget; zero where there is none.
func (i *Image) CrossOnScreen() (x, y float64) {
	p, space, ok := i.place()
	if !ok || i.cross == nil {
		return 0, 0
	}
	w, h := i.pixels()
	px, py := view.OnPicture(p, space, *i.cross)
	x, y = i.state.Render(w, h).ToScreen(w, h, px, py)
	unit := float64(w) / float64(max(1, i.Size().Width))
	return x / unit, y / unit
}
