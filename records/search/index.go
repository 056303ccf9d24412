package search

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"longying/records"
)

// Person is what of a person finds them.
type Person struct {
	ID      string
	Name    string
	Pinyin  string // as the person writes it; may be empty
	Phone   string
	Numbers []string // identity, record and accession numbers
}

// Hit is one person whom a query finds.
type Hit struct {
	ID   string
	Rank Rank
}

const (
	tailLimit  = 512 // people that are looked through one by one
	smallLimit = 8   // segments that are not full
)

// Index finds people. It is safe for concurrent use; changes wait for one
// another, and hold up searches only for moments.
type Index struct {
	write  sync.Mutex // one change at a time
	reader *reader    // under write

	mu       sync.RWMutex
	segments []*segment
	tail     []entry // the newest people
	scratch  sync.Pool
}

// New is an empty index.
func New() *Index {
	return &Index{reader: newReader(), scratch: sync.Pool{New: func() any { return new(marks) }}}
}

func (r *reader) entry(p *Person) entry {
	n := r.read(p.Name, p.Pinyin)
	e := entry{id: packID(p.ID), name: &n}
	for _, s := range append([]string{foldPhone(p.Phone)}, p.Numbers...) {
		if s = strings.Map(func(r rune) rune {
			if r == 0 {
				return -1
			}
			return r
		}, records.FoldNumber(s)); s != "" {
			e.numbers = append(e.numbers, s)
		}
	}
	slices.Sort(e.numbers)
	e.numbers = slices.Compact(e.numbers)
	return e
}

// Add takes people in of whom none is there yet; Put takes those who may be.
func (x *Index) Add(people []Person) {
	x.write.Lock()
	defer x.write.Unlock()
	for len(people) > 0 {
		n := min(len(people), maxSegment)
		list := make([]entry, n)
		for i := range list {
			list[i] = x.reader.entry(&people[i])
		}
		people = people[n:]
		s := newSegment(list)
		x.mu.Lock()
		x.segments = append(x.segments, s)
		x.mu.Unlock()
	}
	x.tidy()
}

// Put takes in people that are new or changed.
func (x *Index) Put(people ...Person) {
	x.write.Lock()
	defer x.write.Unlock()
	for i := range people {
		e := x.reader.entry(&people[i])
		x.mu.Lock()
		x.remove(e.id)
		x.tail = append(x.tail, e)
		x.mu.Unlock()
		if len(x.tail) >= tailLimit {
			s := newSegment(slices.Clone(x.tail))
			x.mu.Lock()
			x.segments, x.tail = append(x.segments, s), nil
			x.mu.Unlock()
			x.tidy()
		}
	}
}

// Remove takes people out.
func (x *Index) Remove(ids ...string) {
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range ids {
		x.remove(packID(id))
	}
}

func (x *Index) remove(id string) {
	for _, s := range x.segments {
		if p := s.find(id); p >= 0 {
			s.bury(p)
			return
		}
	}
	for i := range x.tail {
		if x.tail[i].id == id {
			x.tail = slices.Delete(x.tail, i, i+1)
			return
		}
	}
}

// tidy makes one segment out of the small ones where there are many, and drops
// people that are gone where they are more than those who are not.
func (x *Index) tidy() {
	for {
		var small []*segment
		for _, s := range x.segments {
			if len(s.people) < maxSegment*3/4 || s.alive < len(s.people)/2 {
				small = append(small, s)
			}
		}
		slices.SortFunc(small, func(a, b *segment) int { return cmp.Compare(a.alive, b.alive) })
		sparse := slices.ContainsFunc(small, func(s *segment) bool { return s.alive < len(s.people)/2 })
		if len(small) <= smallLimit && !sparse {
			return
		}
		n, alive := 0, 0
		for n < len(small) && alive+small[n].alive <= maxSegment {
			alive += small[n].alive
			n++
		}
		if n < 2 && !sparse {
			return
		}
		var list []entry
		for _, s := range small[:n] {
			for p := range s.people {
				if !s.gone(p) {
					list = append(list, s.entryAt(p))
				}
			}
		}
		merged := newSegment(list)
		x.mu.Lock()
		x.segments = slices.DeleteFunc(x.segments, func(s *segment) bool { return slices.Contains(small[:n], s) })
		if len(list) > 0 {
			x.segments = append(x.segments, merged)
		}
		x.mu.Unlock()
	}
}

// Len is the number of people.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := len(x.tail)
	for _, s := range x.segments {
		n += s.alive
	}
	return n
}

// Bytes is the memory that the people take, without what is shared by all.
func (x *Index) Bytes() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var n int64
	for _, s := range x.segments {
		n += s.bytes()
	}
	return n + int64(len(x.tail))*512
}

