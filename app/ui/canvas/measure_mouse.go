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
func (m *Measuring) onImage(at fyne.Position) (p imaging.Point, screen point) {
	x, y := m.on.Screen(at)
	v, w, h, _ := m.on.View()
	p.X, p.Y = v.ToImage(w, h, x, y)
	columns, rows := m.on.Extent()
	p.X = min(max(p.X, 0), float64(columns))
	p.Y = min(max(p.Y, 0), float64(rows))
	return p, point{x, y}
}

// Down takes a press of the left button, and reports whether it did.
func (m *Measuring) Down(at fyne.Position) bool {
	p, screen := m.onImage(at)
	m.before, m.from, m.held = m.from, screen, true
	if len(m.points) == 0 && m.floating == nil {
		// With a tool in hand only what was drawn last is corrected: another
		// measurement may begin on the line of the one before.
		if g := m.gripAt(screen); g != nil && (m.tool == "" || g.handle >= 0 && g.key == m.selected) {
			g.last = p
			m.grip = g
			if m.selected != g.key && m.OnAnnotation != nil {
				m.OnAnnotation(g.key)
			}
			return true
		}
	}
	if m.tool == "" {
		m.held = false
		if m.selected != "" && m.OnAnnotation != nil {
			m.OnAnnotation("") // beside all of them
		}
		return false
	}
	if why := m.on.Unmeasurable(); why != "" {
		m.held, m.hint = false, false
		m.on.Remark(why)
		m.on.Refresh()
		return true
	}
	m.on.Remark("")
	if len(m.points) == 0 || m.floating == nil && pairs(m.tool) && len(m.points)%2 == 0 {
		m.points = append(m.points, p)
	}
	if least, _ := m.tool.Points(); least > 1 {
		m.floating = &p
	}
	m.say(m.tool, m.drawn())
	m.on.Refresh()
	return true
}

// Drag follows the left button.
func (m *Measuring) Drag(at fyne.Position) bool {
	if !m.held {
		return false
	}
	p, screen := m.onImage(at)
	away := math.Hypot(screen.x-m.from.x, screen.y-m.from.y)
	switch {
	case m.grip != nil:
		if !m.grip.moved && away < clickSlack {
			return true
		}
		m.dragGrip(p)
		return true
	case m.tool == records.ToolPolygon && (m.tracing || away >= clickSlack && len(m.points) == 1):
		m.tracing = true
		m.trace(p)
	case m.floating != nil:
		m.floating = &p
	case len(m.points) == 1: // a probe, a text: where the button goes up
		m.points[0] = p
	}
	m.say(m.tool, m.drawn())
	m.on.Refresh()
	return true
}

// trace adds a point to a free outline, not nearer to the last than the screen
// shows. A very long one keeps every other of its points.
func (m *Measuring) trace(p imaging.Point) {
	m.floating = &p
	last := m.points[len(m.points)-1]
	if math.Hypot(p.X-last.X, p.Y-last.Y)*m.scale() < traceStep {
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

func (m *Measuring) scale() float64 {
	v, _, _, _ := m.on.View()
	return v.Scale
}

// Up takes the end of a press.
func (m *Measuring) Up(at fyne.Position) bool {
	if !m.held {
		return false
	}
	m.held = false
	if m.grip != nil {
		m.redrawn()
		return true
	}
	p, screen := m.onImage(at)
	clicked := math.Hypot(screen.x-m.from.x, screen.y-m.from.y) < clickSlack
	least, _ := m.tool.Points()
	switch {
	case least == 1:
		m.finish([]imaging.Point{p})
	case m.tracing:
		points := m.points
		if len(points) < 3 {
			m.Abandon()
			m.on.Refresh()
			return true
		}
		m.finish(slices.Clone(points))
	case clicked && len(m.points) == 1 && m.floating != nil && m.sameScreen(m.points[0], p):
		// The first click: the next point follows the pointer.
	case m.tool == records.ToolPolygon:
		if len(m.points) >= 3 && m.sameScreen(m.points[0], p) {
			m.finish(slices.Clone(m.points))
			return true
		}
		if !m.sameScreen(m.points[len(m.points)-1], p) {
			m.points = append(m.points, p)
		}
		m.floating = &p
	case m.sameScreen(m.points[len(m.points)-1], p):
		// Too near to be another point: it goes on following.
	default:
		m.points = append(m.points, p)
		m.floating = nil
		if len(m.points) == least {
			m.finish(slices.Clone(m.points))
			return true
		}
		if !pairs(m.tool) || len(m.points)%2 == 1 {
			m.floating = &p
		}
	}
	m.say(m.tool, m.drawn())
	m.on.Refresh()
	return true
}

// sameScreen reports two points that the hand cannot tell apart.
func (m *Measuring) sameScreen(p, q imaging.Point) bool {
	return math.Hypot(p.X-q.X, p.Y-q.Y)*m.scale() < 2*clickSlack
}

// Move follows the pointer without a button.
func (m *Measuring) Move(at fyne.Position) {
	if m.tool == "" || m.floating == nil || m.held {
		return
	}
	p, _ := m.onImage(at)
	m.floating = &p
	m.say(m.tool, m.drawn())
	m.on.Refresh()
}

// Double takes a double click: it closes an outline, or asks for the
// words of a measurement.
func (m *Measuring) Double(at fyne.Position) bool {
	// The toolkit tells two clicks by their time alone, and points are set fast.
	apart := math.Hypot(m.from.x-m.before.x, m.from.y-m.before.y) >= 2*clickSlack
	if m.tool == records.ToolPolygon && len(m.points) >= 3 && !apart {
		m.finish(slices.Clone(m.points))
		return true
	}
	if m.tool != "" {
		return true
	}
	_, screen := m.onImage(at)
	if g := m.gripAt(screen); g != nil {
		if m.OnWords != nil {
			m.OnWords(g.key)
		}
		return true
	}
	return false
}

// gripAt is what of the measurements lies under the pointer: a handle before a
// line, the chosen one before the others.
func (m *Measuring) gripAt(at point) *grip {
	v, w, h, _ := m.on.View()
	shown := slices.DeleteFunc(m.annotations(), func(a Annotated) bool { return a.Prior })
	slices.SortStableFunc(shown, func(a, b Annotated) int {
		rank := func(x Annotated) int {
			if x.Key == m.selected {
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
		for _, line := range lines2(v, w, h, &a.Annotation) {
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
func (m *Measuring) dragGrip(p imaging.Point) {
	g := m.grip
	k := slices.IndexFunc(m.list, func(a Annotated) bool { return a.Key == g.key })
	if k < 0 {
		return
	}
	tool := m.list[k].Tool
	g.moved = true
	switch {
	case g.handle < 0:
		dx, dy := p.X-g.last.X, p.Y-g.last.Y
		columns, rows := m.on.Extent()
		for _, q := range g.points {
			dx = min(max(dx, -q.X), float64(columns)-q.X)
			dy = min(max(dy, -q.Y), float64(rows)-q.Y)
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
	m.say(tool, g.points)
	m.on.Refresh()
}

// TappedSecondary is fyne.SecondaryTappable's: the menu of tools.
func (i *Image) TappedSecondary(e *fyne.PointEvent) {
	if !i.moved && i.OnMenu != nil {
		i.OnMenu(e.AbsolutePosition)
	}
}

var _ desktop.Mouseable = (*Image)(nil)
