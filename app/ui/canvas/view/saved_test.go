package view

import (
	"encoding/json"
	"math"
	"testing"

	"longying/imaging"
	"longying/records"
)

// A view that went through the record shows the same place in a viewport of
// another size: what was at the edges is seen, and the middle is the middle.
func TestASavedViewShowsTheSamePlaceInAViewportOfAnotherSize(t *testing.T) {
	for _, turn := range []int{0, 90, 180, 270} {
		for _, flip := range []bool{false, true} {
			s := State{Columns: 3000, Rows: 2000, Slices: 1, Rotate: turn, Flip: flip, Invert: true, Window: &imaging.VOILUT{Center: 40, Width: 80}}
			s = s.ZoomAt(3, 700, 200, 1000, 600).Pan(31, -17, 1000, 600)
			raw, err := json.Marshal(s.Saved(1000, 600))
			if err != nil {
				t.Fatal(err)
			}
			var saved records.KeyView
			if err := json.Unmarshal(raw, &saved); err != nil {
				t.Fatal(err)
			}
			other := State{Columns: 3000, Rows: 2000, Slices: 1}.As(saved)
			if other.Invert != s.Invert || other.Rotate != turn || other.Flip != flip || *other.Window != *s.Window {
				t.Errorf("%+v", other)
			}
			before, after := s.Render(1000, 600), other.Render(640, 640)
			for _, corner := range [][2]float64{{0, 0}, {1000, 0}, {0, 600}, {1000, 600}} {
				x, y := before.ToImage(1000, 600, corner[0], corner[1])
				x, y = min(max(x, 0), 3000), min(max(y, 0), 2000)
				sx, sy := after.ToScreen(640, 640, x, y)
				if sx < -1e-6 || sy < -1e-6 || sx > 640+1e-6 || sy > 640+1e-6 {
					t.Errorf("turned %d, flipped %v: the corner %v lies at %.1f, %.1f of 640", turn, flip, corner, sx, sy)
				}
			}
			if a := saved.Area; a == nil || math.Abs((a.X0+a.X1)/2-after.CenterX) > 1e-6 || math.Abs((a.Y0+a.Y1)/2-after.CenterY) > 1e-6 {
				t.Errorf("the middle of %v is not the middle of %+v", a, after)
			}
		}
	}
}
