package slide

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"

	"longying/imaging"
	"longying/imaging/render"
)

// The small map of the whole slide, in the lower right corner, in units of the
// toolkit.
const (
	minimapSide   = 180
	minimapMargin = 12
)

// minimap is where the small map lies in a pane of w x h pixels; ok is false
// where the whole slide is seen anyway, or where it is not there yet.
func (p *pane) minimap(v render.View, w, h int) (r image.Rectangle, ok bool) {
	if p.loader == nil || p.state.Columns == 0 {
		return r, false
	}
	x0, y0 := v.ToImage(w, h, 0, 0)
	x1, y1 := v.ToImage(w, h, float64(w), float64(h))
	if x0 <= 0 && y0 <= 0 && x1 >= float64(p.state.Columns) && y1 >= float64(p.state.Rows) {
		return r, false
	}
	if !p.loader.hasWhole() {
		return r, false
	}
	s := float64(p.density())
	k := minimapSide * s / float64(max(p.state.Columns, p.state.Rows))
	size := image.Pt(max(8, int(float64(p.state.Columns)*k)), max(8, int(float64(p.state.Rows)*k)))
	corner := image.Pt(w-int(minimapMargin*s), h-int(minimapMargin*s))
	r = image.Rectangle{corner.Sub(size), corner}
	return r, r.Min.X > w/2 && r.Min.Y > h/2 // a small pane has none
}

// hasWhole reports that the picture of the whole slide is there.
func (l *loader) hasWhole() bool {
	top := l.pyramid.coarsest()
	for _, t := range l.whole() {
		if at, rgb, _ := l.tile(t); rgb == nil || at.level != top {
			return false
		}
	}
	return true
}

// whole are the tiles of the coarsest level.
func (l *loader) whole() []place {
	top := l.pyramid.coarsest()
	r := l.pyramid.tiles(top, 0, 0, float64(l.pyramid.columns), float64(l.pyramid.rows))
	return l.pyramid.list(nil, top, r, render.View{})
}

var (
	mapEdge = color.RGBA{0, 0, 0, 255}
	mapView = color.RGBA{0xff, 0xff, 0xff, 255}
)

// drawMinimap draws the whole slide small, with a frame around what is seen.
func (p *pane) drawMinimap(img *image.RGBA, v render.View) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	r, ok := p.minimap(v, w, h)
	if !ok {
		return
	}
	fillRect(img, r.Inset(-2), mapEdge)
	small := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	var m mosaic
	p.loader.draw(small, render.View{CenterX: float64(p.state.Columns) / 2, CenterY: float64(p.state.Rows) / 2,
		Scale: max(float64(r.Dx())/float64(p.state.Columns), float64(r.Dy())/float64(p.state.Rows)), Smooth: true}, &m)
	for y := range small.Rect.Dy() {
		copy(img.Pix[img.PixOffset(r.Min.X, r.Min.Y+y):], small.Pix[y*small.Stride:][:4*r.Dx()])
	}
	x0, y0 := v.ToImage(w, h, 0, 0)
	x1, y1 := v.ToImage(w, h, float64(w), float64(h))
	at := func(x, y float64) image.Point {
		return image.Pt(r.Min.X+clamp(x/float64(p.state.Columns)*float64(r.Dx())), r.Min.Y+clamp(y/float64(p.state.Rows)*float64(r.Dy())))
	}
	seen := image.Rectangle{at(x0, y0), at(x1, y1)}.Intersect(r)
	if seen.Dx() < 4 || seen.Dy() < 4 { // a point still shows
		seen = image.Rectangle{seen.Min, seen.Min.Add(image.Pt(max(4, seen.Dx()), max(4, seen.Dy())))}
	}
	outline(img, seen.Inset(-1), mapEdge)
	outline(img, seen, mapView)
	outline(img, seen.Inset(1), mapEdge)
}

// outline strokes a rectangle one pixel wide.
func outline(img *image.RGBA, r image.Rectangle, c color.RGBA) {
	fillRect(img, image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+1), c)
	fillRect(img, image.Rect(r.Min.X, r.Max.Y-1, r.Max.X, r.Max.Y), c)
	fillRect(img, image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Max.Y), c)
	fillRect(img, image.Rect(r.Max.X-1, r.Min.Y, r.Max.X, r.Max.Y), c)
}

// toMinimap brings the place under a position of the small map to the middle;
// false where the position is not in it.
func (p *pane) toMinimap(at fyne.Position) bool {
	w, h := p.pixels()
	s := p.density()
	r, ok := p.minimap(p.state.Render(w, h), w, h)
	x, y := int(at.X*s), int(at.Y*s)
	if !ok || !p.onMap && !(image.Point{X: x, Y: y}).In(r) {
		return false
	}
	cx := float64(x-r.Min.X) / float64(r.Dx()) * float64(p.state.Columns)
	cy := float64(y-r.Min.Y) / float64(r.Dy()) * float64(p.state.Rows)
	state := p.state
	scale := state.Zoom(w, h)
	state = state.CenterOn(imaging.Region{X0: cx, Y0: cy, X1: cx, Y1: cy}, w, h)
	state.Scale = scale
	p.set(state)
	return true
}
