package canvas

import (
	"context"
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas/view"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/render"
)

// prefetch is how many slices are decoded ahead on both sides.
const prefetch = 8

// notch is what one step of a wheel scrolls, in Fyne's units.
const notch = 25

// Image shows one picture of a stack: frames are decoded off the UI goroutine,
// the picture is drawn on it, and only the pixels of the viewport are computed.
// What the words say is always about the picture that is shown, also while the
// next is being decoded.
type Image struct {
	widget.BaseWidget
	ws *workspace.Workspace

	state    view.State
	slices   []view.Slice
	load     view.Loader
	cache    *view.Cache
	study    *imaging.Study
	series   *imaging.Series
	identity view.Identity

	shown      int // slice that the renderer holds, -1: none
	renderer   *render.Renderer
	frame      *imaging.Frame
	auto       *imaging.VOILUT // computed once for the series, so that scrolling does not flicker
	problem    string
	loading    bool
	direction  int
	fetch      *workspace.Task
	ahead      *workspace.Task
	marks      []Mark
	selected   string
	rejected   bool // show rejected marks
	bare       bool // H: words hidden
	front      bool // keys go here
	target     *imaging.Region
	buffer     *image.RGBA
	wheel      float32
	pressed    desktop.MouseButton
	last       fyne.Position
	moved      bool
	drawing    bool // next drag marks a region
	drawnFrom  *fyne.Position
	drawnTo    fyne.Position
	OnRegion   func(imaging.Ref)  // the doctor marked a region
	OnMark     func(uid string)   // a mark was clicked
	OnChange   func(s view.State) // slice, window or zoom changed
	OnActivate func()             // pressed: keys go here now
	OnDouble   func()             // double click
}

// NewImage makes an empty viewport over a cache that several may share.
func NewImage(ws *workspace.Workspace, cache *view.Cache, load view.Loader) *Image {
	i := &Image{ws: ws, cache: cache, load: load, shown: -1, fetch: ws.NewTask(), ahead: ws.NewTask()}
	i.ExtendBaseWidget(i)
	return i
}

// SetSeries shows a series from one of its pictures on. nil empties the
// viewport.
func (i *Image) SetSeries(study *imaging.Study, series *imaging.Series, who view.Identity, first int) {
	i.fetch.Stop()
	i.ahead.Stop()
	i.study, i.series, i.identity = study, series, who
	i.slices, i.shown, i.renderer, i.frame, i.auto, i.problem, i.target = nil, -1, nil, nil, nil, "", nil
	i.drawing, i.drawnFrom = false, nil
	i.state = view.State{}
	if series != nil {
		i.slices = view.Slices(series)
		i.state.Slices = len(i.slices)
		if len(i.slices) == 0 {
			i.problem = i.ws.Lang.T("canvas.no_pixels")
		}
	}
	i.state = i.state.ScrollTo(first)
	i.want()
}

// SetIdentity changes who the words name, e.g. after a link by hand.
func (i *Image) SetIdentity(who view.Identity) {
	i.identity = who
	i.Refresh()
}

// Series is what is shown, or nil.
func (i *Image) Series() *imaging.Series { return i.series }

// State is how it is shown.
func (i *Image) State() view.State { return i.state }

// Shown is the picture in front, or false while there is none.
func (i *Image) Shown() (view.Slice, bool) {
	if i.shown < 0 || i.shown >= len(i.slices) {
		return view.Slice{}, false
	}
	return i.slices[i.shown], true
}

// Problem is why no picture is shown, empty when one is.
func (i *Image) Problem() string { return i.problem }

// SetState shows the stack in another way.
func (i *Image) SetState(s view.State) {
	i.state = s
	i.want()
	if i.OnChange != nil {
		i.OnChange(i.state)
	}
}

// SetMarks gives the regions to stroke; those of other pictures are left out.
func (i *Image) SetMarks(marks []Mark, selected string) {
	i.marks, i.selected = marks, selected
	i.Refresh()
}

// ShowRejected shows or hides what a doctor rejected.
func (i *Image) ShowRejected(on bool) {
	i.rejected = on
	i.Refresh()
}

