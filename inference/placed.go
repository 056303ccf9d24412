package inference

import "longying/imaging"

// lies says that the source was cut out of a frame from the column x and row y
// on.
func (p *Placement) lies(x, y int, f *imaging.Frame) {
	for a := range p.source {
		switch p.source[a].Axis {
		case 0:
			p.source[a].Offset += float64(x)
		case 1:
			p.source[a].Offset += float64(y)
		}
	}
	p.from[0], p.from[1] = f.Columns, f.Rows
}

// box brings a rectangle of the tensor, in its pixels with (0,0) the outer corner
// of the first, into the pixels of the source, cut at its border. It is false
// where nothing is left.
func (p *Placement) box(x0, y0, x1, y1 float64) (imaging.Region, bool) {
	a := p.Source([3]float64{x0 - 0.5, y0 - 0.5, 0})
	b := p.Source([3]float64{x1 - 0.5, y1 - 0.5, 0})
	inside := func(v float64, n int) float64 { return min(max(v+0.5, 0), float64(n)) }
	r := imaging.Region{
		X0: inside(min(a[0], b[0]), p.from[0]), Y0: inside(min(a[1], b[1]), p.from[1]),
		X1: inside(max(a[0], b[0]), p.from[0]), Y1: inside(max(a[1], b[1]), p.from[1]),
	}
	return r, r.X1 > r.X0 && r.Y1 > r.Y0
}
