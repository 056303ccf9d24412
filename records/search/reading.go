package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"

	"longying/records"
)

const (
	maxRunes    = 128 // of a name; what is longer is no name
	maxReadings = 12  // of one name
)

// name is how a person's name is found. A reading is the text of its units one
// after the other: a syllable or word begins with a capital and goes on in
// small letters (a to z), a character that is not read stands for itself.
type name struct {
	chars   string   // folded: no white space, no separators, small letters
	aligned []string // readings, unit for unit with chars; the first one sorts
	free    []string // readings as they are written elsewhere, in letters alone
}

// sortKey orders names: by syllables, then by characters.
func (n *name) less(o *name) int {
	if c := strings.Compare(n.primary(), o.primary()); c != 0 {
		return c
	}
	if c := strings.Compare(n.chars, o.chars); c != 0 {
		return c
	}
	return strings.Compare(strings.Join(n.free, "\x01"), strings.Join(o.free, "\x01"))
}

func (n *name) primary() string {
	if len(n.aligned) == 0 {
		return ""
	}
	return n.aligned[0]
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' }

// fold gives the characters in which names and queries are compared, and where
// a separator stood before one.
func fold(text string) (runes []rune, breaks []bool) {
	pending := false
	add := func(r rune) {
		runes, breaks = append(runes, r), append(breaks, pending && len(runes) > 0)
		pending = false
	}
	for _, r := range text {
		switch {
		case r >= 0x3400 && r <= 0x9fff || r >= 0x20000 && r <= 0x3ffff: // Han
			add(r)
			continue
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			add(r)
			continue
		case r == '\'' || r == '’' || r == '‘' || r == 'ʼ' || r == '`' || r == '-' || r == '‐' || r == '－' || r == '_' || r == ',' || r == '，' || r == '、':
			pending = true
			continue
		}
		folded := records.FoldName(string(r))
		if folded == "" {
			pending = pending || !unicode.Is(unicode.Cf, r)
			continue
		}
		for _, r := range folded {
			if strings.ContainsRune("üǖǘǚǜ", r) {
				add('v')
				continue
			}
			for _, d := range norm.NFD.String(string(r)) {
				if !unicode.Is(unicode.Mn, d) {
					add(d)
				}
			}
		}
	}
	return runes, breaks
}

// reader knows how characters are read. It remembers what it was asked, and is
// not safe for concurrent use.
type reader struct {
	surnames  map[rune][]string
	compounds map[string][2]string
	given     map[rune][]string
	known     map[rune][]string
	syllables map[string]bool
}

func newReader() *reader {
	return &reader{surnames: surnames(), compounds: compounds(), given: given(), known: map[rune][]string{}}
}

// plain drops the tone marks of a syllable; ü is v. Empty where something else
// than letters is left.
func plain(syllable string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(syllable) {
		if strings.ContainsRune("üǖǘǚǜ", r) {
			r = 'v'
		}
		for _, d := range norm.NFD.String(string(r)) {
			switch {
			case letter(d):
				b.WriteByte(byte(d))
			case unicode.Is(unicode.Mn, d) && d != 0x0302: // ê is no vowel of a name
			default:
				return ""
			}
		}
	}
	return b.String()
}

// usual are the readings of a character in a given name, the usual one first;
// none of one that has none.
func (r *reader) usual(c rune) []string {
	if known, ok := r.known[c]; ok {
		return known
	}
	first, _, _ := strings.Cut(pinyin.PinyinDict[int(c)], ",")
	var out []string
	if s := plain(first); s != "" {
		out = withV(append(out, s))
	}
	for _, s := range r.given[c] {
		out = include(out, s)
	}
	r.known[c] = out
	return out
}

// withV adds the spellings of ü in passports and in old records: lv, lyu; lve, lue.
func withV(in []string) []string {
	out := in
	for _, s := range in {
		if strings.HasSuffix(s, "v") {
			out = include(out, s[:len(s)-1]+"yu")
		}
		if strings.HasSuffix(s, "ve") {
			out = include(out, s[:len(s)-2]+"ue")
		}
	}
	return out
}

func include(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list[:len(list):len(list)], s)
}

func capital(s string) string { return string(s[0]-'a'+'A') + s[1:] }

