package worklist

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/registry"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// peopleView shows what a file of people would change, before it is stored:
// which column is taken for what, and row by row what is new, what changes from
// what to what, and what is refused or waits for somebody.
type peopleView struct {
	ws      *workspace.Workspace
	looking *workspace.Task
	stored  func(registry.PeopleResult) // after a file was stored
	opened  func()
	closed  func()

	waiting []string // further files
	file    *registry.PeopleFile
	result  registry.PeopleResult
	saved   []records.Mapping
	busy    bool

	title   *widget.Label
	problem *workspace.Problem
	mapping *fyne.Container // the columns
	scroll  *container.Scroll
	use     *workspace.Select
	source  *workspace.Entry
	save    *widget.Button
	table   *workspace.Table
	store   *widget.Button
	leave   *widget.Button
	bar     *fyne.Container
	content *fyne.Container
}

func newPeople(ws *workspace.Workspace) *peopleView {
	v := &peopleView{ws: ws, looking: ws.NewTask(), problem: workspace.NewProblem(ws), title: widget.NewLabel(""), mapping: container.NewHBox()}
	v.title.Wrapping = fyne.TextWrapWord
	v.title.TextStyle.Bold = true
	v.scroll = container.NewHScroll(v.mapping)
	v.use = workspace.NewSelect(ws, nil, v.chooseMapping)
	v.source = workspace.NewEntry(ws)
	v.save = widget.NewButtonWithIcon("", theme.DocumentSaveIcon(), v.saveMapping)
	v.store = widget.NewButtonWithIcon("", theme.ConfirmIcon(), v.storeFile)
	v.store.Importance = widget.HighImportance
	v.leave = widget.NewButtonWithIcon("", theme.CancelIcon(), v.next)
	v.table = workspace.NewTable(ws, func() (int, int) { return len(v.result.Items), 4 },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		},
		func(id widget.TableCellID, o fyne.CanvasObject) {
			if l, ok := o.(*widget.Label); ok && id.Row >= 0 && id.Row < len(v.result.Items) {
				v.cell(l, v.result.Items[id.Row], id.Col)
			}
		})
	v.table.ShowHeaderRow = true
	v.table.CreateHeader = func() fyne.CanvasObject { return widget.NewLabel("") }
	v.table.UpdateHeader = func(id widget.TableCellID, o fyne.CanvasObject) {
		if l, ok := o.(*widget.Label); ok && id.Col >= 0 && id.Col < 4 {
			l.SetText(ws.Lang.T([]lang.Key{"people.column_row", "people.column_who", "people.column_status", "people.column_what"}[id.Col]))
		}
	}
	v.bar = container.NewBorder(nil, nil, v.use, v.save, v.source)
	top := container.NewVBox(container.NewBorder(nil, nil, nil, container.NewHBox(v.leave, v.store), v.title), v.problem, v.bar, v.scroll)
	v.content = container.NewBorder(top, nil, nil, nil, container.New(peopleSpread{v.table}, v.table))
	v.content.Hide()
	v.words()
	return v
}

// peopleSpread gives the columns of the preview their widths.
type peopleSpread struct{ table *workspace.Table }

func (s peopleSpread) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(480, 160) }

func (s peopleSpread) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, share := range []float32{0.06, 0.3, 0.08, 0.54} {
		s.table.SetColumnWidth(i, share*size.Width)
	}
	objects[0].Resize(size)
	objects[0].Move(fyne.NewPos(0, 0))
}

func (v *peopleView) shown() bool { return v.content.Visible() }

func (v *peopleView) words() {
	t := v.ws.Lang.T
	v.store.SetText(t("people.store"))
	v.leave.SetText(t("people.leave"))
	v.save.SetText(t("people.save"))
	v.source.SetPlaceHolder(t("people.source"))
	v.use.PlaceHolder = t("people.use")
	v.use.Refresh()
	if v.file != nil {
		v.columns()
	}
	v.render()
}

// take shows files one after the other.
func (v *peopleView) take(paths []string) {
	v.waiting = append(v.waiting, paths...)
	if !v.shown() {
		v.next()
	}
}

// drop forgets every file, e.g. because somebody else signed in.
func (v *peopleView) drop() {
	v.waiting = nil
	if v.shown() {
		v.next()
	}
}

