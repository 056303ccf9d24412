package ui

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/records"
)

// text is one line of text on a bar.
func text(size float32) *canvas.Text {
	t := canvas.NewText("", theme.InChrome(theme.Text()))
	t.TextSize = size
	return t
}

// hidden is a number that shows itself only under the pointer.
type hidden struct {
	widget.BaseWidget
	label *canvas.Text
	id    string
	in    bool
	grown func() // the number needs more room than its masked form had, or gives it back
}

func newHidden() *hidden {
	h := &hidden{label: text(14)}
	h.ExtendBaseWidget(h)
	return h
}

func (h *hidden) set(id string) {
	h.id = id
	h.show()
}

func (h *hidden) show() {
	h.label.Text = workspace.Mask(h.id)
	if h.in {
		h.label.Text = h.id
	}
	h.Refresh()
}

func (h *hidden) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(h.label) }

// MinSize has room for either form, so that nothing moves under the pointer. A
// number of uncommon length takes its room only while it is shown.
func (h *hidden) MinSize() fyne.Size {
	size := fyne.MeasureText(workspace.Mask(h.id), 14, fyne.TextStyle{})
	if h.in || !h.long() {
		size = size.Max(fyne.MeasureText(h.id, 14, fyne.TextStyle{}))
	}
	return size
}

func (h *hidden) long() bool { return utf8.RuneCountInString(h.id) > workspace.MaskLength }

func (h *hidden) MouseIn(*desktop.MouseEvent)    { h.turn(true) }
func (h *hidden) MouseMoved(*desktop.MouseEvent) {}
func (h *hidden) MouseOut()                      { h.turn(false) }

func (h *hidden) turn(in bool) {
	h.in = in
	h.show()
	if h.grown != nil && h.long() {
		h.grown()
	}
}

// patientBar says whose pictures these are, and what is doubtful about it.
type patientBar struct {
	ws      *workspace.Workspace
	content fyne.CanvasObject
	name    *canvas.Text
	facts   *canvas.Text
	id      *hidden
	study   *canvas.Text
	sample  *fyne.Container
	mark    *canvas.Text
	warning *fyne.Container
	warn    *widget.Label
	aside   bool // the room in front is not about this study
}

func newPatientBar(ws *workspace.Workspace) *patientBar {
	b := &patientBar{ws: ws, name: text(18), facts: text(14), id: newHidden(), study: text(14), mark: text(14), warn: widget.NewLabel("")}
	b.id.grown = func() { b.content.Refresh() }
	b.study.Color = theme.InChrome(theme.Dim())
	b.mark.Color = theme.Chrome()
	ground := canvas.NewRectangle(theme.InChrome(theme.Amber()))
	ground.CornerRadius = 3
	b.sample = container.NewCenter(container.NewStack(ground, container.New(layout.NewCustomPaddedLayout(1, 1, 6, 6), b.mark)))
	red := canvas.NewRectangle(theme.InChrome(theme.Red()))
	red.SetMinSize(fyne.NewSize(4, 0))
	b.warn.Wrapping = fyne.TextWrapWord
	b.warn.Importance = widget.DangerImportance
	b.warning = container.NewBorder(nil, nil, container.NewHBox(red, widget.NewIcon(fynetheme.WarningIcon())), nil, b.warn)
	row := container.New(layout.NewCustomPaddedLayout(4, 4, 10, 10), container.NewBorder(nil, nil,
		container.New(layout.NewCustomPaddedHBoxLayout(16), b.name, b.facts, container.NewCenter(b.id), b.sample), nil,
		container.New(layout.NewCustomPaddedLayout(0, 0, 16, 0), clip(b.study))))
	b.content = container.NewStack(canvas.NewRectangle(theme.Raised()), container.NewVBox(row, b.warning))
	b.words()
	return b
}

// clip lets a long text be cut instead of pushing others away.
func clip(o fyne.CanvasObject) fyne.CanvasObject {
	s := container.NewHScroll(o)
	s.Direction = container.ScrollNone
	return container.New(&shrink{}, s)
}

// shrink gives its child what there is, and asks for little.
type shrink struct{}

func (shrink) Layout(os []fyne.CanvasObject, size fyne.Size) {
	for _, o := range os {
		o.Resize(size)
		o.Move(fyne.Position{})
	}
}

func (shrink) MinSize(os []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, o := range os {
		h = max(h, o.MinSize().Height)
	}
	return fyne.NewSize(40, h)
}

// turn says whether the room in front is about the open study.
func (b *patientBar) turn(aside bool) {
	if b.aside != aside {
		b.aside = aside
		b.words()
	}
}

