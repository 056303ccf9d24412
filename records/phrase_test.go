package records

import (
	"strings"
	"testing"
)

func TestPhrasesAreCalledByKeyInitialsTitleOrText(t *testing.T) {
	list := []Phrase{
		{ID: "1", Key: "xfgzc", Title: "心肺膈", Initials: "xfg", Text: "心肺膈未见异常。", Modalities: []string{"CR"}, Parts: []string{"胸"}, Section: SectionFindings},
		{ID: "2", Key: "xf", Title: "随访", Initials: "sf", Text: "随访。", Section: SectionImpression},
		{ID: "3", Key: "ct1", Title: "平扫", Initials: "ps", Text: "平扫未见异常。", Modalities: []string{"CT"}},
		{ID: "4", Key: "own", Title: "心影", Initials: "xy", Text: "心影不大。", Owner: "u1"},
	}
	film := &Examination{Modality: "CR", Description: "胸部正位"}
	for _, c := range []struct{ text, section, want string }{
		{"xf", "", "21"}, {"XFG", "", "1"}, {"sf", "", "2"}, {"心", "", "14"}, {"未见", "", "1"}, {"ct1", "", "3"}, {"ps", "", ""},
		{"xf", SectionFindings, "1"}, {"", "", "142"}, {"zzz", "", ""},
	} {
		got := ""
		for _, p := range FindPhrases(list, c.text, film, c.section) {
			got += p.ID
		}
		if got != c.want {
			t.Errorf("%q in %q calls %s, want %s", c.text, c.section, got, c.want)
		}
	}
}

func TestAPhraseThatCannotBeCalledIsRefused(t *testing.T) {
	for _, p := range []Phrase{{Key: "", Title: "a", Text: "b"}, {Key: "a b", Title: "a", Text: "b"}, {Key: "a", Text: "b"}, {Key: "a", Title: "b"},
		{Key: "a", Title: "b", Text: strings.Repeat("长", MaxPhrase+1)}, {Key: "a", Title: "b", Text: "c", Section: "x"}} {
		if p.Check() == nil {
			t.Errorf("%+v passes", p)
		}
	}
}
