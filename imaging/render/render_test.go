package render

import (
	"image"
	"image/color"
	"math"
	"reflect"
	"testing"

	"longying/imaging"
)

func grey16(columns int, v ...uint16) *imaging.Frame {
	return &imaging.Frame{Rows: len(v) / columns, Columns: columns, Samples: 1, BitsStored: 16, Photometric: "MONOCHROME2", Uint16: v}
}

func rendered(t *testing.T, f *imaging.Frame, in *imaging.Instance, p Presentation) []uint8 {
	t.Helper()
	m, err := Image(f, in, 1, p)
	if err != nil {
		t.Fatal(err)
	}
	switch m := m.(type) {
	case *image.Gray:
		return m.Pix
	case *image.NRGBA:
		return m.Pix
	}
	t.Fatalf("%T", m)
	return nil
}

// shade is a modality value in eight bits.
func shade(w imaging.VOILUT, v float64, invert bool) uint8 {
	g := greyscale{voi: w, lut: imaging.PresentationLUT{Inverse: invert}}
	return g.shade(v)
}

// PS3.3 C.11.2.1.2.1, the four worked cases, for an output of 0 to 255.
func TestLinearWindowGivesTheStandardsWorkedValues(t *testing.T) {
	y := func(x, c, w float64) float64 { return ((x-c)/w + 0.5) * 255 }
	cases := []struct {
		c, w  float64
		x     float64
		wants float64
	}{
		// c=2048, w=4096: x <= 0 is 0, x > 4095 is 255, else ((x-2047.5)/4095+0.5)*255
		{2048, 4096, -1, 0}, {2048, 4096, 0, 0}, {2048, 4096, 4096, 255}, {2048, 4096, 1000, y(1000, 2047.5, 4095)}, {2048, 4096, 4095, 255},
		// c=2048, w=1: x <= 2047.5 is 0, else 255
		{2048, 1, 2047, 0}, {2048, 1, 2047.5, 0}, {2048, 1, 2048, 255},
		// c=0, w=100: x <= -50 is 0, x > 49 is 255, else ((x+0.5)/99+0.5)*255
		{0, 100, -50, 0}, {0, 100, 49, 255}, {0, 100, 50, 255}, {0, 100, 10, y(10, -0.5, 99)},
		// c=0, w=1: x <= -0.5 is 0, else 255
		{0, 1, -1, 0}, {0, 1, -0.5, 0}, {0, 1, 0, 255},
	}
	for _, c := range cases {
		got := shade(imaging.VOILUT{Center: c.c, Width: c.w}, c.x, false)
		if got != uint8(math.Floor(c.wants+0.5)) {
			t.Errorf("c=%g w=%g x=%g: %d, want %g", c.c, c.w, c.x, got, c.wants)
		}
	}
}

// PS3.3 C.11.2.1.3.2 (c=2048, w=4096: x <= 0 is 0, x > 4096 is 255) and
// C.11.2.1.3.1 (at the centre a half; at c+w/4 1/(1+e^-1)).
func TestExactAndSigmoidWindowsFollowTheirFormulas(t *testing.T) {
	exact := imaging.VOILUT{Center: 2048, Width: 4096, Function: imaging.VOILinearExact}
	sigmoid := imaging.VOILUT{Center: 100, Width: 40, Function: imaging.VOISigmoid}
	for _, c := range []struct {
		w    imaging.VOILUT
		x    float64
		want uint8
	}{
		{exact, 0, 0}, {exact, 2048, 128}, {exact, 4096, 255}, {exact, 1024, 64},
		{sigmoid, 100, 128}, {sigmoid, 110, uint8(255/(1+math.Exp(-1)) + 0.5)}, {sigmoid, 1e6, 255}, {sigmoid, -1e6, 0},
	} {
		if got := shade(c.w, c.x, false); got != c.want {
			t.Errorf("%s at %g: %d, want %d", c.w.Function, c.x, got, c.want)
		}
	}
}

