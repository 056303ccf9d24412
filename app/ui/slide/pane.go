package slide

import (
	"context"
	"image"
	"image/color"
	"math"
	"strconv"

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

// pane is the slide under mouse: tiles that the viewport covers are read off the
// UI goroutine and drawn when they are there.
type pane struct {
	widget.BaseWidget
	ws     *workspace.Workspace
	raster *canvas.Raster

	source *slides.Slide
	state  view.State
	tiles  map[int]*tile
	asked  context.CancelFunc

	marks    []viewer.Mark
	selected string
	maps     []*inference.TypeMap
	opacity  float64 // of the type map, 0..1

	drawing   bool
	pressed   bool
	button    desktop.MouseButton
	last      fyne.Position
	from, to  fyne.Position
	onRegion  func(imaging.Region)
	onFailure func(error)
}

// tile is one decoded tile, or one that is being read.
type tile struct{ rgb []byte }

func newPane(ws *workspace.Workspace) *pane {
	p := &pane{ws: ws, tiles: map[int]*tile{}, opacity: 0.45}
	p.raster = canvas.NewRaster(p.draw)
	p.ExtendBaseWidget(p)
	return p
}

// show takes another slide, or none.
func (p *pane) show(s *slides.Slide) {
	p.stop()
	p.source, p.tiles, p.marks, p.maps, p.drawing = s, map[int]*tile{}, nil, nil, false
	p.state = view.State{Slices: 1}
	if s != nil {
		p.state = p.state.WithPicture(s.Columns(), s.Rows(), 1)
	}
	p.Refresh()
}

func (p *pane) stop() {
	if p.asked != nil {
		p.asked()
		p.asked = nil
	}
}

func (p *pane) set(s view.State) {
	p.state = s
	p.Refresh()
}

// Refresh draws again.
func (p *pane) Refresh() { p.raster.Refresh() }

// CreateRenderer is fyne.Widget's.
func (p *pane) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.raster) }

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

// draw composes what the viewport shows, from the tiles that are there.
func (p *pane) draw(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	if p.source == nil {
		return img
	}
	g := p.source.Levels()[0]
	v := p.state.Render(w, h)
	at := func(x, y float64) (float64, float64) { return v.ToImage(w, h, x, y) }
	x0, y0 := at(0, 0)
	x1, y1 := at(1, 1)
	dx, dy := x1-x0, y1-y0
	var missing []int
	wanted := map[int]bool{}
	for sy := range h {
		iy := int(math.Floor(y0 + (float64(sy)+0.5)*dy))
		if iy < 0 || iy >= g.Rows {
			continue
		}
		ty, row := iy/g.TileRows, iy%g.TileRows
		var data []byte
		column := -1
		for sx := range w {
			ix := int(math.Floor(x0 + (float64(sx)+0.5)*dx))
			if ix < 0 || ix >= g.Columns {
				continue
			}
			if tx := ix / g.TileColumns; tx != column {
				column = tx
				index := ty*g.TilesAcross() + tx
				t := p.tiles[index]
				data = nil
				if t != nil {
					data = t.rgb
				} else if !wanted[index] {
					wanted[index] = true
					missing = append(missing, index)
				}
			}
			o := img.PixOffset(sx, sy)
			if data == nil {
				img.Pix[o], img.Pix[o+1], img.Pix[o+2] = 28, 30, 34
				continue
			}
			from := (row*g.TileColumns + ix%g.TileColumns) * 3
			copy(img.Pix[o:o+3], data[from:from+3])
		}
	}
	p.read(missing)
	toScreen := func(x, y float64) (int, int) { return int((x - x0) / dx), int((y - y0) / dy) }
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
	return img
}

// mostTiles bounds the tiles kept, about 40 MB of 224 x 224 ones.
const mostTiles = 256

// read fetches missing tiles; what was asked for before and is not needed any
// more is dropped.
func (p *pane) read(missing []int) {
	if len(missing) == 0 {
		return
	}
	source, across := p.source, p.source.Levels()[0].TilesAcross()
	ctx, cancel := context.WithCancel(p.ws.Context())
	for _, i := range missing {
		if len(p.tiles) > mostTiles {
			p.tiles = map[int]*tile{}
		}
		p.tiles[i] = &tile{}
	}
	previous := p.asked
	p.asked = func() {
		cancel()
		if previous != nil {
			previous()
		}
	}
	go func() {
		for _, i := range missing {
			decoded, err := source.Tile(ctx, 0, i%across, i/across)
			if ctx.Err() != nil {
				return
			}
			fyne.Do(func() {
				if p.source != source {
					return
				}
				if err != nil {
					p.onFailure(err)
					return
				}
				p.tiles[i] = &tile{decoded.RGB}
				p.Refresh()
			})
		}
	}()
}

