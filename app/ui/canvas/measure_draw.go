package canvas

import (
	"cmp"
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"

	"longying/app/ui/theme"
	"longying/imaging"
	"longying/imaging/render"
	"longying/records"
)

// path is a line on the screen.
type path struct {
	points [][2]float64
	closed bool
}

// near reports a place that lies on the line.
func (p path) near(at point) bool {
	n := len(p.points)
	if n == 1 {
		return math.Hypot(p.points[0][0]-at.x, p.points[0][1]-at.y) <= nearHandle
	}
	last := n - 1
	if p.closed {
		last = n
	}
	for k := range last {
		a, b := p.points[k], p.points[(k+1)%n]
		dx, dy := b[0]-a[0], b[1]-a[1]
		t := 0.0
		if l := dx*dx + dy*dy; l > 0 {
			t = min(max(((at.x-a[0])*dx+(at.y-a[1])*dy)/l, 0), 1)
		}
		if math.Hypot(a[0]+t*dx-at.x, a[1]+t*dy-at.y) <= nearStroke {
			return true
		}
	}
	return false
}

// lines2 are the lines of a measurement on the screen.
func lines2(v render.View, w, h int, a *records.Annotation) []path {
	on := func(ps ...imaging.Point) [][2]float64 {
		out := make([][2]float64, len(ps))
		for k, p := range ps {
			out[k][0], out[k][1] = v.ToScreen(w, h, p.X, p.Y)
		}
		return out
	}
	p := a.Points
	switch {
	case len(p) == 0:
		return nil
	case a.Tool == records.ToolEllipse && len(p) == 2:
		const sides = 96
		cx, cy, rx, ry := (p[0].X+p[1].X)/2, (p[0].Y+p[1].Y)/2, (p[1].X-p[0].X)/2, (p[1].Y-p[0].Y)/2
		var ring []imaging.Point
		for k := range sides {
			s, c := math.Sincos(2 * math.Pi * float64(k) / sides)
			ring = append(ring, imaging.Point{X: cx + rx*c, Y: cy + ry*s})
		}
		return []path{{on(ring...), true}}
	case a.Tool == records.ToolPolygon:
		return []path{{on(p...), true}}
	case pairs(a.Tool):
		out := []path{{on(p[:min(2, len(p))]...), false}}
		if len(p) > 2 {
			out = append(out, path{on(p[2:]...), false})
		}
		return out
	case a.Tool == records.ToolProbe, a.Tool == records.ToolText:
		return []path{{on(p[0]), false}}
	case a.Tool == records.ToolArrow && len(p) == 2:
		shaft := on(p...)
		hx, hy := shaft[0][0], shaft[0][1]
		dx, dy := shaft[1][0]-hx, shaft[1][1]-hy
		l := math.Hypot(dx, dy)
		if l < 1 {
			return []path{{shaft, false}}
		}
		barb := func(turn float64) [2]float64 {
			s, c := math.Sincos(turn)
			size := min(16, l)
			return [2]float64{hx + (dx*c-dy*s)/l*size, hy + (dx*s+dy*c)/l*size}
		}
		return []path{{shaft, false}, {[][2]float64{barb(0.45), {hx, hy}, barb(-0.45)}, false}}
	}
	return []path{{on(p...), false}}
}

// Draw strokes the measurements of the picture and what is being drawn.
func (m *Measuring) Draw(dst *image.RGBA, v render.View, w, h int) {
	for _, a := range m.annotations() {
		strong := a.Key == m.selected
		strokeMeasure(dst, v, w, h, &a.Annotation, strong, a.Unsaved)
		if strong {
			for _, p := range handles(&a.Annotation) {
				x, y := v.ToScreen(w, h, p.X, p.Y)
				square(dst, x, y)
			}
		}
	}
	if points := m.drawn(); m.tool != "" && len(points) > 0 {
		a := records.Annotation{Tool: m.tool, Points: points}
		if m.tool == records.ToolPolygon && len(points) < 3 {
			a.Tool = records.ToolLength
		}
		strokeMeasure(dst, v, w, h, &a, false, false)
		if !m.tracing {
			for _, p := range m.points {
				x, y := v.ToScreen(w, h, p.X, p.Y)
				square(dst, x, y)
			}
		}
	}
}

