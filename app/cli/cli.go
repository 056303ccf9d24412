// Package cli is the command line: the contract of longying's commands, their
// options, their output and their exit codes. It holds no rules of its own;
// each command calls one use case. It does not import Fyne: the desktop is
// handed in as a function.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"longying/app/delivery"
	"longying/app/notices"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
	"longying/imaging/slide"
	"longying/imaging/slide/openslide"
	"longying/records"
	"longying/records/seal"
)

// Version is the program's version.
const Version = "0.1.0"

// Exit codes of the contract.
const (
	ExitDone    = 0
	ExitFailed  = 1
	ExitUsage   = 2
	ExitPart    = 3 // done in part, reasons on standard error
	ExitRefused = 4 // refused for safety
	ExitLater   = 5 // not in this version
)

// Env is what a command sees of the world.
type Env struct {
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Executable     string        // path of this program, for child processes
	Decoder        codec.Decoder // nil: in this process
	Slides         slide.Opener  // of slides that are no DICOM objects; nil: in this process
	Keyring        seal.Keyring  // that may open the data folder; nil: the operating system's
	// Desktop opens the window; nil where there is none in this build.
	Desktop func(ctx context.Context, paths []string, sample bool) error
}

// usageError is a wrong call: exit code 2.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// laterError is a command of the contract that this version does not have.
type laterError struct{ what string }

func (e *laterError) Error() string { return e.what + ": not in this version" }

// partError says that something was done and something was not.
type partError struct{ text string }

func (e *partError) Error() string { return e.text }

// refusedError is a refusal that is not a records.RefusedError, e.g. all models
// refused.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }

type command struct {
	name string
	help string
	run  func(ctx context.Context, c *call) error
}

// call is one invocation of a command.
type call struct {
	Env
	name string
	args []string // positional, after options were taken out
	raw  []string
	json bool

	isolated isolated
}

func commands() []command {
	return []command{
		{"open", "open PATH...: open the desktop on files, folders, ZIP", cmdOpen},
		{"info", "info PATH...: what each file is", cmdInfo},
		{"decode", "decode FILE [--frame N] --out RAW: stored values of one frame", cmdDecode},
		{"render", "render FILE [--frame N] [--window C,W] [--state GSPS] [--overlays] [--out PNG]: 8-bit picture", cmdRender},
		{"import", "import PATH...: copy studies into the data folder", cmdImport},
		{"studies", "studies [QUERY]: list studies", cmdStudies},
		{"models", "models list|show ID [--version V]|verify ID|install FILE|FOLDER [--replace]|remove ID|pack FOLDER [--out ZIP]|accept ID --cases CSV|first-read ID on|off|scorecard ID", cmdModels},
		{"analyze", "analyze PATH|STUDY_UID [--model ID] [--region X0,Y0,X1,Y1] [--organ NAME] [--state NAME=VALUE]", cmdAnalyze},
		{"findings", "findings list STUDY_UID|add STUDY_UID --label --sop --frame --region --value|confirm UID|edit UID --label --note --region|reject UID --reason|undo UID|first-read STUDY_UID --model --answer --impression|history UID|priors UID|follow UID PRIOR_UID|unfollow UID --reason", cmdFindings},
		{"patients", "patients import FILE [--preview] [--mapping NAME] [--map COLUMN=FIELD]... [--issuer NAME] [--save-mapping NAME]|mappings|batches|undo BATCH|accept ROW --reason|drop ROW --reason|search TEXT|show ID|link STUDY PATIENT|unlink STUDY --reason|review|merge KEPT GONE --reason [--despite]|unmerge GONE --reason", cmdPatients},
		{"report", "report draft|show|fill --template ID STUDY_UID FIELD=VALUE|FIELD=@FINDING_UID...|check|answer --number --reason|submit|return --reason|sign|print --out|amend --reason STUDY_UID; report waiting; report two-signatures on|off; report templates list|show ID|add FILE|remove ID", cmdReport},
		{"critical", "critical flag STUDY_UID --what [--finding]|told ID --to [--by] [--read-back]|withdraw ID --reason|list [STUDY_UID]", cmdCritical},
		{"export", "export STUDY_UID --as cda|fhir|sr|seg|row|pdf|gsps|sc|dicom-pdf --out DIR; export CONSULT_ID --as cda|cda-discussion --out DIR", cmdExport},
		{"deid", "deid STUDY_UID|PATH... --out DIR [--dates] [--device] [--descriptors] [--patient] [--uids] [--burned-in] [--secret-file FILE]: DICOM objects without saying whose", cmdDeid},
		{"codes", "codes list [TABLE]|import TABLE FILE|remove TABLE; TABLE is " + strings.Join(delivery.Tables(), ", "), cmdCodes},
		{"outbox", "outbox list|send [--now]|watch|retry ID|automatic [on|off]|destinations list|add NAME|test NAME|off NAME|on NAME|remove NAME", cmdOutbox},
		{"consult", "consult create PATIENT --title --question|accept ID|add ID --study|--finding|--visit|--medication|checklist ID|excuse ID --item --text [--needed]|schedule ID --date --time --place --chair LOGIN --member LOGIN,DISCIPLINE... --guest NAME,DISCIPLINE,HOSPITAL... [--text]|invite ID|minutes ID --out PDF [--lang zh|en]|begin ID [--missing ITEM,ITEM] [--present NAME,NAME]|opinion ID --name --text [--dissent]|correlate ID --radiology --pathology [--discordant --text]|decide ID --text [--do YYYYMMDD,OWNER,TASK]...|follow ID --date --task [--owner]|done|postpone ID --follow-up --text|outcome ID --done --happened [--discordant --text]|close ID|withdraw ID --text|due|pack|open|reply|merge", cmdConsult},
		{"pacs", "pacs add NAME --url URL [--gateway MODALITY]|list|remove NAME|echo|query [--patient --name --date --modality --accession]|retrieve STUDY_UID|store STUDY_UID|FILE... [--as sr,pdf,seg,gsps,sc,objects] [--pacs NAME]|orthanc-config", cmdPACS},
		{"audit", "audit list [--user --patient --action --outcome --from --until --limit]|verify [--backup FILE]|export --format dicom --out FILE", cmdAudit},
		{"users", "users add LOGIN --name --role --new-password-file|list|lock LOGIN|unlock LOGIN|role LOGIN --role|password LOGIN --new-password-file|second-factor new|on --secret --code|off|reset LOGIN", cmdUsers},
		{"keyring", "keyring on|off|status: the keyring of the operating system opens the data folder besides its passphrase", cmdKeyring},
		{"backup", "backup FILE [--replace]: the whole data folder as one sealed file", cmdBackup},
		{"restore", "restore FILE [--replace]: a data folder out of a backup, verified before it takes its place", cmdRestore},
		{"doctor", "doctor: what is installed, what to mend", cmdDoctor},
		{"demo", "demo: the main job end to end on the shipped samples", cmdDemo},
		{"platform-stub", "platform-stub --state FILE: a stub platform on the loopback, for the demo and tests", cmdPlatformStub},
		{"version", "version", cmdVersion},
		{"licences", "licences: of everything that is linked into the program", cmdLicences},
	}
}

