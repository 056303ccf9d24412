// Package native decodes with the native libraries that the distribution
// keeps: JPEG 2000 and High-Throughput JPEG 2000 with OpenJPEG, JPEG-LS with
// CharLS where codec.Local leaves it, undamaged JPEG of 8 bits with
// libjpeg-turbo. All else goes to codec.Local.
//
// The size of a frame is read from its own header in Go and compared with the
// DICOM header before a library sees a byte. A library's error becomes a Go
// error; a crash or a hang inside one is not caught here, which is why the
// desktop decodes in another process.
package native

/*
#cgo pkg-config: libopenjp2 charls libjpeg
#cgo CFLAGS: -O3 -Wall -Wextra
#include <stdlib.h>
#include "native.h"
*/
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"unsafe"

	"longying/imaging"
	"longying/imaging/codec"
)

// Decoder decodes in this process. The zero value is ready, and safe for use
// by several goroutines. A call that is inside a library is not interrupted
// when its context ends: it returns after its frame.
type Decoder struct{}

var _ codec.Decoder = Decoder{}

// Decode is codec.Decoder's. A frame whose values leave the range of Bits
// Stored has the Bits Stored of its stream.
func (Decoder) Decode(ctx context.Context, in codec.Encoded) (*imaging.Frame, error) {
	var decode func(codec.Encoded) (*imaging.Frame, error)
	switch contents(in) {
	case codec.JPEG2000:
		decode = decodeJPEG2000
	case codec.JPEGLS:
		decode = decodeJPEGLS
	case codec.JPEG:
		if codec.CodingOf(in.TransferSyntaxUID) != codec.JPEG {
			in.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
		}
		return codec.Local{DCT: decodeDCT}.Decode(ctx, in)
	default:
		return codec.Local{}.Decode(ctx, in)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	note := codec.MendBits(&in.Pixels)
	if err := codec.CheckPixels(in.Pixels); err != nil {
		return nil, err
	}
	f, err := decode(in)
	if err == nil {
		f.Note = join(note, f.Note)
	}
	return f, err
}

// contents is the coding of a frame: the stream's own, where it is one of the
// JPEG family, because files exist whose transfer syntax names another.
func contents(in codec.Encoded) codec.Coding {
	said := codec.CodingOf(in.TransferSyntaxUID)
	if said != codec.JPEG && said != codec.JPEGLS && said != codec.JPEG2000 {
		return said
	}
	if bytes.HasPrefix(in.Data, []byte{0xff, 0x4f, 0xff, 0x51}) || bytes.HasPrefix(in.Data, jp2Signature) {
		return codec.JPEG2000
	}
	marker, _, _ := frameHeader(in.Data)
	switch {
	case marker == markerSOF55:
		return codec.JPEGLS
	case marker != 0:
		return codec.JPEG
	}
	return said
}

// unpadded is a stream without what makes its length even behind it: PS3.5 A.4
// has a zero, some devices write 255.
func unpadded(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == 0 || b[len(b)-1] == 0xff) {
		b = b[:len(b)-1]
	}
	return b
}

func damaged(format string, args ...any) error {
	return &codec.DataError{Detail: fmt.Sprintf(format, args...)}
}

// unsupported is a form of a transfer syntax that no decoder here has.
func unsupported(in codec.Encoded, why string) error {
	return &codec.UnsupportedError{UID: in.TransferSyntaxUID, Name: codec.Name(in.TransferSyntaxUID), Why: why}
}

// header is what a stream says of itself, compared with the DICOM header.
type header struct {
	format                   string // for people
	rows, columns, samples   int
	precision, leastContents int // bits; bytes that a stream of this size has at least
}

// check compares a stream's header with the DICOM header, before anything is
// allocated.
func (h header) check(in codec.Encoded) error {
	p := in.Pixels
	if p.Float || p.BitsAllocated > 32 {
		return damaged("%s holds integers, the header says floating point values of %d bits", h.format, p.BitsAllocated)
	}
	if h.rows != p.Rows || h.columns != p.Columns || h.samples != p.Samples {
		return damaged("the %s stream holds %d rows of %d columns with %d components, the header says %d rows of %d columns with %d",
			h.format, h.rows, h.columns, h.samples, p.Rows, p.Columns, p.Samples)
	}
	if h.precision > max(8, p.BitsAllocated) {
		return damaged("the %s stream has %d bits a sample, the header allocates %d", h.format, h.precision, p.BitsAllocated)
	}
	// A whole frame of one value takes next to nothing, so there is no lower
	// bound of the stream's length; but memory is not given away for nothing.
	if n := p.Rows * p.Columns * p.Samples; n > 1<<26 && len(in.Data) < n/2048 {
		return damaged("the %s stream of %d bytes cannot hold %d x %d pixels", h.format, len(in.Data), p.Rows, p.Columns)
	}
	return nil
}

