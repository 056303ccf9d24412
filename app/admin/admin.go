// Package admin holds the use cases around people who sign in, the hospital's
// settings and the audit trail.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// MaxFailures is how many wrong passwords in a row lock an account.
const MaxFailures = 5

// Admin is the use case.
type Admin struct {
	store   *sqlite.Store
	now     func() time.Time
	station string
}

// New wires the use case.
func New(store *sqlite.Store, now func() time.Time) *Admin {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Admin{store: store, now: now, station: host}
}

func (a *Admin) audit(tx *sqlite.Tx, actor records.User, action, object, outcome, detail string) error {
	return tx.AppendAudit(&records.AuditEvent{At: a.now(), UserID: actor.ID, UserName: actor.Name, Station: a.station,
		Action: action, Object: object, Outcome: outcome, Detail: detail})
}

// NewUser is what is needed to add a user.
type NewUser struct {
	Login, Name, StaffNumber string
	Role                     records.Role
	Password                 string
	Sample                   bool
}

// AddUser adds a user. The first user of a data folder must be an
// administrator and needs no actor; there is no default password.
func (a *Admin) AddUser(ctx context.Context, actor records.User, n NewUser) (records.User, error) {
	known := false
	for _, r := range records.Roles() {
		known = known || r == n.Role
	}
	if !known {
		return records.User{}, fmt.Errorf("the role %q is not known; one of %v", n.Role, records.Roles())
	}
	if n.Login == "" || n.Name == "" {
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
		PasswordHash: hash, CreatedAt: a.now(), Sample: n.Sample}
	err = a.store.Update(ctx, func(tx *sqlite.Tx) error {
		users, err := tx.Users()
		if err != nil {
			return err
		}
		if len(users) == 0 {
			if n.Role != records.RoleAdministrator {
				return &records.RefusedError{Code: "first_user", Reason: "the first user of a data folder must be an administrator"}
			}
		} else if err := records.Require(actor, records.RightManageUsers); err != nil {
			return err
		}
		if err := tx.PutUser(&u); err != nil {
			return err
		}
		if actor.ID == "" {
			actor = u
		}
		return a.audit(tx, actor, "add_user", u.ID, "ok", string(u.Role))
	})
	return u, err
}

