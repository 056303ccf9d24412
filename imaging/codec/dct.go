package codec

// jpegTables are the tables in force: B.2.4.
type jpegTables struct {
	quant  [4]*[64]uint16 // in zigzag order
	dc, ac [4]*huffman
}

// define takes in the tables, or the restart interval, of a marker segment.
func (s *jpegStream) define(marker byte, body []byte) error {
	switch marker {
	case 0xdb:
		return s.defineQuantisation(body)
	case 0xc4:
		return s.defineHuffman(body)
	case 0xdd:
		if len(body) >= 2 {
			s.restart = int(body[0])<<8 | int(body[1])
		}
	}
	return nil
}

func (s *jpegStream) defineQuantisation(b []byte) error {
	for len(b) > 0 {
		size, id := 64*(1+int(b[0]>>4)), b[0]&15
		if b[0]>>4 > 1 || id > 3 || len(b) < 1+size {
			return damaged("the JPEG stream has a quantisation table that is cut short")
		}
		q := new([64]uint16)
		for i := range q {
			if size == 64 {
				q[i] = uint16(b[1+i])
			} else {
				q[i] = uint16(b[1+2*i])<<8 | uint16(b[2+2*i])
			}
		}
		s.tables.quant[id] = q
		b = b[1+size:]
	}
	return nil
}

func (s *jpegStream) defineHuffman(b []byte) error {
	for len(b) >= 17 {
		class, id, total := b[0]>>4, b[0]&15, 0
		for _, c := range b[1:17] {
			total += int(c)
		}
		if class > 1 || id > 3 || total > 256 || len(b) < 17+total {
			return damaged("the JPEG stream has a Huffman table that is cut short")
		}
		size := func(symbol byte) int { return int(symbol) } // a category, table F.1
		if class == 1 {
			size = func(symbol byte) int { return int(symbol & 15) } // run and size, F.1.2.2.1
		}
		h, err := newHuffman(b[1:17], b[17:17+total], size)
		if err != nil {
			return err
		}
		if class == 0 {
			s.tables.dc[id] = h
		} else {
			s.tables.ac[id] = h
		}
		b = b[17+total:]
	}
	return nil
}

// zigzag is the place in rows of eight of the coefficients as they are coded:
// figure A.6.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// plane holds the samples of one component, its blocks padded to whole units,
// and for progressive streams the coefficients.
type plane struct {
	jpegComponent
	columns, rows int         // of samples that belong to the image
	across, down  int         // blocks that hold them
	stride        int         // blocks in a row of samples and coefficients
	held          int         // rows of samples held: row y lies at y modulo held
	samples       []uint16    // nil before the first scan
	coefficients  [][64]int16 // in zigzag order, nil for sequential streams
	dcPredictor   int32
	quant         *[64]uint16
	done          bool // a scan has given its first coefficients
}

// dctStream decodes the DCT processes.
type dctStream struct {
	*jpegStream
	planes                 []plane
	hMax, vMax             int
	unitsAcross, unitsDown int // units of an interleaved scan
	inverse                inverseDCT
	streaming, inPlace     bool
	emitted                int      // rows of the image put out, when streaming
	row, made              []uint16 // room for one row, and for one row of a component
}

// mostScans bounds the scans of a progressive stream, which can be coded in a
// few bytes each and yet visit every block.
const mostScans = 500

func (s *jpegStream) decodeDCT() error {
	d := &dctStream{jpegStream: s}
	d.inverse.precision, d.inverse.top = s.precision, s.out.limit(s.precision)
	if err := d.layout(); err != nil {
		return err
	}
	scans := 0
	for at := 2; ; {
		marker, body, next, err := jpegSegment(s.b, at)
		if err != nil || marker == 0 {
			if d.process == sofProgressive { // further scans may have been cut off
				s.lose(0, 0, s.columns, s.rows, coarse)
			}
			break
		}
		at = next
		if marker == 0xd9 {
			break
		}
		if marker == 0xda {
			if scans++; scans > mostScans {
				return damaged("more than %d scans in the JPEG stream", mostScans)
			}
			if at, err = d.scan(body, at); err != nil {
				return err
			}
			if d.streaming {
				break
			}
			continue
		}
		if err := s.define(marker, body); err != nil {
			return err
		}
	}
	if !d.complete() {
		return damaged("the JPEG stream does not hold all of its components")
	}
	for i := range d.planes {
		d.planes[i].reconstruct(&d.inverse)
	}
	d.emit(d.rows)
	return nil
}

