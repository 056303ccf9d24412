package foreign

import (
	"fmt"
	"math"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

// region is what a SCOORD item draws (PS3.3 C.18.6) on the pictures that it was
// selected from. Its coordinates are pixels whose (0, 0) is the corner of the
// first pixel, as here.
func (r *reader) region(x *dicomfile.Dataset) []Place {
	data := x.Floats(tagGraphicData)
	line := drawn(x.Text(tagGraphicType), data)
	if line == nil {
		r.refused = append(r.refused, fmt.Sprintf("a region %q of %d numbers", x.Text(tagGraphicType), len(data)))
		return nil
	}
	var out []Place
	for _, y := range x.Items(tagContent) {
		if y.Text(tagValueType) != "IMAGE" {
			continue
		}
		for _, s := range y.Items(tagReferencedSOP) {
			p := Place{SOPUID: s.Text(tagReferencedUID), Line: line}
			p.Frame, _ = s.IntValue(tagReferencedFrame)
			if p.SOPUID != "" {
				out = append(out, p)
			}
		}
	}
	if len(out) == 0 {
		r.refused = append(r.refused, "a region that names no picture")
	}
	return out
}

// around is how many corners stand for a circle.
const around = 64

// drawn is a graphic as a closed line; nil where the numbers do not make one.
func drawn(kind string, d []float64) [][2]float64 {
	if len(d) < 2 || len(d)%2 != 0 {
		return nil
	}
	for _, v := range d {
		if math.IsNaN(v) || math.Abs(v) > 1e6 {
			return nil
		}
	}
	points := make([][2]float64, len(d)/2)
	for i := range points {
		points[i] = [2]float64{d[2*i], d[2*i+1]}
	}
	switch kind {
	case "POINT", "MULTIPOINT":
		p := points[0]
		return [][2]float64{{p[0] - 3, p[1] - 3}, {p[0] + 3, p[1] - 3}, {p[0] + 3, p[1] + 3}, {p[0] - 3, p[1] + 3}}
	case "POLYLINE":
		if len(points) < 2 {
			return nil
		}
		if n := len(points) - 1; n > 1 && points[n] == points[0] {
			return points[:n]
		} else if n >= 1 { // open: there and back
			out := points
			for i := n - 1; i > 0; i-- {
				out = append(out, points[i])
			}
			return out
		}
	case "CIRCLE":
		if len(points) != 2 {
			return nil
		}
		radius := math.Hypot(points[1][0]-points[0][0], points[1][1]-points[0][1])
		return ellipse(points[0], [2]float64{radius, 0}, radius)
	case "ELLIPSE":
		if len(points) != 4 {
			return nil
		}
		c := [2]float64{(points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2}
		return ellipse(c, [2]float64{points[1][0] - c[0], points[1][1] - c[1]}, math.Hypot(points[3][0]-points[2][0], points[3][1]-points[2][1])/2)
	}
	return nil
}

// ellipse is a closed line about a centre, with half its major axis and half the
// length of its minor one.
func ellipse(c, major [2]float64, minor float64) [][2]float64 {
	long := math.Hypot(major[0], major[1])
	if !(long > 0) {
		return nil
	}
	ux, uy := major[0]/long, major[1]/long
	out := make([][2]float64, around)
	for i := range out {
		s, k := math.Sincos(2 * math.Pi * float64(i) / around)
		out[i] = [2]float64{c[0] + k*long*ux - s*minor*uy, c[1] + k*long*uy + s*minor*ux}
	}
	return out
}

// Bounds are the rectangle around a place, in pixels of its picture, and how much
// of the picture it covers.
func (p *Place) Bounds() (imaging.Region, float64) {
	if m := p.Mask; m != nil {
		return imaging.Region{X0: float64(m.X), Y0: float64(m.Y), X1: float64(m.X + m.Columns), Y1: float64(m.Y + m.Rows)}, float64(m.Count())
	}
	var r imaging.Region
	for i, q := range p.Line {
		if i == 0 {
			r = imaging.Region{X0: q[0], Y0: q[1], X1: q[0], Y1: q[1]}
		}
		r.X0, r.Y0, r.X1, r.Y1 = min(r.X0, q[0]), min(r.Y0, q[1]), max(r.X1, q[0]), max(r.Y1, q[1])
	}
	if r.X1-r.X0 < 1 { // a line along an axis
		r.X0, r.X1 = r.X0-0.5, r.X1+0.5
	}
	if r.Y1-r.Y0 < 1 {
		r.Y0, r.Y1 = r.Y0-0.5, r.Y1+0.5
	}
	return r, (r.X1 - r.X0) * (r.Y1 - r.Y0)
}
