package inference

import (
	"context"
	"fmt"

	"longying/imaging"
)

// patchBatch is prepared patches. done counts the patches looked at so far,
// glass included.
type patchBatch struct {
	tensor  Tensor
	patches []int // indices into the grid
	done    int
}

// add appends the tensor of one patch, of shape [1, ...].
func (b *patchBatch) add(patch int, one Tensor, capacity int) {
	if len(b.patches) == 0 {
		b.tensor = Tensor{Shape: append([]int64(nil), one.Shape...), Data: make([]float32, 0, capacity*len(one.Data))}
		b.tensor.Shape[0] = 0
	}
	b.tensor.Data = append(b.tensor.Data, one.Data...)
	b.tensor.Shape[0]++
	b.patches = append(b.patches, patch)
}

// addBytes appends one patch of RGB bytes by its table; recycled, where it is
// large enough, becomes the memory of the batch.
func (b *patchBatch) addBytes(patch int, rgb []byte, table *byteTable, side, capacity int, recycled []float32) {
	if len(b.patches) == 0 {
		if cap(recycled) < capacity*len(rgb) {
			recycled = make([]float32, 0, capacity*len(rgb))
		}
		b.tensor.Data = recycled[:0]
	}
	n := len(b.tensor.Data)
	b.tensor.Data = b.tensor.Data[:n+len(rgb)]
	table.fill(b.tensor.Data[n:], rgb)
	b.patches = append(b.patches, patch)
	b.tensor.Shape = table.shape(int64(len(b.patches)), int64(side))
}

// quiet is after how many patches without a full batch progress is told anyway.
const quiet = 64

func (t *typing) produce(ctx context.Context, out chan<- patchBatch) error {
	card := t.request.card()
	mask := newTissueMask(card.Slide.TissueSaturation)
	table := newByteTable(card.Input.Preprocess, t.grid.side)
	batch, told := patchBatch{}, 0
	for i := range t.grid.len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		started := t.request.now()
		rgb, err := t.pixels(ctx, i)
		if err != nil {
			return err
		}
		if mask.share(rgb) >= card.Slide.TissueFraction {
			if table != nil {
				batch.addBytes(i, rgb, table, t.grid.side, card.Slide.Batch, t.recycled(len(batch.patches)))
			} else {
				one, err := t.prepared(ctx, rgb)
				if err != nil {
					return err
				}
				batch.add(i, one, card.Slide.Batch)
			}
		}
		t.preparing += t.request.now().Sub(started)
		batch.done = i + 1
		if len(batch.patches) < card.Slide.Batch && batch.done-told < max(quiet, card.Slide.Batch) && batch.done < t.grid.len() {
			continue
		}
		select {
		case out <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
		batch, told = patchBatch{}, batch.done
	}
	return nil
}

// recycled is the memory of a batch that was evaluated, for the first patch of the
// next; nil where there is none.
func (t *typing) recycled(patches int) []float32 {
	if patches > 0 {
		return nil
	}
	select {
	case data := <-t.free:
		return data
	default:
		return nil
	}
}

// pixels reads patch i.
func (t *typing) pixels(ctx context.Context, i int) ([]byte, error) {
	side := t.grid.side
	x, y := t.grid.at(i)
	rgb, err := t.source.Patch(ctx, x, y, side, t.grid.step/float64(side))
	if err != nil {
		return nil, fmt.Errorf("slide pixels at (%g,%g): %w", x, y, err)
	}
	if len(rgb) != 3*side*side {
		return nil, fmt.Errorf("slide pixels at (%g,%g): %d bytes; wanted %d", x, y, len(rgb), 3*side*side)
	}
	return rgb, nil
}

// prepared is the tensor of a patch of RGB bytes, step by step.
func (t *typing) prepared(ctx context.Context, rgb []byte) (Tensor, error) {
	side := t.grid.side
	frame := &imaging.Frame{Rows: side, Columns: side, Samples: 3, BitsStored: 8, Photometric: "RGB", Uint8: rgb}
	one, _, err := Preprocess(ctx, Image{Frame: frame, Number: 1}, t.request.card().Input.Preprocess)
	return one, err
}
