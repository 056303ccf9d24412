package workspace

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAMaskedNumberShowsItsEndsAndNoMoreThanAnIDNumberHas(t *testing.T) {
	for id, want := range map[string]string{"": "", "1234": "••••", "12345": "12•45", "620102202205149984": "62••••••••••••••84"} {
		if got := Mask(id); got != want {
			t.Errorf("%q is masked as %q", id, got)
		}
	}
	if got := Mask(strings.Repeat("9", 66)); utf8.RuneCountInString(got) != MaskLength || strings.Count(got, "9") != 4 {
		t.Errorf("66 characters are masked as %q", got)
	}
}
