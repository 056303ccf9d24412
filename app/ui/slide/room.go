// Package slide is the room for whole-slide images: zoom and pan over the
// tiles of the level that fits, with a small map and a scale bar, a region that
// the pathologist marks, and the type map that a model made of it, with its
// legend. A slide that does not say its scale shows no scale bar and says so in
// words; so is what colours are shown.
package slide

import (
	"context"
	"fmt"
	"image/color"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/reading"
	"longying/app/ui/canvas"
	"longying/app/ui/canvas/view"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	slides "longying/imaging/slide"
	"longying/inference"
	"longying/records"
)

type room struct {
	ws       *workspace.Workspace
	opening  *workspace.Task
	asking   *workspace.Task
	pane     *pane
	slide    *slides.Slide
	in       *imaging.Instance
	region   *imaging.Region
	waiting  bool   // the slide is being opened
	path     string // identifier of the optical path chosen; empty: the usual
	measures *canvas.Measures
	runs     []records.Run

	corner, colour      *line
	chosen              *line // optical path and focal plane, of several
	notes               *fyne.Container
	shown, scale        *line                 // level and magnification; what the bar measures
	bar                 *fynecanvas.Rectangle // of scale
	rule                *fyne.Container       // the bar in its line
	hint                *widget.Label
	problem             *workspace.Problem
	mark, run, fit, one *widget.Button
	paths               *widget.Button // goes on to the next optical path, of several
	opacity             *workspace.Slider
	mapWord             *widget.Label
	legend              *fyne.Container
	foot                *fyne.Container // of the legend
}

// New makes the room.
func New(ws *workspace.Workspace) *workspace.Room {
	r, content := newRoom(ws)
	press := workspace.Press
	return &workspace.Room{ID: "slide", Place: workspace.Rail, Icon: theme.GridIcon(), Needs: records.RightViewPatient, Content: content,
		Current: func() []workspace.Action {
			own := r.measures.Actions()
			if r.several() {
				own = append(own, workspace.Action{Label: "slide.next_path", Keys: []workspace.Key{press(fyne.KeyC)}, Do: r.nextPath})
			}
			return append(own, []workspace.Action{
				{Label: "slide.mark", Keys: []workspace.Key{press(fyne.KeyU)}, Do: r.draw},
				{Label: "slide.run", Keys: []workspace.Key{press(fyne.KeyA)}, Do: r.analyse},
				{Label: "slide.fit", Keys: []workspace.Key{press(fyne.KeyZ)}, Do: r.wholeSlide},
				{Label: "slide.one", Keys: []workspace.Key{press(fyne.KeyX)}, Do: r.oneToOne},
				{Label: "slide.closer", Keys: []workspace.Key{press(fyne.KeyEqual), press(fyne.KeyPlus)}, Do: func() { r.pane.zoom(zoomStep) }},
				{Label: "slide.farther", Keys: []workspace.Key{press(fyne.KeyMinus)}, Do: func() { r.pane.zoom(1 / zoomStep) }},
				{Label: "slide.left", Keys: []workspace.Key{press(fyne.KeyLeft)}, Do: func() { r.pane.pan(-panStep, 0) }},
				{Label: "slide.right", Keys: []workspace.Key{press(fyne.KeyRight)}, Do: func() { r.pane.pan(panStep, 0) }},
				{Label: "slide.up", Keys: []workspace.Key{press(fyne.KeyUp)}, Do: func() { r.pane.pan(0, -panStep) }},
				{Label: "slide.down", Keys: []workspace.Key{press(fyne.KeyDown)}, Do: func() { r.pane.pan(0, panStep) }},
				{Label: "slide.map", Keys: []workspace.Key{press(fyne.KeyM)}, Do: r.toggleMap},
				{Label: "slide.give_up", Keys: []workspace.Key{press(fyne.KeyEscape)}, Do: r.giveUp},
			}...)
		}}
}

