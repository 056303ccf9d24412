// Package row writes a signed report as one flat row of data elements, as
// regional platforms collect them, in CSV, JSON or XML.
//
// A mapping file says which columns a row has, in which order, and from which
// field of the document each is filled; the shipped one uses the data elements
// (DE codes of WS 363) that WS/T 500.6 uses, and names of its own where the
// standard has none, as for what a model had a part in. A hospital's own mapping
// may rename, reorder, leave out, translate values and set limits. It is checked
// whole when it is read: an unknown field or key is an error that names it.
//
// A value over its limit is refused, never cut, and a required one that is
// missing is named. The same document and mapping give the same bytes.
package row
