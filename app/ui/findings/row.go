package findings

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	look "longying/app/ui/theme"
	"longying/records"
)

// stroke is the second sign of a state beside its colour.
type stroke int

const (
	solid stroke = iota
	dashed
	dotted
	hollow // nothing was asked
)

// sign is how a state looks: a colour that always comes with a stroke and a
// word.
type sign struct {
	colour color.Color
	stroke stroke
	mark   string // in front of the word
}

func stateSign(s records.FindingState) sign {
	switch s {
	case records.FindingConfirmed:
		return sign{look.Cyan(), solid, ""}
	case records.FindingEdited:
		return sign{look.Cyan(), solid, "* "}
	case records.FindingRejected, records.FindingWithdrawn:
		return sign{look.Grey(), solid, "× "}
	}
	return sign{look.Amber(), dashed, ""}
}

func outcomeSign(o Outcome) sign {
	switch o {
	case Refused:
		return sign{look.Red(), solid, "× "}
	case BelowThreshold:
		return sign{look.Dim(), solid, "< "}
	case Unsure:
		return sign{look.Amber(), dotted, "? "}
	case Proposed:
		return sign{look.Amber(), dashed, ""}
	}
	return sign{look.Dim(), hollow, "○ "}
}

// edge is the bar at the left of a row: solid, dashed or dotted over its whole
// height, whatever that is.
type edge struct {
	widget.BaseWidget
	sign sign
}

func newEdge(s sign) *edge {
	e := &edge{sign: s}
	e.ExtendBaseWidget(e)
	return e
}

const edgeWidth = 4

func (e *edge) CreateRenderer() fyne.WidgetRenderer { return &edgeRenderer{edge: e} }

type edgeRenderer struct {
	edge  *edge
	parts []fyne.CanvasObject
}

func (r *edgeRenderer) Layout(size fyne.Size) {
	on, off := size.Height, float32(0)
	switch r.edge.sign.stroke {
	case dashed:
		on, off = 10, 5
	case dotted:
		on, off = 4, 4
	case hollow:
		on, off = 1, 7
	}
	r.parts = r.parts[:0]
	for y := float32(0); y < size.Height && on > 0; y += on + off {
		part := canvas.NewRectangle(r.edge.sign.colour)
		part.Move(fyne.NewPos(0, y))
		part.Resize(fyne.NewSize(edgeWidth, min(on, size.Height-y)))
		r.parts = append(r.parts, part)
	}
}

func (r *edgeRenderer) MinSize() fyne.Size           { return fyne.NewSize(edgeWidth, 8) }
func (r *edgeRenderer) Refresh()                     { r.Layout(r.edge.Size()) }
func (r *edgeRenderer) Objects() []fyne.CanvasObject { return r.parts }
func (r *edgeRenderer) Destroy()                     {}

// row is a line of the list that can be clicked.
type row struct {
	widget.BaseWidget
	content fyne.CanvasObject
	ground  *canvas.Rectangle
	chosen  bool
	tapped  func()
}

// newRow lays content behind its edge; tapped may be nil.
func newRow(s sign, chosen bool, content fyne.CanvasObject, tapped func()) *row {
	r := &row{ground: canvas.NewRectangle(color.Transparent), chosen: chosen, tapped: tapped}
	r.content = container.NewStack(r.ground, container.NewBorder(nil, nil, newEdge(s), nil, content))
	r.ground.CornerRadius = 3
	r.paint(false)
	r.ExtendBaseWidget(r)
	return r
}

func (r *row) paint(hover bool) {
	switch {
	case r.chosen:
		r.ground.FillColor = look.Chosen()
	case hover && r.tapped != nil:
		r.ground.FillColor = theme.Color(theme.ColorNameHover)
	default:
		r.ground.FillColor = color.Transparent
	}
	r.ground.Refresh()
}

// CreateRenderer is fyne.Widget's.
func (r *row) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.content) }

// Tapped is fyne.Tappable's.
func (r *row) Tapped(*fyne.PointEvent) {
	if r.tapped != nil {
		r.tapped()
	}
}

// MouseIn is desktop.Hoverable's.
func (r *row) MouseIn(*desktop.MouseEvent) { r.paint(true) }

// MouseMoved is desktop.Hoverable's.
func (r *row) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is desktop.Hoverable's.
func (r *row) MouseOut() { r.paint(false) }

// headline is the state's word and the name behind it, which wraps.
func headline(s sign, word, name string, struck bool) fyne.CanvasObject {
	state := canvas.NewText(s.mark+word, look.InChrome(s.colour))
	state.TextSize = theme.TextSize()
	label := widget.NewLabelWithStyle(name, fyne.TextAlignLeading, fyne.TextStyle{Bold: true, Strikethrough: struck})
	label.Wrapping = fyne.TextWrapWord
	if struck {
		label.Importance = widget.LowImportance
	}
	top := container.New(layout.NewCustomPaddedLayout(theme.InnerPadding(), 0, theme.Padding(), 0), container.NewVBox(state))
	return container.NewBorder(nil, nil, top, nil, label)
}

// small is a wrapping line of less weight.
func small(text string, importance widget.Importance) fyne.CanvasObject {
	l := widget.NewLabel(text)
	l.Wrapping, l.Importance = fyne.TextWrapWord, importance
	l.SizeName = theme.SizeNameCaptionText
	return container.New(layout.NewCustomPaddedLayout(-2*theme.Padding(), 0, 0, 0), l)
}
