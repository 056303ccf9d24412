package cli

import (
	"context"
	"flag"
	"fmt"

	"longying/app/backup"
	"longying/app/station"
	"longying/records"
)

func cmdBackup(ctx context.Context, c *call) error {
	var replace bool
	if err := c.parse(c.raw, func(f *flag.FlagSet) { f.BoolVar(&replace, "replace", false, "replace FILE where it is there") }); err != nil {
		return err
	}
	if err := c.want(1, "one file to write"); err != nil {
		return err
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := s.Backup.Write(ctx, actor, c.args[0], replace, c.percent())
	if err != nil {
		return err
	}
	if c.json {
		if err := c.emit(r); err != nil {
			return err
		}
	}
	c.printf("%s: %d files with %d bytes, %d of them objects; %d audit events, head %s\nIt opens with the passphrase that the data folder has now, which is not in it: keep both, and not together.\n",
		r.Path, r.Files, r.Bytes, r.Objects, r.AuditCount, r.AuditHead)
	return c.faults(&r)
}

func cmdRestore(ctx context.Context, c *call) error {
	var replace bool
	if err := c.parse(c.raw, func(f *flag.FlagSet) {
		f.BoolVar(&replace, "replace", false, "move a data folder that is there aside")
	}); err != nil {
		return err
	}
	if err := c.want(1, "one backup"); err != nil {
		return err
	}
	home, err := station.Home(c.Getenv)
	if err != nil {
		return err
	}
	passphrase, err := readSecret(c.Getenv("LONGYING_KEY_FILE"))
	if err != nil {
		return &records.RefusedError{Code: "key_file", Reason: "the backup is sealed: name the file with the passphrase that its data folder had in LONGYING_KEY_FILE (" + err.Error() + ")"}
	}
	r := station.Restoring{Path: c.args[0], Login: c.Getenv("LONGYING_USER"), Code: c.Getenv("LONGYING_CODE"), Replace: replace, Progress: c.percent()}
	if r.Login != "" {
		if r.Password, err = c.password(); err != nil {
			return err
		}
	}
	done, err := station.Restore(ctx, station.Options{Home: home, Passphrase: passphrase, Program: "cli"}, r)
	if err != nil {
		return err
	}
	if c.json {
		if err := c.emit(done); err != nil {
			return err
		}
	}
	c.printf("%s: %d files with %d bytes, %d objects, of the backup of %s; all of it is verified\n", done.Home, done.Files, done.Bytes, done.Objects, done.CreatedAt.Format("2006-01-02 15:04:05"))
	if done.Aside != "" {
		c.printf("what was there lies in %s\n", done.Aside)
	}
	return c.faults(&done.Result)
}

// faults says what was damaged or missing when a backup was made.
func (c *call) faults(r *backup.Result) error {
	if r.Whole() {
		return nil
	}
	for _, d := range r.Damaged {
		fmt.Fprintf(c.Stderr, "%s: %s\n", d.File, d.Reason)
	}
	if r.AuditFault != "" {
		fmt.Fprintf(c.Stderr, "the audit trail is NOT whole: %s\n", r.AuditFault)
	}
	return &partError{fmt.Sprintf("%s holds the data folder as it was, and that had %d damaged or missing objects and an audit trail that was whole: %v", r.Path, len(r.Damaged), r.AuditFault == "")}
}

// percent prints how far something is, each tenth once.
func (c *call) percent() backup.Progress {
	last := int64(0)
	return func(done, total int64) {
		if tenth := 10 * done / max(1, total); tenth > last {
			last = tenth
			c.printf("%d%%\n", 10*tenth)
		}
	}
}
