package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"

	"longying/records"
)

const (
	kindMapping   = "import/mapping"
	kindMessage   = "import/message"
	kindIntakeRow = "import/row"
)

// PutMapping saves a column mapping under its name.
func (t *Tx) PutMapping(m *records.Mapping) error {
	key := t.lookup(kindMapping, records.FoldName(m.Name))
	if key == nil {
		return &records.RefusedError{Code: "mapping_name", Reason: "a mapping needs a name"}
	}
	sealed, err := t.seal("import_mappings", orderRow(key), m)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO import_mappings (name_key, sealed) VALUES (?, ?) ON CONFLICT (name_key) DO UPDATE SET sealed = excluded.sealed`, key, sealed)
}

// Mappings lists the saved mappings.
func (t *Tx) Mappings() ([]records.Mapping, error) {
	return all[records.Mapping](t, "import_mappings", `SELECT lower(hex(name_key)), sealed FROM import_mappings ORDER BY rowid`)
}

// PutBatch stores a batch, new or changed; an empty ID is filled.
func (t *Tx) PutBatch(b *records.Batch) error {
	if b.ID == "" {
		b.ID = newID()
	}
	sealed, err := t.seal("import_batches", b.ID, b)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO import_batches (id, at, state, sealed) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, sealed = excluded.sealed`, b.ID, nanos(b.At), b.State, sealed)
}

// Batch is the batch with an ID.
func (t *Tx) Batch(id string) (*records.Batch, error) {
	return one[records.Batch](t, "import_batches", `SELECT id, sealed FROM import_batches WHERE id = ?`, id)
}

// Batches lists the imports, newest first.
func (t *Tx) Batches() ([]records.Batch, error) {
	return all[records.Batch](t, "import_batches", `SELECT id, sealed FROM import_batches ORDER BY at DESC, rowid DESC`)
}

func changeRow(batchID string, seq int) string { return fmt.Sprintf("%s/%d", batchID, seq) }

