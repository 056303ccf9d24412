package view

import "image"

// Rings are the borders of a mask of columns x rows pixels, row by row: closed
// lines along the edges of its pixels, in corners of pixels from the top left one
// of the mask, with the mask to the right of the way. Only corners at which a line
// turns are given, the first not again at the end. Pixels that touch at a corner
// alone are apart; a hole is a ring of its own.
func Rings(in []bool, columns, rows int) [][]image.Point {
	if columns < 1 || rows < 1 || len(in) != columns*rows {
		return nil
	}
	inside := func(x, y int) bool { return x >= 0 && y >= 0 && x < columns && y < rows && in[y*columns+x] }
	// Which ways lead on from each corner: right, down, left, up.
	ways := make([]uint8, (columns+1)*(rows+1))
	at := func(x, y int) *uint8 { return &ways[y*(columns+1)+x] }
	for y := range rows {
		for x := range columns {
			if !inside(x, y) {
				continue
			}
			if !inside(x, y-1) {
				*at(x, y) |= 1
			}
			if !inside(x+1, y) {
				*at(x+1, y) |= 2
			}
			if !inside(x, y+1) {
				*at(x+1, y+1) |= 4
			}
			if !inside(x-1, y) {
				*at(x, y+1) |= 8
			}
		}
	}
	step := [4]image.Point{{X: 1}, {Y: 1}, {X: -1}, {Y: -1}}
	var out [][]image.Point
	for y := range rows + 1 {
		for x := range columns + 1 {
			for *at(x, y) != 0 {
				p := image.Point{X: x, Y: y}
				way := 0
				for *at(x, y)&(1<<way) == 0 {
					way++
				}
				var ring []image.Point
				came := -1
				for *at(p.X, p.Y)&(1<<way) != 0 {
					*at(p.X, p.Y) &^= 1 << way
					if way != came {
						ring = append(ring, p)
					}
					p, came = p.Add(step[way]), way
					// Around the same pixel first: to the right.
					for _, turn := range []int{1, 0, 3} {
						if next := (came + turn) % 4; *at(p.X, p.Y)&(1<<next) != 0 {
							way = next
							break
						}
					}
				}
				out = append(out, ring)
			}
		}
	}
	return out
}

// Within reports whether a point lies inside rings by the even-odd rule.
func Within(rings [][]image.Point, x, y float64) bool {
	in := false
	for _, ring := range rings {
		for i, p := range ring {
			q := ring[(i+1)%len(ring)]
			if (float64(p.Y) > y) != (float64(q.Y) > y) && x < float64(p.X) { // the line is upright
				in = !in
			}
		}
	}
	return in
}
