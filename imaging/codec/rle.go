package codec

import (
	"encoding/binary"
	"fmt"

	"longying/imaging"
)

// decodeRLE is RLE Lossless, PS3.5 annex G: a header of up to 15 segment
// offsets, then one PackBits segment for each byte of each sample, the most
// significant byte first. A segment that ends early gives what is there.
func decodeRLE(in Encoded) (*imaging.Frame, error) {
	p := in.Pixels
	if p.BitsAllocated%8 != 0 {
		return nil, damaged("RLE Lossless cannot hold %d bits allocated", p.BitsAllocated)
	}
	segments, err := rleSegments(in.Data, p)
	if err != nil {
		return nil, err
	}
	all := p.Rows * p.Columns
	// Two bytes make at most 128, so a frame cannot come out of too few.
	if int64(len(in.Data))*64 < int64(all)*int64(len(segments)) && all*len(segments) > sparse {
		return nil, damaged("the RLE frame of %d bytes cannot hold %d x %d pixels", len(in.Data), p.Rows, p.Columns)
	}
	f, reversed, err := unpackRLE(p, segments, false)
	if reversed {
		f, _, err = unpackRLE(p, segments, true)
	}
	return f, err
}

// unpackRLE makes the frame. reversed says that the segments of 16-bit values
// lie the least significant byte first, as some writers have them; it is
// returned where there can be no doubt: the bytes that should be the more
// significant ones have bits above High Bit, the others none.
func unpackRLE(p imaging.PixelDescription, segments [][]byte, reversed bool) (*imaging.Frame, bool, error) {
	f := newFrame(p)
	v := newValueStore(f, p, binary.LittleEndian)
	if reversed {
		for i := 0; i < len(segments); i += 2 {
			segments[i], segments[i+1] = segments[i+1], segments[i]
		}
		f.Note = "the RLE segments lie least significant byte first, against PS3.5 G.2, and were read so"
	}
	// Piece by piece, so that the bytes are in the cache when they are joined.
	const piece = 4 << 10
	streams := make([]packBits, len(segments))
	for i := range streams {
		streams[i] = packBits{b: segments[i], out: make([]byte, piece+256)}
	}
	var used [2]byte // bits set in the more and in the less significant bytes
	all, got, pixel := p.Rows*p.Columns, 0, v.width*p.Samples
	for got < all {
		n := min(piece, all-got)
		for i := range streams {
			n = min(n, streams[i].unpack(n))
		}
		if n == 0 {
			break
		}
		at := got * pixel
		joinSegments(v.bytes[at:at+n*pixel], streams, n, v.width)
		if v.width == 2 && v.correct {
			for i := range streams {
				used[i&1] |= anyOf(streams[i].out[:n])
			}
		}
		v.convert(at, at+n*pixel)
		for i := range streams {
			streams[i].drop(n)
		}
		got += n
	}
	if got == 0 {
		return nil, false, damaged("the RLE frame holds no whole pixel")
	}
	if got < all {
		f.Damaged, f.Missing = true, all-got
		f.Note = join(f.Note, fmt.Sprintf("the RLE frame is cut short: %d of %d pixels are missing", f.Missing, all))
	}
	above := byte(0xff) << max(0, p.HighBit-7)
	return f, p.HighBit >= 8 && !p.Signed && !reversed && used[0]&above != 0 && used[1] != 0 && used[1]&above == 0, nil
}

// anyOf is the bits that are set in any byte.
func anyOf(b []byte) byte {
	var x uint64
	for ; len(b) >= 8; b = b[8:] {
		x |= binary.NativeEndian.Uint64(b)
	}
	for _, v := range b {
		x |= uint64(v)
	}
	x |= x >> 32
	x |= x >> 16
	return byte(x | x>>8)
}

