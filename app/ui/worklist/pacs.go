package worklist

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/transfer"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/pacs"
	"longying/records"
)

// pacsView asks a PACS for studies and fetches them.
type pacsView struct {
	ws      *workspace.Workspace
	asking  *workspace.Task
	local   *workspace.Task
	fetches *fetches
	problem *workspace.Problem
	content fyne.CanvasObject

	servers   []transfer.Entry
	rows      []pacs.Study
	here      map[string]transfer.Here
	chosen    string
	searching bool
	found     pacs.Found
	asked     bool
	dated     bool // the last question named dates

	server                             *workspace.Select
	name, patient, accession, from, to *workspace.Entry
	modality, period                   *workspace.Select
	nameL, patientL, accessionL        *widget.Label
	serverL, dateL, modalityL          *widget.Label
	query, retrieve, cancel            *widget.Button
	summary                            *widget.Label
	detail                             *workspace.Text
	table                              *workspace.Table
	still                              *still
}

func newPACSView(ws *workspace.Workspace, f *fetches, bar fyne.CanvasObject) *pacsView {
	v := &pacsView{ws: ws, asking: ws.NewTask(), local: ws.NewTask(), fetches: f, problem: workspace.NewProblem(ws), here: map[string]transfer.Here{}}
	v.build(bar)
	workspace.On(ws, func(workspace.StudiesChanged) { v.look() })
	workspace.On(ws, func(workspace.ReportChanged) { v.look() })
	workspace.On(ws, func(workspace.UserChanged) {
		v.asking.Stop()
		v.servers, v.rows, v.chosen, v.found, v.asked, v.searching = nil, nil, "", pacs.Found{}, false, false
		for _, e := range []*workspace.Entry{v.name, v.patient, v.accession} {
			e.SetText("")
		}
		v.problem.SetText("")
		v.render()
	})
	return v
}

// modalities are those that can be asked for; the first is any.
func modalities() []string {
	return []string{"", "CR", "DX", "CT", "MR", "US", "MG", "XA", "RF", "NM", "PT", "SM", "SR"}
}

// periods are the days back from today that can be asked for; below 0: all.
func periods() []int { return []int{0, 2, 6, 29, -1} }

func (v *pacsView) build(bar fyne.CanvasObject) {
	entry := func() *workspace.Entry {
		e := workspace.NewEntry(v.ws)
		e.OnSubmitted = func(string) { v.ask() }
		return e
	}
	v.name, v.patient, v.accession, v.from, v.to = entry(), entry(), entry(), entry(), entry()
	v.server = workspace.NewSelect(v.ws, nil, nil)
	v.modality = workspace.NewSelect(v.ws, nil, nil)
	v.period = workspace.NewSelect(v.ws, nil, func(string) { v.setPeriod() })
	for _, l := range []**widget.Label{&v.nameL, &v.patientL, &v.accessionL, &v.serverL, &v.dateL, &v.modalityL} {
		*l = widget.NewLabel("")
		(*l).Importance = widget.LowImportance
	}
	v.query = widget.NewButtonWithIcon("", theme.SearchIcon(), v.ask)
	v.query.Importance = widget.HighImportance
	v.retrieve = widget.NewButtonWithIcon("", theme.DownloadIcon(), v.fetch)
	v.cancel = widget.NewButtonWithIcon("", theme.CancelIcon(), func() { v.fetches.cancel(v.chosen) })
	v.summary = widget.NewLabel("")
	v.summary.Wrapping = fyne.TextWrapWord
	v.detail = workspace.NewText(v.ws, "", widget.MediumImportance)
	v.table = studyTable(v.ws, pacsColumns(), func() int { return len(v.rows) }, v.cell, func(row int) { v.tap(row) })
	field := func(l *widget.Label, o fyne.CanvasObject) fyne.CanvasObject {
		return container.NewBorder(nil, nil, l, nil, o)
	}
	first := container.NewBorder(nil, nil, bar, container.NewHBox(v.cancel, v.retrieve, v.query),
		container.NewGridWithColumns(2, field(v.serverL, v.server), field(v.nameL, v.name)))
	dates := container.NewBorder(nil, nil, v.dateL, nil, container.NewGridWithColumns(3, v.period, v.from, v.to))
	second := container.New(shared{0.22, 0.22, 0.38, 0.18}, field(v.patientL, v.patient), field(v.accessionL, v.accession), dates, field(v.modalityL, v.modality))
	body := workspace.Steady(container.NewBorder(container.NewVBox(first, second, v.summary, v.problem), v.detail, nil, nil, container.New(spreadOver{v.table, pacsColumns()}, v.table)))
	v.still = newStill(v.ws, body, v.table, v.at)
	v.content = container.New(layout.NewCustomPaddedLayout(6, 6, 8, 8), body)
}

