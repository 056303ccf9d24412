package imaging

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Frame holds the stored values of one frame in their native type: exactly one
// of the slices is non-nil, of length Rows*Columns*Samples, pixel-interleaved.
// YBR and palette values are kept as stored; render converts.
type Frame struct {
	Rows, Columns, Samples int
	BitsStored             int
	Photometric            string // as the decoder left it, e.g. RGB after a JPEG 2000 with RCT

	Uint8   []uint8
	Int8    []int8
	Uint16  []uint16
	Int16   []int16
	Uint32  []uint32
	Int32   []int32
	Float32 []float32
	Float64 []float64

	// Missing counts the pixels that the file did not hold, or held in part
	// only: the end of cut-short data, the tiles of a JPEG 2000 stream that are
	// not all there. 0 normally.
	Missing int
	// Damaged reports a stream that breaks off or breaks its syntax: what could
	// be decoded is here, all of it where Missing is 0. Note says how.
	Damaged bool
	Note    string // for people, when something was mended on the way

	Overlays []Overlay // the overlay planes over this frame, with their bits
}

// NewFrame allocates the values of a frame in the native type of Bits
// Allocated and Pixel Representation; one-bit values become bytes. The size is
// not checked.
func NewFrame(p PixelDescription) *Frame {
	f := &Frame{Rows: p.Rows, Columns: p.Columns, Samples: p.Samples, BitsStored: p.BitsStored, Photometric: p.Photometric}
	n := f.Len()
	switch {
	case p.Float && p.BitsAllocated == 32:
		f.Float32 = make([]float32, n)
	case p.Float:
		f.Float64 = make([]float64, n)
	case p.BitsAllocated == 1 || p.BitsAllocated == 8 && !p.Signed:
		f.Uint8 = make([]uint8, n)
	case p.BitsAllocated == 8:
		f.Int8 = make([]int8, n)
	case p.BitsAllocated == 16 && p.Signed:
		f.Int16 = make([]int16, n)
	case p.BitsAllocated == 16:
		f.Uint16 = make([]uint16, n)
	case p.Signed:
		f.Int32 = make([]int32, n)
	default:
		f.Uint32 = make([]uint32, n)
	}
	return f
}

// Len is the number of stored values.
func (f *Frame) Len() int { return f.Rows * f.Columns * f.Samples }

// BitsAllocated is the size of one value: 8, 16, 32 or 64.
func (f *Frame) BitsAllocated() int {
	switch {
	case f.Uint8 != nil, f.Int8 != nil:
		return 8
	case f.Uint16 != nil, f.Int16 != nil:
		return 16
	case f.Float64 != nil:
		return 64
	}
	return 32
}

// Signed reports a signed or floating type.
func (f *Frame) Signed() bool {
	return f.Int8 != nil || f.Int16 != nil || f.Int32 != nil || f.Float32 != nil || f.Float64 != nil
}

// IsFloat reports IEEE 754 values.
func (f *Frame) IsFloat() bool { return f.Float32 != nil || f.Float64 != nil }

// At is value i as a float64.
func (f *Frame) At(i int) float64 {
	switch {
	case f.Uint8 != nil:
		return float64(f.Uint8[i])
	case f.Uint16 != nil:
		return float64(f.Uint16[i])
	case f.Int16 != nil:
		return float64(f.Int16[i])
	case f.Int8 != nil:
		return float64(f.Int8[i])
	case f.Uint32 != nil:
		return float64(f.Uint32[i])
	case f.Int32 != nil:
		return float64(f.Int32[i])
	case f.Float32 != nil:
		return float64(f.Float32[i])
	case f.Float64 != nil:
		return f.Float64[i]
	}
	return math.NaN()
}

// Check reports a frame whose slice does not match its size.
func (f *Frame) Check() error {
	n, set := 0, 0
	for _, l := range []int{len(f.Uint8), len(f.Int8), len(f.Uint16), len(f.Int16), len(f.Uint32), len(f.Int32), len(f.Float32), len(f.Float64)} {
		if l > 0 {
			n, set = l, set+1
		}
	}
	if f.Rows <= 0 || f.Columns <= 0 || f.Samples <= 0 || set != 1 || n != f.Len() {
		return fmt.Errorf("frame of %d x %d x %d holds %d values", f.Rows, f.Columns, f.Samples, n)
	}
	return nil
}

// Bytes are the stored values little-endian, the form of `longying decode`.
func (f *Frame) Bytes() []byte {
	le := binary.LittleEndian
	switch {
	case f.Uint8 != nil:
		return append([]byte(nil), f.Uint8...)
	case f.Int8 != nil:
		out := make([]byte, len(f.Int8))
		for i, v := range f.Int8 {
			out[i] = byte(v)
		}
		return out
	case f.Uint16 != nil:
		out := make([]byte, 2*len(f.Uint16))
		for i, v := range f.Uint16 {
			le.PutUint16(out[2*i:], v)
		}
		return out
	case f.Int16 != nil:
		out := make([]byte, 2*len(f.Int16))
		for i, v := range f.Int16 {
			le.PutUint16(out[2*i:], uint16(v))
		}
		return out
	case f.Uint32 != nil:
		out := make([]byte, 4*len(f.Uint32))
		for i, v := range f.Uint32 {
			le.PutUint32(out[4*i:], v)
		}
		return out
	case f.Int32 != nil:
		out := make([]byte, 4*len(f.Int32))
		for i, v := range f.Int32 {
			le.PutUint32(out[4*i:], uint32(v))
		}
		return out
	case f.Float32 != nil:
		out := make([]byte, 4*len(f.Float32))
		for i, v := range f.Float32 {
			le.PutUint32(out[4*i:], math.Float32bits(v))
		}
		return out
	case f.Float64 != nil:
		out := make([]byte, 8*len(f.Float64))
		for i, v := range f.Float64 {
			le.PutUint64(out[8*i:], math.Float64bits(v))
		}
		return out
	}
	return nil
}
