package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/imaging"
)

func TestADragOverARegionMakesItsWindowAndEscGivesUp(t *testing.T) {
	c := newCompared(t)
	p := c.ports()[0]
	p.Resize(fyne.NewSize(160, 160)) // ten pixels of the screen a pixel
	before := *p.State().Window
	c.key(fyne.KeyI, fyne.KeyModifierShift)
	if !p.Windowing() {
		t.Fatal("no drag is waited for")
	}
	c.key(fyne.KeyEscape, 0)
	drag := func() {
		p.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(20, 30)}, Button: desktop.MouseButtonPrimary})
		p.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(60, 70)}, Dragged: fyne.NewDelta(0, 0)})
		p.DragEnd()
	}
	drag()
	if *p.State().Window != before {
		t.Errorf("after Esc the drag makes %+v", p.State().Window)
	}
	c.key(fyne.KeyI, fyne.KeyModifierShift)
	drag()
	// Slice 4 of the series: (i*7 + 4*101) % 2000 − 1024 of the pixels x 2 to 5, y 3 to 6.
	k := p.State().Slice
	low, high := 1<<20, -1<<20
	for y := 3; y < 7; y++ {
		for x := 2; x < 6; x++ {
			v := ((y*16+x)*7+k*101)%2000 - 1024
			low, high = min(low, v), max(high, v)
		}
	}
	if w := p.State().Window; w.Width != float64(high-low+1) || w.Center != float64(low+high)/2+0.5 {
		t.Errorf("%+v of values from %d to %d", w, low, high)
	}
	if p.Windowing() {
		t.Error("the next drag makes a window too")
	}
}

// offers reports a button with these words in the room in front.
func (c *compared) offers(words string) bool {
	return slices.ContainsFunc(test.LaidOutObjects(c.front.Content), func(o fyne.CanvasObject) bool {
		b, ok := o.(*widget.Button)
		return ok && b.Text == words
	})
}

func TestTheLeftButtonIsGivenAnotherDragByAKeyAndGivenBackByItsKeyOrEsc(t *testing.T) {
	c := newCompared(t)
	p := c.ports()[0]
	p.Resize(fyne.NewSize(160, 160))
	type seen struct {
		slice  int
		window imaging.VOILUT
		scale  float64
		free   bool
	}
	look := func() seen {
		s := p.State()
		return seen{s.Slice, *s.Window, s.Scale, s.Free}
	}
	drag := func() (before, after seen) {
		p.SetState(p.State().Fit())
		before = look()
		at := fyne.NewPos(60, 70)
		p.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at}, Button: desktop.MouseButtonPrimary})
		p.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at}, Dragged: fyne.NewDelta(0, -20)})
		p.DragEnd()
		return before, look()
	}
	windows := func(when string) {
		t.Helper()
		if a, b := drag(); a.window == b.window || a.slice != b.slice || b.free {
			t.Errorf("%s the left drag turns %+v into %+v", when, a, b)
		}
		if got := c.ws.Lang.T("viewer.measure"); !c.offers(got) {
			t.Errorf("%s no button says %q", when, got)
		}
	}
	windows("as shipped")
	for _, one := range []struct {
		key  fyne.KeyName
		says string
		did  func(a, b seen) bool
	}{
		{fyne.KeyS, "左键：翻层", func(a, b seen) bool { return a.slice != b.slice && a.window == b.window && !b.free }},
		{fyne.KeyZ, "左键：缩放", func(a, b seen) bool { return a.scale != b.scale && a.slice == b.slice && a.window == b.window }},
		{fyne.KeyP, "左键：移动", func(a, b seen) bool { return b.free && a.slice == b.slice && a.window == b.window }},
	} {
		c.key(one.key, fyne.KeyModifierAlt)
		if a, b := drag(); !one.did(a, b) {
			t.Errorf("%s: %+v became %+v", one.says, a, b)
		}
		if !c.offers(one.says) {
			t.Errorf("no button says %q", one.says)
		}
		c.key(fyne.KeyEscape, 0)
		windows("after Esc")
		c.key(one.key, fyne.KeyModifierAlt)
		c.key(one.key, fyne.KeyModifierAlt)
		windows("after the key again")
	}
	// What the left button was given is this person's.
	c.key(fyne.KeyS, fyne.KeyModifierAlt)
	c.ws.LoadBindings(func(err error) { t.Error(err) })
	windows("for the next person")
}

