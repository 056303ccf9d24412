package render

import (
	"image"
	"image/color"
	"math"
	"strings"

	"longying/imaging"
)

// Annotate draws the annotations that a state has for frame n of inst over a
// picture that Viewport drew with v: shapes as strokes of the screen, whatever
// the zoom, text upright. The typeface may be nil: then text is left out, and that is
// for the caller to say. It is about what Applicable accepted.
func Annotate(dst *image.RGBA, v View, s *imaging.PresentationState, inst *imaging.Instance, n int, t *Typeface) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	area := s.Area(inst.SOPInstanceUID, n)
	if area == nil || w == 0 || h == 0 {
		return
	}
	at := place{v: v, width: w, height: h, area: area}
	at.mx, at.my, _ = matrixOrigin(inst, n)
	p := pen{dst: dst}
	for _, l := range s.Layers { // the lowest first
		for _, a := range s.Annotations {
			if a.Layer != l.Name || !annotates(a, inst, n) {
				continue
			}
			ink := layerColour(&l)
			for _, g := range a.Graphics {
				at.graphic(&p, g, chosen(g.Colour, ink))
			}
			for _, text := range a.Texts {
				at.text(&p, t, text, chosen(text.Colour, ink))
			}
		}
	}
}

func chosen(own *[3]uint8, layer [3]uint8) color.RGBA {
	if own != nil {
		layer = *own
	}
	return color.RGBA{layer[0], layer[1], layer[2], 255}
}

// place maps the coordinates of annotations to the screen.
type place struct {
	v             View
	width, height int
	area          *imaging.DisplayedArea
	mx, my        float64 // of the frame in the total pixel matrix
}

// screen is a point of an annotation in pixels of the screen.
func (p *place) screen(q imaging.Point, units imaging.AnnotationUnits) imaging.Point {
	switch units {
	case imaging.UnitsDisplay:
		x0, y0, x1, y1 := areaOnScreen(p.area, p.v, p.width, p.height)
		return imaging.Point{X: x0 + q.X*(x1-x0), Y: y0 + q.Y*(y1-y0)}
	case imaging.UnitsMatrix:
		q.X, q.Y = q.X-p.mx, q.Y-p.my
	}
	x, y := p.v.ToScreen(p.width, p.height, q.X, q.Y)
	return imaging.Point{X: x, Y: y}
}

// Outline is a shape as a line of straight pieces, in the units of the shape,
// and whether it is closed. A POINT is a single point. tolerance is how far a
// piece may lie from a curve.
func Outline(g imaging.GraphicObject, tolerance float64) (line []imaging.Point, closed bool) {
	pts := g.Points
	switch g.Type {
	case imaging.GraphicCircle:
		r := math.Hypot(pts[1].X-pts[0].X, pts[1].Y-pts[0].Y)
		return around(pts[0], imaging.Point{X: r}, imaging.Point{Y: r}, tolerance), true
	case imaging.GraphicEllipse:
		// The ends of the major, then of the minor axis: PS3.3 C.10.5.1.2.
		c := imaging.Point{X: (pts[0].X + pts[1].X) / 2, Y: (pts[0].Y + pts[1].Y) / 2}
		return around(c, imaging.Point{X: pts[1].X - c.X, Y: pts[1].Y - c.Y}, imaging.Point{X: (pts[3].X - pts[2].X) / 2, Y: (pts[3].Y - pts[2].Y) / 2}, tolerance), true
	case imaging.GraphicInterpolated:
		closed = len(pts) > 2 && pts[0] == pts[len(pts)-1]
		return spline(pts, closed, tolerance), closed
	}
	return pts, len(pts) > 2 && pts[0] == pts[len(pts)-1]
}

// around is an ellipse about c with two half axes.
func around(c, a, b imaging.Point, tolerance float64) []imaging.Point {
	r := max(math.Hypot(a.X, a.Y), math.Hypot(b.X, b.Y))
	n := pieces(2*math.Pi*r, r, tolerance)
	out := make([]imaging.Point, 0, n+1)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		out = append(out, imaging.Point{X: c.X + cos*a.X + sin*b.X, Y: c.Y + cos*a.Y + sin*b.Y})
	}
	return append(out, out[0])
}

// pieces is how many chords keep within tolerance of an arc.
func pieces(length, radius, tolerance float64) int {
	if !(radius > tolerance) || !(tolerance > 0) {
		return 8
	}
	return int(min(max(math.Ceil(length/(2*math.Sqrt(2*radius*tolerance))), 8), 2048))
}

// spline is a curve through all points (Catmull-Rom): the standard asks for a
// smooth line through the points and leaves its kind open.
func spline(pts []imaging.Point, closed bool, tolerance float64) []imaging.Point {
	n := len(pts)
	if n < 3 {
		return pts
	}
	at := func(i int) imaging.Point {
		if closed {
			return pts[((i%(n-1))+n-1)%(n-1)]
		}
		return pts[min(max(i, 0), n-1)]
	}
	out := []imaging.Point{pts[0]}
	for i := range n - 1 {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		length := math.Hypot(c.X-b.X, c.Y-b.Y)
		steps := min(pieces(length, length, tolerance), 64)
		for k := 1; k <= steps; k++ {
			t := float64(k) / float64(steps)
			mix := func(a, b, c, d float64) float64 {
				return 0.5 * (2*b + (c-a)*t + (2*a-5*b+4*c-d)*t*t + (3*b-a-3*c+d)*t*t*t)
			}
			out = append(out, imaging.Point{X: mix(a.X, b.X, c.X, d.X), Y: mix(a.Y, b.Y, c.Y, d.Y)})
		}
	}
	return out
}

func (p *place) graphic(ink *pen, g imaging.GraphicObject, colour color.RGBA) {
	if g.Type == imaging.GraphicPoint {
		ink.cross(p.screen(g.Points[0], g.Units), colour)
		return
	}
	scale := p.v.scale()
	if g.Units == imaging.UnitsDisplay {
		scale = float64(max(p.width, p.height))
	}
	line, closed := Outline(g, 0.2/scale)
	out := make([]imaging.Point, len(line))
	for i, q := range line {
		out[i] = p.screen(q, g.Units)
	}
	if g.Filled && closed {
		ink.fill(out, colour)
		return
	}
	ink.stroke(out, colour)
}

func (p *place) text(ink *pen, face *Typeface, t imaging.TextObject, colour color.RGBA) {
	lines := strings.Split(strings.TrimRight(t.Text, "\n "), "\n")
	var box textBox
	switch {
	case t.Box != nil:
		a, b := p.screen(t.Box.TopLeft, t.Box.Units), p.screen(t.Box.BottomRight, t.Box.Units)
		box = face.inBox(lines, min(a.X, b.X), min(a.Y, b.Y), max(a.X, b.X), max(a.Y, b.Y), t.Box.Justify)
	default:
		// Beside the anchor, above and to the right of it.
		at := p.screen(*t.Anchor, t.AnchorUnits)
		box = face.beside(lines, at.X, at.Y, float64(p.width), float64(p.height))
	}
	if t.Anchor != nil && t.AnchorVisible {
		at := p.screen(*t.Anchor, t.AnchorUnits)
		x, y := min(max(at.X, box.x0), box.x1), min(max(at.Y, box.y0), box.y1)
		ink.stroke([]imaging.Point{{X: x, Y: y}, at}, colour)
		ink.disc(at, 3, colour)
	}
	face.draw(ink.dst, box, colour)
}
