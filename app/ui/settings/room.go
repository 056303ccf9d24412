// Package settings is the room for what is set once: language, image cache, display, hospital, models,
// users, destinations, the audit trail, and the About page.
package settings

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// section is one page of the room.
type section struct {
	name  lang.Key
	needs records.Right // empty: for everybody
	build func() fyne.CanvasObject
	load  func()
}

// room is the room's state; every field belongs to the UI goroutine.
type room struct {
	ws           *workspace.Workspace
	sections     []section
	at           lang.Key
	loading      *workspace.Task
	problem      *workspace.Problem
	done         *workspace.Done
	menu         *fyne.Container
	page         *fyne.Container
	scroll       *container.Scroll
	hospital     hospital
	users        users
	destinations destinations
	codes        codes
	servers      servers
	audit        audit
	own          own
	moving       moving
	trust        trust
	packages     packages
	forms        forms
	phrases      phrases
	display      display
	card         string // the model whose card is unfolded
	runtime      string // which runtime is loaded, or why none is
}

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	_, placed := newRoom(ws)
	return placed
}

func newRoom(ws *workspace.Workspace) (*room, *workspace.Room) {
	r := &room{ws: ws, loading: ws.NewTask(), problem: workspace.NewProblem(ws), menu: container.NewVBox(), page: container.NewVBox()}
	r.done = workspace.NewDone(ws)
	r.sections = []section{
		{"settings.language", "", r.languagePage, nil},
		{"settings.look", "", r.lookPage, nil},
		{"settings.own", "", r.ownPage, nil},
		{"settings.keys", "", r.keysPage, nil},
		{"settings.pictures", "", r.picturesPage, nil},
		{"settings.display", "", r.displayPage, r.loadDisplay},
		{"settings.hospital", "", r.hospitalPage, r.loadHospital},
		{"settings.models", "", r.modelsPage, r.loadModels},
		{"settings.forms", "", r.formsPage, r.loadForms},
		{"settings.phrases", "", r.phrasesPage, r.loadPhrases},
		{"settings.users", records.RightManageUsers, r.usersPage, r.loadUsers},
		{"settings.destinations", "", r.destinationsPage, r.loadDestinations},
		{"settings.codes", "", r.codesPage, r.loadCodes},
		{"settings.pacs", "", r.serversPage, r.loadServers},
		{"settings.audit", records.RightAudit, r.auditPage, r.loadAudit},
		{"settings.about", "", r.aboutPage, r.loadRuntime},
	}
	workspace.On(ws, func(workspace.BindingsChanged) { r.moving = moving{} })
	r.at = "settings.language"
	r.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(8, 16, 16, 16),
		container.New(narrow{r.pageWidth}, container.NewVBox(r.problem, r.done, r.page))))
	side := container.New(layout.NewCustomPaddedLayout(8, 8, 8, 8), r.menu)
	workspace.On(ws, func(workspace.LanguageChanged) { r.render() })
	workspace.On(ws, func(workspace.LookChanged) { r.render() })
	workspace.On(ws, func(e workspace.PackageWanted) {
		r.open("settings.models")
		if r.packages.busy != "" {
			r.problem.Say("settings.install_busy", r.packages.busy)
			return
		}
		r.install(e.Path, false)
	})
	workspace.On(ws, func(workspace.DisplayWanted) {
		r.at = "settings.display" // opened as the room comes to the front
		workspace.Publish(ws, workspace.RoomWanted{ID: "settings"})
		r.open("settings.display")
	})
	workspace.On(ws, func(workspace.UserChanged) {
		r.users, r.audit, r.destinations, r.hospital, r.trust, r.own = users{}, audit{}, destinations{}, hospital{}, trust{}, own{}
		r.servers, r.phrases, r.display = servers{}, phrases{}, display{}
		r.packages.older, r.packages.removing, r.forms.removing = "", "", ""
		if ws.User().Role == records.RoleAuditor { // for whom there is nothing else to do here
			r.open("settings.audit")
			return
		}
		r.open("settings.language")
	})
	r.render()
	actions := []workspace.Action{
		{Label: "settings.next", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyDown)}, Do: func() { r.step(1) }},
		{Label: "settings.previous", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyUp)}, Do: func() { r.step(-1) }},
	}
	return r, &workspace.Room{ID: "settings", Place: workspace.Rail, Icon: theme.SettingsIcon(), Current: func() []workspace.Action {
		return slices.Concat(r.packageKeys(), r.formKeys(), r.phraseKeys(), r.serverKeys(), r.destinationKeys(), r.auditKeys(), r.displayKeys(), actions)
	},
		Chords:  []workspace.Key{workspace.Ctrl(fyne.KeyT), workspace.Ctrl(fyne.KeyS), workspace.Ctrl(fyne.KeyF)},
		Content: container.NewBorder(nil, nil, container.NewBorder(nil, nil, nil, widget.NewSeparator(), side), nil, r.scroll),
		Shown:   func() { r.open(r.at) }}
}

