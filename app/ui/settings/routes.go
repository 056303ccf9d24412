package settings

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/outbox"
)

// routes is the page of the destinations.
type routes struct {
	list   []delivery.Route
	next   delivery.Route
	loaded bool
}

func (r *room) loadRoutes() {
	r.loading.Start(func(ctx context.Context) func() {
		list, err := r.ws.Delivery.Routes(ctx)
		return func() {
			if err != nil {
				r.problem.SetText(r.ws.Explain(err))
				return
			}
			r.routes.list, r.routes.loaded = list, true
			r.render()
		}
	})
}

func (r *room) routesPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(wrapped(l.T("settings.destinations_note"), widget.LowImportance))
	may := r.may(records.RightConfigure)
	if r.routes.loaded && len(r.routes.list) == 0 {
		box.Add(wrapped(l.T("settings.no_destination"), widget.MediumImportance))
	}
	for i, d := range r.routes.list {
		text := wrapped(d.Name+"\n"+d.URL+"\n"+strings.ToUpper(strings.Join(d.Formats, " · ")), widget.MediumImportance)
		if !may {
			box.Add(text)
			continue
		}
		remove := widget.NewButtonWithIcon(l.T("settings.button_remove"), theme.DeleteIcon(), func() {
			list := append(append([]delivery.Route(nil), r.routes.list[:i]...), r.routes.list[i+1:]...)
			r.setRoutes(list)
		})
		box.Add(container.NewBorder(nil, nil, nil, container.NewVBox(remove), text))
	}
	if !may {
		box.Add(wrapped(l.T("settings.administrator_only"), widget.LowImportance))
		return box
	}
	next := &r.routes.next
	if next.Kind == "" {
		next.Kind = outbox.KindHTTP
	}
	box.Add(widget.NewSeparator())
	box.Add(bold(l.T("settings.add_destination")))
	name, address := workspace.NewEntry(r.ws), workspace.NewEntry(r.ws)
	name.SetText(next.Name)
	address.SetText(next.URL)
	name.OnChanged = func(s string) { next.Name = strings.TrimSpace(s) }
	address.OnChanged = func(s string) { next.URL = strings.TrimSpace(s) }
	address.SetPlaceHolder(l.T("settings.address_hint"))
	kinds := []string{outbox.KindHTTP, outbox.KindFolder}
	names := []string{l.T("settings.kind_http"), l.T("settings.kind_folder")}
	kind := widget.NewRadioGroup(names, nil)
	kind.Horizontal, kind.Required, kind.Selected = true, true, names[0]
	if next.Kind == outbox.KindFolder {
		kind.Selected = names[1]
	}
	kind.OnChanged = func(s string) {
		next.Kind = kinds[0]
		if s == names[1] {
			next.Kind = kinds[1]
		}
	}
	formats := widget.NewCheckGroup(delivery.Formats(), func(f []string) { next.Formats = f })
	formats.Horizontal = true
	formats.Selected = next.Formats
	box.Add(r.field("settings.destination_name", name))
	box.Add(r.field("settings.destination_kind", kind))
	box.Add(r.field("settings.destination_address", address))
	box.Add(r.field("settings.destination_formats", formats))
	add := widget.NewButtonWithIcon(l.T("settings.button_add_destination"), theme.ContentAddIcon(), func() {
		if err := checkRoute(*next, r.routes.list); err != "" {
			r.problem.SetText(l.T(err))
			return
		}
		r.setRoutes(append(append([]delivery.Route(nil), r.routes.list...), *next))
	})
	add.Importance = widget.HighImportance
	box.Add(container.NewHBox(add))
	return box
}

// checkRoute names what a new destination lacks, empty when nothing.
func checkRoute(next delivery.Route, known []delivery.Route) lang.Key {
	if next.Name == "" || next.URL == "" || len(next.Formats) == 0 {
		return "settings.destination_lacks"
	}
	for _, d := range known {
		if d.Name == next.Name {
			return "settings.destination_twice"
		}
	}
	return ""
}

func (r *room) setRoutes(list []delivery.Route) {
	actor := r.ws.User()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		err := r.ws.Delivery.SetRoutes(ctx, actor, list)
		return func() {
			if err == nil {
				r.routes.next = delivery.Route{}
				r.loadRoutes()
			}
			r.stored(err)
		}
	})
}
