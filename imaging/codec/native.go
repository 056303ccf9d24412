package codec

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

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
		return p.Rows * ((p.Columns + 1) / 2) * 4 * p.BitsAllocated / 8
	}
	return (values(p)*p.BitsAllocated + 7) / 8
}

// subsampled reports native YBR_FULL_422: two luminance values share the
// chrominance, PS3.3 C.7.6.3.1.2.
func subsampled(p imaging.PixelDescription) bool {
	return p.Photometric == "YBR_FULL_422" && p.Samples == 3 && !p.Compressed && p.BitsAllocated == 8
}

// decodeNative reads uncompressed pixels: PS3.5 8.1.1 and 8.2.
func decodeNative(in Encoded, order binary.ByteOrder) (*imaging.Frame, error) {
	p := in.Pixels
	need := nativeSize(p)
	if len(in.Data) < need && values(p)*((p.BitsAllocated+7)/8) > sparse {
		return nil, damaged("the frame should have %d bytes and has %d", need, len(in.Data))
	}
	f := newFrame(p)
	data := in.Data[:min(len(in.Data), need)]
	n := values(p)
	got := n
	if subsampled(p) {
		expand422(f.Uint8, data, p)
		got = len(data) / 4 * 6
	} else {
		switch {
		case p.BitsAllocated == 1:
			got = min(n, len(data)*8)
			for i := range got {
				f.Uint8[i] = data[i>>3] >> (i & 7) & 1
			}
		default:
			got = min(n, len(data)/(p.BitsAllocated/8))
			load(f, data, got, order)
		}
		correctBits(f, p)
		if p.Samples > 1 && p.Planar == 1 {
			interleave(f, p)
		}
	}
	if got < n {
		f.Damaged = true
		f.Missing = (n - got + p.Samples - 1) / p.Samples
		f.Note = fmt.Sprintf("the pixel data is cut short: %d of %d pixels are missing", f.Missing, p.Rows*p.Columns)
	}
	return f, nil
}

func newFrame(p imaging.PixelDescription) *imaging.Frame { return imaging.NewFrame(p) }

// load reads n values of the frame's type.
func load(f *imaging.Frame, b []byte, n int, order binary.ByteOrder) {
	little := order == binary.ByteOrder(binary.LittleEndian)
	switch {
	case f.Uint8 != nil:
		copy(f.Uint8, b[:n])
	case f.Int8 != nil:
		for i := range n {
			f.Int8[i] = int8(b[i])
		}
	case f.Uint16 != nil && little:
		b = b[:2*n]
		out := f.Uint16[:n]
		for i := range out {
			out[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
	case f.Int16 != nil && little:
		b = b[:2*n]
		out := f.Int16[:n]
		for i := range out {
			out[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case f.Uint16 != nil:
		for i := range n {
			f.Uint16[i] = order.Uint16(b[2*i:])
		}
	case f.Int16 != nil:
		for i := range n {
			f.Int16[i] = int16(order.Uint16(b[2*i:]))
		}
	case f.Uint32 != nil:
		for i := range n {
			f.Uint32[i] = order.Uint32(b[4*i:])
		}
	case f.Int32 != nil:
		for i := range n {
			f.Int32[i] = int32(order.Uint32(b[4*i:]))
		}
	case f.Float32 != nil:
		for i := range n {
			f.Float32[i] = math.Float32frombits(order.Uint32(b[4*i:]))
		}
	case f.Float64 != nil:
		for i := range n {
			f.Float64[i] = math.Float64frombits(order.Uint64(b[8*i:]))
		}
	}
}

// correctBits takes the value out of its container: bits above High Bit are
// cleared or sign-extended, and a High Bit above Bits Stored - 1 is shifted
// down (PS3.5 8.1.1).
func correctBits(f *imaging.Frame, p imaging.PixelDescription) {
	if p.Float || p.BitsAllocated == 1 || p.BitsStored == p.BitsAllocated {
		return
	}
	up := p.BitsAllocated - 1 - p.HighBit
	down := p.BitsAllocated - p.BitsStored
	switch {
	case f.Uint8 != nil:
		shift(f.Uint8, up, down)
	case f.Int8 != nil:
		shift(f.Int8, up, down)
	case f.Uint16 != nil:
		shift(f.Uint16, up, down)
	case f.Int16 != nil:
		shift(f.Int16, up, down)
	case f.Uint32 != nil:
		shift(f.Uint32, up, down)
	case f.Int32 != nil:
		shift(f.Int32, up, down)
	}
}

type integer interface {
	~uint8 | ~int8 | ~uint16 | ~int16 | ~uint32 | ~int32
}

func shift[T integer](v []T, up, down int) {
	u, d := uint(up)&31, uint(down)&31 // less than the width: no check a value
	for i := range v {
		v[i] = v[i] << u >> d
	}
}

// interleave turns RRR...GGG...BBB... into RGBRGB...: PS3.3 C.7.6.3.1.3.
func interleave(f *imaging.Frame, p imaging.PixelDescription) {
	switch {
	case f.Uint8 != nil:
		f.Uint8 = interleaved(f.Uint8, p.Samples)
	case f.Int8 != nil:
		f.Int8 = interleaved(f.Int8, p.Samples)
	case f.Uint16 != nil:
		f.Uint16 = interleaved(f.Uint16, p.Samples)
	case f.Int16 != nil:
		f.Int16 = interleaved(f.Int16, p.Samples)
	case f.Uint32 != nil:
		f.Uint32 = interleaved(f.Uint32, p.Samples)
	case f.Int32 != nil:
		f.Int32 = interleaved(f.Int32, p.Samples)
	}
}

func interleaved[T any](v []T, samples int) []T {
	out := make([]T, len(v))
	n := len(v) / samples
	for s := range samples {
		for i := range n {
			out[i*samples+s] = v[s*n+i]
		}
	}
	return out
}

// expand422 repeats the chrominance of Y Y Cb Cr groups.
func expand422(out []uint8, b []byte, p imaging.PixelDescription) {
	o := 0
	for len(b) >= 4 && o < len(out) {
		for range p.Rows {
			for x := 0; x < p.Columns && len(b) >= 4; x += 2 {
				out[o], out[o+1], out[o+2] = b[0], b[2], b[3]
				o += 3
				if x+1 < p.Columns {
					out[o], out[o+1], out[o+2] = b[1], b[2], b[3]
					o += 3
				}
				b = b[4:]
			}
		}
	}
}
