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

// quiet is after how many patches without a full batch progress is told anyway.
const quiet = 64

func (t *typing) produce(ctx context.Context, out chan<- patchBatch) error {
	card := t.request.card()
	mask := newTissueMask(card.Slide.TissueSaturation)
	batch, told := patchBatch{}, 0
	for i := range t.grid.len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		started := t.request.now()
		one, tissue, err := t.patch(ctx, i, &mask)
		t.preparing += t.request.now().Sub(started)
		if err != nil {
			return err
		}
		if tissue {
			batch.add(i, one, card.Slide.Batch)
		}
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

// patch reads patch i and, when it is tissue, prepares it.
func (t *typing) patch(ctx context.Context, i int, mask *tissueMask) (Tensor, bool, error) {
	side := t.grid.side
	x, y := t.grid.at(i)
	rgb, err := t.source.Patch(ctx, x, y, side, t.grid.step/float64(side))
	if err != nil {
		return Tensor{}, false, fmt.Errorf("slide pixels at (%g,%g): %w", x, y, err)
	}
	if len(rgb) != 3*side*side {
		return Tensor{}, false, fmt.Errorf("slide pixels at (%g,%g): %d bytes; wanted %d", x, y, len(rgb), 3*side*side)
	}
	card := t.request.card()
	if share := mask.share(rgb); share < card.Slide.TissueFraction {
		return Tensor{}, false, nil
	}
	frame := &imaging.Frame{Rows: side, Columns: side, Samples: 3, BitsStored: 8, Photometric: "RGB", Uint8: rgb}
	one, _, err := Preprocess(ctx, Image{Frame: frame, Number: 1}, card.Input.Preprocess)
	return one, err == nil, err
}
