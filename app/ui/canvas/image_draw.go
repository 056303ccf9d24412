package canvas

import (
	"image"
	"image/color"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"longying/app/ui/canvas/view"
	"longying/app/ui/theme"
	"longying/imaging"
	"longying/imaging/render"
)

// pixels is the size of the viewport in pixels of the screen.
func (i *Image) pixels() (w, h int) {
	size := i.Size()
	if c := fyne.CurrentApp().Driver().CanvasForObject(i); c != nil {
		w, h = c.PixelCoordinateForPosition(fyne.NewPos(size.Width, size.Height))
	} else {
		w, h = int(size.Width), int(size.Height)
	}
	return max(1, w), max(1, h)
}

// toPixels maps a position in the widget to pixels.
func (i *Image) toPixels(p fyne.Position) (x, y float64) {
	w, h := i.pixels()
	size := i.Size()
	return float64(p.X) * float64(w) / float64(max(1, size.Width)), float64(p.Y) * float64(h) / float64(max(1, size.Height))
}

// draw paints the picture and the strokes; Fyne asks for it with the size in
// pixels.
func (i *Image) draw(w, h int) image.Image {
	if i.buffer == nil || i.buffer.Rect.Dx() != w || i.buffer.Rect.Dy() != h {
		i.buffer = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	if i.renderer == nil {
		for k := range i.buffer.Pix {
			i.buffer.Pix[k] = 0
			if k%4 == 3 {
				i.buffer.Pix[k] = 255
			}
		}
	} else {
		v := i.state.Render(w, h)
		i.renderer.Viewport(i.buffer, v)
		if i.mapped() {
			i.palette.Apply(i.buffer)
			i.drawBar(w, h)
		}
		i.annotate(v)
		i.drawLines(v, w, h)
		i.drawCross(v, w, h)
		i.measure.Draw(i.buffer, v, w, h)
		visible := i.visibleMarks()
		if i.filled > 0 && !i.bare {
			for k := range visible {
				if m := &visible[k]; m.Outline != nil && m.Style != Rejected {
					fillOutline(i.buffer, onScreen(v, w, h, m.Outline), m.ink(), i.filled)
				}
			}
		}
		for _, m := range visible {
			x0, y0 := v.ToScreen(w, h, m.Region.X0, m.Region.Y0)
			x1, y1 := v.ToScreen(w, h, m.Region.X1, m.Region.Y1)
			strong := m.chosenBy() != "" && m.chosenBy() == i.selected
			if m.Outline != nil {
				strokeOutline(i.buffer, onScreen(v, w, h, m.Outline), clampInt(x0), clampInt(y0), clampInt(x1), clampInt(y1), m.Style, strong)
				continue
			}
			strokeRect(i.buffer, clampInt(x0), clampInt(y0), clampInt(x1), clampInt(y1), m.Style, strong)
		}
		if i.drawnFrom != nil {
			x0, y0 := i.toPixels(*i.drawnFrom)
			x1, y1 := i.toPixels(i.drawnTo)
			strokeRect(i.buffer, int(x0), int(y0), int(x1), int(y1), Drawing, false)
		}
		if i.windowFrom != nil {
			x0, y0 := i.toPixels(*i.windowFrom)
			x1, y1 := i.toPixels(i.windowTo)
			strokeRect(i.buffer, int(x0), int(y0), int(x1), int(y1), Drawing, false)
		}
		i.drawGlass(w, h)
		i.shade()
	}
	return i.buffer
}

// drawLines draws where other pictures cut this one; H hides them with the words.
func (i *Image) drawLines(v render.View, w, h int) {
	if i.bare || i.shown != i.state.Slice {
		return
	}
	for _, l := range i.lines {
		x0, y0 := v.ToScreen(w, h, l.From[0], l.From[1])
		x1, y1 := v.ToScreen(w, h, l.To[0], l.To[1])
		ink := color.RGBA{0x5a, 0x8f, 0x8a, 255}
		if l.Strong {
			ink = color.RGBA{0x2e, 0xc4, 0xb6, 255}
		}
		line(i.buffer, clampInt(x0), clampInt(y0)+1, clampInt(x1), clampInt(y1)+1, color.RGBA{A: 255}, 1)
		line(i.buffer, clampInt(x0), clampInt(y0), clampInt(x1), clampInt(y1), ink, 1)
	}
}

// onScreen maps lines in pixels of the image to pixels of a viewport.
func onScreen(v render.View, w, h int, lines [][]image.Point) [][][2]float64 {
	out := make([][][2]float64, len(lines))
	for i, line := range lines {
		out[i] = make([][2]float64, len(line))
		for k, p := range line {
			x, y := v.ToScreen(w, h, float64(p.X), float64(p.Y))
			out[i][k] = [2]float64{x, y}
		}
	}
	return out
}

// annotate draws what the presentation state in force writes over its picture;
// H hides it with the other words.
func (i *Image) annotate(v render.View) {
	s, ok := i.Shown()
	if !ok || i.inForce == nil || i.bare {
		return
	}
	if i.face == nil {
		var err error
		if i.face, err = render.NewTypeface(fyne.CurrentApp().Settings().Theme().Font(fyne.TextStyle{}).Content()); err != nil {
			i.refused = i.ws.Explain(err)
			i.face = nil
		}
	}
	render.Annotate(i.buffer, v, i.inForce, s.Instance, s.Frame, i.face)
}

func clampInt(x float64) int { return int(math.Round(min(max(x, -1e5), 1e5))) }

func (i *Image) visibleMarks() []Mark {
	s, ok := i.Shown()
	if !ok {
		return nil
	}
	var out []Mark
	for _, m := range i.marks {
		if m.SOPUID != s.Instance.SOPInstanceUID || m.Frame != 0 && m.Frame != s.Frame || m.Style == Rejected && !i.rejected ||
			m.Style == Foreign && i.filled == alone && m.chosenBy() != i.selected {
			continue
		}
		out = append(out, m)
	}
	return out
}

// Words are the words over the picture, for tests and for the screen.
func (i *Image) Words() view.Corners {
	f := view.Facts{Identity: i.identity, Study: i.study, Series: i.series, Stack: i.stack, State: i.state, Display: i.ws.DisplayWords()}
	if s, ok := i.Shown(); ok && i.renderer != nil {
		w, h := i.pixels()
		f.Instance, f.Frame = s.Instance, s.Frame
		f.State.Slice = i.shown
		if i.cine.Playing() {
			f.Cine, f.CineReal, f.CineOwn = i.cine.Rate(), i.cine.real(), i.cine.own()
		}
		f.Colours, f.TrueSize = i.coloursName(), i.trueSize()
		f.Window, f.Colour = i.renderer.Window(), i.frame.Samples > 1 || i.frame.Photometric == "PALETTE COLOR"
		f.Applied, f.Refused, f.Bare = i.inForce, i.refused, i.uncovered
		f.Covered = len(i.frame.Overlays) > 0 || s.Instance.Shutter != nil
		for _, o := range i.frame.Overlays {
			if o.Note != "" {
				f.Damaged = append(f.Damaged, o.Note)
			}
		}
		f.Zoom, f.Missing, f.Own = i.state.Zoom(w, h), i.frame.Missing, i.state.Window == nil
		for _, p := range view.Presets(s.Instance.Modality) {
			if i.state.Window != nil && p.Window == *i.state.Window {
				f.Preset = p.ID
			}
		}
	}
	c := view.Words(i.ws.Lang, f)
	if i.filled > 0 && !i.bare && slices.ContainsFunc(i.visibleMarks(), func(m Mark) bool { return m.Outline != nil && m.Style != Rejected }) {
		c.Warnings = append(c.Warnings, i.ws.Lang.T("canvas.filled", i.filled))
	}
	if s, ok := i.Shown(); ok && i.filled == alone && slices.ContainsFunc(i.marks, func(m Mark) bool {
		return m.Style == Foreign && m.SOPUID == s.Instance.SOPInstanceUID && (m.Frame == 0 || m.Frame == s.Frame)
	}) {
		c.Warnings = append(c.Warnings, i.ws.Lang.T("canvas.foreign_alone"))
	}
	return c
}

// crowd is how many marks of other makers have their words on one picture: of
// more only the chosen one does, for the words would cover the picture.
const crowd = 5

// wordless are marks whose words stay away.
func (i *Image) wordless(marks []Mark) func(m *Mark) bool {
	n := 0
	for _, m := range marks {
		if m.Style == Foreign {
			n++
		}
	}
	return func(m *Mark) bool { return n > crowd && m.Style == Foreign && m.chosenBy() != i.selected }
}

// CreateRenderer is fyne.Widget's.
func (i *Image) CreateRenderer() fyne.WidgetRenderer {
	r := &imageRenderer{i: i, raster: canvas.NewRaster(i.draw)}
	r.raster.ScaleMode = canvas.ImageScalePixels
	for k := range r.corner {
		align := fyne.TextAlignLeading
		if k%2 == 1 {
			align = fyne.TextAlignTrailing
		}
		r.corner[k] = newOutlined(align)
	}
	for k := range r.letter {
		r.letter[k] = newOutlined(fyne.TextAlignCenter)
		r.letter[k].size = 16
	}
	r.side = newOutlined(fyne.TextAlignCenter)
	r.side.size = 18
	r.middle = newOutlined(fyne.TextAlignCenter)
	i.corners = append(r.corner[:], r.middle)
	r.warned = newOutlined(fyne.TextAlignLeading)
	r.warned.ground = color.NRGBA{A: 0xa0}
	r.prior, r.measured = newStrip(), NewLabels(i.measure)
	for k := range r.values {
		r.values[k] = newOutlined(fyne.TextAlignCenter)
	}
	r.frame = newBorder(theme.Accent(), 1)
	r.Refresh()
	return r
}

// Resize is fyne.CanvasObject's. The words name the zoom, which follows the size
// of a fitted picture, so they are set anew.
func (i *Image) Resize(size fyne.Size) {
	if size == i.Size() {
		return
	}
	i.BaseWidget.Resize(size)
	i.Refresh()
}

type imageRenderer struct {
	i      *Image
	raster *canvas.Raster
	corner [4]*outlined // top left, top right, bottom left, bottom right
	letter [4]*outlined // left, right, top, bottom
	side   *outlined
	middle *outlined
	warned *outlined // below the top left corner
	lower  lower     // how the lower corners have room

	lowered int // rows that the words at the upper right stand below the edge
	labels  []*outlined
	frame   *border
	prior   *strip
	values  [2]*outlined // of the colour bar

	measured *Labels
}

func (r *imageRenderer) Destroy()           {}
func (r *imageRenderer) MinSize() fyne.Size { return fyne.NewSize(160, 120) }

func (r *imageRenderer) Objects() []fyne.CanvasObject {
	out := append([]fyne.CanvasObject{r.raster}, r.prior.objects()...)
	for _, l := range r.labels {
		out = append(out, l)
	}
	out = append(out, r.measured.Objects()...)
	for _, o := range r.corner {
		out = append(out, o)
	}
	for _, o := range r.letter {
		out = append(out, o)
	}
	return append(append(out, r.values[0], r.values[1], r.warned, r.side, r.middle), r.frame.objects()...)
}

func (r *imageRenderer) Refresh() {
	i := r.i
	words := i.Words()
	if i.bare {
		words.TopLeft, words.TopRight, words.BottomLeft, words.BottomRight = words.Safe, nil, nil, nil
	}
	if i.series == nil {
		words.TopLeft = nil
	}
	ink := theme.Text()
	top := ink
	if i.identity.Mismatch {
		top = theme.Red()
	}
	r.corner[0].set(top, words.TopLeft...)
	r.corner[1].set(ink, words.TopRight...)

	var warned []string
	for _, w := range words.Warnings {
		warned = append(warned, wrap(w, warningWidth)...)
	}
	r.warned.set(theme.Amber(), warned...)

	var letters [4]string
	side := ""
	if s, ok := i.Shown(); ok && i.renderer != nil {
		letters[0], letters[1], letters[2], letters[3] = i.state.Letters(view.Edges(s.Instance, s.Frame))
		side = view.Side(i.ws.Lang, s.Instance)
	}
	for k := range letters {
		if letters[k] == "" {
			r.letter[k].set(theme.Amber())
		} else {
			r.letter[k].set(theme.Amber(), letters[k])
		}
	}
	if side == "" {
		r.side.set(theme.Amber())
	} else {
		r.side.set(theme.Amber(), side)
	}

	switch {
	case i.problem != "":
		r.middle.set(theme.Amber(), wrap(i.problem, 46)...)
	case i.loading && i.renderer == nil:
		r.middle.set(theme.Dim(), i.ws.Lang.T("canvas.decoding", i.state.Slice+1, len(i.slices)))
	case i.notice != "":
		r.middle.set(theme.Amber(), wrap(i.notice, 46)...)
	case i.crossing && i.cross == nil:
		r.middle.set(theme.Accent(), i.ws.Lang.T("canvas.cross_hint"))
	case i.windowing && i.windowFrom == nil:
		r.middle.set(theme.Accent(), i.ws.Lang.T("canvas.window_hint"))
	case i.drawing && i.drawnFrom == nil:
		r.middle.set(theme.Accent(), i.ws.Lang.T("canvas.draw_hint"))
	case i.series == nil:
		r.middle.set(theme.Dim(), i.ws.Lang.T("canvas.empty"))
	default:
		r.middle.set(theme.Dim())
	}

	marks := i.visibleMarks()
	for len(r.labels) < len(marks) {
		l := newOutlined(fyne.TextAlignLeading)
		l.ground = color.NRGBA{A: 0xa0}
		r.labels = append(r.labels, l)
	}
	silent := i.wordless(marks)
	for k := range r.labels {
		if k < len(marks) && !i.bare && !silent(&marks[k]) {
			m := marks[k]
			text := m.Style.Sign() + m.Label
			if m.Brief != "" && m.chosenBy() != i.selected {
				text = m.Brief
			}
			switch m.Region.Kind {
			case imaging.RegionActivation:
				text += i.ws.Lang.T("canvas.activation")
			case imaging.RegionOcclusion:
				text += i.ws.Lang.T("canvas.occlusion")
			case imaging.RegionMask:
				if m.Outline != nil {
					text += i.ws.Lang.T("canvas.outline")
				} else {
					text += i.ws.Lang.T("canvas.mask")
				}
			case imaging.RegionTaken:
				if m.Outline != nil {
					text += i.ws.Lang.T("canvas.outline_taken")
				} else {
					text += i.ws.Lang.T("canvas.taken")
				}
			case imaging.RegionDetected:
				text += i.ws.Lang.T("canvas.detected")
			}
			r.labels[k].set(m.Style.Colour(), wrap(text, max(16, int(i.Size().Width/9)))...)
			r.labels[k].Show()
		} else {
			r.labels[k].Hide()
		}
	}
	r.prior.set(i.prior, i.match)
	r.measured.Refresh(i.bare)
	for k, text := range i.valuesOfBar() {
		r.values[k].set(ink, text...)
	}
	r.frame.thick = 1
	if i.offered {
		r.frame.thick = 4
	}
	r.frame.show(i.front || i.offered)
	r.fit(words)
	r.Layout(i.Size())
	canvas.Refresh(r.raster)
}

// fit gives the words of the corners the room that they leave each other: those at
// the upper right go below the name, which stands.
func (r *imageRenderer) fit(words view.Corners) {
	size, right := r.i.Size(), r.corner[3]
	r.lower, r.lowered = lower{left: words.BottomLeft, right: words.BottomRight}, 0
	if !size.IsZero() {
		measure := func(s string) float32 { return fyne.MeasureText(s, right.size, fyne.TextStyle{}).Width + 2 }
		row := lineHeight(right.size)
		r.lowered = clearOf(words.TopLeft, words.TopRight, size.Width, measure)
		above := r.prior.lay(size) + r.below(size) + r.warned.MinSize().Height
		if side := max(r.letter[0].MinSize().Height, r.letter[1].MinSize().Height); above+2*cornerGap > (size.Height-side)/2 {
			above += side // it stands below those words
		}
		rows := int((size.Height - above - 4*cornerGap) / row)
		r.lower = fitLower(words.BottomLeft, words.BottomRight, words.Dispensable, r.letter[3].MinSize().Width, size.Width, rows, measure)
	}
	r.corner[2].set(theme.Text(), r.lower.left...)
	right.set(theme.Text(), r.lower.right...)
}

// below is how far the warnings stand below the upper edge.
func (r *imageRenderer) below(size fyne.Size) float32 {
	out, right := r.corner[0].MinSize().Height, r.corner[1].MinSize()
	if r.warned.MinSize().Width+right.Width > size.Width-3*cornerGap { // side by side they have no room
		out = max(out, right.Height+float32(r.lowered)*lineHeight(r.corner[1].size))
	}
	return out
}

func (r *imageRenderer) Layout(size fyne.Size) {
	const gap = cornerGap
	r.raster.Resize(size)
	top := gap + r.prior.lay(size)
	r.frame.lay(fyne.NewPos(0, top-gap), fyne.NewSize(size.Width, size.Height-top+gap))
	for k, o := range r.corner {
		m := o.MinSize()
		o.Resize(fyne.NewSize(min(m.Width, size.Width-2*gap), m.Height))
		at := fyne.NewPos(gap, top)
		if k%2 == 1 {
			at.X = size.Width - o.Size().Width - gap
		}
		if k >= 2 {
			at.Y = size.Height - m.Height - gap
		}
		switch k {
		case 1:
			at.Y += float32(r.lowered) * lineHeight(o.size)
		case 2:
			at.Y -= float32(r.lower.raised) * lineHeight(o.size)
		}
		o.Move(at)
	}
	r.warned.Resize(r.warned.MinSize())
	r.warned.Move(fyne.NewPos(gap, top+r.below(size)+gap))
	for k, o := range r.letter {
		m := o.MinSize()
		o.Resize(m)
		middle := fyne.NewPos((size.Width-m.Width)/2, (size.Height-m.Height)/2)
		switch k {
		case 0:
			middle.X = gap
			middle.Y = beneath(middle, m, r.corner[2].Position().Y, r.corner[0], r.warned)
		case 1:
			middle.X = size.Width - m.Width - gap
			middle.Y = beneath(middle, m, r.corner[3].Position().Y, r.corner[1], r.warned)
		case 2:
			middle.Y = top
		case 3:
			middle.Y = size.Height - m.Height - gap - float32(r.lower.letter)*lineHeight(r.corner[3].size)
		}
		o.Move(middle)
	}
	m := r.side.MinSize()
	r.side.Resize(m)
	r.side.Move(fyne.NewPos((size.Width-m.Width)/2, top+26))
	r.layBar(size)
	m = r.middle.MinSize()
	r.middle.Resize(m)
	r.middle.Move(fyne.NewPos((size.Width-m.Width)/2, (size.Height-m.Height)/2))

	w, h := r.i.pixels()
	v := r.i.state.Render(w, h)
	unit := float32(w) / max(1, size.Width)
	var taken []fyne.CanvasObject
	words := r.words()
	for k, mark := range r.i.visibleMarks() {
		if k >= len(r.labels) {
			break
		}
		if !r.labels[k].Visible() {
			continue
		}
		x0, y0 := v.ToScreen(w, h, mark.Region.X0, mark.Region.Y0)
		x1, y1 := v.ToScreen(w, h, mark.Region.X1, mark.Region.Y1)
		l := r.labels[k]
		m := l.MinSize()
		l.Resize(m)
		x, y := float32(min(x0, x1))/unit, float32(min(y0, y1))/unit-m.Height-1
		if y < 0 {
			y = float32(max(y0, y1))/unit + 3
		}
		at := fyne.NewPos(min(max(x, 0), max(0, size.Width-m.Width)), min(max(y, 0), max(0, size.Height-m.Height)))
		to := free(at, m, append(words, taken...), size.Height)
		if to == at { // where there is no room beside the words in the corners, beside the other labels
			to = free(at, m, taken, size.Height)
		}
		l.Move(to)
		taken = append(taken, l)
	}
	r.measured.Lay(size, []fyne.CanvasObject{r.corner[0], r.corner[1], r.corner[2], r.corner[3], r.warned, r.side, r.letter[0], r.letter[1], r.letter[2], r.letter[3]})
}

// words are those over the picture that labels keep off.
func (r *imageRenderer) words() []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, o := range append(r.corner[:], r.warned) {
		if len(o.lines) > 0 {
			out = append(out, o)
		}
	}
	return slices.Clip(out)
}

