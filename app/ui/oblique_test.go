package ui

import (
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/ui/canvas"
	"longying/imaging"
)

// normalOf is where the picture of a viewport looks.
func normalOf(t *testing.T, p *canvas.Image) imaging.Vec {
	t.Helper()
	s, ok := p.Shown()
	if !ok {
		t.Fatal(p.Problem())
	}
	return s.Plane().Normal()
}

func TestTurningInOnePlaneTurnsTheTwoOthersAboutTheCrosshairAndAKeyStraightensThem(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyM, 0)
	p := c.ports()
	if len(p) != 4 {
		t.Fatalf("%d viewports", len(p))
	}
	for _, one := range p {
		one.Resize(fyne.NewSize(400, 400))
	}
	before := []imaging.Vec{normalOf(t, p[1]), normalOf(t, p[2]), normalOf(t, p[3])}
	turned := func(k int) float64 {
		return math.Acos(min(1, math.Abs(normalOf(t, p[k+1]).Dot(before[k])))) * 180 / math.Pi
	}
	expect := func(what string, want ...float64) {
		t.Helper()
		for k, w := range want {
			if got := turned(k); math.Abs(got-w) > 0.01 {
				t.Errorf("%s: plane %d is turned by %.2f°, not by %.2f°", what, k, got, w)
			}
		}
	}
	p[1].OnActivate() // the axial one
	c.key(fyne.KeyRight, fyne.KeyModifierShift)
	c.key(fyne.KeyRight, fyne.KeyModifierShift)
	expect("two keys", 0, 10, 10)
	if words := strings.Join(p[2].Words().TopRight, "\n"); !strings.Contains(words, "斜") {
		t.Errorf("%q does not say that the plane is oblique", words)
	}
	if words := strings.Join(p[1].Words().TopRight, "\n"); strings.Contains(words, "斜") {
		t.Errorf("%q of a plane that did not turn", words)
	}
	// All of them go through the crosshair still, which stays in the middle.
	for _, one := range p[1:] {
		if x, y := one.CrossOnScreen(); math.Abs(x-200) > 8 || math.Abs(y-200) > 8 {
			t.Errorf("the crosshair is at %g %g", x, y)
		}
	}
	p[1].OnTurn(-10*math.Pi/180, false)
	p[1].OnTurn(0, true)
	c.ws.Settle()
	expect("turned back", 0, 0, 0)
	p[2].OnTurn(0.3, true)
	c.ws.Settle()
	expect("in the coronal plane", 0.3*180/math.Pi, 0, 0.3*180/math.Pi)
	c.key(fyne.KeyV, fyne.KeyModifierShift)
	expect("straightened", 0, 0, 0)
}

func TestALineIsTurnedByItsFarEndAndTheCrosshairStaysWhereItIsOnTheScreen(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyM, 0)
	p := c.ports()
	for _, one := range p {
		one.Resize(fyne.NewSize(400, 400))
	}
	turned := 0.0
	p[1].OnTurn = func(by float64, _ bool) { turned += by }
	press := func(x, y float32) {
		p[1].MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Button: desktop.MouseButtonPrimary})
	}
	drag := func(x, y float32) {
		p[1].Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Dragged: fyne.NewDelta(1, 1)})
	}
	lines := p[1].Lines()
	if len(lines) < 2 {
		t.Fatalf("%d lines", len(lines))
	}
	x, y := p[1].CrossOnScreen()
	press(float32(x)+100, float32(y)) // on the line of the coronal plane
	drag(float32(x), float32(y)+100)
	p[1].DragEnd()
	if math.Abs(turned-math.Pi/2) > 0.02 {
		t.Errorf("a quarter from the rows to the columns turns by %.2f", turned)
	}
	turned = 0
	press(float32(x)+100, float32(y)+100) // beside the lines: the crosshair goes there
	drag(float32(x)+110, float32(y)+100)
	if turned != 0 {
		t.Error("the lines turn where none is held")
	}
	if nx, ny := p[1].CrossOnScreen(); math.Hypot(nx-x-110, ny-y-100) > 2 {
		t.Errorf("the crosshair is at %g %g", nx, ny)
	}
}

func TestPlanesInAColourMapAreTurnedAndThickened(t *testing.T) {
	c := newCompared(t)
	c.key(fyne.KeyM, 0)
	p := c.ports()
	for _, one := range p {
		one.Resize(fyne.NewSize(400, 400))
		one.OnActivate()
		c.key(fyne.KeyC, fyne.KeyModifierShift)
	}
	p[1].OnActivate()
	c.key(fyne.KeyRight, fyne.KeyModifierShift)
	c.key(fyne.KeyM, fyne.KeyModifierShift)
	for _, one := range p {
		if one.Problem() != "" {
			t.Error(one.Problem())
		}
	}
}
