package dicomfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"longying/imaging"
	"longying/imaging/codec"
)

// frameSpan is one encapsulated frame: where its fragments are.
type frameSpan []span

type span struct{ at, length int64 }

// RawFrame are the bytes of frame n, counted from 1, as the transfer syntax
// encodes them: a slice of native pixel data (1-bit frames begin at a whole
// byte), or the fragments of an encapsulated frame joined. Native data that is
// cut short gives what is there. Frames are found by the extended or the basic
// offset table, one fragment a frame, or by the start marks of JPEG streams
// (PS3.5 A.4). Errors are a *FormatError.
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
	if f.pixels.length < 0 {
		return f.encapsulated(n)
	}
	return f.native(n)
}

func (f *File) refuse(format string, args ...any) error {
	return &FormatError{Name: f.name, Code: imaging.SkipMalformed, Offset: -1, Detail: fmt.Sprintf(format, args...)}
}

func (f *File) native(n int) ([]byte, error) {
	p := &f.instance.Pixels
	have := min(f.pixels.length, f.pixels.available)
	first := int64(n-1) * int64(p.FrameSizeNative)
	size := int64(p.FrameSizeNative)
	shift := 0
	if p.BitsAllocated == 1 { // frames follow one another without padding, PS3.5 8.1.1
		bits := int64(p.Rows) * int64(p.Columns) * int64(p.Samples)
		bit := int64(n-1) * bits
		first, shift = bit/8, int(bit%8)
		size = (int64(shift) + bits + 7) / 8
	}
	if n > 1 && first >= have {
		return nil, &FormatError{Name: f.name, Code: imaging.SkipTruncated, Offset: -1,
			Detail: fmt.Sprintf("frame %d is not in the file: the pixel data ends after %d bytes", n, have)}
	}
	out := make([]byte, min(size, have-first))
	if _, err := f.src.ReadAt(out, f.pixels.at+first); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: read frame %d: %w", f.name, n, err)
	}
	if p.BitsAllocated == 1 {
		if f.order == binary.ByteOrder(binary.BigEndian) && f.pixels.vr == "OW" {
			return nil, f.refuse("1-bit pixels in big endian words are not supported")
		}
		if shift > 0 {
			for i := range out {
				out[i] >>= shift
				if i+1 < len(out) {
					out[i] |= out[i+1] << (8 - shift)
				}
			}
		}
		out = out[:min(len(out), p.FrameSizeNative)]
	}
	// 8-bit values in big endian words are swapped in pairs.
	if f.order == binary.ByteOrder(binary.BigEndian) && p.BitsAllocated == 8 && f.pixels.vr == "OW" && first%2 == 0 {
		for i := 0; i+1 < len(out); i += 2 {
			out[i], out[i+1] = out[i+1], out[i]
		}
	}
	return out, nil
}

func (f *File) encapsulated(n int) ([]byte, error) {
	f.index.Do(func() { f.frames, f.indexErr = f.findFrames() })
	if n > len(f.frames) {
		if f.indexErr != nil {
			return nil, f.indexErr
		}
		return nil, &FormatError{Name: f.name, Code: imaging.SkipTruncated, Offset: -1,
			Detail: fmt.Sprintf("frame %d is not in the file: its pixel data holds %d", n, len(f.frames))}
	}
	var total int64
	for _, s := range f.frames[n-1] {
		total += s.length
	}
	out := make([]byte, 0, total) // every span lies inside the file
	for _, s := range f.frames[n-1] {
		k := len(out)
		out = out[:k+int(s.length)]
		if _, err := f.src.ReadAt(out[k:], s.at); err != nil && err != io.EOF {
			return nil, fmt.Errorf("%s: read frame %d: %w", f.name, n, err)
		}
	}
	return out, nil
}

// findFrames walks the fragments and gives each frame its own.
func (f *File) findFrames() ([]frameSpan, error) {
	fragments, offsets, err := f.fragments()
	if err != nil {
		return nil, err
	}
	frames := f.instance.Pixels.Frames
	if len(fragments) == 0 {
		return nil, f.refuse("the encapsulated pixel data holds no fragment")
	}
	if eot := f.extendedOffsets(); len(eot) > 0 {
		offsets = eot
	}
	if len(offsets) == frames {
		if out := byOffsets(fragments, offsets); out != nil {
			return out, nil
		}
	}
	if frames == 1 {
		return []frameSpan{fragments}, nil
	}
	if len(fragments) == frames {
		out := make([]frameSpan, frames)
		for i := range out {
			out[i] = fragments[i : i+1]
		}
		return out, nil
	}
	if len(fragments) > frames {
		if out := f.byMarks(fragments); len(out) == frames {
			return out, nil
		}
		return nil, f.refuse("%d fragments cannot be shared out among %d frames: no usable offset table", len(fragments), frames)
	}
	// Fewer fragments than frames: what is there, one each.
	out := make([]frameSpan, len(fragments))
	for i := range out {
		out[i] = fragments[i : i+1]
	}
	return out, nil
}

