package reading

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"longying/app/trail"
	"longying/imaging"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// TwoSignatures reports whether the department has its reports reviewed: signed
// by the author and then by another doctor.
func (r *Reading) TwoSignatures(ctx context.Context) (bool, error) {
	on := false
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		on, err = twoSignatures(tx)
		return err
	})
	return on, err
}

func twoSignatures(tx *sqlite.Tx) (bool, error) {
	raw, err := tx.Setting(records.SettingTwoSignatures)
	if errors.Is(err, records.ErrNotFound) || err == nil && raw == "" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	on, err := strconv.ParseBool(raw)
	if err != nil {
		return false, fmt.Errorf("setting %s is damaged: %w", records.SettingTwoSignatures, err)
	}
	return on, nil
}

// SetTwoSignatures is the department's setting. A report that waits for review
// goes on waiting.
func (r *Reading) SetTwoSignatures(ctx context.Context, actor records.User, on bool) error {
	if err := trail.Require(ctx, r.store, actor, records.RightConfigure, "configure", records.SettingTwoSignatures); err != nil {
		return err
	}
	return r.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.PutSetting(records.SettingTwoSignatures, strconv.FormatBool(on)); err != nil {
			return err
		}
		return r.audit(tx, actor, "configure", records.SettingTwoSignatures, "", "ok", strconv.FormatBool(on))
	})
}

// Submit is the first of two signatures, the author's: the password is checked
// again, everything that a signature needs is there, and the report waits for
// its reviewer as it stands. Where the department asks for one signature it is
// refused.
func (r *Reading) Submit(ctx context.Context, actor records.User, studyUID, password string) (_ records.Report, err error) {
	defer trail.Outcome(ctx, r.store, actor, "submit_report", studyUID, &err)
	var out records.Report
	err = r.signing(ctx, actor, records.RightReport, studyUID, password, func(tx *sqlite.Tx, rep *records.Report, doc *records.Document) error {
		two, err := twoSignatures(tx)
		if err != nil {
			return err
		}
		if !two {
			return &records.RefusedError{Code: "one_signature", Reason: "this department asks for one signature: sign the report (longying report sign)"}
		}
		if err := requireDraft(rep); err != nil {
			return err
		}
		doc.Author, doc.AuthoredAt = person(actor), r.now()
		doc.Reviewer = doc.Author // only to be checked: the reviewer is not known yet
		if err := doc.Check(); err != nil {
			return err
		}
		content, err := doc.Content()
		if err != nil {
			return err
		}
		sig, err := r.signature(tx, actor, password, records.OverContent, content)
		if err != nil {
			return err
		}
		sig.At = doc.AuthoredAt
		rep.State, rep.Submitted, rep.Returned = records.ReportSubmitted, &records.Submission{Author: doc.Author, Signature: sig}, nil
		rep.UpdatedBy, rep.UpdatedAt = actor.ID, doc.AuthoredAt
		if err := tx.PutReport(rep); err != nil {
			return err
		}
		out = *rep
		return r.audit(tx, actor, "submit_report", doc.ID, doc.Patient.ID, "ok", "")
	})
	return out, err
}

// Return makes a submitted report a draft again: the reviewer sends it back, or
// the author takes it back, with a reason. The author's signature is void.
func (r *Reading) Return(ctx context.Context, actor records.User, studyUID, reason string) (_ records.Report, err error) {
	defer trail.Outcome(ctx, r.store, actor, "return_report", studyUID, &err)
	var out records.Report
	if err := trail.Require(ctx, r.store, actor, records.RightReport, "return_report", studyUID); err != nil {
		return out, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return out, &records.RefusedError{Code: "return_reason", Reason: "say why the report is returned"}
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		ex, err := linkedExamination(tx, studyUID)
		if err != nil {
			return err
		}
		rep, err := tx.Report(studyUID)
		if err != nil {
			return err
		}
		if rep.State != records.ReportSubmitted {
			return &records.RefusedError{Code: "not_submitted", Args: []string{studyUID}, Reason: "the report of study " + studyUID + " does not wait for review"}
		}
		if actor.ID != rep.Submitted.Signature.By {
			if err := trail.RequireIn(tx, actor, records.RightReview); err != nil {
				return err
			}
		}
		rep.State, rep.Submitted = records.ReportDraft, nil
		rep.Returned = &records.Return{By: actor.ID, ByName: actor.Name, Reason: reason, At: r.now()}
		rep.UpdatedBy, rep.UpdatedAt = actor.ID, r.now()
		if err := tx.PutReport(rep); err != nil {
			return err
		}
		out = *rep
		return r.audit(tx, actor, "return_report", studyUID, ex.PatientID, "ok", reason)
	})
	return out, err
}