// next leaves the file in front and reads the one behind it.
func (v *peopleView) next() {
	if v.busy {
		return
	}
	v.looking.Stop()
	v.file, v.result = nil, registry.PeopleResult{}
	v.problem.SetText("")
	if len(v.waiting) == 0 {
		v.content.Hide()
		v.closed()
		return
	}
	path := v.waiting[0]
	v.waiting = v.waiting[1:]
	v.opened()
	v.content.Show()
	v.title.SetText(v.ws.Lang.T("people.reading", path))
	v.read(path, nil)
}

// read reads a file and previews it; a later choice of columns replaces one that
// is still looked at.
func (v *peopleView) read(path string, m *records.Mapping) {
	user := v.ws.User()
	v.store.Disable()
	v.looking.Start(func(ctx context.Context) func() {
		saved, err := v.ws.Registry.Mappings(ctx, user)
		if m == nil { // a saved mapping of the same columns is that source's
			m = savedFor(ctx, v.ws.Registry, user, path, saved)
		}
		f, e := v.ws.Registry.ReadPeople(ctx, user, path, m)
		var res registry.PeopleResult
		if err == nil {
			err = e
		}
		if err == nil {
			res, err = v.ws.Registry.PreviewPeople(ctx, user, f)
		}
		return func() {
			v.saved, v.file, v.result = saved, f, res
			slices.SortStableFunc(v.result.Items, func(a, b registry.PeopleItem) int { return rank(a) - rank(b) })
			v.problem.Explain(err)
			v.store.Enable()
			if err != nil {
				v.store.Disable()
			}
			if f == nil {
				v.title.SetText(path)
			} else {
				v.source.SetText(f.Mapping.Name)
			}
			v.columns()
			v.render()
		}
	})
}

// savedFor is the saved mapping whose columns are those of the file.
func savedFor(ctx context.Context, reg *registry.Registry, user records.User, path string, saved []records.Mapping) *records.Mapping {
	if len(saved) == 0 {
		return nil
	}
	f, _ := reg.ReadPeople(ctx, user, path, nil) // its error is shown by the reading that follows
	if f == nil || !f.Table() {
		return nil
	}
	for i := range saved {
		if len(saved[i].Columns) != len(f.Headings) {
			continue
		}
		same := true
		for k, c := range saved[i].Columns {
			same = same && c.Heading == f.Headings[k]
		}
		if same {
			return &saved[i]
		}
	}
	return nil
}

// columns shows each column of a table with what it is taken for.
func (v *peopleView) columns() {
	v.mapping.RemoveAll()
	if v.file == nil || !v.file.Table() {
		v.bar.Hide()
		v.scroll.Hide()
		return
	}
	v.bar.Show()
	v.scroll.Show()
	l := v.ws.Lang
	names := []string{l.T("people.not_taken")}
	fields := append([]string{""}, registry.Fields()...)
	for _, f := range fields[1:] {
		names = append(names, l.T(lang.Key("people.field."+f)))
	}
	first := v.file.Cells(1)
	for i, c := range v.file.Mapping.Columns {
		choice := workspace.NewSelect(v.ws, names, nil)
		for k, f := range fields {
			if f == c.Field {
				choice.SetSelectedIndex(k)
			}
		}
		heading := c.Heading
		choice.OnChanged = func(string) {
			m := v.current()
			if err := registry.MapColumn(&m, heading, fields[max(choice.SelectedIndex(), 0)]); err != nil {
				v.problem.Explain(err)
				return
			}
			v.read(v.file.Path, &m)
		}
		head, example := widget.NewLabel(c.Heading), widget.NewLabel("")
		head.TextStyle.Bold, head.Truncation, example.Truncation = true, fyne.TextTruncateEllipsis, fyne.TextTruncateEllipsis
		example.Importance = widget.LowImportance
		if len(first) > 0 && i < len(first[0]) {
			example.SetText(first[0][i])
		}
		v.mapping.Add(container.NewVBox(head, choice, example))
	}
	v.use.Options = nil
	for _, m := range v.saved {
		v.use.Options = append(v.use.Options, m.Name)
	}
	v.use.Hidden = len(v.saved) == 0
	v.mapping.Refresh()
	v.content.Refresh()
}

