package worklist

import (
	"cmp"
	"context"
	"strconv"
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

// every is how often the township queue asks again.
const every = time.Minute

// queueView is the township queue: what the PACS has of the last days, by how
// long it waits for a report.
type queueView struct {
	ws      *workspace.Workspace
	asking  *workspace.Task
	timer   *workspace.Task
	setting *workspace.Task
	looking *workspace.Task
	fetches *fetches
	problem *workspace.Problem
	content fyne.CanvasObject

	servers []string
	found   pacs.Found
	here    map[string]transfer.Here
	rows    []queued
	chosen  string
	front   bool // it is in sight
	paused  bool
	busy    bool
	again   bool // the same question was asked before, and audited
	updated time.Time
	stale   bool // the last question failed

	server, site, days, limit      *workspace.Select
	serverL, siteL, daysL, limitL  *widget.Label
	pause, refresh, retrieve, open *widget.Button
	cancel                         *widget.Button
	summary, state                 *widget.Label
	detail                         *workspace.Text
	table                          *workspace.Table
	still                          *still
}

// limits are the minutes after which a study is overdue that can be chosen.
func limits() []int { return []int{30, 60, 120, 240, 1440} }

// spans are the days that the queue shows.
func spans() []int { return []int{1, 2, 7} }

func newQueueView(ws *workspace.Workspace, f *fetches, bar fyne.CanvasObject) *queueView {
	v := &queueView{ws: ws, asking: ws.NewTask(), timer: ws.NewTask(), setting: ws.NewTask(), looking: ws.NewTask(), fetches: f, problem: workspace.NewProblem(ws)}
	v.build(bar)
	workspace.On(ws, func(workspace.StudiesChanged) { v.look() })
	workspace.On(ws, func(workspace.ReportChanged) { v.look() })
	workspace.On(ws, func(workspace.UserChanged) {
		v.stop()
		v.found, v.here, v.rows, v.chosen, v.updated, v.again, v.stale, v.servers = pacs.Found{}, nil, nil, "", time.Time{}, false, false, nil
		v.problem.SetText("")
		v.render()
	})
	return v
}

func queueColumns() []column {
	return []column{{"worklist.column_waiting", 0.13}, {"worklist.column_site", 0.15}, {"worklist.column_name", 0.15}, {"worklist.column_sex", 0.05}, {"worklist.column_modality", 0.08},
		{"worklist.column_date", 0.13}, {"worklist.column_what", 0.18}, {"worklist.column_here", 0.13}}
}

func (v *queueView) build(bar fyne.CanvasObject) {
	changed := func(string) {
		v.again = false
		v.ask()
	}
	v.server, v.days = workspace.NewSelect(v.ws, nil, changed), workspace.NewSelect(v.ws, nil, changed)
	v.site = workspace.NewSelect(v.ws, nil, func(string) { v.arrange() })
	v.limit = workspace.NewSelect(v.ws, nil, func(string) { v.setLimit() })
	for _, l := range []**widget.Label{&v.serverL, &v.siteL, &v.daysL, &v.limitL} {
		*l = widget.NewLabel("")
		(*l).Importance = widget.LowImportance
	}
	v.pause = widget.NewButtonWithIcon("", theme.MediaPauseIcon(), v.togglePause)
	v.refresh = widget.NewButtonWithIcon("", theme.ViewRefreshIcon(), v.ask)
	v.retrieve = widget.NewButtonWithIcon("", theme.DownloadIcon(), v.fetch)
	v.open = widget.NewButtonWithIcon("", theme.NavigateNextIcon(), v.enter)
	v.open.Importance = widget.HighImportance
	v.cancel = widget.NewButtonWithIcon("", theme.CancelIcon(), func() { v.fetches.cancel(v.chosen) })
	v.summary, v.state, v.detail = widget.NewLabel(""), widget.NewLabel(""), workspace.NewText(v.ws, "", widget.WarningImportance)
	v.summary.Truncation = fyne.TextTruncateEllipsis
	v.state.Importance = widget.LowImportance
	v.table = studyTable(v.ws, queueColumns(), func() int { return len(v.rows) }, v.cell, func(row int) {
		again := v.chosen == v.rows[row].UID
		v.still.begin()
		v.chosen = v.rows[row].UID
		v.render()
		if again {
			v.enter()
		}
	})
	field := func(l *widget.Label, o fyne.CanvasObject) fyne.CanvasObject {
		return container.NewBorder(nil, nil, l, nil, o)
	}
	first := container.NewBorder(nil, nil, bar, container.NewHBox(v.cancel, v.pause, v.refresh, v.retrieve, v.open), nil)
	second := container.NewGridWithColumns(4, field(v.serverL, v.server), field(v.siteL, v.site), field(v.daysL, v.days), field(v.limitL, v.limit))
	line := container.NewBorder(nil, nil, nil, v.state, v.summary)
	body := workspace.Steady(container.NewBorder(container.NewVBox(first, second, line, v.problem), v.detail, nil, nil, container.New(spreadOver{v.table, queueColumns()}, v.table)))
	v.still = newStill(v.ws, body, v.table, v.at)
	v.content = container.New(layout.NewCustomPaddedLayout(6, 6, 8, 8), body)
}

// options fills a choice anew without doing what a person's choice does.
func options(s *workspace.Select, list []string, at int) {
	changed := s.OnChanged
	s.OnChanged = nil
	s.Options = list
	if at >= 0 && at < len(list) {
		s.SetSelectedIndex(at)
	} else {
		s.ClearSelected()
	}
	s.OnChanged = changed
	s.Refresh()
}

func (v *queueView) words() {
	t := v.ws.Lang.T
	v.serverL.SetText(t("worklist.pacs_server"))
	v.siteL.SetText(t("worklist.column_site"))
	v.daysL.SetText(t("worklist.queue_days"))
	v.limitL.SetText(t("worklist.queue_limit"))
	v.refresh.SetText(t("worklist.queue_refresh"))
	v.retrieve.SetText(t("worklist.pacs_retrieve"))
	v.open.SetText(t("worklist.open"))
	v.cancel.SetText(t("worklist.pacs_cancel"))
	var days, allowed []string
	for i, d := range spans() {
		if i == 0 {
			days = append(days, t("worklist.pacs_today"))
			continue
		}
		days = append(days, t("worklist.pacs_days", d))
	}
	for _, m := range limits() {
		if m < 60 {
			allowed = append(allowed, t("worklist.queue_minutes", m))
		} else {
			allowed = append(allowed, t("worklist.queue_hours", m/60))
		}
	}
	at := v.days.SelectedIndex()
	if at < 0 {
		at = 1
	}
	options(v.days, days, at)
	at = v.limit.SelectedIndex()
	if at < 0 {
		at = 2
	}
	options(v.limit, allowed, at)
	v.arrange()
}

// shownNow and hiddenNow follow the view in and out of sight: nothing is asked
// for a list that nobody sees.
func (v *queueView) shownNow() {
	v.front = true
	user := v.ws.User()
	v.setting.Start(func(ctx context.Context) func() {
		list, err := v.ws.Transfer.Servers(ctx, user)
		limit, perr := "", error(nil)
		if err == nil {
			limit, perr = v.ws.Admin.Preference(ctx, "queue_minutes")
		}
		return func() {
			if err != nil || perr != nil {
				v.problem.Explain(cmp.Or(err, perr))
				return
			}
			before := v.server.Selected
			v.servers = nil
			for _, s := range list {
				v.servers = append(v.servers, s.Name)
			}
			options(v.server, v.servers, max(0, indexOf(v.servers, before)))
			for i, m := range limits() {
				if strconv.Itoa(m) == limit {
					options(v.limit, v.limit.Options, i)
				}
			}
			v.ask()
		}
	})
}

func (v *queueView) hiddenNow() {
	v.front = false
	v.stop()
}

func (v *queueView) stop() {
	v.asking.Stop()
	v.timer.Stop()
	v.setting.Stop()
	v.busy = false
}

func (v *queueView) setLimit() {
	v.arrange()
	i := v.limit.SelectedIndex()
	if i < 0 {
		return
	}
	v.ws.NewTask().Start(func(ctx context.Context) func() {
		err := v.ws.Admin.SetPreference(ctx, v.ws.User(), "queue_minutes", strconv.Itoa(limits()[i]))
		return func() { v.problem.Explain(err) }
	})
}

func (v *queueView) togglePause() {
	v.paused = !v.paused
	if v.paused {
		v.timer.Stop()
	} else {
		v.ask()
	}
	v.render()
}

// ask asks the PACS, and again after a while.
func (v *queueView) ask() {
	user, server := v.ws.User(), v.server.Selected
	if !v.front || len(v.servers) == 0 || user.ID == "" {
		v.render()
		return
	}
	now := time.Now().In(imaging.Zone())
	span := spans()[max(0, v.days.SelectedIndex())]
	q := pacs.Query{From: now.AddDate(0, 0, 1-span).Format("20060102"), To: now.Format("20060102"), Limit: 2000}
	first := !v.again
	v.busy = true
	v.render()
	v.asking.Start(func(ctx context.Context) func() {
		found, err := v.ws.Transfer.Watch(ctx, user, server, q, first)
		var here map[string]transfer.Here
		if err == nil {
			here, err = v.ws.Transfer.Here(ctx, user, uidsOf(found.Studies))
		}
		return func() {
			v.busy = false
			v.problem.Explain(err)
			v.stale = err != nil
			if err == nil {
				v.found, v.here, v.again, v.updated = found, here, true, time.Now()
			}
			v.still.arrange(v.arrange)
			v.later()
		}
	})
}

// later asks again after a while, as long as the list is in sight.
func (v *queueView) later() {
	if v.paused || !v.front {
		return
	}
	v.timer.Start(func(ctx context.Context) func() {
		select {
		case <-time.After(every):
			return v.ask
		case <-ctx.Done():
			return nil
		}
	})
}

// look asks again what of the queue is here.
func (v *queueView) look() {
	user := v.ws.User()
	if len(v.found.Studies) == 0 || !user.Role.May(records.RightViewPatient) {
		return
	}
	uids := uidsOf(v.found.Studies)
	v.looking.Start(func(ctx context.Context) func() {
		here, err := v.ws.Transfer.Here(ctx, user, uids)
		return func() {
			if err == nil {
				v.here = here
			}
			v.still.arrange(v.arrange)
		}
	})
}

// arrange orders what was found, and keeps the choice.
func (v *queueView) arrange() {
	all := v.ws.Lang.T("worklist.queue_all_sites")
	sites := append([]string{all}, sitesOf(v.found.Studies)...)
	at := indexOf(sites, v.site.Selected)
	options(v.site, sites, max(0, at))
	site := ""
	if at > 0 {
		site = sites[at]
	}
	v.rows = waitingOf(v.found.Studies, v.here, time.Now(), time.Duration(limits()[max(0, v.limit.SelectedIndex())])*time.Minute, site)
	if v.at() < 0 {
		v.chosen = ""
		if len(v.rows) > 0 {
			v.chosen = v.rows[0].UID
		}
	}
	v.render()
}

func (v *queueView) at() int {
	for i := range v.rows {
		if v.rows[i].UID == v.chosen {
			return i
		}
	}
	return -1
}

func (v *queueView) step(n int) {
	if len(v.rows) == 0 {
		return
	}
	v.still.end()
	i := min(max(v.at()+n, 0), len(v.rows)-1)
	v.chosen = v.rows[i].UID
	v.render()
	v.table.ScrollTo(widget.TableCellID{Row: i})
}

func (v *queueView) enter() {
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

func (v *queueView) fetch() {
	if i := v.at(); i >= 0 && mayFetch(v.ws.User()) {
		v.fetches.start(v.server.Selected, v.rows[i].Study)
	}
}

func (v *queueView) render() {
	l := v.ws.Lang
	n, median := counts(v.rows)
	parts := []string{l.T("worklist.queue_summary", n[overdue], n[soon], n[waits]+n[timeless], n[reported])}
	if median > 0 {
		parts = append(parts, l.T("worklist.queue_median", clock(median)))
	}
	if v.found.More {
		parts = append(parts, l.T("worklist.pacs_more"))
	}
	v.summary.Importance = widget.MediumImportance
	switch {
	case n[overdue] > 0:
		v.summary.Importance = widget.DangerImportance
	case n[soon] > 0:
		v.summary.Importance = widget.WarningImportance
	}
	switch {
	case len(v.servers) == 0:
		parts = []string{l.T("refused.no_pacs")}
	case v.updated.IsZero(): // a zero would say that nobody waits
		parts = []string{l.T("worklist.queue_unknown")}
	}
	v.summary.SetText(strings.Join(parts, "  "))
	v.state.SetText(v.stateText())
	v.state.Importance = widget.LowImportance
	if v.stale || v.paused {
		v.state.Importance = widget.WarningImportance
	}
	v.state.Refresh()
	word, icon := lang.Key("worklist.queue_pause"), theme.MediaPauseIcon()
	if v.paused {
		word, icon = "worklist.queue_resume", theme.MediaPlayIcon()
	}
	v.pause.SetText(l.T(word))
	v.pause.SetIcon(icon)
	i := v.at()
	one := v.fetches.byUID[v.chosen]
	enable(v.refresh, len(v.servers) > 0 && !v.busy)
	enable(v.retrieve, i >= 0 && mayFetch(v.ws.User()) && (one == nil || one.err != "" || one.part > 0))
	enable(v.open, i >= 0)
	v.cancel.Hidden = one == nil || one.err != "" || one.part > 0
	v.cancel.Refresh()
	text := ""
	if i >= 0 {
		text = fetchText(l, one)
	}
	v.detail.SetText(text)
	v.detail.Hidden = text == ""
	v.table.Refresh()
}

// stateText says how old the list is and whether it is kept up to date.
func (v *queueView) stateText() string {
	t := v.ws.Lang.T
	at := "—"
	if !v.updated.IsZero() {
		at = v.updated.In(imaging.Zone()).Format("15:04:05")
	}
	switch {
	case v.busy:
		return t("worklist.queue_busy")
	case v.paused:
		return t("worklist.queue_paused", at)
	case v.stale && v.updated.IsZero():
		return t("worklist.queue_failed")
	case v.stale:
		return t("worklist.queue_stale", at)
	}
	return t("worklist.queue_updated", at)
}

// waitText is how long a study waits, each level with a mark of its own.
func waitText(l *lang.Strings, q *queued) (string, widget.Importance) {
	switch q.level {
	case overdue:
		return "!! " + l.T("worklist.queue_overdue", clock(q.took)), widget.DangerImportance
	case soon:
		return "! " + clock(q.took), widget.WarningImportance
	case waits:
		return clock(q.took), widget.SuccessImportance
	case reported:
		if !q.Exact || q.took < 0 {
			return "✓ " + l.T("worklist.here_signed"), widget.LowImportance
		}
		return "✓ " + l.T("worklist.queue_took", clock(q.took)), widget.LowImportance
	}
	return "? " + l.T("worklist.queue_timeless"), widget.WarningImportance
}

func (v *queueView) cell(l *widget.Label, row, col int) {
	q := &v.rows[row]
	text, weight := "", widget.MediumImportance
	switch col {
	case 0:
		text, weight = waitText(v.ws.Lang, q)
	case 1:
		text = q.Institution
	case 2:
		text = shown(q.Name.Display())
	case 3:
		text = v.ws.Lang.Or(lang.Key("sex."+string(records.SexFromDICOM(q.Sex))), q.Sex)
	case 4:
		text = strings.Join(q.Modalities, ", ")
	case 5:
		text = acquired(&q.Study)
	case 6:
		text = q.Description
	case 7:
		text, weight = hereText(v.ws.Lang, &q.Study, v.here[q.UID], v.fetches.byUID[q.UID])
	}
	marked(l, text, weight, col, q.UID == v.chosen)
}

func (v *queueView) keys() []workspace.Action {
	press := workspace.Press
	return []workspace.Action{
		{Label: "worklist.pacs_enter", Keys: []workspace.Key{press(fyne.KeyReturn)}, Do: v.enter},
		{Label: "worklist.next", Keys: []workspace.Key{press(fyne.KeyDown)}, Do: func() { v.step(1) }},
		{Label: "worklist.previous", Keys: []workspace.Key{press(fyne.KeyUp)}, Do: func() { v.step(-1) }},
		{Label: "worklist.queue_refresh", Keys: []workspace.Key{press(fyne.KeyF5)}, Do: v.ask},
		{Label: "worklist.queue_pause_key", Keys: []workspace.Key{press(fyne.KeyP)}, Do: v.togglePause},
		{Label: "worklist.pacs_retrieve", Keys: []workspace.Key{press(fyne.KeyF6)}, Do: v.fetch},
		{Label: "worklist.pacs_cancel", Keys: []workspace.Key{press(fyne.KeyDelete)}, Do: func() { v.fetches.cancel(v.chosen) }},
	}
}
