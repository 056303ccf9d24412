package volume

import (
	"math"
	"sync"

	"longying/imaging"
)

// Cache keeps decoded frames up to a number of bytes, for all Loaders that share
// it. Where room is needed, the frame goes first that is farthest from what
// somebody looks at: those of no open Loader before all others, the one not used
// for the longest time before them.
type Cache struct {
	mu      sync.Mutex
	limit   int
	used    int
	frames  map[Slice]*kept
	loaders map[*Loader]bool
	clock   int
}

type kept struct {
	frame *imaging.Frame
	bytes int
	at    int // when it was used last
}

// DefaultCacheLimit is the size of a cache that nobody has set: 1 GiB.
const DefaultCacheLimit = 1 << 30

// NewCache makes a cache of at most limit bytes of stored values. What is looked
// at is kept even where it is larger.
func NewCache(limit int) *Cache {
	return &Cache{limit: limit, frames: map[Slice]*kept{}, loaders: map[*Loader]bool{}}
}

// SetLimit changes the size; frames beyond it go at once.
func (c *Cache) SetLimit(limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = limit
	for c.used > c.limit {
		s, far := c.farthest()
		if far <= 0 {
			return
		}
		c.drop(s)
	}
}

// Used is how many bytes of stored values are kept, and how many may be.
func (c *Cache) Used() (used, limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used, c.limit
}

// Clear empties the cache, e.g. when the study is closed.
func (c *Cache) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used, c.frames = 0, map[Slice]*kept{}
}

// Get is a frame that is there, or nil.
func (c *Cache) Get(s Slice) *imaging.Frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.get(s)
}

func (c *Cache) get(s Slice) *imaging.Frame {
	k := c.frames[s]
	if k == nil {
		return nil
	}
	c.clock++
	k.at = c.clock
	return k.frame
}

// Put keeps a frame that no Loader read, as one that is looked at.
func (c *Cache) Put(s Slice, f *imaging.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(s, f, 0)
}

// distance is how far a slice is from what is looked at, in steps: the least of
// all loaders; infinite where none has it.
func (c *Cache) distance(s Slice) float64 {
	least := math.Inf(1)
	for l := range c.loaders {
		if i, ok := l.place[s]; ok {
			least = min(least, l.distance(i))
		}
	}
	return least
}

// farthest is the frame to go next; -1 where there is none.
func (c *Cache) farthest() (worst Slice, far float64) {
	far = -1
	oldest := 0
	for s, k := range c.frames {
		d := c.distance(s)
		if d > far || d == far && k.at < oldest {
			worst, far, oldest = s, d, k.at
		}
	}
	return worst, far
}

// room reports that a frame of so many bytes and this distance would be kept.
func (c *Cache) room(bytes int, distance float64) bool {
	if c.used+bytes <= c.limit || distance == 0 {
		return true
	}
	_, far := c.farthest()
	return far > distance && bytes <= c.limit
}

// put keeps a frame unless all that is kept is nearer to what is looked at.
func (c *Cache) put(s Slice, f *imaging.Frame, distance float64) {
	if c.frames[s] != nil {
		return
	}
	n := f.Len() * f.BitsAllocated() / 8
	for c.used+n > c.limit {
		worst, far := c.farthest()
		if far < 0 {
			break
		}
		if far <= distance && distance > 0 {
			return
		}
		c.drop(worst)
	}
	if c.used+n > c.limit && distance > 0 {
		return
	}
	c.clock++
	c.frames[s] = &kept{f, n, c.clock}
	c.used += n
}

func (c *Cache) drop(s Slice) {
	c.used -= c.frames[s].bytes
	delete(c.frames, s)
}