func newRoom(ws *workspace.Workspace) (*room, fyne.CanvasObject) {
	r := &room{ws: ws, opening: ws.NewTask(), asking: ws.NewTask(), pane: newPane(ws), problem: workspace.NewProblem(ws)}
	r.pane.onRegion = r.marked
	r.pane.onSay = r.problem.SetText
	r.measures = canvas.NewMeasures(ws, desk{r}, tools(), nil)
	r.measures.Wire(r.pane.measure)
	r.pane.onMenu = r.measures.Menu
	r.pane.onFailure = func(err error) { r.problem.Explain(err) }
	content := r.build()
	r.pane.onView = r.measure
	workspace.On(ws, func(workspace.StudyOpened) { r.open() })
	workspace.On(ws, func(e workspace.FindingsChanged) {
		if c := ws.Current(); c != nil && c.Examination.StudyUID == e.StudyUID {
			r.load()
		}
	})
	workspace.On(ws, func(e workspace.FindingSelected) { r.selected(e.Finding) })
	workspace.On(ws, func(workspace.FindingLetGo) {
		r.pane.selected = ""
		r.pane.Refresh()
	})
	workspace.On(ws, func(e workspace.RegionWanted) {
		switch {
		case r.in == nil:
		case e.Off:
			r.giveUp()
		default:
			r.draw()
		}
	})
	workspace.On(ws, func(workspace.LanguageChanged) { r.words() })
	r.words()
	return r, content
}

// A step of a key: of zoom, and of the pane's width or height.
const (
	zoomStep = 1.5
	panStep  = 0.25
)

func (r *room) build() fyne.CanvasObject {
	r.bar = fynecanvas.NewRectangle(look.Text())
	r.rule = container.NewCenter(r.bar)
	r.corner, r.colour, r.chosen = newLine(look.Text()), newLine(look.Text()), newLine(look.Text())
	r.shown, r.scale = newLine(look.Text()), newLine(look.Text(), r.rule)
	r.notes = container.NewVBox()
	r.hint = widget.NewLabel("")
	r.hint.Truncation = fyne.TextTruncateEllipsis
	r.mark = widget.NewButtonWithIcon("", theme.ContentAddIcon(), r.draw)
	r.run = widget.NewButtonWithIcon("", theme.MediaPlayIcon(), r.analyse)
	r.run.Importance = widget.HighImportance
	r.fit = widget.NewButton("", r.wholeSlide)
	r.one = widget.NewButton("", r.oneToOne)
	r.paths = widget.NewButton("", r.nextPath)
	r.paths.Hide()
	r.opacity = workspace.NewSlider(r.ws, 0, 1)
	r.opacity.Step = 0.05
	r.opacity.SetValue(r.pane.opacity)
	r.opacity.OnChanged = func(v float64) {
		r.pane.opacity = v
		r.pane.Refresh()
	}
	r.mapWord = widget.NewLabel("")
	var content *fyne.Container
	r.legend = container.New(workspace.NewFlow(2*theme.Padding(), func() { content.Refresh() }))
	bar := container.NewBorder(nil, nil, container.NewHBox(r.mark, r.run, r.measures.Button, r.fit, r.one, r.paths),
		container.NewHBox(r.mapWord, container.NewGridWrap(fyne.NewSize(120, 34), r.opacity)), r.hint)
	words := container.NewVBox(r.corner.box, r.colour.box, r.chosen.box, r.notes, layout.NewSpacer(), r.shown.box, r.scale.box)
	over := container.New(layout.NewCustomPaddedLayout(8, 8, 10, 10), words)
	r.foot = container.NewStack(r.legend)
	content = workspace.Steady(container.NewBorder(container.NewVBox(bar, r.problem, r.measures.Row), r.foot, nil, nil, container.NewStack(r.pane, over)))
	return content
}

// line is a line of words over the slide, on a dark ground, so that it can be
// read on any tissue. Without words it is not there.
type line struct {
	box  *fyne.Container
	text *fynecanvas.Text
}

// newLine makes a line; before stands before its words.
func newLine(ink color.Color, before ...fyne.CanvasObject) *line {
	l := &line{text: fynecanvas.NewText("", ink)}
	l.text.TextSize = 14
	ground := fynecanvas.NewRectangle(color.NRGBA{0x10, 0x12, 0x15, 0xd0})
	row := container.NewHBox()
	for _, o := range before {
		row.Add(o)
	}
	row.Add(l.text)
	l.box = container.NewHBox(container.NewStack(ground, container.New(layout.NewCustomPaddedLayout(2, 2, 6, 6), row)))
	l.box.Hide()
	return l
}

