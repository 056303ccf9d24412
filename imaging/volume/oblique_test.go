package volume

import (
	"context"
	"math"
	"testing"

	"longying/imaging"
)

func value(f *imaging.Frame, n int) float64 {
	switch {
	case f.Int16 != nil:
		return float64(f.Int16[n])
	case f.Uint16 != nil:
		return float64(f.Uint16[n])
	}
	return float64(f.Float32[n])
}

// turned are axes after turns about one another.
func turned(o Orientation, degrees ...float64) Axes {
	a := o.Axes()
	for k, d := range degrees {
		a = a.Turn([]imaging.Vec{a.Row, a.Column, a.Along}[k%3], d*math.Pi/180)
	}
	return a
}

func TestObliquePicturesHoldTheValueOfEachPlaceAndOneGoesThroughThePlaceAskedFor(t *testing.T) {
	for name, v := range rampGrids() {
		v.Slices = []Slice{{Instance: &imaging.Instance{Modality: "CT", SOPInstanceUID: "1.2"}, Frame: 1}}
		through := v.Point(float64(v.Columns)*0.4, float64(v.Rows)*0.6, float64(v.Depth)*0.5)
		for _, o := range []Orientation{Axial, Coronal, Sagittal} {
			r := v.ReformatAlong(turned(o, 20, -33, 12), through, Thin, 0)
			met, inside := false, 0
			for _, s := range r.Stack.Slices {
				plane := s.Instance.Plane
				if d := minus(through, plane.Position).Dot(unit(plane.Normal())); math.Abs(d) > 1e-6 {
					continue
				}
				met = true
				f, err := r.Read(context.Background(), s)
				if err != nil {
					t.Fatal(name, err)
				}
				for n := range f.Rows * f.Columns {
					at := plus(plane.Position, plus(scaled(plane.Row, float64(n%f.Columns)*s.Instance.Space.ColumnMM), scaled(plane.Column, float64(n/f.Columns)*s.Instance.Space.RowMM)))
					i, j, k := v.Index(at)
					if i < 0 || j < 0 || k < 0 || i > float64(v.Columns-1) || j > float64(v.Rows-1) || k > float64(v.Depth-1) {
						continue
					}
					inside++
					if got := value(f, n); math.Abs(got-ramp(at)) > 0.51 {
						t.Fatalf("%s, orientation %d: %g at %v is %g", name, o, got, at, ramp(at))
					}
				}
			}
			if !met || inside == 0 {
				t.Errorf("%s, orientation %d: no picture goes through %v (%d pixels)", name, o, through, inside)
			}
		}
	}
}

func TestAPlaneTurnedAndTurnedBackIsThePlaneThatItWasAfterAThousandTurns(t *testing.T) {
	for _, o := range []Orientation{Axial, Coronal, Sagittal} {
		a, about := o.Axes(), unit(imaging.Vec{1, 2, -3})
		for range 1000 {
			a = a.Turn(about, 0.01)
		}
		for _, pair := range [][2]imaging.Vec{{a.Row, a.Column}, {a.Row, a.Along}, {a.Column, a.Along}} {
			if d := pair[0].Dot(pair[1]); math.Abs(d) > 1e-12 {
				t.Errorf("the axes lie %g from right angles", d)
			}
		}
		b := a.Turn(about, -10)
		for k, pair := range [][2]imaging.Vec{{b.Row, o.Axes().Row}, {b.Column, o.Axes().Column}, {b.Along, o.Axes().Along}} {
			if minus(pair[0], pair[1]).Len() > 1e-9 {
				t.Errorf("orientation %d: axis %d is %v", o, k, pair[0])
			}
		}
	}
	// A quarter about the patient's length from the left to the back (LPS).
	if a := Axial.Axes().Turn(imaging.Vec{0, 0, 1}, math.Pi/2); minus(a.Row, imaging.Vec{0, 1, 0}).Len() > 1e-12 {
		t.Errorf("%v", a.Row)
	}
}

func TestSlabsLieAlongTheObliquePlane(t *testing.T) {
	for name, v := range rampGrids() {
		v.Slices = []Slice{{Instance: &imaging.Instance{SOPInstanceUID: "1.2"}, Frame: 1}}
		through := v.Point(float64(v.Columns-1)/2, float64(v.Rows-1)/2, float64(v.Depth-1)/2)
		a := turned(Coronal, 15, 25)
		const thickness = 4.0
		thin, thick := v.ReformatAlong(a, through, Thin, 0), v.ReformatAlong(a, through, Maximum, thickness)
		// Along the normal the ramp rises by its slope there: the maximum of half
		// the thickness on either side is that much more.
		want := math.Abs(imaging.Vec{3, -2, 5}.Dot(unit(a.Along))) * thickness / 2
		mid := len(thin.Stack.Slices) / 2
		f, err := thin.Read(context.Background(), thin.Stack.Slices[mid])
		if err != nil {
			t.Fatal(err)
		}
		g, err := thick.Read(context.Background(), thick.Stack.Slices[mid])
		if err != nil {
			t.Fatal(err)
		}
		plane := thin.Stack.Slices[mid].Instance.Plane
		x, y := minus(through, plane.Position).Dot(plane.Row)/thin.Stack.Slices[mid].Instance.Space.ColumnMM, minus(through, plane.Position).Dot(plane.Column)/thin.Stack.Slices[mid].Instance.Space.RowMM
		n := int(math.Round(y))*f.Columns + int(math.Round(x))
		if got := value(g, n) - value(f, n); math.Abs(got-want) > 1.1 {
			t.Errorf("%s: the slab is %g above its plane, not %g", name, got, want)
		}
	}
}