// narrow keeps a page at a width that reads well, however wide the window is.
type narrow struct{ width func() float32 }

const pageWidth = 900

// pageWidth is how wide the page in front may become: a table is read across, text
// is not.
func (r *room) pageWidth() float32 {
	if r.at == "settings.audit" {
		return 2 * pageWidth
	}
	return pageWidth
}

func (narrow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(360, objects[0].MinSize().Height)
}

func (n narrow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(min(size.Width, n.width()), size.Height))
	objects[0].Move(fyne.NewPos(0, 0))
}

func (r *room) visible() []section {
	var out []section
	for _, s := range r.sections {
		if s.name == "settings.phrases" && !r.may(records.RightReport) && !r.may(records.RightConfigure) {
			continue
		}
		if s.needs == "" || r.ws.User().Role.May(s.needs) {
			out = append(out, s)
		}
	}
	return out
}

func (r *room) step(n int) {
	vs := r.visible()
	for i, s := range vs {
		if s.name == r.at {
			r.open(vs[min(max(0, i+n), len(vs)-1)].name)
			return
		}
	}
}

// open brings a page to the front and loads what it shows.
func (r *room) open(name lang.Key) {
	if r.at != name {
		r.scroll.ScrollToTop()
	}
	r.at = name
	r.problem.SetText("")
	r.done.SetText("")
	r.loading.Stop()
	r.render()
	for _, s := range r.visible() {
		if s.name == name && s.load != nil {
			s.load()
		}
	}
}

func (r *room) render() {
	r.menu.RemoveAll()
	r.page.RemoveAll()
	for _, s := range r.visible() {
		b := widget.NewButton(r.ws.Lang.T(s.name), func() { r.open(s.name) })
		b.Alignment, b.Importance = widget.ButtonAlignLeading, widget.LowImportance
		if s.name == r.at {
			b.Importance = widget.HighImportance
			title := widget.NewLabelWithStyle(r.ws.Lang.T(s.name), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
			title.SizeName = theme.SizeNameHeadingText
			r.page.Add(title)
			r.page.Add(s.build())
		}
		r.menu.Add(b)
	}
	r.menu.Refresh()
	r.page.Refresh()
	r.scroll.Refresh()
}

// stored tells how a change went, where the page's result stands.
func (r *room) stored(err error) {
	r.problem.Explain(err)
	r.done.SetText("")
	if err == nil {
		r.done.Say("settings.stored")
	}
	r.render()
}

func wrapped(text string, weight widget.Importance) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping, l.Importance = fyne.TextWrapWord, weight
	return l
}

func bold(text string) *widget.Label {
	l := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	l.Wrapping = fyne.TextWrapWord
	return l
}

// field is a caption beside what it names.
func (r *room) field(caption lang.Key, o fyne.CanvasObject) fyne.CanvasObject {
	c := widget.NewLabel(r.ws.Lang.T(caption))
	c.Importance = widget.LowImportance
	box := container.New(layout.NewGridWrapLayout(fyne.NewSize(150, c.MinSize().Height)), c)
	return container.NewBorder(nil, nil, box, nil, o)
}

func (r *room) may(x records.Right) bool { return records.Require(r.ws.User(), x) == nil }
