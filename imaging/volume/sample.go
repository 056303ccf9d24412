package volume

import (
	"math"

	"longying/imaging"
)

// run computes the rows of one cut, one after another.
type run struct {
	v      *Volume
	cut    Cut
	across imaging.Vec // mm from one pixel to the next
	down   imaging.Vec
	layers []layer
	normal imaging.Vec

	values []float64 // of a layer of the row; not a number: outside
	sum    []float64 // of the row, of several layers
	weight []float64 // how much of them took part
}

func newRun(v *Volume, c Cut, layers []layer) *run {
	r := &run{v: v, cut: c, across: scaled(c.Plane.Row, c.Space.ColumnMM), down: scaled(c.Plane.Column, c.Space.RowMM)}
	r.layers, r.normal = layers, unit(c.Plane.Normal())
	r.values = make([]float64, c.Columns)
	if len(layers) > 1 {
		r.sum, r.weight = make([]float64, c.Columns), make([]float64, c.Columns)
	}
	return r
}

// row computes row y into values.
func (r *run) row(y int) {
	start := plus(r.cut.Plane.Position, scaled(r.down, float64(y)))
	if len(r.layers) == 1 {
		r.layer(start)
		return
	}
	clear(r.sum)
	clear(r.weight)
	for _, l := range r.layers {
		r.layer(plus(start, scaled(r.normal, l.offset)))
		for x, value := range r.values {
			if value != value {
				continue
			}
			switch {
			case r.cut.Slab == Mean:
				r.sum[x] += l.weight * value
			case r.weight[x] == 0, r.cut.Slab == Maximum && value > r.sum[x], r.cut.Slab == Minimum && value < r.sum[x]:
				r.sum[x] = value
			}
			r.weight[x] += l.weight
		}
	}
	for x, n := range r.weight {
		switch {
		case n == 0:
			r.values[x] = math.NaN()
		case r.cut.Slab == Mean:
			r.values[x] = r.sum[x] / n
		default:
			r.values[x] = r.sum[x]
		}
	}
}

// store writes values as row y of a frame, and reports that some lie outside.
func (r *run) store(f *imaging.Frame, outside []bool, y int) bool {
	from := y * f.Columns
	marks := outside[from : from+f.Columns]
	switch {
	case f.Int16 != nil:
		return store(f.Int16[from:from+f.Columns], marks, r.values, r.v.Padding)
	case f.Uint16 != nil:
		return store(f.Uint16[from:from+f.Columns], marks, r.values, r.v.Padding)
	}
	missing := false
	for x, value := range r.values {
		if value != value {
			value, marks[x], missing = r.v.Padding, true, true
		}
		f.Float32[from+x] = float32(value)
	}
	return missing
}

func store[T int16 | uint16](out []T, marks []bool, values []float64, padding float64) bool {
	missing := false
	for x, value := range values {
		if value != value {
			out[x], marks[x], missing = T(padding), true, true
			continue
		}
		out[x] = T(int(value+65536.5) - 65536) // to the nearest: values are not below -32768
	}
	return missing
}

// layer samples one row of points, the first of which is given.
func (r *run) layer(first imaging.Vec) {
	switch {
	case r.v.Int16 != nil:
		sampleRow(r, r.v.Int16, first)
	case r.v.Uint16 != nil:
		sampleRow(r, r.v.Uint16, first)
	default:
		sampleRow(r, r.v.Float32, first)
	}
}

func sampleRow[T int16 | uint16 | float32](r *run, voxels []T, first imaging.Vec) {
	v := r.v
	g := sampler[T]{v: v, voxels: voxels, columns: v.Columns, rows: v.Rows, depth: v.Depth, plane: v.Columns * v.Rows, linear: r.cut.Interpolation == Linear}
	if !v.grid.equal { // each point finds its slices
		for x := range r.values {
			i, j, k := v.Index(plus(first, scaled(r.across, float64(x))))
			r.values[x] = g.at(i, j, k)
		}
		return
	}
	i, j, k := v.Index(first)
	di, dj, dk := v.grid.inverse[0].Dot(r.across), v.grid.inverse[1].Dot(r.across), v.grid.inverse[2].Dot(r.across)
	// From and to: where all eight voxels exist. Around it one by one.
	from, to := 0, len(r.values)
	if !g.linear {
		from, to = 0, 0
	}
	from, to = within(from, to, i, di, v.Columns)
	from, to = within(from, to, j, dj, v.Rows)
	from, to = within(from, to, k, dk, v.Depth)
	for x := range from {
		f := float64(x)
		r.values[x] = g.at(i+f*di, j+f*dj, k+f*dk)
	}
	start := float64(from)
	i0, j0, k0 := i+start*di, j+start*dj, k+start*dk
	done := innerFour(&g, r.values[from:to], i0, j0, k0, di, dj, dk)
	g.inner(r.values[from:to], done, i0, j0, k0, di, dj, dk)
	for x := to; x < len(r.values); x++ {
		f := float64(x)
		r.values[x] = g.at(i+f*di, j+f*dj, k+f*dk)
	}
}

