package report

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// Stale reports the sentences that speak of a finding which is not factual any
// more, or of an older version of it.
func Stale(sentences []records.Sentence, findings []records.Finding) []records.Sentence {
	version := map[string]int{}
	for _, f := range findings {
		if f.State.Factual() {
			version[f.UID] = f.Version
		}
	}
	var out []records.Sentence
	for _, s := range sentences {
		if s.FindingUID != "" && version[s.FindingUID] != s.FindingVersion {
			out = append(out, s)
		}
	}
	return out
}

// Missing lists the factual findings of which no sentence speaks.
func Missing(sentences []records.Sentence, findings []records.Finding) []records.Finding {
	said := map[string]bool{}
	for _, s := range sentences {
		said[s.FindingUID] = true
	}
	var out []records.Finding
	for _, f := range findings {
		if f.State.Factual() && !said[f.UID] {
			out = append(out, f)
		}
	}
	return out
}

// without gives the sentences that can be stored as they are.
func without(sentences, stale []records.Sentence) []records.Sentence {
	drop := map[records.Sentence]bool{}
	for _, s := range stale {
		drop[s] = true
	}
	var out []records.Sentence
	for _, s := range sentences {
		if !drop[s] {
			out = append(out, s)
		}
	}
	return out
}

// draft makes or updates the report from the confirmed findings. What is typed
// is stored first; sentences about findings that have changed are written anew
// by the use case, and the old wording is shown, so that nothing is lost.
func (t *tab) draft() {
	if t.study == "" || t.busy || t.report.State == records.ReportSigned {
		return
	}
	t.busy = true
	study, user, findings := t.study, t.ws.User(), t.findings
	seen, impression := t.seen.text.Sentences(), t.impression.text.Sentences()
	stale := append(Stale(seen, findings), Stale(impression, findings)...)
	pending := t.saver.Pending()
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		var err error
		if pending {
			d := Draft{StudyUID: study, Findings: without(seen, stale), Impression: without(impression, stale)}
			if _, err = t.ws.Reading.SaveDraft(ctx, user, study, d.Findings, d.Impression); err == nil {
				t.saver.Forget(study)
			}
		}
		var rep records.Report
		if err == nil {
			rep, err = t.ws.Reading.Draft(ctx, user, study)
		}
		return func() {
			t.busy = false
			if t.study != study {
				return
			}
			if err != nil {
				t.problem.Explain(err)
				return
			}
			t.problem.SetText("")
			t.exists = true
			t.take(rep)
			t.tellReplaced(stale)
			workspace.Publish(t.ws, workspace.ReportChanged{StudyUID: study})
		}
	})
}

// tellReplaced shows wording of the doctor that gave way to a changed finding.
func (t *tab) tellReplaced(stale []records.Sentence) {
	var gone []string
	for _, s := range stale {
		if text := t.seen.text.String() + t.impression.text.String(); !strings.Contains(text, s.Text) {
			gone = append(gone, strings.TrimSpace(s.Text))
		}
	}
	if len(gone) > 0 {
		t.problem.Say("report.replaced", strings.Join(gone, " "))
	}
}

