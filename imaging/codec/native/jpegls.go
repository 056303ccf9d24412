package native

// #include "native.h"
import "C"

import (
	"bytes"
	"fmt"
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
	f := imaging.NewFrame(in.Pixels)
	// Some encoders make the length even with a zero in front of the end marker,
	// where CharLS wants none. As the entropy code goes on with zeros where it
	// ends, leaving out one that belongs to it changes nothing or fails.
	if b, ok := bytes.CutSuffix(in.Data, []byte{0, 0xff, 0xd9}); ok {
		b = append(bytes.Clone(b), 0xff, 0xd9)
		if runJPEGLS(in, h, b, f) == nil {
			widen(f, h.format, h.precision)
			return f, nil
		}
		f = imaging.NewFrame(in.Pixels)
	}
	err = runJPEGLS(in, h, in.Data, f)
	if err != nil && !bytes.HasSuffix(bytes.TrimRight(in.Data, "\x00"), []byte{0xff, 0xd9}) {
		err = cutJPEGLS(in, h, f, err)
	}
	if err != nil {
		return nil, err
	}
	widen(f, h.format, h.precision)
	return f, nil
}

func runJPEGLS(in codec.Encoded, h header, b []byte, f *imaging.Frame) error {
	var m message
	out, layout := memory(f)
	code := C.longying_jpegls((*C.uint8_t)(unsafe.SliceData(b)), C.size_t(len(b)), C.int(h.precision), layout, out, m.pointer())
	return failure(in, h.format, code, &m)
}

// cutJPEGLS keeps the rows of a stream without its end that were decoded into
// f before cause. CharLS does not tell how many: those are decoded that come
// out the same into other memory. The last of them may hold samples invented
// at the end of the data, so it is not kept.
func cutJPEGLS(in codec.Encoded, h header, f *imaging.Frame, cause error) error {
	other := imaging.NewFrame(in.Pixels)
	b, c := raw(f), raw(other)
	for i := range c {
		c[i] = 0xa5
	}
	// The answer is that of the first time.
	_ = runJPEGLS(in, h, in.Data, other)
	row := len(b) / f.Rows
	done := 0
	for done < f.Rows && bytes.Equal(b[done*row:(done+1)*row], c[done*row:(done+1)*row]) {
		done++
	}
	if done < 2 {
		return cause
	}
	clear(b[(done-1)*row:])
	f.Damaged, f.Missing = true, (f.Rows-done+1)*f.Columns
	f.Note = fmt.Sprintf("the JPEG-LS stream is cut short: %d of %d pixels are missing", f.Missing, f.Rows*f.Columns)
	return nil
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
