package consult

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

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

// schedulePage is when, where, under whom and with whom; what was before stays.
func (r *room) schedulePage(m *records.Consult, lead bool) {
	l, f := r.ws.Lang, &r.flow
	r.section("consult.schedule")
	for i, s := range m.Schedules {
		weight := widget.LowImportance
		text := l.T("consult.scheduled", s.At.In(imaging.Zone()).Format("2006-01-02 15:04"), s.Place, s.Chair.Name, s.ByName)
		if s.Reason != "" {
			text += l.T("consult.because", s.Reason)
		}
		if i == len(m.Schedules)-1 {
			weight = widget.MediumImportance
		} else {
			text = l.T("consult.earlier") + text
		}
		r.page.Add(tight(wrapped(text, weight)))
	}
	if s := m.Scheduled(); s != nil {
		for _, x := range s.Members {
			r.page.Add(tight(wrapped(x.Discipline+"  "+r.memberName(x), widget.MediumImportance)))
		}
		if lead {
			r.page.Add(container.NewHBox(widget.NewButtonWithIcon(l.T("consult.button_invite"), theme.DocumentPrintIcon(), r.invite)))
		}
	} else {
		r.page.Add(tight(wrapped(l.T("consult.unscheduled"), widget.LowImportance)))
	}
	if lead && m.Allows(records.StepBegin) == nil {
		r.beginBox(m)
	}
	if !lead || m.Allows(records.StepSchedule) != nil {
		return
	}
	key := lang.Key("consult.set_schedule")
	if m.Scheduled() != nil {
		key = "consult.move_schedule"
	}
	r.section(key)
	if f.members.Text == "" && len(m.Members) > 0 {
		var lines []string
		for _, x := range m.Members {
			lines = append(lines, strings.TrimRight(x.Name+"，"+x.Discipline+"，"+x.Hospital, "，"))
		}
		f.members.SetText(strings.Join(lines, "\n"))
	}
	var names []string
	for _, x := range r.colleagues {
		names = append(names, x.Name)
	}
	chair, add := workspace.NewSelect(r.ws, names, nil), workspace.NewSelect(r.ws, names, nil)
	chair.PlaceHolder, add.PlaceHolder = l.T("consult.choose_chair"), l.T("consult.add_colleague")
	for i, x := range r.colleagues {
		if x.UserID == f.chair {
			chair.SetSelectedIndex(i)
		}
	}
	chair.OnChanged = func(string) {
		if i := chair.SelectedIndex(); i >= 0 {
			f.chair = r.colleagues[i].UserID
		}
	}
	add.OnChanged = func(string) {
		if i := add.SelectedIndex(); i >= 0 {
			x := r.colleagues[i]
			f.members.SetText(strings.TrimLeft(strings.TrimRight(f.members.Text, "\n")+"\n"+x.Name+"，"+l.Or(lang.Key("consult.role_"+string(x.Role)), ""), "\n"))
			add.ClearSelected()
		}
	}
	for _, e := range []*workspace.Entry{f.date, f.clock, f.place, f.members, f.moved} {
		e.OnSubmitted = func(string) { r.scheduleNow() }
	}
	r.page.Add(container.NewGridWithColumns(4, f.date, f.clock, f.place, chair))
	r.page.Add(f.members)
	r.page.Add(tight(wrapped(l.T("consult.members_note"), widget.LowImportance)))
	if m.Scheduled() != nil {
		r.page.Add(f.moved)
	}
	r.page.Add(container.NewHBox(add, strong(l.T("consult.button_schedule"), theme.ConfirmIcon(), r.scheduleNow)))
}

func (r *room) memberName(x records.Member) string {
	if x.Hospital != "" {
		return r.ws.Lang.T("consult.outside_member", x.Name, x.Hospital)
	}
	return x.Name
}

func (r *room) scheduleNow() {
	f := &r.flow
	at, err := time.ParseInLocation("20060102 15:04", compactDay(f.date.Text)+" "+strings.ReplaceAll(strings.TrimSpace(f.clock.Text), "：", ":"), imaging.Zone())
	if err != nil {
		r.problem.Say("consult.when_wrong")
		return
	}
	p := consult.Plan{At: at, Place: f.place.Text, Chair: f.chair, Reason: f.moved.Text}
	for line := range strings.Lines(f.members.Text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		part := strings.SplitN(strings.ReplaceAll(line, "，", ","), ",", 3)
		for i := range part {
			part[i] = strings.TrimSpace(part[i])
		}
		part = append(part, "", "", "")
		x := records.Member{Name: part[0], Discipline: part[1], Hospital: part[2]}
		if x.Hospital == "" {
			x.UserID = colleague(r.colleagues, x.Name)
		}
		p.Members = append(p.Members, x)
	}
	r.act("consult.said_scheduled", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Schedule(ctx, user, id, p)
	}, func() { f.moved.SetText("") })
}

func compactDay(s string) string {
	return strings.NewReplacer("-", "", "/", "", ".", "").Replace(strings.TrimSpace(s))
}

