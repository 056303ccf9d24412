package consult

import (
	"context"
	"image"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/consult"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// The steps of the page, in the order of the flow.
const (
	pageRequest = iota
	pagePrepare
	pageSchedule
	pageMeet
	pageDecide
	pageFollow
	pages
)

func pageNames() []lang.Key {
	return []lang.Key{"consult.page_request", "consult.page_prepare", "consult.page_schedule", "consult.page_meet", "consult.page_decide", "consult.page_follow"}
}

// PageOf is the step at which a consult in a state stands.
func PageOf(state string) int {
	switch state {
	case records.ConsultRequested, records.ConsultWithdrawn:
		return pageRequest
	case records.ConsultPreparing:
		return pagePrepare
	case records.ConsultScheduled:
		return pageSchedule
	case records.ConsultMeeting:
		return pageMeet
	case records.ConsultDecided:
		return pageDecide
	}
	return pageFollow
}

// flowForm holds what is typed and chosen on the pages of one consult.
type flowForm struct {
	number                                         *workspace.Entry // of the patient of a new consult, where no study is open
	withdraw, medication, excuse                   *workspace.Entry
	date, clock, place, members, moved             *workspace.Entry
	replyPath, replyPass, comment                  *workspace.Entry
	tasks, owner, text, until, done, happened, why *workspace.Entry
	page                                           int
	item, chair, radiology, pathology, followUp    string
	named                                          map[string]bool // missing items that were named
	present                                        map[string]bool
	discordant, otherwise                          bool
	said                                           func() string // what came of the last act; nil: nothing is said
}

func (f *flowForm) entries() []*workspace.Entry {
	return []*workspace.Entry{f.withdraw, f.medication, f.excuse, f.date, f.clock, f.place, f.members, f.moved, f.replyPath, f.replyPass, f.comment,
		f.tasks, f.owner, f.text, f.until, f.done, f.happened, f.why}
}

func (r *room) flowForms(entry func() *workspace.Entry, long func(int) *workspace.Entry, secret func() *workspace.Entry) {
	r.flow = flowForm{number: entry(), withdraw: entry(), medication: entry(), excuse: entry(), date: entry(), clock: entry(), place: entry(), members: long(4),
		moved: entry(), replyPath: entry(), replyPass: secret(), comment: long(2), tasks: long(3), owner: entry(), text: entry(), until: entry(),
		done: long(2), happened: long(2), why: long(2), named: map[string]bool{}, present: map[string]bool{}}
}

// clearFlow empties what belongs to one consult.
func (r *room) clearFlow() {
	f := &r.flow
	for _, e := range f.entries() {
		e.SetText("")
	}
	f.item, f.chair, f.radiology, f.pathology, f.followUp, f.said = "", "", "", "", "", nil
	f.named, f.present, f.discordant, f.otherwise = map[string]bool{}, map[string]bool{}, false, false
	r.checks, r.pictures = nil, map[string]image.Image{}
}

func (r *room) flowWords() {
	t, f := r.ws.Lang.T, &r.flow
	for e, key := range map[*workspace.Entry]lang.Key{f.number: "consult.number_hint", f.withdraw: "consult.withdraw_hint", f.medication: "consult.medication_hint",
		f.excuse: "consult.excuse_hint", f.date: "consult.meeting_date_hint", f.clock: "consult.clock_hint", f.place: "consult.place_hint", f.members: "consult.schedule_members_hint",
		f.moved: "consult.moved_hint", f.replyPath: "consult.reply_path_hint", f.replyPass: "consult.reply_passphrase_hint", f.comment: "consult.correlate_hint",
		f.tasks: "consult.tasks_hint", f.owner: "consult.owner_hint", f.text: "consult.result_hint", f.until: "consult.until_hint", f.done: "consult.done_hint",
		f.happened: "consult.happened_hint", f.why: "consult.why_hint"} {
		e.SetPlaceHolder(t(key))
	}
	r.speak.password.SetPlaceHolder(t("consult.password_hint"))
}

// turn shows another step of the page.
func (r *room) turn(to int) {
	if r.current == nil || r.view != showConsult {
		return
	}
	r.flow.page, r.flow.said = min(max(to, 0), pages-1), nil
	r.render()
	r.scroll.ScrollToTop()
}

// stepBar is the flow with the step that is shown, and who came there and when.
func (r *room) stepBar(m *records.Consult) fyne.CanvasObject {
	l := r.ws.Lang
	row := container.NewGridWithColumns(pages)
	at := PageOf(m.State)
	for i, name := range pageNames() {
		b := widget.NewButton(l.T("consult.step", i+1, l.T(name)), func() { r.turn(i) })
		b.Importance = widget.LowImportance
		switch {
		case i == r.flow.page:
			b.Importance = widget.HighImportance
		case i < at:
			b.Icon = theme.ConfirmIcon()
		case i == at:
			b.Importance = widget.MediumImportance
		}
		row.Add(b)
	}
	return row
}

// flowPage is the step of the page that is chosen.
func (r *room) flowPage(m *records.Consult, lead bool) {
	r.page.Add(r.stepBar(m))
	if r.flow.said != nil {
		r.page.Add(tight(wrapped(r.flow.said(), widget.SuccessImportance)))
	}
	if r.flow.page == pageMeet || r.flow.page == pageDecide {
		r.page.Add(wrapped(r.ws.Lang.T("consult.question_is", m.Question), widget.MediumImportance))
	}
	switch r.flow.page {
	case pageRequest:
		r.requestPage(m, lead)
	case pagePrepare:
		r.checklist(m, lead)
		r.items(m, lead)
	case pageSchedule:
		r.schedulePage(m, lead)
	case pageMeet:
		r.meetPage(m, lead)
	case pageDecide:
		r.decision(m)
	case pageFollow:
		r.followPage(m, lead)
	}
}

func (r *room) requestPage(m *records.Consult, lead bool) {
	l := r.ws.Lang
	r.page.Add(wrapped(l.T("consult.question_is", m.Question), widget.MediumImportance))
	r.section("consult.history")
	for _, s := range m.History {
		text := l.T("consult.stage", s.At.In(imaging.Zone()).Format("2006-01-02 15:04"), l.Or(lang.Key("consult.state."+s.State), s.State), s.ByName)
		if s.Reason != "" {
			text += l.T("consult.because", s.Reason)
		}
		r.page.Add(tight(wrapped(text, widget.MediumImportance)))
	}
	if lead && m.Allows(records.StepAccept) == nil {
		r.page.Add(container.NewHBox(strong(l.T("consult.button_accept"), theme.ConfirmIcon(), r.accept)))
	}
	if m.Allows(records.StepWithdraw) == nil {
		r.section("consult.withdraw")
		r.flow.withdraw.OnSubmitted = func(string) { r.withdraw() }
		r.page.Add(container.NewBorder(nil, nil, nil, widget.NewButtonWithIcon(l.T("consult.button_withdraw"), theme.CancelIcon(), r.withdraw), r.flow.withdraw))
	}
}

func (r *room) accept() {
	r.act("consult.said_accepted", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Accept(ctx, user, id)
	}, nil)
}

