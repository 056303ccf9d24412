package volume

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

func series(in ...imaging.Instance) *imaging.Series { return &imaging.Series{Instances: in} }

func with(in imaging.Instance, change func(*imaging.Instance)) imaging.Instance {
	change(&in)
	return in
}

// checked splits the series as given and in other orders of its instances, which
// must make no difference.
func checked(t *testing.T, want string, in ...imaging.Instance) []Stack {
	t.Helper()
	stacks := Split(series(in...))
	if got := described(stacks); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		shuffled := slices.Clone(in)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := described(Split(series(shuffled...))); got != want {
			t.Fatalf("shuffled: got\n%swant\n%s", got, want)
		}
	}
	return stacks
}

func TestSlicesAreOrderedByPositionNotByInstanceNumber(t *testing.T) {
	stacks := checked(t, ": 3 1 2\n", axial(1, 5), axial(2, 10), axial(3, 0))
	if !stacks[0].Placed || len(stacks[0].Parts) != 0 {
		t.Errorf("%+v", stacks[0])
	}
}

func TestPositionIsAlongTheNormalOfObliqueSlices(t *testing.T) {
	oblique := func(n int, depth float64) imaging.Instance {
		return axial(n, 0, func(in *imaging.Instance) {
			p := *in.Plane
			p.Row, p.Column = imaging.Vec{0, 0.6, -0.8}, imaging.Vec{-1, 0, 0}
			for k, x := range p.Normal() {
				p.Position[k] += depth * x
			}
			// Aside in the plane: not the order.
			p.Position[0] += float64(-100 * n)
			in.Plane = &p
		})
	}
	checked(t, ": 2 3 1\n", oblique(1, 7), oblique(2, -3), oblique(3, 2))
}

func TestASeriesIsSplitByWhatMakesAnotherPicture(t *testing.T) {
	type change = func(*imaging.Instance)
	for name, c := range map[string]struct {
		second change // what the second half of the series has
		want   string
	}{
		"orientation": {func(in *imaging.Instance) {
			p := *in.Plane
			p.Row, p.Column = imaging.Vec{0, 1, 0}, imaging.Vec{0, 0, -1}
			p.Position[0] = p.Position[2]
			in.Plane = &p
		}, `orientation=L\P(1/2) : 1 2 3` + "\n" + `orientation=P\F(2/2) : 6 5 4` + "\n"},
		"rows":               {func(in *imaging.Instance) { in.Pixels.Rows = 8 }, "matrix=5 × 4(1/2) : 1 2 3\nmatrix=5 × 8(2/2) : 4 5 6\n"},
		"pixel spacing":      {func(in *imaging.Instance) { in.Space.RowMM, in.Space.ColumnMM = 0.7, 0.7 }, "matrix=5 × 4(1/2) : 1 2 3\nmatrix=5 × 4(2/2) : 4 5 6\n"},
		"frame of reference": {func(in *imaging.Instance) { p := *in.Plane; p.Frame = "2.25.2"; in.Plane = &p }, "frame_of_reference=(1/2) : 1 2 3\nframe_of_reference=(2/2) : 4 5 6\n"},
		"echo number":        {func(in *imaging.Instance) { in.Acquisition.EchoNumber = 2 }, "echo=(1/2) : 1 2 3\necho=2(2/2) : 4 5 6\n"},
		"echo time":          {func(in *imaging.Instance) { in.Acquisition.EchoTime = 80.04 }, "echo=(1/2) : 1 2 3\necho=80 ms(2/2) : 4 5 6\n"},
		"b-value": {func(in *imaging.Instance) { in.Acquisition.Diffusion = &imaging.Diffusion{BValue: 1000} },
			"b_value=(1/2) : 1 2 3\nb_value=1000(2/2) : 4 5 6\n"},
		"image type": {func(in *imaging.Instance) { in.ImageType = []string{"ORIGINAL", "PRIMARY", "P"} },
			`image_type=ORIGINAL\PRIMARY\AXIAL(1/2) : 1 2 3` + "\n" + `image_type=ORIGINAL\PRIMARY\P(2/2) : 4 5 6` + "\n"},
		"phase":        {func(in *imaging.Instance) { in.Acquisition.Phase = 2 }, "phase=0(1/2) : 1 2 3\nphase=2(2/2) : 4 5 6\n"},
		"acquisition":  {func(in *imaging.Instance) { in.Acquisition.Number = 2 }, "acquisition=0(1/2) : 1 2 3\nacquisition=2(2/2) : 4 5 6\n"},
		"flavour":      {func(in *imaging.Instance) { in.ImageType = []string{"ORIGINAL", "PRIMARY", "AXIAL", "", "FILTERED"} }, ""},
		"no position":  {func(in *imaging.Instance) { in.Plane = nil }, "position=(1/2) : 1 2 3\nposition=(2/2) : 4 5 6\n"},
		"repeat alone": {func(in *imaging.Instance) {}, "repeat=(1/2) : 1 2 3\nrepeat=(2/2) : 4 5 6\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "flavour" {
				c.want = `image_type=ORIGINAL\PRIMARY\AXIAL(1/2) : 1 2 3` + "\n" + `image_type=ORIGINAL\PRIMARY\AXIAL\(2/2) : 4 5 6` + "\n"
			}
			in := row(0, 5, 10, 0, 5, 10)
			for i := 3; i < 6; i++ {
				c.second(&in[i])
			}
			stacks := checked(t, c.want, in...)
			for _, s := range stacks {
				if s.Placed != (s.Slices[0].Instance.Plane != nil) {
					t.Error(s.Placed)
				}
			}
		})
	}
}

