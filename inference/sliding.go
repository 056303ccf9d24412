package inference

import "math"

// starts are where windows of a size begin along an axis of n samples so that
// they cover it and overlap by at least a share: the first at 0, the last at the
// end, the others in steps of size*(1-overlap) rounded down, at least 1 (as
// MONAI's dense_patch_slices). A window larger than the axis is for the caller
// to pad.
func starts(n, size int, overlap float64) []int {
	if n <= size {
		return []int{0}
	}
	step := max(int(float64(size)*(1-overlap)), 1)
	var out []int
	for at := 0; ; at += step {
		if at+size >= n {
			return append(out, n-size)
		}
		out = append(out, at)
	}
}

// importance is the weight of each voxel of a window in the mean of the windows
// that cover it: 1 everywhere, or a Gaussian about the middle with a standard
// deviation of an eighth of each side and no weight below 1e-3 (MONAI's
// compute_importance_map; Isensee F et al., Nat Methods 2021;18:203).
// The order is that of the tensor: slices, rows, columns.
func importance(size [3]int, gaussian bool) []float32 {
	out := make([]float32, size[0]*size[1]*size[2])
	if !gaussian {
		for i := range out {
			out[i] = 1
		}
		return out
	}
	var axis [3][]float64
	for a, n := range size {
		axis[a] = make([]float64, n)
		sigma := float64(n) / 8
		for i := range axis[a] {
			d := (float64(i) - float64(n-1)/2) / sigma
			axis[a][i] = math.Exp(-d * d / 2)
		}
	}
	i := 0
	for z := range size[0] {
		for y := range size[1] {
			for x := range size[2] {
				out[i] = float32(max(axis[0][z]*axis[1][y]*axis[2][x], 1e-3))
				i++
			}
		}
	}
	return out
}
