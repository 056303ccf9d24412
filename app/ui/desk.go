package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// desk holds the keyboard while Tab walks over the window's controls. The
// toolkit's own would keep every key to themselves, so that the rooms' keys were
// dead while a button is marked: here the mark alone is on the button. Space or
// Enter presses it, Esc or a click takes the mark away, and every other key goes
// on to the rooms. Fields that are written in hold the keys themselves.
//
// Nothing is to be seen of it. It lies at both ends of the window's order: a Tab
// that slips in while reading marks nothing.
type desk struct {
	widget.BaseWidget
	keys   *workspace.Keymap
	window fyne.Window
	marked fyne.Focusable // the control with the mark; nil: none
	ring   *canvas.Rectangle
	moving bool  // the toolkit's focus goes through the order just now
	end    *desk // the other end of the order, which marks by this one
}

func newDesk(keys *workspace.Keymap, w fyne.Window) *desk {
	d := &desk{keys: keys, window: w, ring: canvas.NewRectangle(color.Transparent)}
	d.ring.StrokeWidth, d.ring.StrokeColor, d.ring.CornerRadius = 2, theme.InChrome(theme.Text()), 4
	d.ring.Hide()
	d.ExtendBaseWidget(d)
	d.end = &desk{keys: keys, window: w, ring: d.ring}
	d.end.end = d
	d.end.ExtendBaseWidget(d.end)
	return d
}

// around lays the ends of the order about what is walked over, and the ring on
// top.
func (d *desk) around(below, content fyne.CanvasObject) *fyne.Container {
	return container.NewStack(below, container.NewWithoutLayout(d), content, container.NewWithoutLayout(d.end, d.ring))
}

// CreateRenderer is fyne.Widget's.
func (d *desk) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}

// FocusGained is fyne.Focusable's.
func (d *desk) FocusGained() {}

// FocusLost is fyne.Focusable's: a click, a field, or a room that goes.
func (d *desk) FocusLost() {
	if !d.moving {
		d.mark(nil)
	}
}

// AcceptsTab is fyne.Tabbable's.
func (d *desk) AcceptsTab() bool { return true }

// TypedKey is fyne.Focusable's.
func (d *desk) TypedKey(k *fyne.KeyEvent) {
	switch {
	case k.Name == fyne.KeyTab:
		d.walk(d.marked)
	case d.marked == nil:
		d.keys.Typed(k)
	case k.Name == fyne.KeyEscape:
		d.mark(nil)
	case k.Name == fyne.KeySpace, k.Name == fyne.KeyReturn, k.Name == fyne.KeyEnter:
		d.press(k.Name == fyne.KeySpace)
	default:
		d.keys.Typed(k)
	}
}

// TypedRune is fyne.Focusable's. That of Space was used as a key.
func (d *desk) TypedRune(r rune) {
	if r != ' ' || d.marked == nil {
		d.keys.TypedRune(r)
	}
}

// press presses the control with the mark, which stays on it as long as it is
// there.
func (d *desk) press(space bool) {
	at := d.marked
	if !usable(at) {
		d.mark(nil)
		return
	}
	d.moving = true
	at.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if _, button := at.(*widget.Button); !button {
		at.TypedRune(' ') // a box to tick takes the rune
	}
	d.moving = false
	c := d.window.Canvas()
	if d.marked == at && c.Focused() == nil && usable(at) && c.Overlays().Top() == nil {
		c.Focus(d)
	}
	if c.Focused() != fyne.Focusable(d) {
		d.mark(nil)
	}
	d.follow()
}

// usable reports a control that is in sight and may be used.
func usable(f fyne.Focusable) bool {
	if b, ok := f.(fyne.Disableable); ok && b.Disabled() {
		return false
	}
	o, ok := f.(fyne.CanvasObject)
	return ok && o.Visible()
}

