package viewer

import (
	"cmp"
	"context"
	"image"
	"image/color"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
	"longying/imaging/volume"
)

// The size of a thumbnail.
const (
	thumbWidth  = 130
	thumbHeight = 92
)

// thumbs is the column of series, each with the picture of its middle slice:
// those of the study that is open, below them the earlier studies.
type thumbs struct {
	ws     *workspace.Workspace
	read   volume.Read
	shared func(volume.Slice) volume.Read // waits for a picture that a viewport reads; nil: none does
	choose func(entry)
	look   func(*prior) // at an earlier study
	task   *workspace.Task
	priors []*prior
	box    *fyne.Container
	cells  []*thumb
	heads  []*priorHead
	title  *widget.Label // over the earlier studies
	marked entry
	drag   dragging
	cursor cursor
}

func newThumbs(ws *workspace.Workspace, read volume.Read, shared func(volume.Slice) volume.Read, choose func(entry), look func(*prior)) *thumbs {
	return &thumbs{ws: ws, read: read, shared: shared, choose: choose, look: look, task: ws.NewTask(), box: container.NewVBox(), title: widget.NewLabel("")}
}

func (t *thumbs) show(entries []entry, priors []*prior) {
	t.task.Stop()
	seen := map[*volume.Stack]*thumb{}
	for _, c := range t.cells {
		if c.of.stack != nil && c.drawn {
			seen[c.of.stack] = c
		}
	}
	before := t.cells
	t.priors, t.cells, t.heads = priors, nil, nil
	t.cursor.stops = nil
	t.box.Objects = nil
	add := func(list []entry) {
		for _, e := range list {
			c := newThumb(e, func() { t.choose(e) }, &t.drag)
			t.cursor.stops = append(t.cursor.stops, stop{of: e, object: c, edge: c.edge, take: c.tapped})
			if old := seen[e.stack]; old != nil && e.stack != nil {
				c.image.Image, c.drawn = old.image.Image, true
			}
			t.cells = append(t.cells, c)
			t.box.Add(c)
		}
	}
	add(entries)
	if len(priors) > 0 {
		t.box.Add(t.title)
	}
	for _, p := range priors {
		h := newPriorHead(p, func() { t.look(p) })
		t.heads = append(t.heads, h)
		t.cursor.stops = append(t.cursor.stops, stop{object: h.content, edge: h.edge, take: func() { t.look(p) }})
		t.box.Add(h.content)
		add(p.entries)
	}
	t.cursor.at = min(t.cursor.at, len(t.cursor.stops)-1)
	for _, c := range before {
		c.forget()
	}
	if !slices.ContainsFunc(t.cells, func(c *thumb) bool { return c.of == t.marked }) {
		t.marked = entry{} // of a study that was closed
	}
	t.words()
	t.mark(t.marked)
	t.box.Refresh()
	t.ws.Do(func() { t.fill(0) }) // when the viewports have begun to read
}

func (t *thumbs) words() {
	l := t.ws.Lang
	t.title.SetText(l.T("viewer.priors", len(t.priors)))
	for _, h := range t.heads {
		h.words(l)
	}
	for _, c := range t.cells {
		s := c.of.series
		c.label.Importance = widget.MediumImportance
		under := s.Description
		switch {
		case c.of.stack != nil:
			c.label.SetText(l.T("viewer.thumb", s.Modality, s.Number, len(c.of.stack.Slices)))
			if name := view.StackName(l, c.of.stack); !c.of.alone && name != "" {
				under = name + " · " + under
			}
			if len(c.of.stack.Geometry.Warnings()) > 0 {
				c.label.SetText("! " + c.label.Text)
				c.label.Importance = widget.WarningImportance
			}
		case len(s.Instances) > 0 && dicomfile.StateName(s.Instances[0].SOPClassUID) != "":
			c.label.SetText(l.T("viewer.thumb_states", s.Modality, s.Number, len(s.Instances)))
		default:
			c.label.SetText(l.T("viewer.thumb", s.Modality, s.Number, 0))
		}
		c.label.Refresh()
		c.under.SetText(under)
	}
}

// mark frames the thumbnail of what is in front.
func (t *thumbs) mark(e entry) {
	t.marked = e
	for _, c := range t.cells {
		c.edge.StrokeColor = look.Raised()
		if c.of.prior != nil {
			c.edge.StrokeColor = look.Prior()
		}
		if c.of == e {
			c.edge.StrokeColor = look.Accent()
		}
		c.edge.Refresh()
	}
	t.cursor.draw()
}

