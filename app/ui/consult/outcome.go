package consult

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/consult"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// Tasks reads one task a line: the day, who answers for it, what.
func Tasks(text string, list []consult.Colleague) (out []consult.Task, bad string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		var part []string // only the first two commas part: a task may have its own
		rest := line
		for range 2 {
			i := strings.IndexAny(rest, ",，")
			if i < 0 {
				break
			}
			_, size := utf8.DecodeRuneInString(rest[i:])
			part, rest = append(part, rest[:i]), rest[i+size:]
		}
		if part = append(part, rest); len(part) != 3 {
			return nil, line
		}
		out = append(out, consult.Task{Date: compactDay(part[0]), Owner: owner(part[1], list), Text: strings.TrimSpace(part[2])})
	}
	return out, ""
}

func owner(name string, list []consult.Colleague) records.Member {
	name = strings.TrimSpace(name)
	return records.Member{UserID: colleague(list, name), Name: name}
}

// followPage is the tasks with their days, and the outcome beside the decision.
func (r *room) followPage(m *records.Consult, lead bool) {
	l, f := r.ws.Lang, &r.flow
	r.section("consult.follow_ups", len(m.FollowUps))
	today := time.Now().In(imaging.Zone()).Format("20060102")
	var open []records.FollowUp
	for _, x := range m.FollowUps {
		text, weight := day(x.Due())+"  "+x.Task, widget.MediumImportance
		if x.Owner != nil {
			text += l.T("consult.owner_is", x.Owner.Name)
		}
		if !x.Done {
			open = append(open, x)
			if x.Due() < today {
				text, weight = l.T("consult.overdue_mark")+text, widget.DangerImportance
			}
		}
		r.page.Add(tight(wrapped(text, weight)))
		for _, p := range x.Postponed {
			r.page.Add(tight(wrapped(l.T("consult.postponed", day(p.Date), p.Reason), widget.LowImportance)))
		}
		if x.Done {
			r.page.Add(tight(wrapped(l.T("consult.follow_done", x.Outcome, x.DoneByName, x.DoneAt.In(imaging.Zone()).Format("2006-01-02")), widget.SuccessImportance)))
		}
	}
	slices.SortStableFunc(open, func(a, b records.FollowUp) int { return strings.Compare(a.Due(), b.Due()) }) // the most urgent first
	if lead && len(open) > 0 && m.Allows(records.StepRemind) == nil {
		var names []string
		at := 0
		for i, x := range open {
			names = append(names, day(x.Due())+" "+x.Task)
			if x.ID == f.followUp {
				at = i
			}
		}
		f.followUp = open[at].ID
		s := workspace.NewSelect(r.ws, names, nil)
		s.SetSelectedIndex(at)
		s.OnChanged = func(string) {
			if i := s.SelectedIndex(); i >= 0 {
				f.followUp = open[i].ID
			}
		}
		f.text.OnSubmitted = func(string) { r.complete() }
		f.until.OnSubmitted = func(string) { r.postpone() }
		r.page.Add(tight(wrapped(l.T("consult.task_caption"), widget.LowImportance)))
		r.page.Add(s)
		r.page.Add(container.NewGridWithColumns(4, f.text, widget.NewButtonWithIcon(l.T("consult.button_done"), theme.ConfirmIcon(), r.complete),
			f.until, widget.NewButton(l.T("consult.button_postpone"), r.postpone)))
	}
	if lead && m.Allows(records.StepFollow) == nil {
		r.page.Add(tight(wrapped(l.T("consult.follow_caption"), widget.LowImportance)))
		r.page.Add(r.follow.box(r))
	}
	if m.Decision != nil {
		r.comparison(m, lead)
	}
}

func (r *room) complete() {
	id, text := r.flow.followUp, strings.TrimSpace(r.flow.text.Text)
	if text == "" { // the key leads to what is asked for
		r.toField(pageFollow, r.flow.text)
	}
	r.act("consult.said_done", func(ctx context.Context, user records.User, m string) (records.Consult, error) {
		return r.ws.Consult.Complete(ctx, user, m, id, text)
	}, func() { r.flow.text.SetText("") })
}

