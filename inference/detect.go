package inference

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"longying/imaging"
	"longying/models"
)

// readBoxes reads all groups of boxes as models.Detection states it. Boxes are
// compared with one another as the model gives them, and only then brought into
// the pixels of the image and cut at its border; one that lies outside is left
// out. first are the scores that have the classes.
func (a *analysis) readBoxes(first *models.Output) error {
	card := a.request.card()
	rule := card.Detection
	var boxes []Box
	best := Box{Class: -1, Score: math.Inf(-1)} // of those that propose, the least one included
	for i := range card.Outputs {
		if card.Outputs[i].Kind != models.OutputBoxes {
			continue
		}
		group, err := a.readGroup(first, card.Outputs[i].Group)
		if err != nil {
			return &unsoundError{err}
		}
		for _, b := range group {
			if b.Score > best.Score && first.Classes[b.Class].Proposes {
				best = b
			}
			if b.Score >= rule.ScoreThreshold {
				boxes = append(boxes, b)
			}
		}
	}
	said := 0
	for _, b := range suppress(boxes, rule.NMSIoU, rule.MaximumBoxes) {
		k := &first.Classes[b.Class]
		if !k.Proposes {
			continue
		}
		outcome := BelowThreshold
		switch {
		case k.Unsure != nil && b.Score >= k.Unsure[0] && b.Score < k.Unsure[1]:
			outcome = Unsure
		case b.Score >= k.Threshold:
			outcome = Proposed
		}
		region, ok := a.place.box(b.X0, b.Y0, b.X1, b.Y1)
		if !ok || outcome == BelowThreshold {
			continue
		}
		one := a.prediction(first, outcome)
		one.Class, one.Probability, one.Threshold = k, b.Score, k.Threshold
		region.Kind = imaging.RegionDetected
		one.Ref.Region = &region
		a.said = append(a.said, one)
		said++
	}
	if said > 0 {
		return nil
	}
	one := a.prediction(first, BelowThreshold)
	if best.Class >= 0 {
		one.Class, one.Probability, one.Threshold = &first.Classes[best.Class], best.Score, first.Classes[best.Class].Threshold
	} else if i := slices.IndexFunc(first.Classes, func(k models.Class) bool { return k.Proposes }); i >= 0 {
		// The graph gave no box at all: there is no probability to name.
		one.Class, one.Threshold = &first.Classes[i], first.Classes[i].Threshold
	}
	a.said = append(a.said, one)
	return nil
}

// readGroup reads the boxes of one scale, one for each box and class, in pixels
// of the tensor. Classes that the card does not name are left out: background.
func (a *analysis) readGroup(first *models.Output, group string) ([]Box, error) {
	card := a.request.card()
	var boxes, scores, labels *models.Output
	for i := range card.Outputs {
		if o := &card.Outputs[i]; o.Group == group {
			switch o.Kind {
			case models.OutputBoxes:
				boxes = o
			case models.OutputScores:
				scores = o
			case models.OutputLabels:
				labels = o
			}
		}
	}
	if boxes == nil || scores == nil {
		return nil, fmt.Errorf("the group %q has no boxes and scores", group)
	}
	places, n, err := a.places(boxes)
	if err != nil {
		return nil, err
	}
	class := map[int]int{} // by index
	for i := range first.Classes {
		class[*first.Classes[i].Index] = i
	}
	t := a.outputs[scores.Name]
	if labels != nil {
		return a.labelled(places, n, labels, scores, class)
	}
	if len(t.Shape) != 3 || t.Shape[0] != 1 || t.Shape[1] != int64(n) || int64(len(t.Data)) != t.Size() {
		return nil, fmt.Errorf("output %q has shape %v; wanted [1 %d classes]", scores.Name, t.Shape, n)
	}
	columns := int(t.Shape[2])
	for i := range class {
		if i >= columns {
			return nil, fmt.Errorf("output %q has %d classes, and the card names the index %d", scores.Name, columns, i)
		}
	}
	var out []Box
	row := make([]float64, columns)
	for i := range n {
		for c := range row {
			row[c] = float64(t.Data[i*columns+c])
		}
		activate(scores, row)
		for index, k := range class {
			if out, err = appendBox(out, places[i], k, row[index], scores.Name); err != nil {
				return nil, err
			}
		}
	}
	// A map has no order; of equal scores the earlier box and class comes first.
	slices.SortStableFunc(out, func(a, b Box) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Class, b.Class)) })
	return out, nil
}

func (a *analysis) labelled(places []Box, n int, labels, scores *models.Output, class map[int]int) ([]Box, error) {
	s, l := a.outputs[scores.Name], a.outputs[labels.Name]
	for name, t := range map[string]Tensor{scores.Name: s, labels.Name: l} {
		if len(t.Shape) != 2 || t.Shape[0] != 1 || t.Shape[1] != int64(n) || len(t.Data) != n {
			return nil, fmt.Errorf("output %q has shape %v; wanted [1 %d]", name, t.Shape, n)
		}
	}
	if scores.Activation == "softmax" {
		return nil, fmt.Errorf("output %q has one score for each box, and no softmax of one", scores.Name)
	}
	var out []Box
	for i := range n {
		index := int(l.Data[i])
		if float32(index) != l.Data[i] || index < 0 {
			return nil, fmt.Errorf("output %q gives %g, not the index of a class", labels.Name, l.Data[i])
		}
		k, known := class[index]
		if !known {
			continue
		}
		p := []float64{float64(s.Data[i])}
		activate(scores, p)
		var err error
		if out, err = appendBox(out, places[i], k, p[0], scores.Name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func appendBox(out []Box, b Box, class int, score float64, name string) ([]Box, error) {
	if !(score >= -slack && score <= 1+slack) {
		return nil, fmt.Errorf("output %q gives %g, not a score", name, score)
	}
	b.Class, b.Score = class, min(max(score, 0), 1)
	return append(out, b), nil
}

// places reads boxes [1, n, 4] into pixels of the tensor.
func (a *analysis) places(o *models.Output) ([]Box, int, error) {
	t, rule := a.outputs[o.Name], a.request.card().Detection
	if len(t.Shape) != 3 || t.Shape[0] != 1 || t.Shape[2] != 4 || int64(len(t.Data)) != t.Size() {
		return nil, 0, fmt.Errorf("output %q has shape %v; wanted [1 boxes 4]", o.Name, t.Shape)
	}
	n := int(t.Shape[1])
	if n > mostBoxes {
		return nil, 0, fmt.Errorf("output %q has %d boxes, more than %d", o.Name, n, mostBoxes)
	}
	w, h := 1.0, 1.0
	if rule.BoxUnit == "normalised" {
		w, h = float64(a.place.size[0]), float64(a.place.size[1])
	}
	out := make([]Box, n)
	for i := range out {
		var v [4]float64
		for k := range v {
			if v[k] = float64(t.Data[4*i+k]); math.IsNaN(v[k]) || math.IsInf(v[k], 0) {
				return nil, 0, fmt.Errorf("output %q gives %g for box %d", o.Name, v[k], i)
			}
		}
		if rule.BoxFormat == "cxcywh" {
			v = [4]float64{v[0] - v[2]/2, v[1] - v[3]/2, v[0] + v[2]/2, v[1] + v[3]/2}
		}
		out[i] = Box{X0: v[0] * w, Y0: v[1] * h, X1: v[2] * w, Y1: v[3] * h, order: i}
	}
	return out, n, nil
}

// mostBoxes bounds what one output may hold.
const mostBoxes = 1 << 20
