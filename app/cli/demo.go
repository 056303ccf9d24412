package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"longying/app/samples"
	"longying/app/station"
	"longying/records"
)

// demo is one run of `longying demo`: the main job, end to end, on the shipped
// samples, in a data folder of its own.
type demo struct {
	c       *call
	home    string
	station *station.Station
	started time.Time
	step    int

	administrator, radiologist, pathologist, clinician, auditor records.User
	password                                                    string // the radiologist's
	sample                                                      *station.Sample

	film, slide, ct string // study UIDs
	filmFinding     records.Finding
	slideFinding    records.Finding
	signed          records.SignedDocument
	patient         records.Patient
	pdf, pack       string
	exports         []string
	registered      int
	address         string         // of the stub platform
	numbers         map[string]any // of the summary, each computed
}

// cmdDemo runs the main job on the shipped samples and prints each step in one
// line. Everything lies under LONGYING_HOME, or a new folder where that is not
// set; a folder that holds data already is refused.
func cmdDemo(ctx context.Context, c *call) error {
	if err := c.parse(c.raw, func(*flag.FlagSet) {}); err != nil {
		return err
	}
	if err := c.want(0, "no argument"); err != nil {
		return err
	}
	d := &demo{c: c, started: time.Now(), numbers: map[string]any{}}
	var err error
	if h := c.Getenv("LONGYING_HOME"); h != "" {
		d.home, err = filepath.Abs(h)
	} else {
		d.home, err = os.MkdirTemp("", "longying-demo-")
	}
	if err != nil {
		return err
	}
	if !station.Fresh(d.home) {
		return &records.RefusedError{Code: "demo_home", Reason: d.home + " holds data already; the demo wants an empty folder: set LONGYING_HOME to another, or unset it"}
	}
	for _, step := range []func(context.Context) error{
		d.setUp, d.openSamples, d.importPeople, d.linkStudies, d.runModels, d.refusals, d.verdicts, d.report, d.holdConsult, d.export, d.deliver, d.verifyAudit,
	} {
		if err := step(ctx); err != nil {
			if d.station != nil {
				d.station.Close()
			}
			return fmt.Errorf("demo, after step %d: %w", d.step, err)
		}
	}
	if err := d.station.Close(); err != nil {
		return err
	}
	return d.summary()
}

// say prints one step.
func (d *demo) say(format string, args ...any) {
	d.step++
	text := fmt.Sprintf(format, args...)
	if d.c.json {
		// Standard output holds only JSON then; a failed write shows at the end.
		_ = d.c.emit(map[string]any{"step": d.step, "text": text})
		return
	}
	d.c.printf("%2d  %s\n", d.step, text)
}

// setUp makes the data folder, its key, its users and demo.env.
func (d *demo) setUp(ctx context.Context) error {
	s, sample, err := station.OpenSample(ctx, station.Options{Home: d.home, Library: d.c.Getenv("LONGYING_ORT_LIBRARY"),
		Executable: d.c.Executable, Decoder: d.c.Decoder, Provider: d.c.Getenv("LONGYING_PROVIDER"), Models: d.c.apart(), Slides: d.c.Slides, Program: "cli", Backoff: 200 * time.Millisecond})
	if err != nil {
		return err
	}
	d.station, d.sample = s, sample
	d.administrator, d.radiologist, d.pathologist = sample.Users["admin"], sample.Users["radiologist"], sample.Users["pathologist"]
	d.clinician, d.auditor = sample.Users["clinician"], sample.Users["auditor"]
	if d.password, err = sample.Password(d.radiologist.Login); err != nil {
		return err
	}
	env := fmt.Sprintf("export LONGYING_HOME=%s\nexport LONGYING_USER=%s\nexport LONGYING_PASSWORD_FILE=%s\nexport LONGYING_KEY_FILE=%s\n",
		quote(d.home), quote(d.radiologist.Login), quote(sample.PasswordFile[d.radiologist.Login]), quote(sample.KeyFile))
	if err := os.WriteFile(filepath.Join(d.home, "demo.env"), []byte(env), 0o600); err != nil {
		return err
	}
	d.say("a sealed data folder with %d users of %d roles: %s (variables for later commands: demo.env)", len(sample.Users), len(sample.Users), d.home)
	return nil
}

