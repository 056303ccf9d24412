package models

import (
	"fmt"
	"math"
	"regexp"
	"slices"
)

// belongs says which of Output's optional keys a kind may have.
func belongs(kind OutputKind) []string {
	switch kind {
	case OutputProbabilities:
		return []string{"classes", "unsure_below", "unsure_margin", "only_if", "occlusion"}
	case OutputLogits:
		return []string{"classes", "activation", "temperature", "unsure_below", "unsure_margin", "only_if", "occlusion"}
	case OutputEmbedding:
		return []string{"classes", "activation", "temperature", "unsure_below", "unsure_margin", "head"}
	case OutputActivationMap:
		return []string{"for_class", "box_fraction"}
	case OutputBoxes, OutputLabels:
		return []string{"group"}
	case OutputScores:
		return []string{"group", "classes", "activation"}
	case OutputSegmentation:
		return []string{"classes", "activation"}
	case OutputMeasurement:
		return []string{"measurements", "only_if"}
	}
	return nil
}

func (o *Output) present() map[string]bool {
	return map[string]bool{
		"activation": o.Activation != "", "temperature": o.Temperature != 0, "classes": len(o.Classes) > 0,
		"for_class": o.ForClass != "", "box_fraction": o.BoxFraction != 0,
		"unsure_below": o.UnsureBelow != 0, "unsure_margin": o.UnsureGap != 0,
		"group": o.Group != "", "measurements": len(o.Measurements) > 0, "head": o.Head != nil,
		"only_if": o.OnlyIf != "", "occlusion": o.Occlusion != nil,
	}
}

func (c *Card) checkOutputs(p *problems) {
	seen, names, count := map[string]bool{}, map[string]bool{}, map[OutputKind]int{}
	for i := range c.Outputs {
		o, key := &c.Outputs[i], fmt.Sprintf("outputs[%d]", i)
		p.filled(key+".name", o.Name)
		if names[o.Name] {
			p.add(key+".name", "%q is given twice", o.Name)
		}
		names[o.Name] = true
		if !slices.Contains(OutputKinds(), o.Kind) {
			p.add(key+".kind", "%q is not known to this version", o.Kind)
			continue
		}
		count[o.Kind]++
		for name, present := range o.present() {
			if present && !slices.Contains(belongs(o.Kind), name) {
				p.add(key+"."+name, "does not belong to an output of kind %q", o.Kind)
			}
		}
		c.checkOutput(p, key, o, seen, count)
	}
	for i, o := range c.Outputs {
		if o.Kind == OutputActivationMap && !c.hasClass(o.ForClass) {
			p.add(fmt.Sprintf("outputs[%d].for_class", i), "%q is not the key of a class", o.ForClass)
		}
	}
	c.checkConditions(p)
	c.checkTask(p, count)
	c.checkDetection(p)
}

// checkConditions reports heads that depend on a class which no head before them
// can propose, and heads of slides that depend on one.
func (c *Card) checkConditions(p *problems) {
	proposes := map[string]bool{}
	for i := range c.Outputs {
		o, key := &c.Outputs[i], fmt.Sprintf("outputs[%d]", i)
		if o.OnlyIf != "" && (!proposes[o.OnlyIf] || c.Slide != nil) {
			p.add(key+".only_if", "%q is not a class that an output before this one proposes, or the model is for slides", o.OnlyIf)
		}
		if o.Occlusion != nil {
			c.checkOcclusion(p, key+".occlusion", o.Occlusion)
		}
		if o.Kind == OutputProbabilities || o.Kind == OutputLogits {
			for _, k := range o.Classes {
				proposes[k.Key] = k.Proposes
			}
		}
	}
}

