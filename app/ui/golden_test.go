package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
)

// A number of a patient is masked until it is pointed at; the room in front has
// an edge beside its colour.
func TestTheMaskedNumberAndTheRailLookAsTheirGoldenMarkup(t *testing.T) {
	test.NewTempApp(t)
	number, bare := newHidden(), newHidden()
	number.set("620102202205149984")
	bare.set("620102202205149984")
	bare.MouseIn(nil)
	front, other := newRailItem(fynetheme.HomeIcon(), func() {}), newRailItem(fynetheme.SettingsIcon(), func() {})
	front.label.Text, front.on = "Worklist", true
	other.label.Text = "A long room"
	w := test.NewTempWindow(t, container.NewVBox(number, bare, front, other))
	w.Resize(fyne.NewSize(240, 240))
	test.AssertRendersToMarkup(t, "bars.xml", w.Canvas())
}
