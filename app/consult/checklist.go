package consult

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Checklist is what the record holds for a consult and what it lacks, as of now.
func (c *Consult) Checklist(ctx context.Context, actor records.User, id string) ([]records.Check, error) {
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "view_consult", id); err != nil {
		return nil, err
	}
	var out []records.Check
	err := c.store.View(ctx, func(tx *sqlite.Tx) error {
		m, err := tx.Consult(id)
		if err != nil {
			return fmt.Errorf("consult %s: %w", id, err)
		}
		out, err = c.checklist(tx, m, actor)
		return err
	})
	return out, err
}

func (c *Consult) checklist(tx *sqlite.Tx, m *records.Consult, actor records.User) ([]records.Check, error) {
	p, err := preparation(tx, m, actor)
	return records.Checklist(m, p), err
}

// preparation reads what the record holds of the person and of the studies laid
// before a consult. Of models that the actor's first read has to come before it is
// counted that they answered, never what: to tell that there is a proposal would
// tell what the model said.
func preparation(tx *sqlite.Tx, m *records.Consult, actor records.User) (p records.Preparation, err error) {
	person, err := tx.Person(m.PatientID)
	if err != nil {
		return p, err
	}
	entries, err := tx.Entries(person)
	if err != nil {
		return p, err
	}
	for _, id := range entries {
		diagnoses, err := tx.DiagnosesOf(id)
		if err != nil {
			return p, err
		}
		visits, err := tx.VisitsOf(id)
		if err != nil {
			return p, err
		}
		allergies, err := tx.AllergiesOf(id)
		if err != nil {
			return p, err
		}
		values, err := tx.LabValuesOf(id)
		if err != nil {
			return p, err
		}
		p.Diagnoses += len(diagnoses)
		for _, v := range visits {
			p.Diagnoses += len(v.Diagnoses)
		}
		p.Allergies += len(allergies)
		for _, v := range values {
			if v.Stands() {
				p.Laboratory++
			}
		}
	}
	at := map[string]int{}
	for _, it := range m.Items {
		if it.Ref == nil || it.Ref.StudyUID == "" {
			continue
		}
		uid := it.Ref.StudyUID
		if _, seen := at[uid]; !seen {
			s, err := prepared(tx, m, uid, actor)
			if err != nil {
				return p, err
			}
			at[uid] = len(p.Studies)
			p.Studies = append(p.Studies, s)
		}
		if it.Ref.SOPUID != "" {
			p.Studies[at[uid]].Place = true
		}
	}
	return p, nil
}

func prepared(tx *sqlite.Tx, m *records.Consult, uid string, actor records.User) (s records.PreparedStudy, err error) {
	s.StudyUID = uid
	ex, err := tx.Examination(uid)
	if err != nil {
		return s, fmt.Errorf("study %s: %w", uid, err)
	}
	s.Slide = slices.Contains(ex.Modalities, "SM")
	docs, err := tx.SignedDocuments(uid)
	if err != nil {
		return s, err
	}
	for _, d := range records.Standing(docs) {
		who, err := tx.Person(d.Document.Patient.ID)
		if err != nil {
			return s, err
		}
		s.Signed = s.Signed || who == m.PatientID
	}
	hidden, err := tx.HiddenModels(uid, actor)
	if err != nil {
		return s, err
	}
	if len(hidden) > 0 {
		runs, err := tx.RunsOf(uid)
		if err != nil {
			return s, err
		}
		s.Unread = len(records.Unread(hidden, runs))
	}
	findings, err := tx.FindingsOf(uid)
	if err != nil {
		return s, err
	}
	for _, f := range findings {
		switch {
		case f.State.Factual():
			s.Factual++
			s.Typed = true
		case f.State == records.FindingProposed && (f.Model == nil || !slices.Contains(hidden, f.Model.ID)):
			s.Proposed++
			s.Typed = true
		}
	}
	return s, nil
}

// Excuse marks an item of the checklist as not needed, or with needed as needed
// after all; both with a reason.
func (c *Consult) Excuse(ctx context.Context, actor records.User, id, item, reason string, needed bool) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepExcuse, "consult_excuse", func(_ *sqlite.Tx, m *records.Consult) (string, error) {
		if !slices.Contains(records.CheckItems(), item) {
			return "", &records.RefusedError{Code: "excuse_item", Args: []string{item}, Reason: "the checklist has no item " + item + "; it has " + strings.Join(records.CheckItems(), ", ")}
		}
		if reason = strings.TrimSpace(reason); reason == "" {
			return "", &records.RefusedError{Code: "excuse_reason", Reason: "say why the item is not needed, or needed after all"}
		}
		if needed == (m.Excused(item) == nil) {
			return "", &records.RefusedError{Code: "excuse_same", Args: []string{item}, Reason: "the item " + item + " is marked so already"}
		}
		m.Excuses = append(m.Excuses, records.Excuse{Item: item, Needed: needed, Reason: reason, By: actor.ID, ByName: actor.Name, At: c.now()})
		return fmt.Sprintf("%s needed=%v", item, needed), nil
	})
}
