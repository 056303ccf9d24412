package inference

import (
	"context"
	"errors"
	"fmt"
	"math"

	"longying/imaging"
	"longying/models"
)

// Subject is what a model is given to look at: one image, or a volume.
type Subject struct {
	Image  Image
	Volume *Volume       // nil: the image
	Slices []imaging.Ref // of a volume: which picture each slice is
	// Scale says how the spacing is known: a length on a detector is not one in the
	// patient.
	Scale imaging.SpacingSource
}

// Progress is told how much of a long run is done. It may be nil, and is called
// on the caller's goroutine.
type Progress func(done, total int)

func (p Progress) tell(done, total int) {
	if p != nil {
		p(done, total)
	}
}

// Analyze gives a model one image or one volume and reads all that its card says
// of the graph's outputs, in their order:
//
//   - probabilities and logits, each head on its own: one Prediction for each class
//     that is proposed or unsure, else one that is below threshold;
//   - detected boxes: one for each, else one that is below threshold;
//   - masks: one for each class that proposes, with what it measures, else below
//     threshold;
//   - measurements: one for each.
//
// A head that hangs on a class of another is silent where that is not proposed.
// There is at least one Prediction. Pixels, steps or outputs that cannot be used
// are a refusal with its reason; an error means that nothing can be said (the
// session failed, ctx is done: ctx.Err()). Whether the model may be given this at
// all is for Fits, asked before.
func Analyze(ctx context.Context, q Request, s Subject, progress Progress) ([]Prediction, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	card := q.card()
	if card.Slide != nil {
		return nil, fmt.Errorf("model %s types slides; Analyze is for images and volumes", card.ID)
	}
	a := &analysis{request: &q, subject: s, progress: progress, proposed: map[string]bool{}}
	started := q.now()
	a.trace = q.trace(started)
	if s.Volume != nil {
		a.trace.Inputs = s.Slices
	}
	reason, err := a.prepare(ctx)
	a.trace.Preparing = q.now().Sub(started)
	if err != nil {
		return nil, err
	}
	if reason == nil {
		reason, err = a.run(ctx)
	}
	if err != nil {
		return nil, err
	}
	if reason == nil && len(a.said) == 0 {
		reason = because(ReasonPackage, "the card names no output that can be judged")
	}
	if reason != nil {
		return q.refuse(a.trace, reason.Code, reason.Args...), nil
	}
	for i := range a.said {
		a.said[i].Trace = a.trace
	}
	return a.said, nil
}

// analysis is one run of Analyze.
type analysis struct {
	request  *Request
	subject  Subject
	progress Progress
	trace    Trace

	input    Tensor
	place    Placement
	amber    []Reason
	outputs  map[string]Tensor
	proposed map[string]bool // by class
	said     []Prediction
}

// prepare makes the tensor. The reason is why the image or the card is refused.
func (a *analysis) prepare(ctx context.Context) (*Reason, error) {
	q, card := a.request, a.request.card()
	if what := unsupported(card); what != "" {
		return because(ReasonUnsupported, what), nil
	}
	var err error
	if a.subject.Volume != nil {
		a.input, a.place, err = PreprocessVolume(ctx, a.subject.Volume, card.Input.Preprocess)
	} else {
		image, x, y, reason := q.pixels(a.subject.Image)
		if reason != nil {
			return reason, nil
		}
		a.input, a.place, err = Preprocess(ctx, image, card.Input.Preprocess)
		a.place.lies(x, y, a.subject.Image.Frame)
	}
	var step *StepError
	switch {
	case errors.As(err, &step):
		return because(ReasonPreprocess, step.Step, step.Err.Error()), nil
	case err != nil:
		return nil, err
	}
	if card.Input.SlidingWindow == nil {
		if err := fitsTensor(card.Input.Tensor, a.input); err != nil {
			return because(ReasonPackage, err.Error()), nil
		}
	}
	if reason := valuesFit(card.Input.Tensor.Values, a.input); reason != nil {
		return reason, nil
	}
	unlike, err := unlike(card.Input.Statistics, a.input)
	if err != nil {
		return because(ReasonPreprocess, "layout", err.Error()), nil
	}
	a.amber = append(q.amber(), unlike...)
	return nil, nil
}

// pixels checks a frame and cuts out what a region model is given, from the
// column x and row y on.
func (q *Request) pixels(image Image) (out Image, x, y int, reason *Reason) {
	switch f := image.Frame; {
	case f == nil:
		return image, 0, 0, because(ReasonPixels, "there is no frame")
	case f.Check() != nil:
		return image, 0, 0, because(ReasonPixels, f.Check().Error())
	case f.Missing > 0:
		return image, 0, 0, because(ReasonPixels, fmt.Sprintf("%d pixels are missing at the end of the file", f.Missing))
	}
	crop := q.card().Input.RegionCrop
	if crop == nil {
		return image, 0, 0, nil
	}
	if x, y, reason = cropAt(crop, q.Given.Region, image.Frame.Columns, image.Frame.Rows); reason == nil {
		image.Frame = cropped(image.Frame, x, y, crop.Width, crop.Height)
	}
	return image, x, y, reason
}