// mark puts the mark on a control, nil: on none.
func (d *desk) mark(f fyne.Focusable) {
	if d.marked != nil && d.marked != f {
		d.marked.FocusLost()
	}
	if f != nil && d.marked != f {
		f.FocusGained()
	}
	d.marked = f
	d.follow()
}

// follow keeps the ring around the control with the mark, which may have moved.
func (d *desk) follow() {
	o, ok := d.marked.(fyne.CanvasObject)
	if !ok || !usable(d.marked) {
		if d.marked != nil || d.end.marked == nil {
			d.ring.Hide()
		}
		return
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
	d.ring.Move(at.SubtractXY(2, 2))
	d.ring.Resize(o.Size().AddWidthHeight(4, 4))
	d.ring.Show()
	d.ring.Refresh()
}

// walk goes on to the next control in the window's order, or with Shift to the
// one before, from one of them, nil: from this end.
func (d *desk) walk(from fyne.Focusable) {
	c := d.window.Canvas()
	back := false
	if k, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		back = k.CurrentKeyModifiers()&fyne.KeyModifierShift != 0
	}
	if from == nil {
		from = d
	}
	d.moving, d.end.moving = true, true
	d.mark(nil)
	c.Focus(from)
	next := from
	for range mostStops {
		if back {
			c.FocusPrevious()
		} else {
			c.FocusNext()
		}
		if next = c.Focused(); !words(next) {
			break
		}
	}
	if c.Overlays().Top() == nil && next != nil && !passes(next) && next != fyne.Focusable(d) && next != fyne.Focusable(d.end) {
		c.Focus(d)
		reveal(c.Content(), next)
		d.mark(next)
	} else if next != nil {
		reveal(c.Content(), next)
	}
	d.moving, d.end.moving = false, false
}

// reveal scrolls what a control lies in until the control is in sight.
func reveal(root fyne.CanvasObject, f fyne.Focusable) {
	o, ok := f.(fyne.CanvasObject)
	if !ok {
		return
	}
	place := fyne.CurrentApp().Driver().AbsolutePositionForObject
	for _, s := range scrollsAround(root, o) {
		y := place(o).Y - place(s).Y
		switch below := y + o.Size().Height - s.Size().Height; {
		case y < 0:
			s.ScrollToOffset(s.Offset.AddXY(0, y-8))
		case below > 0:
			s.ScrollToOffset(s.Offset.AddXY(0, min(below+8, y)))
		}
	}
}

// scrollsAround are the scrolled places that an object lies in, the outermost
// first; none where it lies within another widget.
func scrollsAround(root, o fyne.CanvasObject) []*container.Scroll {
	var found func(fyne.CanvasObject) ([]*container.Scroll, bool)
	found = func(at fyne.CanvasObject) ([]*container.Scroll, bool) {
		var inside []fyne.CanvasObject
		var own []*container.Scroll
		switch at := at.(type) {
		case *fyne.Container:
			inside = at.Objects
		case *container.Scroll:
			inside, own = []fyne.CanvasObject{at.Content}, []*container.Scroll{at}
		case *container.Split:
			inside = []fyne.CanvasObject{at.Leading, at.Trailing}
		}
		for _, x := range inside {
			if x == o {
				return own, true
			}
			if all, ok := found(x); ok {
				return append(own, all...), true
			}
		}
		return nil, false
	}
	all, _ := found(root)
	return all
}

// passes reports a control that holds the keys itself: it is written in, or gives
// the rooms what it does not use.
func passes(f fyne.Focusable) bool {
	switch f.(type) {
	case *widget.Entry, *workspace.Entry, *workspace.List, *workspace.Select, *workspace.Check, *workspace.Slider, *workspace.Table:
		return true
	}
	return false
}

// words reports a text of which a part may be chosen by the mouse: Tab has
// nothing to do there.
func words(f fyne.Focusable) bool {
	_, text := f.(interface{ SelectedText() string })
	return text && !passes(f)
}

// mostStops bounds the texts that lie between two controls.
const mostStops = 1000
