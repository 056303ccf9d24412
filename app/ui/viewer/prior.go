package viewer

import (
	"context"
	"errors"
	"slices"

	"longying/app/ui/canvas"
	"longying/app/ui/canvas/view"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/volume"
	"longying/records"
)

// prior is an earlier study of the patient, in the column below the study that is
// open. Its pictures are looked at only when somebody asks for them.
type prior struct {
	ex      records.Examination
	opened  *workspace.Opened // nil: not looked at yet
	entries []entry
	found   []records.Finding  // confirmed in it
	marks   []canvas.Mark      // of those
	drawn   []canvas.Annotated // measured in it by hand; only looked at here
	opening *workspace.Task
}

// pair are two stacks, the first of which leads.
type pair struct{ leader, follower *volume.Stack }

// matches are the registrations made by hand: how far the slices of two stacks
// lie from one another where they show the same place. They hold until they are
// made anew, also past the end of the shorter stack.
type matches map[pair]view.Tie

func (m matches) of(leader, follower *canvas.Image) (view.Tie, bool) {
	t, ok := m[pair{leader.Stack(), follower.Stack()}]
	return t, ok
}

// register keeps that two viewports as they stand show the same place.
func (t *together) register(a, b *canvas.Image) {
	if t.matched == nil {
		t.matched = matches{}
	}
	t.lesion = pair{}
	t.matched[pair{a.Stack(), b.Stack()}] = view.TieOf(a.Seen(), b.Seen())
	t.matched[pair{b.Stack(), a.Stack()}] = view.TieOf(b.Seen(), a.Seen())
}

// askPriors asks which earlier studies there are, and which later ones. Of those that are looked at it
// asks again whether they are still the same person's.
func (r *room) askPriors() {
	c := r.ws.Current()
	if c == nil || r.study == "" {
		return
	}
	user, study, now := r.ws.User(), r.study, c.Examination
	var open []string
	for _, p := range r.priors {
		if p.opened != nil {
			open = append(open, p.ex.StudyUID)
		}
	}
	r.askingPriors.Start(func(ctx context.Context) func() {
		list, err := r.ws.Registry.Priors(ctx, user, study)
		var later []records.Examination
		if err == nil {
			later, err = r.ws.Registry.Later(ctx, user, study)
		}
		refused := map[string]error{}
		for _, uid := range open {
			if e := r.ws.Registry.StillPrior(ctx, user, study, uid); e != nil {
				refused[uid] = e
			}
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.listed(view.OrderPriors(now, list), refused)
			r.showNewer(later)
		}
	})
}

// listed takes the list; one that is no prior any more leaves the screen.
func (r *room) listed(list []records.Examination, refused map[string]error) {
	var next []*prior
	for _, ex := range list {
		p := &prior{ex: ex, opening: r.ws.NewTask()}
		for _, old := range r.priors {
			if old.ex.StudyUID == ex.StudyUID && refused[ex.StudyUID] == nil {
				p = old
				p.ex = ex
			}
		}
		next = append(next, p)
	}
	for _, old := range r.priors {
		if !slices.Contains(next, old) {
			r.dismiss(old)
			if err := refused[old.ex.StudyUID]; err != nil {
				r.problem.Explain(err)
			}
		}
	}
	r.priors = next
	r.shelve()
	r.bringPriors()
}

// dismiss takes an earlier study from every viewport.
func (r *room) dismiss(p *prior) {
	p.opening.Stop()
	for _, pane := range r.panes {
		if r.priorOf(pane) == p {
			pane.SetStack(nil, nil, nil, view.Identity{}, 0)
		}
	}
	if r.beside == p {
		r.beside = nil
	}
	r.tellPrior()
}

func (r *room) clearPriors() {
	r.askingPriors.Stop()
	for _, p := range r.priors {
		p.opening.Stop()
	}
	r.priors, r.beside, r.unsplit = nil, nil, unsplit{}
	r.showNewer(nil)
	r.thumbs.cursor = cursor{}
	r.leaveScreen()
	r.hung.order, r.hung.at, r.hung.waiting = nil, 0, nil
}