// strokeMeasure strokes one: a dark edge below, dashed where it is not saved.
func strokeMeasure(dst *image.RGBA, v render.View, w, h int, a *records.Annotation, strong, unsaved bool) {
	ink := rgba(theme.Measured())
	wide := 2
	if strong {
		wide = 3
	}
	on, off := 1, 0
	if unsaved {
		on, off = 5, 5
	}
	lines := lines2(v, w, h, a)
	for _, l := range lines {
		if len(l.points) == 1 {
			continue
		}
		stroke(dst, l, wide+2, on, off, color.RGBA{A: 255})
	}
	for _, l := range lines {
		if len(l.points) > 1 {
			stroke(dst, l, wide, on, off, ink)
			continue
		}
		x, y := clampInt(l.points[0][0]), clampInt(l.points[0][1])
		for _, pass := range []struct {
			ink  color.RGBA
			grow int
		}{{color.RGBA{A: 255}, 1}, {ink, 0}} {
			for _, arm := range [4][4]int{{-9, 0, -3, 0}, {3, 0, 9, 0}, {0, -9, 0, -3}, {0, 3, 0, 9}} {
				fill(dst, x+arm[0]-pass.grow, y+arm[1]-pass.grow, x+arm[2]+pass.grow, y+arm[3]+pass.grow, pass.ink)
			}
		}
	}
}

func rgba(c color.Color) color.RGBA {
	r, g, b, _ := c.RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
}

// stroke dabs squares along a line, on pixels of it and then off without.
func stroke(dst *image.RGBA, l path, wide, on, off int, c color.RGBA) {
	last := len(l.points) - 1
	if l.closed {
		last++
	}
	done := 0.0
	for k := range last {
		a, b := l.points[k], l.points[(k+1)%len(l.points)]
		d := math.Hypot(b[0]-a[0], b[1]-a[1])
		for t := 0.0; t <= d; t += 0.5 {
			if off > 0 && math.Mod(done+t, float64(on+off)) >= float64(on) {
				continue
			}
			f := 0.0
			if d > 0 {
				f = t / d
			}
			x, y := a[0]+(b[0]-a[0])*f, a[1]+(b[1]-a[1])*f
			if x < float64(dst.Rect.Min.X-wide) || y < float64(dst.Rect.Min.Y-wide) || x > float64(dst.Rect.Max.X+wide) || y > float64(dst.Rect.Max.Y+wide) {
				continue
			}
			px, py := int(math.Round(x))-wide/2, int(math.Round(y))-wide/2
			fill(dst, px, py, px+wide-1, py+wide-1, c)
		}
		done += d
	}
}

// fill fills a rectangle, its ends included, where it lies on dst.
func fill(dst *image.RGBA, x0, y0, x1, y1 int, c color.RGBA) {
	for y := max(y0, dst.Rect.Min.Y); y <= min(y1, dst.Rect.Max.Y-1); y++ {
		for x := max(x0, dst.Rect.Min.X); x <= min(x1, dst.Rect.Max.X-1); x++ {
			dst.SetRGBA(x, y, c)
		}
	}
}

// square is a handle.
func square(dst *image.RGBA, x, y float64) {
	px, py := clampInt(x), clampInt(y)
	fill(dst, px-4, py-4, px+4, py+4, color.RGBA{A: 255})
	fill(dst, px-3, py-3, px+3, py+3, rgba(theme.Measured()))
	fill(dst, px-1, py-1, px+1, py+1, color.RGBA{A: 255})
}

// Labels are the words at the measurements of a viewport, and the hint of the tool
// in hand.
type Labels struct {
	// Ground lies under the words; nil: nothing, over a picture that is dark.
	Ground color.Color
	of     *Measuring
	labels []*outlined
	hint   *outlined
}

// NewLabels makes the words of what is measured in a viewport.
func NewLabels(of *Measuring) *Labels {
	m := &Labels{of: of, hint: newOutlined(fyne.TextAlignCenter)}
	m.hint.ground = color.NRGBA{A: 0xa0}
	return m
}

