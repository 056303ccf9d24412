// Package fhir writes a signed report as an HL7 FHIR R4 (4.0.1) transaction
// Bundle: Patient, a Device for each model, ImagingStudy, an Observation for
// each confirmed finding, DiagnosticReport, and Provenance that names the model
// as assembler and the confirming doctor as verifier.
//
// Sending the same transaction again changes nothing on the server (R4 RESTful
// API, 3.1.0.5.3 and 3.1.0.8.1): Device and ImagingStudy are created with
// ifNoneExist; Patient, Observation and DiagnosticReport are conditional
// updates by their identifier, so that a correction replaces what the version
// before said; Provenance has no identifier and is put under an id derived from
// the document's, so the server must allow a client to name ids.
//
// The same document gives the same bytes: every fullUrl is a version 5 UUID of
// a FindingUID, a study UID or the document's id.
package fhir
