package pacs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"longying/imaging/endpoint"
)

// Kind is what went wrong, as far as it matters to what a person does next.
type Kind string

// The kinds of Error.
const (
	Misconfigured Kind = "misconfigured" // the configuration cannot work
	Unreachable   Kind = "unreachable"   // no connection
	Untrusted     Kind = "untrusted"     // the server's certificate is not of a known authority, or for another name
	NoCertificate Kind = "certificate"   // the server wants another client certificate, or any
	Credentials   Kind = "credentials"   // HTTP 401
	Forbidden     Kind = "forbidden"     // HTTP 403
	Absent        Kind = "absent"        // HTTP 404, 410: no such study, or no such service
	Unable        Kind = "unable"        // any other refusal
	Busy          Kind = "busy"          // HTTP 408, 429, 502, 503, 504: later
	Garbage       Kind = "garbage"       // the answer is not what DICOMweb says
	TooLarge      Kind = "too_large"     // the answer is beyond a limit of this program
	Broken        Kind = "broken"        // the connection broke off, or fell silent
)

// Error is a failure of a server's, worded for people.
type Error struct {
	Kind   Kind
	Code   string // of a Misconfigured one: what is wrong
	Server string
	Status int    // HTTP status, 0 without an answer
	Detail string // what the server said, or the cause
	Hung   bool   // nothing came within the time-out
	Err    error
}

// Error names the server, what happened and what to do.
func (e *Error) Error() string {
	text := "PACS " + e.Server + " " + e.what()
	if e.Status != 0 {
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

func (e *Error) what() string {
	switch e.Kind {
	case Misconfigured:
		return "cannot be used as it is configured"
	case Unreachable:
		return "cannot be reached; see whether it runs, and whether address and port are right"
	case Untrusted:
		return "shows a certificate that is not trusted; name its authority (CA), or see whether the address is right"
	case NoCertificate:
		return "wants another client certificate"
	case Credentials:
		return "does not accept user and password, or the token"
	case Forbidden:
		return "does not allow this to the user that is configured"
	case Absent:
		return "does not have it, or the address is not that of its DICOMweb services"
	case Busy:
		return "is busy or down for now; try again later"
	case Garbage:
		return "gives an answer that is not DICOMweb; see whether the address is that of its DICOMweb services"
	case TooLarge:
		return "gives more than this program takes"
	case Broken:
		return "broke the connection off"
	}
	return "refuses"
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of an error of this package, empty for any other.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// again reports a failure after which the same request may succeed.
func again(err error) bool {
	switch KindOf(err) {
	case Broken, Busy, Unreachable:
		return true
	}
	return false
}

func (c *Client) failure(kind Kind, detail string) *Error {
	return &Error{Kind: kind, Server: c.server.Name, Detail: detail}
}

// transport words what http.Client.Do failed with. The address is left out: its
// query may name a patient.
func (c *Client) transport(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errQuiet) {
		return cause
	}
	failure, detail := endpoint.Classify(err)
	e := &Error{Kind: Kind(failure), Server: c.server.Name, Detail: detail, Err: err}
	if errors.Is(context.Cause(ctx), errQuiet) {
		e.Kind, e.Hung, e.Detail = Broken, true, fmt.Sprintf("nothing came for %s", c.server.quiet())
	}
	return e
}

// status words an answer that is none of success.
func (c *Client) status(resp *http.Response) *Error {
	e := &Error{Server: c.server.Name, Status: resp.StatusCode, Detail: saying(resp)}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		e.Kind = Credentials
	case http.StatusForbidden:
		e.Kind = Forbidden
	case http.StatusNotFound, http.StatusGone:
		e.Kind = Absent
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.Kind = Busy
	case http.StatusRequestEntityTooLarge:
		e.Kind, e.Detail = Unable, "what was sent is too large for it"
	default:
		e.Kind = Unable
		if resp.StatusCode/100 == 3 {
			e.Kind, e.Detail = Garbage, "it sends on to another server"
		}
	}
	return e
}

// saying is the beginning of what a server says of its refusal, where that is
// plain text or JSON and not a page.
func saying(resp *http.Response) string {
	kind := resp.Header.Get("Content-Type")
	if !strings.Contains(kind, "json") && !strings.HasPrefix(kind, "text/plain") {
		return ""
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, 500))
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(b), "\uFFFD")), " ")
}