// SetFront says that the keys go to this viewport.
func (i *Image) SetFront(on bool) {
	i.front = on
	i.Refresh()
}

// Goto shows the picture of a reference, if it is of this series, with its
// region in sight, and reports whether it is.
func (i *Image) Goto(ref imaging.Ref) bool {
	for k, s := range i.slices {
		if s.Instance.SOPInstanceUID == ref.SOPUID && (ref.Frame == 0 || s.Frame == ref.Frame) {
			i.target = ref.Region
			i.SetState(i.state.ScrollTo(k))
			return true
		}
	}
	return false
}

// DrawRegion lets the next drag of the left button mark a region; Esc gives up.
func (i *Image) DrawRegion(on bool) {
	i.drawing, i.drawnFrom = on, nil
	i.Refresh()
}

// Drawing reports that the next drag marks a region.
func (i *Image) Drawing() bool { return i.drawing }

// want shows the wanted slice, decoding it first where it is not at hand.
func (i *Image) want() {
	if len(i.slices) == 0 {
		i.Refresh()
		return
	}
	at := i.state.Slice
	if at == i.shown {
		i.fetch.Stop()
		i.loading = false
		i.rewindow()
		i.Refresh()
		return
	}
	if i.shown >= 0 {
		i.direction = 1
		if at < i.shown {
			i.direction = -1
		}
	}
	s := i.slices[at]
	if f := i.cache.Get(s); f != nil {
		i.fetch.Stop()
		i.take(at, f)
		return
	}
	i.loading = true
	load, cache := i.load, i.cache
	i.fetch.Start(func(ctx context.Context) func() {
		f, err := load(ctx, s)
		if err == nil {
			cache.Put(s, f)
		}
		return func() {
			if err != nil {
				i.fail(at, err)
				return
			}
			i.take(at, f)
		}
	})
	i.Refresh()
}

func (i *Image) fail(at int, err error) {
	i.loading = false
	i.shown, i.renderer, i.frame = at, nil, nil
	i.problem = i.ws.Explain(err)
	i.Refresh()
}

// take shows a decoded frame.
func (i *Image) take(at int, f *imaging.Frame) {
	i.loading = false
	s := i.slices[at]
	if i.auto == nil && len(s.Instance.VOI) == 0 && f.Samples == 1 {
		w := render.AutoWindow(f, s.Instance, s.Frame)
		i.auto = &w
	}
	r, err := render.New(f, s.Instance, s.Frame, i.presentation(s.Instance))
	if err != nil {
		i.fail(at, err)
		return
	}
	i.shown, i.renderer, i.frame, i.problem = at, r, f, ""
	i.state = i.state.WithPicture(f.Columns, f.Rows, view.AspectOf(s.Instance))
	if i.target != nil && i.buffer != nil {
		w, h := i.buffer.Rect.Dx(), i.buffer.Rect.Dy()
		if i.state.Free {
			i.state = i.state.CenterOn(*i.target, w, h)
		}
		i.target = nil
	}
	i.Refresh()
	i.fetchAhead()
	if i.OnChange != nil {
		i.OnChange(i.state)
	}
}

func (i *Image) presentation(in *imaging.Instance) render.Presentation {
	p := render.Presentation{Window: i.state.Window, Invert: i.state.Invert}
	if p.Window == nil && len(in.VOI) == 0 {
		p.Window = i.auto
	}
	return p
}

func (i *Image) rewindow() {
	if s, ok := i.Shown(); ok && i.renderer != nil {
		if r, err := render.New(i.frame, s.Instance, s.Frame, i.presentation(s.Instance)); err == nil {
			i.renderer = r
		}
	}
}

// fetchAhead decodes the neighbours, one after the other, until another slice
// is wanted.
func (i *Image) fetchAhead() {
	load, cache, slices := i.load, i.cache, i.slices
	order := view.Around(i.state.Slice, len(slices), prefetch, i.direction)
	i.ahead.Start(func(ctx context.Context) func() {
		for _, at := range order {
			if ctx.Err() != nil {
				return nil
			}
			if cache.Get(slices[at]) != nil {
				continue
			}
			f, err := load(ctx, slices[at])
			if err != nil {
				continue // said when that slice is wanted
			}
			cache.Put(slices[at], f)
		}
		return nil
	})
}

