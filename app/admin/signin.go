package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// errSignIn is the same for a wrong login, a wrong password and a wrong code, so
// that an answer does not tell which logins exist.
func errSignIn() error {
	return &records.RefusedError{Code: "sign_in", Reason: "login or password is wrong"}
}

// SignIn checks a password. records.MaxFailures wrong ones in a row hold the
// account for a while. A user with a second factor is refused with the code
// code_needed: SignInWithCode.
func (a *Admin) SignIn(ctx context.Context, login, password string) (records.User, error) {
	return a.check(ctx, login, password, "login", nil)
}

// SignInWithCode is SignIn with the code of the second factor, or one of the
// recovery codes, each of which counts once. A user without a second factor
// needs none, and an empty code is none.
func (a *Admin) SignInWithCode(ctx context.Context, login, password, code string) (records.User, error) {
	return a.check(ctx, login, password, "login", &code)
}

// Reauthenticate checks the password of a user who is signed in already, e.g.
// before a signature. It counts failures like SignIn.
func (a *Admin) Reauthenticate(ctx context.Context, actor records.User, password string) error {
	_, err := a.check(ctx, actor.Login, password, "reauthenticate", nil)
	return err
}

// Unlock lets the same person back to a screen that was hidden: as SignInWithCode
// does, with the second factor where there is one. It returns the account as it
// is now.
func (a *Admin) Unlock(ctx context.Context, actor records.User, password, code string) (records.User, error) {
	return a.check(ctx, actor.Login, password, "unlock_screen", &code)
}

// Leave notes that somebody left the desktop: "logout" or "lock_screen".
func (a *Admin) Leave(ctx context.Context, actor records.User, action string) error {
	return a.store.Update(ctx, func(tx *sqlite.Tx) error { return a.audit(tx, actor, action, actor.ID, trail.OK, "") })
}

// nobody is a hash that is checked where there is no such login, so that the
// time of an answer tells as little as its words.
var nobody = sync.OnceValues(func() (string, error) { return seal.HashPassword("nobody signs in with this") })

func (a *Admin) check(ctx context.Context, login, password, action string, code *string) (records.User, error) {
	var u records.User
	var refused error
	err := a.store.Update(ctx, func(tx *sqlite.Tx) error {
		refused = nil
		found, err := tx.UserByLogin(login)
		if errors.Is(err, records.ErrNotFound) {
			hash, err := nobody()
			if err != nil {
				return err
			}
			if _, err := seal.VerifyPassword(hash, password); err != nil {
				return err
			}
			refused = errSignIn()
			return a.audit(tx, records.User{}, action, "", trail.Refused, "no such login")
		}
		if err != nil {
			return err
		}
		left := found.Wait(a.now())
		switch {
		case found.Locked:
			refused = &records.RefusedError{Code: "locked", Args: []string{login},
				Reason: fmt.Sprintf("the account %s is locked; an administrator can unlock it", login)}
			return a.audit(tx, *found, action, found.ID, trail.Refused, "locked")
		case left > 0:
			minutes := strconv.Itoa(int((left + time.Minute - 1) / time.Minute))
			refused = &records.RefusedError{Code: "held", Args: []string{login, minutes},
				Reason: fmt.Sprintf("too many wrong passwords: the account %s opens again in %s min, or when an administrator unlocks it", login, minutes)}
			if err := tx.PutUser(found); err != nil { // the time that has passed counts once
				return err
			}
			return a.audit(tx, *found, action, found.ID, trail.Refused, "held")
		}
		ok, err := seal.VerifyPassword(found.PasswordHash, password)
		if err != nil {
			return err
		}
		detail := ""
		if ok && (action == "login" || code != nil) && found.SecondFactor {
			if code == nil || *code == "" {
				refused = &records.RefusedError{Code: "code_needed", Reason: "this account has a second factor: give the code of the telephone too (LONGYING_CODE on the command line)"}
				return nil // not a failure, and not a success that forgives earlier ones
			}
			detail, ok = second(found, *code, a.now())
		}
		outcome := trail.OK
		if ok {
			found.Release()
		} else {
			outcome = trail.Refused
			refused = errSignIn()
			found.Fail(a.now())
		}
		if err := tx.PutUser(found); err != nil {
			return err
		}
		u = *found
		return a.audit(tx, *found, action, found.ID, outcome, detail)
	})
	if err != nil {
		return records.User{}, err
	}
	if refused != nil {
		return records.User{}, refused
	}
	return u, nil
}

