package volume

import (
	"fmt"
	"math"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

// rescale is how stored values of a slice become modality values; table is
// given where a table does it.
func rescale(s Slice) (slope, intercept float64, table bool) {
	m := s.Instance.ModalityLUT
	switch {
	case m.Table != nil:
		return 1, 0, true
	case s.Frame >= 1 && s.Frame <= len(m.PerFrame):
		return m.PerFrame[s.Frame-1].Slope, m.PerFrame[s.Frame-1].Intercept, false
	case m.Slope == 0:
		return 1, 0, false
	}
	return m.Slope, m.Intercept, false
}

// allocate chooses the type of the voxels, from the headers.
func (v *Volume) allocate() {
	n := v.Columns * v.Rows * v.Depth
	first := v.Slices[0].Instance
	v.Unit, v.Inverted = first.ModalityLUT.Type, first.Pixels.Photometric == "MONOCHROME1"
	v.Slope, v.Intercept, _ = rescale(v.Slices[0])
	native, signed, unsigned, bits := true, false, false, 0
	for _, s := range v.Slices {
		p := &s.Instance.Pixels
		slope, intercept, table := rescale(s)
		native = native && !table && slope == v.Slope && intercept == v.Intercept && samePadding(p, &first.Pixels)
		signed, unsigned = signed || p.Signed, unsigned || !p.Signed
		stored := p.BitsStored
		if p.Float {
			stored = 32
		}
		bits = max(bits, stored)
	}
	if !native {
		v.Slope, v.Intercept = 1, 0
	}
	darkest := func(low, high int) float64 {
		if v.Inverted {
			return float64(high)
		}
		return float64(low)
	}
	switch {
	case !native || bits > 16 || bits == 16 && signed && unsigned:
		v.Float32 = make([]float32, n)
		inLargePages(v.Float32)
		v.Padding = math.NaN()
	case signed:
		v.Int16 = make([]int16, n)
		inLargePages(v.Int16)
		if unsigned {
			bits++
		}
		v.Padding = darkest(-1<<(bits-1), 1<<(bits-1)-1)
	default:
		v.Uint16 = make([]uint16, n)
		inLargePages(v.Uint16)
		v.Padding = darkest(0, 1<<bits-1)
	}
	if low, high, ok := paddingOf(&first.Pixels); ok && v.Float32 == nil {
		v.padded, v.paddingLow, v.paddingHigh = true, low, high
		v.Padding = float64(*first.Pixels.PaddingValue)
	}
}

// paddingOf is the range of stored values that are padding: PS3.3 C.7.5.1.1.2.
func paddingOf(p *imaging.PixelDescription) (low, high float64, ok bool) {
	if p.PaddingValue == nil {
		return 0, 0, false
	}
	low = float64(*p.PaddingValue)
	high = low
	if p.PaddingRange != nil {
		r := float64(*p.PaddingRange)
		low, high = min(low, r), max(high, r)
	}
	return low, high, true
}

func samePadding(a, b *imaging.PixelDescription) bool {
	al, ah, aok := paddingOf(a)
	bl, bh, bok := paddingOf(b)
	return al == bl && ah == bh && aok == bok
}

// readInto reads slice k straight from its file, where that can be done.
func (v *Volume) readInto(k int, f *dicomfile.File, frame int) (bool, error) {
	n := v.Columns * v.Rows
	switch {
	case v.Int16 != nil:
		return dicomfile.ReadInto(f, frame, v.Int16[k*n:(k+1)*n])
	case v.Uint16 != nil:
		return dicomfile.ReadInto(f, frame, v.Uint16[k*n:(k+1)*n])
	}
	return false, nil
}

// set copies a decoded frame into slice k. Slices may be set at the same time.
func (v *Volume) set(k int, f *imaging.Frame) error {
	s := v.Slices[k]
	x, y := 0, 0
	if m := s.Instance.Mosaic; s.Tile > 0 && m != nil {
		x, y = (s.Tile-1)%m.Columns*v.Columns, (s.Tile-1)/m.Columns*v.Rows
	}
	if f.Samples != 1 || x+v.Columns > f.Columns || y+v.Rows > f.Rows {
		return fmt.Errorf("%s: frame %d has %d × %d pixels of %d samples, not those of its header", s.Instance.Source, s.Frame, f.Columns, f.Rows, f.Samples)
	}
	for j := range v.Rows {
		from, to := (y+j)*f.Columns+x, (k*v.Rows+j)*v.Columns
		n := v.Columns
		if f.Columns == v.Columns { // the whole slice is one piece
			n = v.Columns * v.Rows
		}
		ok := true
		switch {
		case v.Int16 != nil && f.Int16 != nil:
			copy(v.Int16[to:to+n], f.Int16[from:from+n])
		case v.Uint16 != nil && f.Uint16 != nil:
			copy(v.Uint16[to:to+n], f.Uint16[from:from+n])
		case v.Int16 != nil:
			ok = convert(v.Int16[to:to+n], f, from, math.MinInt16, math.MaxInt16)
		case v.Uint16 != nil:
			ok = convert(v.Uint16[to:to+n], f, from, 0, math.MaxUint16)
		default:
			v.float(s, v.Float32[to:to+n], f, from)
		}
		if !ok {
			return fmt.Errorf("%s: frame %d has values beyond those that its header allows", s.Instance.Source, s.Frame)
		}
		if n > v.Columns {
			break
		}
	}
	return nil
}

// convert copies whole values; false when one does not fit.
func convert[T int16 | uint16](out []T, f *imaging.Frame, from int, low, high float64) bool {
	for i := range out {
		x := f.At(from + i)
		if !(x >= low && x <= high) {
			return false
		}
		out[i] = T(x)
	}
	return true
}

// float copies values into float32: stored ones where Slope and Intercept are
// those of all slices, modality values otherwise; padding is not a number.
func (v *Volume) float(s Slice, out []float32, f *imaging.Frame, from int) {
	low, high, padded := paddingOf(&s.Instance.Pixels)
	slope, intercept, _ := rescale(s)
	stored := slope == v.Slope && intercept == v.Intercept && s.Instance.ModalityLUT.Table == nil
	for i := range out {
		x := f.At(from + i)
		switch {
		case padded && x >= low && x <= high:
			x = math.NaN()
		case !stored:
			x = s.Instance.ModalityLUT.Apply(x, s.Frame)
		}
		out[i] = float32(x)
	}
}
