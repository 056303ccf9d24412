package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"longying/app/trail"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/sqlite"
)

// unlinkedByHand is the reason of a study on the review list that a person took
// back from a patient.
const unlinkedByHand = "unlinked"

// wrongPatientPrior is why a finding no longer follows its prior.
const wrongPatientPrior = "the study of the prior finding was linked to the wrong patient"

// linkByRule decides whose the study is by records.DecideLink over everyone its
// header points at, and stores and audits the decision.
//
// A study that a person took back from a patient stays on the review list: the
// rule would only repeat what that person undid.
func (r *Registry) linkByRule(tx *sqlite.Tx, actor records.User, ex *records.Examination) error {
	if ex.LinkReason == unlinkedByHand {
		return tx.PutExamination(ex)
	}
	candidates, err := candidatesFor(tx, ex)
	if err != nil {
		return err
	}
	d := records.DecideLink(ex.Header, ex.AccessionNumber, candidates)
	ex.Link, ex.LinkRule, ex.PatientID, ex.LinkConflicts = d.State, d.Rule, d.PatientID, d.Conflicts
	ex.LinkReason = d.ReasonCode
	if d.State.Linked() {
		ex.LinkedBy, ex.LinkedAt = actor.ID, r.now()
		p, err := tx.Patient(d.PatientID)
		if err != nil {
			return err
		}
		ex.Sample = p.Sample
		ex.LinkConflicts = records.CompareHeader(ex.Header, *p) // of a merged entry the other one may differ
	}
	if err := tx.PutExamination(ex); err != nil {
		return err
	}
	if d.State.Linked() {
		return r.audit(tx, actor, "link", ex.StudyUID, d.PatientID, "ok", "by rule: "+string(d.Rule))
	}
	return r.audit(tx, actor, "link", ex.StudyUID, "", "refused", "to the review list: "+d.Reason)
}

func candidatesFor(tx *sqlite.Tx, ex *records.Examination) ([]records.Candidate, error) {
	byID := map[string]int{}
	var out []records.Candidate
	// An entry that was merged into another one stands for it with its own name
	// and numbers: those are what the header is compared with.
	add := func(p *records.Patient, mark func(*records.Candidate)) error {
		person, err := tx.Person(p.ID)
		if err != nil {
			return err
		}
		i, ok := byID[person]
		if !ok {
			i = len(out)
			byID[person] = i
			c := records.Candidate{Patient: *p}
			c.Patient.ID = person
			out = append(out, c)
		}
		mark(&out[i])
		return nil
	}
	for _, number := range append([]string{ex.Header.PatientID}, ex.Header.OtherIDs...) {
		if number == "" {
			continue
		}
		p, err := tx.PatientByIDNumber(records.IDTypeResident, number)
		if err == nil {
			if err := add(p, func(c *records.Candidate) { c.ByIDNumber = true }); err != nil {
				return nil, err
			}
		} else if !errors.Is(err, records.ErrNotFound) {
			return nil, err
		}
	}
	if ex.AccessionNumber != "" {
		o, err := tx.OrderByAccession(ex.AccessionNumber)
		if err == nil {
			p, err := tx.Patient(o.PatientID)
			if err != nil {
				return nil, err
			}
			if err := add(p, func(c *records.Candidate) { c.ByAccession = true }); err != nil {
				return nil, err
			}
		} else if !errors.Is(err, records.ErrNotFound) {
			return nil, err
		}
	}
	if ex.Header.Issuer != "" && ex.Header.PatientID != "" {
		ps, err := tx.PatientsByNumber(ex.Header.Issuer, ex.Header.PatientID)
		if err != nil && !errors.Is(err, records.ErrNotFound) {
			return nil, err
		}
		for i := range ps {
			if err := add(&ps[i], func(c *records.Candidate) { c.ByNumber = true }); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// linkOpen tries the rule again on every study that is not linked, e.g. after
// people were imported, and returns those that it linked.
func (r *Registry) linkOpen(ctx context.Context, actor records.User) ([]records.Examination, error) {
	var linked []records.Examination
	err := r.store.Update(ctx, func(tx *sqlite.Tx) error {
		linked = nil
		open, err := tx.ReviewList()
		if err != nil {
			return err
		}
		for i := range open {
			ex := open[i]
			if hasConflict(ex.LinkConflicts, "headers") {
				continue // several patients inside one study: only a person can decide
			}
			if err := r.linkByRule(tx, actor, &ex); err != nil {
				return err
			}
			if ex.Link.Linked() {
				linked = append(linked, ex)
			}
		}
		return nil
	})
	return linked, err
}

func hasConflict(cs []records.Conflict, field string) bool {
	for _, c := range cs {
		if c.Field == field {
			return true
		}
	}
	return false
}

// Review lists the studies that no rule could link, with what differs.
func (r *Registry) Review(ctx context.Context, actor records.User) ([]records.Examination, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "list_studies", ""); err != nil {
		return nil, err
	}
	var out []records.Examination
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.ReviewList()
		return err
	})
	return out, err
}

