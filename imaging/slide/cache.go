package slide

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// DefaultCache is the size of a slide's tile cache where none is given, in bytes.
const DefaultCache = 128 << 20

// Cache keeps decoded tiles up to a number of bytes; the one that was not asked
// for longest goes first. It may serve several slides and goroutines. A tile
// that several ask for at the same time is decoded once.
type Cache struct {
	mu      sync.Mutex
	limit   int
	size    int
	entries map[key]*list.Element // of *entry
	used    *list.List            // newest first
	flights map[key]*flight
}

type key struct {
	slide              *Slide
	level, column, row int
}

type entry struct {
	key  key
	tile *Tile
}

// flight is a tile that is being decoded.
type flight struct {
	done chan struct{} // closed when tile and err are set
	tile *Tile
	err  error
}

// NewCache makes a cache of at most limit bytes of pixels.
func NewCache(limit int) *Cache {
	return &Cache{limit: limit, entries: map[key]*list.Element{}, used: list.New(), flights: map[key]*flight{}}
}

// Size is the number of bytes kept.
func (c *Cache) Size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}

// get gives a tile from the cache, else from decode, which runs once for all
// that wait. Where the one that decodes was cancelled, another that waits takes
// over.
func (c *Cache) get(ctx context.Context, k key, decode func(context.Context) (*Tile, error)) (*Tile, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.mu.Lock()
		if e, ok := c.entries[k]; ok {
			c.used.MoveToFront(e)
			c.mu.Unlock()
			return e.Value.(*entry).tile, nil
		}
		f, waiting := c.flights[k]
		if !waiting {
			f = &flight{done: make(chan struct{})}
			c.flights[k] = f
			c.mu.Unlock()
			c.lead(ctx, k, f, decode)
			return f.tile, f.err
		}
		c.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !errors.Is(f.err, context.Canceled) && !errors.Is(f.err, context.DeadlineExceeded) {
			return f.tile, f.err
		}
	}
}

func (c *Cache) lead(ctx context.Context, k key, f *flight, decode func(context.Context) (*Tile, error)) {
	f.err = errors.New("the decoder gave up on this tile")
	defer func() { // also when decode panics: nobody may wait for ever
		c.mu.Lock()
		delete(c.flights, k)
		if f.err == nil {
			c.keep(k, f.tile)
		}
		c.mu.Unlock()
		close(f.done)
	}()
	f.tile, f.err = decode(ctx)
}

// keep takes a tile in and lets old ones go. A tile over the limit is not kept,
// nor one without pixels, which costs nothing to find again.
func (c *Cache) keep(k key, t *Tile) {
	if len(t.RGB) == 0 || len(t.RGB) > c.limit {
		return
	}
	c.entries[k] = c.used.PushFront(&entry{k, t})
	c.size += len(t.RGB)
	for c.size > c.limit {
		c.drop(c.used.Back())
	}
}

func (c *Cache) drop(e *list.Element) {
	old := c.used.Remove(e).(*entry)
	delete(c.entries, old.key)
	c.size -= len(old.tile.RGB)
}

// forget lets go of a slide's tiles.
func (c *Cache) forget(s *Slide) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, e := range c.entries {
		if k.slide == s {
			c.drop(e)
		}
	}
}
