package report

import (
	"reflect"
	"testing"

	"longying/records"
)

func stored() []records.Sentence {
	return []records.Sentence{
		{Text: "右下肺斑片影。", FindingUID: "1.2.1", FindingVersion: 2},
		{Text: "右上肺斑片影。", FindingUID: "1.2.2", FindingVersion: 2},
		{Text: "心影不大。"},
	}
}

type want struct {
	text, uid string
	edited    bool
}

func shape(t Text) []want {
	var out []want
	for _, l := range t.Lines() {
		out = append(out, want{l.Text, l.FindingUID, l.Edited})
	}
	return out
}

func TestEditKeepsLinksOfWhatItDoesNotTouch(t *testing.T) {
	a := want{"右下肺斑片影。", "1.2.1", false}
	b := want{"右上肺斑片影。", "1.2.2", false}
	own := want{"心影不大。", "", false}
	for _, c := range []struct {
		name, now string
		want      []want
	}{
		{"nothing changed", "右下肺斑片影。右上肺斑片影。心影不大。", []want{a, b, own}},
		{"inside a linked sentence marks it edited", "右下肺见斑片影。右上肺斑片影。心影不大。", []want{{"右下肺见斑片影。", "1.2.1", true}, b, own}},
		{"its first rune replaced marks it edited", "左下肺斑片影。右上肺斑片影。心影不大。", []want{{"左下肺斑片影。", "1.2.1", true}, b, own}},
		{"between two sentences are own words", "右下肺斑片影。余肺清。右上肺斑片影。心影不大。", []want{a, {"余肺清。", "", false}, b, own}},
		{"before the first sentence are own words", "胸廓对称。右下肺斑片影。右上肺斑片影。心影不大。", []want{{"胸廓对称。", "", false}, a, b, own}},
		{"behind own words continue them", "右下肺斑片影。右上肺斑片影。心影不大。膈面光滑。", []want{a, b, {"心影不大。膈面光滑。", "", false}}},
		{"before own words join them", "右下肺斑片影。右上肺斑片影。但心影不大。", []want{a, b, {"但心影不大。", "", false}}},
		{"a whole sentence deleted drops its link", "右上肺斑片影。心影不大。", []want{b, own}},
		{"the second of two alike deleted", "右下肺斑片影。心影不大。", []want{a, own}},
		{"a whole sentence replaced is own words", "纵隔居中。右上肺斑片影。心影不大。", []want{{"纵隔居中。", "", false}, b, own}},
		{"a full stop deleted keeps the link", "右下肺斑片影右上肺斑片影。心影不大。", []want{{"右下肺斑片影", "1.2.1", true}, b, own}},
		{"over a border marks both edited", "右下肺影。心影不大。", nil},
		{"everything deleted", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := NewText(stored(), stored()).Edit(c.now)
			if got.String() != c.now {
				t.Fatalf("text is %q, typed was %q", got.String(), c.now)
			}
			if c.want != nil && !reflect.DeepEqual(shape(got), c.want) {
				t.Errorf("got  %v\nwant %v", shape(got), c.want)
			}
		})
	}
}

func TestWordsTypedBehindAnUnfinishedLinkedSentenceContinueIt(t *testing.T) {
	x := NewText(stored()[:1], stored())
	x = x.Edit("右下肺斑片影").Edit("右下肺斑片影，").Edit("右下肺斑片影，边缘模糊。")
	if got := shape(x); !reflect.DeepEqual(got, []want{{"右下肺斑片影，边缘模糊。", "1.2.1", true}}) {
		t.Errorf("got %v", got)
	}
}

func TestTextIsNeverLostHoweverItIsEdited(t *testing.T) {
	x := NewText(stored(), stored())
	for _, now := range []string{"心影不大。", "心影不大。心影不大。", "影影影", "", "影。影。", "右下肺斑片影。影", "\n", "a\nb"} {
		if x = x.Edit(now); x.String() != now {
			t.Fatalf("text is %q, typed was %q", x.String(), now)
		}
	}
}

func TestEditedIsDecidedByTheWordingTheProgramWouldWrite(t *testing.T) {
	generated := stored()
	generated[0].Text = "右下肺实变影。"
	generated[1].FindingVersion = 3
	if got := shape(NewText(stored(), generated)); !got[0].edited || !got[1].edited || got[2].edited {
		t.Errorf("got %v", got)
	}
}

func TestCaretNamesTheSentenceItStandsIn(t *testing.T) {
	x := NewText(stored(), stored())
	for offset, uid := range map[int]string{0: "1.2.1", 3: "1.2.1", 7: "1.2.1", 8: "1.2.2", 15: "", 19: ""} {
		if l, ok := x.At(offset); !ok || l.FindingUID != uid {
			t.Errorf("caret %d names %q, want %q", offset, l.FindingUID, uid)
		}
	}
	if _, ok := (Text{}).At(0); ok {
		t.Error("an empty text has no sentence")
	}
}
