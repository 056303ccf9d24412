package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// chosen is a film with one finding and one measurement.
type chosen struct {
	*ruler
	finding records.Finding
	drawn   records.Annotation
}

func newChosen(t *testing.T) *chosen {
	t.Helper()
	r := newRuler(t, "CR")
	s, ok := r.image().Shown()
	if !ok {
		t.Fatal("no picture")
	}
	made, err := r.st.Reading.Mark(t.Context(), r.ws.User(), imaging.Ref{StudyUID: r.study, SeriesUID: s.Instance.SeriesUID, SOPUID: s.Instance.SOPInstanceUID,
		SOPClass: s.Instance.SOPClassUID, Frame: 1, Region: &imaging.Region{Kind: imaging.RegionDrawn, X0: 30, Y0: 40, X1: 60, Y1: 80}},
		records.FindingChange{Label: &records.Text{Zh: "右肺结节", En: "Nodule"}})
	if err != nil {
		t.Fatal(err)
	}
	workspace.Publish(r.ws, workspace.FindingsChanged{StudyUID: r.study})
	r.ws.Settle()
	c := &chosen{ruler: r, finding: made}
	c.key(workspace.Press(fyne.KeyJ))
	c.is("stepped to the finding", true, false)
	c.measure()
	c.drawn = c.kept()[0]
	return c
}

func (c *chosen) measure() {
	c.t.Helper()
	c.key(workspace.Press(fyne.KeyL))
	c.drag(imaging.Point{X: 80, Y: 70}, imaging.Point{X: 180, Y: 90})
	c.key(workspace.Press(fyne.KeyL)) // Esc would leave a form, too
}

// is holds what looks chosen, on the picture and in the list, against what should.
func (c *chosen) is(when string, finding, measurement bool) {
	c.t.Helper()
	if got := c.image().ChosenMark() != ""; got != finding {
		c.t.Errorf("%s: the finding looks chosen on the picture: %v", when, got)
	}
	if got := c.image().Selected() != ""; got != measurement {
		c.t.Errorf("%s: the measurement looks chosen on the picture: %v", when, got)
	}
	if got := strings.Contains(texts(c.tab.Content), "写入报告"); got != measurement {
		c.t.Errorf("%s: the measurement looks chosen in the list: %v", when, got)
	}
}

func TestChoosingAMeasurementLetsTheFindingGoAndNoVerdictFallsOnIt(t *testing.T) {
	c := newChosen(t)
	c.is("drawn", false, true)
	for _, k := range []fyne.KeyName{fyne.KeyN, fyne.KeyE} {
		c.key(workspace.Press(k))
		if said := texts(c.tab.Content); strings.Contains(said, "驳回的理由") || strings.Contains(said, "名称") {
			t.Errorf("%s opens a form on the finding that was let go", k)
		} else if !strings.Contains(said, "没有选中所见") {
			t.Errorf("%s does nothing and says nothing: %s", k, said)
		}
	}
	c.key(workspace.Press(fyne.KeyJ)) // back to it
	c.is("stepped back", true, false)
	if strings.Contains(texts(c.tab.Content), "没有选中所见") {
		t.Error("with a finding chosen it says that none is")
	}
	workspace.Publish(c.ws, workspace.AnnotationSelected{UID: c.drawn.UID})
	c.key(workspace.Press(fyne.KeyN))
	workspace.Publish(c.ws, workspace.FindingSelected{Finding: c.finding}) // as a click on the image does
	c.ws.Settle()
	if strings.Contains(texts(c.tab.Content), "没有选中所见") {
		t.Error("with a finding chosen on the image it says that none is")
	}
	workspace.Publish(c.ws, workspace.AnnotationSelected{UID: c.drawn.UID})
	c.ws.Settle()
	c.is("clicked in the list", false, true)
}

func TestChoosingAFindingLetsTheMeasurementGoAndDeleteDoesNotTakeIt(t *testing.T) {
	c := newChosen(t)
	workspace.Publish(c.ws, workspace.FindingSelected{Finding: c.finding})
	c.ws.Settle()
	c.is("clicked", true, false)
	c.key(workspace.Press(fyne.KeyDelete))
	c.key(workspace.Key{Name: fyne.KeyDelete, Mod: fyne.KeyModifierAlt})
	if list := records.StatedAnnotations(c.kept()); len(list) != 1 {
		t.Fatalf("what was let go was deleted, or left out: %+v", c.kept())
	}
	workspace.Publish(c.ws, workspace.AnnotationSelected{UID: c.drawn.UID})
	c.ws.Settle()
	c.key(workspace.Press(fyne.KeyDelete))
	if list := records.StandingAnnotations(c.kept()); len(list) != 0 {
		t.Errorf("what is chosen was not deleted: %+v", list)
	}
}

func TestWhatIsBeingWordedStaysChosenUntilItsWordsAreSentOrLeft(t *testing.T) {
	c := newChosen(t)
	c.key(workspace.Key{Name: fyne.KeyT, Mod: fyne.KeyModifierAlt}) // the words of the measurement
	workspace.Publish(c.ws, workspace.FindingSelected{Finding: c.finding})
	c.ws.Settle()
	if c.image().Selected() != c.drawn.UID {
		t.Error("the measurement whose words are being written is let go")
	}
	closeBy(t, c, "viewer.measure_words_close")
	c.is("its words left", true, false)

	c.key(workspace.Press(fyne.KeyE)) // the form of the finding
	c.measure()
	if c.image().ChosenMark() != c.finding.UID || !strings.Contains(texts(c.tab.Content), "名称") {
		t.Error("the finding whose form is open is let go")
	}
	closeBy(t, c, "findings.close_form")
	c.is("its form left", false, true)
}

func closeBy(t *testing.T, c *chosen, label string) {
	t.Helper()
	for _, room := range []*workspace.Room{c.front, c.tab} {
		for _, a := range room.Live() {
			if string(a.Label) == label {
				a.Do()
				c.ws.Settle()
				return
			}
		}
	}
	t.Fatalf("nothing does %s", label)
}
