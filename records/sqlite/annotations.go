package sqlite

import (
	"errors"
	"fmt"

	"longying/records"
)

// PutAnnotation stores the next version of what somebody drew. A version that is
// not the last one + 1 is a *records.StaleError: somebody else was faster.
func (t *Tx) PutAnnotation(a *records.Annotation) error {
	last, err := t.Annotation(a.UID)
	switch {
	case errors.Is(err, records.ErrNotFound):
		last = &records.Annotation{Ref: a.Ref}
	case err != nil:
		return fmt.Errorf("annotation %s: %w", a.UID, err)
	}
	switch {
	case a.UID == "" || a.Ref.StudyUID == "":
		return &records.RefusedError{Code: "annotation", Args: []string{a.UID}, Reason: "an annotation needs a UID and a study instance UID"}
	case a.Version != last.Version+1:
		return &records.StaleError{What: "annotation", ID: a.UID, Last: last.Version, Got: a.Version}
	case last.Ref.StudyUID != a.Ref.StudyUID || last.Ref.SOPUID != a.Ref.SOPUID || last.Ref.Frame != a.Ref.Frame:
		return &records.ConflictError{What: "annotation", ID: a.UID, Detail: "it lies on another image"}
	}
	row := findingRow(a.UID, a.Version)
	sealed, err := t.seal("annotation_versions", row, a)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO annotation_versions (uid, version, study_uid, state, at, sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		a.UID, a.Version, a.Ref.StudyUID, string(a.State), nanos(a.At), sealed)
}

// Annotation is the latest version.
func (t *Tx) Annotation(uid string) (*records.Annotation, error) {
	return one[records.Annotation](t, "annotation_versions",
		`SELECT uid || '/' || version, sealed FROM annotation_versions WHERE uid = ? ORDER BY version DESC LIMIT 1`, uid)
}

// AnnotationsOf lists the latest version of everything that was drawn in a
// study, in the order in which it was drawn; what was deleted too.
func (t *Tx) AnnotationsOf(studyUID string) ([]records.Annotation, error) {
	return all[records.Annotation](t, "annotation_versions", `SELECT a.uid || '/' || a.version, a.sealed FROM annotation_versions a
		JOIN (SELECT uid, max(version) AS latest, min(rowid) AS made FROM annotation_versions WHERE study_uid = ? GROUP BY uid) l
		ON l.uid = a.uid AND l.latest = a.version ORDER BY l.made`, studyUID)
}

// AnnotationHistory lists every version, oldest first.
func (t *Tx) AnnotationHistory(uid string) ([]records.Annotation, error) {
	return all[records.Annotation](t, "annotation_versions",
		`SELECT uid || '/' || version, sealed FROM annotation_versions WHERE uid = ? ORDER BY version`, uid)
}
