package workspace

import (
	"weak"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
)

// line is what stands where a result would have stood: a problem, or what was
// done. It is worded anew when the language changes. With empty text it takes no
// room: the toolkit lays a parent out again when a child's size changes, not when
// a child hides.
type line struct {
	widget.BaseWidget
	ws    *Workspace
	label *widget.Label
	box   fyne.CanvasObject
	words func() string // what it shows, in the language at hand
}

// begin makes the line show nothing yet, in the place of the widget it is part of.
func (p *line) begin(ws *Workspace, as fyne.Widget) {
	p.ws = ws
	p.label.Wrapping = fyne.TextWrapWord
	p.box.Hide()
	p.ExtendBaseWidget(as)
	if ws != nil {
		ws.lines = append(live(ws.lines), weak.Make(p))
	}
}

// live leaves out those that are gone: a form has one of its own, and closes.
func live(all []weak.Pointer[line]) []weak.Pointer[line] {
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
	for _, w := range ws.lines {
		if p := w.Value(); p != nil {
			p.Again()
		}
	}
}

// CreateRenderer is fyne.Widget's.
func (p *line) CreateRenderer() fyne.WidgetRenderer {
	return &lineRenderer{WidgetRenderer: widget.NewSimpleRenderer(p.box), p: p}
}

type lineRenderer struct {
	fyne.WidgetRenderer
	p *line
}

func (r *lineRenderer) MinSize() fyne.Size {
	if r.p.label.Text == "" {
		return fyne.Size{}
	}
	return r.WidgetRenderer.MinSize()
}

// Say shows the text of a key. An argument that is an error, or a function that
// gives a text, is worded in the language at hand, too.
func (p *line) Say(k lang.Key, args ...any) {
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
func (p *line) SetWords(words func() string) {
	p.words = words
	p.Again()
}

// SetText shows a text that is the same in every language, or nothing when it is
// empty.
func (p *line) SetText(s string) { p.SetWords(func() string { return s }) }

// Again words what is shown in the language at hand.
func (p *line) Again() {
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
func (p *line) Words() func() string { return p.words }

// Text is what it shows.
func (p *line) Text() string { return p.label.Text }

// Done says what was done well.
type Done struct{ line }

// NewDone makes a line that says nothing yet.
func NewDone(ws *Workspace) *Done {
	d := &Done{}
	d.label = widget.NewLabel("")
	d.label.Importance = widget.SuccessImportance
	d.box = d.label
	d.begin(ws, d)
	return d
}
