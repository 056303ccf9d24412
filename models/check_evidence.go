package models

import (
	"fmt"
	"io/fs"
)

func (c *Card) checkEvidence(p *problems) {
	e := &c.Evidence
	p.text("evidence.summary", e.Summary)
	p.filled("evidence.split", e.Split)
	for i, t := range e.KnownFailures {
		p.text(fmt.Sprintf("evidence.known_failures[%d]", i), t)
	}
	counts := []Count{e.Train, e.Validation, e.Test}
	for i, key := range []string{"train", "validation", "test"} {
		if counts[i].Images < 0 || counts[i].Groups < 0 {
			p.add("evidence."+key, "is negative")
		}
	}
	for i, m := range e.Metrics {
		key := fmt.Sprintf("evidence.metrics[%d]", i)
		p.filled(key+".name", m.Name)
		p.filled(key+".set", m.Set)
		if !(m.Low <= m.Value && m.Value <= m.High) {
			p.add(key+".value", "%g is outside its interval %g..%g", m.Value, m.Low, m.High)
		}
		if m.N < 1 {
			p.add(key+".n", "%d is not a number of cases", m.N)
		}
	}
	if e.Prevalence != nil {
		p.share("evidence.prevalence", *e.Prevalence)
	}
	if e.Operating != nil {
		p.share("evidence.operating_point.threshold", e.Operating.Threshold)
		p.filled("evidence.operating_point.chosen_on", e.Operating.ChosenOn)
	}
	for i := range e.Points {
		c.checkPoint(p, fmt.Sprintf("evidence.operating_points[%d]", i), &e.Points[i])
	}
	for i := range e.Calibration {
		c.checkCalibration(p, fmt.Sprintf("evidence.calibration[%d]", i), &e.Calibration[i])
	}
	if c.Resources.MemoryMiB < 0 {
		p.add("resources.memory_mib", "%d is negative", c.Resources.MemoryMiB)
	}
	if c.Resources.Seconds < 0 {
		p.add("resources.seconds", "%g is negative", c.Resources.Seconds)
	}
}

func (c *Card) checkPoint(p *problems, key string, o *OperatingPoint) {
	if !c.hasClass(o.Class) {
		p.add(key+".class", "%q is not the key of a class", o.Class)
	}
	p.share(key+".threshold", o.Threshold)
	p.share(key+".prevalence", o.Prevalence)
	p.filled(key+".set", o.Set)
	p.filled(key+".population", o.Population)
	if o.N < 1 {
		p.add(key+".n", "%d is not a number of cases", o.N)
	}
	estimates := []Estimate{o.Sensitivity, o.Specificity}
	for i, name := range []string{"sensitivity", "specificity"} {
		e := estimates[i]
		p.interval(key+"."+name, e.Low, e.High, 0, 1)
		if !(e.Low <= e.Value && e.Value <= e.High) {
			p.add(key+"."+name+".value", "%g is outside its interval %g..%g", e.Value, e.Low, e.High)
		}
	}
}

func (c *Card) checkCalibration(p *problems, key string, k *Calibration) {
	if k.Class != "" && !c.hasClass(k.Class) {
		p.add(key+".class", "%q is not the key of a class", k.Class)
	}
	p.filled(key+".set", k.Set)
	p.share(key+".ece", k.ECE)
	if !(k.Brier >= 0 && k.Brier <= 2) {
		p.add(key+".brier", "%g is not 0..2", k.Brier)
	}
	if k.N < 1 {
		p.add(key+".n", "%d is not a number of cases", k.N)
	}
	if k.Picture != "" && !fs.ValidPath(k.Picture) {
		p.add(key+".picture", "%q is not a path inside the package", k.Picture)
	}
}

func (c *Card) hasClass(key string) bool {
	for i := range c.Outputs {
		for k := range c.Outputs[i].Classes {
			if c.Outputs[i].Classes[k].Key == key {
				return true
			}
		}
	}
	return false
}
