package findings

import (
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
	for _, w := range a.Basis.Said(a.Values, l.Short()) {
		lines.Add(small(w, widget.LowImportance))
	}
	lines.Add(small(l.T("findings.measured_by", t.placeOf(a.Ref), a.ByName, a.At.In(imaging.Zone()).Format("2006-01-02 15:04")), widget.LowImportance))
	chosen := t.measure == a.UID
	if chosen {
		words := widget.NewButton(l.T("findings.measure_words"), func() { workspace.Publish(t.ws, workspace.AnnotationWanted{UID: a.UID}) })
		remove := widget.NewButton(l.T("findings.measure_delete"), func() { workspace.Publish(t.ws, workspace.AnnotationWanted{UID: a.UID, Delete: true}) })
		lines.Add(container.New(workspace.NewRow(theme.Padding()), words, remove))
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
	o := t.ws.Current()
	if o == nil || o.Study == nil {
		return ""
	}
	for i := range o.Study.Series {
		s := &o.Study.Series[i]
		if s.UID != ref.SeriesUID {
			continue
		}
		for _, stack := range o.Stacks[i] {
			for k, slice := range stack.Slices {
				if slice.Instance.SOPInstanceUID == ref.SOPUID && slice.Frame == ref.Frame && len(stack.Slices) > 1 {
					return l.T("findings.measured_slice", s.Number, k+1, len(stack.Slices))
				}
			}
		}
		return l.T("findings.measured_series", s.Number)
	}
	return ""
}

// pickMeasure follows a choice of a measurement made here or on the image.
func (t *tab) pickMeasure(uid string) {
	t.measure = uid
	t.render()
	t.reveal()
}
