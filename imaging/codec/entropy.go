package codec

import "encoding/binary"

// bitReader reads the bits of an entropy-coded segment, ISO/IEC 10918-1 F.2.2.5:
// a byte 0 stuffed behind FF is dropped, and at a marker, or the end, zeros
// are supplied. Hot loops copy acc and n into registers.
type bitReader struct {
	b   []byte
	at  int    // of the next byte
	acc uint64 // the next bit is the highest
	n   int    // bits held, the supplied ones among them
	pad int    // of them supplied: n < pad says that the data was over
}

// start begins an entropy-coded segment.
func (r *bitReader) start(b []byte, at int) { *r = bitReader{b: b, at: at} }

// over reports that bits were read which the segment does not hold.
func (r *bitReader) over() bool { return r.n < r.pad }

// fill brings the bits held to at least 56.
func (r *bitReader) fill() {
	if r.at+8 <= len(r.b) && r.pad == 0 {
		x := binary.BigEndian.Uint64(r.b[r.at:])
		if (^x-0x0101010101010101)&x&0x8080808080808080 == 0 { // no byte is FF
			r.acc |= x >> r.n
			k := (64 - r.n) >> 3
			r.at += k
			r.n += k << 3
			return // bits of a byte not wholly taken come again, the same
		}
	}
	for r.n <= 56 {
		var c byte
		switch {
		case r.at >= len(r.b):
			r.pad += 8
		case r.b[r.at] != 0xff:
			c = r.b[r.at]
			r.at++
		case r.at+1 < len(r.b) && r.b[r.at+1] == 0:
			c = 0xff
			r.at += 2
		default: // a marker: stay in front of it
			r.pad += 8
		}
		r.acc |= uint64(c) << (56 - r.n)
		r.n += 8
	}
}

// bits reads k bits, 0 to 16.
func (r *bitReader) bits(k int) int32 {
	if r.n < k {
		r.fill()
	}
	v := int32(r.acc >> 1 >> ((63 - k) & 63))
	r.acc <<= k & 63
	r.n -= k
	return v
}

// extend turns the k additional bits of a value into it: table F.12's
// EXTEND, without a branch.
func extend(v int32, k int) int32 {
	return v + (v-int32(1)<<((k-1)&31))>>31&(int32(-1)<<(k&31)+1)
}

// huffman is a table of ISO/IEC 10918-1 annex C, its codes resolved by their
// first lookBits bits.
type huffman struct {
	// codes: symbol<<8 | length of the code; 0 for a longer one.
	codes [1 << lookBits]uint16
	// values: the code with the additional bits behind it. value<<16 |
	// symbol<<8 | whole | bits to take; without whole the additional bits are
	// still to be read; 0 for a longer code.
	values [1 << lookBits]uint32

	max     [17]int32 // largest code of a length, -1 none
	delta   [17]int32 // index of a symbol minus its code
	symbols []byte
}

const (
	lookBits = 11
	whole    = 0x80
)

// newHuffman makes a table from the counts of codes of 1 to 16 bits and their
// symbols. size says how many additional bits follow a symbol.
func newHuffman(counts, symbols []byte, size func(symbol byte) int) (*huffman, error) {
	h := &huffman{symbols: symbols}
	code, k := int32(0), int32(0)
	for length := 1; length <= 16; length++ {
		h.delta[length], h.max[length] = k-code, -1
		for range counts[length-1] {
			if code >= 1<<length {
				return nil, damaged("the JPEG stream has a Huffman table with more codes than there can be")
			}
			if length <= lookBits {
				h.place(code, length, symbols[k], size(symbols[k]))
			}
			h.max[length] = code
			code++
			k++
		}
		code <<= 1
	}
	return h, nil
}

// place fills the entries that begin with one code.
func (h *huffman) place(code int32, length int, symbol byte, additional int) {
	rest := lookBits - length
	for tail := range int32(1) << rest {
		i := code<<rest | tail
		h.codes[i] = uint16(symbol)<<8 | uint16(length)
		h.values[i] = uint32(symbol)<<8 | uint32(length)
		if additional <= rest {
			v := int32(0)
			if additional > 0 {
				v = extend(tail>>(rest-additional), additional)
			}
			h.values[i] = uint32(uint16(int16(v)))<<16 | uint32(symbol)<<8 | whole | uint32(length+additional)
		}
	}
}

// long finds a code of more than lookBits bits at the top of acc, which holds
// 16 bits or more; length 0 where there is none.
func (h *huffman) long(acc uint64) (symbol, length int) {
	for length = lookBits + 1; length <= 16; length++ {
		code := int32(acc >> (64 - length))
		if code <= h.max[length] {
			if i := code + h.delta[length]; i >= 0 && int(i) < len(h.symbols) {
				return int(h.symbols[i]), length
			}
		}
	}
	return 0, 0
}

// symbol reads one symbol; -1 where the bits are no code.
func (r *bitReader) symbol(h *huffman) int {
	if r.n < 16 {
		r.fill()
	}
	symbol, length := 0, 0
	if e := h.codes[r.acc>>(64-lookBits)]; e != 0 {
		symbol, length = int(e>>8), int(e&0xff)
	} else if symbol, length = h.long(r.acc); length == 0 {
		return -1
	}
	r.acc <<= length & 63
	r.n -= length
	return symbol
}
