package volume

import "math"

// Modality gives the modality values of all voxels (e.g. HU), in the order of the
// volume: computed in float64 and rounded once; not a number where the picture has
// padding.
func (v *Volume) Modality() []float32 {
	out := make([]float32, v.Columns*v.Rows*v.Depth)
	nan := float32(math.NaN())
	value := func(stored float64) float32 {
		if v.isPadding(stored) {
			return nan
		}
		return float32(stored*v.Slope + v.Intercept)
	}
	switch {
	case v.Int16 != nil:
		var table [1 << 16]float32
		for i := range table {
			table[i] = value(float64(int16(uint16(i))))
		}
		for i, x := range v.Int16 {
			out[i] = table[uint16(x)]
		}
	case v.Uint16 != nil:
		var table [1 << 16]float32
		for i := range table {
			table[i] = value(float64(i))
		}
		for i, x := range v.Uint16 {
			out[i] = table[x]
		}
	default:
		for i, x := range v.Float32 {
			out[i] = value(float64(x))
		}
	}
	return out
}
