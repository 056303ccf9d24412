//go:build !amd64

package inference

func fourRows(_, _ []float32, _ []weights) bool     { return false }
func sumRows(_, _ []float32, _ int, _ *weights) int { return 0 }

func extent[T uint8 | int8 | uint16 | int16](_ []T, low, high T) (int, T, T) { return 0, low, high }
