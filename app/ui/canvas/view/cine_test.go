package view

import "testing"

func TestACinePlaysAtTheRateChosenElseTheFilesElseAUsualOne(t *testing.T) {
	for _, c := range []struct{ chosen, own, want float64 }{{0, 0, 15}, {0, 8, 8}, {20, 8, 20}, {0, 0.2, 1}, {0, 300, 60}} {
		if got := CineRate(c.chosen, c.own); got != c.want {
			t.Errorf("chosen %g, of the file %g: %g, want %g", c.chosen, c.own, got, c.want)
		}
	}
}

func TestACineGoesFasterAndSlowerByAFifthAndStopsAtItsEnds(t *testing.T) {
	for _, c := range []struct {
		rate  float64
		steps int
		want  float64
	}{{15, 1, 18}, {15, -1, 12}, {2, -3, 1}, {58, 4, 60}, {1, 1, 2}} {
		if got := CineFaster(c.rate, c.steps); got != c.want {
			t.Errorf("%g by %d: %g, want %g", c.rate, c.steps, got, c.want)
		}
	}
}
