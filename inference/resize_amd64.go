package inference

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:noescape
func fourRowsAVX2(to, lines *float32, kernel *weights, n int)

//go:noescape
func sumRowsAVX2(to, from *float32, n, stride int, w *float64, taps int)

// fourRows convolves four rows at once, whose pixels lie side by side in lines,
// as will the pixels made; the bits are those of convolve. False where the
// processor cannot.
func fourRows(to, lines []float32, kernel []weights) bool {
	if !cpu.X86.HasAVX2 || len(kernel) == 0 || len(to) < 4*len(kernel) {
		return false
	}
	for i := range kernel {
		if c := &kernel[i]; c.first < 0 || 4*(c.first+len(c.w)) > len(lines) {
			return false
		}
	}
	fourRowsAVX2(&to[0], &lines[0], &kernel[0], len(kernel))
	return true
}

// sumRows makes as many pixels of a row as go by fours out of the rows of a
// plane from c.first on, and says how many: none where the processor cannot.
func sumRows(to, in []float32, width int, c *weights) int {
	n := min(len(to), width) &^ 3
	if !cpu.X86.HasAVX2 || n == 0 || len(c.w) == 0 || c.first < 0 || (c.first+len(c.w))*width > len(in) {
		return 0
	}
	sumRowsAVX2(&to[0], &in[c.first*width], n, 4*width, &c.w[0], len(c.w))
	return n
}

//go:noescape
func extentAVX2(from unsafe.Pointer, n int, flip uint16, low, high *[16]uint16)

// extent takes into low and high the values that go by sixteens and says how
// many: none where the processor cannot, or of another type.
func extent[T uint8 | int8 | uint16 | int16](part []T, low, high T) (int, T, T) {
	n := len(part) &^ 15
	var flip uint16
	switch any(low).(type) {
	case int16:
		flip = 1 << 15
	case uint16:
	default:
		return 0, low, high
	}
	if !cpu.X86.HasAVX2 || n == 0 {
		return 0, low, high
	}
	var lows, highs [16]uint16
	for i := range lows {
		lows[i], highs[i] = uint16(low)^flip, uint16(high)^flip
	}
	extentAVX2(unsafe.Pointer(&part[0]), n, flip, &lows, &highs)
	return n, T(slices.Min(lows[:]) ^ flip), T(slices.Max(highs[:]) ^ flip)
}
