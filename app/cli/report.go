package cli

import (
	"context"
	"flag"
	"fmt"
	"os"

	"longying/records"
)

func cmdReport(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("draft", "show", "fill", "templates", "check", "answer", "submit", "return", "sign", "print", "amend", "waiting", "two-signatures")
	if err != nil {
		return err
	}
	var out, reason, findingText, impression, form string
	var number int
	err = c.parse(rest, func(f *flag.FlagSet) {
		f.StringVar(&out, "out", "", "PDF file to write")
		f.StringVar(&reason, "reason", "", "why the report is amended or returned, or a contradicting sentence stands")
		f.IntVar(&number, "number", 0, "which contradiction of report check is answered, from 1")
		f.StringVar(&findingText, "findings", "", "the doctor's own words, added to the findings")
		f.StringVar(&form, "template", "", "ID of report templates list; empty takes the coded fields out")
		f.StringVar(&impression, "impression", "", "the doctor's own words, added to the impression")
	})
	if err != nil {
		return err
	}
	if verb == "waiting" || verb == "two-signatures" {
		return c.reviews(ctx, verb)
	}
	if verb == "templates" {
		return c.templates(ctx)
	}
	if verb == "fill" && len(c.args) > 1 {
		return c.fill(ctx, form)
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
	if _, err := s.Registry.OpenStudy(ctx, actor, study); err != nil {
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
	case "fill":
		rep, err := s.Reading.Fill(ctx, actor, study, form, nil)
		if err != nil {
			return err
		}
		return c.report(rep)
	case "check":
		found, err := s.Reading.Contradictions(ctx, actor, study)
		if err != nil {
			return about(err, "study", study, lookStudies)
		}
		for i, f := range found {
			if err := c.done(f, "%d  %s  “%s”: %s against %s  %s\n", i+1, f.Code, f.Text, f.Word, f.Known, f.Answer); err != nil {
				return err
			}
		}
		return nil
	case "answer":
		found, err := s.Reading.Contradictions(ctx, actor, study)
		if err != nil {
			return err
		}
		if number < 1 || number > len(found) {
			return usagef("report answer needs --number, 1 to %d, of report check, and --reason", len(found))
		}
		rep, err := s.Reading.Answer(ctx, actor, study, found[number-1], reason)
		if err != nil {
			return err
		}
		return c.report(rep)
	case "submit":
		password, err := c.password()
		if err != nil {
			return err
		}
		rep, err := s.Reading.Submit(ctx, actor, study, password)
		if err != nil {
			return err
		}
		return c.report(rep)
	case "return":
		rep, err := s.Reading.Return(ctx, actor, study, reason)
		if err != nil {
			return err
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
			return c.emit(map[string]any{"document_id": doc.Document.DocumentID, "version": doc.Document.Version, "sha256": doc.SHA256, "sm3": doc.SM3, "signed_at": doc.SignedAt, "signatures": doc.Signatures})
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

// reviews lists the reports that wait for the acting reviewer, or sets whether
// the department has reports reviewed.
func (c *call) reviews(ctx context.Context, verb string) error {
	if verb == "two-signatures" && (len(c.args) != 1 || c.args[0] != "on" && c.args[0] != "off") {
		return usagef("report two-signatures on|off")
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if verb == "two-signatures" {
		if err := s.Reading.SetTwoSignatures(ctx, actor, c.args[0] == "on"); err != nil {
			return err
		}
		return c.done(map[string]bool{"two_signatures": c.args[0] == "on"}, "two signatures: %s\n", c.args[0])
	}
	reports, err := s.Reading.Waiting(ctx, actor)
	if err != nil {
		return err
	}
	for _, rep := range reports {
		if err := c.done(rep, "%s  %s  signed by %s\n", rep.StudyUID, rep.DocumentID, rep.Submitted.Author.Name); err != nil {
			return err
		}
	}
	return nil
}

// cmdCritical keeps what is done about critical values (危急值).
func cmdCritical(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("flag", "told", "withdraw", "list")
	if err != nil {
		return err
	}
	var what, finding, to, means, reason string
	var readBack bool
	if err := c.parse(rest, func(f *flag.FlagSet) {
		f.StringVar(&what, "what", "", "what was seen")
		f.StringVar(&finding, "finding", "", "UID of the finding that it is")
		f.StringVar(&to, "to", "", "who was told")
		f.StringVar(&means, "by", "", "how: by telephone, in person")
		f.BoolVar(&readBack, "read-back", false, "they read it back, rightly")
		f.StringVar(&reason, "reason", "", "why it is no critical value")
	}); err != nil {
		return err
	}
	if verb != "list" || len(c.args) > 1 {
		if err := c.want(1, map[string]string{"flag": "one study UID"}[verb]+map[bool]string{true: "one ID of critical list"}[verb != "flag"]); err != nil {
			return err
		}
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	var e records.CriticalEvent
	switch verb {
	case "flag":
		e, err = s.Reading.FlagCritical(ctx, actor, c.args[0], finding, what)
	case "told":
		e, err = s.Reading.TellCritical(ctx, actor, c.args[0], to, means, readBack)
	case "withdraw":
		e, err = s.Reading.WithdrawCritical(ctx, actor, c.args[0], reason)
	default:
		return c.criticalValues(ctx, s.Reading.OpenCritical, s.Reading.Critical, actor)
	}
	if err != nil {
		return err
	}
	return c.done(e, "%s  %s  %s%s%s\n", e.ValueID, e.Act, e.What, e.To, e.Reason)
}

// criticalValues lists those of one study, or the open ones of all.
func (c *call) criticalValues(ctx context.Context, open func(context.Context, records.User) ([]records.CriticalValue, error), of func(context.Context, records.User, string) ([]records.CriticalValue, error), actor records.User) error {
	var values []records.CriticalValue
	var err error
	if len(c.args) == 1 {
		values, err = of(ctx, actor, c.args[0])
	} else {
		values, err = open(ctx, actor)
	}
	if err != nil {
		return err
	}
	for _, v := range values {
		state := "open"
		switch {
		case v.Withdrawn():
			state = "withdrawn"
		case !v.Open():
			state = "read back"
		case v.Told():
			state = "told, not read back"
		}
		if err := c.done(v, "%s  %s  %s  %s\n", v.Flagged.ValueID, v.Flagged.StudyUID, v.Flagged.What, state); err != nil {
			return err
		}
	}
	return nil
}
