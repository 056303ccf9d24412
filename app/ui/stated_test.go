package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

func TestAMeasurementIsStatedByAKeyLeadsBackToItsPictureAndIsMissedWhenItChanges(t *testing.T) {
	r := newRuler(t, "CR")
	r.key(workspace.Press(fyne.KeyL))
	r.drag(imaging.Point{X: 60, Y: 70}, imaging.Point{X: 180, Y: 90})
	r.key(workspace.Press(fyne.KeyEscape))
	a := r.kept()[0]
	r.key(workspace.Key{Name: fyne.KeyM, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift})
	if r.tab == nil || r.tab.ID != "report" {
		t.Fatal("the report is not in front")
	}
	seen := func() []records.Sentence {
		t.Helper()
		flush(r.shell)
		rep, err := r.st.Reading.Report(t.Context(), r.ws.User(), r.study)
		if err != nil {
			t.Fatal(err)
		}
		return rep.Findings
	}
	s := seen()
	if len(s) != 1 || s[0].AnnotationUID != a.UID || !strings.Contains(s[0].Text, a.Stated()) {
		t.Fatalf("%+v", s)
	}
	// Stated again it is the same sentence, not a second one.
	r.key(workspace.Key{Name: fyne.KeyM, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift})
	if s = seen(); len(s) != 1 {
		t.Errorf("%+v", s)
	}
	// Its number written over, what is wrong and what was measured stand below the
	// field until it is right again.
	var field *workspace.Entry
	for _, o := range test.LaidOutObjects(r.tab.Content) {
		if e, ok := o.(*workspace.Entry); ok && strings.Contains(e.Text, a.Stated()) {
			field = e
		}
	}
	if field == nil {
		t.Fatal("the sentence stands in no field")
	}
	right := field.Text
	field.SetText(strings.Replace(right, a.Stated(), "999 mm", 1))
	if s = seen(); len(s) != 1 || s[0].AnnotationUID != a.UID {
		t.Fatalf("%+v", s)
	}
	if said := texts(r.tab.Content); !strings.Contains(said, "与所测不符：测得 "+a.Stated()) {
		t.Errorf("the draft does not say that it measured something else: %q", said)
	}
	field.SetText(right)
	if said := texts(r.tab.Content); strings.Contains(said, "与所测不符") {
		t.Errorf("corrected, it is still said to be wrong: %q", said)
	}
	moved := records.AnnotationChange{Points: []imaging.Point{{X: 60, Y: 70}, {X: 300, Y: 110}}, Values: []records.Measurement{a.Values[0]}, Basis: a.Basis}
	moved.Values[0].Value *= 2
	if _, err := r.st.Reading.EditAnnotation(t.Context(), r.ws.User(), a.UID, moved); err != nil {
		t.Fatal(err)
	}
	workspace.Publish(r.ws, workspace.AnnotationsChanged{StudyUID: r.study})
	r.ws.Settle()
	if said := texts(r.tab.Content); !strings.Contains(said, "现测得") {
		t.Errorf("the draft does not say that it measures something else now: %q", said)
	}
	r.key(workspace.Key{Name: fyne.KeyDelete, Mod: fyne.KeyModifierAlt})
	if list := r.kept(); !list[0].LeftOut {
		t.Errorf("%+v", list[0])
	}
	if said := texts(r.tab.Content); !strings.Contains(said, "已删除或不入报告") {
		t.Errorf("the draft does not say that it is left out: %q", said)
	}
}

// flush writes what is typed into the report.
func flush(s *shell) {
	for _, a := range s.tab.Live() {
		if a.Label == "report.save" {
			a.Do()
		}
	}
	s.ws.Settle()
}
