package canvas

import (
	"context"
	"image"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/render"
	"longying/records"
)

// Annotated is a measurement as it stands on the screen.
type Annotated struct {
	records.Annotation
	// Key tells it from the others, also before the record has given it a UID.
	Key     string
	Saving  bool
	Unsaved bool   // the record did not take it
	Prior   bool   // of an earlier study: it is only looked at
	Of      string // the day of that study; empty: it has none
}

// Sheet is the picture in front that is measured on.
type Sheet interface {
	// View is how it lies on the screen of w x h pixels; false while there is none.
	View() (v render.View, w, h int, ok bool)
	// Extent is its columns and rows.
	Extent() (columns, rows int)
	// Screen maps a position in the widget to pixels of the screen.
	Screen(at fyne.Position) (x, y float64)
	// Unmeasurable is why nothing can be measured in it, empty where it can.
	Unmeasurable() string
	// Picture is what is measured; false where nothing can be.
	Picture() (records.Picture, bool)
	// Place says where points of it lie: Ref, and Cut, Patient, Frame and Matrix
	// where they apply.
	Place(points []imaging.Point) records.Annotation
	// Points are those of a measurement on it, nil where it does not lie on it.
	Points(a *records.Annotation) []imaging.Point
	// Remark says something in words over it.
	Remark(words string)
	// Screenshot is what was painted last, nil: nothing.
	Screenshot() *image.RGBA
	Refresh()
	// Yield gives the left button up to a tool.
	Yield()
}

// Measuring is what a viewport knows of measurements: those that are there, the
// tool in hand and what is being drawn with it.
type Measuring struct {
	OnTool       func(t records.Tool)                                                   // Esc gives the tool back
	OnDrawn      func(a records.Annotation, pic records.Picture)                        // something was drawn
	OnRedrawn    func(key string, change records.AnnotationChange, pic records.Picture) // its points were dragged
	OnAnnotation func(key string)                                                       // chosen; empty: none
	OnWords      func(key string)                                                       // its words are to be written

	ws       *workspace.Workspace
	on       Sheet
	list     []Annotated
	selected string // Key
	tool     records.Tool
	points   []imaging.Point // set
	floating *imaging.Point  // follows the pointer
	tracing  bool            // a free outline under a button that is held
	from     point           // of the screen, where the button went down
	before   point           // and where it went down the time before
	held     bool
	grip     *grip
	live     []string // what the drawing measures
	task     *workspace.Task
	side     map[string]int // where a label stands, by Key
	hint     bool           // nothing was drawn since the tool was taken
}

// NewMeasuring is the measuring of a viewport.
func NewMeasuring(ws *workspace.Workspace, on Sheet) *Measuring { return &Measuring{ws: ws, on: on} }

// point is a place on the viewport, in pixels of the screen.
type point struct{ x, y float64 }

// grip is a handle that is being dragged: a point of an annotation, or all of
// it.
type grip struct {
	key    string
	handle int // -1: the whole
	last   imaging.Point
	points []imaging.Point // as dragged
	moved  bool
}

// SetTool takes a tool into the left button; empty gives the button back.
func (m *Measuring) SetTool(t records.Tool) {
	m.Abandon()
	m.tool, m.hint = t, t != ""
	if t != "" {
		m.on.Yield()
	}
	m.on.Refresh()
}

// Tool is the tool in the left button, empty: none.
func (m *Measuring) Tool() records.Tool { return m.tool }

// SetAnnotations gives the measurements of the study; those of other pictures are
// not shown.
func (m *Measuring) SetAnnotations(list []Annotated, selected string) {
	m.list, m.selected = list, selected
	m.on.Refresh()
}

// Selected is the Key of the measurement that is chosen, empty: none.
func (m *Measuring) Selected() string { return m.selected }

// Escape gives up what is being drawn, else the tool; false where there is
// neither.
func (m *Measuring) Escape() bool {
	if len(m.points) > 0 || m.floating != nil || m.grip != nil {
		m.Abandon()
		m.on.Refresh()
		return true
	}
	if m.tool == "" {
		return false
	}
	if m.OnTool != nil {
		m.OnTool("")
		return true
	}
	m.SetTool("")
	return true
}

// Abandon forgets what is being drawn.
func (m *Measuring) Abandon() {
	m.points, m.floating, m.tracing, m.held, m.grip, m.live = nil, nil, false, false, nil, nil
	if m.task != nil {
		m.task.Stop()
	}
}

// annotations are those of the picture in front.
func (m *Measuring) annotations() []Annotated {
	if _, _, _, ok := m.on.View(); !ok {
		return nil
	}
	var out []Annotated
	for _, a := range m.list {
		if a.Annotation.Points = m.on.Points(&a.Annotation); a.Points == nil {
			continue
		}
		if g := m.grip; g != nil && g.key == a.Key {
			a.Points = g.points
		}
		out = append(out, a)
	}
	return out
}

// drawn is what is being drawn, with the point under the pointer.
func (m *Measuring) drawn() []imaging.Point {
	if m.floating == nil {
		return m.points
	}
	return append(slices.Clone(m.points), *m.floating)
}

// say measures what is being drawn: its geometry at once, the values of its
// pixels off this goroutine, and only the newest counts.
func (m *Measuring) say(tool records.Tool, points []imaging.Point) {
	pic, ok := m.on.Picture()
	if !ok {
		return
	}
	language := m.ws.Lang.Short()
	words := func(values []records.Measurement, basis records.Basis) []string {
		return append(records.ValuesSaid(tool, values, language), basis.Said(values, language)...)
	}
	geometry := pic
	geometry.Frame = nil
	values, basis, err := records.Measured(context.Background(), tool, points, geometry)
	if err == nil {
		m.live = words(values, basis)
	}
	switch tool {
	case records.ToolEllipse, records.ToolPolygon, records.ToolProbe:
	default:
		return
	}
	if pic.Frame == nil { // of a slide no pixel is measured
		return
	}
	if m.task == nil {
		m.task = m.ws.NewTask()
	}
	points = slices.Clone(points)
	m.task.Start(func(ctx context.Context) func() {
		values, basis, err := records.Measured(ctx, tool, points, pic)
		return func() {
			if err == nil && (len(m.points) > 0 || m.floating != nil || m.grip != nil) {
				m.live = words(values, basis)
				m.on.Refresh()
			}
		}
	})
}

// finish hands over what was drawn.
func (m *Measuring) finish(points []imaging.Point) {
	tool := m.tool
	pic, ok := m.on.Picture()
	m.Abandon()
	m.hint = false
	if ok && m.OnDrawn != nil {
		a := m.on.Place(points)
		a.Tool, a.State, a.Points = tool, records.AnnotationDrawn, points
		m.OnDrawn(a, pic)
	}
	m.on.Refresh()
}

// redrawn hands over points that were dragged.
func (m *Measuring) redrawn() {
	g := m.grip
	pic, ok := m.on.Picture()
	m.Abandon()
	if g != nil && g.moved && ok && m.OnRedrawn != nil {
		p := m.on.Place(g.points)
		m.OnRedrawn(g.key, records.AnnotationChange{Points: g.points, Patient: p.Patient, Cut: p.Cut}, pic)
	}
	m.on.Refresh()
}

// Measured are the words at each measurement of the picture in front.
func (m *Measuring) Measured() []string {
	var out []string
	for _, a := range m.annotations() {
		out = append(out, strings.Join(m.wordsOf(&a), "\n"))
	}
	return out
}