func TestTheStagesFollowOneAnother(t *testing.T) {
	in := &imaging.Instance{ModalityLUT: imaging.ModalityLUT{Slope: 2, Intercept: -1000}, VOI: []imaging.VOILUT{{Center: 0.5, Width: 256}}}
	f := grey16(3, 436, 500, 564) // -128, 0, 128
	if got := rendered(t, f, in, Presentation{}); !reflect.DeepEqual(got, []uint8{0, 128, 255}) {
		t.Error(got)
	}
	if got := rendered(t, f, in, Presentation{Invert: true}); !reflect.DeepEqual(got, []uint8{255, 127, 0}) {
		t.Error("inverted", got)
	}
	if got := rendered(t, f, in, Presentation{Window: &imaging.VOILUT{Center: 0, Width: 1}}); !reflect.DeepEqual(got, []uint8{0, 255, 255}) {
		t.Error("the caller's window", got)
	}
	in.PresentationShape = "INVERSE"
	if got := rendered(t, f, in, Presentation{}); !reflect.DeepEqual(got, []uint8{255, 127, 0}) {
		t.Error("INVERSE", got)
	}
	f.Photometric = "MONOCHROME1" // digital X-ray states both for one inversion
	if got := rendered(t, f, in, Presentation{}); !reflect.DeepEqual(got, []uint8{255, 127, 0}) {
		t.Error("MONOCHROME1 with INVERSE", got)
	}
}

func TestTablesReplaceSlopeAndWindow(t *testing.T) {
	in := &imaging.Instance{
		ModalityLUT: imaging.ModalityLUT{Table: &imaging.LUT{First: 10, Entries: []uint16{100, 200, 300}, Bits: 16}},
		VOI:         []imaging.VOILUT{{Table: &imaging.LUT{First: 100, Entries: append([]uint16{0}, make([]uint16, 200)...), Bits: 8}}},
	}
	in.VOI[0].Table.Entries[100], in.VOI[0].Table.Entries[200] = 51, 255
	if got := rendered(t, grey16(5, 0, 10, 11, 12, 99), in, Presentation{}); !reflect.DeepEqual(got, []uint8{0, 0, 51, 255, 255}) {
		t.Error(got)
	}
}

func TestSignedAndFloatingValuesAreShown(t *testing.T) {
	in := &imaging.Instance{VOI: []imaging.VOILUT{{Center: 0, Width: 200, Function: imaging.VOILinearExact}}}
	signed := &imaging.Frame{Rows: 1, Columns: 3, Samples: 1, BitsStored: 12, Photometric: "MONOCHROME2", Int16: []int16{-100, 0, 100}}
	float := &imaging.Frame{Rows: 1, Columns: 3, Samples: 1, BitsStored: 32, Photometric: "MONOCHROME2", Float32: []float32{-100, 0, float32(math.NaN())}}
	if got := rendered(t, signed, in, Presentation{}); !reflect.DeepEqual(got, []uint8{0, 128, 255}) {
		t.Error(got)
	}
	if got := rendered(t, float, in, Presentation{}); !reflect.DeepEqual(got, []uint8{0, 128, 0}) {
		t.Error(got)
	}
}

func TestAnAutomaticWindowLeavesPaddingOut(t *testing.T) {
	v := make([]uint16, 300)
	for i := range 100 {
		v[i] = uint16(1001 + i)
	}
	padding := 0 // the other 200
	in := &imaging.Instance{Modality: "CR", Pixels: imaging.PixelDescription{PaddingValue: &padding}}
	w := AutoWindow(grey16(30, v...), in, 1)
	if shade(w, 1001, false) != 0 || shade(w, 1099, false) != 255 || shade(w, 1002, false) == 0 || shade(w, 1098, false) == 255 {
		t.Errorf("%+v", w)
	}
	limit := 1050
	in.Pixels.PaddingRange = &limit
	if w := AutoWindow(grey16(30, v...), in, 1); shade(w, 1051, false) != 0 {
		t.Errorf("padding range: %+v", w)
	}
	flat := AutoWindow(grey16(1, 7), in, 1)
	if !(flat.Width >= 1) {
		t.Errorf("one value: %+v", flat)
	}
}

