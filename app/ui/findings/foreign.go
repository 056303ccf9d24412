package findings

import (
	"cmp"
	"context"
	"errors"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/foreign"
)

// untaken are the items of other makers' objects that nobody took over.
func (t *tab) untaken() []*foreign.Finding {
	var out []*foreign.Finding
	for i := range t.others {
		if records.Taken(t.list.findings, &t.others[i].Origin) == nil {
			out = append(out, &t.others[i])
		}
	}
	return out
}

// foreigners adds what other makers' objects say to the list, by object: their
// word, confirmed by nobody here, under who made it.
func (t *tab) foreigners() {
	l := t.ws.Lang
	if t.unseen {
		t.rows.Add(widget.NewSeparator())
		t.rows.Add(small(l.T("findings.foreign_hidden"), widget.MediumImportance))
		return
	}
	list := t.untaken()
	if len(list) == 0 {
		return
	}
	t.rows.Add(widget.NewSeparator())
	t.rows.Add(widget.NewLabelWithStyle(l.T("findings.foreign", len(list)), fyne.TextAlignLeading, fyne.TextStyle{Bold: true}))
	by := ""
	for i, f := range list {
		if k := f.Origin.SOPUID + f.Origin.By(); i == 0 || k != by {
			by = k
			t.rows.Add(small(l.T("findings.foreign_by", cmp.Or(f.Origin.By(), l.T("viewer.foreign_unnamed"))), widget.LowImportance))
		}
		t.rows.Add(t.foreignRow(f))
	}
}

func (t *tab) foreignRow(f *foreign.Finding) fyne.CanvasObject {
	l := t.ws.Lang
	s := sign{look.Amber(), dashed, ""}
	name := f.Origin.Label
	if f.Side != "" {
		name = l.T("findings.sided", l.T(workspace.SideKey(f.Side)), name)
	}
	head := headline(s, l.T("findings.foreign_state"), name, false)
	if f.Colour != nil { // the legend of its filling
		swatch := canvas.NewRectangle(color.RGBA{f.Colour[0], f.Colour[1], f.Colour[2], 255})
		swatch.SetMinSize(fyne.NewSize(12, 12))
		head = container.NewBorder(nil, nil, nil, container.NewPadded(container.NewCenter(swatch)), head)
	}
	lines := container.NewVBox(head)
	said := append([]string(nil), f.Values...)
	pictures := map[string]bool{}
	for i := range f.Places {
		pictures[f.Places[i].SOPUID] = true
	}
	if n := len(pictures); n > 1 {
		said = append(said, l.T("findings.foreign_pictures", n))
	}
	if f.Half {
		said = append(said, l.T("findings.foreign_half"))
	}
	if len(said) > 0 {
		lines.Add(small(strings.Join(said, l.T("findings.comma")), widget.MediumImportance))
	}
	key := f.Origin.Key()
	chosen := t.item == key
	if chosen {
		lines.Add(small(f.Origin.At(), widget.LowImportance))
		if t.form == nil {
			lines.Add(widget.NewButton(l.T("findings.button_take_over"), t.takeOver))
		}
	}
	r := newRow(s, chosen, lines, func() { workspace.Publish(t.ws, workspace.ForeignSelected{Item: key}) })
	if chosen {
		t.shownRow = r
	}
	return r
}

// pickForeign follows a choice of another maker's item made here or on the image.
func (t *tab) pickForeign(item string) {
	if t.item == item {
		if t.onMeasure {
			t.letMeasureGo()
			t.render()
		}
		return
	}
	t.closeForm()
	t.list, t.item = t.list.Select(""), item
	t.letMeasureGo()
	t.problem.SetText("")
	t.render()
	t.reveal()
}

