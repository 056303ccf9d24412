package endpoint

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
)

// Failure is how a request ended without an answer.
type Failure string

// The failures of a request.
const (
	Unreachable   Failure = "unreachable" // no connection
	Untrusted     Failure = "untrusted"   // the service's certificate is not of a known authority, or for another name
	NoCertificate Failure = "certificate" // the service wants another client certificate, or any
	Garbage       Failure = "garbage"     // it does not speak HTTP, or not TLS
	Broken        Failure = "broken"      // the connection broke off, or fell silent
)

// Classify says how a request failed for which http.Client.Do gave an error, and
// what to tell people. The address is left out: its query may name a patient.
func Classify(err error) (Failure, string) {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	var dns *net.DNSError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &dns):
		return Unreachable, "the name " + dns.Name + " is not known"
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verify):
		return Untrusted, err.Error()
	case errors.As(err, &record):
		return Garbage, "it does not speak TLS at this port; the address may have to begin with http:"
	case errors.As(err, &op) && op.Op == "remote error": // an alert: the service ends the handshake
		return NoCertificate, err.Error()
	case errors.As(err, &op) && op.Op == "dial":
		return Unreachable, err.Error()
	case strings.Contains(err.Error(), "malformed HTTP"):
		return Garbage, err.Error()
	}
	return Broken, err.Error()
}
