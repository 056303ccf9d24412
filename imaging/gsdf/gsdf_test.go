package gsdf

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %v, the standard has %v", what, got, want)
	}
}

// The printed table and the printed coefficients differ by two in a hundred thousand.
func TestTheEndsOfTheFunctionAreThoseOfTable_B_1(t *testing.T) {
	near(t, "L(1)", Luminance(1), 0.0500, 0.00005)
	near(t, "L(1023)", Luminance(1023), 3993.4040, 0.1)
}

// PS3.14 D.1.1 and D.1.2: a CRT whose luminances with the room's light went from
// 0.305 to 84.34 cd/m². D.2.2: a film from 12.0 cd/m² on. They were computed with
// the polynomial of 7.1 note 1.
func TestIndicesAreThoseOfTheStandardsExamples(t *testing.T) {
	near(t, "j(0.305)", Index(0.305), 32.54, 0.05)
	near(t, "j(84.34)", Index(84.34), 453.85, 0.05)
	near(t, "j(12.0)", Index(12.0), 233.32, 0.05)
}

// Another implementation's, colour-science's, of the polynomial of note 1: it is
// no exact inverse, ours is within a tenth of it.
func TestTheInverseIsCloseToTheStandardsPolynomial(t *testing.T) {
	near(t, "L(512)", Luminance(512), 130.0652840, 1e-6)
	near(t, "j(130.065)", Index(130.065284012159790), 511.9964806, 0.1)
}

func TestThereAndBackIsTheSameIndexOverTheWholeRange(t *testing.T) {
	before := 0.0
	for j := float64(LeastIndex); j <= MostIndex; j += 0.25 {
		l := Luminance(j)
		if l <= before {
			t.Fatalf("L(%v) = %v is not above %v", j, l, before)
		}
		before = l
		if got := Index(l); math.Abs(got-j) > 1e-6 {
			t.Fatalf("j(L(%v)) = %v", j, got)
		}
	}
}

// opticalDensities are those of Table D.2-1 of PS3.14 at the levels of 255 at
// which a monitor is measured: a film on a light box of 2000 cd/m² in a room that
// adds 10, on the function from 12 to 1272 cd/m².
var opticalDensities = []float64{3.000, 2.429, 2.135, 1.920, 1.742, 1.586, 1.444, 1.311, 1.186, 1.066, 0.951, 0.838, 0.728, 0.620, 0.513, 0.408, 0.304, 0.200}

func film() []float64 {
	var out []float64
	for _, d := range opticalDensities {
		out = append(out, 2000*math.Pow(10, -d))
	}
	return out
}

func TestTargetsAreThoseOfTheStandardsFilm(t *testing.T) {
	r, err := Check(film(), 10)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range r.Targets {
		near(t, "the density of a target", -math.Log10((l-10)/2000), opticalDensities[i], 0.0015)
	}
	if r.WorstDeviation() > 0.02 {
		t.Errorf("the standard's own film is %.1f %% off", 100*r.WorstDeviation())
	}
	// Nothing but the ratio, 106, keeps it from the first class.
	if r.Class != Secondary || len(r.Misses) != 1 || r.Misses[0].Of != "ratio" {
		t.Errorf("%s %+v", r.Class, r.Misses)
	}
}

// The luminances of Table D.1-1 of PS3.14, a CRT before it was calibrated, at
// 0, 16 and so on up to 112: its dark levels are all alike.
func TestAMonitorWhoseDarkLevelsAreAlikeMissesBothClasses(t *testing.T) {
	crt := []float64{0.305, 0.307, 0.330, 0.562, 1.294, 2.670, 4.766, 7.644, 11, 15, 20, 26, 33, 41, 50, 60, 72.9, 84.34}
	r, err := Check(crt, 0)
	if err != nil {
		t.Fatal(err)
	}
	if r.Class != Neither || r.WorstDeviation() < 0.9 || r.Steps[r.Worst].From != 0 {
		t.Errorf("%s, worst %+v", r.Class, r.Steps[r.Worst])
	}
}

