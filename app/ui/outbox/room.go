// Package outbox is the room that shows what leaves the machine: every delivery
// of a signed report with its state, attempts and receipt, what needs
// attention first.
package outbox

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// room is the room's state; every field belongs to the UI goroutine.
type room struct {
	ws       *workspace.Workspace
	loading  *workspace.Task
	asking   *workspace.Task
	rows     []records.Delivery
	unqueued delivery.Unqueued
	selected string
	attempts []records.Attempt
	problems []records.Problem // of the selected delivery, where it needs attention
	document *records.Document // that it sends; nil: not known yet
	job      *workspace.Job
	names    *names
	standing *delivery.Standing // nil: not for this person, or not known yet

	unread  bool // the problem in sight is that the list could not be loaded
	summary *widget.Label
	byself  *widget.Label // what is sent without anybody asking, and why not
	problem *workspace.Problem
	send    *widget.Button
	retry   *widget.Button
	cancel  *widget.Button
	aside   *widget.Label // what was signed and goes nowhere
	queue   *widget.Button
	table   *workspace.Table
	detail  *fyne.Container
}

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	r := &room{ws: ws, loading: ws.NewTask(), asking: ws.NewTask(), problem: workspace.NewProblem(ws)}
	r.names = newNames(ws, func() { r.table.Refresh() })
	content := r.build()
	workspace.On(ws, func(workspace.OutboxChanged) { r.load() })
	workspace.On(ws, func(e workspace.SendingChanged) {
		if ws.User().Role.May(records.RightExport) && e.Standing.Failed == nil {
			r.standing = &e.Standing
			r.sayByItself()
		}
	})
	workspace.On(ws, func(workspace.UserChanged) {
		r.rows, r.selected, r.attempts, r.problems, r.unqueued = nil, "", nil, nil, delivery.Unqueued{}
		r.standing, r.document = nil, nil
		r.names.forget()
		r.render()
	})
	workspace.On(ws, func(workspace.LanguageChanged) { r.words() })
	r.words()
	return &workspace.Room{ID: "outbox", Place: workspace.Rail, Icon: theme.MailSendIcon(), Needs: records.RightViewPatient,
		Content: content, Shown: r.load,
		Actions: []workspace.Action{
			{Label: "outbox.send", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyU)}, Do: r.sendNow},
			{Label: "outbox.retry", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyR)}, Do: r.retryNow},
			{Label: "outbox.queue", Keys: []workspace.Key{{Name: fyne.KeyU, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: r.queueNow},
			{Label: "outbox.reload", Keys: []workspace.Key{workspace.Press(fyne.KeyF5)}, Do: r.load},
			{Label: "outbox.open", Keys: []workspace.Key{workspace.Press(fyne.KeyReturn)}, Do: r.open},
			{Label: "outbox.next", Keys: []workspace.Key{workspace.Press(fyne.KeyDown)}, Do: func() { r.step(1) }},
			{Label: "outbox.previous", Keys: []workspace.Key{workspace.Press(fyne.KeyUp)}, Do: func() { r.step(-1) }},
		}}
}

func columns() []lang.Key {
	return []lang.Key{"outbox.column_state", "outbox.column_name", "outbox.column_document", "outbox.column_version", "outbox.column_destination",
		"outbox.column_format", "outbox.column_attempts", "outbox.column_receipt", "outbox.column_time"}
}

// shares are the columns' parts of the width.
func shares() []float32 { return []float32{0.11, 0.1, 0.18, 0.05, 0.16, 0.08, 0.06, 0.15, 0.11} }

