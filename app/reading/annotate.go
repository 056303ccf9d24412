package reading

import (
	"context"
	"fmt"

	"longying/app/trail"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/sqlite"
)

// Annotations lists what was measured and drawn by hand in a study and stands.
func (r *Reading) Annotations(ctx context.Context, actor records.User, studyUID string) ([]records.Annotation, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", studyUID); err != nil {
		return nil, err
	}
	var out []records.Annotation
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.AnnotationsOf(studyUID)
		out = records.StandingAnnotations(out)
		return err
	})
	return out, err
}

// Annotate keeps what a doctor drew on an image of the study. The study may be
// nobody's yet: it is a statement about the image.
func (r *Reading) Annotate(ctx context.Context, actor records.User, drawn records.Annotation) (records.Annotation, error) {
	uid, tracking := dicomfile.NewUID(), dicomfile.NewUID()
	return r.annotate(ctx, actor, "annotate", drawn.Ref.StudyUID, func(tx *sqlite.Tx) (records.Annotation, error) {
		next, err := records.Annotate(uid, tracking, drawn, actor, r.now())
		if err != nil {
			return next, err
		}
		on := next.Ref.SOPUID
		if next.Cut != nil {
			on = next.Cut.SOPUID
		}
		o, err := tx.Object(on)
		if err != nil {
			return next, fmt.Errorf("instance %s: %w", on, err)
		}
		if o.StudyUID != next.Ref.StudyUID {
			return next, &records.RefusedError{Code: "other_study", Reason: "instance " + on + " is of another study"}
		}
		next.Ref.SeriesUID = o.SeriesUID
		if next.Cut == nil {
			next.Ref.SOPClass = o.SOPClass
		}
		return next, nil
	})
}

// EditAnnotation changes the points, with what was measured of them, or the
// words.
func (r *Reading) EditAnnotation(ctx context.Context, actor records.User, uid string, change records.AnnotationChange) (records.Annotation, error) {
	return r.reannotate(ctx, actor, "edit_annotation", uid, func(_ *sqlite.Tx, a *records.Annotation) (records.Annotation, error) {
		return a.Edit(change, actor, r.now())
	})
}

// LeaveAnnotation leaves it out of the report and of what leaves with that, or
// takes it in again. On the image and in the record it stays.
func (r *Reading) LeaveAnnotation(ctx context.Context, actor records.User, uid string, out bool) (records.Annotation, error) {
	return r.reannotate(ctx, actor, "leave_annotation", uid, func(_ *sqlite.Tx, a *records.Annotation) (records.Annotation, error) {
		if a.LeftOut == out {
			return *a, &records.RefusedError{Code: "annotation_left", Args: []string{a.UID}, Reason: "annotation " + a.UID + " is left out of the report, or in it, already"}
		}
		return a.Edit(records.AnnotationChange{LeftOut: &out}, actor, r.now())
	})
}

// AnnotationHistory lists every version of what was drawn, oldest first; those
// too that it had under another UID, before its study was taken from a patient.
func (r *Reading) AnnotationHistory(ctx context.Context, actor records.User, uid string) ([]records.Annotation, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", uid); err != nil {
		return nil, err
	}
	var out []records.Annotation
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		seen := map[string]bool{}
		for uid != "" && !seen[uid] {
			seen[uid] = true
			versions, err := tx.AnnotationHistory(uid)
			if err != nil {
				return err
			}
			uid = ""
			if len(versions) > 0 {
				uid = versions[0].Was
			}
			if len(out) > 0 && len(versions) > 0 && versions[len(versions)-1].State == records.AnnotationDeleted {
				versions = versions[:len(versions)-1] // ended where the next one begins
			}
			if len(out) > 0 && len(versions) > 0 {
				out = out[1:] // the first of the next says what the last one said
			}
			out = append(versions, out...)
		}
		return nil
	})
	return out, err
}

// DeleteAnnotation takes it off the picture; its history stays.
func (r *Reading) DeleteAnnotation(ctx context.Context, actor records.User, uid string) (records.Annotation, error) {
	return r.reannotate(ctx, actor, "delete_annotation", uid, func(_ *sqlite.Tx, a *records.Annotation) (records.Annotation, error) {
		return a.Delete(actor, r.now())
	})
}

// UndoAnnotation goes back to what an earlier version said, 0 for nothing, as a
// new version. from is the version that is there now for whoever asks: where
// somebody else was faster it is a *records.StaleError.
func (r *Reading) UndoAnnotation(ctx context.Context, actor records.User, uid string, from, to int) (records.Annotation, error) {
	return r.reannotate(ctx, actor, "undo_annotation", uid, func(tx *sqlite.Tx, a *records.Annotation) (records.Annotation, error) {
		history, err := tx.AnnotationHistory(uid)
		if err != nil {
			return *a, err
		}
		if a.Version != from || to < 0 || to >= from {
			return *a, &records.StaleError{What: "annotation", ID: uid, Last: a.Version, Got: from + 1}
		}
		if to == 0 {
			return a.Back(nil, actor, r.now())
		}
		return a.Back(&history[to-1], actor, r.now())
	})
}

func (r *Reading) reannotate(ctx context.Context, actor records.User, action, uid string, change func(*sqlite.Tx, *records.Annotation) (records.Annotation, error)) (records.Annotation, error) {
	return r.annotate(ctx, actor, action, uid, func(tx *sqlite.Tx) (records.Annotation, error) {
		a, err := tx.Annotation(uid)
		if err != nil {
			return records.Annotation{}, err
		}
		return change(tx, a)
	})
}

// annotate stores a version and its audit event in one transaction.
func (r *Reading) annotate(ctx context.Context, actor records.User, action, object string, make func(*sqlite.Tx) (records.Annotation, error)) (_ records.Annotation, err error) {
	defer trail.Outcome(ctx, r.store, actor, action, object, &err)
	if err := trail.Require(ctx, r.store, actor, records.RightVerdict, action, object); err != nil {
		return records.Annotation{}, err
	}
	var out records.Annotation
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		next, err := make(tx)
		if err != nil {
			return err
		}
		ex, err := tx.Examination(next.Ref.StudyUID)
		if err != nil {
			return err
		}
		if err := tx.PutAnnotation(&next); err != nil {
			return err
		}
		out = next
		return r.audit(tx, actor, action, next.UID, ex.PatientID, "ok", string(next.Tool))
	})
	return out, err
}
