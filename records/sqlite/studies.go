package sqlite

import (
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"longying/records"
)

// orderRow names an order's row, lower(hex(accession_key)) in SQL.
func orderRow(key []byte) string { return hex.EncodeToString(key) }

// PutExamination stores one study of the record, new or changed.
func (t *Tx) PutExamination(e *records.Examination) error {
	if e.StudyUID == "" {
		return &records.RefusedError{Code: "study_uid", Reason: "an examination needs a study instance UID"}
	}
	if e.Link.Linked() != (e.PatientID != "") {
		return &records.RefusedError{Code: "link", Args: []string{e.StudyUID},
			Reason: "study " + e.StudyUID + ": a linked study names a patient, and one that is not linked names none"}
	}
	sealed, err := t.seal("examinations", e.StudyUID, e)
	if err != nil {
		return err
	}
	at := e.Date
	if at.IsZero() {
		at = e.ImportedAt
	}
	return t.exec(`INSERT INTO examinations (study_uid, patient_id, link, sort_at, sealed) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (study_uid) DO UPDATE SET patient_id = excluded.patient_id, link = excluded.link, sort_at = excluded.sort_at, sealed = excluded.sealed`,
		e.StudyUID, nullable(e.PatientID), string(e.Link), nanos(at), sealed)
}

// Examination is one study of the record.
func (t *Tx) Examination(studyUID string) (*records.Examination, error) {
	return one[records.Examination](t, "examinations", `SELECT study_uid, sealed FROM examinations WHERE study_uid = ?`, studyUID)
}

// Examinations lists the studies that a filter lets through, newest first.
func (t *Tx) Examinations(f records.ExaminationFilter) ([]records.Examination, error) {
	query := `SELECT study_uid, sealed FROM examinations WHERE (?1 IS NULL OR patient_id = ?1) AND (?2 IS NULL OR link = ?2) ORDER BY sort_at DESC, study_uid`
	args := []any{nullable(f.PatientID), nullable(string(f.Link))}
	matches, err := t.textFilter(f)
	if err != nil {
		return nil, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = -1
	}
	if matches == nil {
		return all[records.Examination](t, "examinations", query+` LIMIT ?3 OFFSET ?4`, append(args, limit, max(0, f.Offset))...)
	}
	var out []records.Examination
	skip := max(0, f.Offset)
	errEnough := errors.New("enough")
	err = each(t, "examinations", func(_ string, e *records.Examination) error {
		switch {
		case !matches(e):
		case skip > 0:
			skip--
		default:
			if out = append(out, *e); len(out) == limit {
				return errEnough
			}
		}
		return nil
	}, query, args...)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, err
}

// textFilter is nil for an empty text.
func (t *Tx) textFilter(f records.ExaminationFilter) (func(*records.Examination) bool, error) {
	number := records.FoldNumber(f.Text)
	if number == "" {
		return nil, nil
	}
	found, err := t.PatientsByWholeNumber(f.Text)
	if err != nil {
		return nil, err
	}
	people := map[string]bool{}
	for _, p := range found {
		people[p.ID] = true
	}
	part := records.FoldName(f.Text)
	return func(e *records.Examination) bool {
		if people[e.PatientID] || records.FoldNumber(e.StudyUID) == number || strings.HasPrefix(records.FoldNumber(e.AccessionNumber), number) ||
			strings.HasPrefix(records.FoldNumber(e.Header.PatientID), number) || f.Person != nil && f.Person(e) {
			return true
		}
		for _, s := range []string{e.Header.Name, e.Header.Display, e.Description, e.BodyPart, e.Modality} {
			if part != "" && strings.Contains(records.FoldName(s), part) {
				return true
			}
		}
		return false
	}, nil
}

// ReviewList lists the studies that no rule linked, and those at which none has
// looked yet, newest first: nothing that is nobody's may stay unseen.
func (t *Tx) ReviewList() ([]records.Examination, error) {
	return all[records.Examination](t, "examinations", `SELECT study_uid, sealed FROM examinations WHERE link IN (?, ?) ORDER BY sort_at DESC, study_uid`,
		string(records.LinkReview), string(records.LinkPending))
}

