package findings

import (
	"context"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// form is the open inline form: an edit or a rejection of one finding.
type form struct {
	problem *workspace.Problem
	fields  []*workspace.Entry // the first gets the keys
	send    func()
}

func (t *tab) closeForm() {
	if t.form != nil {
		workspace.Release(t.form.fields...)
	}
	if t.ownPlace != nil && t.own == nil { // the drag that did not come is not waited for
		workspace.Publish(t.ws, workspace.RegionWanted{Off: true})
	}
	t.own, t.ownPlace = nil, nil
	t.form = nil
	t.formBox.RemoveAll()
	t.formBox.Refresh()
	t.offerVerdicts()
}

// leaveForm gives the form up, and its finding where a measurement was chosen
// meanwhile.
func (t *tab) leaveForm() {
	t.closeForm()
	if t.onMeasure {
		t.letFindingGo()
		t.render()
	}
}

// offerVerdicts shows the three verdicts, unless another maker's item is chosen,
// or a form with a button of its own is open: "confirm" beside "save" would
// confirm what was not typed.
func (t *tab) offerVerdicts() {
	t.actions.Hidden = t.form != nil || t.item != "" || len(t.list.Shown()) == 0
	t.actions.Refresh()
}

func (t *tab) showForm(f *form, objects ...fyne.CanvasObject) {
	t.form = f
	t.formBox.RemoveAll()
	t.formBox.Add(widget.NewSeparator())
	for _, o := range objects {
		t.formBox.Add(o)
	}
	t.formBox.Add(f.problem)
	t.formBox.Refresh()
	t.offerVerdicts()
	workspace.Focus(f.fields[0])
}

// chosen is the finding that a form is about; without one the next proposal is
// selected instead.
func (t *tab) chosen() (records.Finding, bool) {
	f, ok := t.list.Selected()
	if !ok && !t.onForeign() {
		t.chooseNext()
	}
	return f, ok
}

// chooseNext selects the next proposal for a key that wants a finding, or says
// that there is none: the key does nothing then.
func (t *tab) chooseNext() {
	next := t.list.NextOpen()
	if _, ok := next.Selected(); !ok && t.study != "" {
		t.problem.Say("findings.none_chosen")
		return
	}
	t.choose(next)
}

func sides() []string { return []string{"", "L", "R", "B"} }

// sideChoice are the sides by name, in one row.
type sideChoice struct {
	group *widget.RadioGroup
	names []string
}

func (t *tab) sideChoice(side string) sideChoice {
	var c sideChoice
	at := 0
	for i, s := range sides() {
		c.names = append(c.names, t.ws.Lang.T(workspace.SideKey(s)))
		if s == side {
			at = i
		}
	}
	c.group = widget.NewRadioGroup(c.names, nil)
	c.group.Horizontal, c.group.Required = true, true
	c.group.SetSelected(c.names[at])
	return c
}

func (c sideChoice) chosen() string { return sides()[max(0, index(c.names, c.group.Selected))] }

// edit opens the form with what a doctor changes: name, side, note.
func (t *tab) edit() {
	f, ok := t.chosen()
	if !ok {
		return
	}
	l := t.ws.Lang
	label := workspace.NewEntry(t.ws)
	label.SetText(f.Label.In(l.Short()))
	side := t.sideChoice(f.Laterality)
	note := workspace.NewMultiLineEntry(t.ws)
	note.SetText(f.Note)
	note.SetMinRowsVisible(2)
	open := &form{problem: workspace.NewProblem(t.ws), fields: []*workspace.Entry{label, note}}
	save := func() {
		change := changeOf(f, label.Text, side.chosen(), note.Text, l.Short())
		t.decide(func(ctx context.Context, user records.User, uid string) (records.Finding, error) {
			return t.ws.Reading.Edit(ctx, user, uid, change)
		})
	}
	label.OnSubmitted = func(string) { save() }
	note.OnSubmitted = label.OnSubmitted
	open.send = save
	t.showForm(open,
		field(l.T("findings.form_label"), label), field(l.T("findings.form_side"), side.group), field(l.T("findings.form_note"), note),
		t.formButtons(l.T("findings.button_save"), save))
}

func index(list []string, s string) int {
	for i, x := range list {
		if x == s {
			return i
		}
	}
	return -1
}

// changeOf is what differs between a finding and the form. A new name is given
// in the reader's language alone: the other one would speak of the old finding.
func changeOf(f records.Finding, label, side, note, language string) records.FindingChange {
	var c records.FindingChange
	if label = strings.TrimSpace(label); label != f.Label.In(language) {
		c.Label = &records.Text{Zh: label}
		if language == "en" {
			c.Label = &records.Text{En: label}
		}
	}
	if side != f.Laterality {
		c.Laterality = &side
	}
	if note = strings.TrimSpace(note); note != f.Note {
		c.Note = &note
	}
	return c
}

func rejections() []lang.Key {
	return []lang.Key{"findings.reject_artefact", "findings.reject_anatomy", "findings.reject_old", "findings.reject_place",
		"findings.reject_clinic", "findings.reject_double"}
}

// reject opens the list of reasons; a number or a click takes one of them, the
// field takes other words.
func (t *tab) reject() {
	if _, ok := t.chosen(); !ok {
		return
	}
	l := t.ws.Lang
	write := func(reason string) {
		t.decide(func(ctx context.Context, user records.User, uid string) (records.Finding, error) {
			return t.ws.Reading.Reject(ctx, user, uid, reason)
		})
	}
	list := container.NewGridWithColumns(2)
	wide := float32(0)
	var reasons []string
	for i, k := range rejections() {
		reason := l.T(k)
		reasons = append(reasons, reason)
		b := widget.NewButton(strconv.Itoa(i+1)+"  "+reason, func() { write(reason) })
		b.Alignment = widget.ButtonAlignLeading
		list.Add(b)
		wide = max(wide, b.MinSize().Width)
	}
	if 2*wide+theme.Padding() > t.formBox.Size().Width {
		list.Layout = layout.NewGridLayout(1)
	}
	other := workspace.NewEntry(t.ws)
	other.SetPlaceHolder(l.T("findings.reject_other"))
	submit := func() { write(reasonOf(other.Text, reasons)) }
	other.OnSubmitted = func(string) { submit() }
	title := widget.NewLabelWithStyle(l.T("findings.reject_title"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	title.Wrapping = fyne.TextWrapWord
	t.showForm(&form{problem: workspace.NewProblem(t.ws), fields: []*workspace.Entry{other}, send: submit}, title, list, other,
		t.formButtons(l.T("findings.button_reject_now"), submit))
}

// reasonOf is the typed reason, or the listed one whose number was typed.
func reasonOf(typed string, reasons []string) string {
	typed = strings.TrimSpace(typed)
	if n, err := strconv.Atoi(typed); err == nil && n >= 1 && n <= len(reasons) {
		return reasons[n-1]
	}
	return typed
}

func (t *tab) formButtons(text string, do func()) fyne.CanvasObject {
	save := widget.NewButtonWithIcon(text, theme.ConfirmIcon(), do)
	save.Importance = widget.HighImportance
	leave := widget.NewButton(t.ws.Lang.T("findings.button_close"), t.leaveForm)
	return container.NewGridWithColumns(2, save, leave)
}

// field is a caption over what it names.
func field(caption string, o fyne.CanvasObject) fyne.CanvasObject {
	c := widget.NewLabel(caption)
	c.Importance = widget.LowImportance
	return container.New(layout.NewCustomPaddedVBoxLayout(-2*theme.Padding()), c, o)
}
