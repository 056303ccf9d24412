// Package consult is the room of the multidisciplinary consult: what is laid
// before it, opinions with dissent, the decision, follow-up dates, and the pack
// that opens elsewhere.
package consult

import (
	"context"
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
	"longying/imaging"
	"longying/records"
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
	pack     *consult.Pack           // a pack opened from a file, read only
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
	opening packForm
}

// view is what the page shows.
type view int

const (
	showConsult view = iota
	showCreate
	showOpenPack
	showPack
)

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	r := &room{ws: ws, loading: ws.NewTask(), reading: ws.NewTask(), problem: workspace.NewProblem(),
		rail: container.NewVBox(), page: container.NewVBox()}
	r.forms()
	r.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(6, 16, 12, 16), r.page))
	left := container.New(layout.NewCustomPaddedLayout(6, 6, 6, 6), container.NewVScroll(r.rail))
	split := container.NewHSplit(left, container.NewBorder(r.problem, nil, nil, nil, r.scroll))
	split.Offset = 0.24
	workspace.On(ws, func(workspace.FindingsChanged) {
		if r.current != nil {
			r.choose(*r.current)
		}
	})
	workspace.On(ws, func(workspace.UserChanged) {
		r.list, r.current, r.patient, r.findings, r.pack, r.view = nil, nil, nil, nil, nil, showConsult
		r.clear()
		r.render()
	})
	workspace.On(ws, func(workspace.LanguageChanged) { r.words() })
	r.words()
	return &workspace.Room{ID: "consult", Place: workspace.Rail, Icon: theme.AccountIcon(), Needs: records.RightConsult,
		Content: split, Shown: func() { r.load("") },
		Actions: []workspace.Action{
			{Label: "consult.new", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyN)}, Do: func() { r.show(showCreate) }},
			{Label: "consult.open_pack", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyO)}, Do: func() { r.show(showOpenPack) }},
			{Label: "consult.present", Keys: []workspace.Key{workspace.Press(fyne.KeyF5), workspace.Ctrl(fyne.KeyF5)}, Do: r.present},
			{Label: "consult.lay_picture", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyK)}, Do: r.layPicture},
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
		workspace.Focus(r.create.title)
	case showOpenPack:
		workspace.Focus(r.opening.path)
	}
}

// load lists the consults; want, where not empty, is chosen then.
func (r *room) load(want string) {
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		list, err := r.ws.Consult.List(ctx, user)
		return func() {
			if err != nil {
				r.problem.SetText(r.ws.Explain(err))
				return
			}
			r.list = list
			if want == "" && r.current != nil {
				want = r.current.ID
			}
			if want == "" && len(list) > 0 {
				want = list[0].ID
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
				return func() { r.problem.SetText(r.ws.Explain(err)) }
			}
		}
		if !user.Role.May(records.RightViewPatient) {
			return nil // a clinician sees the consult and not the record
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
				r.problem.SetText(r.ws.Explain(err))
				return
			}
			r.patient, r.findings = &rec, findings
			r.render()
		}
	})
}

func (r *room) step(n int) {
	for i := range r.list {
		if r.current != nil && r.list[i].ID == r.current.ID {
			r.view = showConsult
			r.choose(r.list[min(max(0, i+n), len(r.list)-1)])
			return
		}
	}
}

// change runs one step of the consult and shows it as it stands then.
func (r *room) change(step func(ctx context.Context, user records.User, id string) (records.Consult, error), done func()) {
	if r.current == nil || r.busy {
		return
	}
	r.busy = true
	user, id := r.ws.User(), r.current.ID
	r.problem.SetText("")
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		m, err := step(ctx, user, id)
		return func() {
			r.busy = false
			if err != nil {
				r.problem.SetText(r.ws.Explain(err)) // stands above the page, whatever is scrolled to
				return
			}
			if done != nil {
				done()
			}
			if r.current != nil && r.current.ID == id {
				r.current = &m
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
	case showOpenPack:
		r.openPackPage()
	case showPack:
		r.packPage()
	default:
		r.consultPage()
	}
	r.page.Refresh()
	r.scroll.Refresh()
}

func (r *room) renderRail() {
	l := r.ws.Lang
	r.rail.RemoveAll()
	create := widget.NewButtonWithIcon(l.T("consult.button_new"), theme.ContentAddIcon(), func() { r.show(showCreate) })
	create.Importance = widget.HighImportance
	open := widget.NewButtonWithIcon(l.T("consult.button_open_pack"), theme.FolderOpenIcon(), func() { r.show(showOpenPack) })
	if records.Require(r.ws.User(), records.RightLeadConsult) == nil {
		r.rail.Add(create)
	}
	r.rail.Add(open)
	r.rail.Add(widget.NewSeparator())
	if len(r.list) == 0 {
		r.rail.Add(wrapped(l.T("consult.none"), widget.LowImportance))
	}
	for _, m := range r.list {
		b := widget.NewButton(m.Title, func() {
			r.view = showConsult
			r.choose(m)
		})
		b.Alignment, b.Importance = widget.ButtonAlignLeading, widget.LowImportance
		if r.view == showConsult && r.current != nil && r.current.ID == m.ID {
			b.Importance = widget.HighImportance
		}
		r.rail.Add(b)
		caption := l.Or(lang.Key("consult.state."+m.State), m.State) + " · " + m.CreatedAt.In(imaging.Zone()).Format("2006-01-02")
		if n := Dissents(m); n > 0 {
			caption += " · " + l.T("consult.dissents", n)
		}
		r.rail.Add(tight(wrapped(caption, widget.LowImportance)))
	}
	r.rail.Refresh()
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
