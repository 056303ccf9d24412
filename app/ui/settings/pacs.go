package settings

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/transfer"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging/endpoint"
	"longying/imaging/pacs"
	"longying/records"
)

// servers is the page of the PACS.
type servers struct {
	list   []transfer.Entry
	loaded bool
	next   pacs.Server // the form, without what stays as it is
	old    *transfer.Entry
	files  pems
	busy   bool
}

func (r *room) loadServers() {
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		list, err := r.ws.Transfer.Servers(ctx, user)
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.servers.list, r.servers.loaded = list, true
			r.render()
		}
	})
}

func (r *room) serversPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(wrapped(l.T("settings.pacs_note"), widget.LowImportance))
	may := r.may(records.RightConfigure)
	if r.servers.loaded && len(r.servers.list) == 0 {
		box.Add(wrapped(l.T("settings.pacs_none"), widget.MediumImportance))
	}
	for i := range r.servers.list {
		e := r.servers.list[i]
		text := wrapped(e.Name+"\n"+e.URL+"\n"+secretsText(l, e), widget.MediumImportance)
		if !may {
			box.Add(text)
			continue
		}
		change := widget.NewButtonWithIcon(l.T("settings.pacs_change"), theme.DocumentCreateIcon(), func() {
			r.servers.old, r.servers.next = &e, pacs.Server{Name: e.Name, URL: e.URL, Access: endpoint.Access{User: e.User}, Site: e.Site, Gateway: e.Gateway}
			r.servers.files = pems{}
			r.clear()
		})
		remove := widget.NewButtonWithIcon(l.T("settings.button_remove"), theme.DeleteIcon(), func() { r.removeServer(e.Name) })
		box.Add(container.NewBorder(nil, nil, nil, container.NewHBox(change, remove), text))
	}
	if !may {
		box.Add(wrapped(l.T("settings.administrator_only"), widget.LowImportance))
		return box
	}
	r.serverForm(box)
	return box
}

// clear shows the page without what was said of the last try.
func (r *room) clear() {
	r.problem.SetText("")
	r.done.SetText("")
	r.render()
}

// secretsText says which secrets and certificates a server has, not what they
// are.
func secretsText(l *lang.Strings, e transfer.Entry) string {
	has := holdsText(l, e.User, e.Holds)
	if e.Site != "" {
		has = append(has, l.T("settings.pacs_has_site", e.Site))
	}
	if e.Gateway != "" {
		has = append(has, l.T("settings.pacs_has_gateway", e.Gateway))
	}
	if len(has) == 0 {
		return l.T("settings.pacs_has_nothing")
	}
	return strings.Join(has, " · ")
}

func (r *room) serverForm(box *fyne.Container) {
	l, s := r.ws.Lang, &r.servers
	box.Add(widget.NewSeparator())
	title := l.T("settings.pacs_add")
	if s.old != nil {
		title = l.T("settings.pacs_changing", s.old.Name)
	}
	box.Add(bold(title))
	var old transfer.Entry
	if s.old != nil {
		old = *s.old
	}
	name := r.entry(box, "settings.pacs_name", &s.next.Name, "", false)
	if s.old != nil {
		name.Disable()
	}
	r.entry(box, "settings.pacs_url", &s.next.URL, "https://pacs.example/dicom-web", false)
	r.accessForm(box, &s.next.Access, &s.files, old.Holds)
	r.entry(box, "settings.pacs_site", &s.next.Site, l.T("settings.pacs_site_hint"), false)
	r.entry(box, "settings.pacs_gateway", &s.next.Gateway, l.T("settings.pacs_gateway_hint"), false)
	try := widget.NewButtonWithIcon(l.T("settings.pacs_try"), theme.MediaPlayIcon(), r.tryServer)
	save := widget.NewButtonWithIcon(l.T("settings.button_save"), theme.ConfirmIcon(), r.saveServer)
	save.Importance = widget.HighImportance
	row := container.NewHBox(try, save)
	if s.old != nil {
		row.Add(widget.NewButtonWithIcon(l.T("settings.pacs_new"), theme.ContentAddIcon(), func() {
			*s = servers{list: s.list, loaded: true}
			r.clear()
		}))
	}
	if s.busy {
		try.Disable()
		save.Disable()
		row.Add(widget.NewLabel(l.T("settings.pacs_trying")))
	}
	box.Add(row)
	box.Add(widget.NewSeparator())
	box.Add(wrapped(l.T("settings.pacs_orthanc"), widget.LowImportance))
}

// typedServer is the form, its files read.
func (s *servers) typedServer() (pacs.Server, error) {
	out := s.next
	out.Name, out.URL, out.User = strings.TrimSpace(out.Name), strings.TrimSpace(out.URL), strings.TrimSpace(out.User)
	out.Site, out.Gateway = strings.TrimSpace(out.Site), strings.TrimSpace(out.Gateway)
	return out, s.files.read(&out.Access)
}

// withServer does something with the form, off the UI goroutine.
func (r *room) withServer(f func(ctx context.Context, user records.User, s pacs.Server) (done func(), err error), after func()) {
	if r.at != "settings.pacs" || r.servers.busy || !r.may(records.RightConfigure) {
		return
	}
	form, user := r.servers, r.ws.User()
	r.servers.busy = true
	r.clear()
	r.loading.Start(func(ctx context.Context) func() {
		s, err := form.typedServer()
		var done func()
		if err == nil {
			done, err = f(ctx, user, s)
		}
		return func() {
			r.servers.busy = false
			r.problem.Explain(err)
			r.done.SetText("")
			if err == nil {
				done()
			}
			if err == nil && after != nil {
				after()
			}
			r.render()
		}
	})
}

func (r *room) tryServer() {
	r.withServer(func(ctx context.Context, user records.User, s pacs.Server) (func(), error) {
		began := time.Now()
		err := r.ws.Transfer.Try(ctx, user, s, true)
		if err != nil {
			return nil, err
		}
		took := fmt.Sprint(time.Since(began).Milliseconds())
		return func() { r.done.Say("settings.pacs_answers", s.Name, took) }, nil
	}, nil)
}

func (r *room) saveServer() {
	r.withServer(func(ctx context.Context, user records.User, s pacs.Server) (func(), error) {
		return func() { r.done.Say("settings.stored") }, r.ws.Transfer.Put(ctx, user, s, true)
	}, func() {
		r.servers = servers{list: r.servers.list, loaded: true}
		r.loadServers()
	})
}

func (r *room) removeServer(name string) {
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		err := r.ws.Transfer.Remove(ctx, user, name)
		return func() {
			r.stored(err)
			r.servers.old, r.servers.next = nil, pacs.Server{}
			r.loadServers()
		}
	})
}

// serverKeys are the page's own keys.
func (r *room) serverKeys() []workspace.Action {
	if r.at != "settings.pacs" || !r.may(records.RightConfigure) {
		return nil
	}
	return []workspace.Action{
		{Label: "settings.pacs_try", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyT)}, Do: r.tryServer},
		{Label: "settings.pacs_save", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyS)}, Do: r.saveServer},
	}
}
