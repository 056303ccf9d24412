package render

import (
	"math"
	"slices"

	"longying/imaging"
)

// percentiles are the stored values below which 1 and 99 in 100 lie, padding
// and values that are not numbers left out; 0 and 0 when none remain. The
// value of rank ceil(p*n) is taken (nearest rank), none is interpolated.
func percentiles(f *imaging.Frame, p imaging.PixelDescription) (lo, hi float64) {
	if f.IsFloat() || f.BitsAllocated() > 16 {
		return sampledPercentiles(f, p, 0.01, 0.99)
	}
	counts := make([]int, 1<<f.BitsAllocated())
	offset := 0
	if f.Signed() {
		offset = len(counts) / 2
	}
	switch {
	case f.Uint16 != nil:
		for _, v := range f.Uint16 {
			counts[v]++
		}
	case f.Int16 != nil:
		for _, v := range f.Int16 {
			counts[int(v)+offset]++
		}
	case f.Uint8 != nil:
		for _, v := range f.Uint8 {
			counts[v]++
		}
	case f.Int8 != nil:
		for _, v := range f.Int8 {
			counts[int(v)+offset]++
		}
	}
	total := 0
	for i, c := range counts {
		if padding(p, float64(i-offset)) {
			counts[i] = 0
			continue
		}
		total += c
	}
	if total == 0 {
		return 0, 0
	}
	rank := func(q float64) float64 {
		want, seen := max(1, int(math.Ceil(q*float64(total)))), 0
		for i, c := range counts {
			if seen += c; seen >= want {
				return float64(i - offset)
			}
		}
		return 0
	}
	return rank(0.01), rank(0.99)
}

// sampledPercentiles are those of ranks a and b, 0..1, of a million values at most.
func sampledPercentiles(f *imaging.Frame, p imaging.PixelDescription, a, b float64) (lo, hi float64) {
	var v []float64
	step := max(1, f.Len()/(1<<20)) // a million values are enough
	for i := 0; i < f.Len(); i += step {
		if x := f.At(i); !math.IsNaN(x) && !math.IsInf(x, 0) && !padding(p, x) {
			v = append(v, x)
		}
	}
	if len(v) == 0 {
		return 0, 0
	}
	slices.Sort(v)
	rank := func(q float64) float64 { return v[max(1, int(math.Ceil(q*float64(len(v)))))-1] }
	return rank(a), rank(b)
}

// padding reports Pixel Padding Value, or the range to Pixel Padding Range
// Limit: PS3.3 C.7.5.1.1.2.
func padding(p imaging.PixelDescription, v float64) bool {
	if p.PaddingValue == nil {
		return false
	}
	a := float64(*p.PaddingValue)
	b := a
	if p.PaddingRange != nil {
		b = float64(*p.PaddingRange)
	}
	return v >= min(a, b) && v <= max(a, b)
}