func cmdVersion(_ context.Context, c *call) error {
	if err := c.parse(c.raw, nil); err != nil {
		return err
	}
	if err := c.want(0, "no argument"); err != nil {
		return err
	}
	return c.done(map[string]string{"version": Version}, "longying %s\n", Version)
}

// cmdLicences prints the licences of others whose work is in the program.
func cmdLicences(_ context.Context, c *call) error {
	if err := c.parse(c.raw, nil); err != nil {
		return err
	}
	if err := c.want(0, "no argument"); err != nil {
		return err
	}
	return c.done(map[string]string{"licences": notices.Licences()}, "%s", notices.Licences())
}

// Run runs one command line and returns its exit code.
func Run(ctx context.Context, args []string, env Env) int {
	if env.Getenv == nil {
		env.Getenv = func(string) string { return "" }
	}
	if env.Decoder == nil {
		env.Decoder = native.Decoder{}
	}
	if env.Slides == nil {
		env.Slides = openslide.Local{}
	}
	name := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name = args[0]
	}
	if name == "" {
		for _, a := range args {
			if a == "-h" || a == "--help" || a == "-help" {
				help(env.Stdout)
				return ExitDone
			}
		}
		return exit(env.Stderr, desktop(ctx, env, args))
	}
	if name == "help" {
		help(env.Stdout)
		return ExitDone
	}
	for _, cmd := range commands() {
		if cmd.name == name {
			c := &call{Env: env, name: name, raw: args[1:]}
			err := cmd.run(ctx, c)
			return exit(env.Stderr, errors.Join(err, c.isolated.close()))
		}
	}
	return exit(env.Stderr, usagef("there is no command %q; longying help lists them", name))
}

func desktop(ctx context.Context, env Env, args []string) error {
	sample := false
	for _, a := range args {
		if a != "--sample" {
			return usagef("there is no option %q; longying help lists the commands", a)
		}
		sample = true
	}
	if env.Desktop == nil {
		return &laterError{"the desktop"}
	}
	return env.Desktop(ctx, nil, sample)
}

