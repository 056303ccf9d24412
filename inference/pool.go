package inference

import (
	"fmt"
	"math"
	"slices"

	"longying/imaging"
	"longying/models"
)

// mostEmbeddings bounds what a head is given, in values.
const mostEmbeddings = 1 << 28

// pool gathers what tissue patches say until all have spoken.
type pool struct {
	sum, count []float64   // mean: of each class
	best       [][]float64 // top-k: the largest probabilities of each class, falling
	k          int         // 0: mean
	patches    []int       // attention: whose embeddings follow, in their order
	embeddings []float32
	length     int // of one embedding
}

// typingOutput is the output that types a patch or embeds it, nil where the card
// has none of exclusive classes.
func typingOutput(card *models.Card) *models.Output {
	for i := range card.Outputs {
		o := &card.Outputs[i]
		switch {
		case o.Kind == models.OutputProbabilities && o.Exclusive,
			o.Kind == models.OutputLogits && o.Activation == "softmax",
			o.Kind == models.OutputEmbedding && o.Head != nil:
			return o
		}
	}
	return nil
}

func newPool(card *models.Card, o *models.Output) pool {
	p := pool{sum: make([]float64, len(o.Classes)), count: make([]float64, 1)}
	if card.Slide.Aggregation == "top-k" {
		p.k, p.best = card.Slide.TopK, make([][]float64, len(o.Classes))
	}
	if o.Head != nil {
		p.length = int(o.Head.Shape[len(o.Head.Shape)-1])
	}
	return p
}

// add takes the probabilities of one patch.
func (p *pool) add(v []float64) {
	p.count[0]++
	for i, x := range v {
		if p.k == 0 {
			p.sum[i] += x
			continue
		}
		at, _ := slices.BinarySearchFunc(p.best[i], x, func(a, b float64) int {
			if a > b {
				return -1
			}
			return 1
		})
		if at < p.k {
			p.best[i] = slices.Insert(p.best[i], at, x)
			p.best[i] = p.best[i][:min(len(p.best[i]), p.k)]
		}
	}
}

// probabilities is the mean of each class over all patches, or over its k
// largest.
func (p *pool) probabilities() []float64 {
	out := make([]float64, len(p.sum))
	for i := range out {
		if p.k == 0 {
			out[i] = p.sum[i] / p.count[0]
			continue
		}
		for _, x := range p.best[i] {
			out[i] += x
		}
		out[i] /= float64(len(p.best[i]))
	}
	return out
}

// embed keeps the embeddings of a batch.
func (p *pool) embed(t Tensor, patches []int) error {
	if len(t.Shape) != 2 || t.Shape[0] != int64(len(patches)) || t.Shape[1] != int64(p.length) || len(t.Data) != len(patches)*p.length {
		return &unsoundError{fmt.Errorf("the embeddings have shape %v; wanted [%d %d]", t.Shape, len(patches), p.length)}
	}
	if len(p.embeddings)+len(t.Data) > mostEmbeddings {
		return &unsoundError{fmt.Errorf("the region holds more than %d tissue patches; mark a smaller one", mostEmbeddings/p.length)}
	}
	p.patches, p.embeddings = append(p.patches, patches...), append(p.embeddings, t.Data...)
	return nil
}

// tensor is all embeddings as the head takes them.
func (p *pool) tensor(h *models.Head) Tensor {
	shape := []int64{int64(len(p.patches)), int64(p.length)}
	if len(h.Shape) == 3 {
		shape = append([]int64{1}, shape...)
	}
	return Tensor{Shape: shape, Data: p.embeddings}
}

// headAnswer reads the head's output, logits or probabilities by the card's
// activation.
func (p *pool) headAnswer(o *models.Output, t Tensor) ([]float64, error) {
	as := *o
	as.Name = o.Head.Output
	as.Kind = models.OutputLogits
	if o.Activation == "none" || o.Activation == "" {
		as.Kind = models.OutputProbabilities
		as.Exclusive = true
	}
	rows, err := headProbabilities(&as, t, 1)
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// downsample is how many pixels of the matrix make one pixel of a patch: 1 where
// the card's scale or the slide's is unknown, or the two agree within the card's
// tolerance, so that pixels are never interpolated for nothing.
func downsample(card *models.Card, slide *imaging.Slide) float64 {
	want, found := card.Slide.MicrometresPerPixel, slide.MicrometresPerPixel
	if !(want > 0 && found > 0) || math.Abs(found-want) <= tolerance(card)*want {
		return 1
	}
	return want / found
}
