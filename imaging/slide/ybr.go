package slide

import (
	"math"

	"longying/imaging"
)

// fromYBR converts YBR_FULL to RGB exactly as imaging.RGBFromYBRFull does, but
// in whole numbers: products are looked up in 32.32 fixed point. Where green
// lies on the edge between two values, rounding decides, and that function is
// asked. The test goes through all values.
func fromYBR(out, in []byte) {
	n := len(out) - 2
	for i := 0; i < n; i += 3 {
		y, cb, cr := int64(in[i])<<32+1<<31, in[i+1], in[i+2]
		out[i] = clip(y + ybr.red[cr])
		green := y - ybr.greenB[cb] - ybr.greenR[cr]
		out[i+1] = clip(green)
		if uint32(green)+4 < 8 {
			_, out[i+1], _ = imaging.RGBFromYBRFull(in[i], cb, cr)
		}
		out[i+2] = clip(y + ybr.blue[cb])
	}
}

func clip(v int64) byte {
	v >>= 32
	if uint64(v) > 255 {
		return byte(^(v >> 63)) // 0 below, 255 above
	}
	return byte(v)
}

// ybr are the products of PS3.3 C.7.6.3.1.2 in 32.32 fixed point.
var ybr = func() (t struct{ red, greenB, greenR, blue [256]int64 }) {
	for i := range 256 {
		v := float64(i - 128)
		fixed := func(k float64) int64 { return int64(math.Round(k * v * (1 << 32))) }
		t.red[i], t.greenB[i], t.greenR[i], t.blue[i] = fixed(1.402), fixed(0.344136), fixed(0.714136), fixed(1.772)
	}
	return t
}()
