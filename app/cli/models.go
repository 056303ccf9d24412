package cli

import (
	"context"
	"flag"
	"fmt"
	"time"

	"longying/app/catalogue"
	"longying/app/reading"
	"longying/app/station"
	"longying/app/worker"
	"longying/inference"
	"longying/models"
)

// homeOrNone is the data folder, "" where there is none.
func (c *call) homeOrNone() string {
	home, err := station.Home(c.Getenv)
	if err != nil || station.Fresh(home) {
		return ""
	}
	return home
}

// models gives the models alone, for files that are not kept.
func (c *call) models() (*reading.Reading, func(), error) {
	loader := c.loader()
	r := station.Predictor(c.homeOrNone(), loader, c.Decoder, c.Slides)
	for _, err := range r.BrokenModels() {
		fmt.Fprintln(c.Stderr, "model left out:", err)
	}
	return r, func() {
		if err := loader.Close(); err != nil {
			fmt.Fprintln(c.Stderr, "the model runtime did not end cleanly:", err)
		}
	}, nil
}

func cmdModels(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("list", "show", "verify", "install", "remove", "pack", "accept", "scorecard", "first-read")
	if err != nil {
		return err
	}
	switch verb {
	case "install":
		var replace bool
		if err := c.parse(rest, func(f *flag.FlagSet) {
			f.BoolVar(&replace, "replace", false, "also where the version is not newer")
		}); err != nil {
			return err
		}
		return c.installModel(ctx, replace)
	case "pack":
		var out string
		if err := c.parse(rest, func(f *flag.FlagSet) {
			f.StringVar(&out, "out", "", "ZIP to write; ID-VERSION.zip beside the folder where not given")
		}); err != nil {
			return err
		}
		return c.packModel(ctx, out)
	case "accept":
		var o acceptOptions
		if err := c.parse(rest, o.define); err != nil {
			return err
		}
		return c.acceptModel(ctx, o)
	case "scorecard":
		var out, lang, since string
		if err := c.parse(rest, func(f *flag.FlagSet) {
			f.StringVar(&out, "out", "", "PNG to write")
			f.StringVar(&lang, "lang", "zh", "language of the picture, zh or en")
			f.StringVar(&since, "since", "", "first day, YYYY-MM-DD; a year ago where not given")
		}); err != nil {
			return err
		}
		return c.scorecard(ctx, out, lang, since)
	case "first-read":
		if err := c.parse(rest, nil); err != nil {
			return err
		}
		return c.lockModel(ctx)
	case "show":
		var lang, version string
		if err := c.parse(rest, func(f *flag.FlagSet) {
			f.StringVar(&version, "version", "", "of a card that is kept of a model no longer installed")
			f.StringVar(&lang, "lang", "", "zh or en; both where not given")
		}); err != nil {
			return err
		}
		return c.showModel(lang, version)
	}
	if err := c.parse(rest, nil); err != nil {
		return err
	}
	switch verb {
	case "list":
		return c.listModels()
	case "verify":
		return c.verifyModel(ctx)
	}
	return c.removeModel(ctx)
}

// named is the entry that the one argument names.
func (c *call) named() (catalogue.Entry, error) {
	if err := c.want(1, "one model ID"); err != nil {
		return catalogue.Entry{}, err
	}
	for _, e := range catalogue.List(c.homeOrNone()) {
		if e.ID == c.args[0] {
			return e, e.Broken
		}
	}
	return catalogue.Entry{}, fmt.Errorf("model %q is not installed; longying models list shows those that are", c.args[0])
}

// verifyModel runs a package's own test. A model that was not shipped runs in a
// process of its own.
func (c *call) verifyModel(ctx context.Context) error {
	e, err := c.named()
	if err != nil {
		return err
	}
	if e.Origin == catalogue.Installed {
		c.isolate()
	}
	sessions := c.loader()
	defer sessions.Close()
	runner, err := sessions.Load(e.Package)
	if err != nil {
		return err
	}
	if err := inference.Verify(ctx, e.Package, runner); err != nil {
		return err
	}
	return c.done(map[string]any{"id": e.ID, "version": e.Version, "verified": true}, "%s %s: the hash matches, every reference case is met\n", e.ID, e.Version)
}

// modelRow is one line of models list --json: the card, and where it comes from.
type modelRow struct {
	*models.Card
	Origin catalogue.Origin `json:"origin"`
	By     string           `json:"installed_by,omitempty"`
	At     *time.Time       `json:"installed_at,omitempty"`
}