// fragments lists the items of the pixel data and the basic offset table,
// PS3.5 A.4. A last fragment that the file cuts short is kept as far as it is.
func (f *File) fragments() (frameSpan, []int64, error) {
	end := f.pixels.at + f.pixels.available
	var out frameSpan
	var offsets []int64
	var b [8]byte
	for at, first := f.pixels.at, true; at+8 <= end; first = false {
		if _, err := f.src.ReadAt(b[:], at); err != nil && err != io.EOF {
			return nil, nil, fmt.Errorf("%s: read pixel data: %w", f.name, err)
		}
		tag := NewTag(f.order.Uint16(b[:]), f.order.Uint16(b[2:]))
		length := int64(f.order.Uint32(b[4:]))
		if tag == tagSequenceDelim {
			break
		}
		if tag != tagItem || length == undefinedLength {
			if len(out) > 0 {
				break
			}
			return nil, nil, f.refuse("%s stands where a fragment of the pixel data should", tag)
		}
		s := span{at + 8, min(length, end-at-8)}
		switch {
		case !first:
			out = append(out, s)
		case s.length > 0 && s.length%4 == 0:
			table := make([]byte, s.length)
			if _, err := f.src.ReadAt(table, s.at); err != nil && err != io.EOF {
				return nil, nil, fmt.Errorf("%s: read offset table: %w", f.name, err)
			}
			for ; len(table) >= 4; table = table[4:] {
				offsets = append(offsets, int64(f.order.Uint32(table)))
			}
		}
		at += 8 + length
	}
	return out, offsets, nil
}

// extendedOffsets is (7FE0,0001), PS3.3 C.7.6.3.1.8.
func (f *File) extendedOffsets() []int64 {
	e := f.head.get(TagExtendedOffsets)
	if e == nil {
		return nil
	}
	v := e.value
	if v == nil && e.length > 0 {
		v = make([]byte, e.length)
		if _, err := f.src.ReadAt(v, e.at); err != nil && err != io.EOF {
			return nil
		}
	}
	var out []int64
	for ; len(v) >= 8; v = v[8:] {
		out = append(out, int64(binary.LittleEndian.Uint64(v)))
	}
	return out
}

// byOffsets shares the fragments out by a table of offsets, which count from
// the first byte of the first fragment's item; nil when the table is wrong.
func byOffsets(fragments frameSpan, offsets []int64) []frameSpan {
	base := fragments[0].at - 8
	out := make([]frameSpan, len(offsets))
	k := 0
	for i, off := range offsets {
		if k >= len(fragments) || fragments[k].at-8-base != off {
			if k < len(fragments) || i == 0 {
				return nil
			}
			return out[:i] // the file ends before this frame
		}
		start := k
		for k++; k < len(fragments) && (i+1 == len(offsets) || fragments[k].at-8-base < offsets[i+1]); k++ {
		}
		out[i] = fragments[start:k]
	}
	return out
}

// byMarks starts a frame at each fragment that begins a JPEG, JPEG-LS or JPEG
// 2000 stream.
func (f *File) byMarks(fragments frameSpan) []frameSpan {
	var out []frameSpan
	start := 0
	var b [4]byte
	for i, s := range fragments {
		n, _ := f.src.ReadAt(b[:min(4, s.length)], s.at)
		begins := n >= 3 && (bytes.HasPrefix(b[:], []byte{0xff, 0xd8, 0xff}) || bytes.HasPrefix(b[:], []byte{0xff, 0x4f, 0xff}))
		if i > 0 && begins {
			out = append(out, fragments[start:i])
			start = i
		}
	}
	return append(out, fragments[start:])
}

// Frame decodes frame n, counted from 1, with a decoder. Frame.Missing and
// Frame.Note say what a truncated file did not hold. Errors name the file and
// the frame; *codec.UnsupportedError is among their causes.
func (f *File) Frame(ctx context.Context, d codec.Decoder, n int) (*imaging.Frame, error) {
	raw, err := f.RawFrame(n)
	if err != nil {
		return nil, err
	}
	ts := f.transferSyntax
	if !f.instance.Pixels.Compressed { // the byte order as found, not as declared
		ts = ExplicitLittle
		if f.order == binary.ByteOrder(binary.BigEndian) {
			ts = ExplicitBig
		}
	}
	frame, err := d.Decode(ctx, codec.Encoded{TransferSyntaxUID: ts, Pixels: f.instance.Pixels, Data: raw})
	if err != nil {
		return nil, fmt.Errorf("%s: frame %d: %w", f.name, n, err)
	}
	return frame, nil
}
