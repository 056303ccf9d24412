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
type pen struct{ dst *image.RGBA }

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
	p.paths(c, func(z *vector.Rasterizer, width float64) {
		for _, s := range pieces {
			p.piece(z, s[0], s[1], width)
		}
	})
}

// cross marks a point.
func (p *pen) cross(at imaging.Point, c color.RGBA) {
	const arm = 6
	if !p.near(at) {
		return
	}
	p.paths(c, func(z *vector.Rasterizer, width float64) {
		p.piece(z, imaging.Point{X: at.X - arm, Y: at.Y}, imaging.Point{X: at.X + arm, Y: at.Y}, width)
		p.piece(z, imaging.Point{X: at.X, Y: at.Y - arm}, imaging.Point{X: at.X, Y: at.Y + arm}, width)
	})
}

// disc is a filled dot.
func (p *pen) disc(at imaging.Point, radius float64, c color.RGBA) {
	if !p.near(at) {
		return
	}
	p.paths(c, func(z *vector.Rasterizer, width float64) {
		p.polygon(z, around(at, imaging.Point{X: radius + (width-inkWidth)/2}, imaging.Point{Y: radius + (width-inkWidth)/2}, 0.1))
	})
}

// fill fills a closed line, half of the picture under it staying in sight.
func (p *pen) fill(line []imaging.Point, c color.RGBA) {
	inside := false
	for _, q := range line {
		inside = inside || p.near(q)
	}
	if inside {
		z := p.rasterizer()
		for i, q := range line {
			x, y := float32(min(max(q.X, -1e4), 3e4)), float32(min(max(q.Y, -1e4), 3e4))
			if i == 0 {
				z.MoveTo(x, y)
			} else {
				z.LineTo(x, y)
			}
		}
		z.ClosePath()
		p.ink(z, color.RGBA{c.R / 2, c.G / 2, c.B / 2, 128})
	}
	p.stroke(line, c)
}

// paths draws what shape gives, first its dark edge.
func (p *pen) paths(c color.RGBA, shape func(z *vector.Rasterizer, width float64)) {
	for _, pass := range []struct {
		width float64
		c     color.RGBA
	}{{edgeWidth, dark}, {inkWidth, c}} {
		z := p.rasterizer()
		shape(z, pass.width)
		p.ink(z, pass.c)
	}
}

func (p *pen) rasterizer() *vector.Rasterizer {
	z := vector.NewRasterizer(p.dst.Rect.Dx(), p.dst.Rect.Dy())
	z.DrawOp = draw.Over
	return z
}

func (p *pen) ink(z *vector.Rasterizer, c color.RGBA) {
	z.Draw(p.dst, p.dst.Rect, image.NewUniform(c), image.Point{})
}

// piece is one straight piece with round-ish ends, so that joints close. All
// polygons turn the same way: the rasterizer adds areas with their sign.
func (p *pen) piece(z *vector.Rasterizer, a, b imaging.Point, width float64) {
	dx, dy := b.X-a.X, b.Y-a.Y
	length := math.Hypot(dx, dy)
	r := width / 2
	if length < 1e-9 {
		p.polygon(z, around(a, imaging.Point{X: r}, imaging.Point{Y: r}, 0.2))
		return
	}
	ux, uy := dx/length*r, dy/length*r
	p.polygon(z, []imaging.Point{
		{X: a.X - uy, Y: a.Y + ux}, {X: a.X - ux, Y: a.Y - uy}, {X: a.X + uy, Y: a.Y - ux},
		{X: b.X + uy, Y: b.Y - ux}, {X: b.X + ux, Y: b.Y + uy}, {X: b.X - uy, Y: b.Y + ux},
	})
}

func (p *pen) polygon(z *vector.Rasterizer, pts []imaging.Point) {
	area := 0.0
	for i, a := range pts {
		b := pts[(i+1)%len(pts)]
		area += a.X*b.Y - b.X*a.Y
	}
	for k := range pts {
		q := pts[k]
		if area < 0 {
			q = pts[len(pts)-1-k]
		}
		if k == 0 {
			z.MoveTo(float32(q.X), float32(q.Y))
		} else {
			z.LineTo(float32(q.X), float32(q.Y))
		}
	}
	z.ClosePath()
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
