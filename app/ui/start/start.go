// Package start is the room before all others: it asks for the passphrase of
// the data folder, and at the first start for the hospital and the first two
// users. There is no default password.
package start

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"longying/app/station"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/seal"
)

// Answers are what was typed.
type Answers struct {
	Passphrase string
	First      *station.First // nil: the folder has users already
}

// Screen is the room.
type Screen struct {
	words   *lang.Strings
	fresh   bool
	submit  func(ctx context.Context, a Answers) error
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

// New makes the screen. fresh asks for everything, else only for the
// passphrase. submit runs off the UI goroutine; its error stands on the screen.
// home is shown, so that it is plain where the data will lie.
func New(ctx context.Context, l *lang.Strings, home string, fresh bool, submit func(ctx context.Context, a Answers) error) *Screen {
	s := &Screen{words: l, fresh: fresh, submit: submit, ctx: ctx, problem: workspace.NewProblem(), busy: widget.NewLabel("")}
	s.content = container.NewStack()
	s.build(home)
	return s
}

// Content is what the window shows.
func (s *Screen) Content() fyne.CanvasObject { return s.content }

// First is the entry that should have the focus.
func (s *Screen) First() fyne.Focusable { return s.passphrase }

func (s *Screen) secret(hint lang.Key) *widget.Entry {
	e := widget.NewPasswordEntry()
	e.SetPlaceHolder(s.words.T(hint))
	e.OnSubmitted = func(string) { s.send() }
	return e
}

func (s *Screen) plain() *widget.Entry {
	e := widget.NewEntry()
	e.OnSubmitted = func(string) { s.send() }
	return e
}

func (s *Screen) build(home string) {
	t := s.words.T
	s.passphrase = s.secret("start.passphrase_hint")
	form := widget.NewForm(widget.NewFormItem(t("start.passphrase"), s.passphrase))
	title, verb, text := t("start.unlock_title"), t("start.unlock"), t("start.unlock_text", home)
	if s.fresh {
		title, verb, text = t("start.first_title"), t("start.first"), t("start.first_text", home)
		s.again = s.secret("start.again_hint")
		s.hospital, s.login, s.name, s.staff = s.plain(), s.plain(), s.plain(), s.plain()
		s.admin, s.password = s.secret("start.password_hint"), s.secret("start.password_hint")
		s.roles = []records.Role{records.RoleRadiologist, records.RoleReviewer, records.RolePathologist}
		var names []string
		for _, r := range s.roles {
			names = append(names, t(lang.Key("role."+string(r))))
		}
		s.role = widget.NewSelect(names, nil)
		s.role.SetSelectedIndex(0)
		form.Append(t("start.again"), s.again)
		form.Append(t("start.hospital"), s.hospital)
		form.Append(t("start.admin_password"), s.admin)
		form.Append(t("start.doctor_login"), s.login)
		form.Append(t("start.doctor_name"), s.name)
		form.Append(t("start.doctor_staff"), s.staff)
		form.Append(t("start.doctor_role"), s.role)
		form.Append(t("start.doctor_password"), s.password)
	}
	s.button = widget.NewButton(verb, s.send)
	s.button.Importance = widget.HighImportance
	head := widget.NewLabelWithStyle(title, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	body := widget.NewLabel(text)
	body.Wrapping = fyne.TextWrapWord
	box := container.NewVBox(head, body, form, s.problem, container.NewHBox(s.busy, layout.NewSpacer(), s.button))
	width := container.NewGridWrap(fyne.NewSize(620, max(box.MinSize().Height, 320)), box)
	switchTo := widget.NewButton(t("start.language"), func() {
		next := lang.English
		if s.words.Code() == lang.English {
			next = lang.Chinese
		}
		s.words.Set(next)
		s.build(home)
	})
	s.content.Objects = []fyne.CanvasObject{container.NewBorder(container.NewHBox(layout.NewSpacer(), switchTo), nil, nil, nil, container.NewVScroll(container.NewCenter(width)))}
	s.content.Refresh()
}

// answers reads the form, or says what is wrong with it.
func (s *Screen) answers() (Answers, error) {
	a := Answers{Passphrase: s.passphrase.Text}
	if !s.fresh {
		return a, nil
	}
	if s.passphrase.Text != s.again.Text {
		return a, errors.New(s.words.T("start.differ"))
	}
	for _, p := range []struct {
		label           lang.Key
		login, name, is string
	}{{"start.admin_password", station.AdminLogin, "", s.admin.Text},
		{"start.doctor_password", strings.TrimSpace(s.login.Text), strings.TrimSpace(s.name.Text), s.password.Text}} {
		if err := seal.CheckPassword(p.login, p.name, p.is); err != nil {
			return a, errors.New(s.words.T(p.label) + " — " + workspace.Explained(s.words, err))
		}
	}
	a.First = &station.First{Hospital: strings.TrimSpace(s.hospital.Text), AdminPassword: s.admin.Text, DoctorLogin: strings.TrimSpace(s.login.Text),
		DoctorName: strings.TrimSpace(s.name.Text), DoctorStaff: strings.TrimSpace(s.staff.Text), DoctorRole: s.roles[max(0, s.role.SelectedIndex())], DoctorPassword: s.password.Text}
	return a, nil
}

// send submits off the UI goroutine. The screen is replaced by the caller when
// it succeeds.
func (s *Screen) send() {
	if s.button.Disabled() {
		return
	}
	a, err := s.answers()
	if err != nil {
		s.problem.SetText(err.Error())
		return
	}
	s.problem.SetText("")
	s.button.Disable()
	s.busy.SetText(s.words.T("start.opening"))
	go func() {
		err := s.submit(s.ctx, a)
		fyne.Do(func() {
			s.button.Enable()
			s.busy.SetText("")
			if err != nil {
				s.problem.SetText(workspace.Explained(s.words, err))
			}
		})
	}()
}
