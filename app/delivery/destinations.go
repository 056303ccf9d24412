package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"longying/app/trail"
	"longying/imaging/endpoint"
	"longying/records"
	"longying/records/outbox"
	"longying/records/sqlite"
)

// SettingDestinations is the key of the configured destinations, secrets included:
// the value is sealed like every setting.
const SettingDestinations = "destinations"

// Route is a destination with the formats it wants.
type Route struct {
	outbox.Destination
	Formats []string `json:"formats"`
}

// Check reports a route that cannot work.
func (r Route) Check() error {
	if err := r.Destination.Check(); err != nil {
		return err
	}
	bad := func(code, format string, args ...any) error {
		return &outbox.Error{Kind: "misconfigured", Code: code, Destination: r.Name, Detail: fmt.Sprintf(format, args...)}
	}
	if len(r.Formats) == 0 {
		return bad("formats", "no format is named that it takes")
	}
	for _, f := range r.Formats {
		switch {
		case !slices.Contains(AllFormats(), f):
			return bad("format", "format %q is not known; one of %v", f, AllFormats())
		case !outbox.Takes(r.Kind, f):
			return bad("format", "a destination of kind %s does not take %s", r.Kind, f)
		}
	}
	return nil
}

// Entry is a configured destination as it may be shown: without its secrets.
type Entry struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	URL     string   `json:"url"`
	Formats []string `json:"formats"`
	User    string   `json:"user,omitempty"`
	endpoint.Holds
	Timeout       time.Duration `json:"timeout,omitempty"`
	CannotBeAsked bool          `json:"cannot_be_asked,omitempty"`
	InClear       bool          `json:"in_clear,omitempty"`
	Off           bool          `json:"off,omitempty"`
	Action        string        `json:"action,omitempty"`
	Sender        string        `json:"sender,omitempty"`
	Receiver      string        `json:"receiver,omitempty"`
}

// Route is what of an entry goes back when it is changed: all but the secrets.
func (e Entry) Route() Route {
	return Route{Formats: slices.Clone(e.Formats), Destination: outbox.Destination{Name: e.Name, Kind: e.Kind, URL: e.URL, Timeout: e.Timeout,
		CannotBeAsked: e.CannotBeAsked, InClear: e.InClear, Off: e.Off, Access: endpoint.Access{User: e.User},
		Action: e.Action, Sender: e.Sender, Receiver: e.Receiver}}
}

// routes are the configured destinations with their secrets.
func routes(tx *sqlite.Tx) ([]Route, error) {
	raw, err := tx.Setting(SettingDestinations)
	if errors.Is(err, records.ErrNotFound) || err == nil && raw == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Route
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		return nil, fmt.Errorf("setting %s is damaged: %w", SettingDestinations, err)
	}
	return out, nil
}

// Destinations lists the configured destinations.
func (d *Delivery) Destinations(ctx context.Context, actor records.User) ([]Entry, error) {
	if err := trail.RequireAny(ctx, d.store, actor, []records.Right{records.RightConfigure, records.RightViewPatient}, "list_destinations", ""); err != nil {
		return nil, err
	}
	var out []Entry
	err := d.store.View(ctx, func(tx *sqlite.Tx) error {
		all, err := routes(tx)
		out = nil
		for _, r := range all {
			out = append(out, Entry{Name: r.Name, Kind: r.Kind, URL: r.URL, Formats: r.Formats, User: r.User, Holds: r.Holds(), Timeout: r.Timeout,
				CannotBeAsked: r.CannotBeAsked, InClear: r.InClear, Off: r.Off, Action: r.Action, Sender: r.Sender, Receiver: r.Receiver})
		}
		return err
	})
	return out, err
}

