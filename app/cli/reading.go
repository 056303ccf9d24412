package cli

import (
	"context"
	"flag"
	"slices"
	"strconv"
	"strings"
	"time"

	"longying/imaging"
	"longying/records"
	"longying/records/report"
)

func cmdFindings(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("list", "add", "confirm", "edit", "reject", "undo", "first-read", "history", "priors", "follow", "unfollow")
	if err != nil {
		return err
	}
	var label, note, region, reason, sop, value, side, model, answer, impression string
	var frame int
	err = c.parse(rest, func(f *flag.FlagSet) {
		f.StringVar(&label, "label", "", "what the doctor calls it")
		f.StringVar(&note, "note", "", "the doctor's words")
		f.StringVar(&region, "region", "", "X0,Y0,X1,Y1")
		f.StringVar(&sop, "sop", "", "the image on which an added finding is")
		f.IntVar(&frame, "frame", 0, "of it, counted from 1")
		f.StringVar(&value, "value", "", "a size: diameter, volume or area with its unit, as diameter=12mm or volume=1.2mL")
		f.StringVar(&model, "model", "", "of a first read")
		f.StringVar(&answer, "answer", "", "of a first read: yes, no or unsure")
		f.StringVar(&impression, "impression", "", "of a first read, in the doctor's words")
		f.StringVar(&side, "side", "", "L, R or B")
		f.StringVar(&reason, "reason", "", "why it is rejected, or no longer followed")
	})
	if err != nil {
		return err
	}
	if verb == "follow" {
		err = c.want(2, "the UIDs of a finding and of its prior")
	} else {
		err = c.want(1, "one UID")
	}
	if err != nil {
		return err
	}
	var change records.FindingChange
	if verb == "edit" || verb == "add" {
		if change, err = findingChange(label, note, region, value, side); err != nil {
			return err
		}
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	var out records.Finding
	switch verb {
	case "list":
		if _, err := s.Registry.OpenStudy(ctx, actor, c.args[0]); err != nil {
			return about(err, "study", c.args[0], lookStudies)
		}
		list, err := s.Reading.Findings(ctx, actor, c.args[0])
		if err != nil {
			return err
		}
		for _, f := range list {
			if err := c.finding(f); err != nil {
				return err
			}
		}
		hidden, err := s.Reading.HiddenModels(ctx, actor, c.args[0])
		if err != nil {
			return err
		}
		return c.hidden(hidden)
	case "first-read":
		if _, err := s.Registry.Examination(ctx, actor, c.args[0]); err != nil {
			return about(err, "study", c.args[0], lookStudies)
		}
		read, err := s.Reading.SaveFirstRead(ctx, actor, c.args[0], model, records.Answer(answer), impression)
		if err != nil {
			return err
		}
		return c.done(read, "first read saved: %s, %s\n", read.Answer, read.Impression)
	case "add":
		out, err = s.Reading.Mark(ctx, actor, imaging.Ref{StudyUID: c.args[0], SOPUID: sop, Frame: frame}, change)
		if err != nil {
			return about(err, "study", c.args[0], lookStudies)
		}
		return c.finding(out)
	case "undo":
		out, err = s.Reading.Undo(ctx, actor, c.args[0])
	case "history":
		list, err := s.Reading.History(ctx, actor, c.args[0])
		if err == nil && len(list) == 0 {
			err = records.ErrNotFound
		}
		if err != nil {
			return about(err, "finding", c.args[0], lookFindings)
		}
		if _, err := s.Registry.OpenStudy(ctx, actor, list[0].StudyUID); err != nil {
			return err
		}
		for _, f := range list {
			if err := c.version(f); err != nil {
				return err
			}
		}
		return nil
	case "priors":
		list, err := s.Reading.Priors(ctx, actor, c.args[0])
		if err != nil {
			return about(err, "finding", c.args[0], lookFindings)
		}
		for _, p := range list {
			if _, err := s.Registry.OpenStudy(ctx, actor, p.Examination.StudyUID); err != nil {
				return err
			}
			if c.json {
				err = c.emit(p.Finding)
			} else {
				c.printf("%s  ", day(p.Examination.Date))
				err = c.finding(p.Finding)
			}
			if err != nil {
				return err
			}
		}
		return nil
	case "follow":
		out, err = s.Reading.Follow(ctx, actor, c.args[0], c.args[1])
	case "unfollow":
		out, err = s.Reading.Unfollow(ctx, actor, c.args[0], reason)
	case "confirm":
		out, err = s.Reading.Confirm(ctx, actor, c.args[0])
	case "edit":
		out, err = s.Reading.Edit(ctx, actor, c.args[0], change)
	case "reject":
		out, err = s.Reading.Reject(ctx, actor, c.args[0], reason)
	}
	if err != nil {
		return about(err, "finding", c.args[0], lookFindings)
	}
	return c.finding(out)
}

func findingChange(label, note, region, value, side string) (records.FindingChange, error) {
	var change records.FindingChange
	reg, err := parseRegion(region)
	if err != nil {
		return change, err
	}
	if change.Value, err = parseSize(value); err != nil {
		return change, err
	}
	if label == "" && note == "" && reg == nil && change.Value == nil && side == "" {
		return change, usagef("edit and add need --label, --note, --region, --value or --side")
	}
	if side != "" {
		change.Laterality = &side
	}
	if label != "" {
		change.Label = &records.Text{Zh: label, En: label}
	}
	if note != "" {
		change.Note = &note
	}
	change.Region = reg
	return change, nil
}

// parseSize reads a size such as "volume=1.2mL"; nil of an empty text.
func parseSize(text string) (*records.Measurement, error) {
	if text == "" {
		return nil, nil
	}
	what, number, _ := strings.Cut(text, "=")
	unit := strings.TrimLeft(number, "0123456789.")
	v, err := strconv.ParseFloat(strings.TrimSuffix(number, unit), 64)
	concept, known := map[string]records.Code{
		"diameter": {Value: "81827009", Scheme: "SCT", Meaning: "Diameter"},
		"volume":   {Value: "118565006", Scheme: "SCT", Meaning: "Volume"},
		"area":     {Value: "42798000", Scheme: "SCT", Meaning: "Area"},
	}[what]
	fits := map[string][]string{"diameter": {"mm", "cm"}, "volume": {"mL", "mm3", "cm3"}, "area": {"mm2", "cm2"}}[what]
	if err != nil || !known || v <= 0 || !slices.Contains(fits, unit) {
		return nil, usagef("the size %q is not like diameter=12mm, area=80mm2 or volume=1.2mL", text)
	}
	return &records.Measurement{Concept: concept, Value: v, Unit: unit}, nil
}

// hidden names the models that a doctor sees nothing of before their first read.
func (c *call) hidden(models []string) error {
	for _, id := range models {
		if err := c.done(map[string]string{"model": id, "hidden": "until first read"}, "%s: hidden until first read (longying findings first-read)\n", id); err != nil {
			return err
		}
	}
	return nil
}

// version is one state of a finding: who, when, what, why.
func (c *call) version(f records.Finding) error {
	if !c.json {
		c.printf("%s  ", f.At.In(imaging.Zone()).Format("2006-01-02 15:04:05"))
	}
	return c.finding(f)
}

func day(t time.Time) string {
	if t.IsZero() {
		return "no date   "
	}
	return t.In(imaging.Zone()).Format(time.DateOnly)
}

// finding shows one version; one that follows a prior says also how it differs
// and, where that is not stated, why.
func (c *call) finding(f records.Finding) error {
	if c.json {
		return c.emit(struct {
			records.Finding
			Growth *records.Growth `json:"growth,omitempty"`
		}{f, f.Growth()})
	}
	c.printf("%s  v%d  %s  %s", f.UID, f.Version, f.State, f.Label.Zh)
	if f.Probability != nil {
		c.printf("  p=%.3f", *f.Probability)
	}
	if sizes := report.Sizes(&f, "zh"); sizes != "" {
		c.printf("  %s", sizes)
	}
	if f.FollowUp != nil {
		c.printf("  follows %s: %s", f.FollowUp.FindingUID, report.Growth(&f, "zh"))
		if why := report.NoDoubling(&f, "zh"); why != "" {
			c.printf("（%s）", why)
		}
	}
	if f.Note != "" {
		c.printf("  %s", f.Note)
	}
	if f.Reason != "" {
		c.printf("  (%s)", f.Reason)
	}
	c.printf("  %s\n", f.ByName)
	return nil
}

func (c *call) report(rep records.Report) error {
	if c.json {
		return c.emit(rep)
	}
	c.printf("%s version %d (%s)\n所见：%s\n印象：%s\n", rep.DocumentID, rep.Version, rep.State, records.Join(rep.Findings), records.Join(rep.Impression))
	return nil
}
