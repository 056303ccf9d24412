package native

// #include "native.h"
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"unsafe"

	"longying/imaging"
	"longying/imaging/codec"
)

// decodeJPEGLS is JPEG-LS, PS3.5 A.4.3: ISO/IEC 14495-1. The stream knows no
// sign: a signed image has the bits of its values in it, and their sign is the
// uppermost of the stream's precision.
func decodeJPEGLS(in codec.Encoded) (*imaging.Frame, error) {
	h, err := readJPEGLS(in.Data)
	if err != nil {
		return nil, err
	}
	if err := h.check(in); err != nil {
		return nil, err
	}
	// Whole lossless streams of the common forms are decoded in Go, faster.
	own := in
	own.TransferSyntaxUID = "1.2.840.10008.1.2.4.81"
	if f, err := (codec.Local{}).Decode(context.Background(), own); err == nil {
		return f, nil
	}
	f, err := h.decode(in)
	if err != nil {
		return nil, err
	}
	widen(f, h.format, h.precision)
	return f, nil
}

var endOfImage = []byte{0xff, 0xd9}

// decode brings the end of the stream into the form that CharLS wants.
func (h header) decode(in codec.Encoded) (*imaging.Frame, error) {
	data := unpadded(in.Data)
	if !bytes.HasSuffix(data, endOfImage) {
		return h.decodeCut(in)
	}
	// Some encoders make the length even with a zero in front of the end marker,
	// where CharLS wants none. As the entropy code goes on with zeros where it
	// ends, leaving out one that belongs to it changes nothing or fails.
	if b, ok := bytes.CutSuffix(data, []byte{0, 0xff, 0xd9}); ok {
		if f, err := h.run(in, slices.Concat(b, endOfImage), 0); err == nil {
			return f, nil
		}
	}
	return h.run(in, data, 0)
}

// decodeCut decodes a stream without its end: the rows that are there, the
// others 0. CharLS does not tell how many there are: those are decoded that
// come out the same over other memory. The last of them may hold samples
// invented at the end of the data, so it is not kept.
func (h header) decodeCut(in codec.Encoded) (*imaging.Frame, error) {
	// Without a marker at the end of the data, CharLS 2.4.1 reads 2^31 zeros
	// behind it before it gives up.
	b := slices.Concat(in.Data, endOfImage)
	f, cause := h.run(in, b, 0)
	if cause == nil {
		f.Damaged, f.Note = true, "the JPEG-LS stream has no end marker, but all its pixels are there"
		return f, nil
	}
	other, _ := h.run(in, b, 0xa5)
	v, w := raw(f), raw(other)
	row := len(v) / f.Rows
	done := 0
	for done < f.Rows && bytes.Equal(v[done*row:(done+1)*row], w[done*row:(done+1)*row]) {
		done++
	}
	if done < 2 {
		return nil, cause
	}
	clear(v[(done-1)*row:])
	f.Damaged, f.Missing = true, (f.Rows-done+1)*f.Columns
	f.Note = fmt.Sprintf("the JPEG-LS stream is cut short: %d of %d pixels are missing", f.Missing, f.Rows*f.Columns)
	return f, nil
}

// run calls CharLS. Also of a stream that it gives up, the frame holds what it
// wrote until then, and fill elsewhere.
func (h header) run(in codec.Encoded, b []byte, fill byte) (*imaging.Frame, error) {
	f := imaging.NewFrame(in.Pixels)
	if fill != 0 {
		v := raw(f)
		for i := range v {
			v[i] = fill
		}
	}
	var m message
	out, layout := memory(f)
	code := C.longying_jpegls((*C.uint8_t)(unsafe.SliceData(b)), C.size_t(len(b)), C.int(h.precision), layout, out, m.pointer())
	return f, failure(in, h.format, code, &m)
}

// readJPEGLS reads the frame header: ISO/IEC 14495-1 C.2.2.
func readJPEGLS(b []byte) (header, error) {
	h := header{format: "JPEG-LS"}
	marker, body, err := frameHeader(b)
	switch {
	case err != nil:
		return h, err
	case marker != markerSOF55:
		return h, damaged("the stream is no JPEG-LS")
	case len(body) < 6:
		return h, damaged("the frame header of the JPEG-LS stream is cut short")
	}
	h.precision, h.samples = int(body[0]), int(body[5])
	h.rows, h.columns = int(body[1])<<8|int(body[2]), int(body[3])<<8|int(body[4])
	if h.precision < 2 || h.precision > 16 {
		return h, damaged("the JPEG-LS stream has %d bits a sample; 2 to 16 are allowed", h.precision)
	}
	return h, nil
}

const markerSOF55 = 0xf7

// frameHeader is the first frame header of a stream of the JPEG family, SOF0 to
// SOF15 or SOF55 of JPEG-LS: ISO/IEC 10918-1 B.2.2.
func frameHeader(b []byte) (marker byte, body []byte, err error) {
	if len(b) < 4 || b[0] != 0xff || b[1] != 0xd8 {
		return 0, nil, damaged("the frame does not begin as a JPEG stream")
	}
	for at := 2; at+4 <= len(b); {
		marker := b[at+1]
		if b[at] != 0xff || marker < 0xc0 {
			return 0, nil, damaged("the JPEG stream has no marker at byte %d", at)
		}
		if marker == 0xff { // fill byte
			at++
			continue
		}
		n := int(b[at+2])<<8 | int(b[at+3])
		if n < 2 || at+2+n > len(b) {
			return 0, nil, damaged("the JPEG stream ends inside marker %02X", marker)
		}
		switch {
		case marker == 0xda || marker == 0xd9:
			return 0, nil, damaged("the JPEG stream has no frame header")
		case marker == markerSOF55, marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return marker, b[at+4 : at+2+n], nil
		}
		at += 2 + n
	}
	return 0, nil, damaged("the JPEG stream has no frame header")
}
