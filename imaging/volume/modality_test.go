package volume

import (
	"math"
	"testing"
)

// Each type of voxel holds the same four values, the third of them padding.
func TestModalityValuesAreRescaledOnceAndPaddingIsNotANumber(t *testing.T) {
	grid := Volume{Columns: 2, Rows: 1, Depth: 2, Slope: 0.1, Intercept: -1000, padded: true, paddingLow: 4000, paddingHigh: 4010}
	signed, unsigned, float := grid, grid, grid
	signed.Int16 = []int16{0, 1, 4005, -7}
	unsigned.Uint16 = []uint16{0, 1, 4000, 65535}
	float.Float32, float.padded = []float32{0, 1, float32(math.NaN()), -7}, false
	for name, c := range map[string]struct {
		v    *Volume
		last float64
	}{"signed": {&signed, -7}, "unsigned": {&unsigned, 65535}, "float": {&float, -7}} {
		got := c.v.Modality()
		for i, stored := range []float64{0, 1, math.NaN(), c.last} {
			want := float32(stored*0.1 - 1000)
			if got[i] != want && !(got[i] != got[i] && want != want) {
				t.Errorf("%s: voxel %d is %g, wanted %g", name, i, got[i], want)
			}
		}
	}
}
