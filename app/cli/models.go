package cli

import (
	"context"
	"flag"
	"fmt"

	"longying/app/reading"
	"longying/app/station"
	"longying/inference"
	"longying/models"
)

// models gives the models alone, for files that are not kept.
func (c *call) models() (*reading.Reading, func(), error) {
	loader := c.loader()
	r := station.Predictor(loader, c.Decoder, c.Slides)
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
	verb, rest, err := c.verb()
	if err != nil {
		return err
	}
	switch verb {
	case "install", "remove", "pack":
		return &laterError{"models " + verb}
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
	}
	if err := c.parse(rest, nil); err != nil {
		return err
	}
	switch verb {
	case "list":
		return c.listModels()
	case "show", "verify":
	default:
		return usagef("models has no %q", verb)
	}
	if err := c.want(1, "one model ID"); err != nil {
		return err
	}
	var pkg *models.Package
	packages, broken := models.LoadShipped()
	for _, p := range packages {
		if p.Card.ID == c.args[0] {
			pkg = p
		}
	}
	if pkg == nil {
		for _, err := range broken {
			fmt.Fprintln(c.Stderr, "model left out:", err)
		}
		return fmt.Errorf("model %q is not installed; longying models list shows those that are", c.args[0])
	}
	if verb == "show" {
		return c.showModel(pkg.Card)
	}
	sessions := c.loader()
	defer sessions.Close()
	runner, err := sessions.Load(pkg)
	if err != nil {
		return err
	}
	if err := inference.Verify(ctx, pkg, runner); err != nil {
		return err
	}
	c.printf("%s %s: the hash matches, every reference case is met\n", pkg.Card.ID, pkg.Card.Version)
	return nil
}

func (c *call) listModels() error {
	packages, broken := models.LoadShipped()
	for _, p := range packages {
		if c.json {
			if err := c.emit(p.Card); err != nil {
				return err
			}
			continue
		}
		c.printf("%s  %s  %s  %s\n", p.Card.ID, p.Card.Version, p.Card.Task, p.Card.Name.Zh)
	}
	for _, err := range broken {
		fmt.Fprintln(c.Stderr, "model left out:", err)
	}
	if len(broken) > 0 {
		return &partError{fmt.Sprintf("%d model packages were left out", len(broken))}
	}
	return nil
}

func (c *call) showModel(card *models.Card) error {
	if c.json {
		return c.emit(card)
	}
	for _, lang := range []string{"zh", "en"} {
		c.printf("%s (%s %s)\n%s\n%s\n", card.Name.In(lang), card.ID, card.Version, card.Purpose.IntendedUse.In(lang), card.Purpose.Registration.In(lang))
		for _, t := range card.Purpose.Contraindications {
			c.printf("  × %s\n", t.In(lang))
		}
		c.printf("%s\n", card.Evidence.Summary.In(lang))
		for _, t := range card.Evidence.KnownFailures {
			c.printf("  ! %s\n", t.In(lang))
		}
		c.printf("\n")
	}
	for _, m := range card.Evidence.Metrics {
		c.printf("%s on %s: %.3f (95 %% CI %.3f–%.3f, n=%d)\n", m.Name, m.Set, m.Value, m.Low, m.High, m.N)
	}
	return nil
}
