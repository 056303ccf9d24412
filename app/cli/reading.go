package cli

import (
	"context"
	"flag"
	"fmt"
	"os"

	"longying/records"
	"longying/records/report"
)

func cmdFindings(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("list", "confirm", "edit", "reject")
	if err != nil {
		return err
	}
	var label, note, region, reason string
	err = c.parse(rest, func(f *flag.FlagSet) {
		f.StringVar(&label, "label", "", "what the doctor calls it")
		f.StringVar(&note, "note", "", "the doctor's words")
		f.StringVar(&region, "region", "", "X0,Y0,X1,Y1")
		f.StringVar(&reason, "reason", "", "why it is rejected")
	})
	if err != nil {
		return err
	}
	if err := c.want(1, "one UID"); err != nil {
		return err
	}
	var change records.FindingChange
	if verb == "edit" {
		if change, err = findingChange(label, note, region); err != nil {
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
		if _, err := s.Registry.Examination(ctx, actor, c.args[0]); err != nil {
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
		return nil
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

func findingChange(label, note, region string) (records.FindingChange, error) {
	var change records.FindingChange
	reg, err := parseRegion(region)
	if err != nil {
		return change, err
	}
	if label == "" && note == "" && reg == nil {
		return change, usagef("edit needs --label, --note or --region")
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

func (c *call) finding(f records.Finding) error {
	if c.json {
		return c.emit(f)
	}
	c.printf("%s  v%d  %s  %s", f.UID, f.Version, f.State, f.Label.Zh)
	if f.Probability != nil {
		c.printf("  p=%.3f", *f.Probability)
	}
	if sizes := report.Sizes(&f, "zh"); sizes != "" {
		c.printf("  %s", sizes)
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

func cmdReport(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("draft", "show", "sign", "print", "amend")
	if err != nil {
		return err
	}
	var out, reason, findingText, impression string
	err = c.parse(rest, func(f *flag.FlagSet) {
		f.StringVar(&out, "out", "", "PDF file to write")
		f.StringVar(&reason, "reason", "", "why the signed report is amended")
		f.StringVar(&findingText, "findings", "", "the doctor's own words, added to the findings")
		f.StringVar(&impression, "impression", "", "the doctor's own words, added to the impression")
	})
	if err != nil {
		return err
	}
	if err := c.want(1, "one study UID"); err != nil {
		return err
	}
	study := c.args[0]
	if verb == "print" && out == "" {
		return usagef("report print needs --out PDF")
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Registry.Examination(ctx, actor, study); err != nil {
		return about(err, "study", study, lookStudies)
	}
	switch verb {
	case "draft":
		rep, err := s.Reading.Draft(ctx, actor, study)
		if err != nil {
			return err
		}
		if findingText != "" || impression != "" {
			add := func(old []records.Sentence, text string) []records.Sentence {
				if text == "" {
					return old
				}
				return append(old, records.Sentence{Text: text})
			}
			rep, err = s.Reading.SaveDraft(ctx, actor, study, add(rep.Findings, findingText), add(rep.Impression, impression))
			if err != nil {
				return err
			}
		}
		return c.report(rep)
	case "show":
		rep, err := s.Reading.Report(ctx, actor, study)
		if err != nil {
			return fmt.Errorf("study %s has no report: %w; longying report draft %s begins one", study, err, study)
		}
		return c.report(rep)
	case "sign":
		password, err := c.password()
		if err != nil {
			return err
		}
		doc, err := s.Reading.Sign(ctx, actor, study, password)
		if err != nil {
			return err
		}
		if c.json {
			return c.emit(map[string]any{"document_id": doc.Document.DocumentID, "version": doc.Document.Version, "sha256": doc.SHA256, "sm3": doc.SM3, "signed_at": doc.SignedAt})
		}
		c.printf("signed %s version %d, SHA-256 %s\n", doc.Document.DocumentID, doc.Document.Version, doc.SHA256)
		return nil
	case "print":
		data, err := s.PrintReport(ctx, actor, study)
		if err != nil {
			return err
		}
		if err := os.WriteFile(out, data, 0o600); err != nil {
			return fmt.Errorf("the PDF was not written: %w", err)
		}
		return c.done(map[string]string{"path": out}, "%s\n", out)
	case "amend":
		rep, err := s.Reading.Amend(ctx, actor, study, reason)
		if err != nil {
			return err
		}
		return c.report(rep)
	}
	return nil
}

func (c *call) report(rep records.Report) error {
	if c.json {
		return c.emit(rep)
	}
	c.printf("%s version %d (%s)\n所见：%s\n印象：%s\n", rep.DocumentID, rep.Version, rep.State, records.Join(rep.Findings), records.Join(rep.Impression))
	return nil
}
