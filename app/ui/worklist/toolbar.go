package worklist

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// toolbar lays the sources, the search field and what is done with the list in one
// row. Where the field would have less than room for about twelve characters, as
// with large letters on a small screen, what is done stands in a row of its own.
type toolbar struct{ width float32 }

// searchRoom is the least width of the field.
func searchRoom() float32 {
	return fyne.MeasureText(strings.Repeat("0", 12), theme.TextSize(), fyne.TextStyle{}).Width + 4*theme.InnerPadding()
}

func (t *toolbar) broken(os []fyne.CanvasObject, width float32) bool {
	return width > 0 && os[0].MinSize().Width+os[2].MinSize().Width+2*theme.Padding()+searchRoom() > width
}

// MinSize is fyne.Layout's; the height is that of the width it was laid out in last.
func (t *toolbar) MinSize(os []fyne.CanvasObject) fyne.Size {
	sources, search, acts := os[0].MinSize(), os[1].MinSize(), os[2].MinSize()
	first := max(sources.Height, search.Height)
	out := fyne.NewSize(max(sources.Width+theme.Padding()+searchRoom(), acts.Width), max(first, acts.Height))
	if t.broken(os, t.width) {
		out.Height = first + theme.Padding() + acts.Height
	}
	return out
}

// Layout is fyne.Layout's.
func (t *toolbar) Layout(os []fyne.CanvasObject, size fyne.Size) {
	t.width = size.Width
	sources, search, acts := os[0], os[1], os[2]
	pad, height, end := theme.Padding(), size.Height, size.Width
	if t.broken(os, size.Width) {
		height = max(sources.MinSize().Height, search.MinSize().Height)
		acts.Resize(acts.MinSize())
		acts.Move(fyne.NewPos(max(0, size.Width-acts.MinSize().Width), height+pad))
	} else {
		acts.Resize(fyne.NewSize(acts.MinSize().Width, height))
		end -= acts.MinSize().Width
		acts.Move(fyne.NewPos(end, 0))
		end -= pad
	}
	sources.Resize(fyne.NewSize(sources.MinSize().Width, height))
	sources.Move(fyne.NewPos(0, 0))
	start := sources.MinSize().Width + pad
	search.Resize(fyne.NewSize(max(0, end-start), height))
	search.Move(fyne.NewPos(start, 0))
}
