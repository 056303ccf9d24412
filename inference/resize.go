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
	if columns == r.columns {
		r.settle()
	}
	planes := make([][]float32, r.channels())
	for i := range planes {
		var err error
		var plane []float32
		width := r.columns
		if columns != r.columns {
			if plane, err = resizeRows(ctx, r.lines(i), r.rows*r.slices, kernel(r.columns, columns)); err != nil {
				return err
			}
			width = columns
		} else {
			plane = r.planes[i]
		}
		if rows != r.rows {
			if plane, err = r.resizeSlices(ctx, plane, width, kernel(r.rows, rows)); err != nil {
				return err
			}
		}
		planes[i] = plane
	}
	r.planes, r.stored = planes, nil
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

// rows are the lines of a plane, of which one, or four side by side, are asked for.
type rows struct {
	width int
	one   func(y int, buffer []float32) []float32 // buffer has room for it
	four  func(y int, into []float32)
}

// lines are the rows of a plane.
func (r *raster) lines(plane int) rows {
	t := r.stored
	if t == nil {
		return linesOf(r.planes[plane], r.columns)
	}
	channel, table := t.channel(plane), t.tables[plane]
	return rows{r.columns, func(y int, buffer []float32) []float32 {
		t.lookup(channel, table, y*r.columns, buffer)
		return buffer
	}, func(y int, into []float32) { t.mix(channel, table, y*r.columns, r.columns, into) }}
}

func linesOf(in []float32, width int) rows {
	return rows{width, func(y int, _ []float32) []float32 { return in[y*width : (y+1)*width] }, func(y int, into []float32) {
		a, b, c, d := in[y*width:][:width], in[(y+1)*width:][:width], in[(y+2)*width:][:width], in[(y+3)*width:][:width]
		for x, v := range a {
			m := into[4*x:][:4]
			m[0], m[1], m[2], m[3] = v, b[x], c[x], d[x]
		}
	}}
}

func resizeRows(ctx context.Context, lines rows, n int, kernel []weights) ([]float32, error) {
	columns, width := len(kernel), lines.width
	out := make([]float32, n*columns)
	inParts(n*width, func(from, to int) {
		y, last := (from+width-1)/width, (to+width-1)/width
		buffer := make([]float32, width)
		if last-y >= 4 {
			four, made := make([]float32, 4*width), make([]float32, 4*columns)
			for ; y+4 <= last && ctx.Err() == nil; y += 4 {
				lines.four(y, four)
				if !fourRows(made, four, kernel) {
					break
				}
				a, b, c, d := out[y*columns:][:columns], out[(y+1)*columns:][:columns], out[(y+2)*columns:][:columns], out[(y+3)*columns:][:columns]
				for x := range a {
					m := made[4*x:][:4]
					a[x], b[x], c[x], d[x] = m[0], m[1], m[2], m[3]
				}
			}
		}
		for ; y < last && ctx.Err() == nil; y++ {
			convolve(out[y*columns:(y+1)*columns], lines.one(y, buffer), kernel)
		}
	})
	return out, ctx.Err()
}

// convolve makes a row. Four sums go on side by side, so that none waits for its
// own last addition; each is summed in its own order.
func convolve(to, line []float32, kernel []weights) {
	x := 0
	for ; x < len(kernel) && len(kernel[x].w) == 2; x++ {
		c := &kernel[x]
		from, w := line[c.first:][:2], c.w[:2]
		to[x] = float32(0 + float64(float64(from[0])*w[0]) + float64(float64(from[1])*w[1]))
	}
	for ; x+4 <= len(kernel); x += 4 {
		a, b, c, d := &kernel[x], &kernel[x+1], &kernel[x+2], &kernel[x+3]
		n := min(len(a.w), len(b.w), len(c.w), len(d.w))
		la, lb, lc, ld := line[a.first:][:n], line[b.first:][:n], line[c.first:][:n], line[d.first:][:n]
		wa, wb, wc, wd := a.w[:n], b.w[:n], c.w[:n], d.w[:n]
		var sa, sb, sc, sd float64
		for k := range n {
			sa += float64(float64(la[k]) * wa[k])
			sb += float64(float64(lb[k]) * wb[k])
			sc += float64(float64(lc[k]) * wc[k])
			sd += float64(float64(ld[k]) * wd[k])
		}
		to[x], to[x+1], to[x+2], to[x+3] = rest(sa, line, a, n), rest(sb, line, b, n), rest(sc, line, c, n), rest(sd, line, d, n)
	}
	for ; x < len(kernel); x++ {
		to[x] = rest(0, line, &kernel[x], 0)
	}
}

// rest adds what is behind the first n weights.
func rest(sum float64, line []float32, c *weights, n int) float32 {
	for k := n; k < len(c.w); k++ {
		sum += float64(float64(line[c.first+k]) * c.w[k])
	}
	return float32(sum)
}

func resizeColumns(ctx context.Context, in []float32, width int, kernel []weights) ([]float32, error) {
	out := make([]float32, len(kernel)*width)
	inParts(len(out), func(from, to int) {
		sums := make([]float64, width)
		for y := (from + width - 1) / width; y < (to+width-1)/width && ctx.Err() == nil; y++ {
			c := &kernel[y]
			if len(c.w) == 2 {
				between(out[y*width:][:width], in[c.first*width:][:width], in[(c.first+1)*width:][:width], c.w[0], c.w[1])
				continue
			}
			to := out[y*width:][:width]
			done := sumRows(to, in, width, c)
			clear(sums)
			for k, w := range c.w {
				line := in[(c.first+k)*width:][:width]
				for x := done; x < width; x++ {
					sums[x] += float64(float64(line[x]) * w)
				}
			}
			for x := done; x < width; x++ {
				to[x] = float32(sums[x])
			}
		}
	})
	return out, ctx.Err()
}

// between is resizeColumns of two rows.
func between(to, a, b []float32, wa, wb float64) {
	a, b = a[:len(to)], b[:len(to)]
	for x := range to {
		to[x] = float32(0 + float64(float64(a[x])*wa) + float64(float64(b[x])*wb))
	}
}