// pixels is the size of the viewport in pixels of the screen.
func (i *Image) pixels() (w, h int) {
	if i.buffer == nil {
		return max(1, int(i.Size().Width)), max(1, int(i.Size().Height))
	}
	return i.buffer.Rect.Dx(), i.buffer.Rect.Dy()
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
		for _, m := range i.visibleMarks() {
			x0, y0 := v.ToScreen(w, h, m.Region.X0, m.Region.Y0)
			x1, y1 := v.ToScreen(w, h, m.Region.X1, m.Region.Y1)
			strokeRect(i.buffer, clampInt(x0), clampInt(y0), clampInt(x1), clampInt(y1), m.Style, m.UID != "" && m.UID == i.selected)
		}
		if i.drawnFrom != nil {
			x0, y0 := i.toPixels(*i.drawnFrom)
			x1, y1 := i.toPixels(i.drawnTo)
			strokeRect(i.buffer, int(x0), int(y0), int(x1), int(y1), Drawing, false)
		}
	}
	return i.buffer
}

func clampInt(x float64) int { return int(math.Round(min(max(x, -1e5), 1e5))) }

func (i *Image) visibleMarks() []Mark {
	s, ok := i.Shown()
	if !ok {
		return nil
	}
	var out []Mark
	for _, m := range i.marks {
		if m.SOPUID != s.Instance.SOPInstanceUID || m.Frame != 0 && m.Frame != s.Frame || m.Style == Rejected && !i.rejected {
			continue
		}
		out = append(out, m)
	}
	return out
}

// Words are the words over the picture, for tests and for the screen.
func (i *Image) Words() view.Corners {
	f := view.Facts{Identity: i.identity, Study: i.study, Series: i.series, State: i.state}
	if s, ok := i.Shown(); ok && i.renderer != nil {
		w, h := i.pixels()
		f.Instance, f.Frame = s.Instance, s.Frame
		f.State.Slice = i.shown
		f.Window, f.Colour = i.renderer.Window(), i.frame.Samples > 1 || i.frame.Photometric == "PALETTE COLOR"
		f.Zoom, f.Missing, f.Own = i.state.Zoom(w, h), i.frame.Missing, i.state.Window == nil
		for _, p := range view.Presets(s.Instance.Modality) {
			if i.state.Window != nil && p.Window == *i.state.Window {
				f.Preset = p.ID
			}
		}
	}
	return view.Words(i.ws.Lang, f)
}

// Scrolled is fyne.Scrollable's: slices, with Control zoom at the pointer.
func (i *Image) Scrolled(e *fyne.ScrollEvent) {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok && d.CurrentKeyModifiers()&fyne.KeyModifierControl != 0 {
		x, y := i.toPixels(e.Position)
		w, h := i.pixels()
		i.SetState(i.state.ZoomAt(math.Pow(1.15, float64(e.Scrolled.DY/notch)), x, y, w, h))
		return
	}
	i.wheel += e.Scrolled.DY
	if n := int(i.wheel / notch); n != 0 {
		i.wheel -= float32(n) * notch
		n = min(max(n, -10), 10)
		i.SetState(i.state.Scroll(-n))
	}
}

// MouseDown is desktop.Mouseable's.
func (i *Image) MouseDown(e *desktop.MouseEvent) {
	i.pressed, i.last, i.moved = e.Button, e.Position, false
	if i.OnActivate != nil {
		i.OnActivate()
	}
	if i.drawing && e.Button == desktop.MouseButtonPrimary {
		at := e.Position
		i.drawnFrom, i.drawnTo = &at, at
	}
}

// MouseUp is desktop.Mouseable's: a click on a mark chooses it, the end of a
// drag ends a region.
func (i *Image) MouseUp(e *desktop.MouseEvent) {
	i.pressed = 0
	if i.drawnFrom != nil {
		i.drawnTo = e.Position
		i.finishRegion()
		return
	}
	if i.moved || e.Button != desktop.MouseButtonPrimary || i.OnMark == nil {
		return
	}
	x, y := i.toPixels(e.Position)
	w, h := i.pixels()
	v := i.state.Render(w, h)
	ix, iy := v.ToImage(w, h, x, y)
	for _, m := range i.visibleMarks() {
		if m.UID != "" && ix >= m.Region.X0 && ix <= m.Region.X1 && iy >= m.Region.Y0 && iy <= m.Region.Y1 {
			i.OnMark(m.UID)
			return
		}
	}
}

