package consult

import (
	"encoding/json"
	"math"

	"longying/imaging"
	"longying/records"
)

// leastPicture is the longer side of the picture of a small part of a frame, in
// pixels: marks and their words are drawn over it.
const leastPicture = 512

// enlarge makes the picture of a small part large enough for the words on it; the
// packed state itself says SCALE TO FIT.
func enlarge(s *imaging.PresentationState) {
	for i := range s.Areas {
		a := &s.Areas[i]
		side := max(a.Area.X1-a.Area.X0, a.Area.Y1-a.Area.Y0)
		if side >= 1 && side < leastPicture && a.Mode == imaging.ScaleToFit {
			a.Mode, a.Ratio = imaging.Magnify, math.Ceil(leastPicture/side)
		}
	}
}

// viewed tells the views of one place apart.
func viewed(place string, v *records.KeyView) (string, error) {
	if v == nil {
		return place, nil
	}
	raw, err := json.Marshal(v)
	return place + " " + string(raw), err
}

// turned are orientation letters, at left, right, top and bottom of a frame, where
// they stand in a view of it: flipped first, rotated clockwise then.
func turned(edges [4]string, v *records.KeyView) [4]string {
	if v == nil {
		return edges
	}
	left, right, top, bottom := edges[0], edges[1], edges[2], edges[3]
	if v.Flip {
		left, right = right, left
	}
	for range (v.Rotate/90%4 + 4) % 4 { // what was below comes to the left
		left, top, right, bottom = bottom, left, top, right
	}
	return [4]string{left, right, top, bottom}
}

// wordless is a view without what somebody wrote of its window.
func wordless(v *records.KeyView) *records.KeyView {
	if v == nil {
		return nil
	}
	out := *v
	if v.Window != nil {
		w := imaging.VOILUT{Center: v.Window.Center, Width: v.Window.Width, Function: v.Window.Function}
		if t := v.Window.Table; t != nil {
			w.Table = &imaging.LUT{First: t.First, Bits: t.Bits, Entries: t.Entries}
		}
		out.Window = &w
	}
	if g := v.Area; g != nil {
		out.Area = &imaging.Region{Kind: g.Kind, X0: g.X0, Y0: g.Y0, X1: g.X1, Y1: g.Y1}
	}
	return &out
}
