package worklist

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

func TestTheSearchFieldKeepsRoomForTwelveCharactersAtAnyWidth(t *testing.T) {
	test.NewTempApp(t)
	box := func(w, h float32) fyne.CanvasObject {
		r := canvas.NewRectangle(nil)
		r.SetMinSize(fyne.NewSize(w, h))
		return r
	}
	sources, search, acts := box(440, 40), box(60, 38), box(740, 42)
	bar := container.New(&toolbar{}, sources, search, acts)
	one := bar.MinSize().Height
	for width := bar.MinSize().Width; width < 1600; width += 11 {
		bar.Resize(fyne.NewSize(width, bar.MinSize().Height))
		bar.Resize(fyne.NewSize(width, bar.MinSize().Height)) // as the toolkit does where the height has changed
		if search.Size().Width < searchRoom() {
			t.Fatalf("%v wide, the field has %v", width, search.Size().Width)
		}
		if below := acts.Position().Y > 0; below != (width < 440+740+2*4+searchRoom()) || below != (bar.Size().Height > one) {
			t.Fatalf("%v wide: in two rows %v, height %v", width, below, bar.Size().Height)
		}
		if acts.Position().X < 0 || acts.Position().X+acts.Size().Width > width || acts.Position().Y+acts.Size().Height > bar.Size().Height {
			t.Fatalf("%v wide: what is done is cut", width)
		}
		if acts.Position().Y == 0 && search.Position().X+search.Size().Width > acts.Position().X {
			t.Fatalf("%v wide: the field lies below the buttons", width)
		}
	}
}
