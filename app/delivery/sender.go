package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/outbox"
	"longying/records/sqlite"
)

// SettingAutomatic is the key of whether what is due is sent without anybody
// asking: "off", else it is. An administrator who enters a destination wants it to
// be sent to.
const SettingAutomatic = "automatic_sending"

// Automatically is who the audit trail says has sent what nobody asked for.
const Automatically = "automatic"

// Standing is how the outbox stands, without naming anybody.
type Standing struct {
	Off     bool      `json:"off"`             // nothing is sent by itself
	Waiting int       `json:"waiting"`         // deliveries that are queued, but for destinations that are off
	Care    int       `json:"care"`            // that wait for a person: needs attention, refused, given up
	Away    []string  `json:"away,omitempty"`  // destinations that were not there at the last attempt
	Since   time.Time `json:"since,omitzero"`  // since when the first of them is away
	Next    time.Time `json:"next,omitzero"`   // when the next is tried by itself; zero: at once, or never
	Sending bool      `json:"sending"`         // just now, by itself
	Done    int       `json:"done,omitempty"`  // of those that are being sent
	Total   int       `json:"total,omitempty"` //
	Failed  error     `json:"-"`               // why the outbox cannot be looked at or sent just now
}

// Standing is how the outbox stands; Sending and Done are the Sender's to say.
func (d *Delivery) Standing(ctx context.Context, actor records.User) (Standing, error) {
	if err := trail.Require(ctx, d.store, actor, records.RightExport, "list_deliveries", ""); err != nil {
		return Standing{}, err
	}
	st, _, err := d.look(ctx)
	return st, err
}

// look is how the outbox stands, and what of it is to be sent now by itself.
func (d *Delivery) look(ctx context.Context) (st Standing, ready []records.Delivery, err error) {
	var queued []records.Delivery
	off := map[string]bool{}
	err = d.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		rs, err := routes(tx)
		if err != nil {
			return err
		}
		for _, r := range rs {
			off[r.Name] = r.Off
		}
		if st.Off, err = automaticOff(tx); err != nil {
			return err
		}
		if st.Care, err = tx.CountDeliveries(records.DeliveryNeedsCare, records.DeliveryRefused, records.DeliveryDead); err != nil {
			return err
		}
		queued, err = tx.QueuedDeliveries()
		return err
	})
	if err != nil {
		return Standing{}, nil, err
	}
	for _, del := range queued {
		if off[del.Destination] {
			continue
		}
		st.Waiting++
		if del.Offline.IsZero() {
			continue
		}
		if !slices.Contains(st.Away, del.Destination) {
			st.Away = append(st.Away, del.Destination)
		}
		if st.Since.IsZero() || del.Offline.Before(st.Since) {
			st.Since = del.Offline
		}
	}
	ready, st.Next = outbox.Ready(queued, func(name string) bool { return off[name] }, d.now())
	return st, ready, nil
}

func automaticOff(tx *sqlite.Tx) (bool, error) {
	raw, err := tx.Setting(SettingAutomatic)
	if errors.Is(err, records.ErrNotFound) {
		return false, nil
	}
	return raw == "off", err
}

// Automatic reports whether what is due is sent without anybody asking.
func (d *Delivery) Automatic(ctx context.Context) (on bool, err error) {
	err = d.store.View(ctx, func(tx *sqlite.Tx) error {
		off, err := automaticOff(tx)
		on = !off
		return err
	})
	return on, err
}

// SetAutomatic switches that on or off, for every program on this data folder.
func (d *Delivery) SetAutomatic(ctx context.Context, actor records.User, on bool) (err error) {
	defer trail.Outcome(ctx, d.store, actor, "configure", SettingAutomatic, &err)
	if err := trail.Require(ctx, d.store, actor, records.RightConfigure, "configure", SettingAutomatic); err != nil {
		return err
	}
	value := map[bool]string{true: "on", false: "off"}[on]
	return d.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.PutSetting(SettingAutomatic, value); err != nil {
			return err
		}
		return d.audit(tx, actor, "configure", SettingAutomatic, "ok", value)
	})
}

// Sender sends by itself what is due: when it is told that there may be something
// new, and when the time of the next try has come. It sends as long as Run runs,
// whoever is signed in, and in turn with every other program on the data folder.
type Sender struct {
	d     *Delivery
	actor *records.User // whose right it is; nil: the administrator's who entered the destinations
	after func(time.Duration) <-chan time.Time
	told  func(Standing)
	wake  chan struct{}
	last  time.Time // when Done was told
}

// NewSender makes a sender that nobody stands behind but who entered the
// destinations; the trail names Automatically. after is time.After, and told hears,
// on Run's goroutine, how the outbox stands whenever that may have changed.
func (d *Delivery) NewSender(after func(time.Duration) <-chan time.Time, told func(Standing)) *Sender {
	return &Sender{d: d, after: after, told: told, wake: make(chan struct{}, 1)}
}

// NewSenderOf makes a sender whose deliveries are the actor's, and that ends when
// they may not send any more.
func (d *Delivery) NewSenderOf(actor records.User, after func(time.Duration) <-chan time.Time, told func(Standing)) *Sender {
	s := d.NewSender(after, told)
	s.actor = &actor
	return s
}

// Wake lets the sender look at once; from any goroutine.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

const (
	atOnce   = 100             // deliveries of one turn; then others get theirs
	glance   = time.Minute     // at most until the outbox is looked at again: another program signs too, and a computer sleeps
	turnWait = 5 * time.Second // until a turn that was taken is tried again
	breath   = time.Second     // at least between two rounds
)

// Run sends until the context ends, or the actor may not send any more.
func (s *Sender) Run(ctx context.Context) error {
	for {
		pause, err := s.step(ctx)
		var refused *records.RefusedError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &refused):
			return err
		case err != nil:
			s.told(Standing{Failed: err})
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.wake:
		case <-s.after(pause):
		}
	}
}

// step looks at the outbox, sends what is ready, and says how long nothing is to be
// done.
func (s *Sender) step(ctx context.Context) (pause time.Duration, err error) {
	actor := records.User{ID: Automatically, Name: Automatically}
	if s.actor != nil {
		actor = *s.actor
		if err := trail.Require(ctx, s.d.store, actor, records.RightExport, "deliver", ""); err != nil {
			return 0, err
		}
	}
	st, ready, err := s.d.look(ctx)
	if err != nil {
		return glance, err
	}
	if st.Off || len(ready) == 0 {
		s.told(st)
		if !st.Off && !st.Next.IsZero() {
			return min(max(st.Next.Sub(s.d.now()), breath), glance), nil
		}
		return glance, nil
	}
	release, err := tryTurn(s.d.needs.Folder)
	if errors.Is(err, errTaken) {
		s.told(st)
		return turnWait, nil
	}
	if err != nil {
		return glance, err
	}
	st.Sending, st.Total = true, min(len(ready), atOnce)
	s.tell(st, true)
	q := queue{d: s.d, actor: actor, auto: true, tried: func() {
		st.Done++
		s.tell(st, false)
	}}
	err = errors.Join(s.d.round(ctx, q), release())
	if err != nil {
		return glance, fmt.Errorf("sending by itself: %w", err)
	}
	if st, _, err = s.d.look(ctx); err != nil {
		return glance, err
	}
	s.told(st)
	return breath, nil
}

// tell says how far it is, a few times a second.
func (s *Sender) tell(st Standing, always bool) {
	if now := s.d.now(); always || now.Sub(s.last).Abs() > 250*time.Millisecond {
		s.last = now
		s.told(st)
	}
}
