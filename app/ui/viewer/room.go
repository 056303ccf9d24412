// Package viewer is the room for pictures: the stacks of the study's series as
// thumbnails, one or two viewports, and the marks of the findings. The list of
// findings and the picture are one: choosing a finding brings its picture and
// its box to the front.
package viewer

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas"
	"longying/app/ui/canvas/view"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/volume"
	"longying/records"
)

type room struct {
	ws                                                            *workspace.Workspace
	asking                                                        *workspace.Task
	panes                                                         []*canvas.Image
	front                                                         int
	layout                                                        view.Layout // viewports shown, the first of panes
	last                                                          view.Layout // before one filled the room
	away                                                          int         // where the one that fills the room stood
	together                                                      together
	mpr                                                           *mpr                // of the study that is open; nil: none
	cutting                                                       atomic.Pointer[mpr] // mpr, for the goroutines that read
	making                                                        *workspace.Job      // makes the volume of the next
	marks                                                         []canvas.Mark
	chosen                                                        string
	study                                                         string
	entries                                                       []entry // of the study that is open
	priors                                                        []*prior
	beside                                                        *prior  // the last that key B showed
	unsplit                                                       unsplit // before it was shown
	askingPriors                                                  *workspace.Task
	hung                                                          hung
	list                                                          []records.Finding // of the study
	others                                                        others            // what other makers' objects in it say
	thumbs                                                        *thumbs
	states                                                        *states
	measures                                                      *canvas.Measures
	grid                                                          *fyne.Container
	column                                                        *container.Scroll // of thumbs and states
	empty                                                         *widget.Label
	problem                                                       *workspace.Problem
	layoutButton, scrollButton, linkButton, mprButton, slabButton *widget.Button
	hangButton                                                    *widget.Button
	newer                                                         *newer
}

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	r := &room{ws: ws, asking: ws.NewTask(), layout: view.Layout{Columns: 1, Rows: 1}, problem: workspace.NewProblem(ws)}
	r.measures = canvas.NewMeasures(ws, desk{r}, records.Tools(), workspace.Drags())
	r.panes = []*canvas.Image{r.pane(0)}
	r.askingPriors, r.others.asking = ws.NewTask(), ws.NewTask()
	r.thumbs = newThumbs(ws, r.thumbnail, r.reading, r.choose, func(p *prior) { r.openPrior(p, nil) })
	r.thumbs.drag = dragging{over: r.offer, drop: r.drop}
	r.states = newStates(r)
	content := r.build()
	ws.OnLook(r.look)
	workspace.On(ws, func(workspace.StudyOpened) { r.open() })
	workspace.On(ws, func(workspace.StudyIncoming) { r.incoming() })
	workspace.On(ws, func(e workspace.FindingsChanged) {
		if e.StudyUID == r.study {
			r.findings()
			if r.others.hidden { // the first read that was owed may be there
				r.askForeign()
			}
		}
	})
	workspace.On(ws, func(e workspace.ForeignSelected) { r.foreignSelected(e.Item) })
	workspace.On(ws, func(e workspace.FindingSelected) { r.selected(e.Finding) })
	workspace.On(ws, func(workspace.FindingLetGo) {
		r.chosen = ""
		r.mark()
	})
	workspace.On(ws, func(e workspace.RejectedShown) {
		for _, p := range r.panes {
			p.ShowRejected(e.On)
		}
	})
	workspace.On(ws, func(e workspace.RegionWanted) {
		if e.Off {
			for _, p := range r.panes {
				p.DrawRegion(false)
			}
			return
		}
		if r.study != "" {
			if r.priorOf(r.panes[r.front]) != nil {
				r.problem.Say("viewer.mark_prior")
				return
			}
			if !r.panes[r.front].Original() {
				r.problem.Say("viewer.mark_original")
				return
			}
			r.panes[r.front].DrawRegion(true)
		}
	})
	workspace.On(ws, func(workspace.StudiesChanged) {
		r.identity()
		r.askPriors()
		r.measures.Load() // what was unlinked has other identities
	})
	workspace.On(ws, func(workspace.DisplayChanged) { r.words() })
	workspace.On(ws, func(workspace.LanguageChanged) {
		r.words()
		if r.study != "" {
			r.findings()
		}
	})
	r.words()
	return &workspace.Room{ID: "viewer", Place: workspace.Rail, Icon: theme.MediaPhotoIcon(), Needs: records.RightViewPatient, Content: content,
		Keep: func() string { return r.layout.String() }, Restore: r.laidAs,
		Current: func() []workspace.Action {
			if keys := r.thumbKeys(); keys != nil {
				return keys
			}
			own := []workspace.Action{
				{Label: "viewer.thumb_keys", Keys: []workspace.Key{workspace.Press(fyne.KeyBackTick)}, Do: r.takeThumbs},
				{Label: "viewer.next_series", Keys: []workspace.Key{workspace.Press(fyne.KeyRight)}, Do: func() { r.step(1) }},
				{Label: "viewer.previous_series", Keys: []workspace.Key{workspace.Press(fyne.KeyLeft)}, Do: func() { r.step(-1) }},
				{Label: "viewer.layout", Keys: []workspace.Key{workspace.Press(fyne.KeyW)}, Do: func() { r.lay(r.layout.Next(1)) }},
				{Label: "viewer.layout_back", Keys: []workspace.Key{{Name: fyne.KeyW, Mod: fyne.KeyModifierShift}}, Do: func() { r.lay(r.layout.Next(-1)) }},
				{Label: "viewer.full", Keys: []workspace.Key{workspace.Press(fyne.KeyReturn)}, Do: r.full},
				{Label: "viewer.scroll", Keys: []workspace.Key{workspace.Press(fyne.KeyU)}, Do: r.scrolling},
				{Label: "viewer.mpr", Keys: []workspace.Key{workspace.Press(fyne.KeyM)}, Do: r.reconstruct},
				{Label: "viewer.mpr_slab", Keys: []workspace.Key{{Name: fyne.KeyM, Mod: fyne.KeyModifierShift}}, Do: func() { r.thicken(1) }},
				{Label: "viewer.prior", Keys: []workspace.Key{workspace.Press(fyne.KeyB)}, Do: r.comparing},
				{Label: "viewer.prior_next", Keys: []workspace.Key{{Name: fyne.KeyB, Mod: fyne.KeyModifierShift}}, Do: r.nextPrior},
				{Label: "viewer.later", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyB)}, Do: r.openNewer},
				{Label: "viewer.match", Keys: []workspace.Key{{Name: fyne.KeyU, Mod: fyne.KeyModifierShift}}, Do: r.match},
				{Label: "viewer.alone_up", Keys: []workspace.Key{{Name: fyne.KeyUp, Mod: fyne.KeyModifierShift}}, Do: func() { r.alone(r.front, -1) }},
				{Label: "viewer.alone_down", Keys: []workspace.Key{{Name: fyne.KeyDown, Mod: fyne.KeyModifierShift}}, Do: func() { r.alone(r.front, 1) }},
				{Label: "viewer.mpr_turn", Keys: []workspace.Key{{Name: fyne.KeyRight, Mod: fyne.KeyModifierShift}}, Do: func() { r.turn(r.front, turnStep, true) }},
				{Label: "viewer.mpr_turn_back", Keys: []workspace.Key{{Name: fyne.KeyLeft, Mod: fyne.KeyModifierShift}}, Do: func() { r.turn(r.front, -turnStep, true) }},
				{Label: "viewer.mpr_straight", Keys: []workspace.Key{{Name: fyne.KeyV, Mod: fyne.KeyModifierShift}}, Do: r.straight},
				{Label: "viewer.hang", Keys: []workspace.Key{{Name: fyne.KeyH, Mod: fyne.KeyModifierShift}}, Do: r.nextHang},
				{Label: "viewer.hang_keep", Keys: []workspace.Key{{Name: fyne.KeyH, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}}, Do: r.keepScreen},
				{Label: "viewer.link", Keys: []workspace.Key{workspace.Press(fyne.KeyD)}, Do: r.linked},
				{Label: "viewer.next_state", Keys: []workspace.Key{workspace.Press(fyne.KeyComma)}, Do: r.states.next},
				{Label: "viewer.plain", Keys: []workspace.Key{workspace.Press(fyne.KeyBackspace)}, Do: r.states.plain},
			}
			own = append(own, r.measures.Actions()...)
			return append(own, canvas.Actions(func() *canvas.Image {
				if r.study == "" {
					return nil
				}
				return r.panes[r.front]
			})...)
		}}
}

