package outbox

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"longying/imaging/endpoint"
	"longying/imaging/pacs"
	"longying/records"
)

// The codes of a records.Cause besides the kinds of Error: their arguments are the
// destination's name and, where there was an answer, its HTTP status; what else is
// said besides them.
const (
	causeRefused     = "refused"       // the destination says why
	causeUnclear     = "unclear"       // the answer cannot be read
	causeNoReceipt   = "no_receipt"    // the answer is no acknowledgement of this document
	causeOtherTarget = "other_target"  // it acknowledges another message; Said names it
	causeOtherBytes  = "other_bytes"   // registered with other content; the arguments go on with document, version, receipt
	causeOverlong    = "overlong"      // the answer is too large
	causeOtherFile   = "other_file"    // the folder has a file of this name with other content; then its name
	causeFolder      = "folder"        // the folder is not there, or cannot be written to
	causeNotStored   = "not_stored"    // a PACS did not store an object, and it may pass
	causeWarned      = "warned"        // the destination took it, and says something
	causeMisfit      = "misfit"        // the destination's kind does not take the format; then kind and format
	causeNoRoute     = "no_route"      // no destination of this name is configured
	causeNotEncoded  = "not_encoded"   // the document could not be made; Said says why
	causeRefusal     = "refusal"       // it was refused here; the arguments are a RefusedError's code and its own
	causeSettings    = "misconfigured" // the destination cannot be used as it is configured
)

// Causes lists every code of a Cause that a destination or its absence is behind.
func Causes() []string {
	return []string{string(endpoint.Unreachable), string(endpoint.Untrusted), string(endpoint.NoCertificate), string(endpoint.Broken), string(endpoint.Garbage),
		credentials, forbidden, absent, busy, unable, string(pacs.TooLarge),
		causeRefused, causeUnclear, causeNoReceipt, causeOtherTarget, causeOtherBytes, causeOverlong, causeOtherFile, causeFolder, causeNotStored, causeWarned,
		causeMisfit, causeNoRoute, causeNotEncoded, causeSettings}
}

// tag is one of HTML.
var tag = regexp.MustCompile(`(?s)<!--.*?-->|<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>`)

// because is a cause at a destination; status 0: there was no answer.
func because(code, destination string, status int, said string) *records.Cause {
	c := &records.Cause{Code: code, Args: []string{destination}, Said: excerpt(said)}
	if status != 0 {
		c.Args = append(c.Args, strconv.Itoa(status))
	}
	return c
}

// excerpt is the beginning of what somebody said, in one line; of a web page what
// it shows.
func excerpt(said string) string {
	if start := strings.ToLower(said[:min(len(said), 1024)]); strings.Contains(start, "<html") {
		said = tag.ReplaceAllString(said, " ")
	}
	r := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(said, "\uFFFD")), " "))
	if len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return string(r)
}

// said is what a destination says besides an acknowledgement, nil for nothing.
func said(destination, text string) *records.Cause {
	if text == "" {
		return nil
	}
	return because(causeWarned, destination, 0, text)
}

// unmade is the cause of an error before anything was sent.
func unmade(destination string, err error) *records.Cause {
	var refused *records.RefusedError
	if errors.As(err, &refused) {
		return &records.Cause{Code: causeRefusal, Args: append([]string{refused.Code}, refused.Args...)}
	}
	var wrong *Error
	if errors.As(err, &wrong) {
		return &records.Cause{Code: wrong.Kind, Args: []string{destination}, Said: excerpt(wrong.Detail)}
	}
	return because(causeNotEncoded, destination, 0, err.Error())
}
