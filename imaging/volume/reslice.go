package volume

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"longying/imaging"
)

// Cut is a plane through a volume: a grid of pixels anywhere in the patient.
type Cut struct {
	Plane         imaging.Plane   // Position is the centre of the top left pixel; Row and Column are unit vectors at right angles
	Space         imaging.Spacing // mm between the rows and between the columns of the cut
	Columns, Rows int
	Interpolation Interpolation

	// Slab, with Thickness mm of it half on each side of the plane, projects
	// what lies there onto the plane. Thin takes the plane alone.
	Slab      Slab
	Thickness float64
}

// Interpolation is how a value between voxels is found.
type Interpolation int

// Interpolations. Linear mixes the eight voxels around a point with the weights
// of the grid as it is; of a sheared grid these are not a box. At the border, up
// to half a voxel outside, the outermost voxels hold.
const (
	Linear Interpolation = iota
	Nearest
)

// Slab is what becomes of the values across the thickness of a cut.
type Slab int

// Slabs. Places outside the volume, and padding, take no part.
const (
	Thin    Slab = iota
	Maximum      // maximum intensity projection
	Minimum
	Mean // of the values over the thickness
)

// Section is a picture cut out of a volume.
type Section struct {
	Frame *imaging.Frame // stored values in the type of the voxels; those in between are rounded to the nearest
	Plane imaging.Plane
	Space imaging.Spacing

	// Outside marks the pixels that no voxel holds, or padding; their value is
	// Volume.Padding. Nil where there are none.
	Outside []bool
	Flags   []Irregularity // those of the volume: to be shown with the picture
}

// most bounds the size of a cut: 16,384 × 16,384 pixels, and 4,096 layers of a slab.
const (
	mostPixels = 1 << 14
	mostLayers = 1 << 12
)

// Reslice cuts a volume.
func (v *Volume) Reslice(ctx context.Context, c Cut) (*Section, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Section{Plane: c.Plane, Space: c.Space, Flags: v.Flags}
	s.Frame = &imaging.Frame{Rows: c.Rows, Columns: c.Columns, Samples: 1, Photometric: "MONOCHROME2"}
	if v.Inverted {
		s.Frame.Photometric = "MONOCHROME1"
	}
	n := c.Rows * c.Columns
	switch {
	case v.Int16 != nil:
		s.Frame.Int16, s.Frame.BitsStored = make([]int16, n), 16
	case v.Uint16 != nil:
		s.Frame.Uint16, s.Frame.BitsStored = make([]uint16, n), 16
	default:
		s.Frame.Float32, s.Frame.BitsStored = make([]float32, n), 32
	}
	outside := make([]bool, n)
	layers := v.layers(c)
	workers := max(1, min(runtime.GOMAXPROCS(0), c.Rows, n*len(layers)/(1<<14)))
	missing := make([]bool, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			r := newRun(v, c, layers)
			// Rows taken in turn: those through the middle cost the most.
			for y := w; y < c.Rows && ctx.Err() == nil; y += workers {
				r.row(y)
				if r.store(s.Frame, outside, y) {
					missing[w] = true
				}
			}
		})
	}
	group.Wait()
	for _, m := range missing {
		if m {
			s.Outside = outside
		}
	}
	return s, ctx.Err()
}

func (c Cut) check() error {
	const slack = 1e-4 // of direction cosines with six digits
	row, column := c.Plane.Row, c.Plane.Column
	switch {
	case c.Columns < 1 || c.Rows < 1 || c.Columns > mostPixels || c.Rows > mostPixels:
		return fmt.Errorf("a cut of %d × %d pixels; from 1 to %d can be made", c.Columns, c.Rows, mostPixels)
	case !c.Space.Known() || math.IsInf(c.Space.RowMM+c.Space.ColumnMM, 0):
		return fmt.Errorf("pixels of %g × %g mm cannot be cut", c.Space.ColumnMM, c.Space.RowMM)
	case !(math.Abs(row.Len()-1) < slack && math.Abs(column.Len()-1) < slack && math.Abs(row.Dot(column)) < slack):
		return fmt.Errorf("the directions %v and %v of a cut are not unit vectors at right angles", row, column)
	case c.Slab != Thin && !(c.Thickness >= 0 && c.Thickness < 1e4):
		return fmt.Errorf("a slab %g mm thick cannot be cut", c.Thickness)
	}
	for _, x := range c.Plane.Position {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("the place %v of a cut is not one", c.Plane.Position)
		}
	}
	return nil
}

// layer is one of the planes that a slab is made of.
type layer struct {
	offset float64 // mm from the plane of the cut along its normal
	weight float64 // of it in a mean: the thickness in mm that it stands for
}

// layers are those of a cut, from one face to the other. A cut along slices, or
// along rows or columns of voxels, has one through the middle of each of them,
// so that no voxel is passed by; other cuts have one for half a voxel. The mean
// is then that of the values in between, by the trapezoidal rule.
func (v *Volume) layers(c Cut) []layer {
	if c.Slab == Thin || c.Thickness == 0 {
		return []layer{{0, 1}}
	}
	half := c.Thickness / 2
	offsets := []float64{-half}
	if through, ok := v.along(c, half); ok {
		for _, t := range through {
			if t-offsets[len(offsets)-1] > onePosition && half-t > onePosition && len(offsets) < mostLayers {
				offsets = append(offsets, t)
			}
		}
	} else {
		normal, most := unit(c.Plane.Normal()), 0.0 // voxels in one mm, in the direction that crosses most
		for axis := range 3 {
			most = max(most, math.Abs(v.grid.inverse[axis].Dot(normal)))
		}
		n := min(max(int(math.Ceil(2*c.Thickness*most-1e-9)), 1), mostLayers)
		for i := 1; i < n; i++ {
			offsets = append(offsets, c.Thickness*float64(i)/float64(n)-half)
		}
	}
	offsets = append(offsets, half)
	out := make([]layer, len(offsets))
	for i, t := range offsets {
		before, after := offsets[max(i-1, 0)], offsets[min(i+1, len(offsets)-1)]
		out[i] = layer{t, (after - before) / 2}
	}
	return out
}

