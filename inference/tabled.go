package inference

import (
	"runtime"
	"sync"
)

// tabled is a raster whose pixels are still stored values: what was done to each
// pixel alone so far is in a table of the values that occur. A pixel is looked up
// once, when it is needed, instead of once for each step.
type tabled struct {
	first  int         // the stored value of the first entry
	tables [][]float32 // one for each channel
	used   [][]bool    // which entries occur, by channel of the stored pixels

	// lookup brings len(into) pixels of a channel of the stored pixels, from one
	// on, through a table.
	lookup func(channel int, table []float32, from int, into []float32)
}

// newTabled takes stored values of samples channels, pixel by pixel. lowest is the
// smallest value of their type, span how many there are.
func newTabled[T uint8 | int8 | uint16 | int16](stored []T, samples, lowest, span int, value func(float64) float32) *tabled {
	used := make([][]bool, samples)
	for c := range used {
		used[c] = make([]bool, span)
	}
	var mu sync.Mutex
	inParts(len(stored)/samples, func(from, to int) {
		mine := make([][]bool, samples)
		for c := range mine {
			mine[c] = make([]bool, span)
			in := mine[c]
			for i := from*samples + c; i < to*samples; i += samples {
				in[int(stored[i])-lowest] = true
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for c := range mine {
			for i, in := range mine[c] {
				if in {
					used[c][i] = true
				}
			}
		}
	})
	low, high := span, 0
	for c := range used {
		for i, in := range used[c] {
			if in {
				low, high = min(low, i), max(high, i+1)
			}
		}
	}
	t := &tabled{first: lowest + low}
	for c := range used {
		used[c] = used[c][low:high]
	}
	t.used = used
	for range samples {
		table := make([]float32, high-low)
		for i := range table {
			table[i] = value(float64(t.first + i))
		}
		t.tables = append(t.tables, table)
	}
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
	return t
}

// channel is the channel of the stored pixels that a plane is made of.
func (t *tabled) channel(plane int) int { return min(plane, len(t.used)-1) }

// extremes are the smallest and the largest value of all planes.
func (t *tabled) extremes() (low, high float32) {
	some := false
	for p, table := range t.tables {
		for i, v := range table {
			if !t.used[t.channel(p)][i] {
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
