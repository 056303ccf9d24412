package pacs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"longying/imaging/dicomfile"
)

// Attributes of the answer to STOW-RS, PS3.18 10.5.3.
const (
	tagFailureReason      dicomfile.Tag = 0x00081197
	tagFailedSequence     dicomfile.Tag = 0x00081198
	tagReferencedSequence dicomfile.Tag = 0x00081199
	tagWarningReason      dicomfile.Tag = 0x00081196
	tagReferencedClass    dicomfile.Tag = 0x00081150
	tagReferencedInstance dicomfile.Tag = 0x00081155
)

// What one request holds at most.
const (
	batchObjects = 50
	batchBytes   = 64 << 20
)

// Object is one DICOM object that is stored.
type Object struct {
	StudyUID, SOPUID string
	Size             int64 // bytes that Open gives
	Open             func() (io.ReadCloser, error)
}

// State is what became of an object.
type State string

// The states of an object that was sent.
const (
	Stored    State = "stored"    // the server says so
	Warned    State = "warned"    // stored, and changed or not fully understood; see Reason
	Refused   State = "refused"   // the server says why not; see Reason
	Unsettled State = "unsettled" // the server does not say, and does not find it when asked
)

// Outcome is what became of one object.
type Outcome struct {
	SOPUID string
	State  State
	Code   int    // Failure or Warning Reason, PS3.18 10.5.3.1; 0: none
	Reason string // for people
}

// Store sends objects (STOW-RS), a few in each request, and says of each what
// became of it: first as the response names them, and of those that it does not
// name whether the server finds them when it is asked. To send an object again
// that the server has is harmless: its UID is the same. progress may be nil. An
// error ends it; the outcomes until then stand.
func (c *Client) Store(ctx context.Context, objects []Object, progress func(done, total int)) ([]Outcome, error) {
	out := make([]Outcome, 0, len(objects))
	for len(out) < len(objects) {
		batch := nextBatch(objects[len(out):])
		answers, err := c.storeBatch(ctx, batch)
		if err == nil && c.server.Gateway != "" {
			err = c.sendOn(ctx, answers)
		}
		if err != nil {
			return out, err
		}
		out = append(out, answers...)
		if progress != nil {
			progress(len(out), len(objects))
		}
	}
	return out, nil
}

func nextBatch(objects []Object) []Object {
	var size int64
	for i, o := range objects {
		if size += o.Size; i > 0 && (i == batchObjects || size > batchBytes || o.StudyUID != objects[0].StudyUID) {
			return objects[:i]
		}
	}
	return objects
}

