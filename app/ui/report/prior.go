package report

import (
	"cmp"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// Prior is an earlier report of the same patient.
type Prior struct {
	Title, Date          string // Date: yyyy-mm-dd, empty where it is not known
	Findings, Impression string
	fit                  int // 2 same modality and part, 1 same modality
}

// Priors lists the earlier reports of a patient, of this program and of others:
// those of the same modality and part first, then of the same modality, the
// newest first among them. Of each examination the newest version counts, and
// none that was retracted.
func Priors(x *records.Examination, documents []records.SignedDocument, past []records.PastReport) []Prior {
	newest := map[string]*records.Document{}
	for _, s := range records.Standing(documents) {
		d := s.Document
		if d.Examination.StudyUID == x.StudyUID || d.Retracts != "" {
			continue
		}
		if !x.Date.IsZero() && d.Examination.Date.After(x.Date) {
			continue
		}
		if have := newest[d.DocumentID]; have == nil || have.Version < d.Version {
			newest[d.DocumentID] = &d
		}
	}
	var out []Prior
	for _, d := range newest {
		p := Prior{Title: strings.TrimSpace(d.Examination.Modality + " " + d.Examination.Description), Findings: records.Join(d.FindingText), Impression: records.Join(d.Impression)}
		if !d.Examination.Date.IsZero() {
			p.Date = d.Examination.Date.In(imaging.Zone()).Format("2006-01-02")
		}
		if d.Examination.Modality == x.Modality {
			p.fit = 1
			if part(&d.Examination) == part(x) {
				p.fit = 2
			}
		}
		out = append(out, p)
	}
	for _, r := range past {
		if blank(r.Findings) && blank(r.Impression) {
			continue
		}
		p := Prior{Title: strings.TrimSpace(r.Title + " " + r.Institution), Date: dashed(r.Date), Findings: r.Findings, Impression: r.Impression}
		if x.Modality != "" && strings.Contains(strings.ToUpper(r.Category+" "+r.Title), x.Modality) {
			p.fit = 1
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b Prior) int {
		return cmp.Or(b.fit-a.fit, strings.Compare(b.Date, a.Date), strings.Compare(a.Title, b.Title))
	})
	return out
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// part is where an examination is of, as its header says, else as described.
func part(x *records.Examination) string {
	return strings.ToUpper(cmp.Or(strings.TrimSpace(x.BodyPart), strings.TrimSpace(x.Description)))
}

func dashed(day string) string {
	if len(day) < 8 || strings.ContainsAny(day[:8], "-/.") {
		return day
	}
	return day[:4] + "-" + day[4:6] + "-" + day[6:8]
}

// prior shows an earlier report with what changed since, sentence by sentence.
type prior struct {
	t      *tab
	box    *fyne.Container
	unfold *widget.Button
	choose *workspace.Select
	note   *widget.Label
	lines  *fyne.Container
	room   fyne.CanvasObject
	list   []Prior
	at     int
	open   bool
}

// priorHeight is how much of the panel an earlier report takes before it scrolls.
const priorHeight = 300

func newPrior(t *tab) *prior {
	p := &prior{t: t, note: wrapped(""), lines: container.NewVBox()}
	p.note.Importance = widget.LowImportance
	p.unfold = t.button("report.button_prior", theme.HistoryIcon(), widget.LowImportance, p.toggle)
	p.unfold.Alignment = widget.ButtonAlignLeading
	p.choose = workspace.NewSelect(t.ws, nil, func(string) {
		if i := p.choose.SelectedIndex(); i >= 0 && i != p.at {
			p.at = i
			p.compare()
		}
	})
	p.room = workspace.NewUpTo(priorHeight, p.lines)
	t.texts = append(t.texts, func() { p.names(); p.compare() })
	p.box = container.NewVBox(p.unfold, p.choose, p.note, p.room, widget.NewSeparator())
	p.show()
	return p
}

// offer takes the earlier reports of the patient whose study is open.
func (p *prior) offer() {
	p.list, p.at = nil, 0
	if o := p.t.ws.Current(); o != nil && o.Record != nil {
		p.list = Priors(&o.Examination, o.Record.Documents, o.Record.Reports)
	}
	if len(p.list) == 0 {
		p.open = false
	}
	p.names()
	p.compare()
	p.show()
}

func (p *prior) names() {
	var names []string
	for _, x := range p.list {
		names = append(names, strings.TrimSpace(x.Date+" "+x.Title))
	}
	p.choose.Options = names
	p.choose.Selected = ""
	if p.at < len(names) {
		p.choose.Selected = names[p.at]
	}
	p.choose.Refresh()
}

func (p *prior) show() {
	p.box.Hidden = len(p.list) == 0
	for _, o := range []fyne.CanvasObject{p.choose, p.note, p.room} {
		if p.open {
			o.Show()
		} else {
			o.Hide()
		}
	}
	p.box.Refresh()
}

func (p *prior) toggle() {
	if len(p.list) == 0 {
		return
	}
	workspace.Publish(p.t.ws, workspace.RoomWanted{ID: "report"})
	p.open = !p.open
	p.compare()
	p.show()
}

// compare lays the chosen report against what stands in the editors.
func (p *prior) compare() {
	p.lines.RemoveAll()
	if !p.open || p.at >= len(p.list) {
		return
	}
	l, x := p.t.ws.Lang, p.list[p.at]
	p.note.SetText(l.T("report.prior_note"))
	for _, s := range []struct {
		name           string
		earlier, later string
		into           *editor
	}{
		{l.T("report.findings"), x.Findings, p.t.seen.text.String(), p.t.seen},
		{l.T("report.impression"), x.Impression, p.t.impression.text.String(), p.t.impression},
	} {
		p.lines.Add(widget.NewLabelWithStyle(s.name, fyne.TextAlignLeading, fyne.TextStyle{Bold: true}))
		for _, c := range records.CompareReports(s.earlier, s.later) {
			p.lines.Add(p.line(c, s.into))
		}
	}
	p.lines.Refresh()
}

// line is one sentence with its mark, in signs and words.
func (p *prior) line(c records.SentenceChange, into *editor) fyne.CanvasObject {
	l := p.t.ws.Lang
	text, weight := "", widget.MediumImportance
	switch c.Kind {
	case records.SentenceSame:
		text, weight = l.T("report.prior_same", c.Earlier), widget.LowImportance
	case records.SentenceAdded:
		text, weight = l.T("report.prior_added", c.Later), widget.SuccessImportance
	case records.SentenceRemoved:
		text = l.T("report.prior_removed", c.Earlier)
	case records.SentenceNumbers:
		text, weight = l.T("report.prior_numbers", c.Earlier, c.Later), widget.WarningImportance
	}
	said := wrapped(text)
	said.Wrapping, said.Importance = fyne.TextWrapBreak, weight
	if latin(text) {
		said.Wrapping = fyne.TextWrapWord
	}
	if c.Kind != records.SentenceRemoved || into.Disabled() || into.Hidden {
		return said
	}
	carry := widget.NewButtonWithIcon(l.T("report.button_carry"), theme.ContentCopyIcon(), func() { p.carry(c.Earlier, into) })
	carry.Importance = widget.LowImportance
	carry.Alignment = widget.ButtonAlignLeading
	return container.NewVBox(said, indented(carry))
}

// carry puts an earlier sentence at the end of the text as the doctor's own words.
// What it was linked to belongs to the other study and is not carried.
func (p *prior) carry(sentence string, into *editor) {
	text := into.Text
	if lines := into.text.Lines(); len(lines) > 0 && open(Line{Sentence: records.Sentence{Text: lines[len(lines)-1].Text}}) &&
		!strings.ContainsAny(lastRune(strings.TrimSpace(text)), "。！？；.!?;") {
		text += "。"
	}
	into.SetText(text + sentence)
	p.compare()
}
