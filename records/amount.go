package records

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// amount is one number of a sentence with its unit, as a person wrote it.
type amount struct {
	value float64
	last  float64 // what its last digit is worth
	kind  string  // of unit, one of the is... constants; empty where none stands there
	said  string  // its words
	head  string  // what stands before it, back to the number before, as plainly gives it
}

// Kinds of units. Any other unit of a measurement is a kind of its own, by its
// name.
const (
	isLength = "mm"
	isArea   = "mm2"
	isAngle  = UnitDegree
	isHU     = "[hnsf'U]"
	isSUV    = "g/ml{SUVbw}"
	isPixels = UnitPixels
	isPart   = "%"
	isOther  = "other" // a unit in which nothing is measured by hand
)

// unitWord is a unit as people write it, with how many of its kind it is.
type unitWord struct {
	word *regexp.Regexp
	kind string
	of   float64
}

func word(pattern, kind string, of float64) unitWord {
	return unitWord{regexp.MustCompile(`^\s*(?:\(\s*(?:` + pattern + `)\s*\)|(?:` + pattern + `))`), kind, of}
}

// unitWords are tried in their order, on text as plainly gives it.
var unitWords = []unitWord{
	word(`(?:[mcµ]m|毫米|厘米|微米)\s*/\s*(?:s|min|h)\b|[mc]m(?:\^?3|\s*³)|㎣|㎤|立方[毫厘]米|[毫厘]米³|m?l\b`, isOther, 1),
	word(`mm\s*(?:\^2|²)|mm2|㎟|平方毫米|毫米²`, isArea, 1),
	word(`cm\s*(?:\^2|²)|cm2|㎠|平方厘米|厘米²`, isArea, 100),
	word(`[µu]m\s*(?:\^2|²)|[µu]m2|平方微米|微米²`, isArea, 1e-6),
	word(`mm|㎜|毫米|公厘`, isLength, 1),
	word(`cm|㎝|厘米|公分`, isLength, 10),
	word(`[µu]m|㎛|微米`, isLength, 1e-3),
	word(`°|º|˚|度|deg(?:rees?)?`, isAngle, 1),
	word(`hu|亨氏单位`, isHU, 1),
	word(`g/ml`, isSUV, 1),
	word(`个?像素点?|px|pixels?`, isPixels, 1),
	word(`%`, isPart, 0.01),
}

var (
	digits = regexp.MustCompile(`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`)
	// Between two numbers of one unit, which is written once: 21.3×15 mm.
	oneUnit = regexp.MustCompile(`^\s*(?:[×x*✕·~/±、-]|\+/-|至|到|和|及|与|by|to|and|[，,]?\s*(?:最大|最高|max)(?:值|imum)?\s*[:约为]?)\s*[-负]?\s*$`)
	// Behind a unit of letters: it is another word, as mmHg. 21mm x 15mm is none.
	longer = regexp.MustCompile(`^[a-wyz]`)
	// A unit before its number, as in a table: 长径(mm)：21.3.
	unitBefore = regexp.MustCompile(`\(([^()\d]+)\)\s*[:=约为]*\s*$`)
	// A number without unit is one in Hounsfield, or an SUV, where it is said of that.
	ofHU  = regexp.MustCompile(`ct\s*值[^。；;]{0,8}$`)
	ofSUV = regexp.MustCompile(`suv[^。；;]{0,8}$`)
	// Where a picture lies is no measurement of it.
	placeWord = regexp.MustCompile(`序列\s*\d+|第\s*\d+(?:\s*/\s*\d+)?\s*[层帧张幅]|(?:series|slice|image|frame)\s*\d+(?:\s*/\s*\d+)?`)
)

// plainly gives a text in small letters of half width, with one sign for each
// that has several; rune by rune.
func plainly(text string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r == '，': // parts numbers, never their thousands
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case strings.ContainsRune("\u3000\u00a0\u2009\u202f", r):
			return ' '
		case strings.ContainsRune("−–—﹣‐‑", r):
			return '-'
		case r == 'μ':
			return 'µ'
		}
		return r
	}, text))
}

// amounts are the numbers of a sentence with their units. unit is one more that
// is looked for, as it is written.
func amounts(sentence, unit string) []amount {
	text := placeWord.ReplaceAllStringFunc(plainly(sentence), func(s string) string { return strings.Repeat("_", utf8.RuneCountInString(s)) })
	written := []rune(sentence)
	words := unitWords
	if unit != "" {
		words = append([]unitWord{word(regexp.QuoteMeta(plainly(unit)), unit, 1)}, unitWords...)
	}
	spans := digits.FindAllStringIndex(text, -1)
	out := make([]amount, len(spans))
	next, each := "", 1.0 // the unit of the number behind, where they share it
	for i := len(spans) - 1; i >= 0; i-- {
		from, to := spans[i][0], spans[i][1]
		before, behind := 0, len(text)
		if i > 0 {
			before = spans[i-1][1]
		}
		if i+1 < len(spans) {
			behind = spans[i+1][0]
		}
		a := amount{head: text[before:from]}
		kind, of, end := unitAt(text[to:], words)
		switch {
		case kind != "":
		case i+1 < len(spans) && oneUnit.MatchString(text[to:behind]):
			kind, of = next, each
		case ofHU.MatchString(a.head):
			kind = isHU
		case ofSUV.MatchString(a.head):
			kind = isSUV
		default:
			if m := unitBefore.FindStringSubmatch(a.head); m != nil {
				kind, of, _ = unitAt(m[1], words)
			}
		}
		next, each = kind, of
		number := strings.ReplaceAll(text[from:to], ",", "")
		v, err := strconv.ParseFloat(number, 64)
		if err != nil {
			v = math.NaN() // more digits than anything measures
		}
		_, decimals, _ := strings.Cut(number, ".")
		first := utf8.RuneCountInString(text[:from])
		if below(text[:from]) {
			v, first = -v, first-1
		}
		a.kind, a.value, a.last = kind, v*of, math.Pow10(-len(decimals))*of
		a.said = string(written[first:utf8.RuneCountInString(text[:to+end])])
		out[i] = a
	}
	return out
}

// unitAt is the unit that a text begins with, how many of its kind it is, and how
// long its words are.
func unitAt(text string, words []unitWord) (kind string, of float64, length int) {
	for _, u := range words {
		l := len(u.word.FindString(text))
		if l > 0 && !(letter(text[l-1]) && longer.MatchString(text[l:])) {
			return u.kind, u.of, l
		}
	}
	return "", 1, 0
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' }

// below reports whether what stands before a number is its sign, and no dash
// between two numbers.
func below(before string) bool {
	if strings.HasSuffix(before, "负") {
		return true
	}
	rest, ok := strings.CutSuffix(before, "-")
	if !ok || rest == "" {
		return ok
	}
	last := rest[len(rest)-1]
	return !letter(last) && (last < '0' || last > '9')
}
