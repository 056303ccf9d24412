package search

import "testing"

func TestInitialsAreOfTheUsualReading(t *testing.T) {
	for text, want := range map[string]string{"心肺膈未见异常": "xfgwjyc", "CT 平扫(胸)": "ctpsx", "绿色": "ls", "": "", "—。": ""} {
		if got := Initials(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
