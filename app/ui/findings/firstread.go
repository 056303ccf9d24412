package findings

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

func answers() []records.Answer {
	return []records.Answer{records.AnswerYes, records.AnswerNo, records.AnswerUnsure}
}

// firstReadRow stands for a model of which the doctor sees nothing yet: their
// own impression comes first. Not even how many findings there are is said.
func (t *tab) firstReadRow(id string) fyne.CanvasObject {
	l := t.ws.Lang
	name := id
	for _, p := range t.packages() {
		if p.Card.ID == id {
			name = p.Card.Name.In(l.Short()) + " " + p.Card.Version
		}
	}
	lines := container.NewVBox(headline(outcomeSign(NotRun), l.T("findings.first_hidden"), name, false))
	var names []string
	for _, a := range answers() {
		names = append(names, l.T(lang.Key("firstread."+string(a))))
	}
	answer := widget.NewRadioGroup(names, nil)
	answer.Horizontal = true
	words := workspace.NewMultiLineEntry(t.ws)
	words.SetMinRowsVisible(2)
	words.SetPlaceHolder(l.T("findings.first_words"))
	problem := workspace.NewProblem(t.ws)
	study, user := t.study, t.ws.User()
	save := func() {
		var said records.Answer
		if i := slices.Index(names, answer.Selected); i >= 0 {
			said = answers()[i]
		}
		text := words.Text
		t.ws.NewTask().Start(func(ctx context.Context) func() {
			_, err := t.ws.Reading.SaveFirstRead(ctx, user, study, id, said, text)
			return func() {
				if err != nil {
					problem.Explain(err)
					return
				}
				workspace.Release(words)
				workspace.Publish(t.ws, workspace.FindingsChanged{StudyUID: study})
			}
		})
	}
	words.OnSubmitted = func(string) { save() }
	button := widget.NewButton(l.T("findings.first_save"), save)
	button.Importance = widget.HighImportance
	lines.Add(small(l.T("findings.first_question"), widget.MediumImportance))
	lines.Add(answer)
	lines.Add(words)
	lines.Add(problem)
	lines.Add(button)
	return newRow(outcomeSign(NotRun), false, lines, nil)
}
