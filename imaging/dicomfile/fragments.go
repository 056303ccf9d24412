package dicomfile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"

	"longying/imaging/codec"
)

// frameSpan is one encapsulated frame: where its fragments are.
type frameSpan []span

type span struct{ at, length int64 }

// frameIndex finds the frames of encapsulated pixel data: PS3.5 A.4. While the
// extended or the basic offset table agrees with the fragments only those of
// the frame that is wanted are looked at, so that one tile of a slide does not
// cost a walk over 100,000. A table that does not agree is dropped, and the
// fragments are shared out by what they are.
type frameIndex struct {
	mu     sync.Mutex
	opened bool
	base   int64   // of the first fragment's item
	table  []int64 // from base, nil when there is none to be trusted
	walked bool
	frames []frameSpan
	err    error
	note   string
}

// said is what is to be known about how the frames were found.
func (x *frameIndex) said() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.note
}

// find gives the fragments of frame n.
func (x *frameIndex) find(f *File, n int) (frameSpan, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.opened && !f.bare() {
		x.base, x.table, x.err = f.offsetTable()
		if x.err != nil {
			return nil, x.err
		}
		if extra := len(x.table) - f.instance.Pixels.Frames; x.table != nil && extra > 0 {
			x.note = f.more(fmt.Sprintf("%d ", extra))
		}
	}
	x.opened = true
	var said frameSpan
	if x.table != nil {
		if said = x.byTable(f, n); said != nil && f.begins(said[0]) && x.beginsNext(f, n) {
			return said, nil
		}
		if said == nil {
			if len(x.table) > 1 {
				x.note = "the offset table contradicts the fragments and was not used"
			}
			x.table = nil
		}
	}
	if !x.walked {
		x.walked = true
		x.frames, x.err = x.walk(f)
	}
	if x.err != nil {
		if said != nil { // nothing is known better than the table
			return said, nil
		}
		return nil, x.err
	}
	if n > len(x.frames) {
		return nil, f.absent(n, "its pixel data holds %d", len(x.frames))
	}
	return x.frames[n-1], nil
}

// offsetTable reads the extended offset table (7FE0,0001), PS3.3 C.7.6.3.1.8,
// or the basic one. It is nil when it has fewer entries than there are frames
// or does not rise from 0.
func (f *File) offsetTable() (base int64, table []int64, err error) {
	first, ok, err := f.fragment(f.pixels.at)
	if err != nil {
		return 0, nil, err
	}
	if !ok {
		return 0, nil, f.refuse("no fragment begins where the encapsulated pixel data does")
	}
	base = first.at + first.length
	for _, t := range [][]int64{f.extendedOffsets(), f.basicOffsets(first)} {
		if len(t) >= f.instance.Pixels.Frames && rises(t) {
			return base, t, nil
		}
	}
	return base, nil, nil
}

func rises(t []int64) bool {
	for i, v := range t {
		if i == 0 && v != 0 || i > 0 && v <= t[i-1] {
			return false
		}
	}
	return true
}

func (f *File) basicOffsets(s span) []int64 {
	if s.length < 4 || s.length%4 != 0 {
		return nil
	}
	b := make([]byte, s.length)
	if _, err := f.src.ReadAt(b, s.at); err != nil && err != io.EOF {
		return nil
	}
	out := make([]int64, len(b)/4)
	for i := range out {
		out[i] = int64(f.order.Uint32(b[4*i:]))
	}
	return out
}

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
	out := make([]int64, len(v)/8)
	for i := range out {
		out[i] = int64(binary.LittleEndian.Uint64(v[8*i:]))
	}
	return out
}

// fragment is the item at a position; ok is false at the sequence delimiter
// and at the end of the file. What the file cuts off is left out.
func (f *File) fragment(at int64) (s span, ok bool, err error) {
	end := f.pixels.at + f.pixels.available
	if at < f.pixels.at || at > end-8 {
		return span{}, false, nil
	}
	var b [8]byte
	if _, err := f.src.ReadAt(b[:], at); err != nil && err != io.EOF {
		return span{}, false, fmt.Errorf("%s: read pixel data: %w", f.name, err)
	}
	tag, length := NewTag(f.order.Uint16(b[:]), f.order.Uint16(b[2:])), int64(f.order.Uint32(b[4:]))
	if tag != tagItem || length == undefinedLength {
		return span{}, false, nil
	}
	return span{at + 8, min(length, end-at-8)}, true, nil
}

