package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"longying/records"
)

// The outcomes of an attempt.
const (
	Acknowledged  = "acknowledged"
	Refused       = "refused"
	NoAnswer      = "no_answer"       // sent or asked; no answer, or one that is not understood
	Unreachable   = "unreachable"     // nothing was sent
	AskedAndFound = "asked_and_found" // it was registered by an earlier attempt
	NotEncoded    = "not_encoded"     // the document has no bytes in this format, or no destination
)

// Store is what a Worker needs of the record.
type Store interface {
	// Due lists the queued deliveries whose time has come, oldest first. It
	// leaves out a version while an earlier version of the same document is
	// still queued for the same destination and format.
	Due(ctx context.Context, now time.Time) ([]records.Delivery, error)
	// Payload is what is sent, the same bytes every time.
	Payload(ctx context.Context, d records.Delivery) ([]byte, error)
	// Record keeps an attempt and the delivery's new state in one transaction.
	Record(ctx context.Context, d records.Delivery, a records.Attempt) error
}

// Worker sends what is due. It holds no state between rounds.
type Worker struct {
	store        Store
	destinations map[string]Destination
	policy       Policy
	now          func() time.Time
	jitter       func() float64
	transport    *http.Transport
}

// NewWorker makes a worker; jitter gives numbers in [0,1).
func NewWorker(store Store, destinations map[string]Destination, policy Policy, now func() time.Time, jitter func() float64) *Worker {
	return &Worker{
		store: store, destinations: destinations, policy: policy.filled(), now: now, jitter: jitter,
		transport: &http.Transport{Proxy: http.ProxyFromEnvironment},
	}
}

// Round tries every delivery that is due, once. When a destination cannot be
// reached, its other deliveries are left for the next round, and a version is
// held back while an earlier one of its document is not settled. The error is
// the store's or the context's; a failed delivery is no error of the round.
func (w *Worker) Round(ctx context.Context) error {
	defer w.transport.CloseIdleConnections()
	due, err := w.store.Due(ctx, w.now())
	if err != nil {
		return fmt.Errorf("list what is due: %w", err)
	}
	down := map[string]bool{} // destinations
	held := map[string]bool{} // documents per destination and format
	for _, d := range due {
		document := d.Destination + "\x00" + d.DocumentID + "\x00" + d.Format
		if down[d.Destination] || held[document] {
			continue
		}
		a := w.try(ctx, d)
		if err := ctx.Err(); err != nil {
			return err // stopped, not failed: nothing is recorded, it will be asked and sent again
		}
		d = w.settle(d, a)
		if err := w.store.Record(ctx, d, records.Attempt{DeliveryID: d.ID, At: w.now(), Outcome: a.outcome, Detail: a.detail}); err != nil {
			return fmt.Errorf("record the attempt at delivery %s: %w", d.ID, err)
		}
		down[d.Destination] = a.outcome == Unreachable
		held[document] = d.State == records.DeliveryQueued
	}
	return nil
}

// answer is how one attempt ended.
type answer struct {
	outcome    string
	detail     string
	receipt    string // of Acknowledged and AskedAndFound
	registered time.Time
	sha256     string // of what was sent
}

func (w *Worker) try(ctx context.Context, d records.Delivery) answer {
	dest, ok := w.destinations[d.Destination]
	if !ok {
		return answer{outcome: NotEncoded, detail: fmt.Sprintf("destination %q is not configured; an administrator adds it in the settings", d.Destination)}
	}
	if err := dest.Check(); err != nil {
		return answer{outcome: NotEncoded, detail: err.Error()}
	}
	body, err := w.store.Payload(ctx, d)
	if err != nil {
		return answer{outcome: NotEncoded, detail: err.Error()}
	}
	sum := sha256.Sum256(body)
	p := parcel{Delivery: d, body: body, sha256: hex.EncodeToString(sum[:])}
	var a answer
	if dest.Kind == KindFolder {
		a = p.put(dest, w.now())
	} else {
		a = w.deliver(ctx, dest, p)
	}
	a.sha256 = p.sha256
	return a
}

// deliver asks first about what was tried before, then sends.
func (w *Worker) deliver(ctx context.Context, dest Destination, p parcel) answer {
	c := client{dest: dest, http: &http.Client{
		Transport: w.transport, Timeout: dest.timeout(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if p.Attempts > 0 && !dest.CannotBeAsked {
		if a, settled := c.ask(ctx, p); settled {
			return a
		}
	}
	return c.send(ctx, p)
}

// settle is the delivery after an attempt.
func (w *Worker) settle(d records.Delivery, a answer) records.Delivery {
	now := w.now()
	d.Attempts++
	d.Next, d.LastError = time.Time{}, a.detail
	switch a.outcome {
	case Acknowledged, AskedAndFound:
		d.State, d.LastError = records.DeliveryAcknowledged, ""
		d.Receipt = &records.Receipt{Number: a.receipt, At: now, Registered: a.registered, SHA256: a.sha256}
	case Refused:
		d.State = records.DeliveryRefused
	case NotEncoded:
		d.State = records.DeliveryNeedsCare
	default:
		if d.Attempts >= w.policy.Attempts {
			d.State = records.DeliveryDead
			d.LastError = fmt.Sprintf("given up after %d attempts: %s", d.Attempts, a.detail)
			break
		}
		d.State, d.Next = records.DeliveryQueued, now.Add(w.policy.Pause(d.Attempts, w.jitter()))
	}
	return d
}
