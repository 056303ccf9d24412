package records

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"longying/imaging"
)

// Tool is what an annotation was drawn with.
type Tool string

// The tools.
const (
	ToolLength  Tool = "length"  // two ends
	ToolAngle   Tool = "angle"   // an end, the vertex, an end
	ToolCobb    Tool = "cobb"    // two points on either end plate
	ToolThorax  Tool = "thorax"  // cardiothoracic ratio: two borders of the heart, two inner borders of the chest
	ToolEllipse Tool = "ellipse" // two corners of the rectangle that holds it
	ToolPolygon Tool = "polygon" // its corners
	ToolProbe   Tool = "probe"   // one pixel
	ToolArrow   Tool = "arrow"   // the head, the tail
	ToolText    Tool = "text"    // what it is about
)

// Tools are all tools, in the order in which they are offered.
func Tools() []Tool {
	return []Tool{ToolLength, ToolAngle, ToolCobb, ToolThorax, ToolEllipse, ToolPolygon, ToolProbe, ToolArrow, ToolText}
}

// mostPoints is the most that a free outline has.
const mostPoints = 2000

// Points are how many points the tool takes; least is 0 for an unknown one.
func (t Tool) Points() (least, most int) {
	switch t {
	case ToolLength, ToolEllipse, ToolArrow:
		return 2, 2
	case ToolAngle:
		return 3, 3
	case ToolCobb, ToolThorax:
		return 4, 4
	case ToolPolygon:
		return 3, mostPoints
	case ToolProbe, ToolText:
		return 1, 1
	}
	return 0, 0
}

// AnnotationState is whether an annotation stands.
type AnnotationState string

// The states.
const (
	AnnotationDrawn   AnnotationState = "drawn"
	AnnotationDeleted AnnotationState = "deleted" // its history stays
)

// Annotation is one version of what a doctor drew by hand on one frame: a
// measurement, a region, an arrow, words. It is that doctor's own statement, no
// model's, and leaves with the report that is signed while it stands. UID stays
// the same over all versions.
type Annotation struct {
	UID         string          `json:"uid"`          // SR Observation UID of the group
	TrackingUID string          `json:"tracking_uid"` // of what was measured
	TrackingID  string          `json:"tracking_id"`
	Version     int             `json:"version"` // from 1
	State       AnnotationState `json:"state"`
	Tool        Tool            `json:"tool"`
	Ref         imaging.Ref     `json:"ref"` // down to the frame, counted from 1; no region
	// Points are pixels of the frame, as in imaging.Region.
	Points  []imaging.Point `json:"points"`
	Patient []imaging.Vec   `json:"patient,omitempty"` // the same, in the patient; nil where the frame has no place there
	Frame   string          `json:"frame_of_reference,omitempty"`
	// Cut is the reconstructed plane that it was drawn on; Ref then names the
	// series that the plane was computed from and no image. Nil: on an image.
	Cut *Cut `json:"cut,omitempty"`
	// Matrix says that Points are pixels of a slide's total pixel matrix, PS3.3
	// C.8.12.4: Ref then names no frame.
	Matrix bool          `json:"matrix,omitempty"`
	Values []Measurement `json:"values,omitempty"`
	Basis  Basis         `json:"basis,omitzero"`
	Label  string        `json:"label,omitempty"` // the doctor's words
	// LeftOut keeps it out of the report and of what leaves with that.
	LeftOut bool `json:"left_out,omitempty"`
	// Was is the UID that it had while its study was another patient's.
	Was    string    `json:"was,omitempty"`
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	At     time.Time `json:"at"`
}

// Basis is how values were obtained.
type Basis struct {
	Spacing       imaging.SpacingSource `json:"spacing,omitempty"`       // of lengths in mm; empty: pixels
	Magnification float64               `json:"magnification,omitempty"` // that the spacing at the detector was divided by
	Why           imaging.Uncalibrated  `json:"why,omitempty"`           // why lengths are pixels
	NoSUV         string                `json:"no_suv,omitempty"`        // why a PET object has no SUV: the attribute
	Quantity      imaging.QuantityKind  `json:"quantity,omitempty"`      // what the values of the pixels are
	Pixels        int                   `json:"pixels,omitempty"`        // counted in the region
	Left          int                   `json:"left,omitempty"`          // pixels left out: padding
	Crossed       bool                  `json:"crossed,omitempty"`       // the outline crosses itself: the area is that of its pixels
}

