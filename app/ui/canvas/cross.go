package canvas

import (
	"image/color"

	"fyne.io/fyne/v2"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/imaging/render"
)

// Cross lets the left button put the crosshair, or gives the button back and
// takes the crosshair away.
func (i *Image) Cross(on bool) {
	if !on && !i.crossing && i.cross == nil && i.notice == "" {
		return
	}
	i.crossing, i.notice = on, ""
	if !on {
		i.cross = nil
	}
	i.Refresh()
}

// place is the plane and the spacing of the picture in front; false where it has
// no place in the patient.
func (i *Image) place() (imaging.Plane, imaging.Spacing, bool) {
	s, ok := i.Shown()
	if !ok {
		return imaging.Plane{}, imaging.Spacing{}, false
	}
	p, space := s.Plane(), s.Instance.Frame(s.Frame).Space
	if p == nil || p.Frame == "" || !space.Known() {
		return imaging.Plane{}, imaging.Spacing{}, false
	}
	return *p, space, true
}

// put puts the crosshair under the pointer.
func (i *Image) put(at fyne.Position) {
	p, space, ok := i.place()
	if !ok {
		i.crossing, i.notice = false, i.ws.Lang.T("canvas.cross_nowhere")
		i.Refresh()
		return
	}
	x, y := i.toPixels(at)
	w, h := i.pixels()
	ix, iy := i.state.Render(w, h).ToImage(w, h, x, y)
	q := view.PointAt(p, space, ix, iy)
	i.cross, i.crossFrame = &q, p.Frame
	i.Refresh()
	if i.OnPlace != nil {
		i.OnPlace(q, p.Frame)
	}
}

// GoToPlace shows the picture nearest to a place in the patient, with the
// crosshair there; nothing happens where the frame of reference is another.
func (i *Image) GoToPlace(q imaging.Vec, frame string) {
	k, _, ok := view.Nearest(i.slices, q)
	if !ok || i.slices[k].Plane().Frame != frame {
		return
	}
	i.cross, i.crossFrame = &q, frame
	i.SetState(i.state.ScrollTo(k))
}

// drawCross strokes the crosshair, open in the middle, where it lies within half
// a thickness of the picture, else dimmer.
func (i *Image) drawCross(v render.View, w, h int) {
	p, space, ok := i.place()
	if i.cross == nil || !ok || p.Frame != i.crossFrame {
		return
	}
	s, _ := i.Shown()
	n := p.Normal()
	away := n.Dot(*i.cross) - n.Dot(p.Position)
	ink := color.RGBA{0xff, 0xd0, 0x40, 255}
	if away*away > s.Instance.SliceThickness*s.Instance.SliceThickness/4+0.25 {
		ink = color.RGBA{0x90, 0x78, 0x30, 255}
	}
	x, y := view.OnPicture(p, space, *i.cross)
	sx, sy := v.ToScreen(w, h, x, y)
	const gap, arm = 6, 26
	at := func(dx0, dy0, dx1, dy1 int) {
		line(i.buffer, clampInt(sx)+dx0+1, clampInt(sy)+dy0+1, clampInt(sx)+dx1+1, clampInt(sy)+dy1+1, color.RGBA{A: 255}, 1)
		line(i.buffer, clampInt(sx)+dx0, clampInt(sy)+dy0, clampInt(sx)+dx1, clampInt(sy)+dy1, ink, 1)
	}
	at(-arm, 0, -gap, 0)
	at(gap, 0, arm, 0)
	at(0, -arm, 0, -gap)
	at(0, gap, 0, arm)
}

// Crossed reports that the crosshair stands here, or waits for the button.
func (i *Image) Crossed() bool { return i.crossing || i.cross != nil }
