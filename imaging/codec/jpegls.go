package codec

import (
	"encoding/binary"

	"longying/imaging"
)

// decodeJPEGLS is lossless JPEG-LS, ISO/IEC 14495-1: whole streams whose values
// take all bits of their precision, of one component, or of several that are
// interleaved by line or not at all. All else, and what is damaged, is for the
// native library: an *UnsupportedError here. Where both decode, this is the
// faster.
func decodeJPEGLS(in Encoded) (*imaging.Frame, error) {
	p := in.Pixels
	lacking := &UnsupportedError{UID: in.TransferSyntaxUID, Name: Name(in.TransferSyntaxUID), Why: "in this form without the native libraries"}
	s := lsStream{data: in.Data}
	if p.Float || !s.frameHeader() || s.rows != p.Rows || s.columns != p.Columns || len(s.components) != p.Samples || s.precision > max(8, p.BitsAllocated) {
		return nil, lacking
	}
	probe := s
	if _, ok := probe.scanHeader(0); !ok || len(in.Data) < p.Rows/8 { // a line has a bit at least
		return nil, lacking
	}
	f := newFrame(p)
	if !s.scans(f, p.BitsStored) {
		return nil, lacking
	}
	return f, nil
}

// lsStream walks the segments of a stream: ISO/IEC 14495-1 annex C.
type lsStream struct {
	data                     []byte
	at                       int
	precision, rows, columns int
	components               []byte // their identifiers
	preset                   [5]int // MAXVAL, T1, T2, T3, RESET; 0 is the default
}

// segment is the next marker with its body; false where the stream does not go
// on as it should.
func (s *lsStream) segment() (marker byte, body []byte, ok bool) {
	for s.at+2 <= len(s.data) && s.data[s.at] == 0xff && s.data[s.at+1] == 0xff {
		s.at++ // fill bytes
	}
	if s.at+2 > len(s.data) || s.data[s.at] != 0xff {
		return 0, nil, false
	}
	marker = s.data[s.at+1]
	s.at += 2
	if marker == 0xd8 || marker == 0xd9 {
		return marker, nil, true
	}
	if s.at+2 > len(s.data) {
		return 0, nil, false
	}
	n := int(binary.BigEndian.Uint16(s.data[s.at:]))
	if n < 2 || s.at+n > len(s.data) {
		return 0, nil, false
	}
	body = s.data[s.at+2 : s.at+n]
	s.at += n
	return marker, body, true
}

// tables reads the segments before a frame or scan header; other says which
// came that is none of them.
func (s *lsStream) tables() (other byte, body []byte, ok bool) {
	for {
		marker, body, ok := s.segment()
		switch {
		case !ok:
			return 0, nil, false
		case marker == 0xf8: // LSE: C.2.4.1.1, preset coding parameters; mapping tables are not had here
			if len(body) != 11 || body[0] != 1 {
				return 0, nil, false
			}
			for i := range s.preset {
				s.preset[i] = int(binary.BigEndian.Uint16(body[1+2*i:]))
			}
		case marker == 0xe8: // application data that may name a colour transformation
			return 0, nil, false
		case marker == 0xfe, marker >= 0xe0 && marker <= 0xef: // comment, application data
		default:
			return marker, body, true
		}
	}
}

// frameHeader reads up to and with the frame header: C.2.2.
func (s *lsStream) frameHeader() bool {
	if marker, _, ok := s.segment(); !ok || marker != 0xd8 {
		return false
	}
	marker, b, ok := s.tables()
	if !ok || marker != 0xf7 || len(b) < 6 || len(b) != 6+3*int(b[5]) {
		return false
	}
	s.precision, s.rows, s.columns = int(b[0]), int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	for c := b[6:]; len(c) > 0; c = c[3:] {
		if c[1] != 0x11 { // subsampled
			return false
		}
		s.components = append(s.components, c[0])
	}
	return s.precision >= 2 && s.precision <= 16 && s.rows > 0 && s.columns > 0
}

// scans decodes every scan and reports whether each component came once, whole,
// with values of no more bits than are stored, and the stream ends behind the last.
func (s *lsStream) scans(f *imaging.Frame, stored int) bool {
	if f.Signed() {
		stored--
	}
	for done := 0; done < len(s.components); {
		n, ok := s.scanHeader(done)
		if !ok {
			return false
		}
		c, ok := newLSCoder(s.precision, s.preset)
		if !ok {
			return false
		}
		c.data, c.at = s.data, s.at
		if all := c.scan(f, done, n, s.precision); all>>stored != 0 {
			return false
		}
		if s.at, ok = c.end(); !ok {
			return false
		}
		done += n
	}
	marker, _, ok := s.segment()
	return ok && marker == 0xd9
}

// scanHeader reads up to and with the header of a scan of the components from
// first on, C.2.3, and gives their number.
func (s *lsStream) scanHeader(first int) (n int, ok bool) {
	marker, b, ok := s.tables()
	if !ok || marker != 0xda || len(b) < 6 || len(b) != 4+2*int(b[0]) || first+int(b[0]) > len(s.components) {
		return 0, false
	}
	n = int(b[0])
	near, interleave, transform := b[1+2*n], b[2+2*n], b[3+2*n]
	for i := range n {
		if b[1+2*i] != s.components[first+i] || b[2+2*i] != 0 { // no mapping table
			return 0, false
		}
	}
	return n, near == 0 && transform == 0 && (n == 1 && interleave == 0 || n > 1 && interleave == 1)
}

