package slide

import (
	"image"
	"image/color"
	"math"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	viewer "longying/app/ui/canvas"
	"longying/app/ui/canvas/view"
	"longying/app/ui/workspace"
	"longying/imaging"
	slides "longying/imaging/slide"
	"longying/inference"
)

// pane is the slide under mouse: the tiles that the viewport covers, at the
// level that fits the zoom, are read off the UI goroutine and drawn when they
// are there, coarse ones first.
type pane struct {
	widget.BaseWidget
	ws     *workspace.Workspace
	raster *canvas.Raster
	buffer *image.RGBA
	mosaic mosaic

	source *slides.Slide
	loader *loader     // nil without a slide
	queued atomic.Bool // a redraw for new tiles
	state  view.State

	marks    []viewer.Mark
	selected string
	maps     []*inference.TypeMap
	opacity  float64 // of the type map, 0..1

	measure *viewer.Measuring
	labels  *viewer.Labels
	in      *imaging.Instance // the base of the slide
	onMenu  func(at fyne.Position)
	onSay   func(words string)

	drawing   bool
	pressed   bool
	onMap     bool // pressed in the small map
	button    desktop.MouseButton
	from, to  fyne.Position
	onRegion  func(imaging.Region)
	onFailure func(error)
	onView    func() // the zoom, the size or what is still read has changed
}

func newPane(ws *workspace.Workspace) *pane {
	p := &pane{ws: ws, opacity: 0.45, onView: func() {}, onSay: func(string) {}}
	p.measure = viewer.NewMeasuring(ws, sheet{p})
	p.labels = viewer.NewLabels(p.measure)
	p.labels.Ground = color.NRGBA{0x10, 0x12, 0x15, 0xd0}
	p.raster = canvas.NewRaster(p.draw)
	p.raster.ScaleMode = canvas.ImageScalePixels
	p.ExtendBaseWidget(p)
	return p
}

// show takes another slide, or none. Nothing more is read of the last one once
// gone returns.
func (p *pane) show(s *slides.Slide) (gone func()) {
	gone = func() {}
	if old := p.loader; old != nil {
		old.stop()
		gone = old.close
	}
	p.measure.Abandon()
	p.source, p.loader, p.marks, p.maps, p.drawing = s, nil, nil, nil, false
	p.state = view.State{Slices: 1}
	if s != nil {
		p.state = p.state.WithPicture(s.Columns(), s.Rows(), 1)
		p.loader = newLoader(p.ws.Context(), s, p.arrive)
	}
	p.Refresh()
	return gone
}

// arrive has the pane drawn again, once for all tiles that come meanwhile. It
// is called off the UI goroutine.
func (p *pane) arrive() {
	if !p.queued.CompareAndSwap(false, true) {
		return
	}
	p.ws.Do(func() {
		p.queued.Store(false)
		if p.loader == nil {
			return
		}
		if err := p.loader.trouble(); err != nil {
			p.onFailure(err)
		}
		p.Refresh()
		p.onView()
	})
}

func (p *pane) set(s view.State) {
	p.state = s
	p.Refresh()
	p.onView()
}

// zoom multiplies the scale around the middle of the pane.
func (p *pane) zoom(factor float64) {
	w, h := p.pixels()
	p.set(p.state.ZoomAt(factor, float64(w)/2, float64(h)/2, w, h))
}

// pan moves what is seen by shares of the pane.
func (p *pane) pan(right, down float64) {
	w, h := p.pixels()
	p.set(p.state.Pan(-right*float64(w), -down*float64(h), w, h))
}

// Resize is fyne.CanvasObject's.
func (p *pane) Resize(s fyne.Size) {
	p.BaseWidget.Resize(s)
	p.onView()
}

// Refresh draws again.
func (p *pane) Refresh() {
	p.raster.Refresh()
	p.BaseWidget.Refresh()
}

// CreateRenderer is fyne.Widget's.
func (p *pane) CreateRenderer() fyne.WidgetRenderer { return &paneRenderer{p} }

// MinSize is fyne.CanvasObject's.
func (p *pane) MinSize() fyne.Size { return fyne.NewSize(320, 240) }

// pixels is the raster's size in device pixels.
func (p *pane) pixels() (int, int) {
	s := p.density()
	return max(1, int(p.Size().Width*s)), max(1, int(p.Size().Height*s))
}

func (p *pane) density() float32 {
	if c := fyne.CurrentApp().Driver().CanvasForObject(p); c != nil {
		return c.Scale()
	}
	return 1
}

// toSlide maps a position of the widget to pixels of the slide.
func (p *pane) toSlide(at fyne.Position) (x, y float64) {
	w, h := p.pixels()
	s := p.density()
	return p.state.Render(w, h).ToImage(w, h, float64(at.X*s), float64(at.Y*s))
}

