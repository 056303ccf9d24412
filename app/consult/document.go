package consult

import (
	"context"
	"errors"
	"fmt"

	"longying/app/trail"
	"longying/records"
	"longying/records/cda"
	"longying/records/sqlite"
)

// Document is a decided consult as a CDA document: WS/T 500.45 (会诊记录) or
// 500.40 (疑难病例讨论记录). organization is the hospital. name is for a file.
func (c *Consult) Document(ctx context.Context, actor records.User, id string, form cda.ConsultForm, organization records.Organization) (raw []byte, name string, err error) {
	defer trail.Outcome(ctx, c.store, actor, "export", id, &err)
	if err := trail.Require(ctx, c.store, actor, records.RightExport, "export", id); err != nil {
		return nil, "", err
	}
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "export", id); err != nil {
		return nil, "", err
	}
	d := cda.ConsultDocument{Organization: organization}
	err = c.store.View(ctx, func(tx *sqlite.Tx) error { return c.gather(tx, id, &d) })
	if err != nil {
		return nil, "", err
	}
	if d.Consult.Decision == nil {
		return nil, "", &records.RefusedError{Code: "not_decided", Args: []string{id}, Reason: "consult " + id + " has no decision yet; only a decided consult leaves as a document"}
	}
	if raw, err = cda.EncodeConsult(&d, form, cda.Default()); err != nil {
		var p *records.Problems
		if errors.As(err, &p) {
			err = &records.RefusedError{Code: "preflight", Args: []string{p.Error()}, Reason: p.Error()}
		}
		return nil, "", err
	}
	name = fmt.Sprintf("%s.%s.cda.xml", d.ID(), form)
	return raw, name, c.store.Update(ctx, func(tx *sqlite.Tx) error {
		return c.audit(tx, actor, "export", d.ID(), d.Consult.PatientID, string(form))
	})
}

// gather collects what was laid before a consult and may be stated: findings that
// its decision rests on and that stand, impressions of signed reports of its own
// patient, the first visit among its items.
func (c *Consult) gather(tx *sqlite.Tx, id string, d *cda.ConsultDocument) error {
	m, err := tx.Consult(id)
	if err != nil {
		return fmt.Errorf("consult %s: %w", id, err)
	}
	d.Consult = *m
	p, err := tx.Patient(m.PatientID)
	if err != nil {
		return err
	}
	d.Patient = *p
	if d.Author, err = person(tx, m.CreatedBy); err != nil {
		return err
	}
	if m.Decision == nil {
		return nil
	}
	if d.Chair, err = person(tx, m.Decision.By); err != nil {
		return err
	}
	d.Chair.Name = m.Decision.ByName // as at that time
	for _, uid := range m.Decision.Findings {
		f, err := tx.Finding(uid)
		if err != nil {
			return err
		}
		if f.State.Factual() {
			d.Findings = append(d.Findings, *f)
		}
	}
	visits, err := tx.VisitsOf(m.PatientID)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, it := range m.Items {
		for i := range visits {
			if d.Visit == nil && it.VisitID != "" && visits[i].ID == it.VisitID {
				d.Visit = &visits[i]
			}
		}
		if it.Ref == nil || seen[it.Ref.StudyUID] {
			continue
		}
		seen[it.Ref.StudyUID] = true
		docs, err := tx.SignedDocuments(it.Ref.StudyUID)
		if err != nil {
			return err
		}
		if s, err := newest(tx, docs, m.PatientID); err != nil {
			return err
		} else if s != "" {
			d.Reports = append(d.Reports, s)
		}
	}
	return nil
}

// newest is the impression of the newest standing report of this person.
func newest(tx *sqlite.Tx, docs []records.SignedDocument, patientID string) (string, error) {
	version, out := 0, ""
	for _, x := range records.Standing(docs) {
		who, err := tx.Person(x.Document.Patient.ID)
		if err != nil {
			return "", err
		}
		if who == patientID && x.Document.Version > version {
			version, out = x.Document.Version, records.Join(x.Document.Impression)
		}
	}
	return out, nil
}

func person(tx *sqlite.Tx, userID string) (records.Person, error) {
	u, err := tx.User(userID)
	if err != nil {
		return records.Person{}, err
	}
	return records.Person{ID: u.StaffNumber, Name: u.Name}, nil
}
