package inference

import (
	"fmt"
	"math"

	"longying/models"
)

// headProbabilities reads an output of kind probabilities, or of kind logits
// after its activation, as n rows of one probability for each class.
func headProbabilities(o *models.Output, t Tensor, n int) ([][]float64, error) {
	if o.Kind == models.OutputProbabilities {
		return probabilities(o, t, n)
	}
	classes := len(o.Classes)
	if len(t.Shape) != 2 || t.Shape[0] != int64(n) || t.Shape[1] != int64(classes) || len(t.Data) != n*classes {
		return nil, fmt.Errorf("output %q has shape %v; wanted [%d %d]", o.Name, t.Shape, n, classes)
	}
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, classes)
		for c := range rows[i] {
			v := float64(t.Data[i*classes+c])
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("output %q gives %g for class %q", o.Name, v, o.Classes[c].Key)
			}
			rows[i][c] = v
		}
		activate(o, rows[i])
	}
	return rows, nil
}

// activate turns the logits of one sample into probabilities, in float64: divided
// by the temperature, then softmax over all (the largest subtracted first) or the
// sigmoid 1/(1+exp(-x)) of each.
func activate(o *models.Output, v []float64) {
	if o.Temperature != 0 {
		for i := range v {
			v[i] /= o.Temperature
		}
	}
	switch o.Activation {
	case "softmax":
		softmax(v)
	case "sigmoid":
		for i := range v {
			v[i] = sigmoid(v[i])
		}
	}
}

func softmax(v []float64) {
	most, sum := math.Inf(-1), 0.0
	for _, x := range v {
		most = max(most, x)
	}
	for i, x := range v {
		v[i] = math.Exp(x - most)
		sum += v[i]
	}
	for i := range v {
		v[i] /= sum
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
