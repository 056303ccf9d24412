package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

func TestAFindingThatFollowsAPriorOneStandsBesideItAtTheSameLesionAndGoesOnWithIt(t *testing.T) {
	c := newCompared(t)
	user := c.ws.User()
	mark := func(study, sop string) records.Finding {
		t.Helper()
		f, err := c.st.Reading.Mark(t.Context(), user, imaging.Ref{StudyUID: study, SOPUID: sop, Frame: 1, Region: &imaging.Region{X0: 2, Y0: 2, X1: 6, Y1: 6}},
			records.FindingChange{Label: &records.Text{Zh: "结节"}})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	// The prior one lies in a study that B alone would not show, on its last slice.
	old, now := mark("2.25.93", "2.25.93.1.5"), mark("2.25.91", "2.25.91.1.3")
	now, err := c.st.Reading.Follow(t.Context(), user, now.UID, old.UID)
	if err != nil {
		t.Fatal(err)
	}
	workspace.Publish(c.ws, workspace.FindingsChanged{StudyUID: "2.25.91"})
	c.ws.Settle()
	workspace.Publish(c.ws, workspace.FindingSelected{Finding: now})
	c.ws.Settle()
	c.key(fyne.KeyB, 0)
	p := c.ports()
	if len(p) != 2 || p[1].Study() == nil || p[1].Study().UID != "2.25.93" {
		t.Fatalf("%d viewports, the second of %v", len(p), p[1].Study())
	}
	here, _ := p[0].Shown()
	there, _ := p[1].Shown()
	if here.Instance.SOPInstanceUID != "2.25.91.1.3" || there.Instance.SOPInstanceUID != "2.25.93.1.5" {
		t.Errorf("%s stands beside %s", here.Instance.SOPInstanceUID, there.Instance.SOPInstanceUID)
	}
	if m := p[1].Marks(); len(m) != 1 || m[0].UID != old.UID {
		t.Errorf("%+v", m)
	}
	c.key(fyne.KeyUp, 0)
	if was := p[1].State().Slice; p[0].State().Slice != 1 || was != 3 {
		t.Errorf("slice %d beside slice %d", p[0].State().Slice, was)
	}
}
