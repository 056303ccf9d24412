package canvas

import (
	"fyne.io/fyne/v2"

	"longying/imaging"
	"longying/imaging/render"
)

// WindowRegion lets the next drag of the left button choose a rectangle whose
// values make the window, from their first to their 99th percentile; Esc gives
// up.
func (i *Image) WindowRegion(on bool) {
	i.windowing, i.windowFrom, i.notice = on, nil, ""
	if on && (i.renderer == nil || !i.renderer.Grey()) {
		i.windowing, i.notice = false, i.ws.Lang.T("canvas.window_colour")
	}
	i.Refresh()
}

// Windowing reports that the next drag makes a window.
func (i *Image) Windowing() bool { return i.windowing }

func (i *Image) finishWindow() {
	from, to := *i.windowFrom, i.windowTo
	i.windowing, i.windowFrom = false, nil
	s, ok := i.Shown()
	if !ok || i.frame == nil {
		return
	}
	x0, y0 := i.at(from)
	x1, y1 := i.at(to)
	g, big := regionOf(x0, y0, x1, y1, i.state.Columns, i.state.Rows)
	if !big {
		i.Refresh()
		return
	}
	w, ok := render.WindowOf(i.frame, s.Instance, s.Frame, g)
	if !ok {
		i.notice = i.ws.Lang.T("canvas.window_flat")
		i.Refresh()
		return
	}
	i.SetState(i.state.WithWindow(&w))
}

// at is the point of the picture under a place in the widget.
func (i *Image) at(p fyne.Position) (x, y float64) {
	sx, sy := i.toPixels(p)
	w, h := i.pixels()
	return i.state.Render(w, h).ToImage(w, h, sx, sy)
}

// WindowInForce is the window chosen, or the one that was computed where neither
// somebody nor the file says one: planes of the same volume are seen through the
// same. Nil: the file's own.
func (i *Image) WindowInForce() *imaging.VOILUT {
	if i.state.Window != nil {
		return i.state.Window
	}
	s, ok := i.Shown()
	if !ok || i.auto == nil || i.inForce != nil || len(s.Instance.Frame(s.Frame).VOI) > 0 {
		return nil
	}
	w := *i.auto
	return &w
}
