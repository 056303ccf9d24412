package findings

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// addOwn opens the form for what a doctor sees and no model proposed. The next
// drag on the image says where; without one the finding is of the study as a
// whole.
func (t *tab) addOwn() {
	if t.study == "" {
		return
	}
	if err := records.Require(t.ws.User(), records.RightVerdict); err != nil {
		t.problem.Explain(err)
		return
	}
	l := t.ws.Lang
	t.closeForm()
	t.problem.SetText("")
	workspace.Publish(t.ws, workspace.RoomWanted{ID: "findings"})
	label := workspace.NewEntry(t.ws)
	label.SetPlaceHolder(l.T("findings.own_label"))
	side := t.sideChoice("")
	note := workspace.NewMultiLineEntry(t.ws)
	note.SetMinRowsVisible(2)
	t.ownPlace = widget.NewLabel("")
	t.ownPlace.Wrapping = fyne.TextWrapWord
	t.own = nil
	t.showOwnPlace()
	open := &form{problem: workspace.NewProblem(t.ws), fields: []*workspace.Entry{label, note}}
	save := func() { t.saveOwn(open, label.Text, side.chosen(), note.Text) }
	label.OnSubmitted = func(string) { save() }
	note.OnSubmitted = label.OnSubmitted
	open.send = save
	t.showForm(open, t.ownPlace, field(l.T("findings.form_label"), label), field(l.T("findings.form_side"), side.group),
		field(l.T("findings.form_note"), note), t.formButtons(l.T("findings.button_own_save"), save))
	workspace.Publish(t.ws, workspace.RegionWanted{})
}

// showOwnPlace words where the new finding will lie.
func (t *tab) showOwnPlace() {
	text := t.ws.Lang.T("findings.own_whole")
	if t.own != nil && t.own.Region != nil {
		g := t.own.Region
		text = t.ws.Lang.T("findings.own_region", int(g.X1-g.X0), int(g.Y1-g.Y0))
	}
	t.ownPlace.SetText(text)
}

// ownFinding is what is kept of the form: the place that was drawn, or the study.
func ownFinding(study string, drawn *imaging.Ref, label, side, note, language string) (imaging.Ref, records.FindingChange) {
	ref := imaging.Ref{StudyUID: study}
	if drawn != nil && drawn.StudyUID == study {
		ref = *drawn
	}
	return ref, changeOf(records.Finding{}, label, side, note, language)
}

// saveOwn keeps the finding, confirmed by whoever saw it.
func (t *tab) saveOwn(open *form, label, side, note string) {
	if t.writing {
		return
	}
	if strings.TrimSpace(label) == "" {
		open.problem.Say("findings.own_unnamed")
		workspace.Focus(open.fields[0])
		return
	}
	ref, change := ownFinding(t.study, t.own, label, side, note, t.ws.Lang.Short())
	user, study := t.ws.User(), t.study
	t.writing = true
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		made, err := t.ws.Reading.Mark(ctx, user, ref, change)
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
