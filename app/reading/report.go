package reading

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"longying/records"
	"longying/records/report"
	"longying/records/sqlite"
)

// Draft makes or refreshes the working report of a study out of its confirmed
// and edited findings alone. Sentences in the doctor's own words (without a
// finding) are kept; a sentence whose finding is no longer factual goes. When
// the study has a signed report, Amend must come first.
func (r *Reading) Draft(ctx context.Context, actor records.User, studyUID string) (records.Report, error) {
	return r.write(ctx, actor, studyUID, "draft_report", func(rep *records.Report, findings []records.Finding) error {
		seen, impression := report.Draft(findings, "zh")
		rep.Findings = redraft(rep.Findings, seen)
		rep.Impression = redraft(rep.Impression, impression)
		return nil
	})
}

// write changes the working report of a linked study that is not signed, with
// its audit event, in one transaction.
func (r *Reading) write(ctx context.Context, actor records.User, studyUID, action string, change func(*records.Report, []records.Finding) error) (records.Report, error) {
	var out records.Report
	if err := records.Require(actor, records.RightReport); err != nil {
		return out, err
	}
	err := r.store.Update(ctx, func(tx *sqlite.Tx) error {
		ex, err := linkedExamination(tx, studyUID)
		if err != nil {
			return err
		}
		if err := requireFirstReads(tx, actor, studyUID); err != nil {
			return err
		}
		rep, err := workingReport(tx, studyUID)
		if err != nil {
			return err
		}
		if rep.State == records.ReportSigned {
			return errSigned(studyUID)
		}
		findings, err := tx.FindingsOf(studyUID)
		if err != nil {
			return err
		}
		if err := change(rep, findings); err != nil {
			return err
		}
		rep.UpdatedBy, rep.UpdatedAt = actor.ID, r.now()
		if err := tx.PutReport(rep); err != nil {
			return err
		}
		out = *rep
		return r.audit(tx, actor, action, studyUID, ex.PatientID, "ok", fmt.Sprintf("version %d", rep.Version))
	})
	return out, err
}

// Report is the working report of a study.
func (r *Reading) Report(ctx context.Context, actor records.User, studyUID string) (records.Report, error) {
	if err := records.Require(actor, records.RightViewPatient); err != nil {
		return records.Report{}, err
	}
	var out records.Report
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		rep, err := tx.Report(studyUID)
		if err != nil {
			return err
		}
		out = *rep
		return requireFirstReads(tx, actor, studyUID) // another doctor's draft may state what is hidden
	})
	if err != nil {
		return records.Report{}, err
	}
	return out, nil
}

// workingReport is the stored report or the first draft of a new one.
func workingReport(tx *sqlite.Tx, studyUID string) (*records.Report, error) {
	rep, err := tx.Report(studyUID)
	if errors.Is(err, records.ErrNotFound) {
		return &records.Report{StudyUID: studyUID, DocumentID: documentID(studyUID, 0), Version: 1, State: records.ReportDraft}, nil
	}
	return rep, err
}

func errSigned(studyUID string) error {
	return &records.RefusedError{Code: "signed_already", Args: []string{studyUID},
		Reason: "study " + studyUID + " has a signed report; amend it with a reason (longying report amend) to make a new version"}
}

// redraft puts the generated sentences in place of those that came from
// findings before, and keeps the doctor's own sentences after them. A sentence
// of the same finding and version keeps the doctor's wording.
func redraft(old, generated []records.Sentence) []records.Sentence {
	var out []records.Sentence
	for _, g := range generated {
		for _, o := range old {
			if o.FindingUID == g.FindingUID && o.FindingVersion == g.FindingVersion {
				g.Text = o.Text
				break
			}
		}
		out = append(out, g)
	}
	for _, o := range old {
		if o.FindingUID == "" {
			out = append(out, o)
		}
	}
	return out
}

// SaveDraft stores the doctor's wording. Links of sentences to findings may be
// dropped, but a link to a finding that is not confirmed or edited is refused.
func (r *Reading) SaveDraft(ctx context.Context, actor records.User, studyUID string, findings, impression []records.Sentence) (records.Report, error) {
	return r.write(ctx, actor, studyUID, "save_report", func(rep *records.Report, current []records.Finding) error {
		rep.Findings, rep.Impression = findings, impression
		return checkSentences(rep, current)
	})
}

// checkSentences refuses a sentence that speaks of a finding which is not
// factual any more, or of another version of it than the latest.
func checkSentences(rep *records.Report, findings []records.Finding) error {
	byUID := map[string]records.Finding{}
	for _, f := range findings {
		byUID[f.UID] = f
	}
	for _, s := range append(append([]records.Sentence(nil), rep.Findings...), rep.Impression...) {
		if s.FindingUID == "" {
			continue
		}
		f, ok := byUID[s.FindingUID]
		switch {
		case !ok || !f.State.Factual():
			return &records.RefusedError{Code: "sentence_unconfirmed", Args: []string{s.Text},
				Reason: fmt.Sprintf("the sentence %q speaks of a finding that no doctor has confirmed; refresh the draft", s.Text)}
		case f.Version != s.FindingVersion:
			return &records.RefusedError{Code: "sentence_stale", Args: []string{s.Text},
				Reason: fmt.Sprintf("the sentence %q speaks of version %d of a finding that is now at version %d; refresh the draft", s.Text, s.FindingVersion, f.Version)}
		}
	}
	return nil
}

