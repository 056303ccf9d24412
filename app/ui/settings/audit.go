package settings

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/admin"
	"longying/imaging"
	"longying/records"
	"longying/records/sqlite"
)

// audit is the page of the audit trail.
type audit struct {
	events   []records.AuditEvent
	verified *sqlite.AuditReport
	running  bool
}

const auditPage = 100

func (r *room) loadAudit() {
	actor := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		events, err := r.ws.Admin.AuditEvents(ctx, actor, admin.AuditFilter{Limit: auditPage})
		return func() {
			if err != nil {
				r.problem.SetText(r.ws.Explain(err))
				return
			}
			r.audit.events = events
			r.render()
		}
	})
}

func (r *room) auditPage() fyne.CanvasObject {
	l := r.ws.Lang
	verify := widget.NewButtonWithIcon(l.T("settings.button_verify"), theme.ConfirmIcon(), r.verify)
	verify.Importance = widget.HighImportance
	box := container.NewVBox(wrapped(l.T("settings.audit_note"), widget.LowImportance), container.NewHBox(verify))
	switch v := r.audit.verified; {
	case r.audit.running:
		verify.Disable()
		box.Add(wrapped(l.T("settings.verifying"), widget.MediumImportance))
	case v == nil:
	case v.FirstBroken != nil:
		box.Add(wrapped(l.T("settings.audit_broken", v.FirstBroken.Seq, v.FirstBroken.Code), widget.DangerImportance))
	default:
		box.Add(wrapped(l.T("settings.audit_whole", v.Count, v.Witnesses, v.Head), widget.SuccessImportance))
	}
	box.Add(widget.NewSeparator())
	var b strings.Builder
	for _, e := range r.audit.events {
		b.WriteString(l.T("settings.audit_line", e.Seq, e.At.In(imaging.Zone()).Format("2006-01-02 15:04:05"), e.UserName, e.Action, e.Outcome, e.Object))
		b.WriteByte('\n')
	}
	box.Add(wrapped(strings.TrimSpace(b.String()), widget.MediumImportance))
	return box
}

// verify checks the whole chain, as a job that can be cancelled.
func (r *room) verify() {
	if r.audit.running {
		return
	}
	r.audit.running = true
	actor := r.ws.User()
	r.ws.StartJob(func() string { return r.ws.Lang.T("settings.verifying") }, func(ctx context.Context, _ func(done, total int)) func() {
		report, err := r.ws.Admin.VerifyAudit(ctx, actor)
		return func() {
			r.audit.running = false
			if err != nil {
				r.problem.SetText(r.ws.Explain(err))
			} else {
				r.audit.verified = &report
			}
			r.render()
		}
	})
	r.render()
}
