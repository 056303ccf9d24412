package findings

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"longying/records"
)

// The golden files say what is painted: a state is told by its stroke and its
// mark, never by its colour alone (ui.md, "Colour and type").
func TestEveryStateOfAFindingLooksAsItsGoldenMarkup(t *testing.T) {
	test.NewTempApp(t)
	box := container.NewVBox()
	for _, s := range []records.FindingState{records.FindingProposed, records.FindingConfirmed, records.FindingEdited, records.FindingRejected, records.FindingWithdrawn} {
		sign := stateSign(s)
		box.Add(newRow(sign, false, widget.NewLabel(sign.mark+string(s)), nil))
	}
	sign := stateSign(records.FindingProposed)
	box.Add(newRow(sign, true, widget.NewLabel(sign.mark+"chosen"), func() {}))
	w := test.NewTempWindow(t, box)
	w.Resize(fyne.NewSize(240, 320))
	test.AssertRendersToMarkup(t, "states.xml", w.Canvas())
}

func TestEveryOutcomeOfAModelLooksAsItsGoldenMarkup(t *testing.T) {
	test.NewTempApp(t)
	box := container.NewVBox()
	for _, o := range []Outcome{NotRun, Proposed, BelowThreshold, Unsure, Refused} {
		sign := outcomeSign(o)
		box.Add(newRow(sign, false, widget.NewLabel(sign.mark), nil))
	}
	w := test.NewTempWindow(t, box)
	w.Resize(fyne.NewSize(240, 320))
	test.AssertRendersToMarkup(t, "outcomes.xml", w.Canvas())
}
