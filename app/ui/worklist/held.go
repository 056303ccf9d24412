package worklist

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/registry"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// heldView is where a person decides about the rows of imports that contradict
// the register, with both sides before them, and where imports are taken back.
type heldView struct {
	ws      *workspace.Workspace
	asking  *workspace.Task
	showing *workspace.Task
	rows    []records.IntakeReview
	batches []records.Batch
	at      int
	batch   int
	sides   []records.Patient // of the register: one, or two where the row is about two
	busy    bool

	head    *widget.Label
	problem *workspace.Problem
	done    *workspace.Done
	table   *workspace.Table
	why     *widget.Label
	compare *fyne.Container
	reason  *workspace.Entry
	same    *widget.Button
	drop    *widget.Button
	imports *widget.Label
	undone  *workspace.Table
	undo    *widget.Button
	content *fyne.Container
}

func newHeld(ws *workspace.Workspace, bar fyne.CanvasObject) *heldView {
	v := &heldView{ws: ws, asking: ws.NewTask(), showing: ws.NewTask(), at: -1, batch: -1, problem: workspace.NewProblem(ws), done: workspace.NewDone(ws),
		head: widget.NewLabel(""), why: widget.NewLabel(""), imports: widget.NewLabel("")}
	v.head.TextStyle.Bold, v.imports.TextStyle.Bold = true, true
	v.why.Wrapping, v.why.Importance = fyne.TextWrapWord, widget.WarningImportance
	v.compare = container.New(layout.NewGridLayoutWithColumns(1))
	v.reason = workspace.NewEntry(ws)
	v.same = widget.NewButtonWithIcon("", theme.ConfirmIcon(), func() { v.decide(true) })
	v.same.Importance = widget.HighImportance
	v.drop = widget.NewButtonWithIcon("", theme.CancelIcon(), func() { v.decide(false) })
	v.undo = widget.NewButtonWithIcon("", theme.ContentUndoIcon(), v.undoBatch)
	v.table = v.list(func() int { return len(v.rows) }, 3, v.rowText, func() int { return v.at }, v.choose)
	v.undone = v.list(func() int { return len(v.batches) }, 4, v.batchText, func() int { return v.batch }, func(k int) {
		v.batch = k
		v.render()
	})
	left := container.NewBorder(v.head, nil, nil, nil, container.New(shares{v.table, []float32{0.34, 0.3, 0.34}}, v.table))
	right := container.NewBorder(v.why, container.NewVBox(v.reason, container.NewHBox(v.same, v.drop)), nil, nil, container.NewVScroll(v.compare))
	upper := container.NewHSplit(left, right)
	upper.Offset = 0.42
	lower := container.NewBorder(container.NewBorder(nil, nil, v.imports, v.undo), nil, nil, nil, container.New(shares{v.undone, []float32{0.18, 0.3, 0.4, 0.1}}, v.undone))
	split := container.NewVSplit(upper, lower)
	split.Offset = 0.64
	v.content = container.New(layout.NewCustomPaddedLayout(6, 6, 8, 8), workspace.Steady(container.NewBorder(container.NewVBox(bar, v.done, v.problem), nil, nil, nil, split)))
	return v
}

// list is a table of labels of which one row is chosen.
func (v *heldView) list(rows func() int, columns int, text func(row, column int) string, chosen func() int, choose func(int)) *workspace.Table {
	t := workspace.NewTable(v.ws, func() (int, int) { return rows(), columns }, func() fyne.CanvasObject {
		l := widget.NewLabel("")
		l.Truncation = fyne.TextTruncateEllipsis
		return l
	}, func(id widget.TableCellID, o fyne.CanvasObject) {
		l, ok := o.(*widget.Label)
		if !ok || id.Row < 0 || id.Row >= rows() {
			return
		}
		l.Importance = widget.MediumImportance
		words := text(id.Row, id.Col)
		if id.Row == chosen() {
			l.Importance = widget.HighImportance
			if id.Col == 0 {
				words = "▸ " + words
			}
		}
		l.SetText(words)
	})
	t.OnSelected = func(id widget.TableCellID) {
		t.UnselectAll()
		if id.Row >= 0 && id.Row < rows() {
			choose(id.Row)
		}
	}
	return t
}

