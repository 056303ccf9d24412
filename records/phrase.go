package records

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Phrase is a sentence that doctors use again: shipped, of the department, or of
// one doctor. It says nothing of a patient until a doctor puts it into a report.
type Phrase struct {
	ID         string    `json:"id"`
	Key        string    `json:"key"` // by which it is called, e.g. "xfzc"
	Title      string    `json:"title"`
	Text       string    `json:"text"`
	Section    string    `json:"section,omitempty"`    // SectionFindings, SectionImpression; empty: either
	Modalities []string  `json:"modalities,omitempty"` // DICOM; none: any
	Parts      []string  `json:"parts,omitempty"`      // words of body part or description; none: any
	Owner      string    `json:"owner,omitempty"`      // user ID; empty: the department's, or shipped
	Shipped    bool      `json:"shipped,omitempty"`
	By         string    `json:"by,omitempty"` // user ID of who wrote it last
	At         time.Time `json:"at,omitzero"`
	Initials   string    `json:"-"` // of the title, by pinyin
}

// MaxPhrase is the longest text of a phrase, in characters.
const MaxPhrase = 2000

// Check refuses a phrase that cannot be called or says nothing.
func (p *Phrase) Check() error {
	switch {
	case blank(p.Key) || strings.ContainsAny(p.Key, " \t\n") || utf8.RuneCountInString(p.Key) > 24:
		return &RefusedError{Code: "phrase_key", Reason: "a phrase is called by a key of 1 to 24 characters without spaces"}
	case blank(p.Text) || blank(p.Title):
		return &RefusedError{Code: "phrase_empty", Reason: "a phrase has a title and a text"}
	case utf8.RuneCountInString(p.Text) > MaxPhrase || utf8.RuneCountInString(p.Title) > 60:
		return &RefusedError{Code: "phrase_long", Reason: "a phrase has a title of 60 and a text of 2000 characters at most"}
	case p.Section != "" && p.Section != SectionFindings && p.Section != SectionImpression:
		return &RefusedError{Code: "phrase_section", Args: []string{p.Section}, Reason: "a phrase is of findings, impression, or either"}
	}
	return nil
}

// Fits reports how well a phrase fits an examination: 2 its modality and part, 1
// its modality or any, 0 not.
func (p *Phrase) Fits(x *Examination) int {
	if len(p.Modalities) > 0 && !slices.Contains(p.Modalities, x.Modality) && !slices.ContainsFunc(x.Modalities, func(m string) bool { return slices.Contains(p.Modalities, m) }) {
		return 0
	}
	if len(p.Parts) == 0 {
		return 1
	}
	where := strings.ToUpper(x.BodyPart + " " + x.Description)
	for _, part := range p.Parts {
		if strings.Contains(where, strings.ToUpper(part)) {
			return 2
		}
	}
	return 0
}

// FindPhrases lists those that a text calls, the best first: by the whole key, by
// the beginning of the key, by the beginning of the initials or of the title, and
// by what stands in title or text. Among equals those that fit the examination
// better and a doctor's own come first. An empty text calls all.
func FindPhrases(list []Phrase, text string, x *Examination, section string) []Phrase {
	text = strings.ToLower(strings.TrimSpace(text))
	type hit struct {
		p    Phrase
		rank int
	}
	var hits []hit
	for _, p := range list {
		if p.Section != "" && section != "" && p.Section != section {
			continue
		}
		key, rank := strings.ToLower(p.Key), 0
		switch {
		case text == "":
			rank = 10
		case key == text:
			rank = 60
		case strings.HasPrefix(key, text):
			rank = 50
		case strings.HasPrefix(p.Initials, text) || strings.HasPrefix(strings.ToLower(p.Title), text):
			rank = 40
		case strings.Contains(strings.ToLower(p.Title), text) || strings.Contains(p.Initials, text):
			rank = 30
		case strings.Contains(strings.ToLower(p.Text), text):
			rank = 20
		}
		fit := 1
		if x != nil {
			fit = p.Fits(x)
		}
		if rank == 0 || fit == 0 && rank < 50 { // one of another modality only by its key
			continue
		}
		rank += 2 * fit
		if p.Owner != "" {
			rank++
		}
		hits = append(hits, hit{p, rank})
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return b.rank - a.rank })
	out := make([]Phrase, len(hits))
	for i, h := range hits {
		out[i] = h.p
	}
	return out
}
