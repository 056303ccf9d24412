package inference

import (
	"context"
	"fmt"

	"longying/models"
)

// slide moves the model over the tensor as models.SlidingWindow states it and
// reads its masks. Windows go from slice to slice (from row to row in an image),
// and what no later window covers is read at once: no more of the outputs is held
// than one window is deep. Between two windows it can be cancelled.
func (a *analysis) slide(ctx context.Context) (map[string]*tensorMask, error) {
	card := a.request.card()
	w := newSlider(card, a.input, a.place.size)
	if err := fitsTensor(card.Input.Tensor, Tensor{Shape: w.window.Shape, Data: w.window.Data}); err != nil {
		return nil, &unsoundError{err}
	}
	total, done := len(w.at[0])*len(w.at[1])*len(w.at[2]), 0
	for i, z := range w.at[0] {
		for _, y := range w.at[1] {
			for _, x := range w.at[2] {
				w.cut(a.input, z, y, x)
				outputs, err := a.session(ctx, w.window)
				if err != nil {
					return nil, err
				}
				for _, r := range w.readers {
					if err := w.add(r, outputs[r.reader.o.Name], y, x); err != nil {
						return nil, &unsoundError{err}
					}
				}
				w.weigh(y, x)
				done++
				a.progress.tell(done, total)
			}
		}
		next := w.whole[0]
		if i+1 < len(w.at[0]) {
			next = w.at[0][i+1]
		}
		if err := w.flush(z, next); err != nil {
			return nil, &unsoundError{err}
		}
	}
	masks := map[string]*tensorMask{}
	for _, r := range w.readers {
		masks[r.reader.o.Name] = r.mask
	}
	return masks, nil
}

// slider holds the windows of one run. Its axes are slices, rows, columns; an
// image has its rows as slices of one row each, so that both are gone through
// alike.
type slider struct {
	flat, last bool
	whole      [3]int // of the tensor
	size       [3]int // of the window
	at         [3][]int
	weights    []float32 // of the window
	sum        []float32 // of the weights, over the planes held
	window     Tensor
	channels   int // of the input
	readers    []*windowReader
}

// windowReader holds the weighted sums of one output over the planes that
// windows still cover: channel, plane, row, column.
type windowReader struct {
	reader *maskReader
	mask   *tensorMask
	sum    [][]float32 // by channel
}

func newSlider(card *models.Card, input Tensor, size [3]int) *slider {
	rule := card.Input.SlidingWindow
	w := &slider{flat: len(input.Shape) == 4, last: channelsLast(card), whole: [3]int{size[2], size[1], size[0]}}
	if w.flat {
		w.whole = [3]int{size[1], 1, size[0]}
		w.size = [3]int{rule.Size[0], 1, rule.Size[1]}
	} else {
		w.size = [3]int{rule.Size[0], rule.Size[1], rule.Size[2]}
	}
	for i := range w.at {
		w.at[i] = starts(w.whole[i], w.size[i], rule.Overlap)
	}
	w.weights = importance(w.size, rule.Gaussian)
	w.channels = len(input.Data) / (size[0] * size[1] * size[2])
	shape := []int64{int64(w.size[0]), int64(w.size[1]), int64(w.size[2])}
	if w.flat {
		shape = []int64{int64(w.size[0]), int64(w.size[2])}
	}
	if w.last {
		shape = append(append([]int64{1}, shape...), int64(w.channels))
	} else {
		shape = append([]int64{1, int64(w.channels)}, shape...)
	}
	w.window = Tensor{Shape: shape, Data: make([]float32, w.channels*w.size[0]*w.size[1]*w.size[2])}
	w.sum = make([]float32, w.size[0]*w.whole[1]*w.whole[2])
	for i := range card.Outputs {
		if o := &card.Outputs[i]; o.Kind == models.OutputSegmentation {
			r := &windowReader{reader: newMaskReader(o)}
			r.mask = r.reader.mask(size)
			w.readers = append(w.readers, r)
		}
	}
	return w
}

// rows calls f with each row of the window that lies inside the tensor: where it
// begins in the window, in the planes held, and how long it is.
func (w *slider) rows(y0, x0, planes int, f func(window, held, n int)) {
	n := min(w.size[2], w.whole[2]-x0)
	for z := range min(w.size[0], planes) {
		for y := range min(w.size[1], w.whole[1]-y0) {
			f((z*w.size[1]+y)*w.size[2], (z*w.whole[1]+y0+y)*w.whole[2]+x0, n)
		}
	}
}

// cut copies a window out of the tensor; what lies beyond it, the same for all
// windows, stays 0.
func (w *slider) cut(input Tensor, z0, y0, x0 int) {
	plane := w.whole[1] * w.whole[2]
	all, one := w.whole[0]*plane, w.size[0]*w.size[1]*w.size[2]
	w.rows(y0, x0, w.whole[0]-z0, func(window, held, n int) {
		held += z0 * plane
		if w.last {
			copy(w.window.Data[window*w.channels:(window+n)*w.channels], input.Data[held*w.channels:])
			return
		}
		for c := range w.channels {
			copy(w.window.Data[c*one+window:c*one+window+n], input.Data[c*all+held:])
		}
	})
}

// add adds an output of the window to the sums.
func (w *slider) add(r *windowReader, t Tensor, y0, x0 int) error {
	size := [3]int{w.size[2], w.size[1], w.size[0]}
	if w.flat {
		size = [3]int{w.size[2], w.size[0], 1}
	}
	channels, err := r.reader.channels(t, size, w.flat, w.last)
	if err != nil {
		return err
	}
	if r.sum == nil {
		r.sum = make([][]float32, channels)
		for c := range r.sum {
			r.sum[c] = make([]float32, len(w.sum))
		}
	}
	if len(r.sum) != channels {
		return fmt.Errorf("output %q has %d channels, and had %d", r.reader.o.Name, channels, len(r.sum))
	}
	one := len(w.weights)
	for c, sum := range r.sum {
		w.rows(y0, x0, w.whole[0], func(window, held, n int) {
			weights, into := w.weights[window:window+n], sum[held:held+n]
			if w.last {
				for i := range into {
					into[i] += t.Data[(window+i)*channels+c] * weights[i]
				}
				return
			}
			values := t.Data[c*one+window:]
			for i := range into {
				into[i] += values[i] * weights[i]
			}
		})
	}
	return nil
}

func (w *slider) weigh(y0, x0 int) {
	w.rows(y0, x0, w.whole[0], func(window, held, n int) {
		for i := range n {
			w.sum[held+i] += w.weights[window+i]
		}
	})
}

// flush reads the planes from z to next, which no later window covers, and moves
// those behind them up.
func (w *slider) flush(z, next int) error {
	plane := w.whole[1] * w.whole[2]
	n := min(next-z, w.size[0], w.whole[0]-z) * plane
	for _, r := range w.readers {
		views := make([][]float32, len(r.sum))
		for c, sum := range r.sum {
			for i, s := range w.sum[:n] {
				sum[i] /= s
			}
			views[c] = sum[:n]
		}
		if err := r.reader.pixels(r.mask, z*plane, views); err != nil {
			return err
		}
		for _, sum := range r.sum {
			clear(sum[copy(sum, sum[n:]):])
		}
	}
	clear(w.sum[copy(w.sum, w.sum[n:]):])
	return nil
}
