package records

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The sections of a report that a field of a template belongs to.
const (
	SectionFindings   = "findings"   // 所见
	SectionImpression = "impression" // 印象
)

// Structured is what a doctor entered in the coded fields of a report template.
// It says of itself what was asked and what was answered, so that it can be
// read without the template.
type Structured struct {
	Template string        `json:"template"` // ID of the template
	Version  int           `json:"version"`
	SHA256   string        `json:"sha256"` // of the template's file
	Title    Text          `json:"title"`
	Answers  []CodedAnswer `json:"answers"`
}

// CodedAnswer is one answer: exactly one of Text, Choice and Number.
type CodedAnswer struct {
	Field   string       `json:"field"`   // ID in the template
	Section string       `json:"section"` // SectionFindings or SectionImpression
	Name    Text         `json:"name"`    // what was asked
	Concept Code         `json:"concept"` // the same, coded
	Text    string       `json:"text,omitempty"`
	Choice  *CodedChoice `json:"choice,omitempty"`
	Number  *Measurement `json:"number,omitempty"`
	// The confirmed finding that the number was taken from, and its version.
	FindingUID     string        `json:"finding_uid,omitempty"`
	FindingVersion int           `json:"finding_version,omitempty"`
	Proposed       *RuleProposal `json:"proposed,omitempty"` // by a published rule; the doctor's choice may be another
}

// CodedChoice is one of the values that a field offers.
type CodedChoice struct {
	ID      string `json:"id"` // in the template
	Code    Code   `json:"code"`
	Meaning Text   `json:"meaning"`
}

// RuleProposal is the category that a published rule leads to, or what is
// missing for one.
type RuleProposal struct {
	Rule     string `json:"rule"`               // its name and edition
	Category string `json:"category,omitempty"` // empty: the rule leads to none
	Why      Text   `json:"why"`                // the criterion that was met, or why there is no category
	Missing  []Text `json:"missing,omitempty"`  // inputs without which no category is proposed
}

// Answer is the answer to a field; nil where there is none.
func (s *Structured) Answer(field string) *CodedAnswer {
	if s == nil {
		return nil
	}
	for i := range s.Answers {
		if s.Answers[i].Field == field {
			return &s.Answers[i]
		}
	}
	return nil
}

// In is the answer in words, in "zh" or "en"; a number with its unit.
func (a *CodedAnswer) In(lang string) string {
	switch {
	case a.Choice != nil:
		return a.Choice.Meaning.In(lang)
	case a.Number != nil:
		n := strconv.FormatFloat(a.Number.Value, 'f', -1, 64)
		if a.Number.Unit != "1" {
			n += " " + a.Number.Unit
		}
		return n
	}
	return a.Text
}

// Check refuses an answer that says nothing or two things, or a number that must
// not be written.
func (a *CodedAnswer) Check() error {
	n := 0
	for _, has := range []bool{!blank(a.Text), a.Choice != nil, a.Number != nil} {
		if has {
			n++
		}
	}
	switch {
	case n != 1:
		return fmt.Errorf("field %s has %d answers, not one", a.Field, n)
	case a.Section != SectionFindings && a.Section != SectionImpression:
		return fmt.Errorf("field %s is in section %q, which is none", a.Field, a.Section)
	case a.Concept.Value == "" || a.Concept.Scheme == "" || a.Concept.Meaning == "":
		return fmt.Errorf("field %s does not say in a code what was asked", a.Field)
	case a.FindingUID != "" && (a.Number == nil || a.FindingVersion < 1):
		return fmt.Errorf("field %s names a finding and no measurement of it", a.Field)
	}
	if c := a.Choice; c != nil && (c.Code.Value == "" || c.Code.Scheme == "" || c.Code.Meaning == "") {
		return fmt.Errorf("field %s: the choice %q has no code", a.Field, c.ID)
	}
	if a.Number != nil {
		return a.Number.Check()
	}
	return nil
}

// Stale reports an answer whose number was taken from a finding that is not
// factual any more, is at another version, or no longer measures that.
func (a *CodedAnswer) Stale(findings []Finding) bool {
	if a.FindingUID == "" {
		return false
	}
	for i := range findings {
		f := &findings[i]
		if f.UID != a.FindingUID || !f.State.Factual() || f.Version != a.FindingVersion {
			continue
		}
		for _, m := range f.Measurements() {
			if m.Unit == a.Number.Unit && math.Abs(m.Value-a.Number.Value) <= 0.05+1e-9 {
				return false // the field may hold it to one decimal
			}
		}
	}
	return true
}

// checkStructured refuses coded answers that no encoder may write.
func (d Document) checkStructured() error {
	if d.Structured == nil {
		return nil
	}
	s := d.Structured
	if s.Template == "" || s.Version < 1 || blank(s.Title.Zh) {
		return d.refuse("structured", "its coded answers name no template")
	}
	seen := map[string]bool{}
	for i := range s.Answers {
		a := &s.Answers[i]
		if err := a.Check(); err != nil {
			return d.refuse("structured", "%v", err)
		}
		if seen[a.Field] {
			return d.refuse("structured", "field %s is answered twice", a.Field)
		}
		seen[a.Field] = true
		if a.Stale(d.Findings) {
			return d.refuse("structured_stale", "%s was taken from a finding that has changed since; fill it in again", a.Name.Zh)
		}
	}
	return nil
}

// ContradictsCategory is the code of a sentence that names another category of a
// reporting system than the coded answer.
const ContradictsCategory = "category"

// categoryWord is a category of a reporting system as people write it:
// "Lung-RADS 分类：4A 类", "BI-RADS 4a".
var categoryWord = regexp.MustCompile(`(?i)\b(Lung|BI)-?\s?RADS(?:®|™)?\s*(?:v?\s*20\d\d|v?1\.[01]|第\s?[45五四]\s?版)?\s*(?:分类|分级|评估|类别|category|assessment)?\s*[:：为是]?\s*(?:第)?\s*([0-6][ABCX]?)(?:[^0-9A-Za-z.]|$)`)

// categories are what an answered template codes of a reporting system, by the
// system in capitals: the category decided, and all that may be named with it, as
// those of the two breasts.
func (s *Structured) categories() map[string][]string {
	out := map[string][]string{}
	if s == nil {
		return out
	}
	for _, a := range s.Answers {
		if a.Choice == nil || a.Proposed == nil {
			continue
		}
		for _, system := range []string{"Lung-RADS", "BI-RADS"} {
			if strings.HasPrefix(a.Proposed.Rule, system) {
				out[strings.ToUpper(system)] = []string{a.Choice.ID}
			}
		}
	}
	for system := range out {
		for _, a := range s.Answers {
			if a.Choice != nil && a.Concept.Scheme == "DCM" && (a.Concept.Value == "111005" || a.Concept.Value == "111413") {
				out[system] = append(out[system], a.Choice.ID)
			}
		}
	}
	return out
}

// otherCategory is the word of a sentence that names another category than the
// coded one, with the coded one.
func otherCategory(sentence string, coded map[string][]string) (word, known string) {
	for _, m := range categoryWord.FindAllStringSubmatch(sentence, -1) {
		system := strings.ToUpper(m[1]) + "-RADS"
		if c := coded[system]; len(c) > 0 && !slices.ContainsFunc(c, func(x string) bool { return strings.EqualFold(x, m[2]) }) {
			return strings.TrimRight(m[0], "。；，,;. (（)）"), map[string]string{"LUNG-RADS": "Lung-RADS", "BI-RADS": "BI-RADS"}[system] + " " + c[0]
		}
	}
	return "", ""
}
