package viewer

import (
	"context"
	"image"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas/view"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
	"longying/imaging/volume"
)

// The size of a thumbnail.
const (
	thumbWidth  = 116
	thumbHeight = 92
)

// thumbs is the column of entries, each with the picture of its middle slice.
type thumbs struct {
	ws      *workspace.Workspace
	read    volume.Read
	choose  func(entry int)
	task    *workspace.Task
	entries []entry
	box     *fyne.Container
	cells   []*thumb
}

func newThumbs(ws *workspace.Workspace, read volume.Read, choose func(int)) *thumbs {
	t := &thumbs{ws: ws, read: read, choose: choose, task: ws.NewTask(), box: container.NewVBox()}
	return t
}

func (t *thumbs) show(entries []entry) {
	t.task.Stop()
	t.entries, t.cells = entries, nil
	t.box.Objects = nil
	for i := range entries {
		c := newThumb(func() { t.choose(i) })
		t.cells = append(t.cells, c)
		t.box.Add(c)
	}
	t.words()
	t.box.Refresh()
	t.fill(0)
}

func (t *thumbs) words() {
	for i, c := range t.cells {
		l, e := t.ws.Lang, t.entries[i]
		s := e.series
		c.label.Importance = widget.MediumImportance
		under := s.Description
		switch {
		case e.stack != nil:
			c.label.SetText(l.T("viewer.thumb", s.Modality, s.Number, len(e.stack.Slices)))
			if name := view.StackName(l, e.stack); !e.alone && name != "" {
				under = name + " · " + under
			}
			if len(e.stack.Geometry.Warnings()) > 0 {
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

func (t *thumbs) mark(entry int) {
	for i, c := range t.cells {
		c.edge.StrokeColor = look.Raised()
		if i == entry {
			c.edge.StrokeColor = look.Accent()
		}
		c.edge.Refresh()
	}
}

// fill draws the thumbnails one after another, the first at once.
func (t *thumbs) fill(i int) {
	if i >= len(t.cells) {
		return
	}
	stack := t.entries[i].stack
	if stack == nil {
		t.fill(i + 1)
		return
	}
	s := stack.Slices[len(stack.Slices)/2]
	cell := t.cells[i]
	t.task.Start(func(ctx context.Context) func() {
		img := picture(ctx, t.read, s)
		return func() {
			if img != nil {
				cell.image.Image = img
				cell.image.Refresh()
			}
			t.fill(i + 1)
		}
	})
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
}

func newThumb(tapped func()) *thumb {
	t := &thumb{tapped: tapped, image: fynecanvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 1, 1))), edge: fynecanvas.NewRectangle(look.Chrome()),
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

// CreateRenderer is fyne.Widget's.
func (t *thumb) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.content) }

// Tapped shows the series.
func (t *thumb) Tapped(*fyne.PointEvent) { t.tapped() }
