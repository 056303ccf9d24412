package report

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// render shows what of the tab belongs to the report's state.
func (t *tab) render() {
	isSigned := t.exists && t.report.State == records.ReportSigned
	draft := t.study != "" && !isSigned
	submitted := t.exists && t.report.State == records.ReportSubmitted
	t.draftBox.Hidden = !draft || t.exists
	t.signBox.Hidden = !draft || !t.exists
	t.signedBox.Hidden = t.signed == nil
	t.returnBox.Hidden = !submitted || t.study == ""
	t.amendBox.Hidden = !isSigned || !t.amending
	t.amendNow.Hidden = !isSigned
	t.hospital.Hidden = t.org == nil || t.org.Code != "" && t.org.Department != ""
	for _, e := range []*editor{t.seen, t.impression} {
		e.freeze(isSigned || submitted)
		if draft && !submitted {
			e.Enable()
		} else {
			e.Disable()
		}
	}
	t.form.show(draft && !submitted)
	t.phrases.box.Hidden = !draft || submitted
	if d := t.signed; d != nil {
		text := t.ws.Lang.T("report.signed", d.Document.Version, d.Document.Author.Name, d.SignedAt.In(imaging.Zone()).Format("2006-01-02 15:04:05")) +
			"\n" + d.Document.ID + "\nSHA-256 " + workspace.Grouped(d.SHA256)
		if d.Document.Amends != "" {
			text += "\n" + t.ws.Lang.T("report.amends", d.Document.Amends)
		}
		t.signedText.SetText(text)
	}
	t.chips()
	t.showState()
	t.scroll.Content.Refresh()
	t.scroll.Refresh()
}

// showState says in words where the report stands and whether it is stored.
func (t *tab) showState() {
	l := t.ws.Lang
	text := ""
	switch {
	case t.study == "":
		text = l.T("report.no_study")
	case !t.exists:
		text = l.T("report.none_yet")
	case t.report.State == records.ReportSigned:
		text = l.T("report.state_signed", t.report.Version)
	case t.report.State == records.ReportSubmitted:
		text = l.T("report.state_submitted", t.report.Submitted.Author.Name)
	case t.report.Returned != nil:
		text = l.T("report.state_returned", t.report.Returned.ByName, t.report.Returned.Reason)
	case t.report.Version > 1:
		text = l.T("report.state_amending", t.report.Version, t.report.Amends)
	default:
		text = l.T("report.state_draft", t.report.Version)
	}
	if t.saving != "" && t.study != "" {
		text += " · " + t.saving
	}
	t.state.SetText(text)
}

// chips lists under each field the sentences that speak of a finding.
func (t *tab) chips() {
	l := t.ws.Lang
	missed := t.missed()
	fill := func(box *fyne.Container, text Text) {
		box.RemoveAll()
		for _, line := range text.Lines() {
			if !line.Linked() {
				continue
			}
			name := short(line.Text)
			if line.Edited {
				name = l.T("report.chip_edited", name)
			} else {
				name = l.T("report.chip", name)
			}
			if line.AnnotationUID != "" {
				name = l.T("report.chip_measure", short(line.Text))
			}
			if now := misstated(missed, line.Sentence); now != "" {
				w := wrapped(l.T("report.measure_value", short(line.Text), now))
				w.Importance = widget.WarningImportance
				box.Add(w)
				box.Add(chip(l.T("report.chip_renew", short(now)), false, func() { t.wantMeasure(line.AnnotationUID) }))
			}
			box.Add(chip(name, t.selected != "" && line.FindingUID+line.AnnotationUID == t.selected, func() {
				t.selected = ""
				t.follow(line)
			}))
		}
		box.Refresh()
	}
	fill(t.seenChips, t.seen.text)
	fill(t.impChips, t.impression.text)
	t.measured(missed)
	t.stale.Hide()
	t.unsaid.RemoveAll()
	if t.exists {
		sentences := append(t.seen.text.Sentences(), t.impression.text.Sentences()...)
		unsaid := Missing(sentences, t.findings)
		old, missing := len(Stale(sentences, t.findings)), len(unsaid)
		for _, f := range unsaid { // each leads to the finding of which nothing is said
			t.unsaid.Add(chip(l.T("report.chip_unsaid", short(f.Label.In(l.Short()))), f.UID == t.selected, func() {
				t.selected = ""
				t.choose(f.UID)
			}))
		}
		if old+missing > 0 {
			if t.update.Hidden = t.report.State == records.ReportSigned; t.update.Hidden {
				t.staleText.SetText(l.T("report.stale_signed", old, missing))
			} else {
				t.staleText.SetText(l.T("report.stale", old, missing))
			}
			t.stale.Show()
		}
	}
}

// short keeps a chip on one line.
func short(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > 18 {
		return string(r[:17]) + "…"
	}
	return string(r)
}