// Objects are what is to be shown over the viewport; Refresh may add to them.
func (m *Labels) Objects() []fyne.CanvasObject {
	var out []fyne.CanvasObject
	for _, l := range m.labels {
		out = append(out, l)
	}
	return append(out, m.hint)
}

// labelled are the measurements that have words, what is being drawn last.
func (m *Measuring) labelled() []Annotated {
	out := m.annotations()
	if points := m.drawn(); m.tool != "" && len(points) > 0 {
		out = append(out, Annotated{Annotation: records.Annotation{Tool: m.tool, Points: points}})
	}
	return out
}

// wordsOf are the lines at a measurement.
func (m *Measuring) wordsOf(a *Annotated) []string {
	l := m.ws.Lang
	if a.Key == "" || m.grip != nil && m.grip.moved && m.grip.key == a.Key {
		return m.live
	}
	out := a.Said(l.Short())
	if a.Prior {
		out = append([]string{l.T("canvas.measure_then", cmp.Or(a.Of, "—"), a.ByName)}, out...)
	}
	if a.Unsaved {
		out = append(out, l.T("canvas.measure_unsaved"))
	}
	return out
}

// Refresh gives the labels their words; none where they are hidden.
func (m *Labels) Refresh(hidden bool) {
	shown := m.of.labelled()
	if hidden {
		shown = nil
	}
	for len(m.labels) < len(shown) {
		m.labels = append(m.labels, newOutlined(fyne.TextAlignLeading))
	}
	for k, l := range m.labels {
		if k >= len(shown) {
			l.Hide()
			continue
		}
		if m.Ground != nil {
			l.ground = m.Ground
		}
		l.set(theme.Measured(), m.of.wordsOf(&shown[k])...)
		l.Show()
	}
	hint := m.of.hintOf()
	if hint == "" {
		m.hint.Hide()
		return
	}
	m.hint.set(theme.Measured(), wrap(hint, 60)...)
	m.hint.Show()
}

// hintOf says what the tool in hand wants next.
func (m *Measuring) hintOf() string {
	l := m.ws.Lang
	_, _, _, shown := m.on.View()
	switch {
	case m.tool == "" || !shown:
		return ""
	case m.tool == records.ToolThorax && len(m.points) >= 2:
		return l.T("canvas.hint_thorax_chest")
	case m.tool == records.ToolCobb && len(m.points) >= 2:
		return l.T("canvas.hint_cobb_second")
	case m.tool == records.ToolAngle && len(m.points) >= 2:
		return l.T("canvas.hint_angle_third")
	case m.hint && len(m.points) == 0:
		return l.T(hints()[m.tool])
	}
	return ""
}

