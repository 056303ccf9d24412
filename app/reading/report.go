package reading

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"longying/app/trail"
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
		if err := r.refresh(rep, findings); err != nil {
			return err
		}
		seen, impression := report.Draft(findings, "zh")
		rep.Findings = redraft(rep.Findings, seen)
		rep.Impression = redraft(rep.Impression, impression)
		return nil
	})
}

// write changes the working report of a linked study that is not signed, with
// its audit event, in one transaction.
func (r *Reading) write(ctx context.Context, actor records.User, studyUID, action string, change func(*records.Report, []records.Finding) error) (_ records.Report, err error) {
	defer trail.Outcome(ctx, r.store, actor, action, studyUID, &err)
	var out records.Report
	if err := trail.Require(ctx, r.store, actor, records.RightReport, action, studyUID); err != nil {
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
		rep, err := workingReport(tx, studyUID)
		if err != nil {
			return err
		}
		if err := requireDraft(rep); err != nil {
			return err
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
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_report", studyUID); err != nil {
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

// requireDraft refuses to change what is signed, by one doctor or by both.
func requireDraft(rep *records.Report) error {
	switch rep.State {
	case records.ReportSigned:
		return errSigned(rep.StudyUID)
	case records.ReportSubmitted:
		return &records.RefusedError{Code: "submitted", Args: []string{rep.Submitted.Author.Name},
			Reason: fmt.Sprintf("the report of study %s is signed by %s and waits for review; return it with a reason (longying report return) to change it", rep.StudyUID, rep.Submitted.Author.Name)}
	}
	return nil
}

func errSigned(studyUID string) error {
	return &records.RefusedError{Code: "signed_already", Args: []string{studyUID},
		Reason: "study " + studyUID + " has a signed report; amend it with a reason (longying report amend) to make a new version"}
}

// redraft puts the generated sentences in place of those that came from
// findings before, and keeps the doctor's own sentences after them. A sentence
// of the same finding and version keeps the doctor's wording. A finding of which a
// sentence of the template speaks here gets no second one.
func redraft(old, generated []records.Sentence) []records.Sentence {
	var out []records.Sentence
	for _, g := range generated {
		if slices.ContainsFunc(old, func(o records.Sentence) bool { return o.Field != "" && o.FindingUID == g.FindingUID }) {
			continue
		}
		for _, o := range old {
			if o.FindingUID == g.FindingUID && o.FindingVersion == g.FindingVersion {
				g.Text = o.Text
				break
			}
		}
		out = append(out, g)
	}
	for _, o := range old {
		if o.FindingUID == "" || o.Field != "" {
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

// Amend opens the next version of a signed report, with a reason. The signed
// one stays as it is.
func (r *Reading) Amend(ctx context.Context, actor records.User, studyUID, reason string) (_ records.Report, err error) {
	defer trail.Outcome(ctx, r.store, actor, "amend", studyUID, &err)
	var out records.Report
	if err := trail.Require(ctx, r.store, actor, records.RightReport, "amend", studyUID); err != nil {
		return out, err
	}
	if strings.TrimSpace(reason) == "" {
		return out, &records.RefusedError{Code: "amend_reason", Reason: "an amendment needs a reason"}
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
		if rep.State != records.ReportSigned {
			return &records.RefusedError{Code: "not_signed", Reason: "study " + studyUID + " has no signed report to amend; edit the draft"}
		}
		rep.State, rep.Version, rep.Amends = records.ReportDraft, rep.Version+1, reason
		rep.Submitted, rep.Returned = nil, nil
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
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_report", studyUID); err != nil {
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
