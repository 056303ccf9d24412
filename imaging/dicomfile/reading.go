package dicomfile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"longying/imaging"
)

// UTF8Twice is our term for text that was turned from UTF-8 into UTF-8 once too
// often, as if its bytes had been Latin-1.
const UTF8Twice = "ISO_IR 192 TWICE"

// certain is the probability from which text is read otherwise than declared;
// possible that from which another reading makes the declared one doubtful.
const (
	certain  = 0.99
	possible = 0.02
)

// headerText is the text of a header with bytes over 0x7F or escapes, to judge
// its character set by.
type headerText struct {
	declared []string
	name     []byte   // Patient's Name; nil when it is plain
	others   [][]byte // other values
	lengths  []int    // the longest that the VR of each of others allows, 0 unlimited
}

// textOf collects it from the top level of a data set.
func textOf(ds *Dataset, declared []string) headerText {
	t := headerText{declared: declared}
	for _, e := range ds.elements {
		info, _ := vrOf(e.vr)
		if info.kind != vrText || e.tag.Private() || isASCII(e.value) {
			continue
		}
		if e.tag == TagPatientName {
			t.name = e.value
			continue
		}
		t.others, t.lengths = append(t.others, e.value), append(t.lengths, info.max)
	}
	return t
}

// verdict is how the text of a header is read.
type verdict struct {
	term     string                // in use
	readings []imaging.TextReading // nil when the declaration stands beyond doubt
	doubtful bool
	byHand   bool // a person chose
}

