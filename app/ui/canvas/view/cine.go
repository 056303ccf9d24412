package view

import "math"

// The rates of a cine, in pictures a second.
const (
	usualCineRate = 15
	leastCineRate = 1
	mostCineRate  = 60
)

// CineRate is the rate chosen, else the file's own, else a usual one.
func CineRate(chosen, own float64) float64 {
	for _, r := range []float64{chosen, own} {
		if r > 0 {
			return min(max(r, leastCineRate), mostCineRate)
		}
	}
	return usualCineRate
}

// CineFaster is a rate so many steps up or down, each a fifth and at least one
// picture a second.
func CineFaster(rate float64, steps int) float64 {
	for range max(steps, -steps) {
		by := max(1, math.Round(rate/5))
		if steps < 0 {
			by = -by
		}
		rate += by
	}
	return CineRate(max(rate, leastCineRate), 0)
}
