// Package record is the tab with the patient's record beside the image: who it
// is, why the study is taken to be theirs, visits, orders, examinations and
// signed reports.
package record

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/registry"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// tab is the room's state; every field belongs to the UI goroutine.
type tab struct {
	ws      *workspace.Workspace
	loading *workspace.Task
	record  *registry.PatientRecord
	shown   bool            // the identity numbers, by key
	byTime  bool            // one row of time instead of a section a kind
	open    map[string]bool // documents unfolded
	problem *workspace.Problem
	box     *fyne.Container
	scroll  *container.Scroll
}

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	t := &tab{ws: ws, loading: ws.NewTask(), open: map[string]bool{}, problem: workspace.NewProblem(ws), box: container.NewVBox()}
	t.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(4, 4, 4, 12), container.NewVBox(t.problem, t.box)))
	workspace.On(ws, func(workspace.StudyOpened) {
		t.record, t.shown, t.open = nil, false, map[string]bool{}
		if o := ws.Current(); o != nil && o.Record != nil {
			rec := Newest(*o.Record)
			t.record = &rec
		}
		t.problem.SetText("")
		t.render()
	})
	workspace.On(ws, func(e workspace.ReportChanged) { t.load() })
	workspace.On(ws, func(workspace.LanguageChanged) { t.render() })
	t.render()
	return &workspace.Room{ID: "record", Place: workspace.Panel, Icon: theme.AccountIcon(), Needs: records.RightViewPatient,
		Content: t.scroll, Shown: t.render,
		Actions: []workspace.Action{{Label: "record.show_numbers", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyI)}, Do: func() {
			t.shown = !t.shown
			t.render()
		}},
			{Label: "record.order", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyT)}, Do: t.turn},
			{Label: "record.labs_unfold", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyJ)}, Do: t.unfoldLabs}}}
}

// load asks again, e.g. after a report was signed.
func (t *tab) load() {
	if t.record == nil {
		return
	}
	id, user := t.record.Patient.ID, t.ws.User()
	t.loading.Start(func(ctx context.Context) func() {
		rec, err := t.ws.Registry.Record(ctx, user, id)
		return func() {
			if err != nil {
				t.problem.Explain(err)
				return
			}
			if t.record != nil && t.record.Patient.ID == id {
				rec = Newest(rec)
				t.record = &rec
				t.render()
			}
		}
	})
}

func (t *tab) render() {
	t.box.RemoveAll()
	l := t.ws.Lang
	o := t.ws.Current()
	switch {
	case o == nil:
		t.box.Add(line(l.T("record.no_study"), widget.LowImportance))
	case t.record == nil:
		t.box.Add(line(l.T("record.not_linked"), widget.WarningImportance))
		if o.Examination.LinkReason != "" {
			t.box.Add(line(l.Or(lang.Key("linkreason."+o.Examination.LinkReason), o.Examination.LinkReason), widget.WarningImportance))
		}
		t.conflicts(o.Examination)
		t.header(o.Examination)
	default:
		t.conflicts(o.Examination)
		t.identity(o.Examination)
		t.merged()
		t.box.Add(t.order())
		if t.byTime {
			t.timeline(o.Examination.StudyUID)
			break
		}
		t.visits()
		t.diagnoses()
		t.labs()
		t.orders()
		t.examinations(o.Examination.StudyUID)
		t.documents()
		t.pastReports()
	}
	t.box.Refresh()
	t.scroll.Refresh()
}

// turn goes from sections to one row of time, and back.
func (t *tab) turn() {
	t.byTime = !t.byTime
	t.render()
}

// order is the button that turns.
func (t *tab) order() fyne.CanvasObject {
	key := lang.Key("record.by_time")
	if t.byTime {
		key = "record.by_kind"
	}
	return widget.NewButtonWithIcon(t.ws.Lang.T(key), theme.HistoryIcon(), t.turn)
}

