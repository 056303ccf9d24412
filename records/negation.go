package records

import (
	"regexp"
	"strings"
)

// ContradictsVerdict is the code of a sentence that denies what a doctor
// confirmed.
const ContradictsVerdict = "denied"

var (
	// Words of a label that name no disease of their own.
	labelFrame = regexp.MustCompile(`(?:征象|表现|改变|可能|待排|影像)$|(?i)\s+(?:patterns?|signs?|appearances?|changes?)$|^(?:patterns?|signs?|appearances?|changes|evidence|features)\s+of\s+`)
	// Not a denial: it leaves the disease open.
	leftOpen = regexp.MustCompile(`不能?(?:完全)?(?:排除|除外)|(?i)\b(?:cannot|can not|can't|not)\s+(?:be\s+)?(?:excluded?|ruled? out)\b`)

	deniedBefore = regexp.MustCompile(`(?:未见|未显示|未发现|没有|无|否认|排除|除外|不支持)[^，,、；;：:]{0,6}$|(?i)\b(?:no|without|absence of|free of|negative for|not|excludes?|ruled out)\b[^,;:]{0,24}$`)
	deniedAfter  = regexp.MustCompile(`^[^，,、；;：:]{0,3}(?:阴性|已消失|未见)|(?i)^\s*(?:is|are|was|were)?\s*(?:absent|excluded|ruled out)`)
)

// denied is the word of a confirmed finding that a sentence denies, and the
// finding's label; empty where it denies none. A part of the sentence that names
// a side counts only for findings of that side.
func denied(sentence string, findings []Finding) (word, label string) {
	if leftOpen.MatchString(sentence) {
		return "", ""
	}
	for _, part := range strings.FieldsFunc(sentence, func(r rune) bool { return strings.ContainsRune("，,", r) }) {
		side, _ := sideOf(part)
		for i := range findings {
			f := &findings[i]
			if !f.State.Factual() || side != "" && side != "B" && side != f.Laterality {
				continue
			}
			for _, text := range []string{f.Label.Zh, f.Label.En} {
				term := strings.TrimSpace(labelFrame.ReplaceAllString(strings.TrimSpace(text), ""))
				if len(term) < 4 { // a single Chinese character has 3 bytes
					continue
				}
				at := strings.Index(strings.ToLower(part), strings.ToLower(term))
				if at < 0 {
					continue
				}
				if deniedBefore.MatchString(part[:at]) || deniedAfter.MatchString(part[at+len(term):]) {
					return part, text
				}
			}
		}
	}
	return "", ""
}
