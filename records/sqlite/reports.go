package sqlite

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"longying/records"
	"longying/records/seal"
)

// PutReport stores the working report of a study.
func (t *Tx) PutReport(r *records.Report) error {
	sealed, err := t.seal("reports", r.StudyUID, r)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO reports (study_uid, state, updated_at, sealed) VALUES (?, ?, ?, ?)
		ON CONFLICT (study_uid) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at, sealed = excluded.sealed`,
		r.StudyUID, r.State, nanos(r.UpdatedAt), sealed)
}

// Report is the working report of a study.
func (t *Tx) Report(studyUID string) (*records.Report, error) {
	return one[records.Report](t, "reports", `SELECT study_uid, sealed FROM reports WHERE study_uid = ?`, studyUID)
}

// ReportsIn lists the working reports in a state, the longest unchanged first.
func (t *Tx) ReportsIn(state string) ([]records.Report, error) {
	return all[records.Report](t, "reports", `SELECT study_uid, sealed FROM reports WHERE state = ? ORDER BY updated_at, study_uid`, state)
}

// signature is what the sealed column of a signed document holds.
type signature struct {
	SHA256     string              `json:"sha256"`
	SM3        string              `json:"sm3"`
	SignedBy   string              `json:"signed_by"`
	SignedAt   time.Time           `json:"signed_at"`
	Signatures []records.Signature `json:"signatures,omitempty"`
}

// InsertSignedDocument freezes a document. Its canonical bytes must be those of
// the document, its hashes those of the bytes, and its version the one after
// the last (else *records.StaleError, or *records.DuplicateError for a version
// that is there). The document is replaced by what its canonical bytes say,
// which is what every later reading gives.
func (t *Tx) InsertSignedDocument(d *records.SignedDocument) error {
	id, version := d.Document.DocumentID, d.Document.Version
	canonical, err := d.Document.Canonical()
	if err != nil {
		return err
	}
	sha, sm3 := seal.Digests(d.Canonical)
	if !bytes.Equal(canonical, d.Canonical) || sha != d.SHA256 || sm3 != d.SM3 {
		return &records.ConflictError{What: "signed document", ID: d.Document.ID, Detail: "the hashes or the canonical bytes are not those of the document"}
	}
	if err := checkSignatures(d); err != nil {
		return err
	}
	var last int
	if err := t.tx.QueryRowContext(t.ctx, `SELECT coalesce(max(version), 0) FROM signed_documents WHERE document_id = ?`, id).Scan(&last); err != nil {
		return err
	}
	switch {
	case version <= last:
		return &records.DuplicateError{What: "signed document", Key: "document_id and version", Other: d.Document.ID}
	case version != last+1:
		return &records.StaleError{What: "signed document", ID: id, Last: last, Got: version}
	}
	row := findingRow(id, version)
	sealed, err := t.seal("signed_documents", row, signature{d.SHA256, d.SM3, d.SignedBy, d.SignedAt, d.Signatures})
	if err != nil {
		return err
	}
	if err := t.exec(`INSERT INTO signed_documents (document_id, version, study_uid, signed_at, canonical, sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		id, version, d.Document.Examination.StudyUID, nanos(d.SignedAt),
		t.store.key.Seal(place("signed_documents", "canonical", row), canonical), sealed); err != nil {
		return err
	}
	var frozen records.Document
	if err := json.Unmarshal(canonical, &frozen); err != nil {
		return fmt.Errorf("document %s cannot be read back: %w", d.Document.ID, err)
	}
	d.Document = frozen
	return nil
}

// SignedDocument is one version of a document. Its bytes are checked against
// its hash each time.
func (t *Tx) SignedDocument(documentID string, version int) (*records.SignedDocument, error) {
	found, err := t.signedDocuments(`WHERE document_id = ? AND version = ?`, documentID, version)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, records.ErrNotFound
	}
	return &found[0], nil
}

// SignedDocuments lists the signed versions of a study's report, oldest first.
func (t *Tx) SignedDocuments(studyUID string) ([]records.SignedDocument, error) {
	return t.signedDocuments(`WHERE study_uid = ? ORDER BY document_id, version`, studyUID)
}

