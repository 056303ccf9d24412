package worklist

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/registry"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// skippedView lists the files and rows that an import did not take, each with
// its reason.
type skippedView struct {
	ws      *workspace.Workspace
	files   []imaging.Skipped
	rows    []refusedRow
	title   *widget.Label
	list    *widget.Label
	close   *widget.Button
	content *fyne.Container
}

func newSkipped(ws *workspace.Workspace) *skippedView {
	v := &skippedView{ws: ws, title: widget.NewLabel(""), list: widget.NewLabel("")}
	v.title.Importance = widget.WarningImportance
	v.list.Wrapping = fyne.TextWrapBreak
	v.close = widget.NewButtonWithIcon("", theme.CancelIcon(), func() { v.show(nil, nil) })
	scroll := container.NewVScroll(v.list)
	scroll.SetMinSize(fyne.NewSize(200, 96))
	v.content = container.NewBorder(container.NewBorder(nil, nil, nil, v.close, v.title), nil, nil, nil, scroll)
	v.content.Hide()
	return v
}

func (v *skippedView) show(files []imaging.Skipped, rows []refusedRow) {
	v.files, v.rows = files, rows
	v.words()
}

func (v *skippedView) words() {
	if len(v.files)+len(v.rows) == 0 {
		v.content.Hide()
		return
	}
	var title []string
	if n := len(v.files); n > 0 {
		title = append(title, v.ws.Lang.T("worklist.skipped", n))
	}
	if n := len(v.rows); n > 0 {
		title = append(title, v.ws.Lang.T("worklist.rows_skipped", n))
	}
	v.title.SetText(strings.Join(title, "  "))
	v.close.SetText(v.ws.Lang.T("worklist.close"))
	var lines []string
	for _, f := range v.files {
		line := f.Path + "  " + v.ws.Lang.Or(lang.Key("skip."+string(f.Code)), string(f.Code))
		if f.Code != imaging.SkipNotDICOM { // of which the detail says it once more
			line += "  " + f.Detail
		}
		lines = append(lines, line)
	}
	for _, r := range v.rows {
		lines = append(lines, rowText(v.ws.Lang, r))
	}
	v.list.SetText(strings.Join(lines, "\n"))
	v.content.Show()
}

// linkView decides whose a study is: both sides, what differs, and the people
// that a search finds.
type linkView struct {
	ws        *workspace.Workspace
	searching *workspace.Task
	linking   *workspace.Task
	problem   *workspace.Problem
	ex        *records.Examination
	found     registry.Found

	title   *widget.Label
	header  *widget.Label
	differs *widget.Label
	search  *workspace.Entry
	state   *widget.Label // how much of the register the search has seen
	people  *fyne.Container
	content *fyne.Container
}

func newLink(ws *workspace.Workspace, problem *workspace.Problem) *linkView {
	v := &linkView{ws: ws, searching: ws.NewTask(), linking: ws.NewTask(), problem: problem,
		title: widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}), header: widget.NewLabel(""), differs: widget.NewLabel(""), state: widget.NewLabel(""), people: container.NewVBox()}
	v.title.Importance = widget.WarningImportance
	v.header.Wrapping, v.differs.Wrapping = fyne.TextWrapWord, fyne.TextWrapWord
	v.state.Truncation = fyne.TextTruncateEllipsis
	v.differs.Importance = widget.WarningImportance
	v.search = workspace.NewEntry(ws)
	v.search.OnChanged = func(string) { v.find(0) }
	scroll := container.NewVScroll(v.people)
	scroll.SetMinSize(fyne.NewSize(200, 110))
	v.content = container.NewVBox(v.title, v.header, v.differs, v.search, v.state, scroll)
	v.content.Hide()
	return v
}

