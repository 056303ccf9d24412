package cli

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"longying/app/registry"
	"longying/app/station"
	"longying/records"
)

// intakeOptions say how the columns of a table are read.
type intakeOptions struct {
	preview       bool
	mapping, save string
	issuer        string
	columns       [][2]string
}

func (o *intakeOptions) define(f *flag.FlagSet) {
	f.BoolVar(&o.preview, "preview", false, "say what the file would change, and store nothing")
	f.StringVar(&o.mapping, "mapping", "", "name of the saved column mapping")
	f.StringVar(&o.save, "save-mapping", "", "name under which the column mapping is saved")
	f.StringVar(&o.issuer, "issuer", "", "whose the patient numbers in the file are")
	f.Func("map", "COLUMN=FIELD: what a column holds; an empty field leaves it out", func(s string) error {
		at := strings.LastIndex(s, "=")
		if at < 1 {
			return fmt.Errorf("%q is not COLUMN=FIELD", s)
		}
		o.columns = append(o.columns, [2]string{s[:at], s[at+1:]})
		return nil
	})
}

// readPeople reads a file by the mapping asked for, or by the guess, corrected.
func (c *call) readPeople(ctx context.Context, s *station.Station, actor records.User, o intakeOptions) (*registry.PeopleFile, error) {
	var mapping *records.Mapping
	if o.mapping != "" {
		m, err := s.Registry.Mapping(ctx, actor, o.mapping)
		if err != nil {
			return nil, about(err, "mapping", o.mapping, "longying patients mappings lists those that are saved, --save-mapping saves one")
		}
		mapping = m
	}
	f, err := s.Registry.ReadPeople(ctx, actor, c.args[0], mapping)
	if f == nil || !f.Table() || len(o.columns) == 0 && o.issuer == "" && o.save == "" {
		return f, err
	}
	m := f.Mapping // the guess may lack what the options name
	for _, k := range o.columns {
		if err := registry.MapColumn(&m, k[0], k[1]); err != nil {
			return f, err
		}
	}
	if o.issuer != "" {
		m.Issuer = o.issuer
	}
	if o.save != "" {
		m.Name = o.save
	}
	return f, f.Map(m)
}

func (c *call) importPeople(ctx context.Context, s *station.Station, actor records.User, o intakeOptions) error {
	f, err := c.readPeople(ctx, s, actor, o)
	if err != nil {
		if f != nil {
			c.columns(f)
		}
		return err
	}
	if o.save != "" && f.Table() && !o.preview {
		if err := s.Registry.SaveMapping(ctx, actor, f.Mapping); err != nil {
			return err
		}
	}
	var res registry.PeopleResult
	if o.preview {
		res, err = s.Registry.PreviewPeople(ctx, actor, f)
	} else {
		res, err = s.Registry.StorePeople(ctx, actor, f)
	}
	if err != nil {
		return err
	}
	for _, e := range res.Errors {
		fmt.Fprintf(c.Stderr, "%s %s\n", c.args[0], e.Error())
	}
	if o.preview {
		if err := c.previewRows(f, res); err != nil {
			return err
		}
	}
	b := res.Batch
	if c.json {
		if err := c.emit(map[string]any{"format": res.Format, "encoding": res.Encoding, "rows": res.Rows, "new": res.Patients, "known": res.Known,
			"visits": res.Visits, "orders": res.Orders, "entries": res.Entries, "changed": b.Changed, "same": b.Same, "review": b.Review, "refused": len(res.Errors), "linked": len(res.Linked),
			"batch": b.ID, "preview": o.preview, "mapping": f.Mapping.Columns}); err != nil {
			return err
		}
	}
	word := "batch " + b.ID
	if o.preview {
		word = "a preview, nothing is stored"
	}
	c.printf("%s: %d rows (%s), %d new people, %d known, %d visits, %d orders, %d entries, %d rows refused, %d studies linked by it; %s\n",
		c.args[0], res.Rows, res.Encoding, res.Patients, res.Known, res.Visits, res.Orders, res.Entries, len(res.Errors), len(res.Linked), word)
	if n := len(res.Errors); n > 0 && o.preview {
		return &partError{fmt.Sprintf("%d of %d rows would be refused or wait on the review list", n, res.Rows)}
	} else if n > 0 {
		return &partError{fmt.Sprintf("%d of %d rows were refused or wait on the review list; the others are stored", n, res.Rows)}
	}
	return nil
}

// columns shows which column is taken for what.
func (c *call) columns(f *registry.PeopleFile) {
	for _, k := range f.Mapping.Columns {
		c.printf("  column %s: %s\n", k.Heading, or(k.Field, "not taken"))
	}
}

