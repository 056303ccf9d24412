package codec

import (
	"bytes"
	"fmt"

	"longying/imaging"
)

// jpeg is ISO/IEC 10918-1 as PS3.5 8.2.1 and A.4.1 to A.4.3 use it:
// sequential and progressive DCT of 8 and 12 bits and the lossless process of
// 2 to 16, all with Huffman coding. The stream says which of them it is; the
// transfer syntax is not relied on, because files exist that name another.
// Components are given as the stream holds them, see jpegHeader.colour.
//
// A stream that is cut short or damaged gives what can be decoded: pixels that
// cannot are 0 and counted in Missing.
func (l Local) jpeg(in Encoded) (*imaging.Frame, error) {
	p := in.Pixels
	if p.BitsAllocated != 8 && p.BitsAllocated != 16 && p.BitsAllocated != 32 || p.Float {
		return nil, damaged("JPEG cannot hold %d bits allocated", p.BitsAllocated)
	}
	in.Data = start(in.Data)
	h, err := readJPEGHeader(in.Data)
	if err != nil {
		return nil, err
	}
	if why := h.unsupported(); why != "" {
		return nil, &UnsupportedError{UID: in.TransferSyntaxUID, Name: Name(in.TransferSyntaxUID), Why: why}
	}
	if h.rows == 0 {
		h.rows = p.Rows // the number of lines comes behind the first scan: B.2.5
	}
	if err := h.matches(p); err != nil {
		return nil, err
	}
	// Not even one bit a block of 64, or a sample of a lossless stream: then
	// most is missing, and a frame is made for it only while it is small.
	least := values(p) / 64 / 8
	if h.process == sofLossless {
		least = values(p) / 8
	}
	if len(in.Data) < least && values(p) > sparse/2 {
		return nil, damaged("the JPEG stream of %d bytes cannot hold %d x %d pixels", len(in.Data), p.Rows, p.Columns)
	}
	s := &jpegStream{jpegHeader: h, b: in.Data, out: newSink(p, h)}
	if l.DCT != nil && h.precision == 8 && h.process != sofLossless && s.byDCT(l) {
		return s.frame()
	}
	if h.process == sofLossless {
		err = s.decodeLossless()
	} else {
		err = s.decodeDCT()
	}
	if err != nil {
		return nil, err
	}
	return s.frame()
}

// byDCT has Local.DCT decode the stream, which must be whole.
func (s *jpegStream) byDCT(l Local) bool {
	f, limit := s.out.f, uint16(s.out.limit(8))
	direct := f.Uint8 != nil && limit == 255
	out := f.Uint8
	if !direct {
		out = make([]uint8, f.Len())
	}
	if !l.DCT(s.b, out, f.Rows, f.Columns, f.Samples) {
		return false
	}
	if !direct {
		row := make([]uint16, f.Columns*f.Samples)
		for y := range f.Rows {
			for x, v := range out[y*len(row) : (y+1)*len(row)] {
				row[x] = min(uint16(v), limit)
			}
			s.out.put(row, y)
		}
	}
	return true
}

// Frame headers by process: table B.1, and ISO/IEC 14495-1 for JPEG-LS.
const (
	sofBaseline    = 0xc0
	sofExtended    = 0xc1
	sofProgressive = 0xc2
	sofLossless    = 0xc3
	sofJPEGLS      = 0xf7
)

// jpegHeader is the frame header (B.2.2) and the application data in front of
// it.
type jpegHeader struct {
	process       byte // of the SOF marker
	precision     int
	rows, columns int
	components    []jpegComponent
	hierarchical  bool
	jfif, adobe   bool
	transform     byte // of the Adobe marker: 0 none, 1 YCbCr
}

type jpegComponent struct {
	id   byte
	h, v int  // sampling factors
	tq   byte // quantisation table
}

// readJPEGHeader walks the markers up to the frame header.
func readJPEGHeader(b []byte) (jpegHeader, error) {
	var h jpegHeader
	if len(b) < 4 || b[0] != 0xff || b[1] != 0xd8 {
		return h, damaged("the frame does not begin as a JPEG stream")
	}
	for at := 2; ; {
		marker, body, next, err := jpegSegment(b, at)
		if err != nil {
			return h, err
		}
		switch {
		case marker == 0xe0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
			h.jfif = true
		case marker == 0xee && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
			h.adobe, h.transform = true, body[11]
		case marker == 0xde:
			h.hierarchical = true
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc, marker == sofJPEGLS:
			if len(body) < 6 || len(body) < 6+3*int(body[5]) {
				return h, damaged("the JPEG frame header is cut short")
			}
			h.process, h.precision = marker, int(body[0])
			h.rows, h.columns = int(body[1])<<8|int(body[2]), int(body[3])<<8|int(body[4])
			for c := body[6 : 6+3*int(body[5])]; len(c) > 0; c = c[3:] {
				h.components = append(h.components, jpegComponent{id: c[0], h: int(c[1] >> 4), v: int(c[1] & 15), tq: c[2]})
			}
			return h, nil
		case marker == 0xda || marker == 0xd9 || marker == 0:
			return h, damaged("the JPEG stream has no frame header")
		}
		at = next
	}
}

