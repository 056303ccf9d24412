package inference

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
)

// tabled is a raster whose pixels are still stored values: what was done to each
// pixel alone so far is in a table of the values that occur. A pixel is looked up
// once, when it is needed, instead of once for each step.
type tabled struct {
	samples int
	first   int         // the stored value of the first entry
	tables  [][]float32 // one for each channel

	// occurring says which entries occur, by channel of the stored pixels; it is
	// found when it is asked for.
	occurring func() [][]bool

	// bounds are the smallest and the largest entry that occur in any channel.
	bounds func() (low, high int)

	// lookup brings len(into) pixels of a channel of the stored pixels, from one
	// on, through a table.
	lookup func(channel int, table []float32, from int, into []float32)

	// mix brings four times width pixels in the same way, those of four rows from
	// one on, and puts the four of a column side by side.
	mix func(channel int, table []float32, from, width int, into []float32)
}

// newTabled takes stored values of samples channels, pixel by pixel. lowest is the
// smallest value of their type, span how many there are.
func newTabled[T uint8 | int8 | uint16 | int16](stored []T, samples, lowest, span int, value func(float64) float32) *tabled {
	t := &tabled{samples: samples, first: lowest}
	// A table for all values costs more than the pixels of a small image.
	if span > 1<<8 && len(stored) < 16*span {
		low, high := lowHigh(stored)
		t.first, span = int(low), int(high)-int(low)+1
	}
	for range samples {
		table := make([]float32, span)
		for i := range table {
			table[i] = value(float64(t.first + i))
		}
		t.tables = append(t.tables, table)
	}
	t.occurring = sync.OnceValue(func() [][]bool { return occurring(stored, samples, t.first, span) })
	t.bounds = sync.OnceValues(func() (int, int) {
		low, high := lowHigh(stored)
		return int(low) - t.first, int(high) - t.first
	})
	first := t.first
	t.lookup = func(channel int, table []float32, from int, into []float32) {
		if samples == 1 {
			for i, v := range stored[from : from+len(into)] {
				into[i] = table[int(v)-first]
			}
			return
		}
		at := from*samples + channel
		for i := range into {
			into[i] = table[int(stored[at])-first]
			at += samples
		}
	}
	t.mix = func(channel int, table []float32, from, width int, into []float32) {
		at := from*samples + channel
		row := width * samples
		a, b, c, d := stored[at:], stored[at+row:], stored[at+2*row:], stored[at+3*row:]
		for x, i := 0, 0; x < width; x, i = x+1, i+samples {
			m := into[4*x:][:4]
			m[0], m[1], m[2], m[3] = table[int(a[i])-first], table[int(b[i])-first], table[int(c[i])-first], table[int(d[i])-first]
		}
	}
	return t
}

// lowHigh are the smallest and the largest value.
func lowHigh[T uint8 | int8 | uint16 | int16](stored []T) (low, high T) {
	low, high = stored[0], stored[0]
	var mu sync.Mutex
	inParts(len(stored), func(from, to int) {
		part := stored[from:to]
		done, a, b := extent(part, part[0], part[0])
		for _, v := range part[done:] {
			a, b = min(a, v), max(b, v)
		}
		mu.Lock()
		low, high = min(low, a), max(high, b)
		mu.Unlock()
	})
	return low, high
}

// channel is the channel of the stored pixels that a plane is made of.
func (t *tabled) channel(plane int) int { return min(plane, t.samples-1) }

func occurring[T uint8 | int8 | uint16 | int16](stored []T, samples, first, span int) [][]bool {
	all := make([][]bool, samples)
	for c := range all {
		all[c] = make([]bool, span)
	}
	var mu sync.Mutex
	inParts(len(stored)/samples, func(from, to int) {
		for c := range samples {
			mine := make([]bool, span)
			if samples == 1 {
				for _, v := range stored[from:to] {
					mine[int(v)-first] = true
				}
			} else {
				for i := from*samples + c; i < to*samples; i += samples {
					mine[int(stored[i])-first] = true
				}
			}
			mu.Lock()
			for i, in := range mine {
				all[c][i] = all[c][i] || in
			}
			mu.Unlock()
		}
	})
	return all
}

// extremes are the smallest and the largest value of all planes.
func (t *tabled) extremes() (low, high float32) {
	if len(t.tables) == 1 && t.samples == 1 {
		// Of a table that only rises, or only falls, the ends say it.
		from, to := t.bounds()
		if table := t.tables[0][from : to+1]; slices.IsSorted(table) {
			return table[0], table[len(table)-1]
		} else if slices.IsSortedFunc(table, func(a, b float32) int { return cmp.Compare(b, a) }) {
			return table[len(table)-1], table[0]
		}
	}
	some, used := false, t.occurring()
	for p, table := range t.tables {
		for i, v := range table {
			if !used[t.channel(p)][i] {
				continue
			}
			if !some {
				low, high, some = v, v, true
			}
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

// settle looks every pixel up.
func (r *raster) settle() {
	if r.stored == nil {
		return
	}
	n := r.columns * r.rows * r.slices
	for p, table := range r.stored.tables {
		plane := make([]float32, n)
		inParts(n, func(from, to int) { r.stored.lookup(r.stored.channel(p), table, from, plane[from:to]) })
		r.planes = append(r.planes, plane)
	}
	r.stored = nil
}

// channels is the number of planes.
func (r *raster) channels() int {
	if r.stored != nil {
		return len(r.stored.tables)
	}
	return len(r.planes)
}

// leastPart is the number of pixels below which another goroutine costs more than
// it saves.
const leastPart = 1 << 15

// inParts calls f with parts of 0..n, at the same time on as many processors as
// there are. A result must not depend on where the parts begin.
func inParts(n int, f func(from, to int)) {
	parts := min(runtime.GOMAXPROCS(0), n/leastPart)
	if parts < 2 {
		f(0, n)
		return
	}
	var group sync.WaitGroup
	for k := range parts {
		group.Go(func() { f(n*k/parts, n*(k+1)/parts) })
	}
	group.Wait()
}
