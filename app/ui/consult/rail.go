package consult

import (
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

func (r *room) renderRail() {
	l := r.ws.Lang
	r.rail.RemoveAll()
	create := widget.NewButtonWithIcon(l.T("consult.button_new"), theme.ContentAddIcon(), func() { r.show(showCreate) })
	create.Importance = widget.HighImportance
	open := widget.NewButtonWithIcon(l.T("consult.button_open_pack"), theme.FolderOpenIcon(), func() { r.show(showOpenPack) })
	r.rail.Add(create)
	r.rail.Add(open)
	r.rail.Add(r.filterBox())
	r.rail.Add(widget.NewSeparator())
	for _, d := range r.due {
		if d.Overdue {
			r.rail.Add(r.reminder(d))
		}
	}
	list := r.shown()
	if len(list) == 0 {
		r.rail.Add(wrapped(l.T("consult.none"), widget.LowImportance))
	}
	for _, m := range list {
		b := widget.NewButton(short(m.Title), func() {
			if r.view != showConsult {
				r.problem.SetText("")
			}
			r.view = showConsult
			r.choose(m)
		})
		b.Alignment, b.Importance = widget.ButtonAlignLeading, widget.LowImportance
		if (r.view == showConsult || r.view == showPacking) && r.current != nil && r.current.ID == m.ID {
			b.Importance = widget.HighImportance
		}
		r.rail.Add(b)
		caption := l.Or(lang.Key("consult.state."+m.State), m.State) + " · " + m.CreatedAt.In(imaging.Zone()).Format("2006-01-02")
		if n := Dissents(m); n > 0 {
			caption += " · " + l.T("consult.dissents", n)
		}
		r.rail.Add(tight(wrapped(caption, widget.LowImportance)))
	}
	r.rail.Refresh()
}

// shown is what the filter leaves of the list.
func (r *room) shown() []records.Consult {
	return Shown(r.list, r.due, r.filter, r.ws.User().ID, time.Now().In(imaging.Zone()).Format("20060102"))
}

func (r *room) filterBox() fyne.CanvasObject {
	var names []string
	for _, k := range filterNames() {
		names = append(names, r.ws.Lang.T(k))
	}
	s := workspace.NewSelect(r.ws, names, nil)
	s.SetSelectedIndex(int(r.filter))
	s.OnChanged = func(string) {
		if i := s.SelectedIndex(); i >= 0 && Filter(i) != r.filter {
			r.filter = Filter(i)
			r.renderRail()
		}
	}
	return s
}

// reminder is a task that is past its day; it leads to its consult.
func (r *room) reminder(d records.Reminder) fyne.CanvasObject {
	b := widget.NewButton(r.ws.Lang.T("consult.overdue", day(d.Date), shortened(d.Task, 10)), func() {
		for _, m := range r.list {
			if m.ID == d.ConsultID {
				r.view = showConsult
				r.choose(m)
				r.turn(pageFollow)
			}
		}
	})
	b.Alignment, b.Importance = widget.ButtonAlignLeading, widget.DangerImportance
	return b
}

// short is the beginning of a text for a button of the list; the whole of it
// stands on the page.
func short(s string) string { return shortened(s, 18) }

// shortened is the beginning of a text, as wide as so many Han characters, of which
// a letter is half as wide.
func shortened(s string, n int) string {
	wide, end := 0, 0
	for i, c := range s {
		w := 1
		if c >= 0x2e80 {
			w = 2
		}
		if wide += w; wide > 2*n {
			return s[:end] + "…"
		}
		if wide <= 2*n-2 { // what leaves room for the mark
			end = i + utf8.RuneLen(c)
		}
	}
	return s
}
