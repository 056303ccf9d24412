package codec

import (
	"encoding/binary"
	"math/bits"
)

// order is J of ISO/IEC 14495-1 A.2.1: a run of 2^J pixels has one bit.
func order(run int) int {
	const j = "\x00\x00\x00\x00\x01\x01\x01\x01\x02\x02\x02\x02\x03\x03\x03\x03\x04\x04\x05\x05\x06\x06\x07\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
	return int(j[run&31])
}

// line decodes one line of a component over the one above, which has a sample in
// front and one behind: A.2.1. It takes and gives RUNindex.
func (c *lsCoder) line(line []int32, run int) int {
	columns := len(line) - 2
	acc, n := c.acc, c.bits
	mask := c.maxval
	ra, rb, rc := line[1], line[1], line[0]
	line[0], line[columns+1] = ra, line[columns]
	quantized := c.quantized
	q2 := int(quantized[uint32(rb-rc)%lsGradients])
	for x := 1; x < len(line)-1; x++ {
		rd := line[x+1]
		q1 := int(quantized[uint32(rd-rb)%lsGradients])
		q := (q1*9+q2)*9 + int(quantized[uint32(rc-ra)%lsGradients])
		if q == 0 { // A.7
			c.acc, c.bits = acc, n
			length, interrupted := 0, false
			length, run, interrupted = c.runLength(run, columns+1-x)
			for i := range line[x : x+length] {
				line[x+i] = ra
			}
			if x += length; interrupted {
				rc, rb = line[x], line[x+1]
				ra = c.interruption(ra, rc, order(run))
				line[x] = ra
				run = max(0, run-1)
				q2 = int(quantized[uint32(rb-rc)%lsGradients])
			}
			acc, n = c.acc, c.bits
			continue
		}
		sign := int32(q >> 63) // A.3.4
		s := &c.regular[uint(q^q>>63-q>>63)%uint(len(c.regular))]
		px := min(max(ra+rb-rc, min(ra, rb)), max(ra, rb)) // A.4
		px = min(max(px+(int32(s.c)^sign-sign), 0), mask)
		k := int(s.k) // A.5
		if n < 32 {
			acc, n = c.refill(acc, n)
		}
		var m uint64
		if z := bits.LeadingZeros64(acc); z < c.longest && z+1+k <= n {
			rest := acc << ((z + 1) & 63)
			m = uint64(z)<<(k&63) | rest>>1>>((63-k)&63)
			acc = rest << (k & 63)
			n -= z + 1 + k
		} else {
			c.acc, c.bits = acc, n
			m = c.golomb(k, c.limit)
			acc, n = c.acc, c.bits
		}
		c.errors |= m
		e := int32(m>>1) ^ -int32(m&1) ^ int32(s.flip)
		v := (px + (e ^ sign - sign)) & mask // A.4.5
		line[x] = v
		ra, rc, rb, q2 = v, rb, rd, q1
		// A.6, without branches: which way they go nobody can foretell.
		a, b, count := s.a+max(e, -e), s.b+e, s.n
		if count == c.reset {
			a, b, count = a>>1, b>>1, count>>1
		}
		count++
		low, high := (b+count-1)>>31, -b>>31 // -1 where b <= -count, where b > 0
		b = max(min(b+count&low-count&high, 0), 1-count)
		s.a, s.b, s.n = a, b, count
		s.c = int16(max(min(int32(s.c)+low-high, 127), -128))
		// How the next error is coded, A.5.1 and A.5.2, is found here, since there
		// the next pixel waits for it.
		next := int32(max(bits.Len32(uint32(a))-bits.Len32(uint32(count)), 0))
		next -= (count<<(next&31) - a) >> 31
		s.k, s.flip = uint8(next), int8((2*b+count-1)>>31&(next-1)>>31)
	}
	c.acc, c.bits = acc, n
	return run
}

