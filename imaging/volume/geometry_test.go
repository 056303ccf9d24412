package volume

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"longying/imaging"
)

func stackOf(t *testing.T, in []imaging.Instance) Stack {
	t.Helper()
	stacks := Split(series(in...))
	if len(stacks) != 1 {
		t.Fatalf("%d stacks", len(stacks))
	}
	return stacks[0]
}

func TestWhatIsIrregularIsNamedWithItsSlicesAndMillimetres(t *testing.T) {
	thick := func(mm float64, in []imaging.Instance) []imaging.Instance {
		for i := range in {
			in[i].SliceThickness = mm
		}
		return in
	}
	moved := func(i int, x float64, in []imaging.Instance) []imaging.Instance {
		p := *in[i].Plane
		p.Position[0] += x
		in[i].Plane = &p
		return in
	}
	tilted := func(degrees, nominal float64, in []imaging.Instance) []imaging.Instance {
		for i := range in {
			p := *in[i].Plane
			p.Position[1] += p.Position[2] * math.Tan(degrees*math.Pi/180)
			in[i].Plane = &p
			in[i].Acquisition.GantryTilt = nominal
		}
		return in
	}
	spaced := func(mm, thickness float64, in []imaging.Instance) []imaging.Instance {
		for i := range in {
			in[i].Acquisition.SpacingBetweenSlices, in[i].SliceThickness = mm, thickness
		}
		return in
	}
	for name, c := range map[string]struct {
		in   []imaging.Instance
		want []Irregularity
	}{
		"regular":                   {row(0, 5, 10, 15), nil},
		"positions of few digits":   {row(0, 5.01, 10, 14.99, 20), nil},
		"one missing":               {row(0, 5, 10, 20, 25), []Irregularity{{MissingSlices, 3, 4, 1, 10, 5}}},
		"three and one missing":     {row(0, 20, 25, 30, 35, 45), []Irregularity{{MissingSlices, 1, 2, 3, 20, 5}, {MissingSlices, 5, 6, 1, 10, 5}}},
		"two of three slices apart": {row(0, 5, 15), []Irregularity{{MissingSlices, 2, 3, 1, 10, 5}}},
		"uneven":                    {row(0, 5, 10, 17, 22), []Irregularity{{UnevenSpacing, 3, 4, 0, 7, 5}}},
		"too near":                  {row(0, 5, 10, 13, 18), []Irregularity{{UnevenSpacing, 3, 4, 0, 3, 5}, {Overlapping, 3, 4, 0, 2, 5}}},
		"another spacing":           {row(0, 5, 10, 15, 20, 30, 40, 50), []Irregularity{{SpacingChange, 5, 8, 0, 10, 5}}},
		"one position twice":        {row(0, 5, 10, 10, 15, 20), []Irregularity{{SamePosition, 3, 4, 2, 0, 0}}},
		"all overlap":               {thick(5, row(0, 2.5, 5, 7.5)), []Irregularity{{Overlapping, 1, 4, 0, 2.5, 5}}},
		"gaps":                      {thick(4, row(0, 5, 10, 15)), []Irregularity{{Gaps, 1, 4, 0, 1, 4}}},
		"one aside":                 {moved(2, 1.5, row(0, 5, 10, 15, 20)), []Irregularity{{Shifted, 2, 3, 0, 1.5, 0}, {Shifted, 3, 4, 0, 1.5, 0}}},
		"tilted":                    {tilted(12, -12, row(0, 5, 10, 15)), []Irregularity{{GantryTilt, 1, 4, 0, 12, 12}}},
		"tilted, header silent":     {tilted(12, 0, row(0, 5, 10, 15)), []Irregularity{{GantryTilt, 1, 4, 0, 12, 0}}},
		"tilted in words alone":     {tilted(0, 12, row(0, 5, 10, 15)), []Irregularity{{TiltOnlyInWords, 1, 4, 0, 0, 12}}},
		"tilted with one missing":   {tilted(12, 12, row(0, 5, 10, 20, 25)), []Irregularity{{GantryTilt, 1, 5, 0, 12, 12}, {MissingSlices, 3, 4, 1, 10, 5}}},
		"every second missing":      {spaced(2.5, 5, row(0, 5, 10, 15)), []Irregularity{{HeaderSpacing, 1, 0, 0, 5, 2.5}}},
		"header gives the gap":      {spaced(1, 4, row(0, 5, 10, 15)), []Irregularity{{Gaps, 1, 4, 0, 1, 4}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := stackOf(t, c.in).Geometry.Irregular
			if len(got) != len(c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			for i, g := range got {
				w := c.want[i]
				if w.Kind == HeaderSpacing {
					g.Last = w.Last
				}
				if math.Abs(g.MM-w.MM) > 1e-9 || math.Abs(g.Expected-w.Expected) > 1e-9 {
					t.Errorf("got %v, want %v", g, w)
				}
				g.MM, g.Expected = w.MM, w.Expected
				if g != w {
					t.Errorf("got %+v, want %+v", g, w)
				}
				if g.String() == string(g.Kind) {
					t.Errorf("%s has no words", g.Kind)
				}
			}
		})
	}
}

func TestSpacingIsMeasuredAlongTheNormalOfATiltedStack(t *testing.T) {
	in := row(0, 5, 10)
	for i := range in {
		p := *in[i].Plane
		p.Column = imaging.Vec{0, math.Cos(0.3), math.Sin(0.3)}
		in[i].Plane = &p
	}
	g := stackOf(t, in).Geometry
	if math.Abs(g.Spacing-5*math.Cos(0.3)) > 1e-12 || math.Abs(g.Tilt-0.3*180/math.Pi) > 1e-9 {
		t.Errorf("spacing %g, tilt %g", g.Spacing, g.Tilt)
	}
	if want := (imaging.Vec{0, 0, 5}); math.Abs(g.Step[1]-want[1]) > 1e-12 || math.Abs(g.Step[2]-want[2]) > 1e-12 {
		t.Errorf("step %v", g.Step)
	}
}

// The tilt of the phantom, three ways: its header, testdata/tilt.json (made by
// testdata/tilt.py from pydicom's reading of the positions), and dcm2niix
// 1.0.20220720: "Gantry Tilt based on 0018,1120 16.5, estimated from slice
// vector -16.5".
func TestTheTiltOfTheHeadPhantomIsFound(t *testing.T) {
	folder := "series/ct-philips-59"
	s := scanned(t, folder)
	stacks := Split(s)
	if len(stacks) != 1 || len(stacks[0].Slices) != 58 {
		t.Fatal(described(stacks))
	}
	raw, err := os.ReadFile("testdata/tilt.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Tilt, Spacing float64
		Step          imaging.Vec
		Order         []int
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	g := stacks[0].Geometry
	if math.Abs(g.Tilt-want.Tilt) > 1e-6 || math.Abs(g.Spacing-want.Spacing) > 1e-6 {
		t.Errorf("tilt %g, spacing %g; want %g, %g", g.Tilt, g.Spacing, want.Tilt, want.Spacing)
	}
	for k := range want.Step {
		if math.Abs(g.Step[k]-want.Step[k]) > 1e-6 {
			t.Errorf("step %v, want %v", g.Step, want.Step)
		}
	}
	if g.Nominal != 16.5 || math.Abs(g.Tilt-16.5) > 0.01 {
		t.Errorf("tilt %g, header %g, dcm2niix 16.5", g.Tilt, g.Nominal)
	}
	if w := g.Warnings(); len(w) != 1 || w[0].Kind != GantryTilt || w[0].Last != 58 || w[0].Expected != 16.5 {
		t.Errorf("%v", w)
	}
	for i, sl := range stacks[0].Slices {
		if sl.Instance.Number != want.Order[i] {
			t.Fatalf("slice %d is number %d, want %d", i+1, sl.Instance.Number, want.Order[i])
		}
	}
}