func (r *room) build() fyne.CanvasObject {
	r.summary = widget.NewLabel("")
	r.summary.Wrapping = fyne.TextWrapWord
	r.byself = widget.NewLabel("")
	r.byself.Wrapping = fyne.TextWrapWord
	r.byself.Hide()
	r.send = widget.NewButtonWithIcon("", theme.MailSendIcon(), r.sendNow)
	r.send.Importance = widget.HighImportance
	r.retry = widget.NewButtonWithIcon("", theme.ViewRefreshIcon(), r.retryNow)
	r.cancel = widget.NewButtonWithIcon("", theme.CancelIcon(), func() {
		if r.job != nil {
			r.job.Cancel()
		}
	})
	r.cancel.Hide()
	r.table = workspace.NewTable(r.ws, func() (int, int) { return len(r.rows), len(columns()) },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		},
		func(id widget.TableCellID, o fyne.CanvasObject) {
			if l, ok := o.(*widget.Label); ok && id.Row >= 0 && id.Row < len(r.rows) {
				r.cell(l, r.rows[id.Row], id.Col)
			}
		})
	r.table.Heads(len(columns()), func(k int) string { return r.ws.Lang.T(columns()[k]) })
	r.table.OnSelected = func(id widget.TableCellID) {
		if id.Row >= 0 && id.Row < len(r.rows) {
			r.choose(r.rows[id.Row].ID)
		}
	}
	r.detail = container.NewVBox()
	split := container.NewVSplit(container.New(wide{r.table}, r.table), container.NewVScroll(r.detail))
	split.Offset = 0.6
	r.aside = widget.NewLabel("")
	r.aside.Wrapping = fyne.TextWrapWord
	r.aside.Importance = widget.WarningImportance
	r.queue = widget.NewButtonWithIcon("", theme.ContentAddIcon(), r.queueNow)
	top := container.NewVBox(container.NewBorder(nil, nil, nil, container.NewVBox(container.NewHBox(r.cancel, r.retry, r.send)), container.New(layout.NewCustomPaddedVBoxLayout(-6), r.summary, r.byself)),
		container.NewBorder(nil, nil, nil, container.NewVBox(r.queue), r.aside), r.problem)
	return container.New(layout.NewCustomPaddedLayout(6, 6, 8, 8), workspace.Steady(container.NewBorder(top, nil, nil, nil, split)))
}

// wide spreads the table's columns over the width there is.
type wide struct{ table *workspace.Table }

func (w wide) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(400, 120) }

func (w wide) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	gap := theme.Padding() * float32(len(shares()))
	for i, s := range shares() {
		w.table.SetColumnWidth(i, max(40, s*(size.Width-gap)))
	}
	objects[0].Resize(size)
	objects[0].Move(fyne.NewPos(0, 0))
}

func (r *room) cell(l *widget.Label, d records.Delivery, column int) {
	text, weight := "", widget.MediumImportance
	switch column {
	case 0:
		text, weight = r.state(d.State)
	case 1:
		text = r.names.of(d)
	case 2:
		text = d.DocumentID
	case 3:
		text = strconv.Itoa(d.Version)
	case 4:
		text = d.Destination
	case 5:
		text = strings.ToUpper(d.Format)
	case 6:
		text = strconv.Itoa(d.Attempts)
	case 7:
		text = "—"
		if d.Receipt != nil {
			text = d.Receipt.Number
		}
	case 8:
		text = moment(d.CreatedAt)
		if d.Receipt != nil {
			text = moment(d.Receipt.At)
		}
	}
	if column != 0 && d.ID == r.selected { // the state keeps the colour of its meaning
		weight = widget.HighImportance
	}
	l.Importance = weight
	l.SetText(text)
}

// about says whose report it is, and of which examination, as it is sent.
func about(l *lang.Strings, d *records.Document) string {
	out := []string{d.Patient.Name, l.Or(lang.Key("sex."+string(d.Patient.Sex)), string(d.Patient.Sex)), d.Examination.Modality}
	if d.Examination.Description != "" {
		out = append(out, d.Examination.Description)
	}
	if !d.Examination.Date.IsZero() {
		out = append(out, d.Examination.Date.In(imaging.Zone()).Format("2006-01-02 15:04"))
	}
	return strings.Join(out, " · ")
}

// state is a delivery's state in words, each with a mark of its own.
func (r *room) state(s records.DeliveryState) (string, widget.Importance) {
	word := r.ws.Lang.Or(lang.Key("delivery.state."+string(s)), string(s))
	switch s {
	case records.DeliveryNeedsCare:
		return "! " + word, widget.WarningImportance
	case records.DeliveryRefused, records.DeliveryDead:
		return "× " + word, widget.DangerImportance
	case records.DeliveryAcknowledged:
		return "✓ " + word, widget.SuccessImportance
	}
	return "… " + word, widget.MediumImportance
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(imaging.Zone()).Format("01-02 15:04")
}