// all are the entries of the study that is open, and then of the earlier ones
// that were looked at.
func (r *room) all() []entry {
	out := slices.Clone(r.entries)
	for _, p := range r.priors {
		out = append(out, p.entries...)
	}
	return out
}

// shelve fills the column.
func (r *room) shelve() { r.thumbs.show(r.entries, r.priors) }

// priorOf is the earlier study that a viewport shows, nil where it shows the one
// that is open.
func (r *room) priorOf(p *canvas.Image) *prior {
	for _, one := range r.priors {
		if one.opened != nil && p.Study() == one.opened.Study {
			return one
		}
	}
	return nil
}

// whoseIs is the identity over a viewport.
func (r *room) whoseIs(p *canvas.Image) view.Identity {
	if one := r.priorOf(p); one != nil {
		return r.whoOf(one.opened)
	}
	return r.who()
}

// priorWords stand over an earlier study.
func (r *room) priorWords(p *prior) string {
	c := r.ws.Current()
	if c == nil {
		return view.PriorWords(r.ws.Lang, p.ex.Date, p.ex.Date)
	}
	return view.PriorWords(r.ws.Lang, p.ex.Date, c.Examination.Date)
}

func (r *room) namePriors() {
	for _, p := range r.panes {
		if one := r.priorOf(p); one != nil {
			p.SetPrior(r.priorWords(one))
		}
	}
	r.sayMatches()
}

// tellPrior tells the window whether the keys go to an earlier study.
func (r *room) tellPrior() {
	workspace.Publish(r.ws, workspace.PriorInFront{On: r.study != "" && r.priorOf(r.panes[r.front]) != nil})
	r.sayMatches()
}

// sayMatches says over each earlier study whether its slices were matched.
func (r *room) sayMatches() {
	for k, p := range r.shown() {
		if r.priorOf(p) == nil {
			continue
		}
		l := r.ws.Lang
		leader := r.leading(k)
		switch {
		case leader == nil || len(slicesOf(p.Stack())) < 2 || len(slicesOf(leader.Stack())) < 2:
			p.SetMatch("")
		case r.together.scroll == view.Apart:
			p.SetMatch(l.T("viewer.match_apart"))
		default:
			if _, ok := r.together.matched.of(leader, p); ok && r.together.lesion == (pair{leader.Stack(), p.Stack()}) {
				p.SetMatch(l.T("viewer.match_lesion"))
			} else if ok {
				p.SetMatch(l.T("viewer.match_hand"))
			} else if view.Shared(leader.Seen().Plane(), p.Seen().Plane()) && r.together.scroll == view.ByPosition {
				p.SetMatch(l.T("viewer.match_shared"))
			} else {
				p.SetMatch(l.T("viewer.match_none"))
			}
		}
	}
}

// leading is the viewport of the study that is open with which an earlier one is
// compared: the one in front, else the first.
func (r *room) leading(k int) *canvas.Image {
	if f := r.panes[r.front]; r.front != k && f.Stack() != nil && r.priorOf(f) == nil {
		return f
	}
	for j, p := range r.shown() {
		if j != k && p.Stack() != nil && r.priorOf(p) == nil {
			return p
		}
	}
	return nil
}

// leader is how the viewport of the study that is open is seen with which an
// earlier one that comes in is compared.
func (r *room) leader() view.Seen {
	if p := r.leading(-1); p != nil {
		return p.Seen()
	}
	return r.panes[r.front].Seen()
}

func slicesOf(s *volume.Stack) []volume.Slice {
	if s == nil {
		return nil
	}
	return s.Slices
}

// toCurrent brings a viewport of the study that is open to the front, where an
// earlier one is there.
func (r *room) toCurrent() {
	if r.priorOf(r.panes[r.front]) == nil {
		return
	}
	for k, p := range r.shown() {
		if p.Series() != nil && r.priorOf(p) == nil {
			r.activate(k)
			return
		}
	}
}

