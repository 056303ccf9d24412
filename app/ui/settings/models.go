package settings

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/catalogue"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/models"
	"longying/records"
)

// packages is what the page knows of where the models come from, and what is
// being done about them.
type packages struct {
	entries  []catalogue.Entry
	busy     string // the name of what is being installed; empty: nothing
	stage    catalogue.Stage
	older    string // path of a package that was refused because it is not newer
	removing string // ID of the model that is to be removed once that is confirmed
}

// loadModels reads the data folder anew, so that what the command line has
// installed meanwhile counts too, and what this site has decided.
func (r *room) loadModels() {
	if r.ws.Catalogue == nil {
		r.loadTrust()
		return
	}
	before := keys(r.ws.Reading.Models())
	r.ws.NewTask().Start(func(context.Context) func() {
		entries := r.ws.Catalogue.Reload()
		return func() {
			r.packages.entries = entries
			if !slices.Equal(before, keys(r.ws.Reading.Models())) {
				workspace.Publish(r.ws, workspace.ModelsChanged{})
			}
			r.render()
			r.loadTrust()
		}
	})
}

func keys(packages []*models.Package) []string {
	var out []string
	for _, p := range packages {
		out = append(out, p.Key())
	}
	return out
}

// modelsPage lists the models, those that were refused, and for the administrator
// how to install another.
func (r *room) modelsPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(wrapped(l.T("settings.models_note"), widget.LowImportance))
	if r.mayInstall() {
		box.Add(r.installation())
	}
	for _, p := range r.ws.Reading.Models() {
		c := p.Card
		text := l.T("settings.button_card")
		if r.card == c.ID {
			text = l.T("settings.button_fold")
		}
		toggle := widget.NewButton(text, func() {
			if r.card == c.ID {
				r.card = ""
			} else {
				r.card = c.ID
			}
			r.render()
		})
		box.Add(widget.NewSeparator())
		box.Add(container.NewBorder(nil, nil, nil, container.NewVBox(toggle), bold(c.Name.In(l.Short())+"  "+c.Version)))
		box.Add(r.origin(c.ID))
		box.Add(wrapped(c.Purpose.IntendedUse.In(l.Short()), widget.MediumImportance))
		if r.card == c.ID {
			box.Add(workspace.CardView(r.ws, c))
		}
		box.Add(r.trustOf(p))
	}
	for _, e := range r.packages.entries {
		if e.Broken != nil {
			box.Add(widget.NewSeparator())
			box.Add(wrapped(l.T("settings.model_broken", e.Broken.Error()), widget.DangerImportance))
			box.Add(r.origin(e.ID))
		}
	}
	if len(r.packages.entries) == 0 {
		for _, err := range r.ws.Reading.BrokenModels() {
			box.Add(widget.NewSeparator())
			box.Add(wrapped(l.T("settings.model_broken", err.Error()), widget.DangerImportance))
		}
	}
	return box
}

func (r *room) mayInstall() bool { return r.ws.Catalogue != nil && r.may(records.RightConfigure) }

// installation is the two ways to choose a package, and how far the one at hand
// is.
func (r *room) installation() fyne.CanvasObject {
	l, p := r.ws.Lang, &r.packages
	if p.busy != "" {
		stage := l.T("settings.install_copying")
		switch p.stage {
		case catalogue.Checking:
			stage = l.T("settings.install_checking")
		case catalogue.Testing:
			stage = l.T("settings.install_testing")
		}
		bar := widget.NewProgressBar()
		bar.SetValue((float64(p.stage) + 0.5) / float64(catalogue.Stages))
		return container.NewVBox(wrapped(l.T("settings.installing", p.busy, stage), widget.MediumImportance), bar)
	}
	file := widget.NewButtonWithIcon(l.T("settings.button_install_file"), theme.FileIcon(), r.pickPackageFile)
	folder := widget.NewButtonWithIcon(l.T("settings.button_install_folder"), theme.FolderOpenIcon(), r.pickPackageFolder)
	box := container.NewVBox(container.NewHBox(file, folder))
	if p.older != "" {
		anyway := widget.NewButtonWithIcon(l.T("settings.button_install_anyway", filepath.Base(p.older)), theme.WarningIcon(), func() { r.install(r.packages.older, true) })
		leave := widget.NewButton(l.T("settings.button_cancel"), func() {
			r.packages.older = ""
			r.problem.SetText("")
			r.render()
		})
		box.Add(container.NewHBox(anyway, leave))
	}
	return box
}

