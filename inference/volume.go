package inference

import (
	"errors"
	"fmt"
	"math"

	"longying/imaging"
)

// Volume is a stack of slices as modality values with its geometry, as a model
// of volumes takes it. It never holds screen pixels.
type Volume struct {
	Values                []float32 // modality values, row-major, slice after slice; not a number where the picture has padding
	Columns, Rows, Slices int
	Spacing               [3]float64     // mm between voxels along a row, down a column, from slice to slice
	Directions            [3]imaging.Vec // where columns, rows and slices lead in the patient, PS3.3 C.7.6.2.1.1
	Photometric           string
}

// Placement says where the voxels of a tensor lie in the pixels that it was made
// of. Indices count the middles of pixels along columns, rows and slices.
type Placement struct {
	size   [3]int // of the tensor
	from   [3]int // of the source
	source [3]axisMap
}

func (r *raster) placement(from [3]int) Placement {
	return Placement{size: r.size(), from: from, source: r.source}
}

// Source is where an index of the tensor lies in the source.
func (p *Placement) Source(i [3]float64) (out [3]float64) {
	for a, m := range p.source {
		out[m.Axis] = m.Scale*i[a] + m.Offset
	}
	return out
}

// Tensor is where an index of the source lies in the tensor.
func (p *Placement) Tensor(i [3]float64) (out [3]float64) {
	for a, m := range p.source {
		out[a] = (i[m.Axis] - m.Offset) / m.Scale
	}
	return out
}

// raster copies the values. Padding takes the smallest value that is none, so
// that it looks like what is darkest in the picture and shifts no minimum.
func (v *Volume) raster() (*raster, error) {
	n := v.Columns * v.Rows * v.Slices
	if v.Columns < 1 || v.Rows < 1 || v.Slices < 1 || n > mostVoxels || len(v.Values) != n {
		return nil, fmt.Errorf("a volume of %d x %d x %d voxels holds %d values", v.Columns, v.Rows, v.Slices, len(v.Values))
	}
	axes, err := axesOf(v.Directions)
	if err != nil {
		return nil, err
	}
	out, least, padded := make([]float32, n), float32(math.Inf(1)), false
	copy(out, v.Values)
	for i, x := range v.Values {
		switch {
		case x-x == 0: // finite
			if x < least {
				least = x
			}
		case math.IsInf(float64(x), 0):
			return nil, fmt.Errorf("the value in column %d, row %d, slice %d is not a finite number", i%v.Columns, i/v.Columns%v.Rows, i/v.Columns/v.Rows)
		default:
			padded = true
		}
	}
	if math.IsInf(float64(least), 1) {
		return nil, errors.New("every voxel is padding")
	}
	if padded {
		for i, x := range out {
			if x != x {
				out[i] = least
			}
		}
	}
	return &raster{planes: [][]float32{out}, columns: v.Columns, rows: v.Rows, slices: v.Slices, spacing: v.Spacing, axes: axes,
		photometric: v.Photometric, source: identity()}, nil
}
