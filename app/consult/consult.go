// Package consult holds the use cases of the multidisciplinary consult
// (多学科会诊): create, lay items before it, opinions with dissent, the decision,
// follow-up dates, and one sealed file that opens elsewhere without a network.
package consult

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"longying/app/archive"
	"longying/app/trail"
	"longying/imaging"
	"longying/imaging/codec"
	"longying/records"
	"longying/records/sqlite"
)

// Consult is the use case.
type Consult struct {
	store   *sqlite.Store
	archive *archive.Archive
	// reauthenticate checks the password of a member who gives an opinion.
	reauthenticate func(ctx context.Context, member records.User, password string) error
	needs          Needs
	now            func() time.Time
	station        string
}

// Needs are what consults take from the other use cases, for their packs.
type Needs struct {
	Secret       []byte // of de-identification
	Decoder      codec.Decoder
	Organization func(ctx context.Context) (records.Organization, error)
	// KeyFrame is one frame as a key image; nil and a reason where it is no DICOM
	// object of which there are presentation states.
	KeyFrame func(ctx context.Context, ref imaging.Ref) (k *KeyFrame, reason string, err error)
	// Import takes what came into the record, as a folder is imported.
	Import func(ctx context.Context, actor records.User, in *archive.Incoming) error
}

// New wires the use case.
func New(store *sqlite.Store, ar *archive.Archive, reauthenticate func(ctx context.Context, member records.User, password string) error, needs Needs, now func() time.Time) *Consult {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Consult{store: store, archive: ar, reauthenticate: reauthenticate, needs: needs, now: now, station: host}
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

// Create asks for a consult on one patient: an internal ID, or exactly the whole
// number of one person. Of somebody who may lead one it is taken on at once, of
// a clinician it waits for that.
func (c *Consult) Create(ctx context.Context, actor records.User, patientID, title, question string, members []records.Member) (_ records.Consult, err error) {
	defer trail.Outcome(ctx, c.store, actor, "consult_create", patientID, &err)
	var out records.Consult
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "consult_create", patientID); err != nil {
		return out, err
	}
	if strings.TrimSpace(title) == "" || strings.TrimSpace(question) == "" {
		return out, &records.RefusedError{Code: "consult_question", Reason: "a consult needs a title and a question"}
	}
	err = c.store.Update(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Patient(patientID); errors.Is(err, records.ErrNotFound) {
			found, err := tx.PatientsByWholeNumber(patientID)
			if err != nil {
				return err
			}
			if len(found) != 1 {
				return fmt.Errorf("patient %s: %w", patientID, records.ErrNotFound)
			}
			patientID = found[0].ID
		} else if err != nil {
			return fmt.Errorf("patient %s: %w", patientID, err)
		}
		now := c.now()
		out = records.Consult{ID: newID("MDT-"), PatientID: patientID, Title: title, Question: question,
			State: records.ConsultRequested, Members: members, CreatedBy: actor.ID, CreatedAt: now, UpdatedAt: now,
			History: []records.Stage{{State: records.ConsultRequested, By: actor.ID, ByName: actor.Name, At: now}}}
		if actor.Role.May(records.RightLeadConsult) {
			out.Enter(records.StepAccept, actor, now, "")
		}
		if err := tx.PutConsult(&out); err != nil {
			return err
		}
		return c.audit(tx, actor, "consult_create", out.ID, patientID, "")
	})
	return out, err
}

// change loads a consult, refuses the step where its state does not allow it,
// lets f alter it, takes it to the state that the step leads to, and stores it
// with its audit event.
func (c *Consult) change(ctx context.Context, actor records.User, id string, right records.Right, step records.ConsultStep, action string, f func(tx *sqlite.Tx, m *records.Consult) (detail string, err error)) (_ records.Consult, err error) {
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
		if err := m.Allows(step); err != nil {
			return err
		}
		detail, err := f(tx, m)
		if err != nil {
			return err
		}
		m.UpdatedAt = c.now()
		m.Enter(step, actor, m.UpdatedAt, "")
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
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepAdd, "consult_add", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
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
		case item.Kind == "medication":
			if item.Note = strings.TrimSpace(item.Note); item.Note == "" {
				return "", &records.RefusedError{Code: "medication_empty", Reason: "say which medication the patient takes, or that there is none"}
			}
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
