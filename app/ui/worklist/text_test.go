package worklist

import (
	"strings"
	"testing"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

func doubtful() records.Examination {
	ex := studies()[0]
	ex.Header.Display = "¸µ\u0085Î"
	ex.Text = records.HeaderText{Declared: "ISO_IR 100", Used: "ISO_IR 100", Doubtful: true, Readings: []imaging.TextReading{
		{CharacterSet: "ISO_IR 100", Name: "¸µ\u0085Î", Confidence: 0.1}, {CharacterSet: "GB18030", Name: "傅鑫", Sample: "头颅平扫", Confidence: 0.9}}}
	return ex
}

func TestADoubtfulNameIsMarkedAndShowsNoHiddenCharacter(t *testing.T) {
	for _, code := range lang.Codes() {
		l, err := lang.New(code)
		if err != nil {
			t.Fatal(err)
		}
		ex := doubtful()
		got := value(l, &ex, 0)
		if !strings.Contains(got, l.T("worklist.doubtful")) || !strings.HasPrefix(got, "¸µ\uFFFDÎ") {
			t.Errorf("%s: %q", code, got)
		}
		plain := studies()[1]
		if got := value(l, &plain, 0); got != "刘小满" {
			t.Errorf("%s: a plain name became %q", code, got)
		}
	}
}

// A choice is asked for once; until the study is linked it can be changed.
func TestTheReadingsAreShownWhereAPersonCanChoose(t *testing.T) {
	ex := doubtful()
	chosen := doubtful()
	chosen.Text.ByHand, chosen.Text.Doubtful = true, false
	open := chosen
	open.Link = records.LinkReview
	one := doubtful()
	one.Text.Readings = one.Text.Readings[:1]
	for _, c := range []struct {
		what string
		ex   *records.Examination
		want bool
	}{{"doubtful", &ex, true}, {"chosen and linked", &chosen, false}, {"chosen, not linked", &open, true}, {"one reading", &one, false}, {"none", nil, false}} {
		if got := asks(c.ex); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
