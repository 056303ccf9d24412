package native

// #include "native.h"
import "C"

import (
	"fmt"
	"unsafe"

	"longying/imaging"
	"longying/imaging/codec"
)

// decodeJPEG2000 is JPEG 2000 and High-Throughput JPEG 2000, PS3.5 A.4.4: what
// OpenJPEG decodes of ISO/IEC 15444-1, -2 and -15.
//
// The sign is the header's. Where the stream says the other one, its values
// are read bit by bit as the header has them, from the stream's precision:
// devices write the bits of signed values into a stream that they mark
// unsigned, and the reverse.
func decodeJPEG2000(in codec.Encoded) (*imaging.Frame, error) {
	c, err := readCodestream(in.Data)
	if err != nil {
		return nil, err
	}
	if err := c.check(in); err != nil {
		return nil, err
	}
	f := imaging.NewFrame(in.Pixels)
	out, layout := memory(f)
	strict, ended := C.int(1), C.int(1)
	if c.missing > 0 {
		strict = 0
	}
	if !c.ended {
		ended = 0
	}
	var m message
	code := C.longying_jpeg2000((*C.uint8_t)(unsafe.SliceData(c.data)), C.size_t(len(c.data)), ended, strict, layout, out, m.pointer())
	if err := failure(in, c.format, code, &m); err != nil {
		return nil, err
	}
	if c.signed != in.Pixels.Signed {
		f.Note = fmt.Sprintf("the JPEG 2000 stream says %s values, the header %s ones: they are read as the header says", sign(c.signed), sign(in.Pixels.Signed))
	}
	widen(f, c.format, c.precision)
	f.Photometric = c.colour(in.Pixels.Photometric)
	f.Damaged = !c.ended
	switch {
	case c.missing > 0:
		f.Damaged, f.Missing = true, c.missing
		f.Note = join(f.Note, fmt.Sprintf("the JPEG 2000 stream is cut short: %d of %d pixels are missing or lack detail", f.Missing, f.Rows*f.Columns))
	case !c.ended:
		f.Note = join(f.Note, "the JPEG 2000 stream does not end as it should, but the data of all its tiles is there")
	}
	return f, nil
}

func sign(signed bool) string {
	if signed {
		return "signed"
	}
	return "unsigned"
}

// colour is the photometric interpretation of the decoded values: a component
// transformation is undone by the decoder, PS3.3 C.7.6.3.1.2.
func (c *codestream) colour(header string) string {
	switch {
	case header == "YBR_RCT", header == "YBR_ICT":
		return "RGB"
	case c.sycc && header == "RGB" && c.transform == 0:
		return "YBR_FULL"
	}
	return header
}
