package pacs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// maxParts bounds the parts of one answer.
const maxParts = MaxObjects

// Part is one part of a multipart answer; it is read to its end, or not, before
// the next one.
type Part struct {
	Type string // media type, without parameters, in lower case
	io.Reader
}

// ReadParts reads a multipart/related body (RFC 2387) and hands over each part
// while it comes in: nothing of it is kept. A part whose end has not come ends
// with an error and never with io.EOF, so that what is cut cannot pass for
// whole. contentType is the answer's header.
func ReadParts(contentType string, body io.Reader, take func(Part) error) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return fmt.Errorf("its content type %.80q cannot be read", contentType)
	}
	boundary := params["boundary"]
	if boundary == "" { // quoted wrongly, e.g. type=application/dicom without quotes
		boundary = boundaryOf(contentType)
	}
	if !strings.HasPrefix(kind, "multipart/") || boundary == "" || len(boundary) > 200 {
		return fmt.Errorf("its content type is %.80q instead of multipart/related", contentType)
	}
	tail := &tailed{r: body}
	r := multipart.NewReader(tail, boundary)
	for n := 0; n < maxParts; n++ {
		p, err := r.NextRawPart()
		if err == io.EOF { // and not one wrapped, which is a body that ends too early
			if n == 0 {
				return fmt.Errorf("its body holds no part")
			}
			if !bytes.Contains(tail.last, []byte("--"+boundary+"--")) { // it ended in the head of a part
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if err != nil {
			return err
		}
		partType, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			partType = ""
		}
		if err := take(Part{Type: partType, Reader: p}); err != nil {
			return err
		}
	}
	return fmt.Errorf("its body has more than %d parts", maxParts)
}

// tailed remembers the last bytes that were read.
type tailed struct {
	r    io.Reader
	last []byte
}

func (t *tailed) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.last = append(t.last, p[max(0, n-tailSize):n]...)
	if over := len(t.last) - tailSize; over > 0 {
		t.last = append(t.last[:0], t.last[over:]...)
	}
	return n, err
}

// tailSize holds the closing delimiter and what little may stand behind it.
const tailSize = 8 << 10

func boundaryOf(contentType string) string {
	for _, part := range strings.Split(contentType, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(key, "boundary") {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}
