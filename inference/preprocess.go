package inference

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

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
// [1, H, W, C], by the card's steps in their order, and says where the tensor's
// pixels lie in the image. An unknown step is an error, and so is an image that a
// step cannot be applied to (*StepError). It returns ctx.Err() soon after ctx is
// done.
//
// The arithmetic of each step is stated at models.Step and at the method here
// that does it; the reference tensors in testdata pin it down. The older steps:
//
//	modality-values     float64, rounded once to float32
//	invert-monochrome1  float32: (max+min)-v
//	rgb                 see imaging.RGBFromYBRFull: integers 0..255
//	clip                float32 bounds
//	rescale             float32: v*scale rounded, + offset rounded
//	min-max             float32: (v-min)/(max-min)*(high-low)+low, each operation rounded; over all channels
//	z-score             mean and population standard deviation in float64 over all channels; (v-mean)/std in float64, rounded once
//	mean-std            float32: v-mean rounded, /std rounded
func Preprocess(ctx context.Context, src Image, steps []models.Step) (Tensor, Placement, error) {
	return prepare(ctx, steps, func(source models.Step) (*raster, error) {
		if src.Frame == nil {
			return nil, errors.New("there is no frame")
		}
		if err := src.Frame.Check(); err != nil {
			return nil, err
		}
		if volumetric(steps) {
			return nil, errors.New("the model takes a volume, this is one image")
		}
		if source.Name == "rgb" {
			return colourValues(ctx, src)
		}
		return modalityValues(src)
	})
}

// PreprocessVolume is Preprocess for a volume: a tensor of shape [1, C, D, H, W]
// or [1, D, H, W, C].
func PreprocessVolume(ctx context.Context, src *Volume, steps []models.Step) (Tensor, Placement, error) {
	return prepare(ctx, steps, func(source models.Step) (*raster, error) {
		if !volumetric(steps) {
			return nil, errors.New("the model takes one image, this is a volume")
		}
		if source.Name == "rgb" {
			return nil, errors.New("a volume holds no colours")
		}
		return src.raster()
	})
}

func volumetric(steps []models.Step) bool {
	order := steps[len(steps)-1].Order
	return order != nil && len(*order) == 5
}

// prepare does the steps, the first by source.
func prepare(ctx context.Context, steps []models.Step, source func(models.Step) (*raster, error)) (Tensor, Placement, error) {
	if err := models.CheckSteps(steps); err != nil {
		return Tensor{}, Placement{}, fmt.Errorf("preprocessing steps %w", err)
	}
	var r *raster
	var from [3]int
	for i, s := range steps {
		if err := ctx.Err(); err != nil {
			return Tensor{}, Placement{}, err
		}
		if s.Name == "layout" {
			return r.tensor(*s.Order), r.placement(from), nil
		}
		var err error
		if i == 0 {
			if r, err = source(s); err == nil {
				from = r.size()
			}
		} else {
			err = r.step(ctx, s)
		}
		if err != nil {
			if ctx.Err() != nil {
				return Tensor{}, Placement{}, ctx.Err()
			}
			return Tensor{}, Placement{}, &StepError{s.Name, err}
		}
	}
	return Tensor{}, Placement{}, &StepError{steps[len(steps)-1].Name, errors.New("the steps do not end in a layout")}
}

// step does one step that is neither the first nor the layout; models.CheckSteps
// has passed it.
func (r *raster) step(ctx context.Context, s models.Step) error {
	switch s.Name {
	case "invert-monochrome1", "grey-to-rgb", "resize", "clip", "window", "rescale", "min-max", "mean-std":
	default:
		r.settle()
	}
	switch s.Name {
	case "invert-monochrome1":
		if r.photometric == "MONOCHROME1" {
			low, high := r.extremes()
			r.each(func(_ int, part []float32) {
				for i, v := range part {
					part[i] = (high + low) - v
				}
			})
		}
	case "grey-to-rgb":
		if t := r.stored; t != nil {
			t.tables = [][]float32{t.tables[0], slices.Clone(t.tables[0]), slices.Clone(t.tables[0])}
			break
		}
		r.planes = [][]float32{r.planes[0], slices.Clone(r.planes[0]), slices.Clone(r.planes[0])}
	case "rgb-to-grey":
		return r.grey()
	case "stain-normalise":
		return r.stainNormalise(stainsOf(s.Target, s.MaxConcentrations), *s.Io, *s.Alpha, *s.Beta)
	case "reorient":
		return r.reorient(*s.Axes)
	case "resample-spacing":
		to := [3]float64{*s.X, *s.Y, 0}
		if s.Z != nil {
			to[2] = *s.Z
		}
		return r.resample(ctx, to, *s.Interpolation == "linear")
	case "resize":
		return r.resize(ctx, *s.Width, *s.Height, resampling(*s.Interpolation, *s.Antialias))
	case "pad":
		return r.pad([3]int{*s.Width, *s.Height, r.slices}, *s.Place == "centre", float32(*s.Value))
	case "center-crop":
		return r.centreCrop([3]int{*s.Width, *s.Height, r.slices})
	case "crop-or-pad":
		r.cropOrPad([3]int{*s.Width, *s.Height, *s.Depth}, float32(*s.Value))
	case "clip":
		low, high := float32(*s.Low), float32(*s.High)
		r.each(func(_ int, part []float32) {
			for i, v := range part {
				part[i] = min(max(v, low), high)
			}
		})
	case "percentile-clip":
		return r.percentileClip(*s.Low, *s.High)
	case "window":
		r.window(*s.WindowCenter, *s.WindowWidth, *s.Low, *s.High)
	case "rescale":
		scale, offset := float32(*s.Scale), float32(*s.Offset)
		r.each(func(_ int, part []float32) {
			for i, v := range part {
				part[i] = float32(v*scale) + offset
			}
		})
	case "min-max":
		return r.minMax(float32(*s.Low), float32(*s.High))
	case "z-score":
		if s.Mask != nil {
			return r.zScoreOfNonzero()
		}
		return r.zScore()
	case "mean-std":
		if len(s.Mean) != r.channels() {
			return fmt.Errorf("%d values for %d channels", len(s.Mean), r.channels())
		}
		r.each(func(c int, part []float32) {
			mean, std := float32(s.Mean[c]), float32(s.Std[c])
			for i, v := range part {
				part[i] = float32(v-mean) / std
			}
		})
	default:
		return errors.New("not known to this version")
	}
	return nil
}

