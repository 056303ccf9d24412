// Package dicomfile reads and writes DICOM Part 10 files.
//
// Reading is tolerant: Scan takes files, folders and ZIP archives and gives
// every file that was not taken with its reason; Open gives one file's header
// as an imaging.Instance and its frames one at a time. Headers are read
// without their pixels, through an io.ReaderAt, with memory bounded by the
// size of the file.
//
// Writing is strict: a Dataset refuses a value that breaks PS3.5 or a VR that
// PS3.6 does not give the attribute, and Write always writes UTF-8 (ISO_IR
// 192), even lengths, ascending tags and a file meta group.
//
// The attribute dictionary (PS3.6) is that of suyashkumar/dicom. The element
// reader is our own, because pixel data must not be touched to read a header,
// values must be bounded by the file, and nesting must be limited.
package dicomfile
