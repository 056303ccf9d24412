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

// Row lays objects out side by side over the whole width: each gets what it
// needs, and what is left is shared out evenly.
type Row struct{ gap float32 }

// NewRow leaves gap between objects.
func NewRow(gap float32) *Row { return &Row{gap: gap} }

// Layout is fyne.Layout's.
func (r *Row) Layout(os []fyne.CanvasObject, size fyne.Size) {
	n := 0
	for _, o := range os {
		if o.Visible() {
			n++
		}
	}
	left, x := max(0, size.Width-r.MinSize(os).Width), float32(0)
	for _, o := range os {
		if o.Visible() {
			w := o.MinSize().Width + left/float32(n)
			o.Resize(fyne.NewSize(w, size.Height))
			o.Move(fyne.NewPos(x, 0))
			x += w + r.gap
		}
	}
}

// MinSize is fyne.Layout's.
func (r *Row) MinSize(os []fyne.CanvasObject) fyne.Size {
	var out fyne.Size
	for _, o := range os {
		if o.Visible() {
			if out.Width > 0 {
				out.Width += r.gap
			}
			size := o.MinSize()
			out.Width, out.Height = out.Width+size.Width, max(out.Height, size.Height)
		}
	}
	return out
}
