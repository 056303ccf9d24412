package canvas

import (
	"testing"

	"fyne.io/fyne/v2"
)

func TestOnlyCornersThatSaySomethingKeepLabelsOff(t *testing.T) {
	r := &imageRenderer{warned: newOutlined(fyne.TextAlignLeading)}
	for k := range r.corner {
		r.corner[k] = newOutlined(fyne.TextAlignLeading)
	}
	if got := r.words(); len(got) != 0 {
		t.Errorf("%d corners without words", len(got))
	}
	r.corner[2].lines, r.warned.lines = []string{"W 80"}, []string{"tilt"}
	got := r.words()
	if len(got) != 2 || got[0] != fyne.CanvasObject(r.corner[2]) || got[1] != fyne.CanvasObject(r.warned) {
		t.Errorf("%v", got)
	}
	if r.corner[3] == r.warned {
		t.Error("a corner was replaced")
	}
}
