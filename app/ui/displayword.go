package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// displayWord says in the status bar what stands of the monitor, and leads to
// where it is checked.
type displayWord struct {
	widget.BaseWidget
	ws    *workspace.Workspace
	words *canvas.Text
}

func newDisplayWord(ws *workspace.Workspace) *displayWord {
	d := &displayWord{ws: ws, words: text(14)}
	d.ExtendBaseWidget(d)
	return d
}

// say words it anew. Nothing but a monitor that has passed is less than amber. Why
// one is not calibrated lies over the pictures and on the page: the bar has room
// for that it is not.
func (d *displayWord) say() {
	standing, _ := d.ws.DisplayStanding()
	d.words.Text, d.words.Color = d.ws.Lang.T("shell.not_calibrated"), theme.InChrome(theme.Amber())
	if standing.Calibrated() || standing == screen.Due {
		d.words.Text = d.ws.DisplayWords()
	}
	if standing == screen.Passed {
		d.words.Color = theme.InChrome(theme.Dim())
	}
	d.Refresh()
}

// CreateRenderer is fyne.Widget's.
func (d *displayWord) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(d.words) }

// Tapped is fyne.Tappable's.
func (d *displayWord) Tapped(*fyne.PointEvent) { workspace.Publish(d.ws, workspace.DisplayWanted{}) }

// Cursor is desktop.Cursorable's.
func (d *displayWord) Cursor() desktop.Cursor { return desktop.PointerCursor }
