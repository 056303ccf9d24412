package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/seal"
)

// card stands in the middle of an empty window.
func card(rows ...fyne.CanvasObject) fyne.CanvasObject {
	ground := canvas.NewRectangle(theme.Raised())
	ground.CornerRadius = 6
	ground.SetMinSize(fyne.NewSize(420, 0))
	return container.NewCenter(container.NewStack(ground, container.New(layout.NewCustomPaddedLayout(24, 24, 28, 28), container.NewVBox(rows...))))
}

func heading(text string) *canvas.Text {
	t := canvas.NewText(text, theme.InChrome(theme.Text()))
	t.TextSize = 22
	return t
}

// doorEntry is a field of a page that asks for a password: it keeps every key but
// the shortcuts that are the window's there.
type doorEntry struct {
	widget.Entry
	keys *workspace.Keymap
}

func newDoorEntry(ws *workspace.Workspace, secret bool) *doorEntry {
	e := &doorEntry{keys: ws.Keys}
	e.Password = secret
	e.ExtendBaseWidget(e)
	return e
}

// TypedShortcut is fyne.Shortcutable's.
func (e *doorEntry) TypedShortcut(s fyne.Shortcut) {
	if !e.keys.TypedShortcut(s) {
		e.Entry.TypedShortcut(s)
	}
}

// newSwitcher is the button that changes the language.
func newSwitcher(ws *workspace.Workspace) *widget.Button {
	b := widget.NewButton("", func() { ws.SetLanguage(other(ws.Lang.Code())) })
	b.Importance = widget.LowImportance
	return b
}

// signInPage asks who works here.
type signInPage struct {
	ws       *workspace.Workspace
	window   fyne.Window
	content  fyne.CanvasObject
	title    *canvas.Text
	purpose  *widget.Label
	login    *doorEntry
	password *doorEntry
	code     *doorEntry // of the second factor, where one is asked for
	fresh    *doorEntry // a new password, where one has to be chosen
	again    *doorEntry
	changing *records.User // who has to choose it
	button   *widget.Button
	switcher *widget.Button
	problem  *workspace.Problem
	task     *workspace.Task
}

func newSignInPage(ws *workspace.Workspace, w fyne.Window) *signInPage {
	p := &signInPage{ws: ws, window: w, title: heading(""), purpose: widget.NewLabel(""), login: newDoorEntry(ws, false), password: newDoorEntry(ws, true),
		code: newDoorEntry(ws, false), fresh: newDoorEntry(ws, true), again: newDoorEntry(ws, true), switcher: newSwitcher(ws),
		problem: workspace.NewProblem(ws), task: ws.NewTask()}
	p.button = widget.NewButton("", p.submit)
	p.button.Importance = widget.HighImportance
	p.login.OnSubmitted = func(string) { p.focus(p.password) }
	p.password.OnSubmitted = func(string) { p.submit() }
	p.code.OnSubmitted = p.password.OnSubmitted
	p.fresh.OnSubmitted = func(string) { p.focus(p.again) }
	p.again.OnSubmitted = p.password.OnSubmitted
	p.purpose.Wrapping = fyne.TextWrapWord
	p.content = card(container.NewBorder(nil, nil, nil, p.switcher, p.title), p.purpose, p.login, p.password, p.code, p.fresh, p.again, p.problem, p.button)
	p.words()
	return p
}

func (p *signInPage) words() {
	l := p.ws.Lang
	p.title.Text = l.T("signin.title")
	p.title.Refresh()
	p.purpose.SetText(l.T("signin.purpose"))
	p.login.SetPlaceHolder(l.T("signin.login"))
	p.password.SetPlaceHolder(l.T("signin.password"))
	p.code.SetPlaceHolder(l.T("signin.code"))
	p.fresh.SetPlaceHolder(l.T("signin.new_password", seal.MinPassword))
	p.again.SetPlaceHolder(l.T("signin.again"))
	p.button.SetText(l.T("signin.button"))
	if p.changing != nil {
		p.button.SetText(l.T("signin.change"))
	}
	p.switcher.SetText(languageButton(l.Code()))
}

// shown empties the page and says when there is nobody yet.
func (p *signInPage) shown() {
	p.login.SetText("") // the next person may be another one
	p.password.SetText("")
	p.problem.SetText("")
	p.ask(nil, false)
	p.button.Enable()
	p.focus(p.login)
	p.task.Start(func(ctx context.Context) func() {
		empty, err := p.ws.Admin.Empty(ctx)
		return func() {
			switch {
			case err != nil:
				p.problem.Explain(err)
			case empty:
				p.problem.Say("signin.first")
			}
		}
	})
}

// focus gives a field the keys. The window is asked, not the field: a page that
// was never painted does not know its canvas yet.
func (p *signInPage) focus(f fyne.Focusable) { p.window.Canvas().Focus(f) }

// ask shows the fields that are wanted besides login and password: the code of a
// second factor, or those of a new password.
func (p *signInPage) ask(changing *records.User, code bool) {
	p.changing = changing
	for _, e := range []*doorEntry{p.code, p.fresh, p.again} {
		e.SetText("")
	}
	p.code.Hidden, p.fresh.Hidden, p.again.Hidden = !code, changing == nil, changing == nil
	p.login.Hidden, p.password.Hidden = changing != nil, changing != nil
	p.words()
	p.content.Refresh()
}

// change gives who signed in with a password that somebody else had set another
// one, and lets them in.
func (p *signInPage) change() {
	user, old, password := *p.changing, p.password.Text, p.fresh.Text
	if password != p.again.Text {
		p.problem.Say("start.differ")
		return
	}
	p.problem.SetText("")
	p.button.Disable()
	p.task.Start(func(ctx context.Context) func() {
		err := p.ws.Admin.ChangePassword(ctx, user, old, password)
		return func() {
			p.button.Enable()
			if err != nil {
				p.problem.Explain(err)
				p.focus(p.fresh)
				return
			}
			p.password.SetText("")
			p.ask(nil, false)
			user.MustChange = false
			p.ws.SetUser(user)
		}
	})
}

func (p *signInPage) submit() {
	if p.changing != nil {
		p.change()
		return
	}
	login, password, code := p.login.Text, p.password.Text, p.code.Text
	if login == "" || password == "" {
		p.problem.Say("signin.missing")
		return
	}
	p.problem.SetText("")
	p.button.Disable()
	p.button.SetText(p.ws.Lang.T("signin.wait"))
	p.task.Start(func(ctx context.Context) func() {
		var user records.User
		user, err := p.ws.Admin.SignInWithCode(ctx, login, password, code)
		return func() {
			p.button.Enable()
			p.words()
			var refused *records.RefusedError
			switch {
			case err == nil && user.MustChange:
				p.ask(&user, false) // the password stays: it is asked for as the old one
				p.problem.Say("refused.must_change", user.Login)
				p.focus(p.fresh)
				return
			case errors.As(err, &refused) && refused.Code == "code_needed" && p.code.Hidden:
				p.ask(nil, true)
				p.problem.Explain(err)
				p.focus(p.code)
				return
			}
			p.password.SetText("")
			if err != nil {
				p.code.SetText("")
				p.problem.Explain(err)
				p.focus(p.password)
				return
			}
			p.ask(nil, false)
			p.ws.SetUser(user)
		}
	})
}

func other(c lang.Code) lang.Code {
	if c == lang.Chinese {
		return lang.English
	}
	return lang.Chinese
}

// languageButton names the language that one gets, in itself.
func languageButton(c lang.Code) string {
	if c == lang.Chinese {
		return "EN"
	}
	return "中"
}
