// Package cda writes a signed report as a WS/T 500.6-2016 examination report
// (检查报告, document code C0006), which is HL7 CDA R2 with the Chinese
// templates, data elements (DE codes of WS 363) and object identifiers.
//
// The encoder is strict: Preflight names every required field that is missing
// and every text over its limit, and Encode refuses such a document; nothing
// is truncated, no attribute or time is written empty, and what the document
// does not say (chief complaint, symptoms, bed, ward) is left out, not made up.
// The same document and configuration give the same bytes.
//
// Passing HL7's schema is necessary and not a claim of conformance with any
// province's own specification.
package cda