func (d *dctStream) complete() bool {
	for i := range d.planes {
		if !d.planes[i].done {
			return false
		}
	}
	return true
}

// layout finds the blocks of each component: A.1.1 and A.2.
func (d *dctStream) layout() error {
	if len(d.components) == 1 { // the factors of a single component say nothing: A.2.2
		d.components[0].h, d.components[0].v = 1, 1
	}
	for _, c := range d.components {
		d.hMax, d.vMax = max(d.hMax, c.h), max(d.vMax, c.v)
	}
	d.unitsAcross, d.unitsDown = ceil(d.columns, 8*d.hMax), ceil(d.rows, 8*d.vMax)
	d.row, d.made = make([]uint16, d.columns*len(d.components)), make([]uint16, d.columns+d.hMax)
	for _, c := range d.components {
		if c.tq > 3 {
			return damaged("a component of the JPEG stream names quantisation table %d", c.tq)
		}
		p := plane{jpegComponent: c, columns: ceil(d.columns*c.h, d.hMax), rows: ceil(d.rows*c.v, d.vMax)}
		p.across, p.down = ceil(p.columns, 8), ceil(p.rows, 8)
		p.stride = d.unitsAcross * c.h
		if d.process == sofProgressive {
			p.coefficients = make([][64]int16, p.stride*d.unitsDown*c.v)
		}
		d.planes = append(d.planes, p)
	}
	return nil
}

func ceil(a, b int) int { return (a + b - 1) / b }

// scanHeader is B.2.3.
type scanHeader struct {
	coded      []*plane
	dc, ac     []*huffman
	start, end int // of the band of coefficients, Ss and Se
	high, low  int // successive approximation, Ah and Al
}

func (d *dctStream) scanHeader(b []byte) (h scanHeader, err error) {
	if len(b) < 1 || b[0] < 1 || b[0] > 4 || len(b) < 4+2*int(b[0]) {
		return h, damaged("the JPEG stream has a scan header that is cut short")
	}
	n := int(b[0])
	for c := b[1 : 1+2*n]; len(c) > 0; c = c[2:] {
		var found *plane
		for i := range d.planes {
			if d.planes[i].id == c[0] {
				found = &d.planes[i]
				break
			}
		}
		for _, p := range h.coded {
			if p == found {
				found = nil
			}
		}
		if found == nil || c[1]>>4 > 3 || c[1]&15 > 3 {
			return h, damaged("a scan of the JPEG stream names a component or a table that is not there")
		}
		h.coded = append(h.coded, found)
		h.dc = append(h.dc, d.tables.dc[c[1]>>4])
		h.ac = append(h.ac, d.tables.ac[c[1]&15])
	}
	h.start, h.end = int(b[1+2*n]), int(b[2+2*n])
	h.high, h.low = int(b[3+2*n]>>4), int(b[3+2*n]&15)
	if d.process != sofProgressive {
		// A sequential scan has all coefficients; writers exist that say 0.
		h.start, h.end, h.high, h.low = 0, 63, 0, 0
	} else if h.end < h.start || h.end > 63 || h.start == 0 && h.end > 0 || h.start > 0 && n > 1 || h.low > 13 || h.high > 0 && h.high != h.low+1 {
		return h, damaged("a scan of coefficients %d to %d, bits %d to %d, is not allowed in a progressive JPEG stream", h.start, h.end, h.high, h.low)
	}
	for i, p := range h.coded {
		if h.start == 0 && h.high == 0 && h.dc[i] == nil || h.end > 0 && h.ac[i] == nil {
			return h, damaged("a scan of the JPEG stream uses a Huffman table that is not there")
		}
		// The table in force at the first scan is that of the component.
		if p.quant == nil {
			p.quant = d.tables.quant[p.tq]
		}
		if p.quant == nil {
			return h, damaged("the JPEG stream has no quantisation table for component %d", p.id)
		}
	}
	return h, nil
}

