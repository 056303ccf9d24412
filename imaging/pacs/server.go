package pacs

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"longying/imaging/endpoint"
)

// Server is one DICOMweb server as configured. It holds secrets: a caller keeps
// it sealed.
type Server struct {
	Name string `json:"name"`
	URL  string `json:"url"` // base address of the DICOMweb services, e.g. https://pacs.example/dicom-web

	endpoint.Access

	// Gateway is set where URL is that of an Orthanc in front of a PACS without
	// DICOMweb: the name of that PACS in Orthanc's DicomModalities.
	Gateway string `json:"gateway,omitempty"`

	Site    string        `json:"site,omitempty"`    // Institution Name (0008,0080) that a query is limited to; empty: all
	Timeout time.Duration `json:"timeout,omitempty"` // without any byte from the server; 0 is a minute

	// Apart gives each request a connection of its own, so that no answer can be
	// taken for that to another request.
	Apart bool `json:"-"`
}

// quiet is the time without a byte after which a connection counts as broken.
func (s Server) quiet() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return time.Minute
}

// Check reports a server that cannot work, for people.
func (s Server) Check() error {
	bad := func(code, format string, args ...any) error {
		return &Error{Kind: Misconfigured, Code: code, Server: s.Name, Detail: fmt.Sprintf(format, args...)}
	}
	if strings.TrimSpace(s.Name) == "" || strings.ContainsFunc(s.Name, func(r rune) bool { return r < ' ' }) {
		return bad("name", "it has no usable name")
	}
	u, err := endpoint.Parse(s.URL)
	if err != nil {
		return s.misconfigured(err)
	}
	switch {
	case strings.ContainsFunc(s.Gateway, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}):
		return bad("gateway", "the name of the PACS behind Orthanc, %q, holds more than letters, digits, - and _", s.Gateway)
	case s.Gateway != "" && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), orthancRoot):
		return bad("gateway_url", "the address of an Orthanc in front of a PACS ends in %s", orthancRoot)
	case s.Timeout < 0:
		return bad("timeout", "the time-out %s is negative", s.Timeout)
	}
	return s.misconfigured(s.Access.Check(u))
}

// misconfigured words what is wrong with an address or an access.
func (s Server) misconfigured(err error) error {
	var e *endpoint.Error
	if !errors.As(err, &e) {
		return err
	}
	return &Error{Kind: Misconfigured, Code: e.Code, Server: s.Name, Detail: e.Detail, Err: e.Err}
}

// Keeping is the server with the secrets and certificates of another one of its
// name where it has none itself, as long as both are at the same host.
func (s Server) Keeping(old Server) Server {
	s.Access = s.Access.Keeping(old.Access, s.URL, old.URL)
	return s
}

// Client talks to one server. Its methods may be called at the same time.
type Client struct {
	server Server
	base   string
	http   *http.Client

	decodes atomic.Int32                    // whether it decodes an address: 1 yes, -1 no, 0 not known
	pause   func(attempt int) time.Duration // before trying again after a broken connection, from 1
}

// New makes a client; it does not connect yet.
func New(s Server) (*Client, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	cfg, err := s.TLS()
	if err != nil {
		return nil, s.misconfigured(err)
	}
	c := &Client{server: s, base: strings.TrimRight(s.URL, "/"), pause: pause}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        cfg,
			TLSHandshakeTimeout:    s.quiet(),
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 1 << 20,
			ForceAttemptHTTP2:      !s.Apart,
			DisableKeepAlives:      s.Apart,
			DisableCompression:     true, // objects come as they are stored
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			first := via[0].URL
			if len(via) > 3 || req.URL.Host != first.Host || first.Scheme == "https" && req.URL.Scheme != "https" {
				return http.ErrUseLastResponse // another server is none that was configured
			}
			return nil
		},
	}
	return c, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Server is the server's name.
func (c *Client) Server() string { return c.server.Name }

// pause doubles from a fifth of a second up to five seconds.
func pause(attempt int) time.Duration {
	return min(5*time.Second, 200*time.Millisecond<<min(attempt-1, 10))
}
