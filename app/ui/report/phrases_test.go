package report

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"longying/records"
)

func TestAPhraseIsCalledByItsKeyAndStandsBehindTheSentenceOfTheCaret(t *testing.T) {
	r, s, _ := room(t, "左肺炎症。")
	p := r.phrases
	if len(p.list) < 20 {
		t.Fatalf("%d phrases", len(p.list))
	}
	own := records.Phrase{Key: "xyx", Title: "本人的心影", Text: "心影不大（本人）。", Owner: r.ws.User().ID}
	if _, err := s.Reading.SavePhrase(t.Context(), r.ws.User(), own); err != nil {
		t.Fatal(err)
	}
	r.load()
	r.ws.Settle()
	p.entry.SetText("XYX")
	if len(p.hits) == 0 || p.hits[0].Text != own.Text {
		t.Fatalf("the key calls %+v", p.hits)
	}
	r.seen.show(NewText([]records.Sentence{{Text: "左肺斑片影。", FindingUID: "1", FindingVersion: 1}, {Text: "随访。"}}, []records.Sentence{{Text: "左肺斑片影。", FindingUID: "1", FindingVersion: 1}}))
	r.seen.CursorRow, r.seen.CursorColumn = 0, 2
	r.seen.FocusGained()
	p.take(0)
	lines := r.seen.text.Lines()
	if r.seen.Text != "左肺斑片影。心影不大（本人）。随访。" || len(lines) != 2 || lines[0].Edited || lines[0].FindingUID != "1" || p.entry.Text != "" {
		t.Errorf("%q: %+v", r.seen.Text, lines)
	}
	// Into the impression go those of the impression.
	r.impression.CursorColumn = 5
	r.impression.FocusGained()
	p.entry.SetText("jhlc")
	if len(p.hits) != 1 || p.target != r.impression {
		t.Fatalf("%+v", p.hits)
	}
	p.key(&fyne.KeyEvent{Name: fyne.KeyDown})
	p.take(p.at)
	if !strings.HasSuffix(r.impression.Text, "请结合临床及实验室检查。") {
		t.Errorf("%q", r.impression.Text)
	}
	p.entry.SetText("nothing-like-this")
	if len(p.hits) != 0 || len(p.found.Objects) != 1 {
		t.Error("a text that calls nothing is not answered")
	}
}

func TestTextOfLettersWrapsAtWordsAndChineseAnywhere(t *testing.T) {
	for text, want := range map[string]bool{"": false, "右肺上叶见结节影，CT 值约 30 HU。": false, "A nodule of 8 mm in the right upper lobe (右上肺).": true, "Lung-RADS 2022 分类：4A（可疑），建议复查。": false} {
		if latin(text) != want {
			t.Errorf("%q", text)
		}
	}
}
