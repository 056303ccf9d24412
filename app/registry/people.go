package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"longying/app/trail"
	"longying/records"
	"longying/records/sheet"
	"longying/records/sqlite"
)

// RowError is one row of a patient file that was not taken, and why.
type RowError = records.RowError

// PeopleFile is a file of people as it was read: nothing of it is stored yet.
type PeopleFile struct {
	Path, Name string
	Format     string // csv, xlsx, hl7 or fhir
	Encoding   string // the character set
	SHA256     string
	Headings   []string        // of a table
	Mapping    records.Mapping // of a table
	Rows       int
	Intakes    []records.Intake
	Errors     []RowError

	table *sheet.Table
}

// Table reports a file whose columns are mapped.
func (f *PeopleFile) Table() bool { return f.table != nil }

// Cells are the first rows of a table, to look at beside a mapping.
func (f *PeopleFile) Cells(n int) [][]string {
	var out [][]string
	for i := 0; f.table != nil && i < min(n, len(f.table.Rows)); i++ {
		out = append(out, f.table.Rows[i].Cells)
	}
	return out
}

// Map reads the rows of a table again, by another mapping.
func (f *PeopleFile) Map(m records.Mapping) error {
	intakes, bad, err := tableIntakes(f.table, m)
	f.Mapping = m
	if err != nil {
		f.Intakes, f.Errors = nil, nil
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	f.Intakes, f.Errors, f.Rows = intakes, bad, len(intakes)+len(bad)
	return nil
}

// PeopleResult says what an import of people did, or would do.
type PeopleResult struct {
	Format   string
	Encoding string // "UTF-8", "GB18030", ...
	Rows     int    // rows, messages or resources read
	Patients int    // new people
	Known    int    // rows about people that were there already
	Visits   int
	Orders   int
	Entries  int // diagnoses, allergies, laboratory values, past reports
	Items    []PeopleItem
	Errors   []RowError
	Batch    records.Batch         // ID empty: a preview, or nothing to store
	Linked   []records.Examination // studies that this import allowed to be linked
}

// What a row does.
const (
	RowNew     = "new"
	RowChanged = "changed"
	RowSame    = "same"
	RowReview  = "review"
	RowRefused = "refused"
)

// PeopleItem is what one row does.
type PeopleItem struct {
	Row     int
	Part    string
	Name    string
	Status  string
	Changes []FieldChange
	Error   *RowError // of RowReview and RowRefused
}

// FieldChange is one value that a row changes; an empty Old is a value that was
// not there.
type FieldChange struct {
	Kind, Entry, Field, Old, New string
}

// ReadPeople reads a file of people: a table (CSV, XLSX), HL7 v2 messages or a
// FHIR bundle. mapping may be nil: the columns of a table are guessed from its
// headings then, which Map can correct; a table whose columns do not say who
// is meant is read without rows, and the error says so.
func (r *Registry) ReadPeople(ctx context.Context, actor records.User, path string, mapping *records.Mapping) (*PeopleFile, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightImport, "import_people", filepath.Base(path)); err != nil {
		return nil, err
	}
	raw, err := readLimited(path)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	f := &PeopleFile{Path: path, Name: filepath.Base(path), SHA256: hex.EncodeToString(sum[:])}
	if done, err := f.messages(raw); done || err != nil {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return f, nil
	}
	if f.table, err = sheet.Read(raw); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.Format, f.Encoding, f.Headings = f.table.Format, f.table.Encoding, f.table.Headings
	if mapping == nil {
		guess := GuessMapping(f.Headings)
		mapping = &guess
	}
	return f, f.Map(*mapping)
}

func readLimited(path string) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the patient file cannot be read: %w", err)
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, sheet.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("the patient file cannot be read: %w", err)
	}
	if len(raw) > sheet.MaxBytes {
		return nil, fmt.Errorf("%s is larger than %d MiB; split it", path, sheet.MaxBytes>>20)
	}
	return raw, nil
}

// PreviewPeople says what storing the file would do, row by row, and stores
// nothing: it does it all on a copy of the record, so that nobody waits for it.
func (r *Registry) PreviewPeople(ctx context.Context, actor records.User, f *PeopleFile) (PeopleResult, error) {
	res, err := r.storePeople(ctx, actor, f, true)
	res.Batch.ID = ""
	if err != nil {
		return res, err
	}
	return res, r.store.Update(ctx, func(tx *sqlite.Tx) error {
		return r.audit(tx, actor, "preview_people", f.SHA256[:16], "", "ok", fmt.Sprintf("%s, %d rows", f.Format, f.Rows))
	})
}

// StorePeople stores a file as one batch, in one transaction. Rows with an error
// are left out and named; a row that contradicts a person of the register goes
// to the review list. Storing a file twice changes nothing.
func (r *Registry) StorePeople(ctx context.Context, actor records.User, f *PeopleFile) (_ PeopleResult, err error) {
	defer trail.Outcome(ctx, r.store, actor, "import_people", f.SHA256[:16], &err)
	res, err := r.storePeople(ctx, actor, f, false)
	if err != nil {
		return res, fmt.Errorf("%s: nothing was stored: %w", f.Path, err)
	}
	res.Linked, err = r.linkOpen(ctx, actor)
	return res, err
}

// ImportPeople reads and stores a file; of a table the columns are guessed.
func (r *Registry) ImportPeople(ctx context.Context, actor records.User, path string) (PeopleResult, error) {
	f, err := r.ReadPeople(ctx, actor, path, nil)
	if err != nil {
		return PeopleResult{}, err
	}
	return r.StorePeople(ctx, actor, f)
}

func (r *Registry) storePeople(ctx context.Context, actor records.User, f *PeopleFile, preview bool) (PeopleResult, error) {
	action := "import_people"
	if preview {
		action = "preview_people"
	}
	var res PeopleResult
	if err := trail.Require(ctx, r.store, actor, records.RightImport, action, f.SHA256[:16]); err != nil {
		return res, err
	}
	within := r.store.Update
	if preview {
		within = r.store.Rehearse
	}
	err := within(ctx, func(tx *sqlite.Tx) error {
		res = PeopleResult{Format: f.Format, Encoding: f.Encoding, Rows: f.Rows}
		a := &intaker{tx: tx, res: &res, stated: map[string]string{}, now: r.now(),
			batch: records.Batch{File: f.Name, Format: f.Format, Mapping: f.Mapping.Name, SHA256: f.SHA256, State: records.BatchStored, By: actor.ID, ByName: actor.Name, At: r.now()}}
		if err := tx.PutBatch(&a.batch); err != nil {
			return err
		}
		for i := range f.Errors {
			a.refuse(f.Errors[i].Row, "", "", f.Errors[i])
		}
		for i := range f.Intakes {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := a.take(&f.Intakes[i]); err != nil {
				return err
			}
		}
		a.finish()
		if err := tx.PutBatch(&a.batch); err != nil {
			return err
		}
		res.Batch = a.batch
		if preview {
			return nil
		}
		return r.audit(tx, actor, "import_people", a.batch.ID, "", "ok", fmt.Sprintf("%s, %d rows: %d new, %d changed, %d the same, %d to review, %d refused; %d entries written",
			f.Format, res.Rows, a.batch.New, a.batch.Changed, a.batch.Same, a.batch.Review, a.batch.Refused, a.batch.Changes))
	})
	return res, err
}

// numberCode names what is wrong with a number, e.g. "id_check_digit".
func numberCode(which string, err error) string {
	var n *records.NumberError
	if errors.As(err, &n) {
		return which + "_" + n.Code
	}
	return which
}
