// Package consult is the room of the multidisciplinary consult: what is laid
// before it, opinions with dissent, the decision, follow-up dates, and the pack
// that opens elsewhere.
package consult

import (
	"context"
	"image"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/consult"
	"longying/app/registry"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/cda"
)

// room is the room's state; every field belongs to the UI goroutine.
type room struct {
	ws      *workspace.Workspace
	loading *workspace.Task
	reading *workspace.Task

	list     []records.Consult
	current  *records.Consult
	patient  *registry.PatientRecord // of the current consult
	findings []records.Finding       // of the open study
	pack     *openedPack             // a pack opened from a file, read only
	view     view
	busy     bool

	problem *workspace.Problem
	rail    *fyne.Container
	page    *fyne.Container
	scroll  *container.Scroll
	create  createForm
	speak   opinionForm
	settle  decisionForm
	follow  followForm
	packing packForm
	answer  answerForm
	opening packForm
	flow    flowForm
	fields  []*workspace.Entry // of every page

	checks     []records.Check // of the current consult
	colleagues []consult.Colleague
	due        []records.Reminder
	filter     Filter
	pictures   map[string]image.Image // of findings, by UID; nil: being drawn
	written    func() string          // what was said of the last file
}

// view is what the page shows.
type view int

const (
	showConsult view = iota
	showCreate
	showPacking
	showOpenPack
	showPack
)

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	r := &room{ws: ws, loading: ws.NewTask(), reading: ws.NewTask(), problem: workspace.NewProblem(ws),
		rail: container.NewVBox(), page: container.NewVBox()}
	r.forms()
	r.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(6, 16, 12, 16), r.page))
	left := container.New(layout.NewCustomPaddedLayout(6, 6, 6, 6), container.NewVScroll(r.rail))
	split := container.NewHSplit(left, workspace.Steady(container.NewBorder(r.problem, nil, nil, nil, r.scroll)))
	split.Offset = 0.24
	workspace.On(ws, func(workspace.FindingsChanged) {
		if r.current != nil {
			r.choose(*r.current)
		}
	})
	workspace.On(ws, func(workspace.UserChanged) {
		r.closePack()
		r.list, r.current, r.patient, r.findings, r.view = nil, nil, nil, nil, showConsult
		r.clear()
		r.render()
	})
	workspace.On(ws, func(workspace.LanguageChanged) { r.words() })
	workspace.On(ws, func(e workspace.PackWanted) {
		r.show(showOpenPack)
		r.opening.path.SetText(e.Path)
		workspace.Focus(r.opening.passphrase)
	})
	workspace.On(ws, func(workspace.OverdueWanted) {
		r.filter, r.view = FilterOverdue, showConsult
		workspace.Publish(ws, workspace.RoomWanted{ID: "consult"})
		r.load("")
	})
	r.words()
	return &workspace.Room{ID: "consult", Place: workspace.Rail, Icon: theme.AccountIcon(), Needs: records.RightConsult,
		Content: split, Shown: func() { r.load("") },
		Actions: []workspace.Action{
			{Label: "consult.new", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyN)}, Do: func() { r.show(showCreate) }},
			{Label: "consult.open_pack", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyO)}, Do: func() { r.show(showOpenPack) }},
			{Label: "consult.present", Keys: []workspace.Key{workspace.Press(fyne.KeyF5), workspace.Ctrl(fyne.KeyF5)}, Do: r.present},
			{Label: "consult.print_minutes", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyP)}, Do: r.printMinutes},
			{Label: "consult.write_record", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyG)}, Do: func() { r.writeCDA(cda.Consultation) }},
			{Label: "consult.write_discussion", Keys: []workspace.Key{{Name: fyne.KeyG, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: func() { r.writeCDA(cda.CaseDiscussion) }},
			{Label: "consult.key_pack", Keys: []workspace.Key{{Name: fyne.KeyP, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: r.toPacking},
			{Label: "consult.key_choose", Keys: []workspace.Key{{Name: fyne.KeyO, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: r.chooseFile},
			{Label: "consult.key_answer", Keys: []workspace.Key{{Name: fyne.KeyR, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: r.toAnswer},
			{Label: "consult.key_take", Keys: []workspace.Key{{Name: fyne.KeyI, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: r.takeKey},
			{Label: "consult.key_back", Keys: []workspace.Key{workspace.Press(fyne.KeyEscape)}, Do: r.back},
			{Label: "consult.lay_picture", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyK)}, Do: r.layPicture},
			{Label: "consult.next_page", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyRight), workspace.Press(fyne.KeyRight)}, Do: func() { r.turn(r.flow.page + 1) }},
			{Label: "consult.previous_page", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyLeft), workspace.Press(fyne.KeyLeft)}, Do: func() { r.turn(r.flow.page - 1) }},
			{Label: "consult.filter", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyF)}, Do: r.nextFilter},
			{Label: "consult.key_main", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyReturn)}, Do: r.mainAct},
			{Label: "consult.key_begin", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyB)}, Do: r.begin},
			{Label: "consult.key_excuse", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyE)}, Do: func() { r.toField(pagePrepare, r.flow.excuse) }},
			{Label: "consult.key_invite", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyI)}, Do: r.invite},
			{Label: "consult.key_merge", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyM)}, Do: r.mergeKey},
			{Label: "consult.key_correlate", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyR)}, Do: r.correlateKey},
			{Label: "consult.key_done", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyD)}, Do: r.complete},
			{Label: "consult.key_postpone", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyT)}, Do: r.postpone},
			{Label: "consult.key_outcome", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyU)}, Do: func() { r.toField(pageFollow, r.flow.done) }},
			{Label: "consult.key_close", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyEnd)}, Do: r.closeNow},
			{Label: "consult.key_withdraw", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyDelete)}, Do: func() { r.toField(pageRequest, r.flow.withdraw) }},
			{Label: "consult.next", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyDown)}, Do: func() { r.step(1) }},
			{Label: "consult.previous", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyUp)}, Do: func() { r.step(-1) }},
		}}
}

