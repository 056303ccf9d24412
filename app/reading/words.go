package reading

import (
	"context"
	"slices"
	"strings"

	"longying/app/trail"
	"longying/imaging"
	"longying/records"
	"longying/records/sqlite"
)

// Contradictions are the sentences of the working report whose side or sex words
// contradict finding, image, order, patient or each other, with the answers that
// were given.
func (r *Reading) Contradictions(ctx context.Context, actor records.User, studyUID string) ([]records.Contradiction, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightReport, "view_report", studyUID); err != nil {
		return nil, err
	}
	study, err := r.archive.Study(ctx, studyUID)
	if err != nil {
		return nil, err
	}
	var out []records.Contradiction
	err = r.store.View(ctx, func(tx *sqlite.Tx) error {
		rep, found, err := r.contradicting(tx, actor, studyUID, study)
		if err != nil {
			return err
		}
		out = records.Unanswered(found, rep.Answers)
		out = append(out, answered(found, rep.Answers)...)
		return nil
	})
	return out, err
}

// Answer is the doctor's word why a contradicting sentence stands. It counts as
// long as the sentence stays as it is.
func (r *Reading) Answer(ctx context.Context, actor records.User, studyUID string, c records.Contradiction, answer string) (_ records.Report, err error) {
	defer trail.Outcome(ctx, r.store, actor, "answer_contradiction", studyUID, &err)
	var out records.Report
	if err := trail.Require(ctx, r.store, actor, records.RightReport, "answer_contradiction", studyUID); err != nil {
		return out, err
	}
	if answer = strings.TrimSpace(answer); answer == "" {
		return out, &records.RefusedError{Code: "answer_empty", Reason: "say why the sentence stands"}
	}
	study, err := r.archive.Study(ctx, studyUID)
	if err != nil {
		return out, err
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		rep, found, err := r.contradicting(tx, actor, studyUID, study)
		if err != nil {
			return err
		}
		if err := requireDraft(rep); err != nil {
			return err
		}
		if !slices.ContainsFunc(found, c.Same) {
			return &records.RefusedError{Code: "answer_stale", Args: []string{c.Text}, Reason: "the report has no such contradiction any more; look again (longying report check)"}
		}
		c.Answer, c.By, c.ByName, c.At = answer, actor.ID, actor.Name, r.now()
		rep.Answers = append(answered(found, slices.DeleteFunc(rep.Answers, c.Same)), c)
		rep.UpdatedBy, rep.UpdatedAt = actor.ID, r.now()
		if err := tx.PutReport(rep); err != nil {
			return err
		}
		out = *rep
		ex, err := tx.Examination(studyUID)
		if err != nil {
			return err
		}
		return r.audit(tx, actor, "answer_contradiction", studyUID, ex.PatientID, "ok", c.Code)
	})
	return out, err
}

func (r *Reading) contradicting(tx *sqlite.Tx, actor records.User, studyUID string, study *imaging.Study) (*records.Report, []records.Contradiction, error) {
	ex, err := linkedExamination(tx, studyUID)
	if err != nil {
		return nil, nil, err
	}
	if err := requireFirstReads(tx, actor, studyUID); err != nil {
		return nil, nil, err
	}
	rep, err := tx.Report(studyUID)
	if err != nil {
		return nil, nil, err
	}
	p, err := tx.Patient(ex.PatientID)
	if err != nil {
		return nil, nil, err
	}
	findings, err := tx.FindingsOf(studyUID)
	if err != nil {
		return nil, nil, err
	}
	drawn, err := tx.AnnotationsOf(studyUID)
	if err != nil {
		return nil, nil, err
	}
	return rep, contradictions(rep, findings, records.StatedAnnotations(drawn), p, ex, study), nil
}

// contradictions holds the working report against what is known of findings,
// measurements that go into it, images (0020,0060) and (0020,0062), the description of the study and the
// patient.
func contradictions(rep *records.Report, findings []records.Finding, drawn []records.Annotation, p *records.Patient, ex *records.Examination, study *imaging.Study) []records.Contradiction {
	known := records.Known{Findings: findings, Annotations: drawn, Sides: records.SidesIn(ex.Description), Sex: p.Sex, Structured: rep.Structured}
	for _, s := range study.Series {
		for _, in := range s.Instances {
			if in.Laterality != "" {
				known.Sides = append(known.Sides, in.Laterality)
			}
		}
	}
	return records.Contradictions(rep.Findings, rep.Impression, known)
}

// answered are those of the contradictions that have an answer, with it.
func answered(found, answers []records.Contradiction) []records.Contradiction {
	var out []records.Contradiction
	for _, c := range found {
		if len(records.Unanswered([]records.Contradiction{c}, answers)) == 0 {
			out = append(out, answers[slices.IndexFunc(answers, c.Same)])
		}
	}
	return out
}