// read makes out of a name, and of its pinyin as the person writes it, what
// finds it.
func (r *reader) read(text, written string) name {
	runes, breaks := fold(text)
	if len(runes) > maxRunes {
		runes, breaks = runes[:maxRunes], breaks[:maxRunes]
	}
	n := name{chars: string(runes)}
	if len(runes) > 0 {
		n.aligned = product(r.units(runes, breaks))
	}
	latin := len(runes) > 0
	for _, c := range runes {
		latin = latin && letter(c)
	}
	if latin {
		r.free(&n, text)
	}
	r.free(&n, written)
	return n
}

// units are the ways to read each character or word.
func (r *reader) units(runes []rune, breaks []bool) [][]string {
	var units [][]string
	for i := 0; i < len(runes); {
		if letter(runes[i]) {
			j := i + 1
			for j < len(runes) && letter(runes[j]) && !breaks[j] {
				j++
			}
			units = append(units, []string{capital(string(runes[i:j]))})
			i = j
			continue
		}
		var ways []string
		if i == 0 {
			ways = r.surnames[runes[0]]
		}
		if len(runes) > 1 && i < 2 {
			if pair, ok := r.compounds[string(runes[:2])]; ok {
				ways = []string{pair[i]}
				if i == 0 {
					for _, s := range r.surnames[runes[0]] {
						ways = include(ways, s)
					}
				}
			}
		}
		for _, s := range r.usual(runes[i]) {
			ways = include(ways, s)
		}
		if len(ways) == 0 {
			units = append(units, []string{string(runes[i])})
			i++
			continue
		}
		unit := make([]string, len(ways))
		for k, s := range ways {
			unit[k] = capital(s)
		}
		units = append(units, unit)
		i++
	}
	return units
}

// product is every reading of a row of units, at most maxReadings; where there
// are more, the later units are read in their first way alone.
func product(units [][]string) []string {
	out := []string{""}
	for _, ways := range units {
		if len(out)*len(ways) > maxReadings {
			ways = ways[:1]
		}
		next := make([]string, 0, len(out)*len(ways))
		for _, head := range out {
			for _, w := range ways {
				next = append(next, head+w)
			}
		}
		out = next
	}
	return out
}

// free adds a reading in letters, unless it is known already.
func (r *reader) free(n *name, written string) {
	if written == "" {
		return
	}
	runes, breaks := fold(written)
	var b strings.Builder
	for i := 0; i < len(runes) && i < maxRunes; {
		if !letter(runes[i]) {
			i++
			continue
		}
		j := i + 1
		for j < len(runes) && j < maxRunes && letter(runes[j]) && !breaks[j] {
			j++
		}
		word := string(runes[i:j])
		for _, s := range r.split(word) {
			b.WriteString(capital(s))
		}
		i = j
	}
	text := b.String()
	if text == "" {
		return
	}
	for _, known := range append(n.aligned[:len(n.aligned):len(n.aligned)], n.free...) {
		if known == text || written != "" && n.han() && strings.EqualFold(known, text) {
			return
		}
	}
	n.free = append(n.free, text)
}

// han reports a name that is not in letters alone.
func (n *name) han() bool {
	for _, c := range n.chars {
		if c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// split divides a word into syllables of Hanyu Pinyin: as few as possible that
// begin with a vowel, because those are written with an apostrophe (GB/T 16159
// 6.1.4), then as few as possible. A word that is none is left whole.
func (r *reader) split(word string) []string {
	if r.syllables == nil {
		r.syllables = map[string]bool{}
		for s := range strings.FieldsSeq(syllables) {
			r.syllables[s] = true
		}
	}
	type state struct{ cost, from int }
	best := make([]state, len(word)+1)
	for i := 1; i <= len(word); i++ {
		best[i] = state{cost: -1}
		for j := max(0, i-6); j < i; j++ {
			if best[j].cost < 0 || !r.syllables[word[j:i]] {
				continue
			}
			cost := best[j].cost + 1
			if j > 0 && strings.IndexByte("aeo", word[j]) >= 0 {
				cost += 1000
			}
			if strings.HasSuffix(word[j:i], "yu") && i-j == 3 || strings.HasSuffix(word[j:i], "ue") && strings.IndexByte("ln", word[j]) >= 0 {
				cost += 100 // a passport's lyu only where nothing else is: xin yu, not xi nyu
			}
			if best[i].cost < 0 || cost < best[i].cost {
				best[i] = state{cost, j}
			}
		}
	}
	if best[len(word)].cost < 0 {
		return []string{word}
	}
	var out []string
	for i := len(word); i > 0; i = best[i].from {
		out = append([]string{word[best[i].from:i]}, out...)
	}
	return out
}