func (r *room) show(v view) {
	r.view = v
	r.problem.SetText("")
	r.render()
	r.scroll.ScrollToTop()
	switch v {
	case showCreate:
		if o := r.ws.Current(); o == nil || o.Record == nil {
			workspace.Focus(r.flow.number) // whose it is comes first
			break
		}
		workspace.Focus(r.create.title)
	case showOpenPack:
		r.opening.passphrase.SetText("")
		workspace.Focus(r.opening.path)
	}
}

// back leaves a page that stands in the consult's place.
func (r *room) back() {
	switch r.view {
	case showPack:
		r.leavePack()
	case showCreate, showPacking, showOpenPack:
		r.show(showConsult)
	}
}

// load lists the consults; want, where not empty, is chosen then.
func (r *room) load(want string) {
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		list, err := r.ws.Consult.List(ctx, user)
		var due []records.Reminder
		if err == nil {
			due, err = r.ws.Consult.Reminders(ctx, user)
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.list, r.due = list, due
			workspace.Publish(r.ws, workspace.ConsultsChanged{}) // another program may have changed them
			shown := r.shown()
			if want == "" && r.current != nil {
				want = r.current.ID
			}
			if want == "" && len(shown) > 0 {
				want = shown[0].ID
			}
			for i := range list {
				if list[i].ID == want {
					r.choose(list[i])
					return
				}
			}
			r.render()
		}
	})
}

// choose shows one consult and asks for its patient's record.
func (r *room) choose(m records.Consult) {
	opened := r.current == nil || r.current.ID != m.ID
	if opened {
		r.patient, r.findings = nil, nil
		r.clear()
		r.flow.page = PageOf(m.State)
		r.scroll.ScrollToTop()
	}
	r.current = &m
	if r.view == showConsult {
		r.render()
	} else {
		r.renderRail()
	}
	user := r.ws.User()
	r.reading.Start(func(ctx context.Context) func() {
		if opened {
			if _, err := r.ws.Consult.Get(ctx, user, m.ID); err != nil {
				return func() { r.problem.Explain(err) }
			}
		}
		checks, err := r.ws.Consult.Checklist(ctx, user, m.ID)
		var colleagues []consult.Colleague
		if err == nil {
			colleagues, err = r.ws.Consult.Colleagues(ctx, user)
		}
		if err != nil {
			return func() { r.problem.Explain(err) }
		}
		if !user.Role.May(records.RightViewPatient) { // a clinician sees the consult and not the record
			return func() {
				r.checks, r.colleagues = checks, colleagues
				r.render()
			}
		}
		rec, err := r.ws.Registry.Record(ctx, user, m.PatientID)
		var findings []records.Finding // of every study of the patient, not of the open one alone
		for _, ex := range rec.Examinations {
			if err == nil && ex.Link.Linked() {
				var fs []records.Finding
				fs, err = r.ws.Reading.Findings(ctx, user, ex.StudyUID)
				findings = append(findings, fs...)
			}
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.patient, r.findings, r.checks, r.colleagues = &rec, findings, checks, colleagues
			r.render()
		}
	})
}

