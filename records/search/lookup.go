package search

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"sort"
	"strings"
)

// within is the range of places whose text begins with want, and where in it
// the text that is want and no more ends. compare compares the text at an
// offset with want: 0 where it begins with it.
func (s *segment) within(p *places, want []byte, compare func(blob, want []byte) (order int, whole bool)) (lo, mid, hi int) {
	n := len(p.at)
	lo = sort.Search(n, func(i int) bool { c, _ := compare(s.blob[p.offset(i):], want); return c >= 0 })
	hi = lo + sort.Search(n-lo, func(i int) bool { c, _ := compare(s.blob[p.offset(lo+i):], want); return c > 0 })
	mid = lo + sort.Search(hi-lo, func(i int) bool { _, whole := compare(s.blob[p.offset(lo+i):], want); return !whole })
	return lo, mid, hi
}

// plainText compares bytes.
func plainText(blob, want []byte) (int, bool) {
	for i, w := range want {
		if c := blob[i]; c != w { // a zero byte ends every text and is in no query
			return cmp.Compare(c, w), false
		}
	}
	return 0, blob[len(want)] == 0
}

// letterText compares a reading with letters, whatever its units.
func letterText(blob, want []byte) (int, bool) {
	i := 0
	for _, w := range want {
		var c byte
		if c, i = small(blob, i); c != w {
			return cmp.Compare(c, w), false
		}
	}
	return 0, blob[i] == 0
}

// initialText compares the initials of a reading.
func initialText(blob, want []byte) (int, bool) {
	i := 0
	for _, w := range want {
		var c byte
		if c, i = initial(blob, i); c != w {
			return cmp.Compare(c, w), false
		}
	}
	return 0, false
}

// marks are the names that were found, by rank.
type marks struct {
	found [none][]uint64
	seen  []uint64
	name  name // to read into
}

func (m *marks) reset(names int) {
	words := (names + 63) / 64
	for i := range m.found {
		m.found[i] = slices.Grow(m.found[i][:0], words)[:words]
		clear(m.found[i])
	}
	m.seen = slices.Grow(m.seen[:0], words)[:words]
	clear(m.seen)
}

func (m *marks) set(r Rank, name uint16) { m.found[r][name/64] |= 1 << (name % 64) }

// byName marks the names that a query matches.
func (s *segment) byName(q *query, m *marks) {
	if len(q.runes) == 0 {
		return
	}
	if !q.letters {
		run := []byte(q.run)
		lo, mid, hi := s.within(&s.chars, run, plainText)
		if q.whole() {
			s.mark(&s.chars, m, lo, mid, hi)
			return
		}
		s.checkChars(&s.chars, q, m, lo, hi)
		return
	}
	want := []byte(string(q.runes))
	if q.divided == 0 {
		lo, mid, hi := s.within(&s.syllables, want, letterText)
		s.mark(&s.syllables, m, lo, mid, hi)
	}
	// More than one piece, of which one is a part of its unit: the first one
	// and the beginning of the second.
	last := len(want) - 1
	if q.divided > 0 {
		last = q.divided
	}
	for j := 1; j <= last; j++ {
		lo, _, hi := s.within(&s.initials, []byte{want[0], want[j]}, initialText)
		s.checkLetters(&s.initials, q, m, want[:j], lo, hi)
	}
}

// mark takes the names of a range that match all: [lo, mid) with no more than
// the query after the place.
func (s *segment) mark(p *places, m *marks, lo, mid, hi int) {
	for i := lo; i < hi; i++ {
		switch {
		case p.at[i]&beginning == 0:
			m.set(Inside, p.of[i])
		case i < mid:
			m.set(Exact, p.of[i])
		default:
			m.set(Prefix, p.of[i])
		}
	}
}

// checkLetters takes those names of a range of syllables that the query, letters
// alone, matches from that place on with first as its first piece.
func (s *segment) checkLetters(p *places, q *query, m *marks, first []byte, lo, hi int) {
	for i := lo; i < hi; i++ {
		if !bytes.HasPrefix(s.blob[p.offset(i)+1:], first[1:]) {
			continue
		}
		if r := q.from(s.text(p.offset(i)), "", 0, 0); r != none {
			if p.at[i]&beginning == 0 {
				r = Inside
			}
			m.set(r, p.of[i])
		}
	}
}

// checkChars takes those names of a range of characters that the query matches.
func (s *segment) checkChars(p *places, q *query, m *marks, lo, hi int) {
	starts := !letter(q.runes[0])
	for i := lo; i < hi; i++ {
		of := p.of[i]
		if starts && p.at[i]&beginning != 0 { // matches from here, or from another place of the range
			at := int(s.names[of])
			aligned := int(s.blob[at])
			at += 2
			chars := s.text(at)
			at += len(chars) + 1
			for range aligned {
				r := s.text(at)
				at += len(r) + 1
				if rank := q.from(r, chars, 0, 0); rank != none {
					m.set(rank, of)
				}
			}
			continue
		}
		if m.seen[of/64]>>(of%64)&1 != 0 || !starts && p.at[i]&beginning != 0 {
			continue
		}
		m.seen[of/64] |= 1 << (of % 64)
		if !starts && bytes.IndexByte(s.blob[s.names[of]:s.people[s.first[of]]], byte(q.runes[0])-'a'+'A') < 0 {
			continue // no unit begins as the query does
		}
		s.nameAt(int(of), &m.name)
		if r := q.rank(&m.name); r != none {
			m.set(r, of)
		}
	}
}

// search adds the first hits, at most limit by name and limit by number.
func (s *segment) search(q *query, m *marks, limit int, hits []hit) []hit {
	m.reset(len(s.names))
	s.byName(q, m)
	left := limit
	for r := range m.found {
		for w, word := range m.found[r] {
			for ; word != 0 && left > 0; word &= word - 1 {
				n := w*64 + bits.TrailingZeros64(word)
				if earlier(m, r, n) {
					continue
				}
				for p := int(s.first[n]); p < int(s.first[n+1]) && left > 0; p++ {
					if !s.gone(p) {
						hits = append(hits, hit{rank: Rank(r), segment: s, person: p})
						left--
					}
				}
			}
			if left == 0 {
				break
			}
		}
	}
	hits = s.byNumber(q.number, limit, hits)
	return s.byNumber(q.phone, limit, hits)
}

func earlier(m *marks, r, n int) bool {
	for e := range r {
		if m.found[e][n/64]>>(n%64)&1 != 0 {
			return true
		}
	}
	return false
}

// byNumber adds the first people whose number begins with want.
func (s *segment) byNumber(want string, limit int, hits []hit) []hit {
	if want == "" || strings.IndexByte(want, 0) >= 0 {
		return hits
	}
	lo, mid, hi := s.within(&s.numbers, []byte(want), plainText)
	begin := len(hits)
	for i := lo; i < hi && len(hits)-begin < limit; i++ {
		p := int(s.numbers.of[i])
		if s.gone(p) || slices.ContainsFunc(hits[begin:], func(h hit) bool { return h.person == p }) {
			continue
		}
		rank := Prefix
		if i < mid {
			rank = Exact
		}
		hits = append(hits, hit{rank: rank, segment: s, person: p, number: s.text(s.numbers.offset(i))})
	}
	return hits
}

// matches reports whether the query finds a person.
func (s *segment) matches(q *query, person int) bool {
	var n name
	s.nameAt(s.nameOf(person), &n)
	if q.rank(&n) != none {
		return true
	}
	r, _ := q.numbers(s.numbersAt(person))
	return r != none
}
