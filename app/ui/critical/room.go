// Package critical is the room of critical values (危急值): flagged on the study
// that is open, told to somebody by name who reads it back, and never out of
// sight before that.
package critical

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// row is one open critical value and the study that it is of.
type row struct {
	value records.CriticalValue
	study records.Examination
}

type room struct {
	ws      *workspace.Workspace
	loading *workspace.Task
	rows    []row
	at      int
	busy    bool

	problem  *workspace.Problem
	done     *workspace.Done
	study    *widget.Label
	what     *workspace.Entry
	flag     *widget.Button
	head     *widget.Label
	table    *workspace.Table
	detail   *widget.Label
	to       *workspace.Entry
	means    *workspace.Entry
	readBack *workspace.Check
	told     *widget.Button
	reason   *workspace.Entry
	withdraw *widget.Button
	open     *widget.Button
	form     *fyne.Container
	content  fyne.CanvasObject
	split    *container.Split // the open ones, and the chosen one's form
}

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	r := &room{ws: ws, loading: ws.NewTask(), at: -1, problem: workspace.NewProblem(ws)}
	r.content = r.build()
	workspace.On(ws, func(workspace.UserChanged) {
		r.rows, r.at, r.busy = nil, -1, false
		for _, e := range []*workspace.Entry{r.what, r.to, r.means, r.reason} {
			e.SetText("")
		}
		r.problem.SetText("")
		r.done.SetText("")
		r.load()
	})
	workspace.On(ws, func(workspace.StudyOpened) { r.words() })
	workspace.On(ws, func(workspace.CriticalChanged) { r.load() })
	workspace.On(ws, func(workspace.LanguageChanged) { r.words() })
	r.words()
	return &workspace.Room{ID: "critical", Place: workspace.Rail, Icon: theme.WarningIcon(), Needs: records.RightViewPatient, Content: r.content, Shown: r.load,
		Hidden: func() { workspace.Release(r.what, r.to, r.means, r.reason) },
		Actions: []workspace.Action{
			{Label: "critical.to_what", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyE)}, Do: func() { workspace.Focus(r.what) }},
			{Label: "critical.flag_key", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyK)}, Do: r.flagNow},
			{Label: "critical.to_whom", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyT)}, Do: func() { workspace.Focus(r.to) }},
			{Label: "critical.told_key", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyReturn)}, Do: r.tellNow},
			{Label: "critical.read_back", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyB)}, Do: func() { r.readBack.SetChecked(!r.readBack.Checked) }},
			{Label: "critical.withdraw_key", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyDelete)}, Do: r.withdrawNow},
			{Label: "critical.open", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyO)}, Do: r.openStudy},
			{Label: "critical.next", Keys: []workspace.Key{workspace.Press(fyne.KeyDown)}, Do: func() { r.step(1) }},
			{Label: "critical.previous", Keys: []workspace.Key{workspace.Press(fyne.KeyUp)}, Do: func() { r.step(-1) }},
			{Label: "critical.reload", Keys: []workspace.Key{workspace.Press(fyne.KeyF5)}, Do: r.load},
		}}
}

func wrapped(importance widget.Importance) *widget.Label {
	l := widget.NewLabel("")
	l.Wrapping, l.Importance = fyne.TextWrapWord, importance
	return l
}

