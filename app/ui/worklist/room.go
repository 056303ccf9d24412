// Package worklist is the room of studies: search, the list with names as they
// are written, import with the reason of every skipped file, and the review
// list, where a person decides whose a study is.
package worklist

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

type room struct {
	ws        *workspace.Workspace
	loading   *workspace.Task
	rows      []*records.Examination // into all
	all       []records.Examination
	chosen    string // study UID
	order     order
	analysing *workspace.Job // nil: none runs
	narrow    narrowing
	standings map[string]records.Progress // of every study
	mine      map[string]bool             // studies that are the work of who is signed in
	parts     map[string]string           // of the body, of r.all
	standing  *workspace.Task             // asks for them
	filters   *filters
	glance    *glance
	sources   *sources
	pacs      *pacsView
	queue     *queueView
	held      *heldView

	search  *workspace.Entry
	filter  *workspace.Check
	folder  *widget.Button
	file    *widget.Button
	analyze *widget.Button
	done    *workspace.Done // what the last import did
	open    *widget.Button
	summary *widget.Label
	problem *workspace.Problem
	table   *workspace.Table
	skipped *skippedView
	people  *peopleView
	undo    *widget.Button
	batch   records.Batch // the last import of people
	text    *textView
	link    *linkView
	linked  *linkedView
	bottom  *fyne.Container
	body    *fyne.Container // the list and what belongs to it
	still   *still
}

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	r := &room{ws: ws, loading: ws.NewTask(), standing: ws.NewTask(), problem: workspace.NewProblem(ws), order: order{column: 3, down: true}}
	r.sources = newSources(ws)
	here := r.build()
	fetches := newFetches(ws)
	r.pacs, r.queue = newPACSView(ws, fetches, r.sources.bar()), newQueueView(ws, fetches, r.sources.bar())
	r.held = newHeld(ws, r.sources.bar())
	fetches.changed = func() {
		r.pacs.render()
		r.queue.render()
	}
	r.sources.views = []fyne.CanvasObject{here, r.pacs.content, r.queue.content, r.held.content}
	r.sources.left, r.sources.came = r.left, r.came
	r.sources.show(local)
	workspace.On(ws, func(workspace.StudiesChanged) { r.load() })
	workspace.On(ws, func(workspace.FindingsChanged) { r.stand() })
	workspace.On(ws, func(workspace.ReportChanged) { r.stand() })
	workspace.On(ws, func(workspace.CriticalChanged) { r.stand() })
	workspace.On(ws, func(workspace.OutboxChanged) { r.stand() })
	workspace.On(ws, func(workspace.PeopleChanged) { r.load() })
	workspace.On(ws, func(workspace.UserChanged) {
		r.all, r.rows, r.chosen, r.standings, r.mine, r.parts = nil, nil, "", nil, nil, nil
		r.filters.begin()
		r.filter.SetChecked(false)
		r.glance.clear()
		r.skipped.show(nil, nil)
		r.people.drop()
		r.held.clear()
		r.batch = records.Batch{}
		r.undo.Hide()
		r.done.SetText("")
		r.choose("")
		r.sources.show(local)
		r.load()
	})
	workspace.On(ws, func(workspace.LanguageChanged) { r.words() })
	workspace.On(ws, func(e workspace.ImportWanted) {
		r.sources.show(local) // where the result will stand
		r.take(e.Paths, e.Open)
	})
	r.words()
	return &workspace.Room{ID: "worklist", Place: workspace.Rail, Icon: theme.ListIcon(), Needs: records.RightViewPatient, Content: r.sources.stack,
		Shown: func() { r.came(r.sources.at) }, Hidden: func() { r.left(r.sources.at) },
		Current: func() []workspace.Action {
			source := workspace.Action{Label: "worklist.source_next", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyP)}, Do: r.sources.next}
			return append(r.keys(), source)
		}}
}

// left and came follow a source out of sight and into it.
func (r *room) left(s source) {
	switch s {
	case remote:
		workspace.Release(r.pacs.name, r.pacs.patient, r.pacs.accession, r.pacs.from, r.pacs.to)
	case queue:
		r.queue.hiddenNow()
	case local:
		workspace.Release(r.search)
	case held:
		workspace.Release(r.held.reason)
	}
}