func (r *room) postpone() {
	id, text, date := r.flow.followUp, strings.TrimSpace(r.flow.text.Text), compactDay(r.flow.until.Text)
	switch {
	case text == "":
		r.toField(pageFollow, r.flow.text)
	case date == "":
		r.toField(pageFollow, r.flow.until)
	}
	r.act("consult.said_postponed", func(ctx context.Context, user records.User, m string) (records.Consult, error) {
		return r.ws.Consult.Postpone(ctx, user, m, id, date, text)
	}, func() {
		r.flow.text.SetText("")
		r.flow.until.SetText("")
	})
}

// comparison sets what was decided, what was done and what happened beside one
// another.
func (r *room) comparison(m *records.Consult, lead bool) {
	l, f := r.ws.Lang, &r.flow
	r.section("consult.outcome")
	column := func(head string, o fyne.CanvasObject) fyne.CanvasObject {
		return container.NewVBox(tight(heading(head)), o)
	}
	acts := container.NewHBox()
	decided := wrapped(m.Decision.Text, widget.MediumImportance)
	if x := m.Outcome(); x != nil {
		r.page.Add(container.NewGridWithColumns(3, column(l.T("consult.decision"), decided), column(l.T("consult.was_done"), wrapped(x.Done, widget.MediumImportance)),
			column(l.T("consult.has_happened"), wrapped(x.Happened, widget.MediumImportance))))
		when := x.At.In(imaging.Zone()).Format("2006-01-02 15:04")
		if x.Concordant {
			r.page.Add(tight(wrapped(l.T("consult.outcome_agrees", x.ByName, when), widget.SuccessImportance)))
		} else {
			r.page.Add(tight(wrapped(l.T("consult.outcome_differs", x.Comment, x.ByName, when), widget.WarningImportance)))
		}
		for _, old := range m.Outcomes[:len(m.Outcomes)-1] {
			r.page.Add(tight(wrapped(l.T("consult.outcome_before", old.Done, old.Happened, old.Comment, old.ByName), widget.LowImportance)))
		}
	}
	if lead && m.Allows(records.StepOutcome) == nil {
		for _, e := range []*workspace.Entry{f.done, f.happened, f.why} {
			e.OnSubmitted = func(string) { r.compare() }
		}
		r.page.Add(container.NewGridWithColumns(3, column(l.T("consult.decision"), wrapped(m.Decision.Text, widget.LowImportance)),
			column(l.T("consult.was_done"), f.done), column(l.T("consult.has_happened"), f.happened)))
		c := workspace.NewCheck(r.ws, l.T("consult.check_differs"), func(on bool) {
			if f.otherwise = on; on {
				f.why.Show()
				workspace.Focus(f.why)
			} else {
				f.why.Hide()
			}
			r.page.Refresh()
		})
		if c.Checked = f.otherwise; f.otherwise {
			f.why.Show()
		} else {
			f.why.Hide()
		}
		r.page.Add(container.NewGridWithColumns(2, container.NewVBox(c), f.why))
		acts.Add(strong(l.T("consult.button_outcome"), theme.ConfirmIcon(), r.compare))
	}
	if m.Allows(records.StepClose) == nil && m.ChairID() == r.ws.User().ID {
		acts.Add(widget.NewButtonWithIcon(l.T("consult.button_close"), theme.ConfirmIcon(), r.closeNow))
	}
	r.page.Add(acts)
}

func (r *room) compare() {
	f := &r.flow
	x := consult.Comparison{Done: f.done.Text, Happened: f.happened.Text, Concordant: !f.otherwise, Comment: f.why.Text}
	r.act("consult.said_outcome", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Compare(ctx, user, id, x)
	}, func() {
		f.otherwise = false
		for _, e := range []*workspace.Entry{f.done, f.happened, f.why} {
			e.SetText("")
		}
	})
}

func (r *room) closeNow() {
	r.act("consult.said_closed", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Close(ctx, user, id)
	}, nil)
}
