package ui

import (
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/ui/canvas"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// stroke drags from point to point of the picture of a viewport.
func stroke(c *compared, p *canvas.Image, from, to imaging.Point) {
	at := func(q imaging.Point) fyne.Position {
		w, h := int(p.Size().Width), int(p.Size().Height)
		x, y := p.State().Render(w, h).ToScreen(w, h, q.X, q.Y)
		return fyne.NewPos(float32(x), float32(y))
	}
	a, b := at(from), at(to)
	p.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: a}, Button: desktop.MouseButtonPrimary})
	p.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: b}, Dragged: fyne.NewDelta(b.X-a.X, b.Y-a.Y)})
	p.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: b}, Button: desktop.MouseButtonPrimary})
	p.DragEnd()
	c.ws.Settle()
}

func TestALengthOnAnObliquePlaneIsKeptInThePatientAndStandsThereAgain(t *testing.T) {
	c := newCompared(t)
	annotations := func() []records.Annotation {
		list, err := c.ws.Reading.Annotations(t.Context(), c.ws.User(), "2.25.91")
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	c.key(fyne.KeyM, 0)
	p := c.ports()
	for _, one := range p {
		one.Resize(fyne.NewSize(400, 400))
	}
	p[1].OnActivate() // the axial one
	c.key(fyne.KeyRight, fyne.KeyModifierShift)
	c.key(fyne.KeyM, fyne.KeyModifierShift) // a slab
	p[2].OnActivate()
	c.key(fyne.KeyL, 0)
	stroke(c, p[2], imaging.Point{X: 2, Y: 2}, imaging.Point{X: 12, Y: 2})
	list := annotations()
	if len(list) != 1 || p[2].Notice() != "" {
		t.Fatalf("%d are in the record: %q", len(list), p[2].Notice())
	}
	a := list[0]
	if a.Cut == nil || a.Cut.Slab != records.SlabMaximum || a.Cut.Thickness != 5 || a.Ref.SOPUID != "" || a.Ref.SeriesUID == "" {
		t.Fatalf("%+v", a)
	}
	// As long in the patient as it says.
	long := a.Patient[1]
	for k := range long {
		long[k] -= a.Patient[0][k]
	}
	if got := a.Values[0]; got.Unit != "mm" || math.Abs(got.Value-math.Sqrt(long.Dot(long))) > 1e-6 {
		t.Errorf("%+v, in the patient %v", got, long)
	}
	if got := p[2].Measured(); len(got) != 1 || !strings.Contains(got[0], "mm") {
		t.Errorf("the plane shows %q", got)
	}
	for k, one := range p {
		if k != 2 && len(one.Measured()) > 0 {
			t.Errorf("viewport %d shows it too", k)
		}
	}
	c.key(fyne.KeyEscape, 0)
	c.key(fyne.KeyM, fyne.KeyModifierShift) // another slab: another picture
	if got := p[2].Measured(); len(got) != 0 {
		t.Errorf("another slab shows %q", got)
	}
	if words := texts(c.tab.Content); !strings.Contains(words, "斜冠状面重建，最大密度投影 5 mm") {
		t.Errorf("the list says %s", words)
	}
	// Opened again, a click in the list lays the plane as it was.
	c.ws.CloseStudy()
	c.ws.Settle()
	c.ws.OpenStudy("2.25.91", func(err error) { t.Error(err) })
	c.ws.Settle()
	workspace.Publish(c.ws, workspace.AnnotationSelected{UID: a.UID})
	c.ws.Settle()
	shown := 0
	for _, one := range c.ports() {
		if w, h := int(one.Size().Width), int(one.Size().Height); one.State().Zoom(w, h) > 100 {
			t.Errorf("a plane is magnified %g times", one.State().Zoom(w, h))
		}
		for _, words := range one.Measured() {
			shown++
			if s, ok := one.Shown(); !ok || math.Abs(math.Abs(s.Plane().Normal().Dot(a.Cut.Plane.Normal()))-1) > 1e-6 || !strings.Contains(words, "mm") {
				t.Errorf("%q on another plane", words)
			}
			if one.Selected() != a.UID {
				t.Errorf("%q is chosen", one.Selected())
			}
		}
	}
	if shown != 1 {
		t.Errorf("it stands on %d planes", shown)
	}
}
