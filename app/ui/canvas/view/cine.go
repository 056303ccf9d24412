package view

import (
	"math"

	"longying/app/ui/lang"
)

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

// cineWords say how fast it plays, whose rate that is, and how fast it really is
// where the pictures do not come in time.
func cineWords(l *lang.Strings, f Facts) string {
	k := lang.Key("canvas.cine")
	if f.CineOwn {
		k = "canvas.cine_own"
	}
	out := l.T(k, Figures(f.Cine))
	if f.CineReal > 0 {
		out += l.T("canvas.cine_real", Figures(math.Round(f.CineReal)))
	}
	return out
}
