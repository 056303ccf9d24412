package workspace

import "fyne.io/fyne/v2"

// Flow lays objects out like words: side by side, each at its own width, in as
// many rows as the width needs. As the height follows from the width, the
// container that holds it is laid out again when the number of rows changes.
type Flow struct {
	gap   float32
	width float32 // of the last layout
	again func()
}

// NewFlow leaves gap between objects and between rows. again lays out what
// holds the container.
func NewFlow(gap float32, again func()) *Flow { return &Flow{gap: gap, again: again} }

// place calls at with the position of each visible object, and returns the
// height of all rows within width.
func (f *Flow) place(os []fyne.CanvasObject, width float32, at func(fyne.CanvasObject, fyne.Position, fyne.Size)) float32 {
	x, y, high := float32(0), float32(0), float32(0)
	for _, o := range os {
		if !o.Visible() {
			continue
		}
		size := o.MinSize()
		if x > 0 && x+size.Width > width {
			x, y, high = 0, y+high+f.gap, 0
		}
		if at != nil {
			at(o, fyne.NewPos(x, y), size)
		}
		x, high = x+size.Width+f.gap, max(high, size.Height)
	}
	return y + high
}

// Layout is fyne.Layout's.
func (f *Flow) Layout(os []fyne.CanvasObject, size fyne.Size) {
	before := f.place(os, f.width, nil)
	f.width = size.Width
	height := f.place(os, size.Width, func(o fyne.CanvasObject, p fyne.Position, s fyne.Size) {
		o.Resize(s)
		o.Move(p)
	})
	if height != before && f.again != nil {
		f.again()
	}
}

// MinSize is fyne.Layout's: as wide as the widest object, as high as the rows of
// the last layout.
func (f *Flow) MinSize(os []fyne.CanvasObject) fyne.Size {
	widest := float32(0)
	for _, o := range os {
		if o.Visible() {
			widest = max(widest, o.MinSize().Width)
		}
	}
	return fyne.NewSize(widest, f.place(os, f.width, nil))
}