func (i *Image) finishRegion() {
	w, h := i.pixels()
	v := i.state.Render(w, h)
	ax, ay := i.toPixels(*i.drawnFrom)
	bx, by := i.toPixels(i.drawnTo)
	x0, y0 := v.ToImage(w, h, ax, ay)
	x1, y1 := v.ToImage(w, h, bx, by)
	i.drawing, i.drawnFrom = false, nil
	i.Refresh()
	s, ok := i.Shown()
	r, big := regionOf(x0, y0, x1, y1, i.state.Columns, i.state.Rows)
	if !ok || !big || i.OnRegion == nil {
		return
	}
	i.OnRegion(imaging.Ref{StudyUID: i.study.UID, SeriesUID: i.series.UID, SOPUID: s.Instance.SOPInstanceUID,
		SOPClass: s.Instance.SOPClassUID, Frame: s.Frame, Region: &r})
}

// regionOf is the region between two corners, cut to the picture; false when
// nothing worth marking is left.
func regionOf(x0, y0, x1, y1 float64, columns, rows int) (imaging.Region, bool) {
	x0, x1 = min(x0, x1), max(x0, x1)
	y0, y1 = min(y0, y1), max(y0, y1)
	r := imaging.Region{X0: math.Round(max(x0, 0)), Y0: math.Round(max(y0, 0)),
		X1: math.Round(min(x1, float64(columns))), Y1: math.Round(min(y1, float64(rows))), Kind: imaging.RegionDrawn}
	return r, r.X1-r.X0 >= 2 && r.Y1-r.Y0 >= 2
}

// Dragged is fyne.Draggable's: left and middle button.
func (i *Image) Dragged(e *fyne.DragEvent) {
	i.drag(i.pressed, e.Position, e.Dragged.DX, e.Dragged.DY)
}

// DragEnd is fyne.Draggable's.
func (i *Image) DragEnd() {
	if i.drawnFrom != nil {
		i.finishRegion()
	}
	i.pressed = 0
}

// MouseIn is desktop.Hoverable's.
func (i *Image) MouseIn(*desktop.MouseEvent) {}

// MouseOut is desktop.Hoverable's.
func (i *Image) MouseOut() {}

// MouseMoved is desktop.Hoverable's: Fyne reports no drag for the right button.
func (i *Image) MouseMoved(e *desktop.MouseEvent) {
	if e.Button == desktop.MouseButtonSecondary && i.pressed == desktop.MouseButtonSecondary {
		d := e.Position.Subtract(i.last)
		i.last = e.Position
		i.drag(desktop.MouseButtonSecondary, e.Position, d.X, d.Y)
	}
}

func (i *Image) drag(button desktop.MouseButton, at fyne.Position, dx, dy float32) {
	i.moved = true
	if i.drawnFrom != nil {
		i.drawnTo = at
		i.Refresh()
		return
	}
	w, h := i.pixels()
	x, y := i.toPixels(fyne.NewPos(dx, dy))
	switch button {
	case desktop.MouseButtonPrimary:
		if i.renderer != nil {
			i.SetState(i.state.DragWindow(i.renderer.Window(), x, y))
		}
	case desktop.MouseButtonTertiary:
		i.SetState(i.state.Pan(x, y, w, h))
	case desktop.MouseButtonSecondary:
		i.SetState(i.state.ZoomAt(math.Pow(1.01, -y), float64(w)/2, float64(h)/2, w, h))
	}
}

// DoubleTapped is fyne.DoubleTappable's.
func (i *Image) DoubleTapped(*fyne.PointEvent) {
	if i.OnDouble != nil {
		i.OnDouble()
	}
}

