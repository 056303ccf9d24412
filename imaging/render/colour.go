package render

import (
	"fmt"
	"image/color"
	"strings"

	"longying/imaging"
)

// toRGBA renders a colour frame: RGB, YBR_FULL and YBR_FULL_422 (PS3.3
// C.7.6.3.1.2), PALETTE COLOR (C.7.9). YBR_RCT and YBR_ICT leave their decoder
// as RGB. Values of more than 8 bits keep their upper eight.
func toRGBA(f *imaging.Frame, palette *imaging.Palette) ([]uint8, error) {
	n := f.Rows * f.Columns
	out := make([]uint8, 4*n)
	if f.Photometric == "PALETTE COLOR" {
		if palette == nil || f.Samples != 1 || f.IsFloat() {
			return nil, fmt.Errorf("PALETTE COLOR of %d samples without a usable palette", f.Samples)
		}
		for i := range n {
			v := int(f.At(i))
			out[4*i], out[4*i+1], out[4*i+2], out[4*i+3] = upper(&palette.Red, v), upper(&palette.Green, v), upper(&palette.Blue, v), 255
		}
		return out, nil
	}
	ybr := strings.HasPrefix(f.Photometric, "YBR_FULL")
	if f.Samples != 3 || f.IsFloat() || f.Signed() || !ybr && f.Photometric != "RGB" && f.Photometric != "YBR_RCT" && f.Photometric != "YBR_ICT" {
		return nil, fmt.Errorf("photometric interpretation %q of %d samples cannot be shown", f.Photometric, f.Samples)
	}
	down := max(0, f.BitsStored-8)
	for i := range n {
		var a, b, c uint8
		switch {
		case f.Uint8 != nil:
			a, b, c = f.Uint8[3*i], f.Uint8[3*i+1], f.Uint8[3*i+2]
		case f.Uint16 != nil:
			a, b, c = uint8(f.Uint16[3*i]>>down), uint8(f.Uint16[3*i+1]>>down), uint8(f.Uint16[3*i+2]>>down)
		default:
			a, b, c = uint8(f.Uint32[3*i]>>down), uint8(f.Uint32[3*i+1]>>down), uint8(f.Uint32[3*i+2]>>down)
		}
		if ybr {
			a, b, c = color.YCbCrToRGB(a, b, c)
		}
		out[4*i], out[4*i+1], out[4*i+2], out[4*i+3] = a, b, c, 255
	}
	return out, nil
}

// upper is a palette entry in eight bits.
func upper(l *imaging.LUT, v int) uint8 {
	return uint8(l.At(v) >> max(0, l.Bits-8))
}

func invertRGBA(p []uint8) {
	for i := 0; i+3 < len(p); i += 4 {
		p[i], p[i+1], p[i+2] = ^p[i], ^p[i+1], ^p[i+2]
	}
}
