package render

import (
	"errors"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"longying/imaging"
)

func typeface(t testing.TB) *Typeface {
	t.Helper()
	face, err := NewTypeface(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	return face
}

func presented(t *testing.T, name string, s *imaging.PresentationState) *image.RGBA {
	t.Helper()
	f, in := stored(t, name, 1)
	got, err := Present(f, in, 1, Presentation{State: s}, typeface(t))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The fast way through a table equals every value worked out one by one.
func TestATableHoldsTheShadeOfEveryValue(t *testing.T) {
	frames := []*imaging.Frame{
		grey16(1, 0), {Rows: 1, Columns: 1, Samples: 1, BitsStored: 12, Int16: []int16{0}},
		{Rows: 1, Columns: 1, Samples: 1, BitsStored: 8, Uint8: []uint8{0}}, {Rows: 1, Columns: 1, Samples: 1, BitsStored: 7, Int8: []int8{0}},
	}
	for _, f := range frames {
		for _, function := range []imaging.VOIFunction{"", imaging.VOILinearExact, imaging.VOISigmoid} {
			for _, w := range []float64{1, 2.5, 4096, 1e6} {
				for _, c := range []float64{-3000, 100.5} {
					for _, slope := range []float64{0, -2.5, 0.01} {
						for _, invert := range []bool{false, true} {
							g := greyscale{modality: imaging.ModalityLUT{Slope: slope, Intercept: -10}, voi: imaging.VOILUT{Center: c, Width: w, Function: function}, invert: invert}
							got := g.table(f)
							lo, hi := storedRange(f)
							for v := lo; v <= hi; v++ {
								if want := g.shade(float64(v)); got[v&(len(got)-1)] != want {
									t.Fatalf("%+v: value %d is %d, want %d", g, v, got[v&(len(got)-1)], want)
								}
							}
						}
					}
				}
			}
		}
	}
}

// PS3.3 C.11.6: the input range of the table is its entries, whatever the bits
// of the window's output.
func TestAPresentationLUTStretchesOverTheWindow(t *testing.T) {
	g := greyscale{voi: imaging.VOILUT{Center: 128, Width: 256}, lut: imaging.PresentationLUT{Table: &imaging.LUT{Entries: []uint16{1023, 0, 341}, Bits: 10}}}
	for v, want := range map[float64]uint8{-5: 255, 0: 255, 63: 255, 64: 0, 191: 0, 192: 85, 255: 85, 999: 85} {
		if got := g.shade(v); got != want {
			t.Errorf("%g: %d, want %d", v, got, want)
		}
	}
}

func TestAStatesShutterHidesInItsOwnGrey(t *testing.T) {
	for name, shade := range map[string]uint8{"rectangular": 30000 / 257, "circular": 255, "polygonal": 0, "shutters": 12345 / 257, "bitmap": 20000 / 257} {
		s := state(t, name)
		plain := *s
		plain.Shutter = nil
		open, hidden := presented(t, "plain", &plain), presented(t, "plain", s)
		seen := 0
		for y := range 48 {
			for x := range 64 {
				want := open.RGBAAt(x, y)
				bitmap := name == "bitmap" && (x < 12 || x*y%11 == 3) // as states.py made it: 1 hides
				if !s.Shutter.Seen(x, y) || bitmap {
					want = color.RGBA{shade, shade, shade, 255}
				} else {
					seen++
				}
				if got := hidden.RGBAAt(x, y); got != want {
					t.Fatalf("%s at %d,%d: %v, want %v", name, x, y, got, want)
				}
			}
		}
		if seen < 100 || seen > 2500 {
			t.Errorf("%s: %d pixels are seen", name, seen)
		}
	}
	// The rectangle's own columns and rows are seen: 10 to 50 and 5 to 40, from 1.
	s := state(t, "rectangular").Shutter
	if !s.Seen(9, 4) || s.Seen(8, 4) || s.Seen(9, 3) || !s.Seen(49, 39) || s.Seen(50, 39) || s.Seen(49, 40) {
		t.Error("edges")
	}
}

// Overlays of a state, and those of the image that it activates; the image's
// others stay away, PS3.3 C.11.7.
func TestAStateShowsTheOverlaysItActivates(t *testing.T) {
	got := presented(t, "plain", state(t, "own-overlay"))
	base := state(t, "own-overlay")
	base.Activations = nil
	without := presented(t, "plain", base)
	for y := range 48 {
		for x := range 64 {
			// 10 x 12 at row 7, column 9, where x + y is even.
			want := without.RGBAAt(x, y)
			if u, v := x-8, y-6; u >= 0 && v >= 0 && u < 12 && v < 10 && (u+v)%2 == 0 {
				want = color.RGBA{255, 255, 255, 255}
			}
			if got.RGBAAt(x, y) != want {
				t.Fatalf("at %d,%d: %v, want %v", x, y, got.RGBAAt(x, y), want)
			}
		}
	}
	s := state(t, "image-overlay")
	on := presented(t, "overlays", s)
	if on.RGBAAt(50, 0).R != 255 { // (x - 49) + (y + 5) = 6, a multiple of 3
		t.Error("the image's overlay is not shown")
	}
	s.Activations = nil
	off := presented(t, "overlays", s)
	same := true
	for y := 31; y < 40; y++ {
		for x := 11; x < 20; x++ { // under the other overlay of the image
			same = same && on.RGBAAt(x, y) == off.RGBAAt(x, y)
		}
	}
	if !same || off.RGBAAt(50, 0) == on.RGBAAt(50, 0) {
		t.Error("an overlay that is not activated is shown")
	}
}

func TestARegionOfInterestIsDrawnByItsEdge(t *testing.T) {
	f := grey16(6, make([]uint16, 36)...)
	f.Overlays = []imaging.Overlay{{Rows: 4, Columns: 4, Row: 2, Column: 2, ROI: true, Bits: []byte{0xff, 0xff}}}
	got := rendered(t, f, &imaging.Instance{VOI: []imaging.VOILUT{{Center: 128, Width: 256}}}, Presentation{Overlays: true})
	n := 0
	for _, v := range got {
		if v == 255 {
			n++
		}
	}
	if n != 12 || got[2*6+2] != 0 || got[1*6+1] != 255 {
		t.Errorf("%d pixels: %v", n, got)
	}
	f.Overlays[0].ROI = false
	if got := rendered(t, f, &imaging.Instance{VOI: []imaging.VOILUT{{Center: 128, Width: 256}}}, Presentation{Overlays: true}); got[2*6+2] != 255 {
		t.Error("graphics are drawn as they are")
	}
	if got := rendered(t, f, &imaging.Instance{VOI: []imaging.VOILUT{{Center: 128, Width: 256}}}, Presentation{}); got[2*6+2] != 0 {
		t.Error("overlays were not asked for")
	}
}

func TestAStateThatCannotBeAppliedIsRefusedAndNothingIsShown(t *testing.T) {
	f, in := stored(t, "plain", 1)
	colour := &imaging.Frame{Rows: 48, Columns: 64, Samples: 3, BitsStored: 8, Photometric: "RGB", Uint8: make([]uint8, 48*64*3)}
	for _, c := range []struct {
		reason string
		frame  *imaging.Frame
		spoil  func(s *imaging.PresentationState)
	}{
		{"not about", f, func(s *imaging.PresentationState) { s.Images[0].SOPInstanceUID = "2.25.1" }},
		{"not about", f, func(s *imaging.PresentationState) { s.Images[0].Frames = []int{2} }},
		{"in colour", colour, func(*imaging.PresentationState) {}},
		{"no displayed area", f, func(s *imaging.PresentationState) {
			s.Areas[0].Images = []imaging.StateImage{{SOPInstanceUID: "2.25.1"}}
		}},
		{"overlay 600A", f, func(s *imaging.PresentationState) {
			s.Activations = []imaging.OverlayActivation{{Group: 0x600A, Layer: "TOP"}}
		}},
		{"total pixel matrix", f, func(s *imaging.PresentationState) { s.Annotations[1].Graphics[0].Units = imaging.UnitsMatrix }},
		{"picture of", f, func(s *imaging.PresentationState) { s.Areas[0].Area.X1 = 1e9 }},
		{"no font", f, func(*imaging.PresentationState) {}},
	} {
		s := state(t, "annotated")
		c.spoil(s)
		face := typeface(t)
		if c.reason == "no font" {
			face = nil
		}
		got, err := Present(c.frame, in, 1, Presentation{State: s}, face)
		var se *StateError
		if got != nil || !errors.As(err, &se) || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), "ANNOTATED") {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
}

func TestTheDisplayedAreaIsCutOutAndMagnified(t *testing.T) {
	s := state(t, "part") // columns 11 to 50, rows 6 to 40, twice as large
	whole := presented(t, "plain", state(t, "window"))
	if got := presented(t, "plain", s); got.Rect != image.Rect(0, 0, 80, 70) {
		t.Errorf("%v", got.Rect)
	}
	s.Areas[0].Mode = imaging.ScaleToFit
	got := presented(t, "plain", s)
	if got.Rect != image.Rect(0, 0, 40, 35) {
		t.Fatalf("%v", got.Rect)
	}
	for y := range 35 {
		for x := range 40 {
			if got.RGBAAt(x, y) != whole.RGBAAt(x+10, y+5) {
				t.Fatalf("at %d,%d: %v, want %v", x, y, got.RGBAAt(x, y), whole.RGBAAt(x+10, y+5))
			}
		}
	}
	// An area beyond the image is black there; pixels twice as high as wide.
	s.Areas[0].Area, s.Areas[0].Aspect = imaging.Region{X0: -4, Y0: 0, X1: 64, Y1: 48}, 2
	if got := presented(t, "plain", s); got.Rect != image.Rect(0, 0, 68, 96) || got.RGBAAt(3, 50) != (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("%v %v", got.Rect, got.RGBAAt(3, 50))
	}
	v := StateView(s, &imaging.Instance{SOPInstanceUID: "2.25.7010"}, 1, 680, 480)
	if v.Scale != 5 || v.CenterX != 30 || v.CenterY != 24 {
		t.Errorf("fitted: %+v", v)
	}
}

// PS3.3 C.10.5.1.2.
func TestShapesRunThroughTheirPoints(t *testing.T) {
	p := func(xy ...float64) (out []imaging.Point) {
		for i := 0; i < len(xy); i += 2 {
			out = append(out, imaging.Point{X: xy[i], Y: xy[i+1]})
		}
		return out
	}
	circle, closed := Outline(imaging.GraphicObject{Type: imaging.GraphicCircle, Points: p(10, 20, 13, 24)}, 0.01)
	for _, q := range circle {
		if math.Abs(math.Hypot(q.X-10, q.Y-20)-5) > 1e-9 {
			t.Fatalf("circle at %v", q)
		}
	}
	if !closed || len(circle) < 20 {
		t.Error("circle", closed, len(circle))
	}
	// Half axes 10 along (3,4)/5 and 5 across, about (1,2).
	ellipse, _ := Outline(imaging.GraphicObject{Type: imaging.GraphicEllipse, Points: p(-5, -6, 7, 10, 5, -1, -3, 5)}, 0.01)
	for _, q := range ellipse {
		u, v := ((q.X-1)*3+(q.Y-2)*4)/5, ((q.X-1)*-4+(q.Y-2)*3)/5
		if math.Abs(u*u/100+v*v/25-1) > 1e-9 {
			t.Fatalf("ellipse at %v: %g %g", q, u, v)
		}
	}
	points := p(0, 0, 10, 5, 20, -5, 30, 0)
	curve, closed := Outline(imaging.GraphicObject{Type: imaging.GraphicInterpolated, Points: points}, 0.01)
	if closed || len(curve) < 10 {
		t.Error("curve", closed, len(curve))
	}
	next := 0
	for _, q := range curve {
		if math.Hypot(q.X-points[next].X, q.Y-points[next].Y) < 1e-9 {
			if next++; next == len(points) {
				break
			}
		}
	}
	if next != len(points) {
		t.Errorf("the curve misses point %d", next)
	}
}

// PIXEL coordinates turn with the image, DISPLAY coordinates do not.
func TestAnnotationsKeepTheirPlace(t *testing.T) {
	f := grey16(100, make([]uint16, 100*100)...)
	in := &imaging.Instance{SOPInstanceUID: "2.25.5"}
	s := &imaging.PresentationState{Images: []imaging.StateImage{{SOPInstanceUID: "2.25.5"}},
		Layers: []imaging.GraphicLayer{{Name: "A", Colour: &[3]uint8{0, 255, 0}}},
		Areas:  []imaging.DisplayedArea{{Area: imaging.Region{X1: 100, Y1: 100}, Mode: imaging.ScaleToFit, Aspect: 1}},
		Annotations: []imaging.Annotation{{Layer: "A", Graphics: []imaging.GraphicObject{
			{Type: imaging.GraphicPoint, Units: imaging.UnitsPixel, Points: []imaging.Point{{X: 20, Y: 10}}},
			{Type: imaging.GraphicPolyline, Units: imaging.UnitsDisplay, Points: []imaging.Point{{X: 0.9, Y: 0.6}, {X: 0.9, Y: 0.9}}},
		}}}}
	for _, c := range []struct {
		rotation int
		flip     bool
		x, y     int // of the point
	}{{0, false, 20, 10}, {90, false, 90, 20}, {180, false, 80, 90}, {270, false, 10, 80}, {0, true, 80, 10}, {90, true, 10, 20}, {270, true, 90, 80}} {
		s.Rotation, s.Flip = c.rotation, c.flip
		got, err := Present(f, in, 1, Presentation{State: s}, nil)
		if err != nil {
			t.Fatal(err)
		}
		green := color.RGBA{0, 255, 0, 255}
		if got.RGBAAt(c.x, c.y) != green && got.RGBAAt(c.x-1, c.y) != green {
			t.Errorf("%d %v: the point is not at %d,%d", c.rotation, c.flip, c.x, c.y)
		}
		if got.RGBAAt(89, 75) != green || got.RGBAAt(89, 50) == green {
			t.Errorf("%d %v: the line is not where the screen has it", c.rotation, c.flip)
		}
	}
	// For another image of the state it is not drawn.
	s.Annotations[0].Images = []imaging.StateImage{{SOPInstanceUID: "2.25.6"}}
	got, err := Present(f, in, 1, Presentation{State: s}, nil)
	if err != nil || got.RGBAAt(89, 75).G != 0 {
		t.Error("drawn on an image that it is not for", err)
	}
}

func TestTextIsWrittenInItsBoxAndAtItsAnchor(t *testing.T) {
	ink := func(m *image.RGBA, r image.Rectangle) (n int) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if m.RGBAAt(x, y).R > 128 {
					n++
				}
			}
		}
		return n
	}
	f := grey16(400, make([]uint16, 400*300)...)
	in := &imaging.Instance{SOPInstanceUID: "2.25.5"}
	box := &imaging.TextBox{TopLeft: imaging.Point{X: 0.5, Y: 0.5}, BottomRight: imaging.Point{X: 1, Y: 1}, Units: imaging.UnitsDisplay, Justify: "LEFT"}
	s := &imaging.PresentationState{Images: []imaging.StateImage{{SOPInstanceUID: "2.25.5"}}, Layers: []imaging.GraphicLayer{{Name: "A"}},
		Areas:       []imaging.DisplayedArea{{Area: imaging.Region{X1: 400, Y1: 300}, Mode: imaging.ScaleToFit, Aspect: 1}},
		Annotations: []imaging.Annotation{{Layer: "A", Texts: []imaging.TextObject{{Text: "nodule\n5 mm", Box: box}}}}}
	draw := func() *image.RGBA {
		got, err := Present(f, in, 1, Presentation{State: s}, typeface(t))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	all := image.Rect(0, 0, 400, 300)
	left := draw()
	if n := ink(left, image.Rect(200, 150, 400, 300)); n < 100 || n != ink(left, all) {
		t.Errorf("%d of %d pixels of ink in the box", n, ink(left, all))
	}
	box.Justify = "RIGHT"
	if right := draw(); ink(right, image.Rect(200, 150, 260, 300)) > 0 || ink(left, image.Rect(200, 150, 260, 300)) == 0 {
		t.Error("the text is not at the right of its box")
	}
	s.Annotations[0].Texts[0] = imaging.TextObject{Text: "x", Anchor: &imaging.Point{X: 100, Y: 100}, AnchorUnits: imaging.UnitsPixel}
	if n := ink(draw(), image.Rect(100, 60, 140, 100)); n == 0 || n != ink(draw(), all) {
		t.Error("the text is not beside its anchor")
	}
	s.Annotations[0].Texts[0].AnchorVisible = true
	if ink(draw(), image.Rect(97, 97, 103, 103)) < 9 {
		t.Error("the anchor is not shown")
	}
}
