package codec

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"longying/imaging"
)

func decodeLittle(in Encoded) (*imaging.Frame, error) { return decodeNative(in, binary.LittleEndian) }
func decodeBig(in Encoded) (*imaging.Frame, error)    { return decodeNative(in, binary.BigEndian) }

// decodeDeflated is one frame deflated on its own, PS3.5 A.4.13.
func decodeDeflated(in Encoded) (*imaging.Frame, error) {
	fr := flate.NewReader(bytes.NewReader(in.Data))
	defer fr.Close()
	// One byte beyond the frame for the padding of an odd length.
	data, err := io.ReadAll(io.LimitReader(fr, int64(nativeSize(in.Pixels))+1))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, damaged("the deflated frame is damaged: %v", err)
	}
	in.Data = data
	return decodeNative(in, binary.LittleEndian)
}

func values(p imaging.PixelDescription) int { return p.Rows * p.Columns * p.Samples }

// nativeSize is the length of an uncompressed frame in bytes, PS3.5 8.1.1.
func nativeSize(p imaging.PixelDescription) int {
	if subsampled(p) {
		return (p.Rows*p.Columns + 1) / 2 * 4 * p.BitsAllocated / 8
	}
	return (values(p)*p.BitsAllocated + 7) / 8
}

// subsampled reports native 4:2:2 data, in which two luminance values share
// the chrominance: PS3.3 C.7.6.3.1.2, YBR_FULL_422 and the retired
// YBR_PARTIAL_422.
func subsampled(p imaging.PixelDescription) bool {
	return (p.Photometric == "YBR_FULL_422" || p.Photometric == "YBR_PARTIAL_422") && p.Samples == 3 && p.BitsAllocated >= 8 && !p.Compressed
}

// decodeNative reads uncompressed pixels: PS3.5 8.1.1 and 8.2.
func decodeNative(in Encoded, order binary.ByteOrder) (*imaging.Frame, error) {
	p := in.Pixels
	need := nativeSize(p)
	all := p.Rows * p.Columns
	if len(in.Data) < need && values(p)*((p.BitsAllocated+7)/8) > sparse {
		return nil, damaged("the frame should have %d bytes and has %d", need, len(in.Data))
	}
	data := in.Data[:min(len(in.Data), need)]
	got := completePixels(p, len(data))
	if got == 0 {
		return nil, damaged("the frame should have %d bytes and has %d: there is no pixel to show", need, len(data))
	}
	if got == all && p.BitsAllocated >= 8 && !subsampled(p) && (p.Samples == 1 || p.Planar != 1) {
		f := copied(p, data[:values(p)*p.BitsAllocated/8])
		v := newValueStore(f, p, order)
		v.convert(0, len(v.bytes))
		return f, nil
	}
	f := newFrame(p)
	v := newValueStore(f, p, order)
	switch {
	case p.BitsAllocated == 1:
		unpackBits(f.Uint8[:got*p.Samples], data)
	case subsampled(p):
		expand422(v.bytes, data, got, v.width)
		v.convert(0, got*3*v.width)
	case p.Samples > 1 && p.Planar == 1:
		interleave(v.bytes, data, all, got, p.Samples, v.width)
		v.convert(0, got*p.Samples*v.width)
	default:
		v.put(data[:got*p.Samples*v.width])
	}
	if got < all {
		f.Damaged, f.Missing = true, all-got
		f.Note = fmt.Sprintf("the pixel data is cut short: %d of %d pixels are missing", f.Missing, all)
	}
	return f, nil
}

// completePixels is the number of pixels, from the first on, of which all
// samples lie in n bytes.
func completePixels(p imaging.PixelDescription, n int) int {
	all := p.Rows * p.Columns
	switch width := p.BitsAllocated / 8; {
	case p.BitsAllocated == 1:
		return min(all, n*8/p.Samples)
	case subsampled(p):
		return min(all, n/(4*width)*2)
	case p.Samples > 1 && p.Planar == 1:
		return max(0, min(all, n/width-(p.Samples-1)*all))
	default:
		return min(all, n/(width*p.Samples))
	}
}

func newFrame(p imaging.PixelDescription) *imaging.Frame { return imaging.NewFrame(p) }

// unpackBits spreads bits to bytes of 0 and 1, the lowest bit first.
func unpackBits(out, b []byte) {
	for len(out) >= 8 {
		// Every byte of x is b[0]; the mask leaves bit i in byte i, and the sum
		// carries it to the top.
		x := uint64(b[0]) * 0x0101010101010101 & 0x8040201008040201
		binary.LittleEndian.PutUint64(out, (x+0x7f7f7f7f7f7f7f7f)>>7&0x0101010101010101)
		out, b = out[8:], b[1:]
	}
	for i := range out {
		out[i] = b[i>>3] >> (i & 7) & 1
	}
}

// interleave turns the first n of all pixels of RRR...GGG...BBB... into
// RGBRGB...: PS3.3 C.7.6.3.1.3. Values are width bytes long.
func interleave(out, b []byte, all, n, samples, width int) {
	if width == 1 && samples == 3 {
		r, g, b := b[:n], b[all:all+n], b[2*all:2*all+n]
		out = out[:3*n]
		for i := range r {
			o := out[3*i : 3*i+3 : 3*i+3]
			o[0], o[1], o[2] = r[i], g[i], b[i]
		}
		return
	}
	for s := range samples {
		for i := range n {
			copy(out[(i*samples+s)*width:][:width], b[(s*all+i)*width:])
		}
	}
}

// expand422 repeats the chrominance of Y Y Cb Cr groups for n pixels.
func expand422(out, b []byte, n, width int) {
	for i := range n {
		group := b[i/2*4*width:]
		copy(out[3*i*width:][:width], group[i%2*width:])
		copy(out[(3*i+1)*width:][:2*width], group[2*width:4*width])
	}
}