func (c *Client) storeBatch(ctx context.Context, batch []Object) ([]Outcome, error) {
	var named map[string]Outcome
	var err error
	for attempt := 1; ; attempt++ {
		named, err = c.post(ctx, batch)
		if err == nil || !again(err) || attempt >= 3 {
			break
		}
		select {
		case <-time.After(c.pause(attempt)):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	if KindOf(err) == Unable {
		if len(batch) == 1 {
			return []Outcome{{SOPUID: batch[0].SOPUID, State: Refused, Reason: err.Error()}}, nil
		}
		return c.singly(ctx, batch) // one object may have made it refuse all
	}
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(batch))
	for i, o := range batch {
		a, ok := named[o.SOPUID]
		if !ok {
			if a, err = c.settle(ctx, o); err != nil {
				return nil, err
			}
		}
		out[i] = a
	}
	return out, nil
}

func (c *Client) singly(ctx context.Context, batch []Object) ([]Outcome, error) {
	var out []Outcome
	for i := range batch {
		one, err := c.storeBatch(ctx, batch[i:i+1])
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}

// settle asks for an object that the response did not name.
func (c *Client) settle(ctx context.Context, o Object) (Outcome, error) {
	found, err := c.Has(ctx, o.StudyUID, o.SOPUID)
	if ctx.Err() != nil {
		return Outcome{}, context.Cause(ctx)
	}
	if err == nil && found {
		return Outcome{SOPUID: o.SOPUID, State: Stored}, nil
	}
	reason := "the server does not name it in its answer and does not find it when asked"
	if err != nil {
		reason = "the server does not name it in its answer and cannot be asked: " + err.Error()
	}
	return Outcome{SOPUID: o.SOPUID, State: Unsettled, Reason: reason}, nil
}

// Has asks whether the server has an object. A study that it does not know is no
// error.
func (c *Client) Has(ctx context.Context, studyUID, sopUID string) (bool, error) {
	found := false
	_, err := c.page(ctx, "/studies/"+studyUID+"/instances", "SOPInstanceUID="+sopUID+"&limit=1", func(d Dataset) error {
		found = found || d.Text(dicomfile.TagSOPInstanceUID) == sopUID
		return nil
	})
	if KindOf(err) == Absent {
		return false, nil
	}
	return found, err
}

// StoreOnce is Store for a caller that keeps what it sends and tries again by
// itself: one request for all objects, which are of one study, and none more. A
// server that refuses the request as a whole is an *Error with its HTTP status.
func (c *Client) StoreOnce(ctx context.Context, objects []Object) ([]Outcome, error) {
	named, err := c.post(ctx, objects)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(objects))
	for i, o := range objects {
		a, ok := named[o.SOPUID]
		if !ok {
			if a, err = c.settle(ctx, o); err != nil {
				return nil, err
			}
		}
		out[i] = a
	}
	if c.server.Gateway != "" {
		err = c.sendOn(ctx, out)
	}
	return out, err
}

// post sends one request and reads which objects the response names.
func (c *Client) post(ctx context.Context, batch []Object) (map[string]Outcome, error) {
	boundary := newBoundary()
	body, size := related(boundary, batch)
	defer body.Close()
	header := http.Header{
		"Content-Type": {`multipart/related; type="application/dicom"; boundary=` + boundary},
		"Accept":       {"application/dicom+json"},
	}
	resp, err := c.exchangeAny(ctx, http.MethodPost, "/studies/"+batch[0].StudyUID, header, body, size)
	var reading *readError
	if errors.As(err, &reading) || errors.As(body.failure(), &reading) {
		return nil, reading
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	named := map[string]Outcome{}
	// 409 is the answer where none was stored, with the reason of each: PS3.18 10.5.3.
	if resp.StatusCode/100 != 2 && resp.StatusCode != http.StatusConflict {
		return nil, c.status(resp)
	}
	if kind := resp.Header.Get("Content-Type"); !strings.Contains(kind, "json") {
		if resp.StatusCode == http.StatusConflict {
			return nil, c.status(resp)
		}
		return named, nil // XML, or nothing: each is asked for
	}
	if err := c.readJSON(resp, func(d Dataset) error { outcomes(d, named); return nil }); err != nil {
		if KindOf(err) == Garbage {
			return named, nil
		}
		return nil, err
	}
	return named, nil
}

func outcomes(d Dataset, named map[string]Outcome) {
	for _, item := range d[tagReferencedSequence].Items {
		o := Outcome{SOPUID: item.Text(tagReferencedInstance), State: Stored}
		if code := item.Int(tagWarningReason); code != 0 {
			o.State, o.Code, o.Reason = Warned, code, reasonText(code)
		}
		named[o.SOPUID] = o
	}
	for _, item := range d[tagFailedSequence].Items {
		code := item.Int(tagFailureReason)
		uid := item.Text(tagReferencedInstance)
		named[uid] = Outcome{SOPUID: uid, State: Refused, Code: code, Reason: reasonText(code)}
	}
	delete(named, "")
}

// reasonText words a failure or warning reason: PS3.18 10.5.3.1 and the status
// codes of PS3.7 C and PS3.4 B.2.3 that it takes over.
func reasonText(code int) string {
	text := "a reason of its own"
	switch {
	case code == 0:
		return "the server gives no reason"
	case code == 0x0110:
		text = "processing failure"
	case code == 0x0111:
		text = "it has an object with this UID already"
	case code == 0x0112:
		text = "no such object instance"
	case code == 0x0117:
		text = "invalid object instance"
	case code == 0x0122:
		text = "it does not take objects of this SOP class"
	case code == 0x0124:
		text = "not authorized"
	case code&0xFF00 == 0xA700:
		text = "it is out of resources"
	case code&0xF000 == 0xA000 && code&0x0F00 == 0x0900:
		text = "the data set does not match its SOP class"
	case code == 0xC122:
		text = "it does not take this transfer syntax"
	case code&0xF000 == 0xC000:
		text = "it cannot understand the object"
	case code == 0xB000:
		text = "it changed data elements"
	case code == 0xB006:
		text = "it left data elements out"
	case code == 0xB007:
		text = "the data set does not match its SOP class"
	}
	return fmt.Sprintf("%s (%04XH)", text, code)
}

func newBoundary() string {
	var b [16]byte
	rand.Read(b[:])
	return "longying-" + hex.EncodeToString(b[:])
}

// readError is an object that could not be read here.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// related is a multipart/related body of objects, opened one after another, and
// its length.
func related(boundary string, batch []Object) (*relatedBody, int64) {
	b := &relatedBody{boundary: boundary, batch: batch}
	size := int64(len(b.closing()))
	for _, o := range batch {
		size += int64(len(b.opening())) + o.Size + 2
	}
	return b, size
}

// relatedBody may be closed while the transport reads it.
type relatedBody struct {
	mu       sync.Mutex
	boundary string
	batch    []Object
	now      io.Reader // what stands before, in or behind the object that is open
	object   io.Closer
	ended    bool
	err      error
}

func (b *relatedBody) opening() string {
	return "--" + b.boundary + "\r\nContent-Type: application/dicom\r\n\r\n"
}
func (b *relatedBody) closing() string { return "--" + b.boundary + "--\r\n" }

func (b *relatedBody) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

func (b *relatedBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.err == nil {
		if b.now != nil {
			n, err := b.now.Read(p)
			if n > 0 {
				return n, nil
			}
			if err == nil {
				continue
			}
			b.now = nil
			if !errors.Is(err, io.EOF) {
				b.err = &readError{err}
				break
			}
			if b.object != nil {
				err := b.object.Close()
				b.object = nil
				if err != nil {
					b.err = &readError{err}
					break
				}
			}
		}
		switch {
		case len(b.batch) > 0:
			o := b.batch[0]
			b.batch = b.batch[1:]
			r, err := o.Open()
			if err != nil {
				b.err = &readError{err}
				break
			}
			b.object = r
			b.now = io.MultiReader(strings.NewReader(b.opening()), &exactly{r: r, left: o.Size}, strings.NewReader("\r\n"))
		case !b.ended:
			b.ended = true
			b.now = strings.NewReader(b.closing())
		default:
			b.err = io.EOF
		}
	}
	return 0, b.err
}

// Close closes the object that is open and ends the body.
func (b *relatedBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = errors.New("the body was closed")
	}
	if b.object == nil {
		return nil
	}
	err := b.object.Close()
	b.object = nil
	return err
}

// exactly is a reader that gives as much as was announced, or an error.
type exactly struct {
	r    io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		return n, errors.New("an object is shorter than it was when it was listed")
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}