// runLength is A.7.1: how many of the pixels left have the value in front, and
// whether another one comes behind them.
func (c *lsCoder) runLength(run, left int) (length, after int, interrupted bool) {
	for length < left {
		if c.read(1) == 0 {
			length += int(c.read(order(run)))
			if length >= left {
				c.fault = true
				return left, run, false
			}
			return length, run, true
		}
		n := 1 << order(run)
		if length+n > left {
			return left, run, false
		}
		length += n
		run = min(run+1, 31)
	}
	return length, run, false
}

// interruption is the pixel behind a run: A.7.2.
func (c *lsCoder) interruption(ra, rb int32, j int) int32 {
	kind := int32(0) // RItype
	if ra == rb {
		kind = 1
	}
	s := &c.run[kind]
	temp := s.a + kind*(s.n>>1)
	k := 0
	for s.n<<k < temp && k < 31 {
		k++
	}
	m := c.golomb(k, c.limit-j-1)
	c.errors |= m
	odd := (int32(m) + kind) & 1
	e := (int32(m) + kind + odd) / 2
	if (k != 0 || 2*s.b >= s.n) == (odd == 1) {
		e = -e
	}
	if e < 0 {
		s.b++
	}
	s.a += (int32(m) + 1 - kind) >> 1
	if s.n == c.reset {
		s.a, s.b, s.n = s.a>>1, s.b>>1, s.n>>1
	}
	s.n++
	px := ra
	if kind == 0 {
		px = rb
		if ra > rb {
			e = -e
		}
	}
	return (px + e) & c.maxval
}

// golomb is the limited-length code of A.5.3, of any length.
func (c *lsCoder) golomb(k, limit int) uint64 {
	zeros := 0
	for {
		if c.bits < 32 {
			c.acc, c.bits = c.refill(c.acc, c.bits)
		}
		if z := bits.LeadingZeros64(c.acc); z < c.bits {
			zeros += z
			c.acc <<= z + 1
			c.bits -= z + 1
			break
		}
		zeros += c.bits
		c.acc, c.bits = 0, 0
		if zeros > 64 {
			c.fault = true
			return 0
		}
	}
	switch longest := limit - c.qbpp - 1; {
	case zeros > longest:
		c.fault = true
		return 0
	case zeros == longest:
		return c.read(c.qbpp) + 1
	}
	return uint64(zeros)<<k | c.read(k)
}

// read gives n bits, at most 32.
func (c *lsCoder) read(n int) uint64 {
	if c.bits < n {
		c.acc, c.bits = c.refill(c.acc, c.bits)
	}
	v := c.acc >> (64 - n)
	c.acc <<= n
	c.bits -= n
	return v
}

// refill adds bits to the n of acc, so that there are 56 at least; zeros behind
// the end of the scan. A byte of 255 is followed by one of seven bits, or begins
// a marker: A.1.
func (c *lsCoder) refill(acc uint64, n int) (uint64, int) {
	if c.at+8 <= len(c.data) && !c.stuff {
		v := binary.BigEndian.Uint64(c.data[c.at:])
		if (^v-0x0101010101010101)&v&0x8080808080808080 == 0 { // no byte of 255
			k := (63 - n) >> 3
			c.at += k
			return acc | v>>(n&63), n + 8*k
		}
	}
	for n <= 56 {
		if c.at >= len(c.data) || c.data[c.at] == 0xff && (c.at+1 >= len(c.data) || c.data[c.at+1] >= 0x80) {
			c.made += 64 - n
			return acc, 64
		}
		b := c.data[c.at]
		c.at++
		if c.stuff {
			acc |= uint64(b) << (57 - n)
			n += 7
		} else {
			acc |= uint64(b) << (56 - n)
			n += 8
		}
		c.stuff = b == 0xff
	}
	return acc, n
}

// end gives the position of the marker behind the scan, and whether the scan
// was what the coder makes: its last byte filled up with zeros, and at most one
// byte more, which some devices write for an even length.
func (c *lsCoder) end() (at int, ok bool) {
	if c.made == 0 && c.bits <= 56 {
		c.acc, c.bits = c.refill(c.acc, c.bits)
	}
	left := c.bits - c.made
	return c.at, !c.fault && c.made > 0 && left >= 0 && left < 16 && c.acc == 0 && c.errors>>(c.qbpp+1) == 0
}