// shared gives objects in a row their parts of the width.
type shared []float32

func (s shared) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var size fyne.Size
	for _, o := range objects {
		m := o.MinSize()
		size.Width += m.Width + theme.Padding()
		size.Height = max(size.Height, m.Height)
	}
	return fyne.NewSize(min(size.Width, 900), size.Height)
}

func (s shared) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, o := range objects {
		w := size.Width * s[i]
		o.Move(fyne.NewPos(x, 0))
		o.Resize(fyne.NewSize(w-theme.Padding(), size.Height))
		x += w
	}
}

// column is one column of a table of studies.
type column struct {
	key   lang.Key
	share float32
}

func pacsColumns() []column {
	return []column{{"worklist.column_name", 0.15}, {"worklist.column_sex", 0.05}, {"worklist.column_patient_id", 0.12}, {"worklist.column_modality", 0.07}, {"worklist.column_date", 0.12},
		{"worklist.column_what", 0.16}, {"worklist.column_accession", 0.11}, {"worklist.column_site", 0.10}, {"worklist.column_here", 0.12}}
}

// studyTable is a table of studies with a head.
func studyTable(ws *workspace.Workspace, columns []column, rows func() int, cell func(*widget.Label, int, int), tap func(int)) *workspace.Table {
	t := workspace.NewTable(ws, func() (int, int) { return rows(), len(columns) },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		},
		func(id widget.TableCellID, o fyne.CanvasObject) {
			if l, ok := o.(*widget.Label); ok && id.Row >= 0 && id.Row < rows() {
				cell(l, id.Row, id.Col)
			}
		})
	t.Heads(len(columns), func(k int) string { return ws.Lang.T(columns[k].key) })
	t.OnSelected = func(id widget.TableCellID) {
		if id.Row >= 0 && id.Row < rows() {
			tap(id.Row)
		}
		t.UnselectAll()
	}
	return t
}

// spreadOver gives the columns of a table their parts of the width.
type spreadOver struct {
	table   *workspace.Table
	columns []column
}

func (s spreadOver) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(480, 160) }

func (s spreadOver) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	gap := theme.Padding() * float32(len(s.columns))
	for i, c := range s.columns {
		s.table.SetColumnWidth(i, max(40, c.share*(size.Width-gap)))
	}
	objects[0].Resize(size)
	objects[0].Move(fyne.NewPos(0, 0))
}

func (v *pacsView) words() {
	t := v.ws.Lang.T
	v.serverL.SetText(t("worklist.pacs_server"))
	v.nameL.SetText(t("worklist.column_name"))
	v.patientL.SetText(t("worklist.column_patient_id"))
	v.accessionL.SetText(t("worklist.column_accession"))
	v.dateL.SetText(t("worklist.column_date"))
	v.modalityL.SetText(t("worklist.column_modality"))
	v.name.SetPlaceHolder(t("worklist.pacs_name_hint"))
	v.from.SetPlaceHolder(t("worklist.pacs_from"))
	v.to.SetPlaceHolder(t("worklist.pacs_to"))
	v.query.SetText(t("worklist.pacs_query"))
	v.retrieve.SetText(t("worklist.pacs_retrieve"))
	v.cancel.SetText(t("worklist.pacs_cancel"))
	at, m := v.period.SelectedIndex(), v.modality.SelectedIndex()
	v.period.Options = nil
	for _, days := range periods() {
		switch days {
		case 0:
			v.period.Options = append(v.period.Options, t("worklist.pacs_today"))
		case -1:
			v.period.Options = append(v.period.Options, t("worklist.pacs_any_day"))
		default:
			v.period.Options = append(v.period.Options, t("worklist.pacs_days", days+1))
		}
	}
	if at < 0 {
		at = 1 // at night "today" has hardly begun
	}
	v.period.SetSelectedIndex(at)
	v.modality.Options = append([]string{t("worklist.pacs_any")}, modalities()[1:]...)
	v.modality.SetSelectedIndex(max(0, m))
	v.render()
}

