package settings

import (
	"context"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"longying/app/admin"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/seal"
)

// own is the page of one's own account.
type own struct {
	old, fresh, again string
	password, code    string              // for the second factor
	factor            *admin.SecondFactor // that is being turned on
	on                *bool               // as changed since signing in
	recovery          []string            // shown once
}

func (r *room) ownPage() fyne.CanvasObject {
	l, o := r.ws.Lang, &r.own
	box := container.NewVBox(bold(l.T("settings.own_password")))
	add := func(caption lang.Key, value *string, secret bool, submit func()) {
		e := workspace.NewEntry(r.ws)
		e.Password = secret
		e.SetText(*value)
		e.OnChanged = func(s string) { *value = s }
		e.OnSubmitted = func(string) { submit() }
		box.Add(r.field(caption, e))
	}
	button := func(caption lang.Key, do func(), weight widget.Importance) {
		b := widget.NewButton(l.T(caption), do)
		b.Importance = weight
		box.Add(container.NewHBox(b))
	}
	add("settings.old_password", &o.old, true, r.changePassword)
	add("settings.new_password", &o.fresh, true, r.changePassword)
	add("settings.new_again", &o.again, true, r.changePassword)
	box.Add(wrapped(l.T("settings.user_password_note", seal.MinPassword), widget.LowImportance))
	button("settings.button_change_password", r.changePassword, widget.HighImportance)
	box.Add(widget.NewSeparator())
	box.Add(bold(l.T("settings.second_factor")))
	on := r.ws.User().SecondFactor
	if o.on != nil {
		on = *o.on
	}
	switch {
	case o.recovery != nil:
		box.Add(wrapped(l.T("settings.recovery_note"), widget.WarningImportance))
		codes := workspace.NewText(r.ws, strings.Join(o.recovery, "\n"), widget.MediumImportance)
		codes.TextStyle = fyne.TextStyle{Monospace: true}
		box.Add(codes)
		button("settings.button_written_down", func() {
			o.recovery = nil
			r.render()
		}, widget.HighImportance)
	case on:
		box.Add(wrapped(l.T("settings.factor_on"), widget.SuccessImportance))
		add("signin.password", &o.password, true, r.removeFactor)
		button("settings.button_factor_off", r.removeFactor, widget.MediumImportance)
	case o.factor == nil:
		box.Add(wrapped(l.T("settings.factor_note"), widget.LowImportance))
		button("settings.button_factor_new", r.newFactor, widget.MediumImportance)
	default:
		box.Add(wrapped(l.T("settings.factor_steps"), widget.MediumImportance))
		if picture := square(o.factor.URI); picture != nil {
			box.Add(container.NewHBox(picture))
		}
		secret := workspace.NewText(r.ws, workspace.Grouped(o.factor.Secret), widget.MediumImportance)
		secret.TextStyle = fyne.TextStyle{Monospace: true}
		box.Add(secret)
		add("signin.password", &o.password, true, r.enrolFactor)
		add("settings.factor_code", &o.code, false, r.enrolFactor)
		button("settings.button_factor_on", r.enrolFactor, widget.HighImportance)
	}
	return box
}

// square is a text as a QR code with the quiet zone that readers need, or nil
// where it is too long for one.
func square(text string) fyne.CanvasObject {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil
	}
	const module, quiet = 4, 16 // pixels
	side := code.Bounds().Dx() * module
	scaled, err := barcode.Scale(code, side, side)
	if err != nil {
		return nil
	}
	picture := canvas.NewImageFromImage(scaled)
	picture.ScaleMode, picture.FillMode = canvas.ImageScalePixels, canvas.ImageFillContain
	picture.SetMinSize(fyne.NewSquareSize(float32(side)))
	ground := canvas.NewRectangle(color.White)
	ground.SetMinSize(fyne.NewSquareSize(float32(side + 2*quiet)))
	return container.NewStack(ground, container.NewCenter(picture))
}

// acted shows how a change of one's own account went.
func (r *room) acted(do func(ctx context.Context, actor records.User) error, then func()) {
	actor := r.ws.User()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		err := do(ctx, actor)
		return func() {
			if err == nil {
				then()
			}
			r.own.password, r.own.code = "", ""
			r.stored(err)
		}
	})
}

func (r *room) changePassword() {
	o := r.own
	if o.fresh != o.again {
		r.problem.Say("start.differ")
		return
	}
	r.acted(func(ctx context.Context, actor records.User) error {
		return r.ws.Admin.ChangePassword(ctx, actor, o.old, o.fresh)
	}, func() { r.own.old, r.own.fresh, r.own.again = "", "", "" })
}

func (r *room) newFactor() {
	f := r.ws.Admin.NewSecondFactor(r.ws.User())
	r.own.factor = &f
	r.render()
}

func (r *room) enrolFactor() {
	o := r.own
	if o.factor == nil {
		return
	}
	var codes []string
	r.acted(func(ctx context.Context, actor records.User) (err error) {
		codes, err = r.ws.Admin.EnrolSecondFactor(ctx, actor, o.password, o.factor.Secret, strings.TrimSpace(o.code))
		return err
	}, func() {
		on := true
		r.own.factor, r.own.on, r.own.recovery = nil, &on, codes
	})
}

func (r *room) removeFactor() {
	password := r.own.password
	r.acted(func(ctx context.Context, actor records.User) error {
		return r.ws.Admin.RemoveSecondFactor(ctx, actor, password)
	}, func() {
		on := false
		r.own.on = &on
	})
}