// current is the mapping on the screen.
func (v *peopleView) current() records.Mapping {
	m := v.file.Mapping
	m.Columns = append([]records.MappedColumn{}, m.Columns...)
	m.Name = strings.TrimSpace(v.source.Text)
	return m
}

func (v *peopleView) chooseMapping(name string) {
	if v.file == nil {
		return
	}
	for i := range v.saved {
		if v.saved[i].Name == name {
			v.read(v.file.Path, &v.saved[i])
		}
	}
}

func (v *peopleView) saveMapping() {
	if v.file == nil || !v.file.Table() {
		return
	}
	m, user := v.current(), v.ws.User()
	v.looking.Start(func(ctx context.Context) func() {
		err := v.ws.Registry.SaveMapping(ctx, user, m)
		return func() {
			if err != nil {
				v.problem.Explain(err)
				return
			}
			v.read(v.file.Path, &m)
		}
	})
}

// storeFile stores the file as it was previewed.
func (v *peopleView) storeFile() {
	if v.file == nil || v.busy || v.store.Disabled() {
		return
	}
	v.busy = true
	v.store.Disable()
	f, user := v.file, v.ws.User()
	v.ws.StartJob(func() string { return v.ws.Lang.T("worklist.importing") }, func(ctx context.Context, _ func(done, total int)) func() {
		res, err := v.ws.Registry.StorePeople(ctx, user, f)
		return func() {
			v.busy = false
			if err != nil {
				v.store.Enable()
				v.problem.Explain(err)
				return
			}
			v.stored(res)
			v.next()
		}
	})
}

func (v *peopleView) render() {
	if v.file == nil {
		return
	}
	b := v.result.Batch
	v.title.SetText(v.ws.Lang.T("people.summary", v.file.Name, strings.ToUpper(v.file.Format), v.file.Encoding, b.New, b.Changed, b.Same, b.Review, b.Refused))
	v.table.Refresh()
}

func (v *peopleView) cell(label *widget.Label, it registry.PeopleItem, column int) {
	l := v.ws.Lang
	label.Importance = widget.MediumImportance
	switch it.Status {
	case registry.RowRefused:
		label.Importance = widget.DangerImportance
	case registry.RowReview:
		label.Importance = widget.WarningImportance
	case registry.RowSame:
		label.Importance = widget.LowImportance
	}
	text := ""
	switch column {
	case 0:
		text = l.T("people.row", it.Row)
	case 1:
		text = strings.TrimSpace(it.Name + "  " + it.Part)
	case 2:
		text = l.T(lang.Key("people.status." + it.Status))
	case 3:
		text = what(l, it)
	}
	label.SetText(text)
}

// what is what a row changes, or why it does not.
func what(l *lang.Strings, it registry.PeopleItem) string {
	if it.Error != nil {
		args := make([]any, len(it.Error.Args))
		for i, a := range it.Error.Args {
			args[i] = a
		}
		return fieldName(l, it.Error.Field) + "  " + l.Or(lang.Key("row."+it.Error.Code), it.Error.Reason, args...)
	}
	var parts []string
	for _, c := range it.Changes {
		name := l.Or(lang.Key("people.field."+c.Field), c.Field)
		if c.Old != "" {
			parts = append(parts, l.T("people.changed", strings.TrimSpace(c.Entry+" "+name), c.Old, c.New))
		}
	}
	made := map[string]bool{}
	for _, c := range it.Changes {
		if key := c.Kind + c.Entry; c.Old == "" && c.Kind != records.EntryPatient && !made[key] {
			made[key] = true
			parts = append(parts, l.T("people.added", l.Or(lang.Key("people.entry."+c.Kind), c.Kind), c.Entry))
		}
	}
	return strings.Join(parts, "； ")
}

// fieldName words a field that a reason names; a heading stays as it is.
func fieldName(l *lang.Strings, field string) string {
	return l.Or(lang.Key("people.field."+field), field)
}

// rank puts what a person has to look at first.
func rank(it registry.PeopleItem) int {
	return slices.Index([]string{registry.RowRefused, registry.RowReview, registry.RowChanged, registry.RowNew, registry.RowSame}, it.Status)
}
