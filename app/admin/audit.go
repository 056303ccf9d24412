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
	return out, a.store.Update(ctx, func(tx *sqlite.Tx) error { return a.audit(tx, actor, "view_audit", "", trail.OK, "") })
}

func auditEvents(ctx context.Context, tx *sqlite.Tx, f AuditFilter) ([]records.AuditEvent, error) {
	patients := map[string]bool{}
	if p := strings.TrimSpace(f.Patient); p != "" {
		found, err := tx.PatientsExactly(p)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			entries, err := tx.Entries(id)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				patients[e] = true
			}
		}
	}
	user := strings.ToLower(strings.TrimSpace(f.User))
	var out []records.AuditEvent
	skipped := 0
	err := tx.EachAuditEvent(func(e *records.AuditEvent) (bool, error) {
		switch {
		case user != "" && e.UserID != f.User && !strings.Contains(strings.ToLower(e.UserName), user),
			f.Patient != "" && (e.PatientID == "" || !patients[e.PatientID]),
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
