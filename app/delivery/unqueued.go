package delivery

import (
	"context"
	"errors"
	"fmt"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Unqueued is what was signed and goes nowhere.
type Unqueued struct {
	Routes     int                // configured destinations; with none nothing is ever sent
	Documents  int                // signed reports without any delivery of their latest version, or with too few
	Deliveries []records.Delivery // what they call for; empty without destinations
}

// Unqueued finds reports that were signed before a destination was configured:
// their signature called for no delivery, which must not pass in silence.
func (d *Delivery) Unqueued(ctx context.Context, actor records.User) (Unqueued, error) {
	var out Unqueued
	if err := trail.Require(ctx, d.store, actor, records.RightViewPatient, "list_deliveries", ""); err != nil {
		return out, err
	}
	err := d.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = d.unqueued(tx)
		return err
	})
	return out, err
}

// Queue puts into the outbox what Unqueued finds, and returns how many
// deliveries that were.
func (d *Delivery) Queue(ctx context.Context, actor records.User) (_ int, err error) {
	defer trail.Outcome(ctx, d.store, actor, "queue", "", &err)
	if err := trail.Require(ctx, d.store, actor, records.RightExport, "queue", ""); err != nil {
		return 0, err
	}
	n := 0
	err = d.store.Update(ctx, func(tx *sqlite.Tx) error {
		found, err := d.unqueued(tx)
		if err != nil {
			return err
		}
		n = len(found.Deliveries)
		for i := range found.Deliveries {
			del := &found.Deliveries[i]
			if err := tx.InsertDelivery(del); err != nil {
				return err
			}
			if err := d.audit(tx, actor, "queue", del.ID, "ok", fmt.Sprintf("%s as %s to %s", del.DocumentID, del.Format, del.Destination)); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func (d *Delivery) unqueued(tx *sqlite.Tx) (Unqueued, error) {
	var out Unqueued
	rs, err := routes(tx)
	if err != nil {
		return out, err
	}
	out.Routes = len(rs)
	docs, err := tx.LatestSignedDocuments()
	if err != nil {
		return out, err
	}
	for i := range docs {
		if docs[i].Document.Retracts != "" {
			continue // it went where the versions before were, and nowhere else
		}
		intents, err := d.Intents(tx, &docs[i].Document)
		if err != nil {
			return out, err
		}
		missing := 0
		for _, del := range intents {
			switch _, err := tx.Delivery(del.ID); {
			case errors.Is(err, records.ErrNotFound):
				out.Deliveries = append(out.Deliveries, del)
				missing++
			case err != nil:
				return out, err
			}
		}
		if missing > 0 || len(rs) == 0 {
			out.Documents++
		}
	}
	return out, nil
}