// scan decodes one scan, restart interval by restart interval, and returns
// where it ends. What cannot be decoded is marked as lost up to the next
// restart marker.
func (d *dctStream) scan(b []byte, at int) (int, error) {
	h, err := d.scanHeader(b)
	if err != nil {
		return 0, err
	}
	units, across := d.unitsAcross*d.unitsDown, d.unitsAcross
	if len(h.coded) == 1 {
		units, across = h.coded[0].across*h.coded[0].down, h.coded[0].across
	}
	d.allocate(&h)
	interval := d.restart
	if interval == 0 {
		interval = units
	}
	e := entropyScan{scanHeader: h, dctStream: d}
	e.r.start(d.b, at)
	expected := byte(0)
	for first := 0; first < units; {
		last := min(first+interval, units)
		e.endOfBand = 0
		for i := range h.coded {
			h.coded[i].dcPredictor = 0
		}
		if n := e.units(first, last); n < last {
			d.loseUnits(&h, n, last)
		}
		first = last
		if first == units {
			break
		}
		// What lies between here and the marker is dropped.
		skipped, ok := e.r.nextRestart(expected)
		if !ok {
			d.loseUnits(&h, first, units)
			break
		}
		if skipped > 0 {
			lost := min(first+skipped*interval, units)
			d.loseUnits(&h, first, lost)
			first = lost
			d.emitUnits(first / across)
		}
		expected = (expected + byte(skipped) + 1) & 7
	}
	for _, p := range h.coded {
		p.done = p.done || h.start == 0
	}
	return e.r.at, nil
}

// allocate makes room for the samples of a scan's components. Where it has all
// of them whole, two rows of units do: they are put out as they come.
func (d *dctStream) allocate(h *scanHeader) {
	d.streaming = d.process != sofProgressive && len(h.coded) == len(d.planes)
	for _, p := range h.coded {
		if p.samples != nil {
			continue
		}
		p.held = 8 * d.unitsDown * p.v
		if d.streaming {
			p.held = min(p.held, 16*p.v)
		}
		if d.streaming && d.out.takes(8*p.stride, 8*d.unitsDown) {
			d.inPlace, p.held, p.samples = true, d.rows, d.out.f.Uint16
			continue
		}
		p.samples = make([]uint16, 8*p.stride*p.held)
	}
}

// emitUnits puts out what is complete once the first n rows of units are: not
// the last row of the image among them, which may need the samples below.
func (d *dctStream) emitUnits(n int) {
	if d.streaming {
		d.emit(min(n*8*d.vMax-1, d.rows))
	}
}

// emit puts out the rows of the image up to before row end.
func (d *dctStream) emit(end int) {
	if d.inPlace {
		return
	}
	for ; d.emitted < end; d.emitted++ {
		d.out.put(d.interleaved(d.emitted), d.emitted)
	}
}

// loseUnits marks the pixels of units from first to before last.
func (d *dctStream) loseUnits(h *scanHeader, first, last int) {
	across, width, height := d.unitsAcross, 8*d.hMax, 8*d.vMax
	if len(h.coded) == 1 {
		p := h.coded[0]
		across, width, height = p.across, 8*d.hMax/p.h, 8*d.vMax/p.v
	}
	what := missing
	if h.start > 0 || h.high > 0 {
		what = coarse
	}
	for u := first; u < last; {
		x := u % across
		n := min(last-u, across-x)
		d.lose(x*width, u/across*height, (x+n)*width, (u/across+1)*height, what)
		u += n
	}
}

// reconstruct turns the coefficients of a progressive stream into samples.
func (p *plane) reconstruct(inverse *inverseDCT) {
	if p.coefficients == nil {
		return
	}
	var block [64]int32
	for y := range p.down {
		for x := range p.across {
			clear(block[:])
			last := 0
			for k, v := range &p.coefficients[y*p.stride+x] {
				if v != 0 {
					block[zigzag[k]], last = int32(v)*int32(p.quant[k]), k
				}
			}
			inverse.block(&block, last, p.samples[p.place(x, y):], 8*p.stride)
		}
	}
}

// place is the index of the first sample of a block.
func (p *plane) place(x, y int) int { return 8*y%p.held*8*p.stride + 8*x }
