package viewer

import (
	"math"
	"slices"

	"longying/imaging"
	"longying/imaging/volume"
)

// turnStep is what a key turns the planes by: five degrees.
const turnStep = 5 * math.Pi / 180

// orientations are those of the planes, in their order.
func orientations() []volume.Orientation {
	return []volume.Orientation{volume.Axial, volume.Coronal, volume.Sagittal}
}

// straighten lays the planes along the patient's axes.
func (m *mpr) straighten() {
	for k, o := range orientations() {
		m.axes[k] = o.Axes()
	}
}

// straight lays the planes along the patient's axes again.
func (r *room) straight() {
	if r.mpr == nil {
		return
	}
	r.mpr.straighten()
	r.recut()
	r.shelve()
}

// planeOf is which plane a viewport shows, -1: none.
func (r *room) planeOf(pane int) int {
	if r.mpr == nil || pane >= len(r.panes) {
		return -1
	}
	return slices.IndexFunc(r.mpr.planes, func(p *volume.Reformatted) bool { return r.panes[pane].Stack() == &p.Stack })
}

// turn turns the two other planes about the crosshair, in the plane that a
// viewport shows, which stays: by an angle from its rows to its columns. done: the
// last of a drag.
func (r *room) turn(pane int, by float64, done bool) {
	k := r.planeOf(pane)
	if k < 0 {
		return
	}
	m := r.mpr
	// Row times column is where a right-handed turn goes from rows to columns.
	plane := imaging.Plane{Row: m.axes[k].Row, Column: m.axes[k].Column}
	about := plane.Normal()
	for j := range m.axes {
		if j != k {
			m.axes[j] = m.axes[j].Turn(about, by)
		}
	}
	r.recut()
	if done {
		r.shelve()
	}
}

// recut shows the planes as they lie now, the crosshair where it was on the
// screen.
func (r *room) recut() {
	m := r.mpr
	old := slices.Clone(m.planes)
	r.planes()
	study, who := r.ws.Current().Study, r.who()
	r.together.following = true
	for _, p := range r.shown() {
		for k := range old {
			if p.Stack() != &old[k].Stack {
				continue
			}
			plane := m.planes[k]
			in := plane.Stack.Slices[0].Instance
			p.Recut(study, &plane.Series, &plane.Stack, who, m.centre, in.Pixels.Columns, in.Pixels.Rows)
		}
	}
	r.together.following = false
	r.tie()
	r.references()
}