func (r *room) came(s source) {
	switch s {
	case local:
		r.load()
	case remote:
		r.pacs.load()
	case queue:
		r.queue.shownNow()
	case held:
		r.held.load()
	}
}

// keys are those of the source in front.
func (r *room) keys() []workspace.Action {
	switch r.sources.at {
	case remote:
		return r.pacs.keys()
	case queue:
		return r.queue.keys()
	case held:
		return r.held.keys()
	}
	press := workspace.Press
	if r.people.shown() {
		return []workspace.Action{
			{Label: "people.store", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyReturn)}, Do: r.people.storeFile},
			{Label: "people.save", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyS)}, Do: r.people.saveMapping},
			{Label: "people.leave", Keys: []workspace.Key{press(fyne.KeyEscape)}, Do: r.people.next},
		}
	}
	return append(r.glance.keys(), []workspace.Action{
		{Label: "worklist.undo_import", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyB)}, Do: r.undoImport},
		{Label: "worklist.open", Keys: []workspace.Key{press(fyne.KeyReturn)}, Do: r.openChosen},
		{Label: "worklist.next", Keys: []workspace.Key{press(fyne.KeyDown)}, Do: func() { r.step(1) }},
		{Label: "worklist.previous", Keys: []workspace.Key{press(fyne.KeyUp)}, Do: func() { r.step(-1) }},
		{Label: "worklist.search", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyF)}, Do: r.focusSearch},
		{Label: "worklist.find_person", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyE)}, Do: r.link.focus},
		{Label: "worklist.import_folder", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyO)}, Do: r.pickFolder},
		{Label: "worklist.import_file", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyI)}, Do: r.pickFile},
		{Label: "worklist.review", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyR)}, Do: func() { r.filter.SetChecked(!r.filter.Checked) }},
		{Label: "worklist.unlink", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyU)}, Do: func() { r.linked.arm(!r.linked.armed) }},
		{Label: "worklist.text_next", Keys: []workspace.Key{press(fyne.KeyF7)}, Do: func() { r.text.next() }},
		{Label: "worklist.text_use", Keys: []workspace.Key{press(fyne.KeyF8)}, Do: func() { r.text.useMarked() }},
		{Label: "worklist.analyse_new", Keys: []workspace.Key{press(fyne.KeyF6)}, Do: r.analyseNew},
		{Label: "worklist.filter_modality", Keys: []workspace.Key{press(fyne.KeyM)}, Do: r.filters.nextModality},
		{Label: "worklist.filter_part", Keys: []workspace.Key{press(fyne.KeyB)}, Do: r.filters.nextPart},
		{Label: "worklist.filter_days", Keys: []workspace.Key{press(fyne.KeyD)}, Do: r.filters.nextDays},
		{Label: "worklist.filter_stage", Keys: []workspace.Key{press(fyne.KeyS)}, Do: r.filters.nextStage},
		{Label: "worklist.filter_urgent", Keys: []workspace.Key{press(fyne.KeyC)}, Do: r.filters.nextUrgent},
		{Label: "worklist.filter_mine", Keys: []workspace.Key{press(fyne.KeyW)}, Do: r.filters.turnMine},
		{Label: "worklist.filter_none", Keys: []workspace.Key{press(fyne.KeyX)}, Do: r.filters.clear},
		{Label: "worklist.glance", Keys: []workspace.Key{press(fyne.KeyV)}, Do: r.turnGlance},
		{Label: "worklist.reload", Keys: []workspace.Key{press(fyne.KeyF5)}, Do: r.load},
	}...)
}

// columns are the table's, with their parts of the width.
func columns() []struct {
	key   lang.Key
	share float32
} {
	return []struct {
		key   lang.Key
		share float32
	}{
		{"worklist.column_name", 0.125}, {"worklist.column_sex", 0.06}, {"worklist.column_modality", 0.07}, {"worklist.column_date", 0.14},
		{"worklist.column_what", 0.125}, {"worklist.column_accession", 0.1}, {"worklist.column_link", 0.135},
		{"worklist.column_stage", 0.08}, {"worklist.column_turnaround", 0.105}, {"worklist.column_earlier", 0.055},
	}
}

