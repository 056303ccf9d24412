package view

import (
	"longying/imaging"
	"longying/records"
)

// Saved is how a viewport of w x h pixels shows its picture now, so that another
// one can show it again. What is seen is kept as a place in the picture: another
// viewport has another size.
func (s State) Saved(w, h int) records.KeyView {
	v := records.KeyView{Window: s.Window, Invert: s.Invert, Rotate: s.Rotate, Flip: s.Flip}
	if !s.Free {
		v.Area = s.Area
		return v
	}
	r := s.Render(w, h)
	ax, ay := r.ToImage(w, h, 0, 0)
	bx, by := r.ToImage(w, h, float64(w), float64(h))
	v.Area = &imaging.Region{X0: max(0, min(ax, bx)), Y0: max(0, min(ay, by)),
		X1: min(float64(s.Columns), max(ax, bx)), Y1: min(float64(s.Rows), max(ay, by)), Kind: imaging.RegionDrawn}
	return v
}

// As shows the picture in front as it was saved: the whole place that was seen,
// as large as this viewport allows.
func (s State) As(v records.KeyView) State {
	s.Window, s.Invert, s.Rotate, s.Flip, s.Area = v.Window, v.Invert, v.Rotate, v.Flip, v.Area
	return s.Fit()
}
