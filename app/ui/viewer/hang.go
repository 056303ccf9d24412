package viewer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas"
	"longying/app/ui/canvas/hanging"
	"longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging/volume"
)

// hung is how the study that is open is hung.
type hung struct {
	book    hanging.Book
	read    time.Time // when the file had been changed last
	order   []int     // of protocols that fit, by list
	at      int       // in order; len(order): as it comes
	waiting *hanging.Protocol
	name    *workspace.Entry // of the screen that is being kept; nil: none is
	form    *fyne.Container
}

func (h *hung) list() []hanging.Protocol {
	return slices.Concat(h.book.Own, hanging.Shipped())
}

// readBook reads the hospital's protocols where the file is another than before,
// and says what of it is not used.
func (r *room) readBook() {
	path := filepath.Join(r.ws.Home, hanging.FileName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.hung.book, r.hung.read = hanging.Book{}, time.Time{}
		return
	case err == nil && info.ModTime().Equal(r.hung.read):
	default:
		var raw []byte
		if err == nil {
			raw, err = os.ReadFile(path)
		}
		if err != nil {
			r.problem.Explain(err)
			return
		}
		r.hung.book, r.hung.read = hanging.Read(raw, canvas.ColourMaps()), info.ModTime()
	}
	r.problem.SetWords(r.faults)
}

// faults words what of the file is not used.
func (r *room) faults() string {
	l := r.ws.Lang
	var out []string
	for _, f := range r.hung.book.Faults {
		args := make([]any, len(f.Args))
		for k, a := range f.Args {
			args[k] = a
		}
		why := l.Or(lang.Key("hangingfault."+f.Code), f.Error(), args...)
		if f.Protocol == "" {
			out = append(out, l.T("viewer.hang_fault_file", hanging.FileName, f.Line, why))
		} else {
			out = append(out, l.T("viewer.hang_fault", hanging.FileName, f.Line, f.Protocol, why))
		}
	}
	return strings.Join(out, "\n")
}

// facts are what protocols are matched with, and the entries in the same order.
func (r *room) facts() (hanging.Study, []entry) {
	ex := r.ws.Current().Examination
	s := hanging.Study{Modality: ex.Modality, Part: view.PartOf(ex.BodyPart, ex.Description), Description: ex.Description}
	var of []entry
	for _, e := range r.all() {
		if e.stack == nil || e.series.UID == "" {
			continue
		}
		one := hanging.SeriesOf(e.series, e.stack)
		one.Prior = slices.Index(r.priors, e.prior) + 1
		if one.Prior == 0 && !slices.ContainsFunc(s.Series, func(x hanging.Series) bool { return x.Prior == 0 }) {
			s.Modality = one.Modality // of the first with pictures: a report may stand before it
			if s.Part == "" {
				s.Part = one.Part
			}
		}
		s.Series, of = append(s.Series, one), append(of, e)
	}
	return s, of
}

// hangStudy hangs the study that was opened by the protocol that fits best, and
// reports whether one does. A slice that is seen already stays in sight.
func (r *room) hangStudy(seen *volume.Slice) bool {
	r.readBook()
	s, _ := r.facts()
	list := r.hung.list()
	r.hung.order = slices.DeleteFunc(hanging.Order(list, s), func(k int) bool {
		return list[k].ID != "" && slices.Contains(r.hung.book.Without, list[k].ID)
	})
	r.hung.at = 0
	if len(r.hung.order) == 0 {
		return false
	}
	r.hang(list[r.hung.order[0]], seen)
	return true
}

// nextHang goes on to the next protocol that fits, after the last to the plain
// screen.
func (r *room) nextHang() {
	if r.study == "" || len(r.entries) == 0 {
		return
	}
	n := len(r.hung.order) + 1
	r.hung.at = (r.hung.at + 1) % n
	if r.hung.at < len(r.hung.order) {
		r.hang(r.hung.list()[r.hung.order[r.hung.at]], nil)
		return
	}
	r.unhang()
}

// unhang shows one series alone.
func (r *room) unhang() {
	if r.mpr != nil {
		r.endMPR()
	}
	for _, p := range r.panes {
		p.SetStack(nil, nil, nil, view.Identity{}, 0)
	}
	r.together.scroll, r.together.view, r.together.matched = view.Apart, false, nil
	r.layout, r.front = view.Layout{Columns: 1, Rows: 1}, 0
	r.arrange()
	r.show(first(r.entries))
}

