package consult

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/consult"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// The fields of the forms live as long as the room, so that a page that is
// shown anew keeps what was typed.
type (
	createForm  struct{ title, question, members *workspace.Entry }
	opinionForm struct {
		name, discipline, text, password *workspace.Entry
		dissent                          bool
	}
	decisionForm struct {
		text    *workspace.Entry
		without map[string]bool // findings that the decision does not rest on
	}
	followForm struct{ date, task *workspace.Entry }
)

func (r *room) forms() {
	entry := func() *workspace.Entry { return workspace.NewEntry(r.ws) }
	long := func(rows int) *workspace.Entry {
		e := workspace.NewMultiLineEntry(r.ws)
		e.Wrapping = fyne.TextWrapBreak
		e.SetMinRowsVisible(rows)
		return e
	}
	secret := func() *workspace.Entry {
		e := entry()
		e.Password = true
		return e
	}
	r.create = createForm{entry(), long(3), long(3)}
	r.speak = opinionForm{name: entry(), discipline: entry(), text: long(3), password: secret()}
	r.settle = decisionForm{text: long(3), without: map[string]bool{}}
	r.follow = followForm{entry(), entry()}
	r.flowForms(entry, long, secret)
	r.packing = newPackForm(entry(), secret())
	r.opening = newPackForm(entry(), secret())
	r.answer = newAnswerForm(entry, long, secret)
	r.seenFields(r.flow.number, r.create.title, r.create.question, r.create.members, r.speak.name, r.speak.discipline, r.speak.text, r.speak.password, r.settle.text,
		r.follow.date, r.follow.task, r.packing.path, r.packing.passphrase, r.opening.path, r.opening.passphrase)
	r.seenFields(r.flow.entries()...)
	r.seenFields(r.answer.fields()...)
}

// clear empties the forms that belong to one consult.
func (r *room) clear() {
	for _, e := range []*workspace.Entry{r.speak.name, r.speak.discipline, r.speak.text, r.settle.text, r.follow.date, r.follow.task,
		r.packing.path, r.packing.passphrase} {
		e.SetText("")
	}
	r.speak.password.SetText("")
	r.clearFlow()
	r.packing.clear()
	r.speak.dissent, r.settle.without = false, map[string]bool{}
}

func (r *room) words() {
	l := r.ws.Lang
	r.create.title.SetPlaceHolder(l.T("consult.title_hint"))
	r.create.question.SetPlaceHolder(l.T("consult.question_hint"))
	r.create.members.SetPlaceHolder(l.T("consult.members_hint"))
	r.speak.name.SetPlaceHolder(l.T("consult.name_hint"))
	r.speak.discipline.SetPlaceHolder(l.T("consult.discipline_hint"))
	r.speak.text.SetPlaceHolder(l.T("consult.opinion_hint"))
	r.settle.text.SetPlaceHolder(l.T("consult.decision_hint"))
	r.follow.date.SetPlaceHolder(l.T("consult.date_hint"))
	r.follow.task.SetPlaceHolder(l.T("consult.task_hint"))
	for _, f := range []packForm{r.packing, r.opening} {
		f.path.SetPlaceHolder(l.T("consult.path_hint"))
		f.passphrase.SetPlaceHolder(l.T("consult.passphrase_hint"))
	}
	r.answer.name.SetPlaceHolder(l.T("consult.name_hint"))
	r.answer.discipline.SetPlaceHolder(l.T("consult.discipline_hint"))
	r.answer.text.SetPlaceHolder(l.T("consult.opinion_hint"))
	r.answer.path.SetPlaceHolder(l.T("consult.answer_path_hint"))
	r.answer.passphrase.SetPlaceHolder(l.T("consult.passphrase_hint"))
	r.flowWords()
	r.render()
}

func (r *room) field(caption lang.Key, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedVBoxLayout(-6), wrapped(r.ws.Lang.T(caption), widget.LowImportance), o)
}

func strong(text string, icon fyne.Resource, do func()) *widget.Button {
	b := widget.NewButtonWithIcon(text, icon, do)
	b.Importance = widget.HighImportance
	return b
}

