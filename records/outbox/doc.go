// Package outbox delivers encoded documents to destinations: a provincial
// platform over HTTP, or a folder.
//
// A Worker sends what is due. A delivery is sent at least once, always under
// the same document id and version and with the same bytes; what was tried
// before is asked about before it is sent again, so that the platform registers
// it once. A refusal is final; no answer, an answer that is not understood and
// an unreachable destination are tried again after an exponentially growing
// pause with jitter, and given up after a number of attempts.
//
// Over HTTP a document is the body of POST {URL}/documents, described by the
// headers Document-Id, Document-Version, Document-Format and Document-Sha256.
// The answer is JSON: {"status":"AA","receipt":…,"registered":…,"sha256":…} or
// {"status":"AE","reason":…}, the codes of HL7 v3 acknowledgements. GET
// {URL}/documents/{id}/{version}?format=… answers the same for what is
// registered, and 404 otherwise. No public interface of a provincial platform
// was found; an envelope of its own is an adapter beside this one.
//
// StubPlatform is a stand-in for the demo and for tests. It is no platform.
package outbox
