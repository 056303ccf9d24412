// Package findings is the tab in which proposals of models are read, confirmed,
// edited or rejected, and in which every model says where it stands: not run,
// refused, below its threshold, unsure, proposed.
package findings

import (
	"context"
	"errors"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/foreign"
)

// tab is the room's state; every field belongs to the UI goroutine.
type tab struct {
	ws      *workspace.Workspace
	loading *workspace.Task

	study       string
	slide       bool
	list        List
	runs        []records.Run
	failed      map[string]string // model ID: why it could not be asked
	region      *imaging.Ref
	organ       string
	stated      inference.Stated // what the doctor said of the open study where its header says nothing
	job         *workspace.Job
	asking      models.Text
	writing     bool                 // a verdict is being written
	card        string               // ID of the model whose card is unfolded
	form        *form                // open form, or nil
	others      []foreign.Finding    // what other makers' objects say
	unseen      bool                 // they are hidden until the reader's own first read
	item        string               // Origin.Key of the one that is chosen; empty: none
	hidden      []string             // models of which nothing is shown before the doctor's first read
	history     []records.Finding    // versions of the finding whose history is open
	sent        sent                 // what became of it
	aside       bool                 // an earlier study is in front
	annotations []records.Annotation // measured and drawn by hand
	measure     string               // UID of the one that is chosen
	versions    []records.Annotation // of it, where its history is open
	onMeasure   bool                 // it was chosen after any finding
	drawnLast   bool                 // the last act was one of these: Ctrl+Z is not for a verdict
	own         *imaging.Ref         // where the finding lies that is being added, nil: nothing was drawn

	summary  *widget.Label
	problem  *workspace.Problem
	analyse  *widget.Button
	add      *widget.Button
	ownPlace *widget.Label // of the open form for a finding of one's own, nil: it is not open
	cancel   *widget.Button
	progress *widget.Label
	bar      *widget.ProgressBar
	working  *fyne.Container
	marking  *fyne.Container
	mark     *widget.Button
	organs   *workspace.Select
	organIDs []string
	rows     *fyne.Container
	shownRow fyne.CanvasObject // the selected finding's row, nil: none
	scroll   *container.Scroll
	actions  *fyne.Container
	buttons  []labelled
	formBox  *fyne.Container
}

type labelled struct {
	button *widget.Button
	text   lang.Key
}

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	t := &tab{ws: ws, loading: ws.NewTask(), failed: map[string]string{}}
	t.build()
	room := &workspace.Room{ID: "findings", Place: workspace.Panel, Icon: theme.ListIcon(), Content: t.content(), Shown: t.load,
		Current: t.keys}
	workspace.On(ws, func(workspace.StudyOpened) {
		t.open()
		t.showProgress()
	})
	workspace.On(ws, func(e workspace.FindingsChanged) {
		if e.StudyUID == t.study {
			t.drawnLast = false
			t.load()
		}
	})
	workspace.On(ws, func(e workspace.AnnotationsChanged) {
		if e.StudyUID == t.study {
			t.drawnLast, t.versions = e.Undo, nil
			t.load()
		}
	})
	workspace.On(ws, func(e workspace.AnnotationSelected) { t.pickMeasure(e.UID) })
	workspace.On(ws, func(e workspace.FindingSelected) { t.selected(e.Finding) })
	workspace.On(ws, func(e workspace.ForeignRead) {
		if e.StudyUID == t.study {
			t.others, t.unseen = e.Findings, e.Hidden
			t.render()
		}
	})
	workspace.On(ws, func(e workspace.ForeignSelected) { t.pickForeign(e.Item) })
	workspace.On(ws, func(e workspace.PriorInFront) { t.aside = e.On })
	workspace.On(ws, func(e workspace.RegionMarked) { t.marked(e.Ref) })
	workspace.On(ws, func(workspace.AnalysisWanted) { t.analyseAll() })
	workspace.On(ws, func(workspace.JobsChanged) { t.showProgress() })
	workspace.On(ws, func(workspace.LanguageChanged) { t.words() })
	workspace.On(ws, func(workspace.ModelsChanged) { t.words() })
	t.words()
	return room
}

