package pacs

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

var errQuiet = errors.New("the server fell silent")

// exchange sends one request; any status but those of success is an *Error.
func (c *Client) exchange(ctx context.Context, method, path string, header http.Header, body io.Reader, size int64) (*http.Response, error) {
	resp, err := c.exchangeAny(ctx, method, path, header, body, size)
	if err == nil && resp.StatusCode/100 != 2 {
		err = c.status(resp)
		resp.Body.Close()
		return nil, err
	}
	return resp, err
}

// exchangeAny sends one request. The answer's body ends with an error when the
// server is silent for too long, and must be closed.
func (c *Client) exchangeAny(ctx context.Context, method, path string, header http.Header, body io.Reader, size int64) (*http.Response, error) {
	return c.exchangeAt(ctx, method, c.base+path, header, body, size)
}

// exchangeAt is exchangeAny at an address of the same server.
func (c *Client) exchangeAt(ctx context.Context, method, address string, header http.Header, body io.Reader, size int64) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	quiet := c.server.quiet()
	watch := time.AfterFunc(quiet, func() { cancel(errQuiet) })
	end := func() {
		watch.Stop()
		cancel(nil)
	}
	touch := func() { watch.Reset(quiet) }
	if body != nil {
		body = &touching{body, touch} // sending is a sign of life too
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		end()
		return nil, c.failure(Misconfigured, "the address cannot be used")
	}
	req.Header = header
	if body != nil {
		req.ContentLength = size
	}
	c.server.Authorize(req)
	resp, err := c.http.Do(req)
	if err != nil {
		err = c.transport(ctx, err)
		end()
		return nil, err
	}
	touch()
	resp.Body = &watched{body: resp.Body, touch: touch, end: end, word: func(err error) error { return c.transport(ctx, err) }}
	return resp, nil
}

type touching struct {
	io.Reader
	touch func()
}

// Close is called by the transport when it needs no more.
func (t *touching) Close() error {
	if c, ok := t.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func (t *touching) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.touch()
	return n, err
}

// watched is a body whose errors are worded, and which ends its request.
type watched struct {
	body  io.ReadCloser
	touch func()
	end   func()
	word  func(error) error
	err   error // that broke it off
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	if n > 0 {
		w.touch()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = w.word(err)
		w.err = err
	}
	return n, err
}

func (w *watched) Close() error {
	w.end()
	return w.body.Close()
}