// shares gives the columns of a table parts of its width.
type shares struct {
	table *workspace.Table
	parts []float32
}

func (s shares) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(280, 90) }

func (s shares) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, part := range s.parts {
		s.table.SetColumnWidth(i, max(40, part*size.Width))
	}
	objects[0].Resize(size)
	objects[0].Move(fyne.NewPos(0, 0))
}

func (v *heldView) clear() {
	v.asking.Stop()
	v.showing.Stop()
	v.rows, v.batches, v.sides, v.at, v.batch, v.busy = nil, nil, nil, -1, -1, false
	v.reason.SetText("")
	v.done.SetText("")
	v.problem.SetText("")
	v.render()
}

func (v *heldView) words() {
	t := v.ws.Lang.T
	v.reason.SetPlaceHolder(t("held.reason"))
	v.drop.SetText(t("held.drop"))
	v.imports.SetText(t("held.imports"))
	v.undo.SetText(t("held.undo"))
	v.render()
}

// load asks for what waits, and for the imports.
func (v *heldView) load() {
	user := v.ws.User()
	if user.ID == "" || !user.Role.May(records.RightViewPatient) {
		return
	}
	v.asking.Start(func(ctx context.Context) func() {
		rows, err := v.ws.Registry.IntakeReviews(ctx, user)
		var batches []records.Batch
		if err == nil {
			batches, err = v.ws.Registry.Batches(ctx, user)
		}
		return func() {
			if err != nil {
				v.problem.Explain(err)
				return
			}
			before := ""
			if v.at >= 0 && v.at < len(v.rows) {
				before = v.rows[v.at].ID
			}
			v.rows = slices.DeleteFunc(rows, func(r records.IntakeReview) bool { return r.State != records.ReviewOpen })
			v.batches = batches
			v.batch = min(max(v.batch, 0), len(batches)-1)
			at := slices.IndexFunc(v.rows, func(r records.IntakeReview) bool { return r.ID == before })
			v.choose(max(at, min(0, len(v.rows)-1)))
		}
	})
}

// choose shows a row beside the people of the register whom it is about.
func (v *heldView) choose(at int) {
	if at != v.at {
		v.reason.SetText("")
	}
	v.at, v.sides = at, nil
	v.showing.Stop()
	if at < 0 || at >= len(v.rows) {
		v.at = -1
		v.render()
		return
	}
	row, user := v.rows[at], v.ws.User()
	v.showing.Start(func(ctx context.Context) func() {
		var sides []records.Patient
		var err error
		for _, id := range []string{row.PatientID, row.OtherID} {
			if id == "" || err != nil {
				continue
			}
			var rec registry.PatientRecord
			if rec, err = v.ws.Registry.Record(ctx, user, id); err == nil {
				sides = append(sides, rec.Patient)
			}
		}
		return func() {
			if err != nil {
				v.problem.Explain(err)
				return
			}
			v.sides = sides
			v.render()
		}
	})
	v.render()
	v.table.ScrollTo(widget.TableCellID{Row: at})
}

func (v *heldView) step(n int) {
	if len(v.rows) > 0 {
		v.choose(min(max(v.at+n, 0), len(v.rows)-1))
	}
}

// two reports that the row is about two entries, which may be merged.
func two(r *records.IntakeReview) bool { return r.OtherID != "" && r.PatientID != "" }

