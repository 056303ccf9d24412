package report

import (
	"strings"
	"unicode/utf8"

	"longying/records"
)

// Draft proposes the wording of a report in "zh" or "en": for each finding that
// a doctor confirmed or edited one sentence under findings (所见) and one under
// impression (印象), each linked to the finding and its version. Anything else
// writes nothing, and no findings give no text: silence is not "normal". A
// region says where to look and is never worded as anatomy.
func Draft(findings []records.Finding, lang string) (seen, impression []records.Sentence) {
	for i := range findings {
		f := &findings[i]
		if !f.State.Factual() {
			continue
		}
		link := func(text string) records.Sentence {
			return records.Sentence{Text: text, FindingUID: f.UID, FindingVersion: f.Version}
		}
		if lang == "en" {
			seen = append(seen, link(seenEn(f)))
			impression = append(impression, link(placeEn(f)+codeNote(f)+". "))
		} else {
			seen = append(seen, link(seenZh(f)))
			impression = append(impression, link(placeZh(f)+f.Label.In("zh")+codeNote(f)+"。"))
		}
	}
	return seen, impression
}

func seenZh(f *records.Finding) string {
	s := placeZh(f) + "见" + f.Label.In("zh")
	if sizes := Sizes(f, "zh"); sizes != "" {
		s += "，" + sizes
	}
	if g := Growth(f, "zh"); g != "" {
		s += "；" + g
	}
	return s + "。" + ended(f.Note, "。")
}

// placeZh is side and site; a site that the label begins with ("肺炎征象" of the
// lung) is not said twice.
func placeZh(f *records.Finding) string {
	side := map[string]string{"L": "左侧", "R": "右侧", "B": "双侧"}[f.Laterality]
	if f.Site == nil {
		return side
	}
	site := siteName(*f.Site, "zh")
	if strings.HasPrefix(f.Label.In("zh"), site) {
		return side
	}
	return side + site
}

func seenEn(f *records.Finding) string {
	s := placeEn(f)
	if sizes := Sizes(f, "en"); sizes != "" {
		s += "; " + sizes
	}
	if g := Growth(f, "en"); g != "" {
		s += "; " + g
	}
	s += ". "
	if f.Note != "" {
		s += ended(f.Note, ".") + " "
	}
	return s
}

func placeEn(f *records.Finding) string {
	s := f.Label.In("en")
	if side := map[string]string{"L": "left", "R": "right", "B": "bilateral"}[f.Laterality]; side != "" {
		s += ", " + side
	}
	if f.Site != nil {
		s += ", " + siteName(*f.Site, "en")
	}
	return s
}

// codeNote gives the tumour's morphology code with its grade, where the finding
// has them.
func codeNote(f *records.Finding) string {
	if f.Morphology == nil || f.Morphology.Value == "" {
		return ""
	}
	s := " (ICD-O-3 " + f.Morphology.Value
	if f.Grade != nil && f.Grade.Value != "" {
		s += ", G" + f.Grade.Value
	}
	return s + ")"
}

// ended closes a text with a full stop unless it has its own end.
func ended(s, stop string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	if r, _ := utf8.DecodeLastRuneInString(s); strings.ContainsRune("。.!!??;;", r) {
		return s
	}
	return s + stop
}

// siteName is an anatomic site in words; one that is not in this table is given
// by its own meaning.
func siteName(c records.Code, lang string) string {
	if lang == "zh" && c.Scheme == "SCT" {
		if s := map[string]string{
			"39607008": "肺", "45653009": "肺上叶", "72481006": "右肺中叶", "90572001": "肺下叶",
			"51185008": "胸部", "3120008": "胸膜", "71854001": "结肠", "34402009": "直肠",
			"10200004": "肝", "64033007": "肾", "12738006": "脑", "76752008": "乳腺",
		}[c.Value]; s != "" {
			return s
		}
	}
	if lang == "zh" && c.Meaning != "" && c.Meaning[0] < utf8.RuneSelf {
		return "(" + c.Meaning + ")"
	}
	return c.Meaning
}
