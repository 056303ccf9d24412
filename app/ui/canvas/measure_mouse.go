package canvas

import (
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/imaging"
	"longying/records"
)

// How near the pointer has to be, in pixels of the screen.
const (
	nearHandle = 9.0
	nearStroke = 6.0
	clickSlack = 4.0 // a button that moved less was clicked
	traceStep  = 3.0 // between the points of a free outline
)

// pairs reports tools whose lines have no point in common: the next line begins
// where the button goes down.
func pairs(t records.Tool) bool { return t == records.ToolCobb || t == records.ToolThorax }

// onImage is a place on the viewport in pixels of the picture, kept inside of it.
func (i *Image) onImage(at fyne.Position) (p imaging.Point, screen point) {
	x, y := i.toPixels(at)
	w, h := i.pixels()
	p.X, p.Y = i.state.Render(w, h).ToImage(w, h, x, y)
	p.X = min(max(p.X, 0), float64(i.state.Columns))
	p.Y = min(max(p.Y, 0), float64(i.state.Rows))
	return p, point{x, y}
}

// measureDown takes a press of the left button, and reports whether it did.
func (i *Image) measureDown(at fyne.Position) bool {
	m := &i.measure
	p, screen := i.onImage(at)
	m.from, m.held = screen, true
	if len(m.points) == 0 && m.floating == nil {
		// With a tool in hand only what was drawn last is corrected: another
		// measurement may begin on the line of the one before.
		if g := i.gripAt(screen); g != nil && (m.tool == "" || g.handle >= 0 && g.key == m.selected) {
			g.last = p
			m.grip = g
			if m.selected != g.key && i.OnAnnotation != nil {
				i.OnAnnotation(g.key)
			}
			return true
		}
	}
	if m.tool == "" {
		m.held = false
		if m.selected != "" && i.OnAnnotation != nil {
			i.OnAnnotation("") // beside all of them
		}
		return false
	}
	if why := i.Measurable(); why != "" {
		m.held, m.hint = false, false
		i.notice = why
		i.Refresh()
		return true
	}
	i.notice = ""
	if len(m.points) == 0 || m.floating == nil && pairs(m.tool) && len(m.points)%2 == 0 {
		m.points = append(m.points, p)
	}
	if least, _ := m.tool.Points(); least > 1 {
		m.floating = &p
	}
	i.say(m.tool, m.drawn())
	i.Refresh()
	return true
}

// measureDrag follows the left button.
func (i *Image) measureDrag(at fyne.Position) bool {
	m := &i.measure
	if !m.held {
		return false
	}
	p, screen := i.onImage(at)
	away := math.Hypot(screen.x-m.from.x, screen.y-m.from.y)
	switch {
	case m.grip != nil:
		if !m.grip.moved && away < clickSlack {
			return true
		}
		i.dragGrip(p)
		return true
	case m.tool == records.ToolPolygon && (m.tracing || away >= clickSlack && len(m.points) == 1):
		m.tracing = true
		i.trace(p)
	case m.floating != nil:
		m.floating = &p
	case len(m.points) == 1: // a probe, a text: where the button goes up
		m.points[0] = p
	}
	i.say(m.tool, m.drawn())
	i.Refresh()
	return true
}

// trace adds a point to a free outline, not nearer to the last than the screen
// shows. A very long one keeps every other of its points.
func (i *Image) trace(p imaging.Point) {
	m := &i.measure
	m.floating = &p
	last := m.points[len(m.points)-1]
	if math.Hypot(p.X-last.X, p.Y-last.Y)*i.scale() < traceStep {
		return
	}
	m.points = append(m.points, p)
	if _, most := records.ToolPolygon.Points(); len(m.points) >= most-1 {
		for k := range len(m.points) / 2 {
			m.points[k] = m.points[2*k]
		}
		m.points = m.points[:len(m.points)/2]
	}
}

func (i *Image) scale() float64 {
	w, h := i.pixels()
	return i.state.Zoom(w, h)
}

// measureUp takes the end of a press.
func (i *Image) measureUp(at fyne.Position) bool {
	m := &i.measure
	if !m.held {
		return false
	}
	m.held = false
	if m.grip != nil {
		i.redrawn()
		return true
	}
	p, screen := i.onImage(at)
	clicked := math.Hypot(screen.x-m.from.x, screen.y-m.from.y) < clickSlack
	least, _ := m.tool.Points()
	switch {
	case least == 1:
		i.finish([]imaging.Point{p})
	case m.tracing:
		points := m.points
		if len(points) < 3 {
			i.abandon()
			i.Refresh()
			return true
		}
		i.finish(slices.Clone(points))
	case clicked && len(m.points) == 1 && m.floating != nil && i.sameScreen(m.points[0], p):
		// The first click: the next point follows the pointer.
	case m.tool == records.ToolPolygon:
		if len(m.points) >= 3 && i.sameScreen(m.points[0], p) {
			i.finish(slices.Clone(m.points))
			return true
		}
		if !i.sameScreen(m.points[len(m.points)-1], p) {
			m.points = append(m.points, p)
		}
		m.floating = &p
	case i.sameScreen(m.points[len(m.points)-1], p):
		// Too near to be another point: it goes on following.
	default:
		m.points = append(m.points, p)
		m.floating = nil
		if len(m.points) == least {
			i.finish(slices.Clone(m.points))
			return true
		}
		if !pairs(m.tool) || len(m.points)%2 == 1 {
			m.floating = &p
		}
	}
	i.say(m.tool, m.drawn())
	i.Refresh()
	return true
}

