package workspace

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Text is a text of which the mouse chooses a part, for Ctrl+C to copy. Every
// other key goes on to the room: the toolkit's own keeps them all, and a click on
// it would leave the room without its keys.
type Text struct {
	widget.Label
	keys *Keymap
}

// NewText makes a text that wraps at words.
func NewText(ws *Workspace, text string, weight widget.Importance) *Text {
	t := &Text{keys: ws.Keys}
	t.Label.Text, t.Importance, t.Wrapping, t.Selectable = text, weight, fyne.TextWrapWord, true
	t.ExtendBaseWidget(t)
	return t
}

// CreateRenderer is fyne.Widget's.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	r := t.Label.CreateRenderer()
	for _, o := range r.Objects() {
		if s, ok := o.(selection); ok {
			over := &chooser{keys: t.keys, of: s}
			over.ExtendBaseWidget(over)
			return &textRenderer{r, over}
		}
	}
	return r
}

// textRenderer lays what takes the mouse and the keys over the toolkit's text.
type textRenderer struct {
	fyne.WidgetRenderer
	over *chooser
}

// Layout is fyne.WidgetRenderer's.
func (r *textRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.over.Resize(size)
}

// Objects is fyne.WidgetRenderer's.
func (r *textRenderer) Objects() []fyne.CanvasObject {
	return append(r.WidgetRenderer.Objects(), r.over)
}

// selection is what the toolkit has in a text of which a part can be chosen.
type selection interface {
	fyne.CanvasObject
	fyne.Focusable
	fyne.Shortcutable
	fyne.Draggable
	fyne.DoubleTappable
	fyne.SecondaryTappable
	desktop.Mouseable
	SelectedText() string
}

// chooser passes the mouse on to a selection, and holds the keyboard for it.
type chooser struct {
	widget.BaseWidget
	keys *Keymap
	of   selection
}

// CreateRenderer is fyne.Widget's.
func (c *chooser) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}

// take takes the keyboard from the selection, which takes it by itself.
func (c *chooser) take() {
	if on := fyne.CurrentApp().Driver().CanvasForObject(c); on != nil && on.Focused() == fyne.Focusable(c.of) {
		on.Focus(c)
	}
}

// Cursor is desktop.Cursorable's.
func (c *chooser) Cursor() desktop.Cursor {
	c.keys.activity.Seen()
	return desktop.TextCursor
}

// MouseDown is desktop.Mouseable's.
func (c *chooser) MouseDown(e *desktop.MouseEvent) {
	c.of.MouseDown(e)
	c.take()
}

// MouseUp is desktop.Mouseable's.
func (c *chooser) MouseUp(e *desktop.MouseEvent) { c.of.MouseUp(e) }

// Dragged is fyne.Draggable's.
func (c *chooser) Dragged(e *fyne.DragEvent) {
	c.of.Dragged(e)
	c.take()
}

// DragEnd is fyne.Draggable's.
func (c *chooser) DragEnd() { c.of.DragEnd() }

// DoubleTapped is fyne.DoubleTappable's.
func (c *chooser) DoubleTapped(e *fyne.PointEvent) {
	c.of.DoubleTapped(e)
	c.take()
}

// TappedSecondary is fyne.SecondaryTappable's.
func (c *chooser) TappedSecondary(e *fyne.PointEvent) { c.of.TappedSecondary(e) }

// SelectedText is what Ctrl+C copies.
func (c *chooser) SelectedText() string { return c.of.SelectedText() }

// FocusGained is fyne.Focusable's.
func (c *chooser) FocusGained() { c.of.FocusGained() }

// FocusLost is fyne.Focusable's.
func (c *chooser) FocusLost() { c.of.FocusLost() }

// AcceptsTab is fyne.Tabbable's.
func (c *chooser) AcceptsTab() bool { return true }

// TypedKey is fyne.Focusable's.
func (c *chooser) TypedKey(k *fyne.KeyEvent) {
	if !c.keys.tabbed(k, c) {
		c.keys.Typed(k)
	}
}

// TypedRune is fyne.Focusable's.
func (c *chooser) TypedRune(r rune) { c.keys.TypedRune(r) }

// TypedShortcut is fyne.Shortcutable's.
func (c *chooser) TypedShortcut(s fyne.Shortcut) {
	if _, copies := s.(*fyne.ShortcutCopy); copies && c.SelectedText() != "" {
		c.of.TypedShortcut(s)
		return
	}
	c.keys.TypedShortcut(s)
}
