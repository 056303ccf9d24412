// Package consult holds the use cases of the multidisciplinary consult
// (多学科会诊): create, lay items before it, opinions with dissent, the decision,
// follow-up dates, and one sealed file that opens elsewhere without a network.
package consult

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"longying/app/archive"
	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Consult is the use case.
type Consult struct {
	store   *sqlite.Store
	archive *archive.Archive
	now     func() time.Time
	station string
}

// New wires the use case.
func New(store *sqlite.Store, ar *archive.Archive, now func() time.Time) *Consult {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Consult{store: store, archive: ar, now: now, station: host}
}

func (c *Consult) audit(tx *sqlite.Tx, actor records.User, action, object, patientID, detail string) error {
	return tx.AppendAudit(&records.AuditEvent{At: c.now(), UserID: actor.ID, UserName: actor.Name, Station: c.station,
		Action: action, Object: object, PatientID: patientID, Outcome: "ok", Detail: detail})
}

func newID(prefix string) string {
	var b [8]byte
	// crypto/rand.Read never fails since Go 1.24.
	_, _ = rand.Read(b[:])
	return prefix + strings.ToUpper(hex.EncodeToString(b[:]))
}

// Create opens a consult on one patient.
func (c *Consult) Create(ctx context.Context, actor records.User, patientID, title, question string, members []records.Member) (_ records.Consult, err error) {
	defer trail.Outcome(ctx, c.store, actor, "consult_create", patientID, &err)
	var out records.Consult
	if err := trail.Require(ctx, c.store, actor, records.RightLeadConsult, "consult_create", patientID); err != nil {
		return out, err
	}
	if strings.TrimSpace(title) == "" || strings.TrimSpace(question) == "" {
		return out, &records.RefusedError{Code: "consult_question", Reason: "a consult needs a title and a question"}
	}
	err = c.store.Update(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Patient(patientID); err != nil {
			return fmt.Errorf("patient %s: %w", patientID, err)
		}
		now := c.now()
		out = records.Consult{ID: newID("MDT-"), PatientID: patientID, Title: title, Question: question,
			State: records.ConsultPreparing, Members: members, CreatedBy: actor.ID, CreatedAt: now, UpdatedAt: now}
		if err := tx.PutConsult(&out); err != nil {
			return err
		}
		return c.audit(tx, actor, "consult_create", out.ID, patientID, "")
	})
	return out, err
}

// change loads a consult, lets f alter it, and stores it with its audit event.
func (c *Consult) change(ctx context.Context, actor records.User, id string, right records.Right, action string, f func(tx *sqlite.Tx, m *records.Consult) (detail string, err error)) (_ records.Consult, err error) {
	defer trail.Outcome(ctx, c.store, actor, action, id, &err)
	var out records.Consult
	if err := trail.Require(ctx, c.store, actor, right, action, id); err != nil {
		return out, err
	}
	err = c.store.Update(ctx, func(tx *sqlite.Tx) error {
		m, err := tx.Consult(id)
		if err != nil {
			return fmt.Errorf("consult %s: %w", id, err)
		}
		detail, err := f(tx, m)
		if err != nil {
			return err
		}
		m.UpdatedAt = c.now()
		if err := tx.PutConsult(m); err != nil {
			return err
		}
		out = *m
		return c.audit(tx, actor, action, id, m.PatientID, detail)
	})
	return out, err
}

// Add lays an item before the consult. A study or finding of another patient
// is refused; a finding that no doctor has confirmed is refused.
func (c *Consult) Add(ctx context.Context, actor records.User, id string, item records.ConsultItem) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, "consult_add", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		studyUID := ""
		switch {
		case item.FindingUID != "":
			f, err := tx.Finding(item.FindingUID)
			if err != nil {
				return "", fmt.Errorf("finding %s: %w", item.FindingUID, err)
			}
			if !f.State.Factual() {
				return "", &records.RefusedError{Code: "finding_unconfirmed", Reason: "the finding has no doctor's confirmation; only confirmed or edited findings go before a consult"}
			}
			studyUID = f.StudyUID
			ref := f.Ref
			item.Ref = &ref
		case item.Ref != nil:
			studyUID = item.Ref.StudyUID
		case item.VisitID != "":
			visits, err := tx.VisitsOf(m.PatientID)
			if err != nil {
				return "", err
			}
			for _, v := range visits {
				if v.ID == item.VisitID {
					m.Items = append(m.Items, item)
					return item.Kind, nil
				}
			}
			return "", &records.RefusedError{Code: "other_patient", Reason: "this visit belongs to another patient than the consult"}
		}
		if studyUID != "" {
			ex, err := tx.Examination(studyUID)
			if err != nil {
				return "", fmt.Errorf("study %s: %w", studyUID, err)
			}
			if !ex.Link.Linked() || ex.PatientID != m.PatientID {
				return "", &records.RefusedError{Code: "other_patient", Reason: "study " + studyUID + " is not linked to the patient of this consult"}
			}
		}
		m.Items = append(m.Items, item)
		return item.Kind, nil
	})
}

