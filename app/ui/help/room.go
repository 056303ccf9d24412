package help

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/app/ui/workspace"
)

// room is the room's state; every field belongs to the UI goroutine.
type room struct {
	ws      *workspace.Workspace
	search  *workspace.Entry
	menu    *fyne.Container
	page    *fyne.Container
	scroll  *container.Scroll
	problem *workspace.Problem
	done    *workspace.Done
	tour    *widget.Button
	keys    *widget.Button
	report  *widget.Button
	folder  *workspace.Entry
	at      string // the topic in front; reportPage: the problem report
	parts   []Part // of the problem report that is shown
	making  *workspace.Task
}

// reportPage stands among the topics.
const reportPage = "report!"

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	r := &room{ws: ws, menu: container.NewVBox(), page: container.NewVBox(), problem: workspace.NewProblem(ws), making: ws.NewTask()}
	r.search, r.folder = workspace.NewEntry(ws), workspace.NewEntry(ws)
	r.search.OnChanged = func(string) { r.render() }
	r.search.OnSubmitted = func(string) { workspace.Release(r.search) }
	r.done = workspace.NewDone(ws)
	r.keys = widget.NewButton("", func() { ws.Keys.TypedRune('?') })
	r.tour = widget.NewButton("", r.startTour)
	r.report = widget.NewButton("", r.makeReport)
	side := container.NewBorder(container.NewVBox(r.search, r.keys, r.tour, r.report, widget.NewSeparator()), nil, nil, nil, container.NewVScroll(r.menu))
	r.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(8, 16, 16, 16), container.New(narrow{}, container.NewVBox(r.problem, r.done, r.page))))
	split := container.NewBorder(nil, nil, container.NewBorder(nil, nil, nil, widget.NewSeparator(), container.New(layout.NewCustomPaddedLayout(8, 8, 8, 8), container.New(sideWidth{}, side))), nil, r.scroll)
	workspace.On(ws, func(workspace.LanguageChanged) { r.render() })
	workspace.On(ws, func(workspace.UserChanged) {
		r.parts, r.at = nil, ""
		r.making.Stop()
		r.search.SetText("")
		r.render()
	})
	r.render()
	return &workspace.Room{ID: "help", Place: workspace.Rail, Icon: theme.HelpIcon(), Content: split,
		Hidden: func() { workspace.Release(r.search, r.folder) },
		Chords: []workspace.Key{workspace.Ctrl(fyne.KeyS)},
		Current: func() []workspace.Action {
			press := func(k workspace.Key) []workspace.Key { return []workspace.Key{k} }
			out := []workspace.Action{
				{Label: "help.search", Keys: press(workspace.Ctrl(fyne.KeyF)), Do: func() { workspace.Focus(r.search) }},
				{Label: "help.next", Keys: press(workspace.Press(fyne.KeyDown)), Do: func() { r.step(1) }},
				{Label: "help.previous", Keys: press(workspace.Press(fyne.KeyUp)), Do: func() { r.step(-1) }},
				{Label: "help.tour", Keys: press(workspace.Press(fyne.KeyT)), Do: r.startTour},
				{Label: "help.report", Keys: press(workspace.Press(fyne.KeyR)), Do: r.makeReport},
			}
			if r.at == reportPage && r.parts != nil {
				out = append(out, workspace.Action{Label: "help.save", Keys: press(workspace.Ctrl(fyne.KeyS)), Do: r.saveReport})
			}
			return out
		}}
}

// sideWidth is the list of tasks' own width.
type sideWidth struct{}

func (sideWidth) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(270, 300) }
func (sideWidth) Layout(os []fyne.CanvasObject, size fyne.Size) {
	os[0].Resize(size)
	os[0].Move(fyne.NewPos(0, 0))
}

// narrow keeps a page at a width that reads well.
type narrow struct{}

const pageWidth = 820

func (narrow) MinSize(os []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(360, os[0].MinSize().Height)
}
func (narrow) Layout(os []fyne.CanvasObject, size fyne.Size) {
	os[0].Resize(fyne.NewSize(min(size.Width, pageWidth), size.Height))
	os[0].Move(fyne.NewPos(0, 0))
}

// found are the topics that the search gives, with the keys that are in force.
func (r *room) found() []Topic {
	all, err := Manual(r.ws.Lang.Code())
	if err != nil {
		r.problem.Explain(err)
	}
	for i := range all {
		for k, line := range all[i].Lines {
			all[i].Lines[k] = r.ws.Lang.Keyed(line)
		}
	}
	return Search(all, r.search.Text)
}

func (r *room) step(n int) {
	found := r.found()
	at := -1
	for i, t := range found {
		if t.ID == r.at {
			at = i
		}
	}
	if len(found) > 0 {
		r.show(found[min(max(0, at+n), len(found)-1)].ID)
	}
}

