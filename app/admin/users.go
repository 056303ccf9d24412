package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// NewUser is what is needed to add a user.
type NewUser struct {
	Login, Name, StaffNumber string
	Role                     records.Role
	Password                 string
	MustChange               bool // the user has to choose another password first
	Sample                   bool
}

// AddUser adds a user. The first user of a data folder must be an
// administrator and needs no actor; there is no default password.
func (a *Admin) AddUser(ctx context.Context, actor records.User, n NewUser) (_ records.User, err error) {
	defer trail.Outcome(ctx, a.store, actor, "add_user", "", &err)
	if err := checkRole(n.Role); err != nil {
		return records.User{}, err
	}
	if strings.TrimSpace(n.Login) == "" || strings.TrimSpace(n.Name) == "" {
		return records.User{}, errors.New("a user needs a login and a name")
	}
	if err := seal.CheckPassword(n.Login, n.Name, n.Password); err != nil {
		return records.User{}, err
	}
	hash, err := seal.HashPassword(n.Password)
	if err != nil {
		return records.User{}, err
	}
	u := records.User{Login: n.Login, Name: n.Name, StaffNumber: n.StaffNumber, Role: n.Role,
		PasswordHash: hash, MustChange: n.MustChange, CreatedAt: a.now(), Sample: n.Sample}
	err = a.store.Update(ctx, func(tx *sqlite.Tx) error {
		users, err := tx.Users()
		if err != nil {
			return err
		}
		if len(users) == 0 {
			if n.Role != records.RoleAdministrator {
				return &records.RefusedError{Code: "first_user", Reason: "the first user of a data folder must be an administrator"}
			}
		} else if err := trail.RequireIn(tx, actor, records.RightManageUsers); err != nil {
			return err
		}
		if err := tx.PutUser(&u); err != nil {
			return err
		}
		by := actor
		if by.ID == "" {
			by = u
		}
		return a.audit(tx, by, "add_user", u.ID, trail.OK, string(u.Role))
	})
	return u, err
}

func checkRole(r records.Role) error {
	if !slices.Contains(records.Roles(), r) {
		return fmt.Errorf("the role %q is not known; one of %v", r, records.Roles())
	}
	return nil
}

// Users lists everyone who can sign in, with what is left of a hold.
func (a *Admin) Users(ctx context.Context, actor records.User) ([]records.User, error) {
	if err := trail.Require(ctx, a.store, actor, records.RightManageUsers, "list_users", ""); err != nil {
		return nil, err
	}
	var out []records.User
	err := a.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.Users()
		for i := range out {
			out[i].Wait(a.now())
		}
		return err
	})
	return out, err
}

// Empty reports a data folder without any user.
func (a *Admin) Empty(ctx context.Context) (bool, error) {
	n := 0
	err := a.store.View(ctx, func(tx *sqlite.Tx) error {
		us, err := tx.Users()
		n = len(us)
		return err
	})
	return n == 0, err
}

// SetLocked locks an account until it is unlocked, or unlocks it, a hold after
// wrong passwords included. It counts at once, also for who is signed in. The
// last administrator who could unlock others stays.
func (a *Admin) SetLocked(ctx context.Context, actor records.User, login string, locked bool) error {
	return a.change(ctx, actor, login, "lock_user", func(tx *sqlite.Tx, u *records.User) (string, error) {
		if locked {
			if err := keepsAdministrator(tx, u); err != nil {
				return "", err
			}
		}
		u.Locked = locked
		u.Release()
		return fmt.Sprintf("locked=%v", locked), nil
	})
}

// SetRole gives a user another role; it counts at once.
func (a *Admin) SetRole(ctx context.Context, actor records.User, login string, role records.Role) error {
	return a.change(ctx, actor, login, "set_role", func(tx *sqlite.Tx, u *records.User) (string, error) {
		if err := checkRole(role); err != nil {
			return "", err
		}
		if role != records.RoleAdministrator {
			if err := keepsAdministrator(tx, u); err != nil {
				return "", err
			}
		}
		before := u.Role
		u.Role = role
		return fmt.Sprintf("%s to %s", before, role), nil
	})
}

// ResetPassword gives another user a password, which has to be changed at the
// next signing in, and ends a hold. One's own is changed by ChangePassword.
func (a *Admin) ResetPassword(ctx context.Context, actor records.User, login, password string) error {
	hash, checked := "", false
	return a.change(ctx, actor, login, "reset_password", func(_ *sqlite.Tx, u *records.User) (string, error) {
		if u.ID == actor.ID {
			return "", &records.RefusedError{Code: "own_password", Reason: "one's own password is changed with the old one"}
		}
		if !checked { // a transaction may run again
			if err := seal.CheckPassword(u.Login, u.Name, password); err != nil {
				return "", err
			}
			var err error
			if hash, err = seal.HashPassword(password); err != nil {
				return "", err
			}
			checked = true
		}
		u.PasswordHash, u.MustChange = hash, true
		u.Release()
		return "", nil
	})
}

// ResetSecondFactor takes the second factor from a user who has lost it.
func (a *Admin) ResetSecondFactor(ctx context.Context, actor records.User, login string) error {
	return a.change(ctx, actor, login, "reset_second_factor", func(_ *sqlite.Tx, u *records.User) (string, error) {
		if u.ID == actor.ID {
			return "", &records.RefusedError{Code: "own_second_factor", Reason: "one's own second factor is taken away with the password"}
		}
		u.SecondFactor = false
		u.TOTPSecret, u.TOTPStep, u.Recovery = nil, 0, nil
		return "", nil
	})
}

// change alters one user, with its audit event, in one transaction.
func (a *Admin) change(ctx context.Context, actor records.User, login, action string, alter func(*sqlite.Tx, *records.User) (detail string, err error)) (err error) {
	object := ""
	defer func() { trail.Outcome(ctx, a.store, actor, action, object, &err) }()
	if err := trail.Require(ctx, a.store, actor, records.RightManageUsers, action, ""); err != nil {
		return err
	}
	return a.store.Update(ctx, func(tx *sqlite.Tx) error {
		u, err := tx.UserByLogin(login)
		if err != nil {
			return fmt.Errorf("user %q: %w", login, err)
		}
		object = u.ID
		detail, err := alter(tx, u)
		if err != nil {
			return err
		}
		if err := tx.PutUser(u); err != nil {
			return err
		}
		return a.audit(tx, actor, action, u.ID, trail.OK, detail)
	})
}

// keepsAdministrator refuses to take away the last administrator who can sign
// in: nobody could give the folder another.
func keepsAdministrator(tx *sqlite.Tx, u *records.User) error {
	if u.Role != records.RoleAdministrator {
		return nil
	}
	users, err := tx.Users()
	if err != nil {
		return err
	}
	for _, other := range users {
		if other.ID != u.ID && other.Role == records.RoleAdministrator && !other.Locked {
			return nil
		}
	}
	return &records.RefusedError{Code: "last_administrator", Args: []string{u.Login},
		Reason: fmt.Sprintf("%s is the last administrator who can sign in; make another one first", u.Login)}
}
