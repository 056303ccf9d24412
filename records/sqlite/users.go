package sqlite

import (
	"strings"

	"longying/records"
)

// userRow is a user as stored, sealed: records.User keeps its secrets out of JSON.
type userRow struct {
	records.User
	PasswordHash string   `json:"password_hash"`
	TOTPSecret   []byte   `json:"totp_secret,omitempty"`
	TOTPStep     int64    `json:"totp_step,omitempty"`
	Recovery     []string `json:"recovery,omitempty"`
}

func (r userRow) user() records.User {
	u := r.User
	u.PasswordHash, u.TOTPSecret, u.TOTPStep, u.Recovery = r.PasswordHash, r.TOTPSecret, r.TOTPStep, r.Recovery
	return u
}

func foldLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// PutUser stores a user, new or changed; an empty ID is filled. A login that
// another user has is a *records.DuplicateError.
func (t *Tx) PutUser(u *records.User) error {
	if foldLogin(u.Login) == "" {
		return &records.RefusedError{Code: "login", Reason: "a user needs a login"}
	}
	id := u.ID
	if id == "" {
		id = newID()
	}
	login := t.lookup(kindLogin, foldLogin(u.Login))
	other, err := t.ownedByOther(`SELECT id FROM users WHERE login_key = ? AND id <> ?`, login, id)
	if err != nil {
		return err
	}
	if other != "" {
		return &records.DuplicateError{What: "user", Key: "login", Other: other}
	}
	stored := userRow{User: *u, PasswordHash: u.PasswordHash, TOTPSecret: u.TOTPSecret, TOTPStep: u.TOTPStep, Recovery: u.Recovery}
	stored.ID = id
	sealed, err := t.seal("users", id, stored)
	if err != nil {
		return err
	}
	if err := t.exec(`INSERT INTO users (id, login_key, created_at, sealed) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET login_key = excluded.login_key, sealed = excluded.sealed`,
		id, login, nanos(u.CreatedAt), sealed); err != nil {
		return err
	}
	u.ID = id
	return nil
}

// User is one user.
func (t *Tx) User(id string) (*records.User, error) {
	return t.user(`SELECT id, sealed FROM users WHERE id = ?`, id)
}

// UserByLogin is the user with a login, whatever its case.
func (t *Tx) UserByLogin(login string) (*records.User, error) {
	return t.user(`SELECT id, sealed FROM users WHERE login_key = ?`, t.lookup(kindLogin, foldLogin(login)))
}

func (t *Tx) user(query string, arg any) (*records.User, error) {
	row, err := one[userRow](t, "users", query, arg)
	if err != nil {
		return nil, err
	}
	u := row.user()
	return &u, nil
}

// Users lists every user in the order in which they were made.
func (t *Tx) Users() ([]records.User, error) {
	rows, err := all[userRow](t, "users", `SELECT id, sealed FROM users ORDER BY created_at, rowid`)
	var out []records.User
	for _, r := range rows {
		out = append(out, r.user())
	}
	return out, err
}

// PutSetting stores one setting.
func (t *Tx) PutSetting(key, value string) error {
	sealed, err := t.seal("settings", key, value)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO settings (key, sealed) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed`, key, sealed)
}

// Setting is one setting; records.ErrNotFound where it was never stored.
func (t *Tx) Setting(key string) (string, error) {
	v, err := one[string](t, "settings", `SELECT key, sealed FROM settings WHERE key = ?`, key)
	if err != nil {
		return "", err
	}
	return *v, nil
}
