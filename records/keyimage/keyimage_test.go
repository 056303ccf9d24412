package keyimage

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
	"longying/records"
	"longying/records/composite"
	"longying/records/report"
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

// slice is a CT slice of a ramp, 180 x 160, stored with an intercept of -1024,
// and the key image of the document's first finding on it.
func slice(d *records.Document) (*imaging.Frame, *imaging.Instance, Image) {
	f := &imaging.Frame{Rows: 160, Columns: 180, Samples: 1, BitsStored: 16, Photometric: "MONOCHROME2", Uint16: make([]uint16, 160*180)}
	for i := range f.Uint16 {
		f.Uint16[i] = uint16(i % 180 * 12)
	}
	ref := d.Findings[0].Ref
	inst := &imaging.Instance{SOPInstanceUID: ref.SOPUID, SOPClassUID: ct, SeriesUID: ref.SeriesUID, Modality: "CT",
		Pixels:      imaging.PixelDescription{Rows: 160, Columns: 180, Frames: 1, Samples: 1, BitsAllocated: 16, BitsStored: 16, HighBit: 15, Photometric: "MONOCHROME2"},
		ModalityLUT: imaging.ModalityLUT{Slope: 1, Intercept: -1024, Type: "HU"}}
	return f, inst, Image{Ref: ref, Columns: 180, Rows: 160, Modality: inst.ModalityLUT,
		Window: imaging.VOILUT{Center: 40, Width: 400, Function: "LINEAR"}, Findings: d.Findings[:1]}
}

