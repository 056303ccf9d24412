package codec

import (
	"encoding/binary"

	"longying/imaging"
)

// InPlace turns the bytes of a whole uncompressed little-endian frame of one
// sample and 16 bits allocated, read into the memory of its values, into these
// values: what Decode gives for it, without a copy. False where the header
// describes another frame, or one that needs mending; nothing is changed then.
func InPlace[T int16 | uint16](p imaging.PixelDescription, values []T) bool {
	whole := p.HighBit >= p.BitsStored-1 && p.HighBit < p.BitsAllocated && p.BitsStored > 0
	signed := T(0)-1 < 0
	if p.Compressed || p.Float || p.Samples != 1 || p.BitsAllocated != 16 || p.Signed != signed || !whole || len(values) != p.Rows*p.Columns || len(values) == 0 {
		return false
	}
	f := &imaging.Frame{}
	if v, ok := any(values).([]int16); ok {
		f.Int16 = v
	} else {
		f.Uint16, _ = any(values).([]uint16)
	}
	s := newValueStore(f, p, binary.LittleEndian)
	s.convert(0, len(s.bytes))
	return true
}