func (p *pane) drawMap(img *image.RGBA, m *inference.TypeMap, toScreen func(x, y float64) (int, int)) {
	if p.opacity <= 0 {
		return
	}
	for i, class := range m.Class {
		if class < 0 || class >= len(m.Classes) {
			continue
		}
		c := parseColour(m.Classes[class].Colour)
		x := float64(m.X0 + i%m.Columns*m.PatchPixels)
		y := float64(m.Y0 + i/m.Columns*m.PatchPixels)
		ax, ay := toScreen(x, y)
		bx, by := toScreen(x+float64(m.PatchPixels), y+float64(m.PatchPixels))
		r := image.Rect(ax+1, ay+1, bx-1, by-1).Intersect(img.Rect)
		for sy := r.Min.Y; sy < r.Max.Y; sy++ {
			for sx := r.Min.X; sx < r.Max.X; sx++ {
				o := img.PixOffset(sx, sy)
				img.Pix[o] = mix(img.Pix[o], c.R, p.opacity)
				img.Pix[o+1] = mix(img.Pix[o+1], c.G, p.opacity)
				img.Pix[o+2] = mix(img.Pix[o+2], c.B, p.opacity)
			}
		}
	}
}

func mix(a, b uint8, share float64) uint8 { return uint8(float64(a)*(1-share) + float64(b)*share) }

// parseColour reads #rrggbb; anything else is grey.
func parseColour(s string) color.NRGBA {
	if len(s) == 7 && s[0] == '#' {
		if v, err := strconv.ParseUint(s[1:], 16, 32); err == nil {
			return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
		}
	}
	return color.NRGBA{128, 128, 128, 255}
}

// drawMark strokes a rectangle: dashed while it is only proposed, solid once a
// doctor has decided, with a dark edge so that it shows on any tissue.
func (p *pane) drawMark(img *image.RGBA, r imaging.Region, style viewer.Style, strong bool, toScreen func(x, y float64) (int, int)) {
	x0, y0 := toScreen(r.X0, r.Y0)
	x1, y1 := toScreen(r.X1, r.Y1)
	red, green, blue, _ := style.Colour().RGBA()
	c := color.RGBA{uint8(red >> 8), uint8(green >> 8), uint8(blue >> 8), 255}
	wide := 2
	if strong {
		wide = 4
	}
	dashed := style == viewer.Proposed || style == viewer.Unsure
	dot := func(x, y, n int) {
		if dashed && n/8%2 == 1 || !(image.Point{X: x, Y: y}).In(img.Rect) {
			return
		}
		img.SetRGBA(x, y, c)
	}
	for k := -1; k <= wide; k++ {
		edge := k == -1 || k == wide
		put := func(x, y, n int) {
			if edge {
				if (image.Point{X: x, Y: y}).In(img.Rect) {
					img.SetRGBA(x, y, color.RGBA{0, 0, 0, 255})
				}
				return
			}
			dot(x, y, n)
		}
		for x := max(x0, 0); x <= min(x1, img.Rect.Max.X); x++ {
			put(x, y0+k, x)
			put(x, y1-k, x)
		}
		for y := max(y0, 0); y <= min(y1, img.Rect.Max.Y); y++ {
			put(x0+k, y, y)
			put(x1-k, y, y)
		}
	}
}

// Scrolled zooms at the pointer.
func (p *pane) Scrolled(e *fyne.ScrollEvent) {
	w, h := p.pixels()
	s := p.density()
	factor := 1.2
	if e.Scrolled.DY < 0 {
		factor = 1 / factor
	}
	p.set(p.state.ZoomAt(factor, float64(e.Position.X*s), float64(e.Position.Y*s), w, h))
}

// MouseDown begins a drag: panning, or marking a region.
func (p *pane) MouseDown(e *desktop.MouseEvent) {
	p.pressed, p.button, p.last, p.from, p.to = true, e.Button, e.Position, e.Position, e.Position
}

// MouseUp ends it.
func (p *pane) MouseUp(e *desktop.MouseEvent) {
	if !p.pressed {
		return
	}
	p.pressed = false
	if p.drawing && p.button == desktop.MouseButtonPrimary && p.source != nil {
		ax, ay := p.toSlide(p.from)
		bx, by := p.toSlide(e.Position)
		r := imaging.Region{X0: max(0, math.Round(min(ax, bx))), Y0: max(0, math.Round(min(ay, by))),
			X1: min(float64(p.source.Columns()), math.Round(max(ax, bx))), Y1: min(float64(p.source.Rows()), math.Round(max(ay, by))), Kind: imaging.RegionDrawn}
		p.drawing = false
		if r.Valid(p.source.Columns(), p.source.Rows()) == nil {
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
func (p *pane) MouseMoved(e *desktop.MouseEvent) {}

// Dragged pans, or stretches the region that is being marked.
func (p *pane) Dragged(e *fyne.DragEvent) {
	p.to = e.Position
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
	if p.drawing {
		return desktop.CrosshairCursor
	}
	return desktop.DefaultCursor
}
