package inference

import (
	"fmt"

	"longying/models"
)

// unsupported names the first thing that a card asks for and this version does
// not do, "" when there is none. The vocabulary of cards is larger than what is
// computed here, and what a card demands is never passed over: a model whose
// contrast rule or activation were ignored would answer a question nobody asked.
// Whoever teaches the program one of these takes its line out.
func unsupported(card *models.Card) string {
	in := &card.Input
	switch {
	case card.Task == models.TaskDetection || card.Task == models.TaskSegmentation:
		return fmt.Sprintf("task %q", card.Task)
	case in.Frames != nil && (in.Frames.Min > 1 || in.Frames.Max > 1):
		return "input.frames"
	case in.Slices != nil:
		return "input.slices"
	case in.SlidingWindow != nil:
		return "input.sliding_window"
	case in.Statistics != nil:
		return "input.statistics"
	case in.Tensor.Values != nil:
		return "input.tensor.values"
	}
	if s := card.Slide; s != nil && s.Aggregation != "mean" {
		return fmt.Sprintf("slide.aggregation %q", s.Aggregation)
	}
	for i := range card.Outputs {
		o := &card.Outputs[i]
		if o.OnlyIf != "" || o.Occlusion != nil {
			return fmt.Sprintf("output %q with only_if or occlusion", o.Name)
		}
		switch o.Kind {
		case models.OutputProbabilities, models.OutputActivationMap:
		default:
			return fmt.Sprintf("output %q of kind %q", o.Name, o.Kind)
		}
	}
	return ""
}
