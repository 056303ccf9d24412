package models

import (
	"fmt"
	"regexp"
	"slices"
)

func (c *Card) checkOutputs(p *problems) {
	classes, names, probabilities := map[string]bool{}, map[string]bool{}, 0
	for i := range c.Outputs {
		o, key := &c.Outputs[i], fmt.Sprintf("outputs[%d]", i)
		p.filled(key+".name", o.Name)
		if names[o.Name] {
			p.add(key+".name", "%q is given twice", o.Name)
		}
		names[o.Name] = true
		p.share(key+".unsure_below", o.UnsureBelow)
		p.share(key+".unsure_margin", o.UnsureGap)
		switch o.Kind {
		case OutputProbabilities:
			probabilities++
			c.checkProbabilities(p, key, o, classes)
		case OutputActivationMap:
			if len(o.Classes) > 0 {
				p.add(key+".classes", "an activation map has none")
			}
			if !(o.BoxFraction > 0 && o.BoxFraction <= 1) {
				p.add(key+".box_fraction", "%g is outside 0..1, or 0", o.BoxFraction)
			}
		default:
			p.add(key+".kind", "%q is not known to this version", o.Kind)
		}
	}
	if probabilities == 0 {
		p.add("outputs", "holds no output of kind %q", OutputProbabilities)
	}
	for i, o := range c.Outputs {
		if o.Kind == OutputActivationMap && !classes[o.ForClass] {
			p.add(fmt.Sprintf("outputs[%d].for_class", i), "%q is not the key of a class", o.ForClass)
		}
	}
}

// checkProbabilities adds the keys of o's classes to seen: a key is unique in
// the whole card.
func (c *Card) checkProbabilities(p *problems, key string, o *Output, seen map[string]bool) {
	if !o.Exclusive && (o.UnsureBelow != 0 || o.UnsureGap != 0) {
		p.add(key+".unsure_below", "belongs to exclusive outputs; give each class its unsure band")
	}
	if o.ForClass != "" || o.BoxFraction != 0 {
		p.add(key+".for_class", "belongs to activation maps")
	}
	if len(o.Classes) == 0 {
		p.add(key+".classes", "is empty")
		return
	}
	proposes := false
	for i := range o.Classes {
		k, at := &o.Classes[i], fmt.Sprintf("%s.classes[%d]", key, i)
		p.filled(at+".key", k.Key)
		if seen[k.Key] {
			p.add(at+".key", "%q is given twice", k.Key)
		}
		seen[k.Key] = true
		proposes = proposes || k.Proposes
		c.checkClass(p, at, o, k)
	}
	if !proposes {
		p.add(key+".classes", "none of them proposes anything")
	}
}

func (c *Card) checkClass(p *problems, key string, o *Output, k *Class) {
	p.text(key+".label", k.Label)
	p.code(key+".code", k.Code)
	p.code(key+".topography", k.Topography)
	p.code(key+".morphology", k.Morphology)
	p.code(key+".site", k.Site)
	p.share(key+".threshold", k.Threshold)
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
}