// byTable gives the fragments of frame n where the table says; nil where they
// are not there or do not end where the next frame begins.
func (x *frameIndex) byTable(f *File, n int) frameSpan {
	at, next := x.base+x.table[n-1], int64(-1)
	if n < len(x.table) {
		next = x.base + x.table[n]
	}
	var out frameSpan
	for next < 0 || at < next {
		s, ok, err := f.fragment(at)
		if err != nil {
			return nil
		}
		if !ok {
			// The file ends, or the last frame does.
			if next >= 0 && at < f.pixels.at+f.pixels.available-8 {
				return nil
			}
			break
		}
		if len(out) > 0 && next < 0 && f.begins(s) {
			x.note = f.more("")
			break
		}
		out = append(out, s)
		at = s.at + s.length
	}
	if len(out) == 0 || next >= 0 && at > next {
		return nil
	}
	return out
}

// beginsNext reports that the frame behind n, where the table has one, begins as
// a frame does, or that the file ends before.
func (x *frameIndex) beginsNext(f *File, n int) bool {
	if n >= len(x.table) {
		return true
	}
	s, ok, err := f.fragment(x.base + x.table[n])
	return err == nil && (!ok || f.begins(s))
}

// more says that there are more frames than the header has.
func (f *File) more(count string) string {
	return fmt.Sprintf("the pixel data holds %smore frames than the %d of the header, which are not shown", count, f.instance.Pixels.Frames)
}

// begins reports that a fragment begins as a frame of the transfer syntax does.
// Codings without a mark give true.
func (f *File) begins(s span) bool {
	switch codec.CodingOf(f.transferSyntax) {
	case codec.JPEG, codec.JPEGLS, codec.JPEG2000, codec.RLE:
	default:
		return true
	}
	var b [16]byte
	n, _ := f.src.ReadAt(b[:min(int64(len(b)), s.length)], s.at)
	return startMark(b[:n]) != codec.None
}

// startMark is the coding whose streams begin as b does: the start of image of
// JPEG and JPEG-LS, the start of codestream of JPEG 2000 or the signature of
// its files, the header of RLE (PS3.5 G.5: a count of 1 to 15, the first
// segment at byte 64).
func startMark(b []byte) codec.Coding {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xd8, 0xff}):
		return codec.JPEG
	case bytes.HasPrefix(b, []byte{0xff, 0x4f, 0xff, 0x51}), bytes.HasPrefix(b, []byte{0, 0, 0, 12, 'j', 'P', ' ', ' '}):
		return codec.JPEG2000
	case len(b) >= 8 && b[0] >= 1 && b[0] <= 15 && binary.LittleEndian.Uint32(b) <= 15 && binary.LittleEndian.Uint32(b[4:]) == 64:
		return codec.RLE
	}
	return codec.None
}

// plainSyntax is a transfer syntax of a coding.
func plainSyntax(c codec.Coding) string {
	switch c {
	case codec.JPEG2000:
		return "1.2.840.10008.1.2.4.90"
	case codec.RLE:
		return "1.2.840.10008.1.2.5"
	}
	return "1.2.840.10008.1.2.4.50"
}

// bare reports compressed pixel data of a defined length: a stream that was
// not encapsulated.
func (f *File) bare() bool {
	if f.pixels.length < 0 {
		return false
	}
	switch c := codec.CodingOf(f.transferSyntax); c {
	case codec.JPEG, codec.JPEGLS, codec.JPEG2000:
		p := &f.instance.Pixels
		s := span{f.pixels.at, min(f.pixels.length, f.pixels.available)}
		return s.length != int64(p.FrameSizeNative)*int64(p.Frames) && f.begins(s)
	}
	return false
}

// walk looks at every fragment and shares them out among the frames.
func (x *frameIndex) walk(f *File) ([]frameSpan, error) {
	frames := f.instance.Pixels.Frames
	var fragments frameSpan
	if f.bare() {
		fragments = frameSpan{{f.pixels.at, min(f.pixels.length, f.pixels.available)}}
	} else {
		for at := x.base; ; {
			s, ok, err := f.fragment(at)
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
			fragments = append(fragments, s)
			at = s.at + s.length
		}
	}
	if len(fragments) == 0 {
		return nil, f.refuse("the encapsulated pixel data holds no fragment")
	}
	if len(fragments) == frames {
		return each(fragments), nil
	}
	fragments = slices.DeleteFunc(fragments, func(s span) bool { return s.length == 0 })
	if len(fragments) == frames || len(fragments) == 0 {
		return each(fragments), nil
	}
	if len(fragments) > frames {
		marks := f.byMarks(fragments)
		switch {
		case len(marks) == frames:
			return marks, nil
		case len(marks) > frames:
			x.note = joinNotes(x.note, f.more(fmt.Sprintf("%d ", len(marks)-frames)))
			return marks[:frames], nil
		case frames == 1:
			return []frameSpan{fragments}, nil
		}
		return nil, f.refuse("%d fragments cannot be shared out among %d frames: there is no usable offset table", len(fragments), frames)
	}
	// Fewer fragments than frames: several in one, or some are not there.
	if out := f.split(fragments); len(out) > len(fragments) {
		return out[:min(len(out), frames)], nil
	}
	return each(fragments), nil
}

