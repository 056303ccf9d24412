// Package endpoint is what every HTTP service of a hospital has in common as
// configured here: an address, who this station is there, and which certificates
// prove it. The adapters of the protocols say what is exchanged.
package endpoint

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Access is how this station is let in by a service, and how it knows that
// service. Password, Token and PrivateKey are secrets: a caller keeps them
// sealed.
type Access struct {
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	Token    string `json:"token,omitempty"` // bearer token (RFC 6750); excludes User

	CA          string `json:"ca,omitempty"`          // PEM of the authorities that may have signed the service's certificate; empty: the system's
	Certificate string `json:"certificate,omitempty"` // PEM of the client certificate, with its chain
	PrivateKey  string `json:"private_key,omitempty"` // PEM, not encrypted
}

// Error is a configuration that cannot work.
type Error struct {
	Code   string // what is wrong; one word for each, see the codes of Parse and Check
	Detail string // for people
	Err    error
}

// Error is what is wrong.
func (e *Error) Error() string { return e.Detail }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

func bad(code, format string, args ...any) error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Parse reads the base address of a service. The codes are address, form, inline
// and query.
func Parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, bad("address", "the address cannot be read: %v", errors.Unwrap(err))
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, bad("form", "the address %q is not of the form https://host/path", address)
	case u.User != nil:
		return nil, bad("inline", "the address holds a user or password; give them apart from it")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, bad("query", "the address %q ends in a query; give the base address alone", address)
	}
	return u, nil
}

// InClear reports an address over which everything can be read on the way: http,
// to another machine than this one.
func InClear(u *url.URL) bool {
	if u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

// Check reports an access that cannot work at an address. The codes are both,
// user, key, plain, secret, ca and pair.
func (a Access) Check(u *url.URL) error {
	switch {
	case a.User != "" && a.Token != "":
		return bad("both", "it has both a user and a token; give one of them")
	case a.User == "" && a.Password != "":
		return bad("user", "it has a password and no user")
	case (a.Certificate == "") != (a.PrivateKey == ""):
		return bad("key", "a client certificate needs both the certificate and its private key")
	case u.Scheme == "http" && (a.CA != "" || a.Certificate != ""):
		return bad("plain", "certificates have no use with an address that begins with http:")
	case strings.ContainsAny(a.User, ":\r\n") || strings.ContainsAny(a.Password+a.Token, "\r\n"):
		return bad("secret", "the user holds a colon, or a secret a line break")
	}
	_, err := a.TLS()
	return err
}

// Keeping is the access with the secrets and certificates of another one where it
// has none itself, as long as both are at the same server: nobody can have a
// secret sent elsewhere by changing an address.
func (a Access) Keeping(old Access, address, oldAddress string) Access {
	before, err := url.Parse(oldAddress)
	now, err2 := url.Parse(address)
	if err != nil || err2 != nil || before.Host != now.Host || before.Scheme != now.Scheme {
		return a
	}
	if a.Password == "" && a.Token == "" {
		if a.User != "" && a.User == old.User {
			a.Password = old.Password
		} else if a.User == "" && old.Token != "" {
			a.Token = old.Token
		}
	}
	if a.CA == "" {
		a.CA = old.CA
	}
	if a.Certificate == "" && a.PrivateKey == "" {
		a.Certificate, a.PrivateKey = old.Certificate, old.PrivateKey
	}
	return a
}

// TLS is the configuration of the connection. Certificates are always checked.
func (a Access) TLS() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.CA != "" {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM([]byte(a.CA)) {
			return nil, bad("ca", "the file of the authority holds no certificate in PEM form")
		}
	}
	if a.Certificate != "" {
		pair, err := tls.X509KeyPair([]byte(a.Certificate), []byte(a.PrivateKey))
		if err != nil {
			return nil, &Error{Code: "pair", Detail: "the client certificate and its key do not work: " + err.Error(), Err: err}
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

// Authorize says in a request who this station is.
func (a Access) Authorize(r *http.Request) {
	switch {
	case a.Token != "":
		r.Header.Set("Authorization", "Bearer "+a.Token)
	case a.User != "":
		r.SetBasicAuth(a.User, a.Password)
	}
}

// Holds says which secrets and certificates an access has, not what they are.
type Holds struct {
	Password    bool `json:"password"`
	Token       bool `json:"token"`
	CA          bool `json:"ca"`          // an authority of its own
	Certificate bool `json:"certificate"` // a client certificate
}

// Holds says what is there.
func (a Access) Holds() Holds {
	return Holds{Password: a.Password != "", Token: a.Token != "", CA: a.CA != "", Certificate: a.Certificate != ""}
}
