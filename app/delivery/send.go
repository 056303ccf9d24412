package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/outbox"
	"longying/records/sqlite"
)

// SendResult says where the deliveries that were due stand after one round.
type SendResult struct {
	Acknowledged, Refused, Waiting, Dead int
	Deliveries                           []records.Delivery
}

// queue gives the outbox worker its view of the store.
type queue struct {
	d     *Delivery
	actor records.User
	early bool // also what waits for its next try
	auto  bool // without anybody asking, see outbox.Ready
	tried func()
}

// Due lists what is to be sent now, oldest first. A version waits while an
// earlier one of the same document, destination and format is still on its way:
// else the older could arrive last and replace the newer.
func (q queue) Due(ctx context.Context, now time.Time) ([]records.Delivery, error) {
	if q.auto {
		_, ready, err := q.d.look(ctx)
		return ready[:min(len(ready), atOnce)], err
	}
	longest := outbox.LongestPause
	if q.early {
		longest = 0
	}
	var out []records.Delivery
	err := q.d.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.DueDeliveries(now, longest)
		return err
	})
	return out, err
}

// Payload is what is sent: encoded once, kept, and the same bytes at each try. It
// is encoded outside of the transaction that keeps it, as images may have to be
// read; where another program has kept it meanwhile, that is what is sent.
func (q queue) Payload(ctx context.Context, del records.Delivery) (data []byte, again bool, err error) {
	var doc *records.SignedDocument
	var f Forms
	err = q.d.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		if data, err = q.kept(tx, del.ID); data != nil || err != nil {
			return err
		}
		if doc, err = tx.SignedDocument(del.DocumentID, del.Version); err != nil {
			return err
		}
		f, err = q.d.forms(tx)
		return err
	})
	if err != nil || data != nil {
		return data, true, err
	}
	made, left, err := q.d.encode(ctx, f, doc, del.Format)
	if err != nil {
		return nil, false, err
	}
	err = q.d.store.Update(ctx, func(tx *sqlite.Tx) (err error) {
		if data, err = q.kept(tx, del.ID); data != nil || err != nil {
			again = data != nil
			return err
		}
		data = made
		if len(left) > 0 {
			now, err := tx.Delivery(del.ID)
			if err != nil {
				return err
			}
			now.Note = strings.Join(left, "; ")
			if err := tx.PutDelivery(now); err != nil {
				return err
			}
		}
		return tx.PutPayload(del.ID, made)
	})
	return data, again, err
}

// kept is what was encoded before, nil where nothing was.
func (q queue) kept(tx *sqlite.Tx, id string) ([]byte, error) {
	if now, err := tx.Delivery(id); err != nil {
		return nil, err
	} else if now.State == records.DeliveryWithdrawn {
		return nil, &records.RefusedError{Code: "retracted", Reason: "its report was retracted meanwhile"}
	}
	data, err := tx.Payload(id)
	if errors.Is(err, records.ErrNotFound) {
		return nil, nil
	}
	return data, err
}

// encode writes a document in any format; left says what could not be written.
func (d *Delivery) encode(ctx context.Context, f Forms, doc *records.SignedDocument, format string) (data []byte, left []string, err error) {
	if !slices.Contains(ObjectFormats(), format) {
		data, err = f.Encode(doc, format)
		return data, nil, err
	}
	if d.needs.Objects == nil {
		return nil, nil, fmt.Errorf("the images are not at hand that %s needs", format)
	}
	objects, left, err := d.needs.Objects(ctx, doc, format)
	if err != nil {
		return nil, nil, err
	}
	data, err = outbox.Pack(objects)
	return data, left, err
}

// Record stores an attempt with the delivery's new state; a receipt takes the
// audit chain's head and count of this very transaction.
func (q queue) Record(ctx context.Context, del records.Delivery, a records.Attempt) error {
	if q.tried != nil {
		defer q.tried()
	}
	return q.d.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := q.d.overtaken(tx, &del); err != nil {
			return err
		}
		outcome := "ok"
		if del.State == records.DeliveryRefused || del.State == records.DeliveryDead {
			outcome = "refused"
		} else if del.State != records.DeliveryAcknowledged {
			outcome = "failed"
		}
		if err := q.d.audit(tx, q.actor, "deliver", del.ID, outcome, a.Outcome); err != nil {
			return err
		}
		if del.Receipt != nil {
			count, head, err := tx.AuditHead()
			if err != nil {
				return err
			}
			del.Receipt.AuditCount, del.Receipt.AuditHead = count, head
		}
		if now, err := tx.Delivery(del.ID); err != nil {
			return err
		} else if now.Note != "" {
			del.Note = now.Note // said when it was encoded, in this very round
		}
		if err := tx.PutDelivery(&del); err != nil {
			return err
		}
		return tx.AppendAttempt(&a)
	})
}

// Send tries every delivery that is due, once. Where another program on the same
// data folder is sending, it waits for its turn.
func (d *Delivery) Send(ctx context.Context, actor records.User) (SendResult, error) {
	return d.ask(ctx, queue{d: d, actor: actor})
}

// SendNow tries everything that is queued, once: a person who asks does not wait
// for the next try.
func (d *Delivery) SendNow(ctx context.Context, actor records.User) (SendResult, error) {
	return d.ask(ctx, queue{d: d, actor: actor, early: true})
}

