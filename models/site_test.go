package models

import (
	"math"
	"strings"
	"testing"
)

func TestASiteThresholdReplacesTheCardsAndNeverNarrowsItsDoubt(t *testing.T) {
	card := &Card{ID: "film", Outputs: []Output{{Name: "p", Kind: OutputProbabilities, Classes: []Class{
		{Key: "pneumonia", Proposes: true, Threshold: .65, Unsure: &[2]float64{.44, .8}},
		{Key: "effusion", Proposes: true, Threshold: .5},
		{Key: "none"},
	}}}}
	p := &Package{Card: card}
	site, err := p.WithThresholds(map[string]float64{"pneumonia": .3})
	if err != nil {
		t.Fatal(err)
	}
	k := site.Card.Outputs[0].Classes
	if k[0].Threshold != .3 || *k[0].Unsure != [2]float64{.3, .8} || k[1].Threshold != .5 {
		t.Errorf("%+v", k)
	}
	if k := card.Outputs[0].Classes[0]; k.Threshold != .65 || *k.Unsure != [2]float64{.44, .8} {
		t.Errorf("the shipped card changed: %+v", k)
	}
	if same, err := p.WithThresholds(nil); err != nil || same != p {
		t.Errorf("no thresholds made another package: %v", err)
	}
	for _, bad := range []map[string]float64{{"none": .5}, {"other": .5}, {"pneumonia": 1.1}, {"pneumonia": math.NaN()}} {
		if _, err := p.WithThresholds(bad); err == nil || !strings.Contains(err.Error(), "film") {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