// decide uses the row for the person of the register, or merges the two entries
// that it names; or drops it.
func (v *heldView) decide(same bool) {
	if v.busy || v.at < 0 || v.at >= len(v.rows) || same && v.same.Disabled() {
		return
	}
	row, user, reason := v.rows[v.at], v.ws.User(), strings.TrimSpace(v.reason.Text)
	v.busy = true
	v.problem.SetText("")
	v.ws.NewTask().Start(func(ctx context.Context) func() {
		var err error
		if same && two(&row) {
			if _, err = v.ws.Registry.Merge(ctx, user, row.PatientID, row.OtherID, reason, false); err == nil {
				_, err = v.ws.Registry.DecideIntake(ctx, user, row.ID, false, reason)
			}
		} else {
			_, err = v.ws.Registry.DecideIntake(ctx, user, row.ID, same, reason)
		}
		return func() {
			v.busy = false
			if err != nil {
				v.problem.Explain(err)
				return
			}
			key := lang.Key("held.dropped")
			if same {
				key = "held.used"
			}
			v.done.Say(key, row.File, row.Intake.Row, row.Intake.Patient.Name)
			v.reason.SetText("")
			workspace.Publish(v.ws, workspace.PeopleChanged{})
			v.load()
		}
	})
}

// undoBatch takes the chosen import back.
func (v *heldView) undoBatch() {
	if v.busy || v.batch < 0 || v.batch >= len(v.batches) || v.undo.Disabled() {
		return
	}
	b, user := v.batches[v.batch], v.ws.User()
	v.busy = true
	v.problem.SetText("")
	v.ws.StartJob(func() string { return v.ws.Lang.T("worklist.undoing") }, func(ctx context.Context, _ func(done, total int)) func() {
		res, err := v.ws.Registry.UndoBatch(ctx, user, b.ID)
		return func() {
			v.busy = false
			if err != nil {
				v.problem.Explain(err)
				return
			}
			workspace.Publish(v.ws, workspace.StudiesChanged{})
			workspace.Publish(v.ws, workspace.PeopleChanged{})
			v.done.Say("worklist.undone", b.File, res.Undone)
			v.problem.SetWords(func() string { return keptWords(v.ws.Lang, res.Kept) })
			v.load()
		}
	})
}

// keptWords says what undoing an import left, and why; at most eight lines.
func keptWords(l *lang.Strings, kept []registry.Kept) string {
	var lines []string
	for _, k := range kept[:min(len(kept), 8)] {
		lines = append(lines, l.T("worklist.undo_kept", k.Row, l.Or(lang.Key("people.entry."+k.Kind), k.Kind), l.T(lang.Key("people.kept."+k.Code))))
	}
	return strings.Join(lines, "\n")
}

func (v *heldView) rowText(row, column int) string {
	r, l := &v.rows[row], v.ws.Lang
	switch column {
	case 0:
		return r.Intake.Patient.Name
	case 1:
		return l.T("held.where", r.File, r.Intake.Row)
	}
	return l.Or(lang.Key("held.code."+r.Code), r.Code)
}

func (v *heldView) batchText(row, column int) string {
	b, l := &v.batches[row], v.ws.Lang
	switch column {
	case 0:
		return b.At.In(imaging.Zone()).Format("2006-01-02 15:04")
	case 1:
		return b.File + "  " + b.ByName
	case 2:
		return l.T("held.counts", b.New, b.Changed, b.Same, b.Review, b.Refused)
	}
	return l.Or(lang.Key("held.state."+b.State), b.State)
}

func (v *heldView) render() {
	l := v.ws.Lang
	v.head.SetText(l.T("held.head", len(v.rows)))
	v.compare.RemoveAll()
	v.same.Disable()
	v.drop.Disable()
	v.undo.Disable()
	if v.batch >= 0 && v.batch < len(v.batches) && v.batches[v.batch].State != records.BatchUndone && v.ws.User().Role.May(records.RightImport) {
		v.undo.Enable()
	}
	v.why.SetText("")
	v.same.SetText(l.T("held.same"))
	if v.at >= 0 && v.at < len(v.rows) {
		r := &v.rows[v.at]
		v.why.SetText(l.Or(lang.Key("held.why."+r.Code), r.Code))
		if two(r) {
			v.same.SetText(l.T("held.merge"))
		}
		if v.ws.User().Role.May(records.RightLink) && !v.busy {
			v.drop.Enable()
			if two(r) && len(v.sides) == 2 || !two(r) && len(v.sides) == 1 && (r.Code == "contradicts" || r.Code == "number_alone") {
				v.same.Enable()
			}
		}
		v.sidesText(r)
	}
	v.compare.Refresh()
	v.table.Refresh()
	v.undone.Refresh()
}

