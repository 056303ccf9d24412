package workspace

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Entry is a text field that passes on shortcuts with Control that it does not
// use itself, and gives the keys back to the room on Esc.
type Entry struct {
	widget.Entry
	keys *Keymap

	OnKey   func(*fyne.KeyEvent) bool // sees keys first; true: used
	OnFocus func()                    // it has got the keys
}

// NewEntry makes a field of one line.
func NewEntry(ws *Workspace) *Entry {
	e := &Entry{keys: ws.Keys}
	e.ExtendBaseWidget(e)
	return e
}

// NewMultiLineEntry makes a field of several lines that wraps at words.
func NewMultiLineEntry(ws *Workspace) *Entry {
	e := &Entry{keys: ws.Keys}
	e.MultiLine = true
	e.Wrapping = fyne.TextWrapWord
	e.ExtendBaseWidget(e)
	return e
}

// TypedKey is fyne.Focusable's.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	e.keys.activity.Seen()
	if e.OnKey != nil && e.OnKey(k) {
		return
	}
	if k.Name == fyne.KeyTab {
		e.keys.Tab(e)
		return
	}
	if k.Name == fyne.KeyEscape && e.keys.shifted() { // not the field's
		e.keys.Typed(k)
		return
	}
	if k.Name == fyne.KeyEscape {
		if c := fyne.CurrentApp().Driver().CanvasForObject(e); c != nil {
			c.Unfocus()
		}
		return
	}
	e.Entry.TypedKey(k)
}

// FocusGained is fyne.Focusable's.
func (e *Entry) FocusGained() {
	if e.OnFocus != nil {
		e.OnFocus()
	}
	e.Entry.FocusGained()
}

// TypedRune is fyne.Focusable's.
func (e *Entry) TypedRune(r rune) {
	e.keys.activity.Seen()
	e.Entry.TypedRune(r)
}

// AcceptsTab is fyne.Tabbable's: Tab leads to the next field, also out of a long
// one, where it would only leave a gap in a medical text. Which is next, the
// window says.
func (e *Entry) AcceptsTab() bool { return true }

// TypedShortcut is fyne.Shortcutable's. Ctrl+Enter sends what the field belongs
// to: in a long one Enter begins a new line.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if k, ok := s.(fyne.KeyboardShortcut); ok && e.OnSubmitted != nil && k.Mod() == fyne.KeyModifierControl &&
		(k.Key() == fyne.KeyReturn || k.Key() == fyne.KeyEnter) {
		e.OnSubmitted(e.Text)
		return
	}
	if !e.keys.TypedShortcut(s) {
		e.Entry.TypedShortcut(s)
	}
}

// Focus gives a field the keys once the event at hand is over: a key that opens
// a form is followed by its own rune, which the field must not take as text.
func Focus(field *Entry) {
	fyne.Do(func() {
		driver := fyne.CurrentApp().Driver()
		c := driver.CanvasForObject(field)
		if c == nil { // shown a moment ago, it was not painted yet
			if ws := driver.AllWindows(); len(ws) == 1 {
				c = ws[0].Canvas()
			}
		}
		if c != nil {
			c.Focus(field)
		}
	})
}

// Release takes the keys from fields that go out of sight: a field keeps them
// also where it is no longer shown, and every key would be lost in it.
func Release(fields ...*Entry) {
	for _, f := range fields {
		if c := fyne.CurrentApp().Driver().CanvasForObject(f); c != nil && c.Focused() == fyne.Focusable(f) {
			c.Unfocus()
		}
	}
}

// List is a list that keeps the arrow keys and passes on the others.
type List struct {
	widget.List
	keys *Keymap
}

// NewList makes a list.
func NewList(ws *Workspace, length func() int, create func() fyne.CanvasObject, update func(widget.ListItemID, fyne.CanvasObject)) *List {
	l := &List{keys: ws.Keys}
	l.Length, l.CreateItem, l.UpdateItem = length, create, update
	l.ExtendBaseWidget(l)
	return l
}

// AcceptsTab is fyne.Tabbable's.
func (l *List) AcceptsTab() bool { return true }

