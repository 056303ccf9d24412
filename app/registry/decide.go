package registry

import (
	"context"
	"fmt"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// DecideIntake is a named person's word on a row of the review list. same: the
// row is about the person of the register whom its number names; what it says
// of them is taken, as a batch of its own, and the identity in the register
// stays as it is. Otherwise the row is dropped. Two entries that are one person
// are merged by Merge, and the row dropped.
func (r *Registry) DecideIntake(ctx context.Context, actor records.User, id string, same bool, reason string) (_ records.IntakeReview, err error) {
	defer trail.Outcome(ctx, r.store, actor, "decide_row", id, &err)
	var out records.IntakeReview
	if err := trail.Require(ctx, r.store, actor, records.RightLink, "decide_row", id); err != nil {
		return out, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return out, &records.RefusedError{Code: "reason_missing", Reason: "a decision about a row needs a reason"}
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		rev, err := tx.IntakeReview(id)
		if err != nil {
			return err
		}
		if rev.State != records.ReviewOpen {
			return &records.RefusedError{Code: "review_decided", Args: []string{id}, Reason: "row " + id + " was decided already"}
		}
		rev.State, rev.DecidedBy, rev.DecidedAt, rev.Reason = records.ReviewDropped, actor.ID, r.now(), reason
		if same {
			if rev.Code != "contradicts" && rev.Code != "number_alone" {
				return &records.RefusedError{Code: "review_two", Args: []string{id}, Reason: "the row is about two entries of the register; merge them or not, then drop the row"}
			}
			rev.State = records.ReviewUsed
			res := PeopleResult{Rows: 1}
			a := &intaker{tx: tx, res: &res, now: r.now(), row: rev.Intake.Row, item: &PeopleItem{Status: RowSame},
				batch: records.Batch{File: rev.File, Format: "review", State: records.BatchStored, By: actor.ID, ByName: actor.Name, At: r.now()}}
			if err := tx.PutBatch(&a.batch); err != nil {
				return err
			}
			if e, err := a.entries(&rev.Intake, rev.PatientID); err != nil {
				return err
			} else if e != nil {
				return &records.RefusedError{Code: "review_entry", Args: []string{id}, Reason: e.Reason}
			}
			a.res.Items = append(a.res.Items, *a.item)
			a.finish()
			if err := tx.PutBatch(&a.batch); err != nil {
				return err
			}
		}
		if _, err := tx.PutIntakeReview(rev); err != nil {
			return err
		}
		out = *rev
		return r.audit(tx, actor, "decide_row", id, rev.PatientID, "ok", fmt.Sprintf("%s: %s", rev.State, reason))
	})
	return out, err
}