// origin says where a model comes from, and lets the administrator remove one
// that was installed here.
func (r *room) origin(id string) fyne.CanvasObject {
	l := r.ws.Lang
	i := slices.IndexFunc(r.packages.entries, func(e catalogue.Entry) bool { return e.ID == id })
	if i < 0 {
		return container.NewVBox()
	}
	e := r.packages.entries[i]
	if e.Origin != catalogue.Installed {
		return wrapped(l.T("settings.model_shipped"), widget.LowImportance)
	}
	box := container.NewVBox()
	if !e.At.IsZero() {
		box.Add(wrapped(l.T("settings.model_installed", e.At.In(imaging.Zone()).Format(time.DateOnly)), widget.LowImportance))
	}
	if !r.mayInstall() || r.packages.busy != "" {
		return box
	}
	if r.packages.removing != id {
		box.Add(container.NewHBox(widget.NewButtonWithIcon(l.T("settings.button_remove"), theme.DeleteIcon(), func() {
			r.packages.removing = id
			r.render()
		})))
		return box
	}
	box.Add(wrapped(l.T("settings.remove_model_sure", e.ID, e.Version), widget.WarningImportance))
	sure := widget.NewButtonWithIcon(l.T("settings.button_remove"), theme.DeleteIcon(), func() { r.remove(id) })
	sure.Importance = widget.DangerImportance
	box.Add(container.NewHBox(sure, widget.NewButton(l.T("settings.button_cancel"), func() {
		r.packages.removing = ""
		r.render()
	})))
	return box
}

// packageKeys are the page's own keys.
func (r *room) packageKeys() []workspace.Action {
	if r.at != "settings.models" || !r.mayInstall() {
		return nil
	}
	return []workspace.Action{
		{Label: "settings.install_file", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyI)}, Do: r.pickPackageFile},
		{Label: "settings.install_folder", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyO)}, Do: r.pickPackageFolder},
	}
}

// picked takes what a dialog gave.
func (r *room) picked(u fyne.URI, err error) {
	r.problem.Explain(err)
	if u != nil {
		r.install(u.Path(), false)
	}
}

// free is the window that a dialog may open in, or nil.
func (r *room) free() fyne.Window {
	window := workspace.WindowOf(r.page)
	if window == nil || window.Canvas().Overlays().Top() != nil || r.packages.busy != "" {
		return nil
	}
	return window
}

func (r *room) pickPackageFile() {
	window := r.free()
	if window == nil {
		return
	}
	d := dialog.NewFileOpen(func(u fyne.URIReadCloser, err error) {
		if u == nil {
			r.picked(nil, err)
			return
		}
		r.picked(u.URI(), errors.Join(err, u.Close()))
	}, window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".zip"}))
	r.show(d, "settings.choose_package", "settings.button_install_now")
}

func (r *room) pickPackageFolder() {
	window := r.free()
	if window == nil {
		return
	}
	r.show(dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if u == nil {
			r.picked(nil, err)
			return
		}
		r.picked(u, err)
	}, window), "settings.choose_package", "settings.button_install_now")
}

func (r *room) show(d *dialog.FileDialog, title, confirm lang.Key) {
	d.SetTitleText(r.ws.Lang.T(title))
	d.SetConfirmText(r.ws.Lang.T(confirm))
	d.SetDismissText(r.ws.Lang.T("settings.button_cancel"))
	d.Show()
	d.Resize(fyne.NewSize(900, 560))
}

// install takes a package in, behind a job that can be cancelled.
func (r *room) install(path string, replace bool) {
	if r.packages.busy != "" {
		return
	}
	user, name := r.ws.User(), filepath.Base(path)
	r.packages.busy, r.packages.stage, r.packages.older, r.packages.removing = name, catalogue.Copying, "", ""
	r.problem.SetText("")
	r.done.SetText("")
	r.render()
	label := func() string { return r.ws.Lang.T("settings.job_install", name) }
	r.ws.StartJob(label, func(ctx context.Context, progress func(done, total int)) func() {
		res, err := r.ws.Catalogue.Install(ctx, user, path, replace, func(s catalogue.Stage) {
			progress(int(s), catalogue.Stages)
			r.ws.Do(func() {
				if r.packages.busy == name {
					r.packages.stage = s
					r.render()
				}
			})
		})
		return func() {
			r.packages.busy = ""
			workspace.Publish(r.ws, workspace.ModelsChanged{})
			if r.ws.User().ID != user.ID {
				return // somebody else sits here now
			}
			var refused *records.RefusedError
			if errors.As(err, &refused) && refused.Code == "package_older" {
				r.packages.older = path
			}
			r.problem.Explain(err)
			if err == nil {
				r.done.SetWords(func() string {
					words := r.ws.Lang.T("settings.installed", res.Card.Name.In(r.ws.Lang.Short()), res.Card.Version)
					if len(res.Left) > 0 {
						words += r.ws.Lang.T("settings.installed_left", len(res.Left))
					}
					return words
				})
			}
			r.render()
			r.loadModels()
		}
	})
}

func (r *room) remove(id string) {
	user := r.ws.User()
	r.packages.removing = ""
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		_, err := r.ws.Catalogue.Remove(ctx, user, id)
		return func() {
			workspace.Publish(r.ws, workspace.ModelsChanged{})
			r.stored(err)
			r.loadModels()
		}
	})
}
