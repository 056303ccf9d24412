package gsdf

import (
	"fmt"
	"math"
)

// Levels are the grey levels, of 255, at which a monitor is measured: those of
// the TG18-LN series, 15 apart.
func Levels() []int {
	out := make([]int, 18)
	for i := range out {
		out[i] = 15 * i
	}
	return out
}

// The limits of AAPM TG18 (On-Line Report 03, table 7 and 4.3.4): of the contrast
// response of any step, as a fraction; of the ratio of the brightest to the
// darkest luminance, the room's light included; and of the brightest, in cd/m².
const (
	PrimaryDeviation   = 0.10
	SecondaryDeviation = 0.20
	PrimaryRatio       = 250
	SecondaryRatio     = 100
	PrimaryLuminance   = 170
	SecondaryLuminance = 100
)

// Class is what a monitor may be used for by its measured luminances.
type Class string

// The classes of TG18.
const (
	Primary   Class = "primary"   // to read and report from
	Secondary Class = "secondary" // to look at
	Neither   Class = "neither"   // outside of both limits
)

// Limit is one that a monitor misses.
type Limit struct {
	Of    string  // "deviation", "ratio", "luminance" or "falling"
	Class Class   // whose limit it is
	Is    float64 // fraction, ratio or cd/m²; the level, of "falling"
	Limit float64 // that it is over (deviation) or under (the others)
}

// Step is the way from one level to the next.
type Step struct {
	From, To  int
	Index     float64 // the JND index at its middle, of the target
	Contrast  float64 // dL/L per JND, as measured
	Target    float64 // the same, of the function
	Deviation float64 // Contrast/Target − 1
}

// Result is what the luminances of a monitor come to.
type Result struct {
	Least, Most float64   // cd/m², the room's light included
	Ratio       float64   // Most over Least
	FirstIndex  float64   // JND index of Least
	LastIndex   float64   // and of Most
	Targets     []float64 // cd/m² with the room's light, of each level
	Measured    []float64 // the same, as measured
	Steps       []Step    // one fewer than levels
	Worst       int       // of Steps: whose deviation is greatest
	Class       Class
	Misses      []Limit // why it is not of a better class
}

// MeasurementError says why luminances cannot be judged.
type MeasurementError struct {
	Code string // "count", "number", "level", "ambient", "range", "dark", "flat"
	At   string // the level, line or text that is meant
}

func (e *MeasurementError) Error() string {
	return fmt.Sprintf("the luminances cannot be judged: %s %s", e.Code, e.At)
}

// Check judges the luminances of a monitor at Levels, in cd/m² and in their
// order, with what the switched-off screen reflects of the room (ambient, 0 where
// the meter's values have it already). The targets lie on the function between
// the monitor's own darkest and brightest luminance, at equal steps of the JND
// index (PS3.14 D.1, TG18 4.3.4.2); of each step
//
//	δ = 2 (L' − L) / ((L' + L) (J' − J))
//
// is compared with that of the targets. Values that are no luminances, a range
// outside of the function's and a monitor that does not brighten are refused.
func Check(luminances []float64, ambient float64) (Result, error) {
	levels := Levels()
	if len(luminances) != len(levels) {
		return Result{}, &MeasurementError{"count", fmt.Sprint(len(luminances))}
	}
	if !(ambient >= 0 && ambient <= MostLuminance) {
		return Result{}, &MeasurementError{"ambient", fmt.Sprint(ambient)}
	}
	r := Result{Class: Primary}
	for i, l := range luminances {
		if !(l >= 0 && l+ambient <= MostLuminance) {
			return Result{}, &MeasurementError{"range", fmt.Sprint(levels[i])}
		}
		r.Measured = append(r.Measured, l+ambient)
	}
	last := len(levels) - 1
	r.Least, r.Most = r.Measured[0], r.Measured[last]
	if r.Least < LeastLuminance {
		return Result{}, &MeasurementError{"dark", fmt.Sprint(r.Least)}
	}
	if !(r.Most > r.Least) {
		return Result{}, &MeasurementError{"flat", ""}
	}
	r.Ratio = r.Most / r.Least
	r.FirstIndex, r.LastIndex = Index(r.Least), Index(r.Most)
	at := func(level int) float64 {
		return r.FirstIndex + float64(level)/float64(levels[last])*(r.LastIndex-r.FirstIndex)
	}
	for _, level := range levels {
		r.Targets = append(r.Targets, Luminance(at(level)))
	}
	for i := 1; i <= last; i++ {
		a, b := at(levels[i-1]), at(levels[i])
		s := Step{From: levels[i-1], To: levels[i], Index: (a + b) / 2,
			Contrast: contrast(r.Measured[i-1], r.Measured[i], b-a), Target: contrast(r.Targets[i-1], r.Targets[i], b-a)}
		s.Deviation = s.Contrast/s.Target - 1
		r.Steps = append(r.Steps, s)
		if math.Abs(s.Deviation) > math.Abs(r.Steps[r.Worst].Deviation) {
			r.Worst = len(r.Steps) - 1
		}
	}
	r.judge()
	return r, nil
}

func contrast(a, b, jnds float64) float64 { return 2 * (b - a) / ((b + a) * jnds) }

// WorstDeviation is the greatest deviation of a step, without its sign.
func (r Result) WorstDeviation() float64 { return math.Abs(r.Steps[r.Worst].Deviation) }

// judge finds the best class of which no limit is missed.
func (r *Result) judge() {
	for _, s := range r.Steps {
		if s.Contrast <= 0 { // darker, or no brighter, than the level before
			r.Class = Neither
			r.Misses = append(r.Misses, Limit{Of: "falling", Class: Secondary, Is: float64(s.To), Limit: float64(s.From)})
			return
		}
	}
	for _, c := range []struct {
		class                        Class
		deviation, ratio, brightness float64
	}{{Primary, PrimaryDeviation, PrimaryRatio, PrimaryLuminance}, {Secondary, SecondaryDeviation, SecondaryRatio, SecondaryLuminance}} {
		var misses []Limit
		if w := r.WorstDeviation(); w > c.deviation {
			misses = append(misses, Limit{"deviation", c.class, w, c.deviation})
		}
		if r.Ratio < c.ratio {
			misses = append(misses, Limit{"ratio", c.class, r.Ratio, c.ratio})
		}
		if r.Most < c.brightness {
			misses = append(misses, Limit{"luminance", c.class, r.Most, c.brightness})
		}
		if len(misses) == 0 {
			r.Class = c.class
			return
		}
		r.Misses = append(r.Misses, misses...)
	}
	r.Class = Neither
}
