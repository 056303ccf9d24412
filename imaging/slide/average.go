package slide

import (
	"image"
	"math"
)

// average shares the pixels of a level out among the pixels of a region along
// one axis, by the length that they have in common.
type average struct {
	first    int // pixel of the level at the region's start, where whole
	whole    bool
	from, to int // pixels of the level that are needed, on the level

	offsets []int32   // by pixel of the level, from 'from': where its shares begin
	target  []int32   // pixel of the region
	weight  []float32 // of a pixel of the level in that pixel's mean
	cover   []float32 // by pixel of the region: how much of it lies on the level, 0..1
}

// newAverage takes the start of the region and the side of its pixels, in pixels
// of the level, and the lengths of the region and the level.
func newAverage(start, side float64, n, length int) average {
	a := average{first: int(math.Round(start)), cover: make([]float32, n)}
	a.whole = side == 1 && start == math.Round(start)
	a.from = int(min(max(math.Floor(start), 0), float64(length)))
	a.to = int(max(min(math.Ceil(start+side*float64(n)), float64(length)), float64(a.from)))
	for p := a.from; p < a.to; p++ {
		a.offsets = append(a.offsets, int32(len(a.target)))
		lo, hi := (float64(p)-start)/side, (float64(p+1)-start)/side // in pixels of the region
		for t := max(0, int(math.Floor(lo))); t < n && float64(t) < hi; t++ {
			w := min(hi, float64(t+1)) - max(lo, float64(t))
			if w <= 1e-9 {
				continue
			}
			a.target = append(a.target, int32(t))
			a.weight = append(a.weight, float32(w))
			a.cover[t] += float32(w)
		}
	}
	a.offsets = append(a.offsets, int32(len(a.target)))
	return a
}

// covered counts the pixels of the region that lie on the level, in part at
// least.
func (a *average) covered() int {
	n := 0
	for _, c := range a.cover {
		if c > 0 {
			n++
		}
	}
	return n
}

// shares are the targets and weights of a pixel of the level.
func (a *average) shares(p int) ([]int32, []float32) {
	from, to := a.offsets[p-a.from], a.offsets[p-a.from+1]
	return a.target[from:to], a.weight[from:to]
}

// sums adds tiles up to the means of a region.
type sums struct {
	w, h int
	a, b average
	acc  []float32
	row  []float32 // one row of the tile, averaged along x
}

func newSums(w, h int, a, b average) *sums {
	return &sums{w: w, h: h, a: a, b: b, acc: make([]float32, 3*w*h), row: make([]float32, 3*w)}
}

// add takes the part r of a tile, both in pixels of the level.
func (s *sums) add(t *Tile, r, tile image.Rectangle, background [3]uint8) {
	first, end := s.a.offsets[r.Min.X-s.a.from], s.a.offsets[r.Max.X-s.a.from]
	if first == end {
		return // no pixel of the region has a share of this tile
	}
	from, to := int(s.a.target[first]), int(s.a.target[end-1])+1
	row := s.row[3*from : 3*to]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		rows, weights := s.b.shares(y)
		if len(rows) == 0 {
			continue
		}
		if t.RGB != nil || y == r.Min.Y {
			clear(row)
			s.reduce(t, r, tile, y, background)
		}
		for k, oy := range rows {
			w := weights[k]
			out := s.acc[3*(int(oy)*s.w+from):][:len(row)]
			for i, v := range row {
				out[i] += v * w
			}
		}
	}
}

// reduce averages one row of a tile along x into s.row.
func (s *sums) reduce(t *Tile, r, tile image.Rectangle, y int, background [3]uint8) {
	var pixels []byte
	if t.RGB != nil {
		pixels = t.RGB[3*((y-tile.Min.Y)*t.Columns+r.Min.X-tile.Min.X):][:3*r.Dx()]
	}
	k := s.a.offsets[r.Min.X-s.a.from]
	c0, c1, c2 := float32(background[0]), float32(background[1]), float32(background[2])
	for i := range r.Dx() {
		if pixels != nil {
			p := pixels[3*i : 3*i+3]
			c0, c1, c2 = float32(p[0]), float32(p[1]), float32(p[2])
		}
		for end := s.a.offsets[r.Min.X-s.a.from+i+1]; k < end; k++ {
			w := s.a.weight[k]
			out := s.row[3*s.a.target[k] : 3*s.a.target[k]+3]
			out[0] += c0 * w
			out[1] += c1 * w
			out[2] += c2 * w
		}
	}
}

// mean gives the pixels; what is not on the level counts as white.
func (s *sums) mean() []byte {
	out := make([]byte, len(s.acc))
	for y := range s.h {
		for x := range s.w {
			rest := 255 * (1 - min(1, s.a.cover[x]*s.b.cover[y]))
			for c := range 3 {
				i := 3*(y*s.w+x) + c
				out[i] = uint8(min(s.acc[i]+rest+0.5, 255))
			}
		}
	}
	return out
}
