package pacs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Server is one DICOMweb server as configured. Password, Token and PrivateKey
// are secrets: a caller keeps them sealed.
type Server struct {
	Name     string `json:"name"`
	URL      string `json:"url"` // base address of the DICOMweb services, e.g. https://pacs.example/dicom-web
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	Token    string `json:"token,omitempty"` // bearer token (RFC 6750); excludes User

	CA          string `json:"ca,omitempty"`          // PEM of the authorities that may have signed the server's certificate; empty: the system's
	Certificate string `json:"certificate,omitempty"` // PEM of the client certificate, with its chain
	PrivateKey  string `json:"private_key,omitempty"` // PEM, not encrypted

	// Gateway is set where URL is that of an Orthanc in front of a PACS without
	// DICOMweb: the name of that PACS in Orthanc's DicomModalities.
	Gateway string `json:"gateway,omitempty"`

	Site    string        `json:"site,omitempty"`    // Institution Name (0008,0080) that a query is limited to; empty: all
	Timeout time.Duration `json:"timeout,omitempty"` // without any byte from the server; 0 is a minute
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
	u, err := url.Parse(s.URL)
	switch {
	case err != nil:
		return bad("address", "the address cannot be read: %v", errors.Unwrap(err))
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return bad("form", "the address %q is not of the form https://host/path", s.URL)
	case u.User != nil:
		return bad("inline", "the address holds a user or password; give them apart from it")
	case u.RawQuery != "" || u.Fragment != "":
		return bad("query", "the address %q ends in a query; give the base address alone", s.URL)
	case strings.ContainsFunc(s.Gateway, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}):
		return bad("gateway", "the name of the PACS behind Orthanc, %q, holds more than letters, digits, - and _", s.Gateway)
	case s.Gateway != "" && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), orthancRoot):
		return bad("gateway_url", "the address of an Orthanc in front of a PACS ends in %s", orthancRoot)
	case s.User != "" && s.Token != "":
		return bad("both", "it has both a user and a token; give one of them")
	case s.User == "" && s.Password != "":
		return bad("user", "it has a password and no user")
	case (s.Certificate == "") != (s.PrivateKey == ""):
		return bad("key", "a client certificate needs both the certificate and its private key")
	case u.Scheme == "http" && (s.CA != "" || s.Certificate != ""):
		return bad("plain", "certificates have no use with an address that begins with http:")
	case s.Timeout < 0:
		return bad("timeout", "the time-out %s is negative", s.Timeout)
	case strings.ContainsAny(s.User, ":\r\n") || strings.ContainsAny(s.Password+s.Token, "\r\n"):
		return bad("secret", "the user holds a colon, or a secret a line break")
	}
	_, err = s.tls()
	return err
}

// Keeping is the server with the secrets and certificates of another one of its
// name where it has none itself, as long as both are at the same host.
func (s Server) Keeping(old Server) Server {
	before, err := url.Parse(old.URL)
	now, err2 := url.Parse(s.URL)
	if err != nil || err2 != nil || before.Host != now.Host || before.Scheme != now.Scheme {
		return s
	}
	if s.Password == "" && s.Token == "" {
		if s.User != "" && s.User == old.User {
			s.Password = old.Password
		} else if s.User == "" && old.Token != "" {
			s.Token = old.Token
		}
	}
	if s.CA == "" {
		s.CA = old.CA
	}
	if s.Certificate == "" && s.PrivateKey == "" {
		s.Certificate, s.PrivateKey = old.Certificate, old.PrivateKey
	}
	return s
}

// tls is the configuration of the connection. Certificates are always checked.
func (s Server) tls() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM([]byte(s.CA)) {
			return nil, &Error{Kind: Misconfigured, Code: "ca", Server: s.Name, Detail: "the file of the authority holds no certificate in PEM form"}
		}
	}
	if s.Certificate != "" {
		pair, err := tls.X509KeyPair([]byte(s.Certificate), []byte(s.PrivateKey))
		if err != nil {
			return nil, &Error{Kind: Misconfigured, Code: "pair", Server: s.Name, Detail: "the client certificate and its key do not work: " + err.Error(), Err: err}
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
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
	cfg, err := s.tls()
	if err != nil {
		return nil, err
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
			ForceAttemptHTTP2:      true,
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
