package pacs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"longying/imaging/dicomfile"
)

// maxObject is the largest instance that is taken, in bytes.
const maxObject = 16 << 30

// tries is how often a connection may break in a row without one more instance.
const tries = 5

// Retrieval says what to do with what comes. Its functions are called from one
// goroutine.
type Retrieval struct {
	// Have reports an instance that is here already and is not fetched.
	Have func(sopUID string) bool
	// Keep reads one whole object, stores it and says which it is, and whether it
	// was not here before. An object that it does not take, for what it holds, is a
	// *RejectedError; any other error ends the retrieval.
	Keep func(r io.Reader) (sopUID string, fresh bool, err error)
	// Progress may be nil.
	Progress func(Progress)
}

// Progress is how far a retrieval has come.
type Progress struct {
	Done  int   // instances that are here, those that were before included
	Total int   // 0: not known
	Bytes int64 // received
	Tries int   // the connection broke so often in a row; 0: it holds
}

// RejectedError is an object that a Keep does not take.
type RejectedError struct{ Reason string }

// Error is the reason.
func (e *RejectedError) Error() string { return e.Reason }

// Missing is an instance that the server has and did not give, with the reason.
type Missing struct {
	SOPUID string // empty: not known which
	Reason string
}

// Retrieved says what a retrieval did.
type Retrieved struct {
	Total   int // instances that the server listed; 0: it lists none
	Kept    int // that came now
	Known   int // that were here before
	Bytes   int64
	Missing []Missing
}

// Retrieve fetches a study (WADO-RS) as it is stored there, without conversion.
// It asks for what it has not got, series by series where nothing of a series is
// here and instance by instance otherwise; where the connection breaks it goes
// on with what is left. Instances that the server refuses are in Missing. An
// error says why it ended before its end; what was kept until then is kept, and
// another call goes on from there.
func (c *Client) Retrieve(ctx context.Context, studyUID string, r Retrieval) (Retrieved, error) {
	if err := dicomfile.CheckUID(studyUID); err != nil {
		return Retrieved{}, err
	}
	if c.server.Gateway != "" {
		if err := c.move(ctx, studyUID, r.Progress); err != nil {
			return Retrieved{}, err
		}
	}
	t := &retrieval{client: c, Retrieval: r, study: studyUID, came: map[string]bool{}}
	var list []Instance
	err := t.persist(ctx, func() (err error) {
		list, err = c.Instances(ctx, studyUID)
		return err
	})
	switch {
	case KindOf(err) == Unable || KindOf(err) == Garbage || err == nil && len(list) == 0: // it may still give what it does not list
		err = t.whole(ctx)
	case err == nil:
		err = t.listed(ctx, list)
	}
	return t.result, err
}

type retrieval struct {
	Retrieval
	client *Client
	study  string
	came   map[string]bool // now
	result Retrieved
	broken int // in a row
}

func (t *retrieval) tell() {
	if t.Progress != nil {
		t.Progress(Progress{Done: t.result.Known + t.result.Kept, Total: t.result.Total, Bytes: t.result.Bytes, Tries: t.broken})
	}
}