func (b *patientBar) words() {
	l, o := b.ws.Lang, cmp.Or(b.ws.Current(), b.ws.Incoming())
	warning := ""
	if o == nil {
		b.name.Text, b.facts.Text, b.study.Text = l.T("shell.no_study"), "", ""
		if b.ws.User().Role.May(records.RightImport) {
			b.facts.Text = l.T("shell.drop")
		}
		b.name.Color = theme.InChrome(theme.Dim())
		b.facts.Color = theme.InChrome(theme.Dim())
		b.id.set("")
		b.sample.Hide()
	} else {
		b.name.Color, b.facts.Color = theme.InChrome(theme.Text()), theme.InChrome(theme.Text())
		b.name.Text = o.Name()
		if b.aside { // another person may be in front, e.g. of a consult
			b.name.Text = l.T("shell.open_study", o.Name())
			b.name.Color, b.facts.Color = theme.InChrome(theme.Dim()), theme.InChrome(theme.Dim())
		}
		b.facts.Text = strings.TrimSpace(o.Sex(l) + "  " + o.Age(l))
		b.study.Text = o.Title()
		b.id.set(o.ID())
		b.mark.Text = l.T("shell.sample")
		b.sample.Hide()
		if o.Examination.Sample || b.ws.User().Sample {
			b.sample.Show()
		}
		if !o.Examination.Link.Linked() {
			warning = l.T("shell.unlinked")
		}
		if m := o.Mismatch(l); m != "" {
			warning = strings.TrimSpace(warning + "  " + l.T("shell.mismatch", m))
		}
	}
	b.warn.SetText(warning)
	if warning == "" {
		b.warning.Hide()
	} else {
		b.warning.Show()
	}
	b.content.Refresh()
}

// rail is the list of rooms at the left: icon and name.
type rail struct {
	ws      *workspace.Workspace
	show    func(*workspace.Room)
	content fyne.CanvasObject
	box     *fyne.Container
	rooms   []*workspace.Room
	items   []*railItem
}

func newRail(ws *workspace.Workspace, show func(*workspace.Room)) *rail {
	r := &rail{ws: ws, show: show, box: container.NewVBox()}
	r.content = container.NewStack(canvas.NewRectangle(theme.Raised()), r.box)
	return r
}

func (r *rail) order() []*workspace.Room { return r.rooms }

func (r *rail) set(rooms []*workspace.Room) {
	r.rooms, r.items = rooms, nil
	r.box.RemoveAll()
	for _, room := range rooms {
		i := newRailItem(room.Icon, func() { r.show(room) })
		r.items = append(r.items, i)
		r.box.Add(i)
	}
	r.words()
}

func (r *rail) words() {
	for k, i := range r.items {
		i.label.Text = r.ws.Lang.T(r.rooms[k].Name())
		i.Refresh()
	}
}

func (r *rail) mark(room *workspace.Room) {
	for k, i := range r.items {
		i.on = r.rooms[k] == room
		i.Refresh()
	}
}

type railItem struct {
	widget.BaseWidget
	icon   *widget.Icon
	label  *canvas.Text
	edge   *canvas.Rectangle
	ground *canvas.Rectangle
	on, in bool
	tapped func()
}

func newRailItem(icon fyne.Resource, tapped func()) *railItem {
	i := &railItem{icon: widget.NewIcon(icon), label: text(14), tapped: tapped,
		edge: canvas.NewRectangle(theme.InChrome(theme.Accent())), ground: canvas.NewRectangle(theme.Raised())}
	i.label.Alignment = fyne.TextAlignCenter
	i.ExtendBaseWidget(i)
	return i
}

func (i *railItem) Tapped(*fyne.PointEvent) { i.tapped() }
func (i *railItem) MouseIn(*desktop.MouseEvent) {
	i.in = true
	i.Refresh()
}
func (i *railItem) MouseMoved(*desktop.MouseEvent) {}
func (i *railItem) MouseOut() {
	i.in = false
	i.Refresh()
}

func (i *railItem) CreateRenderer() fyne.WidgetRenderer { return &railRenderer{i} }

type railRenderer struct{ i *railItem }

func (r *railRenderer) Destroy() {}
func (r *railRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.i.ground, r.i.edge, r.i.icon, r.i.label}
}
func (r *railRenderer) MinSize() fyne.Size {
	return fyne.NewSize(max(66, r.i.label.MinSize().Width+12), 56)
}
func (r *railRenderer) Layout(s fyne.Size) {
	r.i.ground.Resize(s)
	r.i.edge.Resize(fyne.NewSize(3, s.Height))
	r.i.icon.Resize(fyne.NewSize(24, 24))
	r.i.icon.Move(fyne.NewPos((s.Width-24)/2, 7))
	r.i.label.Resize(fyne.NewSize(s.Width, 20))
	r.i.label.Move(fyne.NewPos(0, 32))
}
func (r *railRenderer) Refresh() {
	i := r.i
	i.ground.FillColor, i.label.Color = theme.Raised(), theme.InChrome(theme.Dim())
	if i.in {
		i.label.Color = theme.InChrome(theme.Text())
	}
	if i.on {
		i.ground.FillColor, i.label.Color = theme.Chrome(), theme.InChrome(theme.Text())
		i.edge.Show()
	} else {
		i.edge.Hide()
	}
	i.ground.Refresh()
	i.label.Refresh()
	i.icon.Refresh()
	r.Layout(i.Size())
}