// conflicts is the warning that header and register differ.
func (t *tab) conflicts(ex records.Examination) {
	if len(ex.LinkConflicts) == 0 {
		return
	}
	l := t.ws.Lang
	lines := []string{l.T("record.conflict")}
	for _, c := range ex.LinkConflicts {
		header, register := c.Header, c.Register
		if c.Field == "id_number" && !t.shown {
			header, register = Masked(header), Masked(register)
		}
		lines = append(lines, l.T("record.conflict_line", l.Or(lang.Key("conflict."+c.Field), c.Field), orDash(header), orDash(register)))
	}
	t.box.Add(line(strings.Join(lines, "\n"), widget.DangerImportance))
}

// header is the patient as the image states it, of a study linked to nobody.
func (t *tab) header(ex records.Examination) {
	l := t.ws.Lang
	t.title(l.T("record.header"))
	t.fact("record.name", orDash(ex.Header.Display))
	t.secret("record.number", ex.Header.PatientID)
	t.fact("record.birth", orDash(Day(ex.Header.BirthDate)))
}

func (t *tab) identity(ex records.Examination) {
	l, p := t.ws.Lang, t.record.Patient
	t.title(p.Name)
	at := ex.Date
	if at.IsZero() {
		at = time.Now()
	}
	facts := []string{l.Or(lang.Key("sex."+string(p.Sex)), string(p.Sex))}
	if years := Age(p.BirthDate, at); years >= 0 {
		facts = append(facts, l.T("record.age_then", years))
	}
	t.box.Add(line(strings.Join(facts, " · "), widget.MediumImportance))
	if p.Sample {
		t.box.Add(line(l.T("record.sample"), widget.WarningImportance))
	}
	t.allergies()
	t.fact("record.birth", orDash(Day(p.BirthDate)))
	t.secret("record.id_number", p.IDNumber)
	t.fact("record.health_record", orDash(p.HealthRecordNumber))
	if p.Phone != "" {
		t.secret("record.phone", p.Phone)
	}
	how := l.Or(lang.Key("link."+string(ex.Link)), string(ex.Link))
	if ex.LinkRule != "" { // says more, and begins with the same word
		how = l.Or(lang.Key("link."+string(ex.LinkRule)), string(ex.LinkRule))
	}
	t.fact("record.linked", how)
	t.health()
}

func (t *tab) visits() {
	l := t.ws.Lang
	t.section("record.visits", len(t.record.Visits))
	for _, v := range t.record.Visits {
		head := Day(v.Date) + " · " + l.Or(lang.Key("visit.class."+string(v.Class)), string(v.Class))
		if v.Department != "" {
			head += " · " + v.Department
		}
		lines := []string{head, l.T("record.visit_number", v.Number)}
		for _, d := range v.Diagnoses {
			lines = append(lines, d.Code+"  "+d.Name)
		}
		if v.Note != "" {
			lines = append(lines, v.Note)
		}
		t.box.Add(line(strings.Join(lines, "\n"), widget.MediumImportance))
	}
}

func (t *tab) orders() {
	if len(t.record.Orders) == 0 {
		return
	}
	t.section("record.orders", len(t.record.Orders))
	for _, o := range t.record.Orders {
		t.box.Add(line(strings.TrimSpace(o.AccessionNumber+" · "+o.Category), widget.MediumImportance))
	}
}

func (t *tab) examinations(current string) {
	l := t.ws.Lang
	t.section("record.examinations", len(t.record.Examinations))
	for _, ex := range t.record.Examinations {
		text := strings.Join(ex.Modalities, "/")
		if !ex.Date.IsZero() {
			text = ex.Date.In(imaging.Zone()).Format("2006-01-02") + " · " + text
		}
		for _, s := range []string{ex.BodyPart, ex.Description} {
			if s != "" {
				text += " · " + s
			}
		}
		if ex.StudyUID == current {
			t.box.Add(line(l.T("record.this_one", text), widget.HighImportance))
			continue
		}
		uid := ex.StudyUID
		open := widget.NewButtonWithIcon(l.T("record.button_open"), theme.FolderOpenIcon(), func() {
			t.ws.OpenStudy(uid, func(err error) { t.problem.Explain(err) })
		})
		t.box.Add(container.NewBorder(nil, nil, nil, container.NewVBox(open), line(text, widget.MediumImportance)))
	}
}

