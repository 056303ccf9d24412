package admin

import (
	"context"
	"errors"
	"strconv"

	"longying/app/screen"
	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// NoteDisplayCheck puts a check of a monitor into the audit trail: outcome says
// whether it passed, detail what was found. Whoever reads pictures or looks after
// the machine may make one.
func (a *Admin) NoteDisplayCheck(ctx context.Context, actor records.User, passed bool, detail string) (err error) {
	const action = "check_display"
	if err := trail.RequireAny(ctx, a.store, actor, []records.Right{records.RightViewPatient, records.RightConfigure}, action, a.station); err != nil {
		return err
	}
	outcome := trail.OK
	if !passed {
		outcome = trail.Failed
	}
	return a.store.Update(ctx, func(tx *sqlite.Tx) error { return a.audit(tx, actor, action, a.station, outcome, detail) })
}

// NoteDisplayInterval puts into the audit trail after how many months a monitor
// is to be checked again: 1 to screen.DueMost.
func (a *Admin) NoteDisplayInterval(ctx context.Context, actor records.User, months int) error {
	const object = "display_check_months"
	if months < 1 || months > screen.DueMost {
		most := strconv.Itoa(screen.DueMost)
		return &records.RefusedError{Code: object, Args: []string{most}, Reason: "a monitor is checked every 1 to " + most + " months"}
	}
	if err := trail.Require(ctx, a.store, actor, records.RightConfigure, "configure", object); err != nil {
		return err
	}
	return a.store.Update(ctx, func(tx *sqlite.Tx) error {
		return a.audit(tx, actor, "configure", object, trail.OK, strconv.Itoa(months))
	})
}

// NameOf is the name of an account, for who may see what it did; empty where
// there is no such account.
func (a *Admin) NameOf(ctx context.Context, actor records.User, id string) (string, error) {
	if err := trail.RequireAny(ctx, a.store, actor, nil, "name_user", id); err != nil {
		return "", err
	}
	name := ""
	err := a.store.View(ctx, func(tx *sqlite.Tx) error {
		u, err := tx.User(id)
		if errors.Is(err, records.ErrNotFound) {
			return nil
		}
		if err == nil {
			name = u.Name
		}
		return err
	})
	return name, err
}