func TestColourIsConvertedByTheStandardsFormulas(t *testing.T) {
	f := &imaging.Frame{Rows: 1, Columns: 2, Samples: 3, BitsStored: 8, Photometric: "YBR_FULL", Uint8: []uint8{76, 85, 255, 128, 128, 128}}
	got := rendered(t, f, &imaging.Instance{}, Presentation{})
	if !reflect.DeepEqual(got, []uint8{254, 0, 0, 255, 128, 128, 128, 255}) {
		t.Error(got)
	}
	f.Photometric = "RGB"
	if got := rendered(t, f, &imaging.Instance{}, Presentation{}); !reflect.DeepEqual(got[:4], []uint8{76, 85, 255, 255}) {
		t.Error(got)
	}
	deep := &imaging.Frame{Rows: 1, Columns: 1, Samples: 3, BitsStored: 12, Photometric: "RGB", Uint16: []uint16{0xfff, 0x800, 0x7f}}
	if got := rendered(t, deep, &imaging.Instance{}, Presentation{}); !reflect.DeepEqual(got, []uint8{0xff, 0x80, 7, 255}) {
		t.Error("12 bits", got)
	}
	f.Photometric = "HSV"
	if _, err := Image(f, &imaging.Instance{}, 1, Presentation{}); err == nil {
		t.Error("HSV was shown")
	}
}

func TestPaletteEntriesOf8And16BitsAreShown(t *testing.T) {
	f := &imaging.Frame{Rows: 1, Columns: 3, Samples: 1, BitsStored: 8, Photometric: "PALETTE COLOR", Uint8: []uint8{0, 5, 200}}
	in := &imaging.Instance{Palette: &imaging.Palette{
		Red:   imaging.LUT{First: 5, Entries: []uint16{0x1234, 0xff00}, Bits: 16},
		Green: imaging.LUT{First: 5, Entries: []uint16{0x12, 0xff}, Bits: 8},
		Blue:  imaging.LUT{First: 0, Entries: []uint16{7}, Bits: 8},
	}}
	if got := rendered(t, f, in, Presentation{}); !reflect.DeepEqual(got, []uint8{0x12, 0x12, 7, 255, 0x12, 0x12, 7, 255, 0xff, 0xff, 7, 255}) {
		t.Error(got)
	}
	if _, err := Image(f, &imaging.Instance{}, 1, Presentation{}); err == nil {
		t.Error("shown without a palette")
	}
}

func ramp(columns, rows int) (*imaging.Frame, *imaging.Instance) {
	f := &imaging.Frame{Rows: rows, Columns: columns, Samples: 1, BitsStored: 8, Photometric: "MONOCHROME2", Uint8: make([]uint8, rows*columns)}
	for i := range f.Uint8 {
		f.Uint8[i] = uint8(i*37 + 1)
	}
	return f, &imaging.Instance{VOI: []imaging.VOILUT{{Center: 128, Width: 256}}}
}

