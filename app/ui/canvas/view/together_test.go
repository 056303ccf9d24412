package view

import (
	"math"
	"testing"

	"longying/imaging"
	"longying/imaging/volume"
)

// stackOf is n pictures of 100 x 80 pixels of 0.5 mm, step mm apart from z on;
// axial, or coronal where row is x and column is -z.
func stackOf(frame, modality string, n int, z, step float64, coronal bool) []volume.Slice {
	out := make([]volume.Slice, n)
	for k := range out {
		p := &imaging.Plane{Position: imaging.Vec{-25, -20, z + float64(k)*step}, Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 1, 0}, Frame: frame}
		if coronal {
			p = &imaging.Plane{Position: imaging.Vec{-25, z + float64(k)*step, 20}, Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 0, -1}, Frame: frame}
		}
		in := &imaging.Instance{Modality: modality, Plane: p, Space: imaging.Spacing{RowMM: 0.5, ColumnMM: 0.5, Source: imaging.SpacingPatient}}
		in.Pixels.Columns, in.Pixels.Rows, in.Pixels.Frames = 100, 80, 1
		out[k] = volume.Slice{Instance: in, Frame: 1}
	}
	return out
}

func seen(stack []volume.Slice, at int) Seen {
	return Seen{Stack: stack, State: State{Columns: 100, Rows: 80, Aspect: 1, Slice: at, Slices: len(stack)}, W: 400, H: 400}
}

func TestScrollingByPositionShowsTheNearestPlaceInMillimetresWhateverTheThickness(t *testing.T) {
	thick, thin := stackOf("f", "CT", 10, 0, 5, false), stackOf("f", "CT", 50, 0, 1, false)
	leader, follower := seen(thick, 0), seen(thin, 7)
	tie := TieOf(leader, follower)
	leader.State.Slice = 4 // 20 mm
	if k, ok := tie.Slice(ByPosition, leader, follower); !ok || k != 20 {
		t.Errorf("20 mm is slice %d, %v; it is 20, for the frame of reference is one", k, ok)
	}
}

func TestWithoutASharedFrameOfReferenceWhatStoodSideBySideStaysSo(t *testing.T) {
	now, prior := stackOf("a", "CT", 40, 0, 1, false), stackOf("b", "CT", 20, 500, 2, false)
	leader, follower := seen(now, 10), seen(prior, 3) // 10 mm beside 506 mm
	tie := TieOf(leader, follower)
	leader.State.Slice = 20
	if k, ok := tie.Slice(ByPosition, leader, follower); !ok || k != 8 {
		t.Errorf("10 mm on is slice %d, %v; it is 8", k, ok)
	}
	if k, ok := tie.Slice(BySlice, leader, follower); !ok || k != 13 {
		t.Errorf("10 slices on is slice %d, %v; it is 13", k, ok)
	}
	leader.State.Slice = 39
	if k, ok := tie.Slice(BySlice, leader, follower); !ok || k != 19 {
		t.Errorf("beyond the end it shows slice %d, %v; the last is 19", k, ok)
	}
}

func TestPicturesCutInAnotherDirectionDoNotFollowByPosition(t *testing.T) {
	leader, follower := seen(stackOf("f", "CT", 10, 0, 5, false), 3), seen(stackOf("f", "CT", 10, 0, 5, true), 2)
	if k, ok := TieOf(leader, follower).Slice(ByPosition, leader, follower); ok {
		t.Errorf("it follows to slice %d", k)
	}
	unplaced := Seen{Stack: []volume.Slice{{Instance: &imaging.Instance{}, Frame: 1}}}
	if k, ok := (Tie{}).Slice(ByPosition, leader, unplaced); ok {
		t.Errorf("a picture without a place follows to slice %d", k)
	}
}

func TestALinkedViewShowsTheSameMillimetresAroundTheSamePlace(t *testing.T) {
	leader := seen(stackOf("f", "CT", 3, 0, 5, false), 1)
	fine := stackOf("f", "CT", 3, 0, 5, false)
	for k := range fine { // half the spacing, another corner
		fine[k].Instance.Space.RowMM, fine[k].Instance.Space.ColumnMM = 0.25, 0.25
		fine[k].Instance.Plane.Position = imaging.Vec{-10, -10, float64(k) * 5}
	}
	follower := seen(fine, 1)
	w := imaging.VOILUT{Center: 40, Width: 80}
	leader.State = leader.State.WithWindow(&w).ZoomAt(3, 100, 150, 400, 400)
	leader.State.Flip = true
	got := FollowView(leader, follower)
	v := leader.State
	at := PointAt(*leader.Plane(), leader.Stack[1].Instance.Space, v.CenterX, v.CenterY)
	x, y := OnPicture(*follower.Plane(), follower.Stack[1].Instance.Space, at)
	if math.Abs(got.CenterX-x) > 1e-9 || math.Abs(got.CenterY-y) > 1e-9 {
		t.Errorf("its middle is %g, %g; the same place is %g, %g", got.CenterX, got.CenterY, x, y)
	}
	if math.Abs(got.Scale-v.Scale/2) > 1e-9 {
		t.Errorf("a pixel of 0.25 mm is shown at %g beside one of 0.5 mm at %g", got.Scale, v.Scale)
	}
	if got.Window == nil || *got.Window != w || got.Flip {
		t.Errorf("window %v, flipped %v: the window goes along, the flip does not", got.Window, got.Flip)
	}
	other := seen(stackOf("f", "MR", 3, 0, 5, false), 1)
	if FollowView(leader, other).Window != nil {
		t.Error("a window of CT was put on MR")
	}
	if FollowView(seen(stackOf("f", "CT", 3, 0, 5, false), 1), shownAs(follower, got)).Free {
		t.Error("a leader that fits leaves its follower zoomed")
	}
}

func shownAs(s Seen, state State) Seen {
	s.State = state
	return s
}

func TestAReferenceLineStandsWhereTheOtherPictureCuts(t *testing.T) {
	axial, coronal := stackOf("f", "CT", 10, 0, 5, false), stackOf("f", "CT", 10, -10, 5, true)
	// Coronal picture 4 lies at y = 10 mm: on an axial one, whose first row is y = -20, that is row 60.5.
	from, to, ok := ReferenceLine(axial[2], coronal[4])
	if !ok || math.Abs(from[1]-60.5) > 1e-9 || math.Abs(to[1]-60.5) > 1e-9 {
		t.Fatalf("from %v to %v, %v; it lies along row 60.5", from, to, ok)
	}
	if a, b := min(from[0], to[0]), max(from[0], to[0]); math.Abs(a) > 1e-9 || math.Abs(b-100) > 1e-9 {
		t.Errorf("from column %g to %g; the picture is as wide as 0 to 100", a, b)
	}
	if _, _, ok := ReferenceLine(axial[2], axial[4]); ok {
		t.Error("parallel pictures have a reference line")
	}
	if _, _, ok := ReferenceLine(axial[2], stackOf("g", "CT", 10, -10, 5, true)[4]); ok {
		t.Error("pictures of different frames of reference have a reference line")
	}
	if _, _, ok := ReferenceLine(axial[9], coronal[4]); ok { // z = 45: the coronal one ends at 20
		t.Error("pictures that do not meet have a reference line")
	}
}

func TestTheNearestSliceToAPlaceIsFound(t *testing.T) {
	stack := stackOf("f", "CT", 10, 0, 5, false)
	if k, mm, ok := Nearest(stack, imaging.Vec{3, 4, 21}); !ok || k != 4 || math.Abs(mm-1) > 1e-9 {
		t.Errorf("slice %d, %g mm away, %v", k, mm, ok)
	}
}
