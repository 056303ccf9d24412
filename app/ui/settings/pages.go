package settings

import (
	"context"
	"fmt"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// languagePage switches the language, live.
func (r *room) languagePage() fyne.CanvasObject {
	names := []string{"中文", "English"}
	choice := widget.NewRadioGroup(names, nil)
	choice.Required = true
	choice.Selected = names[0]
	if r.ws.Lang.Code() == lang.English {
		choice.Selected = names[1]
	}
	choice.OnChanged = func(s string) {
		code := lang.Chinese
		if s == names[1] {
			code = lang.English
		}
		r.ws.SetLanguage(code) // the window stores it
	}
	return container.NewVBox(choice, wrapped(r.ws.Lang.T("settings.language_note"), widget.LowImportance))
}

// hospital is the page of the hospital's identity.
type hospital struct {
	org    records.Organization
	loaded bool
}

func (r *room) loadHospital() {
	r.loading.Start(func(ctx context.Context) func() {
		org, err := r.ws.Admin.Organization(ctx)
		return func() {
			r.problem.Explain(err)
			if err == nil {
				r.hospital = hospital{org, true}
				r.render()
			}
		}
	})
}

func (r *room) hospitalPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(wrapped(l.T("settings.hospital_note"), widget.LowImportance))
	if !r.hospital.loaded {
		return box
	}
	org := &r.hospital.org
	may := r.may(records.RightConfigure)
	add := func(caption lang.Key, value *string) {
		e := workspace.NewEntry(r.ws)
		e.SetText(*value)
		e.OnChanged = func(s string) { *value = s }
		if !may {
			e.Disable()
		}
		box.Add(r.field(caption, e))
	}
	add("settings.org_name", &org.Name)
	add("settings.org_code", &org.Code)
	add("settings.department", &org.Department)
	add("settings.department_code", &org.DepartmentCode)
	if !may {
		box.Add(wrapped(l.T("settings.administrator_only"), widget.LowImportance))
		return box
	}
	save := widget.NewButtonWithIcon(l.T("settings.button_save"), theme.ConfirmIcon(), func() {
		user, org := r.ws.User(), r.hospital.org
		r.ws.NewTask().Start(func(ctx context.Context) func() {
			err := r.ws.Admin.SetOrganization(ctx, user, org)
			return func() { r.stored(err) }
		})
	})
	save.Importance = widget.HighImportance
	box.Add(container.NewHBox(save))
	return box
}

func (r *room) loadRuntime() {
	r.loading.Start(func(context.Context) func() {
		version, err := "", error(nil)
		if r.ws.Runtime != nil {
			version, err = r.ws.Runtime()
		}
		return func() {
			r.runtime = "ONNX Runtime " + version
			if err != nil {
				r.runtime = r.ws.Lang.T("settings.runtime_missing", err.Error())
			}
			r.render()
		}
	})
}

// aboutPage says what the program is and what it must not be used for.
func (r *room) aboutPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox()
	box.Add(bold(l.T("settings.about_name", r.ws.Version)))
	box.Add(wrapped(l.T("settings.not_device"), widget.DangerImportance))
	box.Add(wrapped(l.T("settings.not_device_note"), widget.MediumImportance))
	box.Add(wrapped(r.ws.DisplayWords(), widget.WarningImportance))
	box.Add(widget.NewSeparator())
	box.Add(bold(l.T("settings.about_models")))
	for _, p := range r.ws.Reading.Models() {
		box.Add(wrapped(fmt.Sprintf("%s  %s  %s", p.Card.Name.In(l.Short()), p.Card.ID, p.Card.Version), widget.MediumImportance))
		box.Add(wrapped("SHA-256 "+workspace.Grouped(p.Card.File.SHA256), widget.LowImportance))
	}
	box.Add(widget.NewSeparator())
	box.Add(bold(l.T("settings.about_runtime")))
	box.Add(wrapped(fmt.Sprintf("%s\n%s · %s/%s", r.runtime, runtime.Version(), runtime.GOOS, runtime.GOARCH), widget.MediumImportance))
	box.Add(wrapped(l.T("settings.about_home", r.ws.Home), widget.LowImportance))
	box.Add(widget.NewSeparator())
	box.Add(bold(l.T("settings.about_licences")))
	box.Add(wrapped(l.T("settings.licences"), widget.MediumImportance))
	for _, p := range r.ws.Reading.Models() {
		box.Add(wrapped(l.T("settings.model_licence", p.Card.Name.In(l.Short()), p.Card.Licence.Weights, p.Card.Licence.Data, p.Card.Licence.Attribution), widget.LowImportance))
	}
	box.Add(wrapped(l.T("settings.licences_of_others"), widget.LowImportance))
	return box
}