func (r *room) build() fyne.CanvasObject {
	r.search = workspace.NewEntry(r.ws)
	r.search.OnChanged = func(string) { r.load() }
	r.search.OnSubmitted = func(string) { r.openChosen() }
	r.filter = workspace.NewCheck(r.ws, "", func(on bool) {
		r.narrow.review = on
		r.filters.words()
		r.arrange()
	})
	r.folder = widget.NewButtonWithIcon("", theme.FolderOpenIcon(), r.pickFolder)
	r.file = widget.NewButtonWithIcon("", theme.FileIcon(), r.pickFile)
	r.analyze = widget.NewButtonWithIcon("", theme.MediaPlayIcon(), r.analyseNew)
	r.done = workspace.NewDone(r.ws)
	r.open = widget.NewButtonWithIcon("", theme.NavigateNextIcon(), r.openChosen)
	r.open.Importance = widget.HighImportance
	r.summary = widget.NewLabel("")
	r.summary.Truncation = fyne.TextTruncateEllipsis
	r.table = workspace.NewTable(r.ws, func() (int, int) { return len(r.rows), len(columns()) },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		},
		func(id widget.TableCellID, o fyne.CanvasObject) {
			if l, ok := o.(*widget.Label); ok && id.Row >= 0 && id.Row < len(r.rows) {
				r.cell(l, r.rows[id.Row], id.Col)
			}
		})
	r.table.ShowHeaderRow = true
	r.table.CreateHeader = func() fyne.CanvasObject {
		b := widget.NewButton("", nil)
		b.Importance = widget.LowImportance
		b.Alignment = widget.ButtonAlignLeading
		return b
	}
	r.table.UpdateHeader = func(id widget.TableCellID, o fyne.CanvasObject) {
		b, ok := o.(*widget.Button)
		if !ok || id.Col < 0 || id.Col >= len(columns()) {
			return
		}
		b.OnTapped = func() {
			r.order = r.order.by(id.Col)
			r.arrange()
		}
		b.SetText(r.ws.Lang.T(columns()[id.Col].key) + r.order.sign(id.Col))
	}
	r.table.OnSelected = func(id widget.TableCellID) {
		if id.Row < 0 || id.Row >= len(r.rows) {
			return
		}
		uid := r.rows[id.Row].StudyUID
		again := uid == r.chosen
		r.still.begin()
		r.choose(uid)
		r.table.UnselectAll()
		if again {
			r.openChosen()
		}
	}
	r.filters = newFilters(r.ws, &r.narrow, func() {
		if r.filter.Checked != r.narrow.review {
			r.filter.SetChecked(r.narrow.review)
		}
		r.arrange()
	})
	r.glance = newGlance(r.ws, func(uid string) records.Progress { return r.standings[uid] }, r.openStudy)
	r.glance.content.Hidden = r.ws.Screen.State().NoGlance
	r.skipped = newSkipped(r.ws)
	r.link, r.linked = newLink(r.ws, r.problem), newLinked(r.ws, r.problem)
	r.text = newText(r.ws, r.problem)
	r.bottom = container.NewVBox(r.skipped.content, r.text.content, r.link.content, r.linked.content)
	top := container.New(&toolbar{}, r.sources.bar(), r.search, container.NewHBox(r.filter, r.folder, r.file, r.analyze, r.open))
	r.people = newPeople(r.ws)
	r.undo = widget.NewButtonWithIcon("", theme.ContentUndoIcon(), r.undoImport)
	r.undo.Hide()
	r.body = workspace.Steady(container.NewBorder(container.NewVBox(top, container.NewBorder(nil, nil, nil, r.filters.content, r.summary), container.NewBorder(nil, nil, nil, r.undo, r.done), r.problem), workspace.NewUpTo(bottomHeight, r.bottom), nil, nil, container.NewBorder(nil, nil, nil, r.glance.content, container.New(spread{r}, r.table))))
	r.still = newStill(r.ws, r.body, r.table, r.at)
	r.people.stored, r.people.closed = r.peopleStored, r.body.Show
	r.people.opened = r.body.Hide
	return container.New(layout.NewCustomPaddedLayout(6, 6, 8, 8), container.NewStack(r.body, r.people.content))
}