func (l *line) set(words string) {
	if l.text.Text == words {
		return
	}
	l.text.Text = words
	if words == "" {
		l.box.Hide()
		return
	}
	l.box.Show()
	l.box.Refresh()
}

func (r *room) words() {
	t := r.ws.Lang.T
	r.mark.SetText(t("slide.button_mark"))
	r.run.SetText(t("slide.button_run"))
	r.fit.SetText(t("slide.fit"))
	r.one.SetText(t("slide.one"))
	r.mapWord.SetText(t("slide.map"))
	r.measures.Name()
	r.describe()
	r.showLegend()
}

// open shows the slide of the study that is open, if it has one.
func (r *room) open() {
	r.path = ""
	r.leave()
	r.slide, r.in, r.region, r.runs = nil, nil, nil, nil
	r.pane.in = nil
	r.problem.SetText("")
	r.measures.Open() // nothing, as no slide is open
	in := slideOf(r.ws.Current())
	r.waiting = in != nil
	r.describe()
	r.showLegend()
	if in == nil {
		r.opening.Stop()
		return
	}
	r.read(in, func() {
		r.in, r.pane.in = in, in
		r.measures.Open()
		r.load()
	})
}

// leave shows nothing, and lets the slide go.
func (r *room) leave() {
	gone := r.pane.show(nil)
	if old := r.slide; old != nil { // a read that is under way may take its time
		r.ws.NewTask().Start(func(context.Context) func() {
			gone()
			err := old.Close()
			return func() {
				if err != nil {
					r.problem.Explain(err)
				}
			}
		})
	}
	r.asking.Stop() // what is still asked is of the slide before
}

// read opens the slide by the optical path chosen, and then does something.
func (r *room) read(in *imaging.Instance, then func()) {
	study, o := r.ws.Current().Study, slides.Options{OpticalPath: r.path}
	r.opening.Start(func(ctx context.Context) func() {
		s, err := r.ws.Archive.Slide(ctx, study, in.SOPInstanceUID, r.ws.Decoder, o)
		taken := func() bool { return true }
		if err == nil { // where another study comes first there is nobody to tell
			taken = context.AfterFunc(ctx, func() { _ = s.Close() })
		}
		return func() {
			r.waiting = false
			if err != nil {
				r.problem.Explain(err)
				r.describe()
				return
			}
			if !taken() {
				return
			}
			r.slide = s
			r.pane.show(s)
			then()
			r.describe()
		}
	})
}

// slideOf is the base of the study's largest slide; labels and overviews are
// none.
func slideOf(o *workspace.Opened) *imaging.Instance {
	if o == nil {
		return nil
	}
	var best *imaging.Instance
	for _, g := range slides.Groups(o.Study) {
		if in := g.Base(); best == nil || in.Slide.TotalColumns > best.Slide.TotalColumns {
			best = in
		}
	}
	return best
}

// load asks for the findings and the type maps of the study.
func (r *room) load() {
	c := r.ws.Current()
	if c == nil || r.in == nil {
		return
	}
	user, study := r.ws.User(), c.Examination.StudyUID
	r.asking.Start(func(ctx context.Context) func() {
		findings, err := r.ws.Reading.Findings(ctx, user, study)
		var runs []records.Run
		if err == nil {
			runs, err = r.ws.Reading.Runs(ctx, user, study)
		}
		typed := newestMaps(runs)
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.runs = runs
			r.pane.marks = nil
			for _, f := range findings {
				if m, ok := canvas.MarkOf(f, workspace.FindingName(r.ws.Lang, f)); ok {
					r.pane.marks = append(r.pane.marks, m)
				}
			}
			r.pane.maps = typed
			r.addRegion()
			r.showLegend()
			r.pane.Refresh()
		}
	})
}

