package ui

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"longying/app/admin"
	"longying/app/ui/workspace"
	"longying/records"
)

// screenLock hides what the window shows: after a time without a key or a
// movement of the mouse, or when a person asks for it. Nothing of the session
// ends; every edit is in the record already. The same person comes back by
// their password, or another one signs in instead.
type screenLock struct {
	page   *lockPage
	on     bool
	after  time.Duration
	aside  []fyne.CanvasObject // dialogs that were open
	asking *workspace.Task     // the setting
	noting *workspace.Task     // the audit event
}

// watchIdle looks once a second whether the screen is to be hidden, until the
// window ends.
func (s *shell) watchIdle() {
	s.ws.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-s.ws.Context().Done():
				return
			case <-tick.C:
				s.ws.Do(s.tick)
			}
		}
	})
}

func (s *shell) tick() {
	s.desks().follow()
	s.note()
	s.turnMinute(time.Now())
	switch {
	case s.lock.on:
		s.putAside() // what opened a dialog meanwhile does not show it
	case s.ws.User().ID != "" && s.ws.Activity.Idle() >= s.lock.after:
		s.lockScreen()
	}
}

// turnMinute asks once a minute for the critical values that are open: how long
// nobody was told counts on, and another program may have flagged one.
func (s *shell) turnMinute(now time.Time) {
	minute := now.Truncate(time.Minute)
	if s.ws.User().ID == "" || s.lock.on || minute.Equal(s.minute) {
		return
	}
	s.minute = minute
	workspace.Publish(s.ws, workspace.CriticalChanged{})
}

// askIdle takes the setting of this data folder.
func (s *shell) askIdle() {
	s.lock.after = admin.IdleLockDefault * time.Minute
	s.lock.asking.Start(func(ctx context.Context) func() {
		after, err := s.ws.Admin.IdleLock(ctx)
		return func() {
			if err != nil {
				s.explain(err)
				return
			}
			s.lock.after = after
		}
	})
}

// lockScreen hides everything at once; then it is noted.
func (s *shell) lockScreen() {
	user := s.ws.User()
	if s.lock.on || user.ID == "" {
		return
	}
	s.lock.on = true
	s.window.SetContent(s.lock.page.content)
	s.putAside()
	s.lock.page.shown(user)
	s.lock.noting.Start(func(ctx context.Context) func() {
		err := s.ws.Admin.Leave(context.WithoutCancel(ctx), user, "lock_screen")
		return func() {
			if err != nil {
				s.lock.page.problem.Explain(err)
			}
		}
	})
}

// putAside takes open dialogs off the window, to be there again afterwards.
func (s *shell) putAside() {
	overlays := s.window.Canvas().Overlays()
	for top := overlays.Top(); top != nil; top = overlays.Top() {
		s.lock.aside = append(s.lock.aside, top)
		overlays.Remove(top)
	}
}

// unlocked shows what was there, to the same person in the same role.
func (s *shell) unlocked(u records.User) {
	if u.Role != s.ws.User().Role || u.MustChange {
		s.otherUser()
		return
	}
	s.lock.on = false
	s.ws.Activity.Seen()
	s.window.SetContent(s.filling())
	s.window.Canvas().Unfocus()
	for i := len(s.lock.aside) - 1; i >= 0; i-- {
		s.window.Canvas().Overlays().Add(s.lock.aside[i])
	}
	s.lock.aside = nil
}

// otherUser ends the session behind a hidden screen.
func (s *shell) otherUser() {
	s.lock.on, s.lock.aside = false, nil
	s.signOut()
}

// signOut lets nobody be at the window, and notes who left.
func (s *shell) signOut() {
	user := s.ws.User()
	s.ws.SetUser(records.User{})
	s.lock.noting.Start(func(ctx context.Context) func() {
		err := s.ws.Admin.Leave(context.WithoutCancel(ctx), user, "logout")
		return func() {
			if err != nil {
				s.signIn.problem.Explain(err)
			}
		}
	})
}

