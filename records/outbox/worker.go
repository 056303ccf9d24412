package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	// Payload is what is sent, the same bytes every time. again is whether it was
	// given out before: then it may have been sent, also where no attempt was
	// recorded because the program was killed.
	Payload(ctx context.Context, d records.Delivery) (data []byte, again bool, err error)
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
}

// NewWorker makes a worker; jitter gives numbers in [0,1).
func NewWorker(store Store, destinations map[string]Destination, policy Policy, now func() time.Time, jitter func() float64) *Worker {
	return &Worker{store: store, destinations: destinations, policy: policy.filled(), now: now, jitter: jitter}
}

// parcel is a delivery with its bytes.
type parcel struct {
	records.Delivery
	body   []byte
	sha256 string // hex
}

// answer is how one attempt ended.
type answer struct {
	outcome    string
	detail     string
	receipt    string // of Acknowledged and AskedAndFound
	registered time.Time
	sha256     string // of what was sent
	failure    string // the kind of Error that it is, where it is one
	cause      string // without words around it
	why        *records.Cause
	status     int  // HTTP status, where there was one
	hung       bool // the destination took the whole time-out
}

// carrier speaks the protocol of a kind of destination.
type carrier interface {
	// send sends a document, once.
	send(ctx context.Context, p parcel) answer
	// ask looks whether an earlier attempt was registered. It is not settled when
	// the destination does not have the document, or cannot be asked.
	ask(ctx context.Context, p parcel) (answer, bool)
	// try sees whether the destination is there and lets this station in.
	try(ctx context.Context) error
}

// carrierOf makes the carrier of a destination, and what ends its connections.
func carrierOf(dest Destination, now func() time.Time) (carrier, func(), error) {
	if err := dest.Check(); err != nil {
		return nil, nil, err
	}
	switch dest.Kind {
	case KindFolder:
		return folder{dest, now}, func() {}, nil
	case KindSTOW:
		c, err := newStow(dest, now)
		if err != nil {
			return nil, nil, err
		}
		return c, c.close, nil
	}
	w, err := newWeb(dest)
	if err != nil {
		return nil, nil, err
	}
	switch dest.Kind {
	case KindSOAP:
		return hip{w}, w.close, nil
	case KindFHIR:
		return fhirServer{w}, w.close, nil
	}
	return plain{w}, w.close, nil
}

// Try sees whether a destination is there and lets this station in; nothing of a
// patient is sent. Errors are *Error or, of a PACS, *pacs.Error.
func Try(ctx context.Context, dest Destination) error {
	c, end, err := carrierOf(dest, time.Now)
	if err != nil {
		return err
	}
	defer end()
	return c.try(ctx)
}

// round is what a worker keeps while it goes once through what is due.
type round struct {
	*Worker
	carriers map[string]carrier
	ends     []func()
}

// Round tries every delivery that is due, once. When a destination cannot be
// reached, or lets a request run out of time, its other deliveries are left for the
// next round, and a version is held back while an earlier one of its document is
// not settled. What is for a destination that is switched off waits. The error is
// the store's or the context's; a failed delivery is no error of the round.
func (w *Worker) Round(ctx context.Context) error {
	r := &round{Worker: w, carriers: map[string]carrier{}}
	defer func() {
		for _, end := range r.ends {
			end()
		}
	}()
	due, err := w.store.Due(ctx, w.now())
	if err != nil {
		return fmt.Errorf("list what is due: %w", err)
	}
	down := map[string]bool{} // destinations
	held := map[string]bool{} // documents per destination and format
	for _, d := range due {
		document := d.Destination + "\x00" + d.DocumentID + "\x00" + d.Format
		if down[d.Destination] || held[document] || w.destinations[d.Destination].Off {
			continue
		}
		a := r.attempt(ctx, d)
		if err := ctx.Err(); err != nil {
			return err // stopped, not failed: nothing is recorded, it will be asked and sent again
		}
		d = w.settle(d, a)
		if err := w.store.Record(ctx, d, records.Attempt{DeliveryID: d.ID, At: w.now(), Outcome: a.outcome, Detail: a.detail, Cause: a.why}); err != nil {
			return fmt.Errorf("record the attempt at delivery %s: %w", d.ID, err)
		}
		down[d.Destination] = a.outcome == Unreachable || a.hung
		held[document] = d.State == records.DeliveryQueued
	}
	return nil
}

// attempt asks first about what was tried before, then sends.
func (r *round) attempt(ctx context.Context, d records.Delivery) answer {
	dest, ok := r.destinations[d.Destination]
	if !ok {
		return answer{outcome: NotEncoded, detail: fmt.Sprintf("destination %q is not configured; an administrator adds it in the settings", d.Destination), why: because(causeNoRoute, d.Destination, 0, "")}
	}
	if !Takes(dest.Kind, d.Format) {
		return answer{outcome: NotEncoded, detail: fmt.Sprintf("destination %s, of kind %s, does not take %s", dest.Name, dest.Kind, d.Format),
			why: &records.Cause{Code: causeMisfit, Args: []string{dest.Name, dest.Kind, d.Format}}}
	}
	c := r.carriers[dest.Name]
	if c == nil {
		made, end, err := carrierOf(dest, r.now)
		if err != nil {
			return answer{outcome: NotEncoded, detail: err.Error(), why: unmade(dest.Name, err)}
		}
		c = made
		r.carriers[dest.Name], r.ends = made, append(r.ends, end)
	}
	body, again, err := r.store.Payload(ctx, d)
	if err != nil {
		return answer{outcome: NotEncoded, detail: err.Error(), why: unmade(dest.Name, err)}
	}
	sum := sha256.Sum256(body)
	p := parcel{Delivery: d, body: body, sha256: hex.EncodeToString(sum[:])}
	var a answer
	settled := false
	if (again || d.Attempts > 0) && !dest.CannotBeAsked {
		a, settled = c.ask(ctx, p)
	}
	if !settled {
		a = c.send(ctx, p)
	}
	a.sha256 = p.sha256
	return a
}

// Again is a delivery that a person has tried again at now: whatever was tried
// before, it is given as many attempts as a new one, after pauses that begin short.
func Again(d records.Delivery, now time.Time) records.Delivery {
	d.State, d.Next, d.LastError, d.Cause, d.Spent = records.DeliveryQueued, now, "", nil, d.Attempts
	return d
}

// settle is the delivery after an attempt.
func (w *Worker) settle(d records.Delivery, a answer) records.Delivery {
	now := w.now()
	d.Attempts++
	d.Next, d.LastError, d.Cause = time.Time{}, a.detail, a.why
	switch {
	case a.outcome != Unreachable:
		d.Offline = time.Time{}
	case d.Offline.IsZero():
		d.Offline = now
	}
	switch a.outcome {
	case Acknowledged, AskedAndFound:
		d.State, d.LastError, d.Cause = records.DeliveryAcknowledged, "", nil
		d.Receipt = &records.Receipt{Number: a.receipt, At: now, Registered: a.registered, SHA256: a.sha256}
	case Refused:
		d.State = records.DeliveryRefused
	case NotEncoded:
		d.State = records.DeliveryNeedsCare
	default:
		tries := d.Attempts - d.Spent
		if tries >= w.policy.Attempts {
			d.State = records.DeliveryDead
			d.LastError = fmt.Sprintf("given up after %d attempts: %s", tries, a.detail)
			break
		}
		d.State, d.Next = records.DeliveryQueued, now.Add(w.policy.Pause(tries, w.jitter()))
	}
	return d
}
