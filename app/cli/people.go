package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"longying/app/admin"
	"longying/app/station"
	"longying/imaging"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// readSecret reads a password or passphrase from a file, without its line end.
func readSecret(path string) (string, error) {
	if path == "" {
		return "", errors.New("no file is named")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}

// password is the acting user's, from LONGYING_PASSWORD_FILE.
func (c *call) password() (string, error) {
	p, err := readSecret(c.Getenv("LONGYING_PASSWORD_FILE"))
	if err != nil {
		return "", &records.RefusedError{Code: "password_file", Reason: "no password: name its file in LONGYING_PASSWORD_FILE (" + err.Error() + ")"}
	}
	return p, nil
}

// passphrase is the data folder's, from LONGYING_KEY_FILE.
func (c *call) passphrase() (string, error) {
	key, err := readSecret(c.Getenv("LONGYING_KEY_FILE"))
	if err != nil {
		return "", &records.RefusedError{Code: "key_file", Reason: "the data folder is sealed: name the file with its passphrase in LONGYING_KEY_FILE (" + err.Error() + ")"}
	}
	return key, nil
}

// open opens the data folder: with the passphrase, or by the keyring where one
// remembers it and no passphrase is named.
func (c *call) open(ctx context.Context) (*station.Station, error) {
	home, err := station.Home(c.Getenv)
	if err != nil {
		return nil, err
	}
	key := ""
	if c.Getenv("LONGYING_KEY_FILE") != "" || !seal.Remembered(home) {
		if key, err = c.passphrase(); err != nil {
			return nil, err
		}
	}
	return station.Open(ctx, station.Options{Home: home, Passphrase: key, Keyring: c.ring(), Library: c.Getenv("LONGYING_ORT_LIBRARY"), Executable: c.Executable, Decoder: c.Decoder, Provider: c.Getenv("LONGYING_PROVIDER"), Models: c.apart(), Slides: c.Slides, Program: "cli"})
}

// signIn opens the data folder and signs in the acting user.
func (c *call) signIn(ctx context.Context) (*station.Station, records.User, error) {
	login := c.Getenv("LONGYING_USER")
	if login == "" {
		return nil, records.User{}, &records.RefusedError{Code: "user", Reason: "nobody acts: name the user in LONGYING_USER and the password's file in LONGYING_PASSWORD_FILE"}
	}
	password, err := c.password()
	if err != nil {
		return nil, records.User{}, err
	}
	s, err := c.open(ctx)
	if err != nil {
		return nil, records.User{}, err
	}
	u, err := s.Admin.SignInWithCode(ctx, login, password, c.Getenv("LONGYING_CODE"))
	if err != nil {
		s.Close()
		return nil, records.User{}, err
	}
	return s, u, nil
}

func cmdUsers(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("add", "list", "lock", "unlock", "role", "password", "second-factor")
	if err != nil {
		return err
	}
	var name, role, staff, file, secret, code string
	var unlock bool
	err = c.parse(rest, func(f *flag.FlagSet) {
		f.StringVar(&name, "name", "", "full name")
		f.StringVar(&role, "role", "", "role")
		f.StringVar(&staff, "staff", "", "staff number")
		f.StringVar(&file, "new-password-file", "", "file with the new password")
		f.StringVar(&secret, "secret", "", "secret of the second factor that is turned on")
		f.StringVar(&code, "code", "", "code that the telephone shows for it")
		f.BoolVar(&unlock, "unlock", false, "unlock instead of lock")
	})
	if err != nil {
		return err
	}
	switch verb {
	case "list":
	case "second-factor":
		return c.secondFactor(ctx, secret, code)
	default:
		if err := c.want(1, "one login"); err != nil {
			return err
		}
	}
	if verb == "add" {
		return c.addUser(ctx, name, role, staff, file)
	}
	var password string
	if verb == "password" {
		if password, err = readSecret(file); err != nil {
			return usagef("users password needs --new-password-file FILE (%v)", err)
		}
	}
	if verb == "role" && role == "" {
		return usagef("users role needs --role, one of %v", records.Roles())
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	switch {
	case verb == "lock" || verb == "unlock":
		err = s.Admin.SetLocked(ctx, actor, c.args[0], verb == "lock" && !unlock)
	case verb == "role":
		err = s.Admin.SetRole(ctx, actor, c.args[0], records.Role(role))
	case verb == "password" && strings.EqualFold(c.args[0], actor.Login):
		old, e := c.password()
		if e != nil {
			return e
		}
		if err := s.Admin.ChangePassword(ctx, actor, old, password); err != nil {
			return err
		}
		return c.done(map[string]string{"login": actor.Login}, "%s has a new password\n", actor.Login)
	case verb == "password":
		err = s.Admin.ResetPassword(ctx, actor, c.args[0], password)
	}
	if err != nil {
		return about(err, "user", c.args[0], lookUsers)
	}
	us, err := s.Admin.Users(ctx, actor)
	if err != nil {
		return err
	}
	for _, u := range us {
		if verb != "list" && !strings.EqualFold(u.Login, c.args[0]) {
			continue
		}
		row := newUserRow(u)
		if err := c.done(row, "%s  %s  %s  locked=%v%s\n", u.Login, u.Name, u.Role, row.Locked, row.held()); err != nil {
			return err
		}
	}
	return nil
}

// userRow is a user as a command shows them.
type userRow struct {
	records.User
	Locked      bool   `json:"locked"`              // nobody can sign in with the account now
	LockedBy    string `json:"locked_by,omitempty"` // administrator, or failures: too many wrong passwords
	HeldMinutes int    `json:"held_minutes,omitempty"`
}

func newUserRow(u records.User) userRow {
	row := userRow{User: u, Locked: u.Locked || u.HoldLeft > 0}
	switch {
	case u.Locked:
		row.LockedBy = "administrator"
	case u.HoldLeft > 0:
		row.LockedBy, row.HeldMinutes = "failures", int((u.HoldLeft+time.Minute-1)/time.Minute)
	}
	return row
}

func (r userRow) held() string {
	if r.HeldMinutes == 0 {
		return ""
	}
	return fmt.Sprintf("  for another %d min after wrong passwords; longying users unlock %s ends it", r.HeldMinutes, r.Login)
}

// secondFactor turns the acting user's second factor on or off, or takes it from
// another user who has lost it.
func (c *call) secondFactor(ctx context.Context, secret, code string) error {
	const usage = "users second-factor new|on --secret S --code C|off|reset LOGIN"
	if len(c.args) == 0 {
		return usagef(usage)
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	password, err := c.password()
	if err != nil {
		return err
	}
	switch what := c.args[0]; {
	case what == "new" && len(c.args) == 1:
		f := s.Admin.NewSecondFactor(actor)
		return c.done(map[string]string{"secret": f.Secret, "uri": f.URI}, "put this into the telephone: %s\n%s\nthen: longying users second-factor on --secret %s --code CODE\n", f.Secret, f.URI, f.Secret)
	case what == "on" && len(c.args) == 1 && secret != "" && code != "":
		codes, err := s.Admin.EnrolSecondFactor(ctx, actor, password, secret, code)
		if err != nil {
			return err
		}
		return c.done(map[string]any{"recovery_codes": codes}, "the second factor is on; keep these recovery codes, each counts once:\n%s\n", strings.Join(codes, "\n"))
	case what == "off" && len(c.args) == 1:
		if err := s.Admin.RemoveSecondFactor(ctx, actor, password); err != nil {
			return err
		}
		return c.done(map[string]string{"login": actor.Login}, "%s has no second factor\n", actor.Login)
	case what == "reset" && len(c.args) == 2:
		if err := s.Admin.ResetSecondFactor(ctx, actor, c.args[1]); err != nil {
			return about(err, "user", c.args[1], lookUsers)
		}
		return c.done(map[string]string{"login": c.args[1]}, "%s has no second factor\n", c.args[1])
	}
	return usagef(usage)
}

// addUser adds a user; in an empty data folder the first, an administrator,
// needs nobody to be signed in.
func (c *call) addUser(ctx context.Context, name, role, staff, file string) error {
	password, err := readSecret(file)
	if err != nil {
		return usagef("users add needs --new-password-file FILE (%v)", err)
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	empty, err := s.Admin.Empty(ctx)
	var actor records.User
	if err == nil && !empty {
		s.Close()
		if s, actor, err = c.signIn(ctx); err != nil {
			return err
		}
	}
	defer s.Close()
	if err != nil {
		return err
	}
	u, err := s.Admin.AddUser(ctx, actor, admin.NewUser{Login: c.args[0], Name: name, Role: records.Role(role), StaffNumber: staff, Password: password})
	if err != nil {
		return fmt.Errorf("user %q was not added: %w", c.args[0], err)
	}
	return c.done(u, "%s  %s  %s\n", u.Login, u.Name, u.Role)
}

func cmdAudit(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("list", "verify", "export")
	if err != nil {
		return err
	}
	var limit int
	var known, format, out, from, until string
	var filter admin.AuditFilter
	if err := c.parse(rest, func(f *flag.FlagSet) {
		f.IntVar(&limit, "limit", 100, "how many, newest first")
		f.StringVar(&known, "backup", "", "backup whose count and head the trail must agree with")
		f.StringVar(&filter.User, "user", "", "ID of who acted, or part of the name")
		f.StringVar(&filter.Patient, "patient", "", "internal ID, or whole ID number, record number or patient number")
		f.StringVar(&filter.Action, "action", "", "e.g. view_study")
		f.StringVar(&filter.Outcome, "outcome", "", "ok, refused or failed")
		f.StringVar(&from, "from", "", "first day, YYYY-MM-DD")
		f.StringVar(&until, "until", "", "last day, YYYY-MM-DD")
		f.StringVar(&format, "format", "dicom", "of an export: dicom, the audit messages of PS3.15 A.5")
		f.StringVar(&out, "out", "", "file of an export, new; .zip holds each message as a file, else one a line")
	}); err != nil {
		return err
	}
	if filter.From, filter.Until, err = days(from, until); err != nil {
		return err
	}
	if verb == "export" {
		if format != "dicom" {
			return usagef("audit export knows the format dicom, not %q", format)
		}
		if out == "" {
			return usagef("audit export needs --out FILE")
		}
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if verb == "verify" {
		rep, err := s.VerifyAudit(ctx, actor, known)
		if err != nil {
			return err
		}
		return c.audited(rep)
	}
	if verb == "export" {
		n, err := s.Admin.ExportAudit(ctx, actor, filter, out)
		if err != nil {
			return err
		}
		return c.done(map[string]any{"file": out, "events": n, "format": format}, "%s: %d events as DICOM audit messages\n", out, n)
	}
	filter.Limit = limit
	events, err := s.Admin.AuditEvents(ctx, actor, filter)
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := c.done(e, "%d  %s  %s  %s  %s  %s  %s\n", e.Seq, e.At.In(imaging.Zone()).Format("2006-01-02 15:04:05"),
			e.UserName, e.Action, e.Object, e.Outcome, e.Detail); err != nil {
			return err
		}
	}
	return nil
}

// days are the beginning of the first day and the end of the last, in the
// hospital's time.
func days(from, until string) (begin, end time.Time, err error) {
	if from != "" {
		if begin, err = time.ParseInLocation(time.DateOnly, from, imaging.Zone()); err != nil {
			return begin, end, usagef("--from %q is no day like 2026-11-26", from)
		}
	}
	if until != "" {
		if end, err = time.ParseInLocation(time.DateOnly, until, imaging.Zone()); err != nil {
			return begin, end, usagef("--until %q is no day like 2026-11-26", until)
		}
		end = end.AddDate(0, 0, 1)
	}
	return begin, end, nil
}

// auditRow is what audit verify says with --json.
type auditRow struct {
	Whole       bool        `json:"whole"`
	Count       int64       `json:"count"`        // events that are there
	Head        string      `json:"head"`         // of the last of them
	Witnesses   int         `json:"witnesses"`    // receipts that agree
	FirstBroken *auditBreak `json:"first_broken"` // null: none
	CutTail     *auditBreak `json:"cut_tail"`     // the first event missing at the end; null: none known
}

type auditBreak struct {
	Seq    int64  `json:"seq"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

func newAuditBreak(b *sqlite.AuditBreak) *auditBreak {
	if b == nil {
		return nil
	}
	return &auditBreak{b.Seq, b.Code, b.Reason}
}

func (c *call) audited(rep sqlite.AuditReport) error {
	if c.json {
		if err := c.emit(auditRow{rep.Whole(), rep.Count, rep.Head, rep.Witnesses, newAuditBreak(rep.FirstBroken), newAuditBreak(rep.CutTail)}); err != nil {
			return err
		}
	}
	if !rep.Whole() {
		return fmt.Errorf("the audit trail is NOT whole: event %d: %s; keep this data folder as it is, and compare it with the last backup", rep.FirstBroken.Seq, rep.FirstBroken.Reason)
	}
	c.printf("the audit chain is whole: %d events, head %s\n", rep.Count, rep.Head)
	return nil
}
