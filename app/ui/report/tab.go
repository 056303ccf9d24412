// Package report is the tab in which a report is drafted from confirmed
// findings, worded, signed, printed and amended.
package report

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
	"longying/records/report"
	"longying/records/template"
)

// pause is how long the doctor stops typing before the text is written.
const pause = 600 * time.Millisecond

// tab is the room's state; every field belongs to the UI goroutine.
type tab struct {
	ws      *workspace.Workspace
	saver   *Saver
	loading *workspace.Task
	keeping *workspace.Task

	study    string
	findings []records.Finding
	drawn    []records.Annotation // measured by hand, also what is left out
	wanted   string               // UID of the measurement that is to be stated once the report is there
	report   records.Report
	exists   bool
	signed   *records.SignedDocument
	selected string
	saving   string // the state of saving, in words
	amending bool
	busy     bool // a signature or another step is under way

	problem    *workspace.Problem
	state      *widget.Label
	stale      *fyne.Container
	staleText  *widget.Label
	update     *widget.Button
	unsaid     *fyne.Container // findings of which no sentence speaks
	changed    *fyne.Container // sentences whose measurement is another one now
	seen       *editor
	impression *editor
	typed      int // how often the doctor changed the text
	seenChips  *fyne.Container
	impChips   *fyne.Container
	password   *workspace.Entry
	unsigned   *workspace.Problem     // why the signature was refused, where the password stands
	answering  *records.Contradiction // that blocks the signature
	answer     *workspace.Entry
	answerBox  *fyne.Container
	amendNow   *widget.Button
	unwritten  *workspace.Problem // why a file was not written, below the buttons that write it
	hospital   *widget.Label      // what the hospital lacks for an exchange document
	org        *records.Organization
	draftBox   *fyne.Container
	signBox    *fyne.Container
	back       *workspace.Entry // why a submitted report goes back to its author
	unreturned *workspace.Problem
	returnBox  *fyne.Container
	signedBox  *fyne.Container
	signedText *workspace.Text
	path       *workspace.Entry
	format     *widget.Select // of exchange
	reason     *workspace.Entry
	amendBox   *fyne.Container
	done       *workspace.Done
	view       *widget.Button // opens the PDF that was written
	printed    string         // its path, empty: none
	form       *form
	phrases    *phrases
	prior      *prior
	texts      []func()
	scroll     *container.Scroll
}

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	t := &tab{ws: ws, loading: ws.NewTask(), keeping: ws.NewTask()}
	t.saver = NewSaver(pause, t.write, t.told)
	content := t.build()
	room := &workspace.Room{ID: "report", Place: workspace.Panel, Icon: theme.DocumentIcon(), Needs: records.RightViewPatient,
		Content: content, Shown: t.load, Hidden: t.flush,
		Actions: []workspace.Action{
			{Label: "report.sign", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyReturn)}, Do: t.sign},
			{Label: "report.draft", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyD)}, Do: t.draft},
			{Label: "report.print", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyP)}, Do: t.print},
			{Label: "report.view", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyO)}, Do: t.viewPrinted},
			{Label: "report.return", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyBackspace)}, Do: t.returnNow},
			{Label: "report.export", Keys: []workspace.Key{{Name: fyne.KeyE, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: t.export},
			{Label: "report.amend", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyM)}, Do: t.wantAmend},
			{Label: "report.phrase_call", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyH)}, Do: t.phrases.want},
			{Label: "report.prior", Keys: []workspace.Key{workspace.Ctrl(fyne.KeySlash)}, Do: t.prior.toggle},
			{Label: "report.form", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyG)}, Do: t.form.toggle},
			{Label: "report.save", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyS)}, Do: t.flush},
		}}
	workspace.On(ws, func(workspace.StudyOpened) { t.open() })
	workspace.On(ws, func(e workspace.FindingsChanged) {
		if e.StudyUID == t.study {
			t.load()
		}
	})
	workspace.On(ws, func(e workspace.FindingSelected) {
		t.selected = e.Finding.UID
		t.chips()
	})
	workspace.On(ws, func(e workspace.AnnotationSelected) {
		t.selected = e.UID
		t.chips()
	})
	workspace.On(ws, func(e workspace.AnnotationsChanged) {
		if e.StudyUID == t.study {
			t.load()
		}
	})
	workspace.On(ws, func(e workspace.AnnotationWanted) {
		if e.Report {
			t.wantMeasure(e.UID)
		}
	})
	workspace.On(ws, func(workspace.LanguageChanged) { t.words() })
	workspace.On(ws, func(workspace.UserChanged) { t.flush() })
	t.words()
	return room
}

