package codec

import (
	"encoding/binary"
	"unsafe"

	"longying/imaging"
)

// valueStore writes values to a frame as bytes of the machine's own order, eight
// bytes at a time: it brings them to that order and takes each value out of
// its container (PS3.5 8.1.1): bits above High Bit are cleared or
// sign-extended, and a High Bit above Bits Stored - 1 is shifted down.
type valueStore struct {
	bytes []byte // the memory of the frame's values
	width int    // of one value, in bytes
	swap  bool   // the bytes of each value are to be exchanged

	correct bool
	right   uint
	mask    uint64 // the bits stored, in each value of eight bytes
	ones    uint64 // the lowest bit of each
	sign    uint   // index of the sign bit
	upper   uint64 // in one value: the bits above the sign; 0 for unsigned
}

func newValueStore(f *imaging.Frame, p imaging.PixelDescription, order binary.ByteOrder) valueStore {
	v := valueStore{bytes: valueBytes(f), width: (p.BitsAllocated + 7) / 8}
	v.swap = order.Uint16([]byte{1, 0}) != binary.NativeEndian.Uint16([]byte{1, 0})
	if p.Float || p.BitsAllocated == 1 || p.BitsStored == p.BitsAllocated {
		return v
	}
	v.correct = true
	for i := 0; i < 64; i += p.BitsAllocated {
		v.ones |= 1 << i
	}
	stored := uint64(1)<<p.BitsStored - 1
	v.mask = v.ones * stored
	v.right = uint(p.HighBit + 1 - p.BitsStored)
	if p.Signed {
		v.sign, v.upper = uint(p.BitsStored-1), (uint64(1)<<p.BitsAllocated-1)&^stored
	}
	return v
}

// valueBytes is the memory of a frame's values.
func valueBytes(f *imaging.Frame) []byte {
	switch {
	case f.Uint8 != nil:
		return f.Uint8
	case f.Int8 != nil:
		return memory(f.Int8)
	case f.Uint16 != nil:
		return memory(f.Uint16)
	case f.Int16 != nil:
		return memory(f.Int16)
	case f.Uint32 != nil:
		return memory(f.Uint32)
	case f.Int32 != nil:
		return memory(f.Int32)
	case f.Float32 != nil:
		return memory(f.Float32)
	}
	return memory(f.Float64)
}

// memory is a slice of numbers as bytes: copying them is several times faster
// than putting each value together.
func memory[T any](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v))*unsafe.Sizeof(v[0]))
}

// copied is a frame whose memory is a copy of data, all its bytes: it is not
// cleared first, as a new frame's is. Its type is that of imaging.NewFrame.
func copied(p imaging.PixelDescription, data []byte) *imaging.Frame {
	f := &imaging.Frame{Rows: p.Rows, Columns: p.Columns, Samples: p.Samples, BitsStored: p.BitsStored, Photometric: p.Photometric}
	b := append([]byte(nil), data...)
	switch {
	case p.Float && p.BitsAllocated == 32:
		f.Float32 = numbers[float32](b)
	case p.Float:
		f.Float64 = numbers[float64](b)
	case p.BitsAllocated == 8 && !p.Signed:
		f.Uint8 = b
	case p.BitsAllocated == 8:
		f.Int8 = numbers[int8](b)
	case p.BitsAllocated == 16 && p.Signed:
		f.Int16 = numbers[int16](b)
	case p.BitsAllocated == 16:
		f.Uint16 = numbers[uint16](b)
	case p.Signed:
		f.Int32 = numbers[int32](b)
	default:
		f.Uint32 = numbers[uint32](b)
	}
	return f
}

// numbers is the reverse of memory, for bytes that Go's allocator gave: their
// address is a multiple of the largest power of two, up to eight, that divides
// their length.
func numbers[T any](b []byte) []T {
	var v T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))/unsafe.Sizeof(v))
}

// put sets the first values from data, piece by piece so that they are still in
// the cache when they are converted.
func (v *valueStore) put(data []byte) {
	const piece = 8 << 10
	for at := 0; at < len(data); at += piece {
		end := min(at+piece, len(data))
		copy(v.bytes[at:], data[at:end])
		v.convert(at, end)
	}
}

// convert works on bytes that were copied in, from at to before end.
func (v *valueStore) convert(at, end int) {
	if !v.correct && (!v.swap || v.width == 1) {
		return
	}
	b := v.bytes[at:end]
	if v.correct && !v.swap && v.right == 0 && v.upper == 0 { // most of what there is: nothing but bits to clear
		mask := v.mask
		for ; len(b) >= 32; b = b[32:] {
			p := (*[32]byte)(b)
			w, x, y, z := binary.NativeEndian.Uint64(p[:]), binary.NativeEndian.Uint64(p[8:]), binary.NativeEndian.Uint64(p[16:]), binary.NativeEndian.Uint64(p[24:])
			if (w|x|y|z)&^mask == 0 { // seldom are there any
				continue
			}
			binary.NativeEndian.PutUint64(p[:], w&mask)
			binary.NativeEndian.PutUint64(p[8:], x&mask)
			binary.NativeEndian.PutUint64(p[16:], y&mask)
			binary.NativeEndian.PutUint64(p[24:], z&mask)
		}
	}
	if v.correct && !v.swap && v.right == 0 && v.upper != 0 { // the same of signed values
		mask, ones, sign, upper := v.mask, v.ones, v.sign&63, v.upper
		for ; len(b) >= 8; b = b[8:] {
			was := binary.NativeEndian.Uint64(b)
			x := was & mask
			if x |= x >> sign & ones * upper; x != was {
				binary.NativeEndian.PutUint64(b, x)
			}
		}
	}
	for ; len(b) >= 8; b = b[8:] {
		binary.NativeEndian.PutUint64(b, v.value(binary.NativeEndian.Uint64(b)))
	}
	if len(b) > 0 {
		var last [8]byte
		copy(last[:], b)
		binary.NativeEndian.PutUint64(last[:], v.value(binary.NativeEndian.Uint64(last[:])))
		copy(b, last[:])
	}
}

// value converts eight bytes of values.
func (v *valueStore) value(x uint64) uint64 {
	if v.swap {
		x = exchange(x, v.width)
	}
	if v.correct {
		x = x >> (v.right & 63) & v.mask
		x |= x >> (v.sign & 63) & v.ones * v.upper
	}
	return x
}

// exchange reverses the bytes of each value of width bytes.
func exchange(x uint64, width int) uint64 {
	if width >= 2 {
		x = x&0x00ff00ff00ff00ff<<8 | x>>8&0x00ff00ff00ff00ff
	}
	if width >= 4 {
		x = x&0x0000ffff0000ffff<<16 | x>>16&0x0000ffff0000ffff
	}
	if width >= 8 {
		x = x<<32 | x>>32
	}
	return x
}
