package template

import (
	"errors"
	"strings"
	"testing"

	"longying/records"
)

const small = `{
  "id": "a-form", "version": 2, "title": {"zh": "表", "en": "Form"}, "modalities": ["CT"], "body_parts": ["胸"],
  "fields": [
    {"id": "lesion", "section": "findings", "name": {"zh": "病灶", "en": "Lesion"}, "kind": "choice", "required": true,
     "choices": [{"id": "none", "meaning": {"zh": "无", "en": "none"}, "say": "未见病灶。"},
                 {"id": "yes", "meaning": {"zh": "有", "en": "yes"}, "say": "见病灶[，长径 {size}]。"}]},
    {"id": "size", "section": "findings", "name": {"zh": "长径", "en": "Long axis"}, "kind": "number", "required": true,
     "when": {"field": "lesion", "is": ["yes"]}, "unit": "mm", "min": 1, "max": 100, "decimals": 1, "measures": ["103339001"]},
    {"id": "pt", "section": "impression", "name": {"zh": "分期", "en": "Stage"}, "kind": "text", "pattern": "pT[1-4]", "say": "{value}。"}
  ]
}`

func parse(t *testing.T) *Template {
	t.Helper()
	out, err := Parse("a.json", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAFileErrorNamesFileAndLine(t *testing.T) {
	for _, c := range []struct {
		what, from, to, says string
		line                 int
	}{
		{"unknown key", `"unit": "mm"`, `"units": "mm"`, `unknown field "units"`, 8},
		{"not JSON", `"version": 2,`, `"version": 2`, "cannot be read", 2},
		{"unknown kind", `"kind": "text"`, `"kind": "words"`, `kind "words"`, 9},
		{"condition on no choice", `"is": ["yes"]`, `"is": ["maybe"]`, `"maybe"`, 7},
		{"number without range", `"min": 1, `, ``, "min, max", 7},
		{"sentence names no field", `{size}`, `{seize}`, `"seize"`, 4},
		{"open bracket", `[，长径 {size}]`, `[，长径 {size}`, "bracket", 4},
		{"rule that there is not", `"kind": "choice", `, `"kind": "choice", "rule": "TI-RADS", `, `no rule "TI-RADS"`, 4},
		{"rule without its categories", `"kind": "choice", `, `"kind": "choice", "rule": "BI-RADS 5", `, "not among the choices", 4},
		{"id twice", `"id": "pt"`, `"id": "size"`, "used twice", 9},
		{"no English", `"en": "Long axis"`, `"en": ""`, "no name in Chinese and English", 7},
		{"bad pattern", `pT[1-4]`, `pT[1-4`, "regular expression", 9},
		{"what follows", "\n  ]\n}", "\n  ]\n} {}", "something follows", 11},
	} {
		raw := strings.Replace(small, c.from, c.to, 1)
		if raw == small {
			t.Fatalf("%s: the text is not in the file", c.what)
		}
		_, err := Parse("own.json", []byte(raw))
		var file *FileError
		if !errors.As(err, &file) || file.File != "own.json" || !strings.Contains(file.What, c.says) || c.line > 0 && (file.Line < c.line-1 || file.Line > c.line+1) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func finding(state records.FindingState) records.Finding {
	return records.Finding{UID: "2.25.7", Version: 3, State: state, Value: &records.Measurement{
		Concept: records.Code{Value: "103339001", Scheme: "SCT", Meaning: "Long Axis"}, Value: 8.4499, Unit: "mm"}}
}

func TestANumberIsFilledFromAConfirmedFindingAndNeverFromAProposal(t *testing.T) {
	f := parse(t)
	entries := []Entry{{Field: "lesion", Value: "yes"}, {Field: "size", FindingUID: "2.25.7"}}
	s, lacking, err := f.Fill(entries, []records.Finding{finding(records.FindingConfirmed)})
	if err != nil || len(lacking) > 0 {
		t.Fatal(err, lacking)
	}
	a := s.Answer("size")
	if a.Number.Value != 8.4 || a.Number.Unit != "mm" || a.FindingUID != "2.25.7" || a.FindingVersion != 3 {
		t.Errorf("%+v", a)
	}
	seen, _ := f.Sentences(s)
	if len(seen) != 1 || seen[0].Text != "见病灶，长径 8.4 mm。" || seen[0].FindingUID != "2.25.7" || seen[0].FindingVersion != 3 || seen[0].Field != "lesion" {
		t.Errorf("the sentence is %+v", seen)
	}
	for _, state := range []records.FindingState{records.FindingProposed, records.FindingRejected, records.FindingWithdrawn} {
		var refused *records.RefusedError
		if _, _, err := f.Fill(entries, []records.Finding{finding(state)}); !errors.As(err, &refused) || refused.Code != "template_proposal" {
			t.Errorf("a finding that is %s: %v", state, err)
		}
	}
}

func TestWhatIsAskedWhatLacksAndWhatIsRefused(t *testing.T) {
	f := parse(t)
	s, lacking, err := f.Fill([]Entry{{Field: "lesion", Value: "none"}, {Field: "size", Value: "9"}}, nil)
	if err != nil || len(lacking) != 0 || s.Answer("size") != nil {
		t.Errorf("a field that is not asked: %v %v %+v", err, lacking, s)
	}
	if _, lacking, err = f.Fill([]Entry{{Field: "lesion", Value: "yes"}}, nil); err != nil || len(lacking) != 1 || lacking[0].Zh != "长径" {
		t.Errorf("a required field: %v %v", err, lacking)
	}
	for code, e := range map[string]Entry{
		"template_choice": {Field: "lesion", Value: "maybe"}, "template_field": {Field: "other", Value: "x"}, "template_pattern": {Field: "pt", Value: "pT5"},
	} {
		var refused *records.RefusedError
		if _, _, err := f.Fill([]Entry{e}, nil); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	for code, value := range map[string]string{"template_number": "nine", "template_range": "101", "template_decimals": "9.25"} {
		var refused *records.RefusedError
		if _, _, err := f.Fill([]Entry{{Field: "lesion", Value: "yes"}, {Field: "size", Value: value}}, nil); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestAnswersEnteredAgainAreTheSame(t *testing.T) {
	f := parse(t)
	findings := []records.Finding{finding(records.FindingEdited)}
	first, _, err := f.Fill([]Entry{{Field: "lesion", Value: "yes"}, {Field: "size", FindingUID: "2.25.7"}, {Field: "pt", Value: "pT2"}}, findings)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := f.Fill(Entries(first), findings)
	if err != nil || len(again.Answers) != 3 {
		t.Fatal(err, again)
	}
	for i := range first.Answers {
		if first.Answers[i].In("zh") != again.Answers[i].In("zh") || first.Answers[i].FindingUID != again.Answers[i].FindingUID {
			t.Errorf("%+v became %+v", first.Answers[i], again.Answers[i])
		}
	}
}

func TestAFormIsOfferedByModalityAndBodyPart(t *testing.T) {
	f := parse(t)
	for want, x := range map[int]records.Examination{2: {Modality: "CT", Description: "胸部平扫"}, 1: {Modality: "CT", BodyPart: "HEAD"}, 0: {Modality: "MR", Description: "胸部"}} {
		if got := f.Fits(&x); got != want {
			t.Errorf("%+v: %d, want %d", x, got, want)
		}
	}
}
