package reading

import (
	"context"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Mine are the studies that are somebody's own work, by their UID: those that
// they have read first, whose draft is theirs, whose report they have submitted,
// and, where they may review, whose report waits for a reviewer other than its
// author.
func (r *Reading) Mine(ctx context.Context, actor records.User) (map[string]bool, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "list_studies", ""); err != nil {
		return nil, err
	}
	now, err := trail.Present(ctx, r.store, actor)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	err = r.store.View(ctx, func(tx *sqlite.Tx) error {
		clear(out)
		read, err := tx.FirstReadStudies(actor.ID)
		if err != nil {
			return err
		}
		for _, uid := range read {
			out[uid] = true
		}
		drafts, err := tx.ReportsIn(records.ReportDraft)
		if err != nil {
			return err
		}
		for _, d := range drafts {
			// One that a reviewer sent back no longer says whose it was: it is
			// everybody else's, until somebody writes on.
			back := d.Returned != nil && d.Returned.By == d.UpdatedBy
			if (d.UpdatedBy == actor.ID) != back {
				out[d.StudyUID] = true
			}
		}
		waiting, err := tx.ReportsIn(records.ReportSubmitted)
		if err != nil {
			return err
		}
		for _, w := range waiting {
			if w.UpdatedBy == actor.ID || now.Role.May(records.RightReview) {
				out[w.StudyUID] = true
			}
		}
		return nil
	})
	return out, err
}
