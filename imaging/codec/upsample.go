package codec

// interleaved is row y of the image, subsampled components brought to its
// size: by a triangle filter where a factor is 2, as libjpeg and all that are
// built on it do, else by repetition.
func (d *dctStream) interleaved(y int) []uint16 {
	samples := len(d.planes)
	if samples == 1 {
		return d.planes[0].row(y)
	}
	for i := range d.planes {
		line := d.planes[i].line(d.made, y, d.columns, d.hMax, d.vMax)
		out := d.row[i:]
		for x, v := range line {
			out[x*samples] = v
		}
	}
	return d.row
}

// row is one row of samples, that of the edge for one outside.
func (p *plane) row(y int) []uint16 {
	y = min(max(y, 0), p.rows-1) % p.held
	return p.samples[y*8*p.stride:][:p.columns]
}

// line is row y of the image, columns samples long; to holds it where it is
// made here.
func (p *plane) line(to []uint16, y, columns, hMax, vMax int) []uint16 {
	twiceAcross, twiceDown := hMax == 2*p.h, vMax == 2*p.v
	sameAcross, sameDown := hMax == p.h, vMax == p.v
	switch {
	case sameAcross && sameDown:
		return p.row(y)
	case twiceAcross && sameDown && p.columns > 2:
		widen(to, p.row(y))
	case twiceAcross && twiceDown && p.columns > 2:
		near, far := p.row(y/2), p.row(y/2-1+y%2*2)
		widenTwoRows(to, near, far)
	case sameAcross && twiceDown:
		near, far := p.row(y/2), p.row(y/2-1+y%2*2)
		half := uint32(1 + y%2)
		for x := range near {
			to[x] = uint16((3*uint32(near[x]) + uint32(far[x]) + half) >> 2)
		}
	default:
		in := p.row(y * p.v / vMax)
		for x := range columns {
			to[x] = in[x*p.h/hMax]
		}
	}
	return to[:columns]
}

// widen doubles a row: each sample counts three times, its neighbour on the
// side once; halves are rounded down and up by turns.
func widen(to, in []uint16) {
	last := len(in) - 1
	for x, v := range in {
		left, right := in[max(x-1, 0)], in[min(x+1, last)]
		to[2*x] = uint16((3*uint32(v) + uint32(left) + 1) >> 2)
		to[2*x+1] = uint16((3*uint32(v) + uint32(right) + 2) >> 2)
	}
}

// widenTwoRows does the same in both directions, in one step: weights 9, 3, 3, 1.
func widenTwoRows(to, near, far []uint16) {
	last := len(near) - 1
	sum := func(x int) uint32 { return 3*uint32(near[x]) + uint32(far[x]) }
	left, here := sum(0), sum(0)
	for x := range near {
		right := sum(min(x+1, last))
		to[2*x] = uint16((3*here + left + 8) >> 4)
		to[2*x+1] = uint16((3*here + right + 7) >> 4)
		left, here = here, right
	}
}
