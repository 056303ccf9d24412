package search

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"longying/records"
)

// Rank says how well something matches; a smaller one is better.
type Rank uint8

// The ranks.
const (
	Exact  Rank = iota // the whole name or number
	Prefix             // from its beginning
	Inside             // from a later character or word of a name
	none
)

const maxQuery = 60 // characters of a query for a name; a longer one finds none

// query is what somebody typed, read as a name and as a number.
type query struct {
	runes   []rune // of a name; none where it cannot be one
	limit   []int  // by position, where a piece of letters that begins there must end
	letters bool   // nothing but a to z
	divided int    // position of the first break, 0 for none
	run     string // the first characters in a row that are no letters
	number  string
	phone   string // empty where it is no phone number, or the same as number
}

func parse(text string) query {
	var q query
	runes, breaks := fold(text)
	if len(runes) <= maxQuery {
		q.runes = runes
	}
	q.letters = len(q.runes) > 0
	q.limit = make([]int, len(q.runes))
	end := len(q.runes)
	for i := len(q.runes) - 1; i >= 0; i-- {
		q.limit[i] = end
		if breaks[i] {
			end = i
			q.divided = i
		}
		q.letters = q.letters && letter(q.runes[i])
	}
	if !q.letters {
		from := 0
		for from < len(q.runes) && letter(q.runes[from]) {
			from++
		}
		to := from
		for to < len(q.runes) && !letter(q.runes[to]) {
			to++
		}
		q.run = string(q.runes[from:to])
	}
	q.number = records.FoldNumber(text)
	if phone := foldPhone(text); strings.Trim(q.number, "0123456789+-()") == "" && phone != q.number {
		q.phone = phone
	}
	return q
}

// foldPhone is the digits of a phone number without the country code of China.
func foldPhone(text string) string {
	number := records.FoldNumber(text)
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	foreign := strings.HasPrefix(number, "+") || strings.HasPrefix(digits, "00")
	rest := strings.TrimPrefix(strings.TrimPrefix(digits, "00"), "86")
	if foreign || len(rest) == 11 && rest[0] == '1' {
		return rest
	}
	return digits
}

// whole reports a query that is its run of characters alone.
func (q *query) whole() bool { return !q.letters && utf8.RuneCountInString(q.run) == len(q.runes) }

// rank is how the query matches a name.
func (q *query) rank(n *name) Rank {
	best := none
	if len(q.runes) == 0 {
		return none
	}
	for _, r := range n.aligned {
		if best = q.reading(r, n.chars, best); best == Exact {
			return Exact
		}
	}
	for _, r := range n.free {
		if best = q.reading(r, "", best); best == Exact {
			return Exact
		}
	}
	return best
}

// reading is the better of best and how the query matches a reading; chars is
// empty for one that stands for no characters.
func (q *query) reading(r, chars string, best Rank) Rank {
	for ri, ci := 0, 0; ri < len(r); {
		if rank := q.from(r, chars, ri, ci); rank != none {
			if ri > 0 {
				rank = Inside
			}
			best = min(best, rank)
		}
		if best <= Prefix {
			return best // what begins later is Inside
		}
		next := unitEnd(r, ri)
		ci += taken(chars, ci, next-ri)
		ri = next
	}
	return best
}

// unitEnd is where the unit of a reading that begins at i ends.
func unitEnd(r string, i int) int {
	if c := r[i]; c >= 'A' && c <= 'Z' {
		for i++; i < len(r) && r[i] >= 'a' && r[i] <= 'z'; i++ {
		}
		return i
	}
	_, n := utf8.DecodeRuneInString(r[i:])
	return i + n
}

// taken is how many bytes of chars a unit of n letters stands for.
func taken(chars string, ci, n int) int {
	if ci >= len(chars) {
		return 0
	}
	if letter(rune(chars[ci])) {
		return n
	}
	_, size := utf8.DecodeRuneInString(chars[ci:])
	return size
}

// from matches the query with the units of a reading from ri on. The positions
// of the query that are reached after each unit are bits: by any pieces, by
// whole units, by initials.
func (q *query) from(r, chars string, ri, ci int) Rank {
	n := len(q.runes)
	reached, whole, initials := uint64(1), uint64(1), uint64(1)
	found := none
	for units := 1; ri < len(r); units++ {
		end := unitEnd(r, ri)
		letters := r[ri] >= 'A' && r[ri] <= 'Z'
		self := rune(-1)
		if ci < len(chars) && !letter(rune(chars[ci])) {
			self, _ = utf8.DecodeRuneInString(chars[ci:])
		}
		var reach, wholly, initially uint64
		for m := reached; m != 0; m &= m - 1 {
			p := bits.TrailingZeros64(m)
			at := uint64(1) << p
			if q.runes[p] == self {
				reach |= at << 1
				wholly |= whole & at << 1
			}
			if !letters {
				continue
			}
			k, most := 0, min(end-ri, q.limit[p]-p)
			for k < most && q.runes[p+k] == rune(r[ri+k]|0x20) {
				k++
			}
			if k == 0 {
				continue
			}
			reach |= (uint64(1)<<k - 1) << (p + 1)
			initially |= initials & at << 1
			if k == end-ri {
				wholly |= whole & at << k
			}
		}
		ci += taken(chars, ci, end-ri)
		ri = end
		if reach>>n&1 != 0 {
			found = Prefix
			if ri == len(r) && (wholly>>n&1 != 0 || units > 1 && initially>>n&1 != 0) {
				return Exact
			}
		}
		reached = reach &^ (1 << n)
		whole, initials = wholly&reached, initially&reached
		if reached == 0 {
			break
		}
	}
	return found
}

// numbers is how the query matches the best of some numbers, and which.
func (q *query) numbers(list []string) (best Rank, number string) {
	best = none
	for _, s := range list {
		for _, want := range [...]string{q.number, q.phone} {
			if want == "" || !strings.HasPrefix(s, want) {
				continue
			}
			rank := Prefix
			if s == want {
				rank = Exact
			}
			if rank < best || rank == best && s < number {
				best, number = rank, s
			}
		}
	}
	return best, number
}