// TypedKey is fyne.Focusable's.
func (l *List) TypedKey(k *fyne.KeyEvent) {
	if l.keys.tabbed(k, l) {
		return
	}
	switch k.Name {
	case fyne.KeyUp, fyne.KeyDown, fyne.KeySpace:
		l.List.TypedKey(k)
	default:
		l.keys.Typed(k)
	}
}

// TypedRune is fyne.Focusable's.
func (l *List) TypedRune(r rune) { l.keys.TypedRune(r) }

// Select is a choice that opens by a click or by Space and passes on every other
// key: the toolkit's own keeps them all, and changes its choice by ← and →.
type Select struct {
	widget.Select
	keys *Keymap
}

// NewSelect makes a choice.
func NewSelect(ws *Workspace, options []string, changed func(string)) *Select {
	s := &Select{keys: ws.Keys}
	s.Options, s.OnChanged = options, changed
	s.ExtendBaseWidget(s)
	return s
}

// AcceptsTab is fyne.Tabbable's.
func (s *Select) AcceptsTab() bool { return true }

// TypedKey is fyne.Focusable's.
func (s *Select) TypedKey(k *fyne.KeyEvent) {
	if s.keys.tabbed(k, s) {
		return
	}
	if k.Name == fyne.KeySpace {
		s.Select.TypedKey(k)
		return
	}
	s.keys.Typed(k)
}

// TypedRune is fyne.Focusable's.
func (s *Select) TypedRune(r rune) {
	if r != ' ' {
		s.keys.TypedRune(r)
	}
}

// Check is a box to tick, by a click or by Space, that passes on every other
// key.
type Check struct {
	widget.Check
	keys *Keymap
}

// NewCheck makes a box to tick.
func NewCheck(ws *Workspace, text string, changed func(bool)) *Check {
	c := &Check{keys: ws.Keys}
	c.Text, c.OnChanged = text, changed
	c.ExtendBaseWidget(c)
	return c
}

// AcceptsTab is fyne.Tabbable's.
func (c *Check) AcceptsTab() bool { return true }

// TypedKey is fyne.Focusable's.
func (c *Check) TypedKey(k *fyne.KeyEvent) {
	if c.keys.tabbed(k, c) {
		return
	}
	if k.Name != fyne.KeySpace {
		c.keys.Typed(k)
	}
}

// TypedRune is fyne.Focusable's.
func (c *Check) TypedRune(r rune) {
	if r == ' ' {
		c.Check.TypedRune(r)
		return
	}
	c.keys.TypedRune(r)
}

// Slider is moved by the mouse alone and passes on every key.
type Slider struct {
	widget.Slider
	keys *Keymap
}

// NewSlider makes a slider.
func NewSlider(ws *Workspace, low, high float64) *Slider {
	s := &Slider{keys: ws.Keys}
	s.Min, s.Max, s.Step, s.Orientation = low, high, 1, widget.Horizontal
	s.ExtendBaseWidget(s)
	return s
}

// AcceptsTab is fyne.Tabbable's.
func (s *Slider) AcceptsTab() bool { return true }

// TypedKey is fyne.Focusable's.
func (s *Slider) TypedKey(k *fyne.KeyEvent) {
	if !s.keys.tabbed(k, s) {
		s.keys.Typed(k)
	}
}

// TypedRune is fyne.Focusable's.
func (s *Slider) TypedRune(r rune) { s.keys.TypedRune(r) }

// NewUpTo shows something in as much height as it asks for, but never in more
// than a limit: beyond it, it scrolls. What comes and goes in a room so never
// pushes the window's own edge off the screen.
func NewUpTo(limit float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(upTo{limit, o}, container.NewVScroll(o))
}

type upTo struct {
	limit float32
	inner fyne.CanvasObject
}

// MinSize is fyne.Layout's.
func (u upTo) MinSize([]fyne.CanvasObject) fyne.Size {
	s := u.inner.MinSize()
	s.Height = min(s.Height, u.limit)
	return s
}

// Layout is fyne.Layout's.
func (u upTo) Layout(os []fyne.CanvasObject, size fyne.Size) {
	os[0].Resize(size)
	os[0].Move(fyne.Position{})
}
