package settings

import (
	"errors"
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging/endpoint"
)

// pems are the paths of an authority, a client certificate and its key, as typed.
type pems [3]string

// read puts the files into an access; a path that is empty leaves it as it is.
func (p pems) read(a *endpoint.Access) error {
	for i, into := range []*string{&a.CA, &a.Certificate, &a.PrivateKey} {
		path := strings.TrimSpace(p[i])
		if path == "" {
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		*into = string(raw)
	}
	return nil
}

// entry adds a captioned entry to a form.
func (r *room) entry(box *fyne.Container, caption lang.Key, value *string, hint string, secret bool) *workspace.Entry {
	e := workspace.NewEntry(r.ws)
	e.Password = secret
	e.SetText(*value)
	e.SetPlaceHolder(hint)
	e.OnChanged = func(text string) { *value = text }
	box.Add(r.field(caption, e))
	return e
}

// stays says of what is kept and never shown that it stays.
func (r *room) stays(there bool, otherwise string) string {
	if there {
		return r.ws.Lang.T("settings.pacs_stays")
	}
	return otherwise
}

// accessForm adds user, password, token and certificates to a form.
func (r *room) accessForm(box *fyne.Container, a *endpoint.Access, files *pems, old endpoint.Holds) {
	r.entry(box, "settings.pacs_user", &a.User, "", false)
	r.entry(box, "settings.pacs_password", &a.Password, r.stays(old.Password, ""), true)
	r.entry(box, "settings.pacs_token", &a.Token, r.stays(old.Token, ""), true)
	for i, f := range []struct {
		caption lang.Key
		there   bool
	}{{"settings.pacs_ca", old.CA}, {"settings.pacs_certificate", old.Certificate}, {"settings.pacs_key", old.Certificate}} {
		e := workspace.NewEntry(r.ws)
		e.SetText(files[i])
		e.SetPlaceHolder(r.stays(f.there, r.ws.Lang.T("settings.pacs_pem")))
		e.OnChanged = func(text string) { files[i] = text }
		pick := widget.NewButtonWithIcon("", theme.FileIcon(), func() { r.pickPEM(e) })
		box.Add(r.field(f.caption, container.NewBorder(nil, nil, nil, pick, e)))
	}
}

// holdsText says which secrets and certificates there are, not what they are.
func holdsText(l *lang.Strings, user string, h endpoint.Holds) []string {
	var has []string
	if user != "" {
		has = append(has, l.T("settings.pacs_has_user", user))
	}
	for _, x := range []struct {
		there bool
		key   lang.Key
	}{{h.Password, "settings.pacs_has_password"}, {h.Token, "settings.pacs_has_token"}, {h.CA, "settings.pacs_has_ca"}, {h.Certificate, "settings.pacs_has_certificate"}} {
		if x.there {
			has = append(has, l.T(x.key))
		}
	}
	return has
}

func (r *room) pickPEM(into *workspace.Entry) {
	window := workspace.WindowOf(r.page)
	if window == nil || window.Canvas().Overlays().Top() != nil {
		return
	}
	d := dialog.NewFileOpen(func(u fyne.URIReadCloser, err error) {
		if u != nil {
			into.SetText(u.URI().Path())
			err = errors.Join(err, u.Close())
		}
		r.problem.Explain(err)
	}, window)
	d.SetConfirmText(r.ws.Lang.T("settings.pacs_pick"))
	d.SetDismissText(r.ws.Lang.T("settings.pacs_pick_not"))
	d.Show()
	d.Resize(fyne.NewSize(900, 560)) // the toolkit panics on it before
}
