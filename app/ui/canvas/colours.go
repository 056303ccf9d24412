package canvas

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"

	"longying/app/ui/lang"
	"longying/imaging/render"
)

// ColourMaps are the names of the colour maps, grey left out.
func ColourMaps() []string { return render.ColourMaps() }

// coloursOf is the colour map with which pictures of a modality begin: nuclear
// medicine and PET in hot iron; all others, whatever a reader chose before, in
// grey.
func coloursOf(modality string) string {
	switch modality {
	case "NM", "PT":
		return "hot_iron"
	}
	return ""
}

// MayBegin reports a modality whose pictures may begin in a colour map, of
// themselves or by a hanging protocol. Films, CT and MR never do: a reader turns a
// map on.
func MayBegin(modality string) bool {
	switch modality {
	case "NM", "PT", "US":
		return true
	}
	return false
}

// SetColours shows greys in a colour map; empty: as greys. The words name it as
// long as it is on. Colour pictures, and those that a presentation state rules,
// keep their own.
func (i *Image) SetColours(name string) {
	i.colours, i.palette = name, render.PaletteOf(name)
	if i.palette == nil {
		i.colours = ""
	}
	i.Refresh()
}

// Colours is the name of the colour map, empty for grey.
func (i *Image) Colours() string { return i.colours }

// nextColours goes on to the next map, after the last to grey.
func (i *Image) nextColours() {
	if i.renderer == nil {
		return
	}
	if !i.renderer.Grey() || i.inForce != nil {
		i.notice = i.ws.Lang.T("canvas.colours_own")
		i.Refresh()
		return
	}
	all := append([]string{""}, ColourMaps()...)
	i.SetColours(all[(slices.Index(all, i.colours)+1)%len(all)])
}

// mapped reports that the colour map is on.
func (i *Image) mapped() bool {
	return i.palette != nil && i.renderer != nil && i.renderer.Grey() && i.inForce == nil
}

// coloursName is the name of the map that is on, empty for none.
func (i *Image) coloursName() string {
	if !i.mapped() {
		return ""
	}
	return i.ws.Lang.T(lang.Key("colours." + i.colours))
}

// The place of the colour bar, in pixels of the screen: beside the letter of the
// right edge.
const (
	barWidth = 14
	barRight = 44
)

// bar is where the colour bar stands in a viewport.
func bar(w, h int) image.Rectangle {
	high := min(h/2, 256)
	return image.Rect(w-barRight-barWidth, (h-high)/2, w-barRight, (h+high)/2)
}

// drawBar draws the colours from the window's top down, as the picture has them.
func (i *Image) drawBar(w, h int) {
	at := bar(w, h)
	if at.Dy() < 32 {
		return
	}
	edge := at.Inset(-1)
	for y := edge.Min.Y; y < edge.Max.Y; y++ {
		for x := edge.Min.X; x < edge.Max.X; x++ {
			c := color.RGBA{0xd7, 0xda, 0xdd, 255}
			if (image.Point{X: x, Y: y}).In(at) {
				g := 255 - 255*(y-at.Min.Y)/(at.Dy()-1)
				p := i.palette[g]
				c = color.RGBA{p[0], p[1], p[2], 255}
			}
			if (image.Point{X: x, Y: y}).In(i.buffer.Rect) {
				i.buffer.SetRGBA(x, y, c)
			}
		}
	}
}

// barLabels are the values at the top and the bottom of the colour bar; empty
// where the window is a table.
func (i *Image) barLabels() (top, bottom string) {
	if !i.mapped() {
		return "", ""
	}
	w := i.renderer.Window()
	if w.Table != nil || w.Width <= 0 {
		return "", ""
	}
	low, high := w.Center-w.Width/2, w.Center+w.Width/2
	s, ok := i.Shown()
	if !ok || i.frame == nil { // of a plane that is being cut anew
		return "", ""
	}
	if i.state.Invert != render.Inverted(s.Instance, i.frame.Photometric) {
		low, high = high, low
	}
	number := func(x float64) string {
		if math.Abs(x) >= 100 {
			return strconv.FormatFloat(x, 'f', 0, 64)
		}
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	return number(high), number(low)
}

// valuesOfBar are the labels as lines.
func (i *Image) valuesOfBar() [2][]string {
	top, bottom := i.barLabels()
	if top == "" {
		return [2][]string{}
	}
	return [2][]string{{top}, {bottom}}
}

// layBar puts the values above and below the colour bar.
func (r *imageRenderer) layBar(size fyne.Size) {
	w, h := r.i.pixels()
	unit := float32(w) / max(1, size.Width)
	at := bar(w, h)
	for k, o := range r.values {
		m := o.MinSize()
		o.Resize(m)
		y := float32(at.Min.Y)/unit - m.Height - 1
		if k == 1 {
			y = float32(at.Max.Y)/unit + 2
		}
		o.Move(fyne.NewPos(min(float32(at.Min.X+barWidth/2)/unit-m.Width/2, size.Width-m.Width-2), y))
	}
}
