package workspace

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

func TestAFlowBreaksWhereTheWidthEndsAndAsksForTheHeightOfItsRows(t *testing.T) {
	var os []fyne.CanvasObject
	for range 3 {
		r := canvas.NewRectangle(color.Black)
		r.SetMinSize(fyne.NewSize(100, 20))
		os = append(os, r)
	}
	again := 0
	f := NewFlow(10, func() { again++ })
	c := container.New(f, os...)
	for _, want := range []struct {
		width, height float32
		last          fyne.Position
	}{{320, 20, fyne.NewPos(220, 0)}, {319, 50, fyne.NewPos(0, 30)}, {100, 80, fyne.NewPos(0, 60)}} {
		again = 0
		c.Resize(fyne.NewSize(want.width, 20))
		if got := c.MinSize(); got != fyne.NewSize(100, want.height) {
			t.Errorf("at %v wide it asks for %v, want 100 by %v", want.width, got, want.height)
		}
		if got := os[2].Position(); got != want.last {
			t.Errorf("at %v wide the last stands at %v, want %v", want.width, got, want.last)
		}
		if again != 1 {
			t.Errorf("at %v wide its holder was laid out again %d times, want once", want.width, again)
		}
	}
	os[1].Hide()
	c.Resize(fyne.NewSize(210, 20))
	if got := c.MinSize().Height; got != 20 {
		t.Errorf("a hidden object takes room: %v high", got)
	}
}

func TestARowFillsTheWidthAndGivesEachWhatItNeeds(t *testing.T) {
	var os []fyne.CanvasObject
	for _, w := range []float32{100, 40, 60} {
		r := canvas.NewRectangle(color.Black)
		r.SetMinSize(fyne.NewSize(w, 20))
		os = append(os, r)
	}
	c := container.New(NewRow(10), os...)
	if got := c.MinSize(); got != fyne.NewSize(220, 20) {
		t.Errorf("it asks for %v", got)
	}
	c.Resize(fyne.NewSize(250, 30))
	for i, want := range []struct{ x, w float32 }{{0, 110}, {120, 50}, {180, 70}} {
		if os[i].Position().X != want.x || os[i].Size() != fyne.NewSize(want.w, 30) {
			t.Errorf("object %d at %v, %v", i, os[i].Position(), os[i].Size())
		}
	}
}