func (r *room) show(id string) {
	r.at = id
	r.done.SetText("")
	r.problem.SetText("")
	r.scroll.ScrollToTop()
	r.render()
}

func wrapped(text string, weight widget.Importance) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping, l.Importance = fyne.TextWrapWord, weight
	return l
}

func (r *room) render() {
	l, found := r.ws.Lang, r.found()
	r.search.SetPlaceHolder(l.T("help.search_hint"))
	r.keys.SetText(l.T("help.button_keys"))
	r.tour.SetText(l.T("help.button_tour"))
	r.report.SetText(l.T("help.button_report"))
	r.menu.RemoveAll()
	r.page.RemoveAll()
	shown := r.at == reportPage
	for _, t := range found {
		shown = shown || t.ID == r.at
	}
	if !shown && len(found) > 0 {
		r.at = found[0].ID
	}
	for _, t := range found {
		b := widget.NewButton(t.Title, func() { r.show(t.ID) })
		b.Alignment, b.Importance = widget.ButtonAlignLeading, widget.LowImportance
		if t.ID == r.at {
			b.Importance = widget.HighImportance
			r.title(t.Title)
			for _, line := range t.Lines {
				r.page.Add(wrapped(line, widget.MediumImportance))
			}
		}
		r.menu.Add(b)
	}
	switch {
	case r.at == reportPage:
		r.reportBody()
	case len(found) == 0:
		r.page.Add(wrapped(l.T("help.none"), widget.MediumImportance))
	}
	r.menu.Refresh()
	r.page.Refresh()
	r.scroll.Refresh()
}

func (r *room) title(text string) {
	t := widget.NewLabelWithStyle(text, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	t.SizeName, t.Wrapping = theme.SizeNameHeadingText, fyne.TextWrapWord
	r.page.Add(t)
}

func (r *room) startTour() {
	r.search.SetText("")
	workspace.Publish(r.ws, workspace.TourWanted{})
}

// makeReport gathers a problem report, to be read before it is saved.
func (r *room) makeReport() {
	ws := r.ws
	f := Facts{Version: ws.Version, Screen: ws.Screen.State(), Profile: cmp.Or(ws.Keys.Bindings().Profile, "longying"), Moved: len(ws.Keys.Bindings().Keys), Journal: ws.Journal.Entries()}
	f.Screen.Language = string(ws.Lang.Code())
	_, limit := ws.Frames.Used()
	f.CacheMiB = int64(limit) >> 20
	for _, p := range ws.Reading.Models() {
		f.Models = append(f.Models, fmt.Sprintf("%s %s", p.Card.ID, p.Card.Version))
	}
	r.parts = nil
	r.show(reportPage)
	r.making.Start(func(context.Context) func() {
		if ws.Runtime != nil {
			version, err := ws.Runtime()
			if f.Runtime = version; err != nil {
				f.Runtime = "missing"
			}
		}
		crash, err := os.ReadFile(filepath.Join(ws.Home, screen.CrashFile))
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		f.Crash = string(crash)
		parts := Report(f, time.Now())
		return func() {
			r.problem.Explain(err)
			r.parts = parts
			if home, err := os.UserHomeDir(); err == nil && r.folder.Text == "" {
				r.folder.SetText(home)
			}
			r.render()
		}
	})
}

func (r *room) reportBody() {
	l := r.ws.Lang
	r.title(l.T("help.report_title"))
	r.page.Add(wrapped(l.T("help.report_note"), widget.MediumImportance))
	if r.parts == nil {
		r.page.Add(wrapped(l.T("shell.running"), widget.LowImportance))
		return
	}
	save := widget.NewButtonWithIcon(l.T("help.button_save"), theme.DocumentSaveIcon(), r.saveReport)
	save.Importance = widget.HighImportance
	r.page.Add(container.NewBorder(nil, nil, widget.NewLabel(l.T("help.folder")), save, r.folder))
	for _, p := range r.parts {
		r.page.Add(widget.NewSeparator())
		name := widget.NewLabelWithStyle(p.Name, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
		r.page.Add(name)
		text := workspace.NewText(r.ws, strings.TrimSpace(p.Text), widget.MediumImportance)
		text.Wrapping = fyne.TextWrapBreak
		r.page.Add(text)
	}
}

func (r *room) saveReport() {
	folder, parts := strings.TrimSpace(r.folder.Text), r.parts
	r.making.Start(func(context.Context) func() {
		path, err := save(folder, parts, time.Now())
		return func() {
			r.problem.Explain(err)
			r.done.SetText("")
			if err == nil {
				r.done.Say("help.saved", path)
			}
			r.render()
		}
	})
}
