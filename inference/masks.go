package inference

import (
	"fmt"
	"math"

	"longying/models"
)

// tensorMask is what a segmentation output says of each pixel of the tensor, in
// the order of the tensor: slices, rows, columns.
type tensorMask struct {
	size   [3]int    // columns, rows, slices
	label  []uint16  // of exclusive classes: 1 + the place of the class in the card's list, 0 none of them
	each   [][]bool  // of others: one mask for each class
	most   []float64 // the largest probability of each class; only where one has an unsure band
	reader *maskReader
}

// in reports pixel i of class c.
func (m *tensorMask) in(c, i int) bool {
	if m.each != nil {
		return m.each[c][i]
	}
	return int(m.label[i]) == c+1
}

// maskReader turns channel values into masks.
type maskReader struct {
	o         *models.Output
	exclusive bool
	share     bool        // probabilities are needed, not their order alone
	byIndex   map[int]int // of a label
	scratch   []float64   // one pixel
}

func newMaskReader(o *models.Output) *maskReader {
	r := &maskReader{o: o, exclusive: o.Exclusive, byIndex: map[int]int{}}
	for i, k := range o.Classes {
		r.byIndex[*k.Index] = i
		r.share = r.share || k.Threshold > 0 || k.Unsure != nil
	}
	return r
}

func (r *maskReader) mask(size [3]int) *tensorMask {
	m := &tensorMask{size: size, reader: r}
	n := size[0] * size[1] * size[2]
	if r.exclusive {
		m.label = make([]uint16, n)
	} else {
		m.each = make([][]bool, len(r.o.Classes))
		for c := range m.each {
			m.each[c] = make([]bool, n)
		}
	}
	if r.share {
		m.most = make([]float64, len(r.o.Classes))
	}
	return m
}

// channels reports how many channels an output of a tensor has, and whether they
// come last; 0: it holds labels. size is columns, rows, slices; an image has
// none of the last in its shape.
func (r *maskReader) channels(t Tensor, size [3]int, flat, last bool) (int, error) {
	want := []int64{int64(size[2]), int64(size[1]), int64(size[0])}
	if flat {
		want = want[1:]
	}
	wrong := fmt.Errorf("output %q has shape %v for a tensor of %v", r.o.Name, t.Shape, want)
	if int64(len(t.Data)) != t.Size() || len(t.Shape) < len(want)+1 || len(t.Shape) > len(want)+2 || t.Shape[0] != 1 {
		return 0, wrong
	}
	rest, channels := t.Shape[1:], int64(1)
	if len(rest) > len(want) {
		if last {
			channels, rest = rest[len(want)], rest[:len(want)]
		} else {
			channels, rest = rest[0], rest[1:]
		}
	} else if r.o.Activation != "argmax" {
		return 0, wrong
	}
	for i := range want {
		if rest[i] != want[i] {
			return 0, wrong
		}
	}
	if r.o.Activation == "argmax" {
		if channels != 1 {
			return 0, fmt.Errorf("output %q has %d channels, and its card says that it holds labels", r.o.Name, channels)
		}
		return 0, nil
	}
	for _, k := range r.o.Classes {
		if int64(*k.Index) >= channels {
			return 0, fmt.Errorf("output %q has %d channels, and the card names the index %d", r.o.Name, channels, *k.Index)
		}
	}
	if channels > 65535 {
		return 0, fmt.Errorf("output %q has %d channels", r.o.Name, channels)
	}
	return int(channels), nil
}

// labels reads values that are labels, from pixel at on.
func (r *maskReader) labels(m *tensorMask, at int, values []float32) error {
	for i, v := range values {
		index := int(v)
		if float32(index) != v || index < 0 || index > 65535 {
			return fmt.Errorf("output %q gives %g, not a label", r.o.Name, v)
		}
		if c, known := r.byIndex[index]; known {
			m.label[at+i] = uint16(c + 1)
		}
	}
	return nil
}

// pixels reads one value of each channel for each pixel, from pixel at on.
func (r *maskReader) pixels(m *tensorMask, at int, channels [][]float32) error {
	if len(r.scratch) != len(channels) {
		r.scratch = make([]float64, len(channels))
	}
	v := r.scratch
	for i := range channels[0] {
		top := 0
		for c, values := range channels {
			x := values[i]
			if x-x != 0 { // not a finite number
				return fmt.Errorf("output %q gives %g", r.o.Name, x)
			}
			v[c] = float64(x)
			if v[c] > v[top] {
				top = c
			}
		}
		if r.o.Activation == "none" {
			for _, p := range v {
				if p < -slack || p > 1+slack {
					return fmt.Errorf("output %q gives %g, not a probability", r.o.Name, p)
				}
			}
		}
		if r.exclusive {
			r.exclusivePixel(m, at+i, v, top)
			continue
		}
		if r.o.Activation == "sigmoid" {
			for c := range v {
				v[c] = sigmoid(v[c])
			}
		}
		for c := range r.o.Classes {
			k := &r.o.Classes[c]
			p := v[*k.Index]
			m.each[c][at+i] = p >= k.Threshold
			m.most[c] = max(m.most[c], p)
		}
	}
	return nil
}

