package render

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"

	"longying/imaging"
)

// The widths of a stroke on the screen, in pixels: the ink, and with the dark
// edge that keeps it in sight on white.
const (
	inkWidth  = 2
	edgeWidth = 4
)

// pen strokes anti-aliased lines with a dark edge.
type pen struct {
	dst *image.RGBA
	z   vector.Rasterizer
}

var dark = color.RGBA{0, 0, 0, 255}

// stroke draws a line of straight pieces. Points far outside the picture are
// clipped first, piece by piece, so that no coordinate grows beyond reason.
func (p *pen) stroke(line []imaging.Point, c color.RGBA) {
	var pieces [][2]imaging.Point
	for i := 1; i < len(line); i++ {
		if a, b, ok := p.clip(line[i-1], line[i]); ok {
			pieces = append(pieces, [2]imaging.Point{a, b})
		}
	}
	p.pieces(pieces, c)
}

// pieces draws straight pieces, first their dark edge.
func (p *pen) pieces(pieces [][2]imaging.Point, c color.RGBA) {
	for _, pass := range []struct {
		width float64
		c     color.RGBA
	}{{edgeWidth, dark}, {inkWidth, c}} {
		var shape [][]imaging.Point
		for _, s := range pieces {
			shape = append(shape, bar(s[0], s[1], pass.width))
		}
		p.ink(shape, pass.c)
	}
}

// cross marks a point.
func (p *pen) cross(at imaging.Point, c color.RGBA) {
	const arm = 6
	if p.near(at) {
		p.pieces([][2]imaging.Point{
			{{X: at.X - arm, Y: at.Y}, {X: at.X + arm, Y: at.Y}},
			{{X: at.X, Y: at.Y - arm}, {X: at.X, Y: at.Y + arm}},
		}, c)
	}
}

// disc is a filled dot.
func (p *pen) disc(at imaging.Point, radius float64, c color.RGBA) {
	if !p.near(at) {
		return
	}
	around := func(r float64) [][]imaging.Point {
		return [][]imaging.Point{around(at, imaging.Point{X: r}, imaging.Point{Y: r}, 0.1)}
	}
	p.ink(around(radius+(edgeWidth-inkWidth)/2), dark)
	p.ink(around(radius), c)
}

// fill fills a closed line, half of the picture under it staying in sight.
func (p *pen) fill(line []imaging.Point, c color.RGBA) {
	inside := make([]imaging.Point, len(line))
	for i, q := range line {
		inside[i] = imaging.Point{X: min(max(q.X, -1e4), 3e4), Y: min(max(q.Y, -1e4), 3e4)}
	}
	p.ink([][]imaging.Point{inside}, color.RGBA{c.R / 2, c.G / 2, c.B / 2, 128})
	p.stroke(line, c)
}

// ink fills polygons; only their surroundings are worked on.
func (p *pen) ink(polygons [][]imaging.Point, c color.RGBA) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, points := range polygons {
		for _, q := range points {
			x0, y0, x1, y1 = min(x0, q.X), min(y0, q.Y), max(x1, q.X), max(y1, q.Y)
		}
	}
	if !(x1 >= x0 && y1 >= y0) {
		return
	}
	box := image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1))+1, int(math.Ceil(y1))+1).Intersect(p.dst.Rect)
	if box.Empty() {
		return
	}
	p.z.Reset(box.Dx(), box.Dy())
	p.z.DrawOp = draw.Over
	for _, points := range polygons {
		// All turn the same way: the rasterizer adds areas with their sign.
		area := 0.0
		for i, a := range points {
			b := points[(i+1)%len(points)]
			area += a.X*b.Y - b.X*a.Y
		}
		for k := range points {
			q := points[k]
			if area < 0 {
				q = points[len(points)-1-k]
			}
			x, y := float32(q.X-float64(box.Min.X)), float32(q.Y-float64(box.Min.Y))
			if k == 0 {
				p.z.MoveTo(x, y)
			} else {
				p.z.LineTo(x, y)
			}
		}
		p.z.ClosePath()
	}
	p.z.Draw(p.dst, box, image.NewUniform(c), image.Point{})
}

// bar is one straight piece with pointed ends, so that joints close.
func bar(a, b imaging.Point, width float64) []imaging.Point {
	dx, dy := b.X-a.X, b.Y-a.Y
	length, r := math.Hypot(dx, dy), width/2
	if length < 1e-9 {
		return around(a, imaging.Point{X: r}, imaging.Point{Y: r}, 0.2)
	}
	ux, uy := dx/length*r, dy/length*r
	return []imaging.Point{
		{X: a.X - uy, Y: a.Y + ux}, {X: a.X - ux, Y: a.Y - uy}, {X: a.X + uy, Y: a.Y - ux},
		{X: b.X + uy, Y: b.Y - ux}, {X: b.X + ux, Y: b.Y + uy}, {X: b.X - uy, Y: b.Y + ux},
	}
}

// margin is how far beside the picture strokes are still drawn.
const margin = 64

func (p *pen) near(q imaging.Point) bool {
	return q.X > -margin && q.Y > -margin && q.X < float64(p.dst.Rect.Dx()+margin) && q.Y < float64(p.dst.Rect.Dy()+margin)
}

// clip is the part of a piece near the picture (Liang and Barsky 1984); false
// when none is.
func (p *pen) clip(a, b imaging.Point) (imaging.Point, imaging.Point, bool) {
	x1, y1 := float64(p.dst.Rect.Dx()+margin), float64(p.dst.Rect.Dy()+margin)
	dx, dy := b.X-a.X, b.Y-a.Y
	from, to := 0.0, 1.0
	for _, e := range [4][2]float64{{-dx, a.X + margin}, {dx, x1 - a.X}, {-dy, a.Y + margin}, {dy, y1 - a.Y}} {
		switch t := e[1] / e[0]; {
		case math.IsNaN(e[0]) || math.IsNaN(e[1]):
			return a, b, false
		case e[0] == 0 && e[1] < 0:
			return a, b, false
		case e[0] < 0:
			from = max(from, t)
		case e[0] > 0:
			to = min(to, t)
		}
	}
	if from > to {
		return a, b, false
	}
	return imaging.Point{X: a.X + from*dx, Y: a.Y + from*dy}, imaging.Point{X: a.X + to*dx, Y: a.Y + to*dy}, true
}
