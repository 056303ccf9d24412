package inference

import "math"

// weights are the source samples that make one output sample: source[first+i]
// times w[i].
type weights struct {
	first int
	w     []float64
}

// filter is a resampling kernel: its half-width and its value at x.
type filter struct {
	support float64
	at      func(x float64) float64
}

func triangleFilter() filter {
	return filter{1, func(x float64) float64 { return max(1-math.Abs(x), 0) }}
}

// cubicFilter is Keys' cubic convolution (IEEE Trans ASSP 1981;29:1153): Pillow
// has a = -0.5, PyTorch and OpenCV -0.75.
func cubicFilter(a float64) filter {
	return filter{2, func(x float64) float64 {
		x = math.Abs(x)
		switch {
		case x < 1:
			return ((a+2)*x-(a+3))*x*x + 1
		case x < 2:
			return (((x-5)*x+8)*x - 4) * a
		}
		return 0
	}}
}

// antialiased computes the weights of Pillow's resampling (libImaging/
// Resample.c, precompute_coeffs): the kernel stretched by the reduction around
// the centre of the output sample, cut at the border and normalised to sum 1.
func antialiased(f filter, in, out int) []weights {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	reach := f.support * stretch
	coefficients := make([]weights, out)
	for i := range coefficients {
		centre := float64((float64(i) + 0.5) * scale)
		first := max(int(centre-reach+0.5), 0)
		end := min(int(centre+reach+0.5), in)
		w := make([]float64, end-first)
		sum := 0.0
		for k := range w {
			w[k] = f.at(float64(float64(k+first)-centre+0.5) * (1 / stretch))
			sum += w[k]
		}
		if sum != 0 {
			for k := range w {
				w[k] /= sum
			}
		}
		coefficients[i] = weights{first, w}
	}
	return coefficients
}

// halfPixel computes the weights of interpolation without antialiasing: output
// sample i lies at (i+0.5)*in/out-0.5, and samples beyond the border are the
// border's (PyTorch interpolate with align_corners false, OpenCV resize).
func halfPixel(f filter, in, out int) []weights {
	scale := float64(in) / float64(out)
	coefficients := make([]weights, out)
	for i := range coefficients {
		at := float64((float64(i)+0.5)*scale) - 0.5
		if f.support == 1 {
			at = max(at, 0)
		}
		below := int(math.Floor(at))
		reach := int(f.support)
		first, last := max(min(below-reach+1, in-1), 0), max(min(below+reach, in-1), 0)
		w := make([]float64, last-first+1)
		for k := below - reach + 1; k <= below+reach; k++ {
			w[max(min(k, in-1), 0)-first] += f.at(at - float64(k))
		}
		coefficients[i] = weights{first, w}
	}
	return coefficients
}

// nearestSample gives the source sample whose middle is nearest, the later of
// two: floor((i+0.5)*in/out), as Pillow's NEAREST and PyTorch's nearest-exact.
func nearestSample(in, out int) []weights {
	scale := float64(in) / float64(out)
	coefficients := make([]weights, out)
	for i := range coefficients {
		at := min(int(float64((float64(i)+0.5)*scale)), in-1)
		coefficients[i] = weights{at, []float64{1}}
	}
	return coefficients
}

// resampling gives the weights of an interpolation for a side of in samples that
// becomes one of out.
func resampling(interpolation string, antialias bool) func(in, out int) []weights {
	f := triangleFilter()
	switch {
	case interpolation == "nearest":
		return nearestSample
	case interpolation == "bicubic" && antialias:
		f = cubicFilter(-0.5)
	case interpolation == "bicubic":
		f = cubicFilter(-0.75)
	}
	if antialias {
		return func(in, out int) []weights { return antialiased(f, in, out) }
	}
	return func(in, out int) []weights { return halfPixel(f, in, out) }
}
