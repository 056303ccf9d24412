package records

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a sentence of a report can contradict.
const (
	ContradictsFinding = "side_finding"    // the side of the finding that it speaks of
	ContradictsImage   = "side_image"      // the side of the images or of what was ordered
	ContradictsText    = "side_impression" // findings and impression name another side of one organ
	ContradictsSex     = "sex"             // the patient's sex
	ContradictsMeasure = "measure_changed" // the measurement that it states measures something else now
	ContradictsGone    = "measure_gone"    // that measurement was deleted, or left out of the report
)

// Contradiction is a sentence of a report whose side or sex word does not go
// with what is known otherwise, or that denies what was confirmed. It blocks the signature until the doctor changes
// the sentence or answers why it stands.
type Contradiction struct {
	Code   string    `json:"code"`  // one of the Contradicts... constants
	Text   string    `json:"text"`  // the sentence
	Word   string    `json:"word"`  // in it
	Known  string    `json:"known"` // what is measured now; L or R; 1 or 2 (GB/T 2261.1) for the sex; for an organ the words of the findings; for a verdict the label confirmed
	Answer string    `json:"answer,omitempty"`
	By     string    `json:"by,omitempty"` // user ID of who answered
	ByName string    `json:"by_name,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Same reports whether an answer to the one is an answer to the other.
func (c Contradiction) Same(d Contradiction) bool {
	return c.Code == d.Code && c.Text == d.Text && c.Word == d.Word && c.Known == d.Known
}

// Known is what the words of a report are held against.
type Known struct {
	Findings    []Finding
	Annotations []Annotation // that go into the report
	Structured  *Structured
	Sides       []string // of the images and of what was ordered: L, R or B, as many as state one
	Sex         Sex      // of the patient in the register
}

// Contradictions finds the sentences whose words do not go with what is known,
// in the order of the text. It looks for words, not for meaning: a sentence
// that names both sides is taken to be right, and so is one without any.
func Contradictions(findings, impression []Sentence, k Known) []Contradiction {
	var out []Contradiction
	add := func(c Contradiction) {
		if !slices.ContainsFunc(out, c.Same) {
			out = append(out, c)
		}
	}
	only := ""
	for _, s := range k.Sides {
		if only != "" && s != only || s == "B" {
			only = "B"
		} else if s == "L" || s == "R" {
			only = s
		}
	}
	laterality := map[string]string{}
	for _, f := range k.Findings {
		laterality[f.UID] = f.Laterality
	}
	coded := k.Structured.categories()
	organs := map[string]organSides{}
	for _, s := range findings {
		for _, t := range clauses(s.Text) {
			eachOrgan(t, func(organ, side, word string) {
				o := organs[organ]
				o.sides, o.words = o.sides+side, append(o.words, word)
				organs[organ] = o
			})
		}
	}
	for i, s := range slices.Concat(findings, impression) {
		if c, wrong := contradictsMeasurement(s, k.Annotations); wrong {
			add(c)
		}
		for _, t := range clauses(s.Text) {
			side, word := sideOf(t)
			if of := laterality[s.FindingUID]; s.FindingUID != "" && opposite(side, of) {
				add(Contradiction{Code: ContradictsFinding, Text: t, Word: word, Known: of})
			}
			if opposite(side, only) {
				add(Contradiction{Code: ContradictsImage, Text: t, Word: word, Known: only})
			}
			if i >= len(findings) {
				eachOrgan(t, func(organ, side, word string) {
					if o := organs[organ]; o.sides != "" && !strings.Contains(o.sides, "B") && !strings.Contains(o.sides, side) {
						add(Contradiction{Code: ContradictsText, Text: t, Word: word, Known: strings.Join(slices.Compact(o.words), "、")})
					}
				})
			}
			if word, label := denied(t, k.Findings); word != "" {
				add(Contradiction{Code: ContradictsVerdict, Text: t, Word: strings.TrimSpace(word), Known: label})
			}
			if word, known := otherCategory(t, coded); word != "" {
				add(Contradiction{Code: ContradictsCategory, Text: t, Word: word, Known: known})
			}
			if word := sexWord(t, k.Sex); word != "" {
				add(Contradiction{Code: ContradictsSex, Text: t, Word: word, Known: string(k.Sex)})
			}
		}
	}
	return out
}

// contradictsMeasurement holds a sentence that is linked to a measurement against
// it.
func contradictsMeasurement(s Sentence, drawn []Annotation) (c Contradiction, wrong bool) {
	if s.AnnotationUID == "" {
		return c, false
	}
	c.Text, c.Word = strings.TrimSpace(s.Text), s.Measured
	at := slices.IndexFunc(drawn, func(a Annotation) bool { return a.UID == s.AnnotationUID })
	if at < 0 {
		c.Code = ContradictsGone
		return c, true
	}
	c.Known = drawn[at].Stated()
	instead, said := drawn[at].SaidIn(s.Text)
	if c.Known != s.Measured {
		c.Code = ContradictsMeasure
		return c, !said || len(drawn[at].Values) == 0 || stillSays(s)
	}
	if c.Code = ContradictsValue; instead != "" {
		c.Word = instead
	}
	return c, !said
}

// stillSays reports whether a sentence has in it what was measured when it was
// written, and so was not put right by hand since.
func stillSays(s Sentence) bool {
	tight := func(text string) string { return strings.Join(strings.Fields(plainly(text)), "") }
	return strings.Contains(tight(s.Text), tight(s.Measured))
}

type organSides struct {
	sides string
	words []string
}

// Unanswered are the contradictions to which no answer was given.
func Unanswered(found, answers []Contradiction) []Contradiction {
	var out []Contradiction
	for _, c := range found {
		if !slices.ContainsFunc(answers, func(a Contradiction) bool { return a.Same(c) && !blank(a.Answer) }) {
			out = append(out, c)
		}
	}
	return out
}

// opposite: side is exactly the other one than known, both being one side.
func opposite(side, known string) bool {
	return side == "L" && known == "R" || side == "R" && known == "L"
}

// clauses are the sentences of a text.
func clauses(text string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(strings.ReplaceAll(text, ". ", "。"), func(r rune) bool { return strings.ContainsRune("。；;！!？?\n\r", r) }) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

var (
	// Words with a side in them that is not a side of the body: chambers and
	// vessels of the heart, projections, "about".
	noSide    = regexp.MustCompile(`左右|[左右](?:心[房室耳缘膈]?|房|室(?:[^间]|$)|冠|前斜|后斜|侧位|主支|前降|回旋)|(?i)\b(?:left|right)[- ](?:atri\w*|ventric\w*|heart|main|anterior (?:oblique|descending)|posterior oblique|lateral (?:view|projection|decubitus)|circumflex|coronary)`)
	leftWord  = regexp.MustCompile(`左|(?i)\bleft\b`)
	rightWord = regexp.MustCompile(`右|(?i)\bright\b`)
	bothWord  = regexp.MustCompile(`双侧|两侧|双[肺肾乳膝髋肩肘腕踝手足眼耳胸]|两[肺肾乳膝髋肩肘腕踝手足眼耳]|(?i)\b(?:bilateral|both)\b`)
)

// sideOf is the side that a sentence names, L, R or B, with the word; empty
// where it names none.
func sideOf(text string) (side, word string) {
	text = noSide.ReplaceAllString(text, "")
	l, r := leftWord.FindString(text), rightWord.FindString(text)
	switch {
	case l != "" && r != "" || bothWord.MatchString(text):
		return "B", ""
	case l != "":
		return "L", l
	case r != "":
		return "R", r
	}
	return "", ""
}

// organWord is a side and the organ that follows it, with at most a few
// characters (上、第5、下) in between.
var organWord = regexp.MustCompile(`(左|右|双|两)侧?(?:第?[0-9一二三四五六七八九十、\-]{0,5}|[上中下前后内外]{0,2})(肺门|肺|肾上腺|肾|乳腺|乳房|乳|膝|髋|肩胛|肩|肘|腕|踝|手|足|股骨|胫骨|腓骨|肱骨|桡骨|尺骨|锁骨|肋|胸腔|胸膜|胸|上颌窦|筛窦|颞叶|额叶|顶叶|枕叶|基底节|丘脑|小脑|卵巢|输尿管|甲状腺|腮腺|眼|耳|腋|髂|睾丸|附件)|(?i)\b(left|right)\s+(?:(?:upper|middle|lower)\s+)?(lung|kidney|adrenal|breast|knee|hip|shoulder|elbow|wrist|ankle|hand|foot|femur|tibia|fibula|humerus|radius|ulna|clavicle|rib|pleura\w*|thyroid|ovary|ureter|axilla)`)

func eachOrgan(text string, do func(organ, side, word string)) {
	for _, m := range organWord.FindAllStringSubmatch(noSide.ReplaceAllString(text, ""), -1) {
		side, organ := m[1], m[2]
		if side == "" {
			side, organ = strings.ToLower(m[3]), strings.ToLower(m[4])
		}
		do(organ, map[string]string{"左": "L", "右": "R", "left": "L", "right": "R"}[side]+map[bool]string{true: "B"}[side == "双" || side == "两"], m[0])
	}
}

var (
	ofMen   = regexp.MustCompile(`前列腺|精囊|睾丸|附睾|阴茎|阴囊|精索|男性患者|男患者|(?i)\b(?:prostat\w*|seminal vesicles?|test[ei]s|testicular|epididym\w*|penis|penile|scrot\w*|spermatic|male)\b`)
	ofWomen = regexp.MustCompile(`子宫|宫颈|宫腔|宫内节育|卵巢|阴道|输卵管|妊娠|胎儿|孕囊|绝经|女性患者|女患者|(?i)\b(?:uter(?:us|ine)|ovar(?:y|ies|ian)|vagin\w*|fallopian|endometri\w*|pregnan\w*|f(?:o?e)tus|f(?:o?e)tal|menopaus\w*|female)\b`)
)

// sexWord is a word that is not said of a person of this sex. Of a sex that is
// not known nothing is.
func sexWord(text string, sex Sex) string {
	switch sex {
	case SexMale:
		return ofWomen.FindString(text)
	case SexFemale:
		return ofMen.FindString(text)
	}
	return ""
}

// SidesIn are the sides that a description of an examination names, e.g. of
// what was ordered: L, R or B.
func SidesIn(description string) []string {
	if side, _ := sideOf(description); side != "" {
		return []string{side}
	}
	return nil
}

// RefuseContradictions refuses a signature under sentences that contradict what
// is known, as long as nobody has answered why they stand.
func RefuseContradictions(open []Contradiction) error {
	if len(open) == 0 {
		return nil
	}
	c := open[0]
	return &RefusedError{Code: "contradiction", Args: []string{c.Text, c.Word, strconv.Itoa(len(open))},
		Reason: fmt.Sprintf("the sentence %q contradicts what is known (%s: the word %q; known: %s); change it, or answer why it stands (longying report check, report answer); %d such in all",
			c.Text, c.Code, c.Word, c.Known, len(open))}
}