// sign freezes the report: with an empty password field it leads there first.
func (t *tab) sign() {
	if t.study == "" || t.busy || t.report.State == records.ReportSigned {
		return
	}
	workspace.Publish(t.ws, workspace.RoomWanted{ID: "report"})
	if t.password.Text == "" {
		workspace.Focus(t.password)
		t.scroll.ScrollToBottom()
		return
	}
	t.busy = true
	study, user, password := t.study, t.ws.User(), t.password.Text
	t.password.SetText("")
	t.problem.SetText("")
	t.unsigned.SetText("")
	t.saving = t.ws.Lang.T("report.signing")
	t.showState()
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		err := t.saver.Flush(ctx)
		two := false
		if err == nil {
			two, err = t.ws.Reading.TwoSignatures(ctx)
		}
		var doc records.SignedDocument
		submitted := false
		if err == nil {
			var rep records.Report
			if rep, err = t.ws.Reading.Report(ctx, user, study); err == nil && two && rep.State == records.ReportDraft {
				submitted = true
				_, err = t.ws.Reading.Submit(ctx, user, study, password)
			} else if err == nil {
				doc, err = t.ws.Reading.Sign(ctx, user, study, password)
			}
		}
		open, e := t.contradicting(ctx, user, study, err)
		if e != nil {
			err = e
		}
		return func() {
			t.busy, t.saving = false, ""
			if t.study != study {
				return
			}
			t.ask(open)
			if err == nil && submitted {
				workspace.Release(t.password)
				t.load()
				t.scroll.ScrollToTop()
				workspace.Publish(t.ws, workspace.ReportChanged{StudyUID: study})
				return
			}
			if err != nil {
				t.unsigned.Explain(err)
				if open != nil {
					t.unsigned.SetWords(func() string { return workspace.Explained(t.ws.Lang, err) + "\n" + t.why(open) })
					t.showState()
					workspace.Focus(t.answer)
					return
				}
				t.showState()
				workspace.Focus(t.password)
				return
			}
			workspace.Release(t.password)
			t.path.SetText("") // named after a document: the one before keeps its file
			t.said("", nil)
			t.signed = &doc
			t.report.State = records.ReportSigned
			t.render()
			t.load() // what stands there from now on is what was stored
			t.scroll.ScrollToTop()
			workspace.Publish(t.ws, workspace.ReportChanged{StudyUID: study})
			workspace.Publish(t.ws, workspace.OutboxChanged{})
		}
	})
}

// why says what a sentence contradicts.
func (t *tab) why(c *records.Contradiction) string {
	l := t.ws.Lang
	known := c.Known
	switch c.Code {
	case records.ContradictsFinding, records.ContradictsImage:
		known = l.Or(lang.Key("contradiction.side_"+c.Known), c.Known)
	case records.ContradictsSex:
		known = l.Or(lang.Key("sex."+c.Known), c.Known)
	}
	return l.Or(lang.Key("contradiction."+c.Code), c.Code, known)
}

// contradicting is the first sentence that a refused signature waits for an
// answer to; nil where it was refused for something else, or not at all.
func (t *tab) contradicting(ctx context.Context, user records.User, study string, refusal error) (*records.Contradiction, error) {
	var refused *records.RefusedError
	if !errors.As(refusal, &refused) || refused.Code != "contradiction" {
		return nil, nil
	}
	found, err := t.ws.Reading.Contradictions(ctx, user, study)
	for i := range found {
		if found[i].Answer == "" {
			return &found[i], err
		}
	}
	return nil, err
}

// ask shows the field in which a doctor says why a contradicting sentence
// stands.
func (t *tab) ask(c *records.Contradiction) {
	t.answering = c
	t.answer.SetText("")
	t.answerBox.Hidden = c == nil
	t.signBox.Refresh()
}

// answerNow keeps why the sentence stands. What is to be signed is signed by the
// password, as before.
func (t *tab) answerNow() {
	if t.busy || t.answering == nil {
		return
	}
	t.busy = true
	study, user, c, answer := t.study, t.ws.User(), *t.answering, t.answer.Text
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		rep, err := t.ws.Reading.Answer(ctx, user, study, c, answer)
		return func() {
			t.busy = false
			if t.study != study {
				return
			}
			if err != nil {
				t.unsigned.Explain(err)
				return
			}
			t.ask(nil)
			t.report.Answers = rep.Answers
			t.unsigned.Say("report.answered")
			workspace.Focus(t.password)
		}
	})
}

