package deid

import (
	_ "embed"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"longying/imaging/dicomfile"
)

// clean is action C; false where the value cannot be cleaned, and the action
// of the Basic Profile is to be done.
func (w *walk) clean(ds *dicomfile.Dataset, t dicomfile.Tag, r row, basic byte) bool {
	_, dates := r.options[optionDates]
	switch vr := setVR(ds, t); {
	case t == dicomfile.TagTimezoneOffset:
		v := ds.Text(t)
		return len(v) == 5 && (v[0] == '+' || v[0] == '-') && digits(v[1:], 4, 4)
	case dates && (vr == "DA" || vr == "DT"):
		return w.shiftDates(ds, t)
	case dates && vr == "TM": // dates move by whole days
		w.plain(ds, t, vr)
		return true
	case vr == "SQ":
		if basic == replaceEmpty && len(ds.Items(t)) == 0 {
			return false
		}
		w.items(ds, t)
		return true
	case vr == "AE":
		if ds.Text(t) == "" {
			return false
		}
		ds.String(t, vr, w.key.pseudonym("ae", ds.Text(t)))
		return true
	case vr == "LO" || vr == "SH" || vr == "LT" || vr == "ST" || vr == "UT" || vr == "UC":
		return w.cleanText(ds, t)
	}
	return false
}

// shiftDates moves DA and DT; false where a value is none.
func (w *walk) shiftDates(ds *dicomfile.Dataset, t dicomfile.Tag) bool {
	vr := setVR(ds, t)
	if t == 0x00080106 || t == 0x00080107 { // versions of a context group: when the standard changed
		w.plain(ds, t, vr)
		return true
	}
	var out []string
	for _, v := range ds.Texts(t) {
		if v != "" {
			ok := false
			if vr == "DA" {
				v, ok = shiftDate(v, w.days)
			} else {
				v, ok = shiftDateTime(v, w.days)
			}
			if !ok {
				return false
			}
		}
		out = append(out, v)
	}
	ds.String(t, vr, out...)
	return true
}

// cleanText leaves of a text the words that are in the vocabulary; false where
// nothing is left.
func (w *walk) cleanText(ds *dicomfile.Dataset, t dicomfile.Tag) bool {
	var out []string
	left := false
	vr := setVR(ds, t)
	for _, v := range ds.Texts(t) {
		c := strings.ReplaceAll(w.words.clean(v, w.who), `\`, " ")
		if most := map[string]int{"SH": 16, "LO": 64}[vr]; most > 0 && utf8.RuneCountInString(c) > most {
			c = strings.TrimSpace(string([]rune(c)[:most]))
		}
		left = left || c != ""
		out = append(out, c)
	}
	if !left {
		return false
	}
	if vr != "LO" && vr != "SH" && vr != "UC" {
		out = []string{strings.Join(out, " ")}
	}
	ds.String(t, vr, out...)
	return true
}

//go:embed words.txt
var wordsTXT string

// vocabulary is the words that a descriptor may keep: what is imaged and how.
type vocabulary struct {
	latin map[string]bool // lower case
	han   map[string]bool
	most  int // characters of the longest of han
}

func newVocabulary() *vocabulary {
	v := &vocabulary{latin: map[string]bool{}, han: map[string]bool{}}
	for line := range strings.Lines(wordsTXT) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, f := range strings.Fields(line) {
			if r, _ := utf8.DecodeRuneInString(f); r >= 0x2e80 {
				v.han[f] = true
				v.most = max(v.most, utf8.RuneCountInString(f))
			} else {
				v.latin[strings.ToLower(f)] = true
			}
		}
	}
	return v
}

// dated is figures that are joined as those of a date, a time or a number are.
var dated = regexp.MustCompile(`\d+(?:[-/:年月]\d+)+日?|\d+(?:\.\d+){2,}|\d{4,}`)

// clean keeps known words, and figures of up to three digits, of a text; who is
// named in it is never kept, though the name be a known word.
func (v *vocabulary) clean(text string, who *identity) string {
	low := strings.ToLower(text)
	for _, p := range who.pieces {
		if strings.Contains(low, p) && len(low) == len(text) {
			for i := strings.Index(low, p); i >= 0; i = strings.Index(low, p) {
				text, low = text[:i]+" "+text[i+len(p):], low[:i]+" "+low[i+len(p):]
			}
		}
	}
	var out []string
	runes := []rune(dated.ReplaceAllString(text, " "))
	for i := 0; i < len(runes); {
		r := runes[i]
		switch {
		case r >= 0x2e80:
			n := min(v.most, len(runes)-i)
			for ; n > 0 && !v.han[string(runes[i:i+n])]; n-- {
			}
			if n == 0 {
				i++
				continue
			}
			if word := string(runes[i : i+n]); !who.in(word) {
				out = append(out, word)
			}
			i += n
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			j := i
			for j < len(runes) && runes[j] < 0x2e80 && (unicode.IsLetter(runes[j]) || unicode.IsDigit(runes[j]) || runes[j] == '.' && j+1 < len(runes) && unicode.IsDigit(runes[j+1]) || runes[j] == '*') {
				j++
			}
			if word := string(runes[i:j]); v.known(word) && !who.in(word) {
				out = append(out, word)
			}
			i = j
		default:
			i++
		}
	}
	return strings.Join(out, " ")
}

// known reports a word of the vocabulary, a figure of up to three digits with
// or without a unit, or a b-value.
func (v *vocabulary) known(word string) bool {
	low := strings.ToLower(word)
	if v.latin[low] {
		return true
	}
	number := strings.TrimRight(low, "abcdefghijklmnopqrstuvwxyz")
	unit := low[len(number):]
	if plain := strings.Replace(number, ".", "", 1); digits(plain, 1, 3) {
		switch unit {
		case "", "mm", "cm", "ml", "kv", "ma", "s", "ms", "min", "d", "t":
			return true
		}
	}
	return low[0] == 'b' && digits(low[1:], 1, 3)
}
