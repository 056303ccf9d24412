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
	if card.Slide != nil {
		return unsupportedOnSlides(card)
	}
	for i := range card.Outputs {
		o := &card.Outputs[i]
		what := fmt.Sprintf("output %q of kind %q", o.Name, o.Kind)
		switch {
		case o.Kind == models.OutputEmbedding:
			return what
		case ofVolumes(card) && (o.Kind == models.OutputActivationMap || o.Kind == models.OutputBoxes):
			return what + " of a volume"
		case in.SlidingWindow != nil && o.Kind != models.OutputSegmentation:
			return what + " with input.sliding_window"
		case in.SlidingWindow != nil && o.Activation == "argmax":
			return what + ", whose labels cannot be averaged over windows"
		}
	}
	return ""
}

func unsupportedOnSlides(card *models.Card) string {
	in := &card.Input
	switch {
	case in.Statistics != nil:
		return "input.statistics of a slide"
	case in.Tensor.Values != nil:
		return "input.tensor.values of a slide"
	}
	for i := range card.Outputs {
		switch o := &card.Outputs[i]; o.Kind {
		case models.OutputProbabilities, models.OutputLogits, models.OutputEmbedding, models.OutputActivationMap:
		default:
			return fmt.Sprintf("output %q of kind %q of a slide", o.Name, o.Kind)
		}
	}
	return ""
}

// ofVolumes reports a model whose tensor is a volume.
func ofVolumes(card *models.Card) bool { return len(card.Input.Tensor.Order) == len("NCDHW") }
