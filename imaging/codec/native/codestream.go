package native

import (
	"bytes"
	"encoding/binary"

	"longying/imaging/codec"
)

// codestream is what the markers of a JPEG 2000 codestream say: ISO/IEC
// 15444-1 annex A.
type codestream struct {
	header
	signed    bool // of the first component
	mixed     bool // components of several precisions or signs
	transform byte // of the components: 0 none, 1 that of Part 1, others of Part 2
	data      []byte
	ended     bool // data has its end marker
	tiles     map[int64]tile
	missing   int  // pixels in tiles whose data is not all there
	sycc      bool // the JP2 wrapper says that the components are YCbCr

	x0, y0, x1, y1         int64 // image area on the reference grid
	tx0, ty0, width, depth int64 // tiles
	across, down           int64
}

// tile counts the tile-parts of a tile.
type tile struct {
	parts, total int  // that are there; that the stream says there are, 0 where it does not
	cut          bool // the data ends inside one
}

const (
	markerSOC = 0xff4f
	markerSIZ = 0xff51
	markerCOD = 0xff52
	markerSOT = 0xff90
	markerEOC = 0xffd9
)

// readCodestream reads the main header and walks the tile-parts. A JP2 wrapper
// around it, which PS3.5 A.4.4 forbids, is taken off.
func readCodestream(b []byte) (*codestream, error) {
	c := &codestream{header: header{format: "JPEG 2000"}}
	b, err := c.unwrap(b)
	if err != nil {
		return nil, err
	}
	if len(b) < 4 || binary.BigEndian.Uint16(b) != markerSOC || binary.BigEndian.Uint16(b[2:]) != markerSIZ {
		return nil, damaged("the frame does not begin as a JPEG 2000 codestream")
	}
	for at := 2; ; {
		if at+4 > len(b) {
			return nil, damaged("the JPEG 2000 stream ends in its main header")
		}
		marker, n := int(binary.BigEndian.Uint16(b[at:])), int(binary.BigEndian.Uint16(b[at+2:]))
		if marker == markerSOT {
			c.walk(b, at)
			return c, nil
		}
		if marker < 0xff00 || n < 2 || at+2+n > len(b) {
			return nil, damaged("the JPEG 2000 stream has no marker segment at byte %d", at)
		}
		body := b[at+4 : at+2+n]
		switch marker {
		case markerSIZ:
			if err := c.size(body); err != nil {
				return nil, err
			}
		case markerCOD:
			if len(body) >= 5 {
				c.transform = body[4]
			}
		}
		at += 2 + n
	}
}

// jp2Signature is the box that begins a JP2 file.
var jp2Signature = []byte("\x00\x00\x00\x0cjP  ")

// unwrap finds the codestream in a JP2 file: ISO/IEC 15444-1 annex I.
func (c *codestream) unwrap(b []byte) ([]byte, error) {
	if !bytes.HasPrefix(b, jp2Signature) {
		return b, nil
	}
	for at := 0; at+8 <= len(b); {
		n, kind, head := int64(binary.BigEndian.Uint32(b[at:])), string(b[at+4:at+8]), int64(8)
		switch {
		case n == 1 && at+16 <= len(b):
			n, head = int64(binary.BigEndian.Uint64(b[at+8:])), 16
		case n == 0:
			n = int64(len(b) - at)
		}
		switch {
		case kind == "jp2c":
			end := len(b)
			if n >= head && n < int64(len(b)-at) {
				end = at + int(n)
			}
			return b[min(at+int(head), end):end], nil
		case kind == "jp2h":
			n = head // look into it
		case kind == "colr" && at+15 <= len(b) && b[at+8] == 1:
			c.sycc = binary.BigEndian.Uint32(b[at+11:]) == 18
		}
		if n < head || n > int64(len(b)-at) {
			break
		}
		at += int(n)
	}
	return nil, damaged("the JP2 wrapper holds no codestream")
}

