package settings

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/admin"
	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
	"longying/records/sqlite"
)

// audit is the page of the audit trail.
type audit struct {
	events      []records.AuditEvent
	filter      admin.AuditFilter
	from, until string // days, as typed
	limit       int    // how many are shown
	verified    *sqlite.AuditReport
	running     bool
}

const auditPage = 100

// auditActs are the kinds of acts to choose from, as the trail names them.
func auditActs() []string {
	return []string{"login", "logout", "lock_screen", "unlock_screen", "reauthenticate",
		"view_study", "view_record", "view_report", "view_consult", "search", "list_studies",
		"import_study", "import_people", "undo_import", "decide_row", "link", "unlink", "merge_patients", "unmerge_patients", "character_set",
		"analyze", "first_read", "confirm", "edit", "reject", "undo", "mark", "take_over", "follow", "unfollow", "annotate", "edit_annotation", "leave_annotation", "delete_annotation", "undo_annotation",
		"draft_report", "save_report", "fill_report", "save_phrase", "remove_phrase", "answer_contradiction", "submit_report", "return_report", "sign", "amend", "retract",
		"critical_flagged", "critical_told", "critical_withdrawn",
		"print", "export", "deidentify", "deliver", "queue", "retry_delivery", "pacs_query", "pacs_retrieve", "pacs_store",
		"consult_create", "consult_add", "consult_opinion", "consult_decide", "consult_follow", "consult_pack", "consult_reply", "consult_merge", "consult_correlate",
		"consult_accept", "consult_excuse", "consult_schedule", "consult_begin", "consult_outcome", "consult_close", "consult_withdraw",
		"configure", "check_display", "install_model", "remove_model", "measure_model", "accept_model", "withdraw_model",
		"add_user", "set_role", "lock_user", "reset_password", "change_password", "set_second_factor", "remove_second_factor", "reset_second_factor", "signing_key",
		"backup", "restore", "view_audit", "verify_audit", "export_audit"}
}

// who is the name of who did it.
func (r *room) who(e records.AuditEvent) string {
	if e.UserID == delivery.Automatically {
		return r.ws.Lang.T("settings.audit_automatic")
	}
	return e.UserName
}

// act is a kind of act in words.
func (r *room) act(action string) string {
	return r.ws.Lang.Or(lang.Key("audit."+action), action)
}

// narrowed is the filter with its days, or why they cannot be read.
func (r *room) narrowed() (admin.AuditFilter, bool) {
	f := r.audit.filter
	for _, day := range []struct {
		text string
		into *time.Time
		add  int
	}{{r.audit.from, &f.From, 0}, {r.audit.until, &f.Until, 1}} {
		text := strings.TrimSpace(day.text)
		if text == "" {
			continue
		}
		at, err := time.ParseInLocation(time.DateOnly, text, imaging.Zone())
		if err != nil {
			r.problem.Say("settings.audit_day", text)
			return f, false
		}
		*day.into = at.AddDate(0, 0, day.add)
	}
	return f, true
}

func (r *room) loadAudit() {
	f, ok := r.narrowed()
	if !ok {
		return
	}
	r.audit.limit = max(r.audit.limit, auditPage)
	f.Limit = r.audit.limit + 1 // whether there are more
	actor := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		events, err := r.ws.Admin.AuditEvents(ctx, actor, f)
		return func() {
			r.problem.Explain(err)
			if err == nil {
				r.audit.events = events
				r.render()
			}
		}
	})
}

// searchAudit looks from the newest again.
func (r *room) searchAudit() {
	r.audit.limit = auditPage
	r.loadAudit()
}

func (r *room) auditPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(wrapped(l.T("settings.audit_note"), widget.LowImportance), r.auditFilter())
	search := widget.NewButtonWithIcon(l.T("settings.button_audit_search"), theme.SearchIcon(), r.searchAudit)
	search.Importance = widget.HighImportance
	verify := widget.NewButtonWithIcon(l.T("settings.button_verify"), theme.ConfirmIcon(), r.verify)
	export := widget.NewButtonWithIcon(l.T("settings.button_audit_export"), theme.DocumentSaveIcon(), r.pickExport)
	box.Add(container.NewHBox(search, verify, export))
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
	shown := r.audit.events
	more := r.audit.limit > 0 && len(shown) > r.audit.limit
	if more {
		shown = shown[:r.audit.limit]
	}
	if len(shown) == 0 {
		box.Add(wrapped(l.T("settings.audit_none"), widget.MediumImportance))
		return box
	}
	box.Add(r.auditTable(shown))
	if more {
		box.Add(container.NewHBox(widget.NewButton(l.T("settings.button_audit_more"), func() {
			r.audit.limit += auditPage
			r.loadAudit()
		})))
	}
	return box
}

