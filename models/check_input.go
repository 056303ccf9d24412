package models

import (
	"fmt"
	"slices"
	"strings"
)

func (c *Card) checkInput(p *problems) {
	in := &c.Input
	for key, list := range map[string][]string{
		"input.modalities": in.Modalities, "input.body_parts": in.BodyParts,
		"input.views": in.Views, "input.photometric": in.Photometric,
	} {
		for i, v := range list {
			if blank(v) || v != strings.ToUpper(strings.TrimSpace(v)) {
				p.add(fmt.Sprintf("%s[%d]", key, i), "%q is not an upper-case DICOM code string", v)
			}
		}
	}
	if a := in.AgeYears; a != nil && !(a.Min >= 0 && a.Min <= a.Max) {
		p.add("input.age_years", "%g..%g is not a range of ages", a.Min, a.Max)
	}
	for i, v := range in.Sex {
		p.one(fmt.Sprintf("input.sex[%d]", i), v, Sexes())
	}
	if r := in.Spacing; r != nil {
		p.interval("input.spacing_mm", r.Min, r.Max, 0.0001, 1000)
	}
	if r := in.SliceThickness; r != nil {
		p.interval("input.slice_thickness_mm", r.Min, r.Max, 0.0001, 1000)
	}
	if in.Contrast != "" {
		p.one("input.contrast", in.Contrast, ContrastRules())
	}
	if r := in.Frames; r != nil {
		p.interval("input.frames", float64(r.Min), float64(r.Max), 1, 100000)
	}
	if r := in.Slices; r != nil {
		p.interval("input.slices", float64(r.Min), float64(r.Max), 2, 100000)
	}
	if in.MinRows < 0 || in.MinColumns < 0 {
		p.add("input.min_rows", "%d x %d is negative", in.MinRows, in.MinColumns)
	}
	if in.MaxAspect != 0 && !(in.MaxAspect >= 1) {
		p.add("input.max_aspect", "%g is below 1", in.MaxAspect)
	}
	if in.AlwaysAmber && in.AmberReason == nil {
		p.add("input.amber_reason", "is missing although always_amber is true")
	}
	if in.AmberReason != nil {
		p.text("input.amber_reason", *in.AmberReason)
	}
	c.checkRegionCrop(p)
	c.checkStatistics(p)
	c.checkTensor(p)
}

func (c *Card) checkRegionCrop(p *problems) {
	r, wanted := c.Input.RegionCrop, c.Task == TaskRegion && c.Slide == nil
	if wanted != (r != nil) {
		p.add("input.region_crop", "is wanted for the task %q on images that are no slides, and left out elsewhere", TaskRegion)
		return
	}
	if r == nil {
		return
	}
	if r.Width < 1 || r.Width > side || r.Height < 1 || r.Height > side {
		p.add("input.region_crop", "%d x %d is not 1..%d", r.Width, r.Height, side)
	}
	if volumetric(c.Input.Tensor.Order) {
		p.add("input.region_crop", "belongs to images, not to volumes")
	}
	if !c.Input.MarkedRegion {
		p.add("input.marked_region", "must be true for the task %q", TaskRegion)
	}
}

func (c *Card) checkStatistics(p *problems) {
	s := c.Input.Statistics
	if s == nil {
		return
	}
	bands := []Band{s.Mean, s.Std, s.P01, s.P50, s.P99}
	for i, name := range []string{"mean", "std", "p01", "p50", "p99"} {
		if b := bands[i]; !(b.Low <= b.Value && b.Value <= b.High) {
			p.add("input.statistics."+name, "%g is outside its band %g..%g", b.Value, b.Low, b.High)
		}
	}
	if s.Std.Low < 0 {
		p.add("input.statistics.std.low", "%g is negative", s.Std.Low)
	}
	if !(s.P01.Value <= s.P50.Value && s.P50.Value <= s.P99.Value) {
		p.add("input.statistics.p50", "the percentiles do not rise")
	}
}

// checkTensor follows the shape of one sample through the steps and compares it
// with what the card says the session takes.
func (c *Card) checkTensor(p *problems) {
	t := c.Input.Tensor
	p.filled("input.tensor.name", t.Name)
	if t.Type != "" {
		p.one("input.tensor.type", t.Type, TensorTypes())
	}
	if v := t.Values; v != nil && !(v.Min < v.Max) {
		p.add("input.tensor.values", "%g..%g is not a range", v.Min, v.Max)
	}
	if err := CheckSteps(c.Input.Preprocess); err != nil {
		p.add("input.preprocess", "%v", err)
		return
	}
	made := c.followSteps(p)
	if t.Order != made.order {
		p.add("input.tensor.order", "%q is not %q, the layout of the last step", t.Order, made.order)
	}
	if w := c.Input.SlidingWindow; w != nil {
		if !c.checkWindow(p, made) {
			return
		}
		n := len(w.Size)
		made.height, made.width = int64(w.Size[n-2]), int64(w.Size[n-1])
		if n == 3 {
			made.depth = int64(w.Size[0])
		}
	}
	if want := made.shape(); !slices.Equal(t.Shape, want) {
		p.add("input.tensor.shape", "%v is not %v, which the steps make", t.Shape, want)
	}
	if c.Input.Slices != nil && !volumetric(made.order) {
		p.add("input.slices", "belongs to volumes, with the layout NCDHW or NDHWC")
	}
}

