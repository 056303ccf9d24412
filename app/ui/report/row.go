package report

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

	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/template"
)

// settle is how long nothing is typed in a field before it is stored.
const settle = 900 * time.Millisecond

// row is one field of the form.
type row struct {
	f       *form
	field   *template.Field
	box     *fyne.Container
	name    *widget.Label
	entry   *workspace.Entry  // of a text or a number
	choice  *workspace.Select // of a choice
	note    *widget.Label     // what a rule proposes, or where a number is from
	adopt   *widget.Button    // takes what the rule proposes
	from    *fyne.Container   // findings that may fill the number
	uid     string            // of the finding that does
	setting bool
	waiting *workspace.Task
}

func newRow(f *form, x *template.Field) *row {
	l := f.t.ws.Lang
	r := &row{f: f, field: x, waiting: f.t.ws.NewTask()}
	name := x.Name.In(l.Short())
	if x.Required {
		name += " *"
	}
	if x.Kind == template.KindNumber && x.Unit != "1" {
		name += " " + x.Unit
	}
	r.name = wrapped(name)
	r.note = wrapped("")
	r.note.Hide()
	r.box = container.NewVBox()
	if x.Kind == template.KindChoice {
		options := []string{l.T("report.form_none")}
		for _, c := range x.Choices {
			options = append(options, c.Meaning.In(l.Short()))
		}
		r.choice = workspace.NewSelect(f.t.ws, options, func(string) {
			if !r.setting {
				f.store()
			}
		})
		r.choice.PlaceHolder = l.T("report.form_none")
		r.beside(r.choice)
	} else {
		r.entry = workspace.NewEntry(f.t.ws)
		r.entry.OnChanged = func(string) {
			if r.setting {
				return
			}
			r.uid = "" // what a person types is no longer the finding's
			r.later()
		}
		r.entry.OnSubmitted = func(string) { r.now() }
		if x.Kind == template.KindNumber {
			r.entry.SetPlaceHolder(short3(*x.Min) + "–" + short3(*x.Max))
		}
		r.beside(r.entry)
	}
	r.from = container.NewVBox()
	r.from.Hide()
	r.adopt = widget.NewButtonWithIcon("", theme.ConfirmIcon(), func() {
		if p := r.proposal(); p != nil && p.Category != "" {
			r.pick(p.Category)
			f.store()
		}
	})
	r.adopt.Hide()
	r.box.Add(indented(r.note))
	r.box.Add(r.adopt)
	r.box.Add(r.from)
	return r
}

// beside sets the field beside its name where that is short, else under it.
func (r *row) beside(field fyne.CanvasObject) {
	const most = 104
	if fyne.MeasureText(r.name.Text, theme.TextSize(), fyne.TextStyle{}).Width > most {
		r.box.Add(r.name)
		r.box.Add(field)
		return
	}
	r.name.Wrapping = fyne.TextWrapOff
	left := container.New(layout.NewGridWrapLayout(fyne.NewSize(most+2*theme.InnerPadding(), field.MinSize().Height)), r.name)
	r.box.Add(container.NewBorder(nil, nil, left, nil, field))
}

func short3(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// later stores what is typed once nothing more is typed for a moment.
func (r *row) later() {
	r.waiting.Start(func(ctx context.Context) func() {
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			if r.f.t.ws.Context().Err() == nil {
				return nil
			}
		}
		return r.f.store
	})
}

func (r *row) now() {
	r.waiting.Stop()
	r.f.store()
}

// value is what is entered.
func (r *row) value() template.Entry {
	e := template.Entry{Field: r.field.ID}
	switch {
	case r.choice != nil:
		if i := r.choice.SelectedIndex(); i > 0 {
			e.Value = r.field.Choices[i-1].ID
		}
	case r.uid != "":
		e.FindingUID = r.uid
	default:
		e.Value = strings.TrimSpace(r.entry.Text)
	}
	return e
}

// pick shows a choice without storing it.
func (r *row) pick(id string) {
	r.setting = true
	defer func() { r.setting = false }()
	for i, c := range r.field.Choices {
		if c.ID == id {
			r.choice.SetSelectedIndex(i + 1)
			return
		}
	}
	r.choice.ClearSelected()
}

// take shows the stored answer. What is being typed in the field stays.
func (r *row) take(s *records.Structured) {
	a := s.Answer(r.field.ID)
	switch {
	case r.choice != nil:
		id := ""
		if a != nil && a.Choice != nil {
			id = a.Choice.ID
		}
		r.pick(id)
	case a == nil:
		if r.uid != "" { // the finding no longer fills it
			r.uid = ""
			r.set("")
		}
	default:
		r.uid = a.FindingUID
		text := a.Text
		if a.Number != nil {
			text = strconv.FormatFloat(a.Number.Value, 'f', -1, 64)
		}
		if v, err := strconv.ParseFloat(strings.TrimSpace(r.entry.Text), 64); err != nil || a.Number == nil || v != a.Number.Value {
			r.set(text)
		}
	}
}

func (r *row) set(text string) {
	if r.entry.Text == text || r.f.again {
		return
	}
	r.setting = true
	r.entry.SetText(text)
	r.setting = false
}

func (r *row) proposal() *records.RuleProposal {
	return r.f.chosen.Proposal(r.field.ID, r.f.t.report.Structured)
}

// tell says what a rule proposes for the field, or which finding fills it, and
// offers the findings that may.
func (r *row) tell() {
	l := r.f.t.ws.Lang
	lang := l.Short()
	note, adopt := "", ""
	r.note.Importance = widget.LowImportance
	if p := r.proposal(); p != nil {
		r.note.Importance = widget.MediumImportance
		a := r.f.t.report.Structured.Answer(r.field.ID)
		switch {
		case len(p.Missing) > 0:
			var missing []string
			for _, m := range p.Missing {
				missing = append(missing, m.In(lang))
			}
			note = l.T("report.rule_missing", p.Rule, strings.Join(missing, l.T("report.form_comma")))
		case p.Category == "":
			note = l.T("report.rule_none", p.Rule, p.Why.In(lang))
		case a != nil && a.Choice != nil && a.Choice.ID != p.Category:
			r.note.Importance = widget.WarningImportance
			note = l.T("report.rule_other", p.Rule, p.Category, p.Why.In(lang), a.Choice.ID)
			adopt = p.Category
		default:
			note = l.T("report.rule_proposes", p.Rule, p.Category, p.Why.In(lang))
			if a == nil {
				adopt = p.Category
			}
		}
	}
	if r.uid != "" {
		note = l.T("report.form_from", r.label(r.uid))
	}
	r.note.SetText(note)
	r.note.Hidden = note == ""
	r.adopt.SetText(l.T("report.button_adopt", adopt))
	r.adopt.Hidden = adopt == ""
	r.from.RemoveAll()
	if r.entry != nil && r.uid == "" {
		for i := range r.f.t.findings {
			x := &r.f.t.findings[i]
			if !x.State.Factual() {
				continue
			}
			m := r.field.Measured(x)
			if m == nil {
				continue
			}
			uid := x.UID
			r.from.Add(chip(l.T("report.button_from", short(r.label(uid)), strconv.FormatFloat(m.Value, 'f', r.field.Decimals, 64)+" "+m.Unit), false, func() {
				r.uid = uid
				r.f.store()
			}))
		}
	}
	r.from.Hidden = len(r.from.Objects) == 0
	r.box.Refresh()
}

func (r *row) label(uid string) string {
	for _, x := range r.f.t.findings {
		if x.UID == uid {
			return x.Label.In(r.f.t.ws.Lang.Short())
		}
	}
	return ""
}