// Link makes a named person's decision whose the study is. What differs
// between header and register is kept with the link and shown as a warning
// wherever the study is shown.
func (r *Registry) Link(ctx context.Context, actor records.User, studyUID, patientID string) (_ records.Examination, err error) {
	defer trail.Outcome(ctx, r.store, actor, "link", studyUID, &err)
	var out records.Examination
	if err := trail.Require(ctx, r.store, actor, records.RightLink, "link", studyUID); err != nil {
		return out, err
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		ex, err := tx.Examination(studyUID)
		if err != nil {
			return err
		}
		if patientID, err = tx.Person(patientID); err != nil {
			return err
		}
		p, err := tx.Patient(patientID)
		if err != nil {
			return err
		}
		if ex.Link.Linked() && ex.PatientID != patientID {
			return &records.RefusedError{Code: "linked_already",
				Reason: fmt.Sprintf("study %s is linked to another patient; unlink it first", studyUID)}
		}
		ex.Link, ex.LinkRule, ex.PatientID = records.LinkedByHand, records.RuleByHand, p.ID
		ex.LinkConflicts = records.CompareHeader(ex.Header, *p)
		ex.LinkedBy, ex.LinkedAt, ex.LinkReason, ex.Sample = actor.ID, r.now(), "", p.Sample
		if err := tx.PutExamination(ex); err != nil {
			return err
		}
		out = *ex
		return r.audit(tx, actor, "link", studyUID, p.ID, "ok", fmt.Sprintf("by hand, %d conflicts", len(ex.LinkConflicts)))
	})
	return out, err
}

// Unlinked says what taking a study back did.
type Unlinked struct {
	Withdrawn  int    `json:"withdrawn"`              // findings
	Reissued   int    `json:"reissued,omitempty"`     // measurements, which stay with the images under new identities
	Retraction string `json:"retraction,omitempty"`   // ID of the document that makes the signed report void
	Queued     int    `json:"queued_corrections"`     // deliveries of it
	Copies     int    `json:"copies_taken,omitempty"` // files and prints of the report, which nobody but a person can call back
}

// NeedsRetraction reports whether unlinking a study must retract a signed
// report, which asks for a reason and the password.
func (r *Registry) NeedsRetraction(ctx context.Context, actor records.User, studyUID string) (bool, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", studyUID); err != nil {
		return false, err
	}
	needs := false
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		docs, err := tx.SignedDocuments(studyUID)
		needs = len(records.Standing(docs)) > 0
		return err
	})
	return needs, err
}

