package viewer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/imaging/volume"
)

// mpr is the multiplanar reconstruction of one stack: three planes of its
// volume, each a stack of its own beside the pictures as they were made.
type mpr struct {
	of     *volume.Stack
	volume *volume.Volume
	slab   int            // of slabs
	axes   [3]volume.Axes // of the planes
	centre imaging.Vec    // where the crosshair is: the planes turn about it
	before view.Layout
	stood  []stood // in its viewports

	mu     sync.Mutex
	planes []*volume.Reformatted // changed on the UI goroutine alone
}

func (m *mpr) set(p []*volume.Reformatted) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.planes = p
}

func (m *mpr) get() []*volume.Reformatted {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.planes
}

// slab is one way to show what lies in front of and behind a plane.
type slab struct {
	how       volume.Slab
	thickness float64 // mm
	name      lang.Key
}

func slabs() []slab {
	return []slab{{volume.Thin, 0, "viewer.slab_thin"}, {volume.Maximum, 5, "viewer.slab_max"}, {volume.Maximum, 10, "viewer.slab_max"}, {volume.Maximum, 20, "viewer.slab_max"},
		{volume.Minimum, 10, "viewer.slab_min"}, {volume.Mean, 5, "viewer.slab_mean"}}
}

// accepted are the irregularities with which a volume is made all the same: the
// planes say them as the stack does.
func accepted() []volume.Kind {
	return []volume.Kind{volume.MissingSlices, volume.UnevenSpacing, volume.SpacingChange, volume.SamePosition, volume.Shifted, volume.GantryTilt,
		volume.TiltOnlyInWords, volume.Overlapping, volume.Gaps, volume.HeaderSpacing, volume.DamagedSlices}
}

// reconstruct makes the planes of the stack in front, or takes them away.
func (r *room) reconstruct() {
	if r.mpr != nil {
		r.endMPR()
		return
	}
	r.reconstructFor(nil)
}

// reconstructFor makes the planes of the stack in front, and then does something.
func (r *room) reconstructFor(then func()) {
	pane := r.panes[r.front]
	stack := pane.Stack()
	if r.study == "" || stack == nil || r.making != nil {
		return
	}
	if r.priorOf(pane) != nil {
		r.problem.Say("viewer.prior_no_mpr")
		return
	}
	if len(stack.Slices) > 0 {
		if c, h := stack.Slices[0].Size(); c*h*len(stack.Slices)*2 > volume.DefaultCacheLimit {
			r.problem.Say("viewer.mpr_large", c, h, len(stack.Slices))
			return
		}
	}
	study := r.study
	r.problem.SetText("")
	r.making = r.ws.StartJob(func() string { return r.ws.Lang.T("viewer.mpr_making") }, func(ctx context.Context, progress func(done, total int)) func() {
		v, err := volume.Build(ctx, *stack, func(ctx context.Context, in *imaging.Instance) (*dicomfile.File, error) {
			return r.ws.Archive.Open(ctx, in.SOPInstanceUID)
		}, r.ws.Decoder, volume.Options{Accept: accepted(), Progress: progress})
		return func() {
			r.making = nil
			if r.study != study || errors.Is(err, context.Canceled) {
				return
			}
			if err != nil {
				r.problem.SetWords(func() string { return r.whyNoVolume(err) })
				return
			}
			m := &mpr{of: stack, volume: v, before: r.layout, stood: r.stood()}
			m.straighten()
			m.centre = v.Point(float64(v.Columns-1)/2, float64(v.Rows-1)/2, float64(v.Depth-1)/2)
			r.setMPR(m)
			r.planes()
			r.shelve()
			r.showMPR()
			if then != nil {
				then()
			}
		}
	})
}

// whyNoVolume words why no planes can be made.
func (r *room) whyNoVolume(err error) string {
	l := r.ws.Lang
	var refused *volume.RefusedError
	if !errors.As(err, &refused) {
		return workspace.Explained(r.ws.Lang, err)
	}
	var words []string
	for _, i := range refused.Reasons {
		words = append(words, view.IrregularWords(l, i))
	}
	if len(words) == 0 {
		return l.T("viewer.mpr_refused")
	}
	return l.T("viewer.mpr_refused_for", strings.Join(words, "; "))
}

// planes cuts the volume anew.
func (r *room) planes() {
	m := r.mpr
	s := slabs()[m.slab]
	var planes []*volume.Reformatted
	for _, a := range m.axes {
		planes = append(planes, m.volume.ReformatAlong(a, m.centre, s.how, s.thickness))
	}
	m.set(planes)
	r.namePlanes()
	r.entries = slices.DeleteFunc(r.entries, func(e entry) bool { return e.series.UID == "" })
	for _, p := range m.planes {
		r.entries = append(r.entries, entry{series: &p.Series, stack: &p.Stack, alone: true})
	}
}

