package slide

import "longying/imaging"

func fromYBR(out, in []byte) {
	for i := 0; i+2 < len(out); i += 3 {
		out[i], out[i+1], out[i+2] = imaging.RGBFromYBRFull(in[i], in[i+1], in[i+2])
	}
}
