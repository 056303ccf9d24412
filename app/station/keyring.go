package station

import (
	"context"

	"longying/app/trail"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// settingKeyring is the object of the audit events around the keyring.
const settingKeyring = "keyring"

// RememberKey lets the keyring of the person who runs the program open the data
// folder without its passphrase, which still opens it too.
func (s *Station) RememberKey(ctx context.Context, actor records.User, passphrase string, ring seal.Keyring) error {
	return s.keyring(ctx, actor, "remembered", func() error { return seal.Remember(s.Home, passphrase, ring) })
}

// ForgetKey takes the data folder out of the keyring.
func (s *Station) ForgetKey(ctx context.Context, actor records.User, ring seal.Keyring) error {
	return s.keyring(ctx, actor, "forgotten", func() error { return seal.Forget(s.Home, ring) })
}

func (s *Station) keyring(ctx context.Context, actor records.User, what string, do func() error) (err error) {
	defer trail.Outcome(ctx, s.store, actor, "configure", settingKeyring, &err)
	if err := trail.Require(ctx, s.store, actor, records.RightConfigure, "configure", settingKeyring); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.AppendAudit(&records.AuditEvent{UserID: actor.ID, UserName: actor.Name, Action: "configure", Object: settingKeyring, Outcome: trail.OK, Detail: what})
	})
}
