package view

import (
	"math"

	"longying/imaging"
	"longying/imaging/volume"
)

// Scrolling is how the slices of one viewport follow those of another.
type Scrolling int

// The ways to scroll.
const (
	Apart      Scrolling = iota // each alone
	ByPosition                  // to the same place, in mm
	BySlice                     // as many slices on
)

// Next is the next way, in a ring.
func (s Scrolling) Next() Scrolling { return (s + 1) % (BySlice + 1) }

// parallel is the cosine from which two stacks count as cut in one direction:
// 20 degrees.
const parallel = 0.94

// Seen is one picture, and how it is seen in a viewport of W x H pixels.
type Seen struct {
	Stack []volume.Slice
	State State
	W, H  int
}

// Slice is the picture that is seen, or false where there is none.
func (s Seen) Slice() (volume.Slice, bool) {
	if s.State.Slice < 0 || s.State.Slice >= len(s.Stack) {
		return volume.Slice{}, false
	}
	return s.Stack[s.State.Slice], true
}

// Plane is where it lies in the patient, or nil.
func (s Seen) Plane() *imaging.Plane {
	one, ok := s.Slice()
	if !ok {
		return nil
	}
	return one.Plane()
}

// Alike reports that two pictures are cut in about the same direction, so that
// one can be scrolled with the other by position.
func Alike(a, b *imaging.Plane) bool {
	return a != nil && b != nil && a.Normal().Dot(b.Normal()) > parallel
}

// Shared reports that two pictures have one frame of reference: the same
// coordinates are the same place.
func Shared(a, b *imaging.Plane) bool {
	return a != nil && b != nil && a.Frame != "" && a.Frame == b.Frame
}

// Tie is what a follower keeps of the moment at which it was tied to a leader:
// without a shared frame of reference what was side by side then stays so.
type Tie struct {
	Slices int     // the follower's slice less the leader's
	MM     float64 // the follower's depth less the leader's, along the follower's normal
}

// TieOf is the tie of two viewports as they stand. With a shared frame of
// reference places are the same, however they stand.
func TieOf(leader, follower Seen) Tie {
	t := Tie{Slices: follower.State.Slice - leader.State.Slice}
	if a, b := leader.Plane(), follower.Plane(); Alike(a, b) && !Shared(a, b) {
		t.MM = b.Position.Dot(b.Normal()) - a.Position.Dot(b.Normal())
	}
	return t
}

// Slice is the slice that a follower shows beside its leader. False: it does
// not follow, because its pictures are cut in another direction or have no
// place.
func (t Tie) Slice(how Scrolling, leader, follower Seen) (int, bool) {
	switch how {
	case BySlice:
		if len(follower.Stack) == 0 {
			return 0, false
		}
		return min(max(leader.State.Slice+t.Slices, 0), len(follower.Stack)-1), true
	case ByPosition:
		at, to := leader.Plane(), follower.Plane()
		if !Alike(at, to) {
			return 0, false
		}
		normal := to.Normal()
		depth := at.Position.Dot(normal) + t.MM
		best, nearest := -1, math.Inf(1)
		for k, s := range follower.Stack {
			p := s.Plane()
			if p == nil {
				continue
			}
			if d := math.Abs(p.Position.Dot(normal) - depth); d < nearest {
				best, nearest = k, d
			}
		}
		return best, best >= 0
	}
	return 0, false
}

