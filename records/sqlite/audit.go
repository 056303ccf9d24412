package sqlite

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"longying/records"
)

// auditHead is where the chain stands. It is kept, sealed, beside the trail and
// changed in the same transaction, so that a trail that lost its end does not
// match it.
type auditHead struct {
	Count int64  `json:"count"`
	Head  string `json:"head"` // hex MAC of the last event, empty for none
}

// ErrAuditHead says that the record of where the audit trail ends is gone or
// does not open: nothing can be added then.
var ErrAuditHead = errors.New("the head of the audit trail cannot be read")

func (t *Tx) readAuditHead() (auditHead, error) {
	h, err := one[auditHead](t, "meta", `SELECT key, sealed FROM meta WHERE key = 'audit_head'`)
	if err != nil {
		return auditHead{}, fmt.Errorf("%w; run longying audit verify and restore a backup: %w", ErrAuditHead, err)
	}
	return *h, nil
}

// AppendAudit adds one event to the trail and fills its Seq and MAC, the program,
// and At, the host and whose record the object belongs to where they are empty.
// The event is chained to the head that was kept, not to the
// last row, so that a trail that lost its end never closes over the gap. An event
// is kept as long as the data folder is: nothing in this program deletes one or
// lets one expire, and a trigger refuses it.
func (t *Tx) AppendAudit(e *records.AuditEvent) error {
	head, err := t.readAuditHead()
	if err != nil {
		return err
	}
	prev, err := hex.DecodeString(head.Head)
	if err != nil {
		return fmt.Errorf("the head of the audit trail is damaged: %w", err)
	}
	next := *e
	next.Seq, next.MAC = head.Count+1, ""
	if next.At.IsZero() {
		next.At = t.store.clock()
	}
	next.At = next.At.UTC().Round(0)
	if next.Station == "" {
		next.Station = t.store.host
	}
	next.Program = t.store.program
	if next.PatientID == "" {
		if next.PatientID, err = t.PatientBehind(next.Object); err != nil {
			return err
		}
	}
	if next.Detail, err = t.unnamed(next.Detail, next.PatientID, next.Object); err != nil {
		return err
	}
	event, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("the audit event cannot be stored: %w", err)
	}
	mac := t.store.key.AuditMAC(prev, event)
	row := fmt.Sprint(next.Seq)
	if err := t.exec(`INSERT INTO audit (seq, sealed, mac) VALUES (?, ?, ?)`, next.Seq, t.store.key.Seal(place("audit", "sealed", row), event), mac); err != nil {
		return err
	}
	next.MAC = hex.EncodeToString(mac)
	sealed, err := t.seal("meta", "audit_head", auditHead{next.Seq, next.MAC})
	if err != nil {
		return err
	}
	if err := t.exec(`UPDATE meta SET sealed = ? WHERE key = 'audit_head'`, sealed); err != nil {
		return err
	}
	*e = next
	return nil
}

// unnamed takes names and numbers of patients out of a text: a person may have
// typed them as a reason, and the trail is read by people who may not know whose
// record it is about.
func (t *Tx) unnamed(text string, patients ...string) (string, error) {
	if text == "" {
		return "", nil
	}
	for _, id := range patients {
		p, err := t.Patient(id)
		if errors.Is(err, records.ErrNotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		known := []string{p.Name, p.IDNumber, p.HealthRecordNumber, p.Phone}
		for _, n := range p.Numbers {
			known = append(known, n.Number)
		}
		for _, s := range known {
			if utf8.RuneCountInString(s) > 1 {
				text = strings.ReplaceAll(text, s, "…")
			}
		}
	}
	return text, nil
}

// AuditHead is the number of events and the MAC of the last, as receipts and
// backups keep them.
func (t *Tx) AuditHead() (count int64, head string, err error) {
	h, err := t.readAuditHead()
	return h.Count, h.Head, err
}

// EachAuditEvent walks the trail, newest first, until f says that it is enough.
func (t *Tx) EachAuditEvent(f func(e *records.AuditEvent) (more bool, err error)) error {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT seq, sealed, mac FROM audit ORDER BY seq DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var sealed, mac sql.RawBytes
		if err := rows.Scan(&seq, &sealed, &mac); err != nil {
			return err
		}
		var e records.AuditEvent
		if err := t.open("audit", fmt.Sprint(seq), sealed, &e); err != nil {
			return err
		}
		e.MAC = hex.EncodeToString(mac)
		if more, err := f(&e); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}

// AuditEvents lists the trail, newest first. Limit 0 means all.
func (t *Tx) AuditEvents(limit, offset int) ([]records.AuditEvent, error) {
	var out []records.AuditEvent
	err := t.EachAuditEvent(func(e *records.AuditEvent) (bool, error) {
		if offset > 0 {
			offset--
			return true, nil
		}
		out = append(out, *e)
		return limit <= 0 || len(out) < limit, nil
	})
	return out, err
}

// PatientBehind is the ID of the patient whose record an object belongs to: a
// study, a finding, a consult, a delivery, a signed document, or a patient. Empty
// for anything else.
func (t *Tx) PatientBehind(object string) (string, error) {
	if object == "" {
		return "", nil
	}
	patient, err := t.text(`SELECT coalesce(max(patient), '') FROM (
		SELECT patient_id AS patient FROM examinations WHERE study_uid = ?1
		UNION ALL SELECT e.patient_id FROM finding_versions f JOIN examinations e USING (study_uid) WHERE f.uid = ?1 AND f.version = 1
		UNION ALL SELECT e.patient_id FROM annotation_versions a JOIN examinations e USING (study_uid) WHERE a.uid = ?1 AND a.version = 1
		UNION ALL SELECT patient_id FROM consults WHERE id = ?1
		UNION ALL SELECT id FROM patients WHERE id = ?1)`, object)
	if err != nil || patient != "" {
		return patient, err
	}
	doc, err := t.documentBehind(object)
	if err != nil || doc == nil {
		return "", err
	}
	return doc.Document.Patient.ID, nil
}

// StudyBehind is the study that an object is, or is part of: a study, a finding,
// a measurement, a delivery or a signed document. Empty for anything else.
func (t *Tx) StudyBehind(object string) (string, error) {
	if object == "" {
		return "", nil
	}
	study, err := t.text(`SELECT coalesce(max(study), '') FROM (SELECT study_uid AS study FROM examinations WHERE study_uid = ?1
		UNION ALL SELECT study_uid FROM finding_versions WHERE uid = ?1 AND version = 1
		UNION ALL SELECT study_uid FROM annotation_versions WHERE uid = ?1 AND version = 1)`, object)
	if err != nil || study != "" {
		return study, err
	}
	doc, err := t.documentBehind(object)
	if err != nil || doc == nil {
		return "", err
	}
	return doc.Document.Examination.StudyUID, nil
}

// documentBehind is the signed document with an ID, or of a delivery; nil: none.
func (t *Tx) documentBehind(object string) (*records.SignedDocument, error) {
	document, number := object, ""
	if i := strings.LastIndexByte(object, '-'); i > 0 { // records.Document.ID
		document, number = object[:i], object[i+1:]
	}
	version, _ := strconv.Atoi(number) // there is no version 0
	switch del, err := t.Delivery(object); {
	case err == nil:
		document, version = del.DocumentID, del.Version
	case !errors.Is(err, records.ErrNotFound):
		return nil, err
	}
	doc, err := t.SignedDocument(document, version)
	if errors.Is(err, records.ErrNotFound) {
		return nil, nil
	}
	return doc, err
}