func (t *tab) documents() {
	l := t.ws.Lang
	t.section("record.documents", len(t.record.Documents))
	for _, d := range t.record.Documents {
		id := d.Document.ID
		head := line(l.T("record.document", d.SignedAt.In(imaging.Zone()).Format("2006-01-02 15:04"), d.Document.Version, d.Document.Author.Name), widget.MediumImportance)
		text := l.T("record.button_read")
		if t.open[id] {
			text = l.T("record.button_fold")
		}
		t.box.Add(container.NewBorder(nil, nil, nil, container.NewVBox(widget.NewButton(text, func() {
			t.open[id] = !t.open[id]
			t.render()
		})), head))
		if t.open[id] {
			t.box.Add(line(l.T("record.document_text", records.Join(d.Document.FindingText), records.Join(d.Document.Impression)), widget.MediumImportance))
			t.box.Add(line(id+"\nSHA-256 "+workspace.Grouped(d.SHA256), widget.LowImportance))
		}
	}
}

func (t *tab) title(text string) {
	h := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	h.Wrapping, h.SizeName = fyne.TextWrapWord, theme.SizeNameSubHeadingText
	t.box.Add(h)
}

func (t *tab) section(text lang.Key, n int) {
	l := t.ws.Lang
	t.box.Add(widget.NewSeparator())
	h := widget.NewLabelWithStyle(l.T(text), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	t.box.Add(h)
	if n == 0 {
		t.box.Add(line(l.T("record.none"), widget.LowImportance))
	}
}

// fact is a caption and its value, in two columns.
func (t *tab) fact(caption lang.Key, value string) {
	t.box.Add(pair(t.ws.Lang.T(caption), line(value, widget.MediumImportance)))
}

// secret is a number that shows itself only under the pointer, or by key.
func (t *tab) secret(caption lang.Key, number string) {
	if number == "" {
		t.fact(caption, "—")
		return
	}
	t.box.Add(pair(t.ws.Lang.T(caption), newMasked(number, t.shown)))
}

func pair(caption string, value fyne.CanvasObject) fyne.CanvasObject {
	c := widget.NewLabel(caption)
	c.Importance = widget.LowImportance
	return container.New(layout.NewCustomPaddedLayout(-4, -4, 0, 0), container.NewBorder(nil, nil, container.NewVBox(c), nil, value))
}

func line(text string, weight widget.Importance) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping, l.Importance = fyne.TextWrapWord, weight
	return l
}

func orDash(s string) string {
	if strings.TrimSpace(s) == "" {
		return "—"
	}
	return s
}

// masked is a number whose middle is hidden until the pointer rests on it or it
// is clicked.
type masked struct {
	widget.Label
	number string
	pinned bool
}

func newMasked(number string, shown bool) *masked {
	m := &masked{number: number, pinned: shown}
	m.ExtendBaseWidget(m)
	m.Wrapping = fyne.TextWrapBreak
	m.show(false)
	return m
}

func (m *masked) show(hover bool) {
	if m.pinned || hover {
		m.SetText(m.number)
		return
	}
	m.SetText(Masked(m.number))
}

// Tapped is fyne.Tappable's.
func (m *masked) Tapped(*fyne.PointEvent) {
	m.pinned = !m.pinned
	m.show(m.pinned)
}

// MouseIn is desktop.Hoverable's.
func (m *masked) MouseIn(*desktop.MouseEvent) { m.show(true) }

// MouseMoved is desktop.Hoverable's.
func (m *masked) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is desktop.Hoverable's.
func (m *masked) MouseOut() { m.show(false) }
