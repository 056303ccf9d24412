// Package template has the report templates: forms with coded fields, what may be
// entered in them, the sentences that they write, and the published rules that
// propose a category. A template is a JSON file; those of this folder are
// shipped, and a hospital adds its own; README.md has the keys.
package template

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"longying/records"
)

// The kinds of a Field.
const (
	KindText   = "text"
	KindChoice = "choice"
	KindNumber = "number"
)

// LocalScheme is the coding scheme of concepts and choices for which a template
// names no published code (PS3.16 8.2: private schemes begin with 99).
const LocalScheme = "99LONGYING"

// Template is one form.
type Template struct {
	ID         string       `json:"id"`      // lower-case letters, digits, hyphens
	Version    int          `json:"version"` // from 1; a change of a field that was used asks for the next
	Title      records.Text `json:"title"`
	Modalities []string     `json:"modalities"`           // DICOM, that it is for
	BodyParts  []string     `json:"body_parts,omitempty"` // words of (0018,0015) or of the description; the first reason to offer it
	Source     string       `json:"source,omitempty"`     // where its facts are from
	Fields     []Field      `json:"fields"`

	SHA256  string `json:"-"` // hex, of the file
	Shipped bool   `json:"-"`
}

// Field is one question of a form.
type Field struct {
	ID       string            `json:"id"`      // lower-case letters, digits, underscores; at most 16 characters
	Section  string            `json:"section"` // records.SectionFindings or records.SectionImpression
	Name     records.Text      `json:"name"`
	Concept  *records.Code     `json:"concept,omitempty"` // a published code of what is asked
	Kind     string            `json:"kind"`
	Required bool              `json:"required,omitempty"`
	When     *Condition        `json:"when,omitempty"`
	Choices  []Choice          `json:"choices,omitempty"`  // of a choice
	Unit     string            `json:"unit,omitempty"`     // UCUM, of a number
	Min      *float64          `json:"min,omitempty"`      // of a number
	Max      *float64          `json:"max,omitempty"`      // of a number
	Decimals int               `json:"decimals,omitempty"` // most, of a number
	Measures []string          `json:"measures,omitempty"` // codes (SCT) of measurements of a confirmed finding that may fill a number
	Pattern  string            `json:"pattern,omitempty"`  // regular expression (RE2) of the whole text
	Rule     string            `json:"rule,omitempty"`     // proposes a choice
	Inputs   map[string]string `json:"inputs,omitempty"`   // of the rule: the field that fills it
	Say      string            `json:"say,omitempty"`      // the sentence, see Sentences
}

// Condition is when a field is asked.
type Condition struct {
	Field string   `json:"field"` // an earlier choice
	Is    []string `json:"is"`    // any of these choices
}

// Choice is one value that a choice field offers.
type Choice struct {
	ID      string        `json:"id"`
	Code    *records.Code `json:"code,omitempty"`
	Meaning records.Text  `json:"meaning"`
	Say     string        `json:"say,omitempty"` // in place of the field's
}

// FileError is what is wrong in a template file, and in which line.
type FileError struct {
	File string
	Line int // from 1; 0 where it is of the file as a whole
	What string
}

func (e *FileError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s, line %d: %s", e.File, e.Line, e.What)
	}
	return fmt.Sprintf("%s: %s", e.File, e.What)
}

var (
	idShape    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,62}$`)
	fieldShape = regexp.MustCompile(`^[a-z][a-z0-9_]{0,15}$`)
	choiceID   = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_/.-]{0,31}$`)
	unknownKey = regexp.MustCompile(`unknown field "([^"]*)"`)
)