// within narrows a range of x to where 0 <= p + x*d < size-1, but for rounding.
func within(from, to int, p, d float64, size int) (int, int) {
	const spare = 1e-9
	low, high := -spare, float64(size-1)-spare
	if math.Abs(d) < 1e-12 {
		if p < low || p >= high {
			return from, from
		}
		return from, to
	}
	a, b := (low-p)/d, (high-p)/d
	if a > b {
		a, b = b, a
	}
	a, b = math.Ceil(max(a, float64(from))), math.Floor(min(b, float64(to)-1))
	if b < a {
		return from, from
	}
	return int(a), int(b) + 1
}

// sampler finds values between voxels.
type sampler[T int16 | uint16 | float32] struct {
	v                    *Volume
	voxels               []T
	columns, rows, depth int
	plane                int // voxels of a slice
	linear               bool
	touched              T // keeps the loads of inner
}

// ahead is how many points are looked up before their voxels are mixed: an
// oblique row meets a new line of memory every other point, and the processor
// waits for many of them at once only where little stands between the loads.
const ahead = 64

// inner mixes the eight voxels around each point but the first done; all exist.
func (g *sampler[T]) inner(out []float64, done int, i, j, k, di, dj, dk float64) {
	columns, plane, voxels, padded := g.columns, g.plane, g.voxels, g.v.padded
	var at [ahead]int
	for start := done; start < len(out); start += ahead {
		part := out[start:min(start+ahead, len(out))]
		var touched T
		for x := range part {
			f := float64(start + x)
			n := int(k+f*dk)*plane + int(j+f*dj)*columns + int(i+f*di)
			at[x&(ahead-1)] = n
			touched += voxels[n] + voxels[n+columns] + voxels[n+plane] + voxels[n+plane+columns]
		}
		g.touched = touched
		for x := range part {
			f := float64(start + x)
			u, v, w := i+f*di, j+f*dj, k+f*dk
			u, v, w = u-float64(int(u)), v-float64(int(v)), w-float64(int(w))
			n := at[x&(ahead-1)]
			a, b := voxels[n:n+2:n+2], voxels[n+columns:n+columns+2:n+columns+2]
			c, d := voxels[n+plane:n+plane+2:n+plane+2], voxels[n+plane+columns:n+plane+columns+2:n+plane+columns+2]
			if padded && (g.padding(a) || g.padding(b) || g.padding(c) || g.padding(d)) {
				part[x] = g.at(i+f*di, j+f*dj, k+f*dk)
				continue
			}
			p, q, r, s := float64(a[0]), float64(b[0]), float64(c[0]), float64(d[0])
			p += u * (float64(a[1]) - p)
			q += u * (float64(b[1]) - q)
			r += u * (float64(c[1]) - r)
			s += u * (float64(d[1]) - s)
			p += v * (q - p)
			r += v * (s - r)
			part[x] = p + w*(r-p)
			if part[x] != part[x] { // some of the eight are padding
				part[x] = g.at(i+f*di, j+f*dj, k+f*dk)
			}
		}
	}
}

// padding reports that one of two voxels is padding.
func (g *sampler[T]) padding(pair []T) bool {
	a, b := float64(pair[0]), float64(pair[1])
	return a >= g.v.paddingLow && a <= g.v.paddingHigh || b >= g.v.paddingLow && b <= g.v.paddingHigh
}

// at is the value at a place of the grid, not a number outside it and where
// there is padding. A voxel reaches half a step around its centre.
func (g *sampler[T]) at(i, j, k float64) float64 {
	const edge = 1e-9 // of rounding
	if !(i >= -0.5-edge && j >= -0.5-edge && k >= -0.5-edge && i < float64(g.columns)-0.5 && j < float64(g.rows)-0.5 && k < float64(g.depth)-0.5) {
		return math.NaN()
	}
	ni, nj, nk := near(i, g.columns), near(j, g.rows), near(k, g.depth)
	nearest := float64(g.voxels[nk*g.plane+nj*g.columns+ni])
	if !g.linear || g.v.isPadding(nearest) {
		if g.v.isPadding(nearest) {
			return math.NaN()
		}
		return nearest
	}
	i0, u := before(i, g.columns)
	j0, v := before(j, g.rows)
	k0, w := before(k, g.depth)
	sum, weight := 0.0, 0.0
	for corner := range 8 {
		x, y, z, share := i0, j0, k0, 1.0
		x, share = towards(corner&1 > 0, x, share, u)
		y, share = towards(corner&2 > 0, y, share, v)
		z, share = towards(corner&4 > 0, z, share, w)
		if share == 0 {
			continue
		}
		value := float64(g.voxels[z*g.plane+y*g.columns+x])
		if g.v.isPadding(value) { // the others stand for it
			continue
		}
		sum += share * value
		weight += share
	}
	return sum / weight
}

// towards is one of the two neighbours along an axis, with its share.
func towards(next bool, at int, share, part float64) (int, float64) {
	if next {
		return at + 1, share * part
	}
	return at, share * (1 - part)
}

// near is the voxel whose centre is nearest.
func near(x float64, size int) int { return min(max(int(math.Floor(x+0.5)), 0), size-1) }

// before is the voxel before a place, and how far it is to the next; at the
// border the outermost voxel holds.
func before(x float64, size int) (int, float64) {
	x = min(max(x, 0), float64(size-1))
	n := min(int(x), max(0, size-2))
	return n, x - float64(n)
}