// pulse lies under everything and sees each movement of the mouse: the toolkit
// asks every object under the pointer for its cursor, and takes the topmost's.
type pulse struct {
	widget.BaseWidget
	seen func()
}

var _ desktop.Cursorable = (*pulse)(nil)

func newPulse(seen func()) *pulse {
	p := &pulse{seen: seen}
	p.ExtendBaseWidget(p)
	return p
}

// Cursor is desktop.Cursorable's.
func (p *pulse) Cursor() desktop.Cursor {
	p.seen()
	return desktop.DefaultCursor
}

// CreateRenderer is fyne.Widget's.
func (p *pulse) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}

// lockPage is all that a hidden screen shows.
type lockPage struct {
	ws       *workspace.Workspace
	window   fyne.Window
	content  fyne.CanvasObject
	title    *widget.Label
	who      *widget.Label
	password *doorEntry
	code     *doorEntry
	switcher *widget.Button
	button   *widget.Button
	other    *widget.Button
	problem  *workspace.Problem
	task     *workspace.Task
	user     records.User
	unlocked func(records.User)
}

func newLockPage(ws *workspace.Workspace, w fyne.Window, unlocked func(records.User), other func()) *lockPage {
	p := &lockPage{ws: ws, window: w, title: widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}), who: widget.NewLabel(""),
		password: newDoorEntry(ws, true), code: newDoorEntry(ws, false), switcher: newSwitcher(ws), problem: workspace.NewProblem(ws), task: ws.NewTask(), unlocked: unlocked}
	p.who.Wrapping = fyne.TextWrapWord
	p.button = widget.NewButton("", p.submit)
	p.button.Importance = widget.HighImportance
	p.other = widget.NewButton("", func() {
		p.task.Stop()
		other()
	})
	p.other.Importance = widget.LowImportance
	p.password.OnSubmitted = func(string) { p.submit() }
	p.code.OnSubmitted = p.password.OnSubmitted
	p.content = card(container.NewBorder(nil, nil, nil, p.switcher, p.title), p.who, p.password, p.code, p.problem, p.button, p.other)
	return p
}

func (p *lockPage) words() {
	l := p.ws.Lang
	p.title.SetText(l.T("lock.title"))
	p.who.SetText(l.T("lock.who", p.user.Name))
	p.password.SetPlaceHolder(l.T("signin.password"))
	p.code.SetPlaceHolder(l.T("signin.code"))
	p.button.SetText(l.T("lock.button"))
	p.other.SetText(l.T("lock.other"))
	p.switcher.SetText(languageButton(l.Code()))
}

func (p *lockPage) shown(u records.User) {
	p.user = u
	p.password.SetText("")
	p.code.SetText("")
	p.code.Hide()
	p.problem.SetText("")
	p.button.Enable()
	p.words()
	p.window.Canvas().Focus(p.password)
}

func (p *lockPage) submit() {
	user, password, code := p.user, p.password.Text, p.code.Text
	if password == "" || p.button.Disabled() {
		return
	}
	p.problem.SetText("")
	p.button.Disable()
	p.task.Start(func(ctx context.Context) func() {
		now, err := p.ws.Admin.Unlock(ctx, user, password, code)
		return func() {
			p.button.Enable()
			var refused *records.RefusedError
			if errors.As(err, &refused) && refused.Code == "code_needed" && p.code.Hidden {
				p.code.Show()
				p.content.Refresh()
				p.problem.Explain(err)
				p.window.Canvas().Focus(p.code)
				return
			}
			p.password.SetText("")
			p.code.SetText("")
			if err != nil {
				if errors.As(err, &refused) && refused.Code == "sign_in" { // nobody's login is asked for here
					p.problem.Say("lock.wrong")
				} else {
					p.problem.Explain(err)
				}
				p.window.Canvas().Focus(p.password)
				return
			}
			p.unlocked(now)
		}
	})
}