// step goes on through the findings and then through what other makers' objects
// say, and stays at the ends.
func (t *tab) step(by int) {
	own, theirs := t.list.Shown(), t.untaken()
	n := len(own) + len(theirs)
	if n == 0 {
		return
	}
	at := -1
	if f, ok := t.list.Selected(); ok {
		for i := range own {
			if own[i].UID == f.UID {
				at = i
			}
		}
	}
	for i, f := range theirs {
		if t.item != "" && f.Origin.Key() == t.item {
			at = len(own) + i
		}
	}
	switch left := t.list.Left(); {
	case at < 0 && left >= 0: // back to where a measurement was chosen
		at = left
	case at < 0 && by < 0:
		at = n - 1
	case at < 0:
		at = 0
	default:
		at = min(max(0, at+by), n-1)
	}
	if at < len(own) {
		t.choose(t.list.Select(own[at].UID))
		return
	}
	workspace.Publish(t.ws, workspace.ForeignSelected{Item: theirs[at-len(own)].Origin.Key()})
}

// chosenForeign is the item that is chosen; nil: none.
func (t *tab) chosenForeign() *foreign.Finding {
	for _, f := range t.untaken() {
		if t.item != "" && f.Origin.Key() == t.item {
			return f
		}
	}
	return nil
}

// onForeign reports that another maker's item is chosen, of which no verdict can be
// given, and says what can be done with it.
func (t *tab) onForeign() bool {
	if t.chosenForeign() == nil {
		return false
	}
	t.problem.Say("findings.foreign_verdict")
	return true
}

// takeOver opens the form in which a doctor makes another maker's item their own
// finding: nothing is taken over before it is sent.
func (t *tab) takeOver() {
	if t.study == "" || t.writing {
		return
	}
	l := t.ws.Lang
	f := t.chosenForeign()
	if f == nil {
		t.problem.Say("findings.foreign_choose")
		return
	}
	if err := records.Require(t.ws.User(), records.RightVerdict); err != nil {
		t.problem.SetText(t.ws.Explain(err))
		return
	}
	if t.aside { // on another study's pictures nothing is decided
		workspace.Publish(t.ws, workspace.ForeignSelected{Item: t.item})
		t.explain(errors.New(l.T("findings.prior_in_front")))
		return
	}
	t.closeForm()
	t.problem.SetText("")
	said := records.Finding{Label: records.InItsLetters(f.Origin.Label), Laterality: f.Side}
	label := workspace.NewEntry(t.ws)
	label.SetText(said.Label.In(l.Short()))
	side := t.sideChoice(f.Side)
	note := workspace.NewMultiLineEntry(t.ws)
	note.SetMinRowsVisible(2)
	from := widget.NewLabel(l.T("findings.take_over_from", cmp.Or(f.Origin.By(), l.T("viewer.foreign_unnamed")), f.Origin.Label))
	from.Wrapping = fyne.TextWrapWord
	object, item := f.Origin.SOPUID, f.Origin.Item
	open := &form{problem: workspace.NewProblem(t.ws), fields: []*workspace.Entry{label, note}}
	open.send = func() {
		if strings.TrimSpace(label.Text) == "" {
			open.problem.Say("findings.own_unnamed")
			workspace.Focus(label)
			return
		}
		t.saveTaken(object, item, changeOf(said, label.Text, side.chosen(), note.Text, l.Short()))
	}
	label.OnSubmitted = func(string) { open.send() }
	note.OnSubmitted = label.OnSubmitted
	t.showForm(open, from, field(l.T("findings.form_label"), label), field(l.T("findings.form_side"), side.group),
		field(l.T("findings.form_note"), note), t.formButtons(l.T("findings.button_take_over_save"), open.send))
	t.render()
}

// saveTaken keeps it, confirmed by whoever took it over.
func (t *tab) saveTaken(object, item string, change records.FindingChange) {
	if t.writing {
		return
	}
	t.writing = true
	user, study := t.ws.User(), t.study
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		made, err := t.ws.Reading.TakeOver(ctx, user, study, object, item, change)
		return func() {
			t.writing = false
			if err != nil {
				if t.study == study {
					t.explain(err)
				}
				return
			}
			if t.study == study {
				t.closeForm()
				t.list = t.list.With(append(t.list.findings, made))
				t.choose(t.list.Select(made.UID))
			}
			workspace.Publish(t.ws, workspace.FindingsChanged{StudyUID: study})
		}
	})
}
