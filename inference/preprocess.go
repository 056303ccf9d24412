package inference

import (
	"context"
	"errors"
	"fmt"
	"math"

	"longying/models"
)

// StepError says which preprocessing step could not be done on an image.
type StepError struct {
	Step string
	Err  error
}

// Error names the step.
func (e *StepError) Error() string {
	return fmt.Sprintf("preprocessing step %s: %v", e.Step, e.Err)
}

// Unwrap is the cause.
func (e *StepError) Unwrap() error { return e.Err }

var errConstant = errors.New("all pixels have the same value")

// Preprocess turns one image into a tensor of shape [1, C, H, W] or
// [1, H, W, C], by the card's steps in their order. An unknown step is an error,
// and so is an image that a step cannot be applied to (*StepError). It returns
// ctx.Err() soon after ctx is done.
//
// The arithmetic, which the reference tensors in testdata pin down:
//
//	modality-values     float64, rounded once to float32
//	invert-monochrome1  float32: (max+min)-v
//	rgb                 see imaging.RGBFromYBRFull: integers 0..255
//	resize              see resize and triangle: coefficients and sums float64, each pass float32
//	clip                float32 bounds
//	rescale             float32: v*scale rounded, + offset rounded
//	min-max             float32: (v-min)/(max-min)*(high-low)+low, each operation rounded; over all channels
//	z-score             mean and population standard deviation in float64 over all channels; (v-mean)/std in float64, rounded once
//	mean-std            float32: v-mean rounded, /std rounded
func Preprocess(ctx context.Context, src Image, steps []models.Step) (Tensor, error) {
	if err := models.CheckSteps(steps); err != nil {
		return Tensor{}, fmt.Errorf("preprocessing steps %w", err)
	}
	if src.Frame == nil {
		return Tensor{}, &StepError{steps[0].Name, errors.New("there is no frame")}
	}
	if err := src.Frame.Check(); err != nil {
		return Tensor{}, &StepError{steps[0].Name, err}
	}
	var r *raster
	for _, s := range steps {
		if err := ctx.Err(); err != nil {
			return Tensor{}, err
		}
		if v := unknownVariant(s); v != "" {
			return Tensor{}, &StepError{s.Name, fmt.Errorf("%s is not known to this version", v)}
		}
		var err error
		switch s.Name {
		case "modality-values":
			r, err = modalityValues(src)
		case "rgb":
			r, err = colourValues(ctx, src)
		case "invert-monochrome1":
			if r.photometric == "MONOCHROME1" {
				low, high := r.extremes()
				r.each(func(_ int, v float32) float32 { return (high + low) - v })
			}
		case "grey-to-rgb":
			r.planes = [][]float32{r.planes[0], append([]float32(nil), r.planes[0]...), append([]float32(nil), r.planes[0]...)}
		case "resize":
			err = r.resize(ctx, *s.Width, *s.Height, func(in, out int) []weights { return antialiased(triangleFilter(), in, out) })
		case "clip":
			low, high := float32(*s.Low), float32(*s.High)
			r.each(func(_ int, v float32) float32 { return min(max(v, low), high) })
		case "rescale":
			scale, offset := float32(*s.Scale), float32(*s.Offset)
			r.each(func(_ int, v float32) float32 { return float32(v*scale) + offset })
		case "min-max":
			err = r.minMax(float32(*s.Low), float32(*s.High))
		case "z-score":
			err = r.zScore()
		case "mean-std":
			if len(s.Mean) != len(r.planes) {
				err = fmt.Errorf("%d values for %d channels", len(s.Mean), len(r.planes))
				break
			}
			r.each(func(c int, v float32) float32 { return float32(v-float32(s.Mean[c])) / float32(s.Std[c]) })
		case "layout":
			return r.tensor(*s.Order), nil
		default:
			err = errors.New("not known to this version")
		}
		if err != nil {
			if ctx.Err() != nil {
				return Tensor{}, ctx.Err()
			}
			return Tensor{}, &StepError{s.Name, err}
		}
	}
	return Tensor{}, &StepError{steps[len(steps)-1].Name, errors.New("the steps do not end in a layout")}
}

func (r *raster) each(f func(channel int, v float32) float32) {
	for c, plane := range r.planes {
		for i, v := range plane {
			plane[i] = f(c, v)
		}
	}
}

func (r *raster) extremes() (low, high float32) {
	low, high = r.planes[0][0], r.planes[0][0]
	for _, plane := range r.planes {
		for _, v := range plane {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

func (r *raster) minMax(low, high float32) error {
	least, most := r.extremes()
	if least == most {
		return errConstant
	}
	r.each(func(_ int, v float32) float32 {
		return float32(float32(v-least)/(most-least)*(high-low)) + low
	})
	return nil
}

func (r *raster) zScore() error {
	if low, high := r.extremes(); low == high {
		return errConstant
	}
	n, sum := 0, 0.0
	for _, plane := range r.planes {
		n += len(plane)
		for _, v := range plane {
			sum += float64(v)
		}
	}
	mean, squares := sum/float64(n), 0.0
	for _, plane := range r.planes {
		for _, v := range plane {
			d := float64(v) - mean
			squares += float64(d * d)
		}
	}
	std := math.Sqrt(squares / float64(n))
	r.each(func(_ int, v float32) float32 { return float32((float64(v) - mean) / std) })
	return nil
}

func (r *raster) tensor(order string) Tensor {
	n, channels := r.rows*r.columns, len(r.planes)
	data := make([]float32, n*channels)
	h, w, c := int64(r.rows), int64(r.columns), int64(channels)
	if order == "NHWC" {
		for i, plane := range r.planes {
			for k, v := range plane {
				data[k*channels+i] = v
			}
		}
		return Tensor{Shape: []int64{1, h, w, c}, Data: data}
	}
	for i, plane := range r.planes {
		copy(data[i*n:], plane)
	}
	return Tensor{Shape: []int64{1, c, h, w}, Data: data}
}
