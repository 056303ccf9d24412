package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image/png"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"longying/app/acceptance"
	"longying/app/station"
	"longying/imaging"
	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/report"
)

// acceptOptions are those of models accept.
type acceptOptions struct {
	cases, as, review, note, withdraw string
}

func (o *acceptOptions) define(f *flag.FlagSet) {
	f.StringVar(&o.cases, "cases", "", "CSV with the columns path and label, and sop_uid, region, organ where needed")
	f.StringVar(&o.as, "accept", "", "accept with these thresholds: card, site, or CLASS=0.4,CLASS=0.5")
	f.StringVar(&o.review, "review", "", "day of the next review, YYYY-MM-DD")
	f.StringVar(&o.note, "note", "", "the person's words")
	f.StringVar(&o.withdraw, "withdraw", "", "take the acceptance back, for this reason")
}

// acceptModel measures a model on a local list, and accepts it where the person
// says with which thresholds: nobody accepts figures unseen by mere habit.
func (c *call) acceptModel(ctx context.Context, o acceptOptions) error {
	if err := c.want(1, "one model ID"); err != nil {
		return err
	}
	if o.cases == "" && o.withdraw == "" {
		return usagef("models accept needs --cases CSV, a labelled list of local cases")
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	pkg, err := installed(s, c.args[0])
	if err != nil {
		return err
	}
	if o.withdraw != "" {
		entry, err := s.Trust.Withdraw(ctx, actor, pkg.Card, o.withdraw)
		if err != nil {
			return err
		}
		return c.acceptance(entry)
	}
	list, err := acceptance.ReadList(o.cases, pkg.Card)
	if err != nil {
		return err
	}
	report, measured, err := s.Trust.Measure(ctx, actor, pkg.Card, list, nil)
	if err != nil {
		return err
	}
	for _, r := range report.Refused {
		fmt.Fprintf(c.Stderr, "line %d, %s: not judged: %s\n", r.Line, r.Path, r.Reason)
	}
	c.figures(pkg.Card, report)
	entry := measured
	if o.as != "" {
		thresholds, err := thresholdsOf(o.as, report)
		if err != nil {
			return err
		}
		if entry, err = s.Trust.Accept(ctx, actor, pkg, measured.ID, thresholds, o.review, o.note); err != nil {
			return err
		}
	}
	if err := c.acceptance(entry); err != nil {
		return err
	}
	if len(report.Refused) > 0 {
		return &partError{fmt.Sprintf("%d of %d cases were not judged", len(report.Refused), report.Cases)}
	}
	return nil
}

func installed(s *station.Station, id string) (*models.Package, error) {
	for _, p := range s.Reading.Models() {
		if p.Card.ID == id {
			return p, nil
		}
	}
	return nil, fmt.Errorf("model %q is not installed; longying models list shows those that are", id)
}

// thresholdsOf reads --accept.
func thresholdsOf(as string, report *acceptance.Report) (map[string]float64, error) {
	out := map[string]float64{}
	switch as {
	case "card":
		return nil, nil
	case "site":
		for _, k := range report.Classes {
			out[k.Key] = k.Site
		}
		return out, nil
	}
	for _, part := range strings.Split(as, ",") {
		key, text, ok := strings.Cut(part, "=")
		v, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil {
			return nil, usagef("--accept is card, site, or CLASS=0.4, not %q", as)
		}
		out[strings.TrimSpace(key)] = v
	}
	return out, nil
}

func (c *call) acceptance(a records.Acceptance) error {
	if c.json {
		return c.emit(a)
	}
	switch a.Act {
	case records.ModelMeasured:
		c.printf("measured, not accepted: results stay amber. Accept with --accept card, --accept site or --accept CLASS=THRESHOLD.\n")
	case records.ModelAccepted:
		c.printf("%s %s accepted by %s", a.Model.ID, a.Model.Version, a.ByName)
		if a.ReviewOn != "" {
			c.printf(", to be reviewed on %s", a.ReviewOn)
		}
		c.printf("\n")
	case records.ModelWithdrawn:
		c.printf("%s %s: acceptance withdrawn by %s (%s)\n", a.Model.ID, a.Model.Version, a.ByName, a.Note)
	}
	return nil
}

func (c *call) figures(card *models.Card, r *acceptance.Report) {
	c.printf("%s %s: %d cases, %d judged, %d not\n", card.ID, card.Version, r.Cases, r.Judged, len(r.Refused))
	for _, k := range r.Classes {
		c.printf("%s (%s)\n  all devices: %s\n", k.Label.Zh, k.Key, figuresText(k.All))
		for _, d := range k.Devices {
			name := d.Device
			if name == "" {
				name = "device not named in the header"
			}
			c.printf("  %s: %s\n", name, figuresText(d.Figures))
		}
		c.printf("  unsure: %s\n", rateText(k.Unsure))
		how := map[string]string{"sensitivity": fmt.Sprintf("keeps the card's sensitivity of %.3f", k.Asked), "youden": "largest sum of sensitivity and specificity", "card": "the card's own: the list lacks one kind of case"}[k.Rule]
		c.printf("  threshold for this site: %.3f (%s): sensitivity %s, specificity %s\n", k.Site, how, rateText(k.AtSite.Sensitivity), rateText(k.AtSite.Specificity))
	}
}

func figuresText(f acceptance.Figures) string {
	auc := "AUC cannot be said"
	if !math.IsNaN(float64(f.AUC.Value)) {
		auc = fmt.Sprintf("AUC %.3f (95 %% CI %.3f–%.3f)", f.AUC.Value, f.AUC.Low, f.AUC.High)
	}
	return fmt.Sprintf("%d with, %d without; %s; at the card's threshold %.3f: sensitivity %s, specificity %s",
		f.AUC.Positives, f.AUC.Negatives, auc, f.AtCard.Threshold, rateText(f.AtCard.Sensitivity), rateText(f.AtCard.Specificity))
}

func rateText(r inference.Rate) string {
	if r.N == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.3f (%d/%d, 95 %% CI %.3f–%.3f)", r.Value, r.Count, r.N, r.Low, r.High)
}

// scorecard shows how a model has done here; the picture goes to --out.
func (c *call) scorecard(ctx context.Context, out, lang, since string) error {
	if err := c.want(1, "one model ID"); err != nil {
		return err
	}
	from := time.Time{}
	if since != "" {
		day, err := time.ParseInLocation(time.DateOnly, since, imaging.Zone())
		if err != nil {
			return usagef("--since is a day, as 2026-01-31, not %q", since)
		}
		from = day
	}
	if lang != "zh" && lang != "en" {
		return usagef("--lang is zh or en, not %q", lang)
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	pkg, err := installed(s, c.args[0])
	if err != nil {
		return err
	}
	now := time.Now().In(imaging.Zone())
	if from.IsZero() {
		from = now.AddDate(-1, 0, 0)
	}
	card, err := s.Trust.Scorecard(ctx, actor, pkg.Card, from, now)
	if err != nil {
		return err
	}
	if out != "" {
		img, err := card.Picture(report.Font(), lang)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			return err
		}
		if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil {
			return fmt.Errorf("the picture cannot be written: %w", err)
		}
	}
	if c.json {
		return c.emit(card)
	}
	for _, group := range [][]acceptance.Score{{card.Total}, card.Months, card.Devices} {
		for _, k := range group {
			name, mark := k.Name, ""
			if name == "" {
				name = "all"
			}
			if k.Drift {
				mark = "  ! differs from the rest"
			}
			c.printf("%s  %d answers, %d refused, %d unsure; proposed %d: confirmed %d, edited %d, rejected %d, waiting %d; missed %d%s\n",
				name, k.Runs, k.Refused, k.Unsure, k.Proposed, k.Confirmed, k.Edited, k.Rejected, k.Waiting, k.Missed, mark)
		}
	}
	if f := card.First; f.Reads > 0 {
		c.printf("first reads: %d; agreement with the model %s; changed to yes %d, to no %d; median %.0f s to the verdict\n", f.Reads, rateText(f.Agreement), f.ToYes, f.ToNo, f.Seconds)
		for _, r := range f.Rows {
			c.printf("  %s  %s  %s  first: %s, %s; model: %s", r.At.In(imaging.Zone()).Format("2006-01-02 15:04:05"), r.ByName, r.StudyUID, r.Answer, r.Impression, or(r.Model, "not asked"))
			for _, v := range r.Verdicts {
				c.printf("; %s %s %s", v.At.In(imaging.Zone()).Format("15:04:05"), v.State, v.Reason)
			}
			c.printf("\n")
		}
	}
	return nil
}
