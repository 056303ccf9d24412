// Package pacs is a DICOMweb client (PS3.18): it asks a PACS for studies
// (QIDO-RS), fetches them (WADO-RS) and stores objects there (STOW-RS).
//
// It holds no record and writes no file: what arrives is handed to the caller
// as a stream, one instance at a time, so that memory does not grow with a
// study. It is tolerant of what servers answer and strict in what it sends.
package pacs