// newestMaps is the type map of each region's newest run, oldest first: where
// two overlap the newer lies over the older.
func newestMaps(runs []records.Run) []*inference.TypeMap {
	newest := map[imaging.Region]records.Run{}
	for _, run := range runs {
		if run.Ref.Region == nil {
			continue
		}
		if old, ok := newest[*run.Ref.Region]; !ok || run.At.After(old.At) {
			newest[*run.Ref.Region] = run
		}
	}
	kept := slices.SortedFunc(maps.Values(newest), func(a, b records.Run) int { return a.At.Compare(b.At) })
	var out []*inference.TypeMap
	for _, run := range kept {
		if m, err := reading.TypeMapOf(run); err == nil && m != nil {
			out = append(out, m)
		}
	}
	return out
}

// marked takes a region that the doctor drew.
func (r *room) marked(g imaging.Region) {
	if r.in == nil {
		return
	}
	r.region = &g
	r.addRegion()
	r.describe()
	r.pane.Refresh()
	workspace.Publish(r.ws, workspace.RegionMarked{Ref: imaging.Ref{StudyUID: r.in.StudyUID, SeriesUID: r.in.SeriesUID,
		SOPUID: r.in.SOPInstanceUID, SOPClass: r.in.SOPClassUID, Region: &g}})
}

func (r *room) addRegion() {
	r.pane.marks = withRegion(r.pane.marks, r.region)
}

// withRegion puts the region that is marked, or none, beneath the findings. A
// finding of just that place stands for it: it keeps the look of its state.
func withRegion(marks []canvas.Mark, region *imaging.Region) []canvas.Mark {
	var found []canvas.Mark
	taken := false
	for _, m := range marks {
		if m.Style == canvas.Drawing {
			continue
		}
		found = append(found, m)
		if region != nil && m.Style != canvas.Rejected {
			g := m.Region
			taken = taken || g.X0 == region.X0 && g.Y0 == region.Y0 && g.X1 == region.X1 && g.Y1 == region.Y1
		}
	}
	if region == nil || taken {
		return found
	}
	return append([]canvas.Mark{{Region: *region, Style: canvas.Drawing}}, found...)
}

// draw lets the doctor mark a region next.
func (r *room) draw() {
	if r.in == nil {
		return
	}
	r.pane.measure.Abandon()
	if r.pane.measure.Tool() != "" {
		r.measures.Take("")
	}
	r.pane.drawing = true
	r.describe()
}

func (r *room) giveUp() {
	if !r.pane.drawing && r.pane.measure.Escape() {
		return
	}
	r.pane.drawing = false
	r.describe()
	r.pane.Refresh()
}

// analyse asks the findings tab to run the models on the marked region.
func (r *room) analyse() {
	if r.in == nil {
		return
	}
	if r.region == nil {
		r.problem.Say("slide.no_region")
		r.draw()
		return
	}
	r.problem.SetText("")
	workspace.Publish(r.ws, workspace.AnalysisWanted{})
}

func (r *room) oneToOne() {
	w, h := r.pane.pixels()
	r.pane.set(r.pane.state.OneToOne(w, h))
}

func (r *room) toggleMap() {
	if r.pane.opacity > 0 {
		r.opacity.SetValue(0)
		return
	}
	r.opacity.SetValue(0.45)
}

// selected brings a finding's region into view.
func (r *room) selected(f records.Finding) {
	if r.in == nil || f.Ref.SOPUID != r.in.SOPInstanceUID {
		return
	}
	r.pane.selected = f.UID
	if f.Ref.Region != nil {
		w, h := r.pane.pixels()
		r.pane.state = r.pane.state.CenterOn(*f.Ref.Region, w, h)
	}
	r.pane.Refresh()
}

// wholeSlide shows all of the slide, and gives tiles that could not be read
// another try.
func (r *room) wholeSlide() {
	if r.pane.loader != nil {
		r.pane.loader.again()
	}
	r.problem.SetText("")
	r.pane.set(r.pane.state.Fit())
}