// beneath is where a letter at a side of a viewport stands: at its own place, or where
// words from above reach that far, below them, as long as it stays above the words
// from below.
func beneath(at fyne.Position, m fyne.Size, low float32, words ...*outlined) float32 {
	y := at.Y
	for _, o := range words {
		p, s := o.Position(), o.Size()
		if len(o.lines) > 0 && p.X < at.X+m.Width && at.X < p.X+s.Width && p.Y < y+m.Height && y < p.Y+s.Height {
			y = p.Y + s.Height
		}
	}
	if y+m.Height > low {
		return at.Y
	}
	return y
}

// free is the place nearest to at, straight up or down, at which a label of a size
// covers none of those that stand; at itself where there is none.
func free(at fyne.Position, m fyne.Size, taken []fyne.CanvasObject, height float32) fyne.Position {
	covers := func(y float32) bool {
		return slices.ContainsFunc(taken, func(o fyne.CanvasObject) bool {
			p, s := o.Position(), o.Size()
			return at.X < p.X+s.Width && p.X < at.X+m.Width && y < p.Y+s.Height && p.Y < y+m.Height
		})
	}
	for step := range 9 {
		by := float32((step+1)/2) * (m.Height + 1)
		if step%2 == 1 {
			by = -by
		}
		if y := at.Y + by; y >= 0 && y+m.Height <= height && !covers(y) {
			return fyne.NewPos(at.X, y)
		}
	}
	return at
}

// warningWidth is the length of a line of warnings, in letters.
const warningWidth = 44

// wrap breaks a text into lines of about n characters.
func wrap(s string, n int) []string {
	var out []string
	line, wide := "", 0
	for _, r := range s {
		w := 1
		if r > 0x2e80 {
			w = 2
		}
		if wide+w > n && (r == ' ' || w == 2) || r == '\n' || wide > n+20 {
			out = append(out, line)
			line, wide = "", 0
			if r == ' ' || r == '\n' {
				continue
			}
		}
		line += string(r)
		wide += w
	}
	return append(out, line)
}
