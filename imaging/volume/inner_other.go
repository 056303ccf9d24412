//go:build !amd64

package volume

// innerFour is for processors of another kind: none.
func innerFour[T int16 | uint16 | float32](*sampler[T], []float64, float64, float64, float64, float64, float64, float64) int {
	return 0
}
