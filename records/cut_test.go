package records

import (
	"errors"
	"math"
	"testing"

	"longying/imaging"
)

// planar is a length of 40 mm on a plane that is turned by 30 degrees about z.
func planar() Annotation {
	s, c := math.Sincos(math.Pi / 6)
	cut := &Cut{Plane: imaging.Plane{Position: imaging.Vec{10, 20, 30}, Row: imaging.Vec{c, s, 0}, Column: imaging.Vec{0, 0, -1}, Frame: "1.9"},
		Space: imaging.Spacing{RowMM: 0.5, ColumnMM: 0.5, Source: imaging.SpacingPatient}, SOPUID: "1.2.3", Number: 1}
	a := Annotation{Tool: ToolLength, Points: []imaging.Point{{X: 0.5, Y: 0.5}, {X: 80.5, Y: 0.5}}, Cut: cut, Frame: "1.9", Ref: imaging.Ref{StudyUID: "1.2", SeriesUID: "1.2.4"}}
	for _, p := range a.Points {
		a.Patient = append(a.Patient, cut.Place(p))
	}
	return a
}

func TestWhatIsDrawnOnAPlaneLiesWhereThePlaneIsInThePatient(t *testing.T) {
	a := planar()
	// 80 pixels of 0.5 mm along (cos 30°, sin 30°, 0) from the first pixel's centre.
	if got, want := a.Patient[1], (imaging.Vec{10 + 40*math.Sqrt(3)/2, 40, 30}); math.Abs(got[0]-want[0])+math.Abs(got[1]-want[1])+math.Abs(got[2]-want[2]) > 1e-9 {
		t.Errorf("%v, want %v", got, want)
	}
	if p := a.Cut.Point(a.Patient[1]); math.Abs(p.X-80.5)+math.Abs(p.Y-0.5) > 1e-9 {
		t.Errorf("it comes back at %v", p)
	}
	if _, err := Annotate("2.25.1234567", "2.25.2", a, doctor(), verdictTime); err != nil {
		t.Error(err)
	}
	if got := a.Cut.Said("zh"); got != "斜冠状面重建" {
		t.Errorf("%q", got)
	}
}

func TestAMeasurementOnAPlaneThatCouldNotBeFoundAgainIsNotKept(t *testing.T) {
	for name, spoil := range map[string]func(a *Annotation, c *Cut){
		"no frame of reference":      func(a *Annotation, c *Cut) { c.Plane.Frame, a.Frame = "", "" },
		"another frame of reference": func(a *Annotation, c *Cut) { a.Frame = "1.8" },
		"no place in the patient":    func(a *Annotation, c *Cut) { a.Patient = nil },
		"a point beside the plane":   func(a *Annotation, c *Cut) { a.Patient[0][1] += 0.1 },
		"an image too":               func(a *Annotation, c *Cut) { a.Ref.SOPUID, a.Ref.Frame = "1.2.3", 1 },
		"no series":                  func(a *Annotation, c *Cut) { a.Ref.SeriesUID = "" },
		"no pictures":                func(a *Annotation, c *Cut) { c.SOPUID = "" },
		"no spacing":                 func(a *Annotation, c *Cut) { c.Space = imaging.Spacing{} },
		"a slab without thickness":   func(a *Annotation, c *Cut) { c.Slab = SlabMaximum },
		"a matrix too":               func(a *Annotation, c *Cut) { a.Matrix = true },
	} {
		a := planar()
		cut := *a.Cut
		a.Cut = &cut
		spoil(&a, &cut)
		var refused *RefusedError
		if _, err := Annotate("2.25.1234567", "2.25.2", a, doctor(), verdictTime); !errors.As(err, &refused) || refused.Code != "annotation" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPlaneIsTheSameOnlyOfTheSamePicturesAndSlab(t *testing.T) {
	c := *planar().Cut
	moved, finer := c, c
	moved.Plane.Position[1] += 3
	finer.Space.RowMM, finer.Space.ColumnMM = 0.4, 0.4
	if !c.Alike(&moved) || !c.Alike(&finer) {
		t.Error("depth and pixels make another plane")
	}
	if got := c.Off(imaging.Vec{10, 21, 30}); math.Abs(got-math.Sqrt(3)/2) > 1e-9 {
		t.Errorf("%g mm off", got)
	}
	other, slab, turned := c, c, c
	other.Number = 2
	slab.Slab, slab.Thickness = SlabMean, 5
	turned.Plane.Row = imaging.Vec{math.Cos(0.53), math.Sin(0.53), 0}
	for name, d := range map[string]*Cut{"stack": &other, "slab": &slab, "direction": &turned} {
		if c.Alike(d) {
			t.Errorf("another %s is the same plane", name)
		}
	}
}

func TestASlideIsMeasuredInMicrometresAndLargerThingsAreReadInMillimetres(t *testing.T) {
	pic := Picture{Instance: &imaging.Instance{Space: imaging.Spacing{RowMM: 0.00025, ColumnMM: 0.0005, Source: imaging.SpacingSlide}}, Number: 1, Micrometres: true}
	for _, c := range []struct {
		tool   Tool
		points []imaging.Point
		value  float64
		unit   string
		said   string
	}{
		{ToolLength, []imaging.Point{{X: 0, Y: 0}, {X: 100, Y: 0}}, 50, "um", "50.0 µm"},
		{ToolLength, []imaging.Point{{X: 0, Y: 0}, {X: 6000, Y: 16000}}, 5000, "um", "5.00 mm"}, // 3 mm and 4 mm
		{ToolEllipse, []imaging.Point{{X: 0, Y: 0}, {X: 80, Y: 160}}, math.Pi / 4 * 1600, "um2", "面积 1257 µm²"},
		{ToolPolygon, []imaging.Point{{X: 0, Y: 0}, {X: 4000, Y: 0}, {X: 4000, Y: 4000}, {X: 0, Y: 4000}}, 2e6, "um2", "面积 2.00 mm²"},
	} {
		values, basis, err := Measured(t.Context(), c.tool, c.points, pic)
		if err != nil || len(values) != 1 || values[0].Unit != c.unit || math.Abs(values[0].Value/c.value-1) > 1e-9 || basis.Spacing != imaging.SpacingSlide {
			t.Errorf("%s: %+v %+v %v", c.tool, values, basis, err)
			continue
		}
		if got := ValuesSaid(c.tool, values, "zh"); len(got) != 1 || got[0] != c.said {
			t.Errorf("%s says %q, want %q", c.tool, got, c.said)
		}
	}
}