// exclusivePixel gives a pixel to the class of the largest channel, the first of
// equal ones, where that is at or above the threshold of its class.
func (r *maskReader) exclusivePixel(m *tensorMask, i int, v []float64, top int) {
	if r.share {
		if r.o.Activation == "softmax" {
			softmax(v)
		}
		for c := range r.o.Classes {
			m.most[c] = max(m.most[c], v[*r.o.Classes[c].Index])
		}
	}
	c, known := r.byIndex[top]
	if known && !(r.o.Classes[c].Threshold > v[top] && r.share) {
		m.label[i] = uint16(c + 1)
	}
}

// whole reads a segmentation output of the whole tensor.
func (a *analysis) whole(o *models.Output) (*tensorMask, error) {
	t, r := a.outputs[o.Name], newMaskReader(o)
	size := a.place.size
	flat, last := len(a.input.Shape) == 4, channelsLast(a.request.card())
	channels, err := r.channels(t, size, flat, last)
	if err != nil {
		return nil, err
	}
	m := r.mask(size)
	if channels == 0 {
		return m, r.labels(m, 0, t.Data)
	}
	n := size[0] * size[1] * size[2]
	views := make([][]float32, channels)
	if !last {
		for c := range views {
			views[c] = t.Data[c*n : (c+1)*n]
		}
		return m, r.pixels(m, 0, views)
	}
	row := size[0]
	for c := range views {
		views[c] = make([]float32, row)
	}
	for at := 0; at < n; at += row {
		for c := range views {
			for i := range row {
				views[c][i] = t.Data[(at+i)*channels+c]
			}
		}
		if err := r.pixels(m, at, views); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func channelsLast(card *models.Card) bool {
	order := card.Input.Tensor.Order
	return order != "" && order[len(order)-1] == 'C'
}

// source brings the mask of one class into the pixels of the source: a pixel has
// the class of the tensor's pixel that its middle is nearest to, floor(x+0.5) of
// Placement.Tensor, and none beyond the tensor. The mask is that of a part of the
// source, from at on, with a border of one pixel where the source has one: what is
// done to it has the same result as on the whole. It is nil where nothing is of
// the class.
func (m *tensorMask) source(c int, place *Placement) (mask *Mask, at [3]int) {
	// nearest pixel of the tensor for each pixel of the source, -1 beyond it, by
	// axis of the source; axis says which of the tensor's it is.
	var nearest [3][]int
	var axis [3]int
	for t, am := range place.source {
		axis[am.Axis] = t
		nearest[am.Axis] = make([]int, place.from[am.Axis])
		for i := range nearest[am.Axis] {
			k := math.Floor((float64(i)-am.Offset)/am.Scale + 0.5)
			nearest[am.Axis][i] = -1
			if k >= 0 && k < float64(m.size[t]) {
				nearest[am.Axis][i] = int(k)
			}
		}
	}
	low, high, some := m.bounds(c)
	if !some {
		return nil, at
	}
	var end [3]int
	for s := range 3 {
		first, last := -1, -1
		for i, k := range nearest[s] {
			if k >= low[axis[s]] && k <= high[axis[s]] {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		if first < 0 {
			return nil, at
		}
		at[s], end[s] = max(first-1, 0), min(last+2, place.from[s])
	}
	stride := [3]int{1, m.size[0], m.size[0] * m.size[1]}
	mask = &Mask{Columns: end[0] - at[0], Rows: end[1] - at[1], Slices: end[2] - at[2]}
	mask.In = make([]bool, 0, mask.Columns*mask.Rows*mask.Slices)
	some = false
	for z := at[2]; z < end[2]; z++ {
		for y := at[1]; y < end[1]; y++ {
			kz, ky := nearest[2][z], nearest[1][y]
			for _, kx := range nearest[0][at[0]:end[0]] {
				in := kx >= 0 && ky >= 0 && kz >= 0 && m.in(c, kx*stride[axis[0]]+ky*stride[axis[1]]+kz*stride[axis[2]])
				mask.In = append(mask.In, in)
				some = some || in
			}
		}
	}
	if !some {
		return nil, at
	}
	return mask, at
}

// bounds are the first and last pixel of a class on each axis of the tensor.
func (m *tensorMask) bounds(c int) (low, high [3]int, some bool) {
	low, high = m.size, [3]int{-1, -1, -1}
	i := 0
	for z := range m.size[2] {
		for y := range m.size[1] {
			for x := range m.size[0] {
				if m.in(c, i) {
					for a, v := range [3]int{x, y, z} {
						low[a], high[a] = min(low[a], v), max(high[a], v)
					}
					some = true
				}
				i++
			}
		}
	}
	return low, high, some
}