// LatestSignedDocuments lists the newest signed version of every report.
func (t *Tx) LatestSignedDocuments() ([]records.SignedDocument, error) {
	return t.signedDocuments(`WHERE version = (SELECT max(version) FROM signed_documents d WHERE d.document_id = signed_documents.document_id) ORDER BY document_id`)
}

func (t *Tx) signedDocuments(where string, args ...any) ([]records.SignedDocument, error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT document_id || '/' || version, canonical, sealed FROM signed_documents `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []records.SignedDocument
	for rows.Next() {
		var row string
		var canonical, sealed sql.RawBytes
		if err := rows.Scan(&row, &canonical, &sealed); err != nil {
			return nil, err
		}
		d, err := t.openSigned(row, canonical, sealed)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

func (t *Tx) openSigned(row string, canonical, sealed []byte) (records.SignedDocument, error) {
	var sig signature
	if err := t.open("signed_documents", row, sealed, &sig); err != nil {
		return records.SignedDocument{}, err
	}
	plain, err := t.store.key.Open(place("signed_documents", "canonical", row), canonical)
	if err != nil {
		return records.SignedDocument{}, err
	}
	d := records.SignedDocument{Canonical: plain, SHA256: sig.SHA256, SM3: sig.SM3, SignedBy: sig.SignedBy, SignedAt: sig.SignedAt, Signatures: sig.Signatures}
	if sha, sm3 := seal.Digests(plain); sha != sig.SHA256 || sm3 != sig.SM3 {
		return d, fmt.Errorf("the signed document %s does not have its hash: %w", row, seal.ErrDamaged)
	}
	if err := json.Unmarshal(plain, &d.Document); err != nil {
		return d, fmt.Errorf("the signed document %s cannot be read: %w", row, err)
	}
	return d, nil
}

// checkSignatures holds each signature under a document against its bytes.
func checkSignatures(d *records.SignedDocument) error {
	for _, s := range d.Signatures {
		over := d.Canonical
		if s.Over == records.OverContent {
			var err error
			if over, err = d.Document.Content(); err != nil {
				return err
			}
		}
		if !seal.VerifySignature(s.Public, s.Value, over) {
			return fmt.Errorf("the signature of %s is not under document %s: %w", s.ByName, d.Document.ID, seal.ErrDamaged)
		}
	}
	return nil
}

// PutConsult stores a consult; an empty ID is filled.
func (t *Tx) PutConsult(c *records.Consult) error {
	id := c.ID
	if id == "" {
		id = newID()
	}
	stored := *c
	stored.ID = id
	sealed, err := t.seal("consults", id, stored)
	if err != nil {
		return err
	}
	if err := t.exec(`INSERT INTO consults (id, patient_id, state, updated_at, sealed) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET patient_id = excluded.patient_id, state = excluded.state, updated_at = excluded.updated_at, sealed = excluded.sealed`,
		id, c.PatientID, c.State, nanos(c.UpdatedAt), sealed); err != nil {
		return err
	}
	c.ID = id
	return nil
}

// Consult is one consult.
func (t *Tx) Consult(id string) (*records.Consult, error) {
	return one[records.Consult](t, "consults", `SELECT id, sealed FROM consults WHERE id = ?`, id)
}

// Consults lists every consult, the last changed first.
func (t *Tx) Consults() ([]records.Consult, error) {
	return all[records.Consult](t, "consults", `SELECT id, sealed FROM consults ORDER BY updated_at DESC, id`)
}

// ConsultsOf lists the consults about a patient, the last changed first.
func (t *Tx) ConsultsOf(patientID string) ([]records.Consult, error) {
	return all[records.Consult](t, "consults", `SELECT id, sealed FROM consults WHERE patient_id = ? ORDER BY updated_at DESC, id`, patientID)
}

// ownedByOther is the ID of the row that a unique key belongs to, empty where
// it is free or this row's own.
func (t *Tx) ownedByOther(query string, args ...any) (string, error) {
	other, err := t.text(query, args...)
	if errors.Is(err, records.ErrNotFound) {
		return "", nil
	}
	return other, err
}
