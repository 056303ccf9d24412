package reading

import (
	"math"
	"testing"

	"longying/imaging"
	"longying/inference"
	"longying/models"
	"longying/records"
)

func said(head string, frame int, outcome inference.Outcome, p float64) inference.Prediction {
	return inference.Prediction{Head: head, Outcome: outcome, Probability: p, Ref: imaging.Ref{Frame: frame}}
}

func TestOfSeveralFramesWhatIsBelowThresholdIsSaidOnceAndOnlyWhereNoFrameSaysMore(t *testing.T) {
	got := withoutRepeats([]inference.Prediction{
		said("a", 1, inference.BelowThreshold, 0.1), said("b", 1, inference.BelowThreshold, 0.2),
		said("a", 2, inference.Unsure, 0.5), said("b", 2, inference.BelowThreshold, 0.4),
		said("a", 3, inference.BelowThreshold, 0.3), said("b", 3, inference.BelowThreshold, 0.3),
		said("", 4, inference.Refused, math.NaN()),
	})
	if len(got) != 3 || got[0].Ref.Frame != 2 || got[0].Head != "a" || got[1].Head != "b" || got[1].Ref.Frame != 2 || got[2].Outcome != inference.Refused {
		t.Errorf("got %+v", got)
	}
}

func TestABoxIsTheSameObservationWhereItOverlapsByHalfAndNoOtherProposalTookIt(t *testing.T) {
	at := func(x float64, class string) string {
		return proposalKey(&inference.Prediction{Model: inference.ModelIdentity{ID: "m"}, Class: &models.Class{Key: class},
			Ref: imaging.Ref{SOPUID: "1.2", Frame: 1, Region: &imaging.Region{X0: x, Y0: 0, X1: x + 10, Y1: 10, Kind: imaging.RegionDetected}}})
	}
	existing := []records.Finding{{UID: "a", ProposalKey: at(0, "mass")}, {UID: "b", ProposalKey: at(20, "mass"), State: records.FindingWithdrawn}, {UID: "c", ProposalKey: at(2, "mass")}}
	for name, c := range map[string]struct {
		key   string
		taken map[string]bool
		want  string
	}{
		"the same":            {at(0, "mass"), nil, "a"},
		"nearest to the last": {at(3, "mass"), nil, "c"},
		"taken":               {at(2, "mass"), map[string]bool{"c": true}, "a"},
		"both taken":          {at(2, "mass"), map[string]bool{"a": true, "c": true}, ""},
		"a third away":        {at(7, "mass"), map[string]bool{"c": true}, ""},
		"withdrawn":           {at(20, "mass"), nil, ""},
		"of another class":    {at(0, "node"), nil, ""},
	} {
		got := ""
		if f := sameObservation(existing, c.key, c.taken); f != nil {
			got = f.UID
		}
		if got != c.want {
			t.Errorf("%s: got %q, wanted %q", name, got, c.want)
		}
	}
}

func TestAFindingKeepsFourDigitsOfASize(t *testing.T) {
	for v, want := range map[float64]float64{518.54012: 518.5, 17.323516802443343: 17.32, 0.00123456: 0.001235, 12346: 12350, 0: 0} {
		if got := rounded(v); got != want {
			t.Errorf("%g becomes %g, wanted %g", v, got, want)
		}
	}
}
