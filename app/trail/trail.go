// Package trail stands at the door of every use case: it asks whether somebody
// may do what they ask for, as the record knows them now, and puts what was
// refused or failed into the audit trail. What was done is put there by the use
// case itself, in the transaction that does it.
package trail

import (
	"context"
	"errors"
	"fmt"

	"longying/records"
	"longying/records/sqlite"
)

// The outcomes of an audit event.
const (
	OK      = "ok"
	Refused = "refused"
	Failed  = "failed"
)

// Require refuses where the actor lacks the right, is locked, or has to choose
// a password first. Who the actor is now is read from the record: an account
// that was locked, or was given another role, a moment ago is that everywhere.
// A refusal is in the trail under the action and object. An actor whom the
// record does not know is judged as handed in.
func Require(ctx context.Context, store *sqlite.Store, actor records.User, right records.Right, action, object string) error {
	return RequireAny(ctx, store, actor, []records.Right{right}, action, object)
}

// RequireAny is Require where any one of several rights will do. With no right
// named, being signed in will do.
func RequireAny(ctx context.Context, store *sqlite.Store, actor records.User, rights []records.Right, action, object string) error {
	now, err := Present(ctx, store, actor)
	if err != nil {
		return err
	}
	if len(rights) == 0 {
		err = records.RequireSignedIn(now)
	}
	for _, right := range rights {
		if err = records.Require(now, right); err == nil {
			break
		}
	}
	if err == nil {
		return nil
	}
	return errors.Join(&noted{err}, note(ctx, store, actor, action, object, Refused, code(err)))
}

// Present is the actor as the record knows them now.
func Present(ctx context.Context, store *sqlite.Store, actor records.User) (records.User, error) {
	if store == nil || actor.ID == "" {
		return actor, nil
	}
	err := store.View(ctx, func(tx *sqlite.Tx) error {
		now, err := PresentIn(tx, actor)
		actor = now
		return err
	})
	return actor, err
}

// PresentIn is Present inside of a transaction, where Present would wait for
// itself.
func PresentIn(tx *sqlite.Tx, actor records.User) (records.User, error) {
	if actor.ID == "" {
		return actor, nil
	}
	u, err := tx.User(actor.ID)
	if errors.Is(err, records.ErrNotFound) {
		return actor, nil
	}
	if err != nil {
		return actor, err
	}
	return *u, nil
}

// RequireIn is Require inside of a transaction. What it refuses is put into the
// trail by Outcome, once the transaction is over.
func RequireIn(tx *sqlite.Tx, actor records.User, right records.Right) error {
	now, err := PresentIn(tx, actor)
	if err != nil {
		return err
	}
	return records.Require(now, right)
}

// Outcome puts how an act ended into the trail where it was refused or failed;
// use it deferred, with the act's error. What somebody cancelled, or what is
// not in the record, is neither.
func Outcome(ctx context.Context, store *sqlite.Store, actor records.User, action, object string, err *error) {
	var refused *records.RefusedError
	var known *noted
	switch {
	case *err == nil, errors.As(*err, &known):
		return
	case errors.As(*err, &refused):
		*err = errors.Join(&noted{*err}, note(ctx, store, actor, action, object, Refused, refused.Code))
	case errors.Is(*err, records.ErrNotFound), errors.Is(*err, context.Canceled), errors.Is(*err, context.DeadlineExceeded):
	default:
		// A store that is out of room cannot take the event either; what went
		// wrong first is what the person has to hear.
		_ = note(ctx, store, actor, action, object, Failed, "")
	}
}

// note appends one event. What the object is of is looked up, so that the
// refusals around one patient are found together.
func note(ctx context.Context, store *sqlite.Store, actor records.User, action, object, outcome, detail string) error {
	if store == nil {
		return nil
	}
	// An act that was cancelled while it was being refused was refused.
	err := store.Update(context.WithoutCancel(ctx), func(tx *sqlite.Tx) error {
		patient, err := tx.PatientBehind(object)
		if err != nil {
			return err
		}
		return tx.AppendAudit(&records.AuditEvent{UserID: actor.ID, UserName: actor.Name, Action: action, Object: object, PatientID: patient, Outcome: outcome, Detail: detail})
	})
	if err != nil {
		return fmt.Errorf("the audit trail could not take this refusal: %w", err)
	}
	return nil
}

func code(err error) string {
	var refused *records.RefusedError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// noted marks an error that is in the trail.
type noted struct{ error }

func (n *noted) Unwrap() error { return n.error }
