package search

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"math/bits"
	"slices"
	"sort"
	"strings"
	"unsafe"
)

// maxSegment is the most people of one segment: their names are numbered with
// 16 bits.
const maxSegment = 1 << 16

// entry is one person as they are found.
type entry struct {
	id      string // packed
	name    *name
	numbers []string // folded, sorted
}

func (e *entry) less(o *entry) int {
	if c := e.name.less(o.name); c != 0 {
		return c
	}
	return strings.Compare(e.id, o.id)
}

// packID makes 16 bytes of a UUID, and leaves anything else as it is behind
// zero bytes, one or two, so that it has not 16.
func packID(id string) string {
	if len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' {
		plain := id[:8] + id[9:13] + id[14:18] + id[19:23] + id[24:]
		if raw, err := hex.DecodeString(plain); err == nil && strings.ToLower(plain) == plain {
			return string(raw)
		}
	}
	if len(id) == 15 {
		return "\x00\x00" + id
	}
	return "\x00" + id
}

func unpackID(p string) string {
	if len(p) != 16 {
		return strings.TrimLeft(p, "\x00")
	}
	h := hex.EncodeToString([]byte(p))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// places is a sorted list of places in a segment's text, each with the name or
// person that it belongs to.
type places struct {
	at []uint32 // offset; the highest bit marks the beginning of a name
	of []uint16
}

const beginning = 1 << 31

func (p *places) offset(i int) int { return int(p.at[i] &^ beginning) }

// segment holds people that do not change, in the order of their names. All
// its text is in blob, each piece ended by a zero byte.
type segment struct {
	blob      []byte
	names     []uint32 // offset of: number of aligned readings, number of free ones, chars, readings
	first     []uint32 // first person of each name, and the number of people
	people    []uint32 // offset of: length of ID, ID, numbers, an empty one
	byID      []uint16 // people by packed ID
	chars     places   // from each character that is no letter
	syllables places   // from each syllable or word, by letters
	initials  places   // the same places, by initials
	numbers   places

	dead  []uint64 // bits of people that are elsewhere or gone
	alive int
}

// newSegment makes a segment of at most maxSegment people; it sorts the list.
func newSegment(list []entry) *segment {
	slices.SortFunc(list, func(a, b entry) int { return a.less(&b) })
	s := &segment{alive: len(list), dead: make([]uint64, (len(list)+63)/64)}
	b := builder{s: s}
	ids := make([]string, len(list))
	for i := range list {
		if i == 0 || list[i].name.less(list[i-1].name) != 0 {
			s.first = append(s.first, uint32(i))
			b.name(list[i].name)
		}
		ids[i] = list[i].id
		b.person(&list[i])
	}
	s.first = append(s.first, uint32(len(list)))
	s.byID = make([]uint16, len(list))
	for i := range s.byID {
		s.byID[i] = uint16(i)
	}
	slices.SortFunc(s.byID, func(a, b uint16) int { return strings.Compare(ids[a], ids[b]) })
	asIs := func(text []byte, i int) (byte, int) { return text[i], i + 1 }
	s.chars = b.sorted(b.chars, asIs)
	s.syllables = b.sorted(b.units, small)
	s.initials = b.sorted(b.units, initial)
	s.numbers = b.sorted(b.numbers, asIs)
	s.blob = slices.Clip(s.blob)
	s.names, s.first, s.people = slices.Clip(s.names), slices.Clip(s.first), slices.Clip(s.people)
	return s
}

type place struct {
	key uint64 // the first eight bytes
	at  uint32
	of  uint16
}

type builder struct {
	s                     *segment
	chars, units, numbers []place
}

func (b *builder) text(s string) (at int) {
	at = len(b.s.blob)
	b.s.blob = append(append(b.s.blob, s...), 0)
	return at
}

func (b *builder) name(n *name) {
	s := b.s
	of := uint16(len(s.names))
	s.names = append(s.names, uint32(len(s.blob)))
	s.blob = append(s.blob, byte(len(n.aligned)), byte(len(n.free)))
	at := b.text(n.chars)
	for i, c := range n.chars {
		if !letter(c) {
			b.chars = append(b.chars, newPlace(at, i, of))
		}
	}
	for _, list := range [...][]string{n.aligned, n.free} {
		for _, r := range list {
			at := b.text(r)
			for i := 0; i < len(r); i = unitEnd(r, i) {
				if r[i] >= 'A' && r[i] <= 'Z' {
					b.units = append(b.units, newPlace(at, i, of))
				}
			}
		}
	}
}

func newPlace(at, i int, of uint16) place {
	p := place{at: uint32(at + i), of: of}
	if i == 0 {
		p.at |= beginning
	}
	return p
}

func (b *builder) person(e *entry) {
	s := b.s
	of := uint16(len(s.people))
	s.people = append(s.people, uint32(len(s.blob)))
	s.blob = append(append(s.blob, byte(len(e.id))), e.id...)
	for _, n := range e.numbers {
		b.numbers = append(b.numbers, newPlace(b.text(n), 0, of))
	}
	s.blob = append(s.blob, 0)
}

// small is the next byte of a reading in small letters.
func small(text []byte, i int) (byte, int) {
	c := text[i]
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c, i + 1
}

// initial is the next initial of a reading, zero at its end and where a unit is
// not read.
func initial(text []byte, i int) (byte, int) {
	for letter(rune(text[i])) {
		i++
	}
	if c := text[i]; c >= 'A' && c <= 'Z' {
		return c | 0x20, i + 1
	}
	return 0, i
}

// sorted lists places by what next gives of their text up to a zero, then by
// where they are.
func (b *builder) sorted(list []place, next func(text []byte, i int) (byte, int)) places {
	blob := b.s.blob
	for i := range list {
		var key uint64
		at := int(list[i].at &^ beginning)
		for shift := 56; shift >= 0; shift -= 8 {
			var c byte
			if c, at = next(blob, at); c == 0 {
				break
			}
			key |= uint64(c) << shift
		}
		list[i].key = key
	}
	slices.SortFunc(list, func(x, y place) int {
		if c := cmp.Compare(x.key, y.key); c != 0 {
			return c
		}
		ax, ay := int(x.at&^beginning), int(y.at&^beginning)
		for i, j := ax, ay; x.key&0xff != 0; { // more than eight bytes
			var c, d byte
			c, i = next(blob, i)
			d, j = next(blob, j)
			if c != d {
				return cmp.Compare(c, d)
			}
			if c == 0 {
				break
			}
		}
		return cmp.Compare(ax, ay)
	})
	out := places{at: make([]uint32, len(list)), of: make([]uint16, len(list))}
	for i, p := range list {
		out.at[i], out.of[i] = p.at, p.of
	}
	return out
}

// until0 is the piece of text that is at an offset.
func (s *segment) until0(at int) []byte {
	return s.blob[at : at+bytes.IndexByte(s.blob[at:], 0)]
}

// text is until0 without a copy; the text never changes.
func (s *segment) text(at int) string {
	b := s.until0(at)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// nameAt reads a name; its text is the segment's.
func (s *segment) nameAt(i int, into *name) {
	at := int(s.names[i])
	aligned, free := int(s.blob[at]), int(s.blob[at+1])
	at += 2
	next := func() string {
		t := s.text(at)
		at += len(t) + 1
		return t
	}
	into.chars = next()
	into.aligned, into.free = into.aligned[:0], into.free[:0]
	for range aligned {
		into.aligned = append(into.aligned, next())
	}
	for range free {
		into.free = append(into.free, next())
	}
}

// sortKey is the first reading of a name, and its characters.
func (s *segment) sortKey(i int) (primary, chars string) {
	at := int(s.names[i])
	chars = s.text(at + 2)
	if s.blob[at] > 0 {
		primary = s.text(at + 3 + len(chars))
	}
	return primary, chars
}

func (s *segment) idAt(person int) string {
	at := int(s.people[person])
	n := int(s.blob[at])
	b := s.blob[at+1 : at+1+n]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (s *segment) numbersAt(person int) []string {
	at := int(s.people[person])
	at += 1 + int(s.blob[at])
	var out []string
	for s.blob[at] != 0 {
		t := s.text(at)
		out = append(out, t)
		at += len(t) + 1
	}
	return out
}

func (s *segment) nameOf(person int) int {
	return sort.Search(len(s.names), func(i int) bool { return int(s.first[i+1]) > person })
}

// entryAt is a person as newSegment takes it.
func (s *segment) entryAt(person int) entry {
	n := new(name)
	s.nameAt(s.nameOf(person), n)
	return entry{id: s.idAt(person), name: n, numbers: s.numbersAt(person)}
}

// find is the person with a packed ID, -1 where there is none or no more.
func (s *segment) find(id string) int {
	i := sort.Search(len(s.byID), func(i int) bool { return s.idAt(int(s.byID[i])) >= id })
	if i == len(s.byID) {
		return -1
	}
	if p := int(s.byID[i]); s.idAt(p) == id && !s.gone(p) {
		return p
	}
	return -1
}

func (s *segment) gone(person int) bool { return s.dead[person/64]>>(person%64)&1 != 0 }

func (s *segment) bury(person int) {
	s.dead[person/64] |= 1 << (person % 64)
	s.alive--
}

// bytes is the memory that the segment holds.
func (s *segment) bytes() int64 {
	n := cap(s.blob) + 4*(cap(s.names)+cap(s.first)+cap(s.people)) + 2*cap(s.byID) + 8*cap(s.dead)
	for _, p := range []*places{&s.chars, &s.syllables, &s.initials, &s.numbers} {
		n += 4*cap(p.at) + 2*cap(p.of)
	}
	return int64(n) + int64(unsafe.Sizeof(*s))
}

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
