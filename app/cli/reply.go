package cli

import (
	"context"
	"fmt"
	"os"

	"longying/app/consult"
	"longying/app/station"
	"longying/records"
)

// replyToPack answers a pack with one opinion in a small sealed file.
func (c *call) replyToPack(ctx context.Context, s *station.Station, actor records.User, o records.Opinion, passphraseFile, out string) error {
	passphrase, err := readSecret(passphraseFile)
	if err != nil || out == "" {
		return usagef("consult reply needs --name, --text, --out FILE and --passphrase-file FILE (%v)", err)
	}
	in, err := os.Open(c.args[0])
	if err != nil {
		return fmt.Errorf("the pack cannot be opened: %w", err)
	}
	defer in.Close()
	p, err := consult.OpenPack(ctx, in, passphrase, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", c.args[0], err)
	}
	f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the reply was not written: %w", err)
	}
	o, err = s.Consult.Reply(ctx, actor, p, o, passphrase, f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(out)
		return err
	}
	return c.done(map[string]string{"path": out, "opinion": o.ID}, "%s  %s\n", o.ID, out)
}

// mergeReply takes the opinions of a reply into the consult that it answers.
func (c *call) mergeReply(ctx context.Context, s *station.Station, actor records.User, passphraseFile string) error {
	passphrase, err := readSecret(passphraseFile)
	if err != nil {
		return usagef("consult merge needs --passphrase-file FILE (%v)", err)
	}
	f, err := os.Open(c.args[0])
	if err != nil {
		return fmt.Errorf("the reply cannot be opened: %w", err)
	}
	defer f.Close()
	m, added, err := s.Consult.Merge(ctx, actor, f, passphrase)
	if err != nil {
		return fmt.Errorf("%s: %w", c.args[0], err)
	}
	if c.json {
		return c.emit(m)
	}
	c.printf("%s  %d new opinions, %d in all\n", m.ID, added, len(m.Opinions))
	return nil
}

// consultsDue lists the open follow-ups of all consults, the earliest first.
func (c *call) consultsDue(ctx context.Context) error {
	if err := c.want(0, "no arguments"); err != nil {
		return err
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	due, err := s.Consult.Reminders(ctx, actor)
	if err != nil {
		return err
	}
	for _, d := range due {
		if c.json {
			if err := c.emit(d); err != nil {
				return err
			}
			continue
		}
		late := ""
		if d.Overdue {
			late = "  overdue"
		}
		c.printf("%s%s  %s  %s  %s\n", d.Date, late, d.ConsultID, d.FollowUpID, d.Task)
	}
	return nil
}
