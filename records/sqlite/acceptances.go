package sqlite

import (
	"errors"

	"longying/records"
)

func modelKey(m records.ModelRef) string { return m.ID + "@" + m.Version }

// InsertAcceptance adds an entry to the history of a model version. Its ID is
// made here where it is empty.
func (t *Tx) InsertAcceptance(a *records.Acceptance) error {
	if a.Model.ID == "" || a.Model.Version == "" || a.Model.SHA256 == "" {
		return errors.New("an acceptance names no model version and hash")
	}
	if a.ID == "" {
		a.ID = newID()
	}
	sealed, err := t.seal("acceptances", a.ID, a)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO acceptances (id, model_sha256, model, act, at, sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		a.ID, a.Model.SHA256, modelKey(a.Model), string(a.Act), nanos(a.At), sealed)
}

// Acceptances lists the history of a model version, oldest first. Another file
// under the same version is another model.
func (t *Tx) Acceptances(m records.ModelRef) ([]records.Acceptance, error) {
	return all[records.Acceptance](t, "acceptances",
		`SELECT id, sealed FROM acceptances WHERE model = ? AND model_sha256 = ? ORDER BY rowid`, modelKey(m), m.SHA256)
}

// Accepted is the acceptance in force, or records.ErrNotFound: none, or
// withdrawn.
func (t *Tx) Accepted(m records.ModelRef) (*records.Acceptance, error) {
	a, err := one[records.Acceptance](t, "acceptances", `SELECT id, sealed FROM acceptances
		WHERE model = ? AND model_sha256 = ? AND act <> 'measured' ORDER BY rowid DESC LIMIT 1`, modelKey(m), m.SHA256)
	if err == nil && a.Act != records.ModelAccepted {
		return nil, records.ErrNotFound
	}
	return a, err
}
