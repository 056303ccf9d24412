package imaging

import "testing"

// The corners of sRGB in CIELab under D50, as published with the profile
// (Lindbloom's calculator gives the same).
func TestCIELabBecomesTheColoursOfSRGB(t *testing.T) {
	for _, c := range []struct {
		l, a, b float64
		want    [3]uint8
	}{
		{100, 0, 0, [3]uint8{255, 255, 255}}, {0, 0, 0, [3]uint8{0, 0, 0}}, {50, 0, 0, [3]uint8{119, 119, 119}},
		{54.29, 80.81, 69.89, [3]uint8{255, 0, 0}}, {87.82, -79.29, 80.99, [3]uint8{0, 255, 0}}, {29.57, 68.30, -112.03, [3]uint8{0, 0, 255}},
	} {
		got := RGBFromCIELab(c.l, c.a, c.b)
		for i := range got {
			if d := int(got[i]) - int(c.want[i]); d < -2 || d > 2 {
				t.Errorf("L* %g a* %g b* %g: %v, want %v", c.l, c.a, c.b, got, c.want)
				break
			}
		}
	}
}
