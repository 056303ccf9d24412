package record

import (
	"testing"
	"time"
)

func TestAnIdentityNumberShowsOnlyItsEnds(t *testing.T) {
	for in, want := range map[string]string{
		"620102199003078515": "620102********8515",
		"E12345678":          "E12**5678",
		"12345678":           "********",
		"":                   "",
	} {
		if got := Masked(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAgeIsCompletedYears(t *testing.T) {
	at := time.Date(2024, 3, 7, 0, 0, 0, 0, time.UTC)
	for birth, want := range map[string]int{"20200307": 4, "20200308": 3, "20240307": 0, "20250101": -1, "": -1, "2020": -1} {
		if got := Age(birth, at); got != want {
			t.Errorf("%q: %d, want %d", birth, got, want)
		}
	}
}