// setPeriod fills in the dates of the period that was chosen.
func (v *pacsView) setPeriod() {
	i := v.period.SelectedIndex()
	if i < 0 {
		return
	}
	v.from.SetText("")
	v.to.SetText("")
	if days := periods()[i]; days >= 0 {
		now := time.Now().In(imaging.Zone())
		v.from.SetText(now.AddDate(0, 0, -days).Format("20060102"))
		v.to.SetText(now.Format("20060102"))
	}
}

// load asks which servers there are.
func (v *pacsView) load() {
	user := v.ws.User()
	v.local.Start(func(ctx context.Context) func() {
		list, err := v.ws.Transfer.Servers(ctx, user)
		return func() {
			if err != nil {
				v.problem.Explain(err)
				return
			}
			v.servers = list
			at := v.server.Selected
			v.server.Options = nil
			for _, s := range list {
				v.server.Options = append(v.server.Options, s.Name)
			}
			v.server.Refresh()
			if i := max(0, indexOf(v.server.Options, at)); len(list) > 0 {
				v.server.SetSelectedIndex(i)
			}
			v.render()
			v.look()
		}
	})
}

func indexOf(list []string, s string) int {
	for i, x := range list {
		if x == s {
			return i
		}
	}
	return -1
}

// typed is the query as it stands in the fields. Dates may be written with
// dashes.
func (v *pacsView) typed() pacs.Query {
	day := strings.NewReplacer("-", "", "/", "", ".", "", " ", "")
	return pacs.Query{Name: strings.TrimSpace(v.name.Text), PatientID: strings.TrimSpace(v.patient.Text), Accession: strings.TrimSpace(v.accession.Text),
		From: day.Replace(v.from.Text), To: day.Replace(v.to.Text), Modality: modalities()[max(0, v.modality.SelectedIndex())], Limit: 500}
}

func (v *pacsView) ask() {
	user, server, q := v.ws.User(), v.server.Selected, v.typed()
	v.problem.SetText("")
	v.searching = true
	v.render()
	v.asking.Start(func(ctx context.Context) func() {
		found, err := v.ws.Transfer.Query(ctx, user, server, q)
		return func() {
			v.searching = false
			v.problem.Explain(err)
			if err == nil {
				v.found, v.rows, v.asked, v.dated = found, found.Studies, true, q.From+q.To != ""
				slices.SortStableFunc(v.rows, func(a, b pacs.Study) int { return b.Date.Compare(a.Date) })
				v.chosen = ""
				if len(v.rows) > 0 {
					v.chosen = v.rows[0].UID
				}
				v.table.ScrollToTop()
				workspace.Release(v.name, v.patient, v.accession, v.from, v.to) // the arrow keys are the list's
			}
			v.render()
			v.look()
		}
	})
}

// look asks which of the studies are here.
func (v *pacsView) look() {
	user := v.ws.User()
	if len(v.rows) == 0 || !user.Role.May(records.RightViewPatient) {
		return
	}
	uids := uidsOf(v.rows)
	v.local.Start(func(ctx context.Context) func() {
		here, err := v.ws.Transfer.Here(ctx, user, uids)
		return func() {
			if err == nil {
				v.here = here
			}
			v.render()
		}
	})
}