func (t *tab) build() fyne.CanvasObject {
	t.problem = workspace.NewProblem(t.ws)
	t.state = wrapped("")
	seen, impression := rowsFor(0)
	t.seen, t.impression = newEditor(t.ws, seen), newEditor(t.ws, impression)
	for _, e := range []*editor{t.seen, t.impression} {
		e.edited = t.edited
		e.caret = t.follow
	}
	t.seenChips, t.impChips = container.NewVBox(), container.NewVBox()
	t.staleText = wrapped("")
	t.staleText.Importance = widget.WarningImportance
	t.update = t.button("report.button_update", theme.ViewRefreshIcon(), widget.MediumImportance, t.draft)
	t.unsaid = container.NewVBox()
	t.stale = container.NewVBox(t.staleText, t.unsaid, t.update)
	t.changed = container.NewVBox()
	t.draftBox = container.NewVBox(t.button("report.button_draft", theme.DocumentCreateIcon(), widget.HighImportance, t.draft))

	t.password = workspace.NewEntry(t.ws)
	t.password.Password = true
	t.password.OnSubmitted = func(string) { t.sign() }
	t.texts = append(t.texts, func() { t.password.SetPlaceHolder(t.ws.Lang.T("report.password")) })
	t.unsigned = workspace.NewProblem(t.ws)
	t.unwritten = workspace.NewProblem(t.ws)
	t.hospital = wrapped("")
	t.hospital.Importance = widget.WarningImportance
	t.texts = append(t.texts, func() { t.hospital.SetText(t.ws.Lang.T("report.hospital_lacks")) })
	t.answer = workspace.NewEntry(t.ws)
	t.answer.OnSubmitted = func(string) { t.answerNow() }
	t.texts = append(t.texts, func() { t.answer.SetPlaceHolder(t.ws.Lang.T("report.answer")) })
	t.answerBox = container.NewVBox(t.answer, t.button("report.button_answer", theme.ConfirmIcon(), widget.MediumImportance, t.answerNow))
	t.answerBox.Hide()
	t.signBox = container.NewVBox(widget.NewSeparator(), t.caption("report.sign_as"), t.hospital, t.unsigned, t.answerBox, t.password,
		t.button("report.button_sign", theme.ConfirmIcon(), widget.HighImportance, t.sign))

	t.buildReturn()
	t.signedText = workspace.NewText(t.ws, "", widget.MediumImportance)
	t.path, t.reason = workspace.NewEntry(t.ws), workspace.NewEntry(t.ws)
	t.path.OnSubmitted = func(string) { t.print() }
	t.reason.OnSubmitted = func(string) { t.amend() }
	t.texts = append(t.texts, func() {
		t.path.SetPlaceHolder(t.ws.Lang.T("report.path"))
		t.reason.SetPlaceHolder(t.ws.Lang.T("report.amend_reason"))
	})
	t.done = workspace.NewDone(t.ws)
	t.view = t.button("report.button_view", theme.ViewFullScreenIcon(), widget.MediumImportance, t.viewPrinted)
	t.view.Hide()
	t.amendBox = container.NewVBox(t.reason, t.button("report.button_amend_now", theme.ConfirmIcon(), widget.HighImportance, t.amend))
	t.amendNow = t.button("report.button_amend", nil, widget.MediumImportance, t.wantAmend)
	t.format = widget.NewSelect(nil, nil)
	t.signedBox = container.NewVBox(t.signedText, widget.NewSeparator(), t.caption("report.print_to"), t.path,
		container.New(workspace.NewRow(theme.Padding()),
			t.button("report.button_print", nil, widget.MediumImportance, t.print),
			t.amendNow),
		t.caption("report.export_to"),
		t.format, t.button("report.button_export", theme.DocumentSaveIcon(), widget.MediumImportance, t.export),
		t.done, t.view, t.unwritten, t.amendBox)

	t.texts = append(t.texts, t.formats)
	t.form = newForm(t)
	t.phrases = newPhrases(t)
	t.prior = newPrior(t)
	body := container.NewVBox(t.state, t.problem, t.stale, t.changed, t.draftBox, t.form.box, t.prior.box, t.phrases.box,
		t.title("report.findings"), t.seen.box, t.seenChips,
		t.title("report.impression"), t.impression.box, t.impChips, t.signBox, t.returnBox, t.signedBox)
	t.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(4, 4, 4, 12), body))
	return container.New(&roomy{tab: t}, t.scroll)
}

