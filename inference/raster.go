package inference

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// raster is an image or a volume on its way to a tensor: float32, one plane for
// each channel, row-major, slice after slice.
type raster struct {
	stored        *tabled // where it is given, there are no planes yet: see settle
	planes        [][]float32
	columns, rows int
	slices        int        // 1 for an image
	spacing       [3]float64 // mm between voxels along columns, rows, slices; 0 where not known
	axes          string     // of a volume: where columns, rows and slices lead, as "LPS"; empty for an image
	photometric   string     // of the frame, for invert-monochrome1
	source        [3]axisMap // where each axis lies in the pixels that the raster was made of
}

// axisMap says where a raster's axis lies in its source: at index i of the
// raster lies index Scale*i + Offset of the source's axis Axis (0 columns, 1
// rows, 2 slices). Indices count the middles of voxels.
type axisMap struct {
	Axis          int
	Scale, Offset float64
}

// identity is the map of a raster that nothing was done to.
func identity() [3]axisMap { return [3]axisMap{{0, 1, 0}, {1, 1, 0}, {2, 1, 0}} }

// sized records that an axis of in samples became one of out samples over the
// same length.
func (m *axisMap) sized(in, out int) { m.stretched(float64(in) / float64(out)) }

// stretched records that a sample now spans f of the old ones, the outer edge of
// the first staying where it was.
func (m *axisMap) stretched(f float64) {
	m.Offset += m.Scale * (0.5*f - 0.5)
	m.Scale *= f
}

// moved records that index 0 is now what was index n.
func (m *axisMap) moved(n int) { m.Offset += m.Scale * float64(n) }

// turned records that an axis of n samples now runs the other way.
func (m *axisMap) turned(n int) {
	m.Offset += m.Scale * float64(n-1)
	m.Scale = -m.Scale
}

func (r *raster) size() [3]int { return [3]int{r.columns, r.rows, r.slices} }

// window leads centre-width/2 .. centre+width/2 linearly to low..high and cuts
// what lies outside: LINEAR_EXACT of PS3.3 C.11.2.1.3.2, in float64, rounded once.
func (r *raster) window(centre, width, low, high float64) {
	r.each(func(_ int, part []float32) {
		for i, v := range part {
			t := min(max(float64((float64(v)-centre)/width)+0.5, 0), 1)
			part[i] = float32(float64(t*(high-low)) + low)
		}
	})
}

// percentileClip cuts at two percentiles, 0..100, of all values together, found
// by linear interpolation between the order statistics in float64 (numpy's
// default), the bounds rounded to float32.
func (r *raster) percentileClip(low, high float64) error {
	var all []float32
	for _, p := range r.planes {
		all = append(all, p...)
	}
	slices.Sort(all)
	from, to := float32(percentile(all, low)), float32(percentile(all, high))
	if from == to {
		return errConstant
	}
	r.each(func(_ int, part []float32) {
		for i, v := range part {
			part[i] = min(max(v, from), to)
		}
	})
	return nil
}

// percentile of sorted values, p in 0..100.
func percentile(sorted []float32, p float64) float64 {
	at := p / 100 * float64(len(sorted)-1)
	below := int(math.Floor(at))
	if below+1 >= len(sorted) {
		return float64(sorted[len(sorted)-1])
	}
	a, b, t := float64(sorted[below]), float64(sorted[below+1]), at-float64(below)
	if t >= 0.5 { // as numpy, so that both ends are met exactly
		return b - (b-a)*(1-t)
	}
	return a + (b-a)*t
}

