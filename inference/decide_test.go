package inference

import (
	"testing"

	"longying/models"
)

func TestExclusiveClassesAreJudgedTogether(t *testing.T) {
	// 0 background and 1, 2 types of one organ; 3 a type of another.
	o := &models.Output{Name: "p", Exclusive: true, UnsureBelow: 0.6, UnsureGap: 0.2, Classes: []models.Class{
		{Key: "background"}, {Key: "adeno", Proposes: true}, {Key: "squamous", Proposes: true}, {Key: "other", Proposes: true},
	}}
	here := []bool{true, true, true, false}
	for name, c := range map[string]struct {
		p       []float64
		named   []bool
		outcome Outcome
		class   int
	}{
		"a clear winner is proposed":                             {[]float64{.1, .8, .05, .05}, here, Proposed, 1},
		"a winning background is below threshold for the type":   {[]float64{.9, .06, .03, .01}, here, BelowThreshold, 1},
		"a low maximum is unsure":                                {[]float64{.3, .55, .1, .05}, here, Unsure, 1},
		"a close second is unsure":                               {[]float64{.39, .61, 0, 0}, nil, Proposed, 1},
		"a second within the margin is unsure":                   {[]float64{.405, .595, 0, 0}, nil, Unsure, 1},
		"a close second of another organ is unsure":              {[]float64{0, .61, 0, .42}, here, Unsure, 1},
		"little mass on the organ is unsure, never another type": {[]float64{.05, .1, .05, .8}, here, Unsure, 1},
		"the other organ's type is proposed only where it may":   {[]float64{.05, .1, .05, .8}, nil, Proposed, 3},
		"an unsure background is unsure about the type":          {[]float64{.5, .1, .4, 0}, here, Unsure, 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := decideTop(o, c.p, c.named)
			if d.outcome != c.outcome || d.class != c.class {
				t.Errorf("got %s, class %d; want %s, class %d", d.outcome, d.class, c.outcome, c.class)
			}
		})
	}
}

func TestTheLargestClassIsUnsureWhenItsOrganHoldsLessThanHalf(t *testing.T) {
	o := &models.Output{Exclusive: true, Classes: []models.Class{{Proposes: true}, {Proposes: true}, {Proposes: true}}}
	if d := decideTop(o, []float64{.4, .3, .3}, []bool{true, false, false}); d.outcome != Unsure || d.class != 0 {
		t.Errorf("got %+v", d)
	}
	if d := decideTop(o, []float64{.4, .3, .3}, nil); d.outcome != Proposed {
		t.Errorf("all may be named: got %+v", d)
	}
}

func TestExclusiveProbabilitiesMustSumToOne(t *testing.T) {
	o := &models.Output{Name: "p", Exclusive: true, Classes: make([]models.Class, 2)}
	if _, err := probabilities(o, tensor([]int64{1, 2}, 0.5, 0.4), 1); err == nil {
		t.Error("0.9 was taken")
	}
	p, err := probabilities(o, tensor([]int64{2, 2}, 1.000001, 0, 0.25, 0.75), 2)
	if err != nil || p[0][0] != 1 || p[1][1] != 0.75 {
		t.Errorf("got %v, %v", p, err)
	}
}
