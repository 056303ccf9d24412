package foreign

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

// decoded reads one of highdicom's reference objects, which lie beside the
// project.
func decoded(t *testing.T, name string) ([]Finding, []string) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "shared", "data", "dicom", "highdicom", "test_files", name)
		if _, err := os.Stat(path); err == nil {
			f, err := dicomfile.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			found, refused, err := Read(f, func(n int) (*imaging.Frame, error) { return f.Frame(context.Background(), codec.Local{}, n) })
			if err != nil {
				t.Fatal(err)
			}
			return found, refused
		}
		if dir == filepath.Dir(dir) {
			t.Skipf("shared/data/dicom/highdicom/test_files/%s is not beside the project", name)
		}
	}
}

// The counts of pixels, pictures and segments are pydicom 3.0's.
func TestSegmentsOfHighdicomLieWherePydicomSeesThem(t *testing.T) {
	for name, want := range map[string]string{
		"seg_image_ct_binary.dcm":              "first segment by Manufacturer Model · test v1.0: 127@1.28319.0.94 256@1.28319.0.95 255@1.28319.0.96",
		"seg_image_ct_true_fractional.dcm":     "first segment by Manufacturer Model · test v1.0: 127@1.28319.0.94 256@1.28319.0.95 255@1.28319.0.96",
		"seg_image_cr_binary.dcm":              "first segment by Manufacturer Model · test v1.0: 151@14.5534.0.11",
		"seg_image_ct_binary_single_frame.dcm": "first segment by Manufacturer Model · test v1.0: 1832@072730.12322",
	} {
		found, refused := decoded(t, name)
		var got []string
		for _, f := range found {
			line := f.Origin.Label + " by " + f.Origin.Maker + " · " + f.Origin.Algorithm + ":"
			for _, p := range f.Places {
				line += fmt.Sprintf(" %d@%s", p.Mask.Count(), p.SOPUID[len(p.SOPUID)-12:])
			}
			got = append(got, line)
		}
		if s := strings.Join(got, "; "); s != want || len(refused) > 0 {
			t.Errorf("%s: %s %v", name, s, refused)
		}
	}
}

func TestRegionsOfAReportAreFindingsWithTheirNamesAndMeasurements(t *testing.T) {
	found, refused := decoded(t, "sr_document_with_multiple_groups.dcm")
	var names []string
	for _, f := range found {
		names = append(names, f.Origin.Label+" "+strings.Join(f.Values, ","))
		if len(f.Places) != 1 || f.Places[0].SOPUID == "" {
			t.Errorf("%s lies in %d places", f.Origin.Label, len(f.Places))
		}
	}
	if got := strings.Join(names, "; "); !strings.HasPrefix(got, "Nodule Diameter 10.0 mm; Aorta Diameter 20.0 mm") {
		t.Errorf("%q", got)
	}
	if len(refused) != 1 { // the surface in patient space
		t.Errorf("%q", refused)
	}
	for _, p := range found[0].Places[0].Line { // a circle about (45, 55) through (45, 65)
		if d := math.Hypot(p[0]-45, p[1]-55); math.Abs(d-10) > 1e-9 {
			t.Fatalf("a corner lies %g from the centre", d)
		}
	}
	if line := found[1].Places[0].Line; len(line) < 4 || line[0] != [2]float64{25, 45} || line[2] != [2]float64{45, 65} {
		t.Errorf("%v", line)
	}
}

func TestAGraphicWhoseNumbersMakeNoneIsRefused(t *testing.T) {
	for _, c := range []struct {
		kind string
		data []float64
	}{{"CIRCLE", []float64{1, 2}}, {"ELLIPSE", []float64{1, 2, 3, 4}}, {"POLYLINE", []float64{1, 2}}, {"POLYLINE", []float64{1, 2, 3}}, {"CUBE", []float64{1, 2, 3, 4}},
		{"POLYLINE", []float64{1, 2, math.NaN(), 4}}, {"POINT", nil}, {"CIRCLE", []float64{5, 5, 5, 5}}} {
		if line := drawn(c.kind, c.data); line != nil {
			t.Errorf("%s of %v is %v", c.kind, c.data, line)
		}
	}
}
