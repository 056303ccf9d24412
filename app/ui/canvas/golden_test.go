package canvas

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"longying/app/ui/theme"
)

func TestWordsOverAPictureLookAsTheirGoldenMarkup(t *testing.T) {
	test.NewTempApp(t)
	o := newOutlined(fyne.TextAlignTrailing)
	o.set(theme.Text(), "Liu Xiaoman", "L")
	w := test.NewTempWindow(t, o)
	w.Resize(fyne.NewSize(160, 80))
	test.AssertRendersToMarkup(t, "outlined.xml", w.Canvas())
}
