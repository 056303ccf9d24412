package codec

// decodeLossless is the lossless process: ISO/IEC 10918-1 annex H, all seven
// predictors, point transform, restart intervals, components in one scan or in
// several, 2 to 16 bits.
func (s *jpegStream) decodeLossless() error {
	for _, c := range s.components {
		if len(s.components) > 1 && (c.h != 1 || c.v != 1) {
			return damaged("the lossless JPEG stream has subsampled components")
		}
	}
	n := len(s.components)
	var all []uint16 // of a stream with a scan for each component
	scanned := 0
	for at := 2; scanned < n; {
		marker, body, next, err := jpegSegment(s.b, at)
		if err != nil {
			return err
		}
		at = next
		switch marker {
		case 0, 0xd9:
			return damaged("the JPEG stream holds %d of %d components", scanned, n)
		case 0xda:
			h, err := s.losslessScanHeader(body)
			if err != nil {
				return err
			}
			if len(h.component) < n && all == nil {
				all = make([]uint16, s.rows*s.columns*n)
			}
			at = s.losslessScan(h, at, all)
			scanned += len(h.component)
		default:
			if err := s.define(marker, body); err != nil {
				return err
			}
		}
	}
	for y := range s.rows {
		if all != nil {
			s.out.put(all[y*s.columns*n:(y+1)*s.columns*n], y)
		}
	}
	return nil
}

type losslessScan struct {
	component []int // by index
	table     []*huffman
	predictor int
	transform int // point transform
}

func (s *jpegStream) losslessScanHeader(b []byte) (h losslessScan, err error) {
	if len(b) < 1 || b[0] < 1 || int(b[0]) > len(s.components) || len(b) < 4+2*int(b[0]) {
		return h, damaged("the JPEG stream has a scan header that is cut short")
	}
	n := int(b[0])
	for i := range n {
		id, t := b[1+2*i], b[2+2*i]>>4
		for c := range s.components {
			if s.components[c].id == id && len(h.component) == i {
				h.component = append(h.component, c)
			}
		}
		if len(h.component) != i+1 || t > 3 || s.tables.dc[t] == nil {
			return h, damaged("a scan of the JPEG stream names a component or a table that is not there")
		}
		h.table = append(h.table, s.tables.dc[t])
	}
	h.predictor, h.transform = int(b[1+2*n]), int(b[3+2*n]&15)
	if h.predictor < 1 || h.predictor > 7 || h.transform >= s.precision {
		return h, damaged("predictor %d with point transform %d is not a lossless scan", h.predictor, h.transform)
	}
	if s.restart%s.columns != 0 {
		return h, damaged("restart markers every %d pixels do not stand between rows of %d (ISO/IEC 10918-1 H.1.1)", s.restart, s.columns)
	}
	return h, nil
}

// losslessScan decodes one scan and returns where it ends. Rows that cannot be
// decoded are marked as lost up to the next restart marker.
func (s *jpegStream) losslessScan(h losslessScan, at int, all []uint16) int {
	n := len(h.component)
	var r bitReader
	r.start(s.b, at)
	width := s.columns * n
	above, row, diff := make([]uint16, width), make([]uint16, width), make([]uint16, width)
	interval := s.restart / s.columns // rows
	if interval == 0 {
		interval = s.rows
	}
	expected := byte(0)
	for first := 0; first < s.rows; {
		last := min(first+interval, s.rows)
		for y := first; y < last; y++ {
			if !r.differences(diff, h.table) {
				s.lose(0, y, s.columns, last, missing)
				break
			}
			if y == first {
				firstLine(row, diff, n, 1<<(s.precision-h.transform-1))
			} else {
				predict(row, above, diff, n, h.predictor)
			}
			s.store(row, diff, y, h, all)
			row, above = above, row
		}
		if first = last; first == s.rows {
			break
		}
		skipped, ok := r.nextRestart(expected)
		if !ok {
			s.lose(0, first, s.columns, s.rows, missing)
			break
		}
		if skipped > 0 {
			lost := min(first+skipped*interval, s.rows)
			s.lose(0, first, s.columns, lost, missing)
			first = lost
		}
		expected = (expected + byte(skipped) + 1) & 7
	}
	return r.at
}

