package dicomfile

import (
	"bytes"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
)

// stateFile is a file that render/testdata/states.py made with pydicom.
func stateFile(t testing.TB, name string) *File {
	t.Helper()
	f, err := Open(filepath.Join("..", "render", "testdata", "state", name+".dcm"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestAStateIsReadWithAllThatItSays(t *testing.T) {
	s, err := stateFile(t, "ps-annotated").PresentationState()
	if err != nil {
		t.Fatal(err)
	}
	if s.Label != "ANNOTATED" || s.Description != "测试状态 annotated" || s.Creator.Display() != "李娜" || s.Created.Format("2006-01-02 15:04:05") != "2026-01-03 10:11:12" {
		t.Errorf("%q %q %q %v", s.Label, s.Description, s.Creator.Display(), s.Created)
	}
	if !s.Has("2.25.7010", 1) || s.Has("2.25.7011", 1) || s.Images[0].SeriesUID != "2.25.7002" {
		t.Errorf("%+v", s.Images)
	}
	if s.Modality.Slope != 2 || s.Modality.Intercept != -1000 || *s.VOI("2.25.7010", 1) != (imaging.VOILUT{Center: 2000, Width: 3000}) || s.LUT.Inverse || s.LUT.Table != nil {
		t.Errorf("%+v %+v %+v", s.Modality, s.VOIs, s.LUT)
	}
	a := s.Area("2.25.7010", 1)
	if a == nil || a.Area != (imaging.Region{X0: 0, Y0: 0, X1: 64, Y1: 48}) || a.Mode != imaging.ScaleToFit || a.Aspect != 1 {
		t.Errorf("%+v", a)
	}
	if len(s.Layers) != 2 || s.Layers[0].Name != "BOTTOM" || *s.Layers[0].Grey != 40000 || s.Layers[0].Colour != nil || s.Layers[1].Colour == nil {
		t.Errorf("layers %+v", s.Layers)
	}
	var shapes []imaging.GraphicType
	for _, g := range s.Annotations[1].Graphics {
		shapes = append(shapes, g.Type)
	}
	if !reflect.DeepEqual(shapes, []imaging.GraphicType{"POLYLINE", "CIRCLE", "ELLIPSE", "INTERPOLATED", "POINT"}) {
		t.Error(shapes)
	}
	if g := s.Annotations[1].Graphics[1]; g.Units != imaging.UnitsPixel || !reflect.DeepEqual(g.Points, []imaging.Point{{X: 40, Y: 20}, {X: 48, Y: 20}}) {
		t.Errorf("%+v", g)
	}
	texts := s.Annotations[0].Texts
	if texts[0].Text != "结节 5 mm\nnodule" || texts[0].Box.Units != imaging.UnitsDisplay || texts[0].Box.Justify != "LEFT" || texts[0].Anchor != nil {
		t.Errorf("%+v %+v", texts[0], texts[0].Box)
	}
	if texts[1].Box != nil || *texts[1].Anchor != (imaging.Point{X: 40.5, Y: 20.5}) || !texts[1].AnchorVisible {
		t.Errorf("%+v", texts[1])
	}
}

func TestPartsOfAStateAreForTheImagesTheyName(t *testing.T) {
	s, err := stateFile(t, "ps-per-image").PresentationState()
	if err != nil {
		t.Fatal(err)
	}
	if s.VOI("2.25.7010", 1).Center != 2000 || s.VOI("2.25.7011", 1).Center != -500 || s.VOI("2.25.7012", 1) != nil {
		t.Errorf("%+v", s.VOIs)
	}
	if s, err = stateFile(t, "ps-frame").PresentationState(); err != nil {
		t.Fatal(err)
	}
	if s.Has("2.25.7016", 1) || !s.Has("2.25.7016", 2) || !s.Has("2.25.7016", 3) {
		t.Errorf("%+v", s.Images)
	}
}

func TestAStateOfAnotherKindIsNamedAndRefused(t *testing.T) {
	for name, want := range map[string]string{"ps-color": "Color Softcopy", "ps-pseudo-color": "Pseudo-Color Softcopy"} {
		_, err := stateFile(t, name).PresentationState()
		var se *StateError
		if !errors.As(err, &se) || se.Detail != "" || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Error(err)
		}
	}
	if _, err := stateFile(t, "plain").PresentationState(); err == nil || !strings.Contains(err.Error(), "SOP class") {
		t.Error(err)
	}
}

// Each mistake refuses the whole state, and the reason names it.
func TestAMalformedStateIsRefusedWithItsReason(t *testing.T) {
	first := func(ds *Dataset, tags ...Tag) *Dataset {
		for _, tag := range tags {
			ds = ds.Item(tag)
		}
		return ds
	}
	for _, c := range []struct {
		state, reason string
		spoil         func(ds *Dataset)
	}{
		{"window", "names no image", func(ds *Dataset) { ds.Sequence(TagReferencedSeries) }},
		{"window", "SOP Instance UID", func(ds *Dataset) {
			first(ds, TagReferencedSeries, TagReferencedImage).Delete(TagReferencedSOPInstance)
		}},
		{"window", "Rescale Slope", func(ds *Dataset) { ds.Delete(TagRescaleSlope) }},
		{"window", `is "0"`, func(ds *Dataset) { ds.String(TagRescaleSlope, "DS", "0") }},
		{"modality-lut", "of which one is allowed", func(ds *Dataset) { ds.Float(TagRescaleSlope, "DS", 1) }},
		{"modality-lut", "contradicts its descriptor", func(ds *Dataset) {
			first(ds, TagModalityLUTSequence).Bytes(TagLUTData, "OW", []byte{1, 2})
		}},
		{"window", "Window Width", func(ds *Dataset) { first(ds, TagSoftcopyVOILUT).Float(TagWindowWidth, "DS", 0.5) }},
		{"window", "Window Width", func(ds *Dataset) { first(ds, TagSoftcopyVOILUT).Delete(TagWindowWidth) }},
		{"window", "Window Center", func(ds *Dataset) { first(ds, TagSoftcopyVOILUT).Float(TagWindowCenter, "DS", 1, 2) }},
		{"sigmoid", `"PARABOLA"`, func(ds *Dataset) { first(ds, TagSoftcopyVOILUT).String(TagVOILUTFunction, "CS", "PARABOLA") }},
		{"per-image", "two VOI LUTs", func(ds *Dataset) { first(ds, TagSoftcopyVOILUT).Delete(TagReferencedImage) }},
		{"per-image", "not about", func(ds *Dataset) {
			first(ds, TagSoftcopyVOILUT, TagReferencedImage).String(TagReferencedSOPInstance, "UI", "2.25.9")
		}},
		{"window", "Presentation LUT Shape", func(ds *Dataset) { ds.Delete(TagPresentationLUTShape) }},
		{"window", `"LIN OD"`, func(ds *Dataset) { ds.String(TagPresentationLUTShape, "CS", "LIN OD") }},
		{"rectangular", "Shutter Left", func(ds *Dataset) { ds.Delete(TagShutterLeft) }},
		{"rectangular", "leaves nothing open", func(ds *Dataset) { ds.Int(TagShutterLeft, "IS", 60) }},
		{"rectangular", "Presentation Value", func(ds *Dataset) { ds.Delete(TagShutterPresentation) }},
		{"circular", "Radius", func(ds *Dataset) { ds.Int(TagShutterRadius, "IS", -1) }},
		{"polygonal", "Vertices", func(ds *Dataset) { ds.Int(TagShutterVertices, "IS", 1, 1, 2, 2, 3) }},
		{"polygonal", `"HEXAGONAL"`, func(ds *Dataset) { ds.String(TagShutterShape, "CS", "HEXAGONAL") }},
		{"bitmap", "does not have", func(ds *Dataset) { ds.Int(TagShutterOverlay, "US", 0x6008) }},
		{"bitmap", "cut short", func(ds *Dataset) { ds.Bytes(NewTag(0x6004, overlayData), "OW", []byte{1, 2}) }},
		{"own-overlay", "does not exist", func(ds *Dataset) { first(ds, TagGraphicLayers).String(TagGraphicLayer, "CS", "OTHER") }},
		{"annotated", "two have the name", func(ds *Dataset) { first(ds, TagGraphicLayers).String(TagGraphicLayer, "CS", "BOTTOM") }},
		{"annotated", "does not exist", func(ds *Dataset) { first(ds, TagGraphicAnnotation).String(TagGraphicLayer, "CS", "NOWHERE") }},
		{"annotated", "neither a box nor an anchor", func(ds *Dataset) {
			first(ds, TagGraphicAnnotation, TagTextObjects).Delete(TagBoundingBoxTopLeft, TagBoundingBoxBottomRight)
		}},
		{"annotated", "Bounding Box Bottom", func(ds *Dataset) {
			first(ds, TagGraphicAnnotation, TagTextObjects).Delete(TagBoundingBoxBottomRight)
		}},
		{"annotated", `"INCHES"`, func(ds *Dataset) {
			first(ds, TagGraphicAnnotation, TagGraphicObjects).String(TagGraphicUnits, "CS", "INCHES")
		}},
		{"annotated", `"SPIRAL"`, func(ds *Dataset) {
			first(ds, TagGraphicAnnotation, TagGraphicObjects).String(TagGraphicType, "CS", "SPIRAL")
		}},
		{"annotated", "do not go together", func(ds *Dataset) {
			first(ds, TagGraphicAnnotation, TagGraphicObjects).Float(TagGraphicData, "FL", 1, 2, 3)
		}},
		{"annotated", "do not go together", func(ds *Dataset) {
			first(ds, TagGraphicAnnotation, TagGraphicObjects).String(TagGraphicType, "CS", "CIRCLE").Int(TagGraphicPoints, "US", 3)
		}},
		{"window", "Displayed Area", func(ds *Dataset) { ds.Delete(TagDisplayedArea) }},
		{"window", `"HUGE"`, func(ds *Dataset) { first(ds, TagDisplayedArea).String(TagPresentationSizeMode, "CS", "HUGE") }},
		{"window", "true size", func(ds *Dataset) { first(ds, TagDisplayedArea).String(TagPresentationSizeMode, "CS", "TRUE SIZE") }},
		{"part", "Magnification", func(ds *Dataset) { first(ds, TagDisplayedArea).Float(TagPresentationMagnification, "FL", 0) }},
		{"window", "aspect ratio", func(ds *Dataset) { first(ds, TagDisplayedArea).Delete(TagPresentationAspect) }},
		{"turn-90-n", "Image Rotation", func(ds *Dataset) { ds.Int(TagImageRotation, "US", 45) }},
		{"turn-90-n", "Image Horizontal Flip", func(ds *Dataset) { ds.String(TagImageHorizontalFlip, "CS", "MAYBE") }},
		{"window", "subtraction of a mask", func(ds *Dataset) {
			ds.Sequence(TagMaskSubtraction, NewDataset().String(NewTag(0x28, 0x6101), "CS", "NONE"))
		}},
	} {
		ds, err := stateFile(t, "ps-"+c.state).Dataset()
		if err != nil {
			t.Fatal(err)
		}
		c.spoil(ds)
		s, err := opened(t, written(t, ds)).PresentationState()
		var se *StateError
		if s != nil || !errors.As(err, &se) || !strings.Contains(se.Detail, c.reason) {
			t.Errorf("%s: %v; want a refusal because of %q", c.state, err, c.reason)
		}
	}
}

// Overlays of a frame against the bits that states.py packed with numpy.
func TestOverlaysLieOverTheFramesTheyAreFor(t *testing.T) {
	at := func(name string, n int) []imaging.Overlay {
		frame, err := stateFile(t, name).Frame(t.Context(), codec.Local{}, n)
		if err != nil {
			t.Fatal(err)
		}
		return frame.Overlays
	}
	if got := at("frames", 1); len(got) != 0 {
		t.Errorf("frame 1: %+v", got)
	}
	// Origin at row 5, column 11; the planes of 63 bits follow one another inside a byte.
	for n, c := range map[int]struct{ on, off [2]int }{2: {[2]int{12, 5}, [2]int{11, 5}}, 3: {[2]int{10, 8}, [2]int{13, 8}}} {
		got := at("frames", n)
		if len(got) != 1 || !got[0].At(c.on[0], c.on[1]) || got[0].At(c.off[0], c.off[1]) || got[0].Note != "" {
			t.Errorf("frame %d: %+v", n, got)
		}
	}
	o := at("overlays", 1)
	if len(o) != 2 || o[0].Label != "beyond" || o[0].Row != -4 || o[0].Column != 50 || !o[0].At(49, -5) || o[0].At(50, -5) || o[0].At(49+30, 0) {
		t.Errorf("%+v", o)
	}
	e := at("embedded", 1)
	if len(e) != 1 || !e[0].Embedded || !e[0].At(0, 0) || e[0].At(8, 0) || !e[0].At(8, 8) {
		t.Errorf("%+v", e)
	}
}

func TestAnOverlayThatCannotBeHadSaysWhyAndThePictureIsShown(t *testing.T) {
	for _, c := range []struct {
		file, note string
		change     func(ds *Dataset)
	}{
		{"overlays", "cut short: it holds 16 of 600", func(ds *Dataset) { ds.Bytes(NewTag(0x6000, overlayData), "OW", []byte{1, 2}) }},
		{"overlays", "is none", func(ds *Dataset) { ds.Int(NewTag(0x6000, overlayRows), "US", 0) }},
		{"overlays", "of 8 bits", func(ds *Dataset) { ds.Int(NewTag(0x6000, overlayBitsAllocated), "US", 8) }},
		{"embedded", "not an unused bit", func(ds *Dataset) { ds.Int(NewTag(0x6000, overlayBitPosition), "US", 3) }},
		{"embedded", "does not lie", func(ds *Dataset) { ds.Int(NewTag(0x6000, overlayRows), "US", 9) }},
	} {
		ds, err := stateFile(t, c.file).Dataset()
		if err != nil {
			t.Fatal(err)
		}
		c.change(ds)
		frame, err := opened(t, written(t, ds)).Frame(t.Context(), codec.Local{}, 1)
		if err != nil || len(frame.Overlays) == 0 || !strings.Contains(frame.Overlays[0].Note, c.note) {
			t.Errorf("%s, %s: %v %+v", c.file, c.note, err, frame)
		}
	}
}

func TestAnOverlayOverTheHeadersLimitIsReadWithItsFrame(t *testing.T) {
	const n = 1300 // 211 KB of bits
	data := make([]byte, n*n/8+2)
	data[(n*n-1)/8] = 1 << ((n*n - 1) % 8)
	var b bytes.Buffer
	ds := sample(1, func(ds *Dataset) {
		ds.Int(NewTag(0x6002, overlayRows), "US", n).Int(NewTag(0x6002, overlayColumns), "US", n).
			Int(NewTag(0x6002, overlayOrigin), "SS", 1, 1).Bytes(NewTag(0x6002, overlayData), "OW", data[:n*n/8+n*n/8%2])
	})
	if err := Write(&b, ds); err != nil {
		t.Fatal(err)
	}
	frame, err := opened(t, b.Bytes()).Frame(t.Context(), codec.Local{}, 1)
	if err != nil || len(frame.Overlays) != 1 || !frame.Overlays[0].At(n-1, n-1) || frame.Overlays[0].At(n-2, n-1) {
		t.Errorf("%v", err)
	}
}
