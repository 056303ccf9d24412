package findings

import (
	"testing"

	"longying/imaging"
)

func TestAnAgeAsADoctorWritesItBecomesADICOMAge(t *testing.T) {
	for text, want := range map[string]string{"4": "004Y", " 10m ": "010M", "0": "000Y", "36W": "036W", "120y": "120Y"} {
		got, ok := ageValue(text)
		if !ok || got != want {
			t.Errorf("%q became %q, %v", text, got, ok)
		}
		if _, err := imaging.ParseAge(got); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "Y", "four", "-1", "4.5", "1000", "4 5"} {
		if got, ok := ageValue(text); ok {
			t.Errorf("%q became %q", text, got)
		}
	}
}
