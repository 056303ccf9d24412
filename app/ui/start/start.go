// Package start is the room before all others: it asks for the passphrase of
// the data folder, and at the first start for the hospital and the first two
// users. There is no default password.
package start

import (
	"context"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"longying/app/station"
	"longying/app/ui/lang"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/seal"
)

// Answers are what was typed.
type Answers struct {
	Passphrase string
	First      *station.First // nil: the folder has users already
}

// Options say what the screen is for.
type Options struct {
	Home   string                                     // the data folder: it is shown, so that it is plain where the data will lie
	Fresh  bool                                       // asks for everything, else only for the passphrase
	Submit func(ctx context.Context, a Answers) error // runs off the UI goroutine; its error stands on the screen
	Sample func()                                     // opens the shipped samples instead; offered at the first start alone
	Title  func(string)                               // names the window, in the language chosen
	Chosen func(lang.Code)                            // a language was chosen
}

// Screen is the room.
type Screen struct {
	words   *lang.Strings
	o       Options
	ctx     context.Context
	content *fyne.Container

	passphrase, again            *widget.Entry
	hospital, admin              *widget.Entry
	login, name, staff, password *widget.Entry
	role                         *widget.Select
	roles                        []records.Role
	button                       *widget.Button
	problem                      *workspace.Problem
	busy                         *widget.Label
}

// New makes the screen.
func New(ctx context.Context, l *lang.Strings, o Options) *Screen {
	s := &Screen{words: l, o: o, ctx: ctx}
	s.content = container.NewStack()
	s.roles = []records.Role{records.RoleRadiologist, records.RoleReviewer, records.RolePathologist}
	for _, e := range []**widget.Entry{&s.passphrase, &s.again, &s.admin, &s.password} {
		*e = widget.NewPasswordEntry()
	}
	for _, e := range []**widget.Entry{&s.hospital, &s.login, &s.name, &s.staff} {
		*e = widget.NewEntry()
	}
	for _, e := range s.entries() {
		e.OnSubmitted = func(string) { s.send() }
	}
	s.role = widget.NewSelect(nil, nil)
	s.problem = workspace.NewProblem(nil)
	s.build()
	s.role.SetSelectedIndex(0)
	return s
}

// Content is what the window shows.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// Say shows why the passphrase is asked for after all, in the language at hand.
func (s *Screen) Say(words func() string) { s.problem.SetWords(words) }

// First is the entry that should have the focus.
func (s *Screen) First() fyne.Focusable { return s.passphrase }

func (s *Screen) entries() []*widget.Entry {
	return []*widget.Entry{s.passphrase, s.again, s.hospital, s.admin, s.login, s.name, s.staff, s.password}
}

// build lays the screen out in the language chosen. What was typed stands.
func (s *Screen) build() {
	t := s.words.T
	s.busy = widget.NewLabel("")
	s.problem.Again()
	title, verb, text := t("start.unlock_title"), t("start.unlock"), t("start.unlock_text")
	if s.o.Fresh {
		title, verb, text = t("start.first_title"), t("start.first"), t("start.first_text")
	}
	s.button = widget.NewButton(verb, s.send)
	s.button.Importance = widget.HighImportance
	head := canvas.NewText(title, theme.InChrome(theme.Text()))
	head.TextSize = 22
	other := lang.English
	if s.words.Code() == lang.English {
		other = lang.Chinese
	}
	switcher := widget.NewButton(t("start.language"), func() {
		s.words.Set(other)
		s.o.Chosen(other)
		s.build()
	})
	switcher.Importance = widget.LowImportance
	box := container.NewVBox(container.NewBorder(nil, nil, nil, switcher, head), wrapped(text, widget.MediumImportance), wrapped(s.o.Home, widget.LowImportance))
	foot := container.NewHBox(s.busy, layout.NewSpacer(), s.button)
	if !s.o.Fresh {
		s.passphrase.SetPlaceHolder("")
		box.Add(widget.NewForm(widget.NewFormItem(t("start.passphrase"), s.passphrase)))
	} else {
		s.passphrase.SetPlaceHolder(t("start.passphrase_hint", seal.MinPassphrase))
		s.again.SetPlaceHolder(t("start.again_hint"))
		s.admin.SetPlaceHolder(t("start.password_hint", seal.MinPassword))
		s.password.SetPlaceHolder(t("start.password_hint", seal.MinPassword))
		s.staff.SetPlaceHolder(t("start.may_be_empty"))
		at := s.role.SelectedIndex()
		var names []string
		for _, r := range s.roles {
			names = append(names, t(lang.Key("role."+string(r))))
		}
		s.role.SetOptions(names)
		s.role.SetSelectedIndex(at)
		form := widget.NewForm()
		form.Append(t("start.passphrase"), s.passphrase)
		form.Append(t("start.again"), s.again)
		form.Append(t("start.hospital"), s.hospital)
		form.Append(t("start.admin_password"), s.admin)
		form.Append("", wrapped(t("start.admin_text", station.AdminLogin), widget.LowImportance))
		form.Append(t("start.doctor_login"), s.login)
		form.Append(t("start.doctor_name"), s.name)
		form.Append(t("start.doctor_staff"), s.staff)
		form.Append(t("start.doctor_role"), s.role)
		form.Append(t("start.doctor_password"), s.password)
		box.Add(form)
		foot.Objects = append([]fyne.CanvasObject{widget.NewButton(t("start.sample"), s.o.Sample)}, foot.Objects...)
	}
	box.Add(s.problem)
	box.Add(foot)
	assist := canvas.NewText(t("shell.assistive"), theme.InChrome(theme.Dim()))
	assist.TextSize, assist.Alignment = 14, fyne.TextAlignCenter
	ground := canvas.NewRectangle(theme.Raised())
	ground.CornerRadius = 6
	ground.SetMinSize(fyne.NewSize(680, 0))
	card := container.NewStack(ground, container.New(layout.NewCustomPaddedLayout(20, 20, 28, 28), box))
	s.content.Objects = []fyne.CanvasObject{container.NewVScroll(container.NewCenter(container.NewVBox(card, assist)))}
	s.content.Refresh()
	s.o.Title(t("shell.title"))
}

