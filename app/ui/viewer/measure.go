package viewer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/volume"
	"longying/records"
)

// measures are the measurements of the study that is open: what the record has,
// and what it has not taken yet.
type measures struct {
	r       *room
	asking  *workspace.Task
	list    []canvas.Annotated
	chosen  string // Key
	tool    records.Tool
	made    int            // for the keys of what has no UID yet
	undo    []act          // of what was done here, the last act last
	version map[string]int // by UID, as the record has it
	last    bool           // the last act was one of these, so that Ctrl+Z is theirs
	button  *widget.Button
	words   *workspace.Entry // of the measurement that is being labelled
	caption *widget.Label
	row     *fyne.Container
	about   string // Key of it; empty: of a text that is not there yet
	text    *pending
}

// act can be taken back: the version of a measurement before it, 0: none.
type act struct {
	uid    string
	before int
}

// pending is a text that has its place and no words.
type pending struct {
	drawn records.Annotation
	pic   records.Picture
}

func newMeasures(r *room) *measures {
	m := &measures{r: r, asking: r.ws.NewTask()}
	m.button = widget.NewButton("", func() {
		m.menu(fyne.CurrentApp().Driver().AbsolutePositionForObject(m.button).AddXY(m.button.Size().Width, 0))
	})
	m.words = workspace.NewEntry(r.ws)
	m.words.OnSubmitted = func(string) { m.submit() }
	m.caption = widget.NewLabel("")
	m.row = container.NewBorder(nil, nil, m.caption, nil, m.words)
	m.row.Hide()
	workspace.On(r.ws, func(e workspace.AnnotationSelected) { m.selected(e.UID) })
	workspace.On(r.ws, func(e workspace.AnnotationWanted) {
		switch {
		case e.Delete:
			m.remove(e.UID)
		case e.Leave:
			m.leave(e.UID)
		case !e.Report: // the report's room does that
			m.label(e.UID)
		}
	})
	workspace.On(r.ws, func(e workspace.FindingsChanged) { m.last = false })
	return m
}

// wire gives a viewport its part in this.
func (m *measures) wire(p *canvas.Image) {
	p.OnTool = m.take
	p.OnDrawn = m.drawn
	p.OnRedrawn = m.redrawn
	p.OnAnnotation = m.choose
	p.OnWords = m.label
	p.OnMenu = m.menu
	p.SetTool(m.tool)
}

// open forgets what was, and asks for the measurements of the study.
func (m *measures) open() {
	m.list, m.chosen, m.undo, m.last, m.version = nil, "", nil, false, map[string]int{}
	m.closeWords()
	m.take("")
	m.load()
}

func (m *measures) load() {
	user, study := m.r.ws.User(), m.r.study
	if study == "" {
		m.asking.Stop()
		m.show()
		return
	}
	m.asking.Start(func(ctx context.Context) func() {
		list, err := m.r.ws.Reading.Annotations(ctx, user, study)
		return func() {
			if err != nil {
				m.r.problem.Explain(err)
				return
			}
			kept := slices.DeleteFunc(slices.Clone(m.list), func(a canvas.Annotated) bool { return !a.Unsaved && !a.Saving })
			m.list = nil
			for _, a := range list {
				m.list = append(m.list, canvas.Annotated{Annotation: a, Key: a.UID})
				m.version[a.UID] = a.Version
			}
			m.list = append(m.list, slices.DeleteFunc(kept, func(a canvas.Annotated) bool { return m.at(a.Key) >= 0 })...)
			m.show()
		}
	})
}

// show gives every viewport of the study what there is.
func (m *measures) show() {
	for _, p := range m.r.panes {
		if m.r.priorOf(p) != nil {
			p.SetAnnotations(nil, "")
			continue
		}
		p.SetAnnotations(slices.Clone(m.list), m.chosen)
	}
}

func (m *measures) at(key string) int {
	return slices.IndexFunc(m.list, func(a canvas.Annotated) bool { return a.Key == key })
}

// take puts a tool into the left button of every viewport; the same again, or
// none, gives the button back.
func (m *measures) take(t records.Tool) {
	if t == m.tool {
		t = ""
	}
	m.tool = t
	for _, p := range m.r.panes {
		p.SetTool(t)
	}
	m.name()
}

