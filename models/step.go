package models

import (
	"fmt"
	"math"
)

// Step is one preprocessing step: a name and the parameters that this name
// takes. A parameter that the step does not take is an error.
//
//	modality-values                      stored values through the ModalityLUT, float32
//	invert-monochrome1                   v -> max+min-v over the image, only when photometric is MONOCHROME1
//	rgb                                  colour values 0..255 float32, 3 samples
//	grey-to-rgb                          one sample copied to three
//	resize        width height interpolation=bilinear antialias=true
//	              separable triangle filter, support scaled by the reduction,
//	              as Pillow's Image.resize(BILINEAR) on mode F, horizontal pass first
//	clip          low high
//	rescale       scale offset           v*scale + offset
//	min-max       low high               per image to [low, high]; a constant image is an error
//	z-score                              per image, population standard deviation; a constant image is an error
//	mean-std      mean std               per channel (v-mean)/std
//	layout        order                  NCHW or NHWC, always last
//
// The first step is the source, modality-values or rgb, and neither may come
// again. The arithmetic of each step is stated at inference.Preprocess.
type Step struct {
	Name          string    `json:"step"`
	Width         *int      `json:"width,omitempty"`
	Height        *int      `json:"height,omitempty"`
	Interpolation *string   `json:"interpolation,omitempty"`
	Antialias     *bool     `json:"antialias,omitempty"`
	Low           *float64  `json:"low,omitempty"`
	High          *float64  `json:"high,omitempty"`
	Scale         *float64  `json:"scale,omitempty"`
	Offset        *float64  `json:"offset,omitempty"`
	Mean          []float64 `json:"mean,omitempty"`
	Std           []float64 `json:"std,omitempty"`
	Order         *string   `json:"order,omitempty"`
}

// stepParameters lists which parameters each known step takes: all of them are
// required.
func stepParameters(name string) ([]string, bool) {
	switch name {
	case "modality-values", "invert-monochrome1", "rgb", "grey-to-rgb", "z-score":
		return nil, true
	case "resize":
		return []string{"width", "height", "interpolation", "antialias"}, true
	case "clip", "min-max":
		return []string{"low", "high"}, true
	case "rescale":
		return []string{"scale", "offset"}, true
	case "mean-std":
		return []string{"mean", "std"}, true
	case "layout":
		return []string{"order"}, true
	}
	return nil, false
}

func (s Step) given() map[string]bool {
	return map[string]bool{
		"width": s.Width != nil, "height": s.Height != nil,
		"interpolation": s.Interpolation != nil, "antialias": s.Antialias != nil,
		"low": s.Low != nil, "high": s.High != nil,
		"scale": s.Scale != nil, "offset": s.Offset != nil,
		"mean": s.Mean != nil, "std": s.Std != nil, "order": s.Order != nil,
	}
}

// Check reports an unknown step, a missing or surplus parameter, or a value
// outside what the step allows.
func (s Step) Check() error {
	want, known := stepParameters(s.Name)
	if !known {
		return fmt.Errorf("preprocessing step %q is not known to this version; the model is not run, because a skipped step changes the answer", s.Name)
	}
	given := s.given()
	for _, p := range want {
		if !given[p] {
			return fmt.Errorf("preprocessing step %q lacks its parameter %q", s.Name, p)
		}
		delete(given, p)
	}
	for p, g := range given {
		if g {
			return fmt.Errorf("preprocessing step %q does not take the parameter %q", s.Name, p)
		}
	}
	bad := func(what string) error { return fmt.Errorf("preprocessing step %q: %s", s.Name, what) }
	switch s.Name {
	case "resize":
		if *s.Width < 1 || *s.Height < 1 || *s.Width > 8192 || *s.Height > 8192 {
			return bad("width and height must be 1..8192")
		}
		if *s.Interpolation != "bilinear" || !*s.Antialias {
			return bad("only bilinear with antialias is known")
		}
	case "clip", "min-max":
		if !(*s.Low < *s.High) {
			return bad("low must be below high")
		}
	case "mean-std":
		if len(s.Mean) != len(s.Std) || len(s.Mean) == 0 {
			return bad("mean and std must have one value for each channel")
		}
		for _, v := range s.Std {
			if !(v > 0) || math.IsInf(v, 0) {
				return bad("every std must be above 0")
			}
		}
	case "layout":
		if *s.Order != "NCHW" && *s.Order != "NHWC" {
			return bad("order must be NCHW or NHWC")
		}
	}
	return nil
}

// CheckSteps reports steps that cannot follow each other: each must pass Check,
// the first must be modality-values or rgb and no other may be, invert-monochrome1
// and grey-to-rgb need one channel, and layout is the last and only the last.
func CheckSteps(steps []Step) error {
	if len(steps) == 0 {
		return fmt.Errorf("there are no preprocessing steps")
	}
	grey := steps[0].Name == "modality-values"
	for i, s := range steps {
		if err := s.Check(); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
		source := s.Name == "modality-values" || s.Name == "rgb"
		last := i == len(steps)-1
		switch {
		case i == 0 && !source:
			return fmt.Errorf("[0]: the first step is %q; it must be modality-values or rgb", s.Name)
		case i > 0 && source:
			return fmt.Errorf("[%d]: step %q can only be the first", i, s.Name)
		case (s.Name == "layout") != last:
			return fmt.Errorf("[%d]: step %q: layout must be the last step and only the last", i, s.Name)
		case (s.Name == "invert-monochrome1" || s.Name == "grey-to-rgb") && !grey:
			return fmt.Errorf("[%d]: step %q needs one channel", i, s.Name)
		}
		grey = grey && s.Name != "grey-to-rgb"
	}
	return nil
}
