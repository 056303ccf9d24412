package cli

import (
	"context"

	"longying/app/station"
	"longying/records/seal"
	"longying/records/seal/oskeyring"
)

// ring is the keyring that may open the data folder.
func (c *call) ring() seal.Keyring {
	if c.Keyring != nil {
		return c.Keyring
	}
	return oskeyring.OS{}
}

// cmdKeyring lets the keyring of the operating system open the data folder, or
// no longer, or says whether it does.
func cmdKeyring(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("on", "off", "status")
	if err != nil {
		return err
	}
	if err := c.parse(rest, nil); err != nil {
		return err
	}
	if err := c.want(0, "no argument"); err != nil {
		return err
	}
	home, err := station.Home(c.Getenv)
	if err != nil {
		return err
	}
	if verb == "status" {
		row := map[string]any{"remembered": seal.Remembered(home), "opens": false}
		why := "the passphrase opens it"
		if _, err := seal.Recall(home, c.ring()); err == nil {
			row["opens"], why = true, "the keyring of the operating system opens it"
		} else {
			row["reason"], why = err.Error(), err.Error()
		}
		return c.done(row, "%s: %s\n", home, why)
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if verb == "off" {
		if err := s.ForgetKey(ctx, actor, c.ring()); err != nil {
			return err
		}
		return c.done(map[string]bool{"remembered": false}, "%s: the keyring has forgotten it; its passphrase opens it\n", home)
	}
	passphrase, err := c.passphrase()
	if err != nil {
		return err
	}
	if err := s.RememberKey(ctx, actor, passphrase, c.ring()); err != nil {
		return err
	}
	return c.done(map[string]bool{"remembered": true}, "%s: the keyring of the operating system opens it for you; its passphrase still does, and backups need it\n", home)
}