// InsertChange keeps an entry as it was before and after a batch wrote it.
func (t *Tx) InsertChange(batchID string, c *records.EntryChange) error {
	sealed, err := t.seal("import_changes", changeRow(batchID, c.Seq), c)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO import_changes (batch_id, seq, sealed) VALUES (?, ?, ?)`, batchID, c.Seq, sealed)
}

// ChangesOf lists what a batch wrote that is not taken back, the last change
// first.
func (t *Tx) ChangesOf(batchID string) ([]records.EntryChange, error) {
	return all[records.EntryChange](t, "import_changes", `SELECT batch_id || '/' || seq, sealed FROM import_changes WHERE batch_id = ? AND undone = 0 ORDER BY seq DESC`, batchID)
}

// UndoneChange marks a change as taken back.
func (t *Tx) UndoneChange(batchID string, seq int) error {
	return t.exec(`UPDATE import_changes SET undone = 1 WHERE batch_id = ? AND seq = ?`, batchID, seq)
}

// TakeMessage notes a message as taken; false where it was before.
func (t *Tx) TakeMessage(message, batchID string) (bool, error) {
	key := t.lookup(kindMessage, message)
	_, err := t.text(`SELECT batch_id FROM import_messages WHERE message_key = ?`, key)
	if !errors.Is(err, records.ErrNotFound) {
		return false, err
	}
	return true, t.exec(`INSERT INTO import_messages (message_key, batch_id) VALUES (?, ?)`, key, batchID)
}

// ForgetMessages lets the messages of a batch be taken again.
func (t *Tx) ForgetMessages(batchID string) error {
	return t.exec(`DELETE FROM import_messages WHERE batch_id = ?`, batchID)
}

// PutIntakeReview stores a row that waits for a person, or that person's
// decision. A row that is there already in any state is left as it is: false.
func (t *Tx) PutIntakeReview(r *records.IntakeReview) (bool, error) {
	row, err := json.Marshal(struct {
		P, M any
		F    string
	}{r.Intake, r.PatientID, r.Code})
	if err != nil {
		return false, err
	}
	key := t.lookup(kindIntakeRow, string(row))
	if r.ID == "" {
		if _, err := t.text(`SELECT id FROM import_reviews WHERE row_key = ?`, key); !errors.Is(err, records.ErrNotFound) {
			return false, err
		}
		r.ID = newID()
	}
	sealed, err := t.seal("import_reviews", r.ID, r)
	if err != nil {
		return false, err
	}
	return true, t.exec(`INSERT INTO import_reviews (id, row_key, batch_id, at, state, sealed) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, sealed = excluded.sealed`, r.ID, key, r.BatchID, nanos(r.At), r.State, sealed)
}

// IntakeReview is the row with an ID.
func (t *Tx) IntakeReview(id string) (*records.IntakeReview, error) {
	return one[records.IntakeReview](t, "import_reviews", `SELECT id, sealed FROM import_reviews WHERE id = ?`, id)
}

// IntakeReviews lists the rows that wait for a person, oldest first.
func (t *Tx) IntakeReviews() ([]records.IntakeReview, error) {
	return all[records.IntakeReview](t, "import_reviews", `SELECT id, sealed FROM import_reviews WHERE state = ? ORDER BY at, rowid`, records.ReviewOpen)
}

// DropOpenReviews removes the rows of a batch that nobody decided about.
func (t *Tx) DropOpenReviews(batchID string) error {
	return t.exec(`DELETE FROM import_reviews WHERE batch_id = ? AND state = ?`, batchID, records.ReviewOpen)
}

// entryPlace is the table of a kind and the query for one entry's sealed JSON.
func entryPlace(kind string) (table, column string, err error) {
	switch kind {
	case records.EntryPatient:
		return "patients", "id", nil
	case records.EntryHealth:
		return "health_records", "patient_id", nil
	case records.EntryVisit:
		return "visits", "id", nil
	case records.EntryOrder:
		return "orders", "accession_key", nil
	case records.EntryDiagnosis:
		return "diagnoses", "id", nil
	case records.EntryAllergy:
		return "allergies", "id", nil
	case records.EntryLab:
		return "laboratory_values", "id", nil
	case records.EntryReport:
		return "past_reports", "id", nil
	}
	return "", "", fmt.Errorf("there are no entries of kind %q", kind)
}

// Entry is an entry as JSON, as EntryChange keeps it; of an order the ID is the
// accession number. It is nil where there is none.
func (t *Tx) Entry(kind, id string) ([]byte, error) {
	table, column, err := entryPlace(kind)
	if err != nil {
		return nil, err
	}
	var v *json.RawMessage
	if kind == records.EntryOrder {
		v, err = one[json.RawMessage](t, table, `SELECT lower(hex(accession_key)), sealed FROM orders WHERE accession_key = ?`, t.lookup(kindAccession, records.FoldNumber(id)))
	} else {
		v, err = one[json.RawMessage](t, table, `SELECT `+column+`, sealed FROM `+table+` WHERE `+column+` = ?`, id)
	}
	if errors.Is(err, records.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return *v, nil
}

// RestoreEntry puts an entry back to what it was: nil removes it.
func (t *Tx) RestoreEntry(kind, id string, before []byte) error {
	table, column, err := entryPlace(kind)
	if err != nil {
		return err
	}
	if before == nil {
		var key any = id
		if kind == records.EntryOrder {
			key = t.lookup(kindAccession, records.FoldNumber(id))
		}
		return t.exec(`DELETE FROM `+table+` WHERE `+column+` = ?`, key)
	}
	switch kind {
	case records.EntryPatient:
		return restore(before, t.PutPatient)
	case records.EntryHealth:
		return restore(before, t.PutHealthRecord)
	case records.EntryVisit:
		return restore(before, t.PutVisit)
	case records.EntryOrder:
		return restore(before, t.PutOrder)
	case records.EntryDiagnosis:
		return restore(before, t.PutDiagnosis)
	case records.EntryAllergy:
		return restore(before, t.PutAllergy)
	case records.EntryLab:
		return restore(before, t.PutLabValue)
	}
	return restore(before, t.PutPastReport)
}

func restore[T any](before []byte, put func(*T) error) error {
	v := new(T)
	if err := json.Unmarshal(before, v); err != nil {
		return err
	}
	return put(v)
}

// UsedBy says what stands on a patient, a visit or an order so that it may not
// be removed; empty: nothing.
func (t *Tx) UsedBy(kind, id, patientID string) (string, error) {
	checks := map[string][]struct{ what, query string }{
		records.EntryPatient: {
			{"study", `SELECT count(*) FROM examinations WHERE patient_id = ?`},
			{"consult", `SELECT count(*) FROM consults WHERE patient_id = ?`},
			{"merge", `SELECT count(*) FROM merges WHERE ? IN (gone, kept)`},
			{"visit", `SELECT count(*) FROM visits WHERE patient_id = ?`},
			{"order", `SELECT count(*) FROM orders WHERE patient_id = ?`},
			{"diagnosis", `SELECT count(*) FROM diagnoses WHERE patient_id = ?`},
			{"allergy", `SELECT count(*) FROM allergies WHERE patient_id = ?`},
			{"laboratory_value", `SELECT count(*) FROM laboratory_values WHERE patient_id = ?`},
			{"past_report", `SELECT count(*) FROM past_reports WHERE patient_id = ?`},
			{"health_record", `SELECT count(*) FROM health_records WHERE patient_id = ?`},
		},
	}[kind]
	for _, c := range checks {
		var n int
		if err := t.tx.QueryRowContext(t.ctx, c.query, id).Scan(&n); err != nil {
			return "", err
		}
		if n > 0 {
			return c.what, nil
		}
	}
	switch kind {
	case records.EntryOrder:
		list, err := t.Examinations(records.ExaminationFilter{PatientID: patientID})
		for _, ex := range list {
			if records.FoldNumber(ex.AccessionNumber) == records.FoldNumber(id) {
				return "study", nil
			}
		}
		return "", err
	case records.EntryVisit:
		list, err := t.OrdersOf(patientID)
		for _, o := range list {
			if o.VisitID == id {
				return "order", nil
			}
		}
		return "", err
	}
	return "", nil
}
