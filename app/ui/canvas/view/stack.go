package view

import (
	"context"
	"sync"

	"longying/imaging"
)

// Slice is one picture of a stack.
type Slice struct {
	Instance *imaging.Instance
	Frame    int // from 1
}

// Slices lists the pictures of a series in their order, instances without
// pixels left out.
func Slices(s *imaging.Series) []Slice {
	var out []Slice
	for i := range s.Instances {
		in := &s.Instances[i]
		if in.Pixels.Rows == 0 {
			continue
		}
		for n := 1; n <= max(1, in.Pixels.Frames); n++ {
			out = append(out, Slice{in, n})
		}
	}
	return out
}

// Cache keeps decoded frames up to a number of bytes, the least recently used
// going first. It may be used by several goroutines.
type Cache struct {
	limit int

	mu     sync.Mutex
	used   int
	frames map[Slice]*imaging.Frame
	order  []Slice // least recently used first
}

// NewCache makes a cache of at most limit bytes of stored values; one frame is
// kept even if it is larger.
func NewCache(limit int) *Cache { return &Cache{limit: limit, frames: map[Slice]*imaging.Frame{}} }

func size(f *imaging.Frame) int { return f.Len() * f.BitsAllocated() / 8 }

// Get is a frame that is there, or nil.
func (c *Cache) Get(s Slice) *imaging.Frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.frames[s]
	if !ok {
		return nil
	}
	c.touch(s)
	return f
}

func (c *Cache) touch(s Slice) {
	for i, x := range c.order {
		if x == s {
			copy(c.order[i:], c.order[i+1:])
			c.order[len(c.order)-1] = s
			return
		}
	}
}

// Put keeps a frame.
func (c *Cache) Put(s Slice, f *imaging.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.frames[s]; ok {
		c.touch(s)
		return
	}
	c.frames[s] = f
	c.order = append(c.order, s)
	c.used += size(f)
	for c.used > c.limit && len(c.order) > 1 {
		old := c.order[0]
		c.order = c.order[1:]
		c.used -= size(c.frames[old])
		delete(c.frames, old)
	}
}

// Clear empties the cache, e.g. when the study is closed.
func (c *Cache) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used, c.order, c.frames = 0, nil, map[Slice]*imaging.Frame{}
}

// Loader decodes a picture.
type Loader func(ctx context.Context, s Slice) (*imaging.Frame, error)

// Around lists the slices to decode ahead of scrolling: n on both sides of a
// slice, the nearest first, in the direction of the last step before the other.
func Around(slice, slices, n, direction int) []int {
	if direction == 0 {
		direction = 1
	}
	var out []int
	for d := 1; d <= n; d++ {
		for _, at := range []int{slice + d*direction, slice - d*direction} {
			if at >= 0 && at < slices {
				out = append(out, at)
			}
		}
	}
	return out
}