// hang shows the study as a protocol says.
func (r *room) hang(p hanging.Protocol, seen *volume.Slice) {
	if r.mpr != nil {
		r.endMPR()
	}
	s, of := r.facts()
	at := hanging.Hang(p, s)
	r.layout, r.front, r.hung.waiting, r.unsplit = p.Layout, 0, nil, unsplit{}
	r.together.scroll, r.together.view, r.together.matched = p.Scroll, p.Link, nil
	r.together.following = true
	r.arrange()
	for k, pane := range r.shown() {
		if k >= len(at) || at[k] < 0 {
			pane.SetStack(nil, nil, nil, view.Identity{}, 0)
			if k < len(p.Viewports) && p.Viewports[k].Show.Prior > 0 {
				r.hung.waiting = &p
			}
			continue
		}
		r.hangOne(pane, of[at[k]], p.Viewports[k], seen)
	}
	r.together.following = false
	r.activate(max(slices.IndexFunc(at, func(x int) bool { return x >= 0 }), 0))
	r.bringPriors()
	r.bar()
}

// hangOne puts a series into a viewport as a protocol says.
func (r *room) hangOne(pane *canvas.Image, e entry, v hanging.Viewport, seen *volume.Slice) {
	slice := len(e.stack.Slices) / 2
	if seen != nil {
		if k := slices.Index(e.stack.Slices, *seen); k >= 0 {
			slice = k
		}
	}
	r.stand(pane, e, slice)
	st := pane.State()
	st.Rotate, st.Flip, st.Invert = v.Rotate, v.Flip, v.Invert
	if v.Window != nil {
		w := *v.Window
		st.Window = &w
	}
	for _, x := range view.Presets(e.series.Modality) {
		if x.ID == v.Preset {
			w := x.Window
			st.Window = &w
		}
	}
	one := e.stack.Slices[slice]
	left, right, top, bottom := view.Edges(one.Instance, one.Frame)
	pane.SetState(st.WithChestAt(v.Chest, left, right, top, bottom))
	if v.Colours != "" && canvas.MayBegin(e.series.Modality) {
		pane.SetColours(v.Colours)
	}
}

// bringPriors opens the earlier studies for which a protocol keeps a place.
func (r *room) bringPriors() {
	p := r.hung.waiting
	if p == nil || len(r.priors) == 0 {
		return // none, or they are being asked for
	}
	r.hung.waiting = nil
	for k, v := range p.Viewports {
		n := v.Show.Prior
		if n == 0 || n > len(r.priors) || k >= r.layout.Count() {
			continue
		}
		r.openPrior(r.priors[n-1], func() {
			if k >= r.layout.Count() || r.panes[k].Series() != nil {
				return // something else stands there by now
			}
			s, of := r.facts()
			if at := hanging.Hang(*p, s); at[k] >= 0 {
				r.together.following = true
				r.hangOne(r.panes[k], of[at[k]], v, nil)
				r.together.following = false
				r.activate(r.front)
				r.follow()
			}
		})
	}
}

// hangName is what the study is hung by, in words.
func (r *room) hangName() string {
	l := r.ws.Lang
	if r.hung.at >= len(r.hung.order) {
		return l.T("viewer.hang_plain")
	}
	p := r.hung.list()[r.hung.order[r.hung.at]]
	if p.ID == "" {
		return p.Name
	}
	return l.T(lang.Key("protocol." + p.ID))
}

