package codec

import (
	"encoding/binary"

	"longying/imaging"
)

// decodeRLE is RLE Lossless, PS3.5 annex G: a header of up to 15 segment
// offsets, then one PackBits segment for each byte of each sample, the most
// significant byte first.
func decodeRLE(in Encoded) (*imaging.Frame, error) {
	p := in.Pixels
	if p.BitsAllocated%8 != 0 {
		return nil, damaged("RLE Lossless cannot hold %d bits allocated", p.BitsAllocated)
	}
	b := in.Data
	if len(b) < 64 {
		return nil, damaged("the RLE frame has %d bytes, its header alone takes 64", len(b))
	}
	width := p.BitsAllocated / 8
	segments := int(binary.LittleEndian.Uint32(b))
	if segments != width*p.Samples {
		return nil, damaged("the RLE frame has %d segments, %d samples of %d bytes need %d", segments, p.Samples, width, width*p.Samples)
	}
	pixels := p.Rows * p.Columns
	// Two bytes make at most 128, so a frame cannot come out of too few.
	if int64(len(b))*64 < int64(pixels)*int64(segments) && pixels*segments > sparse {
		return nil, damaged("the RLE frame of %d bytes cannot hold %d x %d pixels", len(b), p.Rows, p.Columns)
	}
	plain := make([]byte, pixels*segments) // little-endian, interleaved
	for s := range segments {
		start := int64(binary.LittleEndian.Uint32(b[4+4*s:]))
		end := int64(len(b))
		if s+1 < segments {
			end = int64(binary.LittleEndian.Uint32(b[8+4*s:]))
		}
		if start < 64 || start > end || end > int64(len(b)) {
			return nil, damaged("segment %d of the RLE frame runs from byte %d to %d of %d", s+1, start, end, len(b))
		}
		sample, byteNo := s/width, width-1-s%width
		n := unpackBits(b[start:end], plain, sample*width+byteNo, segments, pixels)
		if n < pixels {
			return nil, damaged("segment %d of the RLE frame ends after %d of %d pixels", s+1, n, pixels)
		}
	}
	f := newFrame(p)
	load(f, plain, values(p), binary.LittleEndian)
	correctBits(f, p)
	return f, nil
}

// unpackBits writes up to n bytes to out[at], out[at+step], ...: PS3.5 G.3.1.
// It returns how many there were.
func unpackBits(b, out []byte, at, step, n int) int {
	done := 0
	for done < n && len(b) > 0 {
		c := int(int8(b[0]))
		b = b[1:]
		switch {
		case c >= 0: // c+1 bytes as they are
			k := min(c+1, len(b), n-done)
			for _, v := range b[:k] {
				out[at] = v
				at += step
			}
			done += k
			b = b[min(c+1, len(b)):]
		case c != -128 && len(b) > 0: // one byte 1-c times
			k := min(1-c, n-done)
			v := b[0]
			for range k {
				out[at] = v
				at += step
			}
			done += k
			b = b[1:]
		}
	}
	return done
}
