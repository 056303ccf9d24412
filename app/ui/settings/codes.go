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
)

// codes is the page of the code tables.
type codes struct {
	tables []delivery.CodeTable
	loaded bool
	files  map[string]string // paths as typed, by table
	query  string
}

// shownCodes is how many codes a look-up lists at most.
const shownCodes = 40

func (r *room) loadCodes() {
	r.loading.Start(func(ctx context.Context) func() {
		tables, err := r.ws.Delivery.Codes(ctx)
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.codes.tables, r.codes.loaded = tables, true
			r.render()
		}
	})
}

// table is an imported table, or nil.
func (c *codes) table(name string) *delivery.CodeTable {
	for i := range c.tables {
		if c.tables[i].Name == name {
			return &c.tables[i]
		}
	}
	return nil
}

func (r *room) codesPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(wrapped(l.T("settings.codes_note"), widget.LowImportance))
	if !r.codes.loaded {
		return box
	}
	if r.codes.files == nil {
		r.codes.files = map[string]string{}
	}
	may := r.may(records.RightConfigure)
	for _, name := range delivery.Tables() {
		box.Add(wrapped(r.tableText(name), widget.MediumImportance))
		if !may {
			continue
		}
		e := workspace.NewEntry(r.ws)
		e.SetText(r.codes.files[name])
		e.SetPlaceHolder(l.T("settings.codes_file"))
		e.OnChanged = func(text string) { r.codes.files[name] = text }
		pick := widget.NewButtonWithIcon("", theme.FileIcon(), func() { r.pickPEM(e) })
		take := widget.NewButtonWithIcon(l.T("settings.codes_import"), theme.ConfirmIcon(), func() { r.importCodes(name) })
		remove := widget.NewButtonWithIcon(l.T("settings.button_remove"), theme.DeleteIcon(), func() { r.removeCodes(name) })
		if name != delivery.TableMapping && r.codes.table(name) == nil {
			remove.Disable()
		}
		box.Add(container.NewBorder(nil, nil, nil, container.NewHBox(pick, take, remove), e))
	}
	if !may {
		box.Add(wrapped(l.T("settings.administrator_only"), widget.LowImportance))
	}
	box.Add(widget.NewSeparator())
	found := workspace.NewText(r.ws, "", widget.MediumImportance)
	look := workspace.NewEntry(r.ws)
	look.SetText(r.codes.query)
	look.SetPlaceHolder(l.T("settings.codes_query_hint"))
	look.OnChanged = func(text string) {
		r.codes.query = text
		found.SetText(lookUp(l, r.codes.tables, text))
	}
	found.SetText(lookUp(l, r.codes.tables, r.codes.query))
	box.Add(r.field("settings.codes_query", look))
	box.Add(found)
	return box
}

// tableText says what of a table is there.
func (r *room) tableText(name string) string {
	l := r.ws.Lang
	text := l.T(lang.Key("settings.codes." + name))
	t := r.codes.table(name)
	switch {
	case name == delivery.TableMapping:
		return text
	case t == nil:
		return text + "  ·  " + l.T("settings.codes_none")
	}
	return text + "  ·  " + l.T("settings.codes_there", len(t.Codes), t.File, t.By, t.At.Local().Format("2006-01-02"))
}

// lookUp lists the codes that begin with a text, or whose names hold it.
func lookUp(l *lang.Strings, tables []delivery.CodeTable, query string) string {
	query = strings.ToLower(strings.TrimSpace(query))
	if query == "" {
		return ""
	}
	var lines []string
	n := 0
	for _, t := range tables {
		for _, c := range t.Codes {
			if !strings.HasPrefix(strings.ToLower(c.Code), query) && !strings.Contains(strings.ToLower(c.Name), query) {
				continue
			}
			if n++; n <= shownCodes {
				lines = append(lines, l.T(lang.Key("settings.codes."+t.Name))+"  "+strings.TrimSpace(c.Code+"  "+c.Name+"  "+c.For))
			}
		}
	}
	switch {
	case n == 0:
		return l.T("settings.codes_not_found")
	case n > shownCodes:
		lines = append(lines, l.T("settings.codes_more", n-shownCodes))
	}
	return strings.Join(lines, "\n")
}

func (r *room) importCodes(name string) {
	user, file := r.ws.User(), strings.TrimSpace(r.codes.files[name])
	if file == "" {
		r.problem.Say("settings.codes_file_missing")
		return
	}
	r.loading.Start(func(ctx context.Context) func() {
		res, err := r.ws.Delivery.ImportCodes(ctx, user, name, file)
		return func() {
			r.stored(err)
			if err != nil {
				return
			}
			r.done.Say("settings.codes_imported", res.Codes)
			if len(res.Refused) > 0 {
				r.problem.Say("settings.codes_refused", len(res.Refused), strings.Join(res.Refused, "\n"))
			}
			delete(r.codes.files, name)
			r.loadCodes()
		}
	})
}

func (r *room) removeCodes(name string) {
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		err := r.ws.Delivery.RemoveCodes(ctx, user, name)
		return func() {
			r.stored(err)
			r.loadCodes()
		}
	})
}
