package inference

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"longying/imaging"
	"longying/models"
)

// SlideSource gives the pixels of a slide. It is called from one goroutine at a
// time, and not from the caller's.
type SlideSource interface {
	Columns() int // of the total pixel matrix
	Rows() int
	// Patch is side x side pixels as red, green, blue, 8 bits each, row-major. Each
	// is downsample x downsample pixels of the matrix, the first with its top left
	// corner at (x, y): with 1 at whole numbers the pixels as they are stored, else
	// the mean over the area in the nearest level that is not coarser. The square
	// lies inside the matrix.
	Patch(ctx context.Context, x, y float64, side int, downsample float64) ([]byte, error)
}

// TypeRegion types the tissue of a marked region, or of a whole slide where the
// card allows it: patches on a grid at the card's micrometres per pixel, tissue
// only, in batches while the next patches are decoded. The region's answer is
// made of its tissue patches as the card's aggregation says: the mean
// probability of each class; the mean of the top k of each class (of all where
// there are fewer); or the head's answer to all embeddings together. Only
// classes of the specimen's organ (and of no organ) are named.
//
// It returns exactly one Prediction, with its TypeMap. Region, organ, steps or
// outputs that cannot be used are a refusal with its reason, and so is a region
// without tissue; an error means that nothing can be said (a tile cannot be
// read, the session failed, ctx is done: ctx.Err()). progress, when not nil, is
// called on the caller's goroutine with the patches done and their total.
func TypeRegion(ctx context.Context, q Request, slide SlideSource, progress func(done, total int)) ([]Prediction, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	card := q.card()
	if card.Slide == nil {
		return nil, fmt.Errorf("model %s is not for slides; TypeRegion needs a slide model", card.ID)
	}
	trace := q.trace(q.now())
	if what := unsupported(card); what != "" {
		return q.refuse(trace, ReasonUnsupported, what), nil
	}
	job, reason := q.newTyping(slide)
	if reason != nil {
		return q.refuse(trace, reason.Code, reason.Args...), nil
	}
	err := job.run(ctx, progress)
	var p []float64
	if err == nil && job.result.TissuePatches > 0 {
		p, err = job.answer(ctx)
	}
	trace.Preparing, trace.Running = job.preparing, job.running
	var step *StepError
	var unsound *unsoundError
	switch {
	case errors.As(err, &step):
		return q.refuse(trace, ReasonPreprocess, step.Step, step.Err.Error()), nil
	case errors.As(err, &unsound):
		return q.refuse(trace, ReasonPackage, unsound.Error()), nil
	case err != nil:
		return nil, err
	}
	if job.result.TissuePatches == 0 {
		return q.refuse(trace, ReasonNoTissue, fmt.Sprint(job.grid.len()), fmt.Sprintf("%g", card.Slide.TissueFraction)), nil
	}
	prediction := q.prediction(job.output, p, decideTop(job.output, p, job.named), job.named, trace)
	prediction.Map = job.result
	return []Prediction{prediction}, nil
}

// unsoundError is an output that contradicts the card.
type unsoundError struct{ error }

// typing is one run of TypeRegion.
type typing struct {
	request *Request
	source  SlideSource
	grid    grid
	output  *models.Output
	named   []bool // per class of output: of the specimen's organ
	index   []int  // per class of output: its place in result.Classes, -1 when not named
	pool    pool
	result  *TypeMap
	free    chan []float32 // memory of batches that were evaluated

	preparing, running time.Duration
}

func (q *Request) newTyping(slide SlideSource) (*typing, *Reason) {
	card := q.card()
	columns, rows := slide.Columns(), slide.Rows()
	header := q.Slide
	if header == nil {
		header = &imaging.Slide{}
	}
	if reason := regionFits(card, q.Given.Region, columns, rows, header); reason != nil {
		return nil, reason
	}
	if reason := slideFits(card, header, q.Given); reason != nil {
		return nil, reason
	}
	organ, _ := specimenOrgan(card, header, q.Given)
	g, reason := newGrid(q.Given.Region, columns, rows, card.Slide.PatchPixels, downsample(card, header))
	if reason != nil {
		return nil, reason
	}
	t := &typing{request: q, source: slide, grid: g, free: make(chan []float32, 2), result: &TypeMap{
		Columns: g.columns, Rows: g.rows, PatchPixels: g.step, X0: g.x0, Y0: g.y0,
		Class: make([]int, g.len()), Probability: make([]float64, g.len()),
	}}
	for i := range t.result.Class {
		t.result.Class[i] = -1
	}
	if t.output = typingOutput(card); t.output == nil {
		return nil, because(ReasonPackage, "a slide model needs an output of exclusive classes")
	}
	t.pool = newPool(card, t.output)
	for _, k := range t.output.Classes {
		named, index := k.Organ == "" || k.Organ == organ, -1
		if named {
			index = len(t.result.Classes)
			t.result.Classes = append(t.result.Classes, k)
		}
		t.named, t.index = append(t.named, named), append(t.index, index)
	}
	if len(t.result.Classes) == 0 {
		return nil, because(ReasonOrgan, organ, list(card.Slide.Organs))
	}
	return t, nil
}

