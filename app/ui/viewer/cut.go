package viewer

import (
	"math"
	"slices"

	"longying/imaging"
	"longying/imaging/volume"
	"longying/records"
)

// slabKind is what the record calls a slab.
func slabKind(s volume.Slab) records.SlabKind {
	switch s {
	case volume.Maximum:
		return records.SlabMaximum
	case volume.Minimum:
		return records.SlabMinimum
	case volume.Mean:
		return records.SlabMean
	}
	return records.SlabThin
}

// cutOf is the plane of a picture that was computed, as the record keeps it; nil
// where it has no frame of reference, without which nothing could find it again.
func (r *room) cutOf(s volume.Slice) *records.Cut {
	m := r.mpr
	if m == nil || m.volume.Plane.Frame == "" {
		return nil
	}
	for _, p := range m.planes {
		if c, ok := p.Cut(s); ok {
			first := m.of.Slices[0]
			out := &records.Cut{Plane: c.Plane, Space: c.Space, Slab: slabKind(c.Slab), SOPUID: first.Instance.SOPInstanceUID, Number: first.Frame}
			if out.Slab != records.SlabThin {
				out.Thickness = c.Thickness
			}
			return out
		}
	}
	return nil
}

// bring shows a plane as it was when something was measured on it, the crosshair
// in the middle of that: the planes are made first where they are not there.
func (r *room) bring(c *records.Cut, points []imaging.Vec) {
	from := func(s *volume.Stack) bool {
		return s != nil && len(s.Slices) > 0 && s.Slices[0].Instance.SOPInstanceUID == c.SOPUID && s.Slices[0].Frame == c.Number
	}
	if r.mpr != nil && from(r.mpr.of) {
		r.turnTo(c, points)
		return
	}
	if r.mpr != nil {
		r.endMPR()
	}
	at := slices.IndexFunc(r.entries, func(e entry) bool { return from(e.stack) })
	if at < 0 {
		r.problem.Say("viewer.measure_no_stack")
		return
	}
	if r.panes[r.front].Stack() != r.entries[at].stack {
		r.show(at)
	}
	r.reconstructFor(func() { r.turnTo(c, points) })
}

// turnTo lays the plane that is most like c as c lies, with its slab.
func (r *room) turnTo(c *records.Cut, points []imaging.Vec) {
	m := r.mpr
	slab := slices.IndexFunc(slabs(), func(s slab) bool {
		return slabKind(s.how) == c.Slab && (c.Slab == records.SlabThin || s.thickness == c.Thickness)
	})
	if slab < 0 || len(points) == 0 {
		r.problem.Say("viewer.measure_no_stack")
		return
	}
	n := c.Plane.Normal()
	k := 0
	for j, o := range orientations() {
		if math.Abs(o.Axes().Along.Dot(n)) > math.Abs(orientations()[k].Axes().Along.Dot(n)) {
			k = j
		}
	}
	if orientations()[k].Axes().Along.Dot(n) < 0 {
		n = imaging.Vec{-n[0], -n[1], -n[2]}
	}
	m.axes[k], m.slab = volume.Axes{Row: c.Plane.Row, Column: c.Plane.Column, Along: n}, slab
	m.centre = imaging.Vec{}
	for _, q := range points {
		for j := range q {
			m.centre[j] += q[j] / float64(len(points))
		}
	}
	r.recut()
	r.shelve()
	for pane, p := range r.shown() {
		p.GoToPlace(m.centre, m.volume.Plane.Frame)
		if r.planeOf(pane) == k {
			r.activate(pane)
		}
	}
	r.measures.Show()
	r.bar()
}
