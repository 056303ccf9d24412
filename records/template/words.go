package template

import (
	"fmt"
	"regexp"
	"strings"

	"longying/records"
)

// Sentences words the answers in Chinese. The pattern of a sentence, say, stands
// at the field that it belongs to, or at a choice of it, and is written where
// that field is answered: {value} is its own answer, {id} that of another field,
// and a part in [ ] is left out where a field that it names has no answer. A
// sentence that says a number of a finding carries the link to it.
func (t *Template) Sentences(s *records.Structured) (findings, impression []records.Sentence) {
	for i := range t.Fields {
		f := &t.Fields[i]
		a := s.Answer(f.ID)
		if a == nil {
			continue
		}
		say := f.Say
		if a.Choice != nil {
			if c := f.choice(a.Choice.ID); c != nil && c.Say != "" {
				say = c.Say
			}
		}
		out, ok := t.word(say, f, s)
		if !ok || out.Text == "" {
			continue
		}
		out.Field = f.ID
		if f.Section == records.SectionImpression {
			impression = append(impression, out)
		} else {
			findings = append(findings, out)
		}
	}
	return findings, impression
}

func (t *Template) word(say string, f *Field, s *records.Structured) (records.Sentence, bool) {
	out := records.Sentence{}
	parts, err := split(say)
	if err != nil {
		return out, false
	}
	for _, p := range parts {
		text, whole := p.text, true
		uid, version := out.FindingUID, out.FindingVersion
		for _, id := range p.fields() {
			from := id
			if id == "value" {
				from = f.ID
			}
			a := s.Answer(from)
			if a == nil {
				whole = false
				break
			}
			text = strings.ReplaceAll(text, "{"+id+"}", a.In("zh"))
			if a.FindingUID != "" && uid == "" {
				uid, version = a.FindingUID, a.FindingVersion
			}
		}
		switch {
		case whole:
			out.Text += text
			out.FindingUID, out.FindingVersion = uid, version
		case !p.optional:
			return out, false
		}
	}
	return out, true
}

// part is a piece of a sentence's pattern.
type part struct {
	text     string
	optional bool
}

var place = regexp.MustCompile(`\{([a-z0-9_]+)\}`)

func (p part) fields() []string {
	var out []string
	for _, m := range place.FindAllStringSubmatch(p.text, -1) {
		out = append(out, m[1])
	}
	return out
}

// split cuts a pattern at its brackets, which do not nest.
func split(say string) ([]part, error) {
	var out []part
	for say != "" {
		open := strings.IndexAny(say, "[]")
		switch {
		case open < 0:
			return append(out, part{text: say}), nil
		case say[open] == ']':
			return nil, fmt.Errorf("its sentence closes a bracket that is not open")
		case open > 0:
			out = append(out, part{text: say[:open]})
		}
		say = say[open+1:]
		end := strings.IndexAny(say, "[]")
		if end < 0 || say[end] == '[' {
			return nil, fmt.Errorf("its sentence has a bracket that is not closed")
		}
		out = append(out, part{text: say[:end], optional: true})
		say = say[end+1:]
	}
	return out, nil
}