// onTheFunction are a monitor's luminances exactly on it, less the room's.
func onTheFunction(least, most, ambient float64) []float64 {
	a, b := Index(least), Index(most)
	var out []float64
	for _, level := range Levels() {
		out = append(out, Luminance(a+float64(level)/255*(b-a))-ambient)
	}
	return out
}

func TestAMonitorOnTheFunctionIsOfTheFirstClassWithAndWithoutTheRoomsLight(t *testing.T) {
	for _, ambient := range []float64{0, 0.2} {
		r, err := Check(onTheFunction(1, 400, ambient), ambient)
		if err != nil {
			t.Fatal(err)
		}
		if r.Class != Primary || r.WorstDeviation() > 1e-6 || math.Abs(r.Ratio-400) > 1e-3 || len(r.Misses) != 0 {
			t.Errorf("%+v", r)
		}
	}
	// The light that was not measured is missed: the same values without it.
	if r, err := Check(onTheFunction(1, 400, 0.5), 0); err != nil || r.Class == Primary {
		t.Errorf("the room's light left out changes nothing: %v %v", r.Class, err)
	}
}

func TestOneStepIsJudgedByTheLimitsOfTenAndTwentyPercent(t *testing.T) {
	for _, c := range []struct {
		off  float64 // of the contrast of one step
		want Class
	}{{0.08, Primary}, {0.12, Secondary}, {-0.12, Secondary}, {0.25, Neither}} {
		l := onTheFunction(0.8, 400, 0)
		l[9] *= 1 + c.off*(l[9]-l[8])/l[9]
		r, err := Check(l, 0)
		if err != nil {
			t.Fatal(err)
		}
		if r.Class != c.want {
			t.Errorf("%+.2f: %s, worst %.3f", c.off, r.Class, r.WorstDeviation())
		}
	}
}

func TestADimMonitorAndOneOfALowRatioAreNotOfTheFirstClass(t *testing.T) {
	for _, c := range []struct {
		least, most float64
		want        Class
		of          string
	}{{0.4, 150, Secondary, "luminance"}, {0.2, 90, Neither, "luminance"}, {2, 400, Secondary, "ratio"}, {5, 400, Neither, "ratio"}} {
		r, err := Check(onTheFunction(c.least, c.most, 0), 0)
		if err != nil || r.Class != c.want || len(r.Misses) == 0 || r.Misses[0].Of != c.of {
			t.Errorf("%+v: %s %+v %v", c, r.Class, r.Misses, err)
		}
	}
}

func TestALevelThatIsDarkerThanTheOneBeforeMissesBothClasses(t *testing.T) {
	l := onTheFunction(1, 400, 0)
	l[5] = l[4] - 0.1
	if r, err := Check(l, 0); err != nil || r.Class != Neither || r.Misses[0].Of != "falling" || r.Misses[0].Is != 75 {
		t.Errorf("%s %+v %v", r.Class, r.Misses, err)
	}
}

func TestWhatIsNoLuminanceIsRefusedWithItsReason(t *testing.T) {
	good := onTheFunction(1, 400, 0)
	with := func(i int, v float64) []float64 {
		out := append([]float64(nil), good...)
		out[i] = v
		return out
	}
	for _, c := range []struct {
		l       []float64
		ambient float64
		code    string
	}{
		{good[:17], 0, "count"}, {nil, 0, "count"}, {with(3, math.NaN()), 0, "range"}, {with(3, -1), 0, "range"}, {with(17, 5000), 0, "range"},
		{good, -1, "ambient"}, {good, math.NaN(), "ambient"}, {good, math.Inf(1), "ambient"}, {with(0, 0.01), 0, "dark"}, {with(17, 0.5), 0, "flat"},
	} {
		_, err := Check(c.l, c.ambient)
		e, ok := err.(*MeasurementError)
		if !ok || e.Code != c.code {
			t.Errorf("%v gives %v, not %s", c.l, err, c.code)
		}
	}
}
