package codec

// nextRestart drops what is left of an interval and steps over the restart
// marker behind it. Where markers were lost it says how many intervals to skip
// besides. ok is false where the scan has no further marker.
func (r *bitReader) nextRestart(expected byte) (skipped int, ok bool) {
	at := r.at
	for ; at+1 < len(r.b); at++ {
		if r.b[at] != 0xff {
			continue
		}
		switch m := r.b[at+1]; {
		case m >= 0xd0 && m <= 0xd7:
			skipped = int(m-0xd0-expected) & 7
			if skipped > 4 {
				continue // one that came before
			}
			r.start(r.b, at+2)
			return skipped, true
		case m != 0 && m != 0xff:
			r.start(r.b, at)
			return 0, false
		}
	}
	r.start(r.b, len(r.b))
	return 0, false
}

// entropyScan decodes the units of one scan: annexes F and G.
type entropyScan struct {
	scanHeader
	*dctStream
	r         bitReader
	endOfBand int // blocks still to come that have no new coefficient, G.1.2.2
	block     [64]int32
}

// units decodes the units from first to before last and returns the first that
// could not be: they are blocks in a scan of one component, A.2.2, and
// groups of blocks in one of several, A.2.3.
func (e *entropyScan) units(first, last int) int {
	if len(e.coded) == 1 {
		p := e.coded[0]
		x, y := first%p.across, first/p.across
		for u := first; u < last; u++ {
			if !e.decode(0, p, x, y) {
				return u
			}
			if x++; x == p.across {
				x, y = 0, y+1
				e.emitUnits(y)
			}
		}
		return last
	}
	x, y := first%e.unitsAcross, first/e.unitsAcross
	for u := first; u < last; u++ {
		for i, p := range e.coded {
			for v := range p.v {
				for h := range p.h {
					if !e.decode(i, p, x*p.h+h, y*p.v+v) {
						return u
					}
				}
			}
		}
		if x++; x == e.unitsAcross {
			x, y = 0, y+1
			e.emitUnits(y)
		}
	}
	return last
}

// decode reads one block and reports whether it could be.
func (e *entropyScan) decode(i int, p *plane, x, y int) bool {
	ok := false
	switch {
	case p.coefficients == nil:
		last := e.sequential(e.dc[i], e.ac[i], p)
		if ok = last >= 0 && !e.r.over(); ok {
			e.inverse.block(&e.block, last, p.samples[p.place(x, y):], 8*p.stride)
		}
		return ok
	case e.start == 0 && e.high == 0:
		ok = e.firstDC(e.dc[i], p, &p.coefficients[y*p.stride+x])
	case e.start == 0:
		if e.r.bits(1) != 0 {
			p.coefficients[y*p.stride+x][0] |= 1 << e.low
		}
		ok = true
	case e.high == 0:
		ok = e.firstAC(e.ac[i], &p.coefficients[y*p.stride+x])
	default:
		ok = e.refineAC(e.ac[i], &p.coefficients[y*p.stride+x])
	}
	return ok && !e.r.over()
}

// sequential reads the coefficients of one block into e.block, dequantised and
// in rows, F.2.2, and returns the index of the last; -1 where the bits are no
// code.
func (e *entropyScan) sequential(dc, ac *huffman, p *plane) int {
	clear(e.block[:])
	diff, ok := e.r.difference(dc)
	if !ok {
		return -1
	}
	p.dcPredictor += diff
	q := p.quant
	e.block[0] = p.dcPredictor * int32(q[0])
	acc, n := e.r.acc, e.r.n
	last := 0
	for k := 1; k < 64; k++ {
		if n < 32 {
			e.r.acc, e.r.n = acc, n
			e.r.fill()
			acc, n = e.r.acc, e.r.n
		}
		entry := ac.values[acc>>(64-lookBits)]
		v := int32(entry) >> 16
		acc <<= entry & 63
		n -= int(entry & 63)
		if entry&whole == 0 {
			symbol := int(entry >> 8)
			if entry == 0 {
				var length int
				if symbol, length = ac.long(acc); length == 0 {
					return -1
				}
				acc <<= length & 63
				n -= length
			}
			if size := symbol & 15; size > 0 {
				v = extend(int32(acc>>((64-size)&63)), size)
				acc <<= size
				n -= size
			}
			entry = uint32(symbol) << 8
		}
		run := int(entry >> 12 & 15)
		if entry&0xf00 == 0 { // no size
			if run < 15 { // end of block
				break
			}
			k += 15
			continue
		}
		if k += run; k > 63 {
			return -1
		}
		e.block[zigzag[k]] = v * int32(q[k])
		last = k
	}
	e.r.acc, e.r.n = acc, n
	return last
}

