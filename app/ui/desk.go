package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// desk is the first stop of Tab. Nothing is to be seen of it, and the keys go on
// to the rooms: a Tab that slips in while reading does not leave the keyboard to
// a button, which would keep every key to itself.
type desk struct {
	widget.BaseWidget
	keys *workspace.Keymap
}

func newDesk(keys *workspace.Keymap) *desk {
	d := &desk{keys: keys}
	d.ExtendBaseWidget(d)
	return d
}

// CreateRenderer is fyne.Widget's.
func (d *desk) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(theme.Chrome()))
}

// FocusGained is fyne.Focusable's.
func (d *desk) FocusGained() {}

// FocusLost is fyne.Focusable's.
func (d *desk) FocusLost() {}

// TypedKey is fyne.Focusable's.
func (d *desk) TypedKey(k *fyne.KeyEvent) { d.keys.Typed(k) }

// TypedRune is fyne.Focusable's.
func (d *desk) TypedRune(r rune) { d.keys.TypedRune(r) }
