package imaging

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }

// oblong has pixels of 0.8 mm by 0.5 mm.
func oblong(source SpacingSource) *Instance {
	return &Instance{Space: Spacing{RowMM: 0.8, ColumnMM: 0.5, Source: source}, Pixels: PixelDescription{Columns: 40, Rows: 30, AspectRatio: 2}}
}

// The numbers are numpy's (2.4.6).
func TestLengthsAndAnglesAreThoseOfTheBodyAndNotOfThePixelGrid(t *testing.T) {
	r := oblong(SpacingPatient).Ruler(1)
	if v := r.Length(Point{3, 9}, Point{15, 2}); !near(v, 8.207313811473277) {
		t.Errorf("length %v", v)
	}
	for _, c := range []struct {
		a, b Point
		want float64
	}{{Point{10, 0}, Point{10, 10}, 57.9946167919165}, {Point{-7, 3}, Point{11, -4}, 175.7526336521541}} {
		if v, ok := r.Angle(Point{c.a.X + 5, c.a.Y + 6}, Point{5, 6}, Point{c.b.X + 5, c.b.Y + 6}); !ok || !near(v, c.want) {
			t.Errorf("angle %v %v, want %v", v, ok, c.want)
		}
	}
	if _, ok := r.Angle(Point{5, 6}, Point{5, 6}, Point{9, 9}); ok {
		t.Error("an angle of a way without length")
	}
}

func TestWithoutASpacingLengthsArePixelsAndAnglesFollowThePixelsShape(t *testing.T) {
	r := oblong("").Ruler(1)
	r2 := (&Instance{Pixels: PixelDescription{AspectRatio: 2}}).Ruler(1)
	if !r.Known() { // oblong's millimetres stand without a source too
		t.Error("a spacing without a source is lost")
	}
	if r2.Known() || r2.Why != NoSpacing || r2.Length(Point{0, 0}, Point{3, 4}) != 5 || r2.Area(7) != 7 {
		t.Errorf("%+v", r2)
	}
	if v, ok := r2.Angle(Point{2, 0}, Point{0, 0}, Point{2, 1}); !ok || !near(v, 45) {
		t.Errorf("angle %v in pixels twice as high as wide", v)
	}
}

// Imager Pixel Spacing 0.2 at the detector and a factor of 1.25: 0.16 in the body.
func TestADetectorsSpacingIsDividedByTheMagnificationThatTheHeaderStatesAndNoOther(t *testing.T) {
	in := &Instance{Space: Spacing{RowMM: 0.2, ColumnMM: 0.2, Source: SpacingDetector}, Magnification: 1.25}
	if r := in.Ruler(1); !near(r.Length(Point{0, 0}, Point{100, 0}), 16) || r.Magnification != 1.25 {
		t.Errorf("%+v", r)
	}
	in.Space.Source = SpacingCalibrated // calibrated: the factor is in it
	if r := in.Ruler(1); !near(r.Length(Point{0, 0}, Point{100, 0}), 20) || r.Magnification != 0 {
		t.Errorf("%+v", r)
	}
}

// By hand: plates that lean 25 degrees to either side of level make 50, of 50
// degrees each 100 and not 80; whatever end is drawn first, and the film on its
// side.
func TestACobbAngleIsThatOfThePlatesAlongTheSpine(t *testing.T) {
	r := (&Instance{Space: Spacing{RowMM: 0.3, ColumnMM: 0.3, Source: SpacingDetector}}).Ruler(1)
	plate := func(x, y, lean, turn float64) (Point, Point) {
		at := func(dx, dy float64) Point {
			s, c := math.Sincos(turn * math.Pi / 180)
			px, py := x+dx, y+dy
			return Point{c*px - s*py, s*px + c*py}
		}
		s, c := math.Sincos(lean * math.Pi / 180)
		return at(-40*c, -40*s), at(40*c, 40*s)
	}
	for _, want := range []float64{0, 10, 50, 90, 100, 130} {
		for _, turn := range []float64{0, 37, 90, 180, 250} {
			a, b := plate(500, 300, want/2, turn)
			c, d := plate(520, 900, -want/2, turn)
			for _, v := range [][4]Point{{a, b, c, d}, {b, a, c, d}, {a, b, d, c}, {c, d, b, a}} {
				if got, ok := r.Cobb(v[0], v[1], v[2], v[3]); !ok || math.Abs(got-want) > 1e-9 {
					t.Errorf("%g degrees turned by %g: %v %v", want, turn, got, ok)
				}
			}
		}
	}
	if _, ok := r.Cobb(Point{1, 1}, Point{1, 1}, Point{2, 2}, Point{9, 9}); ok {
		t.Error("a plate without length has an angle")
	}
}

