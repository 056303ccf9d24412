package report

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/template"
)

// form is the coded part of the report: a template is chosen, its fields are
// answered one by one, and each answer is stored at once and worded in the text.
type form struct {
	t       *tab
	box     *fyne.Container
	choose  *workspace.Select
	unfold  *widget.Button
	remove  *widget.Button
	state   *widget.Label
	problem *workspace.Problem
	fields  *fyne.Container

	list   []*template.Template // that fit the study
	chosen *template.Template   // of the report; nil: none
	open   bool                 // its fields are shown
	may    bool                 // the report can be changed
	rows   []*row
	again  bool // something was entered while the last entry was being stored
	busy   bool
}

func newForm(t *tab) *form {
	f := &form{t: t, state: wrapped(""), problem: workspace.NewProblem(t.ws), fields: container.NewVBox()}
	f.choose = workspace.NewSelect(t.ws, nil, f.chose)
	f.unfold = t.button("report.button_form", theme.ListIcon(), widget.LowImportance, f.toggle)
	f.unfold.Alignment = widget.ButtonAlignLeading
	f.remove = t.button("report.button_form_remove", theme.DeleteIcon(), widget.LowImportance, f.drop)
	f.remove.Alignment = widget.ButtonAlignLeading
	t.texts = append(t.texts, func() {
		f.choose.PlaceHolder = t.ws.Lang.T("report.form_choose")
		f.names()
		f.build()
	})
	f.box = container.NewVBox(f.choose, f.unfold, f.state, f.problem, f.fields)
	f.box.Hide()
	return f
}

// offer takes the templates that fit the study.
func (f *form) offer(list []*template.Template) {
	f.list = list
	f.names()
}

func (f *form) names() {
	var names []string
	for _, x := range f.list {
		names = append(names, x.Title.In(f.t.ws.Lang.Short()))
	}
	f.choose.Options = names
	f.choose.Selected = ""
	if f.chosen != nil {
		f.choose.Selected = f.chosen.Title.In(f.t.ws.Lang.Short())
	}
	f.choose.Refresh()
}

// leave forgets the study that was open.
func (f *form) leave() {
	f.list, f.chosen, f.rows, f.open, f.again, f.busy = nil, nil, nil, false, false, false
	f.problem.SetText("")
	f.fields.RemoveAll()
	f.names()
}

// take shows the answers that the report has.
func (f *form) take() {
	s := f.t.report.Structured
	var chosen *template.Template
	if s != nil {
		i := slices.IndexFunc(f.list, func(x *template.Template) bool { return x.ID == s.Template })
		if i >= 0 {
			chosen = f.list[i]
		}
	}
	if s == nil && f.chosen != nil && f.open && f.t.report.State != records.ReportSigned {
		chosen = f.chosen // chosen a moment ago, nothing answered yet
	}
	if chosen != f.chosen {
		f.chosen = chosen
		f.names()
		f.build()
	}
	for _, r := range f.rows {
		r.take(s)
	}
	f.tell()
}

// show makes the form visible where the report can be changed, or has answers.
func (f *form) show(may bool) {
	f.may = may
	f.box.Hidden = f.t.study == "" || !may && f.t.report.Structured == nil || len(f.list) == 0 && f.t.report.Structured == nil
	f.choose.Hidden = !may
	f.unfold.Hidden = f.chosen == nil || !may
	f.fields.Hidden = !f.open || !may
	f.tell()
	f.box.Refresh()
}

// tell says what is answered, or what is still to be answered.
func (f *form) tell() {
	l := f.t.ws.Lang
	s := f.t.report.Structured
	f.state.Importance = widget.LowImportance
	switch {
	case s == nil && f.chosen == nil:
		f.state.SetText("")
	case s == nil:
		f.state.SetText(l.T("report.form_empty"))
	case f.chosen == nil && f.may:
		f.state.Importance = widget.WarningImportance
		f.state.SetText(l.T("report.form_gone", s.Title.In(l.Short())))
	case len(f.t.report.Lacking) > 0:
		var names []string
		for _, n := range f.t.report.Lacking {
			names = append(names, n.In(l.Short()))
		}
		f.state.Importance = widget.WarningImportance
		f.state.SetText(l.T("report.form_lacks", len(names), strings.Join(names, l.T("report.form_comma"))))
	default:
		f.state.SetText(l.T("report.form_done", len(s.Answers), s.Title.In(l.Short())))
	}
	f.state.Hidden = f.state.Text == ""
	for _, r := range f.rows {
		r.tell()
	}
}