// name says which tool is in hand.
func (m *measures) name() {
	l := m.r.ws.Lang
	m.button.Importance = widget.MediumImportance
	if m.tool == "" {
		m.button.SetText(l.T("viewer.measure"))
	} else {
		m.button.Importance = widget.HighImportance
		m.button.SetText(l.T(canvas.ToolNames()[m.tool]))
	}
	m.button.Refresh()
	m.caption.SetText(l.T("viewer.measure_words"))
	m.words.SetPlaceHolder(l.T("viewer.measure_words_hint"))
}

// menu offers the tools with their keys, and what can be done with the chosen
// measurement.
func (m *measures) menu(at fyne.Position) {
	if m.r.study == "" {
		return
	}
	c := fyne.CurrentApp().Driver().CanvasForObject(m.button)
	if c == nil {
		return
	}
	l := m.r.ws.Lang
	var items []*fyne.MenuItem
	for _, t := range records.Tools() {
		i := fyne.NewMenuItem(l.T(lang.Key("viewer.measure_menu_"+string(t))), func() {
			if m.tool != t {
				m.take(t)
			}
		})
		i.Checked = t == m.tool
		items = append(items, i)
	}
	window := fyne.NewMenuItem(l.T("viewer.measure_menu_none"), func() { m.take("") })
	window.Checked = m.tool == ""
	items = append(items, fyne.NewMenuItemSeparator(), window)
	if m.chosen != "" {
		items = append(items, fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem(l.T("viewer.measure_menu_label"), func() { m.label(m.chosen) }),
			fyne.NewMenuItem(l.T("viewer.measure_menu_report"), m.report),
			fyne.NewMenuItem(l.T("viewer.measure_menu_leave"), func() { m.leave(m.chosen) }),
			fyne.NewMenuItem(l.T("viewer.measure_menu_delete"), func() { m.remove(m.chosen) }))
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), c, at)
}

func labelKey() workspace.Key { return workspace.Key{Name: fyne.KeyT, Mod: fyne.KeyModifierAlt} }

// actions are the keys of all this.
func (m *measures) actions() []workspace.Action {
	var out []workspace.Action
	for _, t := range records.Tools() {
		out = append(out, workspace.Action{Label: canvas.ToolNames()[t], Keys: []workspace.Key{canvas.ToolKey(t)}, Do: func() {
			if m.r.study != "" {
				m.take(t)
			}
		}})
	}
	out = append(out,
		workspace.Action{Label: "viewer.measure_label", Keys: []workspace.Key{labelKey()}, Do: func() { m.label(m.chosen) }},
		workspace.Action{Label: "viewer.measure_delete", Keys: []workspace.Key{workspace.Press(fyne.KeyDelete)}, Do: func() { m.remove(m.chosen) }},
		workspace.Action{Label: "viewer.measure_report", Keys: []workspace.Key{{Name: fyne.KeyM, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: m.report},
		workspace.Action{Label: "viewer.measure_leave", Keys: []workspace.Key{{Name: fyne.KeyDelete, Mod: fyne.KeyModifierAlt}}, Do: func() { m.leave(m.chosen) }})
	if m.row.Visible() {
		out = append(out, workspace.Action{Label: "viewer.measure_words_close", Keys: []workspace.Key{workspace.Press(fyne.KeyEscape)}, Do: m.closeWords})
	}
	if m.last && len(m.undo) > 0 { // else it takes a verdict back
		out = append(out, workspace.Action{Label: "viewer.measure_undo", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyZ)}, Do: m.takeBack})
	}
	return out
}

// drawn keeps what was drawn, once its words are there where it is words.
func (m *measures) drawn(a records.Annotation, pic records.Picture) {
	if a.Tool == records.ToolText {
		m.text = &pending{a, pic}
		m.about = ""
		m.askWords("")
		return
	}
	m.keep(a, pic)
}

