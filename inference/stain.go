package inference

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// stains are two stain vectors (optical densities of red, green and blue, of
// length 1, haematoxylin first) and how much of each a slide holds at most.
type stains struct {
	vectors [2][3]float64
	most    [2]float64 // 99th percentile of the concentrations
}

// stainsOf is the reference of a card: rows of red, green and blue, haematoxylin
// before eosin.
func stainsOf(target *[3][2]float64, most *[2]float64) stains {
	s := stains{most: *most}
	for c, row := range target {
		s.vectors[0][c], s.vectors[1][c] = row[0], row[1]
	}
	return s
}

// leastTissue is how many pixels must be above beta for a stain to be estimated.
const leastTissue = 2

// stainNormalise brings an H&E picture of 0..255 to the colours of a reference
// (Macenko M et al., ISBI 2009:1107): optical density -log((v+1)/io); of the
// pixels whose every channel is at least beta the plane of the two largest
// eigenvectors of their covariance; in it the angles at the alpha-th and
// (100-alpha)-th percentile are the stains, that with more red density first;
// concentrations by least squares, their 99th percentiles led to the
// reference's; io*exp(-density), cut to 0..255. Percentiles are numpy's (linear).
// All in float64, rounded once. A picture with fewer than two such pixels, or of
// one stain, is an error.
func (r *raster) stainNormalise(reference stains, io, alpha, beta float64) error {
	if len(r.planes) != 3 {
		return fmt.Errorf("there are %d channels; wanted 3", len(r.planes))
	}
	density := opticalDensity(r.planes, io)
	found, concentrations, err := estimateStains(density, alpha, beta)
	if err != nil {
		return err
	}
	for s := range 2 {
		f := reference.most[s] / found.most[s]
		for i := range concentrations[s] {
			concentrations[s][i] *= f
		}
	}
	for c, plane := range r.planes {
		for i := range plane {
			d := reference.vectors[0][c]*concentrations[0][i] + reference.vectors[1][c]*concentrations[1][i]
			plane[i] = float32(min(io*math.Exp(-d), 255))
		}
	}
	return nil
}

func opticalDensity(planes [][]float32, io float64) [3][]float64 {
	var out [3][]float64
	for c := range out {
		out[c] = make([]float64, len(planes[c]))
		for i, v := range planes[c] {
			out[c][i] = -math.Log((float64(v) + 1) / io)
		}
	}
	return out
}

func estimateStains(density [3][]float64, alpha, beta float64) (stains, [2][]float64, error) {
	var out stains
	var tissue []int
	for i := range density[0] {
		if density[0][i] >= beta && density[1][i] >= beta && density[2][i] >= beta {
			tissue = append(tissue, i)
		}
	}
	if len(tissue) < leastTissue {
		return out, [2][]float64{}, fmt.Errorf("only %d pixels are stained; the stains cannot be told", len(tissue))
	}
	a, b := stainPlane(density, tissue)
	angles := make([]float64, len(tissue))
	for k, i := range tissue {
		d := [3]float64{density[0][i], density[1][i], density[2][i]}
		angles[k] = math.Atan2(dot(d, b), dot(d, a))
	}
	slices.Sort(angles)
	low, high := percentile64(angles, alpha), percentile64(angles, 100-alpha)
	direction := func(angle float64) (v [3]float64) {
		for c := range v {
			v[c] = math.Cos(angle)*a[c] + math.Sin(angle)*b[c]
		}
		return v
	}
	out.vectors = [2][3]float64{direction(low), direction(high)}
	if out.vectors[0][0] <= out.vectors[1][0] {
		out.vectors[0], out.vectors[1] = out.vectors[1], out.vectors[0]
	}
	concentrations, err := unmix(density, out.vectors)
	if err != nil {
		return out, concentrations, err
	}
	for s := range 2 {
		out.most[s] = percentile64(slices.Sorted(slices.Values(concentrations[s])), 99)
		if !(out.most[s] > 0) {
			return out, concentrations, errors.New("the picture holds one stain only")
		}
	}
	return out, concentrations, nil
}