func uidsOf(rows []pacs.Study) []string {
	var out []string
	for _, s := range rows {
		out = append(out, s.UID)
	}
	return out
}

func (v *pacsView) at() int {
	for i := range v.rows {
		if v.rows[i].UID == v.chosen {
			return i
		}
	}
	return -1
}

func (v *pacsView) step(n int) {
	if len(v.rows) == 0 {
		return
	}
	v.still.end()
	i := min(max(v.at()+n, 0), len(v.rows)-1)
	v.chosen = v.rows[i].UID
	v.render()
	v.table.ScrollTo(widget.TableCellID{Row: i})
}

// tap chooses a study; a second tap does what Enter does.
func (v *pacsView) tap(row int) {
	again := v.chosen == v.rows[row].UID
	v.still.begin()
	v.chosen = v.rows[row].UID
	v.render()
	if again {
		v.enter()
	}
}

// enter opens the chosen study where it is here, and fetches it otherwise.
func (v *pacsView) enter() {
	i := v.at()
	if i < 0 {
		return
	}
	if h := v.here[v.chosen]; h.Instances > 0 && h.Instances >= v.rows[i].Instances {
		v.ws.OpenStudy(v.chosen, func(err error) { v.problem.Explain(err) })
		return
	}
	v.fetch()
}

func (v *pacsView) fetch() {
	if i := v.at(); i >= 0 && mayFetch(v.ws.User()) {
		v.problem.SetText("")
		v.fetches.start(v.server.Selected, v.rows[i])
	}
}

// render shows the state as it is.
func (v *pacsView) render() {
	l := v.ws.Lang
	switch {
	case v.searching:
		v.summary.SetText(l.T("worklist.pacs_asking", v.server.Selected))
	case len(v.servers) == 0:
		v.summary.SetText(l.T("refused.no_pacs"))
	case !v.asked:
		v.summary.SetText(l.T("worklist.pacs_hint"))
	default:
		text := foundText(l, v.found)
		if len(v.rows) == 0 && v.dated {
			text += "  " + l.T("worklist.pacs_dated")
		}
		v.summary.SetText(text)
	}
	i := v.at()
	one := v.fetches.byUID[v.chosen]
	enable(v.query, len(v.servers) > 0 && !v.searching)
	enable(v.retrieve, i >= 0 && mayFetch(v.ws.User()) && (one == nil || one.err != "" || one.part > 0))
	v.cancel.Hidden = one == nil || one.err != "" || one.part > 0
	v.cancel.Refresh()
	text := ""
	if i >= 0 {
		text = fetchText(l, one)
	}
	v.detail.SetText(text)
	v.detail.Hidden = text == ""
	v.detail.Importance = widget.WarningImportance
	v.detail.Refresh()
	v.table.Refresh()
}

