package record

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
)

// fewLabs is how many laboratory values stand there before they are unfolded;
// the abnormal ones always do.
const fewLabs = 12

// allergies stand right under the identity: nobody looks for them further down.
func (t *tab) allergies() {
	l := t.ws.Lang
	for _, a := range t.record.Allergies {
		words := []string{a.Substance}
		for _, s := range []string{a.Reaction, l.Or(lang.Key("severity."+a.Severity), a.Severity)} {
			if s = strings.TrimSpace(s); s != "" {
				words = append(words, strings.ReplaceAll(s, "\n", "、"))
			}
		}
		text := strings.Join(words, " · ")
		if a.Stands() {
			warning := line(l.T("record.allergy", text), widget.DangerImportance)
			warning.TextStyle.Bold = true
			t.box.Add(warning)
		} else {
			t.box.Add(line(l.T("record.allergy_not", text, l.Or(lang.Key("entry.state."+a.State), a.State)), widget.LowImportance))
		}
	}
}

func (t *tab) health() {
	h := t.record.Health
	for _, f := range []struct {
		caption lang.Key
		value   string
	}{{"record.address", h.Address}, {"record.ethnicity", h.Ethnicity}, {"record.blood_type", h.BloodType}, {"record.occupation", h.Occupation},
		{"record.employer", h.Employer}, {"record.contact", strings.TrimSpace(h.ContactName + " " + h.ContactPhone)}, {"record.past_history", h.PastHistory}} {
		if f.value != "" {
			t.fact(f.caption, f.value)
		}
	}
}

// diagnoses are those of no visit; a visit shows its own.
func (t *tab) diagnoses() {
	l := t.ws.Lang
	var lines []string
	for _, d := range t.record.Diagnoses {
		if d.VisitNumber != "" {
			continue
		}
		text := strings.TrimSpace(Moment(d.Date) + "  " + d.Code + "  " + d.Name)
		if d.State != "" {
			text += " · " + l.Or(lang.Key("entry.state."+d.State), d.State)
		}
		lines = append(lines, text)
	}
	if len(lines) > 0 {
		t.section("record.diagnoses", len(lines))
		t.box.Add(line(strings.Join(lines, "\n"), widget.MediumImportance))
	}
}

// labs lists laboratory values by panel and time, newest first; an abnormal one
// has a sign and a colour.
func (t *tab) labs() {
	l, all := t.ws.Lang, t.record.Labs
	if len(all) == 0 {
		return
	}
	abnormal := 0
	for _, v := range all {
		if Marked(v) {
			abnormal++
		}
	}
	t.box.Add(widget.NewSeparator())
	head := widget.NewLabelWithStyle(l.T("record.labs", len(all), abnormal), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	head.Truncation = fyne.TextTruncateEllipsis
	unfolded := t.open["labs"]
	if len(all) > fewLabs {
		text := l.T("record.labs_all")
		if unfolded {
			text = l.T("record.labs_few")
		}
		t.box.Add(container.NewBorder(nil, nil, nil, widget.NewButton(text, t.unfoldLabs), head))
	} else {
		t.box.Add(head)
	}
	rich := widget.NewRichText()
	rich.Wrapping = fyne.TextWrapWord
	group := ""
	for i, v := range all {
		if len(all) > fewLabs && !unfolded && !Marked(v) && i >= fewLabs {
			continue
		}
		if g := strings.TrimSpace(Moment(v.Time) + "  " + v.Panel); g != group {
			group = g
			rich.Segments = append(rich.Segments, &widget.TextSegment{Text: orDash(g), Style: widget.RichTextStyle{ColorName: theme.ColorNamePlaceHolder}})
		}
		style := widget.RichTextStyle{ColorName: theme.ColorNameForeground}
		if Marked(v) {
			style = widget.RichTextStyle{ColorName: theme.ColorNameError, TextStyle: fyne.TextStyle{Bold: true}}
		}
		text := LabText(v)
		if v.State != "" && v.State != "final" {
			text += " · " + l.Or(lang.Key("entry.state."+v.State), v.State)
		}
		rich.Segments = append(rich.Segments, &widget.TextSegment{Text: text, Style: style})
	}
	t.box.Add(rich)
}

func (t *tab) unfoldLabs() {
	t.open["labs"] = !t.open["labs"]
	t.render()
}

// pastReports are those of other systems.
func (t *tab) pastReports() {
	l := t.ws.Lang
	if len(t.record.Reports) == 0 {
		return
	}
	t.section("record.past_reports", len(t.record.Reports))
	for _, r := range t.record.Reports {
		id := "report/" + r.ID
		var words []string
		for _, s := range []string{Moment(r.Date), r.Title, r.Institution, r.Doctor, l.Or(lang.Key("entry.state."+r.State), r.State)} {
			if s != "" {
				words = append(words, s)
			}
		}
		text := l.T("record.button_read")
		if t.open[id] {
			text = l.T("record.button_fold")
		}
		t.box.Add(container.NewBorder(nil, nil, nil, container.NewVBox(widget.NewButton(text, func() {
			t.open[id] = !t.open[id]
			t.render()
		})), line(strings.Join(words, " · "), widget.MediumImportance)))
		if t.open[id] {
			t.box.Add(line(l.T("record.document_text", orDash(r.Findings), orDash(r.Impression)), widget.MediumImportance))
		}
	}
}
