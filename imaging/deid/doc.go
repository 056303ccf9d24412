// Package deid de-identifies DICOM objects: the Basic Application Level
// Confidentiality Profile of PS3.15 Annex E with some of its options.
//
// Every attribute of Table E.1-1 is treated as the table says, in sequences
// too; private attributes, and those that the dictionary does not have, are
// taken out. Where the action depends on the type of the attribute it is
// looked up for the IOD, and where that is not known a dummy value is written:
// valid whatever the type is. What the table does not list is kept, but for
// names and free text, and for a text in which the patient's name or number
// stands.
//
// UIDs and dates are changed by keyed hashes: one secret gives the same UIDs,
// the same pseudonym and the same shift of dates each time, so that objects
// that refer to one another still do, and nobody without the secret finds the
// way back. Pixel data is copied bit for bit: what is burned into it is warned
// about, or refused where the object itself says so.
package deid