// brokenRow is one that cannot be used.
type brokenRow struct {
	ID      string           `json:"id"`
	Version string           `json:"version"`
	Origin  catalogue.Origin `json:"origin"`
	Broken  string           `json:"broken"`
}

func (c *call) listModels() error {
	broken := 0
	for _, e := range catalogue.List(c.homeOrNone()) {
		var row any
		switch {
		case e.Broken != nil:
			broken++
			fmt.Fprintln(c.Stderr, "model left out:", e.Broken)
			row = brokenRow{e.ID, e.Version, e.Origin, e.Broken.Error()}
			c.printf("%s  %s  %s  cannot be used\n", e.ID, e.Version, e.Origin)
		default:
			r := modelRow{Card: e.Package.Card, Origin: e.Origin, By: e.By}
			if !e.At.IsZero() {
				r.At = &e.At
			}
			row = r
			c.printf("%s  %s  %s  %s  %s\n", e.ID, e.Version, e.Origin, e.Package.Card.Task, e.Package.Card.Name.Zh)
		}
		if c.json {
			if err := c.emit(row); err != nil {
				return err
			}
		}
	}
	if broken > 0 {
		return &partError{fmt.Sprintf("%d model packages were left out", broken)}
	}
	return nil
}

func (c *call) installModel(ctx context.Context, replace bool) error {
	if err := c.want(1, "one folder or ZIP"); err != nil {
		return err
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	res, err := s.Catalogue.Install(ctx, actor, c.args[0], replace, nil)
	if err != nil {
		return err
	}
	c.leftOut(res.Left)
	if c.json {
		return c.emit(modelRow{Card: res.Card, Origin: catalogue.Installed, By: actor.ID})
	}
	c.printf("%s %s installed: the hash matches, every reference case is met. %s\n", res.Card.ID, res.Card.Version, res.Card.Purpose.Registration.Zh)
	if res.Replaced != "" {
		c.printf("it takes the place of version %s\n", res.Replaced)
	}
	c.printf("Its results are amber until a named doctor accepts it here: longying models accept %s --cases CSV\n", res.Card.ID)
	return nil
}

func (c *call) leftOut(files []string) {
	const most = 10
	for i, f := range files {
		if i == most {
			fmt.Fprintf(c.Stderr, "and %d more\n", len(files)-most)
			return
		}
		fmt.Fprintln(c.Stderr, "no part of a package, left where it is:", f)
	}
}

func (c *call) removeModel(ctx context.Context) error {
	if err := c.want(1, "one model ID"); err != nil {
		return err
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	version, err := s.Catalogue.Remove(ctx, actor, c.args[0])
	if err != nil {
		return err
	}
	return c.done(map[string]any{"id": c.args[0], "version": version, "removed": true},
		"%s %s removed; its card is kept, because findings may name it\n", c.args[0], version)
}

// packRow is what models pack says with --json.
type packRow struct {
	File     string          `json:"file"`
	ID       string          `json:"id"`
	Version  string          `json:"version"`
	ONNX     models.File     `json:"onnx"`
	Resource models.Resource `json:"resources"`
}

func (c *call) packModel(ctx context.Context, out string) error {
	if err := c.want(1, "one folder with model.onnx, card.json and test/"); err != nil {
		return err
	}
	trial := worker.NewModels(worker.Options{Executable: c.Executable}, c.Getenv("LONGYING_ORT_LIBRARY"), c.Executable)
	defer trial.Close()
	p, err := catalogue.Pack(ctx, c.args[0], out, trial)
	if err != nil {
		return err
	}
	c.leftOut(p.Left)
	if c.json {
		return c.emit(packRow{p.File, p.Card.ID, p.Card.Version, p.Card.File, p.Card.Resources})
	}
	c.printf("%s: %s %s, opset %d, %.3g s for one sample on %s, %d MiB\n", p.File, p.Card.ID, p.Card.Version, p.Card.File.Opset,
		p.Card.Resources.Seconds, p.Card.Resources.CPU, p.Card.Resources.MemoryMiB)
	return nil
}

// lockModel is the department's setting whether a doctor's own impression comes
// before what a model proposes.
func (c *call) lockModel(ctx context.Context) error {
	if err := c.want(2, "a model ID and on or off"); err != nil {
		return err
	}
	if c.args[1] != "on" && c.args[1] != "off" {
		return usagef("models first-read needs on or off, not %q", c.args[1])
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Reading.LockModel(ctx, actor, c.args[0], c.args[1] == "on"); err != nil {
		return err
	}
	return c.done(map[string]string{"model": c.args[0], "first_read": c.args[1]}, "%s: first read %s\n", c.args[0], c.args[1])
}