// screen is what is on the screen as a protocol; a reason where it cannot be one.
func (r *room) screen() (hanging.Protocol, lang.Key) {
	s, of := r.facts()
	p := hanging.Protocol{Layout: r.layout, Scroll: r.together.scroll, Link: r.together.view}
	p.Match.Modality = []string{s.Modality}
	if s.Part != "" {
		p.Match.Part = []string{s.Part}
	}
	used := map[int]bool{}
	for _, pane := range r.shown() {
		var v hanging.Viewport
		at := slices.IndexFunc(of, func(e entry) bool { return e.stack == pane.Stack() })
		switch {
		case pane.Stack() == nil:
			v.Show.Modality = "-" // nothing: no series is of it
			p.Viewports = append(p.Viewports, v)
			continue
		case at < 0:
			return p, "viewer.hang_no_planes"
		}
		one := s.Series[at]
		v.Show = hanging.Show{Modality: one.Modality, Laterality: one.Laterality, Plane: one.Plane, Prefer: one.Description, Same: used[at], Prior: one.Prior}
		if one.Projection != "" {
			v.Show.Projection = []string{one.Projection}
			if view := strings.TrimSpace(one.Laterality + " " + one.Projection); one.Prior == 0 && !used[at] {
				p.Match.Views = append(p.Match.Views, view)
			}
		}
		if one.Prior == 0 && !used[at] {
			p.Match.Least++
		}
		used[at] = true
		st := pane.State()
		v.Rotate, v.Flip, v.Invert, v.Chest, v.Colours = st.Rotate, st.Flip, st.Invert, st.Chest(), pane.Colours()
		if !canvas.MayBegin(one.Modality) {
			v.Colours = ""
		}
		if st.Window != nil && st.Window.Table == nil {
			w := *st.Window
			v.Window = &w
			for _, x := range view.Presets(one.Modality) {
				if x.Window == w {
					v.Preset, v.Window = x.ID, nil
				}
			}
		}
		p.Viewports = append(p.Viewports, v)
	}
	for len(p.Viewports) > 1 && p.Viewports[len(p.Viewports)-1].Show.Modality == "-" {
		p.Viewports = p.Viewports[:len(p.Viewports)-1]
	}
	p.Name = s.Modality
	if s.Part != "" {
		p.Name += " " + r.ws.Lang.Or(lang.Key("bodypart."+s.Part), s.Part)
	}
	p.Name += " " + strconv.Itoa(r.layout.Columns) + "×" + strconv.Itoa(r.layout.Rows)
	for n, base := 2, p.Name; slices.ContainsFunc(r.hung.book.Own, func(q hanging.Protocol) bool { return q.Name == p.Name }); n++ {
		p.Name = base + " (" + strconv.Itoa(n) + ")"
	}
	return p, ""
}

// keepScreen asks for the name under which the screen is kept as a protocol.
func (r *room) keepScreen() {
	if r.study == "" || r.hung.name != nil {
		return
	}
	l := r.ws.Lang
	r.readBook()
	if len(r.hung.book.Faults) > 0 { // writing the file anew would lose what could not be read
		r.problem.SetWords(func() string { return r.faults() + "\n" + r.ws.Lang.T("viewer.hang_mend") })
		return
	}
	p, why := r.screen()
	if why != "" {
		r.problem.Say(why)
		return
	}
	r.problem.SetText("")
	r.hung.name = workspace.NewEntry(r.ws)
	r.hung.name.SetText(p.Name)
	keep := func() {
		p.Name = strings.TrimSpace(r.hung.name.Text)
		r.store(p)
	}
	r.hung.name.OnSubmitted = func(string) { keep() }
	save := widget.NewButton(l.T("viewer.hang_save"), keep)
	save.Importance = widget.HighImportance
	r.hung.form.Objects = []fyne.CanvasObject{container.NewBorder(nil, nil, widget.NewLabel(l.T("viewer.hang_name")),
		container.NewHBox(save, widget.NewButton(l.T("viewer.hang_leave"), r.leaveScreen)), r.hung.name)}
	r.hung.form.Refresh()
	workspace.Focus(r.hung.name)
}

// leaveScreen keeps nothing.
func (r *room) leaveScreen() {
	if r.hung.name == nil {
		return
	}
	workspace.Release(r.hung.name)
	r.hung.name = nil
	r.hung.form.Objects = nil
	r.hung.form.Refresh()
}

// store adds a protocol to the file.
func (r *room) store(p hanging.Protocol) {
	switch {
	case p.Name == "":
		r.problem.Say("viewer.hang_unnamed")
		return
	case slices.ContainsFunc(r.hung.book.Own, func(q hanging.Protocol) bool { return q.Name == p.Name }):
		r.problem.Say("viewer.hang_taken", p.Name)
		return
	}
	book := r.hung.book
	book.Own = append(slices.Clone(book.Own), p)
	path, study := filepath.Join(r.ws.Home, hanging.FileName), r.study
	r.ws.NewTask().Start(func(context.Context) func() {
		raw, err := hanging.Write(book)
		if err == nil {
			err = replaceFile(path, raw)
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.leaveScreen()
			r.problem.Say("viewer.hang_kept", p.Name, hanging.FileName)
			if r.study != study {
				return
			}
			r.hung.read = time.Time{}
			said := r.problem.Words()
			r.readBook()
			r.problem.SetWords(said)
			s, _ := r.facts()
			r.hung.order = hanging.Order(r.hung.list(), s)
			r.hung.at = max(slices.IndexFunc(r.hung.order, func(k int) bool { return r.hung.list()[k].Name == p.Name }), 0)
			r.bar()
		}
	})
}

// replaceFile writes a file beside and gives it the name when it is whole.
func replaceFile(path string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".hanging-*")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
