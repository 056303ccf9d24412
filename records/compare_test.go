package records

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestReportsAreComparedSentenceBySentence(t *testing.T) {
	earlier := "胸廓对称。右肺上叶见结节，长径约 8.2 mm。双侧胸腔未见积液。"
	later := "胸廓对称。右肺上叶见结节，长径约 9.1 mm。左侧少量胸腔积液。"
	want := []SentenceChange{
		{SentenceSame, "胸廓对称。", "胸廓对称。"},
		{SentenceNumbers, "右肺上叶见结节，长径约 8.2 mm。", "右肺上叶见结节，长径约 9.1 mm。"},
		{SentenceRemoved, "双侧胸腔未见积液。", ""},
		{SentenceAdded, "", "左侧少量胸腔积液。"},
	}
	got := CompareReports(earlier, later)
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
	for _, c := range CompareReports("The heart is not enlarged. A nodule of 8.2 mm.", "The heart is not enlarged.\nA nodule of 8.2 mm.") {
		if c.Kind != SentenceSame {
			t.Errorf("another line made %+v", c)
		}
	}
	// Another side, or a word more, is another sentence and no change of numbers.
	for _, c := range CompareReports("左肺结节 8 mm。", "右肺结节 8 mm。") {
		if c.Kind == SentenceNumbers || c.Kind == SentenceSame {
			t.Errorf("%+v", c)
		}
	}
}

// Whatever the texts are, each sentence of both stands in the comparison once, in
// its order.
func TestNoSentenceIsLostOrTwiceInAComparison(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	words := []string{"结节 1 mm。", "结节 2 mm。", "结节 3 mm。", "积液。", "心影不大。", "钙化。"}
	text := func() string {
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteString(words[r.IntN(len(words))])
		}
		return b.String()
	}
	for range 2000 {
		earlier, later := text(), text()
		var a, b []string
		for _, c := range CompareReports(earlier, later) {
			if c.Earlier != "" {
				a = append(a, c.Earlier)
			}
			if c.Later != "" {
				b = append(b, c.Later)
			}
			if c.Kind == SentenceNumbers && (c.Earlier == c.Later || worded(c.Earlier) != worded(c.Later)) {
				t.Fatalf("%+v", c)
			}
		}
		if strings.Join(a, "") != earlier || len(b) != len(sentencesOf(later)) {
			t.Fatalf("of %q and %q: %q, %q", earlier, later, a, b)
		}
	}
}