// judge finds the character set of text. The posterior probability of each
// candidate is that of its text (see likelihood) times a prior that depends on
// what the header declares; a candidate in which the bytes are not valid has
// none, the declared one excepted. Another than the declared set is used only
// where it is certain for the text as a whole and for the name alone; only the
// name can make it doubtful.
func judge(t headerText) verdict {
	declared := strings.Join(t.declared, `\`)
	v := verdict{term: declared}
	if t.name == nil && len(t.others) == 0 {
		return v
	}
	candidates := candidatesFor(t.declared)
	all, name := make([]float64, len(candidates)), make([]float64, len(candidates))
	sets := make([]*charset, len(candidates))
	alike := map[string]int{} // candidates that read the text alike are one
	for i, c := range candidates {
		sets[i], _ = newCharset(strings.Split(c.term, `\`))
		all[i] = math.Log(c.prior)
		if t.name != nil {
			all[i] += sets[i].likelihood(t.name, true, 64, i == 0)
		}
		name[i] = all[i]
		for k, b := range t.others {
			all[i] += sets[i].likelihood(b, false, t.lengths[k], i == 0)
		}
		text := t.decoded(sets[i])
		if first, ok := alike[text]; ok {
			all[first], name[first] = addLogs(all[first], all[i]), addLogs(name[first], name[i])
			all[i], name[i] = math.Inf(-1), math.Inf(-1)
		} else {
			alike[text] = i
		}
	}
	posterior(all)
	posterior(name)
	best := 0
	for i := range all {
		if all[i] > all[best] {
			best = i
		}
	}
	// That nothing else reads the bytes is not enough for a name of signs.
	use, strange := 0, false
	if all[best] >= certain && (t.name == nil || name[best] >= certain) {
		strange = best != 0 && strings.ContainsFunc(sets[best].decode(t.name, true), noLetter)
		if !strange {
			use = best
		}
	}
	other := 0.0
	for i := range all {
		if i == use {
			continue
		}
		if other = max(other, all[i]); t.name != nil {
			other = max(other, name[i])
		}
	}
	lost := strings.ContainsFunc(sets[use].decode(t.name, true), unreadable)
	if use == 0 && other < possible && !lost {
		return v
	}
	v.doubtful = t.name != nil && (other >= possible || lost || strange)
	v.term = candidates[use].term
	confidence := all
	if t.name != nil && slices.Index(name, slices.Max(name)) != best { // a device's own text and its worklist's, in two sets
		confidence = name
	}
	for i, c := range candidates {
		if i == 0 || i == use || all[i] >= possible || t.name != nil && name[i] >= possible {
			v.readings = append(v.readings, t.reading(c.term, sets[i], confidence[i]))
		}
	}
	slices.SortStableFunc(v.readings[1:], func(a, b imaging.TextReading) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return v
}

// decoded is the whole text in one character set.
func (t *headerText) decoded(cs *charset) string {
	var b strings.Builder
	b.WriteString(cs.decode(t.name, true))
	for _, o := range t.others {
		b.WriteByte(0)
		b.WriteString(cs.decode(o, false))
	}
	return b.String()
}

// addLogs is log(exp(a)+exp(b)).
func addLogs(a, b float64) float64 {
	if b > a {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// reading is the preview of one character set.
func (t *headerText) reading(term string, cs *charset, confidence float64) imaging.TextReading {
	r := imaging.TextReading{CharacterSet: term, Name: strings.TrimRight(cs.decode(t.name, true), " \x00"), Confidence: math.Round(confidence*1e4) / 1e4}
	if len(t.others) > 0 {
		const enough = 60 // characters
		s := []rune(strings.TrimRight(cs.decode(t.others[0], false), " \x00"))
		r.Sample = string(s[:min(len(s), enough)])
	}
	return r
}

// unreadable reports a character that stands for one that cannot be shown: the
// replacement character, or one that a site defined itself.
func unreadable(r rune) bool { return r == utf8.RuneError || unicode.Is(unicode.Co, r) }

// chosen is a verdict of a person in place of ours, where the name is valid in
// the character set that was chosen; ok is then true. What was chosen for a
// device is doubtful for text that looks otherwise: it may come from another.
func (v verdict) chosen(t headerText, term string) (verdict, bool) {
	cs, known := newCharset(strings.Split(term, `\`))
	valid := func(b []byte, name bool) bool { return !strings.ContainsRune(cs.decode(b, name), utf8.RuneError) }
	if !known || !valid(t.name, true) {
		return v, false
	}
	for _, b := range t.others {
		if t.name == nil && !valid(b, false) { // beside a name, other text may be in another set
			return v, false
		}
	}
	i := slices.IndexFunc(v.readings, func(r imaging.TextReading) bool { return r.CharacterSet == term })
	switch {
	case i < 0 && v.readings == nil && term == v.term: // the declared one, which stands anyway
		return v, true
	case i < 0 && v.readings == nil:
		own, _ := newCharset(t.declared)
		v.readings = []imaging.TextReading{t.reading(v.term, own, 1), t.reading(term, cs, 0)}
		i = 1
	case i < 0:
		v.readings = append(slices.Clone(v.readings), t.reading(term, cs, 0))
		i = len(v.readings) - 1
	}
	v.doubtful = t.name != nil && v.readings[i].Confidence < possible
	v.term, v.byHand = term, true
	return v, true
}

// noLetter reports a sign beyond ASCII that no name has, as the euro is.
func noLetter(r rune) bool {
	k, _ := frequency(r)
	return r >= utf8.RuneSelf && k == scriptNone && !unicode.IsSpace(r)
}

type candidate struct {
	term  string
	prior float64
}

// candidatesFor are the character sets to compare, the declared one first. The
// priors hold for a hospital in China: devices there write ISO_IR 100, or
// nothing, without being asked, and then GB18030; whoever states any other set
// meant it.
func candidatesFor(declared []string) []candidate {
	const gb, utf, latin, korean = "GB18030", "ISO_IR 192", "ISO_IR 100", "ISO 2022 IR 149"
	term := strings.Join(declared, `\`)
	cs, _ := newCharset(declared)
	rare := []candidate{{UTF8Twice, 1e-3}, {"ISO_IR 101", 5e-3}, {"ISO_IR 148", 5e-3}, {korean, 3e-3},
		{"ISO_IR 144", 1e-3}, {"ISO_IR 127", 1e-3}, {"ISO_IR 126", 1e-3}, {"ISO_IR 138", 1e-3}, {"ISO_IR 166", 1e-3}}
	switch {
	case cs.gb18030:
		return append([]candidate{{term, 0.95}, {utf, 0.045}, {latin, 0.005}}, rare...)
	case cs.utf8 && !cs.twice:
		return append([]candidate{{term, 0.85}, {gb, 0.14}, {latin, 0.005}}, rare...)
	case !cs.extensions && cs.latin == nil && !cs.katakana: // the default repertoire, which has no such bytes
		return append([]candidate{{term, 1e-4}, {gb, 0.7}, {utf, 0.2}, {latin, 0.1}}, rare...)
	case term == latin || term == "ISO 2022 IR 100":
		return append([]candidate{{term, 0.5}, {gb, 0.35}, {utf, 0.15}}, rare...)
	}
	return []candidate{{term, 0.999}, {gb, 0.0009}, {utf, 0.0001}}
}

// posterior turns logarithms of joint probabilities into probabilities.
func posterior(l []float64) {
	top := slices.Max(l)
	sum := 0.0
	for i := range l {
		l[i] = math.Exp(l[i] - top)
		sum += l[i]
	}
	for i := range l {
		l[i] /= sum
	}
}

// likelihood is the logarithm of the probability that somebody wrote the text
// which a character set makes of b. Bytes that are not valid in it make it
// impossible, but for a last character that the length of the VR cut off; in
// the declared set they are only very unlikely.
func (cs *charset) likelihood(b []byte, name bool, longest int, declared bool) float64 {
	if isASCII(b) {
		return 0
	}
	text := strings.TrimRight(cs.decode(b, name), " \x00")
	const cutOff = 1e-3
	l := 0.0
	if longest > 0 && len(b) >= longest && strings.HasSuffix(text, "�") {
		text, l = strings.TrimRight(text, "�"), math.Log(cutOff)
	}
	if !declared && strings.ContainsRune(text, utf8.RuneError) {
		return math.Inf(-1)
	}
	return l + textLikelihood(text)
}

// script groups characters by how they are written together.
type script uint8

const (
	scriptASCIILower script = iota
	scriptASCII             // capitals, digits, signs
	scriptNone              // other signs
	scriptLatin             // letters beyond ASCII
	scriptHan
	scriptHangul
	scriptKana
	scriptCyrillic
	scriptGreek
	scriptArabic
	scriptHebrew
	scriptThai
	scriptOther
)

// textLikelihood is a model of what stands in the headers of images, after
// Bayes' rule for languages with a few classes of characters each. Only
// characters beyond ASCII count, and where they stand: letters with accents
// stand between plain ones and seldom side by side; Chinese stands alone, or
// beside capitals and figures (CT平扫, T1加权); alphabets are not mixed.
func textLikelihood(text string) float64 {
	const (
		accentBesideAccent = 0.03
		capitalInsideWord  = 0.01
		accentAlone        = 0.05
		hanBesideSmall     = 0.02 // letter of ASCII
		mixed              = 1e-3
		seldomMet          = 1e-3 // a language other than Chinese and those in Latin letters
	)
	l := 0.0
	runes := []rune(text)
	kinds := make([]script, len(runes))
	foreign, han := false, false
	last := scriptNone // of a letter beyond ASCII
	for i, r := range runes {
		k, p := frequency(r)
		kinds[i] = k
		l += math.Log(p)
		if k < scriptLatin {
			continue
		}
		if last != scriptNone && last != k && !(last == scriptHan && k == scriptKana) && !(last == scriptKana && k == scriptHan) {
			l += math.Log(mixed)
		}
		last = k
		han = han || k == scriptHan
		foreign = foreign || k > scriptHan
	}
	plain := func(i int) bool {
		return i >= 0 && i < len(runes) && runes[i] < utf8.RuneSelf && unicode.IsLetter(runes[i])
	}
	for i := range runes {
		before := scriptNone
		if i > 0 {
			before = kinds[i-1]
		}
		if kinds[i] >= scriptLatin && before >= scriptLatin && unicode.IsUpper(runes[i]) && unicode.IsLower(runes[i-1]) {
			l += math.Log(capitalInsideWord)
		}
		switch {
		case kinds[i] == scriptLatin && before == scriptLatin:
			l += math.Log(accentBesideAccent)
		case kinds[i] == scriptLatin && !plain(i-1) && !plain(i+1):
			l += math.Log(accentAlone)
		case kinds[i] > scriptHan && (plain(i-1) || plain(i+1)):
			l += math.Log(mixed)
		case kinds[i] == scriptHan && before == scriptASCIILower, kinds[i] == scriptASCIILower && before == scriptHan:
			l += math.Log(hanBesideSmall)
		}
	}
	if foreign && !han {
		l += math.Log(seldomMet)
	}
	return l
}

// frequency is the script of a character and its probability among those of
// its script. The shares of Chinese are those of the levels of GB 2312, whose
// first covers 99.7 per cent of running text; names have more of the second.
// An alphabet has the entropy of its letters, a little over four bits.
func frequency(r rune) (script, float64) {
	switch {
	case r >= 'a' && r <= 'z':
		return scriptASCIILower, 1
	case r < ' ' && !strings.ContainsRune("\t\n\f\r", r), r == 0x7f: // an escape sequence read as text
		return scriptNone, 1e-7
	case r < utf8.RuneSelf:
		return scriptASCII, 1
	case r == utf8.RuneError:
		return scriptNone, 1e-9
	case r < 0xa0 || unicode.Is(unicode.Co, r):
		return scriptNone, 1e-7
	case unicode.Is(unicode.Han, r):
		switch hanLevel(r) {
		case 0:
			return scriptHan, 0.80 / 760
		case 1:
			return scriptHan, 0.17 / 3000
		case 2:
			return scriptHan, 0.02 / 3008
		}
		return scriptHan, 0.002 / 14000
	case strings.ContainsRune("·，。、：；（）－—～×％／＋０１２３４５６７８９", r):
		return scriptHan, 0.008 / 24
	case strings.ContainsRune("éèüöäñçáóíåøæßêëôîïâàúûùãõìòòÿœšžčćřěůłńśżźąęőűğşı", r):
		return scriptLatin, 0.6 / 52
	case r < 0x250 && unicode.IsLetter(r):
		return scriptLatin, 0.05 / 200
	case r < 0x250:
		return scriptNone, 1e-4
	case unicode.Is(unicode.Hangul, r):
		if commonHangul(r) {
			return scriptHangul, 1.0 / 600
		}
		return scriptHangul, 1e-6
	case unicode.In(r, unicode.Hiragana, unicode.Katakana):
		return scriptKana, 1.0 / 50
	}
	for _, a := range [...]struct {
		table       *unicode.RangeTable
		kind        script
		first, last rune // the letters of its main languages
	}{{unicode.Cyrillic, scriptCyrillic, 'Ё', 'ё'}, {unicode.Greek, scriptGreek, 'Ά', 'ώ'}, {unicode.Arabic, scriptArabic, 'ء', 'ْ'},
		{unicode.Hebrew, scriptHebrew, 'א', 'ת'}, {unicode.Thai, scriptThai, 'ก', '๛'}} {
		if unicode.Is(a.table, r) {
			if r < a.first || r > a.last {
				return a.kind, 1.0 / 2000
			}
			return a.kind, 1.0 / 25
		}
	}
	if unicode.IsLetter(r) || unicode.IsMark(r) {
		return scriptOther, 1.0 / 100
	}
	return scriptNone, 1e-5
}

// note says for people how text was read otherwise than declared, or why that
// is in doubt.
func (v verdict) note(declared string) string {
	as := "no character set"
	if declared != "" {
		as = declared
	}
	switch {
	case v.readings == nil, v.byHand && v.term == declared:
		return ""
	case v.byHand:
		return fmt.Sprintf("the header declares %s; its text was read as %s, as was chosen for this device", as, v.term)
	case v.term != declared:
		c := 0.0
		for _, r := range v.readings {
			if r.CharacterSet == v.term {
				c = r.Confidence
			}
		}
		return fmt.Sprintf("the header declares %s; its text is %s and was read so (%.4g %% certain)", as, v.term, 100*c)
	}
	var others []string
	for _, r := range v.readings[1:] {
		others = append(others, fmt.Sprintf("%s (%.4g %%)", r.CharacterSet, 100*r.Confidence))
	}
	if len(others) == 0 {
		return fmt.Sprintf("the header declares %s; its text has characters that cannot be read", as)
	}
	return fmt.Sprintf("the header declares %s; its text may be in %s: compare both readings", as, strings.Join(others, " or "))
}