// Sign freezes the report: the password is checked again, every proposal must
// have a verdict, every sentence's finding must be factual and current, and no
// side or sex word may contradict what is known unless the doctor answered why
// it stands. Where the department asks for two signatures this is the second
// one, by another doctor than the author, under what the author signed. The
// canonical document with its hash and signatures, the deliveries it calls for
// and the audit event are one transaction.
func (r *Reading) Sign(ctx context.Context, actor records.User, studyUID, password string) (_ records.SignedDocument, err error) {
	defer trail.Outcome(ctx, r.store, actor, "sign", studyUID, &err)
	var out records.SignedDocument
	err = r.signing(ctx, actor, records.RightReport, studyUID, password, func(tx *sqlite.Tx, rep *records.Report, doc *records.Document) error {
		two, err := twoSignatures(tx)
		if err != nil {
			return err
		}
		var signatures []records.Signature
		switch {
		case rep.State == records.ReportSigned:
			return errSigned(studyUID)
		case rep.State == records.ReportSubmitted:
			if err := reviewed(tx, actor, rep, doc); err != nil {
				return err
			}
			signatures = append(signatures, rep.Submitted.Signature)
		case two:
			return &records.RefusedError{Code: "two_signatures", Reason: "this department asks for two signatures: submit the report for review (longying report submit)"}
		default:
			doc.Author = person(actor)
		}
		doc.Reviewer, doc.SignedAt = person(actor), r.now()
		if err := doc.Check(); err != nil {
			return err
		}
		signed, err := freeze(*doc, actor)
		if err != nil {
			return err
		}
		sig, err := r.signature(tx, actor, password, records.OverDocument, signed.Canonical)
		if err != nil {
			return err
		}
		sig.At = doc.SignedAt
		signed.Signatures = append(signatures, sig)
		if err := tx.InsertSignedDocument(&signed); err != nil {
			return err
		}
		rep.State, rep.UpdatedBy, rep.UpdatedAt = records.ReportSigned, actor.ID, doc.SignedAt
		if err := tx.PutReport(rep); err != nil {
			return err
		}
		intents, err := r.sign.Intents(tx, doc)
		if err != nil {
			return err
		}
		for i := range intents {
			if err := tx.InsertDelivery(&intents[i]); err != nil {
				return err
			}
		}
		out = signed
		return r.audit(tx, actor, "sign", doc.ID, doc.Patient.ID, "ok", "sha256 "+signed.SHA256)
	})
	return out, err
}

// reviewed takes the author's side of a submitted report over into the document,
// and refuses a reviewer who is the author, and a document that is not what the
// author signed.
func reviewed(tx *sqlite.Tx, actor records.User, rep *records.Report, doc *records.Document) error {
	sub := rep.Submitted
	actor, err := trail.PresentIn(tx, actor)
	if err != nil {
		return err
	}
	if err := records.Require(actor, records.RightReview); err != nil {
		return err
	}
	if actor.ID == sub.Signature.By {
		return &records.RefusedError{Code: "own_review", Args: []string{actor.Name}, Reason: actor.Name + " wrote this report; another doctor reviews it"}
	}
	if pathology := doc.Examination.Modality == "SM"; pathology != (actor.Role == records.RolePathologist) {
		return &records.RefusedError{Code: "review_discipline", Args: []string{actor.Name, string(actor.Role)},
			Reason: fmt.Sprintf("%s (%s) is not of the discipline of this report: slides are reviewed by a pathologist, other images by a reviewing radiologist", actor.Name, actor.Role)}
	}
	doc.Author, doc.AuthoredAt = sub.Author, sub.Signature.At
	content, err := doc.Content()
	if err != nil {
		return err
	}
	if !seal.VerifySignature(sub.Signature.Public, sub.Signature.Value, content) {
		return &records.RefusedError{Code: "submitted_changed", Args: []string{sub.Author.Name},
			Reason: "findings or patient have changed since " + sub.Author.Name + " signed; return the report (longying report return), and have it submitted again"}
	}
	return nil
}

func person(u records.User) records.Person { return records.Person{ID: u.StaffNumber, Name: u.Name} }

