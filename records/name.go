package records

import (
	"strings"
	"unicode"

	"longying/imaging"
)

// foldRune maps a full-width character to its ASCII form and drops white space
// and invisible format characters.
func foldRune(r rune) rune {
	if r >= 0xff01 && r <= 0xff5e { // FULLWIDTH EXCLAMATION MARK to FULLWIDTH TILDE
		r -= 0xfee0
	}
	if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// nameSeparator reports the marks that separate parts of a name and are written
// differently by every system: PS3.5 6.2.1 "^", and the middle dots of names of
// the minorities.
func nameSeparator(r rune) bool {
	switch r {
	case '^', '·', '•', '・', '･', '‧', '∙', '⋅', '●', '.':
		return true
	}
	return false
}

// FoldName is the form in which names in characters are compared: full-width
// letters as ASCII, no white space, no separators, Latin letters lower case.
// The comparison is exact after that; no two characters are taken for one.
func FoldName(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		r = foldRune(r)
		if nameSeparator(r) {
			return -1
		}
		return r
	}, name))
}

// hasCharacters reports a name with Han characters.
func hasCharacters(name string) bool {
	return imaging.PersonName{Alphabetic: name}.Characters() != ""
}

// latinName is a name in letters: the letters without separators, and the
// offsets at which a separator stood.
type latinName struct {
	letters string
	breaks  map[int]bool
}

// foldLatin reads a name in letters. Tone marks are dropped and ü is v, as
// devices write it; digits, hyphens and apostrophes only separate.
func foldLatin(name string) latinName {
	n := latinName{breaks: map[int]bool{}}
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r >= 0xff01 && r <= 0xff5e {
			r = unicode.ToLower(r - 0xfee0)
		}
		if plain, ok := plainVowel(r); ok {
			r = plain
		}
		if unicode.IsLetter(r) {
			b.WriteRune(r)
			continue
		}
		if b.Len() > 0 {
			n.breaks[b.Len()] = true
		}
	}
	n.letters = b.String()
	delete(n.breaks, b.Len())
	return n
}

// plainVowel maps the vowels of Hanyu Pinyin with tone marks to plain letters.
func plainVowel(r rune) (rune, bool) {
	for _, row := range [...]struct {
		plain rune
		toned string
	}{{'a', "āáǎà"}, {'e', "ēéěè"}, {'i', "īíǐì"}, {'o', "ōóǒò"}, {'u', "ūúǔù"}, {'v', "üǖǘǚǜ"}} {
		if strings.ContainsRune(row.toned, r) {
			return row.plain, true
		}
	}
	return r, false
}

// agrees reports the same letters in the same order, where the one that is
// divided less is divided at places where the other is too: "OUYANG^NANA" is
// "ou yang na na", but "FAN^GAN" is not "fang an".
func (n latinName) agrees(m latinName) bool {
	return n.letters != "" && n.letters == m.letters && (within(n.breaks, m.breaks) || within(m.breaks, n.breaks))
}

func within(a, b map[int]bool) bool {
	for at := range a {
		if !b[at] {
			return false
		}
	}
	return true
}
