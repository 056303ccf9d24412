package search

import (
	"cmp"
	"slices"
	"strings"
)

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
