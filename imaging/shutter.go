package imaging

// Shutter hides what lies outside the exposed field: Display Shutter, PS3.3
// C.7.6.11, and Bitmap Display Shutter, C.7.6.15. Where it has several shapes, a
// pixel is seen that lies inside all of them. Positions are rows and columns of
// the image, counted from 1.
type Shutter struct {
	Rectangle *ShutterRectangle
	Circle    *ShutterCircle
	Polygon   []ShutterPoint // closed, at least three corners; nil when there is none
	Overlay   uint16         // the repeating group 60xx that is the bitmap shutter; 0 when there is none

	Presentation int       // Shutter Presentation Value (0018,1622), a P-Value of 0 (black) to 65,535 (white)
	Colour       *[3]uint8 // sRGB, from Shutter Presentation Color CIELab Value (0018,1624); nil when absent
}

// ShutterRectangle are the outermost rows and columns that are seen.
type ShutterRectangle struct{ Left, Right, Upper, Lower int }

// ShutterCircle is a circle around the centre of a pixel.
type ShutterCircle struct{ Row, Column, Radius int }

// ShutterPoint is a corner of a polygon.
type ShutterPoint struct{ Row, Column int }

// Seen reports a pixel, counted from 0, that the shapes leave open. The bitmap
// shutter is not looked at.
func (s *Shutter) Seen(column, row int) bool {
	x, y := column+1, row+1
	if r := s.Rectangle; r != nil && (x < r.Left || x > r.Right || y < r.Upper || y > r.Lower) {
		return false
	}
	if c := s.Circle; c != nil {
		dx, dy := x-c.Column, y-c.Row
		if dx*dx+dy*dy > c.Radius*c.Radius {
			return false
		}
	}
	return len(s.Polygon) == 0 || s.insidePolygon(x, y)
}

// insidePolygon counts the edges right of the point; a point on an edge is
// inside.
func (s *Shutter) insidePolygon(x, y int) bool {
	inside := false
	n := len(s.Polygon)
	for i, j := 0, n-1; i < n; j, i = i, i+1 {
		a, b := s.Polygon[i], s.Polygon[j]
		cross := (b.Column-a.Column)*(y-a.Row) - (b.Row-a.Row)*(x-a.Column)
		if cross == 0 && x >= min(a.Column, b.Column) && x <= max(a.Column, b.Column) && y >= min(a.Row, b.Row) && y <= max(a.Row, b.Row) {
			return true
		}
		if (a.Row > y) != (b.Row > y) && (cross < 0) == (b.Row > a.Row) {
			inside = !inside
		}
	}
	return inside
}
