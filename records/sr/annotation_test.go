package sr

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"longying/imaging"
	"longying/records"
)

// byHand is the fixture with one measurement of each tool on its image.
func byHand(t *testing.T) *records.Document {
	t.Helper()
	d := document(t)
	ref := d.Findings[0].Ref
	ref.Region, ref.Frame = nil, 1
	frame := &imaging.Frame{Columns: 60, Rows: 50, Samples: 1, Int16: make([]int16, 3000)}
	for i := range frame.Int16 {
		frame.Int16[i] = int16(i%97 - 40)
	}
	in := &imaging.Instance{Modality: "CT", ModalityLUT: imaging.ModalityLUT{Slope: 1, Type: "HU"}, Space: imaging.Spacing{RowMM: 0.7, ColumnMM: 0.7, Source: imaging.SpacingPatient}}
	for i, tool := range records.Tools() {
		least, _ := tool.Points()
		points := []imaging.Point{{X: 10.25, Y: 11}, {X: 40, Y: 20}, {X: 12, Y: 40.5}, {X: 39, Y: 44}}[:least]
		values, basis, err := records.Measured(t.Context(), tool, points, records.Picture{Instance: in, Number: 1, Frame: frame})
		if err != nil {
			t.Fatal(err)
		}
		who := records.User{ID: "u1", Name: d.Author.Name, Role: records.RoleRadiologist}
		if tool == records.ToolAngle {
			who.Name = "另一位医生"
		}
		a, err := records.Annotate("2.25.77000"+string(rune('0'+i)), "2.25.78000"+string(rune('0'+i)), records.Annotation{Tool: tool, Ref: ref, Points: points, Values: values, Basis: basis, Label: "标注<" + string(tool)}, who, d.SignedAt)
		if err != nil {
			t.Fatal(err)
		}
		d.Annotations = append(d.Annotations, a)
	}
	return d
}

func TestWhatWasMeasuredByHandIsValidAndNamesItsDoctor(t *testing.T) {
	d := byHand(t)
	path := file(t, d)
	if out := tool(t, "dicom3tools", "dciodvfy", "-new", path); strings.Contains(out, "Error") {
		t.Errorf("dciodvfy:\n%s", out)
	}
	out := tool(t, "dcmtk", "dsrdump", "+U8", "+Pl", path)
	for _, want := range []string{`NUM:(,,"Length")=`, `NUM:(,,"Cobb angle")=`, `NUM:(,,"Cardiothoracic ratio")=`, `(,,"Derivation")=(386136009,SCT,"Standard Deviation")`,
		`=(ELLIPSE,10.25/15.5,40/15.5,25.125/11,25.125/20)`, `=(POINT,10.25/11)`, "另一位医生", "标注<length", "手工测量"} {
		if !strings.Contains(out, want) {
			t.Errorf("dsrdump does not show %s in\n%s", want, out)
		}
	}
	if strings.Contains(out, "标注<arrow") || strings.Contains(out, "标注<text") {
		t.Error("an arrow is stated as a measurement")
	}
}

func TestHighdicomReadsWhatWasMeasuredByHand(t *testing.T) {
	python := os.Getenv("LONGYING_PEERS")
	if python == "" || exec.Command(python, "-c", "import highdicom").Run() != nil {
		t.Skip("LONGYING_PEERS does not name a Python with highdicom; make peers makes one that has")
	}
	d := byHand(t)
	type group struct {
		Observation, Tracking, TrackingID string
		Statistics                        []struct {
			Name, Unit, Derivation string
			Value                  float64
			Lines                  [][][]float64
		}
		Kind string
	}
	var got []group
	out := tool(t, "highdicom", python, "testdata/measured.py", file(t, d))
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, a := range d.Annotations {
		if len(a.Values) == 0 {
			continue
		}
		i := slices.IndexFunc(got, func(g group) bool { return g.Observation == a.UID })
		if i < 0 {
			t.Errorf("%s is not there", a.Tool)
			continue
		}
		g := got[i]
		if g.Tracking != a.TrackingUID || g.TrackingID != a.TrackingID || len(g.Statistics) != len(a.Values) {
			t.Errorf("%s is %+v", a.Tool, g)
			continue
		}
		for k, m := range a.Values {
			s := g.Statistics[k]
			if s.Name != m.Concept.Meaning || s.Unit != m.Unit || s.Derivation != m.Derivation.Meaning || s.Value-m.Value > 1e-9 || m.Value-s.Value > 1e-9 {
				t.Errorf("%s: %+v, want %+v", a.Tool, s, m)
			}
			want := map[records.Tool]int{records.ToolCobb: 2, records.ToolThorax: 2, records.ToolLength: 1, records.ToolAngle: 1, records.ToolProbe: 1}[a.Tool]
			if len(s.Lines) != want || want > 0 && (s.Lines[0][0][0] != a.Points[0].X || s.Lines[0][0][1] != a.Points[0].Y) {
				t.Errorf("%s lies on %v", a.Tool, s.Lines)
			}
		}
		if want := map[records.Tool]string{records.ToolEllipse: "ELLIPSE", records.ToolPolygon: "POLYLINE"}[a.Tool]; g.Kind != want {
			t.Errorf("%s is a %q", a.Tool, g.Kind)
		}
	}
}

