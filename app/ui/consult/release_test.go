package consult

import (
	"testing"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

func TestAFieldIsFoundInAPageAtAnyDepthAndNoOtherIs(t *testing.T) {
	e, gone := widget.NewEntry(), widget.NewEntry()
	page := container.NewVBox(widget.NewLabel("x"), container.NewBorder(nil, nil, widget.NewLabel("y"), nil, container.New(layout.NewCustomPaddedVBoxLayout(-6), e)))
	if !holds(page, e) || holds(page, gone) {
		t.Errorf("in the page %v, gone from it %v", holds(page, e), holds(page, gone))
	}
}
