package seg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
	"longying/records/sr"
)

const ct = "1.2.840.10008.5.1.4.1.1.2"

// document is the fixture that all encoders share.
func document(t *testing.T) *records.Document {
	t.Helper()
	b, err := os.ReadFile("../report/testdata/document.json")
	if err != nil {
		t.Fatal(err)
	}
	var d records.Document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// blob is a mask of a size that is no whole number of bytes, with a shape that is
// not symmetric.
func blob(columns, rows, x0, y0, w, h int) []bool {
	in := make([]bool, columns*rows)
	for y := y0; y < y0+h; y++ {
		for x := x0; x < x0+w-(y-y0)/2; x++ {
			in[y*columns+x] = true
		}
	}
	return in
}

// onSlices are masks of both findings on three slices of the document's CT, 13 by
// 11 pixels.
func onSlices(d *records.Document) []Segment {
	series := d.Series[0].UID
	at := func(n int, in []bool) Frame {
		return Frame{Ref: imaging.Ref{StudyUID: d.Examination.StudyUID, SeriesUID: series, SOPUID: fmt.Sprintf("%s.%d", series, n), SOPClass: ct, Frame: 1},
			Columns: 13, Rows: 11, In: in, Space: imaging.Spacing{RowMM: 0.75, ColumnMM: 0.5, Source: imaging.SpacingSource("pixel-spacing")}, Thickness: 2.5,
			Plane: &imaging.Plane{Position: imaging.Vec{-100, -120.5, float64(n) * 2.5}, Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 1, 0}, Frame: "1.2.826.0.1.3680043.8.498.900"}}
	}
	return []Segment{
		{Finding: &d.Findings[0], Frames: []Frame{at(1, blob(13, 11, 2, 1, 5, 4)), at(2, blob(13, 11, 1, 1, 7, 6)), at(3, blob(13, 11, 3, 3, 2, 2))}},
		{Finding: &d.Findings[1], Frames: []Frame{at(2, blob(13, 11, 9, 7, 3, 3))}},
	}
}

// onFilm is one mask on a radiograph, which has no place in the patient.
func onFilm(d *records.Document) []Segment {
	s := onSlices(d)[:1]
	s[0].Frames = s[0].Frames[:1]
	f := &s[0].Frames[0]
	f.Plane, f.Thickness, f.Ref.SOPClass = nil, 0, "1.2.840.10008.5.1.4.1.1.1"
	return s
}

// onClip are masks on two frames of one multi-frame ultrasound.
func onClip(d *records.Document) []Segment {
	s := onSlices(d)[:1]
	s[0].Frames = s[0].Frames[:2]
	for i := range s[0].Frames {
		f := &s[0].Frames[i]
		f.Plane, f.Thickness, f.Ref.SOPClass, f.MultiFrame, f.Ref.SOPUID, f.Ref.Frame = nil, 0, "1.2.840.10008.5.1.4.1.1.3.1", true, d.Series[0].UID+".7", 3+4*i
	}
	return s
}

