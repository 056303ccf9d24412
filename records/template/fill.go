package template

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"longying/records"
)

// Entry is what a doctor entered in one field: of a choice its ID, of a number
// its digits. A number that is taken from a finding names it and gives no digits.
type Entry struct {
	Field      string `json:"field"`
	Value      string `json:"value,omitempty"`
	FindingUID string `json:"finding_uid,omitempty"`
}

// Fill answers a template. Entries of fields that are not asked, because their
// condition does not hold, are left out, and so are empty ones. lacking are the
// required fields without an answer. An entry that the field does not allow is a
// *records.RefusedError.
func (t *Template) Fill(entries []Entry, findings []records.Finding) (out *records.Structured, lacking []records.Text, err error) {
	out = &records.Structured{Template: t.ID, Version: t.Version, SHA256: t.SHA256, Title: t.Title}
	for _, e := range entries {
		if t.Field(e.Field) == nil {
			return nil, nil, refuse("template_field", "the template %s has no field %s", t.ID, e.Field)
		}
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		if !f.asked(out) {
			continue
		}
		k := slices.IndexFunc(entries, func(e Entry) bool { return e.Field == f.ID })
		if k < 0 || strings.TrimSpace(entries[k].Value) == "" && entries[k].FindingUID == "" {
			if f.Required {
				lacking = append(lacking, f.Name)
			}
			continue
		}
		a, err := f.answer(t.ID, entries[k], findings)
		if err != nil {
			return nil, nil, err
		}
		if f.Rule != "" {
			p := t.propose(f, out)
			a.Proposed = &p
		}
		out.Answers = append(out.Answers, *a)
	}
	return out, lacking, nil
}

// asked reports whether the condition of a field holds.
func (f *Field) asked(s *records.Structured) bool {
	if f.When == nil {
		return true
	}
	a := s.Answer(f.When.Field)
	return a != nil && a.Choice != nil && slices.Contains(f.When.Is, a.Choice.ID)
}

// Asked lists the fields that are asked for with these answers, in their order.
func (t *Template) Asked(s *records.Structured) []*Field {
	var out []*Field
	for i := range t.Fields {
		if t.Fields[i].asked(s) {
			out = append(out, &t.Fields[i])
		}
	}
	return out
}

// Proposal is what the rule of a field leads to with these answers; nil where the
// field has no rule.
func (t *Template) Proposal(field string, s *records.Structured) *records.RuleProposal {
	f := t.Field(field)
	if f == nil || f.Rule == "" {
		return nil
	}
	p := t.propose(f, s)
	return &p
}

func (t *Template) propose(f *Field, s *records.Structured) records.RuleProposal {
	in := map[string]string{}
	for name, id := range f.Inputs {
		a := s.Answer(id)
		switch {
		case a == nil:
		case a.Choice != nil:
			in[name] = a.Choice.ID
		case a.Number != nil:
			in[name] = strconv.FormatFloat(a.Number.Value, 'f', -1, 64)
		}
	}
	return rules()[f.Rule].propose(in)
}

func refuse(code, format string, args ...any) error {
	values := make([]string, len(args))
	for i, a := range args {
		values[i] = fmt.Sprint(a)
	}
	return &records.RefusedError{Code: code, Args: values, Reason: fmt.Sprintf(format, args...)}
}

// concept is the published code of a field, or its own.
func (f *Field) concept() records.Code {
	if f.Concept != nil {
		return *f.Concept
	}
	return records.Code{Value: f.ID, Scheme: LocalScheme, Meaning: f.Name.En}
}

func (f *Field) answer(template string, e Entry, findings []records.Finding) (*records.CodedAnswer, error) {
	a := &records.CodedAnswer{Field: f.ID, Section: f.Section, Name: f.Name, Concept: f.concept()}
	value := strings.TrimSpace(e.Value)
	if e.FindingUID != "" && f.Kind != KindNumber {
		return nil, refuse("template_field", "the template %s has no field %s", template, f.ID+" (finding)")
	}
	switch f.Kind {
	case KindChoice:
		c := f.choice(value)
		if c == nil {
			return nil, refuse("template_choice", "%s does not offer %q", f.Name.Zh, value)
		}
		code := records.Code{Value: f.ID + ":" + c.ID, Scheme: LocalScheme, Meaning: c.Meaning.En}
		if c.Code != nil {
			code = *c.Code
		}
		a.Choice = &records.CodedChoice{ID: c.ID, Code: code, Meaning: c.Meaning}
	case KindNumber:
		if e.FindingUID != "" {
			return a, f.fromFinding(a, e.FindingUID, findings)
		}
		v, err := strconv.ParseFloat(strings.ReplaceAll(value, "，", "."), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, refuse("template_number", "%s: %q is not a number", f.Name.Zh, value)
		}
		if err := f.within(v); err != nil {
			return nil, err
		}
		if _, digits, _ := strings.Cut(value, "."); len(digits) > f.Decimals {
			return nil, refuse("template_decimals", "%s: %q has more than %d decimals", f.Name.Zh, value, f.Decimals)
		}
		a.Number = &records.Measurement{Concept: a.Concept, Value: v, Unit: f.Unit}
	default:
		if f.Pattern != "" && !regexp.MustCompile(`^(?:`+f.Pattern+`)$`).MatchString(value) {
			return nil, refuse("template_pattern", "%s: %q does not have the form asked for", f.Name.Zh, value)
		}
		a.Text = value
	}
	return a, nil
}

func (f *Field) within(v float64) error {
	if v < *f.Min || v > *f.Max {
		return refuse("template_range", "%s: %g is not within %g and %g %s", f.Name.Zh, v, *f.Min, *f.Max, f.Unit)
	}
	return nil
}

// fromFinding takes a number from a finding that a doctor confirmed or edited;
// never from a proposal.
func (f *Field) fromFinding(a *records.CodedAnswer, uid string, findings []records.Finding) error {
	for i := range findings {
		x := &findings[i]
		if x.UID != uid {
			continue
		}
		if !x.State.Factual() {
			return refuse("template_proposal", "%s: a finding that no doctor has confirmed fills no field", f.Name.Zh)
		}
		m := f.Measured(x)
		if m == nil {
			break
		}
		scale := math.Pow10(f.Decimals)
		v := math.Round(m.Value*scale) / scale
		if err := f.within(v); err != nil {
			return err
		}
		a.Number = &records.Measurement{Concept: a.Concept, Value: v, Unit: f.Unit}
		a.FindingUID, a.FindingVersion = x.UID, x.Version
		return nil
	}
	return refuse("template_unmeasured", "%s: the finding has no such measurement in %s", f.Name.Zh, f.Unit)
}

// Measured is the measurement of a finding that a number field may be filled
// from; nil where there is none.
func (f *Field) Measured(x *records.Finding) *records.Measurement {
	for _, code := range f.Measures {
		for _, m := range x.Measurements() {
			if m.Concept.Scheme == "SCT" && m.Concept.Value == code && m.Unit == f.Unit && m.Check() == nil {
				return &m
			}
		}
	}
	return nil
}

// Entries are the answers as they would be entered again.
func Entries(s *records.Structured) []Entry {
	var out []Entry
	if s == nil {
		return nil
	}
	for _, a := range s.Answers {
		e := Entry{Field: a.Field, Value: a.Text}
		switch {
		case a.Choice != nil:
			e.Value = a.Choice.ID
		case a.FindingUID != "":
			e.FindingUID, e.Value = a.FindingUID, ""
		case a.Number != nil:
			e.Value = strconv.FormatFloat(a.Number.Value, 'f', -1, 64)
		}
		out = append(out, e)
	}
	return out
}
