package worklist

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// filters are the buttons that narrow the list: each goes to its next choice, by
// a click or its key, and says what it is at.
type filters struct {
	ws       *workspace.Workspace
	narrow   *narrowing
	changed  func()
	offered  []string // modalities of the list
	parts    []string // of the body, that the list has
	content  *fyne.Container
	modality *widget.Button
	part     *widget.Button
	days     *widget.Button
	stage    *widget.Button
	urgent   *widget.Button
	mine     *widget.Button
	none     *widget.Button
}

func newFilters(ws *workspace.Workspace, n *narrowing, changed func()) *filters {
	f := &filters{ws: ws, narrow: n, changed: changed}
	f.modality = widget.NewButton("", f.nextModality)
	f.part = widget.NewButton("", f.nextPart)
	f.days = widget.NewButton("", f.nextDays)
	f.stage = widget.NewButton("", f.nextStage)
	f.urgent = widget.NewButton("", f.nextUrgent)
	f.mine = widget.NewButton("", f.turnMine)
	f.none = widget.NewButton("", f.clear)
	f.content = container.NewHBox(f.modality, f.part, f.days, f.stage, f.urgent, f.mine, f.none)
	return f
}

// next is the choice after one, round about.
func next[T comparable](all []T, now T) T { return all[(slices.Index(all, now)+1)%len(all)] }

func (f *filters) nextModality() {
	f.narrow.modality = next(append([]string{""}, f.offered...), f.narrow.modality)
	f.apply()
}

func (f *filters) nextPart() {
	f.narrow.part = next(append([]string{""}, f.parts...), f.narrow.part)
	f.apply()
}

// turnMine shows the work of who is signed in, or everybody's.
func (f *filters) turnMine() {
	f.narrow.mine = !f.narrow.mine
	f.apply()
}

func (f *filters) nextDays() {
	f.narrow.days = next(daysChosen(), f.narrow.days)
	f.apply()
}

func (f *filters) nextStage() {
	f.narrow.stage = next(append([]records.StudyStage{""}, records.StudyStages()...), f.narrow.stage)
	f.apply()
}

// nextUrgent goes from all to open critical values, to overdue reports.
func (f *filters) nextUrgent() {
	n := f.narrow
	n.critical, n.overdue = !n.critical && !n.overdue, n.critical
	f.apply()
}

func (f *filters) clear() {
	*f.narrow = narrowing{}
	f.apply()
}

func (f *filters) apply() {
	user := f.ws.User().ID
	f.ws.Screen.Change(func(s *screen.State) { s.Filter = f.narrow.kept(user) })
	f.words()
	f.changed()
}

// begin takes what the person who signed in had left.
func (f *filters) begin() {
	*f.narrow = keptOf(f.ws.Screen.State().Filter, f.ws.User().ID)
	f.words()
}

// offer takes the modalities and the parts of the body that the list has.
func (f *filters) offer(modalities, parts []string) { f.offered, f.parts = modalities, parts }

func (f *filters) words() {
	l, n := f.ws.Lang, f.narrow
	put := func(b *widget.Button, key lang.Key, at string, on bool) {
		b.Importance = widget.LowImportance
		if on {
			b.Importance = widget.HighImportance
		}
		b.SetText(l.T(key, at))
	}
	all := l.T("worklist.filter_all")
	at := func(text string, on bool) string {
		if on {
			return text
		}
		return all
	}
	put(f.modality, "worklist.button_modality", at(n.modality, n.modality != ""), n.modality != "")
	put(f.part, "worklist.button_part", at(l.Or(lang.Key("bodypart."+n.part), n.part), n.part != ""), n.part != "")
	days := all
	if n.days > 0 {
		days = n.dayWords(l)
	}
	put(f.days, "worklist.button_days", days, n.days > 0)
	stage := all
	if n.stage != "" {
		stage = l.T(lang.Key("worklist.stage_" + string(n.stage)))
	}
	put(f.stage, "worklist.button_stage", stage, n.stage != "")
	urgent := all
	switch {
	case n.critical:
		urgent = l.T("worklist.only_critical")
	case n.overdue:
		urgent = l.T("worklist.only_overdue")
	}
	put(f.urgent, "worklist.button_urgent", urgent, n.critical || n.overdue)
	mine := l.T("worklist.everybodys")
	if n.mine {
		mine = l.T("worklist.only_mine")
	}
	put(f.mine, "worklist.button_mine", mine, n.mine)
	f.none.SetText(l.T("worklist.button_none"))
	f.none.Importance = widget.LowImportance
	f.none.Hidden = !n.any()
	f.content.Refresh()
}
