package sqlite

import (
	"errors"
	"fmt"

	"longying/records"
)

// InsertFinding stores the first version of an observation; version 0 becomes
// 1. A FindingUID that is in the record is a *records.DuplicateError.
func (t *Tx) InsertFinding(f *records.Finding) error {
	if f.UID == "" || f.StudyUID == "" {
		return &records.RefusedError{Code: "finding_uid", Reason: "a finding needs a finding UID and a study instance UID"}
	}
	if f.Version > 1 {
		return &records.StaleError{What: "finding", ID: f.UID, Last: 0, Got: f.Version}
	}
	_, err := t.Finding(f.UID)
	if err == nil {
		return &records.DuplicateError{What: "finding", Key: "finding_uid", Other: f.UID}
	}
	if !errors.Is(err, records.ErrNotFound) {
		return err
	}
	f.Version = 1
	return t.putFinding(f)
}

// AppendFindingVersion stores the next version of an observation. A version
// that is not the last one + 1 is a *records.StaleError: somebody else was
// faster. A withdrawn finding takes no further version.
func (t *Tx) AppendFindingVersion(f *records.Finding) error {
	last, err := t.Finding(f.UID)
	switch {
	case err != nil:
		return fmt.Errorf("finding %s: %w", f.UID, err)
	case f.Version != last.Version+1:
		return &records.StaleError{What: "finding", ID: f.UID, Last: last.Version, Got: f.Version}
	case last.StudyUID != f.StudyUID:
		return &records.ConflictError{What: "finding", ID: f.UID, Detail: "it is an observation of another study"}
	case last.State == records.FindingWithdrawn:
		return &records.RefusedError{Code: "withdrawn", Args: []string{f.UID}, Reason: "finding " + f.UID + " was withdrawn, which is final"}
	}
	return t.putFinding(f)
}

func (t *Tx) putFinding(f *records.Finding) error {
	sealed, err := t.seal("finding_versions", findingRow(f.UID, f.Version), f)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO finding_versions (uid, version, study_uid, state, at, sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		f.UID, f.Version, f.StudyUID, string(f.State), nanos(f.At), sealed)
}

// findingRow names a version's row, uid || '/' || version in SQL.
func findingRow(uid string, version int) string { return fmt.Sprintf("%s/%d", uid, version) }

// Finding is the latest version of an observation.
func (t *Tx) Finding(uid string) (*records.Finding, error) {
	return one[records.Finding](t, "finding_versions",
		`SELECT uid || '/' || version, sealed FROM finding_versions WHERE uid = ? ORDER BY version DESC LIMIT 1`, uid)
}

// FindingsOf lists the latest version of every observation in a study, in the
// order in which the observations were made; withdrawn and rejected ones too.
func (t *Tx) FindingsOf(studyUID string) ([]records.Finding, error) {
	return all[records.Finding](t, "finding_versions", `SELECT f.uid || '/' || f.version, f.sealed FROM finding_versions f
		JOIN (SELECT uid, max(version) AS latest, min(rowid) AS made FROM finding_versions WHERE study_uid = ? GROUP BY uid) l
		ON l.uid = f.uid AND l.latest = f.version ORDER BY l.made`, studyUID)
}

// FindingHistory lists every version of an observation, oldest first.
func (t *Tx) FindingHistory(uid string) ([]records.Finding, error) {
	return all[records.Finding](t, "finding_versions",
		`SELECT uid || '/' || version, sealed FROM finding_versions WHERE uid = ? ORDER BY version`, uid)
}
