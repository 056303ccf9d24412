package findings

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/reading"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
	"longying/records/report"
)

// follow opens the choice of the prior finding that the chosen one is the same
// lesion as, or the undoing of such a link. Nothing is chosen beforehand: only
// the doctor links.
func (t *tab) follow() {
	f, ok := t.chosen()
	if !ok {
		return
	}
	if f.FollowUp != nil {
		t.unfollow()
		return
	}
	user, uid, study := t.ws.User(), f.UID, t.study
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		priors, err := t.ws.Reading.Priors(ctx, user, uid)
		return func() {
			now, ok := t.list.Selected()
			if t.study != study || !ok || now.UID != uid {
				return
			}
			if err != nil {
				t.explain(err)
				return
			}
			t.offerPriors(priors)
		}
	})
}

func (t *tab) offerPriors(priors []reading.Prior) {
	l := t.ws.Lang
	list := container.NewVBox()
	take := func(at int) {
		if at < 0 || at >= len(priors) {
			return
		}
		prior := priors[at].Finding.UID
		t.keepOn(func(ctx context.Context, user records.User, uid string) (records.Finding, error) {
			return t.ws.Reading.Follow(ctx, user, uid, prior)
		})
	}
	for i, p := range priors {
		date := l.T("findings.follow_undated")
		if d := p.Examination.Date; !d.IsZero() {
			date = d.In(imaging.Zone()).Format(time.DateOnly)
		}
		text := strconv.Itoa(i+1) + "  " + date + "  " + p.Examination.Modality + "  " + workspace.FindingName(l, p.Finding)
		if s := report.Sizes(&p.Finding, l.Short()); s != "" {
			text += "  " + s
		}
		list.Add(newRow(stateSign(p.Finding.State), false, small(text, widget.MediumImportance), func() { take(i) }))
	}
	if len(priors) == 0 {
		list.Add(small(l.T("findings.follow_none"), widget.MediumImportance))
	}
	title := widget.NewLabelWithStyle(l.T("findings.follow_title"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	title.Wrapping = fyne.TextWrapWord
	number := workspace.NewEntry(t.ws)
	number.SetPlaceHolder(l.T("findings.follow_number"))
	submit := func() {
		n, err := strconv.Atoi(strings.TrimSpace(number.Text))
		if err == nil {
			take(n - 1)
		}
	}
	number.OnSubmitted = func(string) { submit() }
	number.Hidden = len(priors) == 0
	t.showForm(&form{problem: workspace.NewProblem(t.ws), fields: []*workspace.Entry{number}, send: submit}, title, list, number, widget.NewButton(l.T("findings.button_close"), t.leaveForm))
}

func (t *tab) unfollow() {
	l := t.ws.Lang
	why := workspace.NewEntry(t.ws)
	why.SetPlaceHolder(l.T("findings.unfollow_why"))
	submit := func() {
		reason := why.Text
		t.keepOn(func(ctx context.Context, user records.User, uid string) (records.Finding, error) {
			return t.ws.Reading.Unfollow(ctx, user, uid, reason)
		})
	}
	why.OnSubmitted = func(string) { submit() }
	title := widget.NewLabelWithStyle(l.T("findings.unfollow_title"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	title.Wrapping = fyne.TextWrapWord
	t.showForm(&form{problem: workspace.NewProblem(t.ws), fields: []*workspace.Entry{why}, send: submit}, title, why, t.formButtons(l.T("findings.button_unfollow"), submit))
}

// undo takes the last act on the chosen finding back, as a new version.
func (t *tab) undo() {
	t.keepOn(func(ctx context.Context, user records.User, uid string) (records.Finding, error) {
		return t.ws.Reading.Undo(ctx, user, uid)
	})
}

// keepOn writes like decide, and stays at the finding.
func (t *tab) keepOn(write func(ctx context.Context, user records.User, uid string) (records.Finding, error)) {
	t.write(write, false)
}

// toggleHistory shows every version of the chosen finding: when, what, who and
// why; or hides them.
func (t *tab) toggleHistory() {
	if t.onMeasure {
		t.toggleVersions()
		return
	}
	f, ok := t.list.Selected()
	if !ok || t.history != nil {
		t.history = nil
		t.render()
		return
	}
	user, uid, study := t.ws.User(), f.UID, t.study
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		versions, err := t.ws.Reading.History(ctx, user, uid)
		var out sent
		if err == nil {
			out, err = t.sentOf(ctx, user, study)
		}
		return func() {
			if err != nil {
				t.explain(err)
				return
			}
			t.history, t.sent = versions, out
			t.render()
			t.reveal()
		}
	})
}

// historyOf is the history under its finding, where it is open.
func (t *tab) historyOf(f records.Finding) fyne.CanvasObject {
	if len(t.history) == 0 || t.history[0].UID != f.UID {
		return nil
	}
	l := t.ws.Lang
	box := container.NewVBox(small(l.T("findings.history"), widget.MediumImportance))
	for _, v := range t.history {
		text := v.At.In(imaging.Zone()).Format("2006-01-02 15:04:05") + "  " + l.T(lang.Key("finding.state."+string(v.State))) + "  " + v.ByName
		if v.FollowUp != nil {
			text += "  " + l.T("findings.history_follows")
		}
		if v.Reason != "" {
			text += "\n" + l.T("findings.reason", v.Reason)
		}
		box.Add(small(text, widget.LowImportance))
	}
	for _, line := range t.sent.lines(l, f.UID) {
		box.Add(small(line, widget.LowImportance))
	}
	return box
}

// growthOf says how a finding differs from its prior, and why a doubling time is
// not stated.
func growthOf(f records.Finding, l *lang.Strings) string {
	short := l.Short()
	text := report.Growth(&f, short)
	if g := f.Growth(); g != nil && g.Doubling > 0 {
		text += "\n" + l.T("findings.doubling_formula")
	}
	if why := report.NoDoubling(&f, short); why != "" {
		text += "\n" + why
	}
	return text
}