// toggle folds the fields in or out.
func (f *form) toggle() {
	if !f.may || f.box.Hidden {
		return
	}
	workspace.Publish(f.t.ws, workspace.RoomWanted{ID: "report"})
	if f.chosen == nil {
		if len(f.list) == 0 {
			return
		}
		f.chose(f.list[0].Title.In(f.t.ws.Lang.Short()))
		return
	}
	f.open = !f.open
	f.show(f.may)
	if f.open {
		f.focus()
	}
	f.t.scroll.ScrollToTop()
}

// focus gives the keys to the first field.
func (f *form) focus() {
	for _, r := range f.rows {
		if r.box.Hidden {
			continue
		}
		at := fyne.Focusable(r.entry)
		if r.choice != nil {
			at = r.choice
		}
		if c := fyne.CurrentApp().Driver().CanvasForObject(f.box); c != nil {
			c.Focus(at)
		}
		return
	}
}

// chose begins another template; the answers of the one before stay as long as
// nothing is answered in this one.
func (f *form) chose(name string) {
	lang := f.t.ws.Lang.Short()
	i := slices.IndexFunc(f.list, func(x *template.Template) bool { return x.Title.In(lang) == name })
	if i < 0 || f.list[i] == f.chosen {
		return
	}
	f.chosen, f.open = f.list[i], true
	f.names()
	f.build()
	f.show(f.may)
	f.focus()
}

// drop takes the coded fields and their sentences out of the report.
func (f *form) drop() {
	f.chosen, f.open = nil, false
	f.names()
	f.build()
	f.store()
}

// build makes the rows of the template in the window's language.
func (f *form) build() {
	f.fields.RemoveAll()
	f.rows = nil
	if f.chosen == nil {
		return
	}
	section := ""
	for i := range f.chosen.Fields {
		x := &f.chosen.Fields[i]
		if x.Section != section {
			section = x.Section
			name := f.t.ws.Lang.T("report.findings")
			if section == records.SectionImpression {
				name = f.t.ws.Lang.T("report.impression")
			}
			f.fields.Add(widget.NewLabelWithStyle(name, fyne.TextAlignLeading, fyne.TextStyle{Bold: true}))
		}
		r := newRow(f, x)
		f.rows = append(f.rows, r)
		f.fields.Add(r.box)
	}
	if s := f.chosen.Source; s != "" {
		source := wrapped(f.t.ws.Lang.T("report.form_source", s))
		source.Importance = widget.LowImportance
		f.fields.Add(source)
	}
	f.fields.Add(f.remove)
	for _, r := range f.rows {
		r.take(f.t.report.Structured)
	}
	f.arrange(f.t.report.Structured)
}

// arrange shows the fields that are asked for with these answers.
func (f *form) arrange(s *records.Structured) {
	if f.chosen == nil {
		return
	}
	asked := f.chosen.Asked(s)
	for _, r := range f.rows {
		r.box.Hidden = !slices.Contains(asked, r.field)
	}
	f.fields.Refresh()
}

// store writes the answers as they stand, after what is typed in the text.
func (f *form) store() {
	t := f.t
	if t.study == "" || !f.may {
		return
	}
	if f.busy {
		f.again = true
		return
	}
	f.busy, f.again = true, false
	study, user, id := t.study, t.ws.User(), ""
	var entries []template.Entry
	if f.chosen != nil {
		id = f.chosen.ID
		for _, r := range f.rows {
			if e := r.value(); e.Value != "" || e.FindingUID != "" {
				entries = append(entries, e)
			}
		}
	}
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		err := t.saver.Flush(ctx)
		var rep records.Report
		if err == nil {
			rep, err = t.ws.Reading.Fill(ctx, user, study, id, entries)
		}
		return func() {
			f.busy = false
			if t.study != study {
				return
			}
			if err != nil {
				f.problem.Explain(err)
				return
			}
			f.problem.SetText("")
			t.exists = true
			if f.again || t.saver.Pending() { // typed on meanwhile: stored with this round's successor
				t.report.Structured, t.report.Lacking = rep.Structured, rep.Lacking
				f.arrange(rep.Structured)
				f.store()
				return
			}
			t.take(rep)
			f.arrange(rep.Structured)
			workspace.Publish(t.ws, workspace.ReportChanged{StudyUID: study})
		}
	})
}

// indented sets what belongs to a field under it.
func indented(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, 12, 0), o)
}
