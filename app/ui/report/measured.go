package report

import (
	"strings"

	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/report"
)

// wantMeasure states a measurement in the findings, or renews the sentence that
// states it, once the report is there as it is stored.
func (t *tab) wantMeasure(uid string) {
	if t.study == "" {
		return
	}
	t.wanted = uid
	workspace.Publish(t.ws, workspace.RoomWanted{ID: "report"})
	t.load()
}

// insertMeasure puts the wanted sentence in.
func (t *tab) insertMeasure() {
	uid := t.wanted
	t.wanted = ""
	if uid == "" {
		return
	}
	if t.seen.Disabled() || t.seen.Hidden {
		t.problem.Say("report.measure_signed")
		return
	}
	for i := range t.drawn {
		a := &t.drawn[i]
		if a.UID != uid {
			continue
		}
		if a.LeftOut {
			t.problem.Say("report.measure_left")
			return
		}
		s, ok := report.Measured(a, t.ws.Spot(a.Ref))
		if !ok {
			t.problem.Say("report.measure_silent")
			return
		}
		in := t.seen
		for _, line := range t.impression.text.Lines() {
			if line.AnnotationUID == uid {
				in = t.impression
			}
		}
		in.show(in.text.State(s, in.CursorTextOffset()))
		t.selected = uid
		t.edited()
		return
	}
	t.problem.Say("report.measure_none")
}

// chooseMeasure brings the picture of a measurement to the front.
func (t *tab) chooseMeasure(uid string) {
	if uid != t.selected {
		workspace.Publish(t.ws, workspace.AnnotationSelected{UID: uid})
	}
}

// missed are the sentences that do not go with the measurement that they state:
// the signature waits for an answer to each.
func (t *tab) missed() []records.Contradiction {
	if t.report.State == records.ReportSigned {
		return nil
	}
	found := records.Contradictions(t.seen.text.Sentences(), t.impression.text.Sentences(), records.Known{Annotations: records.StatedAnnotations(t.drawn)})
	return records.Unanswered(found, t.report.Answers)
}

// measured says which sentences state a measurement that is another one now, or
// is gone.
func (t *tab) measured(missed []records.Contradiction) {
	l := t.ws.Lang
	t.changed.RemoveAll()
	for _, c := range missed {
		said := ""
		switch c.Code {
		case records.ContradictsMeasure:
			said = l.T("report.measure_changed", short(c.Text), c.Word, c.Known)
		case records.ContradictsGone:
			said = l.T("report.measure_gone", short(c.Text))
		default:
			continue
		}
		w := wrapped(said)
		w.Importance = widget.WarningImportance
		t.changed.Add(w)
		if uid := t.statedBy(c); uid != "" {
			t.changed.Add(chip(l.T("report.chip_renew", short(c.Known)), false, func() { t.wantMeasure(uid) }))
		}
	}
	t.changed.Refresh()
}

// misstated says of a sentence what it should say of its measurement; empty where
// it does. It is said below the field: above it, it would move the field under the
// hand that is just writing the number.
func misstated(missed []records.Contradiction, s records.Sentence) string {
	for _, c := range missed {
		if c.Code == records.ContradictsValue && c.Known == s.Measured && c.Text == strings.TrimSpace(s.Text) {
			return c.Known
		}
	}
	return ""
}

// statedBy is the measurement whose sentence can be written anew.
func (t *tab) statedBy(c records.Contradiction) string {
	if c.Code != records.ContradictsMeasure {
		return ""
	}
	for _, s := range append(t.seen.text.Sentences(), t.impression.text.Sentences()...) {
		for i := range t.drawn {
			if a := &t.drawn[i]; a.UID == s.AnnotationUID && a.Stated() == c.Known && strings.TrimSpace(s.Text) == c.Text {
				return a.UID
			}
		}
	}
	return ""
}
