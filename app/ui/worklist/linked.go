package worklist

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// linkedView says whose the chosen study is taken to be and why, and takes it
// back. That withdraws what was said under the wrong person, so it is said
// first and done at a second press.
type linkedView struct {
	ws      *workspace.Workspace
	asking  *workspace.Task
	problem *workspace.Problem
	ex      *records.Examination
	patient *records.Patient
	armed   bool
	signed  bool // a report is: unlinking retracts it

	title    *widget.Label
	warning  *widget.Label
	reason   *workspace.Entry
	password *workspace.Entry
	first    *widget.Button
	really   *widget.Button
	leave    *widget.Button
	content  *fyne.Container
}

func newLinked(ws *workspace.Workspace, problem *workspace.Problem) *linkedView {
	v := &linkedView{ws: ws, asking: ws.NewTask(), problem: problem, title: widget.NewLabel(""), warning: widget.NewLabel("")}
	v.title.Truncation = fyne.TextTruncateEllipsis
	v.warning.Wrapping, v.warning.Importance = fyne.TextWrapWord, widget.WarningImportance
	v.first = widget.NewButton("", func() { v.arm(true) })
	v.really = widget.NewButtonWithIcon("", theme.WarningIcon(), v.unlink)
	v.really.Importance = widget.WarningImportance
	v.leave = widget.NewButton("", func() { v.arm(false) })
	v.reason, v.password = workspace.NewEntry(ws), workspace.NewEntry(ws)
	v.password.Password = true
	v.reason.OnSubmitted, v.password.OnSubmitted = func(string) { v.unlink() }, func(string) { v.unlink() }
	v.content = container.NewVBox(container.NewBorder(nil, nil, nil, v.first, v.title),
		container.NewBorder(nil, nil, nil, container.NewHBox(v.really, v.leave), v.warning), container.NewGridWithColumns(2, v.reason, v.password))
	v.content.Hide()
	return v
}

// show takes a linked study, or hides.
func (v *linkedView) show(ex *records.Examination) {
	if ex == nil || !ex.Link.Linked() || records.Require(v.ws.User(), records.RightLink) != nil {
		v.ex, v.patient = nil, nil
		v.asking.Stop()
		v.content.Hide()
		return
	}
	same := v.ex != nil && v.ex.StudyUID == ex.StudyUID && v.ex.PatientID == ex.PatientID
	v.ex = ex
	if !same {
		v.patient, v.armed, v.signed = nil, false, false
		v.ask()
	}
	v.words()
	v.content.Show()
}

// ask looks up whom the register has under the study's patient.
func (v *linkedView) ask() {
	user, id, study := v.ws.User(), v.ex.PatientID, v.ex.StudyUID
	v.asking.Start(func(ctx context.Context) func() {
		rec, err := v.ws.Registry.Record(ctx, user, id)
		signed := false
		if err == nil {
			signed, err = v.ws.Registry.NeedsRetraction(ctx, user, study)
		}
		return func() {
			if err != nil {
				v.problem.Explain(err)
				return
			}
			v.patient, v.signed = &rec.Patient, signed
			v.words()
		}
	})
}

func (v *linkedView) words() {
	if v.ex == nil {
		return
	}
	l := v.ws.Lang
	name, birth, sex := "…", "", ""
	if p := v.patient; p != nil {
		name, birth, sex = p.Name, day(p.BirthDate), l.Or(lang.Key("sex."+string(p.Sex)), string(p.Sex))
	}
	v.title.Importance = widget.MediumImportance
	if len(v.ex.LinkConflicts) > 0 {
		v.title.Importance = widget.WarningImportance
	}
	v.title.SetText(l.T("worklist.linked", name, sex, birth, l.Or(lang.Key("link."+string(v.ex.LinkRule)), string(v.ex.LinkRule))) + differences(l, v.ex))
	if v.signed {
		v.warning.SetText(l.T("worklist.unlink_retracts"))
	} else {
		v.warning.SetText(l.T("worklist.unlink_warning"))
	}
	v.reason.SetPlaceHolder(l.T("worklist.unlink_reason"))
	v.password.SetPlaceHolder(l.T("worklist.unlink_password"))
	v.first.SetText(l.T("worklist.unlink"))
	v.really.SetText(l.T("worklist.unlink_now"))
	v.leave.SetText(l.T("worklist.unlink_not"))
	v.first.Hidden = v.armed
	for _, o := range []fyne.CanvasObject{v.warning, v.really, v.leave, v.reason, v.password} {
		if v.armed && (o != v.password || v.signed) {
			o.Show()
		} else {
			o.Hide()
		}
	}
	v.content.Refresh()
}

// differences words what image and register differ in, each on its own.
func differences(l *lang.Strings, ex *records.Examination) string {
	text := ""
	for _, c := range ex.LinkConflicts {
		text += "  " + workspace.ConflictText(l, c)
	}
	return text
}

func (v *linkedView) arm(on bool) {
	v.armed = on && v.ex != nil
	v.reason.SetText("")
	v.password.SetText("")
	v.words()
}

// unlink takes the study back. One that is open is closed: its picture must not
// go on under the old name.
func (v *linkedView) unlink() {
	if v.ex == nil || !v.armed {
		return
	}
	user, study, reason, password := v.ws.User(), v.ex.StudyUID, v.reason.Text, v.password.Text
	v.ws.NewTask().Start(func(ctx context.Context) func() {
		done, err := v.ws.Registry.Unlink(ctx, user, study, reason, password)
		return func() {
			v.problem.Explain(err)
			if err == nil {
				v.arm(false)
				if done.Retraction != "" {
					v.problem.Say("worklist.retracted", done.Retraction, done.Queued, done.Copies)
				}
				changedPerson(v.ws, study)
			}
		}
	})
}

// changedPerson tells that a study is somebody else's now, or nobody's.
func changedPerson(ws *workspace.Workspace, study string) {
	if o := ws.Current(); o != nil && o.Examination.StudyUID == study {
		ws.CloseStudy()
	}
	workspace.Publish(ws, workspace.StudiesChanged{})
}
