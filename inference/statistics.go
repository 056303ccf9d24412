package inference

import (
	"fmt"
	"math"

	"longying/models"
)

// summary is what a card's Statistics describe, of one tensor.
type summary struct{ mean, std, p01, p50, p99 float64 }

// summarise takes mean and population standard deviation of all values in
// float64, and their percentiles as numpy.percentile does, in float64 too. A value
// that is not a finite number is an error.
func summarise(values []float32) (summary, error) {
	var s summary
	n, sum := float64(len(values)), 0.0
	for i, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return s, fmt.Errorf("value %d of the tensor is %g", i, v)
		}
		sum += float64(v)
	}
	if len(values) == 0 {
		return s, fmt.Errorf("the tensor holds nothing")
	}
	s.mean = sum / n
	squares := 0.0
	for _, v := range values {
		d := float64(v) - s.mean
		squares += d * d
	}
	s.std = math.Sqrt(squares / n)
	var ranks []int
	for _, p := range []float64{1, 50, 99} {
		below := int(math.Floor(p / 100 * (n - 1)))
		ranks = append(ranks, below, min(below+1, len(values)-1))
	}
	order := ordered(values, ranks)
	for i, out := range []*float64{&s.p01, &s.p50, &s.p99} {
		at := []float64{1, 50, 99}[i] / 100 * (n - 1)
		a, b, t := float64(order[2*i]), float64(order[2*i+1]), at-math.Floor(at)
		if *out = a + (b-a)*t; t >= 0.5 { // as numpy, so that both ends are met
			*out = b - (b-a)*(1-t)
		}
	}
	return s, nil
}

// ordered gives the values that would stand at ranks, counted from 0, were they
// sorted: exactly, by counting the two halves of their bits, without a copy.
func ordered(values []float32, ranks []int) []float32 {
	// key orders floats as unsigned numbers.
	key := func(v float32) uint32 {
		b := math.Float32bits(v + 0) // -0 becomes 0
		if b>>31 != 0 {
			return ^b
		}
		return b | 1<<31
	}
	high := make([]int, 1<<16)
	for _, v := range values {
		high[key(v)>>16]++
	}
	prefix, rest := make([]uint32, len(ranks)), make([]int, len(ranks))
	low := map[uint32][]int{}
	for i, r := range ranks {
		for h, n := range high {
			if r < n {
				prefix[i], rest[i] = uint32(h), r
				break
			}
			r -= n
		}
		if low[prefix[i]] == nil {
			low[prefix[i]] = make([]int, 1<<16)
		}
	}
	var counts [1 << 16][]int
	for h, c := range low {
		counts[h] = c
	}
	for _, v := range values {
		k := key(v)
		if c := counts[k>>16]; c != nil {
			c[k&0xffff]++
		}
	}
	out := make([]float32, len(ranks))
	for i, r := range rest {
		for l, n := range counts[prefix[i]] {
			if r < n {
				k := prefix[i]<<16 | uint32(l)
				if k>>31 != 0 {
					k &^= 1 << 31
				} else {
					k = ^k
				}
				out[i] = math.Float32frombits(k)
				break
			}
			r -= n
		}
	}
	return out
}

// unlike says which statistics of a tensor lie outside the bands of the images
// that the model was trained on.
func unlike(reference *models.Statistics, input Tensor) ([]Reason, error) {
	if reference == nil {
		return nil, nil
	}
	s, err := summarise(input.Data)
	if err != nil {
		return nil, err
	}
	var out []Reason
	for _, c := range []struct {
		name  string
		found float64
		band  models.Band
	}{{"mean", s.mean, reference.Mean}, {"std", s.std, reference.Std}, {"p01", s.p01, reference.P01}, {"p50", s.p50, reference.P50}, {"p99", s.p99, reference.P99}} {
		if c.found < c.band.Low || c.found > c.band.High {
			out = append(out, Reason{Code: ReasonStatistics, Args: []string{
				c.name, fmt.Sprintf("%.4g", c.found), fmt.Sprintf("%.4g", c.band.Low), fmt.Sprintf("%.4g", c.band.High)}})
		}
	}
	return out, nil
}

// valuesFit refuses a tensor with a value outside what the card allows, or one
// that is not a number.
func valuesFit(allowed *models.Range, input Tensor) *Reason {
	if allowed == nil {
		return nil
	}
	for _, v := range input.Data {
		if x := float64(v); !(x >= allowed.Min && x <= allowed.Max) {
			return because(ReasonValues, fmt.Sprintf("%g", v), fmt.Sprintf("%g", allowed.Min), fmt.Sprintf("%g", allowed.Max))
		}
	}
	return nil
}
