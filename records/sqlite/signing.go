package sqlite

import (
	"time"

	"longying/records"
	"longying/records/seal"
)

// NewID is a random identity for a row that is not stored yet.
func (t *Tx) NewID() string { return newID() }

// InsertSigningKey keeps a user's new key pair, which is the one in use from now
// on.
func (t *Tx) InsertSigningKey(k *seal.SigningKey, at time.Time) error {
	sealed, err := t.seal("signing_keys", k.ID, k)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO signing_keys (id, user_id, created_at, sealed) VALUES (?, ?, ?, ?)`, k.ID, k.UserID, nanos(at), sealed)
}

// SigningKey is the key pair that a user signs with, or records.ErrNotFound.
func (t *Tx) SigningKey(userID string) (*seal.SigningKey, error) {
	return one[seal.SigningKey](t, "signing_keys", `SELECT id, sealed FROM signing_keys WHERE user_id = ? ORDER BY rowid DESC LIMIT 1`, userID)
}

// criticalReadBack is how the column act says of a told value that it was read
// back: the list of open ones is asked for all the time.
const criticalReadBack = "read_back"

// InsertCriticalEvent keeps one act on a critical value for good; an empty ID is
// filled, and that of the value by the act that flags it.
func (t *Tx) InsertCriticalEvent(e *records.CriticalEvent) error {
	if e.ID == "" {
		e.ID = newID()
	}
	if e.Act == records.CriticalFlagged {
		e.ValueID = e.ID
	}
	sealed, err := t.seal("critical_events", e.ID, e)
	if err != nil {
		return err
	}
	act := e.Act
	if act == records.CriticalTold && e.ReadBack {
		act = criticalReadBack
	}
	return t.exec(`INSERT INTO critical_events (id, value_id, study_uid, act, at, sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		e.ID, e.ValueID, e.StudyUID, act, nanos(e.At), sealed)
}

// CriticalEventsOf lists the acts on one critical value, oldest first.
func (t *Tx) CriticalEventsOf(valueID string) ([]records.CriticalEvent, error) {
	return all[records.CriticalEvent](t, "critical_events", `SELECT id, sealed FROM critical_events WHERE value_id = ? ORDER BY rowid`, valueID)
}

// CriticalEvents lists the acts on the critical values of a study, oldest first.
func (t *Tx) CriticalEvents(studyUID string) ([]records.CriticalEvent, error) {
	return all[records.CriticalEvent](t, "critical_events", `SELECT id, sealed FROM critical_events WHERE study_uid = ? ORDER BY rowid`, studyUID)
}

// OpenCriticalEvents lists the acts on the values that nobody has read back and
// nobody has withdrawn, of every study, oldest first.
func (t *Tx) OpenCriticalEvents() ([]records.CriticalEvent, error) {
	return all[records.CriticalEvent](t, "critical_events", `SELECT id, sealed FROM critical_events e
		WHERE NOT EXISTS (SELECT 1 FROM critical_events w WHERE w.value_id = e.value_id AND w.act IN ('withdrawn', '`+criticalReadBack+`')) ORDER BY rowid`)
}