// draw composes what the viewport shows, from the tiles that are there, and asks
// for those that are not.
func (p *pane) draw(w, h int) image.Image {
	if p.buffer == nil || p.buffer.Rect.Dx() != w || p.buffer.Rect.Dy() != h {
		p.buffer = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	img := p.buffer
	if p.source == nil {
		fillRect(img, img.Rect, beside)
		return img
	}
	v := p.state.Render(w, h)
	p.loader.want(p.loader.pyramid.wanted(v, w, h, p.loader.cheap))
	p.loader.draw(img, v, &p.mosaic)
	toScreen := func(x, y float64) (int, int) {
		sx, sy := v.ToScreen(w, h, x, y)
		return clamp(sx), clamp(sy)
	}
	for _, m := range p.maps {
		p.drawMap(img, m, toScreen)
	}
	for _, m := range p.marks {
		if m.Style != viewer.Rejected {
			p.drawMark(img, m.Region, m.Style, m.UID == p.selected, toScreen)
		}
	}
	if p.drawing && p.pressed {
		ax, ay := p.toSlide(p.from)
		bx, by := p.toSlide(p.to)
		p.drawMark(img, imaging.Region{X0: min(ax, bx), Y0: min(ay, by), X1: max(ax, bx), Y1: max(ay, by)}, viewer.Drawing, true, toScreen)
	}
	p.measure.Draw(img, v, w, h)
	p.drawMinimap(img, v)
	return img
}

func clamp(v float64) int { return int(math.Round(min(max(v, -1e6), 1e6))) }

func fillRect(img *image.RGBA, r image.Rectangle, c color.RGBA) {
	r = r.Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetRGBA(x, y, c)
		}
	}
}

// Scrolled zooms at the pointer.
func (p *pane) Scrolled(e *fyne.ScrollEvent) {
	p.ws.Activity.Seen() // also where the mouse stands still
	w, h := p.pixels()
	s := p.density()
	factor := 1.2
	if e.Scrolled.DY < 0 {
		factor = 1 / factor
	}
	p.set(p.state.ZoomAt(factor, float64(e.Position.X*s), float64(e.Position.Y*s), w, h))
}

// MouseDown begins a drag: panning, or marking a region. In the small map it
// goes to that place.
func (p *pane) MouseDown(e *desktop.MouseEvent) {
	p.pressed, p.button, p.from, p.to = true, e.Button, e.Position, e.Position
	p.onMap = !p.drawing && p.toMinimap(e.Position)
	if !p.drawing && !p.onMap && e.Button == desktop.MouseButtonPrimary && p.source != nil && p.measure.Down(e.Position) {
		p.pressed = false
	}
}

// MouseUp ends it.
func (p *pane) MouseUp(e *desktop.MouseEvent) {
	if p.measure.Up(e.Position) || !p.pressed {
		return
	}
	p.pressed, p.onMap = false, false
	if p.drawing && p.button == desktop.MouseButtonPrimary && p.source != nil {
		ax, ay := p.toSlide(p.from)
		bx, by := p.toSlide(e.Position)
		r := imaging.Region{X0: max(0, math.Round(min(ax, bx))), Y0: max(0, math.Round(min(ay, by))),
			X1: min(float64(p.source.Columns()), math.Round(max(ax, bx))), Y1: min(float64(p.source.Rows()), math.Round(max(ay, by))), Kind: imaging.RegionDrawn}
		if r.Valid(p.source.Columns(), p.source.Rows()) == nil { // a mere click marks nothing: the drag is still to come
			p.drawing = false
			p.onRegion(r)
		}
	}
	p.Refresh()
}

// MouseIn is desktop.Hoverable's.
func (p *pane) MouseIn(*desktop.MouseEvent) {}

// MouseOut is desktop.Hoverable's.
func (p *pane) MouseOut() {}

// MouseMoved is desktop.Hoverable's; Fyne gives moves with a pressed button as
// Dragged.
func (p *pane) MouseMoved(e *desktop.MouseEvent) { p.measure.Move(e.Position) }

// DoubleTapped is fyne.DoubleTappable's: it closes an outline, or asks for the
// words of a measurement.
func (p *pane) DoubleTapped(e *fyne.PointEvent) { p.measure.Double(e.Position) }

// TappedSecondary is fyne.SecondaryTappable's: the menu of tools.
func (p *pane) TappedSecondary(e *fyne.PointEvent) {
	if p.onMenu != nil && p.source != nil {
		p.onMenu(e.AbsolutePosition)
	}
}

// Dragged pans, or stretches the region that is being marked.
func (p *pane) Dragged(e *fyne.DragEvent) {
	p.to = e.Position
	if p.measure.Drag(e.Position) {
		return
	}
	if p.onMap {
		p.toMinimap(e.Position)
		return
	}
	if !p.drawing {
		w, h := p.pixels()
		s := p.density()
		p.state = p.state.Pan(float64(e.Dragged.DX*s), float64(e.Dragged.DY*s), w, h)
	}
	p.Refresh()
}

// DragEnd is fyne.Draggable's.
func (p *pane) DragEnd() {
	if p.pressed {
		p.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p.to}, Button: p.button})
	}
}

// Cursor is a cross while a region is being marked.
func (p *pane) Cursor() desktop.Cursor {
	if p.drawing || p.measure.Tool() != "" {
		return desktop.CrosshairCursor
	}
	return desktop.DefaultCursor
}