func (r *room) withdraw() {
	reason := r.flow.withdraw.Text
	r.act("consult.said_withdrawn", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Withdraw(ctx, user, id, reason)
	}, nil)
}

// act is change that says what came of it.
func (r *room) act(said lang.Key, step func(ctx context.Context, user records.User, id string) (records.Consult, error), done func()) {
	r.flow.said = nil
	r.change(step, func() {
		if done != nil {
			done()
		}
		r.flow.said = func() string { return r.ws.Lang.T(said) }
	})
}

// checkWord is an item of the checklist in the reader's language.
func (r *room) checkWord(item string) string {
	return r.ws.Lang.Or(lang.Key("consult.check_"+item), item)
}

// checklist is what the record holds for the consult, and where to mend what it
// lacks.
func (r *room) checklist(m *records.Consult, lead bool) {
	l := r.ws.Lang
	r.section("consult.checklist")
	lacks := records.Missing(r.checks)
	summary := widget.SuccessImportance
	if len(lacks) > 0 {
		summary = widget.WarningImportance
	}
	r.page.Add(tight(wrapped(l.T("consult.checklist_lacks", len(lacks)), summary)))
	for _, x := range r.checks {
		weight, mark := widget.MediumImportance, l.T("consult.check_state_there")
		var mend fyne.CanvasObject
		switch x.State {
		case records.CheckMissing:
			weight, mark = widget.WarningImportance, l.T("consult.check_state_missing")
			mend = r.mend(x)
		case records.CheckNotNeeded:
			weight, mark = widget.LowImportance, l.T("consult.check_state_not_needed")
		}
		text := mark + "  " + r.checkWord(x.Item)
		if x.State == records.CheckThere && x.Count > 0 {
			text += l.T("consult.check_count", x.Count)
		}
		if x.State != records.CheckThere && x.Unread > 0 {
			text += l.T("consult.check_unread", x.Unread)
		}
		if x.State == records.CheckMissing && len(x.Studies) > 0 {
			text += l.T("consult.check_at", r.studyNames(x.Studies))
		}
		if e := x.Excuse; e != nil {
			text += l.T("consult.excused", e.Reason, e.ByName)
		}
		r.page.Add(bullet(text, weight, mend))
	}
	if !lead || m.Allows(records.StepExcuse) != nil {
		return
	}
	var names, items []string
	for _, x := range r.checks {
		if x.State != records.CheckThere {
			items = append(items, x.Item)
			names = append(names, r.checkWord(x.Item))
		}
	}
	if len(items) > 0 {
		choice := workspace.NewSelect(r.ws, names, nil)
		choice.PlaceHolder = l.T("consult.choose_item")
		for i, it := range items {
			if it == r.flow.item {
				choice.SetSelectedIndex(i)
			}
		}
		choice.OnChanged = func(string) {
			if i := choice.SelectedIndex(); i >= 0 {
				r.flow.item = items[i]
			}
		}
		r.flow.excuse.OnSubmitted = func(string) { r.excuse() }
		b := widget.NewButton(l.T("consult.button_excuse"), r.excuse)
		r.page.Add(container.New(layout.NewBorderLayout(nil, nil, choice, b), choice, r.flow.excuse, b))
	}
	r.flow.medication.OnSubmitted = func(string) { r.layMedication() }
	b := widget.NewButtonWithIcon(l.T("consult.button_medication"), theme.ContentAddIcon(), r.layMedication)
	r.page.Add(container.New(layout.NewBorderLayout(nil, nil, nil, b), r.flow.medication, b))
}