func (c *Card) checkOcclusion(p *problems, key string, o *Occlusion) {
	t := &c.Input.Tensor
	if c.Task == TaskRegion || c.Slide != nil || len(t.Shape) != 4 {
		p.add(key, "belongs to whole images, not to marked regions, slides and volumes")
		return
	}
	height, width := t.Shape[2], t.Shape[3]
	if t.Order == "NHWC" {
		height, width = t.Shape[1], t.Shape[2]
	}
	if o.Size < 1 || height > 0 && int64(o.Size) > height || width > 0 && int64(o.Size) > width {
		p.add(key+".size", "%d is not 1 to the sides of the tensor, %d and %d", o.Size, height, width)
	}
	if o.Step < 1 || o.Step > o.Size {
		p.add(key+".step", "%d is not 1..%d, the size", o.Step, o.Size)
	}
	if !(o.BoxFraction > 0 && o.BoxFraction <= 1) {
		p.add(key+".box_fraction", "%g is outside 0..1, or 0", o.BoxFraction)
	}
}

func (c *Card) checkOutput(p *problems, key string, o *Output, seen map[string]bool, count map[OutputKind]int) {
	switch o.Kind {
	case OutputProbabilities:
		c.checkClasses(p, key, o, seen)
	case OutputLogits, OutputEmbedding:
		c.checkActivation(p, key, o)
		c.checkClasses(p, key, o, seen)
		if o.Kind == OutputEmbedding {
			c.checkHead(p, key+".head", o.Head)
		}
	case OutputActivationMap:
		if !(o.BoxFraction > 0 && o.BoxFraction <= 1) {
			p.add(key+".box_fraction", "%g is outside 0..1, or 0", o.BoxFraction)
		}
	case OutputBoxes, OutputLabels:
		p.filled(key+".group", o.Group)
	case OutputScores:
		p.filled(key+".group", o.Group)
		if o.Activation != "" {
			p.one(key+".activation", o.Activation, []string{"none", "softmax", "sigmoid"})
		}
		if count[OutputScores] == 1 {
			c.checkClasses(p, key, o, seen)
		} else if len(o.Classes) > 0 {
			p.add(key+".classes", "the first scores have them, for all groups")
		}
	case OutputSegmentation:
		p.one(key+".activation", o.Activation, Activations())
		if o.Exclusive != (o.Activation == "softmax" || o.Activation == "argmax") && o.Activation != "none" {
			p.add(key+".exclusive", "is true for softmax and argmax, and false for sigmoid")
		}
		c.checkClasses(p, key, o, seen)
	case OutputMeasurement:
		c.checkMeasurements(p, key, o, seen)
	}
}

// checkTask reports outputs without which the task has no answer.
func (c *Card) checkTask(p *problems, count map[OutputKind]int) {
	typing := count[OutputProbabilities] + count[OutputLogits] + count[OutputEmbedding]
	switch c.Task {
	case TaskDetection:
		if count[OutputBoxes] == 0 {
			p.add("outputs", "holds no output of kind %q", OutputBoxes)
		}
		return
	case TaskSegmentation:
		if count[OutputSegmentation] == 0 {
			p.add("outputs", "holds no output of kind %q", OutputSegmentation)
		}
		return
	case TaskSlideTyping:
	default:
		typing += count[OutputMeasurement]
	}
	if typing == 0 {
		p.add("outputs", "holds no output of kind %q that answers the task %q", OutputProbabilities, c.Task)
	}
	if pooled := c.Slide != nil && c.Slide.Aggregation == "attention"; pooled != (count[OutputEmbedding] == 1) {
		p.add("slide.aggregation", "attention needs exactly one output of kind %q, and such an output needs it", OutputEmbedding)
	}
}

func (c *Card) checkActivation(p *problems, key string, o *Output) {
	p.one(key+".activation", o.Activation, []string{"none", "softmax", "sigmoid"})
	if o.Kind == OutputLogits && o.Activation == "none" {
		p.add(key+".activation", "logits without one are probabilities; say so in kind")
	}
	if o.Activation != "none" && o.Exclusive != (o.Activation == "softmax") {
		p.add(key+".exclusive", "is true for softmax and false for sigmoid")
	}
	if !(o.Temperature >= 0 && o.Temperature <= 100) || o.Temperature != 0 && o.Activation == "none" {
		p.add(key+".temperature", "%g: it is above 0, at most 100, and belongs to an activation", o.Temperature)
	}
}