func TestLocalizersStandApartAndLast(t *testing.T) {
	scout := func(in *imaging.Instance) { in.ImageType = []string{"ORIGINAL", "PRIMARY", "LOCALIZER"} }
	stacks := checked(t, "localizer=(1/2) : 2 3\nlocalizer=(2/2) : 1\n", axial(1, 0, scout), axial(2, 0), axial(3, 5))
	if stacks[0].Localizer || !stacks[1].Localizer {
		t.Error("which one is the localizer is not said")
	}
}

func TestBValuesThatFollowTheGradientsAreOne(t *testing.T) {
	b := func(v float64) func(*imaging.Instance) {
		return func(in *imaging.Instance) { in.Acquisition.Diffusion = &imaging.Diffusion{BValue: v} }
	}
	checked(t, "b_value=0(1/4) : 1\nb_value=10(2/4) : 2\nb_value=20(3/4) : 3\nb_value=995(4/4) : 4 5 6\n",
		axial(1, 0, b(0)), axial(2, 0, b(10)), axial(3, 0, b(20)), axial(4, 0, b(1000)), axial(5, 5, b(995)), axial(6, 10, b(1005)))
}

func TestAnAcquisitionOrTriggerTimeThatCountsSlicesDoesNotTearAStackApart(t *testing.T) {
	in := row(0, 5, 10, 15)
	for i := range in {
		at := float64(10 * i)
		in[i].Acquisition = imaging.Acquisition{Number: i + 1, Trigger: &at, Phase: i, Time: time.Unix(int64(i), 0)}
	}
	checked(t, ": 1 2 3 4\n", in...)
	// One slice taken twice is not a second stack either: it is named.
	in = append(in, with(in[1], func(s *imaging.Instance) {
		s.Number, s.SOPInstanceUID, s.Acquisition.Number, s.Acquisition.Time = 5, "2.25.5", 5, time.Unix(9, 0)
		at := 99.0
		s.Acquisition.Trigger = &at
	}))
	in[4].Acquisition.Phase = 1
	stacks := checked(t, ": 1 2 5 3 4\n", in...)
	if got := stacks[0].Geometry.Irregular; len(got) != 1 || got[0].Kind != SamePosition || got[0].First != 2 || got[0].Last != 3 {
		t.Errorf("%v", got)
	}
}

// Each slice of a gated scan has trigger times of its own: it is the rank that
// makes the phase.
func TestTriggerTimesSeparateByTheirRankAtEachPosition(t *testing.T) {
	var in []imaging.Instance
	for k, at := range []float64{20, 620, 31, 640, 12, 600} {
		in = append(in, axial(k+1, float64(k/2*8), func(s *imaging.Instance) { s.Acquisition.Trigger = &at }))
	}
	checked(t, "trigger=(1/2) : 1 3 5\ntrigger=(2/2) : 2 4 6\n", in...)
}

func TestDirectionsAndThenRepeatsOfDiffusionAreStacks(t *testing.T) {
	var in []imaging.Instance
	n := 0
	for _, v := range []imaging.Vec{{1, 0, 0}, {0, 1, 0}} {
		for range 2 {
			for _, z := range []float64{0, 5} {
				n++
				in = append(in, axial(n, z, func(s *imaging.Instance) {
					s.Acquisition.Diffusion = &imaging.Diffusion{BValue: 1000, Direction: v}
				}))
			}
		}
	}
	checked(t, "direction=0.00 1.00 0.00(1/2) repeat=(1/2) : 5 6\ndirection=0.00 1.00 0.00(1/2) repeat=(2/2) : 7 8\n"+
		"direction=1.00 0.00 0.00(2/2) repeat=(1/2) : 1 2\ndirection=1.00 0.00 0.00(2/2) repeat=(2/2) : 3 4\n", in...)
}

