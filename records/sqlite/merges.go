package sqlite

import (
	"errors"

	"longying/records"
)

// InsertMerge keeps one act on two entries of the register; an empty ID is
// filled.
func (t *Tx) InsertMerge(m *records.Merge) error {
	if m.ID == "" {
		m.ID = newID()
	}
	sealed, err := t.seal("merges", m.ID, m)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO merges (id, gone, kept, act, at, sealed) VALUES (?, ?, ?, ?, ?, ?)`, m.ID, m.Gone, m.Kept, m.Act, nanos(m.At), sealed)
}

// Merged is the act by which an entry stands for another one, or
// records.ErrNotFound where it stands for itself.
func (t *Tx) Merged(patientID string) (*records.Merge, error) {
	m, err := one[records.Merge](t, "merges", `SELECT id, sealed FROM merges WHERE gone = ? ORDER BY rowid DESC LIMIT 1`, patientID)
	if err == nil && m.Act != records.ActMerge {
		return nil, records.ErrNotFound
	}
	return m, err
}

// Person is the ID of the entry under which a person goes on: the entry's own
// where it was merged into none.
func (t *Tx) Person(patientID string) (string, error) {
	for {
		m, err := t.Merged(patientID)
		if errors.Is(err, records.ErrNotFound) {
			return patientID, nil
		}
		if err != nil {
			return "", err
		}
		patientID = m.Kept
	}
}

// Entries are the IDs of all entries of a person: the one that goes on, then
// those merged into it, directly or not.
func (t *Tx) Entries(kept string) ([]string, error) {
	out := []string{kept}
	for i := 0; i < len(out); i++ {
		acts, err := all[records.Merge](t, "merges", `SELECT id, sealed FROM merges m WHERE kept = ? AND act = 'merge'
			AND NOT EXISTS (SELECT 1 FROM merges l WHERE l.gone = m.gone AND l.rowid > m.rowid) ORDER BY rowid`, out[i])
		if err != nil {
			return nil, err
		}
		for _, a := range acts {
			out = append(out, a.Gone)
		}
	}
	return out, nil
}

// MergesOf lists every act in which an entry had a part, oldest first.
func (t *Tx) MergesOf(patientID string) ([]records.Merge, error) {
	return all[records.Merge](t, "merges", `SELECT id, sealed FROM merges WHERE gone = ?1 OR kept = ?1 ORDER BY rowid`, patientID)
}
