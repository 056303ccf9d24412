package records

import (
	"math"
	"strconv"

	"longying/imaging"
)

// SlabKind is what a plane shows of what lies in front of and behind it.
type SlabKind string

// The kinds.
const (
	SlabThin    SlabKind = ""     // the plane alone
	SlabMaximum SlabKind = "max"  // maximum intensity projection
	SlabMinimum SlabKind = "min"  // minimum intensity projection
	SlabMean    SlabKind = "mean" // average
)

// Cut is a plane that was computed from the pictures of a series. What is drawn
// on it lies on no image of the study but in the patient: its points are given in
// mm of the frame of reference, PS3.3 C.7.6.2.1.1.
type Cut struct {
	Plane     imaging.Plane   `json:"plane"`
	Space     imaging.Spacing `json:"space"` // of its pixels
	Slab      SlabKind        `json:"slab,omitempty"`
	Thickness float64         `json:"thickness,omitempty"` // mm of the slab
	// The first picture of the stack that it was computed from: of one series there
	// may be several, of the same places and other values.
	SOPUID string `json:"sop_uid"`
	Number int    `json:"number"` // of its frame, from 1
}

// Place is where a point of the plane, in its pixels, lies in the patient.
func (c *Cut) Place(p imaging.Point) imaging.Vec {
	x, y := (p.X-0.5)*c.Space.ColumnMM, (p.Y-0.5)*c.Space.RowMM
	var out imaging.Vec
	for k := range out {
		out[k] = c.Plane.Position[k] + x*c.Plane.Row[k] + y*c.Plane.Column[k]
	}
	return out
}

// Point is Place turned round: the point of the plane nearest to a place.
func (c *Cut) Point(q imaging.Vec) imaging.Point {
	d := imaging.Vec{q[0] - c.Plane.Position[0], q[1] - c.Plane.Position[1], q[2] - c.Plane.Position[2]}
	return imaging.Point{X: d.Dot(c.Plane.Row)/c.Space.ColumnMM + 0.5, Y: d.Dot(c.Plane.Column)/c.Space.RowMM + 0.5}
}

// Off is how far a place lies from the plane, in mm.
func (c *Cut) Off(q imaging.Vec) float64 {
	n := c.Plane.Normal()
	return math.Abs(n.Dot(q) - n.Dot(c.Plane.Position))
}

// parallel is the cosine from which two directions are the same: 0.1 degrees.
const parallel = 1 - 1.6e-6

// Alike reports planes that lie the same way and show the same thickness in the
// same manner, at whatever depth and of whatever pixels: what was measured on one
// can be shown on the other where it lies in it.
func (c *Cut) Alike(d *Cut) bool {
	return c.SOPUID == d.SOPUID && c.Number == d.Number && c.Plane.Frame == d.Plane.Frame && c.Slab == d.Slab && c.Thickness == d.Thickness &&
		c.Plane.Row.Dot(d.Plane.Row) > parallel && c.Plane.Column.Dot(d.Plane.Column) > parallel
}

// Said names the plane, in "zh" or "en": the plane of the body, oblique where it
// is not exactly that, and its slab.
func (c *Cut) Said(language string) string {
	n := c.Plane.Normal()
	names := [3]Text{{Zh: "矢状面", En: "sagittal"}, {Zh: "冠状面", En: "coronal"}, {Zh: "横断面", En: "axial"}}
	k := 0
	for i := range n {
		if math.Abs(n[i]) > math.Abs(n[k]) {
			k = i
		}
	}
	out := names[k]
	if math.Abs(n[k]) < parallel {
		out = Text{Zh: "斜" + out.Zh, En: "oblique " + out.En}
	}
	out = Text{Zh: out.Zh + "重建", En: out.En + " reconstruction"}
	mm := strconv.FormatFloat(c.Thickness, 'f', -1, 64) + " mm"
	switch c.Slab {
	case SlabMaximum:
		out = Text{Zh: out.Zh + "，最大密度投影 " + mm, En: out.En + ", MIP " + mm}
	case SlabMinimum:
		out = Text{Zh: out.Zh + "，最小密度投影 " + mm, En: out.En + ", MinIP " + mm}
	case SlabMean:
		out = Text{Zh: out.Zh + "，平均密度 " + mm, En: out.En + ", average " + mm}
	}
	return out.In(language)
}

// off is how far, in mm, a point may lie from where its plane says it is.
const offPlane = 0.01

// check refuses a plane that could not be found again, and points that are not
// of it.
func (c *Cut) check(a *Annotation) string {
	p := c.Plane
	straight := math.Abs(p.Row.Dot(p.Row)-1) < 1e-4 && math.Abs(p.Column.Dot(p.Column)-1) < 1e-4 && math.Abs(p.Row.Dot(p.Column)) < 1e-4
	switch {
	case a.Ref.StudyUID == "" || a.Ref.SeriesUID == "" || a.Ref.SOPUID != "" || a.Ref.Frame != 0:
		return "what is drawn on a reconstructed plane lies on no image, and names its series"
	case c.SOPUID == "" || c.Number < 1:
		return "it does not say from which pictures the plane was computed"
	case p.Frame == "" || p.Frame != a.Frame:
		return "the plane has no frame of reference, or another than its points"
	case !straight || !c.Space.Known() || math.IsNaN(p.Position[0]+p.Position[1]+p.Position[2]):
		return "the plane has no axes or no spacing"
	case c.Slab != SlabThin && !(c.Thickness > 0) || c.Slab == SlabThin && c.Thickness != 0:
		return "the slab has no thickness, or a thin plane has one"
	case len(a.Patient) != len(a.Points):
		return "its points have no places in the patient"
	}
	for k, q := range a.Patient {
		r := c.Place(a.Points[k])
		if !(math.Hypot(math.Hypot(q[0]-r[0], q[1]-r[1]), q[2]-r[2]) <= offPlane) {
			return "a point does not lie where the plane has it"
		}
	}
	return ""
}
