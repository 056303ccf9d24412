package render

import (
	"math"

	"longying/imaging"
)

// greyscale is the way of a stored value to eight bits: modality LUT, VOI LUT,
// presentation LUT (PS3.4 N.2.1).
type greyscale struct {
	modality imaging.ModalityLUT
	frame    int
	voi      imaging.VOILUT
	lut      imaging.PresentationLUT
	invert   bool // by the reader, on top
}

// shade maps a stored value to eight bits. A value that is not a number is
// black.
func (g *greyscale) shade(stored float64) uint8 {
	y := g.voi.Apply(g.modality.Apply(stored, g.frame))
	if math.IsNaN(y) {
		return 0
	}
	if g.lut.Table != nil {
		y = g.lut.Apply(min(max(y, 0), 1))
	}
	out := uint8(min(max(y, 0), 1)*255 + 0.5)
	if (g.lut.Table == nil && g.lut.Inverse) != g.invert {
		return 255 - out
	}
	return out
}

// table is the whole way as one table: 256 entries for 8-bit and 65,536 for
// 16-bit frames, indexed by the bits of the stored value (a signed value as its
// two's complement). Entries that the frame's bits stored cannot reach are 0.
func (g *greyscale) table(f *imaging.Frame) []uint8 {
	size := 1 << f.BitsAllocated()
	out := make([]uint8, size)
	lo, hi := storedRange(f)
	if g.modality.Table == nil && g.voi.Table == nil && g.lut.Table == nil {
		// Monotonic: what lies below and above the window is found by halving,
		// and not computed one by one.
		lo, hi = g.flat(out, lo, hi)
	}
	for v := lo; v <= hi; v++ {
		out[v&(size-1)] = g.shade(float64(v))
	}
	return out
}

// flat fills the ends of a monotonic table and gives the range between them.
func (g *greyscale) flat(out []uint8, lo, hi int) (from, to int) {
	mask := len(out) - 1
	first, last := g.shade(float64(lo)), g.shade(float64(hi))
	// from is the first value that is not as the lowest, to the last that is
	// not as the highest.
	from = lo + bisect(hi-lo+1, func(i int) bool { return g.shade(float64(lo+i)) != first })
	to = lo + bisect(hi-lo+1, func(i int) bool { return g.shade(float64(lo+i)) == last }) - 1
	for v := lo; v < from; v++ {
		out[v&mask] = first
	}
	for v := max(to+1, from); v <= hi; v++ {
		out[v&mask] = last
	}
	return from, min(to, hi)
}

// bisect is the first i of n for which a condition holds that, once it holds,
// holds for all that follow; n when it never does.
func bisect(n int, holds func(i int) bool) int {
	lo, hi := 0, n
	for lo < hi {
		if mid := (lo + hi) / 2; holds(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// storedRange are the lowest and the highest value that the bits stored of an
// integer frame can hold.
func storedRange(f *imaging.Frame) (lo, hi int) {
	bits := f.BitsStored
	if bits < 1 || bits > f.BitsAllocated() {
		bits = f.BitsAllocated()
	}
	if f.Signed() {
		return -(1 << (bits - 1)), 1<<(bits-1) - 1
	}
	return 0, 1<<bits - 1
}

// fullRange is the identity VOI transformation: the whole range of the modality
// stage's output, which a presentation state without a VOI LUT asks for.
func fullRange(f *imaging.Frame, m imaging.ModalityLUT, n int) imaging.VOILUT {
	if f.IsFloat() {
		lo, hi := sampledPercentiles(f, imaging.PixelDescription{}, 0, 1)
		return spanWindow(m.Apply(lo, n), m.Apply(hi, n), true)
	}
	if t := m.Table; t != nil && len(t.Entries) > 0 {
		return spanWindow(0, float64(uint32(1)<<t.Bits-1), false)
	}
	lo, hi := storedRange(f)
	return spanWindow(m.Apply(float64(lo), n), m.Apply(float64(hi), n), false)
}

// stateModality is a state's modality LUT for a frame: the first value mapped
// is signed as the frame is, whatever the state's VR says (PS3.3 C.11.1.1.1).
func stateModality(m imaging.ModalityLUT, f *imaging.Frame) imaging.ModalityLUT {
	if m.Table == nil {
		return m
	}
	t := *m.Table
	switch {
	case f.Signed() && t.First > math.MaxInt16:
		t.First -= 1 << 16
	case !f.Signed() && t.First < 0:
		t.First += 1 << 16
	}
	m.Table = &t
	return m
}
