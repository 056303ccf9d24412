package reading

import (
	"context"
	"fmt"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Prior is a finding that another may follow, with the study that it is of.
type Prior struct {
	Finding     records.Finding     `json:"finding"`
	Examination records.Examination `json:"examination"`
}

// Priors lists the confirmed findings in the patient's other studies, none of
// later studies, the newest study first: the choice for a doctor, who alone
// links.
func (r *Reading) Priors(ctx context.Context, actor records.User, findingUID string) ([]Prior, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", findingUID); err != nil {
		return nil, err
	}
	var out []Prior
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		f, err := tx.Finding(findingUID)
		if err != nil {
			return err
		}
		this, err := linkedExamination(tx, f.StudyUID)
		if err != nil {
			return err
		}
		others, err := tx.Examinations(records.ExaminationFilter{PatientID: this.PatientID})
		if err != nil {
			return err
		}
		for _, ex := range others {
			if ex.StudyUID == this.StudyUID || !this.Date.IsZero() && ex.Date.After(this.Date) {
				continue
			}
			hidden, err := tx.HiddenModels(ex.StudyUID, actor)
			if err != nil {
				return err
			}
			findings, err := tx.FindingsOf(ex.StudyUID)
			if err != nil {
				return err
			}
			findings = records.Shown(findings, hidden)
			for _, p := range findings {
				if p.State.Factual() {
					out = append(out, Prior{p, ex})
				}
			}
		}
		return nil
	})
	return out, err
}

// Follow is a named doctor's word that a finding is the lesion of a prior
// finding of the same patient. What follows the finding itself takes the
// lesion's identity with it, in the same transaction.
func (r *Reading) Follow(ctx context.Context, actor records.User, findingUID, priorUID string) (records.Finding, error) {
	return r.relate(ctx, actor, findingUID, "follow", priorUID, func(tx *sqlite.Tx, f *records.Finding, ex *records.Examination) (records.Finding, error) {
		prior, err := tx.Finding(priorUID)
		if err != nil {
			return *f, fmt.Errorf("finding %s: %w", priorUID, err)
		}
		if err := requireShown(tx, actor, prior); err != nil {
			return *f, err
		}
		before, err := tx.Examination(prior.StudyUID)
		if err != nil {
			return *f, err
		}
		for at := prior; at.FollowUp != nil; {
			if at.FollowUp.FindingUID == f.UID {
				return *f, &records.RefusedError{Code: "follow_circle", Reason: "the prior finding follows this one already"}
			}
			if at, err = tx.Finding(at.FollowUp.FindingUID); err != nil {
				return *f, err
			}
		}
		return f.Follow(*prior, *ex, *before, actor, r.now())
	})
}

// Unfollow takes such a word back; the link stays in the history.
func (r *Reading) Unfollow(ctx context.Context, actor records.User, findingUID, reason string) (records.Finding, error) {
	return r.relate(ctx, actor, findingUID, "unfollow", strings.TrimSpace(reason), func(_ *sqlite.Tx, f *records.Finding, _ *records.Examination) (records.Finding, error) {
		return f.Unfollow(actor, records.RightVerdict, reason, r.now())
	})
}

func (r *Reading) relate(ctx context.Context, actor records.User, findingUID, action, detail string, change func(*sqlite.Tx, *records.Finding, *records.Examination) (records.Finding, error)) (_ records.Finding, err error) {
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
		next, err := change(tx, f, ex)
		if err != nil {
			return err
		}
		if err := tx.AppendFindingVersion(&next); err != nil {
			return err
		}
		if err := tx.CarryTracking(&next, ex.PatientID, actor, records.RightVerdict, r.now()); err != nil {
			return err
		}
		out = next
		return r.audit(tx, actor, action, findingUID, ex.PatientID, "ok", detail)
	})
	return out, err
}

// checkPriors refuses a comparison with a prior finding that has changed since.
func checkPriors(tx *sqlite.Tx, findings []records.Finding) error {
	for _, f := range findings {
		if !f.State.Factual() || f.FollowUp == nil {
			continue
		}
		prior, err := tx.Finding(f.FollowUp.FindingUID)
		if err != nil {
			return err
		}
		if !prior.State.Factual() || !f.FollowUp.Compares(prior) {
			return &records.RefusedError{Code: "follow_stale", Args: []string{f.Label.Zh},
				Reason: fmt.Sprintf("the prior finding of %s has changed since they were linked; undo the link and make it anew", f.UID)}
		}
	}
	return nil
}