func TestViewportRotatesClockwiseAndFlipsFirst(t *testing.T) {
	f, in := ramp(2, 1)
	a, b := f.Uint8[0], f.Uint8[1]
	r, err := New(f, in, 1, Presentation{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		v    View
		w, h int
		want []uint8
	}{
		{View{}, 2, 1, []uint8{a, b}}, {View{Flip: true}, 2, 1, []uint8{b, a}}, {View{Rotate: 180}, 2, 1, []uint8{b, a}},
		{View{Rotate: 90}, 1, 2, []uint8{a, b}}, {View{Rotate: 270}, 1, 2, []uint8{b, a}}, {View{Rotate: 90, Flip: true}, 1, 2, []uint8{b, a}},
		{View{Rotate: -90}, 1, 2, []uint8{b, a}},
	} {
		for _, smooth := range []bool{false, true} {
			c.v.CenterX, c.v.CenterY, c.v.Scale, c.v.Smooth = 1, 0.5, 1, smooth
			dst := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
			r.Viewport(dst, c.v)
			if got := []uint8{dst.Pix[0], dst.Pix[4]}; !reflect.DeepEqual(got, c.want) || dst.Pix[3] != 255 {
				t.Errorf("%+v: %v, want %v", c.v, got, c.want)
			}
		}
	}
}

// The fast row loops against ToImage asked for every pixel.
func TestViewportShowsWhatToImageSays(t *testing.T) {
	f, in := ramp(37, 23)
	r, _ := New(f, in, 1, Presentation{})
	full := rendered(t, f, in, Presentation{})
	for _, rotate := range []int{0, 90, 180, 270} {
		for _, flip := range []bool{false, true} {
			for _, scale := range []float64{0.37, 1, 2.6} {
				v := View{CenterX: 14.3, CenterY: 9.1, Scale: scale, Rotate: rotate, Flip: flip, Aspect: 1.25}
				dst := image.NewRGBA(image.Rect(0, 0, 61, 47))
				r.Viewport(dst, v)
				for y := range 47 {
					for x := range 61 {
						ix, iy := v.ToImage(61, 47, float64(x)+0.5, float64(y)+0.5)
						px, py := v.ToScreen(61, 47, ix, iy)
						if math.Abs(px-float64(x)-0.5) > 1e-9 || math.Abs(py-float64(y)-0.5) > 1e-9 {
							t.Fatalf("ToScreen is not the inverse: %g %g", px, py)
						}
						want := color.RGBA{0, 0, 0, 255}
						if ix >= 0 && iy >= 0 && ix < 37 && iy < 23 {
							if edge(ix) || edge(iy) {
								continue
							}
							g := full[int(iy)*37+int(ix)]
							want = color.RGBA{g, g, g, 255}
						} else if edge(ix) || edge(iy) {
							continue
						}
						if got := dst.RGBAAt(x, y); got != want {
							t.Fatalf("%+v at %d,%d (%g,%g): %v, want %v", v, x, y, ix, iy, got, want)
						}
					}
				}
			}
		}
	}
}

// edge reports a coordinate that rounding may put on either side of a pixel.
func edge(x float64) bool { return math.Abs(x-math.Round(x)) < 1e-6 }

func TestSmoothMixesNeighboursByDistance(t *testing.T) {
	f := &imaging.Frame{Rows: 1, Columns: 2, Samples: 1, BitsStored: 8, Photometric: "MONOCHROME2", Uint8: []uint8{0, 200}}
	r, _ := New(f, &imaging.Instance{VOI: []imaging.VOILUT{{Center: 128, Width: 256}}}, 1, Presentation{})
	dst := image.NewRGBA(image.Rect(0, 0, 8, 1))
	r.Viewport(dst, View{CenterX: 1, CenterY: 0.5, Scale: 4, Smooth: true})
	want := []uint8{0, 0, 25, 75, 125, 175, 200, 200}
	for i, w := range want {
		if dst.Pix[4*i] != w {
			t.Errorf("pixel %d is %d, want %d", i, dst.Pix[4*i], w)
		}
	}
}

func TestAViewportBesideTheImageIsBlack(t *testing.T) {
	f, in := ramp(4, 4)
	r, _ := New(f, in, 1, Presentation{})
	for _, v := range []View{{CenterX: 1e6, CenterY: -1e6, Scale: 1}, {Scale: math.Inf(1), CenterX: 99}, {Scale: 1e-9, CenterX: 1e12}} {
		dst := image.NewRGBA(image.Rect(0, 0, 3, 3))
		for i := range dst.Pix {
			dst.Pix[i] = 9
		}
		r.Viewport(dst, v)
		if dst.Pix[0] != 0 || dst.Pix[3] != 255 || dst.Pix[35] != 255 {
			t.Errorf("%+v: %v", v, dst.Pix)
		}
	}
}

func BenchmarkViewportSmooth1080p(b *testing.B) {
	f := grey16(2048, make([]uint16, 2048*2048)...)
	r, _ := New(f, &imaging.Instance{}, 1, Presentation{Window: &imaging.VOILUT{Center: 30000, Width: 20000}})
	dst := image.NewRGBA(image.Rect(0, 0, 1920, 1080))
	for b.Loop() {
		r.Viewport(dst, View{CenterX: 1024, CenterY: 1024, Scale: 0.9, Smooth: true})
	}
}
