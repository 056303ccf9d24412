package canvas

import "math"

// TrueSize shows the picture as large as what it shows, by what a pixel of the
// monitor measures; where that, or what a pixel of the picture measures, is not
// known, it says so and changes nothing.
func (i *Image) TrueSize() {
	s, ok := i.Shown()
	if !ok || i.renderer == nil {
		return
	}
	pitch, space := i.ws.PixelPitch(), s.Instance.Frame(s.Frame).Space
	switch {
	case pitch == 0:
		i.notice = i.ws.Lang.T("canvas.true_no_monitor")
	case !space.Known():
		i.notice = i.ws.Lang.T("canvas.true_no_spacing")
	default:
		i.notice = ""
		w, h := i.pixels()
		v := i.state.Render(w, h)
		i.SetState(i.state.ZoomAt(space.ColumnMM/pitch/v.Scale, float64(w)/2, float64(h)/2, w, h))
		return
	}
	i.Refresh()
}

// trueSize reports that the picture is as large as what it shows.
func (i *Image) trueSize() bool {
	s, ok := i.Shown()
	pitch := i.ws.PixelPitch()
	if !ok || pitch == 0 || !i.state.Free {
		return false
	}
	space := s.Instance.Frame(s.Frame).Space
	return space.Known() && math.Abs(i.state.Scale*pitch/space.ColumnMM-1) < 0.002
}