func TestPicturesThatTurnStayTogetherAndAreNamed(t *testing.T) {
	turned := func(n int, x, y float64) imaging.Instance {
		return axial(n, 0, func(in *imaging.Instance) {
			p := *in.Plane
			p.Row = imaging.Vec{x, y, 0}
			p.Column = imaging.Vec{0, 0, -1}
			in.Plane = &p
		})
	}
	stacks := checked(t, ": 1 2 3 4\n", turned(1, 1, 0), turned(2, 0.8, 0.6), turned(3, 0.6, 0.8), turned(4, 0, 1))
	if got := stacks[0].Geometry.Irregular; stacks[0].Placed || len(got) != 1 || got[0].Kind != Orientations || got[0].Count != 4 {
		t.Errorf("%v", got)
	}
}

// enhanced is the same series as one object: its frames in the order given.
func enhanced(in ...imaging.Instance) imaging.Instance {
	out := in[0]
	out.Pixels.Frames, out.PerFrame = len(in), nil
	for i := range in {
		out.PerFrame = append(out.PerFrame, in[i].Frame(1))
	}
	return out
}

func TestAnEnhancedObjectIsSplitLikeTheSeriesOfItsSlices(t *testing.T) {
	in := row(10, 0, 5, 0, 5, 10)
	for i := 3; i < 6; i++ {
		in[i].Acquisition.Diffusion = &imaging.Diffusion{BValue: 1000}
	}
	checked(t, "b_value=(1/2) : 2 3 1\nb_value=1000(2/2) : 4 5 6\n", in...)
	checked(t, "b_value=(1/2) : 1.2 1.3 1.1\nb_value=1000(2/2) : 1.4 1.5 1.6\n", enhanced(in...))
	// Half in one object, half in single slices.
	mixed := append([]imaging.Instance{enhanced(in[:4]...)}, in[4:]...)
	checked(t, "b_value=(1/2) : 1.2 1.3 1.1\nb_value=1000(2/2) : 1.4 5 6\n", mixed...)
}

func TestFramesWithoutAPositionFollowTheirDimensionIndices(t *testing.T) {
	in := row(0, 0, 0)
	for i, d := range [][]int{{2, 1}, {1, 2}, {1, 1}} {
		in[i].Plane = nil
		in[i].ImageType = nil
		f := in[i].Frame(1)
		f.DimensionIndex = d
		in[i].PerFrame = []imaging.FunctionalGroups{f}
	}
	checked(t, ": 1.3 1.2 1.1\n", enhanced(in...))
}

func TestACineOfOnePlaceKeepsItsFrames(t *testing.T) {
	us := axial(1, 0, func(in *imaging.Instance) { in.Pixels.Frames = 3 })
	stacks := checked(t, ": 1.1 1.2 1.3\n", us)
	if stacks[0].Placed {
		t.Error("frames without functional groups have no positions")
	}
}

func TestSeriesWithoutPicturesHasNoStack(t *testing.T) {
	if got := Split(series(imaging.Instance{})); got != nil {
		t.Errorf("%v", got)
	}
}

func scanned(t testing.TB, name string) *imaging.Series {
	t.Helper()
	c, err := dicomfile.Scan(context.Background(), []string{shared(t, name)}, nil)
	if err != nil || len(c.Studies) != 1 || len(c.Studies[0].Series) != 1 {
		t.Fatal(len(c.Studies), err)
	}
	return &c.Studies[0].Series[0]
}

// dcm2niix 1.0.20220720 makes one NIfTI of 64 x 64 x 20 x 17 of it, with these
// b-values for the 17 pictures: 1.25194, then 928.289 sixteen times.
func TestTheUnitedImagingDiffusionSeriesIsSplitByBValue(t *testing.T) {
	stacks := Split(scanned(t, "series/mr-united-imaging-17"))
	if got, want := described(stacks), "b_value=1.3(1/2) : 1\nb_value=928.3(2/2) : 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"; got != want {
		t.Fatalf("got\n%swant\n%s", got, want)
	}
	for _, s := range stacks {
		if got := s.Geometry.Irregular; len(got) != 1 || got[0].Kind != Mosaics || got[0].Count != 20 {
			t.Errorf("%v", got)
		}
		tiles := s.Slices[0].Tiles()
		g := Check(tiles)
		if len(tiles) != 20 || len(g.Warnings()) != 0 || g.Spacing < 4.1999 || g.Spacing > 4.2001 || g.Tilt > 0.001 {
			t.Errorf("%d tiles: %+v", len(tiles), g)
		}
		// 3.5 mm thick, 4.2 mm apart.
		if len(g.Irregular) != 1 || g.Irregular[0].Kind != Gaps || g.Irregular[0].MM < 0.6999 || g.Irregular[0].MM > 0.7001 {
			t.Errorf("%v", g.Irregular)
		}
	}
}