func help(w io.Writer) {
	fmt.Fprintln(w, "longying                     open the desktop (--sample: on the shipped samples)")
	for _, cmd := range commands() {
		fmt.Fprintln(w, "longying", cmd.help)
	}
	fmt.Fprintln(w, "\n--json with every command: one JSON object a line. --isolate: frames are decoded, models run and slides read in processes of their own, so that a file or a model that makes a library crash costs one frame or one run; the desktop always does so.")
	fmt.Fprintln(w, "\nLONGYING_HOME names the data folder, LONGYING_USER and LONGYING_PASSWORD_FILE who acts, LONGYING_KEY_FILE the passphrase, LONGYING_PROVIDER what models run on where it is there (CUDA, DirectML, CoreML, OpenVINO; the CPU otherwise, and the result says why).")
	fmt.Fprintln(w, "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part, 4 refused for safety (a damaged consult pack or reply too), 5 not in this version.")
}

// exit words an error and gives its exit code.
func exit(stderr io.Writer, err error) int {
	if err == nil {
		return ExitDone
	}
	fmt.Fprintln(stderr, "longying:", err)
	var usage *usageError
	var lat *laterError
	var part *partError
	var ref *refusedError
	var refused *records.RefusedError
	switch {
	case errors.As(err, &usage):
		return ExitUsage
	case errors.As(err, &lat):
		return ExitLater
	case errors.As(err, &part):
		return ExitPart
	case errors.As(err, &ref), errors.As(err, &refused):
		return ExitRefused
	}
	return ExitFailed
}

// parse takes options out of the arguments, wherever they stand.
func (c *call) parse(args []string, define func(f *flag.FlagSet)) error {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&c.json, "json", false, "one JSON object a line")
	isolate := f.Bool("isolate", false, "decode frames and run models in processes of their own")
	if define != nil {
		define(f)
	}
	c.args = nil
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			return usagef("%s: %v", c.name, err)
		}
		rest := f.Args()
		if len(rest) == 0 {
			break
		}
		// "--" ends the options: what follows is positional.
		if i := len(args) - len(rest); i > 0 && args[i-1] == "--" {
			c.args = append(c.args, rest...)
			break
		}
		c.args = append(c.args, rest[0])
		args = rest[1:]
	}
	if *isolate {
		c.isolate()
	}
	return nil
}

// verb takes the first word of a command with sub-commands, one of those known.
// A wrong call is found before anybody has to sign in.
func (c *call) verb(known ...string) (verb string, rest []string, err error) {
	for i, a := range c.raw { // the value of an option may stand before it
		if slices.Contains(known, a) {
			return a, append(append([]string(nil), c.raw[:i]...), c.raw[i+1:]...), nil
		}
	}
	for _, a := range c.raw {
		if !strings.HasPrefix(a, "-") {
			return "", nil, usagef("%s has no %q; it has %s", c.name, a, strings.Join(known, ", "))
		}
	}
	return "", nil, usagef("%s: say what to do: %s", c.name, strings.Join(known, ", "))
}

// want checks the number of positional arguments.
func (c *call) want(n int, what string) error {
	if len(c.args) != n {
		return usagef("%s needs %s", c.name, what)
	}
	return nil
}

// about names what is not in the record, where the error itself does not, and
// says where to look.
func about(err error, what, id, look string) error {
	if !errors.Is(err, records.ErrNotFound) {
		return err
	}
	if strings.Contains(err.Error(), id) {
		return fmt.Errorf("%w; %s", err, look)
	}
	return fmt.Errorf("%s %s: %w; %s", what, id, err, look)
}

// Where to look for what a command names.
const (
	lookStudies    = "longying studies lists those that are"
	lookPatients   = "longying patients search finds those that are"
	lookFindings   = "longying findings list STUDY_UID lists those that are"
	lookDeliveries = "longying outbox list lists those that are"
	lookUsers      = "longying users list lists those that are"
)

// done is the answer of a command that has one: an object with --json, else words.
func (c *call) done(row any, format string, args ...any) error {
	if c.json {
		return c.emit(row)
	}
	c.printf(format, args...)
	return nil
}

// emit prints one JSON object on a line of standard output.
func (c *call) emit(v any) error {
	enc := json.NewEncoder(c.Stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printf writes for people; with --json it is silent.
func (c *call) printf(format string, args ...any) {
	if !c.json {
		fmt.Fprintf(c.Stdout, format, args...)
	}
}