func TestAColourMapIsOnOnlyWhenAskedForAndIsNamedAlsoWithTheWordsHidden(t *testing.T) {
	c := newCompared(t)
	p := c.ports()[0]
	if p.Colours() != "" {
		t.Errorf("a CT begins in %s", p.Colours())
	}
	for _, want := range []string{"热铁", "PET", "光谱", ""} {
		c.key(fyne.KeyC, fyne.KeyModifierShift)
		safe := strings.Join(p.Words().Safe, "\n")
		if want == "" {
			if p.Colours() != "" || strings.Contains(safe, "伪彩") {
				t.Errorf("%q after the last", safe)
			}
		} else if !strings.Contains(safe, "伪彩："+want) {
			t.Errorf("%q does not name %s", safe, want)
		}
	}
	c.key(fyne.KeyC, fyne.KeyModifierShift)
	c.ws.OpenStudy("2.25.92", func(err error) { t.Error(err) })
	c.ws.Settle()
	if got := c.ports()[0].Colours(); got != "" {
		t.Errorf("the next study begins in %s", got)
	}
}

func TestTrueSizeIsRefusedUntilTheMonitorWasMeasuredAndIsThenToTheMillimetre(t *testing.T) {
	c := newCompared(t)
	p := c.ports()[0]
	p.Resize(fyne.NewSize(400, 400))
	before := p.State()
	c.key(fyne.KeyS, 0)
	if p.State() != before || !strings.Contains(p.Notice(), "毫米") {
		t.Errorf("%q", p.Notice())
	}
	on := func(m screen.Monitor) { c.ws.OnMonitor(func() screen.Monitor { return m }) }
	here := screen.Monitor{Host: "reading-1", Width: 1366, Height: 700, Scale: 1}
	on(here)
	c.ws.StorePixelPitch(0.25, func(err error) {
		if err != nil {
			t.Error(err)
		}
	})
	c.ws.Settle()
	c.key(fyne.KeyS, 0)
	if s := p.State(); !s.Free || s.Scale != 0.7/0.25 { // a pixel of 0.7 mm on pixels of 0.25 mm
		t.Errorf("%+v", s)
	}
	if words := strings.Join(p.Words().BottomLeft, "\n"); !strings.Contains(words, "真实大小") || p.Notice() != "" {
		t.Errorf("%q %q", words, p.Notice())
	}
	// The same folder on another computer, and a monitor that has another scale.
	for _, other := range []screen.Monitor{{Host: "reading-2", Width: 1366, Height: 700, Scale: 1}, {Host: "reading-1", Width: 3840, Height: 2160, Scale: 1.5}} {
		on(other)
		p.SetState(p.State().Fit())
		fitted := p.State()
		c.key(fyne.KeyS, 0)
		if p.State() != fitted || !strings.Contains(p.Notice(), "毫米") {
			t.Errorf("%+v: %+v, %q", other, p.State(), p.Notice())
		}
	}
	c.ws.LoadPixelPitch(func(err error) { t.Error(err) })
	c.ws.Settle()
	here.Width = 1200 // the window is smaller
	on(here)
	c.key(fyne.KeyS, 0)
	if s := p.State(); s.Scale != 0.7/0.25 {
		t.Errorf("%+v", s)
	}
}

func TestTheMagnifierGoesOverTwoThreeAndFourTimesToNoneAndEscPutsItAway(t *testing.T) {
	c := newCompared(t)
	p := c.ports()[0]
	for _, want := range []int{2, 3, 4, 0, 2} {
		c.key(fyne.KeyZ, fyne.KeyModifierShift)
		if p.Magnified() != want {
			t.Errorf("%d times, not %d", p.Magnified(), want)
		}
	}
	c.key(fyne.KeyEscape, 0)
	if p.Magnified() != 0 {
		t.Error("Esc leaves it")
	}
}