func (r *room) build() fyne.CanvasObject {
	r.grid = container.NewGridWithColumns(1, r.panes[0])
	r.empty = widget.NewLabelWithStyle("", fyne.TextAlignCenter, fyne.TextStyle{})
	r.layoutButton = widget.NewButton("", func() { // goes round, for the mouse has no Shift+W
		next := r.layout.Next(1)
		if next == r.layout {
			next = view.Layout{Columns: 1, Rows: 1}
		}
		r.lay(next)
	})
	r.mprButton, r.slabButton = widget.NewButton("", r.reconstruct), widget.NewButton("", func() { r.thicken(1) })
	r.hangButton, r.hung.form = widget.NewButton("", r.nextHang), container.NewVBox()
	r.newer = newNewer(r.openNewer)
	r.scrollButton, r.linkButton = widget.NewButton("", r.scrolling), widget.NewButton("", r.linked)
	r.column = container.NewVScroll(container.NewVBox(r.thumbs.box, r.states.box))
	side := container.NewBorder(nil, container.NewVBox(r.newer.content, r.measures.Button, r.slabButton, r.hangButton, r.mprButton, r.scrollButton, r.linkButton, r.layoutButton), nil, nil, r.column)
	r.grid.Hide()
	return workspace.Steady(container.NewBorder(container.NewVBox(r.problem, r.hung.form, r.measures.Row), nil, side, nil, container.NewStack(r.grid, container.NewCenter(r.empty))))
}

