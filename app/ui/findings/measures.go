package findings

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas"
	"longying/app/ui/lang"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// measures adds what was measured and drawn by hand to the list: a click brings
// its picture to the front.
func (t *tab) measures() {
	if len(t.annotations) == 0 {
		return
	}
	l := t.ws.Lang
	t.rows.Add(widget.NewSeparator())
	t.rows.Add(widget.NewLabelWithStyle(l.T("findings.measures", len(t.annotations)), fyne.TextAlignLeading, fyne.TextStyle{Bold: true}))
	for _, a := range t.annotations {
		t.rows.Add(t.measureRow(a))
	}
}

func (t *tab) measureRow(a records.Annotation) fyne.CanvasObject {
	l := t.ws.Lang
	s := sign{look.Measured(), solid, ""}
	values := records.ValuesSaid(a.Tool, a.Values, l.Short())
	lines := container.NewVBox(headline(s, l.T(lang.Key(canvas.ToolNames()[a.Tool])), strings.Join(values, l.T("findings.comma")), false))
	if a.Label != "" {
		lines.Add(small(a.Label, widget.MediumImportance))
	}
	if a.Cut != nil {
		lines.Add(small(a.Cut.Said(l.Short()), widget.LowImportance))
	}
	for _, w := range a.Basis.Said(a.Values, l.Short()) {
		lines.Add(small(w, widget.LowImportance))
	}
	lines.Add(small(l.T("findings.measured_by", t.placeOf(a.Ref), a.ByName, a.At.In(imaging.Zone()).Format("2006-01-02 15:04")), widget.LowImportance))
	if a.LeftOut {
		lines.Add(small(l.T("findings.measure_left"), widget.WarningImportance))
	}
	chosen := t.measure == a.UID
	if chosen {
		wanted := func(text lang.Key, e workspace.AnnotationWanted) fyne.CanvasObject {
			e.UID = a.UID
			return widget.NewButton(l.T(text), func() { workspace.Publish(t.ws, e) })
		}
		leave := lang.Key("findings.measure_leave")
		if a.LeftOut {
			leave = "findings.measure_take"
		}
		lines.Add(wanted("findings.measure_report", workspace.AnnotationWanted{Report: true}))
		lines.Add(wanted(leave, workspace.AnnotationWanted{Leave: true}))
		lines.Add(container.New(workspace.NewRow(theme.Padding()), wanted("findings.measure_words", workspace.AnnotationWanted{}),
			wanted("findings.measure_delete", workspace.AnnotationWanted{Delete: true})))
		if len(t.versions) > 0 && t.versions[len(t.versions)-1].UID == a.UID {
			lines.Add(t.measureHistory())
		}
	}
	r := newRow(s, chosen, lines, func() { workspace.Publish(t.ws, workspace.AnnotationSelected{UID: a.UID}) })
	if chosen {
		t.shownRow = r
	}
	return r
}

// placeOf names the picture of a measurement: its series, and which of its
// pictures where there are several.
func (t *tab) placeOf(ref imaging.Ref) string {
	l := t.ws.Lang
	switch at := t.ws.Spot(ref); {
	case at.Series == 0 && at.Slice == 0:
		return ""
	case at.Of == 0:
		return l.T("findings.measured_series", at.Series)
	default:
		return l.T("findings.measured_slice", at.Series, at.Slice, at.Of)
	}
}

// pickMeasure follows a choice of a measurement made here or on the image.
func (t *tab) pickMeasure(uid string) {
	if t.measure != uid {
		t.versions = nil
	}
	t.measure, t.onMeasure = uid, uid != ""
	if uid != "" && t.form == nil { // what a form is about stays chosen until it is sent or left
		t.letFindingGo()
	}
	t.render()
	t.reveal()
}

// letFindingGo chooses no finding, nor another maker's item, because a measurement
// was chosen: a verdict is always on what looks chosen.
func (t *tab) letFindingGo() {
	t.list, t.item, t.history = t.list.LetGo(), "", nil
	t.offerVerdicts()
	workspace.Publish(t.ws, workspace.FindingLetGo{})
}

// letMeasureGo chooses no measurement, because a finding was chosen; and it is no
// longer said that none is.
func (t *tab) letMeasureGo() {
	t.measure, t.onMeasure, t.versions = "", false, nil
	if t.problem.Text() == t.ws.Lang.T("findings.none_chosen") {
		t.problem.SetText("")
	}
}

// toggleVersions shows every version of the chosen measurement, or hides them.
func (t *tab) toggleVersions() {
	if t.versions != nil {
		t.versions = nil
		t.render()
		return
	}
	user, uid, study := t.ws.User(), t.measure, t.study
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		versions, err := t.ws.Reading.AnnotationHistory(ctx, user, uid)
		return func() {
			if t.study != study || t.measure != uid {
				return
			}
			if err != nil {
				t.explain(err)
				return
			}
			t.versions = versions
			t.render()
			t.reveal()
		}
	})
}

// measureHistory is who did what and when, with what was measured then.
func (t *tab) measureHistory() fyne.CanvasObject {
	l := t.ws.Lang
	box := container.NewVBox(small(l.T("findings.measure_history"), widget.MediumImportance))
	for i, v := range t.versions {
		text := v.At.In(imaging.Zone()).Format("2006-01-02 15:04:05") + "  " + l.T(versionDid(t.versions, i)) + "  " + v.ByName
		said := records.ValuesSaid(v.Tool, v.Values, l.Short())
		if v.Label != "" {
			said = append([]string{v.Label}, said...)
		}
		if len(said) > 0 && v.State == records.AnnotationDrawn {
			text += "\n" + strings.Join(said, l.T("findings.comma"))
		}
		box.Add(small(text, widget.LowImportance))
	}
	return box
}

// versionDid names what a version changed about the one before.
func versionDid(all []records.Annotation, i int) lang.Key {
	v := all[i]
	switch {
	case v.State == records.AnnotationDeleted:
		return "findings.measure_gone"
	case i == 0:
		return "findings.measure_drawn"
	}
	before := all[i-1]
	switch {
	case before.State == records.AnnotationDeleted:
		return "findings.measure_back"
	case before.UID != v.UID:
		return "findings.measure_reissued"
	case !before.LeftOut && v.LeftOut:
		return "findings.measure_left_out"
	case before.LeftOut && !v.LeftOut:
		return "findings.measure_taken_in"
	case !slices.Equal(before.Points, v.Points):
		return "findings.measure_moved"
	}
	return "findings.measure_worded"
}
