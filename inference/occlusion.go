package inference

import (
	"context"
	"slices"

	"longying/imaging"
	"longying/models"
)

// occlude finds the place that a class rests on, as models.Occlusion states it:
// one run for each square, one after the other. The box is nil where the
// probability falls nowhere.
func (a *analysis) occlude(ctx context.Context, o *models.Output, class int, p float64) (*imaging.Region, error) {
	card := a.request.card()
	last := card.Input.Tensor.Order == "NHWC"
	w, h := a.place.size[0], a.place.size[1]
	channels := len(a.input.Data) / (w * h)
	rule := o.Occlusion
	xs, ys := squares(w, rule.Size, rule.Step), squares(h, rule.Size, rule.Step)
	sum, count := make([]float64, w*h), make([]int, w*h)
	covered := Tensor{Shape: a.input.Shape, Data: make([]float32, len(a.input.Data))}
	done := 0
	for _, y0 := range ys {
		for _, x0 := range xs {
			copy(covered.Data, a.input.Data)
			for y := y0; y < y0+rule.Size; y++ {
				for c := range channels {
					for x := x0; x < x0+rule.Size; x++ {
						if i := y*w + x; last {
							covered.Data[i*channels+c] = float32(rule.Value)
						} else {
							covered.Data[c*w*h+i] = float32(rule.Value)
						}
					}
				}
			}
			outputs, err := a.session(ctx, covered)
			if err != nil {
				return nil, err
			}
			rows, err := headProbabilities(o, outputs[o.Name], 1)
			if err != nil {
				return nil, &unsoundError{err}
			}
			for y := y0; y < y0+rule.Size; y++ {
				for x := x0; x < x0+rule.Size; x++ {
					sum[y*w+x] += p - rows[0][class]
					count[y*w+x]++
				}
			}
			done++
			a.progress.tell(done, len(xs)*len(ys))
		}
	}
	fall := make([]float32, w*h)
	for i := range fall {
		fall[i] = float32(sum[i] / float64(count[i]))
	}
	return boxOfMap(fall, w, h, rule.BoxFraction, &a.place, imaging.RegionOcclusion), nil
}

// squares are where squares of a side begin along an axis of n pixels: every step
// pixels, the last set back to end with the axis.
func squares(n, side, step int) []int {
	var out []int
	for at := 0; at < n-side; at += step {
		out = append(out, at)
	}
	out = append(out, max(n-side, 0))
	return slices.Compact(out)
}
