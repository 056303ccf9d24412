package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// statusBar says what runs, what waits to be sent, and who works here.
type statusBar struct {
	ws       *workspace.Workspace
	content  fyne.CanvasObject
	job      *widget.Label
	progress *widget.ProgressBar
	cancel   *widget.Button
	outbox   *widget.Button
	review   *widget.Button // reports that wait for whom is signed in to review them
	critical *widget.Button // open critical values: never out of sight
	display  *displayWord
	assist   *canvas.Text
	user     *canvas.Text
	out      *widget.Button
	language *widget.Button
	keys     *widget.Button
	count    *workspace.Task
	open     *workspace.Task
	toReview *workspace.Task
	tasks    *widget.Button // of consults, due today or overdue
	toDo     *workspace.Task
	overdue  int
	dueToday int
	reviews  []records.Report
	alarms   int
	longest  time.Time          // since when the oldest of them is open
	standing delivery.Standing  // of the outbox
	said     func() string      // nil: nothing
	long     *workspace.Problem // what is said, where the bar has no room for it
	strip    *fyne.Container
	enough   *widget.Button // with it
}

func newStatusBar(ws *workspace.Workspace) *statusBar {
	b := &statusBar{ws: ws, job: widget.NewLabel(""), progress: widget.NewProgressBar(), display: newDisplayWord(ws), assist: text(14), user: text(14),
		count: ws.NewTask(), open: ws.NewTask(), toReview: ws.NewTask()}
	b.review = widget.NewButton("", b.openReview)
	b.review.Hide()
	b.critical = widget.NewButtonWithIcon("", fynetheme.WarningIcon(), func() { workspace.Publish(ws, workspace.RoomWanted{ID: "critical"}) })
	b.critical.Importance = widget.DangerImportance
	b.critical.Hide()
	b.toDo = ws.NewTask()
	b.tasks = widget.NewButton("", func() { workspace.Publish(ws, workspace.OverdueWanted{}) })
	b.tasks.Importance = widget.LowImportance
	b.tasks.Hide()
	b.assist.Color = theme.InChrome(theme.Dim())
	b.job.Truncation = fyne.TextTruncateEllipsis
	b.cancel = widget.NewButtonWithIcon("", fynetheme.CancelIcon(), b.cancelNewest)
	b.outbox = widget.NewButton("", func() { workspace.Publish(ws, workspace.RoomWanted{ID: "outbox"}) })
	b.out = widget.NewButton("", nil) // the window signs out
	b.language = widget.NewButton("", func() { ws.SetLanguage(other(ws.Lang.Code())) })
	b.keys = widget.NewButton("?", func() { ws.Keys.TypedRune('?') })
	for _, x := range []*widget.Button{b.cancel, b.review, b.outbox, b.out, b.language, b.keys} {
		x.Importance = widget.LowImportance
	}
	job := container.NewBorder(nil, nil, nil, container.NewHBox(container.NewGridWrap(fyne.NewSize(140, 26), b.progress), b.cancel), b.job)
	right := container.New(layout.NewCustomPaddedHBoxLayout(10), b.critical, b.tasks, b.review, b.assist, b.display, b.outbox, b.user, b.out, b.language, b.keys)
	b.long = workspace.NewProblem(nil)
	b.enough = widget.NewButtonWithIcon("", fynetheme.CancelIcon(), b.leave)
	b.strip = container.NewStack(canvas.NewRectangle(theme.Raised()), container.NewBorder(nil, nil, nil, container.NewVBox(b.enough), b.long))
	b.strip.Hide()
	b.content = container.NewVBox(b.strip, container.NewStack(canvas.NewRectangle(theme.Raised()), container.NewBorder(nil, nil, nil, right, job)))
	workspace.On(ws, func(workspace.JobsChanged) { b.jobs() })
	workspace.On(ws, func(workspace.OutboxChanged) { b.ask() })
	workspace.On(ws, func(e workspace.SendingChanged) { b.stands(e.Standing) })
	workspace.On(ws, func(workspace.ReportChanged) {
		b.ask()
		b.askReview()
	})
	workspace.On(ws, func(workspace.UserChanged) {
		b.said = nil
		b.words()
		b.ask()
		b.askCritical()
		b.askReview()
		b.askTasks()
	})
	workspace.On(ws, func(workspace.DisplayChanged) { b.words() })
	workspace.On(ws, func(workspace.ConsultsChanged) { b.askTasks() })
	workspace.On(ws, func(workspace.CriticalChanged) { b.askCritical() })
	workspace.On(ws, func(workspace.LanguageChanged) { ws.StoreLanguage(func(err error) { b.explain(err) }) })
	b.words()
	return b
}

