package canvas

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
)

// The magnifier shows a part of the picture larger, under the pointer, in the
// window and the colours of the picture.
const (
	leastMagnified = 2
	mostMagnified  = 4
	glass          = 110 // half a side, in pixels of the screen at 100 %
)

// Magnify goes on to the next magnification, 2, 3 and 4 times, after the last to
// none.
func (i *Image) Magnify() {
	switch {
	case i.magnified == 0:
		i.magnified = leastMagnified
	case i.magnified < mostMagnified:
		i.magnified++
	default:
		i.magnified = 0
	}
	i.Refresh()
}

// Magnified is how many times, 0: not.
func (i *Image) Magnified() int { return i.magnified }

// hover follows the pointer; nil: it left the viewport.
func (i *Image) hover(at *fyne.Position) {
	i.pointer = at
	if i.magnified > 0 {
		i.Refresh()
	}
}

// drawGlass draws the magnifier over what is there.
func (i *Image) drawGlass(w, h int) {
	if i.magnified == 0 || i.pointer == nil || i.renderer == nil {
		return
	}
	v := i.state.Render(w, h)
	x, y := i.toPixels(*i.pointer)
	half := min(glass*w/max(1, int(i.Size().Width)), w/3, h/3)
	if half < 16 {
		return
	}
	v.CenterX, v.CenterY = v.ToImage(w, h, x, y)
	v.Scale *= float64(i.magnified)
	v.Smooth = v.Scale < 4
	side := 2 * half
	if i.lens == nil || i.lens.Rect.Dx() != side {
		i.lens = image.NewRGBA(image.Rect(0, 0, side, side))
	}
	i.renderer.Viewport(i.lens, v)
	if i.mapped() {
		i.palette.Apply(i.lens)
	}
	// Round, so that it is no picture of its own.
	cx, cy := int(x), int(y)
	rim := color.RGBA{0x2f, 0xb3, 0xa6, 255}
	for ly := range side {
		dy := ly - half
		py := cy + dy
		if py < 0 || py >= h {
			continue
		}
		for lx := range side {
			dx := lx - half
			px := cx + dx
			d := dx*dx + dy*dy
			if px < 0 || px >= w || d >= half*half {
				continue
			}
			if d >= (half-2)*(half-2) {
				i.buffer.SetRGBA(px, py, rim)
				continue
			}
			from, to := i.lens.PixOffset(lx, ly), i.buffer.PixOffset(px, py)
			copy(i.buffer.Pix[to:to+4], i.lens.Pix[from:from+4])
		}
	}
}
