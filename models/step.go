package models

// Step is one preprocessing step: a name and the parameters that this name
// takes. A parameter that the step does not take is an error, and so is one that
// is missing unless it stands in brackets.
//
//	modality-values                      stored values through the ModalityLUT, float32
//	invert-monochrome1                   v -> max+min-v over the image, only when photometric is MONOCHROME1
//	rgb                                  colour values 0..255 float32, 3 samples
//	grey-to-rgb                          one sample copied to three
//	rgb-to-grey                          R*0.299 + G*0.587 + B*0.114, left to right, each product and sum rounded to float32
//	stain-normalise  method target max_concentrations io alpha beta
//	              see below
//	reorient      axes                   see below; volumes
//	resample-spacing  x y [z] interpolation
//	              see below; z for volumes and only for them
//	resize        width height interpolation antialias
//	              see below; of a volume slice by slice
//	pad           width height value place
//	              to exactly this size; an image that is larger is an error.
//	              place centre: floor((size-n)/2) before; corner: all of it after (right, below)
//	center-crop   width height           floor((n-size)/2) is left out before; an image that is smaller is an error
//	crop-or-pad   width height depth value
//	              volumes: each axis cropped as center-crop or padded as pad centre
//	clip          low high
//	percentile-clip  low high            percentiles 0..100 over all values, interpolated linearly in float64 at
//	              (n-1)*p/100 of the sorted values (numpy.percentile), rounded to float32; then as clip
//	window        window_center window_width low high
//	              ((v-center)/width + 0.5) clipped to 0..1, *(high-low) + low, in float64, rounded
//	              once to float32: LINEAR_EXACT of PS3.3 C.11.2.1.3.2
//	rescale       scale offset           v*scale + offset
//	min-max       low high               per image to [low, high]; a constant image is an error
//	z-score       [mask]                 per image, population standard deviation; a constant image is an error.
//	              mask "nonzero": mean and deviation over values that are not 0, and a value that is 0 stays 0
//	mean-std      mean std               per channel (v-mean)/std
//	layout        order                  one of Orders, always last
//
// The first step is the source, modality-values or rgb, and neither may come
// again. "Image" is what the step gets: a whole volume where the tensor is one.
// The arithmetic of each step is stated at inference.Preprocess; a step that the
// program does not compute yet is refused there by its name.
//
// resize: with antialias as Pillow's Image.resize on mode F, horizontal pass
// first, the filter's support scaled by the reduction (bilinear: triangle;
// bicubic: a = -0.5). Without it no wider filter, as OpenCV and
// torch.nn.functional.interpolate(align_corners=False): an output pixel i lies at
// (i+0.5)*in/out - 0.5 of the source, indices beyond the border are those of the
// border pixel, bicubic has a = -0.75. nearest: the source pixel
// floor((i+0.5)*in/out); antialias must be false.
//
// reorient: three letters, where columns, rows and slices go with growing index,
// one of L and R, one of A and P, one of S (to the head) and I. LPS is what DICOM
// has for an axial volume. A NIfTI array of RAS+ in numpy's [x, y, z] is the
// layout NCDHW of SAR, because W is the last axis. A volume that is turned
// against the patient's axes is ordered by the axis that each of its own is
// nearest to; nothing is interpolated. An axis nearest to none alone is an error.
//
// resample-spacing: mm between the centres of neighbours, x along columns. Of n
// values spaced s an axis keeps max(1, floor(n*s/t + 0.5)) at the spacing t, and
// output i lies at (i+0.5)*t/s - 0.5 of the source, clamped to 0..n-1: the outer
// edge of the first pixel stays. linear: x, then y, then z, each pass in float64
// and rounded to float32. nearest: floor((i+0.5)*t/s).
//
// stain-normalise: method macenko (Macenko et al., ISBI 2009) on values 0..255.
// Optical density -ln((v+1)/io) of each sample; pixels where one of the three is
// below beta are left out; the two eigenvectors of largest eigenvalue of their
// covariance (n-1), each with a positive red part; angles of the pixels in that
// plane; the directions at their percentiles alpha and 100-alpha, haematoxylin
// that with more red; concentrations of all pixels by least squares; each scaled
// by max_concentrations over its own 99th percentile; io*exp(-target*c), clipped
// to 0..255, not rounded to whole numbers. target has a row for each of R, G and
// B, with the densities of haematoxylin and eosin. All in float64. Fewer than 2
// pixels with stain are an error.
type Step struct {
	Name              string         `json:"step"`
	Width             *int           `json:"width,omitempty"`
	Height            *int           `json:"height,omitempty"`
	Depth             *int           `json:"depth,omitempty"`
	Interpolation     *string        `json:"interpolation,omitempty"`
	Antialias         *bool          `json:"antialias,omitempty"`
	Low               *float64       `json:"low,omitempty"`
	High              *float64       `json:"high,omitempty"`
	WindowCenter      *float64       `json:"window_center,omitempty"`
	WindowWidth       *float64       `json:"window_width,omitempty"`
	Scale             *float64       `json:"scale,omitempty"`
	Offset            *float64       `json:"offset,omitempty"`
	Mean              []float64      `json:"mean,omitempty"`
	Std               []float64      `json:"std,omitempty"`
	Mask              *string        `json:"mask,omitempty"`
	Value             *float64       `json:"value,omitempty"`
	Place             *string        `json:"place,omitempty"`
	X                 *float64       `json:"x,omitempty"`
	Y                 *float64       `json:"y,omitempty"`
	Z                 *float64       `json:"z,omitempty"`
	Axes              *string        `json:"axes,omitempty"`
	Method            *string        `json:"method,omitempty"`
	Target            *[3][2]float64 `json:"target,omitempty"`
	MaxConcentrations *[2]float64    `json:"max_concentrations,omitempty"`
	Io                *float64       `json:"io,omitempty"`
	Alpha             *float64       `json:"alpha,omitempty"`
	Beta              *float64       `json:"beta,omitempty"`
	Order             *string        `json:"order,omitempty"`
}