// namePlanes names the planes in the language chosen.
func (r *room) namePlanes() {
	if r.mpr == nil {
		return
	}
	for k, p := range r.mpr.planes {
		p.Series.Description = r.planeName(k)
	}
}

// setMPR changes what the pictures without an SOP instance are read from.
func (r *room) setMPR(m *mpr) {
	r.mpr = m
	r.cutting.Store(m)
}

// cut reads a picture of a plane; any goroutine.
func (r *room) cut(ctx context.Context, s volume.Slice) (*imaging.Frame, error) {
	if m := r.cutting.Load(); m != nil {
		for _, p := range m.get() {
			if p.Has(s) {
				return p.Read(ctx, s)
			}
		}
	}
	return nil, context.Canceled // of planes that are gone
}

// planeName says of a plane that it was computed, and how.
func (r *room) planeName(k int) string {
	l := r.ws.Lang
	o := orientations()[k]
	name := l.T(map[volume.Orientation]lang.Key{volume.Axial: "viewer.mpr_axial", volume.Coronal: "viewer.mpr_coronal", volume.Sagittal: "viewer.mpr_sagittal"}[o])
	if r.mpr.axes[k] != o.Axes() {
		name = l.T("viewer.mpr_oblique", name)
	}
	if s := slabs()[r.mpr.slab]; s.how != volume.Thin {
		name += " " + l.T(s.name, s.thickness)
	}
	return name
}

// showMPR puts the pictures as they were made and the three planes into four
// viewports, the crosshair in the middle of the volume.
func (r *room) showMPR() {
	m := r.mpr
	window := r.panes[r.front].WindowInForce()
	r.layout = view.Layout{Columns: 2, Rows: 2}
	r.arrange()
	who, study := r.who(), r.ws.Current().Study
	r.together.following = true
	for k, p := range r.shown() {
		if k == 0 {
			if at := slices.IndexFunc(r.entries, func(e entry) bool { return e.stack == m.of }); at >= 0 && p.Stack() != m.of {
				p.SetStack(study, r.entries[at].series, m.of, who, len(m.of.Slices)/2)
				p.SetMarks(r.allMarks(), r.chosen)
			}
			continue
		}
		plane := m.planes[k-1]
		p.SetStack(study, &plane.Series, &plane.Stack, who, len(plane.Stack.Slices)/2)
	}
	r.together.following = false
	r.activate(1)
	for _, p := range r.shown() {
		p.SetState(p.State().WithWindow(window))
		p.Cross(true)
		p.GoToPlace(m.centre, m.volume.Plane.Frame)
	}
	r.measures.Show()
	r.tie()
	r.references()
}

// thicken goes on to the next slab, the pictures staying where they are.
func (r *room) thicken(by int) {
	m := r.mpr
	if m == nil {
		return
	}
	n := len(slabs())
	m.slab = ((m.slab+by)%n + n) % n
	r.recut()
	r.shelve()
	r.thumbs.mark(r.entryOf(r.front))
	r.bar()
}

// stood is what a viewport showed.
type stood struct {
	of    entry
	state view.State
}

// stood lists what the viewports show.
func (r *room) stood() []stood {
	var out []stood
	for k, p := range r.shown() {
		out = append(out, stood{r.entryOf(k), p.State()})
	}
	return out
}

// endMPR takes the planes away.
func (r *room) endMPR() {
	m := r.mpr
	r.setMPR(nil)
	r.entries = slices.DeleteFunc(r.entries, func(e entry) bool { return e.series.UID == "" })
	r.shelve()
	at := max(slices.IndexFunc(r.entries, func(e entry) bool { return e.stack == m.of }), 0)
	slice := len(m.of.Slices) / 2
	for _, p := range r.shown() {
		if p.Stack() == m.of {
			slice = p.State().Slice
		}
		p.Cross(false)
	}
	for _, p := range r.panes {
		for _, plane := range m.planes {
			if p.Stack() == &plane.Stack {
				p.SetStack(nil, nil, nil, view.Identity{}, 0)
			}
		}
	}
	r.front, r.layout = 0, m.before
	r.together.following = true
	r.arrange()
	for k, was := range m.stood {
		if was.of.stack != nil && r.panes[k].Stack() != was.of.stack {
			r.stand(r.panes[k], was.of, was.state.Slice)
			r.panes[k].SetState(was.state)
		}
		if was.of.stack == m.of {
			r.panes[k].SetState(r.panes[k].State().ScrollTo(slice).WithWindow(was.state.Window))
		}
	}
	r.together.following = false
	if at := slices.IndexFunc(m.stood, func(was stood) bool { return was.of.stack == m.of }); at >= 0 {
		r.activate(at)
	}
	r.follow()
	r.thumbs.mark(r.entries[at])
}

// entryOf is the entry that a viewport shows, the zero value where it is empty.
func (r *room) entryOf(pane int) entry {
	p := r.panes[pane]
	for _, e := range r.all() {
		if e.series == p.Series() && e.stack == p.Stack() {
			return e
		}
	}
	return entry{}
}