// sidesText lays the row and the people of the register side by side, a line a
// fact; one on which they differ is marked.
func (v *heldView) sidesText(r *records.IntakeReview) {
	l := v.ws.Lang
	people := append([]records.Patient{r.Intake.Patient}, v.sides...)
	heads := []string{l.T("held.row")}
	for k := range v.sides {
		head := l.T("held.register", k+1)
		if len(v.sides) == 1 {
			head = l.T("held.register_one")
		}
		heads = append(heads, head)
	}
	grid := container.New(layout.NewGridLayoutWithColumns(len(people) + 1))
	cell := func(text string, bold bool, importance widget.Importance) {
		c := widget.NewLabel(text)
		c.Wrapping, c.TextStyle.Bold, c.Importance = fyne.TextWrapBreak, bold, importance
		grid.Add(c)
	}
	cell("", false, widget.MediumImportance)
	for _, h := range heads {
		cell(h, true, widget.MediumImportance)
	}
	for _, f := range factsOf(l, people) {
		importance := widget.MediumImportance
		name := f.name
		if f.differs {
			importance, name = widget.WarningImportance, "≠ "+name
		}
		cell(name, false, widget.LowImportance)
		for _, value := range f.values {
			cell(value, f.differs, importance)
		}
	}
	v.compare.Add(grid)
}

// fact is one attribute of several descriptions of a person.
type fact struct {
	name    string
	values  []string
	differs bool // two of them state it, and not the same
}

// factsOf lists what at least one of the descriptions states.
func factsOf(l *lang.Strings, people []records.Patient) []fact {
	var out []fact
	for _, f := range []struct {
		key   lang.Key
		value func(*records.Patient) string
	}{
		{"people.field.name", func(p *records.Patient) string { return p.Name }},
		{"people.field.sex", func(p *records.Patient) string {
			if p.Sex == "" {
				return ""
			}
			return l.Or(lang.Key("sex."+string(p.Sex)), string(p.Sex))
		}},
		{"people.field.birth_date", func(p *records.Patient) string { return day(p.BirthDate) }},
		{"people.field.id_number", func(p *records.Patient) string { return p.IDNumber }},
		{"people.field.health_record_number", func(p *records.Patient) string { return p.HealthRecordNumber }},
		{"people.field.phone", func(p *records.Patient) string { return p.Phone }},
		{"people.field.numbers", func(p *records.Patient) string {
			var all []string
			for _, n := range p.Numbers {
				all = append(all, n.Issuer+" "+n.Number)
			}
			return strings.Join(all, "\n")
		}},
	} {
		one := fact{name: l.T(f.key)}
		stated := ""
		for i := range people {
			value := f.value(&people[i])
			one.values = append(one.values, value)
			one.differs = one.differs || stated != "" && value != "" && value != stated
			if stated == "" {
				stated = value
			}
		}
		if stated != "" {
			out = append(out, one)
		}
	}
	return out
}

func (v *heldView) keys() []workspace.Action {
	press := workspace.Press
	return []workspace.Action{
		{Label: "worklist.next", Keys: []workspace.Key{press(fyne.KeyDown)}, Do: func() { v.step(1) }},
		{Label: "worklist.previous", Keys: []workspace.Key{press(fyne.KeyUp)}, Do: func() { v.step(-1) }},
		{Label: "held.to_reason", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyE)}, Do: func() { workspace.Focus(v.reason) }},
		{Label: "held.same_key", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyReturn)}, Do: func() { v.decide(true) }},
		{Label: "held.drop_key", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyDelete), workspace.Ctrl(fyne.KeyBackspace)}, Do: func() { v.decide(false) }},
		{Label: "held.undo", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyB)}, Do: v.undoBatch},
		{Label: "worklist.reload", Keys: []workspace.Key{press(fyne.KeyF5)}, Do: v.load},
	}
}