// ask is a round that a person wants.
func (d *Delivery) ask(ctx context.Context, q queue) (_ SendResult, err error) {
	defer trail.Outcome(ctx, d.store, q.actor, "deliver", "", &err)
	var res SendResult
	if err := trail.Require(ctx, d.store, q.actor, records.RightExport, "deliver", ""); err != nil {
		return res, err
	}
	release, err := takeTurn(ctx, d.needs.Folder)
	if err != nil {
		return res, err
	}
	if err := errors.Join(d.round(ctx, q), release()); err != nil {
		return res, err
	}
	res.Deliveries, err = d.Outbox(ctx, q.actor)
	for _, del := range res.Deliveries {
		switch del.State {
		case records.DeliveryAcknowledged:
			res.Acknowledged++
		case records.DeliveryRefused:
			res.Refused++
		case records.DeliveryDead:
			res.Dead++
		default:
			res.Waiting++
		}
	}
	return res, err
}

// round tries what the queue says is due, in the turn of this program.
func (d *Delivery) round(ctx context.Context, q queue) error {
	var rs []Route
	if err := d.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		rs, err = routes(tx)
		return err
	}); err != nil {
		return err
	}
	destinations := map[string]outbox.Destination{}
	for _, r := range rs {
		destinations[r.Name] = r.Destination
	}
	return outbox.NewWorker(q, destinations, outbox.Policy{First: d.backoff}, d.now, d.jitter).Round(ctx)
}

// Problems are what keeps a delivery that needs attention from being sent, as the
// record stands now.
func (d *Delivery) Problems(ctx context.Context, actor records.User, id string) ([]records.Problem, error) {
	if err := trail.Require(ctx, d.store, actor, records.RightViewPatient, "list_deliveries", id); err != nil {
		return nil, err
	}
	var out []records.Problem
	err := d.store.View(ctx, func(tx *sqlite.Tx) error {
		del, err := tx.Delivery(id)
		if err != nil || del.State != records.DeliveryNeedsCare {
			return err
		}
		doc, err := tx.SignedDocument(del.DocumentID, del.Version)
		if err != nil {
			return err
		}
		f, err := d.forms(tx)
		out = f.Preflight(doc, del.Format)
		return err
	})
	return out, err
}

// Document is the document of a delivery as it was signed: whose it is, and what it
// says.
func (d *Delivery) Document(ctx context.Context, actor records.User, id string) (*records.Document, error) {
	if err := trail.Require(ctx, d.store, actor, records.RightViewPatient, "list_deliveries", id); err != nil {
		return nil, err
	}
	var out *records.Document
	err := d.store.View(ctx, func(tx *sqlite.Tx) error {
		del, err := tx.Delivery(id)
		if err != nil {
			return err
		}
		doc, err := tx.SignedDocument(del.DocumentID, del.Version)
		if err == nil {
			out = &doc.Document
		}
		return err
	})
	return out, err
}

// Retry puts a delivery that was given up, refused or needed attention back
// into the queue, under the same document id and version.
func (d *Delivery) Retry(ctx context.Context, actor records.User, id string) (err error) {
	defer trail.Outcome(ctx, d.store, actor, "retry_delivery", id, &err)
	if err := trail.Require(ctx, d.store, actor, records.RightExport, "retry_delivery", id); err != nil {
		return err
	}
	return d.store.Update(ctx, func(tx *sqlite.Tx) error {
		del, err := tx.Delivery(id)
		if err != nil {
			return fmt.Errorf("delivery %s: %w", id, err)
		}
		if del.State == records.DeliveryAcknowledged {
			return &records.RefusedError{Code: "delivered", Reason: "this version was acknowledged already; amend the report to send a new one"}
		}
		if del.State == records.DeliveryWithdrawn {
			return &records.RefusedError{Code: "retracted", Reason: "the report of this delivery was retracted; it is not sent again"}
		}
		if err := d.superseded(tx, del); err != nil {
			return err
		}
		doc, err := tx.SignedDocument(del.DocumentID, del.Version)
		if err != nil {
			return err
		}
		f, err := d.forms(tx)
		if err != nil {
			return err
		}
		if problems := f.Preflight(doc, del.Format); len(problems) > 0 {
			return &records.PreflightError{Format: del.Format, Problems: problems, Reason: "the document still cannot be sent: " + words(problems)}
		}
		again := outbox.Again(*del, d.now())
		if err := tx.PutDelivery(&again); err != nil {
			return err
		}
		return d.audit(tx, actor, "retry_delivery", id, "ok", "")
	})
}

// superseded refuses to send a version where a later one is, or may be, at the
// destination: the older would arrive last and replace the newer.
func (d *Delivery) superseded(tx *sqlite.Tx, del *records.Delivery) error {
	all, err := tx.DeliveriesOf(del.DocumentID)
	if err != nil {
		return err
	}
	for _, later := range all {
		if later.Version <= del.Version || later.Destination != del.Destination || later.Format != del.Format {
			continue
		}
		there, err := left(tx, later)
		if err != nil {
			return err
		}
		if there {
			return &records.RefusedError{Code: "superseded", Args: []string{fmt.Sprint(later.Version)},
				Reason: fmt.Sprintf("version %d of this report was sent to the same destination; this older one would replace it there", later.Version)}
		}
	}
	return nil
}

// Receipts are the acknowledged deliveries of a study, newest first.
func (d *Delivery) Receipts(ctx context.Context, actor records.User, studyUID string) ([]records.Delivery, error) {
	all, err := d.Outbox(ctx, actor)
	if err != nil {
		return nil, err
	}
	var out []records.Delivery
	for _, del := range all {
		if del.StudyUID == studyUID && del.Receipt != nil {
			out = append(out, del)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Receipt.At.After(out[j].Receipt.At) })
	return out, nil
}