// show takes an unlinked study, or hides.
func (v *linkView) show(ex *records.Examination) {
	same := ex != nil && v.ex != nil && ex.StudyUID == v.ex.StudyUID
	v.ex = ex
	if ex == nil {
		v.searching.Stop()
		v.found = registry.Found{}
		v.content.Hide()
		return
	}
	if !same {
		v.search.SetText(ex.Header.PatientID)
		v.find(0)
	}
	v.words()
	v.content.Show()
}

func (v *linkView) words() {
	if v.ex == nil {
		return
	}
	t := v.ws.Lang.T
	h := v.ex.Header
	v.title.SetText(t("worklist.whose", v.ws.Lang.Or(lang.Key("linkreason."+v.ex.LinkReason), v.ex.LinkReason)))
	v.header.SetText(t("worklist.header", h.Display, h.PatientID, day(h.BirthDate), v.ws.Lang.Or(lang.Key("sex."+string(records.SexFromDICOM(h.Sex))), h.Sex)))
	var lines []string
	for _, c := range v.ex.LinkConflicts {
		lines = append(lines, workspace.ConflictText(v.ws.Lang, c))
	}
	v.differs.SetText(strings.Join(lines, "\n"))
	v.differs.Hidden = len(lines) == 0
	v.search.SetPlaceHolder(t("worklist.person_hint"))
	v.showPeople()
}

// find searches as somebody types, after a pause; while the index of people is
// built it looks again.
func (v *linkView) find(pause time.Duration) {
	user, text := v.ws.User(), strings.TrimSpace(v.search.Text)
	if text == "" {
		v.searching.Stop()
		v.found = registry.Found{}
		v.showPeople()
		return
	}
	v.searching.Start(func(ctx context.Context) func() {
		if pause > 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(pause):
			}
		}
		found, err := v.ws.Registry.Find(ctx, user, text)
		return func() {
			if err != nil {
				v.problem.Explain(err)
				return
			}
			v.found = found
			v.showPeople()
			if found.Total > 0 && v.ex != nil {
				v.find(time.Second)
			}
		}
	})
}

// shownPeople is how many people a search shows; the rest asks for more letters.
const shownPeople = 30

func (v *linkView) showPeople() {
	t := v.ws.Lang.T
	people := v.found.People
	v.state.SetText("")
	switch {
	case v.found.Total > 0:
		v.state.SetText(t("worklist.people_indexing", v.found.Indexed, v.found.Total))
	case v.found.More || len(people) > shownPeople:
		v.state.SetText(t("worklist.people_more", min(len(people), shownPeople)))
	case len(people) == 0 && strings.TrimSpace(v.search.Text) != "":
		v.state.SetText(t("worklist.people_none"))
	}
	v.state.Hidden = v.state.Text == ""
	v.people.Objects = nil
	for _, p := range people[:min(len(people), shownPeople)] {
		l := widget.NewLabel(t("worklist.register", p.Name, p.IDNumber, day(p.BirthDate), v.ws.Lang.Or(lang.Key("sex."+string(p.Sex)), string(p.Sex))))
		l.Truncation = fyne.TextTruncateEllipsis
		b := widget.NewButton(t("worklist.link"), func() { v.link(p.ID) })
		b.Importance = widget.WarningImportance
		v.people.Add(container.NewBorder(nil, nil, nil, b, l))
	}
	v.people.Refresh()
}

// focus goes to the search for whose a study is, where one is asked for.
func (v *linkView) focus() {
	if v.ex != nil {
		workspace.Focus(v.search)
	}
}

// link is a named person's decision; what differs stays in sight on the study.
func (v *linkView) link(patientID string) {
	if v.ex == nil {
		return
	}
	user, study := v.ws.User(), v.ex.StudyUID
	v.linking.Start(func(ctx context.Context) func() {
		_, err := v.ws.Registry.Link(ctx, user, study, patientID)
		return func() {
			if err != nil {
				v.problem.Explain(err)
				return
			}
			v.problem.SetText("")
			workspace.Release(v.search)
			changedPerson(v.ws, study)
		}
	})
}