// print writes the signed report as a PDF to the path in the field.
func (t *tab) print() {
	if t.signed == nil || t.busy {
		return
	}
	path := strings.TrimSpace(t.path.Text)
	if path == "" {
		path = t.defaultPath()
		t.path.SetText(path)
	}
	t.busy = true
	t.unwritten.SetText("")
	study, user := t.study, t.ws.User()
	t.said("", func() string { return t.ws.Lang.T("report.printing") })
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		data, err := t.ws.PrintReport(ctx, user, study)
		if err == nil {
			err = workspace.WriteFile(path, data)
		}
		return func() {
			t.busy = false
			if t.study != study {
				return
			}
			t.said("", nil)
			if err != nil {
				t.unwritten.Explain(err)
				return
			}
			pdf, err := filepath.Abs(path)
			if err != nil { // without a working directory nobody can be led there
				pdf = ""
			}
			t.said(pdf, func() string { return t.ws.Lang.T("report.printed", path) })
		}
	})
}

// said words what was written; a PDF can be looked at.
func (t *tab) said(pdf string, words func() string) {
	t.printed = pdf
	if words == nil {
		words = func() string { return "" }
	}
	t.done.SetWords(words)
	t.view.Hidden = pdf == ""
	t.view.Refresh()
	if t.done.Text() != "" {
		t.toEnd()
	}
}

// toEnd brings what became of printing and exporting into sight.
func (t *tab) toEnd() {
	t.scroll.Content.Refresh()
	t.scroll.Refresh()
	t.scroll.ScrollToBottom()
}

// viewPrinted shows the written PDF in the system's own viewer, which has the
// printers.
func (t *tab) viewPrinted() {
	if t.printed == "" {
		return
	}
	t.unwritten.SetText("")
	if err := fyne.CurrentApp().OpenURL(fileURL(t.printed)); err != nil {
		t.unwritten.Say("report.no_viewer", t.printed, err.Error())
	}
}

// fileURL names a file of this machine (RFC 8089).
func fileURL(path string) *url.URL {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/...
		path = "/" + path
	}
	return &url.URL{Scheme: "file", Path: path}
}

// export writes the signed report in one format of exchange into the folder of
// the PDF, as it would be delivered.
func (t *tab) export() {
	at := t.format.SelectedIndex()
	if t.signed == nil || t.busy || at < 0 {
		return
	}
	format := delivery.AllFormats()[at]
	path := strings.TrimSpace(t.path.Text)
	if path == "" {
		path = t.defaultPath()
	}
	folder := path
	if strings.EqualFold(filepath.Ext(path), ".pdf") {
		folder = filepath.Dir(path)
	}
	t.busy = true
	t.unwritten.SetText("")
	study, user, doc := t.study, t.ws.User(), *t.signed
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		paths, left, err := t.ws.Delivery.ExportFiles(ctx, user, doc, format, folder)
		return func() {
			t.busy = false
			if t.study != study {
				return
			}
			t.said("", nil)
			if err != nil {
				t.unwritten.Explain(err)
				t.toEnd()
				return
			}
			t.said("", func() string { return t.ws.Lang.T("report.printed", strings.Join(paths, "\n")) })
			if len(left) > 0 {
				t.unwritten.Say("report.export_left", strings.Join(left, "\n"))
				t.toEnd()
			}
		}
	})
}

// defaultPath names the document, never the patient.
func (t *tab) defaultPath() string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	return filepath.Join(home, t.signed.Document.ID+".pdf")
}

func (t *tab) wantAmend() {
	if t.signed == nil || t.report.State != records.ReportSigned {
		return
	}
	t.amending = true
	t.render()
	workspace.Focus(t.reason)
}

// amend opens the next version, with a reason; the signed one stays.
func (t *tab) amend() {
	if t.busy {
		return
	}
	t.busy = true
	study, user, reason := t.study, t.ws.User(), t.reason.Text
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		rep, err := t.ws.Reading.Amend(ctx, user, study, reason)
		return func() {
			t.busy = false
			if t.study != study {
				return
			}
			if err != nil {
				t.unwritten.Explain(err)
				return
			}
			t.problem.SetText("")
			t.unwritten.SetText("")
			t.reason.SetText("")
			workspace.Release(t.reason)
			t.amending = false
			t.take(rep)
			workspace.Publish(t.ws, workspace.ReportChanged{StudyUID: study})
		}
	})
}