// Parse reads a template file. What is wrong in it is a *FileError: an unknown
// key, a missing text, a condition on a field that does not come before, a rule
// whose categories are not among the choices.
func Parse(file string, raw []byte) (*Template, error) {
	t := &Template{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(t); err != nil {
		return nil, &FileError{file, lineOfError(raw, err), "it cannot be read: " + err.Error()}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &FileError{file, lineAt(raw, int(dec.InputOffset())), "something follows its end"}
	}
	if !utf8.Valid(raw) {
		return nil, &FileError{file, 0, "it is not UTF-8"}
	}
	lines := fieldLines(raw)
	at := func(i int, format string, args ...any) error {
		line := 0
		if i < len(lines) {
			line = lines[i]
		}
		return &FileError{file, line, fmt.Sprintf("field %s: ", t.Fields[i].ID) + fmt.Sprintf(format, args...)}
	}
	switch {
	case !idShape.MatchString(t.ID):
		return nil, &FileError{file, 0, fmt.Sprintf("its id %q is not of lower-case letters, digits and hyphens", t.ID)}
	case t.Version < 1:
		return nil, &FileError{file, 0, "its version is not 1 or more"}
	case blank(t.Title.Zh) || blank(t.Title.En):
		return nil, &FileError{file, 0, "it has no title in Chinese and English"}
	case len(t.Modalities) == 0 || len(t.Fields) == 0:
		return nil, &FileError{file, 0, "it names no modality, or has no fields"}
	}
	for i := range t.Fields {
		if what := t.checkField(i); what != "" {
			return nil, at(i, "%s", what)
		}
	}
	for i := range t.Fields { // a sentence may use fields that follow
		if what := t.checkWords(&t.Fields[i]); what != "" {
			return nil, at(i, "%s", what)
		}
	}
	sum := sha256.Sum256(raw)
	t.SHA256 = hex.EncodeToString(sum[:])
	return t, nil
}

// Field is a field by its ID; nil where there is none.
func (t *Template) Field(id string) *Field {
	for i := range t.Fields {
		if t.Fields[i].ID == id {
			return &t.Fields[i]
		}
	}
	return nil
}

func (t *Template) checkField(i int) string {
	f := &t.Fields[i]
	before := t.Fields[:i]
	earlier := func(id string) *Field {
		for k := range before {
			if before[k].ID == id {
				return &before[k]
			}
		}
		return nil
	}
	switch {
	case !fieldShape.MatchString(f.ID):
		return "its id is not of 1 to 16 lower-case letters, digits and underscores"
	case earlier(f.ID) != nil:
		return "its id is used twice"
	case f.Section != records.SectionFindings && f.Section != records.SectionImpression:
		return fmt.Sprintf("its section %q is not findings or impression", f.Section)
	case blank(f.Name.Zh) || blank(f.Name.En) || utf8.RuneCountInString(f.Name.En) > 64:
		return "it has no name in Chinese and English (64 characters at most)"
	case f.Concept != nil && !usable(f.Concept):
		return "its concept has no value, scheme or meaning, or a meaning of more than 64 characters"
	}
	if c := f.When; c != nil {
		on := earlier(c.Field)
		if on == nil || on.Kind != KindChoice || len(c.Is) == 0 {
			return fmt.Sprintf("its condition is on %q, which is no earlier choice", c.Field)
		}
		for _, id := range c.Is {
			if on.choice(id) == nil {
				return fmt.Sprintf("its condition names %q, which %s does not offer", id, c.Field)
			}
		}
	}
	switch f.Kind {
	case KindText:
		if len(f.Choices) > 0 || f.Unit != "" || f.Min != nil || f.Max != nil || f.Decimals != 0 || len(f.Measures) > 0 || f.Rule != "" {
			return "a text has no choices, unit, range, measures or rule"
		}
		if _, err := regexp.Compile(f.Pattern); err != nil {
			return "its pattern is no regular expression: " + err.Error()
		}
	case KindNumber:
		if f.Unit == "" || f.Min == nil || f.Max == nil || *f.Min > *f.Max || f.Decimals < 0 || f.Decimals > 3 || len(f.Measures) > 0 && f.Decimals == 0 {
			return `a number has a unit ("1" where it has none), min, max and at most 3 decimals, one or more where findings may fill it`
		}
		if len(f.Choices) > 0 || f.Pattern != "" || f.Rule != "" {
			return "a number has no choices, pattern or rule"
		}
	case KindChoice:
		return t.checkChoices(f, earlier)
	default:
		return fmt.Sprintf("its kind %q is not text, choice or number", f.Kind)
	}
	return ""
}

func (t *Template) checkChoices(f *Field, earlier func(string) *Field) string {
	if len(f.Choices) < 2 {
		return "a choice offers two or more"
	}
	seen := map[string]bool{}
	for _, c := range f.Choices {
		switch {
		case !choiceID.MatchString(c.ID) || seen[c.ID]:
			return fmt.Sprintf("the choice %q is used twice or has no usable id", c.ID)
		case blank(c.Meaning.Zh) || blank(c.Meaning.En) || utf8.RuneCountInString(c.Meaning.En) > 64:
			return fmt.Sprintf("the choice %s has no meaning in Chinese and English (64 characters at most)", c.ID)
		case c.Code != nil && !usable(c.Code):
			return fmt.Sprintf("the code of choice %s has no value, scheme or meaning", c.ID)
		}
		seen[c.ID] = true
	}
	if f.Rule == "" {
		if len(f.Inputs) > 0 {
			return "it has inputs of a rule and no rule"
		}
		return ""
	}
	r, known := rules()[f.Rule]
	if !known {
		return fmt.Sprintf("there is no rule %q", f.Rule)
	}
	for _, c := range r.categories {
		if !seen[c] {
			return fmt.Sprintf("the rule %s can lead to %s, which is not among the choices", f.Rule, c)
		}
	}
	for _, name := range r.inputs {
		if from := f.Inputs[name]; earlier(from) == nil {
			return fmt.Sprintf("the input %s of the rule %s is no earlier field", name, f.Rule)
		}
	}
	if len(f.Inputs) != len(r.inputs) {
		return fmt.Sprintf("the rule %s has the inputs %s and no other", f.Rule, strings.Join(r.inputs, ", "))
	}
	return ""
}

// checkWords holds the sentences against the fields that they name.
func (t *Template) checkWords(f *Field) string {
	all := []string{f.Say}
	for _, c := range f.Choices {
		all = append(all, c.Say)
	}
	for _, say := range all {
		parts, err := split(say)
		if err != nil {
			return err.Error()
		}
		for _, p := range parts {
			for _, id := range p.fields() {
				if id != "value" && t.Field(id) == nil {
					return fmt.Sprintf("its sentence names the field %q, which there is not", id)
				}
			}
		}
	}
	return ""
}

func (f *Field) choice(id string) *Choice {
	for i := range f.Choices {
		if f.Choices[i].ID == id {
			return &f.Choices[i]
		}
	}
	return nil
}

// Fits reports how well a template fits an examination: 2 its modality and body
// part, 1 its modality, 0 neither. Words of the body part are looked for in the
// description too.
func (t *Template) Fits(x *records.Examination) int {
	if !slices.Contains(t.Modalities, x.Modality) && !slices.ContainsFunc(x.Modalities, func(m string) bool { return slices.Contains(t.Modalities, m) }) {
		return 0
	}
	where := strings.ToUpper(x.BodyPart + " " + x.Description)
	for _, p := range t.BodyParts {
		if strings.Contains(where, strings.ToUpper(p)) {
			return 2
		}
	}
	return 1
}

func usable(c *records.Code) bool {
	return c.Value != "" && c.Scheme != "" && len(c.Scheme) <= 16 && c.Meaning != "" && utf8.RuneCountInString(c.Meaning) <= 64
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// lineOfError is where the JSON decoder stopped; of an unknown key, where the
// file has it first.
func lineOfError(raw []byte, err error) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return lineAt(raw, int(syntax.Offset))
	case errors.As(err, &kind):
		return lineAt(raw, int(kind.Offset))
	}
	if m := unknownKey.FindStringSubmatch(err.Error()); m != nil {
		if at := regexp.MustCompile(regexp.QuoteMeta(`"`+m[1]+`"`) + `\s*:`).FindIndex(raw); at != nil {
			return lineAt(raw, at[0])
		}
	}
	return 0
}

func lineAt(raw []byte, offset int) int {
	return bytes.Count(raw[:max(0, min(offset, len(raw)))], []byte("\n")) + 1
}

// fieldLines are the lines on which the fields begin.
func fieldLines(raw []byte) []int {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil
		}
		if key != "fields" {
			var skip json.RawMessage
			if dec.Decode(&skip) != nil {
				return nil
			}
			continue
		}
		if _, err := dec.Token(); err != nil {
			return nil
		}
		var out []int
		for dec.More() {
			from := int(dec.InputOffset())
			from += len(raw[from:]) - len(bytes.TrimLeft(raw[from:], ", \t\r\n"))
			out = append(out, lineAt(raw, from))
			var skip json.RawMessage
			if dec.Decode(&skip) != nil {
				return out
			}
		}
		return out
	}
	return nil
}
