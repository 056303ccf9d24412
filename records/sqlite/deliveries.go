package sqlite

import (
	"bytes"
	"errors"
	"time"

	"longying/records"
)

// InsertDelivery stores the intent to send one version of one document to one
// destination in one format. Where that intent is there already, d becomes it
// and nothing is stored. An empty ID is filled.
func (t *Tx) InsertDelivery(d *records.Delivery) error {
	known, err := one[records.Delivery](t, "deliveries",
		`SELECT id, sealed FROM deliveries WHERE document_id = ? AND version = ? AND destination = ? AND format = ?`,
		d.DocumentID, d.Version, d.Destination, d.Format)
	if err == nil {
		*d = *known
		return nil
	}
	if !errors.Is(err, records.ErrNotFound) {
		return err
	}
	id := d.ID
	if id == "" {
		id = newID()
	}
	stored := *d
	stored.ID = id
	if stored.CreatedAt.IsZero() {
		stored.CreatedAt = t.store.clock()
	}
	sealed, err := t.seal("deliveries", id, stored)
	if err != nil {
		return err
	}
	if err := t.exec(`INSERT INTO deliveries (id, document_id, version, destination, format, state, next_at, created_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, stored.DocumentID, stored.Version, stored.Destination, stored.Format, string(stored.State), nanos(stored.Next), nanos(stored.CreatedAt), sealed); err != nil {
		return err
	}
	*d = stored
	return nil
}

// PutDelivery stores how a delivery stands. What is to be sent, and where to,
// never changes.
func (t *Tx) PutDelivery(d *records.Delivery) error {
	known, err := t.Delivery(d.ID)
	if err != nil {
		return err
	}
	if known.DocumentID != d.DocumentID || known.Version != d.Version || known.Destination != d.Destination || known.Format != d.Format {
		return &records.ConflictError{What: "delivery", ID: d.ID, Detail: "document, version, destination and format of a delivery never change"}
	}
	sealed, err := t.seal("deliveries", d.ID, d)
	if err != nil {
		return err
	}
	return t.exec(`UPDATE deliveries SET state = ?, next_at = ?, sealed = ? WHERE id = ?`, string(d.State), nanos(d.Next), sealed, d.ID)
}

// Delivery is one delivery.
func (t *Tx) Delivery(id string) (*records.Delivery, error) {
	return one[records.Delivery](t, "deliveries", `SELECT id, sealed FROM deliveries WHERE id = ?`, id)
}

// Deliveries lists every delivery, newest first.
func (t *Tx) Deliveries() ([]records.Delivery, error) {
	return all[records.Delivery](t, "deliveries", `SELECT id, sealed FROM deliveries ORDER BY rowid DESC`)
}

// DeliveriesOf lists the deliveries of every version of a document, oldest first.
func (t *Tx) DeliveriesOf(documentID string) ([]records.Delivery, error) {
	return all[records.Delivery](t, "deliveries", `SELECT id, sealed FROM deliveries WHERE document_id = ? ORDER BY rowid`, documentID)
}

// DueDeliveries lists what is to be sent now, oldest first, so that a version
// goes before its correction: in the order in which they were stored, whatever
// the clock said then. What would wait for more than longest was put off by a
// clock that has been put back since; it is due too. What is left out is a version
// of which an earlier one still waits for its time, for the same destination and
// format.
func (t *Tx) DueDeliveries(now time.Time, longest time.Duration) ([]records.Delivery, error) {
	queued, from, until := string(records.DeliveryQueued), nanos(now), nanos(now.Add(longest))
	return all[records.Delivery](t, "deliveries", `SELECT id, sealed FROM deliveries AS d WHERE state = ? AND (next_at <= ? OR next_at > ?)
		AND NOT EXISTS (SELECT 1 FROM deliveries AS e WHERE e.document_id = d.document_id AND e.destination = d.destination AND e.format = d.format
			AND e.version < d.version AND e.state = ? AND e.next_at > ? AND e.next_at <= ?) ORDER BY rowid`,
		queued, from, until, queued, from, until)
}

// QueuedDeliveries lists what is to be sent, now or later, in the order in which it
// was stored.
func (t *Tx) QueuedDeliveries() ([]records.Delivery, error) {
	return all[records.Delivery](t, "deliveries", `SELECT id, sealed FROM deliveries WHERE state = ? ORDER BY rowid`, string(records.DeliveryQueued))
}

// CountDeliveries counts the deliveries in each of the states.
func (t *Tx) CountDeliveries(states ...records.DeliveryState) (int, error) {
	sum := 0
	for _, s := range states {
		var n int
		if err := t.tx.QueryRowContext(t.ctx, `SELECT COUNT(*) FROM deliveries WHERE state = ?`, string(s)).Scan(&n); err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// PutPayload keeps the bytes of a delivery. Other bytes than those that are
// kept are a *records.ConflictError: every attempt sends the same.
func (t *Tx) PutPayload(deliveryID string, data []byte) error {
	known, err := t.Payload(deliveryID)
	switch {
	case err == nil && bytes.Equal(known, data):
		return nil
	case err == nil:
		return &records.ConflictError{What: "payload", ID: deliveryID, Detail: "a delivery always sends the same bytes"}
	case !errors.Is(err, records.ErrNotFound):
		return err
	}
	return t.exec(`INSERT INTO payloads (delivery_id, sealed) VALUES (?, ?)`, deliveryID, t.store.key.Seal(place("payloads", "sealed", deliveryID), data))
}

// Payload is the bytes of a delivery.
func (t *Tx) Payload(deliveryID string) ([]byte, error) {
	sealed, err := t.text(`SELECT sealed FROM payloads WHERE delivery_id = ?`, deliveryID)
	if err != nil {
		return nil, err
	}
	return t.store.key.Open(place("payloads", "sealed", deliveryID), []byte(sealed))
}

// AppendAttempt keeps one try at a delivery.
func (t *Tx) AppendAttempt(a *records.Attempt) error {
	id := newID()
	sealed, err := t.seal("attempts", id, a)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO attempts (id, delivery_id, sealed) VALUES (?, ?, ?)`, id, a.DeliveryID, sealed)
}

// Attempts lists the tries at a delivery, oldest first.
func (t *Tx) Attempts(deliveryID string) ([]records.Attempt, error) {
	return all[records.Attempt](t, "attempts", `SELECT id, sealed FROM attempts WHERE delivery_id = ? ORDER BY rowid`, deliveryID)
}