// Users lists everyone who can sign in.
func (a *Admin) Users(ctx context.Context, actor records.User) ([]records.User, error) {
	if err := records.Require(actor, records.RightManageUsers); err != nil {
		return nil, err
	}
	var out []records.User
	err := a.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.Users()
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

// SetLocked locks or unlocks an account.
func (a *Admin) SetLocked(ctx context.Context, actor records.User, login string, locked bool) error {
	if err := records.Require(actor, records.RightManageUsers); err != nil {
		return err
	}
	return a.store.Update(ctx, func(tx *sqlite.Tx) error {
		u, err := tx.UserByLogin(login)
		if err != nil {
			return fmt.Errorf("user %q: %w", login, err)
		}
		u.Locked, u.Failures = locked, 0
		if err := tx.PutUser(u); err != nil {
			return err
		}
		return a.audit(tx, actor, "lock_user", u.ID, "ok", fmt.Sprintf("locked=%v", locked))
	})
}

// errSignIn is the same for a wrong login and a wrong password, so that an
// answer does not tell which logins exist.
func errSignIn() error {
	return &records.RefusedError{Code: "sign_in", Reason: "login or password is wrong"}
}

// SignIn checks a password. MaxFailures wrong ones in a row lock the account.
func (a *Admin) SignIn(ctx context.Context, login, password string) (records.User, error) {
	u, err := a.check(ctx, login, password, "login")
	if err != nil {
		return records.User{}, err
	}
	return u, nil
}

// Reauthenticate checks the password of a user who is signed in already, e.g.
// before a signature. It counts failures like SignIn.
func (a *Admin) Reauthenticate(ctx context.Context, actor records.User, password string) error {
	_, err := a.check(ctx, actor.Login, password, "reauthenticate")
	return err
}

func (a *Admin) check(ctx context.Context, login, password, action string) (records.User, error) {
	var u records.User
	var refused error
	err := a.store.Update(ctx, func(tx *sqlite.Tx) error {
		refused = nil
		found, err := tx.UserByLogin(login)
		if errors.Is(err, records.ErrNotFound) {
			refused = errSignIn()
			return a.audit(tx, records.User{}, action, "", "refused", "no such login")
		}
		if err != nil {
			return err
		}
		if found.Locked {
			refused = &records.RefusedError{Code: "locked", Args: []string{login},
				Reason: fmt.Sprintf("the account %s is locked; an administrator can unlock it", login)}
			return a.audit(tx, *found, action, found.ID, "refused", "locked")
		}
		ok, err := seal.VerifyPassword(found.PasswordHash, password)
		if err != nil {
			return err
		}
		outcome := "ok"
		if ok {
			found.Failures = 0
		} else {
			outcome = "refused"
			refused = errSignIn()
			found.Failures++
			found.Locked = found.Failures >= MaxFailures
		}
		if err := tx.PutUser(found); err != nil {
			return err
		}
		u = *found
		return a.audit(tx, *found, action, found.ID, outcome, "")
	})
	if err != nil {
		return records.User{}, err
	}
	return u, refused
}

// Organization is the hospital as it stands in every document.
func (a *Admin) Organization(ctx context.Context) (records.Organization, error) {
	var org records.Organization
	err := a.store.View(ctx, func(tx *sqlite.Tx) error {
		return readSetting(tx, SettingOrganization, &org)
	})
	return org, err
}

// SettingOrganization is the key of the hospital's identity.
const SettingOrganization = "organization"

// SetOrganization changes the hospital's identity.
func (a *Admin) SetOrganization(ctx context.Context, actor records.User, org records.Organization) error {
	return a.put(ctx, actor, SettingOrganization, org)
}

// Preference reads one plain setting, empty when it was never set.
func (a *Admin) Preference(ctx context.Context, key string) (string, error) {
	var v string
	err := a.store.View(ctx, func(tx *sqlite.Tx) error { return readSetting(tx, "preference."+key, &v) })
	return v, err
}

// SetPreference stores one plain setting of the desktop; anyone signed in may.
func (a *Admin) SetPreference(ctx context.Context, key, value string) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return a.store.Update(ctx, func(tx *sqlite.Tx) error { return tx.PutSetting("preference."+key, string(raw)) })
}

func (a *Admin) put(ctx context.Context, actor records.User, key string, value any) error {
	if err := records.Require(actor, records.RightConfigure); err != nil {
		return err
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return a.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.PutSetting(key, string(raw)); err != nil {
			return err
		}
		return a.audit(tx, actor, "configure", key, "ok", "")
	})
}

func readSetting(tx *sqlite.Tx, key string, into any) error {
	raw, err := tx.Setting(key)
	if errors.Is(err, records.ErrNotFound) || err == nil && raw == "" {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(raw), into); err != nil {
		return fmt.Errorf("setting %s is damaged: %w", key, err)
	}
	return nil
}

// AuditEvents lists the audit trail, newest first.
func (a *Admin) AuditEvents(ctx context.Context, actor records.User, limit, offset int) ([]records.AuditEvent, error) {
	if err := records.Require(actor, records.RightAudit); err != nil {
		return nil, err
	}
	var out []records.AuditEvent
	err := a.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.AuditEvents(limit, offset)
		return err
	})
	return out, err
}

// VerifyAudit checks the whole audit chain, also against what others know of it.
func (a *Admin) VerifyAudit(ctx context.Context, actor records.User, known ...sqlite.Witness) (sqlite.AuditReport, error) {
	if err := records.Require(actor, records.RightAudit); err != nil {
		return sqlite.AuditReport{}, err
	}
	return a.store.VerifyAudit(ctx, known...)
}