// auditFilter is the form of what narrows.
func (r *room) auditFilter() fyne.CanvasObject {
	l, f := r.ws.Lang, &r.audit.filter
	field := func(caption lang.Key, value *string, hint lang.Key) fyne.CanvasObject {
		e := workspace.NewEntry(r.ws)
		e.SetText(*value)
		e.SetPlaceHolder(l.T(hint))
		e.OnChanged = func(s string) { *value = s }
		e.OnSubmitted = func(string) { r.searchAudit() }
		return r.field(caption, e)
	}
	choice := func(caption lang.Key, values []string, word func(string) string, into *string) fyne.CanvasObject {
		names := []string{l.T("settings.audit_all")}
		at := 0
		for i, v := range values {
			names = append(names, word(v))
			if v == *into {
				at = i + 1
			}
		}
		c := workspace.NewSelect(r.ws, names, nil)
		c.SetSelectedIndex(at)
		c.OnChanged = func(string) {
			*into = ""
			if i := c.SelectedIndex(); i > 0 {
				*into = values[i-1]
			}
			r.searchAudit()
		}
		return r.field(caption, c)
	}
	return container.NewGridWithColumns(2,
		field("settings.audit_user", &f.User, "settings.audit_user_hint"), field("settings.audit_patient", &f.Patient, "settings.audit_patient_hint"),
		choice("settings.audit_kind", auditActs(), r.act, &f.Action),
		choice("settings.audit_outcome", []string{"ok", "refused", "failed"}, r.outcome, &f.Outcome),
		field("settings.audit_from", &r.audit.from, "settings.audit_day_hint"), field("settings.audit_until", &r.audit.until, "settings.audit_day_hint"))
}

func (r *room) outcome(of string) string {
	return r.ws.Lang.Or(lang.Key("audit.outcome_"+of), of)
}

// auditTable lists events, the newest first.
func (r *room) auditTable(events []records.AuditEvent) fyne.CanvasObject {
	l := r.ws.Lang
	heads := []string{l.T("settings.audit_time"), l.T("settings.audit_user"), l.T("settings.audit_kind"), l.T("settings.audit_outcome"), l.T("settings.audit_about")}
	table := workspace.NewTable(r.ws, func() (int, int) { return len(events), len(heads) },
		func() fyne.CanvasObject {
			c := widget.NewLabel("")
			c.Truncation = fyne.TextTruncateEllipsis
			return c
		},
		func(id widget.TableCellID, o fyne.CanvasObject) {
			c := o.(*widget.Label)
			e := events[id.Row]
			c.Importance = widget.MediumImportance
			if e.Outcome != "ok" {
				c.Importance = widget.WarningImportance
			}
			c.SetText([]string{e.At.In(imaging.Zone()).Format("2006-01-02 15:04:05"), r.who(e), r.act(e.Action), r.outcome(e.Outcome), r.about(e)}[id.Col])
		})
	table.Heads(len(heads), func(k int) string { return heads[k] })
	return container.New(&trail{table: table, page: r.scroll}, table)
}

// about is what an event is about, with how a delivery ended in words.
func (r *room) about(e records.AuditEvent) string {
	detail := e.Detail
	if e.Action == "deliver" {
		detail = r.ws.Lang.Or(lang.Key("attempt."+detail), detail)
	}
	return strings.TrimSpace(detail + "  " + e.Object)
}

// trail gives the table of events the height that the window has left beside the
// rest of the page, and its last column the width.
type trail struct {
	table  *workspace.Table
	page   *container.Scroll
	asking bool
}

// MinSize is fyne.Layout's.
func (t *trail) MinSize([]fyne.CanvasObject) fyne.Size {
	const least = 380
	if t.asking { // how high the page is without it
		return fyne.NewSize(0, 0)
	}
	t.asking = true
	rest := t.page.Content.MinSize().Height
	t.asking = false
	return fyne.NewSize(0, max(least, t.page.Size().Height-rest))
}

// Layout is fyne.Layout's.
func (t *trail) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	last := size.Width
	for i, width := range []float32{165, 140, 170, 80} {
		width *= theme.TextSize() / 14
		t.table.SetColumnWidth(i, width)
		last -= width + theme.Padding()
	}
	t.table.SetColumnWidth(4, max(330, last))
	objects[0].Resize(size)
	objects[0].Move(fyne.NewPos(0, 0))
}

// pickExport asks for the folder that the export is written into.
func (r *room) pickExport() {
	if _, ok := r.narrowed(); !ok {
		return
	}
	window := r.free()
	if window == nil {
		return
	}
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		r.problem.Explain(err)
		if u != nil {
			r.exportAudit(u.Path())
		}
	}, window)
	d.SetTitleText(r.ws.Lang.T("settings.audit_folder"))
	d.SetConfirmText(r.ws.Lang.T("settings.button_audit_export"))
	d.SetDismissText(r.ws.Lang.T("settings.button_cancel"))
	d.Show()
	d.Resize(fyne.NewSize(900, 560))
}

// exportAudit writes what the filter lets through as DICOM audit messages, as a
// job that can be cancelled.
func (r *room) exportAudit(folder string) {
	f, ok := r.narrowed()
	if !ok {
		return
	}
	actor := r.ws.User()
	path := filepath.Join(folder, "longying-audit-"+time.Now().Format("20060102-150405")+".zip")
	r.done.SetText("")
	r.ws.StartJob(func() string { return r.ws.Lang.T("settings.audit_exporting") }, func(ctx context.Context, _ func(done, total int)) func() {
		n, err := r.ws.Admin.ExportAudit(ctx, actor, f, path)
		return func() {
			r.problem.Explain(err)
			if err == nil {
				r.done.Say("settings.audit_exported", n, path)
			}
			r.render()
		}
	})
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
				r.problem.Explain(err)
			} else {
				r.audit.verified = &report
			}
			r.render()
		}
	})
	r.render()
}

// auditKeys are the keys of the page.
func (r *room) auditKeys() []workspace.Action {
	if r.at != "settings.audit" || !r.may(records.RightAudit) {
		return nil
	}
	return []workspace.Action{
		{Label: "settings.button_audit_search", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyF)}, Do: r.searchAudit},
		{Label: "settings.button_verify", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyT)}, Do: r.verify},
		{Label: "settings.button_audit_export", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyS)}, Do: r.pickExport},
	}
}
