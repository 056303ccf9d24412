package inference

import "context"

// resize brings every plane to columns x rows, horizontally first, each pass
// summed in float64 and rounded to float32, with the weights that kernel gives
// for a side of in samples that becomes one of out. A side that already fits is
// left as it is. Pillow 13 began to choose the order of the passes by the sizes,
// which can change the last bit; here it is fixed. The products are rounded on
// their own (the conversions keep the compiler from fusing), so that every
// platform gives the same bits.
func (r *raster) resize(ctx context.Context, columns, rows int, kernel func(in, out int) []weights) error {
	for i, plane := range r.planes {
		var err error
		width := r.columns
		if columns != r.columns {
			if plane, err = resizeRows(ctx, plane, r.columns, r.rows*r.slices, kernel(r.columns, columns)); err != nil {
				return err
			}
			width = columns
		}
		if rows != r.rows {
			if plane, err = r.resizeSlices(ctx, plane, width, kernel(r.rows, rows)); err != nil {
				return err
			}
		}
		r.planes[i] = plane
	}
	for a, out := range [2]int{columns, rows} {
		if in := r.size()[a]; in != out {
			r.source[a].sized(in, out)
			r.spacing[a] *= float64(in) / float64(out)
		}
	}
	r.columns, r.rows = columns, rows
	return nil
}

// resizeSlices resizes the columns of each slice of a plane.
func (r *raster) resizeSlices(ctx context.Context, plane []float32, width int, kernel []weights) ([]float32, error) {
	if r.slices == 1 {
		return resizeColumns(ctx, plane, width, kernel)
	}
	out, n := make([]float32, 0, width*len(kernel)*r.slices), width*r.rows
	for z := range r.slices {
		one, err := resizeColumns(ctx, plane[z*n:(z+1)*n], width, kernel)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}

func resizeRows(ctx context.Context, in []float32, width, rows int, kernel []weights) ([]float32, error) {
	columns := len(kernel)
	out := make([]float32, rows*columns)
	for y := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		line, to := in[y*width:(y+1)*width], out[y*columns:(y+1)*columns]
		for x, c := range kernel {
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

func resizeColumns(ctx context.Context, in []float32, width int, kernel []weights) ([]float32, error) {
	out := make([]float32, len(kernel)*width)
	sums := make([]float64, width)
	for y, c := range kernel {
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
