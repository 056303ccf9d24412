package report

import (
	"fyne.io/fyne/v2"
)

// roomy gives the two fields of a report more lines on a higher screen: a long
// report is read without scrolling in a field.
type roomy struct {
	tab  *tab
	rows [2]int
}

// Layout is fyne.Layout's.
func (r *roomy) Layout(os []fyne.CanvasObject, size fyne.Size) {
	for _, o := range os {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
	seen, impression := rowsFor(size.Height)
	if now := [2]int{seen, impression}; now != r.rows {
		r.rows = now
		r.tab.seen.SetMinRowsVisible(seen)
		r.tab.impression.SetMinRowsVisible(impression)
		r.tab.scroll.Content.Refresh()
	}
}

// MinSize is fyne.Layout's.
func (r *roomy) MinSize(os []fyne.CanvasObject) fyne.Size {
	least := fyne.Size{}
	for _, o := range os {
		least = least.Max(o.MinSize())
	}
	return least
}

// rowsFor are the lines of findings and impression in a tab of a height.
func rowsFor(height float32) (seen, impression int) {
	const (
		line  = 21  // of a text field
		other = 660 // what a tab of 6 and 4 lines takes with its buttons
	)
	more := min(18, max(0, int((height-other)/line)))
	return 6 + more*3/5, 4 + more*2/5
}
