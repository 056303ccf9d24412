package registry

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Batches lists the imports of people, newest first.
func (r *Registry) Batches(ctx context.Context, actor records.User) ([]records.Batch, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightImport, "list_imports", ""); err != nil {
		return nil, err
	}
	var out []records.Batch
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.Batches()
		return err
	})
	return out, err
}

// Kept is an entry that could not be taken back, and why.
type Kept struct {
	Row       int    `json:"row"`
	Kind      string `json:"kind"`
	PatientID string `json:"patient_id"`
	Code      string `json:"code"` // changed, or used
	By        string `json:"by,omitempty"`
	Reason    string `json:"reason"`
}

// Undone says what taking a batch back did.
type Undone struct {
	Batch  records.Batch
	Undone int
	Kept   []Kept
}

// UndoBatch takes a batch back in one transaction: what it made is removed,
// what it changed is as it was before. An entry that was changed since, or on
// which something stands since (a study linked to the person, an order that a
// study came by), stays and is named with the reason; undoing the batch again
// later takes back what no longer stands in the way.
func (r *Registry) UndoBatch(ctx context.Context, actor records.User, id string) (_ Undone, err error) {
	defer trail.Outcome(ctx, r.store, actor, "undo_import", id, &err)
	var out Undone
	if err := trail.Require(ctx, r.store, actor, records.RightImport, "undo_import", id); err != nil {
		return out, err
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		out = Undone{}
		b, err := tx.Batch(id)
		if err != nil {
			return err
		}
		if b.State == records.BatchUndone {
			return &records.RefusedError{Code: "batch_undone", Args: []string{id}, Reason: "batch " + id + " is undone already"}
		}
		changes, err := tx.ChangesOf(id)
		if err != nil {
			return err
		}
		for _, c := range changes {
			kept, err := undo(tx, &c)
			if err != nil {
				return err
			}
			if kept != nil {
				out.Kept = append(out.Kept, *kept)
				continue
			}
			if err := tx.UndoneChange(id, c.Seq); err != nil {
				return err
			}
			out.Undone++
		}
		b.State = records.BatchUndone
		if len(out.Kept) > 0 {
			b.State = records.BatchUndoneInPart
		}
		if err := tx.ForgetMessages(id); err != nil {
			return err
		}
		if err := tx.DropOpenReviews(id); err != nil {
			return err
		}
		if err := tx.PutBatch(b); err != nil {
			return err
		}
		out.Batch = *b
		return r.audit(tx, actor, "undo_import", id, "", "ok", fmt.Sprintf("%d entries taken back, %d kept", out.Undone, len(out.Kept)))
	})
	return out, err
}

func undo(tx *sqlite.Tx, c *records.EntryChange) (*Kept, error) {
	now, err := tx.Entry(c.Kind, c.ID)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(now, c.After) {
		return &Kept{Row: c.Row, Kind: c.Kind, PatientID: c.PatientID, Code: "changed", Reason: "it was changed since"}, nil
	}
	if c.Before == nil {
		by, err := tx.UsedBy(c.Kind, c.ID, c.PatientID)
		if err != nil {
			return nil, err
		}
		if by != "" {
			return &Kept{Row: c.Row, Kind: c.Kind, PatientID: c.PatientID, Code: "used", By: by, Reason: "a " + strings.ReplaceAll(by, "_", " ") + " stands on it since; unlink or remove that first, then undo again"}, nil
		}
	}
	return nil, tx.RestoreEntry(c.Kind, c.ID, c.Before)
}

// Mappings lists the saved column mappings.
func (r *Registry) Mappings(ctx context.Context, actor records.User) ([]records.Mapping, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightImport, "list_mappings", ""); err != nil {
		return nil, err
	}
	var out []records.Mapping
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.Mappings()
		return err
	})
	return out, err
}

// Mapping is the saved mapping of a name.
func (r *Registry) Mapping(ctx context.Context, actor records.User, name string) (*records.Mapping, error) {
	all, err := r.Mappings(ctx, actor)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if records.FoldName(all[i].Name) == records.FoldName(name) {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("mapping %s: %w", name, records.ErrNotFound)
}

// SaveMapping keeps a mapping under its name for the next file of that source.
func (r *Registry) SaveMapping(ctx context.Context, actor records.User, m records.Mapping) (err error) {
	defer trail.Outcome(ctx, r.store, actor, "save_mapping", "mapping", &err)
	if err := trail.Require(ctx, r.store, actor, records.RightImport, "save_mapping", "mapping"); err != nil {
		return err
	}
	m.SavedBy, m.SavedAt = actor.ID, r.now()
	return r.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.PutMapping(&m); err != nil {
			return err
		}
		return r.audit(tx, actor, "save_mapping", "mapping", "", "ok", fmt.Sprintf("%d columns", len(m.Columns)))
	})
}

// IntakeReviews lists the rows of imports that wait for a person.
func (r *Registry) IntakeReviews(ctx context.Context, actor records.User) ([]records.IntakeReview, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "list_reviews", ""); err != nil {
		return nil, err
	}
	var out []records.IntakeReview
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.IntakeReviews()
		return err
	})
	return out, err
}

// addMedical adds the medical record of one entry of the register.
func addMedical(tx *sqlite.Tx, rec *PatientRecord, id string) error {
	h, err := tx.HealthRecord(id)
	if err != nil {
		return err
	}
	if rec.Health.Empty() {
		rec.Health = h
	}
	diagnoses, err := tx.DiagnosesOf(id)
	if err != nil {
		return err
	}
	allergies, err := tx.AllergiesOf(id)
	if err != nil {
		return err
	}
	labs, err := tx.LabValuesOf(id)
	if err != nil {
		return err
	}
	reports, err := tx.PastReportsOf(id)
	rec.Diagnoses, rec.Allergies = append(rec.Diagnoses, diagnoses...), append(rec.Allergies, allergies...)
	rec.Labs, rec.Reports = append(rec.Labs, labs...), append(rec.Reports, reports...)
	return err
}
