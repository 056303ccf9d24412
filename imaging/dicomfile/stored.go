package dicomfile

import (
	"fmt"
	"unsafe"

	"longying/imaging/codec"
)

// ReadInto reads the stored values of frame n, counted from 1, straight into the
// memory of a volume: what Frame gives, without a decoder and without a copy. It
// does so for whole uncompressed little-endian frames of one sample and 16 bits
// allocated, signed as T is; false means that Frame has to do it, and values are
// not to be used.
func ReadInto[T int16 | uint16](f *File, n int, values []T) (bool, error) {
	p := &f.instance.Pixels
	if p.BitsAllocated != 16 || p.Compressed || f.pixels.length < 0 || f.bare() || f.bigEndian() || f.transferSyntax == privateGE ||
		n < 1 || n > p.Frames || 2*len(values) != p.FrameSizeNative || len(values) == 0 {
		return false, nil
	}
	first := int64(n-1) * int64(p.FrameSizeNative)
	if first+int64(p.FrameSizeNative) > min(f.pixels.length, f.pixels.available) {
		return false, nil // what is there of it, with its note
	}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 2*len(values))
	if k, err := f.src.ReadAt(memory, f.pixels.at+first); k < len(memory) {
		return false, fmt.Errorf("%s: read frame %d: %w", f.name, n, err)
	}
	return codec.InPlace(*p, values), nil
}
