package canvas

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/records"
)

// Annotated is a measurement as it stands on the screen.
type Annotated struct {
	records.Annotation
	// Key tells it from the others, also before the record has given it a UID.
	Key     string
	Saving  bool
	Unsaved bool // the record did not take it
}

// MeasureEvents are what a viewport tells of measurements.
type MeasureEvents struct {
	OnTool       func(t records.Tool)                                                   // Esc gives the tool back
	OnDrawn      func(a records.Annotation, pic records.Picture)                        // something was drawn
	OnRedrawn    func(key string, change records.AnnotationChange, pic records.Picture) // its points were dragged
	OnAnnotation func(key string)                                                       // chosen; empty: none
	OnWords      func(key string)                                                       // its words are to be written
	OnMenu       func(at fyne.Position)                                                 // the menu of tools, on the window
}

// measuring is what a viewport knows of measurements: those that are there, the
// tool in hand and what is being drawn with it.
type measuring struct {
	list     []Annotated
	selected string // Key
	tool     records.Tool
	points   []imaging.Point // set
	floating *imaging.Point  // follows the pointer
	tracing  bool            // a free outline under a button that is held
	from     point           // of the screen, where the button went down
	held     bool
	grip     *grip
	live     []string // what the drawing measures
	task     task
	side     map[string]int // where a label stands, by Key
	hint     bool           // nothing was drawn since the tool was taken
}

// point is a place on the viewport, in pixels of the screen.
type point struct{ x, y float64 }

// task is workspace.Task, which a viewport without one does not start.
type task interface {
	Start(work func(ctx context.Context) (apply func()))
	Stop()
}

// grip is a handle that is being dragged: a point of an annotation, or all of
// it.
type grip struct {
	key    string
	handle int // -1: the whole
	last   imaging.Point
	points []imaging.Point // as dragged
	moved  bool
}

// Measurable is why nothing can be measured in the picture in front, empty where
// it can.
func (i *Image) Measurable() string {
	s, ok := i.Shown()
	switch l := i.ws.Lang; {
	case !ok || i.frame == nil:
		return l.T("canvas.measure_nothing")
	case i.prior != "":
		return l.T("canvas.measure_prior")
	case !i.Original() || s.Tile > 0:
		return l.T("canvas.measure_original")
	}
	return ""
}

// SetTool takes a tool into the left button; empty gives the button back.
func (i *Image) SetTool(t records.Tool) {
	i.abandon()
	i.measure.tool, i.measure.hint = t, t != ""
	if t != "" {
		i.crossing, i.drawing, i.drawnFrom, i.windowing = false, false, nil, false
	}
	i.Refresh()
}

// Tool is the tool in the left button, empty: none.
func (i *Image) Tool() records.Tool { return i.measure.tool }

// SetAnnotations gives the measurements of the study; those of other pictures are
// not shown.
func (i *Image) SetAnnotations(list []Annotated, selected string) {
	i.measure.list, i.measure.selected = list, selected
	i.Refresh()
}

// Selected is the Key of the measurement that is chosen, empty: none.
func (i *Image) Selected() string { return i.measure.selected }

// escape gives up what is being drawn, else the tool; false where there is
// neither.
func (i *Image) escape() bool {
	m := &i.measure
	if len(m.points) > 0 || m.floating != nil || m.grip != nil {
		i.abandon()
		i.Refresh()
		return true
	}
	if m.tool == "" {
		return false
	}
	if i.OnTool != nil {
		i.OnTool("")
		return true
	}
	i.SetTool("")
	return true
}

// abandon forgets what is being drawn.
func (i *Image) abandon() {
	m := &i.measure
	m.points, m.floating, m.tracing, m.held, m.grip, m.live = nil, nil, false, false, nil, nil
	if m.task != nil {
		m.task.Stop()
	}
}

// annotations are those of the picture in front.
func (i *Image) annotations() []Annotated {
	s, ok := i.Shown()
	if !ok || i.renderer == nil || s.Tile > 0 || s.Instance.SOPInstanceUID == "" {
		return nil
	}
	var out []Annotated
	for _, a := range i.measure.list {
		if a.Ref.SOPUID != s.Instance.SOPInstanceUID || a.Ref.Frame != s.Frame {
			continue
		}
		if g := i.measure.grip; g != nil && g.key == a.Key {
			a.Points = g.points
		}
		out = append(out, a)
	}
	return out
}

// picture is what is measured on.
func (i *Image) picture() (records.Picture, bool) {
	s, ok := i.Shown()
	if !ok || i.frame == nil || i.Measurable() != "" {
		return records.Picture{}, false
	}
	pic := records.Picture{Instance: s.Instance, Number: s.Frame, Frame: i.frame}
	if i.series != nil {
		pic.Series = i.series.Instances
	}
	return pic, true
}

// drawn is what is being drawn, with the point under the pointer.
func (m *measuring) drawn() []imaging.Point {
	if m.floating == nil {
		return m.points
	}
	return append(slices.Clone(m.points), *m.floating)
}

// say measures what is being drawn: its geometry at once, the values of its
// pixels off this goroutine, and only the newest counts.
func (i *Image) say(tool records.Tool, points []imaging.Point) {
	m := &i.measure
	pic, ok := i.picture()
	if !ok {
		return
	}
	language := i.ws.Lang.Short()
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
	if m.task == nil {
		m.task = i.ws.NewTask()
	}
	points = slices.Clone(points)
	m.task.Start(func(ctx context.Context) func() {
		values, basis, err := records.Measured(ctx, tool, points, pic)
		return func() {
			if err == nil && (len(m.points) > 0 || m.floating != nil || m.grip != nil) {
				m.live = words(values, basis)
				i.Refresh()
			}
		}
	})
}

// finish hands over what was drawn.
func (i *Image) finish(points []imaging.Point) {
	tool := i.measure.tool
	pic, ok := i.picture()
	i.abandon()
	i.measure.hint = false
	if !ok || i.OnDrawn == nil {
		i.Refresh()
		return
	}
	s, _ := i.Shown()
	a := records.Annotation{Tool: tool, State: records.AnnotationDrawn, Points: points,
		Ref: imaging.Ref{StudyUID: i.study.UID, SeriesUID: i.series.UID, SOPUID: s.Instance.SOPInstanceUID, SOPClass: s.Instance.SOPClassUID, Frame: s.Frame}}
	a.Patient, a.Frame = i.inPatient(points)
	i.OnDrawn(a, pic)
	i.Refresh()
}

// inPatient are points of the picture in front as places in the patient.
func (i *Image) inPatient(points []imaging.Point) ([]imaging.Vec, string) {
	p, space, ok := i.place()
	if !ok {
		return nil, ""
	}
	out := make([]imaging.Vec, len(points))
	for k, q := range points {
		out[k] = view.PointAt(p, space, q.X, q.Y)
	}
	return out, p.Frame
}

// redrawn hands over points that were dragged.
func (i *Image) redrawn() {
	g := i.measure.grip
	pic, ok := i.picture()
	i.abandon()
	if g != nil && g.moved && ok && i.OnRedrawn != nil {
		c := records.AnnotationChange{Points: g.points}
		c.Patient, _ = i.inPatient(g.points)
		i.OnRedrawn(g.key, c, pic)
	}
	i.Refresh()
}
