package canvas

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// border is a frame of four bars. Of a stroked rectangle the toolkit works out
// every pixel inside it again for each update of the window, which without a
// graphics processor takes a millisecond of a viewport.
type border struct {
	bars  [4]*canvas.Rectangle // top, bottom, left, right
	thick float32
}

func newBorder(c color.Color, thick float32) *border {
	b := &border{thick: thick}
	for k := range b.bars {
		b.bars[k] = canvas.NewRectangle(c)
	}
	return b
}

func (b *border) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{b.bars[0], b.bars[1], b.bars[2], b.bars[3]}
}

func (b *border) show(is bool) {
	for _, bar := range b.bars {
		if is {
			bar.Show()
		} else {
			bar.Hide()
		}
	}
}

// lay puts the bars along the inside of an area.
func (b *border) lay(at fyne.Position, size fyne.Size) {
	t := b.thick
	for k, area := range [4][4]float32{{0, 0, size.Width, t}, {0, size.Height - t, size.Width, t}, {0, t, t, size.Height - 2*t}, {size.Width - t, t, t, size.Height - 2*t}} {
		b.bars[k].Move(at.AddXY(area[0], area[1]))
		b.bars[k].Resize(fyne.NewSize(area[2], max(area[3], 0)))
	}
}