func (t *tab) button(text lang.Key, icon fyne.Resource, weight widget.Importance, do func()) *widget.Button {
	b := widget.NewButtonWithIcon("", icon, do)
	b.Importance = weight
	t.texts = append(t.texts, func() { b.SetText(t.ws.Lang.T(text)) })
	return b
}

// formats offers the formats of exchange, each under its name.
func (t *tab) formats() {
	at := max(0, t.format.SelectedIndex())
	t.format.Options = nil
	for _, f := range delivery.AllFormats() {
		t.format.Options = append(t.format.Options, t.ws.Lang.T(lang.Key("format."+f)))
	}
	t.format.SetSelectedIndex(at)
}

func (t *tab) title(text lang.Key) *widget.Label {
	l := widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	t.texts = append(t.texts, func() { l.SetText(t.ws.Lang.T(text)) })
	return l
}

func (t *tab) caption(text lang.Key) *widget.Label {
	l := wrapped("")
	l.Importance = widget.LowImportance
	t.texts = append(t.texts, func() { l.SetText(t.ws.Lang.T(text, t.ws.User().Name)) })
	return l
}

func wrapped(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}

func (t *tab) words() {
	for _, f := range t.texts {
		f()
	}
	t.render()
}

// open follows the study that is open; what was typed for the one before is
// written first, to its own report.
func (t *tab) open() {
	t.flush()
	t.study = ""
	if o := t.ws.Current(); o != nil {
		t.study = o.Examination.StudyUID
	}
	t.findings, t.report, t.exists, t.signed, t.selected = nil, records.Report{}, false, nil, ""
	t.drawn, t.wanted = nil, ""
	t.amending, t.busy, t.saving = false, false, ""
	t.password.SetText("")
	t.path.SetText("")
	t.reason.SetText("")
	t.back.SetText("")
	t.unreturned.SetText("")
	t.said("", nil)
	t.problem.SetText("")
	t.unsigned.SetText("")
	t.ask(nil)
	t.unwritten.SetText("")
	t.form.leave()
	t.prior.offer()
	t.seen.show(Text{})
	t.impression.show(Text{})
	t.words()
	t.load()
}

