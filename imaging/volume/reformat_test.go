package volume

import (
	"context"
	"math"
	"testing"

	"longying/imaging"
)

func TestReformattedPicturesHoldAtEachPixelTheValueOfItsPlaceInThePatient(t *testing.T) {
	for name, v := range rampGrids() {
		v.Slices = []Slice{{Instance: &imaging.Instance{Modality: "CT", SOPInstanceUID: "1.2", Patient: imaging.PatientHeader{ID: "P"}}, Frame: 1}}
		for _, o := range []Orientation{Axial, Coronal, Sagittal} {
			r := v.Reformat(o, Thin, 0)
			low, high := v.Extent(o)
			if n := len(r.Stack.Slices); math.Abs(float64(n-1)*r.Stack.Geometry.Spacing-(high-low)) > r.Stack.Geometry.Spacing {
				t.Errorf("%s: %d pictures %g mm apart do not reach from %g to %g", name, n, r.Stack.Geometry.Spacing, low, high)
			}
			s := r.Stack.Slices[len(r.Stack.Slices)/2]
			f, err := r.Read(context.Background(), s)
			if err != nil {
				t.Fatal(name, err)
			}
			in := s.Instance
			if in.SOPInstanceUID != "" || in.Patient.ID != "P" || !r.Has(s) || f.Rows != in.Pixels.Rows || f.Columns != in.Pixels.Columns {
				t.Fatalf("%s: %q of %q, %d × %d pixels of %d × %d", name, in.SOPInstanceUID, in.Patient.ID, f.Columns, f.Rows, in.Pixels.Columns, in.Pixels.Rows)
			}
			inside := 0
			for y := range f.Rows {
				for x := range f.Columns {
					at := plus(in.Plane.Position, plus(scaled(in.Plane.Row, float64(x)*in.Space.ColumnMM), scaled(in.Plane.Column, float64(y)*in.Space.RowMM)))
					i, j, k := v.Index(at)
					if i < 0 || j < 0 || k < 0 || i > float64(v.Columns-1) || j > float64(v.Rows-1) || k > float64(v.Depth-1) {
						continue
					}
					inside++
					var got float64
					switch {
					case f.Int16 != nil:
						got = float64(f.Int16[y*f.Columns+x])
					case f.Uint16 != nil:
						got = float64(f.Uint16[y*f.Columns+x])
					default:
						got = float64(f.Float32[y*f.Columns+x])
					}
					if math.Abs(got-ramp(at)) > 0.51 {
						t.Fatalf("%s, orientation %d: %g at %v is %g", name, o, got, at, ramp(at))
					}
				}
			}
			if inside == 0 {
				t.Errorf("%s, orientation %d: no pixel lies in the volume", name, o)
			}
		}
	}
}
