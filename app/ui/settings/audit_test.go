package settings

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records/auditmessage"
)

func TestEveryKindOfActThatTheAuditPageOffersIsOneOfTheTrailAndHasWords(t *testing.T) {
	for _, code := range lang.Codes() {
		l, err := lang.New(code)
		if err != nil {
			t.Fatal(err)
		}
		for _, act := range auditActs() {
			if !auditmessage.Known(act) {
				t.Errorf("the trail has no %q", act)
			}
			if l.Or(lang.Key("audit."+act), "") == "" {
				t.Errorf("%s has no words for %q", code, act)
			}
		}
	}
}

// On a large monitor ten rows of the trail in a corner are no use.
func TestTheTrailTakesTheHeightAndTheWidthThatTheWindowHasLeft(t *testing.T) {
	test.NewTempApp(t)
	above := canvas.NewRectangle(nil)
	above.SetMinSize(fyne.NewSize(10, 200))
	layout := &trail{table: &workspace.Table{}}
	layout.table.ExtendBaseWidget(layout.table)
	inner := container.New(layout, layout.table)
	layout.page = container.NewVScroll(container.NewVBox(above, inner))
	layout.page.Resize(fyne.NewSize(1700, 1300))
	if low, high := layout.page.Content.MinSize().Height, layout.page.Size().Height; low != high {
		t.Errorf("the page is %v high in a window of %v", low, high)
	}
	if layout.table.Size().Width < 1690 {
		t.Errorf("the table is %v wide", layout.table.Size().Width)
	}
	layout.page.Resize(fyne.NewSize(900, 400))
	if got := inner.MinSize().Height; got != 380 {
		t.Errorf("in a small window the table is %v high", got)
	}
}