// comparing shows the earlier study beside the one that is open, or takes it
// away.
func (r *room) comparing() {
	if r.study == "" {
		return
	}
	if slices.ContainsFunc(r.shown(), func(p *canvas.Image) bool { return r.priorOf(p) != nil }) {
		r.endComparing()
		return
	}
	p := r.beside
	if f := r.followed(); f != nil { // the study of the lesion that is chosen
		if at := slices.IndexFunc(r.priors, func(one *prior) bool { return one.ex.StudyUID == f.StudyUID }); at >= 0 {
			p = r.priors[at]
		}
	}
	if p == nil && len(r.priors) > 0 {
		p = r.priors[0]
	}
	r.compare(p)
}

// nextPrior goes on to the next earlier study.
func (r *room) nextPrior() {
	if r.study == "" {
		return
	}
	if len(r.priors) == 0 {
		r.compare(nil)
		return
	}
	at := slices.Index(r.priors, r.beside)
	r.compare(r.priors[(at+1)%len(r.priors)])
}

func (r *room) compare(p *prior) {
	switch {
	case p != nil:
		r.openPrior(p, func() { r.setBeside(p) })
	case r.ws.Current().Record == nil:
		r.problem.Say("viewer.prior_unlinked")
	default:
		r.problem.Say("viewer.prior_none")
	}
}

// openPrior reads an earlier study, unless it is there; then it is in the column,
// and then does something, on the UI goroutine.
func (r *room) openPrior(p *prior, then func()) {
	if p.opened != nil {
		if then != nil {
			then()
		}
		return
	}
	r.problem.Say("viewer.prior_opening")
	user, current := r.ws.User(), r.ws.Current()
	p.opening.Start(func(ctx context.Context) func() {
		o, err := r.ws.Prior(ctx, user, current, p.ex.StudyUID)
		var findings []records.Finding
		var runs []records.Run
		if err == nil {
			findings, err = r.ws.Reading.Findings(ctx, user, p.ex.StudyUID)
		}
		if err == nil {
			runs, err = r.ws.Reading.Runs(ctx, user, p.ex.StudyUID)
		}
		var drawn []records.Annotation
		if err == nil {
			drawn, err = r.ws.Reading.Annotations(ctx, user, p.ex.StudyUID)
		}
		return func() {
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					r.problem.Explain(err)
				}
				return
			}
			r.problem.SetText("")
			p.opened, p.entries = o, entriesOf(o)
			for k := range p.entries {
				p.entries[k].prior = p
			}
			// Only what a doctor confirmed: proposals for it are decided in it.
			findings = slices.DeleteFunc(findings, func(f records.Finding) bool { return !f.State.Factual() })
			p.drawn = nil
			day := ""
			if d := p.ex.Date; !d.IsZero() {
				day = d.In(imaging.Zone()).Format("2006-01-02")
			}
			for _, a := range drawn {
				p.drawn = append(p.drawn, canvas.Annotated{Annotation: a, Key: a.UID, Prior: true, Of: day})
			}
			p.found = findings
			var damaged error
			p.marks, damaged = canvas.MarksOf(r.ws.Lang, findings, slices.DeleteFunc(runs, func(x records.Run) bool { return x.Outcome == "unsure" }))
			if damaged != nil {
				r.problem.Explain(damaged)
			}
			if !slices.ContainsFunc(p.entries, func(e entry) bool { return e.stack != nil }) {
				r.problem.Say("viewer.prior_no_pictures")
				then = nil
			}
			r.shelve()
			if then != nil {
				then()
			}
		}
	})
}

// unsplit is the screen as it was before an earlier study came onto it.
type unsplit struct {
	layout view.Layout
	scroll view.Scrolling
	view   bool
	pane   *canvas.Image // that the earlier study took; nil: a new one
	of     entry         // what stood there
	state  view.State
}