// run evaluates the graph and reads its outputs.
func (a *analysis) run(ctx context.Context) (*Reason, error) {
	q, card := a.request, a.request.card()
	var masks map[string]*tensorMask
	running := q.now()
	err := a.evaluate(ctx, &masks)
	a.trace.Running = q.now().Sub(running)
	var unsound *unsoundError
	if err == nil {
		for i := range card.Outputs {
			if err = a.read(ctx, &card.Outputs[i], masks); err != nil {
				break
			}
		}
	}
	var refused *refusedError
	switch {
	case errors.As(err, &unsound):
		return because(ReasonPackage, unsound.Error()), nil
	case errors.As(err, &refused):
		return &refused.reason, nil
	}
	return nil, err
}

// refusedError is a reason found while outputs are read.
type refusedError struct{ reason Reason }

func (e *refusedError) Error() string { return e.reason.String() }

// evaluate fills outputs by one run, or masks by a sliding window.
func (a *analysis) evaluate(ctx context.Context, masks *map[string]*tensorMask) (err error) {
	card := a.request.card()
	if card.Input.SlidingWindow != nil {
		*masks, err = a.slide(ctx)
		return err
	}
	a.outputs, err = a.session(ctx, a.input)
	return err
}

// session runs the graph once.
func (a *analysis) session(ctx context.Context, input Tensor) (map[string]Tensor, error) {
	card := a.request.card()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	outputs, err := a.request.Runner.Run(ctx, map[string]Tensor{card.Input.Tensor.Name: input}, outputNames(card))
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", card.ID, err)
	}
	return outputs, nil
}

func (a *analysis) read(ctx context.Context, o *models.Output, masks map[string]*tensorMask) error {
	if o.OnlyIf != "" && !a.proposed[o.OnlyIf] {
		return nil
	}
	switch o.Kind {
	case models.OutputProbabilities, models.OutputLogits:
		return a.readHead(ctx, o)
	case models.OutputScores:
		if len(o.Classes) > 0 { // the first scores, for all groups
			return a.readBoxes(o)
		}
	case models.OutputSegmentation:
		return a.readMasks(ctx, o, masks)
	case models.OutputMeasurement:
		return a.readMeasurements(o)
	}
	return nil
}

// readHead judges one head of probabilities.
func (a *analysis) readHead(ctx context.Context, o *models.Output) error {
	rows, err := headProbabilities(o, a.outputs[o.Name], 1)
	if err != nil {
		return &unsoundError{err}
	}
	for _, d := range decide(o, rows[0], nil) {
		one := a.prediction(o, d.outcome)
		one.All, one.Threshold = shares(o, rows[0], nil), d.threshold
		if d.class >= 0 {
			class := o.Classes[d.class]
			one.Class, one.Probability = &class, rows[0][d.class]
			a.proposed[class.Key] = d.outcome == Proposed
			if d.outcome != BelowThreshold {
				if err := a.explain(ctx, o, d.class, rows[0][d.class], &one); err != nil {
					return err
				}
			}
		}
		a.said = append(a.said, one)
	}
	return nil
}

// explain gives a prediction the place that the class rests on, where the card
// has a map for it. A region that a doctor marked stays.
func (a *analysis) explain(ctx context.Context, o *models.Output, class int, p float64, one *Prediction) error {
	if one.Ref.Region != nil {
		return nil
	}
	card := a.request.card()
	for i := range card.Outputs {
		if m := &card.Outputs[i]; m.Kind == models.OutputActivationMap && m.ForClass == o.Classes[class].Key {
			box, err := activationBox(a.outputs[m.Name], m.BoxFraction, &a.place)
			if err != nil {
				return &unsoundError{fmt.Errorf("output %q: %w", m.Name, err)}
			}
			one.Ref.Region = box
			return nil
		}
	}
	if o.Occlusion == nil {
		return nil
	}
	box, err := a.occlude(ctx, o, class, p)
	one.Ref.Region = box
	return err
}

// prediction is what all predictions of this run have in common.
func (a *analysis) prediction(o *models.Output, outcome Outcome) Prediction {
	return Prediction{Model: Identity(a.request.card()), Outcome: outcome, Amber: a.amber, Head: o.Name,
		Probability: math.NaN(), Ref: a.request.place()}
}

// readMeasurements reads one number for each column. One that is implausible is
// refused, the others are said.
func (a *analysis) readMeasurements(o *models.Output) error {
	t, n := a.outputs[o.Name], len(o.Measurements)
	if len(t.Shape) != 2 || t.Shape[0] != 1 || t.Shape[1] != int64(n) || len(t.Data) != n {
		return &unsoundError{fmt.Errorf("output %q has shape %v; wanted [1 %d]", o.Name, t.Shape, n)}
	}
	for i := range o.Measurements {
		m := &o.Measurements[i]
		value := float64(float64(t.Data[i])*m.Scale) + m.Offset
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return &unsoundError{fmt.Errorf("output %q gives %g for %q", o.Name, value, m.Key)}
		}
		one := a.prediction(o, Proposed)
		one.Class = &models.Class{Key: m.Key, Label: m.Label, Code: &m.Code, Proposes: true}
		one.Measurements = []Measured{{Key: m.Key, Label: m.Label, Code: m.Code, Value: value, Unit: m.Unit}}
		if r := m.Plausible; r != nil && !(value >= r.Min && value <= r.Max) {
			one = Refusal(a.request.card(), one.Ref, Reason{Code: ReasonImplausible,
				Args: []string{m.Key, fmt.Sprintf("%.4g %s", value, m.Unit), fmt.Sprintf("%g", r.Min), fmt.Sprintf("%g", r.Max)}})
			one.Head = o.Name
		}
		a.said = append(a.said, one)
	}
	return nil
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
