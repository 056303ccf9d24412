// Package admin holds the use cases around people who sign in, the hospital's
// settings and the audit trail.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

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
	return a.put(ctx, actor, SettingOrganization, org, "")
}

// Preference reads one plain setting, empty when it was never set.
func (a *Admin) Preference(ctx context.Context, key string) (string, error) {
	var v string
	err := a.store.View(ctx, func(tx *sqlite.Tx) error { return readSetting(tx, "preference."+key, &v) })
	return v, err
}

// SetPreference stores one plain setting of the desktop, such as its language;
// anyone may, also before signing in. The same value again changes nothing.
func (a *Admin) SetPreference(ctx context.Context, actor records.User, key, value string) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	key = "preference." + key
	return a.store.Update(ctx, func(tx *sqlite.Tx) error {
		if old, err := tx.Setting(key); err == nil && old == string(raw) {
			return nil
		}
		if err := tx.PutSetting(key, string(raw)); err != nil {
			return err
		}
		return a.audit(tx, actor, "configure", key, trail.OK, value)
	})
}

// SettingIdleLock is the key of the time after which an unused screen is hidden.
const SettingIdleLock = "idle_lock_minutes"

// The time after which an unused screen is hidden, in minutes
// (GB/T 22239-2019, 8.1.4.1 b: sessions end by themselves).
const (
	IdleLockDefault = 10
	IdleLockMost    = 120
)

// IdleLock is after how long without a key or a movement of the mouse the
// desktop hides its screen.
func (a *Admin) IdleLock(ctx context.Context) (time.Duration, error) {
	minutes := IdleLockDefault
	err := a.store.View(ctx, func(tx *sqlite.Tx) error { return readSetting(tx, SettingIdleLock, &minutes) })
	if minutes < 1 || minutes > IdleLockMost {
		minutes = IdleLockDefault
	}
	return time.Duration(minutes) * time.Minute, err
}

// SetIdleLock changes it: 1 to IdleLockMost minutes.
func (a *Admin) SetIdleLock(ctx context.Context, actor records.User, minutes int) error {
	if minutes < 1 || minutes > IdleLockMost {
		most := strconv.Itoa(IdleLockMost)
		return &records.RefusedError{Code: "idle_lock", Args: []string{most}, Reason: "the screen locks after 1 to " + most + " minutes"}
	}
	return a.put(ctx, actor, SettingIdleLock, minutes, strconv.Itoa(minutes))
}

func (a *Admin) put(ctx context.Context, actor records.User, key string, value any, detail string) (err error) {
	defer trail.Outcome(ctx, a.store, actor, "configure", key, &err)
	if err := trail.Require(ctx, a.store, actor, records.RightConfigure, "configure", key); err != nil {
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
		return a.audit(tx, actor, "configure", key, trail.OK, detail)
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