// difference reads a category and the difference behind it: F.2.2.1.
func (r *bitReader) difference(h *huffman) (int32, bool) {
	if r.n < 32 {
		r.fill()
	}
	if entry := h.values[r.acc>>(64-lookBits)]; entry&whole != 0 {
		r.acc <<= entry & 63
		r.n -= int(entry & 63)
		return int32(entry) >> 16, true
	}
	size := r.symbol(h)
	if size <= 0 || size > 15 {
		return 0, size == 0
	}
	return extend(r.bits(size), size), true
}

// firstDC is the first scan of a block's first coefficient: G.1.2.1.
func (e *entropyScan) firstDC(dc *huffman, p *plane, c *[64]int16) bool {
	diff, ok := e.r.difference(dc)
	p.dcPredictor += diff
	c[0] = int16(p.dcPredictor << e.low)
	return ok
}

// firstAC is the first scan of a band: G.1.2.2.
func (e *entropyScan) firstAC(ac *huffman, c *[64]int16) bool {
	if e.endOfBand > 0 {
		e.endOfBand--
		return true
	}
	for k := e.start; k <= e.end; k++ {
		symbol := e.r.symbol(ac)
		if symbol < 0 {
			return false
		}
		run, size := symbol>>4, symbol&15
		if size == 0 {
			if run < 15 {
				e.endOfBand = 1<<run - 1 + int(e.r.bits(run))
				break
			}
			k += 15
			continue
		}
		if k += run; k > e.end {
			return false
		}
		c[k] = int16(extend(e.r.bits(size), size) << e.low)
	}
	return true
}

// refineAC adds one bit to the coefficients of a band: G.1.2.3.
func (e *entropyScan) refineAC(ac *huffman, c *[64]int16) bool {
	k := e.start
	for ; k <= e.end && e.endOfBand == 0; k++ {
		symbol := e.r.symbol(ac)
		if symbol < 0 {
			return false
		}
		run, size := symbol>>4, symbol&15
		var v int16
		switch {
		case size == 1:
			v = -1 << e.low
			if e.r.bits(1) != 0 {
				v = 1 << e.low
			}
		case size > 1:
			return false
		case run < 15:
			e.endOfBand = 1<<run + int(e.r.bits(run))
		}
		if e.endOfBand > 0 {
			break
		}
		// Step over run zeros; what is not zero on the way gets its bit.
		for ; k <= e.end; k++ {
			if c[k] != 0 {
				e.refine(&c[k])
			} else if run--; run < 0 {
				break
			}
		}
		if k > e.end {
			if v != 0 {
				return false
			}
			break
		}
		if v != 0 {
			c[k] = v
		}
	}
	if e.endOfBand > 0 {
		for ; k <= e.end; k++ {
			if c[k] != 0 {
				e.refine(&c[k])
			}
		}
		e.endOfBand--
	}
	return true
}

// refine adds the bit of the scan to a coefficient that is not zero.
func (e *entropyScan) refine(c *int16) {
	if bit := int16(1) << e.low; e.r.bits(1) != 0 && *c&bit == 0 {
		if *c < 0 {
			bit = -bit
		}
		*c += bit
	}
}