// sameScreen reports two points that the hand cannot tell apart.
func (i *Image) sameScreen(p, q imaging.Point) bool {
	return math.Hypot(p.X-q.X, p.Y-q.Y)*i.scale() < 2*clickSlack
}

// measureMove follows the pointer without a button.
func (i *Image) measureMove(at fyne.Position) {
	m := &i.measure
	if m.tool == "" || m.floating == nil || m.held {
		return
	}
	p, _ := i.onImage(at)
	m.floating = &p
	i.say(m.tool, m.drawn())
	i.Refresh()
}

// measureDouble takes a double click: it closes an outline, or asks for the
// words of a measurement.
func (i *Image) measureDouble(at fyne.Position) bool {
	m := &i.measure
	if m.tool == records.ToolPolygon && len(m.points) >= 3 {
		i.finish(slices.Clone(m.points))
		return true
	}
	if m.tool != "" {
		return true
	}
	_, screen := i.onImage(at)
	if g := i.gripAt(screen); g != nil {
		if i.OnWords != nil {
			i.OnWords(g.key)
		}
		return true
	}
	return false
}

// gripAt is what of the measurements lies under the pointer: a handle before a
// line, the chosen one before the others.
func (i *Image) gripAt(at point) *grip {
	w, h := i.pixels()
	v := i.state.Render(w, h)
	shown := i.annotations()
	slices.SortStableFunc(shown, func(a, b Annotated) int {
		rank := func(x Annotated) int {
			if x.Key == i.measure.selected {
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
	for _, a := range shown {
		for k, p := range handles(&a.Annotation) {
			x, y := v.ToScreen(w, h, p.X, p.Y)
			if math.Hypot(x-at.x, y-at.y) <= nearHandle {
				return &grip{key: a.Key, handle: k, points: slices.Clone(a.Points)}
			}
		}
	}
	for _, a := range shown {
		for _, line := range i.lines2(v, w, h, &a.Annotation) {
			if line.near(at) {
				return &grip{key: a.Key, handle: -1, points: slices.Clone(a.Points)}
			}
		}
	}
	return nil
}

// handles are where a measurement can be taken hold of. An outline has too many
// points for each to be one.
func handles(a *records.Annotation) []imaging.Point {
	switch {
	case a.Tool == records.ToolEllipse && len(a.Points) == 2:
		p, q := a.Points[0], a.Points[1]
		return []imaging.Point{p, q, {X: p.X, Y: q.Y}, {X: q.X, Y: p.Y}}
	case a.Tool == records.ToolPolygon && len(a.Points) > 24:
		return nil
	}
	return a.Points
}

// dragGrip moves the handle, or the whole, to under the pointer; none of it
// leaves the picture.
func (i *Image) dragGrip(p imaging.Point) {
	g := i.measure.grip
	k := slices.IndexFunc(i.measure.list, func(a Annotated) bool { return a.Key == g.key })
	if k < 0 {
		return
	}
	tool := i.measure.list[k].Tool
	g.moved = true
	switch {
	case g.handle < 0:
		dx, dy := p.X-g.last.X, p.Y-g.last.Y
		for _, q := range g.points {
			dx = min(max(dx, -q.X), float64(i.state.Columns)-q.X)
			dy = min(max(dy, -q.Y), float64(i.state.Rows)-q.Y)
		}
		for k := range g.points {
			g.points[k].X += dx
			g.points[k].Y += dy
		}
	case tool == records.ToolEllipse && g.handle == 2:
		g.points[0].X, g.points[1].Y = p.X, p.Y
	case tool == records.ToolEllipse && g.handle == 3:
		g.points[1].X, g.points[0].Y = p.X, p.Y
	default:
		g.points[g.handle] = p
	}
	g.last = p
	i.say(tool, g.points)
	i.Refresh()
}

// TappedSecondary is fyne.SecondaryTappable's: the menu of tools.
func (i *Image) TappedSecondary(e *fyne.PointEvent) {
	if !i.moved && i.OnMenu != nil {
		i.OnMenu(e.AbsolutePosition)
	}
}

var _ desktop.Mouseable = (*Image)(nil)
