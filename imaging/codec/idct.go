package codec

// Constants of the inverse transform, scaled by 2^13.
const (
	fix0298631336 = 2446
	fix0390180644 = 3196
	fix0541196100 = 4433
	fix0765366865 = 6270
	fix0899976223 = 7373
	fix1175875602 = 9633
	fix1501321110 = 12299
	fix1847759065 = 15137
	fix1961570560 = 16069
	fix2053119869 = 16819
	fix2562915447 = 20995
	fix3072711026 = 25172
)

// inverseDCT is the inverse transform of samples of 8 or 12 bits, with room to
// work in.
type inverseDCT struct {
	precision   int
	top         int // samples over it become it; all bits below its highest are set
	half, whole [64]int32
}

// block writes the 8 x 8 samples of dequantised coefficients to out:
// ISO/IEC 10918-1 A.3.3, by the factorisation of Loeffler, Ligtenberg and
// Moschytz (ICASSP 1989) in integers of 13 fractional bits, columns first, kept
// at two (8-bit samples) or one (12-bit) fractional bits between the passes.
// That is what the reference decoder of the field, the IJG's "slow integer"
// one, computes, so the samples are the same as those of libjpeg,
// libjpeg-turbo, DCMTK and GDCM to the last bit. last is the index in zigzag
// order of the last coefficient that is not 0.
func (t *inverseDCT) block(in *[64]int32, last int, out []uint16, stride int) {
	if last == 0 {
		v := limit((int(in[0])+4)>>3+1<<(t.precision-1), t.top)
		row := [8]uint16{v, v, v, v, v, v, v, v}
		for y := range 8 {
			*(*[8]uint16)(out[y*stride:]) = row
		}
		return
	}
	keep := uint(2)
	if t.precision > 8 {
		keep = 1
	}
	columns := 8
	if last < 10 { // no coefficient outside of the first four rows and columns
		columns = 4
	}
	transform(in, &t.half, columns, columns, 13-keep, 0)
	transform(&t.half, &t.whole, 8, columns, 13+keep+3, 1<<(t.precision-1))
	for y := range 8 {
		row, v := (*[8]uint16)(out[y*stride:]), (*[8]int32)(t.whole[8*y:])
		if uint32(v[0]|v[1]|v[2]|v[3]|v[4]|v[5]|v[6]|v[7]) <= uint32(t.top) {
			*row = [8]uint16{uint16(v[0]), uint16(v[1]), uint16(v[2]), uint16(v[3]), uint16(v[4]), uint16(v[5]), uint16(v[6]), uint16(v[7])}
			continue
		}
		for x := range row {
			row[x] = limit(int(v[x]), t.top)
		}
	}
}

func limit(v, top int) uint16 {
	if uint(v) > uint(top) {
		if v < 0 {
			return 0
		}
		return uint16(top)
	}
	return uint16(v)
}

// transform is the one-dimensional transform of n columns of in, of which the
// first rows values are not 0, to rows of out, scaled down by 2^down, with an
// offset.
func transform(in, out *[64]int32, n, rows int, down uint, offset int) {
	down &= 31
	bias := 1<<(down-1) + offset<<down
	for i := range n {
		c0, c1, c2, c3 := int(in[i&7]), int(in[i&7+8]), int(in[i&7+16]), int(in[i&7+24])
		var c4, c5, c6, c7 int
		if rows > 4 {
			c4, c5, c6, c7 = int(in[i&7+32]), int(in[i&7+40]), int(in[i&7+48]), int(in[i&7+56])
		}
		to := (*[8]int32)(out[8*(i&7):])
		var e0, e1, e2, e3, o0, o1, o2, o3 int // even and odd part, scaled by 2^13
		if c4|c5|c6|c7 == 0 {
			if c1|c2|c3 == 0 {
				v := int32((c0<<13 + bias) >> down)
				*to = [8]int32{v, v, v, v, v, v, v, v}
				continue
			}
			a0, a2, a3 := c0<<13+bias, c2*fix0541196100, c2*(fix0541196100+fix0765366865)
			e0, e1, e2, e3 = a0+a3, a0+a2, a0-a2, a0-a3
			z5 := (c3 + c1) * fix1175875602
			z1, z2 := c1*fix0899976223, c3*fix2562915447
			z3, z4 := z5-c3*fix1961570560, z5-c1*fix0390180644
			o0, o1 = z3-z1, z4-z2
			o2, o3 = c3*fix3072711026-z2+z3, c1*fix1501321110-z1+z4
		} else {
			z := (c2 + c6) * fix0541196100
			a2, a3 := z-c6*fix1847759065, z+c2*fix0765366865
			a0, a1 := (c0+c4)<<13+bias, (c0-c4)<<13+bias
			e0, e1, e2, e3 = a0+a3, a1+a2, a1-a2, a0-a3
			z5 := (c7 + c3 + c5 + c1) * fix1175875602
			z1, z2 := (c7+c1)*fix0899976223, (c5+c3)*fix2562915447
			z3, z4 := z5-(c7+c3)*fix1961570560, z5-(c5+c1)*fix0390180644
			o0, o1 = c7*fix0298631336-z1+z3, c5*fix2053119869-z2+z4
			o2, o3 = c3*fix3072711026-z2+z3, c1*fix1501321110-z1+z4
		}
		to[0], to[7] = int32((e0+o3)>>down), int32((e0-o3)>>down)
		to[1], to[6] = int32((e1+o2)>>down), int32((e1-o2)>>down)
		to[2], to[5] = int32((e2+o1)>>down), int32((e2-o1)>>down)
		to[3], to[4] = int32((e3+o0)>>down), int32((e3-o0)>>down)
	}
}