// rleSegments finds the segments in the order of samples, each the most
// significant byte first: PS3.5 G.5.
func rleSegments(b []byte, p imaging.PixelDescription) ([][]byte, error) {
	if len(b) < 64 {
		return nil, damaged("the RLE frame has %d bytes, its header alone takes 64", len(b))
	}
	width := p.BitsAllocated / 8
	n := int64(binary.LittleEndian.Uint32(b))
	if n != int64(width*p.Samples) || n > 15 {
		return nil, damaged("the RLE frame has %d segments, %d samples of %d bytes need %d", n, p.Samples, width, width*p.Samples)
	}
	starts := make([]int64, n)
	for i := range starts {
		starts[i] = int64(binary.LittleEndian.Uint32(b[4+4*i:]))
		if starts[i] < 64 || starts[i] > int64(len(b)) {
			return nil, damaged("segment %d of the RLE frame begins at byte %d of %d", i+1, starts[i], len(b))
		}
	}
	out := make([][]byte, n)
	for i, start := range starts {
		// A segment ends where the next one in the file begins, whatever the
		// order in which they lie.
		end := int64(len(b))
		for _, s := range starts {
			if s > start {
				end = min(end, s)
			}
		}
		out[i] = b[start:end]
	}
	return out, nil
}

// joinSegments puts n pixels together, little-endian, out of the bytes of their
// segments.
func joinSegments(out []byte, streams []packBits, n, width int) {
	switch {
	case len(streams) == 1:
		copy(out, streams[0].out[:n])
	case len(streams) == 2 && width == 2:
		high, low := streams[0].out[:n], streams[1].out[:n]
		i := 0
		for ; i+4 <= n; i += 4 {
			x := spread(binary.LittleEndian.Uint32(low[i:])) | spread(binary.LittleEndian.Uint32(high[i:]))<<8
			binary.LittleEndian.PutUint64(out[2*i:], x)
		}
		for ; i < n; i++ {
			out[2*i], out[2*i+1] = low[i], high[i]
		}
	case len(streams) == 3 && width == 1:
		r, g, b := streams[0].out[:n], streams[1].out[:n], streams[2].out[:n]
		for i := range r {
			o := out[3*i : 3*i+3 : 3*i+3]
			o[0], o[1], o[2] = r[i], g[i], b[i]
		}
	default:
		step := len(streams)
		for s := range streams {
			at := s/width*width + width - 1 - s%width
			for i, v := range streams[s].out[:n] {
				out[i*step+at] = v
			}
		}
	}
}

// spread puts the four bytes of x into the lower halves of four 16-bit values.
func spread(x uint32) uint64 {
	v := uint64(x)
	v = (v | v<<16) & 0x0000ffff0000ffff
	return (v | v<<8) & 0x00ff00ff00ff00ff
}

// packBits unpacks one segment, PS3.5 G.3.1, as much as is asked for.
type packBits struct {
	b   []byte
	out []byte // unpacked, with room for one run more than is asked for
	n   int    // of out
}

// unpack brings the bytes unpacked to at least n, and returns how many there
// are where the segment ends before.
func (s *packBits) unpack(n int) int {
	b, out, done := s.b, s.out, s.n
	for done < n && len(b) > 1 {
		c := int(int8(b[0]))
		switch {
		case c >= 0: // c+1 bytes as they are
			k := min(c+1, len(b)-1)
			// Short runs without a call; the bytes behind are overwritten.
			if k <= 16 && len(b) >= 17 {
				*(*[16]byte)(out[done:]) = *(*[16]byte)(b[1:])
			} else {
				copy(out[done:], b[1:1+k])
			}
			b = b[1+k:]
			done += k
		case c != -128: // one byte 1-c times
			k := 1 - c
			v := uint64(b[1]) * 0x0101010101010101
			run := out[done : done+136]
			for i := 0; i < k; i += 8 {
				binary.LittleEndian.PutUint64(run[i:], v)
			}
			b = b[2:]
			done += k
		default: // does nothing: G.3.2
			b = b[1:]
		}
	}
	s.b, s.n = b, done
	return done
}

// drop forgets the first n bytes unpacked.
func (s *packBits) drop(n int) {
	copy(s.out, s.out[n:s.n])
	s.n -= n
}