func (b *statusBar) words() {
	l := b.ws.Lang
	b.display.say()
	b.assist.Text, b.user.Text = l.T("shell.assistive"), b.ws.User().Name
	b.out.SetText(l.T("shell.sign_out"))
	b.language.SetText(languageButton(l.Code()))
	b.outboxWords()
	b.cancel.SetText(l.T("shell.cancel"))
	b.criticalWords()
	b.reviewWords()
	b.taskWords()
	b.jobs()
	b.content.Refresh()
}

// say shows a line until the next, in the language at hand.
func (b *statusBar) say(words func() string) {
	b.said = words
	b.jobs()
}

// explain shows why something failed; nil shows nothing.
func (b *statusBar) explain(err error) {
	if err == nil {
		b.say(nil)
		return
	}
	b.ws.Journal.Problem(b.ws.Lang, err)
	b.say(func() string { return workspace.Explained(b.ws.Lang, err) })
}

// leave takes away what is said.
func (b *statusBar) leave() { b.say(nil) }

// spell shows what is said in a strip of its own where the bar has no room for
// it: beside a job, or because it is long. It reports whether it does.
func (b *statusBar) spell(text string) bool {
	room := min(b.job.Size().Width-4*fynetheme.InnerPadding(), mostInBar)
	if text == "" || len(b.ws.Jobs()) == 0 && fyne.MeasureText(text, fynetheme.TextSize(), fyne.TextStyle{}).Width <= room {
		b.long.SetText("")
		b.strip.Hide()
		return false
	}
	b.long.SetText(text)
	b.enough.SetText(b.ws.Lang.T("shell.close"))
	key := workspace.Action{Label: "shell.said_close", Keys: []workspace.Key{saidKey()}}
	if keys := b.ws.Keys.Bound(key); len(keys) > 0 {
		b.enough.SetText(b.enough.Text + "  " + keys[0].String())
	}
	b.strip.Show()
	return true
}

// mostInBar is the width of a text that the bar has room for in either language.
const mostInBar = 320

// saidKey takes away what is said.
func saidKey() workspace.Key {
	return workspace.Key{Name: fyne.KeyEscape, Mod: fyne.KeyModifierShift}
}

// jobs shows the newest job, and how many more there are.
func (b *statusBar) jobs() {
	jobs := b.ws.Jobs()
	text := ""
	if b.said != nil {
		text = b.said()
	}
	if b.spell(text) {
		text = ""
	}
	if len(jobs) == 0 {
		b.job.SetText(text)
		b.progress.Hide()
		b.cancel.Hide()
		return
	}
	j := jobs[len(jobs)-1]
	done, total := j.Progress()
	label := j.Label()
	if len(jobs) > 1 {
		label += b.ws.Lang.T("shell.more_jobs", len(jobs)-1)
	}
	b.job.SetText(label)
	b.cancel.Show()
	b.progress.Show()
	if total > 0 {
		b.progress.Max = float64(total)
		b.progress.TextFormatter = func() string { return b.ws.Lang.T("shell.done_of", done, total) }
		b.progress.SetValue(float64(done))
	} else {
		b.progress.Max = 1
		b.progress.TextFormatter = func() string { return b.ws.Lang.T("shell.running") }
		b.progress.SetValue(0)
	}
}

func (b *statusBar) cancelNewest() {
	if jobs := b.ws.Jobs(); len(jobs) > 0 {
		jobs[len(jobs)-1].Cancel()
	}
}

// askReview counts the reports that wait for the one who is signed in.
func (b *statusBar) askReview() {
	user := b.ws.User()
	if !user.Role.May(records.RightReview) {
		b.toReview.Stop()
		b.reviews = nil
		b.reviewWords()
		return
	}
	b.toReview.Start(func(ctx context.Context) func() {
		list, err := b.ws.Reading.Waiting(ctx, user)
		return func() {
			if err != nil {
				b.explain(err)
				return
			}
			b.reviews = list
			b.reviewWords()
		}
	})
}

func (b *statusBar) reviewWords() {
	b.review.SetText(b.ws.Lang.T("shell.review", len(b.reviews)))
	if b.review.Hidden = len(b.reviews) == 0; !b.review.Hidden {
		b.review.Show()
	}
}

