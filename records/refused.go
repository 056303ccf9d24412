package records

import (
	"errors"
	"fmt"
)

// ErrNotFound is returned when the record holds no such thing.
var ErrNotFound = errors.New("not in the record")

// RefusedError says that something was refused for safety: a missing right, a
// mismatch, an unfit state. Code can be translated, Reason is the English
// sentence with what to do. The command line answers it with exit code 4.
type RefusedError struct {
	Code   string
	Reason string
	Args   []string
}

func (e *RefusedError) Error() string { return e.Reason }

// Require refuses when the user's role lacks the right, the account is locked,
// or a password has to be chosen first.
func Require(u User, x Right) error {
	if err := RequireSignedIn(u); err != nil {
		return err
	}
	if !u.Role.May(x) {
		return &RefusedError{Code: "right", Reason: fmt.Sprintf("%s (%s) may not do this: the right %q is missing", u.Name, u.Role, x), Args: []string{u.Name, string(u.Role), string(x)}}
	}
	return nil
}

// RequireSignedIn refuses nobody, a locked account, and one that has to choose a
// password first.
func RequireSignedIn(u User) error {
	if u.ID == "" {
		return &RefusedError{Code: "not_signed_in", Reason: "nobody is signed in; sign in first (LONGYING_USER and LONGYING_PASSWORD_FILE on the command line)"}
	}
	if u.Locked {
		return &RefusedError{Code: "locked", Reason: fmt.Sprintf("the account %s is locked; an administrator can unlock it", u.Login), Args: []string{u.Login}}
	}
	if u.MustChange {
		return &RefusedError{Code: "must_change", Reason: fmt.Sprintf("the account %s has to choose a new password first (longying users password %s --new-password-file FILE)", u.Login, u.Login), Args: []string{u.Login}}
	}
	return nil
}