// By hand: 130 of 260 pixels are 0.5; the borders at two heights, or a film that
// leans, make the heart no wider.
func TestTheCardiothoracicRatioIsMeasuredAcrossTheChest(t *testing.T) {
	r := (&Instance{Space: Spacing{RowMM: 0.4, ColumnMM: 0.4, Source: SpacingDetector}}).Ruler(1)
	for name, c := range map[string]struct{ heart, chest [2]Point }{
		"level":         {[2]Point{{100, 300}, {230, 300}}, [2]Point{{40, 350}, {300, 350}}},
		"two heights":   {[2]Point{{100, 280}, {230, 390}}, [2]Point{{40, 350}, {300, 350}}},
		"right to left": {[2]Point{{230, 390}, {100, 280}}, [2]Point{{40, 350}, {300, 350}}},
	} {
		v, ok := r.Thorax(c.heart, c.chest)
		if !ok || !near(v.Ratio, 0.5) || !near(v.Heart, 52) || !near(v.Chest, 104) {
			t.Errorf("%s: %+v", name, v)
		}
	}
	lean := func(p Point) Point { s, c := math.Sincos(0.2); return Point{c*p.X - s*p.Y, s*p.X + c*p.Y} }
	if v, ok := r.Thorax([2]Point{lean(Point{100, 280}), lean(Point{230, 390})}, [2]Point{lean(Point{40, 350}), lean(Point{300, 350})}); !ok || math.Abs(v.Ratio-0.5) > 1e-12 {
		t.Errorf("leaning: %+v", v)
	}
}

func TestUltrasoundIsMeasuredInOneRegionOfSpaceOnly(t *testing.T) {
	tissue := UltrasoundRegion{X0: 0, Y0: 0, X1: 299, Y1: 199, Format: 1, UnitX: 3, UnitY: 3, DeltaX: 0.02, DeltaY: 0.03}
	other := UltrasoundRegion{X0: 300, Y0: 0, X1: 599, Y1: 199, Format: 1, UnitX: 3, UnitY: 3, DeltaX: 0.05, DeltaY: 0.05}
	motion := UltrasoundRegion{X0: 0, Y0: 200, X1: 599, Y1: 399, Format: 2, UnitX: 4, UnitY: 3, DeltaX: 0.005, DeltaY: 0.03}
	in := &Instance{Regions: []UltrasoundRegion{tissue, other, motion}, Space: Spacing{RowMM: 0.3, ColumnMM: 0.2, Source: SpacingRegion}}
	for name, c := range map[string]struct {
		a, b Point
		why  Uncalibrated
		mm   float64
	}{
		"in the tissue":     {Point{10, 10}, Point{40, 50}, Calibrated, math.Hypot(30*0.2, 40*0.3)},
		"in another":        {Point{310, 10}, Point{410, 10}, Calibrated, 50},
		"from one to other": {Point{10, 10}, Point{410, 10}, AcrossRegions, 0},
		"in M-mode":         {Point{10, 210}, Point{40, 250}, RegionNotInSpace, 0},
		"outside":           {Point{10, 10}, Point{700, 10}, OutsideRegions, 0},
	} {
		r := in.Ruler(1, c.a, c.b)
		if r.Why != c.why || r.Known() != (c.why == Calibrated) || c.mm > 0 && !near(r.Length(c.a, c.b), c.mm) || c.mm == 0 && r.Length(c.a, c.b) != math.Hypot(c.b.X-c.a.X, c.b.Y-c.a.Y) {
			t.Errorf("%s: %+v, %v", name, r, r.Length(c.a, c.b))
		}
	}
}

// The regions of an echo of 2008: one without format and units over the whole
// screen, and the sector within it.
func TestARegionThatClaimsNothingTakesNoCalibrationFromTheOneOverIt(t *testing.T) {
	screen := UltrasoundRegion{X0: 0, Y0: 32, X1: 575, Y1: 431, DeltaX: 1, DeltaY: 1}
	sector := UltrasoundRegion{X0: 27, Y0: 48, X1: 548, Y1: 391, Format: 1, UnitX: 3, UnitY: 3, DeltaX: -0.0524781, DeltaY: 0.0524781}
	in := &Instance{Regions: []UltrasoundRegion{screen, sector}}
	a, b := Point{200, 200}, Point{300, 200}
	if r := in.Ruler(1, a, b); r.Why != Calibrated || math.Abs(r.Length(a, b)-52.4781) > 1e-9 {
		t.Errorf("%+v, %g", r, r.Length(a, b))
	}
	if r := in.Ruler(1, a, Point{560, 420}); r.Why != OutsideRegions || r.Known() {
		t.Errorf("from the sector to the screen: %+v", r)
	}
	in.Regions = in.Regions[:1]
	if r := in.Ruler(1, a, b); r.Why != NoSpacing || r.Known() {
		t.Errorf("of the screen alone: %+v", r)
	}
	screen.Format = 2 // a trace: which of the two is meant is not known
	in.Regions = []UltrasoundRegion{screen, sector}
	if r := in.Ruler(1, a, b); r.Why != RegionNotInSpace || r.Known() {
		t.Errorf("over a trace: %+v", r)
	}
}