func file(t *testing.T, raw []byte) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), "key.dcm")
	if err := os.WriteFile(f, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func state(t *testing.T, d *records.Document, im Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := State(d, im, 1, composite.Default(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t *testing.T, raw []byte) *dicomfile.File {
	t.Helper()
	f, err := dicomfile.Open(file(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
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

func variants(d *records.Document) map[string]Image {
	_, _, plain := slice(d)
	film := plain
	film.Ref.SOPClass, film.Inverted, film.Aspect = "1.2.840.10008.5.1.4.1.1.1", true, [2]int{3, 4}
	film.Modality = imaging.ModalityLUT{Table: &imaging.LUT{First: -5, Bits: 16, Entries: []uint16{0, 7, 65535}}, Type: "OD"}
	film.Window = imaging.VOILUT{Table: &imaging.LUT{First: 0, Bits: 16, Entries: []uint16{0, 1000, 65535}}}
	clip := plain
	clip.Ref.SOPClass, clip.MultiFrame, clip.Ref.Frame = "1.2.840.10008.5.1.4.1.1.2.1", true, 7
	bare := plain
	bare.Findings = nil
	return map[string]Image{"slice": plain, "film": film, "frame": clip, "without a finding": bare}
}

func TestTheStateIsValid(t *testing.T) {
	d := document(t)
	for name, im := range variants(d) {
		out := tool(t, "dicom3tools", "dciodvfy", "-new", file(t, state(t, d, im)))
		if strings.Contains(out, "Error") || !strings.Contains(out, "GrayscaleSoftcopyPresentationState") {
			t.Errorf("%s: dciodvfy:\n%s", name, out)
		}
		t.Logf("%s: %s", name, out)
	}
}

// What is written is what is read, and gives the picture that was meant: the
// window over the ramp, and the outline of the finding in the layer's colour.
func TestTheStateIsAppliedAgain(t *testing.T) {
	d := document(t)
	frame, inst, im := slice(d)
	s, err := open(t, state(t, d, im)).PresentationState()
	if err != nil {
		t.Fatal(err)
	}
	if err := render.Applicable(s, frame, inst, 1); err != nil {
		t.Fatal(err)
	}
	if v := s.VOI(inst.SOPInstanceUID, 1); v == nil || v.Center != 40 || v.Width != 400 || s.Modality.Intercept != -1024 || s.Modality.Slope != 1 {
		t.Errorf("window %+v, modality %+v", v, s.Modality)
	}
	a := s.Area(inst.SOPInstanceUID, 1)
	if a == nil || len(s.Annotations) != 1 || len(s.Annotations[0].Texts) != 1 || s.Annotations[0].Texts[0].Text != "肺结节 8.2 mm" {
		t.Fatalf("area %+v, annotations %+v", a, s.Annotations)
	}
	l := s.Layer(s.Annotations[0].Layer)
	if l == nil || l.Colour == nil || l.Description != "lung-nodule 1.0.0, confirmed by 张医生" {
		t.Fatalf("layer %+v", l)
	}
	for i, want := range [3]int{255, 214, 0} {
		if got := int(l.Colour[i]); got < want-2 || got > want+2 {
			t.Errorf("the layer is %v", *l.Colour)
		}
	}
	face, err := render.NewTypeface(report.Font())
	if err != nil {
		t.Fatal(err)
	}
	shown, err := render.Present(frame, inst, 1, render.Presentation{State: s}, face)
	if err != nil {
		t.Fatal(err)
	}
	window := im.Window
	plain, err := render.Image(frame, inst, 1, render.Presentation{Window: &window})
	if err != nil {
		t.Fatal(err)
	}
	if shown.Bounds().Dx() != 180 || shown.Bounds().Dy() != 160 {
		t.Fatalf("the picture is %v", shown.Bounds())
	}
	// Far from the marks both agree; on the outline's left edge the layer's colour
	// stands.
	same, marked := 0, 0
	for y := range 160 {
		r1, _, _, _ := shown.At(20, y).RGBA()
		r2, _, _, _ := plain.At(20, y).RGBA()
		if r1>>8 == r2>>8 {
			same++
		}
	}
	for y := 125; y < 145; y++ {
		for x := 98; x <= 103; x++ {
			if c := color.RGBAModel.Convert(shown.At(x, y)).(color.RGBA); int(c.R) > int(c.B)+60 {
				marked++
				break
			}
		}
	}
	if same != 160 || marked != 20 {
		t.Errorf("%d of 160 pixels agree, the outline is seen in %d of 20 rows", same, marked)
	}
}

func TestTablesComeBackEntryForEntry(t *testing.T) {
	d := document(t)
	im := variants(d)["film"]
	s, err := open(t, state(t, d, im)).PresentationState()
	if err != nil {
		t.Fatal(err)
	}
	m, v := s.Modality.Table, s.VOIs[0].VOI.Table
	if m == nil || m.First != -5 || len(m.Entries) != 3 || m.Entries[2] != 65535 || v == nil || v.Entries[1] != 1000 || !s.LUT.Inverse {
		t.Errorf("modality %+v, VOI %+v, inverse %v", m, v, s.LUT.Inverse)
	}
}

func TestACaptureSaysWhatIsBurnedInAndOfWhatItIsMade(t *testing.T) {
	d := document(t)
	_, _, im := slice(d)
	picture := image.NewRGBA(image.Rect(3, 4, 3+31, 4+17))
	for y := 4; y < 21; y++ {
		for x := 3; x < 34; x++ {
			picture.SetRGBA(x, y, color.RGBA{uint8(x * 7), uint8(y * 11), uint8(x ^ y), 255})
		}
	}
	for _, identified := range []bool{false, true} {
		im.Source = Source{Identified: identified, LossyCompression: true, LossyRatio: 12.5, Orientation: [2]string{"L", "F"}}
		var b bytes.Buffer
		if err := Capture(d, im, picture, 1, composite.Default(), &b); err != nil {
			t.Fatal(err)
		}
		out := tool(t, "dicom3tools", "dciodvfy", "-new", file(t, b.Bytes()))
		if strings.Contains(out, "Error") || !strings.Contains(out, "SCImage") {
			t.Errorf("dciodvfy:\n%s", out)
		}
		f := open(t, b.Bytes())
		ds, err := f.Dataset()
		if err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{false: "NO", true: "YES"}[identified]
		if got := ds.Text(tagBurnedIn); got != want {
			t.Errorf("burned in: %s, want %s", got, want)
		}
		if s := ds.Text(dicomfile.TagDerivationDescription); !strings.Contains(s, "lung-nodule 1.0.0, confirmed by 张医生") || ds.Item(tagSourceImage).Text(dicomfile.TagReferencedSOPInstance) != im.Ref.SOPUID {
			t.Errorf("derivation %q", s)
		}
		got, err := f.Frame(t.Context(), codec.Local{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got.Uint8 {
			p := picture.Pix[i/3*4+i%3]
			if v != p {
				t.Fatalf("sample %d is %d, was %d", i, v, p)
			}
		}
	}
}

func TestAFindingThatTheReportDoesNotStateIsNotMarked(t *testing.T) {
	d := document(t)
	_, _, im := slice(d)
	other := d.Findings[0]
	other.Version++
	im.Findings = []records.Finding{other}
	var b bytes.Buffer
	if err := State(d, im, 1, composite.Default(), &b); err == nil || b.Len() > 0 {
		t.Errorf("another version was written: %v", err)
	}
	d.Findings[0].State = records.FindingProposed
	var r *records.RefusedError
	if err := Capture(d, im, image.NewGray(image.Rect(0, 0, 4, 4)), 1, composite.Default(), &b); !errors.As(err, &r) || b.Len() > 0 {
		t.Errorf("what is only proposed was written: %v", err)
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	d, again := document(t), document(t)
	again.SignedAt = again.SignedAt.UTC()
	_, _, im := slice(d)
	if !bytes.Equal(state(t, d, im), state(t, again, im)) {
		t.Error("the same instant in another zone gave other bytes")
	}
}
