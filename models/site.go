package models

import (
	"fmt"
	"math"
	"slices"
)

// WithThresholds is the package with the thresholds of one site in place of the
// card's, by class key; classes left out keep the card's. Where a class has an
// unsure band that does not hold the new threshold, the band grows until it
// does: a site never makes the model surer of itself. The package it was made
// of stays as it is. A threshold outside 0..1 or of a class that the card does
// not propose is an error.
func (p *Package) WithThresholds(site map[string]float64) (*Package, error) {
	if len(site) == 0 {
		return p, nil
	}
	card := *p.Card
	card.Outputs = slices.Clone(card.Outputs)
	known := map[string]bool{}
	for i := range card.Outputs {
		o := &card.Outputs[i]
		o.Classes = slices.Clone(o.Classes)
		for k := range o.Classes {
			c := &o.Classes[k]
			t, ok := site[c.Key]
			if !ok || !c.Proposes {
				continue
			}
			if math.IsNaN(t) || t < 0 || t > 1 {
				return nil, fmt.Errorf("model %s: the site's threshold of %q is %g; wanted 0 to 1", card.ID, c.Key, t)
			}
			known[c.Key] = true
			c.Threshold = t
			if c.Unsure != nil {
				c.Unsure = &[2]float64{min(c.Unsure[0], t), max(c.Unsure[1], t)}
			}
		}
	}
	for key := range site {
		if !known[key] {
			return nil, fmt.Errorf("model %s proposes no class %q, of which this site has a threshold", card.ID, key)
		}
	}
	out := *p
	out.Card = &card
	return &out, nil
}