// describe words who it is, what is shown and what to do next.
func (r *room) describe() {
	t := r.ws.Lang.T
	r.notes.Objects = nil
	switch c := r.ws.Current(); {
	case r.slide == nil || r.in == nil || c == nil:
		r.corner.set("")
		r.colour.set("")
		r.chosen.set("")
		if r.waiting {
			r.hint.SetText(t("slide.reading"))
		} else {
			r.hint.SetText(t("slide.none"))
		}
	default:
		r.corner.set(strings.TrimSpace(c.Name() + "  " + c.Title()))
		r.colour.set(colours(r.ws.Lang, r.slide))
		r.chosen.set(chosen(r.ws.Lang, r.slide.Description()))
		for _, n := range notes(r.ws.Lang, r.slide) {
			note := newLine(look.Amber())
			note.set(n)
			r.notes.Add(note.box)
		}
		switch {
		case r.pane.drawing:
			r.hint.SetText(t("slide.drawing"))
		case r.region == nil:
			r.hint.SetText(t("slide.mark_first"))
		default:
			r.hint.SetText(t("slide.region", r.sizeOf(*r.region)))
		}
	}
	r.notes.Refresh()
	if r.paths.Hidden = !r.several(); !r.paths.Hidden {
		d := r.slide.Description()
		r.paths.SetText(t("slide.path_button", d.OpticalPath+1, len(d.OpticalPaths)))
	}
	r.paths.Refresh()
	r.offer()
	r.measure()
}

// offer lets only those controls be used that have a slide to work on.
func (r *room) offer() {
	for _, b := range []*widget.Button{r.mark, r.run, r.measures.Button, r.fit, r.one} {
		if r.in == nil {
			b.Disable()
		} else {
			b.Enable()
		}
	}
	if len(r.pane.maps) == 0 {
		r.opacity.Disable()
	} else {
		r.opacity.Enable()
	}
}

// longestBar bounds the scale bar, in units of the toolkit.
const longestBar = 160

// measure words the level, the magnification and the scale; the bar is as long
// as it says.
func (r *room) measure() {
	if r.slide == nil {
		r.shown.set("")
		r.scale.set("")
		return
	}
	t := r.ws.Lang.T
	w, h := r.pane.pixels()
	zoom := r.pane.state.Zoom(w, h)
	shown := t("slide.size", r.slide.Columns(), r.slide.Rows()) + " · " + magnified(r.ws.Lang, r.slide, zoom)
	if r.pane.loader != nil && r.pane.loader.busy() {
		shown += " · " + t("slide.reading")
	}
	r.shown.set(shown)
	µm := r.slide.Levels()[0].Micrometres()
	if µm <= 0 {
		r.rule.Hide()
		r.scale.set(t("slide.scale_unknown"))
		return
	}
	length, text := view.ScaleBar(µm, zoom, longestBar*float64(r.pane.density()))
	r.bar.SetMinSize(fyne.NewSize(float32(length)/r.pane.density(), 4))
	r.rule.Show()
	r.scale.set(text + "  (" + t("slide.scale", fmt.Sprintf("%.3g", µm)) + ")")
	r.scale.box.Refresh()
}

// showLegend names the classes of the maps with the share of each.
func (r *room) showLegend() {
	r.legend.Objects = nil
	type share struct {
		name string
		fill color.Color
		at   int // in counts
	}
	var order []string
	var counts []int
	byKey := map[string]*share{}
	for _, m := range r.pane.maps {
		for _, class := range m.Class {
			if class < 0 || class >= len(m.Classes) {
				continue
			}
			k := &m.Classes[class]
			s := byKey[k.Key]
			if s == nil {
				s = &share{name: k.Label.In(r.ws.Lang.Short()), fill: parseColour(k.Colour), at: len(counts)}
				byKey[k.Key] = s
				order, counts = append(order, k.Key), append(counts, 0)
			}
			counts[s.at]++
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return counts[byKey[b].at] - counts[byKey[a].at] })
	shares := percentages(counts)
	for _, k := range order {
		s := byKey[k]
		box := fynecanvas.NewRectangle(s.fill)
		box.SetMinSize(fyne.NewSize(16, 16))
		r.legend.Add(container.NewHBox(container.NewCenter(box), widget.NewLabel(r.ws.Lang.T("slide.share", s.name, percent(shares[s.at])))))
	}
	if len(order) > 0 {
		note := widget.NewLabel(r.ws.Lang.T("slide.amber"))
		note.Importance = widget.WarningImportance
		r.legend.Add(note)
	}
	if len(order) == 0 { // it takes no room
		r.foot.Hide()
	} else {
		r.foot.Show()
	}
	r.offer()
	r.legend.Refresh()
}