// openReview opens the report that has waited for longest.
func (b *statusBar) openReview() {
	if len(b.reviews) > 0 {
		b.ws.OpenStudy(b.reviews[0].StudyUID, func(err error) { b.explain(err) })
		workspace.Publish(b.ws, workspace.RoomWanted{ID: "report"})
	}
}

// askCritical counts the critical values of which nobody has read back what they
// were told.
func (b *statusBar) askCritical() {
	user := b.ws.User()
	if !user.Role.May(records.RightViewPatient) {
		b.open.Stop()
		b.alarms = 0
		b.criticalWords()
		return
	}
	b.open.Start(func(ctx context.Context) func() {
		values, err := b.ws.Reading.OpenCritical(ctx, user)
		return func() {
			if err != nil {
				b.explain(err)
				return
			}
			b.alarms = len(values)
			for i, v := range values {
				if i == 0 || v.Flagged.At.Before(b.longest) {
					b.longest = v.Flagged.At
				}
			}
			b.criticalWords()
		}
	})
}

// criticalWords says how many wait and since when; the bar is asked again with
// every act on one of them.
func (b *statusBar) criticalWords() {
	if b.alarms == 0 {
		b.critical.Hide()
		return
	}
	b.critical.SetText(b.ws.Lang.T("shell.critical", b.alarms, b.longest.In(imaging.Zone()).Format("01-02 15:04")))
	b.critical.Show()
}

// ask asks how the outbox stands.
func (b *statusBar) ask() {
	user := b.ws.User()
	if !user.Role.May(records.RightExport) {
		b.count.Stop()
		b.standing = delivery.Standing{}
		b.outbox.Hide()
		return
	}
	b.outbox.Show()
	b.count.Start(func(ctx context.Context) func() {
		st, err := b.ws.Delivery.Standing(ctx, user)
		return func() {
			if err != nil {
				b.explain(err)
				return
			}
			b.stands(st)
		}
	})
}

// stands shows how the outbox stands.
func (b *statusBar) stands(st delivery.Standing) {
	if st.Failed != nil {
		b.say(func() string { return b.ws.Lang.T("shell.outbox_failed", workspace.Explained(b.ws.Lang, st.Failed)) })
		return
	}
	b.standing = st
	b.outboxWords()
}

func (b *statusBar) outboxWords() {
	text, weight := outboxWords(b.ws.Lang, b.standing)
	b.outbox.Importance = weight
	b.outbox.SetText(text)
}

// outboxWords says what waits and why, and what waits for a person.
func outboxWords(l *lang.Strings, st delivery.Standing) (string, widget.Importance) {
	weight := widget.LowImportance
	text := l.T("shell.outbox", st.Waiting)
	switch {
	case st.Sending:
		text = l.T("shell.outbox_sending", st.Done, st.Total)
	case st.Off && st.Waiting > 0:
		text, weight = l.T("shell.outbox_off", st.Waiting), widget.WarningImportance
	case len(st.Away) > 0:
		text, weight = l.T("shell.outbox_offline", st.Waiting, st.Since.In(imaging.Zone()).Format("01-02 15:04")), widget.MediumImportance // it is tried again by itself
	}
	if st.Care > 0 {
		text, weight = text+" · "+l.T("shell.outbox_care", st.Care), widget.WarningImportance
	}
	return text, weight
}

// askTasks counts the tasks of consults that are due today or overdue.
func (b *statusBar) askTasks() {
	user := b.ws.User()
	if !user.Role.May(records.RightConsult) {
		b.toDo.Stop()
		b.overdue, b.dueToday = 0, 0
		b.taskWords()
		return
	}
	b.toDo.Start(func(ctx context.Context) func() {
		due, err := b.ws.Consult.Reminders(ctx, user)
		return func() {
			if err != nil {
				b.explain(err)
				return
			}
			b.overdue, b.dueToday = 0, 0
			for _, d := range due {
				switch {
				case d.Overdue:
					b.overdue++
				case d.Today:
					b.dueToday++
				}
			}
			b.taskWords()
		}
	})
}

func (b *statusBar) taskWords() {
	if b.overdue+b.dueToday == 0 {
		b.tasks.Hide()
		return
	}
	b.tasks.Importance = widget.LowImportance
	if b.overdue > 0 {
		b.tasks.Importance = widget.WarningImportance
	}
	b.tasks.SetText(b.ws.Lang.T("shell.consult_tasks", b.overdue, b.dueToday))
	b.tasks.Show()
}
