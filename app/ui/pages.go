package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/records"
)

// card stands in the middle of an empty window.
func card(rows ...fyne.CanvasObject) fyne.CanvasObject {
	ground := canvas.NewRectangle(theme.Raised())
	ground.CornerRadius = 6
	ground.SetMinSize(fyne.NewSize(420, 0))
	return container.NewCenter(container.NewStack(ground, container.New(layout.NewCustomPaddedLayout(24, 24, 28, 28), container.NewVBox(rows...))))
}

func heading(text string) *canvas.Text {
	t := canvas.NewText(text, theme.Text())
	t.TextSize = 22
	return t
}

// signInPage asks who works here.
type signInPage struct {
	ws       *workspace.Workspace
	window   fyne.Window
	content  fyne.CanvasObject
	title    *canvas.Text
	purpose  *widget.Label
	login    *widget.Entry
	password *widget.Entry
	button   *widget.Button
	switcher *widget.Button
	problem  *workspace.Problem
	task     *workspace.Task
}

func newSignInPage(ws *workspace.Workspace, w fyne.Window) *signInPage {
	p := &signInPage{ws: ws, window: w, title: heading(""), purpose: widget.NewLabel(""), login: widget.NewEntry(), password: widget.NewPasswordEntry(),
		problem: workspace.NewProblem(), task: ws.NewTask()}
	p.button = widget.NewButton("", p.submit)
	p.button.Importance = widget.HighImportance
	p.switcher = widget.NewButton("", func() { ws.SetLanguage(other(ws.Lang.Code())) })
	p.switcher.Importance = widget.LowImportance
	p.login.OnSubmitted = func(string) { p.focus(p.password) }
	p.password.OnSubmitted = func(string) { p.submit() }
	p.purpose.Wrapping = fyne.TextWrapWord
	p.content = card(container.NewBorder(nil, nil, nil, p.switcher, p.title), p.purpose, p.login, p.password, p.problem, p.button)
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
	p.button.SetText(l.T("signin.button"))
	p.switcher.SetText(languageButton(l.Code()))
}

// shown empties the page and says when there is nobody yet.
func (p *signInPage) shown() {
	p.login.SetText("") // the next person may be another one
	p.password.SetText("")
	p.problem.SetText("")
	p.button.Enable()
	p.focus(p.login)
	p.task.Start(func(ctx context.Context) func() {
		empty, err := p.ws.Admin.Empty(ctx)
		return func() {
			switch {
			case err != nil:
				p.problem.SetText(p.ws.Explain(err))
			case empty:
				p.problem.SetText(p.ws.Lang.T("signin.first"))
			}
		}
	})
}

// focus gives a field the keys. The window is asked, not the field: a page that
// was never painted does not know its canvas yet.
func (p *signInPage) focus(f fyne.Focusable) { p.window.Canvas().Focus(f) }

func (p *signInPage) submit() {
	login, password := p.login.Text, p.password.Text
	if login == "" || password == "" {
		p.problem.SetText(p.ws.Lang.T("signin.missing"))
		return
	}
	p.problem.SetText("")
	p.button.Disable()
	p.button.SetText(p.ws.Lang.T("signin.wait"))
	p.task.Start(func(ctx context.Context) func() {
		var user records.User
		user, err := p.ws.Admin.SignIn(ctx, login, password)
		return func() {
			p.password.SetText("")
			p.button.Enable()
			p.words()
			if err != nil {
				p.problem.SetText(p.ws.Explain(err))
				p.focus(p.password)
				return
			}
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