// size reads SIZ: A.5.1.
func (c *codestream) size(b []byte) error {
	if len(b) < 36 {
		return damaged("the size marker of the JPEG 2000 stream is cut short")
	}
	u := func(at int) int64 { return int64(binary.BigEndian.Uint32(b[at:])) }
	c.x1, c.y1, c.x0, c.y0 = u(2), u(6), u(10), u(14)
	c.width, c.depth, c.tx0, c.ty0 = u(18), u(22), u(26), u(30)
	c.samples = int(binary.BigEndian.Uint16(b[34:]))
	if c.samples < 1 || len(b) < 36+3*c.samples {
		return damaged("the size marker of the JPEG 2000 stream is cut short")
	}
	if c.x0 >= c.x1 || c.y0 >= c.y1 || c.width < 1 || c.depth < 1 || c.tx0 > c.x0 || c.ty0 > c.y0 || c.tx0+c.width <= c.x0 || c.ty0+c.depth <= c.y0 {
		return damaged("the JPEG 2000 stream has an image area of %d x %d and tiles of %d x %d that contradict one another", c.y1-c.y0, c.x1-c.x0, c.depth, c.width)
	}
	c.rows, c.columns = int(c.y1-c.y0), int(c.x1-c.x0)
	c.across, c.down = (c.x1-c.tx0+c.width-1)/c.width, (c.y1-c.ty0+c.depth-1)/c.depth
	c.signed, c.mixed = b[36]&0x80 != 0, false
	for i := range c.samples {
		s := b[36+3*i:]
		c.precision = max(c.precision, int(s[0]&0x7f)+1)
		c.mixed = c.mixed || s[0] != b[36]
		if s[1] == 0 || s[2] == 0 {
			return damaged("component %d of the JPEG 2000 stream has no sampling", i+1)
		}
	}
	return nil
}

// check compares with the DICOM header, and bounds what the stream can cost.
func (c *codestream) check(in codec.Encoded) error {
	if p := in.Pixels; c.samples != p.Samples && c.samples%p.Samples == 0 && c.rows == p.Rows && c.columns == p.Columns && p.Frames > 1 {
		if uid := in.TransferSyntaxUID; uid == "1.2.840.10008.1.2.4.92" || uid == "1.2.840.10008.1.2.4.93" {
			return unsupported(in, "several frames in one stream")
		}
	}
	if err := c.header.check(in); err != nil {
		return err
	}
	if c.transform > 1 {
		return unsupported(in, "a component transformation of JPEG 2000 Part 2")
	}
	// The library takes some kilobytes for a tile, whether its data is there or
	// not; data of a tile takes at least 14 bytes.
	if tiles := c.across * c.down; tiles > 65535 || tiles > 1024 && tiles*14 > int64(len(c.data)) {
		return damaged("the JPEG 2000 stream of %d bytes cannot hold %d tiles", len(c.data), tiles)
	}
	c.missing = c.incomplete()
	return nil
}

// walk goes from tile-part to tile-part (A.4.2), and keeps the data up to where
// they end as they should.
func (c *codestream) walk(b []byte, at int) {
	c.tiles = map[int64]tile{}
	for {
		if at+2 <= len(b) && binary.BigEndian.Uint16(b[at:]) == markerEOC {
			c.data, c.ended = b[:at+2], true
			return
		}
		if at+12 > len(b) || binary.BigEndian.Uint16(b[at:]) != markerSOT {
			c.data = b[:at]
			return
		}
		no, length := int64(binary.BigEndian.Uint16(b[at+4:])), int64(binary.BigEndian.Uint32(b[at+6:]))
		t := c.tiles[no]
		t.parts++
		t.total = max(t.total, int(b[at+11]))
		switch {
		case length == 0: // up to the end marker
			c.data = unpadded(b)
			c.ended = bytes.HasSuffix(c.data, []byte{0xff, 0xd9})
			t.cut = !c.ended
		case length > int64(len(b)-at):
			t.cut = true
		}
		c.tiles[no] = t
		if t.cut {
			c.data = b
		}
		if t.cut || c.ended {
			return
		}
		at += int(max(length, 12))
	}
}

// incomplete counts the pixels of the tiles whose data is not all there, as
// far as the stream lets it be known.
func (c *codestream) incomplete() int {
	n := int64(0)
	for no := range c.across * c.down {
		if t := c.tiles[no]; t.parts > 0 && !t.cut && (t.parts >= t.total && t.total > 0 || t.total == 0 && c.ended) {
			continue
		}
		p, q := no%c.across, no/c.across
		x0, x1 := max(c.tx0+p*c.width, c.x0), min(c.tx0+(p+1)*c.width, c.x1)
		y0, y1 := max(c.ty0+q*c.depth, c.y0), min(c.ty0+(q+1)*c.depth, c.y1)
		n += max(0, x1-x0) * max(0, y1-y0)
	}
	return int(n)
}