// mostLabel is the most that a label holds: what the text of a presentation
// state takes (ST) with room for the values.
const mostLabel = 400

// Check refuses an annotation that must not be kept.
func (a *Annotation) Check() error {
	least, most := a.Tool.Points()
	refuse := func(code, format string, args ...any) error {
		return &RefusedError{Code: code, Args: []string{a.UID}, Reason: "annotation " + a.UID + ": " + fmt.Sprintf(format, args...)}
	}
	switch {
	case least == 0:
		return refuse("annotation", "there is no tool %q", string(a.Tool))
	case len(a.Points) < least || len(a.Points) > most:
		return refuse("annotation", "%s takes %d to %d points, not %d", a.Tool, least, most, len(a.Points))
	case a.Cut != nil && a.Cut.check(a) != "":
		return refuse("annotation", "%s", a.Cut.check(a))
	case a.Cut != nil && a.Matrix, a.Matrix && a.Ref.Frame != 0:
		return refuse("annotation", "it lies on a plane or a frame, and on the matrix of a slide too")
	case a.Cut == nil && (a.Ref.StudyUID == "" || a.Ref.SOPUID == "" || !a.Matrix && a.Ref.Frame < 1):
		return refuse("annotation", "it does not say on which frame it lies")
	case len(a.Patient) > 0 && len(a.Patient) != len(a.Points):
		return refuse("annotation", "%d points have %d places in the patient", len(a.Points), len(a.Patient))
	case a.Tool == ToolText && blank(a.Label):
		return refuse("annotation_text", "a text needs words")
	case utf8.RuneCountInString(a.Label) > mostLabel:
		return &RefusedError{Code: "annotation_long", Args: []string{fmt.Sprint(mostLabel)}, Reason: fmt.Sprintf("annotation %s: its words are longer than %d characters; say less on the image and the rest in the report", a.UID, mostLabel)}
	}
	for _, p := range a.Points {
		if math.IsNaN(p.X+p.Y) || math.IsInf(p.X, 0) || math.IsInf(p.Y, 0) {
			return refuse("annotation", "a point is not a number")
		}
	}
	for _, m := range a.Values {
		if err := m.Check(); err != nil {
			return refuse("annotation", "%v", err)
		}
	}
	return nil
}

// Annotate is a named doctor's own drawing, the first version of it. uid
// identifies it and tracking what it shows.
func Annotate(uid, tracking string, a Annotation, by User, at time.Time) (Annotation, error) {
	a.UID, a.TrackingUID, a.TrackingID = uid, tracking, string(a.Tool)+"-"+uid[max(0, len(uid)-6):]
	a.Version, a.State = 0, AnnotationDrawn
	return a.next(by, at)
}

// AnnotationChange is what a doctor changes; a nil field stays as it is. Points
// come with the values that were measured of them.
type AnnotationChange struct {
	Points  []imaging.Point
	Patient []imaging.Vec
	Cut     *Cut // of one on a reconstructed plane
	Values  []Measurement
	Basis   Basis
	Label   *string
	LeftOut *bool
}

// Edit is the next version with a change, by whoever makes it.
func (a Annotation) Edit(change AnnotationChange, by User, at time.Time) (Annotation, error) {
	if a.State != AnnotationDrawn {
		return a, a.refuseDeleted()
	}
	if change.Points != nil {
		if (change.Cut == nil) != (a.Cut == nil) {
			return a, &RefusedError{Code: "annotation", Args: []string{a.UID}, Reason: "annotation " + a.UID + ": it was drawn on another kind of picture"}
		}
		a.Points, a.Patient, a.Values, a.Basis, a.Cut = change.Points, change.Patient, change.Values, change.Basis, change.Cut
	}
	if change.Label != nil {
		a.Label = strings.TrimSpace(*change.Label)
	}
	if change.LeftOut != nil {
		a.LeftOut = *change.LeftOut
	}
	return a.next(by, at)
}

