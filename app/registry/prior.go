package registry

import (
	"context"
	"fmt"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Priors lists the other studies of the person that a study is linked to, none
// of them later, the newest first. A study that is linked to nobody has none.
func (r *Registry) Priors(ctx context.Context, actor records.User, studyUID string) ([]records.Examination, error) {
	return r.ofPerson(ctx, actor, studyUID, func(ex, this *records.Examination) bool { return !later(ex, this) })
}

// Later lists the studies of the person that a study is linked to which were made
// after it, the newest first: none of them is an earlier one to compare with.
func (r *Registry) Later(ctx context.Context, actor records.User, studyUID string) ([]records.Examination, error) {
	return r.ofPerson(ctx, actor, studyUID, later)
}

// ofPerson lists those of the other studies of a study's person that are wanted,
// the newest first.
func (r *Registry) ofPerson(ctx context.Context, actor records.User, studyUID string, wanted func(ex, this *records.Examination) bool) ([]records.Examination, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "list_studies", studyUID); err != nil {
		return nil, err
	}
	var out []records.Examination
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		out = nil
		this, err := tx.Examination(studyUID)
		if err != nil || !this.Link.Linked() {
			return err
		}
		person, err := tx.Person(this.PatientID)
		if err != nil {
			return err
		}
		all, err := tx.Examinations(records.ExaminationFilter{PatientID: person})
		if err != nil {
			return err
		}
		for _, ex := range all {
			if ex.StudyUID != studyUID && ex.Link.Linked() && wanted(&ex, this) {
				out = append(out, ex)
			}
		}
		return nil
	})
	return out, err
}

// later reports that a study was made after another, where both say when.
func later(ex, than *records.Examination) bool {
	return !ex.Date.IsZero() && !than.Date.IsZero() && ex.Date.After(than.Date)
}

// OpenPrior is the row of an earlier study for somebody who looks at it beside a
// study; the opening is audited. It is refused unless the record links both to
// one person: two people side by side are never a comparison.
func (r *Registry) OpenPrior(ctx context.Context, actor records.User, studyUID, priorUID string) (_ records.Examination, err error) {
	defer trail.Outcome(ctx, r.store, actor, "view_study", priorUID, &err)
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", priorUID); err != nil {
		return records.Examination{}, err
	}
	var out records.Examination
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		prior, err := samePerson(tx, studyUID, priorUID)
		if err != nil {
			return err
		}
		out = *prior
		return r.audit(tx, actor, "view_study", priorUID, prior.PatientID, "ok", "beside "+studyUID)
	})
	return out, err
}

// StillPrior refuses a study that OpenPrior would refuse now, e.g. because its
// link was taken back while it was looked at.
func (r *Registry) StillPrior(ctx context.Context, actor records.User, studyUID, priorUID string) error {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", priorUID); err != nil {
		return err
	}
	return r.store.View(ctx, func(tx *sqlite.Tx) error {
		_, err := samePerson(tx, studyUID, priorUID)
		return err
	})
}

// samePerson is the earlier study, refused unless it is one of the other's
// person.
func samePerson(tx *sqlite.Tx, studyUID, priorUID string) (*records.Examination, error) {
	this, err := tx.Examination(studyUID)
	if err != nil {
		return nil, err
	}
	prior, err := tx.Examination(priorUID)
	if err != nil {
		return nil, err
	}
	if !this.Link.Linked() || !prior.Link.Linked() {
		return nil, &records.RefusedError{Code: "prior_unlinked", Reason: "a study that is linked to nobody is compared with nothing; link both studies to the patient first"}
	}
	a, err := tx.Person(this.PatientID)
	if err != nil {
		return nil, err
	}
	b, err := tx.Person(prior.PatientID)
	if err != nil {
		return nil, err
	}
	switch {
	case a != b:
		return nil, &records.RefusedError{Code: "prior_patient", Reason: fmt.Sprintf("study %s is of another patient and is not shown beside this one", priorUID)}
	case studyUID == priorUID || later(prior, this):
		return nil, &records.RefusedError{Code: "prior_later", Reason: fmt.Sprintf("study %s is not earlier than the study that is open", priorUID)}
	}
	return prior, nil
}
