// Package report turns findings into the draft of a report, and a signed
// document into text and a printed page (PDF 1.7, ISO 32000-1).
//
// Only what a doctor confirmed or edited becomes a sentence; a model's region,
// probability or silence never does. The printed page carries every character
// of the text: what does not fit flows to the next page, and a character that
// the embedded font lacks is printed as □ with its number, such as □[U+2CEA1].
// The same signed document and options give the same bytes.
package report
