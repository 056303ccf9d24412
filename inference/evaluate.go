package inference

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Judged is one case of a labelled list: what the model said of it and what is
// true.
type Judged struct {
	Score    float64 // probability of the class, 0..1
	Positive bool    // the label
}

// Share is a number 0..1, or NaN where there is nothing to measure: null in
// JSON, which has no NaN.
type Share float64

// MarshalJSON writes NaN as null.
func (s Share) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(s)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(s))
}

// UnmarshalJSON reads null as NaN.
func (s *Share) UnmarshalJSON(data []byte) error {
	v := math.NaN()
	if string(data) != "null" {
		if err := json.Unmarshal(data, &v); err != nil {
			return err
		}
	}
	*s = Share(v)
	return nil
}

// Rate is a share with its 95 % confidence interval by Wilson (Wilson EB, J Am
// Stat Assoc 1927;22:209), without continuity correction. Of nothing (N is 0)
// the value is NaN and the interval 0..1.
type Rate struct {
	Count int     `json:"count"`
	N     int     `json:"n"`
	Value Share   `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// z95 is the 97.5th percentile of the standard normal distribution.
const z95 = 1.959963984540054

// NewRate is count out of n.
func NewRate(count, n int) Rate {
	r := Rate{Count: count, N: n, Value: Share(math.NaN()), Low: 0, High: 1}
	if n <= 0 {
		return r
	}
	p, size := float64(count)/float64(n), float64(n)
	centre := (p + z95*z95/(2*size)) / (1 + z95*z95/size)
	half := z95 / (1 + z95*z95/size) * math.Sqrt(p*(1-p)/size+z95*z95/(4*size*size))
	r.Value, r.Low, r.High = Share(p), max(0, centre-half), min(1, centre+half)
	// At the ends rounding would leave a bound a hair inside.
	if count == 0 {
		r.Low = 0
	}
	if count == n {
		r.High = 1
	}
	return r
}

// AUC is the area under the ROC curve with its 95 % confidence interval.
type AUC struct {
	Value     Share   `json:"value"` // NaN when either kind is missing
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Positives int     `json:"positives"`
	Negatives int     `json:"negatives"`
}

// NewAUC is the share of pairs of a positive and a negative case in which the
// positive one has the higher score, ties counting one half. The variance is
// DeLong's (DeLong ER et al., Biometrics 1988;44:837), the interval symmetric on
// the logit scale, so that it stays inside 0..1. An area of 0 or 1, or fewer
// than two cases of a kind, has no variance: the interval is then 0..1, since
// nothing is known of its width.
func NewAUC(cases []Judged) (AUC, error) {
	var positive, negative []float64
	for i, c := range cases {
		if math.IsNaN(c.Score) {
			return AUC{}, fmt.Errorf("the score of case %d is not a number", i+1)
		}
		if c.Positive {
			positive = append(positive, c.Score)
		} else {
			negative = append(negative, c.Score)
		}
	}
	a := AUC{Value: Share(math.NaN()), Low: 0, High: 1, Positives: len(positive), Negatives: len(negative)}
	if len(positive) == 0 || len(negative) == 0 {
		return a, nil
	}
	// Placement of each case among those of the other kind, 0..1.
	above := placements(positive, negative) // share of negatives below each positive
	below := placements(negative, positive) // share of positives below each negative
	area := mean(above)
	a.Value = Share(area)
	if area == 0 || area == 1 || len(positive) < 2 || len(negative) < 2 {
		return a, nil
	}
	sd := math.Sqrt(variance(above)/float64(len(above)) + variance(below)/float64(len(below)))
	logit, width := math.Log(area/(1-area)), z95*sd/(area*(1-area))
	a.Low, a.High = 1/(1+math.Exp(width-logit)), 1/(1+math.Exp(-width-logit))
	return a, nil
}

// placements gives for each of these the share of the others that are smaller,
// ties counting one half.
func placements(these, others []float64) []float64 {
	sorted := slices.Sorted(slices.Values(others))
	out := make([]float64, len(these))
	for i, v := range these {
		smaller, _ := slices.BinarySearch(sorted, v)
		upTo := smaller
		for upTo < len(sorted) && sorted[upTo] == v {
			upTo++
		}
		out[i] = (float64(smaller) + float64(upTo-smaller)/2) / float64(len(sorted))
	}
	return out
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// variance is that of a sample, divided by n-1.
func variance(v []float64) float64 {
	m, sum := mean(v), 0.0
	for _, x := range v {
		sum += (x - m) * (x - m)
	}
	return sum / float64(len(v)-1)
}

// OperatingPoint is what a threshold does on a list of cases: proposed at or
// above it.
type OperatingPoint struct {
	Threshold   float64 `json:"threshold"`
	Sensitivity Rate    `json:"sensitivity"`
	Specificity Rate    `json:"specificity"`
}

// At measures one threshold.
func At(cases []Judged, threshold float64) OperatingPoint {
	hit, positives, quiet, negatives := 0, 0, 0, 0
	for _, c := range cases {
		switch {
		case c.Positive:
			positives++
			if c.Score >= threshold {
				hit++
			}
		default:
			negatives++
			if c.Score < threshold {
				quiet++
			}
		}
	}
	return OperatingPoint{threshold, NewRate(hit, positives), NewRate(quiet, negatives)}
}

// ThresholdFor is the threshold that a list of cases calls for, halfway between
// two neighbouring scores. With sensitivity > 0 it is the highest at which at
// least that share of the positive cases is proposed, else the one with the
// largest sum of sensitivity and specificity (Youden WJ, Cancer 1950;3:32), the
// lower of two equal ones. ok is false where either kind of case is missing.
func ThresholdFor(cases []Judged, sensitivity float64) (threshold float64, ok bool) {
	sorted := slices.Clone(cases)
	slices.SortFunc(sorted, func(a, b Judged) int {
		switch {
		case a.Score < b.Score:
			return 1
		case a.Score > b.Score:
			return -1
		}
		return 0
	})
	positives := 0
	for _, c := range sorted {
		if c.Positive {
			positives++
		}
	}
	negatives := len(sorted) - positives
	if positives == 0 || negatives == 0 {
		return 0, false
	}
	best, hit, alarm := math.Inf(-1), 0, 0
	for i := 0; i < len(sorted); {
		score := sorted[i].Score
		for ; i < len(sorted) && sorted[i].Score == score; i++ {
			if sorted[i].Positive {
				hit++
			} else {
				alarm++
			}
		}
		next := 0.0
		if i < len(sorted) {
			next = sorted[i].Score
		}
		between := (score + next) / 2
		if between == next { // no number lies between them
			between = score
		}
		if sensitivity > 0 {
			if float64(hit) >= sensitivity*float64(positives) {
				return between, true
			}
			continue
		}
		if j := float64(hit)/float64(positives) - float64(alarm)/float64(negatives); j >= best {
			best, threshold = j, between
		}
	}
	return threshold, true
}
