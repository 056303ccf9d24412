package reading

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// FlagCritical flags a critical value (危急值) of a study, of one of its findings
// where a UID is given. It stays in sight until somebody has read it back.
func (r *Reading) FlagCritical(ctx context.Context, actor records.User, studyUID, findingUID, what string) (records.CriticalEvent, error) {
	return r.critical(ctx, actor, records.CriticalEvent{Act: records.CriticalFlagged, StudyUID: studyUID, FindingUID: findingUID, What: strings.TrimSpace(what)})
}

// TellCritical keeps who was told of a critical value, how, and whether they
// read it back.
func (r *Reading) TellCritical(ctx context.Context, actor records.User, valueID, to, means string, readBack bool) (records.CriticalEvent, error) {
	return r.critical(ctx, actor, records.CriticalEvent{Act: records.CriticalTold, ValueID: valueID, To: strings.TrimSpace(to), Means: strings.TrimSpace(means), ReadBack: readBack})
}

// WithdrawCritical says that a value was no critical one, and why.
func (r *Reading) WithdrawCritical(ctx context.Context, actor records.User, valueID, reason string) (records.CriticalEvent, error) {
	return r.critical(ctx, actor, records.CriticalEvent{Act: records.CriticalWithdrawn, ValueID: valueID, Reason: strings.TrimSpace(reason)})
}

func (r *Reading) critical(ctx context.Context, actor records.User, e records.CriticalEvent) (_ records.CriticalEvent, err error) {
	defer func() { trail.Outcome(ctx, r.store, actor, "critical_"+e.Act, e.StudyUID, &err) }()
	if err := trail.Require(ctx, r.store, actor, records.RightReport, "critical_"+e.Act, e.StudyUID); err != nil {
		return e, err
	}
	if err := e.Check(); err != nil {
		return e, err
	}
	e.By, e.ByName, e.At = actor.ID, actor.Name, r.now()
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		if e.Act != records.CriticalFlagged {
			value, err := criticalValue(tx, e.ValueID)
			if err != nil {
				return err
			}
			if !value.Open() {
				return &records.RefusedError{Code: "critical_closed", Reason: "this critical value is closed already: it was read back, or withdrawn"}
			}
			e.StudyUID, e.FindingUID = value.Flagged.StudyUID, value.Flagged.FindingUID
		}
		ex, err := tx.Examination(e.StudyUID)
		if err != nil {
			return fmt.Errorf("study %s: %w", e.StudyUID, err)
		}
		if e.Act == records.CriticalFlagged && e.FindingUID != "" {
			f, err := tx.Finding(e.FindingUID)
			if err != nil {
				return fmt.Errorf("finding %s: %w", e.FindingUID, err)
			}
			if f.StudyUID != e.StudyUID {
				return &records.RefusedError{Code: "other_study", Args: []string{e.FindingUID}, Reason: "finding " + e.FindingUID + " is of another study"}
			}
			if err := requireShown(tx, actor, f); err != nil {
				return err
			}
		}
		if err := tx.InsertCriticalEvent(&e); err != nil {
			return err
		}
		return r.audit(tx, actor, "critical_"+e.Act, e.StudyUID, ex.PatientID, "ok", e.ValueID)
	})
	return e, err
}

func criticalValue(tx *sqlite.Tx, id string) (records.CriticalValue, error) {
	events, err := tx.CriticalEventsOf(id)
	if err != nil {
		return records.CriticalValue{}, err
	}
	values := records.CriticalValues(events)
	if len(values) == 0 {
		return records.CriticalValue{}, fmt.Errorf("critical value %s: %w", id, records.ErrNotFound)
	}
	return values[0], nil
}

// Critical lists the critical values of a study, the oldest first.
func (r *Reading) Critical(ctx context.Context, actor records.User, studyUID string) ([]records.CriticalValue, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", studyUID); err != nil {
		return nil, err
	}
	var out []records.CriticalValue
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		events, err := tx.CriticalEvents(studyUID)
		out = records.CriticalValues(events)
		return err
	})
	return out, err
}

// OpenCritical lists the critical values of all studies of which nobody has read
// back what they were told, the oldest first.
func (r *Reading) OpenCritical(ctx context.Context, actor records.User) ([]records.CriticalValue, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "list_studies", ""); err != nil {
		return nil, err
	}
	var out []records.CriticalValue
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		events, err := tx.OpenCriticalEvents()
		out = records.CriticalValues(events)
		return err
	})
	return out, err
}

// Waiting lists the reports that wait for a reviewer, the longest first.
func (r *Reading) Waiting(ctx context.Context, actor records.User) ([]records.Report, error) {
	now, err := trail.Present(ctx, r.store, actor)
	if err != nil {
		return nil, err
	}
	if err := records.Require(now, records.RightReview); err != nil {
		var refused *records.RefusedError
		if errors.As(err, &refused) && refused.Code == "right" {
			return nil, nil // nothing waits for them
		}
		return nil, err
	}
	var out []records.Report
	err = r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.ReportsIn(records.ReportSubmitted)
		return err
	})
	return out, err
}

// Standings is how every study stands, by its UID: what a worklist shows beside
// the study.
func (r *Reading) Standings(ctx context.Context, actor records.User) (map[string]records.Progress, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "list_studies", ""); err != nil {
		return nil, err
	}
	var out map[string]records.Progress
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.Standings()
		return err
	})
	return out, err
}
