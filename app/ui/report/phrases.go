package report

import (
	"context"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"longying/app/ui/workspace"
	"longying/records"
)

// phrasesShown is how many phrases a text calls at most at a time.
const phrasesShown = 6

// phrases is the line in which a phrase is called, and those that it calls.
type phrases struct {
	t      *tab
	box    *fyne.Container
	entry  *workspace.Entry
	found  *fyne.Container
	list   []records.Phrase
	hits   []records.Phrase
	at     int
	target *editor // that had the caret last
}

func newPhrases(t *tab) *phrases {
	p := &phrases{t: t, found: container.NewVBox(), target: t.seen}
	p.entry = workspace.NewEntry(t.ws)
	p.entry.OnChanged = func(string) { p.at = 0; p.search() }
	p.entry.OnSubmitted = func(string) { p.take(p.at) }
	p.entry.OnKey = p.key
	t.texts = append(t.texts, func() { p.entry.SetPlaceHolder(t.ws.Lang.T("report.phrase_hint")) })
	p.box = container.NewVBox(p.entry, p.found)
	for _, e := range []*editor{t.seen, t.impression} {
		e.OnFocus = func() { p.target = e }
	}
	return p
}

// offer takes the doctor's phrases.
func (p *phrases) offer(list []records.Phrase) {
	p.list = list
	p.search()
}

// want leads to the line, from wherever the keys are.
func (p *phrases) want() {
	if p.box.Hidden {
		return
	}
	workspace.Publish(p.t.ws, workspace.RoomWanted{ID: "report"})
	workspace.Focus(p.entry)
}

// key moves among what is called, and goes back to the text on Esc.
func (p *phrases) key(k *fyne.KeyEvent) bool {
	switch k.Name {
	case fyne.KeyDown:
		p.at = min(p.at+1, max(0, len(p.hits)-1))
	case fyne.KeyUp:
		p.at = max(p.at-1, 0)
	case fyne.KeyEscape:
		p.entry.SetText("")
		workspace.Focus(p.target.Entry)
		return true
	default:
		return false
	}
	p.show()
	return true
}

func (p *phrases) search() {
	p.hits = nil
	if p.entry.Text != "" {
		section := records.SectionFindings
		if p.target == p.t.impression {
			section = records.SectionImpression
		}
		var x *records.Examination
		if o := p.t.ws.Current(); o != nil {
			x = &o.Examination
		}
		p.hits = records.FindPhrases(p.list, p.entry.Text, x, section)
		if len(p.hits) > phrasesShown {
			p.hits = p.hits[:phrasesShown]
		}
	}
	p.show()
}

func (p *phrases) show() {
	l := p.t.ws.Lang
	p.found.RemoveAll()
	for i, h := range p.hits {
		p.found.Add(chip(l.T("report.phrase", h.Key, short(h.Title)), i == p.at, func() { p.take(i) }))
		if i == p.at {
			whole := wrapped(h.Text)
			p.found.Add(indented(whole))
		}
	}
	if p.entry.Text != "" && len(p.hits) == 0 {
		p.found.Add(wrapped(l.T("report.phrase_none")))
	}
	p.box.Refresh()
}

// take puts a phrase into the text as the doctor's own words, behind the sentence
// that has the caret, and gives the keys back to the text.
func (p *phrases) take(i int) {
	if i < 0 || i >= len(p.hits) || p.target.Disabled() || p.target.Hidden {
		return
	}
	p.target.insert(p.hits[i].Text)
	p.entry.SetText("")
	workspace.Focus(p.target.Entry)
}

// loadPhrases asks for the phrases of who is signed in.
func (t *tab) loadPhrases(ctx context.Context, user records.User) []records.Phrase {
	if records.Require(user, records.RightReport) != nil {
		return nil
	}
	list, err := t.ws.Reading.Phrases(ctx, user)
	if err != nil {
		return nil // a report can be written without; the room says what fails of the report
	}
	return list
}

// words is a clipboard that holds what is put into an entry.
type words string

func (w words) Content() string   { return string(w) }
func (w words) SetContent(string) {}

// insert puts words behind the sentence that has the caret: what speaks of a
// finding or a coded field is not broken up.
func (e *editor) insert(text string) {
	off, end := e.CursorTextOffset(), 0
	for _, l := range e.text.Lines() {
		start := end
		end += len([]rune(l.Text))
		if start < off && off < end && l.Bound() {
			for range end - off {
				e.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
			}
			break
		}
	}
	e.Entry.Entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: words(text)})
}

// latin reports a text of more letters than Chinese characters, which wraps at
// its words: Chinese has no spaces to wrap at.
func latin(text string) bool {
	n := 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			n -= 3 // a word of five or six letters is about two characters
		case unicode.IsLetter(r):
			n++
		}
	}
	return n > 0
}
