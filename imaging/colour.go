package imaging

import "math"

// RGBFromYBRFull inverts YBR_FULL, PS3.3 C.7.6.3.1.2 (Y = .2990 R + .5870 G +
// .1140 B, CB and CR scaled to 0..255 around 128), rounds to the nearest
// integer and clips to 0..255.
func RGBFromYBRFull(y, cb, cr uint8) (r, g, b uint8) {
	l, u, v := float64(y), float64(cb)-128, float64(cr)-128
	// float64() keeps each product from being fused, so that all machines agree.
	return clip8(l + float64(1.402*v)), clip8(l - float64(0.344136*u) - float64(0.714136*v)), clip8(l + float64(1.772*u))
}

func clip8(v float64) uint8 { return uint8(min(max(math.Round(v), 0), 255)) }

// RGBFromCIELab is a colour of the profile connection space, CIELab under D50
// (L* 0..100), in sRGB: PS3.3 C.10.7.1.1, ICC.1 annex A, IEC 61966-2-1. The
// white point is adapted by Bradford's matrix; what sRGB does not have is
// clipped.
func RGBFromCIELab(l, a, b float64) [3]uint8 {
	f := func(t float64) float64 {
		const d = 6.0 / 29
		if t > d {
			return t * t * t
		}
		return 3 * d * d * (t - 4.0/29)
	}
	fy := (l + 16) / 116
	x, y, z := 0.9642*f(fy+a/500), f(fy), 0.8249*f(fy-b/200)
	linear := [3]float64{
		3.1338561*x - 1.6168667*y - 0.4906146*z,
		-0.9787684*x + 1.9161415*y + 0.0334540*z,
		0.0719453*x - 0.2289914*y + 1.4052427*z,
	}
	var out [3]uint8
	for i, v := range linear {
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		out[i] = clip8(255 * v)
	}
	return out
}
