package inference

import (
	"context"
	"math"
)

// weights are the source samples that make one output sample: source[first+i]
// times w[i].
type weights struct {
	first int
	w     []float64
}

// triangle computes the weights of Pillow's BILINEAR (libImaging/Resample.c,
// precompute_coeffs): a triangle of half-width 1 output sample when reducing, 1
// input sample when enlarging, around the centre of the output sample, cut at
// the border and normalised to sum 1.
func triangle(in, out int) []weights {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	coefficients := make([]weights, out)
	for i := range coefficients {
		centre := float64((float64(i) + 0.5) * scale)
		first := max(int(centre-stretch+0.5), 0)
		end := min(int(centre+stretch+0.5), in)
		w := make([]float64, end-first)
		sum := 0.0
		for k := range w {
			x := math.Abs(float64(float64(k+first)-centre+0.5) * (1 / stretch))
			w[k] = max(1-x, 0)
			sum += w[k]
		}
		if sum != 0 {
			for k := range w {
				w[k] /= sum
			}
		}
		coefficients[i] = weights{first, w}
	}
	return coefficients
}

// resize brings every plane to columns x rows, horizontally first, each pass
// summed in float64 and rounded to float32. A side that already fits is left as
// it is. Pillow 13 began to choose the order of the passes by the sizes, which
// can change the last bit; here it is fixed. The products are rounded on their own (the conversions keep the
// compiler from fusing), so that every platform gives the same bits.
func (r *raster) resize(ctx context.Context, columns, rows int) error {
	for i, plane := range r.planes {
		var err error
		width := r.columns
		if columns != r.columns {
			if plane, err = resizeRows(ctx, plane, r.columns, r.rows, columns); err != nil {
				return err
			}
			width = columns
		}
		if rows != r.rows {
			if plane, err = resizeColumns(ctx, plane, width, r.rows, rows); err != nil {
				return err
			}
		}
		r.planes[i] = plane
	}
	r.columns, r.rows = columns, rows
	return nil
}

func resizeRows(ctx context.Context, in []float32, width, rows, columns int) ([]float32, error) {
	coefficients := triangle(width, columns)
	out := make([]float32, rows*columns)
	for y := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		line, to := in[y*width:(y+1)*width], out[y*columns:(y+1)*columns]
		for x, c := range coefficients {
			sum := 0.0
			from := line[c.first : c.first+len(c.w)]
			for k, w := range c.w {
				sum += float64(float64(from[k]) * w)
			}
			to[x] = float32(sum)
		}
	}
	return out, nil
}

func resizeColumns(ctx context.Context, in []float32, width, height, rows int) ([]float32, error) {
	out := make([]float32, rows*width)
	sums := make([]float64, width)
	for y, c := range triangle(height, rows) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(sums)
		for k, w := range c.w {
			line := in[(c.first+k)*width:][:width]
			for x, v := range line {
				sums[x] += float64(float64(v) * w)
			}
		}
		to := out[y*width:][:width]
		for x, s := range sums {
			to[x] = float32(s)
		}
	}
	return out, nil
}