// jpegSegment is the marker segment at or behind at; fill bytes and, as
// decoders of the field do, stray bytes in front of it are stepped over.
// marker is 0 at the end of the data; body is nil for markers without one.
func jpegSegment(b []byte, at int) (marker byte, body []byte, next int, err error) {
	for at+1 < len(b) && (b[at] != 0xff || b[at+1] == 0xff || b[at+1] == 0) {
		at++
	}
	if at+1 >= len(b) {
		return 0, nil, len(b), nil
	}
	marker = b[at+1]
	if marker >= 0xd0 && marker <= 0xd9 || marker == 1 {
		return marker, nil, at + 2, nil
	}
	if at+4 > len(b) {
		return 0, nil, len(b), nil
	}
	n := int(b[at+2])<<8 | int(b[at+3])
	if n < 2 || at+2+n > len(b) {
		return 0, nil, 0, damaged("the JPEG stream ends inside marker %02X", marker)
	}
	return marker, b[at+4 : at+2+n], at + 2 + n, nil
}

// unsupported names what no decoder here has.
func (h *jpegHeader) unsupported() string {
	switch {
	case h.hierarchical, h.process >= 0xc5 && h.process <= 0xc7, h.process >= 0xcd && h.process <= 0xcf:
		return "hierarchical coding"
	case h.process >= 0xc9 && h.process <= 0xcb:
		return "arithmetic coding"
	case h.process == sofJPEGLS:
		return "a JPEG-LS stream inside"
	case len(h.components) > 4 || len(h.components) == 2:
		return fmt.Sprintf("%d components", len(h.components))
	case h.process == sofLossless && (h.precision < 2 || h.precision > 16), h.process != sofLossless && h.precision != 8 && h.precision != 12:
		return fmt.Sprintf("%d bits", h.precision)
	}
	return ""
}

func (h *jpegHeader) matches(p imaging.PixelDescription) error {
	if h.rows != p.Rows || h.columns != p.Columns || len(h.components) != p.Samples {
		return damaged("the JPEG stream holds %d x %d pixels of %d components, the header says %d x %d of %d",
			h.rows, h.columns, len(h.components), p.Rows, p.Columns, p.Samples)
	}
	if h.precision > p.BitsAllocated {
		return damaged("the JPEG stream has %d bits, the header allocates %d", h.precision, p.BitsAllocated)
	}
	for _, c := range h.components {
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return damaged("sampling factors of %d x %d in the JPEG stream", c.h, c.v)
		}
	}
	return nil
}

// jpegStream is one stream being decoded.
type jpegStream struct {
	jpegHeader
	b       []byte
	tables  jpegTables
	restart int // units between restart markers, 0 none

	out  sink
	lost []loss // by pixel, nil while there is none
}

// loss is what a damaged stream does to a pixel.
type loss uint8

const (
	coarse  loss = 1 + iota // later scans of a progressive stream are missing
	missing                 // it is not there at all
)

// lose marks the pixels of a rectangle.
func (s *jpegStream) lose(x0, y0, x1, y1 int, what loss) {
	if s.lost == nil {
		s.lost = make([]loss, s.rows*s.columns)
	}
	x1, y1 = min(x1, s.columns), min(y1, s.rows)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			s.lost[y*s.columns+x] = max(s.lost[y*s.columns+x], what)
		}
	}
}

// frame is the frame with what is said about it.
func (s *jpegStream) frame() (*imaging.Frame, error) {
	f, gone, rough := s.out.f, 0, 0
	for i, l := range s.lost {
		switch l {
		case missing:
			gone++
			s.out.clear(i)
		case coarse:
			rough++
		}
	}
	all := f.Rows * f.Columns
	if gone == all {
		return nil, damaged("the JPEG stream is cut short or damaged: no pixel of it can be decoded")
	}
	f.Missing, f.Damaged = gone+rough, gone+rough > 0
	if gone > 0 {
		f.Note = fmt.Sprintf("the JPEG stream is cut short or damaged: %d of %d pixels are missing", gone, all)
	}
	if rough > 0 {
		f.Note = join(f.Note, fmt.Sprintf("the JPEG stream is cut short or damaged: %d of %d pixels are coarser than they were", rough, all))
	}
	if f.Samples == 3 {
		var note string
		f.Photometric, note = s.colour(f.Photometric)
		f.Note = join(f.Note, note)
	}
	return f, nil
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// colour is the photometric interpretation of three components, and a note
// where it is not the header's. The stream knows better than the header: the
// letters R, G, B as component identifiers, then the Adobe marker, then JFIF,
// which is always YCbCr. Without any of them the header counts, as pydicom,
// GDCM and DCMTK have it, unless it says RGB while a component is subsampled,
// which only chrominance is. Lossless streams are not transformed, whatever
// JFIF says.
func (h *jpegHeader) colour(header string) (photometric, note string) {
	found := header
	subsampled := false
	for _, c := range h.components {
		subsampled = subsampled || c.h != h.components[0].h || c.v != h.components[0].v
	}
	ids := string([]byte{h.components[0].id, h.components[1].id, h.components[2].id})
	ybr := len(header) > 3 && header[:3] == "YBR"
	switch {
	case ids == "RGB" || ids == "rgb":
		found = "RGB"
	case h.process == sofLossless:
		if h.adobe && h.transform == 0 && ybr {
			found = "RGB"
		}
	case h.adobe && h.transform == 0:
		found = "RGB"
	case !ybr && (h.adobe && h.transform == 1 || h.jfif || subsampled || header != "RGB"):
		found = "YBR_FULL"
	case header == "YBR_RCT" || header == "YBR_ICT": // of JPEG 2000: not in here
		found = "YBR_FULL"
	}
	if found != header {
		note = fmt.Sprintf("the header says %s, the JPEG stream holds %s: the stream is followed", header, found)
	}
	return found, note
}