func (r *room) studyNames(uids []string) string {
	var out []string
	for _, uid := range uids {
		name := uid
		if r.patient != nil {
			for _, ex := range r.patient.Examinations {
				if ex.StudyUID == uid {
					name = r.naming().Study(ex)
				}
			}
		}
		out = append(out, name)
	}
	return strings.Join(out, r.ws.Lang.T("consult.comma"))
}

// mend leads to the room in which an item can be mended.
func (r *room) mend(x records.Check) fyne.CanvasObject {
	if x.Room == "" || x.Room == "consult" || records.Require(r.ws.User(), records.RightViewPatient) != nil {
		return nil
	}
	uid := ""
	if len(x.Studies) > 0 {
		uid = x.Studies[0]
	} else if r.patient != nil && len(r.patient.Examinations) > 0 {
		uid = r.patient.Examinations[0].StudyUID
	}
	if uid == "" {
		return nil
	}
	return widget.NewButton(r.ws.Lang.T("consult.button_mend"), func() {
		r.ws.OpenStudy(uid, func(err error) { r.problem.Explain(err) })
		workspace.Publish(r.ws, workspace.RoomWanted{ID: x.Room})
	})
}

func (r *room) excuse() {
	item, reason := r.flow.item, r.flow.excuse.Text
	needed := r.current != nil && r.current.Excused(item) != nil
	r.act("consult.said_excused", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Excuse(ctx, user, id, item, reason, needed)
	}, func() {
		r.flow.item = ""
		r.flow.excuse.SetText("")
	})
}

func (r *room) layMedication() {
	item := records.ConsultItem{Kind: "medication", Title: r.ws.Lang.T("consult.kind_medication"), Note: r.flow.medication.Text}
	r.act("consult.said_added", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Add(ctx, user, id, item)
	}, func() { r.flow.medication.SetText("") })
}

// Filter is what the list of consults shows.
type Filter int

// The filters.
const (
	FilterAll Filter = iota
	FilterMine
	FilterToday
	FilterOverdue
	FilterOpen
	filters
)

// Shown is the part of the consults that a filter shows: mine is what I asked
// for, chair, am a member of or have a task in; today's meets or is due today;
// overdue has a task past its day; open is neither closed nor withdrawn.
func Shown(list []records.Consult, due []records.Reminder, f Filter, user, today string) []records.Consult {
	var out []records.Consult
	for _, m := range list {
		overdue, now, mine := false, false, m.CreatedBy == user || m.ChairID() == user
		for _, d := range due {
			if d.ConsultID == m.ID {
				overdue, now, mine = overdue || d.Overdue, now || d.Today, mine || d.OwnerID == user
			}
		}
		for _, x := range m.Members {
			mine = mine || x.UserID == user
		}
		if s := m.Scheduled(); s != nil && m.State == records.ConsultScheduled {
			now = now || s.At.In(imaging.Zone()).Format("20060102") == today
		}
		closed := m.State == records.ConsultClosed || m.State == records.ConsultWithdrawn
		if f == FilterAll || f == FilterMine && mine || f == FilterToday && now || f == FilterOverdue && overdue || f == FilterOpen && !closed {
			out = append(out, m)
		}
	}
	return out
}

func filterNames() []lang.Key {
	return []lang.Key{"consult.filter_all", "consult.filter_mine", "consult.filter_today", "consult.filter_overdue", "consult.filter_open"}
}

func (r *room) nextFilter() {
	r.filter = (r.filter + 1) % filters
	r.renderRail()
}

// colleague is the member that a line names: a user by name or login, or an
// outside doctor with the hospital.
func colleague(list []consult.Colleague, name string) (id string) {
	for _, x := range list {
		if x.Name == name || x.Login == name {
			if id != "" && id != x.UserID {
				return "" // two of one name: the login tells them apart
			}
			id = x.UserID
		}
	}
	return id
}