func encode(t *testing.T, d *records.Document, segments []Segment) []byte {
	t.Helper()
	objects := Split(segments)
	if len(objects) != 1 {
		t.Fatalf("%d objects", len(objects))
	}
	var b bytes.Buffer
	if err := Encode(d, objects[0], 1, composite.Default(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(t *testing.T, raw []byte) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), "seg.dcm")
	if err := os.WriteFile(f, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

// tool runs a checker of another project. Without it the test is skipped, and
// fails in CI.
func tool(t *testing.T, pkg, name string, args ...string) string {
	t.Helper()
	bin, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: install %s", name, pkg)
		}
		t.Skipf("%s is missing: install %s", name, pkg)
	}
	out, err := exec.Command(bin, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func variants(t *testing.T) map[string]func(*records.Document) []Segment {
	return map[string]func(*records.Document) []Segment{"slices": onSlices, "film": onFilm, "clip": onClip}
}

func TestTheObjectIsValid(t *testing.T) {
	for name, of := range variants(t) {
		d := document(t)
		out := tool(t, "dicom3tools", "dciodvfy", "-new", file(t, encode(t, d, of(d))))
		if strings.Contains(out, "Error") || !strings.Contains(out, "Segmentation") {
			t.Errorf("%s: dciodvfy:\n%s", name, out)
		}
		t.Logf("%s: %s", name, out)
	}
}

// dcentvfy holds the patient, study, series and instances of several files
// against one another.
func TestReportAndSegmentationAreOfOneStudy(t *testing.T) {
	d := document(t)
	var report bytes.Buffer
	if err := sr.Encode(d, sr.Default(), &report); err != nil {
		t.Fatal(err)
	}
	out := tool(t, "dicom3tools", "dcentvfy", file(t, report.Bytes()), file(t, encode(t, d, onSlices(d))))
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		// It takes the number in the request that the report answers, which is in a
		// sequence, for one of the series.
		if line != "" && !strings.HasPrefix(line, "Warning - Different information entities for attribute - Element=<AccessionNumber> IE <Study> versus <Series>") {
			t.Errorf("dcentvfy: %s", line)
		}
	}
}

// Our own reader gives back each frame bit by bit.
func TestEveryPixelComesBack(t *testing.T) {
	for name, of := range variants(t) {
		d := document(t)
		segments := of(d)
		f, err := dicomfile.Open(file(t, encode(t, d, segments)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		n := 0
		for _, s := range segments {
			for _, want := range s.Frames {
				n++
				got, err := f.Frame(context.Background(), codec.Local{}, n)
				if err != nil {
					t.Fatal(err)
				}
				for i, in := range want.In {
					if (got.At(i) != 0) != in {
						t.Fatalf("%s: frame %d differs at pixel %d", name, n, i)
					}
				}
			}
		}
		if f.Instance().Pixels.Frames != n {
			t.Errorf("%s: %d frames, %d written", name, f.Instance().Pixels.Frames, n)
		}
	}
}

func TestASegmentIsTheFindingWithWhoConfirmedIt(t *testing.T) {
	d := document(t)
	f, err := dicomfile.Open(file(t, encode(t, d, onSlices(d))))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ds, err := f.Dataset()
	if err != nil {
		t.Fatal(err)
	}
	items := ds.Items(tagSegments)
	if len(items) != 2 {
		t.Fatalf("%d segments", len(items))
	}
	model, manual := items[0], items[1]
	id := model.Item(tagAlgorithmIdentified)
	for _, x := range []struct{ what, got, want string }{
		{"type", model.Text(tagAlgorithmType), "SEMIAUTOMATIC"},
		{"name", id.Text(tagAlgorithmName), "lung-nodule"},
		{"version", id.Text(tagAlgorithmVersion), "1.0.0"},
		{"hash", id.Text(tagAlgorithmParameters), "model sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		{"description", model.Text(tagSegmentDescription), "Proposed by lung-nodule 1.0.0, confirmed by 张医生, 20261124101000+0800 (模型提示,经医师确认)"},
		{"tracking UID", model.Text(tagTrackingUID), d.Findings[0].TrackingUID},
		{"tracking ID", model.Text(tagTrackingID), "病灶 1"},
		{"property", model.Item(tagPropertyType).Text(dicomfile.TagCodeValue), "427359005"},
		{"site", model.Item(tagAnatomicRegion).Text(dicomfile.TagCodeValue), "45653009"},
		{"side", model.Item(tagAnatomicRegion).Item(tagAnatomicModifier).Text(dicomfile.TagCodeValue), "24028007"},
		{"manual type", manual.Text(tagAlgorithmType), "MANUAL"},
		{"patient", ds.Text(dicomfile.TagPatientName), "Ouyang^Boyu=欧阳^·𬭸㛃"},
		{"overlap", ds.Text(tagSegmentsOverlap), "NO"},
	} {
		if x.got != x.want {
			t.Errorf("%s = %q, want %q", x.what, x.got, x.want)
		}
	}
	if manual.Has(tagAlgorithmIdentified) {
		t.Error("a manual segment names an algorithm")
	}
	over := onSlices(d)
	over[1].Frames[0].In = over[0].Frames[1].In
	if raw := encode(t, d, over); !bytes.Contains(raw, []byte("YES")) {
		t.Error("overlapping segments are not said to overlap")
	}
}

// highdicom is a second reader: the same pixels, and the same volume in mm³.
func TestHighdicomReadsTheSameMasks(t *testing.T) {
	python := os.Getenv("LONGYING_PEERS")
	if python == "" {
		t.Skip("LONGYING_PEERS does not name a Python with highdicom; make conformance does")
	}
	if exec.Command(python, "-c", "import highdicom").Run() != nil {
		t.Skip("the Python of LONGYING_PEERS has no highdicom; make peers makes one that has")
	}
	for name, of := range variants(t) {
		d := document(t)
		segments := of(d)
		out, err := exec.Command(python, "testdata/read.py", file(t, encode(t, d, segments))).Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%s: %v\n%s", name, err, exit.Stderr)
		}
		var got []struct {
			Label, Type, Algorithm, Tracking, TrackingID, Property string
			Frames                                                 []struct {
				SOP    string
				Frame  int
				Pixels []int
			}
			Volume *float64
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		if len(got) != len(segments) {
			t.Fatalf("%s: %d segments of %d", name, len(got), len(segments))
		}
		for i, s := range segments {
			g, f := got[i], s.Finding
			wantType, algorithm := "MANUAL", ""
			if f.Model != nil {
				wantType, algorithm = "SEMIAUTOMATIC", f.Model.ID+" "+f.Model.Version
			}
			if g.Label != f.Label.Zh || g.Type != wantType || g.Algorithm != algorithm || g.Tracking != f.TrackingUID || g.TrackingID != f.TrackingID || len(g.Frames) != len(s.Frames) {
				t.Errorf("%s: segment %d is %+v", name, i, g)
			}
			count := 0
			for k, want := range s.Frames {
				var pixels []int
				for at, in := range want.In {
					if in {
						pixels = append(pixels, at)
					}
				}
				count += len(pixels)
				number := 0
				if want.MultiFrame {
					number = want.Ref.Frame
				}
				if h := g.Frames[k]; h.SOP != want.Ref.SOPUID || h.Frame != number || !slices.Equal(h.Pixels, pixels) {
					t.Errorf("%s: segment %d frame %d is %+v", name, i, k, h)
				}
			}
			if p := s.Frames[0].Plane; p != nil && len(s.Frames) > 1 {
				if mm := float64(count) * 0.75 * 0.5 * 2.5; g.Volume == nil || math.Abs(*g.Volume-mm) > 1e-6*mm {
					t.Errorf("%s: volume %v, want %g", name, g.Volume, mm)
				}
			}
		}
	}
}

func TestWhatIsNotStatedIsNoSegment(t *testing.T) {
	for _, x := range []struct {
		rule   string
		break_ func(*records.Document, *Object)
		says   string
	}{
		{"proposed only", func(d *records.Document, _ *Object) { d.Findings[0].State = records.FindingProposed }, "proposed"},
		{"another version", func(d *records.Document, o *Object) {
			f := *o.Segments[0].Finding
			f.Version++
			o.Segments[0].Finding = &f
		}, "no finding that the report states"},
		{"another size", func(d *records.Document, o *Object) {
			o.Segments[0].Frames[1].Columns, o.Segments[0].Frames[1].Rows = 11, 13
		}, "several sizes"},
		{"half a mask", func(d *records.Document, o *Object) { o.Segments[0].Frames[0].In = o.Segments[0].Frames[0].In[:9] }, "does not fill"},
		{"nothing", func(d *records.Document, o *Object) { o.Segments = nil }, "no segment"},
	} {
		d := document(t)
		o := Split(onSlices(d))[0]
		x.break_(d, &o)
		var b bytes.Buffer
		if err := Encode(d, o, 1, composite.Default(), &b); err == nil || !strings.Contains(err.Error(), x.says) || b.Len() > 0 {
			t.Errorf("%s: wrote %d bytes, %v", x.rule, b.Len(), err)
		}
	}
}

func TestFramesOfTwoSeriesAreTwoObjects(t *testing.T) {
	d := document(t)
	s := onSlices(d)
	other := s[1].Frames[0]
	other.Ref.SeriesUID += ".9"
	s[1].Frames = []Frame{other}
	if got := Split(s); len(got) != 2 || got[0].SeriesUID == got[1].SeriesUID {
		t.Errorf("%d objects", len(got))
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	d, again := document(t), document(t)
	again.SignedAt = again.SignedAt.UTC()
	if !bytes.Equal(encode(t, d, onSlices(d)), encode(t, again, onSlices(again))) {
		t.Error("the same instant in another zone gave other bytes")
	}
}