// quote makes a value safe for a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (d *demo) openSamples(ctx context.Context) error {
	folder := filepath.Join(d.home, "samples")
	if err := samples.Extract(folder); err != nil {
		return err
	}
	res, err := d.station.Registry.Import(ctx, d.radiologist, []string{folder}, nil)
	if err != nil {
		return err
	}
	var what []string
	for _, ex := range res.Studies {
		switch ex.Modality {
		case "CR", "DX":
			d.film = ex.StudyUID
		case "SM":
			d.slide = ex.StudyUID
		case "CT":
			d.ct = ex.StudyUID
		}
		what = append(what, fmt.Sprintf("%s %s (%d)", ex.Modality, ex.Header.Display, ex.Instances))
	}
	if d.film == "" || d.slide == "" || d.ct == "" {
		return errors.New("the shipped samples are not complete: a film, a CT and a slide were expected")
	}
	again, err := d.station.Registry.Import(ctx, d.radiologist, []string{folder}, nil)
	if err != nil {
		return err
	}
	if again.New != 0 || again.Known != res.New {
		return fmt.Errorf("importing twice stored %d objects anew", again.New)
	}
	d.say("opened and imported %d DICOM objects: %s; %d other files skipped with a reason; a second import stores nothing new (%s)",
		res.New, strings.Join(what, ", "), len(res.Skipped), folder)
	return nil
}

func (d *demo) importPeople(ctx context.Context) error {
	people := filepath.Join(d.home, "samples", "patients")
	var parts []string
	total := 0
	for _, name := range []string{"patients-utf8.csv", "patients-gb18030.csv"} {
		res, err := d.station.Registry.ImportPeople(ctx, d.radiologist, filepath.Join(people, name))
		if err != nil {
			return err
		}
		if len(res.Errors) > 0 {
			return fmt.Errorf("%s: %w", name, res.Errors[0])
		}
		total += res.Patients
		parts = append(parts, fmt.Sprintf("%s %d people, %d visits", res.Encoding, res.Patients, res.Visits))
	}
	d.say("population register, health record numbers and visits: %s", strings.Join(parts, "; "))
	bad, err := d.station.Registry.ImportPeople(ctx, d.radiologist, filepath.Join(people, "patients-bad-row.csv"))
	if err != nil {
		return err
	}
	if len(bad.Errors) == 0 {
		return errors.New("the row with a wrong check digit was taken")
	}
	d.say("a file with a wrong check digit: %s; the other %d people of the file are in", bad.Errors[0].Error(), bad.Patients)
	d.numbers["people"] = total + bad.Patients
	return nil
}

func (d *demo) linkStudies(ctx context.Context) error {
	for _, uid := range []string{d.film, d.slide} {
		ex, err := d.station.Registry.Examination(ctx, d.radiologist, uid)
		if err != nil {
			return err
		}
		if !ex.Link.Linked() {
			return fmt.Errorf("the %s of the sample was not linked: %s", ex.Modality, ex.LinkReason)
		}
		rec, err := d.station.Registry.Record(ctx, d.radiologist, ex.PatientID)
		if err != nil {
			return err
		}
		d.patient = rec.Patient
		d.say("%s linked to %s (record %s, %d past visits) by rule: %s", ex.Modality, rec.Patient.Name, rec.Patient.HealthRecordNumber, len(rec.Visits), ex.LinkRule)
	}
	review, err := d.station.Registry.Review(ctx, d.radiologist)
	if err != nil {
		return err
	}
	for _, ex := range review {
		if ex.StudyUID != d.ct {
			continue
		}
		var differs []string
		for _, k := range ex.LinkConflicts {
			differs = append(differs, fmt.Sprintf("%s: header %q, register %q", k.Field, k.Header, k.Register))
		}
		d.say("the CT goes to the review list although its ID number is known (%s): %s", ex.LinkReason, strings.Join(differs, "; "))
		d.numbers["on_review_list"] = len(review)
		return nil
	}
	return errors.New("the CT, whose header names another person, is not on the review list")
}