// Members reads one member a line: the name, then the discipline behind a comma
// or a slash, or without one behind the first space, as in a Chinese name.
func Members(text string) []records.Member {
	var out []records.Member
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, discipline := line, ""
		i := strings.IndexAny(line, ",，、/")
		if i < 0 {
			i = strings.IndexAny(line, " 	　")
		}
		if i > 0 {
			name, discipline = line[:i], strings.Trim(line[i:], " ,，、/	　")
		}
		out = append(out, records.Member{Name: name, Discipline: discipline})
	}
	return out
}

// createPage asks for a new consult on the patient of the open study.
func (r *room) createPage() {
	l := r.ws.Lang
	title := heading(l.T("consult.create"))
	title.SizeName = theme.SizeNameHeadingText
	r.page.Add(title)
	o := r.ws.Current()
	if o == nil || o.Record == nil {
		r.page.Add(wrapped(l.T("consult.needs_study"), widget.WarningImportance))
		r.page.Add(r.field("consult.number", r.flow.number))
	} else {
		r.page.Add(wrapped(l.T("consult.for_patient", o.Record.Patient.Name), widget.MediumImportance))
	}
	r.page.Add(r.field("consult.title", r.create.title))
	r.page.Add(r.field("consult.question", r.create.question))
	r.page.Add(r.field("consult.members_field", r.create.members))
	for _, e := range []*workspace.Entry{r.create.title, r.create.question, r.create.members} {
		e.OnSubmitted = func(string) { r.createNow() }
	}
	r.page.Add(container.NewHBox(strong(l.T("consult.button_create"), theme.ConfirmIcon(), r.createNow),
		widget.NewButton(l.T("consult.button_back"), func() { r.show(showConsult) })))
}

func (r *room) createNow() {
	o := r.ws.Current()
	if r.busy {
		return
	}
	patient := strings.TrimSpace(r.flow.number.Text)
	if o != nil && o.Record != nil {
		patient = o.Record.Patient.ID
	}
	if patient == "" {
		r.problem.Say("consult.needs_study")
		return
	}
	r.busy = true
	user := r.ws.User()
	title, question, members := r.create.title.Text, r.create.question.Text, Members(r.create.members.Text)
	r.problem.SetText("")
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		m, err := r.ws.Consult.Create(ctx, user, patient, strings.TrimSpace(title), strings.TrimSpace(question), members)
		return func() {
			r.busy = false
			if err != nil {
				r.problem.Explain(err)
				return
			}
			for _, e := range []*workspace.Entry{r.create.title, r.create.question, r.create.members, r.flow.number} {
				e.SetText("")
			}
			r.view = showConsult
			r.load(m.ID)
		}
	})
}

// box is the form for an opinion: a member's, or another name.
func (f *opinionForm) box(r *room, m *records.Consult) fyne.CanvasObject {
	l := r.ws.Lang
	var names []string
	for _, x := range m.Members {
		names = append(names, l.T("consult.member", x.Name, x.Discipline))
	}
	choice := workspace.NewSelect(r.ws, names, nil)
	choice.PlaceHolder = l.T("consult.choose_member")
	choice.OnChanged = func(string) {
		if i := choice.SelectedIndex(); i >= 0 {
			f.name.SetText(m.Members[i].Name)
			f.discipline.SetText(m.Members[i].Discipline)
		}
	}
	dissent := workspace.NewCheck(r.ws, l.T("consult.dissent"), func(on bool) { f.dissent = on })
	dissent.Checked = f.dissent
	top := container.NewGridWithColumns(3, f.name, f.discipline, f.password)
	if len(names) > 0 {
		top = container.NewGridWithColumns(4, choice, f.name, f.discipline, f.password)
	}
	for _, e := range []*workspace.Entry{f.text, f.password} {
		e.OnSubmitted = func(string) { r.opine() }
	}
	add := widget.NewButtonWithIcon(l.T("consult.button_opine"), theme.ContentAddIcon(), r.opine)
	return container.NewVBox(top, tight(wrapped(l.T("consult.password_note"), widget.LowImportance)), f.text, container.NewBorder(nil, nil, dissent, add))
}

