package settings

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/template"
)

// forms is the page of report templates.
type forms struct {
	list     []*template.Template
	broken   []error
	removing string // asked once more
}

func (r *room) loadForms() {
	r.loading.Start(func(context.Context) func() {
		list, broken, err := r.ws.Reading.Templates()
		return func() {
			r.problem.Explain(err)
			r.forms.list, r.forms.broken = list, broken
			r.render()
		}
	})
}

// formsPage lists the templates, the hospital's own first, and those of its files
// that cannot be used; an administrator adds and removes.
func (r *room) formsPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(wrapped(l.T("settings.forms_note"), widget.LowImportance))
	may := r.may(records.RightConfigure)
	if may {
		box.Add(container.NewHBox(widget.NewButtonWithIcon(l.T("settings.button_form_add"), theme.FileIcon(), r.pickForm)))
	} else {
		box.Add(wrapped(l.T("settings.administrator_only"), widget.LowImportance))
	}
	for _, err := range r.forms.broken {
		box.Add(wrapped(l.T("settings.form_broken", err.Error()), widget.DangerImportance))
	}
	for _, t := range r.forms.list {
		box.Add(widget.NewSeparator())
		title := bold(t.Title.In(l.Short()))
		if t.Shipped || !may {
			box.Add(title)
		} else {
			id, text := t.ID, l.T("settings.button_form_remove")
			if r.forms.removing == id {
				text = l.T("settings.button_form_remove_now")
			}
			box.Add(container.NewBorder(nil, nil, nil, widget.NewButton(text, func() { r.removeForm(id) }), title))
		}
		origin := l.T("settings.form_shipped")
		if !t.Shipped {
			origin = l.T("settings.form_own")
		}
		box.Add(wrapped(l.T("settings.form_facts", t.ID, t.Version, strings.Join(t.Modalities, "/"), len(t.Fields), origin), widget.LowImportance))
		if t.Source != "" {
			box.Add(wrapped(t.Source, widget.LowImportance))
		}
	}
	return box
}

func (r *room) formKeys() []workspace.Action {
	if r.at != "settings.forms" || !r.may(records.RightConfigure) {
		return nil
	}
	return []workspace.Action{{Label: "settings.form_add", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyI)}, Do: r.pickForm}}
}

func (r *room) pickForm() {
	window := r.free()
	if window == nil {
		return
	}
	d := dialog.NewFileOpen(func(u fyne.URIReadCloser, err error) {
		if u != nil {
			err = errors.Join(err, u.Close())
		}
		r.problem.Explain(err)
		if u != nil && err == nil {
			r.addForm(u.URI().Path())
		}
	}, window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".json"}))
	r.show(d, "settings.choose_form", "settings.button_form_take")
}

func (r *room) addForm(path string) {
	user := r.ws.User()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		_, err := r.ws.Reading.AddTemplate(ctx, user, path)
		return func() {
			r.stored(err)
			if err == nil {
				r.loadForms()
			}
		}
	})
}

// removeForm removes a template at the second press.
func (r *room) removeForm(id string) {
	if r.forms.removing != id {
		r.forms.removing = id
		r.render()
		return
	}
	user := r.ws.User()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		err := r.ws.Reading.RemoveTemplate(ctx, user, id)
		return func() {
			r.forms.removing = ""
			r.stored(err)
			if err == nil {
				r.loadForms()
			}
		}
	})
}
