package inference

import (
	"cmp"
	"math"
	"slices"
)

// Mask is which voxels of a picture belong to something: row-major, slice after
// slice.
type Mask struct {
	Columns, Rows, Slices int
	In                    []bool
}

// Count is the number of voxels in the mask.
func (m *Mask) Count() int {
	n := 0
	for _, in := range m.In {
		if in {
			n++
		}
	}
	return n
}

// neighbours calls f with each voxel that shares a face with voxel i.
func (m *Mask) neighbours(i int, f func(int)) {
	x, y, z := i%m.Columns, i/m.Columns%m.Rows, i/(m.Columns*m.Rows)
	if x > 0 {
		f(i - 1)
	}
	if x+1 < m.Columns {
		f(i + 1)
	}
	if y > 0 {
		f(i - m.Columns)
	}
	if y+1 < m.Rows {
		f(i + m.Columns)
	}
	if z > 0 {
		f(i - m.Columns*m.Rows)
	}
	if z+1 < m.Slices {
		f(i + m.Columns*m.Rows)
	}
}

// flood visits everything that hangs together by faces with the voxels of queue
// and for which open is true; visit closes a voxel.
func (m *Mask) flood(queue []int, open func(int) bool, visit func(int)) {
	for _, i := range queue {
		visit(i)
	}
	for len(queue) > 0 {
		i := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		m.neighbours(i, func(k int) {
			if open(k) {
				visit(k)
				queue = append(queue, k)
			}
		})
	}
}

// components labels the parts that hang together by faces (scipy.ndimage.label's
// default), from 1 in the order of their first voxel; 0 is outside. sizes[k] is
// the number of voxels of part k.
func (m *Mask) components() (labels []int32, sizes []int) {
	labels, sizes = make([]int32, len(m.In)), []int{0}
	for i := range m.In {
		if !m.In[i] || labels[i] != 0 {
			continue
		}
		part, n := int32(len(sizes)), 0
		m.flood([]int{i}, func(k int) bool { return m.In[k] && labels[k] == 0 }, func(k int) { labels[k], n = part, n+1 })
		sizes = append(sizes, n)
	}
	return labels, sizes
}

// keep keeps the parts for which want is true.
func (m *Mask) keep(labels []int32, want func(part int32) bool) {
	for i, part := range labels {
		m.In[i] = part != 0 && want(part)
	}
}

// LargestComponent keeps the largest part that hangs together by faces; of equal
// ones the first.
func (m *Mask) LargestComponent() {
	labels, sizes := m.components()
	best := 0
	for part := 1; part < len(sizes); part++ {
		if best == 0 || sizes[part] > sizes[best] {
			best = part
		}
	}
	m.keep(labels, func(part int32) bool { return int(part) == best })
}

// DropSmall drops the parts of fewer than n voxels.
func (m *Mask) DropSmall(n int) {
	labels, sizes := m.components()
	m.keep(labels, func(part int32) bool { return sizes[part] >= n })
}

// FillHoles fills what is outside the mask and does not hang together by faces
// with the border of the picture (scipy.ndimage.binary_fill_holes). The border
// of a picture of one slice is that of the slice.
func (m *Mask) FillHoles() {
	outside := make([]bool, len(m.In))
	var border []int
	for i := range m.In {
		x, y, z := i%m.Columns, i/m.Columns%m.Rows, i/(m.Columns*m.Rows)
		edge := x == 0 || y == 0 || x == m.Columns-1 || y == m.Rows-1 || m.Slices > 1 && (z == 0 || z == m.Slices-1)
		if edge && !m.In[i] {
			border = append(border, i)
		}
	}
	m.flood(border, func(k int) bool { return !m.In[k] && !outside[k] }, func(k int) { outside[k] = true })
	for i := range m.In {
		m.In[i] = !outside[i]
	}
}

// Diameters are the longest diameter of a mask inside one slice and the longest
// one across it.
type Diameters struct {
	Slice         int           // counted from 0
	Longest       float64       // mm
	Perpendicular float64       // mm
	Ends          [2][2]float64 // of the longest one: column and row, in pixels from the top left corner of the slice
}

