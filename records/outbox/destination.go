package outbox

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"longying/imaging/endpoint"
)

// The kinds of destination.
const (
	KindHTTP   = "http"   // documents over HTTPS as the package comment says
	KindSOAP   = "soap"   // a hospital information platform: SOAP 1.2, HIPService
	KindFHIR   = "fhir"   // an R4 server: transactions
	KindSTOW   = "stow"   // a PACS: DICOMweb STOW-RS
	KindFolder = "folder" // files
)

// Kinds lists them.
func Kinds() []string { return []string{KindHTTP, KindSOAP, KindFHIR, KindSTOW, KindFolder} }

// Destination is where documents go, as configured. It holds secrets: a caller
// keeps it sealed.
type Destination struct {
	Name    string        `json:"name"`
	Kind    string        `json:"kind"`              // one of Kinds
	URL     string        `json:"url"`               // base address, or the folder's path
	Timeout time.Duration `json:"timeout,omitempty"` // of one request; 0 is 30 seconds
	// CannotBeAsked is set for a platform that has no way to ask what it has
	// registered; a document is then sent again under the same id and version.
	CannotBeAsked bool `json:"cannot_be_asked,omitempty"`
	// InClear allows an address over which everything can be read on the way.
	InClear bool `json:"in_clear,omitempty"`
	// Off is a destination that nothing is sent to for now: what is to go there
	// waits.
	Off bool `json:"off,omitempty"`

	endpoint.Access

	// Of a hospital information platform: the action that HIPMessageServer is
	// called with, empty for RCMR_IN000002UV02, and the identifiers of both sides
	// as the platform gave them.
	Action   string `json:"action,omitempty"`
	Sender   string `json:"sender,omitempty"`
	Receiver string `json:"receiver,omitempty"`
}

// Error is a destination that cannot work, or does not answer as it has to.
type Error struct {
	Kind        string // misconfigured; else as of package pacs: unreachable, untrusted, certificate, credentials, forbidden, absent, unable, busy, garbage, broken
	Code        string // of a misconfigured one: what is wrong
	Destination string
	Status      int // HTTP status, 0 without an answer
	Detail      string
	Err         error
}

const misconfigured = "misconfigured"

// Error names the destination and what is wrong.
func (e *Error) Error() string {
	what := e.Kind
	switch e.Kind {
	case misconfigured:
		what = "cannot be used as it is configured"
	case string(endpoint.Unreachable):
		what = "cannot be reached"
	case string(endpoint.Untrusted):
		what = "shows a certificate that is not trusted; name its authority, or see whether the address is right"
	case string(endpoint.NoCertificate):
		what = "wants another client certificate"
	case string(endpoint.Broken):
		what = "broke the connection off"
	case string(endpoint.Garbage):
		what = "does not answer as one of its kind does; see whether kind and address are right"
	case credentials:
		what = "does not accept user and password, or the token"
	case forbidden:
		what = "does not allow this to the user that is configured"
	case absent:
		what = "has no such service at this address"
	case busy:
		what = "is busy or down for now"
	case unable:
		what = "refuses"
	}
	text := "destination " + e.Destination + " " + what
	if e.Status != 0 && !strings.HasPrefix(e.Detail, "HTTP ") {
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// The kinds of Error that an answer shows.
const (
	credentials = "credentials"
	forbidden   = "forbidden"
	absent      = "absent"
	busy        = "busy"
	unable      = "unable"
)

// Check reports a destination that cannot work, as an *Error. The codes are name,
// kind, folder, timeout and in_clear, and those of package endpoint.
func (d Destination) Check() error {
	bad := func(code, format string, args ...any) error {
		return &Error{Kind: misconfigured, Code: code, Destination: d.Name, Detail: fmt.Sprintf(format, args...)}
	}
	switch {
	case strings.TrimSpace(d.Name) == "" || strings.ContainsFunc(d.Name, func(r rune) bool { return r < ' ' }):
		return bad("name", "it has no usable name")
	case !slices.Contains(Kinds(), d.Kind):
		return bad("kind", "kind %q is none of %s", d.Kind, strings.Join(Kinds(), ", "))
	case d.Timeout < 0:
		return bad("timeout", "the time-out %s is negative", d.Timeout)
	case d.Kind == KindFolder && !filepath.IsAbs(d.URL):
		return bad("folder", "the folder %q is not named by its whole path", d.URL)
	case d.Kind == KindFolder:
		return nil
	}
	u, err := endpoint.Parse(d.URL)
	if err == nil && endpoint.InClear(u) && !d.InClear {
		return bad("in_clear", "over %s everybody on the way can read the reports; give an address that begins with https:, or allow this expressly", d.URL)
	}
	if err == nil {
		err = d.Access.Check(u)
	}
	var e *endpoint.Error
	if errors.As(err, &e) {
		return &Error{Kind: misconfigured, Code: e.Code, Destination: d.Name, Detail: e.Detail, Err: e.Err}
	}
	return err
}

// Keeping is the destination with the secrets and certificates of another one of
// its name where it has none itself, as long as both are at the same server.
func (d Destination) Keeping(old Destination) Destination {
	if d.Kind != KindFolder && old.Kind != KindFolder {
		d.Access = d.Access.Keeping(old.Access, d.URL, old.URL)
	}
	return d
}

func (d Destination) timeout() time.Duration {
	if d.Timeout > 0 {
		return d.Timeout
	}
	return 30 * time.Second
}

// LongestPause is the pause that a policy has at most where it names none.
const LongestPause = 6 * time.Hour

// Policy says how often and how long a delivery is tried. The zero value is the
// default: after 30 seconds, doubling up to 6 hours, 200 attempts. As half of each
// pause is spread, that is 23 days at least and five weeks on average.
type Policy struct {
	First    time.Duration `json:"first"`    // pause after the first attempt
	Longest  time.Duration `json:"longest"`  // pause at most
	Attempts int           `json:"attempts"` // then it is dead
}

func (p Policy) filled() Policy {
	if p.First <= 0 {
		p.First = 30 * time.Second
	}
	if p.Longest <= 0 {
		p.Longest = LongestPause
	}
	if p.Attempts <= 0 {
		p.Attempts = 200
	}
	return p
}

// Pause is the time to wait after an attempt, counted from 1: half of it is
// fixed, half is spread by jitter in [0,1), so that workplaces that lost the
// same platform do not all come back at once.
func (p Policy) Pause(attempt int, jitter float64) time.Duration {
	p = p.filled()
	pause := p.First
	for i := 1; i < attempt && pause < p.Longest; i++ {
		pause *= 2
	}
	pause = min(pause, p.Longest)
	return pause/2 + time.Duration(jitter*float64(pause/2))
}
