package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"longying/imaging"
	"longying/records"
)

func cmdPatients(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("import", "batches", "undo", "mappings", "accept", "drop", "search", "show", "link", "unlink", "review", "merge", "unmerge")
	if err != nil {
		return err
	}
	var reason string
	var despite bool
	var in intakeOptions
	err = c.parse(rest, func(f *flag.FlagSet) {
		f.StringVar(&reason, "reason", "", "why a study is taken back, or entries are merged or unmerged")
		in.define(f)
		f.BoolVar(&despite, "despite", false, "merge entries that contradict each other")
	})
	if err != nil {
		return err
	}
	switch verb {
	case "import":
		err = c.want(1, "one file of people (CSV, XLSX, HL7 v2 or a FHIR bundle)")
	case "undo":
		err = c.want(1, "one batch")
	case "accept", "drop":
		err = c.want(1, "one row of the review list")
	case "batches", "mappings":
		err = c.want(0, "no argument")
	case "show":
		err = c.want(1, "one patient")
	case "link":
		err = c.want(2, "a study and a patient")
	case "unlink":
		err = c.want(1, "one study")
	case "merge":
		err = c.want(2, "the patient that is kept and the one that goes")
	case "unmerge":
		err = c.want(1, "the patient that was merged")
	}
	if err != nil {
		return err
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	switch verb {
	case "import":
		return c.importPeople(ctx, s, actor, in)
	case "batches":
		return c.batches(ctx, s, actor)
	case "undo":
		return c.undoBatch(ctx, s, actor)
	case "accept", "drop":
		row, err := s.Registry.DecideIntake(ctx, actor, c.args[0], verb == "accept", reason)
		if err != nil {
			return about(err, "row", c.args[0], "longying patients review lists those that wait")
		}
		return c.done(map[string]any{"import_review": row.ID, "state": row.State, "patient_id": row.PatientID}, "row %d of %s: %s\n", row.Intake.Row, row.File, row.State)
	case "mappings":
		return c.mappings(ctx, s, actor)
	case "search":
		found, err := s.Registry.SearchAll(ctx, actor, strings.Join(c.args, " "))
		if err != nil {
			return err
		}
		for _, p := range found.People {
			if err := c.patient(p); err != nil {
				return err
			}
		}
		if found.More {
			fmt.Fprintf(c.Stderr, "more people are found than the %d listed; say more of the name or number\n", len(found.People))
		}
		return nil
	case "show":
		rec, err := s.Registry.Record(ctx, actor, c.args[0])
		if err != nil {
			return about(err, "patient", c.args[0], lookPatients)
		}
		if c.json {
			return c.emit(map[string]any{"patient": rec.Patient, "health_record": rec.Health, "visits": rec.Visits, "orders": rec.Orders, "examinations": rec.Examinations,
				"diagnoses": rec.Diagnoses, "allergies": rec.Allergies, "laboratory_values": rec.Labs, "past_reports": rec.Reports})
		}
		if err := c.patient(rec.Patient); err != nil {
			return err
		}
		c.medicalRecord(rec)
		for _, ex := range rec.Examinations {
			c.printf("  study %s %s %s\n", ex.StudyUID, ex.Date.In(imaging.Zone()).Format("2006-01-02"), strings.Join(ex.Modalities, ","))
		}
		return nil
	case "link":
		if _, err := s.Registry.Examination(ctx, actor, c.args[0]); err != nil {
			return about(err, "study", c.args[0], lookStudies)
		}
		ex, err := s.Registry.Link(ctx, actor, c.args[0], c.args[1])
		if err != nil {
			return about(err, "patient", c.args[1], lookPatients)
		}
		c.conflicts(ex)
		return c.linked(ex)
	case "unlink":
		password, err := c.password()
		if err != nil {
			return err
		}
		done, err := s.Registry.Unlink(ctx, actor, c.args[0], reason, password)
		if err != nil {
			return about(err, "study", c.args[0], lookStudies)
		}
		ex, err := s.Registry.Examination(ctx, actor, c.args[0])
		if err != nil {
			return err
		}
		if c.json {
			row := studyRow(ex)
			row["withdrawn"], row["retraction"], row["queued_corrections"], row["copies_taken"] = done.Withdrawn, done.Retraction, done.Queued, done.Copies
			row["reissued"] = done.Reissued
			return c.emit(row)
		}
		if done.Retraction != "" {
			c.printf("the signed report is retracted by %s: %d corrections are queued, %d files or prints must be called back by hand\n", done.Retraction, done.Queued, done.Copies)
		}
		return c.linked(ex)
	case "merge":
		m, err := s.Registry.Merge(ctx, actor, c.args[0], c.args[1], reason, despite)
		if err != nil {
			if errors.Is(err, records.ErrNotFound) {
				return fmt.Errorf("%w; %s", err, lookPatients)
			}
			return err
		}
		return c.merge(m)
	case "unmerge":
		m, since, err := s.Registry.Unmerge(ctx, actor, c.args[0], reason)
		if err != nil {
			return about(err, "patient", c.args[0], lookPatients)
		}
		if err := c.merge(m); err != nil || c.json {
			return err
		}
		for _, ex := range since {
			c.printf("  linked since, look at it: ")
			if err := c.linked(ex); err != nil {
				return err
			}
		}
		return nil
	case "review":
		list, err := s.Registry.Review(ctx, actor)
		if err != nil {
			return err
		}
		for _, ex := range list {
			if err := c.linked(ex); err != nil {
				return err
			}
			c.conflicts(ex)
		}
		return c.intakeReviews(ctx, s, actor)
	}
	return nil
}

func (c *call) patient(p records.Patient) error {
	if c.json {
		return c.emit(p)
	}
	c.printf("%s  %s  sex %s  born %s  ID %s  record %s\n", p.ID, p.Name, p.Sex, p.BirthDate, p.IDNumber, p.HealthRecordNumber)
	return nil
}

func (c *call) merge(m records.Merge) error {
	if c.json {
		return c.emit(m)
	}
	c.printf("%s  kept %s  gone %s  %d studies, %d consults\n", m.Act, m.Kept, m.Gone, len(m.Studies), len(m.Consults))
	for _, k := range m.Differing {
		c.printf("  %s: %q, kept %q\n", k.Field, k.Header, k.Register)
	}
	return nil
}

func (c *call) linked(ex records.Examination) error {
	if c.json {
		return c.emit(studyRow(ex))
	}
	c.printf("%s  %s  %s\n", ex.StudyUID, or(ex.Header.Display, ex.Description), linkWords(ex))
	return nil
}

func (c *call) conflicts(ex records.Examination) {
	for _, k := range ex.LinkConflicts {
		c.printf("  %s: header %q, register %q\n", k.Field, k.Header, k.Register)
	}
}