// Diameters finds the slice with the longest diameter: between the outer corners
// of the mask's pixels, as callipers are laid. The perpendicular one is the
// longest across it inside the convex hull; for a lesion that is dented it may
// cross the dent. columnMM and rowMM are the distances between columns and
// between rows. A mask without a voxel has none.
func (m *Mask) Diameters(columnMM, rowMM float64) (Diameters, bool) {
	var best Diameters
	found := false
	for z := range m.Slices {
		hull := convexHull(m.corners(z, columnMM, rowMM))
		if len(hull) < 2 {
			continue
		}
		for i, a := range hull {
			for _, b := range hull[i+1:] {
				if d := math.Hypot(a.x-b.x, a.y-b.y); !found || d > best.Longest {
					found = true
					best = Diameters{Slice: z, Longest: d, Perpendicular: across(hull, a, b),
						Ends: [2][2]float64{{a.x / columnMM, a.y / rowMM}, {b.x / columnMM, b.y / rowMM}}}
				}
			}
		}
	}
	return best, found
}

type point struct{ x, y float64 }

// corners are the outer corners of each row of a slice's mask, in mm.
func (m *Mask) corners(z int, columnMM, rowMM float64) []point {
	var out []point
	for y := range m.Rows {
		row := m.In[(z*m.Rows+y)*m.Columns:][:m.Columns]
		first := slices.Index(row, true)
		if first < 0 {
			continue
		}
		last := first
		for x := first; x < m.Columns; x++ {
			if row[x] {
				last = x
			}
		}
		for _, x := range []int{first, last + 1} {
			for _, edge := range []int{y, y + 1} {
				out = append(out, point{float64(x) * columnMM, float64(edge) * rowMM})
			}
		}
	}
	return out
}

// convexHull is the hull of points, counter-clockwise, without points on its
// edges (Andrew AM, Inf Process Lett 1979;9:216).
func convexHull(points []point) []point {
	slices.SortFunc(points, func(a, b point) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) })
	points = slices.Compact(points)
	if len(points) < 3 {
		return points
	}
	half := func(points []point) []point {
		var out []point
		for _, p := range points {
			for len(out) > 1 {
				a, b := out[len(out)-2], out[len(out)-1]
				if (b.x-a.x)*(p.y-a.y)-(b.y-a.y)*(p.x-a.x) > 0 {
					break
				}
				out = out[:len(out)-1]
			}
			out = append(out, p)
		}
		return out[:len(out)-1]
	}
	lower := half(points)
	slices.Reverse(points)
	return append(lower, half(points)...)
}

// across is the longest chord of a convex polygon at right angles to the line
// from a to b. Its length along that line is concave, so the longest goes
// through a corner.
func across(hull []point, a, b point) float64 {
	length := math.Hypot(b.x-a.x, b.y-a.y)
	u := point{(b.x - a.x) / length, (b.y - a.y) / length}
	along := func(p point) float64 { return p.x*u.x + p.y*u.y }
	aside := func(p point) float64 { return p.y*u.x - p.x*u.y }
	longest := 0.0
	for _, corner := range hull {
		t, low, high := along(corner), math.Inf(1), math.Inf(-1)
		for i, p := range hull {
			q := hull[(i+1)%len(hull)]
			tp, tq := along(p), along(q)
			if t < min(tp, tq)-1e-9 || t > max(tp, tq)+1e-9 {
				continue
			}
			for _, end := range []point{p, q} {
				if math.Abs(along(end)-t) <= 1e-9 {
					low, high = min(low, aside(end)), max(high, aside(end))
				}
			}
			if f := (t - tp) / (tq - tp); tp != tq && f >= 0 && f <= 1 {
				v := aside(p) + f*(aside(q)-aside(p))
				low, high = min(low, v), max(high, v)
			}
		}
		longest = max(longest, high-low)
	}
	return longest
}
