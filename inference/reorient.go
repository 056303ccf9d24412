package inference

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"longying/imaging"
)

// opposite is the letter of the other way along the same axis of the patient.
func opposite(letter byte) byte {
	switch letter {
	case 'R':
		return 'L'
	case 'L':
		return 'R'
	case 'A':
		return 'P'
	case 'P':
		return 'A'
	case 'S':
		return 'I'
	case 'I':
		return 'S'
	}
	return 0
}

// axesOf names where three directions of the patient (PS3.3 C.7.6.2.1.1: x to
// the left, y to the back, z to the head) lead, by the axis of the patient that
// each is nearest to, as nibabel's io_orientation does: the pair that fits best
// is chosen first. Each axis is named once.
func axesOf(directions [3]imaging.Vec) (string, error) {
	letters := [3][2]byte{{'L', 'R'}, {'P', 'A'}, {'S', 'I'}}
	out := [3]byte{}
	taken := [3]bool{}
	for range 3 {
		best, bi, bk := 0.0, -1, -1
		for i, d := range directions {
			if out[i] != 0 {
				continue
			}
			for k := range 3 {
				if !taken[k] && math.Abs(d[k]) > best {
					best, bi, bk = math.Abs(d[k]), i, k
				}
			}
		}
		if bi < 0 {
			return "", errors.New("the directions of the volume are not three")
		}
		taken[bk] = true
		out[bi] = letters[bk][0]
		if directions[bi][bk] < 0 {
			out[bi] = letters[bk][1]
		}
	}
	return string(out[:]), nil
}

// reorient turns a volume so that its columns, rows and slices lead where the
// letters say ("RAS": columns to the right, rows to the front, slices to the
// head), by permuting and reversing axes alone: nothing is interpolated, so an
// oblique volume stays oblique.
func (r *raster) reorient(to string) error {
	if r.axes == "" {
		return errors.New("the pixels are one image, not a volume that could be turned")
	}
	from := r.size()
	perm, turn := [3]int{}, [3]bool{}
	for a := range 3 {
		k := strings.IndexByte(r.axes, to[a])
		if k < 0 {
			k, turn[a] = strings.IndexByte(r.axes, opposite(to[a])), true
		}
		if k < 0 {
			return fmt.Errorf("%q does not name three axes of the patient", to)
		}
		perm[a] = k
	}
	size := [3]int{from[perm[0]], from[perm[1]], from[perm[2]]}
	stride := [3]int{1, from[0], from[0] * from[1]}
	var step, start [3]int
	for a := range 3 {
		step[a] = stride[perm[a]]
		if turn[a] {
			start[a], step[a] = (size[a]-1)*step[a], -step[a]
		}
	}
	for c, plane := range r.planes {
		out := make([]float32, len(plane))
		rows := size[1] * size[2]
		inParts(len(plane), func(from, to int) {
			for row := from * rows / len(plane); row < to*rows/len(plane); row++ {
				at := start[0] + start[1] + start[2] + row/size[1]*step[2] + row%size[1]*step[1]
				for x := range out[row*size[0] : (row+1)*size[0]] {
					out[row*size[0]+x] = plane[at]
					at += step[0]
				}
			}
		})
		r.planes[c] = out
	}
	spacing, source := r.spacing, r.source
	for a := range 3 {
		r.spacing[a], r.source[a] = spacing[perm[a]], source[perm[a]]
		if turn[a] {
			r.source[a].turned(size[a])
		}
	}
	r.columns, r.rows, r.slices, r.axes = size[0], size[1], size[2], to
	return nil
}

// mostVoxels bounds what a step may make of an image, in values of one channel.
const mostVoxels = 1 << 29

// resample brings the voxels to a spacing in mm. An axis of n samples becomes
// one of round(n*spacing/to), at least 1; output sample i lies at
// (i+0.5)*to/spacing - 0.5 of the input, the outer edge of the first sample
// staying where it was, and samples beyond the border are the border's. Linear
// interpolation works along columns, rows, slices in that order, each pass
// summed in float64 and rounded to float32; nearest takes the sample
// floor((i+0.5)*to/spacing). An axis that has the spacing already is left.
func (r *raster) resample(ctx context.Context, to [3]float64, linear bool) error {
	from := r.size()
	size, kernels := from, [3][]weights{}
	for a := range 3 {
		if a == 2 && from[2] == 1 {
			continue
		}
		if !(r.spacing[a] > 0) {
			return errors.New("the spacing of the pixels is not known")
		}
		f := to[a] / r.spacing[a]
		if math.Abs(f-1) < 1e-9 {
			continue
		}
		wanted := math.Round(float64(from[a]) / f)
		if wanted > 1<<20 {
			return fmt.Errorf("at a spacing of %g mm an axis would have %g samples", to[a], wanted)
		}
		size[a] = max(int(wanted), 1)
		kernels[a] = spaced(from[a], size[a], f, linear)
	}
	if float64(size[0])*float64(size[1])*float64(size[2]) > mostVoxels {
		return fmt.Errorf("at this spacing the image would be %v samples", size)
	}
	for c, plane := range r.planes {
		var err error
		rows := from[1] * from[2]
		if kernels[0] != nil {
			if plane, err = resizeRows(ctx, linesOf(plane, from[0]), rows, kernels[0]); err != nil {
				return err
			}
		}
		if kernels[1] != nil {
			if plane, err = r.resizeSlices(ctx, plane, size[0], kernels[1]); err != nil {
				return err
			}
		}
		if kernels[2] != nil {
			if plane, err = resizeColumns(ctx, plane, size[0]*size[1], kernels[2]); err != nil {
				return err
			}
		}
		r.planes[c] = plane
	}
	for a := range 3 {
		if kernels[a] != nil {
			r.source[a].stretched(to[a] / r.spacing[a])
			r.spacing[a] = to[a]
		}
	}
	r.columns, r.rows, r.slices = size[0], size[1], size[2]
	return nil
}

// spaced are the weights of an axis whose output samples span f input samples.
func spaced(in, out int, f float64, linear bool) []weights {
	kernel := make([]weights, out)
	for i := range kernel {
		at := float64((float64(i) + 0.5) * f)
		if !linear {
			kernel[i] = weights{min(max(int(math.Floor(at)), 0), in-1), []float64{1}}
			continue
		}
		at = min(max(at-0.5, 0), float64(in-1))
		below := min(int(at), max(in-2, 0))
		if t := at - float64(below); in > 1 {
			kernel[i] = weights{below, []float64{1 - t, t}}
		} else {
			kernel[i] = weights{0, []float64{1}}
		}
	}
	return kernel
}