// run decodes and prepares batches in one goroutine and evaluates them in this
// one. Both have ended when it returns.
func (t *typing) run(ctx context.Context, progress func(done, total int)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches, produced := make(chan patchBatch, 1), make(chan error, 1)
	go func() {
		err := t.produce(ctx, batches)
		close(batches)
		produced <- err
	}()
	err := t.consume(ctx, batches, progress)
	if err != nil {
		cancel()
		for range batches { // let the producer end
		}
		<-produced
		return err
	}
	return <-produced
}

func (t *typing) consume(ctx context.Context, batches <-chan patchBatch, progress func(done, total int)) error {
	for b := range batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(b.patches) > 0 {
			if err := t.evaluate(ctx, b); err != nil {
				return err
			}
			select {
			case t.free <- b.tensor.Data:
			default:
			}
		}
		if progress != nil {
			progress(b.done, t.grid.len())
		}
	}
	return nil
}

func (t *typing) evaluate(ctx context.Context, b patchBatch) error {
	card := t.request.card()
	if err := fitsTensor(card.Input.Tensor, b.tensor); err != nil {
		return &unsoundError{err}
	}
	started := t.request.now()
	outputs, err := t.request.Runner.Run(ctx, map[string]Tensor{card.Input.Tensor.Name: b.tensor}, []string{t.output.Name})
	t.running += t.request.now().Sub(started)
	if err != nil {
		return fmt.Errorf("model %s: %w", card.ID, err)
	}
	t.result.TissuePatches += len(b.patches)
	if t.output.Kind == models.OutputEmbedding {
		return t.pool.embed(outputs[t.output.Name], b.patches)
	}
	rows, err := headProbabilities(t.output, outputs[t.output.Name], len(b.patches))
	if err != nil {
		return &unsoundError{err}
	}
	for i, p := range rows {
		t.pool.add(p)
		t.name(b.patches[i], p)
	}
	return nil
}

// name types a patch on the map where its named classes hold enough of the
// probability.
func (t *typing) name(patch int, p []float64) {
	top, mass := -1, 0.0
	for i, v := range p {
		if !t.named[i] {
			continue
		}
		mass += v
		if top < 0 || v > p[top] {
			top = i
		}
	}
	if top >= 0 && mass >= leastMass {
		t.result.Class[patch], t.result.Probability[patch] = t.index[top], p[top]
	}
}

// prediction is what a probability output says about one class.
func (q *Request) prediction(o *models.Output, p []float64, d decision, named []bool, trace Trace) Prediction {
	out := Prediction{
		Model: Identity(q.card()), Outcome: d.outcome, Amber: q.amber(), Head: o.Name, Threshold: d.threshold,
		All: shares(o, p, named), Ref: q.place(), Trace: trace,
	}
	if d.class >= 0 {
		class := o.Classes[d.class]
		out.Class, out.Probability = &class, p[d.class]
	}
	return out
}

// answer is the probability of each class for all tissue patches together.
func (t *typing) answer(ctx context.Context) ([]float64, error) {
	if t.output.Kind != models.OutputEmbedding {
		return t.pool.probabilities(), nil
	}
	h := t.output.Head
	names := []string{h.Output}
	if h.Attention != "" {
		names = append(names, h.Attention)
	}
	started := t.request.now()
	outputs, err := t.request.Runner.Run(ctx, map[string]Tensor{h.Input: t.pool.tensor(h)}, names)
	t.running += t.request.now().Sub(started)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", t.request.card().ID, err)
	}
	p, err := t.pool.headAnswer(t.output, outputs[h.Output])
	if err != nil {
		return nil, &unsoundError{err}
	}
	if h.Attention != "" {
		if err := t.attend(outputs[h.Attention]); err != nil {
			return nil, &unsoundError{err}
		}
	}
	return p, nil
}

// attend puts the head's weight of each patch on the map.
func (t *typing) attend(w Tensor) error {
	if int64(len(w.Data)) != w.Size() || len(w.Data) != len(t.pool.patches) {
		return fmt.Errorf("output %q has shape %v for %d patches", t.output.Head.Attention, w.Shape, len(t.pool.patches))
	}
	t.result.Attention = make([]float64, t.grid.len())
	for i, patch := range t.pool.patches {
		v := float64(w.Data[i])
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("output %q gives %g", t.output.Head.Attention, v)
		}
		t.result.Attention[patch] = v
	}
	return nil
}
