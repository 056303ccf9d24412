package inference

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

func close6(a, b float64) bool { return math.Abs(a-b) <= 1e-6 }

func TestAreaThresholdsAndIntervalsAreThoseOfScikitLearnSciPyAndDeLong(t *testing.T) {
	type rate struct {
		Count int     `json:"count"`
		N     int     `json:"n"`
		Low   float64 `json:"low"`
		High  float64 `json:"high"`
	}
	var lists []struct {
		Scores      []float64 `json:"scores"`
		Positive    []bool    `json:"positive"`
		AUC         float64   `json:"auc"`
		SD          float64   `json:"sd"`
		Threshold   float64   `json:"threshold"`
		Sensitivity rate      `json:"sensitivity"`
		Specificity rate      `json:"specificity"`
	}
	data, err := os.ReadFile("testdata/evaluate.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &lists); err != nil {
		t.Fatal(err)
	}
	for i, l := range lists {
		cases := make([]Judged, len(l.Scores))
		for k := range cases {
			cases[k] = Judged{l.Scores[k], l.Positive[k]}
		}
		auc, err := NewAUC(cases)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(auc.Value)-l.AUC) > 1e-12 {
			t.Errorf("list %d: AUC %.12f, scikit-learn says %.12f", i, auc.Value, l.AUC)
		}
		// The interval turned back into the deviation that it was made of.
		logit := func(p float64) float64 { return math.Log(p / (1 - p)) }
		sd := (logit(auc.High) - logit(auc.Low)) / (2 * 1.959963984540054) * l.AUC * (1 - l.AUC)
		if !close6(sd, l.SD) {
			t.Errorf("list %d: standard deviation %.9f, DeLong's is %.9f", i, sd, l.SD)
		}
		at := At(cases, l.Threshold)
		for _, c := range []struct {
			what string
			got  Rate
			want rate
		}{{"sensitivity", at.Sensitivity, l.Sensitivity}, {"specificity", at.Specificity, l.Specificity}} {
			if c.got.Count != c.want.Count || c.got.N != c.want.N || !close6(c.got.Low, c.want.Low) || !close6(c.got.High, c.want.High) {
				t.Errorf("list %d: %s %+v, SciPy says %+v", i, c.what, c.got, c.want)
			}
		}
	}
}

func TestAnAreaWithoutVarianceClaimsNoInterval(t *testing.T) {
	perfect := []Judged{{.9, true}, {.8, true}, {.2, false}, {.1, false}}
	a, err := NewAUC(perfect)
	if err != nil || a.Value != 1 || a.Low != 0 || a.High != 1 {
		t.Errorf("perfect list: %+v, %v", a, err)
	}
	a, err = NewAUC([]Judged{{.9, true}, {.3, true}})
	if err != nil || !math.IsNaN(float64(a.Value)) || a.Low != 0 || a.High != 1 {
		t.Errorf("only positives: %+v, %v", a, err)
	}
	if _, err := NewAUC([]Judged{{math.NaN(), true}, {.3, false}}); err == nil {
		t.Error("a score that is not a number was taken")
	}
	if r := NewRate(0, 0); !math.IsNaN(float64(r.Value)) || r.Low != 0 || r.High != 1 {
		t.Errorf("nothing out of nothing: %+v", r)
	}
}

func TestTheSiteThresholdKeepsTheSensitivityAskedForAndNoMoreAlarmsThanNeeded(t *testing.T) {
	cases := []Judged{{.95, true}, {.9, true}, {.7, false}, {.6, true}, {.5, false}, {.4, true}, {.2, false}, {.1, false}}
	for _, c := range []struct{ sensitivity, want float64 }{
		{.5, .8},   // both above .9 are enough: between .9 and .7
		{.75, .55}, // three of four: between .6 and .5
		{1, .3},    // all: between .4 and .2
	} {
		got, ok := ThresholdFor(cases, c.sensitivity)
		if !ok || !close6(got, c.want) {
			t.Errorf("sensitivity %g: threshold %g, %v; wanted %g", c.sensitivity, got, ok, c.want)
		}
		if p := At(cases, got); float64(p.Sensitivity.Value) < c.sensitivity {
			t.Errorf("threshold %g has sensitivity %g, below %g", got, p.Sensitivity.Value, c.sensitivity)
		}
	}
	// Youden: .5+.5+... sensitivity 1 - 2/4 alarms = .5; 2/4 - 0 = .5; 3/4 - 1/4 = .5. The lowest of the equal ones.
	if got, ok := ThresholdFor(cases, 0); !ok || !close6(got, .3) {
		t.Errorf("Youden: %g, %v", got, ok)
	}
	if _, ok := ThresholdFor([]Judged{{.5, true}}, 0); ok {
		t.Error("a threshold out of positive cases alone")
	}
	equal := []Judged{{.5, true}, {.5, false}, {.5, true}}
	if got, _ := ThresholdFor(equal, 1); got > .5 {
		t.Errorf("cases of one score are parted by threshold %g", got)
	}
}

func TestAShareOfNothingSurvivesJSON(t *testing.T) {
	raw, err := json.Marshal(NewRate(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	var back Rate
	if err := json.Unmarshal(raw, &back); err != nil || !math.IsNaN(float64(back.Value)) || back.High != 1 {
		t.Errorf("%s became %+v, %v", raw, back, err)
	}
	raw, _ = json.Marshal(NewRate(1, 4))
	if err := json.Unmarshal(raw, &back); err != nil || back.Value != .25 {
		t.Errorf("%s became %+v, %v", raw, back, err)
	}
}