// keep shows what was drawn at once, measures it and gives it to the record. What
// the record does not take stays on the screen, and says so.
func (m *measures) keep(a records.Annotation, pic records.Picture) {
	m.made++
	key := fmt.Sprintf("new %d", m.made)
	m.list = append(m.list, canvas.Annotated{Annotation: a, Key: key, Saving: true})
	m.chosen = key
	m.show()
	user, study := m.r.ws.User(), m.r.study
	m.r.ws.NewTask().Start(func(ctx context.Context) func() {
		var err error
		a.Values, a.Basis, err = records.Measured(ctx, a.Tool, a.Points, pic)
		if err == nil && len(a.Values) == 0 && a.Tool != records.ToolArrow && a.Tool != records.ToolText && a.Basis.Quantity != imaging.QuantityNone {
			err = &records.RefusedError{Code: "annotation", Reason: "nothing could be measured there"}
		}
		saved := a
		if err == nil {
			err = records.Require(user, records.RightVerdict) // without the right nothing is asked of the record
		}
		if err == nil {
			saved, err = m.r.ws.Reading.Annotate(ctx, user, a)
		}
		return func() {
			at := m.at(key)
			if m.r.study != study || at < 0 {
				return
			}
			if err != nil {
				m.list[at].Annotation, m.list[at].Saving, m.list[at].Unsaved = a, false, true
				m.failed(err)
				return
			}
			m.list[at] = canvas.Annotated{Annotation: saved, Key: saved.UID}
			if m.chosen == key {
				m.chosen = saved.UID
			}
			m.acted(saved)
			if a.Tool == records.ToolArrow {
				m.label(saved.UID)
			}
		}
	})
}

// redrawn keeps points that were dragged.
func (m *measures) redrawn(key string, change records.AnnotationChange, pic records.Picture) {
	at := m.at(key)
	if at < 0 {
		return
	}
	a := m.list[at]
	if a.Unsaved || a.Saving { // never kept: kept now, as it is drawn now
		m.list = slices.Delete(m.list, at, at+1)
		a.Points, a.Patient = change.Points, change.Patient
		m.keep(a.Annotation, pic)
		return
	}
	m.list[at].Points, m.list[at].Values, m.list[at].Basis, m.list[at].Saving = change.Points, nil, records.Basis{}, true
	m.show()
	m.change(key, func(ctx context.Context, user records.User) (records.Annotation, error) {
		var err error
		if change.Values, change.Basis, err = records.Measured(ctx, a.Tool, change.Points, pic); err != nil {
			return records.Annotation{}, err
		}
		return m.r.ws.Reading.EditAnnotation(ctx, user, key, change)
	})
}

// change writes a version of what is in the record. What the record does not take
// is on the screen as the record has it, with the reason.
func (m *measures) change(uid string, write func(ctx context.Context, user records.User) (records.Annotation, error)) {
	user, study := m.r.ws.User(), m.r.study
	m.r.ws.NewTask().Start(func(ctx context.Context) func() {
		next, err := write(ctx, user)
		return func() {
			if m.r.study != study {
				return
			}
			if err != nil {
				m.failed(err)
				if at := m.at(uid); at >= 0 {
					m.list[at].Saving = false
				}
				m.load()
				return
			}
			at := m.at(uid)
			switch {
			case next.State != records.AnnotationDrawn && at >= 0:
				m.list = slices.Delete(m.list, at, at+1)
				if m.chosen == uid {
					m.chosen = ""
				}
			case next.State == records.AnnotationDrawn && at >= 0:
				m.list[at] = canvas.Annotated{Annotation: next, Key: uid}
			case next.State == records.AnnotationDrawn:
				m.list = append(m.list, canvas.Annotated{Annotation: next, Key: uid})
			}
			m.acted(next)
		}
	})
}

// acted notes an act for Ctrl+Z, and tells the others.
func (m *measures) acted(a records.Annotation) {
	m.undo, m.last = append(m.undo, act{a.UID, a.Version - 1}), true
	m.version[a.UID] = a.Version
	m.r.problem.SetText("")
	m.changed()
	if m.chosen == a.UID {
		workspace.Publish(m.r.ws, workspace.AnnotationSelected{UID: a.UID})
	}
}

func (m *measures) changed() {
	m.show()
	workspace.Publish(m.r.ws, workspace.AnnotationsChanged{StudyUID: m.r.study, Undo: m.last && len(m.undo) > 0})
}

func (m *measures) failed(err error) {
	m.r.problem.Say("viewer.measure_failed", err)
	m.show()
}