// Unlink takes the study back from its patient, withdraws every proposal and
// verdict made under the wrong one, gives what was measured in its images new
// identities, dissolves the follow-up of other studies to
// them, and retracts a signed report: where it was delivered a correction is
// queued. A retraction needs a reason and the password of the person, who signs
// it; else an empty reason stands for the wrong patient, and no password is
// asked for. All of it is one transaction.
func (r *Registry) Unlink(ctx context.Context, actor records.User, studyUID, reason, password string) (_ Unlinked, err error) {
	defer trail.Outcome(ctx, r.store, actor, "unlink", studyUID, &err)
	var out Unlinked
	if err := trail.Require(ctx, r.store, actor, records.RightLink, "unlink", studyUID); err != nil {
		return out, err
	}
	signed, err := r.NeedsRetraction(ctx, actor, studyUID)
	if err != nil {
		return out, err
	}
	reason = strings.TrimSpace(reason)
	if signed {
		if reason == "" {
			return out, &records.RefusedError{Code: "retract_reason", Args: []string{studyUID}, Reason: fmt.Sprintf(
				"study %s has a signed report under this patient; say why it is retracted (--reason)", studyUID)}
		}
		if err := r.correct.Reauthenticate(ctx, actor, password); err != nil {
			return out, err
		}
	}
	if reason == "" {
		reason = "the study was linked to the wrong patient"
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		out = Unlinked{}
		ex, err := tx.Examination(studyUID)
		if err != nil {
			return err
		}
		if !ex.Link.Linked() {
			return &records.RefusedError{Code: "not_linked", Args: []string{studyUID}, Reason: "study " + studyUID + " is linked to nobody"}
		}
		findings, err := tx.FindingsOf(studyUID)
		if err != nil {
			return err
		}
		for i := range findings {
			if findings[i].State == records.FindingWithdrawn {
				continue
			}
			w, err := findings[i].Withdraw(actor, reason, r.now())
			if err != nil {
				return err
			}
			if err := tx.AppendFindingVersion(&w); err != nil {
				return err
			}
			if _, err := tx.DissolveFollowing(w.UID, ex.PatientID, wrongPatientPrior, actor, records.RightLink, r.now()); err != nil {
				return err
			}
			findings[i] = w
			out.Withdrawn++
		}
		if out.Reissued, err = r.reissue(tx, actor, studyUID); err != nil {
			return err
		}
		docs, err := tx.SignedDocuments(studyUID)
		if err != nil {
			return err
		}
		standing := records.Standing(docs)
		if len(standing) > 0 && !signed {
			return &records.StaleError{What: "report", ID: studyUID, Last: 1}
		}
		void, queued, err := r.correct.Retract(tx, actor, ex, findings, reason, password)
		if err != nil {
			return err
		}
		if void != nil {
			out.Retraction, out.Queued = void.Document.ID, queued
			if out.Copies, err = copies(tx, standing); err != nil {
				return err
			}
		}
		wrong := ex.PatientID
		ex.Link, ex.LinkRule, ex.PatientID, ex.LinkConflicts, ex.LinkedBy = records.LinkReview, "", "", nil, ""
		ex.LinkReason = unlinkedByHand
		if err := tx.PutExamination(ex); err != nil {
			return err
		}
		return r.audit(tx, actor, "unlink", studyUID, wrong, "ok", fmt.Sprintf("%d findings withdrawn, %d measurements under new identities, %d corrections queued: %s", out.Withdrawn, out.Reissued, out.Queued, reason))
	})
	return out, err
}

// reissue gives what was measured in a study new identities. It is of the images
// and stays with them, but the UIDs under which it left are the wrong patient's.
func (r *Registry) reissue(tx *sqlite.Tx, actor records.User, studyUID string) (n int, err error) {
	drawn, err := tx.AnnotationsOf(studyUID)
	if err != nil {
		return 0, err
	}
	for _, a := range records.StandingAnnotations(drawn) {
		gone, next, err := a.Reissue(dicomfile.NewUID(), dicomfile.NewUID(), actor, r.now())
		if err != nil {
			return n, err
		}
		if err := tx.PutAnnotation(&gone); err != nil {
			return n, err
		}
		if err := tx.PutAnnotation(&next); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// copies counts the files and prints that were made of documents.
func copies(tx *sqlite.Tx, docs []records.SignedDocument) (int, error) {
	ids := map[string]bool{}
	for _, d := range docs {
		ids[d.Document.ID] = true
	}
	events, err := tx.AuditEvents(0, 0)
	n := 0
	for _, e := range events {
		if (e.Action == "export" || e.Action == "print") && ids[e.Object] {
			n++
		}
	}
	return n, err
}
