package inference

import (
	"context"
	"errors"
	"fmt"

	"longying/imaging"
	"longying/models"
)

// Classify runs an image classifier on one frame. It returns one Prediction for
// each class that is proposed or unsure, or exactly one that is below threshold
// or refused. Pixels, steps or outputs that cannot be used are a refusal with
// its reason; an error means that nothing can be said (the session failed, ctx
// is done: ctx.Err()). Whether the model may be given this image at all is for
// Fits, asked before.
func Classify(ctx context.Context, q Request, image Image) ([]Prediction, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	card := q.card()
	if card.Slide != nil {
		return nil, fmt.Errorf("model %s types slides; Classify is for single images", card.ID)
	}
	started := q.now()
	trace := q.trace(started)
	if what := unsupported(card); what != "" {
		return q.refuse(trace, ReasonUnsupported, what), nil
	}
	if card.Task != models.TaskClassification {
		return q.refuse(trace, ReasonUnsupported, fmt.Sprintf("task %q", card.Task)), nil
	}
	if image.Frame == nil {
		return q.refuse(trace, ReasonPixels, "there is no frame"), nil
	}
	if err := image.Frame.Check(); err != nil {
		return q.refuse(trace, ReasonPixels, err.Error()), nil
	}
	if n := image.Frame.Missing; n > 0 {
		return q.refuse(trace, ReasonPixels, fmt.Sprintf("%d pixels are missing at the end of the file", n)), nil
	}
	input, _, err := Preprocess(ctx, image, card.Input.Preprocess)
	trace.Preparing = q.now().Sub(started)
	if err != nil {
		var step *StepError
		if errors.As(err, &step) {
			return q.refuse(trace, ReasonPreprocess, step.Step, step.Err.Error()), nil
		}
		return nil, err
	}
	if err := fitsTensor(card.Input.Tensor, input); err != nil {
		return q.refuse(trace, ReasonPackage, err.Error()), nil
	}
	running := q.now()
	outputs, err := q.Runner.Run(ctx, map[string]Tensor{card.Input.Tensor.Name: input}, outputNames(card))
	trace.Running = q.now().Sub(running)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", card.ID, err)
	}
	predictions, err := q.predictions(outputs, trace, image.Frame.Columns, image.Frame.Rows)
	if err != nil {
		return q.refuse(trace, ReasonPackage, err.Error()), nil
	}
	return predictions, nil
}

// predictions judges every head. What is below threshold is said only when no
// head proposes anything or is unsure, and then once.
func (q *Request) predictions(outputs map[string]Tensor, trace Trace, columns, rows int) ([]Prediction, error) {
	card := q.card()
	var said []Prediction
	var below *Prediction
	for i := range card.Outputs {
		o := &card.Outputs[i]
		if o.Kind != models.OutputProbabilities {
			continue
		}
		p, err := probabilities(o, outputs[o.Name], 1)
		if err != nil {
			return nil, err
		}
		for _, d := range decide(o, p[0], nil) {
			one := q.prediction(o, p[0], d, nil, trace)
			if d.outcome == BelowThreshold {
				if below == nil || one.Probability > below.Probability {
					below = &one
				}
				continue
			}
			box, err := boxFor(card, outputs, one.Class.Key, columns, rows)
			if err != nil {
				return nil, err
			}
			if box != nil {
				one.Ref.Region = box
			}
			said = append(said, one)
		}
	}
	if len(said) == 0 && below != nil {
		said = append(said, *below)
	}
	if len(said) == 0 {
		return nil, fmt.Errorf("the card names no output that can be judged")
	}
	return said, nil
}

func (q *Request) prediction(o *models.Output, p []float64, d decision, named []bool, trace Trace) Prediction {
	out := Prediction{
		Model: Identity(q.card()), Outcome: d.outcome, Amber: q.amber(), Threshold: d.threshold,
		All: shares(o, p, named), Ref: q.place(), Trace: trace,
	}
	if d.class >= 0 {
		class := o.Classes[d.class]
		out.Class, out.Probability = &class, p[d.class]
	}
	return out
}

// boxFor is the box of the activation map that explains a class, nil when the
// card has none.
func boxFor(card *models.Card, outputs map[string]Tensor, class string, columns, rows int) (*imaging.Region, error) {
	for i := range card.Outputs {
		o := &card.Outputs[i]
		if o.Kind != models.OutputActivationMap || o.ForClass != class {
			continue
		}
		box, err := activationBox(outputs[o.Name], o.BoxFraction, columns, rows)
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", o.Name, err)
		}
		return box, nil
	}
	return nil, nil
}

// fitsTensor compares a tensor with what the card says the session takes; -1 is
// any size.
func fitsTensor(want models.TensorDef, got Tensor) error {
	same := len(want.Shape) == len(got.Shape) && int64(len(got.Data)) == got.Size()
	for i := 0; same && i < len(want.Shape); i++ {
		same = want.Shape[i] == -1 || want.Shape[i] == got.Shape[i]
	}
	if !same {
		return fmt.Errorf("the preprocessing steps give a tensor of shape %v; input %q takes %v", got.Shape, want.Name, want.Shape)
	}
	return nil
}

func outputNames(card *models.Card) []string {
	names := make([]string, len(card.Outputs))
	for i, o := range card.Outputs {
		names[i] = o.Name
	}
	return names
}