// takeBack undoes the last act here.
func (m *measures) takeBack() {
	if len(m.undo) == 0 || !m.last {
		return
	}
	last := m.undo[len(m.undo)-1]
	m.undo = m.undo[:len(m.undo)-1]
	from := m.version[last.uid]
	user, study := m.r.ws.User(), m.r.study
	m.r.ws.NewTask().Start(func(ctx context.Context) func() {
		next, err := m.r.ws.Reading.UndoAnnotation(ctx, user, last.uid, from, last.before)
		return func() {
			if m.r.study != study {
				return
			}
			if err != nil {
				m.failed(err)
				m.load()
				return
			}
			m.version[last.uid] = next.Version
			m.load()
			m.changed()
		}
	})
}

// remove deletes a measurement; one that was never kept is gone.
func (m *measures) remove(key string) {
	at := m.at(key)
	if at < 0 {
		return
	}
	if m.list[at].Unsaved {
		m.list = slices.Delete(m.list, at, at+1)
		m.chosen = ""
		m.show()
		return
	}
	if m.list[at].Saving {
		return
	}
	m.change(key, func(ctx context.Context, user records.User) (records.Annotation, error) {
		return m.r.ws.Reading.DeleteAnnotation(ctx, user, key)
	})
}

// leave leaves a measurement out of the report, or takes it in again.
func (m *measures) leave(key string) {
	at := m.at(key)
	if at < 0 {
		m.unchosen()
		return
	}
	if m.list[at].Saving || m.list[at].Unsaved {
		return
	}
	out := !m.list[at].LeftOut
	m.change(key, func(ctx context.Context, user records.User) (records.Annotation, error) {
		return m.r.ws.Reading.LeaveAnnotation(ctx, user, key, out)
	})
}

// report asks for a sentence in the report that states the chosen measurement.
func (m *measures) report() {
	at := m.at(m.chosen)
	if at < 0 {
		m.unchosen()
		return
	}
	if m.list[at].Saving || m.list[at].Unsaved {
		return
	}
	workspace.Publish(m.r.ws, workspace.AnnotationWanted{UID: m.chosen, Report: true})
}

// unchosen says that a measurement has to be chosen first.
func (m *measures) unchosen() {
	if m.r.study != "" {
		m.r.problem.SetText(m.r.ws.Lang.T("viewer.measure_unchosen"))
	}
}

// choose is a click on a measurement on the image.
func (m *measures) choose(key string) {
	if m.chosen == key {
		return
	}
	m.chosen = key
	m.show()
	workspace.Publish(m.r.ws, workspace.AnnotationSelected{UID: key})
}

// selected brings the picture of a measurement to the front.
func (m *measures) selected(uid string) {
	at := m.at(uid)
	if at < 0 || m.chosen == uid {
		return
	}
	m.chosen = uid
	m.r.toCurrent()
	ref := m.list[at].Ref
	p := m.r.panes[m.r.front]
	if s, ok := p.Shown(); !ok || s.Instance.SOPInstanceUID != ref.SOPUID || s.Frame != ref.Frame {
		if !p.Goto(ref) {
			if k, _, ok := find(m.r.entries, func(s volume.Slice) bool {
				return s.Instance.SOPInstanceUID == ref.SOPUID && s.Frame == ref.Frame
			}); ok {
				m.r.show(k)
				p.Goto(ref)
			}
		}
	}
	m.show()
}

// label opens the line in which the words of a measurement are written.
func (m *measures) label(key string) {
	at := m.at(key)
	if at < 0 || m.list[at].Saving {
		return
	}
	m.about, m.text, m.chosen = key, nil, key
	m.show()
	m.askWords(m.list[at].Label)
}

func (m *measures) askWords(words string) {
	m.words.SetText(words)
	m.row.Show()
	workspace.Focus(m.words)
}

func (m *measures) closeWords() {
	if m.row.Visible() {
		workspace.Release(m.words)
		m.row.Hide()
	}
	m.about, m.text = "", nil
}

// submit takes the words.
func (m *measures) submit() {
	words := strings.TrimSpace(m.words.Text)
	about, text := m.about, m.text
	m.closeWords()
	switch {
	case text != nil && words != "":
		text.drawn.Label = words
		m.keep(text.drawn, text.pic)
	case about != "":
		at := m.at(about)
		if at < 0 || m.list[at].Label == words {
			return
		}
		if m.list[at].Unsaved {
			m.list[at].Label = words
			m.show()
			return
		}
		m.change(about, func(ctx context.Context, user records.User) (records.Annotation, error) {
			return m.r.ws.Reading.EditAnnotation(ctx, user, about, records.AnnotationChange{Label: &words})
		})
	}
}
