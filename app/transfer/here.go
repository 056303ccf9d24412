package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"longying/app/trail"
	"longying/imaging/pacs"
	"longying/records"
	"longying/records/sqlite"
)

// Here is what this data folder has of a study.
type Here struct {
	Instances int       // in the record; 0: it is not
	Linked    bool      // it is known whose it is
	Signed    time.Time // when its report was first signed; zero: it is not
}

// Here looks up studies by their UIDs; one that is not in the record is left out.
func (t *Transfer) Here(ctx context.Context, actor records.User, studyUIDs []string) (map[string]Here, error) {
	if err := trail.Require(ctx, t.store, actor, records.RightViewPatient, "list_studies", ""); err != nil {
		return nil, err
	}
	var out map[string]Here
	err := t.store.View(ctx, func(tx *sqlite.Tx) error {
		out = map[string]Here{}
		for _, uid := range studyUIDs {
			ex, err := tx.Examination(uid)
			if errors.Is(err, records.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			h := Here{Instances: ex.Instances, Linked: ex.Link.Linked()}
			docs, err := tx.SignedDocuments(uid)
			if err != nil {
				return err
			}
			for _, d := range docs {
				if h.Signed.IsZero() || d.SignedAt.Before(h.Signed) {
					h.Signed = d.SignedAt
				}
			}
			out[uid] = h
		}
		return nil
	})
	return out, err
}

// Watch is Query for a list that asks again by itself: only the first time is
// audited, and each time the server fails.
func (t *Transfer) Watch(ctx context.Context, actor records.User, name string, q pacs.Query, first bool) (pacs.Found, error) {
	if first {
		return t.Query(ctx, actor, name, q)
	}
	if err := trail.Require(ctx, t.store, actor, records.RightViewPatient, "pacs_query", name); err != nil {
		return pacs.Found{}, err
	}
	c, err := t.client(ctx, name)
	if err != nil {
		return pacs.Found{}, err
	}
	defer c.Close()
	found, err := c.Studies(ctx, q)
	if err != nil && !errors.Is(err, context.Canceled) {
		err = errors.Join(err, t.audit(ctx, actor, "pacs_query", c.Server(), "", err, fmt.Sprintf("watching by %s", asked(q))))
	}
	return found, err
}
