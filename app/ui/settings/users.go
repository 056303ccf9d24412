package settings

import (
	"context"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/admin"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/seal"
)

// users is the page of those who can sign in.
type users struct {
	list     []records.User
	next     admin.NewUser
	idle     string // minutes, as typed
	open     string // login of the account that is being changed
	role     records.Role
	password string // another one for it
}

func (r *room) loadUsers() {
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		list, err := r.ws.Admin.Users(ctx, user)
		idle, idleErr := r.ws.Admin.IdleLock(ctx)
		if err == nil {
			err = idleErr
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.users.list, r.users.idle = list, strconv.Itoa(int(idle/time.Minute))
			r.render()
		}
	})
}

func (r *room) usersPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox()
	for _, u := range r.users.list {
		box.Add(r.account(u))
	}
	box.Add(widget.NewSeparator())
	box.Add(bold(l.T("settings.idle_lock")))
	minutes := workspace.NewEntry(r.ws)
	minutes.SetText(r.users.idle)
	minutes.OnChanged = func(s string) { r.users.idle = s }
	minutes.OnSubmitted = func(string) { r.setIdleLock() }
	box.Add(container.NewBorder(nil, nil, nil, widget.NewButton(l.T("settings.button_save"), r.setIdleLock), r.field("settings.idle_minutes", minutes)))
	box.Add(wrapped(l.T("settings.idle_note", admin.IdleLockMost), widget.LowImportance))
	box.Add(widget.NewSeparator())
	box.Add(bold(l.T("settings.add_user")))
	next := &r.users.next
	add := func(caption lang.Key, value *string, secret bool) {
		e := workspace.NewEntry(r.ws)
		e.Password = secret
		e.SetText(*value)
		e.OnChanged = func(s string) { *value = s }
		box.Add(r.field(caption, e))
	}
	add("settings.user_login", &next.Login, false)
	add("settings.user_name", &next.Name, false)
	add("settings.user_staff", &next.StaffNumber, false)
	box.Add(r.field("settings.user_role", r.roles(&next.Role)))
	add("settings.user_password", &next.Password, true)
	box.Add(wrapped(l.T("settings.user_password_note", seal.MinPassword), widget.LowImportance))
	b := widget.NewButtonWithIcon(l.T("settings.button_add_user"), theme.ContentAddIcon(), r.addUser)
	b.Importance = widget.HighImportance
	box.Add(container.NewHBox(b))
	return box
}

// roles is the choice of a role.
func (r *room) roles(into *records.Role) fyne.CanvasObject {
	l := r.ws.Lang
	var names []string
	for _, role := range records.Roles() {
		names = append(names, l.Or(lang.Key("role."+string(role)), string(role)))
	}
	choice := workspace.NewSelect(r.ws, names, nil)
	choice.PlaceHolder = l.T("settings.choose_role")
	for i, role := range records.Roles() {
		if role == *into {
			choice.SetSelectedIndex(i)
		}
	}
	choice.OnChanged = func(string) { *into = records.Roles()[max(0, choice.SelectedIndex())] }
	return choice
}

// account is one account: what it is, and what can be done with it.
func (r *room) account(u records.User) fyne.CanvasObject {
	l := r.ws.Lang
	text := u.Name + "（" + u.Login + "）· " + l.Or(lang.Key("role."+string(u.Role)), string(u.Role))
	if u.StaffNumber != "" {
		text += " · " + u.StaffNumber
	}
	if u.SecondFactor {
		text += " · " + l.T("settings.second_factor")
	}
	weight := widget.MediumImportance
	lock := widget.NewButton(l.T("settings.button_lock"), func() { r.setLocked(u.Login, true) })
	switch {
	case u.Locked:
		text += "\n" + l.T("settings.locked")
	case u.HoldLeft > 0:
		text += "\n" + l.T("settings.held", int((u.HoldLeft+time.Minute-1)/time.Minute))
	case u.MustChange:
		text += "\n" + l.T("settings.must_change")
	}
	if u.Locked || u.HoldLeft > 0 {
		weight = widget.WarningImportance
		lock = widget.NewButton(l.T("settings.button_unlock"), func() { r.setLocked(u.Login, false) })
	}
	change := widget.NewButton(l.T("settings.button_change"), func() {
		open := u.Login
		if r.users.open == open {
			open = ""
		}
		r.users.open, r.users.role, r.users.password = open, u.Role, ""
		r.render()
	})
	row := container.NewBorder(nil, nil, nil, container.NewVBox(container.NewHBox(change, lock)), wrapped(text, weight))
	if r.users.open != u.Login {
		return row
	}
	role := container.NewBorder(nil, nil, nil, widget.NewButton(l.T("settings.button_set_role"), func() {
		role := r.users.role
		r.changeUser(func(ctx context.Context, actor records.User) error {
			return r.ws.Admin.SetRole(ctx, actor, u.Login, role)
		})
	}), r.field("settings.user_role", r.roles(&r.users.role)))
	form := container.NewVBox(row, role)
	if u.ID == r.ws.User().ID {
		form.Add(wrapped(l.T("settings.own_account"), widget.LowImportance))
		return form
	}
	password := workspace.NewEntry(r.ws)
	password.Password = true
	password.OnChanged = func(s string) { r.users.password = s }
	form.Add(container.NewBorder(nil, nil, nil, widget.NewButton(l.T("settings.button_reset_password"), func() {
		password := r.users.password
		r.changeUser(func(ctx context.Context, actor records.User) error {
			return r.ws.Admin.ResetPassword(ctx, actor, u.Login, password)
		})
	}), r.field("settings.user_password", password)))
	form.Add(wrapped(l.T("settings.reset_note"), widget.LowImportance))
	if u.SecondFactor {
		form.Add(container.NewHBox(widget.NewButton(l.T("settings.button_reset_factor"), func() {
			r.changeUser(func(ctx context.Context, actor records.User) error {
				return r.ws.Admin.ResetSecondFactor(ctx, actor, u.Login)
			})
		})))
	}
	return form
}

// changeUser does something with an account and shows the list as it is then.
func (r *room) changeUser(change func(ctx context.Context, actor records.User) error) {
	actor := r.ws.User()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		err := change(ctx, actor)
		return func() {
			if err == nil {
				r.users.open, r.users.password = "", ""
			}
			r.stored(err)
			r.loadUsers()
		}
	})
}

func (r *room) addUser() {
	actor, n := r.ws.User(), r.users.next
	n.MustChange = true // the administrator knows it
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		_, err := r.ws.Admin.AddUser(ctx, actor, n)
		return func() {
			if err == nil {
				r.users.next = admin.NewUser{}
				r.loadUsers()
			}
			r.stored(err)
		}
	})
}

func (r *room) setLocked(login string, locked bool) {
	r.changeUser(func(ctx context.Context, actor records.User) error {
		return r.ws.Admin.SetLocked(ctx, actor, login, locked)
	})
}

func (r *room) setIdleLock() {
	minutes, err := strconv.Atoi(strings.TrimSpace(r.users.idle))
	if err != nil {
		minutes = 0 // refused with what is allowed
	}
	actor := r.ws.User()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		err := r.ws.Admin.SetIdleLock(ctx, actor, minutes)
		return func() {
			if err == nil {
				workspace.Publish(r.ws, workspace.IdleLockChanged{})
			}
			r.stored(err)
		}
	})
}