func (r *room) words() {
	r.empty.SetText(r.ws.Lang.T("viewer.none"))
	if o := r.ws.Current(); o != nil && o.Slide() {
		r.empty.SetText(r.ws.Lang.T("viewer.none_slide"))
	}
	r.bar()
	r.measures.Name()
	r.namePlanes()
	r.namePriors()
	r.nameNewer()
	r.thumbs.words()
	r.states.words()
	r.identity()
}

// pane makes the viewport of a place.
func (r *room) pane(k int) *canvas.Image {
	p := canvas.NewImage(r.ws, r.ws.Frames, r.read)
	p.OnDouble = r.full
	p.OnMark = func(uid string) {
		if r.priorOf(p) == nil { // those of an earlier study are decided there
			r.clicked(uid)
		}
	}
	r.wire(p, k)
	p.OnEscape = func() { // the crosshair stands in all of them
		for _, q := range r.panes {
			q.Cross(false)
		}
		r.measures.TakeLeft("")
	}
	r.measures.Wire(p.Measuring())
	p.OnMenu, p.CutOf = r.measures.Menu, r.cutOf
	p.OnPlace = r.point
	p.OnRegion = func(ref imaging.Ref) { workspace.Publish(r.ws, workspace.RegionMarked{Ref: ref}) }
	return p
}

// thumbnail gives a frame that is at hand, and does not keep others.
func (r *room) thumbnail(ctx context.Context, s volume.Slice) (*imaging.Frame, error) {
	if f := r.ws.Frames.Get(s); f != nil {
		return f, nil
	}
	return r.read(ctx, s)
}

// reading is how to wait for a picture that a viewport is reading, so that it is
// not read twice; nil where none is.
func (r *room) reading(s volume.Slice) volume.Read {
	for _, p := range r.shown() {
		if wait := p.Reading(s); wait != nil {
			return wait
		}
	}
	return nil
}

// read decodes one frame of a stored object.
func (r *room) read(ctx context.Context, s volume.Slice) (*imaging.Frame, error) {
	if s.Instance.SOPInstanceUID == "" {
		return r.cut(ctx, s)
	}
	f, err := r.ws.Archive.Open(ctx, s.Instance.SOPInstanceUID)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Frame(ctx, r.ws.Decoder, s.Frame)
}

// who is the identity over the picture.
func (r *room) who() view.Identity { return r.whoOf(cmp.Or(r.ws.Current(), r.ws.Incoming())) }

