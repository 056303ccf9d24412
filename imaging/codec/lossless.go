package codec

import (
	"longying/imaging"
)

// decodeLossless is JPEG lossless with Huffman coding, PS3.5 A.4.2 (.57 and
// .70): ISO/IEC 10918-1 annex H, all seven predictors, point transform,
// restart intervals, components in one scan or in several, 2 to 16 bits.
func decodeLossless(in Encoded) (*imaging.Frame, error) {
	p := in.Pixels
	if p.BitsAllocated != 8 && p.BitsAllocated != 16 || p.Float {
		return nil, damaged("JPEG Lossless cannot hold %d bits allocated", p.BitsAllocated)
	}
	info, err := readJPEGHeader(in.Data)
	if err != nil {
		return nil, err
	}
	if err := info.matches(p); err != nil {
		return nil, err
	}
	if !info.lossless {
		if info.precision == 8 {
			return decodeJPEG(in)
		}
		return nil, &UnsupportedError{UID: in.TransferSyntaxUID, Name: Name(in.TransferSyntaxUID), Why: "a lossy stream of 12 bits inside"}
	}
	if info.precision < 2 || info.precision > p.BitsAllocated {
		return nil, damaged("the JPEG stream has %d bits, the header allocates %d", info.precision, p.BitsAllocated)
	}
	// A sample takes at least one bit.
	if len(in.Data)*8 < values(p) {
		return nil, damaged("the JPEG stream of %d bytes cannot hold %d x %d pixels", len(in.Data), p.Rows, p.Columns)
	}
	d := &losslessDecoder{b: in.Data, info: info, out: make([]uint16, values(p))}
	if err := d.run(); err != nil {
		return nil, err
	}
	f := newFrame(p)
	for i := range f.Uint8 {
		f.Uint8[i] = uint8(d.out[i])
	}
	for i := range f.Int8 {
		f.Int8[i] = int8(d.out[i])
	}
	for i := range f.Int16 {
		f.Int16[i] = int16(d.out[i])
	}
	if f.Uint16 != nil {
		f.Uint16 = d.out
	}
	correctBits(f, p)
	if p.Samples == 3 {
		f.Photometric = info.colour(p.Photometric)
		if !info.adobe && info.ids != [4]byte{'R', 'G', 'B'} {
			f.Photometric = p.Photometric // JFIF says nothing about lossless streams
		}
	}
	return f, nil
}

type losslessDecoder struct {
	b       []byte
	info    jpegInfo
	out     []uint16 // interleaved
	tables  [4]*huffman
	restart int // samples of one component between restart markers, 0 none

	at   int // next byte
	bits uint64
	n    int // bits held
	over int // bytes invented behind the end
}

// huffman is a table of ISO/IEC 10918-1 annex C: fast resolves codes of up to
// nine bits to length<<8 | symbol, the rest by their length.
type huffman struct {
	fast    [512]uint16
	maxCode [18]int32 // largest code of a length, -1 none
	delta   [17]int32 // index of a symbol minus its code
	symbols []byte
}

func newHuffman(counts, symbols []byte) (*huffman, error) {
	h := &huffman{symbols: symbols}
	code, k := int32(0), int32(0)
	for length := 1; length <= 16; length++ {
		h.delta[length] = k - code
		for range counts[length-1] {
			if code >= 1<<length {
				return nil, damaged("the JPEG stream has an impossible Huffman table")
			}
			if length <= 9 {
				first := int(code) << (9 - length)
				for i := range 1 << (9 - length) {
					h.fast[first+i] = uint16(length)<<8 | uint16(symbols[k])
				}
			}
			code++
			k++
		}
		h.maxCode[length] = code - 1
		if counts[length-1] == 0 {
			h.maxCode[length] = -1
		}
		code <<= 1
	}
	return h, nil
}

func (d *losslessDecoder) run() error {
	scanned := 0
	for at := 2; at+4 <= len(d.b); {
		if d.b[at] != 0xff {
			at++ // between scans
			continue
		}
		marker := d.b[at+1]
		if marker == 0xff || marker == 0 || marker >= 0xd0 && marker <= 0xd8 {
			at++
			continue
		}
		if marker == 0xd9 {
			break
		}
		n := int(d.b[at+2])<<8 | int(d.b[at+3])
		if n < 2 || at+2+n > len(d.b) {
			return damaged("the JPEG stream ends inside marker %02X", marker)
		}
		body := d.b[at+4 : at+2+n]
		at += 2 + n
		switch marker {
		case 0xc4:
			if err := d.defineTables(body); err != nil {
				return err
			}
		case 0xdd:
			if len(body) >= 2 {
				d.restart = int(body[0])<<8 | int(body[1])
			}
		case 0xda:
			done, err := d.scan(body, at)
			if err != nil {
				return err
			}
			scanned += done
			if scanned >= d.info.components {
				return nil
			}
			at = d.at
		}
	}
	return damaged("the JPEG stream holds %d of %d components", scanned, d.info.components)
}

func (d *losslessDecoder) defineTables(b []byte) error {
	for len(b) >= 17 {
		id, total := b[0], 0
		for _, c := range b[1:17] {
			total += int(c)
		}
		if total > 256 || len(b) < 17+total {
			return damaged("the JPEG stream has a Huffman table that is cut short")
		}
		if id < 4 { // class 0: the only one in lossless streams
			h, err := newHuffman(b[1:17], b[17:17+total])
			if err != nil {
				return err
			}
			d.tables[id] = h
		}
		b = b[17+total:]
	}
	return nil
}

