package sqlite

import "longying/records"

// PutPhrase stores a phrase; an empty ID is filled.
func (t *Tx) PutPhrase(p *records.Phrase) error {
	if p.ID == "" {
		p.ID = newID()
	}
	sealed, err := t.seal("phrases", p.ID, p)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO phrases (id, at, sealed) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at, sealed = excluded.sealed`,
		p.ID, nanos(p.At), sealed)
}

// Phrase is one phrase, or records.ErrNotFound.
func (t *Tx) Phrase(id string) (*records.Phrase, error) {
	return one[records.Phrase](t, "phrases", `SELECT id, sealed FROM phrases WHERE id = ?`, id)
}

// Phrases lists all, the last changed first.
func (t *Tx) Phrases() ([]records.Phrase, error) {
	return all[records.Phrase](t, "phrases", `SELECT id, sealed FROM phrases ORDER BY at DESC, id`)
}

// DeletePhrase removes a phrase.
func (t *Tx) DeletePhrase(id string) error { return t.exec(`DELETE FROM phrases WHERE id = ?`, id) }
