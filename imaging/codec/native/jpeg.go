package native

// #include "native.h"
import "C"

import "unsafe"

// decodeDCT is codec.Local's DCT, with libjpeg-turbo.
func decodeDCT(stream []byte, out []uint8, rows, columns, components int) bool {
	if len(stream) == 0 || len(out) != rows*columns*components {
		return false
	}
	layout := C.longying_layout{columns: C.uint32_t(columns), rows: C.uint32_t(rows), components: C.uint32_t(components), width: 1}
	return C.longying_jpeg((*C.uint8_t)(unsafe.SliceData(stream)), C.size_t(len(stream)), layout, (*C.uint8_t)(unsafe.SliceData(out))) == C.longying_ok
}