func (c *call) previewRows(f *registry.PeopleFile, res registry.PeopleResult) error {
	c.columns(f)
	for _, it := range res.Items {
		if c.json {
			changes := []map[string]string{}
			for _, k := range it.Changes {
				changes = append(changes, map[string]string{"entry": k.Kind, "what": k.Entry, "field": k.Field, "old": k.Old, "new": k.New})
			}
			if err := c.emit(map[string]any{"row": it.Row, "part": it.Part, "name": it.Name, "status": it.Status, "changes": changes}); err != nil {
				return err
			}
			continue
		}
		c.printf("  row %d  %s  %s\n", it.Row, it.Status, strings.TrimSpace(it.Name+"  "+it.Part))
		for _, k := range it.Changes {
			if it.Status == registry.RowChanged {
				c.printf("    %s %s %s: %q → %q\n", k.Kind, k.Entry, k.Field, k.Old, k.New)
			}
		}
	}
	return nil
}

func (c *call) batches(ctx context.Context, s *station.Station, actor records.User) error {
	list, err := s.Registry.Batches(ctx, actor)
	if err != nil {
		return err
	}
	for _, b := range list {
		if c.json {
			if err := c.emit(b); err != nil {
				return err
			}
			continue
		}
		c.printf("%s  %s  %s  %s  %s  %d rows: %d new, %d changed, %d the same, %d to review, %d refused\n", b.ID, b.At.Local().Format("2006-01-02 15:04"), b.State, b.ByName, b.File, b.Rows, b.New, b.Changed, b.Same, b.Review, b.Refused)
	}
	return nil
}

func (c *call) undoBatch(ctx context.Context, s *station.Station, actor records.User) error {
	done, err := s.Registry.UndoBatch(ctx, actor, c.args[0])
	if err != nil {
		return about(err, "batch", c.args[0], "longying patients batches lists them")
	}
	for _, k := range done.Kept {
		fmt.Fprintf(c.Stderr, "%s row %d: the %s of patient %s stays: %s\n", done.Batch.File, k.Row, strings.ReplaceAll(k.Kind, "_", " "), k.PatientID, k.Reason)
	}
	if err := c.done(map[string]any{"batch": done.Batch.ID, "state": done.Batch.State, "undone": done.Undone, "kept": len(done.Kept)},
		"%s: %d entries are as they were before, %d stay\n", done.Batch.File, done.Undone, len(done.Kept)); err != nil {
		return err
	}
	if len(done.Kept) > 0 {
		return &partError{fmt.Sprintf("%d entries stay, because they were changed or used since", len(done.Kept))}
	}
	return nil
}

func (c *call) mappings(ctx context.Context, s *station.Station, actor records.User) error {
	list, err := s.Registry.Mappings(ctx, actor)
	if err != nil {
		return err
	}
	for _, m := range list {
		if c.json {
			if err := c.emit(m); err != nil {
				return err
			}
			continue
		}
		c.printf("%s  issuer %s\n", m.Name, or(m.Issuer, m.Name))
		for _, k := range m.Columns {
			c.printf("  column %s: %s\n", k.Heading, or(k.Field, "not taken"))
		}
	}
	return nil
}

// intakeReviews lists the rows of imports that wait for a person.
func (c *call) intakeReviews(ctx context.Context, s *station.Station, actor records.User) error {
	list, err := s.Registry.IntakeReviews(ctx, actor)
	if err != nil {
		return err
	}
	for _, r := range list {
		if c.json {
			if err := c.emit(map[string]any{"import_review": r.ID, "batch": r.BatchID, "file": r.File, "row": r.Intake.Row, "code": r.Code, "patient_id": r.PatientID, "name": r.Intake.Patient.Name, "differing": r.Differing}); err != nil {
				return err
			}
			continue
		}
		c.printf("%s  row %d of %s  %s  %s  patient %s\n", r.ID, r.Intake.Row, r.File, r.Intake.Patient.Name, r.Code, or(r.PatientID, "-"))
		for _, k := range r.Differing {
			c.printf("  %s: row %q, register %q\n", k.Field, k.Header, k.Register)
		}
	}
	return nil
}

// medicalRecord prints the medical record of a person: allergies first.
func (c *call) medicalRecord(rec registry.PatientRecord) {
	for _, a := range rec.Allergies {
		word := "ALLERGY"
		if !a.Stands() {
			word = "allergy (" + a.State + ")"
		}
		c.printf("  %s %s  %s  %s\n", word, a.Substance, a.Reaction, a.Severity)
	}
	for _, v := range rec.Visits {
		c.printf("  visit %s %s %s %v\n", v.Date, v.Number, v.Department, v.Diagnoses)
	}
	for _, d := range rec.Diagnoses {
		if d.VisitNumber == "" {
			c.printf("  diagnosis %s %s %s %s\n", d.Date, d.Code, d.Name, d.State)
		}
	}
	for _, v := range rec.Labs {
		flag, stated := v.Abnormal()
		if flag != "" && !stated {
			flag += " (computed)"
		}
		c.printf("  lab %s %s %s %s [%s] %s %s\n", v.Time, v.Name, v.Value, v.Unit, v.Range, flag, v.State)
	}
	for _, r := range rec.Reports {
		c.printf("  past report %s %s %s: %s\n", r.Date, r.Title, r.Institution, r.Impression)
	}
}