// second checks the second factor and keeps what was used of it.
func second(u *records.User, code string, at time.Time) (detail string, ok bool) {
	if step, ok := seal.VerifyTOTP(u.TOTPSecret, code, at, u.TOTPStep); ok {
		u.TOTPStep = step
		return "second factor", true
	}
	left, ok := seal.UseRecoveryCode(u.Recovery, code)
	if !ok {
		return "second factor", false
	}
	u.Recovery = left
	return fmt.Sprintf("recovery code, %d left", len(left)), true
}

// ChangePassword gives one a new password for the old one.
func (a *Admin) ChangePassword(ctx context.Context, actor records.User, old, password string) (err error) {
	defer trail.Outcome(ctx, a.store, actor, "change_password", actor.ID, &err)
	present, err := trail.Present(ctx, a.store, actor)
	if err != nil {
		return err
	}
	present.MustChange = false // that is what this is for
	if err := records.RequireSignedIn(present); err != nil {
		return err
	}
	if err := a.Reauthenticate(ctx, actor, old); err != nil {
		return err
	}
	if password == old {
		return &records.RefusedError{Code: "same_password", Reason: "the new password is the old one; choose another"}
	}
	if err := seal.CheckPassword(present.Login, present.Name, password); err != nil {
		return err
	}
	hash, err := seal.HashPassword(password)
	if err != nil {
		return err
	}
	return a.own(ctx, actor, "change_password", func(u *records.User) error {
		u.PasswordHash, u.MustChange = hash, false
		return nil
	})
}

// SecondFactor is what a person puts into their telephone.
type SecondFactor struct {
	Secret string // base32
	URI    string // for a QR code
}

// NewSecondFactor makes the secret of a second factor for somebody who is signed
// in. Nothing is stored before EnrolSecondFactor.
func (a *Admin) NewSecondFactor(actor records.User) SecondFactor {
	secret := seal.NewTOTPSecret()
	return SecondFactor{seal.TOTPSecretText(secret), seal.TOTPURI(secret, "Longying", actor.Login)}
}

// EnrolSecondFactor turns the second factor on, once a code shows that the
// telephone has the secret. It returns the recovery codes, which are shown once
// and never again.
func (a *Admin) EnrolSecondFactor(ctx context.Context, actor records.User, password, secret, code string) (codes []string, err error) {
	defer trail.Outcome(ctx, a.store, actor, "set_second_factor", actor.ID, &err)
	if err := trail.RequireAny(ctx, a.store, actor, nil, "set_second_factor", actor.ID); err != nil {
		return nil, err
	}
	raw, err := seal.ParseTOTPSecret(secret)
	if err != nil {
		return nil, err
	}
	if err := a.Reauthenticate(ctx, actor, password); err != nil {
		return nil, err
	}
	step, ok := seal.VerifyTOTP(raw, code, a.now(), 0)
	if !ok {
		return nil, &records.RefusedError{Code: "code_wrong", Reason: "this is not the code of now; check the clock of the telephone and of this computer"}
	}
	codes, hashes := seal.NewRecoveryCodes()
	return codes, a.own(ctx, actor, "set_second_factor", func(u *records.User) error {
		u.SecondFactor = true
		u.TOTPSecret, u.TOTPStep, u.Recovery = raw, step, hashes
		return nil
	})
}

// RemoveSecondFactor turns one's own second factor off.
func (a *Admin) RemoveSecondFactor(ctx context.Context, actor records.User, password string) (err error) {
	defer trail.Outcome(ctx, a.store, actor, "remove_second_factor", actor.ID, &err)
	if err := trail.RequireAny(ctx, a.store, actor, nil, "remove_second_factor", actor.ID); err != nil {
		return err
	}
	if err := a.Reauthenticate(ctx, actor, password); err != nil {
		return err
	}
	return a.own(ctx, actor, "remove_second_factor", func(u *records.User) error {
		u.SecondFactor = false
		u.TOTPSecret, u.TOTPStep, u.Recovery = nil, 0, nil
		return nil
	})
}

// own alters the account of who acts, with its audit event.
func (a *Admin) own(ctx context.Context, actor records.User, action string, alter func(*records.User) error) error {
	return a.store.Update(ctx, func(tx *sqlite.Tx) error {
		u, err := tx.User(actor.ID)
		if err != nil {
			return err
		}
		if err := alter(u); err != nil {
			return err
		}
		if err := tx.PutUser(u); err != nil {
			return err
		}
		return a.audit(tx, actor, action, u.ID, trail.OK, "")
	})
}
