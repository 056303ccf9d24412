package admin

import (
	"context"
	"errors"
	"strings"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// AuditFilter says which events of the trail are meant. What is empty does not
// narrow.
type AuditFilter struct {
	User        string // ID, or part of the name
	Patient     string // internal ID; or the exact ID number or record number, which is looked up and not kept
	Action      string
	Outcome     string
	From, Until time.Time // From included, Until not
	Limit       int       // 0: all
	Offset      int       // of those that match
}

// asked names the fields that narrow, never their values.
func (f AuditFilter) asked() string {
	var fields []string
	for _, x := range []struct {
		name string
		set  bool
	}{{"user", f.User != ""}, {"patient", strings.TrimSpace(f.Patient) != ""}, {"action", f.Action != ""}, {"outcome", f.Outcome != ""}, {"time", !f.From.IsZero() || !f.Until.IsZero()}} {
		if x.set {
			fields = append(fields, x.name)
		}
	}
	if len(fields) == 0 {
		return ""
	}
	return "by " + strings.Join(fields, ", ")
}

// AuditEvents lists the audit trail, newest first; the looking is audited.
func (a *Admin) AuditEvents(ctx context.Context, actor records.User, f AuditFilter) ([]records.AuditEvent, error) {
	if err := trail.Require(ctx, a.store, actor, records.RightAudit, "view_audit", ""); err != nil {
		return nil, err
	}
	var out []records.AuditEvent
	err := a.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = auditEvents(ctx, tx, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, a.store.Update(ctx, func(tx *sqlite.Tx) error { return a.audit(tx, actor, "view_audit", "", trail.OK, f.asked()) })
}

func auditEvents(ctx context.Context, tx *sqlite.Tx, f AuditFilter) ([]records.AuditEvent, error) {
	about, err := aboutPatient(tx, f.Patient)
	if err != nil {
		return nil, err
	}
	user := strings.ToLower(strings.TrimSpace(f.User))
	var out []records.AuditEvent
	skipped := 0
	err = tx.EachAuditEvent(func(e *records.AuditEvent) (bool, error) {
		if about != nil {
			if is, err := about(e); err != nil || !is {
				return true, errors.Join(err, ctx.Err())
			}
		}
		switch {
		case user != "" && e.UserID != f.User && !strings.Contains(strings.ToLower(e.UserName), user),
			f.Action != "" && e.Action != f.Action, f.Outcome != "" && e.Outcome != f.Outcome,
			!f.Until.IsZero() && !e.At.Before(f.Until), !f.From.IsZero() && e.At.Before(f.From):
			return true, ctx.Err()
		case skipped < f.Offset:
			skipped++
			return true, nil
		}
		out = append(out, *e)
		return f.Limit <= 0 || len(out) < f.Limit, nil
	})
	return out, err
}

// aboutPatient tells which events are about a person, nil for everybody's: by an
// internal ID, or by a whole ID number, record number or patient number. What was
// done with an entry that was merged into another is about that person too, and
// so is what was done with a study before it was known whose it is.
func aboutPatient(tx *sqlite.Tx, text string) (func(*records.AuditEvent) (bool, error), error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	found, err := tx.PatientsExactly(text)
	if err != nil {
		return nil, err
	}
	patients := map[string]bool{}
	for _, id := range found {
		kept, err := tx.Person(id)
		if err != nil {
			return nil, err
		}
		entries, err := tx.Entries(kept)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			patients[e] = true
		}
	}
	behind := map[string]string{}
	return func(e *records.AuditEvent) (bool, error) {
		if e.PatientID != "" || e.Object == "" || len(patients) == 0 {
			return patients[e.PatientID], nil
		}
		patient, known := behind[e.Object]
		if !known {
			var err error
			if patient, err = tx.PatientBehind(e.Object); err != nil {
				return false, err
			}
			behind[e.Object] = patient
		}
		return patients[patient], nil
	}, nil
}

// VerifyAudit checks the whole audit chain, also against what others know of
// it; the checking is audited, with what came out.
func (a *Admin) VerifyAudit(ctx context.Context, actor records.User, known ...sqlite.Witness) (sqlite.AuditReport, error) {
	if err := trail.Require(ctx, a.store, actor, records.RightAudit, "verify_audit", ""); err != nil {
		return sqlite.AuditReport{}, err
	}
	report, err := a.store.VerifyAudit(ctx, known...)
	if err != nil {
		return report, err
	}
	outcome, detail := trail.OK, ""
	if report.FirstBroken != nil {
		outcome, detail = trail.Failed, report.FirstBroken.Code
	}
	err = a.store.Update(ctx, func(tx *sqlite.Tx) error { return a.audit(tx, actor, "verify_audit", "", outcome, detail) })
	if errors.Is(err, sqlite.ErrAuditHead) {
		err = nil // a trail without its head takes nothing more; the report says so
	}
	return report, err
}