// PutObject stores one SOP instance and reports whether it is new. The same SOP
// instance UID with other content is a *records.ConflictError, and what was
// there stays.
func (t *Tx) PutObject(o *records.Object) (inserted bool, err error) {
	known, err := t.Object(o.SOPUID)
	switch {
	case err == nil && known.SHA256 == o.SHA256 && known.StudyUID == o.StudyUID:
		return false, nil
	case err == nil:
		return false, &records.ConflictError{What: "object", ID: o.SOPUID, Detail: "two objects with one SOP instance UID differ in content; the first was kept"}
	case !errors.Is(err, records.ErrNotFound):
		return false, err
	}
	return true, t.exec(`INSERT INTO objects (sop_uid, study_uid, series_uid, sop_class, modality, sha256, size, file) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		o.SOPUID, o.StudyUID, o.SeriesUID, o.SOPClass, o.Modality, o.SHA256, o.Size, o.File)
}

const objectColumns = `SELECT sop_uid, study_uid, series_uid, sop_class, modality, sha256, size, file FROM objects `

func scanObject(scan func(...any) error) (o records.Object, err error) {
	err = scan(&o.SOPUID, &o.StudyUID, &o.SeriesUID, &o.SOPClass, &o.Modality, &o.SHA256, &o.Size, &o.File)
	return o, err
}

// Object is one SOP instance.
func (t *Tx) Object(sopUID string) (*records.Object, error) {
	o, err := scanObject(t.tx.QueryRowContext(t.ctx, objectColumns+`WHERE sop_uid = ?`, sopUID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, records.ErrNotFound
	}
	return &o, err
}

// ObjectsOf lists the SOP instances of a study in the order of their import.
func (t *Tx) ObjectsOf(studyUID string) ([]records.Object, error) {
	rows, err := t.tx.QueryContext(t.ctx, objectColumns+`WHERE study_uid = ? ORDER BY rowid`, studyUID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []records.Object
	for rows.Next() {
		o, err := scanObject(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// MiddleObject is one SOP instance of a study, the middle one in the order of
// their import, found without reading the others.
func (t *Tx) MiddleObject(studyUID string) (*records.Object, error) {
	o, err := scanObject(t.tx.QueryRowContext(t.ctx, objectColumns+`WHERE rowid = (SELECT rowid FROM objects WHERE study_uid = ?1 ORDER BY rowid
		LIMIT 1 OFFSET (SELECT count(*) / 2 FROM objects WHERE study_uid = ?1))`, studyUID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, records.ErrNotFound
	}
	return &o, err
}

// PutRun stores a run; an empty ID is filled.
func (t *Tx) PutRun(r *records.Run) error {
	id := r.ID
	if id == "" {
		id = newID()
	}
	stored := *r
	stored.ID = id
	sealed, err := t.seal("runs", id, stored)
	if err != nil {
		return err
	}
	if err := t.exec(`INSERT INTO runs (id, study_uid, at, sealed) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET study_uid = excluded.study_uid, at = excluded.at, sealed = excluded.sealed`,
		id, r.StudyUID, nanos(r.At), sealed); err != nil {
		return err
	}
	r.ID = id
	return nil
}

// RunsBetween gives every run of a time span, from at, before until, in the
// order in which they were stored, one at a time.
func (t *Tx) RunsBetween(from, until time.Time, f func(*records.Run) error) error {
	return each(t, "runs", func(_ string, r *records.Run) error { return f(r) },
		`SELECT id, sealed FROM runs WHERE at >= ? AND at < ? ORDER BY rowid`, nanos(from), nanos(until))
}

// RunsOf lists what models were asked about a study, in the order in which they
// were stored.
func (t *Tx) RunsOf(studyUID string) ([]records.Run, error) {
	return all[records.Run](t, "runs", `SELECT id, sealed FROM runs WHERE study_uid = ? ORDER BY rowid`, studyUID)
}
