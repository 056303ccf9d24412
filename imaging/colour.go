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
