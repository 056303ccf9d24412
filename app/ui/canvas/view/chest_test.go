package view

import (
	"math"
	"testing"
)

func TestTwoBreastsAreHungWithTheirChestWallsTogetherAndNothingIsGuessed(t *testing.T) {
	base := State{Columns: 100, Rows: 200}
	for _, c := range []struct {
		edge, left, right string
		turned            int
		flip              bool
		lean              int
	}{
		{"right", "A", "P", 0, false, 1}, {"right", "P", "A", 0, true, 1}, {"left", "P", "A", 0, false, -1}, {"left", "A", "P", 0, true, -1},
		{"right", "", "", 0, false, 0}, {"right", "L", "R", 0, false, 0}, {"", "P", "A", 0, false, 0}, {"right", "P", "A", 180, false, 1},
	} {
		s := base
		s.Rotate = c.turned
		got := s.WithChestAt(c.edge, c.left, c.right, "L", "R")
		if got.Flip != c.flip || got.Lean != c.lean {
			t.Errorf("%+v: %+v", c, got)
		}
		if c.lean == 0 {
			continue
		}
		// The posterior edge of the picture lies on the edge of the viewport.
		const w, h = 600, 400
		v := got.Render(w, h)
		x, _ := v.ToScreen(w, h, map[bool]float64{true: 0, false: 100}[c.left == "P"], 100)
		if want := map[int]float64{-1: 0, 1: w}[c.lean]; math.Abs(x-want) > 1e-9 {
			t.Errorf("%+v: the chest wall lies at %g, not at %g", c, x, want)
		}
		if got.Chest() != c.edge {
			t.Errorf("%q", got.Chest())
		}
	}
}
