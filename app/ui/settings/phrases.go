package settings

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// phrases is the page of the doctor's and the department's phrases.
type phrases struct {
	list     []records.Phrase
	edited   *records.Phrase // in the form; an empty ID: a new one
	removing string
}

func (r *room) loadPhrases() {
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		list, err := r.ws.Reading.Phrases(ctx, user)
		return func() {
			r.problem.Explain(err)
			r.phrases.list = list
			r.render()
		}
	})
}

// mayPhrase reports whether the user may change a phrase.
func (r *room) mayPhrase(p *records.Phrase) bool {
	return !p.Shipped && (p.Owner == r.ws.User().ID || p.Owner == "" && r.may(records.RightConfigure))
}

func (r *room) phrasesPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(wrapped(l.T("settings.phrases_note"), widget.LowImportance))
	if p := r.phrases.edited; p != nil {
		box.Add(r.phraseForm(p))
		return box
	}
	add := widget.NewButtonWithIcon(l.T("settings.button_phrase_add"), theme.ContentAddIcon(), r.newPhrase)
	add.Importance = widget.HighImportance
	box.Add(container.NewHBox(add))
	for i := range r.phrases.list {
		p := r.phrases.list[i]
		origin := l.T("settings.form_shipped")
		switch {
		case p.Owner != "":
			origin = l.T("settings.phrase_own")
		case !p.Shipped:
			origin = l.T("settings.phrase_department")
		}
		box.Add(widget.NewSeparator())
		title := bold(p.Key + "  " + p.Title)
		if r.mayPhrase(&p) {
			text := l.T("settings.button_form_remove")
			if r.phrases.removing == p.ID {
				text = l.T("settings.button_form_remove_now")
			}
			box.Add(container.NewBorder(nil, nil, nil, container.NewHBox(
				widget.NewButton(l.T("settings.button_phrase_edit"), func() { r.editPhrase(p) }),
				widget.NewButton(text, func() { r.removePhrase(p.ID) })), title))
		} else {
			box.Add(container.NewBorder(nil, nil, nil, widget.NewButton(l.T("settings.button_phrase_copy"), func() { r.copyPhrase(p) }), title))
		}
		box.Add(wrapped(p.Text, widget.MediumImportance))
		box.Add(wrapped(strings.Join(append([]string{origin}, p.Modalities...), " · "), widget.LowImportance))
	}
	return box
}

// ownPhrases is the owner of a new phrase: the doctor, or the department where who
// keeps its phrases writes no reports.
func (r *room) ownPhrases() string {
	if r.may(records.RightReport) {
		return r.ws.User().ID
	}
	return ""
}

func (r *room) newPhrase() {
	r.phrases.edited = &records.Phrase{Owner: r.ownPhrases()}
	r.render()
}

func (r *room) editPhrase(p records.Phrase) {
	r.phrases.edited = &p
	r.scroll.ScrollToTop()
	r.render()
}

// copyPhrase begins a phrase of one's own with the words of another.
func (r *room) copyPhrase(p records.Phrase) {
	p.ID, p.Owner, p.Shipped = "", r.ownPhrases(), false
	r.editPhrase(p)
}

func (r *room) phraseForm(p *records.Phrase) fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox()
	line := func(caption lang.Key, value *string) *workspace.Entry {
		e := workspace.NewEntry(r.ws)
		e.SetText(*value)
		e.OnChanged = func(s string) { *value = s }
		e.OnSubmitted = func(string) { r.savePhrase() }
		box.Add(r.field(caption, e))
		return e
	}
	key := line("settings.phrase_key", &p.Key)
	line("settings.phrase_title", &p.Title)
	text := workspace.NewMultiLineEntry(r.ws)
	text.Wrapping = fyne.TextWrapBreak
	text.SetMinRowsVisible(5)
	text.SetText(p.Text)
	text.OnChanged = func(s string) { p.Text = s }
	text.OnSubmitted = func(string) { r.savePhrase() }
	box.Add(r.field("settings.phrase_text", text))
	sections := []string{l.T("settings.phrase_either"), l.T("report.findings"), l.T("report.impression")}
	ids := []string{"", records.SectionFindings, records.SectionImpression}
	section := workspace.NewSelect(r.ws, sections, nil)
	for i, id := range ids {
		if id == p.Section {
			section.SetSelectedIndex(i)
		}
	}
	section.OnChanged = func(string) { p.Section = ids[section.SelectedIndex()] }
	box.Add(r.field("settings.phrase_section", section))
	modalities, parts := strings.Join(p.Modalities, " "), strings.Join(p.Parts, " ")
	split := func(e *workspace.Entry, into *[]string, change func(string) string) {
		e.OnChanged = func(s string) {
			*into = strings.FieldsFunc(change(s), func(c rune) bool { return strings.ContainsRune(" ,，、/", c) })
		}
	}
	split(line("settings.phrase_modalities", &modalities), &p.Modalities, strings.ToUpper)
	split(line("settings.phrase_parts", &parts), &p.Parts, func(s string) string { return s })
	if r.may(records.RightConfigure) && r.may(records.RightReport) && p.ID == "" {
		shared := workspace.NewCheck(r.ws, l.T("settings.phrase_shared"), nil)
		shared.SetChecked(p.Owner == "")
		shared.OnChanged = func(on bool) {
			p.Owner = r.ws.User().ID
			if on {
				p.Owner = ""
			}
		}
		box.Add(shared)
	}
	save := widget.NewButtonWithIcon(l.T("settings.button_save"), theme.ConfirmIcon(), r.savePhrase)
	save.Importance = widget.HighImportance
	box.Add(container.NewHBox(save, widget.NewButton(l.T("settings.button_cancel"), func() {
		r.phrases.edited = nil
		r.render()
	})))
	if p.Key == "" {
		workspace.Focus(key)
	}
	return box
}

func (r *room) savePhrase() {
	if r.phrases.edited == nil {
		return
	}
	user, p := r.ws.User(), *r.phrases.edited
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		_, err := r.ws.Reading.SavePhrase(ctx, user, p)
		return func() {
			if err != nil { // what was typed stays in the form
				r.problem.Explain(err)
				return
			}
			r.phrases.edited = nil
			r.stored(nil)
			r.loadPhrases()
		}
	})
}

// removePhrase removes a phrase at the second press.
func (r *room) removePhrase(id string) {
	if r.phrases.removing != id {
		r.phrases.removing = id
		r.render()
		return
	}
	user := r.ws.User()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		err := r.ws.Reading.RemovePhrase(ctx, user, id)
		return func() {
			r.phrases.removing = ""
			r.stored(err)
			if err == nil {
				r.loadPhrases()
			}
		}
	})
}

func (r *room) phraseKeys() []workspace.Action {
	if r.at != "settings.phrases" || r.phrases.edited != nil {
		return nil
	}
	return []workspace.Action{{Label: "settings.phrase_add", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyI)}, Do: r.newPhrase}}
}