func (r *room) whoOf(c *workspace.Opened) view.Identity {
	if c == nil {
		return view.Identity{}
	}
	return view.Identity{Name: c.Name(), Sex: c.Sex(r.ws.Lang), Age: c.Age(r.ws.Lang),
		Mismatch: c.Mismatch(r.ws.Lang) != "" || !c.Examination.Link.Linked(), Sample: c.Examination.Sample}
}

func (r *room) identity() {
	if r.study == "" {
		return
	}
	for _, p := range r.panes {
		p.SetIdentity(r.whoseIs(p))
	}
}

// incoming shows the first picture of a study whose headers are being read.
func (r *room) incoming() {
	o := r.ws.Incoming()
	r.clear()
	r.empty.Hide()
	r.grid.Show()
	s := &o.Study.Series[0]
	r.panes[0].SetFirst(o.Study, s, volume.Slices(s)[0], r.who())
}

// clear shows nothing.
func (r *room) clear() {
	r.entries = nil
	r.marks, r.list, r.chosen, r.study, r.front = nil, nil, "", "", 0
	r.others.asking.Stop()
	r.others.list, r.others.marks, r.others.hidden = nil, nil, false
	r.clearPriors()
	r.layout, r.last, r.away, r.together = view.Layout{Columns: 1, Rows: 1}, view.Layout{}, 0, together{}
	r.setMPR(nil)
	if r.making != nil {
		r.making.Cancel()
	}
	r.problem.SetText("")
	r.measures.Open() // nothing, as no study is open
	for _, p := range r.panes {
		p.SetMarks(nil, "")
		p.ShowRejected(false) // as the list begins each study
		p.SetStack(nil, nil, nil, view.Identity{}, 0)
	}
	r.ws.Frames.Clear() // no loader is open that would fill it again
	r.arrange()
	r.shelve()
	r.states.open(nil)
}

// open shows the study that is open; a slide has a room of its own.
func (r *room) open() {
	c := r.ws.Current()
	seen, ok := r.panes[0].Shown()
	frame := r.panes[0].Frame()
	early := ok && frame != nil && r.study == "" // the study's first picture stands there
	r.clear()
	if c == nil || c.Slide() {
		r.empty.Show()
		r.grid.Hide() // its viewports say that no series is chosen
		r.words()
		return
	}
	r.empty.Hide()
	r.grid.Show()
	r.study = c.Examination.StudyUID
	r.entries = entriesOf(c)
	r.shelve()
	r.askPriors()
	r.askForeign()
	r.states.open(c.Study)
	r.measures.Open()
	at := first(r.entries)
	if early {
		same := func(s volume.Slice) bool {
			return s.Instance.SOPInstanceUID == seen.Instance.SOPInstanceUID && s.Frame == seen.Frame
		}
		if k, s, ok := find(r.entries, same); ok { // go on from there
			r.ws.Frames.Put(s, frame)
			if !r.hangStudy(&s) {
				r.showAt(k, slices.Index(r.entries[k].stack.Slices, s))
			}
			r.findings()
			return
		}
	}
	if !r.hangStudy(nil) {
		r.show(at)
	}
	r.findings()
}

// show puts an entry of the study that is open into the viewport in front, at its
// middle slice.
func (r *room) show(at int) {
	if at >= 0 && at < len(r.entries) {
		r.put(r.entries[at])
	}
}

// put puts an entry into the viewport in front, at its middle slice.
func (r *room) put(e entry) {
	middle := 0
	if e.stack != nil {
		middle = len(e.stack.Slices) / 2
	}
	r.putAt(e, middle)
}

func (r *room) showAt(at, slice int) { r.putAt(r.entries[at], slice) }

func (r *room) putAt(e entry, slice int) {
	c := r.ws.Current()
	if c == nil || r.study == "" {
		return
	}
	r.stand(r.panes[r.front], e, slice)
	r.tie()
	r.follow()
	r.bar()
	r.thumbs.mark(e)
	r.states.words()
	r.tellPrior()
}