// memory gives the values of a frame as C sees them.
func memory(f *imaging.Frame) (out unsafe.Pointer, layout C.longying_layout) {
	layout = C.longying_layout{columns: C.uint32_t(f.Columns), rows: C.uint32_t(f.Rows), components: C.uint32_t(f.Samples), width: C.int(f.BitsAllocated() / 8)}
	if f.Signed() {
		layout.is_signed = 1
	}
	switch {
	case f.Uint8 != nil:
		out = unsafe.Pointer(unsafe.SliceData(f.Uint8))
	case f.Int8 != nil:
		out = unsafe.Pointer(unsafe.SliceData(f.Int8))
	case f.Uint16 != nil:
		out = unsafe.Pointer(unsafe.SliceData(f.Uint16))
	case f.Int16 != nil:
		out = unsafe.Pointer(unsafe.SliceData(f.Int16))
	case f.Uint32 != nil:
		out = unsafe.Pointer(unsafe.SliceData(f.Uint32))
	default:
		out = unsafe.Pointer(unsafe.SliceData(f.Int32))
	}
	return out, layout
}

// raw are the bytes of a frame's values as they lie in memory.
func raw(f *imaging.Frame) []byte {
	out, layout := memory(f)
	return unsafe.Slice((*byte)(out), f.Len()*int(layout.width))
}

// message is a library's own word for what went wrong.
type message [C.LONGYING_MESSAGE]C.char

func (m *message) pointer() *C.char { return &m[0] }
func (m *message) String() string   { return C.GoString(&m[0]) }

// failure is the error of a library's answer, nil for success.
func failure(in codec.Encoded, format string, code C.int, m *message) error {
	switch code {
	case C.longying_ok:
		return nil
	case C.longying_unsupported:
		return unsupported(in, "in a form that its library does not have ("+m.String()+")")
	case C.longying_memory:
		return damaged("there is not enough memory for the %s stream", format)
	case C.longying_differs:
		return damaged("the %s stream is damaged: its header reads in two ways", format)
	}
	if s := m.String(); s != "" {
		return damaged("the %s stream is damaged: %s", format, s)
	}
	return damaged("the %s stream is damaged", format)
}

// widen raises Bits Stored to what the stream says where a value needs it: the
// values are the stream's, the header is then wrong.
func widen(f *imaging.Frame, format string, precision int) {
	if precision <= f.BitsStored || !exceeds(f) {
		return
	}
	f.Note = join(f.Note, fmt.Sprintf("the header says %d bits stored, the values of the %s stream take up to %d", f.BitsStored, format, precision))
	f.BitsStored = precision
}

// exceeds reports a value outside Bits Stored.
func exceeds(f *imaging.Frame) bool {
	bits := f.BitsStored
	switch {
	case f.Uint8 != nil:
		return unsignedOver(f.Uint8, bits)
	case f.Uint16 != nil:
		return unsignedOver(f.Uint16, bits)
	case f.Uint32 != nil:
		return unsignedOver(f.Uint32, bits)
	case f.Int8 != nil:
		return signedOver(f.Int8, bits)
	case f.Int16 != nil:
		return signedOver(f.Int16, bits)
	}
	return signedOver(f.Int32, bits)
}

func unsignedOver[T uint8 | uint16 | uint32](v []T, bits int) bool {
	var all T
	for _, x := range v {
		all |= x
	}
	return uint64(all)>>bits != 0
}

func signedOver[T int8 | int16 | int32](v []T, bits int) bool {
	var all T // bits that differ from the sign
	for _, x := range v {
		if x < 0 {
			x = ^x
		}
		all |= x
	}
	return int64(all)>>(bits-1) != 0
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
