package codec

import "longying/imaging"

// sink puts rows of decoded samples into a frame, as values of its own type
// and of Bits Stored.
type sink struct {
	f     *imaging.Frame
	right uint   // the value begins at this bit of a sample
	mask  uint16 // of the bits stored
	sign  uint16 // the highest of them where values are signed, else 0
	fits  bool   // no sample is over mask
}

// newSink makes the frame. A stream of more bits than the header stores holds
// its values as native data does (PS3.5 8.1.1), with overlays or nothing
// above and High Bit telling where they end; one of no more holds the values
// alone, whatever High Bit says.
func newSink(p imaging.PixelDescription, h jpegHeader) sink {
	s := sink{f: newFrame(p)}
	stored := min(p.BitsStored, 16)
	if h.precision > stored && h.process == sofLossless {
		s.right = uint(min(p.HighBit+1, 16) - stored)
	}
	s.mask = uint16(1<<stored - 1)
	if p.Signed {
		s.sign = 1 << (stored - 1)
	}
	s.fits = h.process != sofLossless || h.precision <= stored
	return s
}

// limit is the largest sample of a lossy stream: they overshoot, and a value of
// more than Bits Stored would be cut into a small one.
func (s *sink) limit(precision int) int {
	if s.sign != 0 {
		return 1<<precision - 1
	}
	return min(1<<precision-1, int(s.mask))
}

// takes reports that rows of whole blocks of one component are the frame's own
// values, so that they may be made in its memory.
func (s *sink) takes(columns, rows int) bool {
	return s.f.Uint16 != nil && s.f.Samples == 1 && s.f.Columns == columns && s.f.Rows == rows && s.right == 0 && s.fits
}

// put sets row y: Columns * Samples samples, interleaved.
func (s *sink) put(row []uint16, y int) {
	f := s.f
	at := y * f.Columns * f.Samples
	right, mask, sign := s.right&15, s.mask, s.sign
	switch {
	case f.Uint16 != nil && right == 0 && s.fits:
		copy(f.Uint16[at:], row)
	case f.Uint16 != nil:
		out := f.Uint16[at : at+len(row)]
		for i, v := range row {
			out[i] = v >> right & mask
		}
	case f.Uint8 != nil:
		out := f.Uint8[at : at+len(row)]
		for i, v := range row {
			out[i] = uint8(v >> right & mask)
		}
	case f.Int16 != nil:
		// (v XOR sign) - sign extends the sign.
		out := f.Int16[at : at+len(row)]
		for i, v := range row {
			out[i] = int16((v>>right&mask ^ sign) - sign)
		}
	case f.Int8 != nil:
		out := f.Int8[at : at+len(row)]
		for i, v := range row {
			out[i] = int8((v>>right&mask ^ sign) - sign)
		}
	case f.Uint32 != nil:
		for i, v := range row {
			f.Uint32[at+i] = uint32(v >> right & mask)
		}
	case f.Int32 != nil:
		for i, v := range row {
			f.Int32[at+i] = int32(int16((v>>right&mask ^ sign) - sign))
		}
	}
}

// clear sets pixel i to 0.
func (s *sink) clear(i int) {
	f, n := s.f, s.f.Samples
	switch {
	case f.Uint8 != nil:
		clear(f.Uint8[i*n : i*n+n])
	case f.Int8 != nil:
		clear(f.Int8[i*n : i*n+n])
	case f.Uint16 != nil:
		clear(f.Uint16[i*n : i*n+n])
	case f.Int16 != nil:
		clear(f.Int16[i*n : i*n+n])
	case f.Uint32 != nil:
		clear(f.Uint32[i*n : i*n+n])
	case f.Int32 != nil:
		clear(f.Int32[i*n : i*n+n])
	}
}
