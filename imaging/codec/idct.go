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

// inverseDCT writes the 8 x 8 samples of dequantised coefficients to out:
// ISO/IEC 10918-1 A.3.3, by the factorisation of Loeffler, Ligtenberg and
// Moschytz (ICASSP 1989) in integers of 13 fractional bits, columns first, kept
// at two (8-bit samples) or one (12-bit) fractional bits between the passes.
// That is what the reference decoder of the field, the IJG's "slow integer"
// one, computes, so the samples are the same as those of libjpeg,
// libjpeg-turbo, DCMTK and GDCM to the last bit. in is used up.
func inverseDCT(in *[64]int32, out []uint16, stride, precision int) {
	keep := 2
	if precision > 8 {
		keep = 1
	}
	middle, top := 1<<(precision-1), 1<<precision-1
	for x := range 8 {
		c0, c1, c2, c3 := int(in[x]), int(in[8+x]), int(in[16+x]), int(in[24+x])
		c4, c5, c6, c7 := int(in[32+x]), int(in[40+x]), int(in[48+x]), int(in[56+x])
		if c1|c2|c3|c4|c5|c6|c7 == 0 {
			v := int32(c0 << keep)
			in[x], in[8+x], in[16+x], in[24+x] = v, v, v, v
			in[32+x], in[40+x], in[48+x], in[56+x] = v, v, v, v
			continue
		}
		e0, e1, e2, e3, o0, o1, o2, o3 := butterflies(c0, c1, c2, c3, c4, c5, c6, c7)
		down := 13 - keep
		half := 1 << (down - 1)
		in[x], in[56+x] = int32((e0+o3+half)>>down), int32((e0-o3+half)>>down)
		in[8+x], in[48+x] = int32((e1+o2+half)>>down), int32((e1-o2+half)>>down)
		in[16+x], in[40+x] = int32((e2+o1+half)>>down), int32((e2-o1+half)>>down)
		in[24+x], in[32+x] = int32((e3+o0+half)>>down), int32((e3-o0+half)>>down)
	}
	down := 13 + keep + 3
	bias := 1<<(down-1) + middle<<down
	for y := range 8 {
		c := in[8*y : 8*y+8 : 8*y+8]
		row := out[y*stride : y*stride+8 : y*stride+8]
		e0, e1, e2, e3, o0, o1, o2, o3 := butterflies(int(c[0]), int(c[1]), int(c[2]), int(c[3]), int(c[4]), int(c[5]), int(c[6]), int(c[7]))
		e0, e1, e2, e3 = e0+bias, e1+bias, e2+bias, e3+bias
		row[0], row[7] = limit((e0+o3)>>down, top), limit((e0-o3)>>down, top)
		row[1], row[6] = limit((e1+o2)>>down, top), limit((e1-o2)>>down, top)
		row[2], row[5] = limit((e2+o1)>>down, top), limit((e2-o1)>>down, top)
		row[3], row[4] = limit((e3+o0)>>down, top), limit((e3-o0)>>down, top)
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

// butterflies is the transform of eight values up to the last additions: the
// even part and the odd part, scaled by 2^13.
func butterflies(c0, c1, c2, c3, c4, c5, c6, c7 int) (e0, e1, e2, e3, o0, o1, o2, o3 int) {
	z := (c2 + c6) * fix0541196100
	a2, a3 := z-c6*fix1847759065, z+c2*fix0765366865
	a0, a1 := (c0+c4)<<13, (c0-c4)<<13
	e0, e3, e1, e2 = a0+a3, a0-a3, a1+a2, a1-a2

	z5 := (c7 + c3 + c5 + c1) * fix1175875602
	z1, z2 := (c7+c1)*fix0899976223, (c5+c3)*fix2562915447
	z3, z4 := z5-(c7+c3)*fix1961570560, z5-(c5+c1)*fix0390180644
	o0 = c7*fix0298631336 - z1 + z3
	o1 = c5*fix2053119869 - z2 + z4
	o2 = c3*fix3072711026 - z2 + z3
	o3 = c1*fix1501321110 - z1 + z4
	return e0, e1, e2, e3, o0, o1, o2, o3
}

// flatBlock writes a block that has its first coefficient alone.
func flatBlock(dc int32, out []uint16, stride, precision int) {
	v := limit((int(dc)+4)>>3+1<<(precision-1), 1<<precision-1)
	for y := range 8 {
		row := out[y*stride : y*stride+8 : y*stride+8]
		for x := range row {
			row[x] = v
		}
	}
}