func (t *tab) keys() []workspace.Action {
	keys := []workspace.Action{
		{Label: "findings.analyse", Keys: []workspace.Key{workspace.Press(fyne.KeyA)}, Do: t.analyseAll},
		{Label: "findings.add_own", Keys: []workspace.Key{workspace.Press(fyne.KeyInsert)}, Do: t.addOwn},
		{Label: "findings.next", Keys: []workspace.Key{workspace.Press(fyne.KeyJ)}, Do: func() { t.step(1) }},
		{Label: "findings.previous", Keys: []workspace.Key{workspace.Press(fyne.KeyK)}, Do: func() { t.step(-1) }},
		{Label: "findings.confirm", Keys: []workspace.Key{workspace.Press(fyne.KeyY)}, Do: t.confirm},
		{Label: "findings.edit", Keys: []workspace.Key{workspace.Press(fyne.KeyE)}, Do: t.edit},
		{Label: "findings.reject", Keys: []workspace.Key{workspace.Press(fyne.KeyN)}, Do: t.reject},
		{Label: "findings.take_over", Keys: []workspace.Key{{Name: fyne.KeyY, Mod: fyne.KeyModifierShift}}, Do: t.takeOver},
		{Label: "findings.follow", Keys: []workspace.Key{{Name: fyne.KeyG, Mod: fyne.KeyModifierShift}}, Do: t.follow},
		{Label: "findings.show_history", Keys: []workspace.Key{{Name: fyne.KeyT, Mod: fyne.KeyModifierShift}}, Do: t.toggleHistory},
		{Label: "findings.card", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyI)}, Do: t.toggleCard},
		{Label: "findings.show_rejected", Keys: []workspace.Key{workspace.Press(fyne.KeyR)}, Do: t.toggleRejected},
	}
	if !t.drawnLast {
		keys = append(keys, workspace.Action{Label: "findings.undo", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyZ)}, Do: t.undo})
	}
	if t.form != nil { // from its choices too, which are no text fields
		keys = append(keys,
			workspace.Action{Label: "findings.send_form", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyReturn)}, Do: t.form.send},
			workspace.Action{Label: "findings.close_form", Keys: []workspace.Key{workspace.Press(fyne.KeyEscape)}, Do: t.leaveForm})
	}
	if t.slide { // only there a model asks for a region
		keys = append(keys, workspace.Action{Label: "findings.mark_region", Keys: []workspace.Key{workspace.Press(fyne.KeyU)}, Do: t.wantRegion})
	}
	return keys
}

func (t *tab) build() {
	t.summary = widget.NewLabel("")
	t.summary.Wrapping = fyne.TextWrapWord
	t.problem = workspace.NewProblem(t.ws)
	t.analyse = widget.NewButtonWithIcon("", theme.MediaPlayIcon(), t.analyseAll)
	t.analyse.Importance = widget.HighImportance
	t.add = widget.NewButton("", t.addOwn)
	t.cancel = widget.NewButtonWithIcon("", theme.CancelIcon(), func() {
		if t.job != nil {
			t.job.Cancel()
		}
	})
	t.progress = widget.NewLabel("")
	t.progress.Wrapping = fyne.TextWrapWord
	t.bar = widget.NewProgressBar()
	t.working = container.NewVBox(t.progress, container.NewBorder(nil, nil, nil, t.cancel, t.bar))
	t.working.Hide()
	t.mark = widget.NewButton("", t.wantRegion)
	t.organs = workspace.NewSelect(t.ws, nil, func(string) {
		if i := t.organs.SelectedIndex(); i >= 0 && i < len(t.organIDs) {
			t.organ = t.organIDs[i]
		}
	})
	t.marking = container.New(workspace.NewRow(theme.Padding()), t.mark, t.organs)
	t.marking.Hide()
	t.rows = container.NewVBox()
	t.scroll = container.NewVScroll(t.rows)
	button := func(text lang.Key, icon fyne.Resource, do func()) fyne.CanvasObject {
		b := widget.NewButtonWithIcon("", icon, do)
		t.buttons = append(t.buttons, labelled{b, text})
		return b
	}
	// Side by side even in a narrow panel: the lower row goes without icons.
	t.actions = container.NewVBox(
		container.New(workspace.NewRow(theme.Padding()),
			button("findings.button_confirm", theme.ConfirmIcon(), t.confirm),
			button("findings.button_edit", theme.DocumentCreateIcon(), t.edit),
			button("findings.button_reject", theme.CancelIcon(), t.reject)),
		container.New(workspace.NewRow(theme.Padding()),
			button("findings.button_follow", nil, t.follow),
			button("findings.button_undo", nil, t.undo),
			button("findings.button_history", nil, t.toggleHistory)))
	t.actions.Hide()
	t.formBox = container.NewVBox()
}