// sample is the shape of one image on its way through the steps; -1 is any size.
type sample struct {
	channels, depth, height, width int64
	order                          string
}

func (s sample) shape() []int64 {
	switch s.order {
	case "NHWC":
		return []int64{-1, s.height, s.width, s.channels}
	case "NCDHW":
		return []int64{-1, s.channels, s.depth, s.height, s.width}
	case "NDHWC":
		return []int64{-1, s.depth, s.height, s.width, s.channels}
	}
	return []int64{-1, s.channels, s.height, s.width}
}

func (c *Card) followSteps(p *problems) sample {
	at := sample{channels: 1, depth: -1, height: -1, width: -1}
	if c.Slide != nil {
		at.width, at.height = int64(c.Slide.PatchPixels), int64(c.Slide.PatchPixels)
	}
	if r := c.Input.RegionCrop; r != nil {
		at.width, at.height = int64(r.Width), int64(r.Height)
	}
	for _, s := range c.Input.Preprocess {
		switch s.Name {
		case "rgb", "grey-to-rgb":
			at.channels = 3
		case "rgb-to-grey":
			at.channels = 1
		case "reorient", "resample-spacing":
			at.depth, at.height, at.width = -1, -1, -1
		case "resize", "pad", "center-crop":
			at.width, at.height = int64(*s.Width), int64(*s.Height)
		case "crop-or-pad":
			at.width, at.height, at.depth = int64(*s.Width), int64(*s.Height), int64(*s.Depth)
		case "mean-std":
			if int64(len(s.Mean)) != at.channels {
				p.add("input.preprocess", "step \"mean-std\" has %d values for %d channels", len(s.Mean), at.channels)
			}
		case "layout":
			at.order = *s.Order
		}
	}
	return at
}

func (c *Card) checkWindow(p *problems, made sample) bool {
	w, axes := c.Input.SlidingWindow, 2
	if volumetric(made.order) {
		axes = 3
	}
	if !(w.Overlap >= 0 && w.Overlap <= 0.9) {
		p.add("input.sliding_window.overlap", "%g is not 0..0.9", w.Overlap)
	}
	if c.Task != TaskSegmentation {
		p.add("input.sliding_window", "belongs to the task %q", TaskSegmentation)
	}
	if len(w.Size) != axes {
		p.add("input.sliding_window.size", "has %d values; the layout %s wants %d", len(w.Size), made.order, axes)
		return false
	}
	for _, n := range w.Size {
		if n < 1 || n > side {
			p.add("input.sliding_window.size", "%d is not 1..%d", n, side)
			return false
		}
	}
	return true
}

func (c *Card) checkSlide(p *problems) {
	s := c.Slide
	if s == nil {
		if c.Task == TaskSlideTyping {
			p.add("slide", "is missing; the task %q needs it", c.Task)
		}
		return
	}
	if s.PatchPixels < 1 || s.PatchPixels > 4096 {
		p.add("slide.patch_pixels", "%d is not 1..4096", s.PatchPixels)
	}
	if !(s.MicrometresPerPixel >= 0 && s.MicrometresPerPixel <= 100) {
		p.add("slide.micrometres_per_pixel", "%g is not 0..100", s.MicrometresPerPixel)
	}
	if s.MicrometresPerPixel == 0 && !(c.Input.MarkedRegion && c.Input.AlwaysAmber) {
		p.add("slide.micrometres_per_pixel", "is 0 (unknown): input.marked_region and input.always_amber must then be true")
	}
	p.filled("slide.stain", s.Stain)
	p.share("slide.tissue_fraction", s.TissueFraction)
	p.share("slide.tissue_saturation", s.TissueSaturation)
	if s.Batch < 1 || s.Batch > 1024 {
		p.add("slide.batch", "%d is not 1..1024", s.Batch)
	}
	if !(s.ScaleTolerance >= 0 && s.ScaleTolerance <= 0.5) {
		p.add("slide.scale_tolerance", "%g is not 0..0.5", s.ScaleTolerance)
	}
	p.one("slide.aggregation", s.Aggregation, Aggregations())
	if s.Aggregation == "top-k" && (s.TopK < 1 || s.TopK > 10000) || s.Aggregation != "top-k" && s.TopK != 0 {
		p.add("slide.top_k", "%d: it is 1..10000 for the aggregation top-k, and left out for others", s.TopK)
	}
	if len(s.Organs) == 0 {
		p.add("slide.organs", "names none")
	}
	for i, o := range s.Organs {
		key := fmt.Sprintf("slide.organs[%d]", i)
		p.filled(key, o)
		if slices.Contains(s.Organs[:i], o) {
			p.add(key, "%q is given twice", o)
		}
	}
}
