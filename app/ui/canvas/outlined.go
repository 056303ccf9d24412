package canvas

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/theme"
)

// outlined is text over a picture: a few lines with a dark edge, readable on
// black and on white.
type outlined struct {
	widget.BaseWidget
	lines  []string
	align  fyne.TextAlign
	colour color.Color
	size   float32
	ground color.Color // nil: none; below words that lie on the grey of a film

	least    fyne.Size // MinSize, of the lines that stand
	measured bool      // least is known
}

func newOutlined(align fyne.TextAlign) *outlined {
	o := &outlined{align: align, colour: theme.Text(), size: 14}
	o.ExtendBaseWidget(o)
	return o
}

func (o *outlined) set(colour color.Color, lines ...string) {
	same := len(lines) == len(o.lines) && o.colour == colour
	for i := range lines {
		same = same && lines[i] == o.lines[i]
	}
	if same {
		return
	}
	o.lines, o.colour, o.measured = lines, colour, false
	o.Refresh()
}

func (o *outlined) CreateRenderer() fyne.WidgetRenderer {
	r := &outlinedRenderer{o: o, ground: canvas.NewRectangle(o.ground)}
	r.Refresh() // lines that stand already: a renderer unused for a minute is made anew
	return r
}

// Where the dark copies lie.
var edge = [...]fyne.Position{{X: -1, Y: 0}, {X: 1, Y: 0}, {X: 0, Y: -1}, {X: 0, Y: 1}}

type outlinedRenderer struct {
	o       *outlined
	objects []fyne.CanvasObject
	ground  *canvas.Rectangle
}

func (r *outlinedRenderer) Destroy() {}
func (r *outlinedRenderer) Objects() []fyne.CanvasObject {
	if r.o.ground == nil {
		return r.objects
	}
	return append([]fyne.CanvasObject{r.ground}, r.objects...)
}

func (r *outlinedRenderer) lineHeight() float32 { return lineHeight(r.o.size) }

func lineHeight(size float32) float32 { return size * 1.36 }

// MinSize is asked for several times for every picture that is scrolled to, and
// measuring text is slow.
func (r *outlinedRenderer) MinSize() fyne.Size {
	o := r.o
	if !o.measured {
		w := float32(0)
		for _, l := range o.lines {
			w = max(w, fyne.MeasureText(l, o.size, fyne.TextStyle{}).Width)
		}
		o.least, o.measured = fyne.NewSize(w+2, float32(len(o.lines))*r.lineHeight()+2), true
	}
	return o.least
}

func (r *outlinedRenderer) Layout(size fyne.Size) {
	h := r.lineHeight()
	r.ground.Resize(size)
	for i := range r.o.lines {
		for k := range len(edge) + 1 {
			at := fyne.NewPos(1, 1+float32(i)*h)
			if k < len(edge) {
				at = at.Add(edge[k])
			}
			t := r.objects[i*(len(edge)+1)+k]
			t.Move(at)
			t.Resize(fyne.NewSize(size.Width-2, h))
		}
	}
}

func (r *outlinedRenderer) Refresh() {
	r.ground.FillColor = r.o.ground
	n := len(r.o.lines) * (len(edge) + 1)
	for len(r.objects) < n {
		t := canvas.NewText("", color.Black)
		t.TextSize = r.o.size
		r.objects = append(r.objects, t)
	}
	r.objects = r.objects[:n]
	for i, l := range r.o.lines {
		for k := range len(edge) + 1 {
			t := r.objects[i*(len(edge)+1)+k].(*canvas.Text)
			ink := color.Color(color.Black)
			if k == len(edge) {
				ink = r.o.colour
			}
			if t.Text == l && t.Alignment == r.o.align && t.Color == ink && t.TextSize == r.o.size {
				continue // the other lines stand
			}
			t.Text, t.Alignment, t.Color, t.TextSize = l, r.o.align, ink, r.o.size
			t.Refresh()
		}
	}
	r.Layout(r.o.Size())
}

// Where the picture below words is as bright as this they get a ground, which they
// lose when it is darker than that: words of its own may be burned into a picture.
const (
	brightBelow = 40
	darkBelow   = 28
)

// Pictures of these kinds have anatomy in their corners and nothing burned in:
// the edge of the letters is enough unless it is nearly white there.
const (
	brightBelowFilm = 190
	darkBelowFilm   = 170
)

func bareCorners(modality string) bool {
	return slices.Contains([]string{"CR", "DX", "MG", "CT", "MR", "IO", "PX"}, modality)
}

// groundBelow is what words need below them that stand where they stand; nil:
// nothing.
func (i *Image) groundBelow(o *outlined) color.Color {
	if i.renderer == nil || len(o.lines) == 0 {
		return nil
	}
	w, _ := i.pixels()
	d := float32(w) / max(1, i.Size().Width)
	at, size := o.Position(), o.Size()
	b := i.measure.brightness(at.X*d, at.Y*d, size.Width*d, size.Height*d)
	bright, dark := float64(brightBelow), float64(darkBelow)
	if i.series != nil && bareCorners(i.series.Modality) {
		bright, dark = brightBelowFilm, darkBelowFilm
	}
	if b > bright || b > dark && o.ground != nil {
		return color.NRGBA{A: 0xa0}
	}
	return nil
}

// shade gives the words in the corners their grounds, once the picture below them
// is painted.
func (i *Image) shade() {
	same := true
	for _, o := range i.corners {
		same = same && i.groundBelow(o) == o.ground
	}
	if same {
		return
	}
	i.ws.Go(func() { // not while it is being painted
		i.ws.Do(func() {
			for _, o := range i.corners {
				if g := i.groundBelow(o); g != o.ground {
					o.ground = g
					o.Refresh()
				}
			}
		})
	})
}