func (r *room) build() fyne.CanvasObject {
	r.done, r.study, r.detail = workspace.NewDone(r.ws), wrapped(widget.MediumImportance), wrapped(widget.MediumImportance)
	r.head = widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	r.what, r.to, r.means, r.reason = workspace.NewEntry(r.ws), workspace.NewEntry(r.ws), workspace.NewEntry(r.ws), workspace.NewEntry(r.ws)
	r.flag = widget.NewButtonWithIcon("", theme.WarningIcon(), r.flagNow)
	r.flag.Importance = widget.DangerImportance
	r.told = widget.NewButtonWithIcon("", theme.ConfirmIcon(), r.tellNow)
	r.told.Importance = widget.HighImportance
	r.withdraw = widget.NewButtonWithIcon("", theme.CancelIcon(), r.withdrawNow)
	r.open = widget.NewButtonWithIcon("", theme.FolderOpenIcon(), r.openStudy)
	r.readBack = workspace.NewCheck(r.ws, "", nil)
	r.table = workspace.NewTable(r.ws, func() (int, int) { return len(r.rows), len(parts()) }, func() fyne.CanvasObject {
		l := widget.NewLabel("")
		l.Truncation = fyne.TextTruncateEllipsis
		return l
	}, func(id widget.TableCellID, o fyne.CanvasObject) {
		if l, ok := o.(*widget.Label); ok && id.Row >= 0 && id.Row < len(r.rows) {
			l.Importance = widget.DangerImportance
			text := r.cell(r.rows[id.Row], id.Col)
			if id.Row == r.at && id.Col == 0 {
				text = "▸ " + text
			}
			l.SetText(text)
		}
	})
	r.table.Heads(len(parts()), func(k int) string {
		return r.ws.Lang.T([]lang.Key{"critical.column_whose", "critical.column_what", "critical.column_by", "critical.column_waited"}[k])
	})
	r.table.OnSelected = func(id widget.TableCellID) {
		r.table.UnselectAll()
		if id.Row >= 0 && id.Row < len(r.rows) {
			r.choose(id.Row)
		}
	}
	r.form = container.NewVBox(r.detail, container.NewGridWithColumns(2, r.to, r.means), container.NewHBox(r.readBack, r.told, r.open),
		widget.NewSeparator(), container.NewBorder(nil, nil, nil, r.withdraw, r.reason))
	top := container.NewVBox(r.done, r.problem, r.study, container.NewBorder(nil, nil, nil, r.flag, r.what), widget.NewSeparator(), r.head)
	split := container.NewVSplit(container.New(spread{r.table}, r.table), container.NewVScroll(r.form))
	split.Offset = 0.5
	r.split = split
	return container.New(layout.NewCustomPaddedLayout(6, 6, 8, 8), workspace.Steady(container.NewBorder(top, nil, nil, nil, split)))
}

// parts are the columns' shares of the width: whom, what, by whom, for how long.
func parts() []float32 { return []float32{0.22, 0.44, 0.16, 0.16} }

type spread struct{ table *workspace.Table }

func (s spread) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(400, 90) }

func (s spread) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, part := range parts() {
		s.table.SetColumnWidth(i, part*size.Width)
	}
	objects[0].Resize(size)
	objects[0].Move(fyne.NewPos(0, 0))
}

func (r *room) cell(x row, column int) string {
	f := x.value.Flagged
	switch column {
	case 0:
		return x.study.Header.Display + "  " + strings.Join(x.study.Modalities, "/")
	case 1:
		return f.What
	case 2:
		return f.ByName
	}
	return Waited(r.ws.Lang, time.Since(f.At))
}

// Waited is for how long somebody has not been told.
func Waited(l *lang.Strings, d time.Duration) string {
	minutes := max(0, int(d/time.Minute))
	if minutes < 120 {
		return l.T("critical.minutes", minutes)
	}
	return l.T("critical.hours", minutes/60, minutes%60)
}

func (r *room) words() {
	t := r.ws.Lang.T
	r.what.SetPlaceHolder(t("critical.what"))
	r.flag.SetText(t("critical.flag"))
	r.to.SetPlaceHolder(t("critical.to"))
	r.means.SetPlaceHolder(t("critical.means"))
	r.readBack.SetText(t("critical.read_back_check"))
	r.told.SetText(t("critical.told"))
	r.reason.SetPlaceHolder(t("critical.reason"))
	r.withdraw.SetText(t("critical.withdraw"))
	r.open.SetText(t("critical.open"))
	r.render()
}

func (r *room) load() {
	user := r.ws.User()
	if user.ID == "" || !user.Role.May(records.RightViewPatient) {
		r.rows, r.at = nil, -1
		r.render()
		return
	}
	r.loading.Start(func(ctx context.Context) func() {
		values, err := r.ws.Reading.OpenCritical(ctx, user)
		var rows []row
		for _, v := range values {
			if err != nil {
				break
			}
			var ex records.Examination
			if ex, err = r.ws.Registry.Examination(ctx, user, v.Flagged.StudyUID); err == nil {
				rows = append(rows, row{v, ex})
			}
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			before := ""
			if r.at >= 0 && r.at < len(r.rows) {
				before = r.rows[r.at].value.Flagged.ID
			}
			r.rows, r.at = rows, min(0, len(rows)-1)
			for k := range rows {
				if rows[k].value.Flagged.ID == before {
					r.at = k
				}
			}
			r.render()
		}
	})
}