// bottomHeight is the most that what is below the list takes of the room: beside
// it the list keeps its four rows also on a screen of 768 lines with a task bar.
const bottomHeight = 300

// widths gives each column its part of a width, but never less than its head
// wants: what those lack, the others give. Where there is not even room for the
// heads, the table scrolls.
func widths(least, parts []float32, width float32) []float32 {
	out := make([]float32, len(parts))
	over, slack := -width, float32(0)
	for i := range parts {
		out[i] = max(least[i], parts[i]*width)
		over += out[i]
		slack += out[i] - least[i]
	}
	if over > 0 && slack > 0 {
		give := min(1, over/slack)
		for i := range out {
			out[i] -= give * (out[i] - least[i])
		}
	}
	return out
}

// spread gives the columns their parts of the width.
type spread struct{ of *room }

func (s spread) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(480, 160) }

func (s spread) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	all := columns()
	var least, parts []float32
	for i, c := range all {
		head := fyne.MeasureText(s.of.ws.Lang.T(c.key)+s.of.order.sign(i), theme.TextSize(), fyne.TextStyle{})
		least, parts = append(least, head.Width+3*theme.InnerPadding()), append(parts, c.share)
	}
	for i, w := range widths(least, parts, size.Width-theme.Padding()*float32(len(all)+1)) {
		s.of.table.SetColumnWidth(i, w)
	}
	objects[0].Resize(size)
	objects[0].Move(fyne.NewPos(0, 0))
}

func (r *room) cell(l *widget.Label, ex *records.Examination, column int) {
	l.Importance = widget.MediumImportance
	text, late := r.cellWords(ex, column)
	if ex.StudyUID == r.chosen {
		l.Importance = widget.HighImportance
		if column == 0 {
			text = "▸ " + text
		}
	}
	if column == 0 && ex.Text.Doubtful && ex.StudyUID != r.chosen || column == 6 && (!ex.Link.Linked() || len(ex.LinkConflicts) > 0) {
		l.Importance = widget.WarningImportance
	}
	if late {
		l.Importance = widget.DangerImportance
	}
	l.SetText(text)
}

// cellWords is the text of a cell, and whether it wants to be seen: a critical
// value that is open, a report that is overdue.
func (r *room) cellWords(ex *records.Examination, column int) (text string, urgent bool) {
	s := r.standings[ex.StudyUID]
	switch column {
	case columnStage:
		return stageWords(r.ws.Lang, s), s.Critical
	case columnTurnaround:
		now := time.Now()
		_, signed, late := s.Turnaround(ex.ImportedAt, now)
		return turnaroundWords(r.ws.Lang, ex, s, now), late && !signed
	case columnEarlier:
		return strconv.Itoa(s.Earlier), false
	}
	return value(r.ws.Lang, ex, column), false
}

func (r *room) words() {
	t := r.ws.Lang.T
	r.search.SetPlaceHolder(t("worklist.search_hint"))
	r.filter.SetText(t("worklist.review"))
	r.filters.words()
	r.folder.SetText(t("worklist.import_folder"))
	r.file.SetText(t("worklist.import_file"))
	r.analyze.SetText(t("worklist.analyse_new"))
	r.open.SetText(t("worklist.open"))
	r.skipped.words()
	r.people.words()
	r.undo.SetText(t("worklist.undo_import"))
	r.text.words()
	r.link.words()
	r.linked.words()
	r.glance.words()
	r.sources.words()
	r.pacs.words()
	r.queue.words()
	r.held.words()
	r.arrange()
}

