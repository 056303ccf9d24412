package view

import (
	"math"
	"strconv"
)

// ScaleBar is the longest bar of 1, 2 or 5 times a power of ten micrometres that
// is at most so many screen pixels long, at so many screen pixels for a pixel of
// so many micrometres; text names its length.
func ScaleBar(micrometres, scale, longest float64) (length float64, text string) {
	perPixel := micrometres / scale
	most := longest * perPixel
	unit := math.Pow(10, math.Floor(math.Log10(most)))
	for _, k := range []float64{5, 2, 1} {
		if k*unit <= most*(1+1e-9) {
			unit *= k
			break
		}
	}
	if unit >= 1000 {
		return unit / perPixel, Figures(unit/1000) + " mm"
	}
	return unit / perPixel, Figures(unit) + " µm"
}

// Figures has three figures, and more where they stand before the point.
func Figures(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
