package findings

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/report"
)

// render builds the rows anew from the state: findings first, then where each
// model stands.
func (t *tab) render() {
	l := t.ws.Lang
	t.rows.RemoveAll()
	t.shownRow = nil
	t.marking.Hidden = !t.slide
	if t.study == "" {
		t.summary.SetText(l.T("findings.no_study"))
		t.actions.Hide()
		t.rows.Refresh()
		return
	}
	shown := t.list.Shown()
	for _, f := range shown {
		t.rows.Add(t.findingRow(f))
	}
	if n := t.list.Rejected(); n > 0 {
		text := l.T("findings.rejected_hidden", n)
		if t.list.RejectedShown() {
			text = l.T("findings.rejected_shown", n)
		}
		b := widget.NewButton(text, t.toggleRejected)
		b.Importance = widget.LowImportance
		t.rows.Add(b)
	}
	t.foreigners()
	t.measures()
	cards := make([]*models.Card, 0, len(t.packages()))
	for _, p := range t.packages() {
		cards = append(cards, p.Card)
	}
	asked := AskedOf(cards, t.runs)
	if o := t.ws.Current(); o != nil {
		asked = fittingFirst(asked, o.Examination.Modality)
	}
	head := widget.NewLabelWithStyle(l.T("findings.models"), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	t.rows.Add(widget.NewSeparator())
	t.rows.Add(head)
	for _, id := range t.hidden {
		t.rows.Add(t.firstReadRow(id))
	}
	for _, a := range asked {
		if !slices.Contains(t.hidden, a.Model.ID) {
			t.rows.Add(t.modelRow(a))
		}
	}
	t.summary.SetText(t.summarise(asked))
	t.offerVerdicts()
	t.rows.Refresh()
	t.scroll.Refresh()
}

// summarise says in one sentence where the study stands.
func (t *tab) summarise(asked []Asked) string {
	l := t.ws.Lang
	if len(t.hidden) > 0 {
		return l.T("findings.first_summary")
	}
	if n := NothingAbove(asked); len(n) > 0 && len(t.list.Shown()) == 0 {
		var names []string
		for _, a := range n {
			names = append(names, a.Model.Name.In(l.Short())+" "+a.Model.Version)
		}
		return l.T("findings.nothing_above", strings.Join(names, l.T("findings.comma")))
	}
	if len(t.list.Shown())+t.list.Rejected() == 0 {
		return l.T("findings.none_yet")
	}
	return l.T("findings.summary", t.list.Open(), t.list.Factual(), t.list.Rejected())
}

func (t *tab) findingRow(f records.Finding) fyne.CanvasObject {
	l := t.ws.Lang
	s := stateSign(f.State)
	lines := container.NewVBox(headline(s, l.T(lang.Key("finding.state."+string(f.State))), workspace.FindingName(l, f), f.State == records.FindingRejected))
	if f.Model != nil {
		from := f.Model.Name.In(l.Short()) + " " + f.Model.Version
		if f.Probability != nil {
			from = l.T("findings.probability", probability(*f.Probability)) + " · " + from
		}
		lines.Add(small(from, widget.LowImportance))
	} else if o := f.Origin; o != nil {
		from := o.Said(l.Short())
		if now, ok := t.list.Selected(); ok && now.UID == f.UID {
			from += "\n" + o.At()
		}
		lines.Add(small(from, widget.LowImportance))
	} else {
		lines.Add(small(l.T("findings.manual"), widget.LowImportance))
	}
	if s := report.Sizes(&f, l.Short()); s != "" {
		lines.Add(small(s, widget.MediumImportance))
	}
	if s := growthOf(f, l); s != "" {
		lines.Add(small(s, widget.MediumImportance))
		if now, ok := t.list.Selected(); ok && now.UID == f.UID {
			lines.Add(small(l.T("findings.follow_beside"), widget.LowImportance))
		}
	}
	if s := tumour(f); s != "" {
		lines.Add(small(s, widget.MediumImportance))
	}
	if f.State == records.FindingProposed {
		for _, a := range f.Amber {
			lines.Add(small(l.T("findings.amber", t.amber(a, f.Model)), widget.WarningImportance))
		}
	}
	if f.Note != "" {
		lines.Add(small(l.T("findings.note", f.Note), widget.MediumImportance))
	}
	if f.State != records.FindingProposed {
		by := l.T("findings.decided", f.ByName, f.At.In(imaging.Zone()).Format("2006-01-02 15:04"))
		if f.Reason != "" {
			by += "\n" + l.T("findings.reason", f.Reason)
		}
		lines.Add(small(by, widget.LowImportance))
	}
	if h := t.historyOf(f); h != nil {
		lines.Add(h)
	}
	now, ok := t.list.Selected()
	r := newRow(s, ok && now.UID == f.UID, lines, func() { t.choose(t.list.Select(f.UID)) })
	if r.chosen {
		t.shownRow = r
	}
	return r
}

// reveal scrolls no more than it takes to see the selected row, its first lines
// before its last.
func (t *tab) reveal() {
	if t.shownRow == nil {
		return
	}
	y := uncovered(t.scroll.Offset.Y, t.scroll.Size().Height, t.shownRow.Position().Y, t.shownRow.Size().Height)
	if y != t.scroll.Offset.Y {
		t.scroll.ScrollToOffset(fyne.NewPos(0, y))
	}
}

// uncovered is the offset at which a row from top on is seen in a view of so
// many units that now stands at offset.
func uncovered(offset, view, top, height float32) float32 {
	if top+height > offset+view {
		offset = top + height - view
	}
	return min(offset, top)
}

// tumour is what a finding says in ICD-O-3: topography, morphology with its
// behaviour, grade; empty where it says nothing.
func tumour(f records.Finding) string {
	var codes []string
	for _, c := range []*records.Code{f.Topography, f.Morphology} {
		if c != nil && c.Value != "" {
			codes = append(codes, c.Value)
		}
	}
	if f.Grade != nil && f.Grade.Value != "" {
		codes = append(codes, "G"+f.Grade.Value)
	}
	if len(codes) == 0 {
		return ""
	}
	return "ICD-O-3 " + strings.Join(codes, " · ")
}

func (t *tab) modelRow(a Asked) fyne.CanvasObject {
	l := t.ws.Lang
	s := outcomeSign(a.Outcome)
	if a.OtherKind() { // expected: it alarms nobody
		s.colour = look.Dim()
	}
	var card fyne.CanvasObject
	open := a.Card != nil && t.card == a.Model.ID
	if a.Card != nil {
		text := l.T("findings.card_open")
		if open {
			text = l.T("findings.card_close")
		}
		toggle := widget.NewButton(text, func() { t.showCard(a.Model.ID) })
		toggle.Importance = widget.LowImportance
		card = container.NewVBox(toggle)
	}
	head := headline(s, l.T(lang.Key("outcome."+string(a.Outcome))), a.Model.Name.In(l.Short())+" "+a.Model.Version, false)
	lines := container.NewVBox(container.NewBorder(nil, nil, nil, card, head))
	said := map[string]bool{} // the same of several places or questions is said once
	say := func(text string, importance widget.Importance) {
		if !said[text] {
			said[text] = true
			lines.Add(small(text, importance))
		}
	}
	var care []string
	for _, r := range a.Runs {
		switch Outcome(r.Outcome) {
		case Refused:
			say(t.reason(r), widget.MediumImportance)
			if o := t.question(a.Card, r); o != nil {
				lines.Add(o)
			}
		case BelowThreshold, Unsure:
			text := r.Label.In(l.Short())
			if r.Probability != nil {
				text += " · " + l.T("findings.probability", probability(*r.Probability))
			}
			if Outcome(r.Outcome) == Unsure {
				text = "? " + text
			}
			say(text, widget.LowImportance)
			for _, w := range r.Amber {
				care = append(care, l.T("findings.amber", t.amber(w, &a.Model)))
			}
		}
	}
	for _, w := range care {
		say(w, widget.WarningImportance)
	}
	if why := t.failed[a.Model.ID]; why != "" {
		lines.Add(small(l.T("findings.not_asked", why), widget.DangerImportance))
	}
	if a.Card == nil {
		lines.Add(small(l.T("findings.not_installed"), widget.LowImportance))
	}
	if open {
		lines.Add(workspace.CardView(t.ws, a.Card))
	}
	return newRow(s, false, lines, nil)
}

// reason is why a model refused, in the reader's language.
func (t *tab) reason(r records.Run) string {
	args := make([]any, len(r.ReasonArgs))
	for i, a := range r.ReasonArgs {
		args[i] = a
		switch inference.ReasonCode(r.ReasonCode) {
		case inference.ReasonOrgan, inference.ReasonOrganMissing:
			args[i] = Organs(t.ws.Lang, a)
		case inference.ReasonBodyPart, inference.ReasonBodyPartMissing:
			args[i] = BodyParts(t.ws.Lang, a)
		}
	}
	return t.ws.Lang.Or(lang.Key("reason."+r.ReasonCode), r.Reason, args...)
}

// Organs puts the organs of a list, with commas or a slash between them, into
// the reader's language; one without a word there stays as it is.
func Organs(l *lang.Strings, list string) string { return listed(l, "organ.", list) }

// BodyParts does so with body parts of DICOM (PS3.16 annex L).
func BodyParts(l *lang.Strings, list string) string { return listed(l, "part.", list) }

func listed(l *lang.Strings, family, list string) string {
	for _, between := range []string{" / ", ", "} {
		if names := strings.Split(list, between); len(names) > 1 {
			for i, n := range names {
				names[i] = listed(l, family, n)
			}
			if between == ", " {
				between = l.T("findings.between")
			}
			return strings.Join(names, between)
		}
	}
	return l.Or(lang.Key(family+strings.ToLower(list)), list)
}

// amber is why a result must be taken with care, in the reader's language: the
// card's own words, or one of the reasons of the inference package.
func (t *tab) amber(sentence string, model *records.ModelRef) string {
	l := t.ws.Lang
	key, args, ok := Amber(sentence, templates())
	if !ok {
		return sentence
	}
	given := make([]any, len(args))
	for i, a := range args {
		given[i] = a
	}
	for _, p := range t.packages() {
		if model != nil && p.Card.ID == model.ID && p.Card.Input.AmberReason != nil && len(args) == 1 && args[0] == p.Card.Input.AmberReason.En {
			given[0] = p.Card.Input.AmberReason.In(l.Short())
		}
	}
	return l.Or(lang.Key("reason."+key), sentence, given...)
}

// probability never rounds to certainty: 0.998 is ">0.99".
func probability(p float64) string {
	switch {
	case p > 0.99 && p < 1:
		return ">0.99"
	case p < 0.01 && p > 0:
		return "<0.01"
	}
	return fmt.Sprintf("%.2f", p)
}