// onPlanes is byHand with everything measured on a coronal slab of 10 mm whose
// corner pixel is centred at (-100, 25, 300).
func onPlanes(t *testing.T) *records.Document {
	t.Helper()
	d := byHand(t)
	cut := &records.Cut{Plane: imaging.Plane{Position: imaging.Vec{-100, 25, 300}, Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 0, -1}, Frame: "2.25.555"},
		Space: imaging.Spacing{RowMM: 0.5, ColumnMM: 0.5, Source: imaging.SpacingPatient}, Slab: records.SlabMaximum, Thickness: 10, SOPUID: d.Findings[0].Ref.SOPUID, Number: 1}
	for i := range d.Annotations {
		a := &d.Annotations[i]
		a.Cut, a.Frame, a.Patient = cut, "2.25.555", nil
		a.Ref = imaging.Ref{StudyUID: a.Ref.StudyUID, SeriesUID: a.Ref.SeriesUID}
		for _, p := range a.Points {
			a.Patient = append(a.Patient, cut.Place(p))
		}
	}
	return d
}

func TestWhatWasMeasuredOnAReconstructedPlaneLeavesInThePatientsCoordinates(t *testing.T) {
	d := onPlanes(t)
	path := file(t, d)
	if out := tool(t, "dicom3tools", "dciodvfy", "-new", path); strings.Contains(out, "Error") {
		t.Errorf("dciodvfy:\n%s", out)
	}
	out := tool(t, "dcmtk", "dsrdump", "+U8", "+Pl", path)
	// Point (10.25, 11) is 9.75 and 10.5 pixels of 0.5 mm from the first pixel's centre.
	for _, want := range []string{`=(POINT,,-95.125/25/294.75)`, `=(POLYLINE,,-95.125/25/294.75,`, `=(POLYGON,,-95.125/25/294.75,`,
		`=(ELLIPSE,,-95.125/25/292.5,-80.25/25/292.5,`, "冠状面重建，最大密度投影 10 mm"} {
		if !strings.Contains(out, want) {
			t.Errorf("dsrdump does not show %s in\n%s", want, out)
		}
	}
	if n := strings.Count(out, "SCOORD3D"); n != 13 { // Cobb has two lines, the ratio two for each of its three numbers
		t.Errorf("%d shapes in the patient", n)
	}
}

func TestHighdicomReadsTheFrameOfReferenceOfAPlanesMeasurement(t *testing.T) {
	python := os.Getenv("LONGYING_PEERS")
	if python == "" || exec.Command(python, "-c", "import highdicom").Run() != nil {
		t.Skip("LONGYING_PEERS does not name a Python with highdicom; make peers makes one that has")
	}
	out := tool(t, "highdicom", python, "-c", `
import sys, highdicom as hd
r = hd.sr.srread(sys.argv[1])
g = r.content.get_planar_roi_measurement_groups()
print(sorted((x.roi.ValueType, x.roi.GraphicType, x.roi.ReferencedFrameOfReferenceUID, [round(float(v), 3) for v in x.roi.GraphicData[:3]]) for x in g if x.roi.ValueType == "SCOORD3D"))`, file(t, onPlanes(t)))
	for _, want := range []string{"('SCOORD3D', 'ELLIPSE', '2.25.555', [-95.125, 25.0, 292.5])", "('SCOORD3D', 'POLYGON', '2.25.555', [-95.125, 25.0, 294.75])"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not in %s", want, out)
		}
	}
}