// Opine records what one member said. It never overwrites another opinion: one
// that names the version it replaces is kept beside it, and only who spoke or
// typed that version may replace it.
func (c *Consult) Opine(ctx context.Context, actor records.User, id string, o records.Opinion) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightConsult, "consult_opinion", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		if strings.TrimSpace(o.Text) == "" || o.Member.Name == "" {
			return "", &records.RefusedError{Code: "opinion_empty", Reason: "an opinion needs the member's name and a text"}
		}
		o.ID, o.EnteredBy, o.At, o.PackID, o.Received = newID("OP-"), actor.ID, c.now(), "", time.Time{}
		if o.Replaces != "" {
			before := find(m, o.Replaces)
			if before == nil || before.Member.Name != o.Member.Name || before.EnteredBy != actor.ID && before.Member.UserID != actor.ID {
				return "", &records.RefusedError{Code: "opinion_replaces", Args: []string{o.Replaces}, Reason: "opinion " + o.Replaces + " is not one that you gave or typed for this member in this consult; only its own author replaces it"}
			}
		}
		m.Opinions = append(m.Opinions, o)
		return fmt.Sprintf("dissent=%v", o.Dissent), nil
	})
}

// Decide records the decision; it needs at least one opinion, and every
// finding it rests on must be among the consult's items.
func (c *Consult) Decide(ctx context.Context, actor records.User, id, text string, findings []string) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, "consult_decide", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		if strings.TrimSpace(text) == "" {
			return "", &records.RefusedError{Code: "decision_empty", Reason: "the decision has no text"}
		}
		if len(m.Opinions) == 0 {
			return "", &records.RefusedError{Code: "no_opinion", Reason: "nobody has given an opinion yet; a decision needs at least one"}
		}
		if m.Decision != nil {
			return "", &records.RefusedError{Code: "decided", Reason: "the consult has a decision already; open a new consult to revise it"}
		}
		for _, uid := range findings {
			known := false
			for _, it := range m.Items {
				known = known || it.FindingUID == uid
			}
			if !known {
				return "", &records.RefusedError{Code: "finding_not_laid", Reason: "finding " + uid + " was not laid before the consult; add it first"}
			}
		}
		m.Decision = &records.Decision{Text: text, Findings: findings, By: actor.ID, ByName: actor.Name, At: c.now()}
		m.State = records.ConsultDecided
		return "", nil
	})
}

// Follow adds a follow-up date.
func (c *Consult) Follow(ctx context.Context, actor records.User, id, date, task string) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, "consult_follow", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		if _, err := time.Parse("20060102", date); err != nil {
			return "", &records.RefusedError{Code: "follow_date", Reason: fmt.Sprintf("%q is not a date (YYYYMMDD)", date)}
		}
		if m.Decision == nil {
			return "", &records.RefusedError{Code: "undecided", Reason: "the consult has no decision yet; follow-up dates come after it"}
		}
		if strings.TrimSpace(task) == "" {
			return "", &records.RefusedError{Code: "follow_task", Reason: "a follow-up date needs a task"}
		}
		m.FollowUps = append(m.FollowUps, records.FollowUp{ID: newID("FU-"), Date: date, Task: task, By: actor.ID, At: c.now()})
		m.State = records.ConsultFollowing
		return date, nil
	})
}

// Get is one consult; the opening is audited.
func (c *Consult) Get(ctx context.Context, actor records.User, id string) (records.Consult, error) {
	var out records.Consult
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "view_consult", id); err != nil {
		return out, err
	}
	err := c.store.Update(ctx, func(tx *sqlite.Tx) error {
		m, err := tx.Consult(id)
		if err != nil {
			return fmt.Errorf("consult %s: %w", id, err)
		}
		out = *m
		return c.audit(tx, actor, "view_consult", id, m.PatientID, "")
	})
	return out, err
}

// List is every consult, newest first.
func (c *Consult) List(ctx context.Context, actor records.User) ([]records.Consult, error) {
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "list_consults", ""); err != nil {
		return nil, err
	}
	var out []records.Consult
	err := c.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.Consults()
		return err
	})
	return out, err
}
