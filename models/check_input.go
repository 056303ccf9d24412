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
	c.checkTensor(p)
}

// checkTensor follows the shape of one sample through the steps and compares it
// with what the card says the session takes.
func (c *Card) checkTensor(p *problems) {
	t := c.Input.Tensor
	p.filled("input.tensor.name", t.Name)
	if err := CheckSteps(c.Input.Preprocess); err != nil {
		p.add("input.preprocess", "%v", err)
		return
	}
	channels, width, height, order := int64(1), int64(-1), int64(-1), ""
	if c.Slide != nil {
		width, height = int64(c.Slide.PatchPixels), int64(c.Slide.PatchPixels)
	}
	for _, s := range c.Input.Preprocess {
		switch s.Name {
		case "rgb", "grey-to-rgb":
			channels = 3
		case "resize":
			width, height = int64(*s.Width), int64(*s.Height)
		case "mean-std":
			if int64(len(s.Mean)) != channels {
				p.add("input.preprocess", "step \"mean-std\" has %d values for %d channels", len(s.Mean), channels)
			}
		case "layout":
			order = *s.Order
		}
	}
	if t.Order != order {
		p.add("input.tensor.order", "%q is not %q, the layout of the last step", t.Order, order)
	}
	want := []int64{-1, channels, height, width}
	if order == "NHWC" {
		want = []int64{-1, height, width, channels}
	}
	if !slices.Equal(t.Shape, want) {
		p.add("input.tensor.shape", "%v is not %v, which the steps make", t.Shape, want)
	}
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
	if s.Aggregation != "mean" {
		p.add("slide.aggregation", "%q is not \"mean\"", s.Aggregation)
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
