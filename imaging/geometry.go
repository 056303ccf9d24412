package imaging

import (
	"math"
	"strings"
)

// Vec is a point or direction in the patient coordinate system, in mm: x to
// the patient's left, y to the back, z to the head (LPS, PS3.3 C.7.6.2.1.1).
type Vec [3]float64

// Dot is the scalar product.
func (a Vec) Dot(b Vec) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// Cross is the vector product.
func (a Vec) Cross(b Vec) Vec {
	return Vec{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// Len is the Euclidean length.
func (a Vec) Len() float64 { return math.Sqrt(a.Dot(a)) }

// Plane is the Image Plane module, PS3.3 C.7.6.2.
type Plane struct {
	Position Vec // centre of the top left pixel
	Row      Vec // unit vector along a row, towards increasing column
	Column   Vec // unit vector down a column, towards increasing row
	Frame    string
}

// Normal is Row x Column.
func (p Plane) Normal() Vec { return p.Row.Cross(p.Column) }

// Depth is the position along the normal, in mm: the order of slices.
func (p Plane) Depth() float64 { return p.Position.Dot(p.Normal()) }

// EdgeLetters gives the orientation letters at the left, right, top and bottom
// edge: L R (left, right), A P (front, back), H F (head, feet), with a second
// and third letter where the direction is oblique (PS3.3 C.7.6.1.1.1).
func (p Plane) EdgeLetters() (left, right, top, bottom string) {
	neg := func(v Vec) Vec { return Vec{-v[0], -v[1], -v[2]} }
	return Letters(neg(p.Row)), Letters(p.Row), Letters(neg(p.Column)), Letters(p.Column)
}

// EdgeLetters gives the letters of a frame's edges (from 1), from its plane, else
// from its Patient Orientation (0020,0020), else empty: nothing is guessed.
func (in *Instance) EdgeLetters(frame int) (left, right, top, bottom string) {
	if p := in.Frame(frame).Plane; p != nil {
		return p.EdgeLetters()
	}
	right, bottom = in.PatientOrient[0], in.PatientOrient[1]
	return opposite(right), right, opposite(bottom), bottom
}

func opposite(letters string) string {
	return strings.NewReplacer("L", "R", "R", "L", "A", "P", "P", "A", "H", "F", "F", "H").Replace(letters)
}

// Letters names a direction by up to three letters, the strongest first;
// components under 0.1 are left out.
func Letters(v Vec) string {
	type c struct {
		size   float64
		letter byte
	}
	pick := func(x float64, plus, minus byte) c {
		if x < 0 {
			return c{-x, minus}
		}
		return c{x, plus}
	}
	cs := []c{pick(v[0], 'L', 'R'), pick(v[1], 'P', 'A'), pick(v[2], 'H', 'F')}
	var out []byte
	for range 3 {
		best := -1
		for i, k := range cs {
			if k.size >= 0.1 && (best < 0 || k.size > cs[best].size) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		out = append(out, cs[best].letter)
		cs[best].size = 0
	}
	return string(out)
}

// Spacing is what one pixel measures.
type Spacing struct {
	RowMM, ColumnMM float64 // distance between rows and between columns in mm; 0 when unknown
	Source          SpacingSource
}

// Known reports whether lengths in mm can be given at all.
func (s Spacing) Known() bool { return s.RowMM > 0 && s.ColumnMM > 0 }

// SpacingSource says where a spacing came from, because a length on a detector
// is not a length in the patient (PS3.3 10.7.1.3).
type SpacingSource string

// Where a spacing may come from.
const (
	SpacingUnknown    SpacingSource = ""
	SpacingPatient    SpacingSource = "patient"    // Pixel Spacing of a tomographic image
	SpacingCalibrated SpacingSource = "calibrated" // Pixel Spacing with a calibration
	SpacingDetector   SpacingSource = "detector"   // Imager Pixel Spacing, not corrected for magnification
	SpacingRegion     SpacingSource = "ultrasound" // region calibration
	SpacingSlide      SpacingSource = "slide"      // Pixel Spacing of a whole-slide image, or its scanner's µm per pixel
)