func (r *room) step(n int) {
	list := r.shown()
	for i := range list {
		if r.current != nil && list[i].ID == r.current.ID {
			r.view = showConsult
			r.choose(list[min(max(0, i+n), len(list)-1)])
			return
		}
	}
	if len(list) > 0 { // what was shown is not in the filter
		r.view = showConsult
		r.choose(list[0])
	}
}

// change runs one step of the consult and shows it as it stands then.
func (r *room) change(step func(ctx context.Context, user records.User, id string) (records.Consult, error), done func()) {
	if r.current == nil || r.busy {
		return
	}
	r.busy = true
	user, id, before := r.ws.User(), r.current.ID, r.current.State
	r.problem.SetText("")
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		m, err := step(ctx, user, id)
		return func() {
			r.busy = false
			if err != nil {
				r.problem.Explain(err) // stands above the page, whatever is scrolled to
				return
			}
			if done != nil {
				done()
			}
			if r.current != nil && r.current.ID == id && m.ID == id {
				r.current = &m
				if m.State != before { // on to the step at which it stands now
					r.flow.page = PageOf(m.State)
					r.scroll.ScrollToTop()
				}
			}
			r.load(id)
		}
	})
}

func (r *room) render() {
	r.renderRail()
	r.page.RemoveAll()
	switch r.view {
	case showCreate:
		r.createPage()
	case showPacking:
		r.packingPage()
	case showOpenPack:
		r.openPackPage()
	case showPack:
		r.packPage()
	default:
		r.consultPage()
	}
	r.release()
	r.page.Refresh()
	r.scroll.Refresh()
}

func wrapped(text string, weight widget.Importance) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping, l.Importance = fyne.TextWrapWord, weight
	return l
}

func heading(text string) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	l.Wrapping = fyne.TextWrapWord
	return l
}

func tight(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(-6, -2, 0, 0), o)
}

// section begins a part of the page.
func (r *room) section(name lang.Key, args ...any) {
	r.page.Add(widget.NewSeparator())
	r.page.Add(heading(r.ws.Lang.T(name, args...)))
}

// bullet puts a line with an action at its right; action may be nil.
func bullet(text string, weight widget.Importance, action fyne.CanvasObject) fyne.CanvasObject {
	l := wrapped(strings.TrimSpace(text), weight)
	if action == nil {
		return tight(l)
	}
	return container.NewBorder(nil, nil, nil, container.NewVBox(action), l)
}

// toField shows a step and gives its field the keys.
func (r *room) toField(page int, e *workspace.Entry) {
	r.turn(page)
	if r.current != nil && r.view == showConsult {
		workspace.Focus(e)
	}
}

// mainAct is the act of the step that is shown.
func (r *room) mainAct() {
	switch r.view {
	case showCreate:
		r.createNow()
		return
	case showPacking:
		r.packMain()
		return
	case showOpenPack:
		r.openPack()
		return
	case showPack:
		r.writeAnswer()
		return
	}
	m := r.current
	if m == nil {
		return
	}
	switch r.flow.page {
	case pageRequest:
		r.accept()
	case pagePrepare:
		r.excuse()
	case pageSchedule:
		r.scheduleNow()
	case pageMeet:
		if m.Allows(records.StepBegin) == nil {
			r.begin()
			return
		}
		r.opine()
	case pageDecide:
		r.decide()
	case pageFollow:
		r.compare()
	}
}