// StepNames lists the steps that a card may name.
func StepNames() []string {
	return []string{
		"modality-values", "invert-monochrome1", "rgb", "grey-to-rgb", "rgb-to-grey", "stain-normalise",
		"reorient", "resample-spacing", "resize", "pad", "center-crop", "crop-or-pad",
		"clip", "percentile-clip", "window", "rescale", "min-max", "z-score", "mean-std", "layout",
	}
}

// StepParameters lists which parameters a known step must have, and which it may
// have.
func StepParameters(name string) (required, optional []string, known bool) {
	switch name {
	case "modality-values", "invert-monochrome1", "rgb", "grey-to-rgb", "rgb-to-grey":
		return nil, nil, true
	case "stain-normalise":
		return []string{"method", "target", "max_concentrations", "io", "alpha", "beta"}, nil, true
	case "reorient":
		return []string{"axes"}, nil, true
	case "resample-spacing":
		return []string{"x", "y", "interpolation"}, []string{"z"}, true
	case "resize":
		return []string{"width", "height", "interpolation", "antialias"}, nil, true
	case "pad":
		return []string{"width", "height", "value", "place"}, nil, true
	case "center-crop":
		return []string{"width", "height"}, nil, true
	case "crop-or-pad":
		return []string{"width", "height", "depth", "value"}, nil, true
	case "clip", "min-max", "percentile-clip":
		return []string{"low", "high"}, nil, true
	case "window":
		return []string{"window_center", "window_width", "low", "high"}, nil, true
	case "rescale":
		return []string{"scale", "offset"}, nil, true
	case "z-score":
		return nil, []string{"mask"}, true
	case "mean-std":
		return []string{"mean", "std"}, nil, true
	case "layout":
		return []string{"order"}, nil, true
	}
	return nil, nil, false
}