// zScoreOfNonzero is z-score with mean and population standard deviation of the
// values that are not 0; zeros stay 0.
func (r *raster) zScoreOfNonzero() error {
	n, sum := 0, 0.0
	for _, p := range r.planes {
		for _, v := range p {
			if v != 0 {
				n, sum = n+1, sum+float64(v)
			}
		}
	}
	if n == 0 {
		return errors.New("every value is 0")
	}
	mean, squares := sum/float64(n), 0.0
	for _, p := range r.planes {
		for _, v := range p {
			if v != 0 {
				d := float64(v) - mean
				squares += float64(d * d)
			}
		}
	}
	if squares == 0 {
		return errConstant
	}
	std := math.Sqrt(squares / float64(n))
	r.each(func(_ int, part []float32) {
		for i, v := range part {
			if v == 0 {
				part[i] = 0 // and not -0
				continue
			}
			part[i] = float32((float64(v) - mean) / std)
		}
	})
	return nil
}

// grey makes one channel of red, green and blue: 0.299 R + 0.587 G + 0.114 B
// (ITU-R BT.601) in float32, each operation rounded, left to right; nothing is
// rounded to whole numbers.
func (r *raster) grey() error {
	if len(r.planes) != 3 {
		return fmt.Errorf("there are %d channels; wanted 3", len(r.planes))
	}
	out := make([]float32, len(r.planes[0]))
	for i := range out {
		out[i] = float32(float32(0.299*r.planes[0][i])+float32(0.587*r.planes[1][i])) + float32(0.114*r.planes[2][i])
	}
	r.planes = [][]float32{out}
	return nil
}

// placed cuts or pads each axis to a size: what is there is put with its first
// sample at start (negative: so many samples are cut off), and what lies outside
// is value.
func (r *raster) placed(to, start [3]int, value float32) {
	from := r.size()
	n := to[0] * to[1] * to[2]
	for c, plane := range r.planes {
		out := make([]float32, n)
		if value != 0 {
			for i := range out {
				out[i] = value
			}
		}
		first, last := max(start[0], 0), min(start[0]+from[0], to[0])
		for z := max(start[2], 0); z < min(start[2]+from[2], to[2]); z++ {
			for y := max(start[1], 0); y < min(start[1]+from[1], to[1]); y++ {
				if first < last {
					src := ((z-start[2])*from[1]+(y-start[1]))*from[0] - start[0]
					copy(out[(z*to[1]+y)*to[0]+first:(z*to[1]+y)*to[0]+last], plane[src+first:src+last])
				}
			}
		}
		r.planes[c] = out
	}
	r.columns, r.rows, r.slices = to[0], to[1], to[2]
	for a := range r.source {
		r.source[a].moved(-start[a])
	}
}

// pad brings a smaller image or volume to a size; one that is larger on any
// axis is an error, since a pad never cuts. In the middle the smaller half of
// an odd difference goes before.
func (r *raster) pad(to [3]int, middle bool, value float32) error {
	from, start := r.size(), [3]int{}
	for a := range from {
		if from[a] > to[a] {
			return fmt.Errorf("the image is %v, larger than %v; a pad does not cut", from, to)
		}
		if middle {
			start[a] = (to[a] - from[a]) / 2
		}
	}
	r.placed(to, start, value)
	return nil
}

// centreCrop cuts the middle out; one that is smaller on any axis is an error.
// Of an odd difference the smaller half is cut before.
func (r *raster) centreCrop(to [3]int) error {
	from, start := r.size(), [3]int{}
	for a := range from {
		if from[a] < to[a] {
			return fmt.Errorf("the image is %v, smaller than %v; a crop does not pad", from, to)
		}
		start[a] = -((from[a] - to[a]) / 2)
	}
	r.placed(to, start, 0)
	return nil
}

// cropOrPad brings each axis to a size about its middle, cutting or padding: of
// an odd difference the smaller half is cut or added before.
func (r *raster) cropOrPad(to [3]int, value float32) {
	from, start := r.size(), [3]int{}
	for a := range from {
		if d := to[a] - from[a]; d >= 0 {
			start[a] = d / 2
		} else {
			start[a] = -(-d / 2)
		}
	}
	r.placed(to, start, value)
}