func (r *room) words() {
	l := r.ws.Lang
	r.send.SetText(l.T("outbox.button_send"))
	r.retry.SetText(l.T("outbox.button_retry"))
	r.cancel.SetText(l.T("outbox.button_cancel"))
	r.queue.SetText(l.T("outbox.button_queue"))
	r.render()
}

func (r *room) load() {
	user := r.ws.User()
	if !user.Role.May(records.RightViewPatient) {
		return
	}
	r.loading.Start(func(ctx context.Context) func() {
		ds, err := r.ws.Delivery.Outbox(ctx, user)
		var aside delivery.Unqueued
		if err == nil {
			aside, err = r.ws.Delivery.Unqueued(ctx, user)
		}
		var standing *delivery.Standing
		if err == nil && user.Role.May(records.RightExport) {
			var st delivery.Standing
			st, err = r.ws.Delivery.Standing(ctx, user)
			standing = &st
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				r.unread = true
				return
			}
			if r.unread { // what an act was refused for stays in sight
				r.problem.SetText("")
				r.unread = false
			}
			r.rows, r.unqueued, r.standing = Sorted(ds), aside, standing
			r.render()
			r.mark()
			r.ask()
		}
	})
}

func (r *room) render() {
	l := r.ws.Lang
	c := CountOf(r.rows)
	r.summary.SetText(l.T("outbox.summary", c.Care, c.Refused, c.Waiting, c.Done))
	if len(r.rows) == 0 {
		r.summary.SetText(l.T("outbox.empty"))
	}
	r.sayByItself()
	r.aside.SetText(aside(l, r.unqueued))
	r.aside.Hidden = r.aside.Text == ""
	r.queue.Hidden = len(r.unqueued.Deliveries) == 0
	if d, ok := r.current(); ok && Retriable(d) && d.State != records.DeliveryQueued {
		r.retry.Enable()
	} else {
		r.retry.Disable()
	}
	r.table.Refresh()
	r.details()
}

func (r *room) current() (records.Delivery, bool) {
	for _, d := range r.rows {
		if d.ID == r.selected {
			return d, true
		}
	}
	return records.Delivery{}, false
}

// mark lets the table's mark follow the delivery that was chosen to the row
// where it stands now.
func (r *room) mark() {
	for i, d := range r.rows {
		if d.ID == r.selected {
			r.table.Select(widget.TableCellID{Row: i})
			return
		}
	}
	r.table.UnselectAll()
}

func (r *room) choose(id string) {
	if id == r.selected {
		return
	}
	r.selected, r.attempts, r.problems, r.document = id, nil, nil, nil
	r.problem.SetText("")
	r.render()
	r.ask()
}

// open opens the study of the selected delivery.
func (r *room) open() {
	if d, ok := r.current(); ok && d.StudyUID != "" {
		r.ws.OpenStudy(d.StudyUID, func(err error) { r.problem.Explain(err) })
	}
}

func (r *room) step(n int) {
	if len(r.rows) == 0 {
		return
	}
	at := -1
	for i, d := range r.rows {
		if d.ID == r.selected {
			at = i
		}
	}
	r.table.Select(widget.TableCellID{Row: min(max(0, at+n), len(r.rows)-1)})
}

// ask loads what was tried for the selected delivery.
func (r *room) ask() {
	id, user := r.selected, r.ws.User()
	if id == "" {
		return
	}
	r.asking.Start(func(ctx context.Context) func() {
		as, err := r.ws.Delivery.Attempts(ctx, user, id)
		var ps []records.Problem
		if err == nil {
			ps, err = r.ws.Delivery.Problems(ctx, user, id)
		}
		var doc *records.Document
		if err == nil {
			doc, err = r.ws.Delivery.Document(ctx, user, id)
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.attempts, r.problems, r.document = as, ps, doc
			r.details()
		}
	})
}