// checkClasses adds the keys of o's classes to seen: a key is unique in the whole
// card.
func (c *Card) checkClasses(p *problems, key string, o *Output, seen map[string]bool) {
	p.share(key+".unsure_below", o.UnsureBelow)
	p.share(key+".unsure_margin", o.UnsureGap)
	if !o.Exclusive && (o.UnsureBelow != 0 || o.UnsureGap != 0) {
		p.add(key+".unsure_below", "belongs to exclusive outputs; give each class its unsure band")
	}
	if len(o.Classes) == 0 {
		p.add(key+".classes", "is empty")
		return
	}
	proposes, indices := false, map[int]bool{}
	for i := range o.Classes {
		k, at := &o.Classes[i], fmt.Sprintf("%s.classes[%d]", key, i)
		p.filled(at+".key", k.Key)
		if seen[k.Key] {
			p.add(at+".key", "%q is given twice", k.Key)
		}
		seen[k.Key] = true
		proposes = proposes || k.Proposes
		c.checkClass(p, at, o, k)
		c.checkIndex(p, at+".index", o, k, indices)
	}
	if !proposes {
		p.add(key+".classes", "none of them proposes anything")
	}
}

func (c *Card) checkIndex(p *problems, key string, o *Output, k *Class, seen map[int]bool) {
	wanted := o.Kind == OutputSegmentation || o.Kind == OutputScores
	if wanted != (k.Index != nil) {
		p.add(key, "is wanted for segmentation and detection, and left out elsewhere")
		return
	}
	if !wanted {
		return
	}
	if *k.Index < 0 || *k.Index > 65535 || seen[*k.Index] {
		p.add(key, "%d is not 0..65535, or given twice", *k.Index)
	}
	seen[*k.Index] = true
}

func (c *Card) checkClass(p *problems, key string, o *Output, k *Class) {
	p.text(key+".label", k.Label)
	codes := []*Code{k.Code, k.Topography, k.Morphology, k.Grade, k.Site}
	for i, name := range []string{"code", "topography", "morphology", "grade", "site"} {
		p.code(key+"."+name, codes[i])
	}
	p.share(key+".threshold", k.Threshold)
	// The largest of exclusive probabilities is proposed; labels have none.
	if k.Proposes && !o.Exclusive && k.Threshold == 0 {
		p.add(key+".threshold", "is 0 or missing: everything would be proposed")
	}
	if u := k.Unsure; u != nil {
		p.share(key+".unsure", u[0])
		p.share(key+".unsure", u[1])
		if o.Exclusive {
			p.add(key+".unsure", "belongs to outputs that are not exclusive; use unsure_below and unsure_margin")
		}
		if !(u[0] <= k.Threshold && k.Threshold <= u[1]) {
			p.add(key+".unsure", "the threshold %g is not inside %g..%g", k.Threshold, u[0], u[1])
		}
	}
	if k.Organ != "" && (c.Slide == nil || !slices.Contains(c.Slide.Organs, k.Organ)) {
		p.add(key+".organ", "%q is not one of slide.organs", k.Organ)
	}
	if k.Colour != "" && !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(k.Colour) {
		p.add(key+".colour", "%q is not #rrggbb", k.Colour)
	}
	c.checkMask(p, key, o, k)
}

func (c *Card) checkMask(p *problems, key string, o *Output, k *Class) {
	mask := o.Kind == OutputSegmentation
	if !mask && (k.Segment != nil || k.After != nil) {
		p.add(key+".segment", "segment and post_processing belong to segmentation")
		return
	}
	if mask && k.Proposes && k.Segment == nil {
		p.add(key+".segment", "is missing: a mask without category and type cannot be written as DICOM")
	}
	if s := k.Segment; s != nil {
		p.code(key+".segment.category", &s.Category)
		p.code(key+".segment.type", &s.Type)
	}
	if a := k.After; a != nil {
		p.interval(key+".post_processing.minimum_ml", 0, a.MinimumML, 0, 100000)
		p.interval(key+".post_processing.minimum_mm2", 0, a.MinimumMM2, 0, 1e8)
		volume := volumetric(c.Input.Tensor.Order)
		if a.MinimumML > 0 && !volume || a.MinimumMM2 > 0 && volume {
			p.add(key+".post_processing", "minimum_ml belongs to volumes, minimum_mm2 to images")
		}
	}
}