func (t *tab) content() fyne.CanvasObject {
	top := container.NewVBox(t.marking, container.New(workspace.NewRow(theme.Padding()), t.analyse, t.add), t.working, t.problem, t.summary)
	return container.New(layout.NewCustomPaddedLayout(theme.Padding(), theme.Padding(), theme.Padding(), theme.Padding()),
		workspace.Steady(container.NewBorder(top, container.NewVBox(t.formBox, t.actions), nil, nil, t.scroll)))
}

// words sets every text in the language chosen.
func (t *tab) words() {
	l := t.ws.Lang
	t.analyse.SetText(l.T("findings.button_analyse"))
	t.add.SetText(l.T("findings.button_own"))
	t.cancel.SetText(l.T("findings.button_cancel"))
	t.mark.SetText(l.T("findings.button_mark"))
	for _, b := range t.buttons {
		b.button.SetText(l.T(b.text))
	}
	t.organIDs = nil
	var names []string
	for _, p := range t.packages() {
		if p.Card.Slide == nil {
			continue
		}
		for _, o := range p.Card.Slide.Organs {
			if !slices.Contains(t.organIDs, o) {
				t.organIDs, names = append(t.organIDs, o), append(names, l.Or(lang.Key("organ."+o), o))
			}
		}
	}
	t.organs.PlaceHolder = l.T("findings.organ")
	t.organs.SetOptions(names)
	if i := slices.Index(t.organIDs, t.organ); i >= 0 {
		t.organs.SetSelectedIndex(i)
	}
	t.leaveForm()
	t.render()
	t.showProgress()
}

func (t *tab) packages() []*models.Package {
	if t.ws.Reading == nil {
		return nil
	}
	return t.ws.Reading.Models()
}

// open follows the study that is open.
func (t *tab) open() {
	t.study, t.slide = "", false
	if o := t.ws.Current(); o != nil {
		t.study, t.slide = o.Examination.StudyUID, o.Slide()
	}
	t.hidden, t.history = nil, nil
	t.others, t.unseen, t.item = nil, false, ""
	t.annotations, t.measure, t.drawnLast, t.versions, t.onMeasure = nil, "", false, nil, false
	t.list, t.runs, t.failed, t.region, t.organ, t.stated, t.card = List{}, nil, map[string]string{}, nil, "", inference.Stated{}, ""
	t.organs.ClearSelected()
	t.problem.SetText("")
	t.closeForm()
	if t.job != nil {
		t.job.Cancel()
	}
	t.render()
	t.load()
}

// load asks for the findings and runs of the open study.
func (t *tab) load() {
	study, user := t.study, t.ws.User()
	if study == "" {
		t.loading.Stop()
		return
	}
	t.loading.Start(func(ctx context.Context) func() {
		findings, err := t.ws.Reading.Findings(ctx, user, study)
		var runs []records.Run
		if err == nil {
			runs, err = t.ws.Reading.Runs(ctx, user, study)
		}
		var hidden []string
		if err == nil {
			hidden, err = t.ws.Reading.HiddenModels(ctx, user, study)
		}
		var drawn []records.Annotation
		if err == nil {
			drawn, err = t.ws.Reading.Annotations(ctx, user, study)
		}
		return func() {
			if err != nil {
				t.problem.Explain(err)
				return
			}
			t.annotations = drawn
			t.runs, t.hidden = runs, hidden
			t.list = t.list.With(findings)
			t.render()
		}
	})
}

