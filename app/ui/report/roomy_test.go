package report

import "testing"

func TestAHigherScreenGivesTheFieldsOfAReportMoreLines(t *testing.T) {
	for height, want := range map[float32][2]int{0: {6, 4}, 640: {6, 4}, 980: {15, 10}, 1340: {16, 11}, 5000: {16, 11}} {
		if seen, impression := rowsFor(height); [2]int{seen, impression} != want {
			t.Errorf("%g: %d and %d, want %v", height, seen, impression, want)
		}
	}
}
