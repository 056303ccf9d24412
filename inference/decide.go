package inference

import (
	"fmt"
	"math"

	"longying/models"
)

// slack is by how much rounding may carry a float32 probability out of 0..1.
const slack = 1e-5

// leastMass is the share of the probability that the classes which may be named
// must hold together; with less, the picture belongs to none of them.
const leastMass = 0.5

// decision is what a probability output says about one class.
type decision struct {
	outcome   Outcome
	class     int
	threshold float64 // that the probability was compared with
}

// probabilities checks an output of shape [n, classes] and returns it as rows.
// A NaN, a value outside 0..1 or an exclusive row whose sum is not 1 is an
// error: the file does not do what its card says.
func probabilities(o *models.Output, t Tensor, n int) ([][]float64, error) {
	classes := len(o.Classes)
	if len(t.Shape) != 2 || t.Shape[0] != int64(n) || t.Shape[1] != int64(classes) || len(t.Data) != n*classes {
		return nil, fmt.Errorf("output %q has shape %v; wanted [%d %d]", o.Name, t.Shape, n, classes)
	}
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, classes)
		sum := 0.0
		for c := range rows[i] {
			v := float64(t.Data[i*classes+c])
			if !(v >= -slack && v <= 1+slack) {
				return nil, fmt.Errorf("output %q gives %g for class %q, not a probability", o.Name, v, o.Classes[c].Key)
			}
			rows[i][c] = min(max(v, 0), 1)
			sum += v
		}
		if o.Exclusive && math.Abs(sum-1) > 1e-3 {
			return nil, fmt.Errorf("output %q is exclusive but its probabilities sum to %g", o.Name, sum)
		}
	}
	return rows, nil
}

// decide compares the probabilities of one sample with the card. named tells
// which classes may be named; nil means all.
func decide(o *models.Output, p []float64, named []bool) []decision {
	if o.Exclusive {
		return []decision{decideTop(o, p, named)}
	}
	return decideEach(o, p, named)
}

// decideEach looks at each class on its own: unsure inside its band [low, high),
// else proposed at or above its threshold. Without any of these, the proposing
// class with the largest probability is below threshold.
func decideEach(o *models.Output, p []float64, named []bool) []decision {
	var out []decision
	for i := range o.Classes {
		k := &o.Classes[i]
		if !k.Proposes || !may(named, i) {
			continue
		}
		switch {
		case k.Unsure != nil && p[i] >= k.Unsure[0] && p[i] < k.Unsure[1]:
			out = append(out, decision{Unsure, i, k.Threshold})
		case p[i] >= k.Threshold:
			out = append(out, decision{Proposed, i, k.Threshold})
		}
	}
	if top := topProposing(o, p, named); len(out) == 0 && top >= 0 {
		out = append(out, decision{BelowThreshold, top, o.Classes[top].Threshold})
	}
	return out
}

// decideTop looks at the classes of one sample together. It is unsure when the
// classes that may be named hold less than leastMass, when the largest of them
// is below unsure_below, or when any other class of the output, named or not,
// comes closer than unsure_margin. A background class that wins proposes
// nothing: the proposing class is then below threshold. Probabilities are never
// renormalised.
func decideTop(o *models.Output, p []float64, named []bool) decision {
	top, mass := -1, 0.0
	for i := range p {
		if !may(named, i) {
			continue
		}
		mass += p[i]
		if top < 0 || p[i] > p[top] {
			top = i
		}
	}
	d := decision{class: topProposing(o, p, named)}
	if top < 0 || d.class < 0 {
		return decision{outcome: BelowThreshold, class: -1}
	}
	d.threshold = max(o.Classes[d.class].Threshold, o.UnsureBelow)
	next := math.Inf(-1)
	for i := range p {
		if i != top {
			next = max(next, p[i])
		}
	}
	switch {
	case mass < leastMass || p[top] < o.UnsureBelow || p[top] < next || p[top]-next < o.UnsureGap:
		d.outcome = Unsure
	case !o.Classes[top].Proposes || p[top] < o.Classes[top].Threshold:
		d.outcome = BelowThreshold
	default:
		d.outcome = Proposed
	}
	return d
}

func topProposing(o *models.Output, p []float64, named []bool) int {
	top := -1
	for i := range o.Classes {
		if o.Classes[i].Proposes && may(named, i) && (top < 0 || p[i] > p[top]) {
			top = i
		}
	}
	return top
}

func may(named []bool, i int) bool { return named == nil || named[i] }

// shares lists every class with its probability, in the card's order. Classes
// that may not be named are left out.
func shares(o *models.Output, p []float64, named []bool) []ClassProbability {
	var out []ClassProbability
	for i, k := range o.Classes {
		if may(named, i) {
			out = append(out, ClassProbability{Key: k.Key, Label: k.Label, Probability: p[i]})
		}
	}
	return out
}