// signing is what the first and the second signature have in common: rights,
// password, and the document as it would be, without names and time.
func (r *Reading) signing(ctx context.Context, actor records.User, right records.Right, studyUID, password string, do func(*sqlite.Tx, *records.Report, *records.Document) error) error {
	if err := trail.Require(ctx, r.store, actor, right, "sign", studyUID); err != nil {
		return err
	}
	if err := r.sign.Reauthenticate(ctx, actor, password); err != nil {
		return err
	}
	org, err := r.sign.Organization(ctx)
	if err != nil {
		return err
	}
	study, err := r.archive.Study(ctx, studyUID)
	if err != nil {
		return err
	}
	return r.store.Update(ctx, func(tx *sqlite.Tx) error {
		ex, err := linkedExamination(tx, studyUID)
		if err != nil {
			return err
		}
		if err := requireFirstReads(tx, actor, studyUID); err != nil {
			return err
		}
		rep, err := tx.Report(studyUID)
		if errors.Is(err, records.ErrNotFound) {
			return &records.RefusedError{Code: "no_report", Reason: "study " + studyUID + " has no draft; make one first (longying report draft)"}
		}
		if err != nil {
			return err
		}
		if rep.State == records.ReportSigned {
			return errSigned(studyUID)
		}
		doc, err := r.assemble(tx, rep, ex, org, study)
		if err != nil {
			return err
		}
		return do(tx, rep, doc)
	})
}

// assemble is the document of a working report, but for who signs it and when.
func (r *Reading) assemble(tx *sqlite.Tx, rep *records.Report, ex *records.Examination, org records.Organization, study *imaging.Study) (*records.Document, error) {
	if strings.TrimSpace(records.Join(rep.Impression)) == "" || strings.TrimSpace(records.Join(rep.Findings)) == "" {
		return nil, &records.RefusedError{Code: "empty_report", Reason: "the report has no findings text or no impression; write both before signing"}
	}
	findings, err := tx.FindingsOf(rep.StudyUID)
	if err != nil {
		return nil, err
	}
	if err := checkSentences(rep, findings); err != nil {
		return nil, err
	}
	if err := requireFilled(rep); err != nil {
		return nil, err
	}
	if err := checkPriors(tx, findings); err != nil {
		return nil, err
	}
	doc := &records.Document{DocumentID: rep.DocumentID, Version: rep.Version, ID: fmt.Sprintf("%s-%d", rep.DocumentID, rep.Version),
		Amends: rep.Amends, Organization: org, Examination: *ex, FindingText: rep.Findings, Impression: rep.Impression, Structured: rep.Structured, SignedAt: r.now(), Sample: ex.Sample}
	if rep.Version > 1 {
		doc.Replaces = fmt.Sprintf("%s-%d", rep.DocumentID, rep.Version-1)
	}
	open := 0
	for _, f := range findings {
		switch {
		case f.State.Factual():
			doc.Findings = append(doc.Findings, f)
		case f.State == records.FindingProposed:
			open++
		}
	}
	if open > 0 {
		return nil, &records.RefusedError{Code: "open_proposals", Args: []string{fmt.Sprint(open)},
			Reason: fmt.Sprintf("%d proposals of models have no verdict yet; confirm, edit or reject each before signing", open)}
	}
	doc.Abnormal = len(doc.Findings) > 0
	drawn, err := tx.AnnotationsOf(rep.StudyUID)
	if err != nil {
		return nil, err
	}
	doc.Annotations = records.StatedAnnotations(drawn)
	p, err := tx.Patient(ex.PatientID)
	if err != nil {
		return nil, err
	}
	doc.Patient = *p
	found := contradictions(rep, doc.Findings, doc.Annotations, p, ex, study)
	if err := records.RefuseContradictions(records.Unanswered(found, rep.Answers)); err != nil {
		return nil, err
	}
	doc.Answered = answered(found, rep.Answers)
	if doc.Visit, err = visitOf(tx, ex); err != nil {
		return nil, err
	}
	doc.Series = seriesRefs(study)
	doc.Remarks = remarks(doc.Findings)
	return doc, nil
}

// signature signs with the user's own key, which is made at the first signature,
// and anew where the password is no longer the one that wraps it.
func (r *Reading) signature(tx *sqlite.Tx, actor records.User, password, over string, message []byte) (records.Signature, error) {
	out := records.Signature{Over: over, By: actor.ID, ByName: actor.Name, At: r.now()}
	key, err := tx.SigningKey(actor.ID)
	if err != nil && !errors.Is(err, records.ErrNotFound) {
		return out, err
	}
	if err == nil {
		if out.Value, err = key.Sign(password, message); err != nil && !errors.Is(err, seal.ErrNotThisPassword) {
			return out, err
		}
	}
	if err != nil {
		made, err := seal.NewSigningKey(tx.NewID(), actor.ID, password)
		if err != nil {
			return out, err
		}
		if err := tx.InsertSigningKey(&made, r.now()); err != nil {
			return out, err
		}
		if err := r.audit(tx, actor, "signing_key", made.ID, "", "ok", ""); err != nil {
			return out, err
		}
		if out.Value, err = made.Sign(password, message); err != nil {
			return out, err
		}
		key = &made
	}
	out.KeyID, out.Public = key.ID, key.Public
	return out, nil
}