// Sign freezes the working report: the password is checked again, every
// proposal must have a verdict, every sentence's finding must be factual and
// current. The canonical document with its hash, the deliveries it calls for
// and the audit event are one transaction.
func (r *Reading) Sign(ctx context.Context, actor records.User, studyUID, password string) (records.SignedDocument, error) {
	var out records.SignedDocument
	if err := records.Require(actor, records.RightReport); err != nil {
		return out, err
	}
	if err := r.sign.Reauthenticate(ctx, actor, password); err != nil {
		return out, err
	}
	org, err := r.sign.Organization(ctx)
	if err != nil {
		return out, err
	}
	study, err := r.archive.Study(ctx, studyUID)
	if err != nil {
		return out, err
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
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
		if strings.TrimSpace(records.Join(rep.Impression)) == "" || strings.TrimSpace(records.Join(rep.Findings)) == "" {
			return &records.RefusedError{Code: "empty_report", Reason: "the report has no findings text or no impression; write both before signing"}
		}
		findings, err := tx.FindingsOf(studyUID)
		if err != nil {
			return err
		}
		if err := checkSentences(rep, findings); err != nil {
			return err
		}
		if err := checkPriors(tx, findings); err != nil {
			return err
		}
		doc := records.Document{DocumentID: rep.DocumentID, Version: rep.Version, ID: fmt.Sprintf("%s-%d", rep.DocumentID, rep.Version),
			Amends: rep.Amends, Organization: org, Examination: *ex, FindingText: rep.Findings, Impression: rep.Impression,
			Author: records.Person{ID: actor.StaffNumber, Name: actor.Name}, Reviewer: records.Person{ID: actor.StaffNumber, Name: actor.Name},
			SignedAt: r.now(), Sample: ex.Sample}
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
			return &records.RefusedError{Code: "open_proposals", Args: []string{fmt.Sprint(open)},
				Reason: fmt.Sprintf("%d proposals of models have no verdict yet; confirm, edit or reject each before signing", open)}
		}
		doc.Abnormal = len(doc.Findings) > 0
		p, err := tx.Patient(ex.PatientID)
		if err != nil {
			return err
		}
		doc.Patient = *p
		if doc.Visit, err = visitOf(tx, ex); err != nil {
			return err
		}
		doc.Series = seriesRefs(study)
		doc.Remarks = remarks(doc.Findings)
		if err := doc.Check(); err != nil {
			return err
		}
		signed, err := freeze(doc, actor)
		if err != nil {
			return err
		}
		if err := tx.InsertSignedDocument(&signed); err != nil {
			return err
		}
		rep.State, rep.UpdatedBy, rep.UpdatedAt = records.ReportSigned, actor.ID, doc.SignedAt
		if err := tx.PutReport(rep); err != nil {
			return err
		}
		intents, err := r.sign.Intents(tx, &doc)
		if err != nil {
			return err
		}
		for i := range intents {
			if err := tx.InsertDelivery(&intents[i]); err != nil {
				return err
			}
		}
		out = signed
		return r.audit(tx, actor, "sign", doc.ID, ex.PatientID, "ok", "sha256 "+signed.SHA256)
	})
	return out, err
}

// Amend opens the next version of a signed report, with a reason. The signed
// one stays as it is.
func (r *Reading) Amend(ctx context.Context, actor records.User, studyUID, reason string) (records.Report, error) {
	var out records.Report
	if err := records.Require(actor, records.RightReport); err != nil {
		return out, err
	}
	if strings.TrimSpace(reason) == "" {
		return out, &records.RefusedError{Code: "amend_reason", Reason: "an amendment needs a reason"}
	}
	err := r.store.Update(ctx, func(tx *sqlite.Tx) error {
		ex, err := linkedExamination(tx, studyUID)
		if err != nil {
			return err
		}
		rep, err := tx.Report(studyUID)
		if err != nil {
			return err
		}
		if rep.State != records.ReportSigned {
			return &records.RefusedError{Code: "not_signed", Reason: "study " + studyUID + " has no signed report to amend; edit the draft"}
		}
		rep.State, rep.Version, rep.Amends = records.ReportDraft, rep.Version+1, reason
		rep.UpdatedBy, rep.UpdatedAt = actor.ID, r.now()
		if err := tx.PutReport(rep); err != nil {
			return err
		}
		out = *rep
		return r.audit(tx, actor, "amend", rep.DocumentID, ex.PatientID, "ok", fmt.Sprintf("version %d", rep.Version))
	})
	return out, err
}

// Signed is the newest signed document of a study.
func (r *Reading) Signed(ctx context.Context, actor records.User, studyUID string) (records.SignedDocument, error) {
	if err := records.Require(actor, records.RightViewPatient); err != nil {
		return records.SignedDocument{}, err
	}
	var out records.SignedDocument
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		docs, err := tx.SignedDocuments(studyUID)
		if err != nil {
			return err
		}
		if docs = records.Standing(docs); len(docs) == 0 {
			return &records.RefusedError{Code: "not_signed", Reason: "study " + studyUID + " has no signed report; only signed reports leave the machine"}
		}
		out = docs[0]
		for _, d := range docs {
			if d.Document.Version > out.Document.Version {
				out = d
			}
		}
		return nil
	})
	return out, err
}
