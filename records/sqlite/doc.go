// Package sqlite is the store of the record: one SQLite database in the data
// folder, in which everything that can name a person is sealed.
//
// Every acknowledged Update survives a killed process and a pulled plug: WAL
// with synchronous=FULL. Several programs may have the same folder open: each
// Update begins with BEGIN IMMEDIATE, so SQLite's own lock lets one write at a
// time while the others wait, at most busyTimeout, and then fail with ErrBusy
// and nothing stored; readers see the last committed state and never wait. What
// two people change at once is caught by versions (records.StaleError). The
// folder must be on a local disk: SQLite's WAL does not work over a network.
//
// finding_versions, signed_documents and audit are append-only, held by
// triggers. The audit trail is a chain of HMAC-SM3 under a key of its own.
package sqlite