func (r *room) details() {
	l := r.ws.Lang
	r.detail.RemoveAll()
	d, ok := r.current()
	if !ok {
		r.add(l.T("outbox.choose"), widget.LowImportance)
		r.detail.Refresh()
		return
	}
	word, weight := r.state(d.State)
	head := widget.NewLabelWithStyle(l.T("outbox.detail", d.DocumentID, d.Version, d.Destination, strings.ToUpper(d.Format)), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	head.Wrapping = fyne.TextWrapWord
	r.detail.Add(head)
	if r.document != nil {
		open := widget.NewButtonWithIcon(l.T("outbox.button_open"), theme.NavigateNextIcon(), r.open)
		open.Importance = widget.LowImportance
		of := workspace.NewText(r.ws, about(l, r.document), widget.MediumImportance)
		r.detail.Add(container.New(layout.NewCustomPaddedLayout(-4, -4, 0, 0), container.NewBorder(nil, nil, nil, open, of)))
	}
	r.add(word, weight)
	switch {
	case d.State == records.DeliveryNeedsCare && len(r.problems) > 0:
		r.add(workspace.Problems(l, r.problems), widget.WarningImportance)
	case d.LastError != "":
		r.add(l.T("outbox.last_error", Because(l, d.Cause, d.LastError)), widget.WarningImportance)
	}
	if text := WhatNow(l, d); text != "" {
		r.add(text, widget.MediumImportance)
	}
	if d.State == records.DeliveryQueued && !d.Next.IsZero() {
		r.add(l.T("outbox.next_try", d.Next.In(imaging.Zone()).Format("2006-01-02 15:04:05")), widget.MediumImportance)
	}
	if d.Note != "" {
		r.add(l.T("outbox.left_out", d.Note), widget.WarningImportance)
	}
	if rc := d.Receipt; rc != nil {
		r.add(l.T("outbox.receipt", rc.Number, rc.At.In(imaging.Zone()).Format("2006-01-02 15:04:05")), widget.MediumImportance)
		r.add(l.T("outbox.receipt_proof", workspace.Grouped(rc.SHA256), rc.AuditCount), widget.LowImportance)
	}
	r.add(l.T("outbox.attempts", len(r.attempts)), widget.LowImportance)
	for _, text := range Tries(l, r.attempts) {
		r.add(text, widget.MediumImportance)
	}
	r.detail.Refresh()
}

func (r *room) add(text string, weight widget.Importance) {
	r.detail.Add(container.New(layout.NewCustomPaddedLayout(-4, -4, 0, 0), workspace.NewText(r.ws, text, weight)))
}

// sendNow tries everything that is queued, once, also what waits for its next try.
func (r *room) sendNow() {
	if r.job != nil {
		return
	}
	user := r.ws.User()
	r.problem.SetText("")
	r.job = r.ws.StartJob(func() string { return r.ws.Lang.T("outbox.sending") }, func(ctx context.Context, _ func(done, total int)) func() {
		res, err := r.ws.Delivery.SendNow(ctx, user)
		return func() {
			r.job = nil
			r.cancel.Hide()
			r.send.Enable()
			r.sent(res, err)
			workspace.Publish(r.ws, workspace.OutboxChanged{})
		}
	})
	r.summary.SetText(r.ws.Lang.T("outbox.sending"))
	r.send.Disable()
	r.cancel.Show()
}

func (r *room) sent(res delivery.SendResult, err error) {
	if err != nil {
		r.problem.Explain(err)
		r.render()
		return
	}
	r.rows = Sorted(res.Deliveries)
	r.render()
}

func (r *room) retryNow() {
	d, ok := r.current()
	if !ok || !Retriable(d) {
		return
	}
	user := r.ws.User()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		err := r.ws.Delivery.Retry(ctx, user, d.ID)
		return func() {
			r.problem.Explain(err)
			if err == nil {
				workspace.Publish(r.ws, workspace.OutboxChanged{})
			}
		}
	})
}

// aside says what was signed and goes nowhere, empty when all is queued.
func aside(l *lang.Strings, u delivery.Unqueued) string {
	switch {
	case u.Routes == 0:
		return l.T("outbox.no_route", u.Documents)
	case len(u.Deliveries) > 0:
		return l.T("outbox.unqueued", u.Documents, len(u.Deliveries))
	}
	return ""
}

func (r *room) queueNow() {
	if len(r.unqueued.Deliveries) == 0 {
		return
	}
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		_, err := r.ws.Delivery.Queue(ctx, user)
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			workspace.Publish(r.ws, workspace.OutboxChanged{})
		}
	})
}