// load asks for the studies; a newer search replaces one that is running.
func (r *room) load() {
	user := r.ws.User()
	if user.ID == "" || !user.Role.May(records.RightViewPatient) {
		return
	}
	text := strings.TrimSpace(r.search.Text)
	r.loading.Start(func(ctx context.Context) func() {
		list, err := r.ws.Registry.Studies(ctx, user, records.ExaminationFilter{Text: text})
		parts := partsOf(list)
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.all, r.parts = list, parts
			r.still.arrange(r.arrange)
		}
	})
	r.stand()
}

// stand asks how the studies stand.
func (r *room) stand() {
	user := r.ws.User()
	if user.ID == "" || !user.Role.May(records.RightViewPatient) {
		r.standing.Stop()
		return
	}
	r.standing.Start(func(ctx context.Context) func() {
		standings, err := r.ws.Reading.Standings(ctx, user)
		var mine map[string]bool
		if err == nil {
			mine, err = r.ws.Reading.Mine(ctx, user)
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.standings, r.mine = standings, mine
			r.still.arrange(r.arrange)
		}
	})
}

// arrange filters and orders what was loaded.
func (r *room) arrange() {
	r.rows = r.order.sorted(r.ws.Lang, r.all, r.narrow, besides{r.standings, r.mine, r.parts}, time.Now())
	r.filters.offer(modalitiesOf(r.all), offered(r.parts))
	waiting := 0
	for i := range r.all {
		if !r.all[i].Link.Linked() {
			waiting++
		}
	}
	r.summary.Importance = widget.MediumImportance
	switch searched := strings.TrimSpace(r.search.Text); {
	case r.narrow.any():
		r.summary.Importance = widget.WarningImportance
		r.summary.SetText(r.ws.Lang.T("worklist.summary_narrowed", len(r.rows), len(r.all), len(r.all)-len(r.rows), r.narrow.words(r.ws.Lang)))
	case len(r.all) > 0:
		r.summary.SetText(r.ws.Lang.T("worklist.summary", len(r.all), waiting))
	case searched != "":
		r.summary.SetText(r.ws.Lang.T("worklist.none_found", searched))
	case r.ws.User().Role.May(records.RightImport):
		r.summary.SetText(r.ws.Lang.T("worklist.none_yet"))
	default:
		r.summary.SetText(r.ws.Lang.T("worklist.summary", 0, 0))
	}
	if r.at() < 0 {
		first := ""
		if len(r.rows) > 0 {
			first = r.rows[0].StudyUID
		}
		r.choose(first)
	} else {
		r.choose(r.chosen)
	}
	r.table.Refresh()
}

// at is the row of the chosen study, -1 where it is not shown.
func (r *room) at() int {
	for i := range r.rows {
		if r.rows[i].StudyUID == r.chosen {
			return i
		}
	}
	return -1
}

func (r *room) choose(uid string) {
	r.chosen = uid
	i := r.at()
	var ex, open *records.Examination
	if i >= 0 {
		ex = r.rows[i]
		if !ex.Link.Linked() {
			open = ex
		}
	}
	r.text.show(ex)
	r.link.show(open)
	r.linked.show(ex)
	r.glance.show(ex)
	r.table.Refresh()
}

func (r *room) step(n int) {
	if len(r.rows) == 0 {
		return
	}
	r.still.end()
	i := min(max(r.at()+n, 0), len(r.rows)-1)
	r.choose(r.rows[i].StudyUID)
	r.table.ScrollTo(widget.TableCellID{Row: i})
}

func (r *room) openChosen() {
	if r.chosen != "" {
		r.openStudy(r.chosen)
	}
}

func (r *room) openStudy(uid string) {
	r.problem.SetText("")
	r.ws.OpenStudy(uid, func(err error) { r.problem.Explain(err) })
}

// turnGlance shows the column beside the list, or gives its room to the list.
func (r *room) turnGlance() {
	hidden := r.glance.content.Visible()
	r.ws.Screen.Change(func(s *screen.State) { s.NoGlance = hidden })
	r.glance.content.Hidden = hidden
	r.table.Refresh()
	r.body.Refresh()
	r.choose(r.chosen)
}

func (r *room) focusSearch() {
	workspace.Focus(r.search)
}
