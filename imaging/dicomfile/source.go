package dicomfile

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"sync"

	"longying/imaging"
)

// window reads pieces of a file through a buffer. Slices it returned stay
// valid: a refill extends the buffer where it has room, else takes a new one.
type window struct {
	src  io.ReaderAt
	size int64
	buf  []byte
	at   int64 // of buf in src
	next int   // size of the next refill, growing
}

const (
	sniffSize     = 1024
	firstRefill   = 16 << 10
	largestRefill = 256 << 10
)

// bytes are the n bytes at a position. It never allocates more than the file
// has.
func (w *window) bytes(at int64, n int) ([]byte, error) {
	off := at - w.at
	if off >= 0 && n >= 0 && off+int64(n) <= int64(len(w.buf)) {
		return w.buf[off : off+int64(n) : off+int64(n)], nil
	}
	if at < 0 || n < 0 || at > w.size || int64(n) > w.size-at {
		return nil, truncated(at, "the file ends inside an element: %d bytes wanted, %d left", n, max(0, w.size-at))
	}
	w.next = min(max(w.next*2, firstRefill), largestRefill)
	k := len(w.buf) // where the new bytes go
	switch {
	case off >= 0 && off <= int64(k) && off+int64(n) <= int64(cap(w.buf)): // behind what is there
	case cap(w.buf)-k >= max(n, w.next): // elsewhere, in the rest of the buffer
		w.buf, w.at, off, k = w.buf[k:k:cap(w.buf)], at, 0, 0
	default:
		w.buf, w.at, off, k = make([]byte, 0, min(int64(max(n, w.next)), w.size-at)), at, 0, 0
	}
	end := min(int64(cap(w.buf)), int64(k+max(w.next, n)), w.size-w.at)
	w.buf = w.buf[:end]
	got, err := w.src.ReadAt(w.buf[k:], w.at+int64(k))
	if w.buf = w.buf[:k+got]; int64(len(w.buf)) < off+int64(n) {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, truncated(at, "the file ends after %d of %d bytes", max(0, int64(len(w.buf))-off), n)
		}
		return nil, &FormatError{Code: imaging.SkipUnreadable, Offset: at, Detail: err.Error()}
	}
	return w.buf[off : off+int64(n) : off+int64(n)], nil
}

// padded reports that the file holds nothing from a position on but one
// repeated byte, or white space and nulls.
func (w *window) padded(at int64) bool {
	const piece = 4096
	var fill byte
	same, blank := true, true
	for first := at; at < w.size; {
		b, err := w.bytes(at, int(min(piece, w.size-at)))
		if err != nil {
			return false
		}
		if at == first {
			fill = b[0]
		}
		for _, c := range b {
			same = same && c == fill
			blank = blank && (c <= ' ' || c == 0x1a)
		}
		if !same && !blank {
			return false
		}
		at += int64(len(b))
	}
	return true
}

// scratch is memory that one goroutine uses for one file after another. What
// was read with it is gone at the next file: an Instance holds copies.
type scratch struct {
	buf      []byte
	elements []element
	list     []*element
	verdicts map[string]verdict // of the texts of one series, which are alike
}

// judge is judge with what was found for the same text before.
func (s *scratch) judge(t headerText) verdict {
	if s == nil {
		return judge(t)
	}
	const enough = 256
	var key []byte
	for _, d := range t.declared {
		key = append(append(key, d...), '\\')
	}
	key = append(append(key, 0), t.name...)
	for _, b := range t.others {
		key = append(append(key, 0), b...)
	}
	v, ok := s.verdicts[string(key)]
	if !ok {
		v = judge(t)
		if s.verdicts == nil || len(s.verdicts) >= enough {
			s.verdicts = map[string]verdict{}
		}
		s.verdicts[string(key)] = v
	}
	return v
}

// buffer is room for the start of a file.
func (s *scratch) buffer() []byte {
	if s == nil {
		return make([]byte, 0, sniffSize)
	}
	if s.buf == nil {
		s.buf = make([]byte, 0, 64<<10)
	}
	return s.buf[:0]
}

// slab is room for elements.
func (s *scratch) slab() []element {
	if s == nil {
		return nil
	}
	if s.elements == nil {
		s.elements = make([]element, 512)
	}
	return s.elements
}

const (
	largestInflated = 1 << 30 // bounds a deflated data set (PS3.5 A.5)
	keptInflated    = 4 << 20 // of it, what is held in memory from the start
)

// inflate unpacks the data set of a deflated file. What is over 4 MiB is
// counted and not kept: it is unpacked again as far as it is asked for, so
// that memory follows what the header justifies.
//
// A stream that breaks off gives what came before, and why in broken.
func inflate(src io.ReaderAt, at, size int64) (r io.ReaderAt, unpacked int64, broken, err error) {
	stream := func() io.Reader { return flate.NewReader(io.NewSectionReader(src, at, size-at)) }
	fr := stream()
	var kept bytes.Buffer
	n, broken := io.Copy(&kept, io.LimitReader(fr, keptInflated))
	if broken == nil && n == keptInflated {
		var more int64
		more, broken = io.Copy(io.Discard, io.LimitReader(fr, largestInflated-keptInflated+1))
		n += more
	}
	switch {
	case n > largestInflated:
		return nil, 0, nil, &FormatError{Code: imaging.SkipTooLarge, Offset: at, Detail: fmt.Sprintf("the deflated data set unpacks to over %d MiB", largestInflated>>20)}
	case errors.Is(broken, io.ErrUnexpectedEOF):
		broken = truncated(at, "the deflated data set is cut short")
	case broken != nil:
		broken = malformed(at, "the deflated data set is damaged: %v", broken)
	}
	if n <= keptInflated {
		return bytes.NewReader(kept.Bytes()), n, broken, nil
	}
	return &growing{r: io.LimitReader(stream(), n), size: n}, n, broken, nil
}

// growing gives random access to a stream of known length, reading it only as
// far as it was asked for.
type growing struct {
	mu   sync.Mutex
	r    io.Reader
	data []byte
	size int64
	err  error
}

// ReadAt reads the stream up to the end of the piece asked for. At its end the
// stream is asked once more, because an archive reports a wrong checksum there.
func (g *growing) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= g.size {
		return 0, io.EOF
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	end := min(off+int64(len(p)), g.size)
	for int64(len(g.data)) < end && g.err == nil {
		if int64(cap(g.data)) < end {
			bigger := make([]byte, len(g.data), min(max(2*int64(cap(g.data)), int64(len(g.data))+min(end-int64(len(g.data)), 1<<20), 4096), g.size))
			copy(bigger, g.data)
			g.data = bigger
		}
		var n int
		n, g.err = g.r.Read(g.data[len(g.data):min(end, int64(cap(g.data)))])
		g.data = g.data[:len(g.data)+n]
		if int64(len(g.data)) == g.size && g.err == nil {
			var one [1]byte
			if _, g.err = g.r.Read(one[:]); g.err == nil {
				g.err = io.EOF
			}
		}
	}
	if g.err != nil && g.err != io.EOF && (int64(len(g.data)) < end || int64(len(g.data)) == g.size) {
		return 0, g.err
	}
	if off >= int64(len(g.data)) {
		return 0, io.EOF
	}
	n := copy(p, g.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