func enable(b *widget.Button, on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// foundText says what a query found.
func foundText(l *lang.Strings, f pacs.Found) string {
	out := []string{l.T("worklist.pacs_found", len(f.Studies))}
	if len(f.Studies) == 0 {
		out[0] = l.T("worklist.pacs_nothing")
	}
	if f.More {
		out = append(out, l.T("worklist.pacs_more"))
	}
	if f.Looked > 0 {
		out = append(out, l.T("worklist.pacs_looked", f.Looked))
	}
	for _, n := range f.Notes {
		out = append(out, l.T("worklist.pacs_note", n))
	}
	return strings.Join(out, "  ")
}

// fetchText is why a study did not come, or not whole; empty where nothing is
// wrong.
func fetchText(l *lang.Strings, one *fetch) string {
	switch {
	case one == nil:
		return ""
	case one.err != "" && one.came > 0:
		return one.err + "  " + l.T("worklist.pacs_kept", one.came)
	case one.err != "":
		return one.err
	case one.part > 0:
		return l.T("worklist.pacs_part", one.part)
	}
	return ""
}

// hereText says where a study is.
func hereText(l *lang.Strings, s *pacs.Study, h transfer.Here, one *fetch) (string, widget.Importance) {
	switch {
	case one != nil && one.err != "" && (h.Instances == 0 || h.Instances < s.Instances):
		return "× " + l.T("worklist.here_failed"), widget.DangerImportance
	case one != nil && one.part > 0:
		return "! " + l.T("worklist.here_missing", one.part), widget.WarningImportance
	case one != nil && one.job != nil:
		done, total := one.job.Progress()
		if total == 0 {
			return "↓ " + l.T("worklist.here_starting"), widget.HighImportance
		}
		return fmt.Sprintf("↓ %d/%d", done, total), widget.HighImportance
	case one != nil && one.err == "":
		return "… " + l.T("worklist.here_waiting"), widget.MediumImportance
	case !h.Signed.IsZero():
		return "✓ " + l.T("worklist.here_signed"), widget.SuccessImportance
	case h.Instances > 0 && h.Instances < s.Instances:
		return "! " + l.T("worklist.here_partly", h.Instances, s.Instances), widget.WarningImportance
	case h.Instances > 0:
		return "✓ " + l.T("worklist.here_yes"), widget.SuccessImportance
	case s.Offline:
		return l.T("worklist.here_offline"), widget.LowImportance
	case s.Instances > 0:
		return l.T("worklist.here_no", s.Instances), widget.LowImportance
	}
	return "—", widget.LowImportance
}

func (v *pacsView) cell(l *widget.Label, row, col int) {
	s := &v.rows[row]
	text, weight := "", widget.MediumImportance
	switch col {
	case 0:
		text = shown(s.Name.Display())
	case 1:
		text = v.ws.Lang.Or(lang.Key("sex."+string(records.SexFromDICOM(s.Sex))), s.Sex)
	case 2:
		text = s.PatientID
	case 3:
		text = strings.Join(s.Modalities, ", ")
	case 4:
		text = acquired(s)
	case 5:
		text = s.Description
	case 6:
		text = s.Accession
	case 7:
		text = s.Institution
	case 8:
		text, weight = hereText(v.ws.Lang, s, v.here[s.UID], v.fetches.byUID[s.UID])
	}
	marked(l, text, weight, col, s.UID == v.chosen)
}

// marked writes a cell; the chosen row has a mark besides its colour.
func marked(l *widget.Label, text string, weight widget.Importance, col int, chosen bool) {
	if chosen {
		if col == 0 {
			text = "▸ " + text
		}
		if weight == widget.MediumImportance || weight == widget.LowImportance {
			weight = widget.HighImportance
		}
	}
	l.Importance = weight
	l.SetText(text)
}

// acquired is when a study was made, as far as it says.
func acquired(s *pacs.Study) string {
	switch {
	case s.Date.IsZero():
		return ""
	case s.Exact:
		return s.Date.In(imaging.Zone()).Format("2006-01-02 15:04")
	}
	return s.Date.In(imaging.Zone()).Format("2006-01-02")
}

func (v *pacsView) keys() []workspace.Action {
	press := workspace.Press
	return []workspace.Action{
		{Label: "worklist.pacs_enter", Keys: []workspace.Key{press(fyne.KeyReturn)}, Do: v.enter},
		{Label: "worklist.next", Keys: []workspace.Key{press(fyne.KeyDown)}, Do: func() { v.step(1) }},
		{Label: "worklist.previous", Keys: []workspace.Key{press(fyne.KeyUp)}, Do: func() { v.step(-1) }},
		{Label: "worklist.search", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyF)}, Do: func() { workspace.Focus(v.name) }},
		{Label: "worklist.pacs_query", Keys: []workspace.Key{press(fyne.KeyF5)}, Do: v.ask},
		{Label: "worklist.pacs_retrieve", Keys: []workspace.Key{press(fyne.KeyF6)}, Do: v.fetch},
		{Label: "worklist.pacs_cancel", Keys: []workspace.Key{press(fyne.KeyDelete)}, Do: func() { v.fetches.cancel(v.chosen) }},
	}
}
