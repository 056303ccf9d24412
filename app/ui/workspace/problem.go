package workspace

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Problem shows an error where the result would have stood.
type Problem struct{ line }

// NewProblem makes a problem that shows nothing yet. Without a workspace, before
// a data folder is open, who shows it calls Again when the language changes.
func NewProblem(ws *Workspace) *Problem {
	p := &Problem{}
	p.label = widget.NewLabel("")
	edge := canvas.NewRectangle(color.NRGBA{0xd8, 0x8a, 0x1d, 0xff})
	edge.SetMinSize(fyne.NewSize(3, 0))
	p.box = container.NewBorder(nil, nil, container.NewHBox(edge, widget.NewIcon(theme.WarningIcon())), nil, p.label)
	p.begin(ws, p)
	return p
}

// Explain shows why something failed; nil takes away what is shown.
func (p *Problem) Explain(err error) {
	if err == nil {
		p.SetText("")
		return
	}
	p.ws.Journal.Problem(p.ws.Lang, err)
	p.SetWords(func() string { return Explained(p.ws.Lang, err) })
}