// Lay places the labels: beside what they measure, where the picture is darkest
// and nothing else is written. Where one stands it stays as long as it can.
func (m *Labels) Lay(size fyne.Size, taken []fyne.CanvasObject) {
	v, w, h, _ := m.of.on.View()
	px := float32(w) / max(1, size.Width)
	type rect struct{ x0, y0, x1, y1 float32 }
	var busy []rect
	for _, o := range taken {
		if s := o.MinSize(); o.Visible() && s.Width > 4 {
			busy = append(busy, rect{o.Position().X, o.Position().Y, o.Position().X + s.Width, o.Position().Y + s.Height})
		}
	}
	for _, a := range m.of.labelled() { // what is measured is not written over
		for _, line := range lines2(v, w, h, &a.Annotation) {
			for k := range line.points {
				p, q := line.points[k], line.points[(k+1)%len(line.points)]
				if k+1 == len(line.points) && !line.closed {
					q = p
				}
				steps := max(1, min(64, int(math.Hypot(q[0]-p[0], q[1]-p[1])/12)))
				for n := range steps + 1 {
					f := float64(n) / float64(steps)
					x, y := float32(p[0]+(q[0]-p[0])*f)/px, float32(p[1]+(q[1]-p[1])*f)/px
					busy = append(busy, rect{x - 3, y - 3, x + 3, y + 3})
				}
			}
		}
	}
	hits := func(r rect) bool {
		for _, b := range busy {
			if r.x0 < b.x1 && b.x0 < r.x1 && r.y0 < b.y1 && b.y0 < r.y1 {
				return true
			}
		}
		return false
	}
	if m.of.side == nil {
		m.of.side = map[string]int{}
	}
	const gap = 10
	for k, a := range m.of.labelled() {
		if k >= len(m.labels) || !m.labels[k].Visible() {
			continue
		}
		l := m.labels[k]
		s := l.MinSize()
		l.Resize(s)
		box := rect{x0: size.Width, y0: size.Height}
		for _, line := range lines2(v, w, h, &a.Annotation) {
			for _, p := range line.points {
				x, y := float32(p[0])/px, float32(p[1])/px
				box = rect{min(box.x0, x), min(box.y0, y), max(box.x1, x), max(box.y1, y)}
			}
		}
		cx, cy := (box.x0+box.x1)/2, (box.y0+box.y1)/2
		places := []fyne.Position{
			{X: box.x1 + gap, Y: cy - s.Height/2}, {X: box.x0 - gap - s.Width, Y: cy - s.Height/2},
			{X: cx - s.Width/2, Y: box.y1 + gap}, {X: cx - s.Width/2, Y: box.y0 - gap - s.Height},
			{X: box.x1 + gap, Y: box.y1 + gap}, {X: box.x1 + gap, Y: box.y0 - gap - s.Height},
			{X: box.x0 - gap - s.Width, Y: box.y1 + gap}, {X: box.x0 - gap - s.Width, Y: box.y0 - gap - s.Height},
		}
		fits := func(p fyne.Position) bool {
			return p.X >= 0 && p.Y >= 0 && p.X+s.Width <= size.Width && p.Y+s.Height <= size.Height && !hits(rect{p.X, p.Y, p.X + s.Width, p.Y + s.Height})
		}
		best := -1
		if was, ok := m.of.side[a.Key]; ok && was < len(places) && fits(places[was]) {
			best = was
		} else {
			darkest := math.Inf(1)
			for n, p := range places {
				if b := m.of.brightness(p.X*px, p.Y*px, s.Width*px, s.Height*px); fits(p) && b < darkest-24 {
					best, darkest = n, b
				}
			}
			if best >= 0 {
				m.of.side[a.Key] = best
			}
		}
		at := fyne.NewPos(min(max(box.x1+gap, 0), max(0, size.Width-s.Width)), min(max(cy-s.Height/2, 0), max(0, size.Height-s.Height)))
		if best >= 0 {
			at = places[best]
		}
		l.Move(at)
		if m.Ground == nil {
			m.of.shade(l, px)
		}
		busy = append(busy, rect{at.X, at.Y, at.X + s.Width, at.Y + s.Height})
	}
	s := m.hint.MinSize()
	m.hint.Resize(s)
	m.hint.Move(fyne.NewPos((size.Width-s.Width)/2, size.Height-s.Height-34))
}

// shade puts a ground below words that lie on something bright.
func (m *Measuring) shade(l *outlined, px float32) {
	at, s := l.Position(), l.Size()
	b := m.brightness(at.X*px, at.Y*px, s.Width*px, s.Height*px)
	var ground color.Color
	if b > brightBelow || b > darkBelow && l.ground != nil {
		ground = color.NRGBA{A: 0xa0}
	}
	if l.ground != ground {
		l.ground = ground
		l.Refresh()
	}
}

// brightness is how bright the picture is under a rectangle of the screen, 0 to
// 255.
func (m *Measuring) brightness(x, y, w, h float32) float64 {
	shot := m.on.Screenshot()
	if shot == nil {
		return 0
	}
	sum, n := 0, 0
	for a := range 8 {
		for b := range 4 {
			px, py := int(x+w*(float32(a)+0.5)/8), int(y+h*(float32(b)+0.5)/4)
			if (image.Point{X: px, Y: py}).In(shot.Rect) {
				sum += int(shot.RGBAAt(px, py).G)
				n++
			}
		}
	}
	return float64(sum) / float64(max(1, n))
}