// opine records what is typed as an opinion.
func (r *room) opine() {
	f := &r.speak
	if r.current == nil {
		return
	}
	o := records.Opinion{Member: records.Member{Name: strings.TrimSpace(f.name.Text), Discipline: strings.TrimSpace(f.discipline.Text)},
		Text: strings.TrimSpace(f.text.Text), Dissent: f.dissent}
	for _, x := range r.current.Members {
		if x.Name == o.Member.Name && x.Discipline == o.Member.Discipline {
			o.Member.UserID, o.Member.Hospital = x.UserID, x.Hospital
		}
	}
	password := f.password.Text
	r.act("consult.said_opined", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Opine(ctx, user, id, o, password)
	}, func() {
		f.dissent = false
		for _, e := range []*workspace.Entry{f.name, f.discipline, f.text, f.password} {
			e.SetText("")
		}
	})
}

// box is the form for the decision, with the findings it rests on.
func (f *decisionForm) box(r *room, m *records.Consult) fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(f.text)
	laid := FindingsBefore(*m)
	if len(laid) > 0 {
		box.Add(tight(wrapped(l.T("consult.rests_on"), widget.LowImportance)))
	}
	for _, it := range laid {
		uid := it.FindingUID
		c := workspace.NewCheck(r.ws, it.Title, func(on bool) { f.without[uid] = !on })
		c.Checked = !f.without[uid]
		box.Add(c)
	}
	if m.State != records.ConsultMeeting {
		box.Add(wrapped(l.T("consult.decide_written"), widget.WarningImportance))
		box.Add(r.without())
	}
	for _, e := range []*workspace.Entry{f.text, r.flow.tasks} {
		e.OnSubmitted = func(string) { r.decide() }
	}
	box.Add(tight(wrapped(l.T("consult.tasks_field"), widget.LowImportance)))
	box.Add(r.flow.tasks)
	box.Add(container.NewHBox(strong(l.T("consult.button_decide"), theme.ConfirmIcon(), r.decide)))
	return box
}

// decide records what is typed as the decision, with its tasks.
func (r *room) decide() {
	if r.current == nil {
		return
	}
	ruling := consult.Ruling{Text: strings.TrimSpace(r.settle.text.Text), Without: r.namedItems()}
	for _, it := range FindingsBefore(*r.current) {
		if !r.settle.without[it.FindingUID] {
			ruling.Findings = append(ruling.Findings, it.FindingUID)
		}
	}
	tasks, bad := Tasks(r.flow.tasks.Text, r.colleagues)
	if bad != "" {
		r.problem.Say("consult.task_wrong", bad)
		return
	}
	ruling.Tasks = tasks
	r.act("consult.said_decided", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Decide(ctx, user, id, ruling)
	}, func() { r.flow.tasks.SetText("") })
}

// box is the form for a follow-up date.
func (f *followForm) box(r *room) fyne.CanvasObject {
	l := r.ws.Lang
	send := func() {
		date, task := strings.NewReplacer("-", "", "/", "", ".", "").Replace(strings.TrimSpace(f.date.Text)), strings.TrimSpace(f.task.Text)
		who := owner(r.flow.owner.Text, r.colleagues)
		r.act("consult.said_follow", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
			return r.ws.Consult.Follow(ctx, user, id, consult.Task{Date: date, Text: task, Owner: who})
		}, func() {
			f.date.SetText("")
			f.task.SetText("")
		})
	}
	f.task.OnSubmitted = func(string) { send() }
	add := widget.NewButtonWithIcon(l.T("consult.button_follow"), theme.ContentAddIcon(), send)
	date := container.New(layout.NewGridWrapLayout(fyne.NewSize(220, f.date.MinSize().Height)), f.date)
	// In the order in which Tab goes through them.
	return container.New(layout.NewBorderLayout(nil, nil, date, add), date, container.NewGridWithColumns(2, f.task, r.flow.owner), add)
}
