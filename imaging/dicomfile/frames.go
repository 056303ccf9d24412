package dicomfile

import (
	"context"
	"fmt"
	"io"

	"longying/imaging"
	"longying/imaging/codec"
)

// RawFrame are the bytes of frame n, counted from 1, as the transfer syntax
// encodes them: a slice of native pixel data (1-bit frames begin at a whole
// byte, and words of bytes are put in the order of the bytes), or the fragments
// of an encapsulated frame joined. Data that is cut short gives what is there.
//
// Bits of native values that are no part of them, overlays embedded in the
// pixel data among them, are all here. Errors are a *FormatError.
func (f *File) RawFrame(n int) ([]byte, error) {
	p := &f.instance.Pixels
	if f.pixels.tag == 0 || p.Rows == 0 || p.Columns == 0 {
		return nil, f.refuse("it has no pixel data, so there is no frame %d", n)
	}
	if n < 1 || n > p.Frames {
		return nil, f.refuse("there is no frame %d: frames are counted from 1 to %d", n, p.Frames)
	}
	if p.FrameSizeNative <= 0 {
		return nil, f.refuse("%d x %d pixels of %d samples and %d bits are not an image", p.Rows, p.Columns, p.Samples, p.BitsAllocated)
	}
	if f.pixels.length >= 0 && !f.bare() {
		return f.native(n)
	}
	frame, err := f.index.find(f, n)
	if err != nil {
		return nil, err
	}
	return f.read(frame, n)
}

func (f *File) refuse(format string, args ...any) error {
	return &FormatError{Name: f.name, Code: imaging.SkipMalformed, Offset: -1, Detail: fmt.Sprintf(format, args...)}
}

// absent is a frame that the header promises and the file does not hold.
func (f *File) absent(n int, format string, args ...any) error {
	return &FormatError{Name: f.name, Code: imaging.SkipTruncated, Offset: -1, Detail: fmt.Sprintf("frame %d is not in the file: ", n) + fmt.Sprintf(format, args...)}
}

// native are the bytes of a frame of uncompressed pixel data, PS3.5 8.1.1.
func (f *File) native(n int) ([]byte, error) {
	p := &f.instance.Pixels
	have := min(f.pixels.length, f.pixels.available)
	first, size, shift := int64(n-1)*int64(p.FrameSizeNative), int64(p.FrameSizeNative), 0
	if p.BitsAllocated == 1 { // frames follow one another without padding
		bits := int64(p.Rows) * int64(p.Columns) * int64(p.Samples)
		bit := int64(n-1) * bits
		first, shift = bit/8, int(bit%8)
		size = (int64(shift) + bits + 7) / 8
	}
	if n > 1 && first >= have {
		return nil, f.absent(n, "the pixel data ends after %d bytes", have)
	}
	// Bytes in big endian words lie exchanged in pairs, which a frame of an odd
	// length shares with its neighbour.
	pairs := f.bigEndian() && f.pixels.vr == "OW" && p.BitsAllocated <= 8
	from, end := first, min(first+size, have)
	if pairs {
		from, end = first&^1, min((first+size+1)&^1, have)
	}
	out := make([]byte, max(0, end-from))
	if _, err := f.src.ReadAt(out, f.pixels.at+from); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: read frame %d: %w", f.name, n, err)
	}
	if pairs {
		for i := 0; i+1 < len(out); i += 2 {
			out[i], out[i+1] = out[i+1], out[i]
		}
		out = out[min(int(first-from), len(out)):]
		out = out[:min(int(size), len(out))]
	}
	if shift > 0 {
		for i := range out {
			out[i] >>= shift
			if i+1 < len(out) {
				out[i] |= out[i+1] << (8 - shift)
			}
		}
	}
	return out[:min(len(out), p.FrameSizeNative)], nil
}

// read joins the fragments of a frame; each lies inside the file.
func (f *File) read(fragments frameSpan, n int) ([]byte, error) {
	var total int64
	for _, s := range fragments {
		total += s.length
	}
	out := make([]byte, 0, total)
	for _, s := range fragments {
		k := len(out)
		out = out[:k+int(s.length)]
		if _, err := f.src.ReadAt(out[k:], s.at); err != nil && err != io.EOF {
			return nil, fmt.Errorf("%s: read frame %d: %w", f.name, n, err)
		}
	}
	return out, nil
}

// privateGE is "Implicit VR Big Endian" of General Electric: a data set in
// implicit VR little endian with pixel data in big endian.
const privateGE = "1.2.840.113619.5.2"

// Frame decodes frame n, counted from 1, with a decoder. Frame.Missing,
// Frame.Damaged and Frame.Note say what a truncated or contradictory file did
// not hold. Errors name the file and the frame; *codec.UnsupportedError is
// among their causes.
func (f *File) Frame(ctx context.Context, d codec.Decoder, n int) (*imaging.Frame, error) {
	raw, err := f.RawFrame(n)
	if err != nil {
		return nil, err
	}
	in := codec.Encoded{TransferSyntaxUID: f.transferSyntax, Pixels: f.instance.Pixels, Data: raw}
	note := ""
	switch {
	case in.Pixels.Compressed:
		// Encapsulated although the transfer syntax is a native one: the frame
		// says what it is.
		coding := codec.CodingOf(in.TransferSyntaxUID)
		if m := startMark(raw); m != codec.None && (coding == codec.NativeLittle || coding == codec.NativeBig) {
			in.TransferSyntaxUID = plainSyntax(m)
			note = fmt.Sprintf("the transfer syntax is %s, but the pixel data is compressed and was read as %s", f.transferSyntax, codec.Name(in.TransferSyntaxUID))
		}
	case f.bare():
		in.Pixels.Compressed = true
		note = "the compressed pixel data is not encapsulated, against PS3.5 A.4"
	default: // the byte order as found, not as declared
		in.TransferSyntaxUID = ExplicitLittle
		if f.bigEndian() || f.transferSyntax == privateGE {
			in.TransferSyntaxUID = ExplicitBig
		}
		note = f.surplus()
	}
	frame, err := d.Decode(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("%s: frame %d: %w", f.name, n, err)
	}
	if len(f.instance.Overlays) > 0 {
		frame.Overlays = f.overlays(ctx, d, in, n)
	}
	for _, also := range []string{note, f.index.said()} {
		switch {
		case frame.Note == "":
			frame.Note = also
		case also != "":
			frame.Note += "; " + also
		}
	}
	return frame, nil
}

// surplus says that native pixel data holds more whole frames than the header.
func (f *File) surplus() string {
	p := &f.instance.Pixels
	have := min(f.pixels.length, f.pixels.available)
	if extra := have/int64(p.FrameSizeNative) - int64(p.Frames); p.BitsAllocated > 1 && extra > 0 {
		return fmt.Sprintf("the pixel data holds %d frames more than the %d of the header, which are not shown", extra, p.Frames)
	}
	return ""
}