// setBeside puts the series of an earlier study that is most like the one in
// front into a viewport beside it.
func (r *room) setBeside(p *prior) {
	if r.mpr != nil {
		r.endMPR()
	}
	r.toCurrent()
	lead := r.front
	leader := r.panes[lead]
	shelf := make([]view.Shelved, len(p.entries))
	for k, e := range p.entries {
		shelf[k] = view.Shelved{Series: e.series, Stack: e.stack}
	}
	at := view.MostAlike(view.Shelved{Series: leader.Series(), Stack: leader.Stack()}, shelf)
	if at < 0 {
		return
	}
	k := slices.IndexFunc(r.shown(), func(pane *canvas.Image) bool { return r.priorOf(pane) != nil })
	if k < 0 { // none stands there: one more column, or the place after the one in front
		r.unsplit = unsplit{layout: r.layout, scroll: r.together.scroll, view: r.together.view}
		if r.layout.Count() == 1 {
			r.layout = view.Layout{Columns: 2, Rows: 1}
			r.arrange()
		}
		k = (lead + 1) % r.layout.Count()
		if r.unsplit.layout.Count() > 1 {
			r.unsplit.pane, r.unsplit.of, r.unsplit.state = r.panes[k], r.entryOf(k), r.panes[k].State()
		}
	}
	r.beside = p
	e := p.entries[at]
	r.together.following = true
	r.stand(r.panes[k], e, view.Beside(leader.Seen(), slicesOf(e.stack)))
	r.together.following = false
	r.together.scroll = view.BySlice
	if view.Alike(leader.Seen().Plane(), r.panes[k].Seen().Plane()) {
		r.together.scroll = view.ByPosition
	}
	r.together.view = true
	r.activate(lead)
	r.follow()
	r.bar()
	r.showFollowed()
}

// endComparing takes earlier studies from the screen.
func (r *room) endComparing() {
	r.toCurrent()
	lead := r.panes[r.front]
	for _, p := range r.panes {
		if r.priorOf(p) != nil {
			p.SetStack(nil, nil, nil, view.Identity{}, 0)
		}
	}
	was := r.unsplit
	r.unsplit = unsplit{}
	r.together.scroll, r.together.view, r.together.matched = was.scroll, was.view, nil
	if was.layout.Count() > 0 {
		r.layout = was.layout
	}
	if at := slices.Index(r.panes, lead); at >= r.layout.Count() { // stays in sight
		r.panes[0], r.panes[at] = r.panes[at], r.panes[0]
		r.rewire()
	}
	r.front = max(slices.Index(r.shown(), lead), 0)
	r.together.following = true
	if was.pane != nil && was.of.stack != nil && was.of.prior == nil && was.pane.Series() == nil {
		r.stand(was.pane, was.of, was.state.Slice)
		was.pane.SetState(was.state)
	}
	r.together.following = false
	r.arrange()
	if lead.Series() == nil { // the earlier study had filled the room
		r.show(first(r.entries))
	}
}

// match says that the viewports show the same place as they stand: from here on
// they scroll together, by position where they are cut alike, else by slice.
func (r *room) match() {
	for k := range r.shown() {
		if k != r.front {
			r.matchWith(k)
		}
	}
}

// matchWith says it of one viewport and the one in front.
func (r *room) matchWith(k int) {
	lead := r.panes[r.front]
	if k >= r.layout.Count() || k == r.front || lead.Stack() == nil || r.panes[k].Stack() == nil {
		return
	}
	if r.together.scroll == view.Apart {
		r.together.scroll = view.BySlice
		if view.Alike(lead.Seen().Plane(), r.panes[k].Seen().Plane()) {
			r.together.scroll = view.ByPosition
		}
	}
	r.together.register(lead, r.panes[k])
	r.tie()
	r.bar()
	r.sayMatches()
}

// alone scrolls one viewport while the others stay: what they show is then the
// same place.
func (r *room) alone(k, slices int) {
	if r.study == "" || k >= r.layout.Count() {
		return
	}
	p := r.panes[k]
	r.together.following = true
	p.SetState(p.State().Scroll(slices))
	r.together.following = false
	if r.together.scroll != view.Apart {
		for j, q := range r.shown() {
			if j != k && q.Stack() != nil && p.Stack() != nil {
				r.together.register(q, p)
			}
		}
	}
	r.tie()
	r.references()
	r.sayMatches()
}