// Search lists whom a text finds, the best first, at most limit people; more
// reports that there are others.
func (x *Index) Search(text string, limit int) (hits []Hit, more bool) {
	q := parse(text)
	c := collection{limit: limit + 1}
	x.mu.RLock()
	defer x.mu.RUnlock()
	m := x.scratch.Get().(*marks)
	defer x.scratch.Put(m)
	for _, s := range x.segments {
		c.hits = s.search(&q, m, limit+1, c.hits)
	}
	for i := range x.tail {
		c.try(&q, &x.tail[i])
	}
	return c.best(limit)
}

// Matcher says of single people whether a text finds them, and whether they are
// known at all.
func (x *Index) Matcher(text string) func(id string) (matches, known bool) {
	q := parse(text)
	return func(id string) (bool, bool) {
		id = packID(id)
		x.mu.RLock()
		defer x.mu.RUnlock()
		for _, s := range x.segments {
			if p := s.find(id); p >= 0 {
				return s.matches(&q, p), true
			}
		}
		for i := range x.tail {
			if x.tail[i].id == id {
				return q.matches(&x.tail[i]), true
			}
		}
		return false, false
	}
}

func (q *query) matches(e *entry) bool {
	if q.rank(e.name) != none {
		return true
	}
	r, _ := q.numbers(e.numbers)
	return r != none
}

// Scan looks through people one after the other, without an index.
type Scan struct {
	reader *reader
	query  query
	limit  int
	found  collection
}

// NewScan looks for the best people whom a text finds, at most limit; 0 means
// all.
func NewScan(text string, limit int) *Scan {
	return &Scan{reader: newReader(), query: parse(text), limit: limit, found: collection{limit: limit + 1}}
}

// Try looks at one person and reports whether the text finds them.
func (s *Scan) Try(p *Person) bool {
	e := s.reader.entry(p)
	before := len(s.found.hits)
	s.found.try(&s.query, &e)
	return len(s.found.hits) > before || s.query.matches(&e)
}

// Hits are the best people so far.
func (s *Scan) Hits() (hits []Hit, more bool) {
	if s.limit == 0 {
		return s.found.best(len(s.found.hits))
	}
	return s.found.best(s.limit)
}

// hit is one person in a segment, or one entry.
type hit struct {
	rank    Rank
	number  string // empty: by name
	segment *segment
	person  int
	entry   *entry
}

func (h *hit) id() string {
	if h.entry != nil {
		return h.entry.id
	}
	return h.segment.idAt(h.person)
}

// free are the readings in letters as name.less compares them.
func (h *hit) free() string {
	if h.entry != nil {
		return strings.Join(h.entry.name.free, "\x01")
	}
	var n name
	h.segment.nameAt(h.segment.nameOf(h.person), &n)
	return strings.Join(n.free, "\x01")
}

// collection gathers hits, some of them of one person twice.
type collection struct {
	limit int // hits that are kept at least, 1: all
	hits  []hit
}

func (c *collection) try(q *query, e *entry) {
	if r := q.rank(e.name); r != none {
		c.hits = append(c.hits, hit{rank: r, entry: e})
	}
	if r, number := q.numbers(e.numbers); r != none {
		c.hits = append(c.hits, hit{rank: r, entry: e, number: number})
	}
	if c.limit > 1 && len(c.hits) > 8*c.limit+1000 {
		c.sort()
	}
}

// sort puts the hits in order, and of each person only the best, no more than
// the limit.
func (c *collection) sort() {
	type keyed struct {
		hit
		primary, chars, id string
	}
	list := make([]keyed, len(c.hits))
	for i, h := range c.hits {
		k := keyed{hit: h, id: h.id()}
		if h.entry != nil {
			k.primary, k.chars = h.entry.name.primary(), h.entry.name.chars
		} else {
			k.primary, k.chars = h.segment.sortKey(h.segment.nameOf(h.person))
		}
		list[i] = k
	}
	slices.SortFunc(list, func(a, b keyed) int {
		if c := cmp.Compare(a.rank, b.rank); c != 0 {
			return c
		}
		if c := strings.Compare(a.number, b.number); c != 0 {
			return c
		}
		if c := strings.Compare(a.primary, b.primary); c != 0 {
			return c
		}
		if c := strings.Compare(a.chars, b.chars); c != 0 {
			return c
		}
		if c := strings.Compare(a.free(), b.free()); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	seen := make(map[string]bool, min(len(list), c.limit))
	c.hits = c.hits[:0]
	for i := range list {
		if seen[list[i].id] {
			continue
		}
		seen[list[i].id] = true
		c.hits = append(c.hits, list[i].hit)
		if c.limit > 1 && len(c.hits) == c.limit {
			break
		}
	}
}

func (c *collection) best(limit int) (out []Hit, more bool) {
	c.sort()
	for i := range c.hits {
		if i == limit {
			return out, true
		}
		out = append(out, Hit{ID: unpackID(c.hits[i].id()), Rank: c.hits[i].rank})
	}
	return out, false
}
