package volume

import (
	"context"
	"errors"
	"runtime"

	"longying/imaging"
)

// Read decodes one picture.
type Read func(ctx context.Context, s Slice) (*imaging.Frame, error)

// Loader reads the pictures of a stack for somebody who scrolls through it: the
// one looked at at once, the others behind it in the order in which they will
// be wanted, as far as the cache has room for them. Its methods may be called at
// the same time.
type Loader struct {
	cache  *Cache
	slices []Slice
	place  map[Slice]int
	read   Read
	spawn  func(func())
	ctx    context.Context
	end    context.CancelFunc

	// Guarded by the cache's lock.
	workers   int // that read ahead
	running   int
	at        int
	direction int // 1 or -1
	busy      map[int]bool
	failed    map[int]bool
	waiting   map[int][]chan result
}

type result struct {
	frame *imaging.Frame
	err   error
}

// ErrClosed is what Load gives of a Loader that was closed.
var ErrClosed = errors.New("the series was closed")

// NewLoader makes a Loader that ends with ctx or Close. spawn runs work on a
// goroutine of its own; nil: go. As many pictures are read ahead at the same
// time as there are processors.
func NewLoader(ctx context.Context, cache *Cache, slices []Slice, read Read, spawn func(func())) *Loader {
	if spawn == nil {
		spawn = func(f func()) { go f() }
	}
	l := &Loader{cache: cache, slices: slices, place: make(map[Slice]int, len(slices)), read: read, spawn: spawn, workers: runtime.GOMAXPROCS(0),
		direction: 1, busy: map[int]bool{}, failed: map[int]bool{}, waiting: map[int][]chan result{}}
	l.ctx, l.end = context.WithCancel(ctx)
	for i, s := range slices {
		l.place[s] = i
	}
	cache.mu.Lock()
	defer cache.mu.Unlock()
	cache.loaders[l] = true
	return l
}

// Ahead sets how many pictures are read ahead at the same time: 0 reads nothing
// but what is looked at, as suits pictures that are computed.
func (l *Loader) Ahead(workers int) {
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	l.workers = max(0, workers)
}

// Close ends all reading. The frames stay in the cache until others need the
// room.
func (l *Loader) Close() {
	l.end()
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	delete(l.cache.loaders, l)
	for i, list := range l.waiting {
		for _, w := range list {
			w <- result{nil, ErrClosed}
		}
		delete(l.waiting, i)
	}
}

// Show says that slice at, from 0, is looked at, and gives its frame if it is
// there. The direction is that of the step before it.
func (l *Loader) Show(at int) *imaging.Frame {
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	return l.show(at)
}

func (l *Loader) show(at int) *imaging.Frame {
	if at < 0 || at >= len(l.slices) {
		return nil
	}
	switch {
	case at > l.at:
		l.direction = 1
	case at < l.at:
		l.direction = -1
	}
	l.at = at
	f := l.cache.get(l.slices[at])
	if f == nil {
		delete(l.failed, at) // somebody wants to know again
	}
	l.wake(f == nil)
	return f
}

// Load is Show that waits until the frame is there. It returns with ctx, and
// leaves the reading to go on: what one scrolls past will be looked at again.
func (l *Loader) Load(ctx context.Context, at int) (*imaging.Frame, error) {
	l.cache.mu.Lock()
	if f := l.show(at); f != nil || at < 0 || at >= len(l.slices) {
		l.cache.mu.Unlock()
		return f, nil
	}
	if l.ctx.Err() != nil {
		l.cache.mu.Unlock()
		return nil, ErrClosed
	}
	w := make(chan result, 1)
	l.waiting[at] = append(l.waiting[at], w)
	l.cache.mu.Unlock()
	select {
	case r := <-w:
		return r.frame, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// distance is how many steps slice i is away: those behind the reader count
// twice.
func (l *Loader) distance(i int) float64 {
	d := (i - l.at) * l.direction
	if d < 0 {
		d *= -2
	}
	return float64(d)
}

// wake starts what may read: one more where a picture is wanted at once, so that
// it does not wait for those read ahead.
func (l *Loader) wake(wanted bool) {
	most := l.workers
	if wanted {
		most++
	}
	for l.running < most && l.ctx.Err() == nil {
		i := l.next()
		if i < 0 {
			return
		}
		l.busy[i] = true
		l.running++
		l.spawn(func() { l.work(i) })
	}
}

// work reads slice after slice until there is nothing to do.
func (l *Loader) work(i int) {
	for i >= 0 {
		f, err := l.read(l.ctx, l.slices[i])
		if err == nil {
			err = f.Check()
		}
		l.cache.mu.Lock()
		delete(l.busy, i)
		if err == nil && l.ctx.Err() == nil {
			l.cache.put(l.slices[i], f, l.distance(i))
		} else if err != nil {
			l.failed[i] = true
			f = nil
		}
		for _, w := range l.waiting[i] {
			w <- result{f, err}
		}
		delete(l.waiting, i)
		i = -1
		if l.ctx.Err() == nil {
			i = l.next()
		}
		if l.running > l.workers && i != l.at {
			i = -1 // it was one more than read ahead, and what is wanted is being read
		}
		if i >= 0 {
			l.busy[i] = true
		} else {
			l.running--
		}
		l.cache.mu.Unlock()
	}
}

// next is the nearest slice that is neither there nor being read, -1 where there
// is none, or no room for it.
func (l *Loader) next() int {
	n := len(l.slices)
	ahead, behind := 0, 1
	for {
		i := l.at + ahead*l.direction
		back := l.at - behind*l.direction
		inAhead, inBehind := i >= 0 && i < n, back >= 0 && back < n
		switch {
		case !inAhead && !inBehind:
			return -1
		case inAhead && (!inBehind || ahead <= 2*behind):
			ahead++
		default:
			i = back
			behind++
		}
		if l.cache.frames[l.slices[i]] != nil || l.busy[i] || l.failed[i] {
			continue
		}
		if !l.cache.room(frameBytes(l.slices[i]), l.distance(i)) {
			return -1 // the others are farther away
		}
		return i
	}
}

// frameBytes is the memory of a frame's stored values, as its header says.
func frameBytes(s Slice) int {
	p := &s.Instance.Pixels
	return p.Rows * p.Columns * max(1, p.Samples) * max(8, p.BitsAllocated) / 8
}

// Slices are the pictures of the stack, in its order.
func (l *Loader) Slices() []Slice { return l.slices }

// Ready is how many of the pictures are in the cache.
func (l *Loader) Ready() int {
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	n := 0
	for _, s := range l.slices {
		if l.cache.frames[s] != nil {
			n++
		}
	}
	return n
}