func wrapped(text string, importance widget.Importance) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping, l.Importance = fyne.TextWrapWord, importance
	return l
}

// answers reads the form, or says what is wrong with it first from above, and
// in which field.
func (s *Screen) answers() (a Answers, wrong string, field *widget.Entry) {
	a = Answers{Passphrase: s.passphrase.Text}
	if !s.o.Fresh {
		return a, "", nil
	}
	if utf8.RuneCountInString(s.passphrase.Text) < seal.MinPassphrase {
		return a, workspace.Explained(s.words, &seal.PassphraseError{Code: seal.PassphraseShort}), s.passphrase
	}
	if s.passphrase.Text != s.again.Text {
		return a, s.words.T("start.differ"), s.again
	}
	hospital, login, name := strings.TrimSpace(s.hospital.Text), strings.TrimSpace(s.login.Text), strings.TrimSpace(s.name.Text)
	password := func(label lang.Key, login, name string, e *widget.Entry) string {
		if err := seal.CheckPassword(login, name, e.Text); err != nil {
			return s.words.T(label) + " — " + workspace.Explained(s.words, err)
		}
		return ""
	}
	missing := func(e *widget.Entry, label lang.Key) string {
		if strings.TrimSpace(e.Text) == "" {
			return s.words.T("start.missing", s.words.T(label))
		}
		return ""
	}
	for _, c := range []struct {
		wrong string
		field *widget.Entry
	}{
		{missing(s.hospital, "start.hospital"), s.hospital},
		{password("start.admin_password", station.AdminLogin, "", s.admin), s.admin},
		{missing(s.login, "start.doctor_login"), s.login},
		{missing(s.name, "start.doctor_name"), s.name},
		{password("start.doctor_password", login, name, s.password), s.password},
	} {
		if c.wrong != "" {
			return a, c.wrong, c.field
		}
	}
	a.First = &station.First{Hospital: hospital, AdminPassword: s.admin.Text, DoctorLogin: login, DoctorName: name,
		DoctorStaff: strings.TrimSpace(s.staff.Text), DoctorRole: s.roles[max(0, s.role.SelectedIndex())], DoctorPassword: s.password.Text}
	return a, "", nil
}

// send submits off the UI goroutine. The screen is replaced by the caller when
// it succeeds.
func (s *Screen) send() {
	if s.button.Disabled() {
		return
	}
	a, wrong, field := s.answers()
	s.problem.SetWords(func() string {
		_, wrong, _ := s.answers()
		return wrong
	})
	if wrong != "" {
		s.focus(field)
		return
	}
	s.button.Disable()
	s.busy.SetText(s.words.T("start.opening"))
	go func() {
		err := s.o.Submit(s.ctx, a)
		fyne.Do(func() {
			s.button.Enable()
			s.busy.SetText("")
			s.problem.SetWords(func() string { return workspace.Explained(s.words, err) })
			if err != nil && !s.o.Fresh { // to be typed anew
				s.passphrase.SetText("")
				s.focus(s.passphrase)
			}
		})
	}()
}

func (s *Screen) focus(field *widget.Entry) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(field); c != nil {
		c.Focus(field)
	}
}