// configure replaces the list of destinations.
func (d *Delivery) configure(ctx context.Context, actor records.User, detail string, f func([]Route) ([]Route, error)) (err error) {
	defer trail.Outcome(ctx, d.store, actor, "configure", SettingDestinations, &err)
	if err := trail.Require(ctx, d.store, actor, records.RightConfigure, "configure", SettingDestinations); err != nil {
		return err
	}
	return d.store.Update(ctx, func(tx *sqlite.Tx) error {
		all, err := routes(tx)
		if err != nil {
			return err
		}
		if all, err = f(all); err != nil {
			return err
		}
		raw, err := json.Marshal(all)
		if err != nil {
			return err
		}
		if err := tx.PutSetting(SettingDestinations, string(raw)); err != nil {
			return err
		}
		return d.audit(tx, actor, "configure", SettingDestinations, "ok", detail)
	})
}

func at(all []Route, name string) int {
	return slices.IndexFunc(all, func(r Route) bool { return r.Name == name })
}

// PutDestination adds a destination, or changes the one of its name. Where keep is
// set, secrets and certificates that are empty stay as they are: they are never
// shown, so that who changes an address need not know them. They stay only while
// the address keeps its host, so that nobody can have them sent elsewhere.
func (d *Delivery) PutDestination(ctx context.Context, actor records.User, r Route, keep bool) error {
	return d.configure(ctx, actor, "put "+r.Name, func(all []Route) ([]Route, error) {
		i := at(all, r.Name)
		if i >= 0 && keep {
			r.Destination = r.Keeping(all[i].Destination)
		}
		if err := r.Check(); err != nil {
			return nil, err
		}
		if i < 0 {
			return append(all, r), nil
		}
		all[i] = r
		return all, nil
	})
}

// RemoveDestination forgets a destination. What waits for it needs attention at
// its next try, and is sent if a destination of that name is added again.
func (d *Delivery) RemoveDestination(ctx context.Context, actor records.User, name string) error {
	return d.configure(ctx, actor, "remove "+name, func(all []Route) ([]Route, error) {
		i := at(all, name)
		if i < 0 {
			return nil, fmt.Errorf("destination %s: %w", name, records.ErrNotFound)
		}
		return slices.Delete(all, i, i+1), nil
	})
}

// SwitchDestination switches a destination off, so that what is to go there waits,
// or on again.
func (d *Delivery) SwitchDestination(ctx context.Context, actor records.User, name string, off bool) error {
	detail := "switch on "
	if off {
		detail = "switch off "
	}
	return d.configure(ctx, actor, detail+name, func(all []Route) ([]Route, error) {
		i := at(all, name)
		if i < 0 {
			return nil, fmt.Errorf("destination %s: %w", name, records.ErrNotFound)
		}
		all[i].Off = off
		return all, nil
	})
}

// TryDestination sees whether a destination that is not, or not yet, configured so
// is there and lets this station in; nothing of a patient is sent. Where keep is
// set, secrets that are empty are taken from the one of its name. Errors are
// *outbox.Error, of a PACS *pacs.Error.
func (d *Delivery) TryDestination(ctx context.Context, actor records.User, r Route, keep bool) error {
	if err := trail.Require(ctx, d.store, actor, records.RightConfigure, "try_destination", r.Name); err != nil {
		return err
	}
	err := d.store.View(ctx, func(tx *sqlite.Tx) error {
		all, err := routes(tx)
		if i := at(all, r.Name); i >= 0 && keep {
			r.Destination = r.Keeping(all[i].Destination)
		}
		return err
	})
	if err != nil {
		return err
	}
	return outbox.Try(ctx, r.Destination)
}

// EchoDestination is TryDestination of one as it is configured, and how long that
// took.
func (d *Delivery) EchoDestination(ctx context.Context, actor records.User, name string) (time.Duration, error) {
	if err := trail.RequireAny(ctx, d.store, actor, []records.Right{records.RightConfigure, records.RightExport}, "try_destination", name); err != nil {
		return 0, err
	}
	var r *Route
	err := d.store.View(ctx, func(tx *sqlite.Tx) error {
		all, err := routes(tx)
		if i := at(all, name); i >= 0 {
			r = &all[i]
		}
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case r == nil:
		return 0, fmt.Errorf("destination %s: %w", name, records.ErrNotFound)
	}
	began := time.Now()
	err = outbox.Try(ctx, r.Destination)
	return time.Since(began), err
}