// Delete takes the annotation off the picture. What it was stays in its history.
func (a Annotation) Delete(by User, at time.Time) (Annotation, error) {
	if a.State != AnnotationDrawn {
		return a, a.refuseDeleted()
	}
	a.State = AnnotationDeleted
	return a.next(by, at)
}

// Back is the next version, which says what an earlier one said: an act, or
// several, taken back. before is nil for what was before the first: nothing.
func (a Annotation) Back(before *Annotation, by User, at time.Time) (Annotation, error) {
	if before == nil {
		return a.Delete(by, at)
	}
	if before.UID != a.UID || before.Version >= a.Version {
		return a, &StaleError{What: "annotation", ID: a.UID, Last: a.Version, Got: before.Version}
	}
	version := a.Version
	a = *before
	a.Version = version
	return a.next(by, at)
}

func (a Annotation) refuseDeleted() error {
	return &RefusedError{Code: "annotation_deleted", Args: []string{a.UID}, Reason: "annotation " + a.UID + " was deleted; undo that first, or draw it anew"}
}

func (a Annotation) next(by User, at time.Time) (Annotation, error) {
	if err := Require(by, RightVerdict); err != nil {
		return a, err
	}
	if blank(by.Name) {
		return a, refuseVerdict("unnamed", "the account %s has no name, and what is drawn on an image needs a named doctor", by.Login)
	}
	if at.IsZero() {
		return a, fmt.Errorf("annotation %s: it needs a time", a.UID)
	}
	a.Points, a.Patient, a.Values = slices.Clone(a.Points), slices.Clone(a.Patient), slices.Clone(a.Values)
	a.Label = strings.TrimSpace(a.Label)
	a.Ref.Region = nil
	a.Version++
	a.By, a.ByName, a.At = by.ID, by.Name, at
	return a, a.Check()
}

// StandingAnnotations are those that are not deleted.
func StandingAnnotations(list []Annotation) []Annotation {
	var out []Annotation
	for _, a := range list {
		if a.State == AnnotationDrawn {
			out = append(out, a)
		}
	}
	return out
}

// StatedAnnotations are those that go into the report: standing, and not left
// out of it.
func StatedAnnotations(list []Annotation) []Annotation {
	return slices.DeleteFunc(StandingAnnotations(list), func(a Annotation) bool { return a.LeftOut })
}

// Stated is what it says in a report, in Chinese as reports are: the values with
// their units, or the words of what measures nothing.
func (a *Annotation) Stated() string {
	if len(a.Values) == 0 {
		return a.Label
	}
	return strings.Join(ValuesSaid(a.Tool, a.Values, "zh"), "，")
}

// Reissue gives a drawing another identity when its study is taken from a
// patient: what it says of the image stays its doctor's, but under the UIDs that
// left under the wrong name it must never be seen again. gone is the version that
// ends the old one, by whoever unlinks; next the first of the new one.
func (a Annotation) Reissue(uid, tracking string, by User, at time.Time) (gone, next Annotation, err error) {
	if err := Require(by, RightLink); err != nil {
		return a, a, err
	}
	if a.State != AnnotationDrawn {
		return a, a, a.refuseDeleted()
	}
	gone, next = a, a
	gone.Version++
	gone.State, gone.By, gone.ByName, gone.At = AnnotationDeleted, by.ID, by.Name, at
	next.UID, next.TrackingUID, next.TrackingID, next.Was, next.Version = uid, tracking, string(a.Tool)+"-"+uid[max(0, len(uid)-6):], a.UID, 1
	return gone, next, nil
}

// Axes are the ends of the major, then of the minor axis of an ellipse: how
// PS3.3 C.10.5.1.2 and C.18.6.1.2 give one.
func (a *Annotation) Axes() []imaging.Point {
	p, q := a.Points[0], a.Points[1]
	cx, cy := (p.X+q.X)/2, (p.Y+q.Y)/2
	across := []imaging.Point{{X: min(p.X, q.X), Y: cy}, {X: max(p.X, q.X), Y: cy}}
	down := []imaging.Point{{X: cx, Y: min(p.Y, q.Y)}, {X: cx, Y: max(p.Y, q.Y)}}
	if math.Abs(q.X-p.X) >= math.Abs(q.Y-p.Y) {
		return append(across, down...)
	}
	return append(down, across...)
}
