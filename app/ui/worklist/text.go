package worklist

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// textView puts the readings of a header's text side by side, where it does not
// say for certain in which character set it is written, and takes a person's
// choice.
type textView struct {
	ws      *workspace.Workspace
	task    *workspace.Task
	problem *workspace.Problem
	ex      *records.Examination
	marked  int // reading that the keyboard is at

	title   *widget.Label
	rows    *fyne.Container
	content *fyne.Container
}

func newText(ws *workspace.Workspace, problem *workspace.Problem) *textView {
	v := &textView{ws: ws, task: ws.NewTask(), problem: problem, title: widget.NewLabel(""), rows: container.NewVBox()}
	v.title.Importance = widget.WarningImportance
	v.title.Wrapping = fyne.TextWrapWord
	v.content = container.NewVBox(v.title, v.rows)
	v.content.Hide()
	return v
}

// asks reports a study whose text a person should look at, or may still choose
// another reading of.
func asks(ex *records.Examination) bool {
	return ex != nil && ex.Text.Choosable() && (!ex.Text.ByHand || !ex.Link.Linked())
}

// show takes a study, or hides.
func (v *textView) show(ex *records.Examination) {
	if !asks(ex) {
		v.ex = nil
		v.content.Hide()
		return
	}
	if v.ex == nil || v.ex.StudyUID != ex.StudyUID {
		v.marked = 0
		for i, r := range ex.Text.Readings {
			if r.CharacterSet == ex.Text.Used {
				v.marked = i
			}
		}
	}
	v.ex = ex
	v.words()
	v.content.Show()
}

func (v *textView) words() {
	if v.ex == nil {
		return
	}
	t := v.ws.Lang.T
	declared := v.ex.Text.Declared
	if declared == "" {
		declared = t("worklist.text_none")
	}
	if v.ex.Text.Doubtful {
		v.title.SetText(t("worklist.text_doubtful", declared))
	} else {
		v.title.SetText(t("worklist.text_read_otherwise", declared, v.ex.Text.Used))
	}
	v.rows.RemoveAll()
	for i, r := range v.ex.Text.Readings {
		l := widget.NewLabel(v.line(r))
		l.Truncation = fyne.TextTruncateEllipsis
		mark := widget.NewIcon(nil)
		if i == v.marked {
			l.TextStyle.Bold = true
			mark.SetResource(theme.NavigateNextIcon())
		}
		var choose fyne.CanvasObject
		if r.CharacterSet == v.ex.Text.Used && v.ex.Text.ByHand {
			choose = widget.NewLabel(t("worklist.text_in_use"))
		} else {
			choose = widget.NewButton(t("worklist.text_use"), func() { v.use(r.CharacterSet) })
		}
		v.rows.Add(container.NewBorder(nil, nil, mark, choose, l))
	}
	v.rows.Refresh()
}

// line is one reading: the name, other text to judge by, the character set and
// how probable it is.
func (v *textView) line(r imaging.TextReading) string {
	set := r.CharacterSet
	if set == "" {
		set = v.ws.Lang.T("worklist.text_none")
	}
	text := imaging.ParsePersonName(shown(r.Name)).Display()
	if s := shown(r.Sample); s != "" {
		text += "   " + s
	}
	return text + "   " + v.ws.Lang.T("worklist.text_reading", set, strconv.FormatFloat(100*r.Confidence, 'f', 1, 64))
}

// shown is text with a mark for every character that cannot be seen.
func shown(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}

// next moves the keyboard's mark.
func (v *textView) next() {
	if v.ex != nil {
		v.marked = (v.marked + 1) % len(v.ex.Text.Readings)
		v.words()
	}
}

// useMarked takes the reading that the keyboard is at.
func (v *textView) useMarked() {
	if v.ex != nil && v.marked < len(v.ex.Text.Readings) {
		v.use(v.ex.Text.Readings[v.marked].CharacterSet)
	}
}

// use is a named person's choice; it is remembered for the device.
func (v *textView) use(characterSet string) {
	if v.ex == nil {
		return
	}
	user, study := v.ws.User(), v.ex.StudyUID
	v.task.Start(func(ctx context.Context) func() {
		_, err := v.ws.Registry.RememberCharacterSet(ctx, user, study, characterSet)
		return func() {
			if err != nil {
				v.problem.Explain(err)
				return
			}
			v.problem.SetText("")
			workspace.Publish(v.ws, workspace.StudiesChanged{})
		}
	})
}