// choose takes a list with another selection and tells the image.
func (t *tab) choose(l List) {
	before, _ := t.list.Selected()
	t.list = l
	f, ok := l.Selected()
	if ok {
		t.item = ""
		t.letMeasureGo()
	}
	if ok && f.UID != before.UID {
		t.closeForm()
	}
	t.render()
	t.reveal()
	if ok {
		workspace.Publish(t.ws, workspace.FindingSelected{Finding: f})
	}
}

// toggleRejected shows the rejected findings, here and on the image, or hides
// them again.
func (t *tab) toggleRejected() {
	t.choose(t.list.ShowRejected(!t.list.RejectedShown()))
	workspace.Publish(t.ws, workspace.RejectedShown{On: t.list.RejectedShown()})
}

// selected follows a choice made elsewhere.
func (t *tab) selected(f records.Finding) {
	now, ok := t.list.Selected()
	same := ok && now.UID == f.UID
	if f.StudyUID != t.study || same && t.measure == "" {
		return
	}
	t.list, t.item = t.list.Select(f.UID), ""
	t.letMeasureGo()
	if !same {
		t.closeForm()
	}
	t.render()
	t.reveal()
}

// decide writes one verdict and moves on to the next proposal.
func (t *tab) decide(write func(ctx context.Context, user records.User, uid string) (records.Finding, error)) {
	t.write(write, true)
}

func (t *tab) write(write func(ctx context.Context, user records.User, uid string) (records.Finding, error), onward bool) {
	f, ok := t.list.Selected()
	if !ok {
		if !t.onForeign() {
			t.chooseNext()
		}
		return
	}
	if t.writing || t.besideThePoint(f) {
		return
	}
	t.writing = true
	t.problem.SetText("")
	user, study := t.ws.User(), t.study
	// A task of its own: a verdict under way is never replaced by a newer read.
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		next, err := write(ctx, user, f.UID)
		return func() {
			t.writing = false
			if err != nil {
				if t.study == study {
					t.explain(err)
				}
				return
			}
			if t.study == study {
				t.closeForm()
				t.list = t.list.replace(next)
				t.history = nil
				if onward {
					t.choose(t.list.NextOpen())
				} else {
					t.choose(t.list)
				}
			}
			workspace.Publish(t.ws, workspace.FindingsChanged{StudyUID: study})
		}
	})
}

// besideThePoint reports that an earlier study is in front: a verdict on this one
// given there would be given looking at the wrong pictures. The finding's own is
// brought to the front instead.
func (t *tab) besideThePoint(f records.Finding) bool {
	if !t.aside {
		return false
	}
	workspace.Publish(t.ws, workspace.FindingSelected{Finding: f})
	t.explain(errors.New(t.ws.Lang.T("findings.prior_in_front")))
	return true
}

// explain shows an error where it was caused: in the open form, else above the
// list.
func (t *tab) explain(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	if t.form != nil {
		t.form.problem.Explain(err)
		return
	}
	t.problem.Explain(err)
}

func (t *tab) confirm() {
	t.decide(func(ctx context.Context, user records.User, uid string) (records.Finding, error) {
		return t.ws.Reading.Confirm(ctx, user, uid)
	})
}

func (t *tab) toggleCard() {
	id := ""
	if f, ok := t.list.Selected(); ok && f.Model != nil {
		id = f.Model.ID
	} else if ps := t.packages(); len(ps) > 0 {
		id = ps[0].Card.ID
	}
	t.showCard(id)
}

func (t *tab) showCard(id string) {
	if t.card == id {
		id = ""
	}
	t.card = id
	t.render()
}