// fill draws the thumbnails one after another, the first at once.
func (t *thumbs) fill(i int) {
	for i < len(t.cells) && (t.cells[i].of.stack == nil || t.cells[i].drawn) {
		i++
	}
	if i >= len(t.cells) {
		return
	}
	cell := t.cells[i]
	s := cell.of.stack.Slices[len(cell.of.stack.Slices)/2]
	read := t.read
	if shared := t.shared(s); shared != nil {
		read = func(ctx context.Context, s volume.Slice) (*imaging.Frame, error) {
			if f, err := shared(ctx, s); err == nil {
				return f, nil
			}
			return t.read(ctx, s) // the viewport shows something else meanwhile
		}
	}
	t.task.Start(func(ctx context.Context) func() {
		img := picture(ctx, read, s)
		return func() {
			cell.drawn = true
			if img != nil {
				cell.image.Image = img
				cell.image.Refresh()
			}
			t.fill(i + 1)
		}
	})
}

// priorHead is the line over the series of an earlier study; a click opens it.
type priorHead struct {
	of      *prior
	button  *widget.Button
	under   *widget.Label
	edge    *fynecanvas.Rectangle
	content *fyne.Container
}

func newPriorHead(p *prior, tapped func()) *priorHead {
	h := &priorHead{of: p, button: widget.NewButton("", tapped), under: widget.NewLabel("")}
	h.button.Alignment = widget.ButtonAlignLeading
	h.under.Truncation, h.under.Importance = fyne.TextTruncateEllipsis, widget.LowImportance
	bar := fynecanvas.NewRectangle(look.Prior())
	bar.SetMinSize(fyne.NewSize(3, 0))
	h.edge = fynecanvas.NewRectangle(color.Transparent)
	h.edge.StrokeWidth, h.edge.StrokeColor = 2, look.Chrome()
	h.content = container.NewStack(container.NewBorder(nil, nil, bar, nil, container.NewVBox(h.button, h.under)), h.edge)
	return h
}

func (h *priorHead) words(l *lang.Strings) {
	ex := h.of.ex
	day := l.T("viewer.prior_no_date")
	if !ex.Date.IsZero() {
		day = ex.Date.In(imaging.Zone()).Format("06-01-02")
	}
	h.button.SetText(strings.Join(ex.Modalities, " ") + " " + day)
	h.button.Importance = widget.LowImportance
	if h.of.opened == nil {
		h.button.Importance = widget.MediumImportance
	}
	h.button.Refresh()
	h.under.SetText(cmp.Or(ex.Description, ex.BodyPart))
}

// picture is a thumbnail, nil where the frame cannot be decoded: the viewport
// says why when the series is shown.
func picture(ctx context.Context, read volume.Read, s volume.Slice) image.Image {
	frame, err := read(ctx, s)
	if err != nil {
		return nil
	}
	r, err := render.New(frame, s.Instance, s.Frame, render.Presentation{})
	if err != nil {
		return nil
	}
	dst := image.NewRGBA(image.Rect(0, 0, thumbWidth, thumbHeight))
	v := render.FitView(frame.Columns, frame.Rows, thumbWidth, thumbHeight)
	v.Smooth = true
	r.Viewport(dst, v)
	return dst
}

// thumb is one series in the column.
type thumb struct {
	widget.BaseWidget
	image        *fynecanvas.Image
	edge         *fynecanvas.Rectangle
	label, under *widget.Label
	content      *fyne.Container
	tapped       func()
	of           entry
	drawn        bool // the picture is there, or cannot be had
	drag         *dragging
	held         held
}

func newThumb(of entry, tapped func(), drag *dragging) *thumb {
	t := &thumb{of: of, tapped: tapped, drag: drag, image: fynecanvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 1, 1))), edge: fynecanvas.NewRectangle(look.Chrome()),
		label: widget.NewLabel(""), under: widget.NewLabel("")}
	t.image.FillMode = fynecanvas.ImageFillContain
	t.image.SetMinSize(fyne.NewSize(thumbWidth, thumbHeight))
	t.edge.StrokeWidth = 2
	t.edge.StrokeColor = look.Raised()
	t.label.Truncation, t.under.Truncation = fyne.TextTruncateEllipsis, fyne.TextTruncateEllipsis
	t.under.Importance = widget.LowImportance
	t.content = container.NewStack(t.edge, container.NewVBox(container.NewPadded(t.image), t.label, t.under))
	t.ExtendBaseWidget(t)
	return t
}

// forget lets go of what a thumbnail that was taken away stood for: the toolkit
// keeps the widget for a minute, and a plane keeps the whole volume.
func (t *thumb) forget() { t.of, t.tapped = entry{}, func() {} }

// CreateRenderer is fyne.Widget's.
func (t *thumb) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.content) }

// Tapped shows the series.
func (t *thumb) Tapped(*fyne.PointEvent) { t.tapped() }