// ramp is the frame of the numbers below.
func ramp() *Frame {
	f := &Frame{Columns: 40, Rows: 30, Samples: 1, BitsStored: 16, Photometric: "MONOCHROME2", Int16: make([]int16, 1200)}
	for i := range f.Int16 {
		f.Int16[i] = int16((i%40*7+i/40*13)%97 - 20)
	}
	return f
}

// The numbers are numpy's over the masks that it makes of the same shapes, by
// another rule than the spans here.
func TestARegionsStatisticsAreThoseOfThePixelsWhoseCentreLiesInIt(t *testing.T) {
	in := &Instance{Modality: "CT", ModalityLUT: ModalityLUT{Slope: 2, Intercept: -1000}, Pixels: PixelDescription{Columns: 40, Rows: 30}}
	f := ramp()
	q := in.Quantity(f, 1, nil)
	if q.Kind != QuantityHU || q.Unit != "[hnsf'U]" {
		t.Fatalf("%+v", q)
	}
	star := []Point{{2.3, 2.2}, {35.1, 6.4}, {28.6, 25.7}, {20.2, 12.9}, {6.4, 27.3}}
	check := func(name string, spans []Span, n int, mean, sd float64) {
		s, err := f.Statistics(context.Background(), spans, q.Of)
		if err != nil || s.Pixels != n || !near(s.Mean, mean) || !near(s.SD, sd) || s.Min != -1040 || s.Max != -848 || s.Left != 0 {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	check("ellipse", EllipseSpans(Point{3.2, 4.1}, Point{30.7, 21.9}, 40, 30), 388, -942.5, 56.67785163517916)
	check("turned", EllipseSpans(Point{30.7, 4.1}, Point{3.2, 21.9}, 40, 30), 388, -942.5, 56.67785163517916)
	check("polygon", PolygonSpans(star, 40, 30), 465, -944.8344086021506, 56.08573025849573)
	if v := EllipseArea(Point{3.2, 4.1}, Point{30.7, 21.9}); !near(v, 384.4524009830509) {
		t.Errorf("ellipse of %v", v)
	}
	if v, simple := PolygonArea(star); !simple || !near(v, 463.26) {
		t.Errorf("polygon of %v, %v", v, simple)
	}
	if v := oblong(SpacingPatient).Ruler(1).Area(463.26); !near(v, 185.304) {
		t.Errorf("area %v mm²", v)
	}
	if _, simple := PolygonArea([]Point{{0, 0}, {10, 10}, {10, 0}, {0, 10}}); simple {
		t.Error("a line that crosses itself has one area")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Statistics(ctx, EllipseSpans(Point{}, Point{40, 30}, 40, 30), q.Of); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestARegionBeyondThePictureCountsThePictureAlone(t *testing.T) {
	all := func(s []Span) int { return Pixels(s) }
	if n := all(EllipseSpans(Point{-400, -400}, Point{440, 430}, 40, 30)); n != 1200 {
		t.Errorf("ellipse: %d", n)
	}
	if n := all(PolygonSpans([]Point{{-9, -9}, {99, -9}, {99, 99}, {-9, 99}}, 40, 30)); n != 1200 {
		t.Errorf("polygon: %d", n)
	}
	if n := all(EllipseSpans(Point{5.1, 5.1}, Point{5.4, 5.4}, 40, 30)); n != 0 {
		t.Errorf("less than a pixel: %d", n)
	}
}

func TestPaddingIsNoValueAndColourHasNone(t *testing.T) {
	pad, last := -20, 0
	in := &Instance{Modality: "CT", ModalityLUT: ModalityLUT{Slope: 1, Type: "HU"}, Pixels: PixelDescription{PaddingValue: &pad, PaddingRange: &last}}
	f := ramp()
	s, err := f.Statistics(context.Background(), PolygonSpans([]Point{{0, 0}, {40, 0}, {40, 30}, {0, 30}}, 40, 30), in.Quantity(f, 1, nil).Of)
	if err != nil || s.Min != 1 || s.Left == 0 || s.Left+s.Pixels != 1200 {
		t.Errorf("%+v, %v", s, err)
	}
	f.Samples = 3
	if q := in.Quantity(f, 1, nil); q.Kind != QuantityNone {
		t.Errorf("colour is %+v", q)
	}
	if q := (&Instance{Modality: "CT", ImageType: []string{"ORIGINAL", "PRIMARY", "LOCALIZER"}, ModalityLUT: ModalityLUT{Slope: 1, Type: "HU"}}).Quantity(ramp(), 1, nil); q.Kind != QuantityValue {
		t.Errorf("a scout view has %+v", q)
	}
}

// 70 kg, 370 MBq of F-18 (6586.2 s) an hour before the scan: numpy's factor.
func TestTheSUVFollowsQIBAAndIsRefusedWhereAFieldIsMissing(t *testing.T) {
	scan := time.Date(2026, 3, 1, 10, 0, 0, 0, Zone())
	good := func() *PET {
		return &PET{Units: "BQML", DecayCorrection: "START", Corrected: []string{"NORM", "ATTN", "DECY"}, Weight: 70, Dose: 370e6, HalfLife: 6586.2,
			Injected: scan.Add(-time.Hour), Series: scan}
	}
	const factor = 0.00027633668171764324
	series := func(at time.Time) []Instance { return []Instance{{}, {Acquisition: Acquisition{Time: at}}} }
	for name, c := range map[string]struct {
		change func(p *PET)
		series []Instance
		want   float64
		why    string
	}{
		"as it should be":                {func(*PET) {}, series(scan.Add(time.Minute)), factor, ""},
		"a copy with a time of its own":  {func(p *PET) { p.Series = scan.Add(5 * time.Hour) }, series(scan), factor, ""},
		"corrected to the injection":     {func(p *PET) { p.DecayCorrection, p.HalfLife = "ADMIN", 0 }, nil, 70 * 1000 / 370e6, ""},
		"in SUV already":                 {func(p *PET) { *p = PET{Units: "GML"} }, nil, 1, ""},
		"by lean body mass":              {func(p *PET) { *p = PET{Units: "GML", SUVType: "LBM"} }, nil, 0, "(0054,1006)"},
		"without a weight":               {func(p *PET) { p.Weight = 0 }, nil, 0, "(0010,1030)"},
		"without a dose":                 {func(p *PET) { p.Dose = 0 }, nil, 0, "(0018,1074)"},
		"without a half life":            {func(p *PET) { p.HalfLife = 0 }, nil, 0, "(0018,1075)"},
		"without the time of injection":  {func(p *PET) { p.Injected = time.Time{} }, nil, 0, "(0018,1078)"},
		"injected after the scan":        {func(p *PET) { p.Injected = scan.Add(time.Hour) }, nil, 0, "(0018,1078)"},
		"without attenuation corrected":  {func(p *PET) { p.Corrected = []string{"DECY"} }, nil, 0, "ATTN"},
		"without decay corrected":        {func(p *PET) { p.Corrected = []string{"ATTN"} }, nil, 0, "DECY"},
		"in counts":                      {func(p *PET) { p.Units = "CNTS" }, nil, 0, "CNTS"},
		"corrected to nobody knows what": {func(p *PET) { p.DecayCorrection = "NONE" }, nil, 0, "(0054,1102)"},
		"without any time of the scan":   {func(p *PET) { p.Series = time.Time{} }, nil, 0, "(0008,0031)"},
	} {
		p := good()
		c.change(p)
		acquired := time.Time{}
		got, why := p.SUV(acquired, c.series)
		if math.Abs(got-c.want) > 1e-15 || (why == "") != (c.why == "") || !strings.Contains(why, c.why) {
			t.Errorf("%s: %v, %q", name, got, why)
		}
	}
	in := &Instance{Modality: "PT", PET: good(), ModalityLUT: ModalityLUT{Slope: 100}}
	q := in.Quantity(ramp(), 1, nil)
	if v, ok := q.Of(30); q.Kind != QuantitySUV || !ok || !near(v, 3000*factor) {
		t.Errorf("%+v: %v", q, v)
	}
	in.PET.Weight = 0
	if q := in.Quantity(ramp(), 1, nil); q.Kind != QuantityActivity || q.Unit != "Bq/ml" || !strings.Contains(q.NoSUV, "Weight") {
		t.Errorf("%+v", q)
	}
}