// unmix solves for the two concentrations of each pixel by least squares.
func unmix(density [3][]float64, v [2][3]float64) ([2][]float64, error) {
	hh, ee, he := dot(v[0], v[0]), dot(v[1], v[1]), dot(v[0], v[1])
	det := hh*ee - he*he
	var out [2][]float64
	if det < 1e-9 {
		return out, errors.New("the picture holds one stain only")
	}
	n := len(density[0])
	out[0], out[1] = make([]float64, n), make([]float64, n)
	for i := range n {
		d := [3]float64{density[0][i], density[1][i], density[2][i]}
		h, e := dot(d, v[0]), dot(d, v[1])
		out[0][i], out[1][i] = (ee*h-he*e)/det, (hh*e-he*h)/det
	}
	return out, nil
}

// stainPlane is the plane of largest variance: the eigenvectors of the
// covariance of the chosen pixels with the largest and the second largest
// eigenvalue, each with a positive red part.
func stainPlane(density [3][]float64, chosen []int) (first, second [3]float64) {
	var mean [3]float64
	for c := range mean {
		for _, i := range chosen {
			mean[c] += density[c][i]
		}
		mean[c] /= float64(len(chosen))
	}
	var covariance [3][3]float64
	for _, i := range chosen {
		for a := range 3 {
			for b := range 3 {
				covariance[a][b] += (density[a][i] - mean[a]) * (density[b][i] - mean[b])
			}
		}
	}
	values, vectors := eigen(covariance)
	order := []int{0, 1, 2}
	slices.SortFunc(order, func(i, j int) int {
		if values[i] > values[j] {
			return -1
		}
		return 1
	})
	pick := func(k int) (v [3]float64) {
		for c := range v {
			v[c] = vectors[c][k]
		}
		if v[0] < 0 {
			v = [3]float64{-v[0], -v[1], -v[2]}
		}
		return v
	}
	// The middle eigenvector last: angles are measured from the main direction.
	return pick(order[0]), pick(order[1])
}

// eigen gives eigenvalues and eigenvectors (in columns) of a symmetric matrix by
// Jacobi's rotations.
func eigen(m [3][3]float64) (values [3]float64, vectors [3][3]float64) {
	vectors = [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	for range 64 {
		p, q := 0, 1
		for _, pair := range [][2]int{{0, 2}, {1, 2}} {
			if math.Abs(m[pair[0]][pair[1]]) > math.Abs(m[p][q]) {
				p, q = pair[0], pair[1]
			}
		}
		if m[p][q] == 0 {
			break
		}
		theta := (m[q][q] - m[p][p]) / (2 * m[p][q])
		t := 1 / (math.Abs(theta) + math.Sqrt(theta*theta+1))
		if theta < 0 {
			t = -t
		}
		c := 1 / math.Sqrt(t*t+1)
		s := t * c
		for k := range 3 { // columns, then rows
			m[k][p], m[k][q] = c*m[k][p]-s*m[k][q], s*m[k][p]+c*m[k][q]
		}
		for k := range 3 {
			m[p][k], m[q][k] = c*m[p][k]-s*m[q][k], s*m[p][k]+c*m[q][k]
			vectors[k][p], vectors[k][q] = c*vectors[k][p]-s*vectors[k][q], s*vectors[k][p]+c*vectors[k][q]
		}
	}
	return [3]float64{m[0][0], m[1][1], m[2][2]}, vectors
}

func dot(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// percentile64 is percentile for float64.
func percentile64(sorted []float64, p float64) float64 {
	at := p / 100 * float64(len(sorted)-1)
	below := int(math.Floor(at))
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	t := at - float64(below)
	return sorted[below] + (sorted[below+1]-sorted[below])*t
}
