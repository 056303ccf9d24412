package viewer

import (
	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/ui/canvas/view"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// dragging takes a series from the column into a viewport.
type dragging struct {
	over func(at fyne.Position)          // in the window
	drop func(e entry, at fyne.Position) // let go there
}

// The thumbnail that is dragged.
type held struct {
	at   fyne.Position
	from bool
}

// Dragged is fyne.Draggable's.
func (t *thumb) Dragged(e *fyne.DragEvent) {
	t.held = held{e.AbsolutePosition, true}
	t.drag.over(e.AbsolutePosition)
}

// DragEnd is fyne.Draggable's.
func (t *thumb) DragEnd() {
	if t.held.from {
		t.drag.drop(t.of, t.held.at)
	}
	t.held = held{}
}

// Cursor is desktop.Cursorable's: it can be taken hold of.
func (t *thumb) Cursor() desktop.Cursor { return desktop.PointerCursor }

// under is the viewport below a place in the window, or -1.
func (r *room) under(at fyne.Position) int {
	for k, p := range r.shown() {
		from := fyne.CurrentApp().Driver().AbsolutePositionForObject(p)
		if d := at.Subtract(from); d.X >= 0 && d.Y >= 0 && d.X < p.Size().Width && d.Y < p.Size().Height {
			return k
		}
	}
	return -1
}

// offer frames the viewport into which a series that is dragged would come.
func (r *room) offer(at fyne.Position) {
	k := r.under(at)
	for j, p := range r.shown() {
		p.Offer(j == k && r.study != "")
	}
}

// drop puts a series into the viewport over which it was let go, which comes to
// the front; elsewhere nothing happens.
func (r *room) drop(e entry, at fyne.Position) {
	k := r.under(at)
	for _, p := range r.panes {
		p.Offer(false)
	}
	if k < 0 || r.study == "" || e.series == nil { // of a study that was closed meanwhile
		return
	}
	beside := view.Seen{}
	if lead := r.leading(k); lead != nil {
		beside = lead.Seen()
	}
	r.activate(k)
	if e.prior != nil {
		r.putAt(e, view.Beside(beside, slicesOf(e.stack)))
		return
	}
	r.put(e)
}

// stop is what the keys can stand on in the column: a series, or an earlier study
// that was not looked at.
type stop struct {
	of     entry
	object fyne.CanvasObject
	edge   *fynecanvas.Rectangle
	take   func()
}

// cursor is where the keys stand in the column, while they are there.
type cursor struct {
	on    bool
	at    int
	stops []stop
}

// draw frames the stop in white.
func (c *cursor) draw() {
	if c.on && c.at >= 0 && c.at < len(c.stops) {
		c.stops[c.at].edge.StrokeColor = look.Text()
		c.stops[c.at].edge.Refresh()
	}
}

// takeThumbs gives the keys to the column, at what is in front.
func (r *room) takeThumbs() {
	c := &r.thumbs.cursor
	if r.study == "" || len(c.stops) == 0 {
		return
	}
	c.on, c.at = true, 0
	for k, s := range c.stops {
		if s.of.series != nil && s.of == r.thumbs.marked {
			c.at = k
		}
	}
	r.moveThumb(0)
}

// leaveThumbs gives them back.
func (r *room) leaveThumbs() {
	r.thumbs.cursor.on = false
	r.redrawStops()
}

func (r *room) redrawStops() {
	for _, h := range r.thumbs.heads {
		h.edge.StrokeColor = look.Chrome()
		h.edge.Refresh()
	}
	r.thumbs.mark(r.thumbs.marked)
}

// moveThumb goes on by some stops, and keeps the one in sight.
func (r *room) moveThumb(by int) {
	c := &r.thumbs.cursor
	c.at = min(max(c.at+by, 0), len(c.stops)-1)
	r.redrawStops()
	o := c.stops[c.at].object
	top, bottom := o.Position().Y, o.Position().Y+o.Size().Height
	y := r.column.Offset.Y
	if bottom > y+r.column.Size().Height {
		y = bottom - r.column.Size().Height
	}
	r.column.ScrollToOffset(fyne.NewPos(0, min(y, top)))
}

// thumbKeys are the keys while they are in the column, else nil.
func (r *room) thumbKeys() []workspace.Action {
	c := &r.thumbs.cursor
	if !c.on {
		return nil
	}
	press := func(names ...fyne.KeyName) (out []workspace.Key) {
		for _, n := range names {
			out = append(out, workspace.Press(n))
		}
		return out
	}
	return []workspace.Action{
		{Label: "viewer.thumb_up", Keys: press(fyne.KeyUp, fyne.KeyLeft), Do: func() { r.moveThumb(-1) }},
		{Label: "viewer.thumb_down", Keys: press(fyne.KeyDown, fyne.KeyRight), Do: func() { r.moveThumb(1) }},
		{Label: "viewer.thumb_first", Keys: press(fyne.KeyHome), Do: func() { r.moveThumb(-len(c.stops)) }},
		{Label: "viewer.thumb_last", Keys: press(fyne.KeyEnd), Do: func() { r.moveThumb(len(c.stops)) }},
		{Label: "viewer.thumb_take", Keys: press(fyne.KeyReturn), Do: func() {
			s := c.stops[c.at]
			if s.of.series != nil {
				r.leaveThumbs()
			}
			s.take()
		}},
		{Label: "viewer.thumb_leave", Keys: press(fyne.KeyEscape, fyne.KeyBackTick), Do: r.leaveThumbs},
	}
}
