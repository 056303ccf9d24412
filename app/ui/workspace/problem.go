package workspace

import (
	"image/color"
	"weak"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
)

// Problem shows an error where the result would have stood, and words it anew
// when the language changes. With empty text it takes no room: the toolkit lays
// a parent out again when a child's size changes, not when a child hides.
type Problem struct {
	widget.BaseWidget
	ws    *Workspace
	label *widget.Label
	box   fyne.CanvasObject
	words func() string // what it shows, in the language at hand
}

// NewProblem makes a problem that shows nothing yet. Without a workspace, before
// a data folder is open, who shows it calls Again when the language changes.
func NewProblem(ws *Workspace) *Problem {
	p := &Problem{ws: ws, label: widget.NewLabel("")}
	p.label.Wrapping = fyne.TextWrapWord
	edge := canvas.NewRectangle(color.NRGBA{0xd8, 0x8a, 0x1d, 0xff})
	edge.SetMinSize(fyne.NewSize(3, 0))
	p.box = container.NewBorder(nil, nil, container.NewHBox(edge, widget.NewIcon(theme.WarningIcon())), nil, p.label)
	p.box.Hide()
	p.ExtendBaseWidget(p)
	if ws != nil {
		ws.problems = append(live(ws.problems), weak.Make(p))
	}
	return p
}

// live leaves out those that are gone: a form has one of its own, and closes.
func live(all []weak.Pointer[Problem]) []weak.Pointer[Problem] {
	out := all[:0]
	for _, w := range all {
		if w.Value() != nil {
			out = append(out, w)
		}
	}
	return out
}

// wordAgain words what is shown in the language at hand.
func (ws *Workspace) wordAgain() {
	for _, w := range ws.problems {
		if p := w.Value(); p != nil {
			p.Again()
		}
	}
}

// CreateRenderer is fyne.Widget's.
func (p *Problem) CreateRenderer() fyne.WidgetRenderer {
	return &problemRenderer{WidgetRenderer: widget.NewSimpleRenderer(p.box), p: p}
}

type problemRenderer struct {
	fyne.WidgetRenderer
	p *Problem
}

func (r *problemRenderer) MinSize() fyne.Size {
	if r.p.label.Text == "" {
		return fyne.Size{}
	}
	return r.WidgetRenderer.MinSize()
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

// Say shows the text of a key. An argument that is an error, or a function that
// gives a text, is worded in the language at hand, too.
func (p *Problem) Say(k lang.Key, args ...any) {
	for _, a := range args {
		if err, ok := a.(error); ok {
			p.ws.Journal.Problem(p.ws.Lang, err)
		}
	}
	p.SetWords(func() string {
		now := make([]any, len(args))
		for i, a := range args {
			switch a := a.(type) {
			case error:
				now[i] = Explained(p.ws.Lang, a)
			case func() string:
				now[i] = a()
			default:
				now[i] = a
			}
		}
		return p.ws.Lang.T(k, now...)
	})
}

// SetWords shows what words gives, now and after each change of the language.
func (p *Problem) SetWords(words func() string) {
	p.words = words
	p.Again()
}

// SetText shows a text that is the same in every language, or nothing when it is
// empty.
func (p *Problem) SetText(s string) { p.SetWords(func() string { return s }) }

// Again words what is shown in the language at hand.
func (p *Problem) Again() {
	if p.words == nil {
		return
	}
	s := p.words()
	p.label.SetText(s)
	if s == "" {
		p.box.Hide()
	} else {
		p.box.Show()
	}
	p.Refresh()
}

// Words are what gives the text that is shown; they may be shown again later.
func (p *Problem) Words() func() string { return p.words }

// Text is what it shows.
func (p *Problem) Text() string { return p.label.Text }