// persist repeats what a broken connection ended, as long as something comes of
// it.
func (t *retrieval) persist(ctx context.Context, f func() error) error {
	for {
		before := t.result.Kept
		err := f()
		if err == nil || !again(err) {
			if err == nil {
				t.broken = 0
			}
			return err
		}
		if t.result.Kept > before {
			t.broken = 0
		}
		if t.broken++; t.broken >= tries {
			return err
		}
		t.tell()
		select {
		case <-time.After(t.client.pause(t.broken)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (t *retrieval) listed(ctx context.Context, list []Instance) error {
	t.result.Total = len(list)
	var series []string
	left := map[string][]Instance{}
	all := map[string]int{}
	for _, in := range list {
		if all[in.SeriesUID]++; all[in.SeriesUID] == 1 {
			series = append(series, in.SeriesUID)
		}
		if t.Have(in.SOPUID) {
			t.result.Known++
			continue
		}
		left[in.SeriesUID] = append(left[in.SeriesUID], in)
	}
	t.tell()
	for _, uid := range series {
		if n := len(left[uid]); n > 1 && n == all[uid] {
			if err := t.series(ctx, uid); err != nil {
				return err
			}
		}
		for _, in := range left[uid] {
			if t.came[in.SOPUID] {
				continue
			}
			if err := t.one(ctx, in); err != nil {
				return err
			}
		}
	}
	return nil
}

// series asks for a whole series once. What does not come of it is asked for one
// by one.
func (t *retrieval) series(ctx context.Context, uid string) error {
	err := t.get(ctx, "/studies/"+t.study+"/series/"+uid)
	var rejected *RejectedError
	switch kind := KindOf(err); {
	case again(err), kind == Unable, kind == Absent, kind == Garbage, errors.As(err, &rejected):
		return nil
	}
	return err
}

func (t *retrieval) one(ctx context.Context, in Instance) error {
	err := t.persist(ctx, func() error {
		if t.came[in.SOPUID] {
			return nil
		}
		err := t.get(ctx, "/studies/"+t.study+"/series/"+in.SeriesUID+"/instances/"+in.SOPUID)
		if err == nil && !t.came[in.SOPUID] {
			return &RejectedError{"the server gave another instance in its place"}
		}
		return err
	})
	var rejected *RejectedError
	switch kind := KindOf(err); {
	case errors.As(err, &rejected):
		t.result.Missing = append(t.result.Missing, Missing{in.SOPUID, rejected.Reason})
		return nil
	case kind == Unable, kind == Absent, kind == Garbage, kind == TooLarge, kind == Forbidden:
		t.result.Missing = append(t.result.Missing, Missing{in.SOPUID, err.Error()})
		return nil
	}
	return err
}

// whole asks for a study whose instances the server does not list.
func (t *retrieval) whole(ctx context.Context) error {
	return t.persist(ctx, func() error {
		err := t.get(ctx, "/studies/"+t.study)
		var rejected *RejectedError
		if errors.As(err, &rejected) {
			t.result.Missing = append(t.result.Missing, Missing{"", rejected.Reason})
			return nil
		}
		return err
	})
}

// get sends one request and keeps the parts of its answer. Of what is rejected
// the last one is the error, when all has come.
func (t *retrieval) get(ctx context.Context, path string) error {
	c := t.client
	resp, err := c.exchange(ctx, http.MethodGet, path, http.Header{"Accept": {`multipart/related; type="application/dicom"; transfer-syntax=*`}}, nil, 0)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var rejected *RejectedError
	take := func(p Part) error {
		err := t.keep(p)
		var r *RejectedError
		if errors.As(err, &r) {
			rejected = r
			return nil
		}
		return err
	}
	kind := resp.Header.Get("Content-Type")
	if plain, _, err := mime.ParseMediaType(kind); err == nil && plain == "application/dicom" { // one object, not in parts
		if resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && resp.ProtoMajor < 2 {
			return c.failure(Garbage, "it does not say how long an instance is, so that one cut short could not be told from a whole one")
		}
		if err = take(Part{Type: plain, Reader: resp.Body}); err != nil {
			return t.worded(resp, err)
		}
		if rejected != nil {
			return rejected
		}
		return nil
	}
	err = ReadParts(kind, resp.Body, take)
	if err == nil {
		if rejected != nil {
			return rejected
		}
		return nil
	}
	return t.worded(resp, err)
}

// worded tells what broke from what was never right.
func (t *retrieval) worded(resp *http.Response, err error) error {
	var own *keepError
	if errors.As(err, &own) {
		return own.err
	}
	if w, ok := resp.Body.(*watched); ok && w.err != nil {
		return w.err
	}
	if KindOf(err) != "" {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return t.client.failure(Broken, "the answer ends within an instance")
	}
	return t.client.failure(Garbage, err.Error())
}

// keepError is an error of the caller's, not of the connection.
type keepError struct{ err error }

func (e *keepError) Error() string { return e.err.Error() }
func (e *keepError) Unwrap() error { return e.err }

// keep hands one part over, where it may be an object.
func (t *retrieval) keep(p Part) error {
	in := &tapped{r: p.Reader, left: maxObject}
	head := bufio.NewReaderSize(in, 512)
	magic, err := head.Peek(132)
	if err == nil && string(magic[128:]) != "DICM" || errors.Is(err, io.EOF) {
		if _, err := io.Copy(io.Discard, head); err != nil {
			return err
		}
		return &RejectedError{fmt.Sprintf("what came is no DICOM object (%d bytes of %.40q)", in.bytes, p.Type)}
	}
	if err != nil {
		return err
	}
	sop, fresh, err := t.Keep(head)
	if err == nil && in.err == nil {
		_, err = io.Copy(io.Discard, head) // its end has to come
	}
	t.result.Bytes += in.bytes
	switch {
	case in.err != nil:
		return in.err
	case in.left <= 0:
		return &RejectedError{fmt.Sprintf("it has more than %d GiB", int64(maxObject)>>30)}
	}
	var rejected *RejectedError
	if errors.As(err, &rejected) {
		return err
	}
	if err != nil {
		return &keepError{err}
	}
	if fresh {
		t.result.Kept++
	} else if t.result.Total == 0 && !t.came[sop] {
		t.result.Known++
	}
	t.came[sop] = true
	t.tell()
	return nil
}

// tapped counts what was read and remembers what broke it off.
type tapped struct {
	r     io.Reader
	left  int64
	bytes int64
	err   error // not io.EOF
}

func (t *tapped) Read(p []byte) (int, error) {
	if t.left <= 0 {
		return 0, io.ErrShortBuffer
	}
	n, err := t.r.Read(p)
	t.bytes += int64(n)
	t.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		t.err = err
	}
	return n, err
}