// lsGradients is twice the number of values of a sample of 16 bits.
const lsGradients = 1 << 17

// lsContext are the statistics of one context: A.2.1.
type lsContext struct {
	a, b, n int32
	c       int16
	k       uint8 // of the next error
	flip    int8  // -1 where its sign is the other one, else 0
}

// lsCoder decodes one scan: ISO/IEC 14495-1 annex A, by whose names its
// variables go.
type lsCoder struct {
	maxval, reset int32
	qbpp, limit   int
	longest       int                // zeros in front of a value that is not written out
	quantized     *[lsGradients]int8 // of a gradient, counted down from the end where it is negative: A.3.3
	regular       [512]lsContext     // 365 are used; their number spares a check
	run           [2]lsContext       // of run interruptions, A.7.2; b is Nn

	data   []byte
	at     int
	acc    uint64 // the bits read, from the top
	bits   int    // how many
	made   int    // of them, and of those used, zeros that are not in the data
	stuff  bool   // the last byte was 255: the next has seven bits
	errors uint64 // the bits of all mapped errors
	fault  bool
}

// newLSCoder sets up the parameters of A.2.1 and C.2.4.1.1 for NEAR 0.
func newLSCoder(precision int, preset [5]int) (*lsCoder, bool) {
	maxval := 1<<precision - 1
	t := lsThresholds(maxval)
	for i := range t {
		if preset[1+i] != 0 {
			t[i] = preset[1+i]
		}
	}
	reset := preset[4]
	if reset == 0 {
		reset = 64
	}
	if preset[0] != 0 && preset[0] != maxval || t[0] < 1 || t[1] < t[0] || t[2] < t[1] || t[2] > maxval || reset < 3 || reset > 255 {
		return nil, false
	}
	c := &lsCoder{maxval: int32(maxval), reset: int32(reset), qbpp: precision, limit: 2 * (precision + max(8, precision))}
	c.longest = c.limit - c.qbpp - 1
	start := lsContext{a: int32(max(2, (maxval+1+32)/64)), n: 1}
	for 1<<start.k < start.a {
		start.k++
	}
	for i := range c.regular {
		c.regular[i] = start
	}
	c.run = [2]lsContext{start, start}
	c.quantized = new([lsGradients]int8)
	for d := range maxval + 1 {
		q := int8(0)
		for i, from := range [4]int{1, t[0], t[1], t[2]} {
			if d >= from {
				q = int8(i + 1)
			}
		}
		c.quantized[d], c.quantized[-d&(lsGradients-1)] = q, -q
	}
	return c, true
}

// lsThresholds are the default T1 to T3 of NEAR 0: C.2.4.1.1.1.
func lsThresholds(maxval int) (t [3]int) {
	basic := [3]int{3, 7, 21}
	least := 1
	for i, b := range basic {
		if maxval >= 128 {
			factor := (min(maxval, 4095) + 128) / 256
			t[i] = factor*(b-2-i) + 2 + i
		} else {
			t[i] = max(2+i, b/(256/(maxval+1)))
		}
		if t[i] > maxval || t[i] < least {
			t[i] = least
		}
		least = t[i]
	}
	return t
}

// scan decodes the n components from first on into a frame, interleaved by
// line, and gives the bits that their values have, without the sign. What is
// found to be wrong is said by end.
func (c *lsCoder) scan(f *imaging.Frame, first, n, precision int) (all uint32) {
	lines, runs := make([][]int32, n), make([]int, n)
	for i := range lines {
		lines[i] = make([]int32, f.Columns+2)
	}
	put := lsPut(f, precision)
	for y := range f.Rows {
		for i := range n {
			runs[i] = c.line(lines[i], runs[i])
			all |= put(y, first+i, lines[i][1:f.Columns+1])
		}
		if c.made > c.bits {
			c.fault = true
		}
		if c.fault {
			break
		}
	}
	return all
}

// lsPut gives the function that puts a line of a component into a frame and
// returns the bits of its values. The stream knows no sign: that of a signed
// image is the uppermost bit of its precision.
func lsPut(f *imaging.Frame, precision int) func(y, component int, line []int32) uint32 {
	up := 0
	if f.Signed() {
		up = 32 - precision
	}
	switch {
	case f.Uint8 != nil:
		return lsPutInto(f, f.Uint8, up)
	case f.Int8 != nil:
		return lsPutInto(f, f.Int8, up)
	case f.Uint16 != nil:
		return lsPutInto(f, f.Uint16, up)
	case f.Int16 != nil:
		return lsPutInto(f, f.Int16, up)
	case f.Uint32 != nil:
		return lsPutInto(f, f.Uint32, up)
	}
	return lsPutInto(f, f.Int32, up)
}

func lsPutInto[T uint8 | int8 | uint16 | int16 | uint32 | int32](f *imaging.Frame, out []T, up int) func(y, component int, line []int32) uint32 {
	return func(y, component int, line []int32) (all uint32) {
		o := out[y*f.Columns*f.Samples : (y+1)*f.Columns*f.Samples]
		if f.Samples == 1 {
			line = line[:len(o)]
			for i, v := range line {
				v = v << (up & 31) >> (up & 31)
				all |= uint32(v ^ v>>31)
				o[i] = T(v)
			}
			return all
		}
		for i, v := range line {
			v = v << (up & 31) >> (up & 31)
			all |= uint32(v ^ v>>31)
			o[i*f.Samples+component] = T(v)
		}
		return all
	}
}
