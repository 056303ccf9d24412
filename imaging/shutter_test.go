package imaging

import "testing"

func seen(s Shutter, columns, rows int) (n int) {
	for y := range rows {
		for x := range columns {
			if s.Seen(x, y) {
				n++
			}
		}
	}
	return n
}

// Edges, centre and corners count from 1 and are themselves seen.
func TestAShutterLeavesOpenWhatLiesInsideItsShapes(t *testing.T) {
	r := Shutter{Rectangle: &ShutterRectangle{Left: 3, Right: 5, Upper: 2, Lower: 2}}
	if seen(r, 9, 9) != 3 || !r.Seen(2, 1) || !r.Seen(4, 1) || r.Seen(1, 1) || r.Seen(5, 1) || r.Seen(3, 2) {
		t.Error("rectangle")
	}
	c := Shutter{Circle: &ShutterCircle{Row: 5, Column: 4, Radius: 2}}
	if seen(c, 9, 9) != 13 || !c.Seen(3, 4) || !c.Seen(5, 4) || !c.Seen(3, 2) || c.Seen(5, 5) || c.Seen(6, 4) { // 13 points of the grid lie within 2
		t.Error("circle", seen(c, 9, 9))
	}
	// A triangle with its right angle at row 1, column 1: inside is x + y <= 10.
	p := Shutter{Polygon: []ShutterPoint{{1, 1}, {1, 9}, {9, 1}}}
	for y := range 12 {
		for x := range 12 {
			if want := x >= 0 && y >= 0 && x+y <= 8; p.Seen(x, y) != want {
				t.Fatalf("polygon at column %d, row %d: %v", x, y, !want)
			}
		}
	}
	// A U of concave corners, given the other way round.
	u := Shutter{Polygon: []ShutterPoint{{1, 1}, {9, 1}, {9, 9}, {1, 9}, {1, 7}, {7, 7}, {7, 3}, {1, 3}}}
	for _, q := range []struct {
		x, y int
		want bool
	}{{1, 1, true}, {4, 3, false}, {4, 7, true}, {7, 1, true}, {4, 6, true}, {4, 5, false}, {9, 4, false}, {3, 0, false}} {
		if u.Seen(q.x, q.y) != q.want {
			t.Errorf("U at column %d, row %d is not %v", q.x, q.y, q.want)
		}
	}
	both := Shutter{Rectangle: r.Rectangle, Circle: c.Circle}
	if seen(both, 9, 9) != 0 { // row 2 lies outside the circle
		t.Error("a pixel outside one of the shapes is seen")
	}
}
