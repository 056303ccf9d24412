package template

import (
	"strings"
	"testing"

	"longying/records"
)

// first answers everything that is asked with the first choice, the least number
// and a word, until nothing more is asked.
func first(t *testing.T, f *Template, pick int) *records.Structured {
	t.Helper()
	entries := map[string]Entry{}
	for {
		var list []Entry
		for _, e := range entries {
			list = append(list, e)
		}
		s, _, err := f.Fill(list, nil)
		if err != nil {
			t.Fatalf("%s: %v", f.ID, err)
		}
		n := len(entries)
		for _, x := range f.Asked(s) {
			value := "某处"
			switch {
			case x.Kind == KindChoice:
				value = x.Choices[min(pick, len(x.Choices)-1)].ID
			case x.Kind == KindNumber:
				value = "5"
				if x.ID == "ctr" {
					value = "0.5"
				}
			case strings.Contains(x.Pattern, "pT"[1:]) && x.ID == "pt":
				value = "pT2"
			case x.ID == "pn":
				value = "pN0"
			case x.ID == "type_code":
				value = "8140/3"
			}
			entries[x.ID] = Entry{Field: x.ID, Value: value}
		}
		if len(entries) == n {
			return s
		}
	}
}

func TestShippedTemplatesAreGoodAndSayWhatIsAnswered(t *testing.T) {
	all, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 7 {
		t.Errorf("%d templates are shipped", len(all))
	}
	for _, f := range all {
		for pick := range 20 {
			s := first(t, f, pick)
			for i := range s.Answers {
				if err := s.Answers[i].Check(); err != nil {
					t.Errorf("%s: %v", f.ID, err)
				}
			}
			seen, impression := f.Sentences(s)
			if len(seen) == 0 || len(impression) == 0 {
				t.Errorf("%s says nothing of findings or impression: %v %v", f.ID, seen, impression)
			}
			for _, x := range append(seen, impression...) {
				if strings.ContainsAny(x.Text, "{}[]") || strings.Contains(x.Text, "。。") || !strings.HasSuffix(x.Text, "。") {
					t.Errorf("%s: the sentence %q of %s", f.ID, x.Text, x.Field)
				}
			}
		}
	}
}

// A number, and whatever else no sentence says, would leave a report without the
// words that belong to the code.
func TestEveryAnswerOfAShippedTemplateIsSaidOrIsOnlyAnInput(t *testing.T) {
	all, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	silent := map[string]bool{"exam": true, "smooth": true, "suspicious": true, "modifier_s": true, "quality": true, "view": true}
	for _, f := range all {
		said := map[string]bool{}
		for _, x := range f.Fields {
			says := []string{x.Say}
			for _, c := range x.Choices {
				says = append(says, c.Say)
			}
			for _, say := range says {
				if say != "" {
					said[x.ID] = true
				}
				parts, err := split(say)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range parts {
					for _, id := range p.fields() {
						said[id] = true
					}
				}
			}
		}
		for _, x := range f.Fields {
			if !said[x.ID] && !silent[x.ID] {
				t.Errorf("%s: no sentence says the field %s", f.ID, x.ID)
			}
		}
	}
}
