// Package gsdf is the Grayscale Standard Display Function of DICOM PS3.14: which
// luminance a grey level is to have so that equal steps of it are seen as equal
// steps, how far a monitor's measured luminances are from that (AAPM On-Line
// Report 03, TG18, 4.3), and the test pattern that is looked at. It checks; it
// corrects nothing.
package gsdf

import "math"

// The range in which the function is defined, PS3.14 7.
const (
	LeastIndex     = 1
	MostIndex      = 1023
	LeastLuminance = 0.05 // cd/m²
	MostLuminance  = 4000 // cd/m²
)

// Luminance is L(j) of PS3.14 7.1, in cd/m², of a Just-Noticeable Difference
// index from LeastIndex to MostIndex, which need not be whole. Outside of that
// range the function is not defined and the result means nothing.
func Luminance(j float64) float64 {
	x := math.Log(j)
	above := -1.3011877 + x*(8.0242636e-2+x*(1.3646699e-1+x*(-2.5468404e-2+x*1.3635334e-3)))
	below := 1 + x*(-2.5840191e-2+x*(-1.0320229e-1+x*(2.8745620e-2+x*(-3.1978977e-3+x*1.2992634e-4))))
	return math.Pow(10, above/below)
}

// Index is j(L), the inverse of Luminance, of LeastLuminance to MostLuminance
// cd/m². PS3.14 7.1 note 1 gives a polynomial that is within 0.1 of it; note 3
// allows for solving L(j) itself, which begins here at that polynomial, so that
// there and back is the same number.
func Index(luminance float64) float64 {
	x := math.Log10(luminance)
	j := 71.498068 + x*(94.593053+x*(41.912053+x*(9.8247004+x*(0.28175407+x*(-1.1878455+x*(-0.18014349+x*(0.14710899+x*-0.017046845)))))))
	for range 8 {
		const h = 1e-4
		slope := (math.Log10(Luminance(j+h)) - math.Log10(Luminance(j-h))) / (2 * h)
		step := (math.Log10(Luminance(j)) - x) / slope
		j -= step
		if math.Abs(step) < 1e-9 {
			break
		}
	}
	return j
}
