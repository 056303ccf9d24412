package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"longying/records"
)

// LockedModels are the models that the department shows after a first read only.
func (t *Tx) LockedModels() ([]string, error) {
	raw, err := t.Setting(records.SettingFirstRead)
	if errors.Is(err, records.ErrNotFound) || err == nil && raw == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		return nil, fmt.Errorf("setting %s is damaged: %w", records.SettingFirstRead, err)
	}
	return out, nil
}

// InsertFirstRead keeps a first read for good. Another one of the same person,
// study and model is a *records.DuplicateError: it would no longer be the first.
func (t *Tx) InsertFirstRead(f *records.FirstRead) error {
	other, err := t.ownedByOther(`SELECT id FROM first_reads WHERE study_uid = ? AND model_id = ? AND user_id = ?`, f.StudyUID, f.ModelID, f.By)
	if err != nil {
		return err
	}
	if other != "" {
		return &records.DuplicateError{What: "first read", Key: "study, model and doctor", Other: other}
	}
	if f.ID == "" {
		f.ID = newID()
	}
	sealed, err := t.seal("first_reads", f.ID, f)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO first_reads (id, study_uid, model_id, user_id, at, sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		f.ID, f.StudyUID, f.ModelID, f.By, nanos(f.At), sealed)
}

// FirstReadsOf lists the first reads of a study, oldest first.
func (t *Tx) FirstReadsOf(studyUID string) ([]records.FirstRead, error) {
	return all[records.FirstRead](t, "first_reads", `SELECT id, sealed FROM first_reads WHERE study_uid = ? ORDER BY rowid`, studyUID)
}

// FirstReadStudies are the studies that a user has read first, by their UID. No
// sealed column is opened.
func (t *Tx) FirstReadStudies(userID string) (_ []string, err error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT DISTINCT study_uid FROM first_reads WHERE user_id = ? ORDER BY study_uid`, userID)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	var out []string
	for rows.Next() {
		var uid string
		if err := rows.Scan(&uid); err != nil {
			return nil, err
		}
		out = append(out, uid)
	}
	return out, rows.Err()
}

// FirstReadsBetween lists the first reads on a model in a time span, from at,
// before until, oldest first.
func (t *Tx) FirstReadsBetween(modelID string, from, until time.Time) ([]records.FirstRead, error) {
	return all[records.FirstRead](t, "first_reads", `SELECT id, sealed FROM first_reads WHERE model_id = ? AND at >= ? AND at < ? ORDER BY rowid`,
		modelID, nanos(from), nanos(until))
}

// HiddenModels are those of which a person is shown nothing about a study.
func (t *Tx) HiddenModels(studyUID string, u records.User) ([]string, error) {
	locked, err := t.LockedModels()
	if err != nil || len(locked) == 0 {
		return nil, err
	}
	reads, err := t.FirstReadsOf(studyUID)
	if err != nil {
		return nil, err
	}
	docs, err := t.SignedDocuments(studyUID)
	if err != nil {
		return nil, err
	}
	return records.HiddenModels(locked, reads, len(records.Standing(docs)) > 0, u), nil
}
