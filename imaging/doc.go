// Package imaging is the vocabulary of pictures: Study, Series, Instance,
// Frame, Ref, ModalityLUT, VOILUT and patient geometry, in DICOM's own words.
//
// It holds plain types and pure functions, imports the standard library only,
// and does no input or output. Its sub-packages are the adapters: dicomfile
// (Part 10), codec (transfer syntaxes), render (display).
package imaging