func (r *room) choose(at int) {
	if at != r.at {
		r.to.SetText("")
		r.means.SetText("")
		r.reason.SetText("")
		r.readBack.SetChecked(false)
	}
	r.at = at
	r.render()
}

func (r *room) step(n int) {
	if len(r.rows) > 0 {
		r.choose(min(max(r.at+n, 0), len(r.rows)-1))
		r.table.ScrollTo(widget.TableCellID{Row: r.at})
	}
}

func (r *room) chosen() *row {
	if r.at < 0 || r.at >= len(r.rows) {
		return nil
	}
	return &r.rows[r.at]
}

func (r *room) render() {
	l := r.ws.Lang
	may := r.ws.User().Role.May(records.RightReport)
	r.flag.Disable()
	r.study.SetText(l.T("critical.no_study"))
	if o := r.ws.Current(); o != nil {
		r.study.SetText(l.T("critical.of_study", o.Name(), o.Title()))
		if may && !r.busy {
			r.flag.Enable()
		}
	}
	r.head.SetText(l.T("critical.head", len(r.rows)))
	x := r.chosen()
	r.form.Hidden = x == nil
	if x != nil {
		lines := []string{x.study.Header.Display + "  " + x.study.Description, x.value.Flagged.What,
			l.T("critical.flagged", clock(x.value.Flagged.At), x.value.Flagged.ByName)}
		for _, e := range x.value.Events {
			key := lang.Key("critical.told_line")
			if e.ReadBack {
				key = "critical.read_line"
			}
			if e.Act == records.CriticalTold {
				lines = append(lines, l.T(key, clock(e.At), e.ByName, strings.TrimSpace(e.To+" "+e.Means)))
			}
		}
		r.detail.SetText(strings.Join(lines, "\n"))
	}
	r.split.Hidden = len(r.rows) == 0
	r.form.Refresh()
	r.table.Refresh()
	r.content.Refresh()
}

func clock(t time.Time) string { return t.In(imaging.Zone()).Format("2006-01-02 15:04") }

// act does one thing to the record and shows what came of it.
func (r *room) act(done lang.Key, do func(ctx context.Context, user records.User) error, after func()) {
	if r.busy {
		return
	}
	user := r.ws.User()
	r.busy = true
	r.problem.SetText("")
	r.done.SetText("")
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		err := do(ctx, user)
		return func() {
			r.busy = false
			if err != nil {
				r.problem.Explain(err)
				return
			}
			after()
			r.done.Say(done)
			r.render()
			workspace.Publish(r.ws, workspace.CriticalChanged{})
		}
	})
}

func (r *room) flagNow() {
	o := r.ws.Current()
	if o == nil || r.flag.Disabled() {
		return
	}
	study, what := o.Examination.StudyUID, strings.TrimSpace(r.what.Text)
	r.act("critical.done_flag", func(ctx context.Context, user records.User) error {
		_, err := r.ws.Reading.FlagCritical(ctx, user, study, "", what)
		return err
	}, func() { r.what.SetText("") })
}

func (r *room) tellNow() {
	x := r.chosen()
	if x == nil {
		return
	}
	id, to, means, read := x.value.Flagged.ID, strings.TrimSpace(r.to.Text), strings.TrimSpace(r.means.Text), r.readBack.Checked
	done := lang.Key("critical.done_told")
	if read {
		done = "critical.done_read"
	}
	r.act(done, func(ctx context.Context, user records.User) error {
		_, err := r.ws.Reading.TellCritical(ctx, user, id, to, means, read)
		return err
	}, func() {
		r.to.SetText("")
		r.means.SetText("")
		r.readBack.SetChecked(false)
	})
}

func (r *room) withdrawNow() {
	x := r.chosen()
	if x == nil {
		return
	}
	id, reason := x.value.Flagged.ID, strings.TrimSpace(r.reason.Text)
	r.act("critical.done_withdrawn", func(ctx context.Context, user records.User) error {
		_, err := r.ws.Reading.WithdrawCritical(ctx, user, id, reason)
		return err
	}, func() { r.reason.SetText("") })
}

func (r *room) openStudy() {
	if x := r.chosen(); x != nil {
		r.ws.OpenStudy(x.study.StudyUID, func(err error) { r.problem.Explain(err) })
	}
}
