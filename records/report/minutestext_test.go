package report

import (
	"strings"
	"testing"
)

// A long Chinese line has no other place to be broken at, and the mark stood alone.
func TestChineseMinutesHaveNoSpaceAfterTheMarkOfAParagraph(t *testing.T) {
	for line := range strings.Lines(MinutesText(heldConsult(), "zh")) {
		if strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "· ") {
			t.Errorf("%q", line)
		}
	}
	if !strings.Contains(MinutesText(heldConsult(), "en"), "\n- ") || !strings.Contains(MinutesText(heldConsult(), "zh"), "\n·") {
		t.Error("the paragraphs have no mark")
	}
}