// FollowView is a follower's state with the leader's zoom and centre: the same
// millimetres of the patient on a pixel of the screen and the same place in the
// middle where that is known, else the same share of the picture. A window goes
// along where both are of one modality. Rotation and flip do not.
func FollowView(leader, follower Seen) State {
	out := follower.State
	a, okA := leader.Slice()
	b, okB := follower.Slice()
	if !okA || !okB {
		return out
	}
	if a.Instance.Modality == b.Instance.Modality {
		out.Window, out.Invert = leader.State.Window, leader.State.Invert
	}
	if !leader.State.Free {
		return out.Fit()
	}
	v := leader.State.Render(leader.W, leader.H)
	whole := out.Fit().Render(follower.W, follower.H)
	sa, sb := a.Instance.Frame(a.Frame).Space, b.Instance.Frame(b.Frame).Space
	scale := whole.Scale * v.Scale / leader.State.Fit().Render(leader.W, leader.H).Scale
	if sa.Known() && sb.Known() {
		scale = v.Scale / sa.ColumnMM * sb.ColumnMM
	}
	x, y := share(v.CenterX, leader.State.Columns)*float64(out.Columns), share(v.CenterY, leader.State.Rows)*float64(out.Rows)
	if pa, pb := a.Plane(), b.Plane(); sa.Known() && sb.Known() && Shared(pa, pb) && Alike(pa, pb) {
		x, y = OnPicture(*pb, sb, PointAt(*pa, sa, v.CenterX, v.CenterY))
	}
	out.Free, out.Scale, out.CenterX, out.CenterY = true, min(max(scale, leastScale), mostScale), x, y
	return out.inside()
}

func share(x float64, of int) float64 { return x / float64(max(1, of)) }

// PointAt is the place in the patient of a picture's point, whose (0, 0) is the
// corner of the first pixel.
func PointAt(p imaging.Plane, s imaging.Spacing, x, y float64) imaging.Vec {
	x, y = (x-0.5)*s.ColumnMM, (y-0.5)*s.RowMM
	var out imaging.Vec
	for k := range out {
		out[k] = p.Position[k] + x*p.Row[k] + y*p.Column[k]
	}
	return out
}

// OnPicture is the point of a picture nearest to a place in the patient.
func OnPicture(p imaging.Plane, s imaging.Spacing, q imaging.Vec) (x, y float64) {
	d := imaging.Vec{q[0] - p.Position[0], q[1] - p.Position[1], q[2] - p.Position[2]}
	return d.Dot(p.Row)/s.ColumnMM + 0.5, d.Dot(p.Column)/s.RowMM + 0.5
}

// ReferenceLine is where the picture of stands in the picture on, in pixels of
// on: false where they have no frame of reference in common, lie parallel or do
// not meet.
func ReferenceLine(on, of volume.Slice) (from, to [2]float64, ok bool) {
	a, b := on.Plane(), of.Plane()
	sa, sb := on.Instance.Frame(on.Frame).Space, of.Instance.Frame(of.Frame).Space
	if !Shared(a, b) || !sa.Known() || !sb.Known() || math.Abs(a.Normal().Dot(b.Normal())) > parallel {
		return from, to, false
	}
	columns, rows := of.Size()
	w, h := float64(columns), float64(rows)
	corners := [4]imaging.Vec{PointAt(*b, sb, 0, 0), PointAt(*b, sb, w, 0), PointAt(*b, sb, w, h), PointAt(*b, sb, 0, h)}
	normal := a.Normal()
	var met [][2]float64
	for k := range corners {
		p, q := corners[k], corners[(k+1)%4]
		dp, dq := normal.Dot(p)-normal.Dot(a.Position), normal.Dot(q)-normal.Dot(a.Position)
		if (dp < 0) == (dq < 0) {
			continue
		}
		t := dp / (dp - dq)
		x, y := OnPicture(*a, sa, imaging.Vec{p[0] + t*(q[0]-p[0]), p[1] + t*(q[1]-p[1]), p[2] + t*(q[2]-p[2])})
		met = append(met, [2]float64{x, y})
	}
	if len(met) != 2 {
		return from, to, false
	}
	return met[0], met[1], true
}

// Nearest is the slice of a stack that lies nearest to a place in the patient:
// false where none has a place.
func Nearest(stack []volume.Slice, q imaging.Vec) (slice int, mm float64, ok bool) {
	mm = math.Inf(1)
	for k, s := range stack {
		p := s.Plane()
		if p == nil {
			continue
		}
		n := p.Normal()
		if d := math.Abs(n.Dot(q) - n.Dot(p.Position)); d < mm {
			slice, mm, ok = k, d, true
		}
	}
	return slice, mm, ok
}