// Cursor is desktop.Cursorable's.
func (i *Image) Cursor() desktop.Cursor {
	if i.drawing {
		return desktop.CrosshairCursor
	}
	return desktop.DefaultCursor
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
	r.frame = canvas.NewRectangle(nil)
	r.frame.FillColor, r.frame.StrokeColor, r.frame.StrokeWidth = nil, theme.Accent(), 1
	r.Refresh()
	return r
}

type imageRenderer struct {
	i      *Image
	raster *canvas.Raster
	corner [4]*outlined // top left, top right, bottom left, bottom right
	letter [4]*outlined // left, right, top, bottom
	side   *outlined
	middle *outlined
	labels []*outlined
	frame  *canvas.Rectangle
}

func (r *imageRenderer) Destroy()           {}
func (r *imageRenderer) MinSize() fyne.Size { return fyne.NewSize(160, 120) }

func (r *imageRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.raster}
	for _, l := range r.labels {
		out = append(out, l)
	}
	for _, o := range r.corner {
		out = append(out, o)
	}
	for _, o := range r.letter {
		out = append(out, o)
	}
	return append(out, r.side, r.middle, r.frame)
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
	r.corner[2].set(ink, words.BottomLeft...)
	r.corner[3].set(ink, words.BottomRight...)

	var letters [4]string
	side := ""
	if s, ok := i.Shown(); ok && i.renderer != nil {
		letters[0], letters[1], letters[2], letters[3] = i.state.Letters(view.Edges(s.Instance))
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
	case i.drawing && i.drawnFrom == nil:
		r.middle.set(theme.Accent(), i.ws.Lang.T("canvas.draw_hint"))
	case i.series == nil:
		r.middle.set(theme.Dim(), i.ws.Lang.T("canvas.empty"))
	default:
		r.middle.set(theme.Dim())
	}

	marks := i.visibleMarks()
	for len(r.labels) < len(marks) {
		r.labels = append(r.labels, newOutlined(fyne.TextAlignLeading))
	}
	for k := range r.labels {
		if k < len(marks) && !(i.bare) {
			m := marks[k]
			text := m.Style.Sign() + m.Label
			if m.Region.Kind == imaging.RegionActivation {
				text += i.ws.Lang.T("canvas.activation")
			}
			r.labels[k].set(m.Style.Colour(), text)
			r.labels[k].Show()
		} else {
			r.labels[k].Hide()
		}
	}
	if i.front {
		r.frame.Show()
	} else {
		r.frame.Hide()
	}
	r.Layout(i.Size())
	canvas.Refresh(r.raster)
}

func (r *imageRenderer) Layout(size fyne.Size) {
	const gap = 6
	r.raster.Resize(size)
	r.frame.Resize(size)
	for k, o := range r.corner {
		m := o.MinSize()
		o.Resize(fyne.NewSize(min(m.Width, size.Width-2*gap), m.Height))
		at := fyne.NewPos(gap, gap)
		if k%2 == 1 {
			at.X = size.Width - o.Size().Width - gap
		}
		if k >= 2 {
			at.Y = size.Height - m.Height - gap
		}
		o.Move(at)
	}
	for k, o := range r.letter {
		m := o.MinSize()
		o.Resize(m)
		middle := fyne.NewPos((size.Width-m.Width)/2, (size.Height-m.Height)/2)
		switch k {
		case 0:
			middle.X = gap
		case 1:
			middle.X = size.Width - m.Width - gap
		case 2:
			middle.Y = gap
		case 3:
			middle.Y = size.Height - m.Height - gap
		}
		o.Move(middle)
	}
	m := r.side.MinSize()
	r.side.Resize(m)
	r.side.Move(fyne.NewPos((size.Width-m.Width)/2, gap+26))
	m = r.middle.MinSize()
	r.middle.Resize(m)
	r.middle.Move(fyne.NewPos((size.Width-m.Width)/2, (size.Height-m.Height)/2))

	w, h := r.i.pixels()
	v := r.i.state.Render(w, h)
	unit := float32(w) / max(1, size.Width)
	for k, mark := range r.i.visibleMarks() {
		if k >= len(r.labels) {
			break
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
		l.Move(fyne.NewPos(min(max(x, 0), max(0, size.Width-m.Width)), min(max(y, 0), max(0, size.Height-m.Height))))
	}
}

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
