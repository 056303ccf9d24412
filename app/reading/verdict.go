package reading

import (
	"context"
	"fmt"
	"slices"

	"longying/app/trail"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/inference"
	"longying/records"
	"longying/records/sqlite"
)

// Findings lists the latest version of every finding of a study, but for those
// of models that are hidden from a doctor until their first read.
func (r *Reading) Findings(ctx context.Context, actor records.User, studyUID string) ([]records.Finding, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", studyUID); err != nil {
		return nil, err
	}
	var out []records.Finding
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		hidden, err := tx.HiddenModels(studyUID, actor)
		if err != nil {
			return err
		}
		out, err = tx.FindingsOf(studyUID)
		out = records.Shown(out, hidden)
		return err
	})
	return out, err
}

// History lists every version of one finding, oldest first.
func (r *Reading) History(ctx context.Context, actor records.User, findingUID string) ([]records.Finding, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", findingUID); err != nil {
		return nil, err
	}
	var out []records.Finding
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.FindingHistory(findingUID)
		if err != nil || len(out) == 0 {
			return err
		}
		return requireShown(tx, actor, &out[0])
	})
	return out, err
}

// Runs lists what each model said about a study, refusals included.
func (r *Reading) Runs(ctx context.Context, actor records.User, studyUID string) ([]records.Run, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", studyUID); err != nil {
		return nil, err
	}
	var out []records.Run
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		hidden, err := tx.HiddenModels(studyUID, actor)
		if err != nil {
			return err
		}
		out, err = tx.RunsOf(studyUID)
		out = slices.DeleteFunc(out, func(r records.Run) bool {
			return r.Outcome != string(inference.Refused) && slices.Contains(hidden, r.Model.ID)
		})
		return err
	})
	return out, err
}

// Confirm is a named doctor's agreement with a finding as it stands.
func (r *Reading) Confirm(ctx context.Context, actor records.User, findingUID string) (records.Finding, error) {
	return r.decide(ctx, actor, findingUID, "confirm", func(f records.Finding) (records.Finding, error) {
		return f.Confirm(actor, r.now())
	})
}

// Edit is a named doctor's agreement with changes.
func (r *Reading) Edit(ctx context.Context, actor records.User, findingUID string, change records.FindingChange) (records.Finding, error) {
	return r.decide(ctx, actor, findingUID, "edit", func(f records.Finding) (records.Finding, error) {
		return f.Edit(actor, change, r.now())
	})
}

// Reject is a named doctor's disagreement, with a reason.
func (r *Reading) Reject(ctx context.Context, actor records.User, findingUID, reason string) (records.Finding, error) {
	return r.decide(ctx, actor, findingUID, "reject", func(f records.Finding) (records.Finding, error) {
		return f.Reject(actor, reason, r.now())
	})
}

// Mark keeps a doctor's own finding on an image of the study, or on the study as
// a whole where ref names no instance.
func (r *Reading) Mark(ctx context.Context, actor records.User, ref imaging.Ref, change records.FindingChange) (_ records.Finding, err error) {
	defer trail.Outcome(ctx, r.store, actor, "mark", ref.StudyUID, &err)
	var out records.Finding
	if err := trail.Require(ctx, r.store, actor, records.RightVerdict, "mark", ref.StudyUID); err != nil {
		return out, err
	}
	made, err := records.Mark(dicomfile.NewUID(), dicomfile.NewUID(), ref, change, actor, r.now())
	if err != nil {
		return out, err
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		ex, err := linkedExamination(tx, ref.StudyUID)
		if err != nil {
			return err
		}
		out = made
		if ref.SOPUID != "" {
			o, err := tx.Object(ref.SOPUID)
			if err != nil {
				return fmt.Errorf("instance %s: %w", ref.SOPUID, err)
			}
			if o.StudyUID != ref.StudyUID {
				return &records.RefusedError{Code: "other_study", Reason: "instance " + ref.SOPUID + " is of another study"}
			}
			out.Ref.SeriesUID, out.Ref.SOPClass = o.SeriesUID, o.SOPClass
		}
		if err := tx.InsertFinding(&out); err != nil {
			return err
		}
		return r.audit(tx, actor, "mark", out.UID, ex.PatientID, "ok", "")
	})
	return out, err
}

// Undo takes the last act on a finding back, as a new version.
func (r *Reading) Undo(ctx context.Context, actor records.User, findingUID string) (records.Finding, error) {
	history, err := r.History(ctx, actor, findingUID)
	if err != nil {
		return records.Finding{}, err
	}
	var before records.Finding
	if len(history) > 1 {
		before = history[len(history)-2]
	}
	return r.decide(ctx, actor, findingUID, "undo", func(f records.Finding) (records.Finding, error) {
		return f.Undo(before, actor, r.now())
	})
}

// decide writes the verdict and its audit event in one transaction: neither is
// ever there without the other. The study must be linked to a patient, because
// a verdict is an entry of somebody's record.
func (r *Reading) decide(ctx context.Context, actor records.User, findingUID, action string, verdict func(records.Finding) (records.Finding, error)) (_ records.Finding, err error) {
	defer trail.Outcome(ctx, r.store, actor, action, findingUID, &err)
	var out records.Finding
	if err := trail.Require(ctx, r.store, actor, records.RightVerdict, action, findingUID); err != nil {
		return out, err
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		f, err := tx.Finding(findingUID)
		if err != nil {
			return err
		}
		if err := requireShown(tx, actor, f); err != nil {
			return err
		}
		ex, err := linkedExamination(tx, f.StudyUID)
		if err != nil {
			return err
		}
		next, err := verdict(*f)
		if err != nil {
			return err
		}
		if err := tx.AppendFindingVersion(&next); err != nil {
			return err
		}
		if !next.State.Factual() {
			if _, err := tx.DissolveFollowing(next.UID, ex.PatientID, "the prior finding is "+string(next.State)+" now: "+next.Reason, actor, records.RightVerdict, r.now()); err != nil {
				return err
			}
		}
		out = next
		return r.audit(tx, actor, action, findingUID, ex.PatientID, "ok", "")
	})
	return out, err
}

// linkedExamination is the examination of a study, refused when the study is
// not linked to a patient.
func linkedExamination(tx *sqlite.Tx, studyUID string) (*records.Examination, error) {
	ex, err := tx.Examination(studyUID)
	if err != nil {
		return nil, err
	}
	if !ex.Link.Linked() {
		return nil, &records.RefusedError{Code: "not_linked", Args: []string{studyUID},
			Reason: "study " + studyUID + " is not linked to a patient; decide on the review list whose it is (longying patients review)"}
	}
	return ex, nil
}