func joinNotes(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// each is one frame a fragment.
func each(fragments frameSpan) []frameSpan {
	out := make([]frameSpan, len(fragments))
	for i := range out {
		out[i] = fragments[i : i+1]
	}
	return out
}

// byMarks starts a frame at each fragment that begins as one.
func (f *File) byMarks(fragments frameSpan) []frameSpan {
	var out []frameSpan
	start := 0
	for i, s := range fragments {
		if i > 0 && f.begins(s) {
			out = append(out, fragments[start:i])
			start = i
		}
	}
	return append(out, fragments[start:])
}

// split finds several frames in one fragment: streams of the JPEG family by
// their ends, uncompressed frames by their size.
func (f *File) split(fragments frameSpan) []frameSpan {
	var out []frameSpan
	size := int64(f.instance.Pixels.FrameSizeNative)
	for _, s := range fragments {
		switch codec.CodingOf(f.transferSyntax) {
		case codec.JPEG, codec.JPEGLS, codec.JPEG2000:
			for _, stream := range streams(f.src, s) {
				out = append(out, frameSpan{stream})
			}
		case codec.NativeLittle, codec.NativeBig:
			for ; s.length >= size; s = (span{s.at + size, s.length - size}) {
				out = append(out, frameSpan{{s.at, size}})
			}
		}
	}
	return out
}

// streams finds the streams of the JPEG family that lie one behind another.
// The last may be cut short.
func streams(src io.ReaderAt, s span) []span {
	var out []span
	for at, end := s.at, s.at+s.length; at < end; {
		r := &markerReader{r: bufio.NewReaderSize(io.NewSectionReader(src, at, end-at), 64<<10)}
		skip := r.start()
		if skip < 0 {
			break
		}
		r.finish()
		out = append(out, span{at + skip, r.n - skip})
		at += r.n
	}
	return out
}

// markerReader walks one stream: ISO/IEC 10918-1 B.1.1, 14495-1 annex C and
// 15444-1 annex A have the same markers.
type markerReader struct {
	r *bufio.Reader
	n int64 // bytes read
}

// byte is -1 at the end.
func (m *markerReader) byte() int {
	b, err := m.r.ReadByte()
	if err != nil {
		return -1
	}
	m.n++
	return int(b)
}

// start reads up to and with the first marker of a stream and returns where it
// begins; -1 when there is none.
func (m *markerReader) start() int64 {
	for {
		b, err := m.r.Peek(3)
		if err != nil {
			return -1
		}
		if b[0] == 0xff && b[2] == 0xff && (b[1] == 0xd8 || b[1] == 0x4f) {
			m.byte()
			m.byte()
			return m.n - 2
		}
		m.byte()
	}
}

// finish reads to behind the end of image or of codestream.
func (m *markerReader) finish() {
	entropy := false
	for {
		b := m.byte()
		for b >= 0 && b != 0xff {
			b = m.byte() // coded data, or bytes between segments
		}
		for b == 0xff {
			b = m.byte()
		}
		switch {
		case b < 0 || b == 0xd9:
			return
		case b == 0x93: // start of data of a JPEG 2000 tile
			entropy = true
		case entropy && b < 0x90, b == 0, b >= 0xd0 && b <= 0xd8, b == 1, b == 0x92:
			// a stuffed byte, a restart, a marker without a segment
		default:
			high, low := m.byte(), m.byte()
			if low < 0 {
				return
			}
			if n, err := m.r.Discard(max(0, high<<8|low-2)); err != nil {
				m.n += int64(n)
				return
			} else {
				m.n += int64(n)
			}
			entropy = b == 0xda || entropy && b == 0x91 // start of scan; of packet
		}
	}
}
