// Package seg writes the masks of a signed report's findings as DICOM
// Segmentation objects (PS3.3 A.51): one object for each series of images, one
// segment for each finding, one frame for each image on which something of it
// lies.
//
// Only what a named doctor confirmed is a segment. One that a model proposed is
// SEMIAUTOMATIC, with the model, its version and hash as algorithm
// identification and the doctor in words; its tracking identifiers are the
// finding's, so that it is the same lesion in the structured report.
//
// Segments are BINARY, a bit for each pixel. A label map (PS3.3 C.8.20.2.3,
// 1.2.840.10008.5.1.4.1.1.66.7) would pack the same Segments otherwise and hold
// no overlaps; nothing else here depends on the packing.
package seg
