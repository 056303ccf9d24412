// Package records is the vocabulary of the local health record: Patient, Visit,
// Order, Examination, Finding, Report, Consult, User, AuditEvent, Delivery, and
// the pure rules over them (resident ID check, linking, rights, verdicts).
//
// It imports the standard library and imaging only, and never inference: what a
// model says becomes a Finding in app/reading, and only a named doctor makes a
// fact of it. Adapters: sqlite (the store), seal (keys and sealing), report
// (text, PDF), cda, fhir, sr (export), outbox (delivery).
package records
