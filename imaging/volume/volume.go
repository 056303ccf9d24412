package volume

import (
	"fmt"
	"math"
	"strings"

	"longying/imaging"
)

// Volume is a stack in memory: voxels on a grid whose slices are parallel. The
// grid is as it is in the patient: sheared where the gantry was tilted, with
// steps of different size where that was accepted.
//
// Voxel (i, j, k) is column i of row j of slice k, at (k*Rows + j)*Columns + i
// of the one slice of values that is not nil.
type Volume struct {
	Columns, Rows, Depth int // voxels along a row, down a column, from slice to slice

	Int16   []int16
	Uint16  []uint16
	Float32 []float32 // not a number where the picture has padding

	// Modality value (e.g. HU) = voxel*Slope + Intercept. 1 and 0 where slices
	// have a rescale each, or a table: their voxels are modality values then.
	Slope, Intercept float64
	Unit             string // of the modality values, e.g. HU; empty when the header does not say
	Inverted         bool   // low values are to be shown bright: MONOCHROME1

	// Padding is the value of what lies outside, in section as in voxel: Pixel
	// Padding Value (0028,0120); where the header has none the darkest value
	// that Bits Stored allows, and not a number in Float32.
	Padding float64

	Plane     imaging.Plane   // of the first slice
	Space     imaging.Spacing // of the voxels of a slice
	Positions []imaging.Vec   // mm, the centre of voxel (0, 0, k) of each slice, as its header says
	Slices    []Slice         // the pictures that the slices are
	Geometry  Geometry        // of Slices
	Flags     []Irregularity  // what a reader of this volume has to know: it was accepted by the caller

	padded      bool    // voxels from paddingLow to paddingHigh are padding
	paddingLow  float64 // stored
	paddingHigh float64
	grid        grid
}

// RefusedError is a stack of which no volume is made, and why.
type RefusedError struct {
	Reasons []Irregularity // what the caller did not accept; none where Detail says it
	Detail  string
}

func (e *RefusedError) Error() string {
	if len(e.Reasons) == 0 {
		return "no volume can be made of these pictures: " + e.Detail
	}
	words := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		words[i] = r.String()
	}
	return "no volume is made unless this is accepted: " + strings.Join(words, "; ")
}

func refuse(format string, args ...any) error {
	return &RefusedError{Detail: fmt.Sprintf(format, args...)}
}

// DamagedSlices is what only Build finds: Count pixels of slice First are not
// in its file, or its stream is damaged (Count 0).
const DamagedSlices Kind = "damaged"

// straight is how far, in mm, a slice may lie from a grid of equal steps for the
// grid to be taken as one: positions are written with few digits.
const straight = 0.01

// grid maps between the patient and the voxels.
type grid struct {
	origin  imaging.Vec
	along   [3]imaging.Vec // mm for one step of i, j, k; the last where the steps are equal
	inverse [3]imaging.Vec // rows: index = inverse * (point - origin)
	equal   bool           // the steps from slice to slice are equal

	// For steps that are not: the places of the slices along the normal, and
	// the mapping inside a plane.
	normal imaging.Vec
	depths []float64
	plane  [2]imaging.Vec // i and j of a vector inside the plane
}

func newGrid(p imaging.Plane, s imaging.Spacing, positions []imaging.Vec) grid {
	g := grid{origin: positions[0], normal: unit(p.Normal())}
	n := len(positions)
	g.along[0], g.along[1] = scaled(p.Row, s.ColumnMM), scaled(p.Column, s.RowMM)
	g.along[2] = scaled(minus(positions[n-1], positions[0]), 1/float64(n-1))
	g.equal = true
	for k, at := range positions {
		if minus(at, plus(g.origin, scaled(g.along[2], float64(k)))).Len() > straight {
			g.equal = false
		}
		g.depths = append(g.depths, minus(at, g.origin).Dot(g.normal))
	}
	g.inverse = inverted(g.along)
	flat := inverted([3]imaging.Vec{g.along[0], g.along[1], g.normal})
	g.plane = [2]imaging.Vec{flat[0], flat[1]}
	return g
}

// inverted is the inverse of the matrix whose columns are given, by rows.
func inverted(c [3]imaging.Vec) [3]imaging.Vec {
	det := c[0].Dot(c[1].Cross(c[2]))
	return [3]imaging.Vec{scaled(c[1].Cross(c[2]), 1/det), scaled(c[2].Cross(c[0]), 1/det), scaled(c[0].Cross(c[1]), 1/det)}
}

func plus(a, b imaging.Vec) imaging.Vec  { return imaging.Vec{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
func minus(a, b imaging.Vec) imaging.Vec { return imaging.Vec{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
func scaled(a imaging.Vec, f float64) imaging.Vec {
	return imaging.Vec{a[0] * f, a[1] * f, a[2] * f}
}

// Index is where a point of the patient lies in the grid: (0, 0, 0) is the
// centre of the first voxel. Between two slices the grid leads straight from
// one to the other, whatever their steps; outside them it goes on as its first
// and last step do.
func (v *Volume) Index(p imaging.Vec) (i, j, k float64) {
	g := &v.grid
	d := minus(p, g.origin)
	if g.equal {
		return g.inverse[0].Dot(d), g.inverse[1].Dot(d), g.inverse[2].Dot(d)
	}
	s, t := g.between(d.Dot(g.normal))
	a, b := v.Positions[s], v.Positions[s+1]
	d = minus(p, plus(a, scaled(minus(b, a), t)))
	return g.plane[0].Dot(d), g.plane[1].Dot(d), float64(s) + t
}

// between is the slice before a depth, and how far it is to the next, 0 to 1
// inside the volume.
func (g *grid) between(depth float64) (slice int, part float64) {
	lo, hi := 0, len(g.depths)-2
	for lo < hi {
		if m := (lo + hi + 1) / 2; g.depths[m] <= depth {
			lo = m
		} else {
			hi = m - 1
		}
	}
	return lo, (depth - g.depths[lo]) / (g.depths[lo+1] - g.depths[lo])
}

// Point is Index turned round: the place in the patient, in mm, of a place in
// the grid.
func (v *Volume) Point(i, j, k float64) imaging.Vec {
	g := &v.grid
	at := plus(g.origin, scaled(g.along[2], k))
	if !g.equal {
		s := min(max(int(math.Floor(k)), 0), v.Depth-2)
		a, b := v.Positions[s], v.Positions[s+1]
		at = plus(a, scaled(minus(b, a), k-float64(s)))
	}
	return plus(at, plus(scaled(g.along[0], i), scaled(g.along[1], j)))
}

// Bytes is the memory of the voxels.
func (v *Volume) Bytes() int { return 2*len(v.Int16) + 2*len(v.Uint16) + 4*len(v.Float32) }

// At is voxel (i, j, k), stored. The caller keeps inside the grid.
func (v *Volume) At(i, j, k int) float64 {
	n := (k*v.Rows+j)*v.Columns + i
	switch {
	case v.Int16 != nil:
		return float64(v.Int16[n])
	case v.Uint16 != nil:
		return float64(v.Uint16[n])
	}
	return float64(v.Float32[n])
}

// isPadding reports a voxel that the picture does not mean.
func (v *Volume) isPadding(x float64) bool {
	return x != x || v.padded && x >= v.paddingLow && x <= v.paddingHigh
}
