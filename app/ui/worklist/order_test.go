package worklist

import (
	"strings"
	"testing"
	"time"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

func studies() []records.Examination {
	day := func(n int) time.Time { return time.Date(2026, 9, n, 8, 0, 0, 0, time.UTC) }
	return []records.Examination{
		{StudyUID: "1", Modalities: []string{"CR"}, Date: day(18), Link: records.LinkedByRule, LinkRule: records.RuleIDAndName, Header: records.Header{Display: "刘小满", Sex: "F"}},
		{StudyUID: "2", Modalities: []string{"SM"}, Date: day(22), Link: records.LinkedByRule, LinkRule: records.RuleAccession, Header: records.Header{Display: "刘小满", Sex: "F"}},
		{StudyUID: "3", Modalities: []string{"CT"}, Date: day(15), Link: records.LinkReview, LinkReason: records.ReasonContradiction, Header: records.Header{Display: "马志成", Sex: "M"}},
	}
}

func TestTheNewestStudyStandsFirstAndATapOnTheHeadTurnsTheOrder(t *testing.T) {
	l, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	uids := func(o order, review bool) (out string) {
		for _, ex := range o.sorted(l, studies(), narrowing{review: review}, besides{}, time.Time{}) {
			out += ex.StudyUID
		}
		return out
	}
	newest := order{column: 3, down: true}
	for _, c := range []struct {
		name   string
		order  order
		review bool
		want   string
	}{
		{"newest first", newest, false, "213"},
		{"the date again: oldest first", newest.by(3), false, "312"},
		{"another column: upwards", newest.by(2), false, "132"},
		{"that column again: downwards", newest.by(2).by(2), false, "231"},
		{"review list only", newest, true, "3"},
	} {
		if got := uids(c.order, c.review); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAStudyOfNobodySaysWhyInWords(t *testing.T) {
	for _, code := range lang.Codes() {
		l, err := lang.New(code)
		if err != nil {
			t.Fatal(err)
		}
		ex := studies()[2]
		if got := value(l, &ex, 6); got == "" || got == l.T("worklist.unlinked", ex.LinkReason) {
			t.Errorf("%s: %q is no sentence", code, got)
		}
	}
}

func TestAnIndexOrADuplicateIsNoLoss(t *testing.T) {
	all := []imaging.Skipped{{Code: imaging.SkipDirectory}, {Code: imaging.SkipTruncated}, {Code: imaging.SkipDuplicate}}
	if got := losses(all); len(got) != 1 || got[0].Code != imaging.SkipTruncated {
		t.Errorf("%v", got)
	}
}

func TestAMismatchIsSaidInTheListToo(t *testing.T) {
	l, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	ex := records.Examination{Link: records.LinkedByHand, LinkRule: records.RuleByHand}
	if got := value(l, &ex, 6); strings.Contains(got, "不符") {
		t.Errorf("nothing differs: %q", got)
	}
	ex.LinkConflicts = []records.Conflict{{Field: "name", Header: "马志成", Register: "马志远"}}
	if got := value(l, &ex, 6); !strings.Contains(got, "不符") {
		t.Errorf("the names differ: %q", got)
	}
}

func TestColumnsFillTheirRoomAndNeverCutTheirHeads(t *testing.T) {
	parts := []float32{0.5, 0.3, 0.2}
	for _, c := range []struct {
		least []float32
		width float32
		want  []float32
	}{
		{[]float32{10, 10, 10}, 100, []float32{50, 30, 20}},
		{[]float32{10, 10, 40}, 100, []float32{50 - 20.0*40/60, 30 - 20.0*20/60, 40}},
		{[]float32{50, 40, 30}, 100, []float32{50, 40, 30}}, // the table scrolls
	} {
		for i, w := range widths(c.least, parts, c.width) {
			if d := w - c.want[i]; d > 0.01 || d < -0.01 {
				t.Errorf("%v in %v: column %d is %v, want %v", c.least, c.width, i, w, c.want[i])
			}
		}
	}
}