func (c *Card) checkHead(p *problems, key string, h *Head) {
	if h == nil {
		p.add(key, "is missing: an embedding alone answers nothing")
		return
	}
	if h.File != HeadFile {
		p.add(key+".file", "%q is not %q", h.File, HeadFile)
	}
	p.hash(key+".sha256", h.SHA256)
	if h.Opset < MinimumOpset {
		p.add(key+".opset", "%d is below %d", h.Opset, MinimumOpset)
	}
	p.filled(key+".input", h.Input)
	p.filled(key+".output", h.Output)
	s := h.Shape
	if !(len(s) == 2 && s[0] == -1 && s[1] > 0) && !(len(s) == 3 && s[0] == 1 && s[1] == -1 && s[2] > 0) {
		p.add(key+".shape", "%v is not [-1, length] or [1, -1, length]", s)
	}
}

func (c *Card) checkMeasurements(p *problems, key string, o *Output, seen map[string]bool) {
	if o.Exclusive {
		p.add(key+".exclusive", "belongs to probabilities")
	}
	if len(o.Measurements) == 0 {
		p.add(key+".measurements", "is empty")
	}
	for i := range o.Measurements {
		m, at := &o.Measurements[i], fmt.Sprintf("%s.measurements[%d]", key, i)
		p.filled(at+".key", m.Key)
		if seen[m.Key] {
			p.add(at+".key", "%q is given twice", m.Key)
		}
		seen[m.Key] = true
		p.text(at+".label", m.Label)
		p.code(at+".code", &m.Code)
		p.one(at+".unit", m.Unit, Units())
		if m.Scale == 0 {
			p.add(at+".scale", "is 0: every value would be the same")
		}
		if m.Plausible != nil {
			p.interval(at+".plausible", m.Plausible.Min, m.Plausible.Max, -math.MaxFloat64, math.MaxFloat64)
		}
	}
}

// checkDetection reports groups that are not a whole: each has boxes and scores,
// and all have labels or none has.
func (c *Card) checkDetection(p *problems) {
	groups := map[string]map[OutputKind]int{}
	labels := 0
	least := math.Inf(1)
	for i := range c.Outputs {
		o := &c.Outputs[i]
		switch o.Kind {
		case OutputBoxes, OutputScores, OutputLabels:
			if groups[o.Group] == nil {
				groups[o.Group] = map[OutputKind]int{}
			}
			groups[o.Group][o.Kind]++
		}
		switch o.Kind {
		case OutputLabels:
			labels++
		case OutputScores:
			for _, k := range o.Classes {
				if k.Proposes {
					least = min(least, k.Threshold)
				}
			}
		}
	}
	d := c.Detection
	if len(groups) == 0 && d == nil {
		return
	}
	if d == nil || len(groups) == 0 || c.Task != TaskDetection {
		p.add("detection", "belongs to the task %q with outputs of kind boxes and scores, and they need it", TaskDetection)
		return
	}
	for name, g := range groups {
		if g[OutputBoxes] != 1 || g[OutputScores] != 1 || g[OutputLabels] > 1 || labels > 0 && g[OutputLabels] != 1 {
			p.add("outputs", "the group %q must have boxes and scores once, and labels where others have them", name)
		}
	}
	p.one("detection.box_format", d.BoxFormat, BoxFormats())
	p.one("detection.box_unit", d.BoxUnit, BoxUnits())
	p.share("detection.score_threshold", d.ScoreThreshold)
	if d.ScoreThreshold > least {
		p.add("detection.score_threshold", "%g is above the threshold %g of a class", d.ScoreThreshold, least)
	}
	if !(d.NMSIoU > 0 && d.NMSIoU <= 1) {
		p.add("detection.nms_iou", "%g is not above 0, at most 1", d.NMSIoU)
	}
	if d.MaximumBoxes < 1 || d.MaximumBoxes > 1000 {
		p.add("detection.maximum_boxes", "%d is not 1..1000", d.MaximumBoxes)
	}
}
