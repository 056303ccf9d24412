package canvas

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// Desk is the room in which something is measured.
type Desk interface {
	Study() string // that is open here; empty: none
	// Measurings are those of the viewports of the study that is open.
	Measurings() []*Measuring
	// Show gives the measurements of the study to the viewports.
	Show(list []Annotated, chosen string)
	// Bring shows the picture on which a measurement lies.
	Bring(a *records.Annotation)
	Problem() *workspace.Problem // says what went wrong
}

// Measures are the measurements of the study that is open: what the record has,
// and what it has not taken yet.
type Measures struct {
	Button *widget.Button  // the menu of tools
	Row    *fyne.Container // in which words are written

	ws      *workspace.Workspace
	desk    Desk
	tools   []records.Tool
	drags   []workspace.Drag // what else the left button can be given
	asking  *workspace.Task
	list    []Annotated
	chosen  string // Key
	tool    records.Tool
	made    int              // for the keys of what has no UID yet
	undo    []act            // of what was done here, the last act last
	version map[string]int   // by UID, as the record has it
	last    bool             // the last act was one of these, so that Ctrl+Z is theirs
	words   *workspace.Entry // of the measurement that is being labelled
	caption *widget.Label
	about   string // Key of it; empty: of a text that is not there yet
	text    *pending
	telling bool // that one was chosen here
	leaving bool // the chosen one is let go when its words are written
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

// NewMeasures are the measurements of a room, drawn with the tools that it
// offers; where no tool is in hand the left button does one of drags, or what
// the room itself has it do.
func NewMeasures(ws *workspace.Workspace, desk Desk, tools []records.Tool, drags []workspace.Drag) *Measures {
	m := &Measures{ws: ws, desk: desk, tools: tools, drags: drags, asking: ws.NewTask()}
	m.Button = widget.NewButton("", func() {
		m.Menu(fyne.CurrentApp().Driver().AbsolutePositionForObject(m.Button).AddXY(m.Button.Size().Width, 0))
	})
	m.words = workspace.NewEntry(ws)
	m.words.OnSubmitted = func(string) { m.submit() }
	m.words.OnKey = func(k *fyne.KeyEvent) bool {
		if k.Name == fyne.KeyEscape { // gives up at once, as its hint says
			m.closeWords()
			return true
		}
		return false
	}
	m.caption = widget.NewLabel("")
	m.Row = container.NewBorder(nil, nil, m.caption, nil, m.words)
	m.Row.Hide()
	workspace.On(ws, func(e workspace.AnnotationSelected) { m.selected(e.UID) })
	workspace.On(ws, func(e workspace.AnnotationWanted) {
		switch {
		case e.Delete:
			m.remove(e.UID)
		case e.Leave:
			m.leave(e.UID)
		case !e.Report: // the report's room does that
			m.label(e.UID)
		}
	})
	workspace.On(ws, func(e workspace.FindingsChanged) { m.last = false })
	workspace.On(ws, func(workspace.FindingSelected) { m.letGo() })
	workspace.On(ws, func(e workspace.ForeignSelected) { m.letGo() })
	return m
}

// Wire gives a viewport its part in this.
func (m *Measures) Wire(p *Measuring) {
	p.OnTool = m.Take
	p.OnDrawn = m.drawn
	p.OnRedrawn = m.redrawn
	p.OnAnnotation = m.choose
	p.OnWords = m.label
	p.SetTool(m.tool)
}

// Open forgets what was, and asks for the measurements of the study.
func (m *Measures) Open() {
	m.list, m.chosen, m.undo, m.last, m.version, m.leaving = nil, "", nil, false, map[string]int{}, false
	m.closeWords()
	m.Take("")
	m.Load()
}

// Load asks the record for the measurements of the study.
func (m *Measures) Load() {
	user, study := m.ws.User(), m.desk.Study()
	if study == "" {
		m.asking.Stop()
		m.Show()
		return
	}
	m.asking.Start(func(ctx context.Context) func() {
		list, err := m.ws.Reading.Annotations(ctx, user, study)
		return func() {
			if err != nil {
				m.desk.Problem().Explain(err)
				return
			}
			kept := slices.DeleteFunc(slices.Clone(m.list), func(a Annotated) bool { return !a.Unsaved && !a.Saving })
			m.list = nil
			for _, a := range list {
				m.list = append(m.list, Annotated{Annotation: a, Key: a.UID})
				m.version[a.UID] = a.Version
			}
			m.list = append(m.list, slices.DeleteFunc(kept, func(a Annotated) bool { return m.at(a.Key) >= 0 })...)
			m.Show()
		}
	})
}

// Show gives every viewport of the study what there is.
func (m *Measures) Show() { m.desk.Show(slices.Clone(m.list), m.chosen) }

func (m *Measures) at(key string) int {
	return slices.IndexFunc(m.list, func(a Annotated) bool { return a.Key == key })
}

// Take puts a tool into the left button of every viewport; the same again, or
// none, gives the button back.
func (m *Measures) Take(t records.Tool) {
	if t == m.tool {
		t = ""
	}
	m.tool = t
	for _, p := range m.desk.Measurings() {
		p.SetTool(t)
	}
	m.Name()
}

// TakeLeft puts the tool away and has the left button do something else for now.
func (m *Measures) TakeLeft(d workspace.Drag) {
	m.ws.Keys.TakeLeft(d)
	m.Take("")
}

// Name says which tool is in hand, or what the left button does for now.
func (m *Measures) Name() {
	l := m.ws.Lang
	left, taken := m.ws.Keys.Left()
	m.Button.Importance = widget.HighImportance
	switch {
	case m.tool != "":
		m.Button.SetText(l.T(ToolNames()[m.tool]))
	case taken && len(m.drags) > 0:
		m.Button.SetText(l.T("viewer.left_is", l.T(leftNames()[left])))
	default:
		m.Button.Importance = widget.MediumImportance
		m.Button.SetText(l.T("viewer.measure"))
	}
	m.Button.Refresh()
	m.caption.SetText(l.T("viewer.measure_words"))
	m.words.SetPlaceHolder(l.T("viewer.measure_words_hint"))
}

// Menu offers the tools with their keys, and what can be done with the chosen
// measurement.
func (m *Measures) Menu(at fyne.Position) {
	if m.desk.Study() == "" {
		return
	}
	c := fyne.CurrentApp().Driver().CanvasForObject(m.Button)
	if c == nil {
		return
	}
	l := m.ws.Lang
	var items []*fyne.MenuItem
	for _, t := range m.tools {
		i := fyne.NewMenuItem(l.T(lang.Key("viewer.measure_menu_"+string(t))), func() {
			if m.tool != t {
				m.Take(t)
			}
		})
		i.Checked = t == m.tool
		items = append(items, i)
	}
	items = append(items, fyne.NewMenuItemSeparator())
	left, _ := m.ws.Keys.Left()
	for _, d := range m.drags {
		i := fyne.NewMenuItem(l.T(lang.Key("viewer.left_menu_"+string(d))), func() {
			if m.tool != "" || left != d {
				m.TakeLeft(d)
			}
		})
		i.Checked = m.tool == "" && left == d
		items = append(items, i)
	}
	if len(m.drags) == 0 {
		none := fyne.NewMenuItem(l.T("viewer.measure_menu_none"), func() { m.Take("") })
		none.Checked = m.tool == ""
		items = append(items, none)
	}
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

// Actions are the keys of all this.
func (m *Measures) Actions() []workspace.Action {
	var out []workspace.Action
	for _, t := range m.tools {
		out = append(out, workspace.Action{Label: ToolNames()[t], Keys: []workspace.Key{ToolKey(t)}, Do: func() {
			if m.desk.Study() != "" {
				m.Take(t)
			}
		}})
	}
	for _, d := range m.drags {
		out = append(out, workspace.Action{Label: lang.Key("canvas.left_" + string(d)), Keys: []workspace.Key{leftKey(d)}, Do: func() { m.TakeLeft(d) }})
	}
	out = append(out,
		workspace.Action{Label: "viewer.measure_label", Keys: []workspace.Key{labelKey()}, Do: func() { m.label(m.chosen) }},
		workspace.Action{Label: "viewer.measure_delete", Keys: []workspace.Key{workspace.Press(fyne.KeyDelete)}, Do: func() { m.remove(m.chosen) }},
		workspace.Action{Label: "viewer.measure_report", Keys: []workspace.Key{{Name: fyne.KeyM, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: m.report},
		workspace.Action{Label: "viewer.measure_leave", Keys: []workspace.Key{{Name: fyne.KeyDelete, Mod: fyne.KeyModifierAlt}}, Do: func() { m.leave(m.chosen) }})
	if m.Row.Visible() {
		out = append(out, workspace.Action{Label: "viewer.measure_words_close", Keys: []workspace.Key{workspace.Press(fyne.KeyEscape)}, Do: m.closeWords})
	}
	if m.last && len(m.undo) > 0 { // else it takes a verdict back
		out = append(out, workspace.Action{Label: "viewer.measure_undo", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyZ)}, Do: m.takeBack})
	}
	return out
}

// drawn keeps what was drawn, once its words are there where it is words.
func (m *Measures) drawn(a records.Annotation, pic records.Picture) {
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
func (m *Measures) keep(a records.Annotation, pic records.Picture) {
	m.made++
	key := fmt.Sprintf("new %d", m.made)
	m.list = append(m.list, Annotated{Annotation: a, Key: key, Saving: true})
	m.choose(key)
	user, study := m.ws.User(), m.desk.Study()
	m.ws.NewTask().Start(func(ctx context.Context) func() {
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
			saved, err = m.ws.Reading.Annotate(ctx, user, a)
		}
		return func() {
			at := m.at(key)
			if m.desk.Study() != study || at < 0 {
				return
			}
			if err != nil {
				m.list[at].Annotation, m.list[at].Saving, m.list[at].Unsaved = a, false, true
				m.failed(err)
				return
			}
			m.list[at] = Annotated{Annotation: saved, Key: saved.UID}
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
func (m *Measures) redrawn(key string, change records.AnnotationChange, pic records.Picture) {
	at := m.at(key)
	if at < 0 {
		return
	}
	a := m.list[at]
	if a.Unsaved || a.Saving { // never kept: kept now, as it is drawn now
		m.list = slices.Delete(m.list, at, at+1)
		a.Points, a.Patient, a.Cut = change.Points, change.Patient, change.Cut
		m.keep(a.Annotation, pic)
		return
	}
	m.list[at].Points, m.list[at].Patient, m.list[at].Cut = change.Points, change.Patient, change.Cut
	m.list[at].Values, m.list[at].Basis, m.list[at].Saving = nil, records.Basis{}, true
	m.Show()
	m.change(key, func(ctx context.Context, user records.User) (records.Annotation, error) {
		var err error
		if change.Values, change.Basis, err = records.Measured(ctx, a.Tool, change.Points, pic); err != nil {
			return records.Annotation{}, err
		}
		return m.ws.Reading.EditAnnotation(ctx, user, key, change)
	})
}

// change writes a version of what is in the record. What the record does not take
// is on the screen as the record has it, with the reason.
func (m *Measures) change(uid string, write func(ctx context.Context, user records.User) (records.Annotation, error)) {
	user, study := m.ws.User(), m.desk.Study()
	m.ws.NewTask().Start(func(ctx context.Context) func() {
		next, err := write(ctx, user)
		return func() {
			if m.desk.Study() != study {
				return
			}
			if err != nil {
				m.failed(err)
				if at := m.at(uid); at >= 0 {
					m.list[at].Saving = false
				}
				m.Load()
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
				m.list[at] = Annotated{Annotation: next, Key: uid}
			case next.State == records.AnnotationDrawn:
				m.list = append(m.list, Annotated{Annotation: next, Key: uid})
			}
			m.acted(next)
		}
	})
}

// acted notes an act for Ctrl+Z, and tells the others.
func (m *Measures) acted(a records.Annotation) {
	m.undo, m.last = append(m.undo, act{a.UID, a.Version - 1}), true
	m.version[a.UID] = a.Version
	m.desk.Problem().SetText("")
	m.changed()
	if m.chosen == a.UID {
		m.tell(a.UID)
	}
}

func (m *Measures) changed() {
	m.Show()
	workspace.Publish(m.ws, workspace.AnnotationsChanged{StudyUID: m.desk.Study(), Undo: m.last && len(m.undo) > 0})
}

func (m *Measures) failed(err error) {
	m.desk.Problem().Say("viewer.measure_failed", err)
	m.Show()
}

// takeBack undoes the last act here.
func (m *Measures) takeBack() {
	if len(m.undo) == 0 || !m.last {
		return
	}
	last := m.undo[len(m.undo)-1]
	m.undo = m.undo[:len(m.undo)-1]
	from := m.version[last.uid]
	user, study := m.ws.User(), m.desk.Study()
	m.ws.NewTask().Start(func(ctx context.Context) func() {
		next, err := m.ws.Reading.UndoAnnotation(ctx, user, last.uid, from, last.before)
		return func() {
			if m.desk.Study() != study {
				return
			}
			if err != nil {
				m.failed(err)
				m.Load()
				return
			}
			m.version[last.uid] = next.Version
			m.Load()
			m.changed()
		}
	})
}

// remove deletes a measurement; one that was never kept is gone.
func (m *Measures) remove(key string) {
	at := m.at(key)
	if at < 0 {
		return
	}
	if m.list[at].Unsaved {
		m.list = slices.Delete(m.list, at, at+1)
		m.chosen = ""
		m.Show()
		return
	}
	if m.list[at].Saving {
		return
	}
	m.change(key, func(ctx context.Context, user records.User) (records.Annotation, error) {
		return m.ws.Reading.DeleteAnnotation(ctx, user, key)
	})
}

// leave leaves a measurement out of the report, or takes it in again.
func (m *Measures) leave(key string) {
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
		return m.ws.Reading.LeaveAnnotation(ctx, user, key, out)
	})
}

// report asks for a sentence in the report that states the chosen measurement.
func (m *Measures) report() {
	at := m.at(m.chosen)
	if at < 0 {
		m.unchosen()
		return
	}
	if m.list[at].Saving || m.list[at].Unsaved {
		return
	}
	workspace.Publish(m.ws, workspace.AnnotationWanted{UID: m.chosen, Report: true})
}

// unchosen says that a measurement has to be chosen first.
func (m *Measures) unchosen() {
	if m.desk.Study() != "" {
		m.desk.Problem().Say("viewer.measure_unchosen")
	}
}

// choose chooses a measurement on the image, none where key is empty.
func (m *Measures) choose(key string) {
	if m.chosen == key && !m.leaving {
		return
	}
	m.chosen, m.leaving = key, false
	m.Show()
	m.tell(key)
}

// letGo chooses none, because something else was chosen: what Delete takes away is
// always what looks chosen. One whose words are being written stays until they are.
func (m *Measures) letGo() {
	switch {
	case m.chosen == "":
	case m.Row.Visible():
		m.leaving = true
	default:
		m.chosen = ""
		m.Show()
	}
}

// tell tells the others which measurement was chosen here: the picture stays.
func (m *Measures) tell(uid string) {
	m.telling = true
	workspace.Publish(m.ws, workspace.AnnotationSelected{UID: uid})
	m.telling = false
}

// selected brings the picture of a measurement to the front.
func (m *Measures) selected(uid string) {
	at := m.at(uid)
	switch {
	case m.telling:
		return
	case at < 0: // it is no more
		m.letGo()
		return
	}
	m.chosen, m.leaving = uid, false
	m.desk.Bring(&m.list[at].Annotation)
	m.Show()
}

// label opens the line in which the words of a measurement are written.
func (m *Measures) label(key string) {
	at := m.at(key)
	if at < 0 || m.list[at].Saving {
		return
	}
	m.about, m.text = key, nil
	m.choose(key)
	m.askWords(m.list[at].Label)
}

func (m *Measures) askWords(words string) {
	m.words.SetText(words)
	m.Row.Show()
	workspace.Focus(m.words)
}

func (m *Measures) closeWords() {
	if m.Row.Visible() {
		workspace.Release(m.words)
		m.Row.Hide()
	}
	m.about, m.text = "", nil
	if m.leaving {
		m.leaving = false
		m.letGo()
	}
}

// submit takes the words.
func (m *Measures) submit() {
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
			m.Show()
			return
		}
		m.change(about, func(ctx context.Context, user records.User) (records.Annotation, error) {
			return m.ws.Reading.EditAnnotation(ctx, user, about, records.AnnotationChange{Label: &words})
		})
	}
}
