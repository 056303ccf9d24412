package search

import (
	"bytes"
	"encoding/hex"
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
