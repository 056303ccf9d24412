package models

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// given is which parameters a step has.
func (s *Step) given() map[string]bool {
	out := map[string]bool{}
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if name, optional, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); optional != "" {
			out[name] = !v.Field(i).IsNil()
		}
	}
	return out
}

// Check reports an unknown step, a missing or surplus parameter, or a value
// outside what the step allows.
func (s Step) Check() error {
	required, optional, known := StepParameters(s.Name)
	if !known {
		return fmt.Errorf("preprocessing step %q is not known to this version; the model is not run, because a skipped step changes the answer", s.Name)
	}
	given := s.given()
	for _, p := range required {
		if !given[p] {
			return fmt.Errorf("preprocessing step %q lacks its parameter %q", s.Name, p)
		}
	}
	for p, g := range given {
		if g && !slices.Contains(required, p) && !slices.Contains(optional, p) {
			return fmt.Errorf("preprocessing step %q does not take the parameter %q", s.Name, p)
		}
	}
	if wrong := s.wrong(); wrong != "" {
		return fmt.Errorf("preprocessing step %q: %s", s.Name, wrong)
	}
	return nil
}

// side is the longest side of an image or volume that a step may make.
const side = 8192

// wrong says which value the step does not allow; its parameters are complete.
func (s *Step) wrong() string {
	for _, n := range []*int{s.Width, s.Height, s.Depth} {
		if n != nil && (*n < 1 || *n > side) {
			return fmt.Sprintf("width, height and depth must be 1..%d", side)
		}
	}
	switch s.Name {
	case "resize":
		return s.wrongResize()
	case "resample-spacing":
		return s.wrongSpacing()
	case "reorient":
		if !knownAxes(*s.Axes) {
			return "axes must be three letters, one of L and R, one of A and P, one of S and I, such as LPS"
		}
	case "pad":
		if *s.Place != "centre" && *s.Place != "corner" {
			return "place must be centre or corner"
		}
	case "clip", "min-max":
		if !(*s.Low < *s.High) {
			return "low must be below high"
		}
	case "percentile-clip":
		if !(*s.Low >= 0 && *s.Low < *s.High && *s.High <= 100) {
			return "low and high are percentiles, 0..100, low below high"
		}
	case "window":
		if !(*s.WindowWidth > 0) || !(*s.Low < *s.High) {
			return "window_width must be above 0, and low below high"
		}
	case "rescale":
		if *s.Scale == 0 {
			return "a scale of 0 makes every image the same"
		}
	case "z-score":
		if s.Mask != nil && *s.Mask != "nonzero" {
			return "mask can only be nonzero"
		}
	case "mean-std":
		return s.wrongMeanStd()
	case "stain-normalise":
		return s.wrongStain()
	case "layout":
		if !slices.Contains(Orders(), *s.Order) {
			return "order must be one of " + strings.Join(Orders(), ", ")
		}
	}
	return ""
}

func (s *Step) wrongResize() string {
	switch *s.Interpolation {
	case "bilinear", "bicubic":
	case "nearest":
		if *s.Antialias {
			return "nearest has no antialias"
		}
	default:
		return "interpolation must be nearest, bilinear or bicubic"
	}
	return ""
}

func (s *Step) wrongSpacing() string {
	for _, mm := range []*float64{s.X, s.Y, s.Z} {
		if mm != nil && !(*mm >= 0.001 && *mm <= 1000) {
			return "x, y and z must be 0.001..1000 mm"
		}
	}
	if i := *s.Interpolation; i != "linear" && i != "nearest" {
		return "interpolation must be linear or nearest"
	}
	return ""
}

func (s *Step) wrongMeanStd() string {
	if len(s.Mean) != len(s.Std) || len(s.Mean) == 0 {
		return "mean and std must have one value for each channel"
	}
	for _, v := range s.Std {
		if !(v > 0) || math.IsInf(v, 0) {
			return "every std must be above 0"
		}
	}
	return ""
}

func (s *Step) wrongStain() string {
	if *s.Method != "macenko" {
		return "method must be macenko"
	}
	for _, row := range s.Target {
		if !(row[0] >= 0 && row[0] <= 1 && row[1] >= 0 && row[1] <= 1) {
			return "the densities of target must be 0..1"
		}
	}
	m := s.MaxConcentrations
	if !(m[0] > 0 && m[1] > 0) || !(*s.Io > 0 && *s.Io <= 256) {
		return "max_concentrations must be above 0, and io 1..256"
	}
	if !(*s.Alpha >= 0 && *s.Alpha < 50) || !(*s.Beta >= 0) {
		return "alpha is a percentile below 50, and beta not below 0"
	}
	return ""
}

// knownAxes reports three letters of which each patient axis has one.
func knownAxes(axes string) bool {
	seen := [3]bool{}
	for _, letter := range axes {
		i := strings.IndexRune("LRAPSI", letter)
		if i < 0 {
			return false
		}
		seen[i/2] = true
	}
	return len(axes) == 3 && seen == [3]bool{true, true, true}
}

// CheckSteps reports steps that cannot follow each other: each must pass Check,
// the first must be modality-values or rgb and no other may be, invert-monochrome1
// and grey-to-rgb need one channel, rgb-to-grey and stain-normalise three; reorient
// and crop-or-pad, and the z of resample-spacing, belong to volumes; layout is the
// last and only the last.
func CheckSteps(steps []Step) error {
	if len(steps) == 0 {
		return fmt.Errorf("there are no preprocessing steps")
	}
	if len(steps) > 32 {
		return fmt.Errorf("there are more than 32 preprocessing steps")
	}
	last := &steps[len(steps)-1]
	volume := last.Order != nil && volumetric(*last.Order)
	grey := steps[0].Name == "modality-values"
	for i, s := range steps {
		if err := s.Check(); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
		source := s.Name == "modality-values" || s.Name == "rgb"
		switch {
		case i == 0 && !source:
			return fmt.Errorf("[0]: the first step is %q; it must be modality-values or rgb", s.Name)
		case i > 0 && source:
			return fmt.Errorf("[%d]: step %q can only be the first", i, s.Name)
		case (s.Name == "layout") != (i == len(steps)-1):
			return fmt.Errorf("[%d]: step %q: layout must be the last step and only the last", i, s.Name)
		case (s.Name == "invert-monochrome1" || s.Name == "grey-to-rgb") && !grey:
			return fmt.Errorf("[%d]: step %q needs one channel", i, s.Name)
		case (s.Name == "rgb-to-grey" || s.Name == "stain-normalise") && grey:
			return fmt.Errorf("[%d]: step %q needs three channels", i, s.Name)
		case (s.Name == "reorient" || s.Name == "crop-or-pad") && !volume:
			return fmt.Errorf("[%d]: step %q is for volumes, with the layout NCDHW or NDHWC", i, s.Name)
		case s.Name == "resample-spacing" && (s.Z != nil) != volume:
			return fmt.Errorf("[%d]: step %q has z for volumes, with the layout NCDHW or NDHWC, and only for them", i, s.Name)
		}
		switch s.Name {
		case "grey-to-rgb":
			grey = false
		case "rgb-to-grey":
			grey = true
		}
	}
	return nil
}