// load asks for the report as it is stored. What is typed meanwhile wins.
func (t *tab) load() {
	study, user, typed := t.study, t.ws.User(), t.typed
	if study == "" {
		t.loading.Stop()
		return
	}
	t.loading.Start(func(ctx context.Context) func() {
		// What was typed is stored before the report is read: what is read later must
		// not be older than what stands in the fields. One that fails stays pending.
		_ = t.saver.Flush(context.WithoutCancel(ctx))
		rep, err := t.ws.Reading.Report(ctx, user, study)
		exists := err == nil
		if errors.Is(err, records.ErrNotFound) {
			err = nil
		}
		var findings []records.Finding
		if err == nil {
			findings, err = t.ws.Reading.Findings(ctx, user, study)
		}
		var drawn []records.Annotation
		if err == nil {
			drawn, err = t.ws.Reading.Annotations(ctx, user, study)
		}
		var signed *records.SignedDocument
		if err == nil && exists && (rep.State == records.ReportSigned || rep.Version > 1) {
			doc, e := t.ws.Reading.Signed(ctx, user, study)
			signed, err = &doc, e
		}
		var templates []*template.Template
		if err == nil {
			templates, err = t.ws.Reading.TemplatesFor(ctx, user, study)
		}
		phrases := t.loadPhrases(ctx, user)
		var org *records.Organization
		if err == nil {
			o, e := t.ws.Admin.Organization(ctx)
			org, err = &o, e
			if errors.Is(err, records.ErrNotFound) {
				err = nil
			}
		}
		return func() {
			if err != nil {
				t.problem.Explain(err)
				return
			}
			t.org = org
			t.findings, t.drawn, t.exists, t.signed = findings, drawn, exists, signed
			t.form.offer(templates)
			t.phrases.offer(phrases)
			if t.saver.Pending() || t.typed != typed { // typed on while it was read
				t.render()
			} else {
				t.take(rep)
			}
			t.insertMeasure()
		}
	})
}

// take shows a report as it is stored.
func (t *tab) take(rep records.Report) {
	t.report = rep
	seen, impression := report.Draft(t.findings, "zh")
	t.seen.show(NewText(rep.Findings, seen))
	t.impression.show(NewText(rep.Impression, impression))
	t.form.take()
	t.render()
	t.prior.compare()
}

// edited takes a change by the doctor; it is written after a short pause.
func (t *tab) edited() {
	t.typed++
	t.problem.SetText("")
	t.saver.Keep(Draft{StudyUID: t.study, By: t.ws.User(), Findings: t.seen.text.Sentences(), Impression: t.impression.text.Sentences()})
	t.chips()
	// The window waits for this task before it closes, so that closing it in
	// the middle of a word loses nothing.
	t.keeping.Start(func(ctx context.Context) func() {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			if t.ws.Context().Err() == nil {
				return nil // typed on: the next task keeps watch
			}
		}
		// The outcome is told; a failed text stays pending.
		_ = t.saver.Flush(context.WithoutCancel(ctx))
		return nil
	})
}

// choose tells the image and the list which finding a sentence speaks of.
func (t *tab) choose(uid string) {
	for _, f := range t.findings {
		if f.UID == uid && uid != t.selected {
			workspace.Publish(t.ws, workspace.FindingSelected{Finding: f})
		}
	}
}

// follow leads from a sentence to its finding or its measurement.
func (t *tab) follow(l Line) {
	if l.AnnotationUID != "" {
		t.chooseMeasure(l.AnnotationUID)
		return
	}
	t.choose(l.FindingUID)
}

// write is the saver's; it runs on a goroutine of its own.
func (t *tab) write(ctx context.Context, d Draft) error {
	_, err := t.ws.Reading.SaveDraft(ctx, d.By, d.StudyUID, d.Findings, d.Impression)
	return err
}

// told hears from the saver, on any goroutine.
func (t *tab) told(saved bool, err error) {
	t.ws.Do(func() {
		switch {
		case err != nil:
			t.saving = t.ws.Lang.T("report.not_saved")
			t.problem.Explain(err)
		case saved:
			t.prior.compare()
			t.saving = t.ws.Lang.T("report.saved", time.Now().In(imaging.Zone()).Format("15:04:05"))
			if !t.exists { // the first text: the report is there from now on
				t.exists = true
				t.load()
			}
			workspace.Publish(t.ws, workspace.ReportChanged{StudyUID: t.study})
		default:
			t.saving = t.ws.Lang.T("report.saving")
		}
		t.showState()
	})
}

// flush writes at once what is pending.
func (t *tab) flush() {
	if t.saver.Pending() {
		// The outcome is told; a failed text stays pending.
		go func() { _ = t.saver.Flush(context.Background()) }()
	}
}