// scan decodes the components of one scan and returns how many there were.
func (d *losslessDecoder) scan(b []byte, at int) (int, error) {
	if len(b) < 1 || len(b) < 4+2*int(b[0]) || b[0] == 0 || int(b[0]) > d.info.components {
		return 0, damaged("the JPEG stream has a scan header that is cut short")
	}
	count := int(b[0])
	var component [4]int
	var table [4]*huffman
	for i := range count {
		component[i] = -1
		for c := range d.info.components {
			if d.info.ids[c] == b[1+2*i] {
				component[i] = c
			}
		}
		if id := b[2+2*i] >> 4; id < 4 {
			table[i] = d.tables[id]
		}
		if component[i] < 0 || table[i] == nil {
			return 0, damaged("a scan of the JPEG stream names a component or a table that is not there")
		}
	}
	predictor, transform := int(b[1+2*count]), int(b[3+2*count]&15)
	if predictor < 1 || predictor > 7 || transform >= d.info.precision {
		return 0, damaged("predictor %d with point transform %d is not a lossless scan", predictor, transform)
	}
	d.at, d.bits, d.n, d.over = at, 0, 0, 0
	samples, columns := d.info.components, d.info.columns
	initial := int32(1) << (d.info.precision - transform - 1)
	left := d.restart
	freshLine := true // no line above since the start or the last restart
	for y := range d.info.rows {
		fresh := true // no sample to the left
		for x := range columns {
			if d.restart > 0 && left == 0 {
				d.nextRestart()
				left, freshLine, fresh = d.restart, true, true
			}
			left--
			for i := range count {
				o := (y*columns+x)*samples + component[i]
				var pred int32
				switch {
				case fresh && freshLine:
					pred = initial
				case freshLine:
					pred = int32(d.out[o-samples])
				case x == 0:
					pred = int32(d.out[o-columns*samples])
				default:
					ra, rb, rc := int32(d.out[o-samples]), int32(d.out[o-columns*samples]), int32(d.out[o-columns*samples-samples])
					switch predictor {
					case 1:
						pred = ra
					case 2:
						pred = rb
					case 3:
						pred = rc
					case 4:
						pred = ra + rb - rc
					case 5:
						pred = ra + (rb-rc)>>1
					case 6:
						pred = rb + (ra-rc)>>1
					case 7:
						pred = (ra + rb) >> 1
					}
				}
				diff, err := d.difference(table[i])
				if err != nil {
					return 0, err
				}
				d.out[o] = uint16(pred + diff)
			}
			fresh = false
		}
		freshLine = false
		if d.over > 16 {
			return 0, damaged("the JPEG stream ends in row %d of %d", y+1, d.info.rows)
		}
	}
	if transform > 0 {
		for i := range count {
			for o := component[i]; o < len(d.out); o += samples {
				d.out[o] <<= transform
			}
		}
	}
	return count, nil
}

// fill holds at least 32 bits. At a marker, or the end, it invents zeros.
func (d *losslessDecoder) fill() {
	for d.n <= 56 {
		var c byte
		switch {
		case d.at >= len(d.b):
			d.over++
		case d.b[d.at] != 0xff:
			c = d.b[d.at]
			d.at++
		case d.at+1 < len(d.b) && d.b[d.at+1] == 0:
			c = 0xff
			d.at += 2
		default:
			d.over++ // a marker: stay in front of it
		}
		d.bits = d.bits<<8 | uint64(c)
		d.n += 8
	}
}

// difference decodes one value: annex H.1.2.2.
func (d *losslessDecoder) difference(h *huffman) (int32, error) {
	if d.n < 32 {
		d.fill()
	}
	var category int
	if f := h.fast[d.bits>>(d.n-9)&511]; f != 0 {
		d.n -= int(f >> 8)
		category = int(f & 0xff)
	} else {
		length := 10
		for ; ; length++ {
			if length > 16 {
				return 0, damaged("the JPEG stream holds a code that its table does not have")
			}
			code := int32(d.bits >> (d.n - length) & (1<<length - 1))
			if h.maxCode[length] >= 0 && code <= h.maxCode[length] && int(code+h.delta[length]) < len(h.symbols) && code+h.delta[length] >= 0 {
				category = int(h.symbols[code+h.delta[length]])
				break
			}
		}
		d.n -= length
	}
	switch {
	case category == 0:
		return 0, nil
	case category == 16:
		return 32768, nil
	case category > 16:
		return 0, damaged("the JPEG stream holds a difference of %d bits", category)
	}
	v := int32(d.bits >> (d.n - category) & (1<<category - 1))
	d.n -= category
	if v < 1<<(category-1) {
		v += -1<<category + 1
	}
	return v, nil
}

// nextRestart drops the rest of the interval and steps over its marker.
func (d *losslessDecoder) nextRestart() {
	d.bits, d.n, d.over = 0, 0, 0
	for d.at+1 < len(d.b) {
		if d.b[d.at] == 0xff && d.b[d.at+1] >= 0xd0 && d.b[d.at+1] <= 0xd7 {
			d.at += 2
			return
		}
		if d.b[d.at] == 0xff && d.b[d.at+1] >= 0xc0 && d.b[d.at+1] != 0xff {
			return
		}
		d.at++
	}
}