// each calls f with parts of each channel, from several goroutines: what f does to
// a value depends on that value alone.
func (r *raster) each(f func(channel int, part []float32)) {
	if r.stored != nil {
		for c, table := range r.stored.tables {
			f(c, table)
		}
		return
	}
	for c, plane := range r.planes {
		inParts(len(plane), func(from, to int) { f(c, plane[from:to]) })
	}
}

// constant reports that all values of all planes are the same.
func (r *raster) constant() bool {
	for _, plane := range r.planes {
		for _, v := range plane {
			if v != r.planes[0][0] {
				return false
			}
		}
	}
	return true
}

func (r *raster) extremes() (low, high float32) {
	if r.stored != nil {
		return r.stored.extremes()
	}
	low, high = r.planes[0][0], r.planes[0][0]
	var mu sync.Mutex
	for _, plane := range r.planes {
		inParts(len(plane), func(from, to int) {
			l, h := plane[from], plane[from]
			for _, v := range plane[from:to] {
				l, h = min(l, v), max(h, v)
			}
			mu.Lock()
			low, high = min(low, l), max(high, h)
			mu.Unlock()
		})
	}
	return low, high
}

func (r *raster) minMax(low, high float32) error {
	least, most := r.extremes()
	if least == most {
		return errConstant
	}
	span, wanted := most-least, high-low
	r.each(func(_ int, part []float32) {
		for i, v := range part {
			part[i] = float32(float32(v-least)/span*wanted) + low
		}
	})
	return nil
}

func (r *raster) zScore() error {
	if r.constant() {
		return errConstant
	}
	n := 0
	for _, plane := range r.planes {
		n += len(plane)
	}
	mean := r.sum(func(part []float32) (sum float64) {
		for _, v := range part {
			sum += float64(v)
		}
		return sum
	}) / float64(n)
	squares := r.sum(func(part []float32) (sum float64) {
		for _, v := range part {
			d := float64(v) - mean
			sum += float64(d * d)
		}
		return sum
	})
	std := math.Sqrt(squares / float64(n))
	r.each(func(_ int, part []float32) {
		for i, v := range part {
			part[i] = float32((float64(v) - mean) / std)
		}
	})
	return nil
}

// sum adds what f gives for pieces of a fixed length, in their order, so that it
// does not depend on the processors.
func (r *raster) sum(f func(part []float32) float64) float64 {
	const piece = 1 << 14
	total := 0.0
	for _, plane := range r.planes {
		sums := make([]float64, (len(plane)+piece-1)/piece)
		inParts(len(plane), func(from, to int) {
			for k := (from + piece - 1) / piece; k < (to+piece-1)/piece; k++ {
				sums[k] = f(plane[k*piece : min((k+1)*piece, len(plane))])
			}
		})
		for _, s := range sums {
			total += s
		}
	}
	return total
}

// tensor lays the raster out: channels before or after the pixels.
func (r *raster) tensor(order string) Tensor {
	n, channels := r.rows*r.columns*r.slices, r.channels()
	if order[len(order)-1] == 'C' {
		r.settle()
	}
	shape := []int64{int64(r.rows), int64(r.columns)}
	if len(order) == 5 {
		shape = append([]int64{int64(r.slices)}, shape...)
	}
	if channels == 1 && r.stored == nil && order[len(order)-1] != 'C' {
		return Tensor{Shape: append([]int64{1, 1}, shape...), Data: r.planes[0]} // nothing else uses it any more
	}
	data := make([]float32, n*channels)
	if order[len(order)-1] == 'C' {
		for i, plane := range r.planes {
			for k, v := range plane {
				data[k*channels+i] = v
			}
		}
		return Tensor{Shape: append(append([]int64{1}, shape...), int64(channels)), Data: data}
	}
	if t := r.stored; t != nil {
		for p, table := range t.tables {
			inParts(n, func(from, to int) { t.lookup(t.channel(p), table, from, data[p*n+from:p*n+to]) })
		}
	} else {
		for i, plane := range r.planes {
			copy(data[i*n:], plane)
		}
	}
	return Tensor{Shape: append([]int64{1, int64(channels)}, shape...), Data: data}
}