// invite writes the list of who is invited beside the user's other documents.
func (r *room) invite() {
	if r.current == nil || r.busy {
		return
	}
	r.busy = true
	user, id := r.ws.User(), r.current.ID
	r.problem.SetText("")
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		list, err := r.ws.Consult.Invitations(ctx, user, id)
		path := ""
		if err == nil {
			home, herr := os.UserHomeDir()
			if herr != nil {
				home = "."
			}
			path = filepath.Join(home, id+"-invitations.txt")
			err = os.WriteFile(path, []byte("\ufeff"+list.Text()), 0o600) // the mark lets a printing editor read it as UTF-8
		}
		return func() {
			r.busy = false
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.flow.said = func() string { return r.ws.Lang.T("consult.said_invited", path) }
			r.render()
		}
	})
}

// without asks to name each item that is missing before it goes on.
func (r *room) without() fyne.CanvasObject {
	row := container.New(layout.NewRowWrapLayout())
	for _, x := range records.Missing(r.checks) {
		c := workspace.NewCheck(r.ws, r.ws.Lang.T("consult.go_without", r.checkWord(x.Item)), func(on bool) { r.flow.named[x.Item] = on })
		c.Checked = r.flow.named[x.Item]
		row.Add(c)
	}
	return row
}

func (r *room) namedItems() (out []string) {
	for _, x := range records.Missing(r.checks) {
		if r.flow.named[x.Item] {
			out = append(out, x.Item)
		}
	}
	return out
}

func (r *room) beginBox(m *records.Consult) {
	l := r.ws.Lang
	r.section("consult.begin")
	if len(records.Missing(r.checks)) > 0 {
		r.page.Add(tight(wrapped(l.T("consult.begin_lacks"), widget.WarningImportance)))
		r.page.Add(r.without())
	}
	r.page.Add(tight(wrapped(l.T("consult.present_are"), widget.LowImportance)))
	here := container.New(layout.NewRowWrapLayout())
	for _, x := range m.Members {
		c := workspace.NewCheck(r.ws, r.memberName(x), func(on bool) { r.flow.present[x.Name] = on })
		c.Checked = r.flow.present[x.Name]
		here.Add(c)
	}
	r.page.Add(here)
	r.page.Add(container.NewHBox(strong(l.T("consult.button_begin"), theme.MediaPlayIcon(), r.begin)))
}

func (r *room) begin() {
	if r.current == nil {
		return
	}
	var present []string
	for _, x := range r.current.Members {
		if r.flow.present[x.Name] {
			present = append(present, x.Name)
		}
	}
	named := r.namedItems()
	r.act("consult.said_begun", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Begin(ctx, user, id, named, present)
	}, nil)
}

// meetPage is the meeting: who is there, what was missing, what each said, and
// whether radiology and pathology agree.
func (r *room) meetPage(m *records.Consult, lead bool) {
	l := r.ws.Lang
	if x := m.Meeting; x != nil {
		r.page.Add(wrapped(l.T("consult.begun", x.At.In(imaging.Zone()).Format("2006-01-02 15:04"), x.ByName, strings.Join(x.Present, l.T("consult.comma"))), widget.MediumImportance))
		r.lacked(x.Missing)
	} else if lead && m.Allows(records.StepBegin) == nil {
		r.beginBox(m)
	}
	r.opinions(m)
	if lead && m.Allows(records.StepMerge) == nil {
		r.section("consult.merge")
		r.flow.replyPass.OnSubmitted = func(string) { r.merge() }
		b := widget.NewButtonWithIcon(l.T("consult.button_merge"), theme.DownloadIcon(), r.merge)
		r.page.Add(container.NewGridWithColumns(2, r.file(r.flow.replyPath, "consult.merge"), container.NewBorder(nil, nil, nil, b, r.flow.replyPass)))
		r.page.Add(tight(wrapped(l.T("consult.merge_note"), widget.LowImportance)))
	}
	r.board(m, lead)
}

func (r *room) lacked(list []records.Check) {
	if len(list) == 0 {
		return
	}
	var words []string
	for _, x := range list {
		words = append(words, r.checkWord(x.Item))
	}
	r.page.Add(tight(wrapped(r.ws.Lang.T("consult.lacked", strings.Join(words, r.ws.Lang.T("consult.comma"))), widget.WarningImportance)))
}

// mergeKey merges the reply that is named, or asks for one.
func (r *room) mergeKey() {
	switch f := &r.flow; {
	case strings.TrimSpace(f.replyPath.Text) == "":
		r.toField(pageMeet, f.replyPath)
	case f.replyPass.Text == "":
		r.toField(pageMeet, f.replyPass)
	case r.current != nil && r.view == showConsult:
		r.merge()
	}
}

func (r *room) merge() {
	path, passphrase, added := strings.TrimSpace(r.flow.replyPath.Text), r.flow.replyPass.Text, 0
	var into records.Consult
	r.flow.said = nil
	r.change(func(ctx context.Context, user records.User, _ string) (m records.Consult, err error) {
		f, err := os.Open(path)
		if err != nil {
			return m, err
		}
		defer f.Close()
		into, added, err = r.ws.Consult.Merge(ctx, user, f, passphrase)
		return into, err
	}, func() {
		r.flow.replyPath.SetText("")
		r.flow.replyPass.SetText("")
		r.flow.said = func() string { return r.ws.Lang.T("consult.said_merged", into.Title, added) }
	})
}
