package viewer

import (
	"fyne.io/fyne/v2/container"

	"longying/app/ui/canvas"
	"longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	"longying/imaging"
)

// together is how the viewports follow the one in front.
type together struct {
	scroll    view.Scrolling
	view      bool       // zoom, centre and window too
	ties      []view.Tie // of each viewport to the one in front
	following bool       // changes are the room's own
	matched   matches    // said by hand to show the same place
	lesion    pair       // of those: matched where a finding and the prior one that it follows lie
}

// shown are the viewports on the screen.
func (r *room) shown() []*canvas.Image { return r.panes[:r.layout.Count()] }

// arrange puts as many viewports as the layout has into the grid.
func (r *room) arrange() {
	for len(r.panes) < r.layout.Count() {
		r.panes = append(r.panes, r.pane(len(r.panes)))
	}
	r.grid.Layout = container.NewGridWithColumns(r.layout.Columns).Layout
	r.grid.Objects = nil
	for _, p := range r.shown() {
		r.grid.Objects = append(r.grid.Objects, p)
	}
	r.grid.Refresh()
	r.activate(min(r.front, r.layout.Count()-1))
	r.bar()
}

// lay shows another layout; viewports that are new take what follows in the
// column of series, as long as there is something that no other shows.
func (r *room) lay(l view.Layout) {
	if r.study == "" || l == r.layout {
		return
	}
	if r.layout == (view.Layout{Columns: 1, Rows: 1}) {
		r.last = l
	}
	for _, p := range r.panes[min(l.Count(), len(r.panes)):] {
		p.Cine().Stop()
	}
	r.layout = l
	r.arrange()
	// What comes in beside them moves none of those that are being read.
	front, together := r.front, r.together
	r.together.scroll, r.together.view = view.Apart, false
	defer func() {
		r.together.scroll, r.together.view = together.scroll, together.view
		r.activate(front)
		r.follow()
	}()
	for k, p := range r.shown() {
		if p.Series() != nil {
			continue
		}
		at := r.unseen()
		if at < 0 {
			break
		}
		r.front = k
		r.show(at)
	}
}

// unseen is the first entry with pictures that no viewport shows, or -1.
func (r *room) unseen() int {
	localizer := -1
	for at, e := range r.entries {
		if e.stack == nil {
			continue
		}
		seen := false
		for _, p := range r.shown() {
			seen = seen || p.Stack() == e.stack
		}
		switch {
		case seen:
		case !e.stack.Localizer:
			return at
		case localizer < 0:
			localizer = at
		}
	}
	return localizer
}

// laidAs lays the viewports as they were before, if the words are a layout's.
func (r *room) laidAs(words string) {
	for _, l := range view.Layouts() {
		if l.String() == words {
			r.lay(l)
		}
	}
}

// full shows the viewport in front alone, or the layout that was before.
func (r *room) full() {
	if r.study == "" {
		return
	}
	one := view.Layout{Columns: 1, Rows: 1}
	if r.layout == one {
		if r.last.Count() < 2 {
			r.last = one.Next(1)
		}
		r.lay(r.last)
		if k := r.away; k > 0 && k < r.layout.Count() { // to where it stood
			r.panes[0], r.panes[k] = r.panes[k], r.panes[0]
			r.rewire()
			r.front = k
			r.arrange()
		}
		return
	}
	r.last, r.away = r.layout, r.front
	// The one in front comes to the first place; the others wait where they are.
	r.panes[0], r.panes[r.front] = r.panes[r.front], r.panes[0]
	r.rewire()
	r.front = 0
	r.lay(one)
}

// rewire gives each viewport the place at which it stands.
func (r *room) rewire() {
	for k, p := range r.panes {
		r.wire(p, k)
	}
}

func (r *room) wire(p *canvas.Image, k int) {
	p.OnActivate = func() {
		r.ws.Activity.Seen() // also by a wheel under a mouse that stands still
		r.activate(k)
	}
	p.OnChange = func(view.State) { r.changed(k) }
	p.OnAlone = func(slices int) { r.alone(k, slices) }
	p.OnMatch = func() { r.matchWith(k) }
	p.OnTurn = func(by float64, done bool) { r.turn(k, by, done) }
}

// scrolling goes on to the next way to scroll together.
func (r *room) scrolling() {
	r.together.scroll = r.together.scroll.Next()
	r.together.matched = nil // as they stand now
	r.tie()
	r.follow()
	r.bar()
}

// linked links or parts zoom, centre and window.
func (r *room) linked() {
	r.together.view = !r.together.view
	r.follow()
	r.bar()
}

