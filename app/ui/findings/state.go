package findings

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/inference"
	"longying/models"
	"longying/records"
)

// question stands under a refusal that the doctor can lift by saying what the
// header leaves open; nil for every other refusal. The answer counts for the
// open study and is kept with the run.
func (t *tab) question(card *models.Card, run records.Run) fyne.CanvasObject {
	if card == nil || records.Require(t.ws.User(), records.RightAnalyze) != nil {
		return nil
	}
	name, values := inference.AskedFor(card, inference.ReasonCode(run.ReasonCode))
	if name == "" {
		return nil
	}
	l := t.ws.Lang
	if len(values) > 0 {
		words := make([]string, len(values))
		for i, v := range values {
			words[i] = l.Or(lang.Key("stated."+name+"."+v), v)
		}
		choice := workspace.NewSelect(t.ws, words, nil)
		choice.PlaceHolder = l.T("findings.state_choose")
		choice.OnChanged = func(string) {
			if i := choice.SelectedIndex(); i >= 0 {
				t.state(card, name, values[i])
			}
		}
		return choice
	}
	// The age is the one attribute without a list.
	entry := workspace.NewEntry(t.ws)
	entry.SetPlaceHolder(l.T("findings.state_age"))
	say := func() {
		age, ok := ageValue(entry.Text)
		if !ok {
			t.problem.Say("findings.state_age_wrong", entry.Text)
			return
		}
		t.state(card, name, age)
	}
	entry.OnSubmitted = func(string) { say() }
	return container.NewBorder(nil, nil, nil, widget.NewButton(l.T("findings.state_say"), say), entry)
}

// ageValue reads completed years, or months or days with their letter, as a
// DICOM age: "4" is 004Y, "10M" is 010M.
func ageValue(text string) (string, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	unit := "Y"
	if n := len(text); n > 0 && strings.Contains("YMWD", text[n-1:]) {
		text, unit = text[:n-1], text[n-1:]
	}
	years, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || years < 0 || years > 999 {
		return "", false
	}
	return fmt.Sprintf("%03d%s", years, unit), true
}

// state takes an answer and asks the model again.
func (t *tab) state(card *models.Card, name, value string) {
	if err := t.stated.Set(name, value); err != nil {
		t.problem.Explain(err)
		return
	}
	for _, p := range t.packages() {
		if p.Card.ID == card.ID {
			t.ask([]*models.Package{p})
		}
	}
}