// stand makes a viewport show an entry, under its own study's name.
func (r *room) stand(p *canvas.Image, e entry, slice int) {
	if e.prior != nil {
		p.SetStack(e.prior.opened.Study, e.series, e.stack, r.whoOf(e.prior.opened), slice)
		p.SetMarks(e.prior.marks, "")
		p.SetPrior(r.priorWords(e.prior))
		p.SetAnnotations(e.prior.drawn, "")
		return
	}
	p.SetStack(r.ws.Current().Study, e.series, e.stack, r.who(), slice)
	p.SetMarks(r.allMarks(), r.chosen)
	r.measures.Show()
}

// choose is a click on a thumbnail: of a series of presentation states the
// first is applied to its picture.
func (r *room) choose(e entry) {
	for i := range r.states.list {
		if one := &r.states.list[i]; e.prior == nil && one.in.SeriesUID == e.series.UID && one.state != nil {
			r.states.choose(one.state)
			return
		}
	}
	if e.prior != nil {
		r.putAt(e, view.Beside(r.leader(), slicesOf(e.stack)))
		return
	}
	r.put(e)
}

// step goes on in the series of the study that is in front.
func (r *room) step(by int) {
	row := r.entries
	if p := r.priorOf(r.panes[r.front]); p != nil {
		row = p.entries
	}
	if len(row) == 0 {
		return
	}
	now := r.entryOf(r.front)
	at := max(slices.IndexFunc(row, func(e entry) bool { return e == now }), 0)
	r.put(row[min(max(at+by, 0), len(row)-1)])
}

// activate brings a viewport to the front: keys go to it, the others follow it.
func (r *room) activate(k int) {
	r.front = min(k, r.layout.Count()-1)
	for i, p := range r.panes {
		p.SetFront(i == r.front && r.layout.Count() > 1)
	}
	if e := r.entryOf(r.front); e.stack != nil {
		r.thumbs.mark(e)
	}
	r.tie()
	r.references()
	r.states.words()
	r.tellPrior()
}

// findings asks for the marks of the study.
func (r *room) findings() {
	user, study, words := r.ws.User(), r.study, r.ws.Lang
	r.asking.Start(func(ctx context.Context) func() {
		list, err := r.ws.Reading.Findings(ctx, user, study)
		var runs []records.Run
		if err == nil {
			runs, err = r.ws.Reading.Runs(ctx, user, study)
		}
		var marks []canvas.Mark
		var damaged error
		if err == nil {
			marks, damaged = canvas.MarksOf(words, list, runs)
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			if damaged != nil {
				r.problem.Explain(damaged)
			}
			r.marks, r.list = marks, list
			r.mark()
		}
	})
}

// selected brings a finding's picture and box to the front.
func (r *room) selected(f records.Finding) {
	if r.study == "" || f.StudyUID != r.study {
		return
	}
	r.chosen = f.UID
	r.toCurrent()
	p := r.panes[r.front]
	if !p.Goto(f.Ref) {
		at, _, ok := find(r.entries, func(s volume.Slice) bool {
			return s.Instance.SOPInstanceUID == f.Ref.SOPUID && (f.Ref.Frame == 0 || s.Frame == f.Ref.Frame)
		})
		if ok {
			r.show(at)
			p.Goto(f.Ref)
		}
	}
	r.mark()
	r.showFollowed()
}

// mark draws the findings of each study on its own pictures.
func (r *room) mark() {
	all := r.allMarks()
	for _, p := range r.panes {
		if prior := r.priorOf(p); prior != nil {
			old := ""
			if f := r.followed(); f != nil {
				old = f.FindingUID
			}
			p.SetMarks(prior.marks, old)
			continue
		}
		p.SetMarks(all, r.chosen)
	}
}

// clicked tells the list which mark was clicked.
func (r *room) clicked(uid string) {
	if len(r.others.marks[uid]) > 0 {
		workspace.Publish(r.ws, workspace.ForeignSelected{Item: uid})
		return
	}
	user, study := r.ws.User(), r.study
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		list, err := r.ws.Reading.Findings(ctx, user, study)
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			for _, f := range list {
				if f.UID == uid {
					workspace.Publish(r.ws, workspace.FindingSelected{Finding: f})
				}
			}
		}
	})
}