// along are the offsets, ascending, of the middles of the voxels within half of
// the plane of a cut that is parallel to a plane of the grid.
func (v *Volume) along(c Cut, half float64) ([]float64, bool) {
	normal := unit(c.Plane.Normal())
	width := scaled(c.Plane.Row, c.Space.ColumnMM*float64(c.Columns))
	height := scaled(c.Plane.Column, c.Space.RowMM*float64(c.Rows))
	parallel := func(axis imaging.Vec) bool {
		return math.Abs(axis.Dot(width)) < 0.05 && math.Abs(axis.Dot(height)) < 0.05
	}
	var out []float64
	if at, g := v.grid.normal, &v.grid; parallel(scaled(at, 1/v.Geometry.Spacing)) {
		here := minus(c.Plane.Position, g.origin).Dot(at)
		for _, d := range g.depths {
			if t := (d - here) / normal.Dot(at); math.Abs(t) <= half {
				out = append(out, t)
			}
		}
		slices.Sort(out)
		return out, true
	}
	i, j, _ := v.Index(c.Plane.Position)
	for axis, here := range []float64{i, j} {
		to := v.grid.inverse[axis]
		if !v.grid.equal || !parallel(to) {
			continue
		}
		step := math.Abs(to.Dot(normal))
		first := math.Ceil(here - half*step)
		for n := first; n <= here+half*step && len(out) < mostLayers; n++ {
			out = append(out, (n-here)/to.Dot(normal))
		}
		slices.Sort(out)
		return out, true
	}
	return nil, false
}

// Orientation is one of the planes that the patient's axes make.
type Orientation int

// The planes as radiology shows them: axial from the feet, coronal from the
// front, sagittal from the left.
const (
	Axial Orientation = iota
	Coronal
	Sagittal
)

// Axes are how the pictures of a stack lie: along a row, down a column, and the
// way from one picture to the next; unit vectors at right angles to one another.
type Axes struct{ Row, Column, Along imaging.Vec }

// Axes are those of an orientation: the patient's own.
func (o Orientation) Axes() Axes {
	left, back, head, feet := imaging.Vec{1, 0, 0}, imaging.Vec{0, 1, 0}, imaging.Vec{0, 0, 1}, imaging.Vec{0, 0, -1}
	switch o {
	case Coronal:
		return Axes{left, feet, back}
	case Sagittal:
		return Axes{back, feet, left}
	}
	return Axes{left, back, head}
}

// Turn is the axes rotated about a unit vector by an angle in radians, as a
// right-handed screw (Rodrigues), and made orthonormal again, so that many small
// turns add up to nothing else.
func (a Axes) Turn(about imaging.Vec, angle float64) Axes {
	c, s := math.Cos(angle), math.Sin(angle)
	turn := func(x imaging.Vec) imaging.Vec {
		cross := imaging.Vec{about[1]*x[2] - about[2]*x[1], about[2]*x[0] - about[0]*x[2], about[0]*x[1] - about[1]*x[0]}
		return plus(plus(scaled(x, c), scaled(cross, s)), scaled(about, about.Dot(x)*(1-c)))
	}
	row := unit(turn(a.Row))
	column := turn(a.Column)
	column = unit(minus(column, scaled(row, column.Dot(row))))
	along := turn(a.Along)
	along = minus(along, plus(scaled(row, along.Dot(row)), scaled(column, along.Dot(column))))
	return Axes{row, column, unit(along)}
}

// Cut is the plane of an orientation that shows all that the volume has there:
// at mm from the origin of the patient coordinate system along the axis that the
// plane is at right angles to (PS3.3 C.7.6.2.1.1). Pixels are squares as large
// as the smaller side of a voxel in its slice.
func (v *Volume) Cut(o Orientation, at float64) Cut { return v.CutAlong(o.Axes(), at) }

// CutAlong is such a plane in any direction.
func (v *Volume) CutAlong(a Axes, at float64) Cut {
	p := imaging.Plane{Row: a.Row, Column: a.Column, Frame: v.Plane.Frame}
	low, high := v.extent(p.Row)
	top, bottom := v.extent(p.Column)
	mm := min(v.Space.RowMM, v.Space.ColumnMM)
	p.Position = plus(scaled(a.Along, at), plus(scaled(p.Row, low), scaled(p.Column, top)))
	return Cut{Plane: p, Space: imaging.Spacing{RowMM: mm, ColumnMM: mm, Source: v.Space.Source},
		Columns: max(1, int(math.Round((high-low)/mm))+1), Rows: max(1, int(math.Round((bottom-top)/mm))+1)}
}

// Extent is from where to where, in mm, the volume reaches along the axis of an
// orientation: the places at which Cut has something to show.
func (v *Volume) Extent(o Orientation) (low, high float64) { return v.extent(o.Axes().Along) }

// extent is how far the centres of the voxels reach along a direction.
func (v *Volume) extent(direction imaging.Vec) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	across := scaled(v.grid.along[0], float64(v.Columns-1))
	down := scaled(v.grid.along[1], float64(v.Rows-1))
	for _, p := range v.Positions {
		for _, q := range []imaging.Vec{p, plus(p, across), plus(p, down), plus(p, plus(across, down))} {
			d := q.Dot(direction)
			low, high = min(low, d), max(high, d)
		}
	}
	return low, high
}
