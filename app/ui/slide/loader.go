package slide

import (
	"container/list"
	"context"
	"errors"
	"runtime"
	"sync"

	slides "longying/imaging/slide"
)

// mostTiles bounds the tiles kept for the screen, about 130 MiB. It is never
// less than twice what a viewport wants, so that no tile that is seen makes way
// for another one.
const mostTiles = 680

// dear is how many pixels of the slide may be read for the picture of the whole,
// where nothing finer than it is wanted.
const dear = 64 << 20

// loader reads the tiles that the screen wants, on goroutines of its own, and
// keeps those that were shown last. What is not wanted any more is given up.
type loader struct {
	slide   *slides.Slide
	pyramid pyramid
	ctx     context.Context
	stop    context.CancelFunc
	ready   func() // called off the UI goroutine, when there is a tile or an error

	mu      sync.Mutex
	queue   []place
	wanted  map[place]bool
	flights map[place]context.CancelFunc
	tiles   map[place]*list.Element // of *shown
	used    *list.List              // newest first
	most    int
	failed  map[place]error
	problem error // that nobody was told yet
	working int
	ended   sync.WaitGroup
}

type shown struct {
	place place
	rgb   []byte // side x side, for the screen
}

func newLoader(ctx context.Context, s *slides.Slide, ready func()) *loader {
	l := &loader{slide: s, pyramid: newPyramid(s.Columns(), s.Rows()), ready: ready, flights: map[place]context.CancelFunc{},
		tiles: map[place]*list.Element{}, used: list.New(), most: mostTiles, failed: map[place]error{}}
	l.ctx, l.stop = context.WithCancel(ctx)
	return l
}

// readers is how many tiles are read at the same time.
func readers() int { return min(max(2, runtime.GOMAXPROCS(0)), 4) }

// cheap reports that a coarse level costs less to read than what lies under it
// at a fine one: it comes from a coarser level of the slide, and is not large.
func (l *loader) cheap(coarse, fine int) bool {
	from := l.slide.LevelFor(float64(int(1) << coarse))
	if level := l.slide.Levels()[from]; coarse == l.pyramid.coarsest() {
		return level.Columns <= dear/max(1, level.Rows)
	}
	return from > l.slide.LevelFor(float64(int(1)<<fine))
}

// want says which tiles are to be there, the most urgent first.
func (l *loader) want(wanted []place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.most = max(mostTiles, 2*len(wanted))
	l.queue = l.queue[:0]
	l.wanted = make(map[place]bool, len(wanted))
	for _, t := range wanted {
		l.wanted[t] = true
		if e, ok := l.tiles[t]; ok {
			l.used.MoveToFront(e)
			continue
		}
		if l.flights[t] == nil && l.failed[t] == nil {
			l.queue = append(l.queue, t)
		}
	}
	for t, cancel := range l.flights {
		if !l.wanted[t] {
			cancel()
		}
	}
	for l.ctx.Err() == nil && l.working < min(readers(), len(l.queue)+len(l.flights)) {
		l.working++
		l.ended.Go(l.work)
	}
}

// work reads one wanted tile after the other.
func (l *loader) work() {
	for {
		t, ctx, ok := l.next()
		if !ok {
			return
		}
		rgb, err := l.read(ctx, t)
		if l.took(ctx, t, rgb, err) {
			l.ready()
		}
	}
}

func (l *loader) next() (t place, ctx context.Context, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 || l.ctx.Err() != nil {
		l.working--
		return t, nil, false
	}
	t = l.queue[0]
	l.queue = l.queue[1:]
	ctx, cancel := context.WithCancel(l.ctx)
	l.flights[t] = cancel
	return t, ctx, true
}

func (l *loader) read(ctx context.Context, t place) ([]byte, error) {
	f := float64(int(1) << t.level)
	r, err := l.slide.Scaled(ctx, float64(t.column*side)*f, float64(t.row*side)*f, side, side, f)
	if err != nil {
		return nil, err
	}
	l.slide.Display(r.RGB)
	return r.RGB, nil
}

// took keeps a tile, and reports whether there is something to show.
func (l *loader) took(ctx context.Context, t place, rgb []byte, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	given := ctx.Err() != nil && errors.Is(err, context.Canceled)
	if cancel := l.flights[t]; cancel != nil {
		cancel()
		delete(l.flights, t)
	}
	switch {
	case l.ctx.Err() != nil:
		return false
	case given:
		if l.wanted[t] { // given up, and wanted again meanwhile
			l.queue = append(l.queue, t)
		}
		return false
	case err != nil:
		l.failed[t] = err
		if l.problem == nil {
			l.problem = err
		}
		return true
	}
	l.tiles[t] = l.used.PushFront(&shown{t, rgb})
	for l.used.Len() > l.most {
		delete(l.tiles, l.used.Remove(l.used.Back()).(*shown).place)
	}
	return true
}

// tile is what there is for a place: its own pixels, or those of the nearest
// coarser tile over it, with its place. failed says that its own cannot be had.
func (l *loader) tile(t place) (at place, rgb []byte, failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	failed = l.failed[t] != nil
	for at = t; at.level < l.pyramid.levels; at = (place{at.level + 1, at.column / 2, at.row / 2}) {
		if e, ok := l.tiles[at]; ok {
			return at, e.Value.(*shown).rgb, failed
		}
	}
	return at, nil, failed
}

// trouble is an error that was not yet told, or nil.
func (l *loader) trouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.problem
	l.problem = nil
	return err
}

// busy reports that tiles are still to come.
func (l *loader) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)+len(l.flights) > 0
}

// again lets tiles that failed be read once more.
func (l *loader) again() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.failed)
}

// close gives everything up and returns when nothing reads any more.
func (l *loader) close() {
	l.stop()
	l.ended.Wait()
}