// store puts a row of a scan in its place, the point transform undone. spare
// is as long as row.
func (s *jpegStream) store(row, spare []uint16, y int, h losslessScan, all []uint16) {
	if h.transform > 0 {
		for i, v := range row {
			spare[i] = v << h.transform
		}
		row = spare
	}
	if all == nil {
		s.out.put(row, y)
		return
	}
	n, samples := len(h.component), len(s.components)
	for i, c := range h.component {
		out := all[y*s.columns*samples+c:]
		for x := range s.columns {
			out[x*samples] = row[x*n+i]
		}
	}
}

// differences decodes a row of differences, the components in turn, modulo
// 2^16: H.1.2.2. false where the bits are no code or are over.
func (r *bitReader) differences(out []uint16, tables []*huffman) bool {
	h, turn := tables[0], 0
	same := true
	for _, t := range tables {
		same = same && t == h
	}
	acc, n := r.acc, r.n
	for i := range out {
		if !same {
			h = tables[turn]
			if turn++; turn == len(tables) {
				turn = 0
			}
		}
		if n < 32 {
			r.acc, r.n = acc, n
			r.fill()
			acc, n = r.acc, r.n
		}
		entry := h.values[acc>>(64-lookBits)]
		acc <<= entry & 63
		n -= int(entry & 63)
		if entry&whole != 0 {
			out[i] = uint16(entry >> 16)
			continue
		}
		category := int(entry >> 8)
		if entry == 0 {
			var length int
			if category, length = h.long(acc); length == 0 {
				return false
			}
			acc <<= length & 63
			n -= length
		}
		switch {
		case category == 0:
			out[i] = 0
		case category < 16:
			out[i] = uint16(extend(int32(acc>>((64-category)&63)), category))
			acc <<= category & 63
			n -= category
		case category == 16: // 32768, without additional bits
			out[i] = 1 << 15
		default:
			return false
		}
	}
	r.acc, r.n = acc, n
	return !r.over()
}

// firstLine undoes the prediction of the first line of a scan or of a restart
// interval: from the left, the first sample from half the range (H.1.1).
func firstLine(row, diff []uint16, n int, initial uint16) {
	for i, d := range diff {
		if i < n {
			row[i] = initial + d
		} else {
			row[i] = row[i-n] + d
		}
	}
}

// predict undoes the prediction of a line by the one above: table H.1. The
// first sample of a line is predicted from above.
func predict(row, above, diff []uint16, n, predictor int) {
	row, above = row[:len(diff)], above[:len(diff)]
	for i := range n {
		row[i] = above[i] + diff[i]
	}
	switch {
	case predictor == 2:
		for i := n; i < len(diff); i++ {
			row[i] = above[i] + diff[i]
		}
	case predictor == 3:
		for i := n; i < len(diff); i++ {
			row[i] = above[i-n] + diff[i]
		}
	case n == 1:
		predictOne(row, above, diff, predictor)
	default:
		for c := range n {
			predictComponent(row[c:], above[c:], diff[c:], n, predictor)
		}
	}
}

// predictOne is predictors 1 and 4 to 7 for a single component, what is to the
// left kept in registers.
func predictOne(row, above, diff []uint16, predictor int) {
	a, c := int32(row[0]), int32(above[0])
	switch predictor {
	case 1:
		left := row[0]
		for i := 1; i < len(diff); i++ {
			left += diff[i]
			row[i] = left
		}
	case 4:
		for i := 1; i < len(diff); i++ {
			b := int32(above[i])
			a = int32(uint16(a + b - c + int32(diff[i])))
			row[i], c = uint16(a), b
		}
	case 5:
		for i := 1; i < len(diff); i++ {
			b := int32(above[i])
			a = int32(uint16(a + (b-c)>>1 + int32(diff[i])))
			row[i], c = uint16(a), b
		}
	case 6:
		for i := 1; i < len(diff); i++ {
			b := int32(above[i])
			a = int32(uint16(b + (a-c)>>1 + int32(diff[i])))
			row[i], c = uint16(a), b
		}
	case 7:
		for i := 1; i < len(diff); i++ {
			a = int32(uint16((a+int32(above[i]))>>1 + int32(diff[i])))
			row[i] = uint16(a)
		}
	}
}

// predictComponent is the same for one of n interleaved components.
func predictComponent(row, above, diff []uint16, n, predictor int) {
	for i := n; i < len(diff); i += n {
		a, b, c := int32(row[i-n]), int32(above[i]), int32(above[i-n])
		switch predictor {
		case 1:
		case 4:
			a += b - c
		case 5:
			a += (b - c) >> 1
		case 6:
			a = b + (a-c)>>1
		case 7:
			a = (a + b) >> 1
		}
		row[i] = uint16(a + int32(diff[i]))
	}
}
