package report

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
)

// editor is one of the two fields of a report, over sentences that remember
// their findings.
type editor struct {
	*workspace.Entry
	box     fyne.CanvasObject // the field, or the text as signed
	signed  *workspace.Text
	text    Text
	setting bool
	edited  func()       // the doctor changed the text
	caret   func(l Line) // the caret came to stand in a sentence of a finding or a measurement
	at      string
}

func newEditor(ws *workspace.Workspace, rows int) *editor {
	e := &editor{Entry: workspace.NewMultiLineEntry(ws)}
	e.Wrapping = fyne.TextWrapBreak // Chinese has no spaces to wrap at
	e.SetMinRowsVisible(rows)
	e.OnChanged = func(now string) {
		if !e.setting {
			e.text = e.text.Edit(now)
			e.wrap()
			e.edited()
		}
	}
	e.OnCursorChanged = e.moved
	e.signed = workspace.NewText(ws, "", widget.MediumImportance)
	e.signed.Wrapping = fyne.TextWrapBreak
	e.signed.Hide()
	e.box = container.NewStack(e.Entry, e.signed)
	return e
}

// freeze shows the text for reading, at full contrast, in place of the field.
func (e *editor) freeze(on bool) {
	if on {
		e.signed.SetText(e.text.String()) // with what was typed since it was shown
	}
	e.Hidden, e.signed.Hidden = on, !on
	e.box.Refresh()
}

// show puts a text into the field, as the program's doing.
func (e *editor) show(t Text) {
	e.text = t
	e.setting = true
	if s := t.String(); s != e.Text {
		e.SetText(s)
	}
	e.signed.SetText(t.String())
	e.wrap()
	e.setting = false
	e.at = "" // where the caret is put by this nobody put it: nothing is followed
	if l, ok := t.At(e.CursorTextOffset()); ok {
		e.at = l.FindingUID + l.AnnotationUID
	}
}

// wrap breaks Chinese anywhere, and other text at its words.
func (e *editor) wrap() {
	mode := fyne.TextWrapBreak
	if latin(e.text.String()) {
		mode = fyne.TextWrapWord
	}
	if e.Wrapping != mode {
		e.Wrapping, e.signed.Wrapping = mode, mode
		e.Refresh()
		e.signed.Refresh()
	}
}

func (e *editor) moved() {
	if e.setting {
		return
	}
	uid := ""
	l, ok := e.text.At(e.CursorTextOffset())
	if ok {
		uid = l.FindingUID + l.AnnotationUID
	}
	if uid != e.at {
		e.at = uid
		if uid != "" {
			e.caret(l)
		}
	}
}

// chip is a sentence that speaks of a finding, as a button that selects it.
func chip(text string, chosen bool, tapped func()) fyne.CanvasObject {
	b := widget.NewButton(text, tapped)
	b.Alignment = widget.ButtonAlignLeading
	b.Importance = widget.LowImportance
	if chosen {
		b.Importance = widget.MediumImportance
	}
	return b
}