// tie keeps how the viewports stand beside the one in front.
func (r *room) tie() {
	leader := r.panes[r.front].Seen()
	r.together.ties = make([]view.Tie, len(r.shown()))
	for k, p := range r.shown() {
		r.together.ties[k] = view.TieOf(leader, p.Seen())
		if t, ok := r.together.matched.of(r.panes[r.front], p); ok {
			r.together.ties[k] = t
		}
	}
}

// changed hears that a viewport shows something else.
func (r *room) changed(k int) {
	if r.together.following || k >= r.layout.Count() || r.layout.Count() < 2 {
		return
	}
	if k == r.front {
		r.follow()
		return
	}
	r.followOne(k)
	r.references()
}

// follow brings the others after the one in front.
func (r *room) follow() {
	for k := range r.shown() {
		if k != r.front {
			r.followOne(k)
		}
	}
	r.references()
}

func (r *room) followOne(k int) {
	leader, p := r.panes[r.front].Seen(), r.panes[k]
	if len(r.together.ties) != r.layout.Count() {
		r.tie()
	}
	next := p.State()
	if slice, ok := r.together.ties[k].Slice(r.together.scroll, leader, p.Seen()); ok {
		next = next.ScrollTo(slice)
	}
	if r.together.view && next.Columns > 0 && leader.State.Columns > 0 {
		seen := p.Seen()
		seen.State = next
		next = view.FollowView(leader, seen)
	}
	if next == p.State() {
		return
	}
	r.together.following = true
	p.SetState(next)
	r.together.following = false
}

// references draws where the pictures cut each other: on each viewport the line
// of the one in front, on that one the lines of all.
func (r *room) references() {
	for k, p := range r.shown() {
		var lines []canvas.Line
		on, ok := p.Shown()
		for j, q := range r.shown() {
			of, there := q.Shown()
			if !ok || !there || j == k || k != r.front && j != r.front {
				continue
			}
			if from, to, meet := view.ReferenceLine(on, of); meet {
				lines = append(lines, canvas.Line{From: from, To: to, Strong: j == r.front})
			}
		}
		p.SetLines(lines)
	}
}

// point brings every viewport to the place in the patient that was pointed at
// in the one in front, where it is the same place for both.
func (r *room) point(at imaging.Vec, frame string) {
	if r.mpr != nil && frame == r.mpr.volume.Plane.Frame {
		r.mpr.centre = at
	}
	r.together.following = true
	for k, p := range r.shown() {
		if k != r.front {
			p.GoToPlace(at, frame)
		}
	}
	r.together.following = false
	r.tie()
	r.references()
}

// bar says what the layout is and how viewports follow one another.
func (r *room) bar() {
	l := r.ws.Lang
	r.layoutButton.SetText(l.T("viewer.panes", r.layout.Columns, r.layout.Rows))
	r.hangButton.SetText(l.T("viewer.hang_by", clip(r.hangName(), 14)))
	r.hangButton.Hidden = r.study == "" || len(r.hung.order) == 0
	scroll := map[view.Scrolling]lang.Key{view.Apart: "viewer.scroll_apart", view.ByPosition: "viewer.scroll_position", view.BySlice: "viewer.scroll_slice"}
	r.scrollButton.SetText(l.T(scroll[r.together.scroll]))
	link := lang.Key("viewer.link_off")
	if r.together.view {
		link = "viewer.link_on"
	}
	r.linkButton.SetText(l.T(link))
	r.mprButton.SetText(l.T("viewer.mpr_on"))
	r.mprButton.Hidden = r.mpr == nil && (r.panes[r.front].Stack() == nil || len(r.panes[r.front].Stack().Slices) < 2)
	r.slabButton.Hide()
	if r.mpr != nil {
		r.mprButton.SetText(l.T("viewer.mpr_off"))
		s := slabs()[r.mpr.slab]
		r.slabButton.SetText(l.T("viewer.slab", l.T(s.name, s.thickness)))
		r.slabButton.Show()
	}
	if r.layout.Count() > 1 {
		r.scrollButton.Show()
		r.linkButton.Show()
	} else {
		r.scrollButton.Hide()
		r.linkButton.Hide()
	}
	r.mprButton.Refresh()
}

// clip cuts a name to the width of so many Latin letters, for a button that must
// not grow; what is cut is marked.
func clip(s string, wide int) string {
	n := 0
	for k, c := range s {
		w := 1
		if c > 0x2e80 {
			w = 2
		}
		if n+w > wide {
			return s[:k] + "…"
		}
		n += w
	}
	return s
}
