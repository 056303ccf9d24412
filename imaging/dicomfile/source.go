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

// window reads pieces of a file through one buffer. Slices it returned stay
// valid: a refill takes a new buffer.
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
	if at < 0 || n < 0 || at > w.size || int64(n) > w.size-at {
		return nil, truncated(at, "the file ends inside an element: %d bytes wanted, %d left", n, max(0, w.size-at))
	}
	if off := at - w.at; off >= 0 && off+int64(n) <= int64(len(w.buf)) {
		return w.buf[off : off+int64(n) : off+int64(n)], nil
	}
	w.next = min(max(w.next*2, firstRefill), largestRefill)
	w.buf = make([]byte, min(int64(max(n, w.next)), w.size-at))
	w.at = at
	if got, err := w.src.ReadAt(w.buf, at); got < n {
		w.buf = w.buf[:got]
		if err == nil || errors.Is(err, io.EOF) {
			return nil, truncated(at, "the file ends after %d of %d bytes", got, n)
		}
		return nil, &FormatError{Code: imaging.SkipUnreadable, Offset: at, Detail: err.Error()}
	}
	return w.buf[:n:n], nil
}

// largestInflated bounds a deflated data set (PS3.5 A.5) in memory.
const largestInflated = 1 << 30

// inflate unpacks the data set of a deflated file.
func inflate(src io.ReaderAt, at, size int64) (*bytes.Reader, error) {
	fr := flate.NewReader(io.NewSectionReader(src, at, size-at))
	defer fr.Close()
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(fr, largestInflated+1))
	if n > largestInflated {
		return nil, &FormatError{Code: imaging.SkipTooLarge, Offset: at, Detail: fmt.Sprintf("the deflated data set unpacks to over %d MiB", largestInflated>>20)}
	}
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, truncated(at, "the deflated data set is cut short")
		}
		return nil, malformed(at, "the deflated data set is damaged: %v", err)
	}
	return bytes.NewReader(out.Bytes()), nil
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

// ReadAt reads the stream up to the end of the piece asked for.
func (g *growing) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= g.size {
		return 0, io.EOF
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	end := min(off+int64(len(p)), g.size)
	for int64(len(g.data)) < end && g.err == nil {
		if int64(cap(g.data)) < end {
			bigger := make([]byte, len(g.data), min(max(2*int64(cap(g.data)), end, 4096), g.size))
			copy(bigger, g.data)
			g.data = bigger
		}
		var n int
		n, g.err = g.r.Read(g.data[len(g.data):end])
		g.data = g.data[:len(g.data)+n]
	}
	if off >= int64(len(g.data)) {
		if g.err == nil || g.err == io.EOF {
			return 0, io.EOF
		}
		return 0, g.err
	}
	n := copy(p, g.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
