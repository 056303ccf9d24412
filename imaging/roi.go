package imaging

import (
	"context"
	"math"
	"slices"
)

// Span is a run of pixels of one row, from X0 to before X1.
type Span struct{ Y, X0, X1 int }

// A pixel belongs to a region where its centre lies in it, (x+0.5, y+0.5) in the
// coordinates of Region: what numpy, ITK and the peers of the tests take too.

// firstCentre is the first pixel whose centre is not left of x.
func firstCentre(x float64, size int) int {
	return int(min(max(math.Ceil(x-0.5), 0), float64(size)))
}

// EllipseSpans are the pixels of a frame of columns x rows whose centre lies in
// the ellipse, its border included, that the rectangle with corners a and b
// holds.
func EllipseSpans(a, b Point, columns, rows int) []Span {
	cx, cy, rx, ry := (a.X+b.X)/2, (a.Y+b.Y)/2, math.Abs(b.X-a.X)/2, math.Abs(b.Y-a.Y)/2
	if !(rx > 0 && ry > 0) {
		return nil
	}
	var out []Span
	for y := firstCentre(cy-ry, rows); y < rows && float64(y)+0.5 <= cy+ry; y++ {
		d := (float64(y) + 0.5 - cy) / ry
		half := rx * math.Sqrt(max(0, 1-d*d))
		s := Span{Y: y, X0: firstCentre(cx-half, columns), X1: min(int(math.Floor(cx+half-0.5))+1, columns)}
		if s.X1 > s.X0 {
			out = append(out, s)
		}
	}
	return out
}

// EllipseArea is the area of that ellipse in pixels.
func EllipseArea(a, b Point) float64 { return math.Pi / 4 * math.Abs(b.X-a.X) * math.Abs(b.Y-a.Y) }

// PolygonSpans are the pixels of a frame whose centre lies inside of a closed
// line, by the even-odd rule; a centre on the line belongs to the region on its
// right or below it.
func PolygonSpans(points []Point, columns, rows int) []Span {
	if len(points) < 3 {
		return nil
	}
	low, high := points[0].Y, points[0].Y
	for _, p := range points {
		low, high = min(low, p.Y), max(high, p.Y)
	}
	var out []Span
	var cuts []float64
	for y := firstCentre(low, rows); y < rows && float64(y)+0.5 <= high; y++ {
		c := float64(y) + 0.5
		cuts = cuts[:0]
		for i, p := range points {
			q := points[(i+1)%len(points)]
			if (p.Y <= c) != (q.Y <= c) {
				cuts = append(cuts, p.X+(c-p.Y)/(q.Y-p.Y)*(q.X-p.X))
			}
		}
		slices.Sort(cuts)
		for i := 0; i+1 < len(cuts); i += 2 {
			s := Span{Y: y, X0: firstCentre(cuts[i], columns), X1: firstCentre(cuts[i+1], columns)}
			if s.X1 > s.X0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// PolygonArea is the area inside of a closed line in pixels, by the shoelace
// formula; false where the line crosses itself, which has no one area.
func PolygonArea(points []Point) (float64, bool) {
	if len(points) < 3 {
		return 0, false
	}
	twice := 0.0
	for i, p := range points {
		twice += across(p, points[(i+1)%len(points)])
	}
	return math.Abs(twice) / 2, !crossesItself(points)
}

// crossesItself reports two sides of a closed line that are no neighbours and
// share a point.
func crossesItself(points []Point) bool {
	side := func(a, b, p Point) float64 { return across(Point{b.X - a.X, b.Y - a.Y}, Point{p.X - a.X, p.Y - a.Y}) }
	n := len(points)
	for i := range n {
		a, b := points[i], points[(i+1)%n]
		for k := i + 2; k < n; k++ {
			if i == 0 && k == n-1 {
				continue
			}
			c, d := points[k], points[(k+1)%n]
			if max(a.X, b.X) < min(c.X, d.X) || max(c.X, d.X) < min(a.X, b.X) || max(a.Y, b.Y) < min(c.Y, d.Y) || max(c.Y, d.Y) < min(a.Y, b.Y) {
				continue
			}
			if side(a, b, c)*side(a, b, d) <= 0 && side(c, d, a)*side(c, d, b) <= 0 {
				return true
			}
		}
	}
	return false
}

// Pixels counts the pixels of spans.
func Pixels(spans []Span) int {
	n := 0
	for _, s := range spans {
		n += s.X1 - s.X0
	}
	return n
}

// Statistics are those of the values of a region. The standard deviation is that
// of the region's own pixels, divided by their number: numpy's std.
type Statistics struct {
	Pixels             int // counted
	Left               int // left out: padding, or a value that is none
	Mean, SD, Min, Max float64
}

// Statistics are those of the pixels of a frame under spans; value gives what a
// stored value means, false where it means nothing. It ends early with the
// context's error.
func (f *Frame) Statistics(ctx context.Context, spans []Span, value func(stored float64) (float64, bool)) (Statistics, error) {
	s := Statistics{Min: math.Inf(1), Max: math.Inf(-1)}
	squares := 0.0 // of the differences from the mean, Welford 1962
	for _, span := range spans {
		if err := ctx.Err(); err != nil {
			return Statistics{}, err
		}
		if span.Y < 0 || span.Y >= f.Rows || f.Samples != 1 {
			continue
		}
		for x := max(span.X0, 0); x < min(span.X1, f.Columns); x++ {
			v, ok := value(f.At(span.Y*f.Columns + x))
			if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
				s.Left++
				continue
			}
			s.Pixels++
			d := v - s.Mean
			s.Mean += d / float64(s.Pixels)
			squares += d * (v - s.Mean)
			s.Min, s.Max = min(s.Min, v), max(s.Max, v)
		}
	}
	if s.Pixels == 0 {
		return Statistics{Left: s.Left}, nil
	}
	s.SD = math.Sqrt(squares / float64(s.Pixels))
	return s, nil
}
