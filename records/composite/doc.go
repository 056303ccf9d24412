// Package composite is what all DICOM objects made of a signed report share: the
// patient and study that they belong to (PS3.3 C.7.1, C.7.2), the equipment that
// wrote them (C.7.5), coded concepts (8.8) and UIDs that follow from the document
// alone, so that the same document gives the same bytes.
//
// Text is written in UTF-8. A value over its VR's limit is an error that names
// the attribute, never cut.
package composite
