package records

import (
	"errors"
	"math"
	"testing"

	"longying/imaging"
)

func millimetres(v float64) Measurement {
	return Measurement{Concept: Code{Value: "103339001", Scheme: "SCT", Meaning: "Long Axis"}, Value: v, Unit: "mm"}
}

func TestAMeasurementWithoutItsUnitIsNeverSignedNorTakenFromADoctor(t *testing.T) {
	for name, m := range map[string]Measurement{
		"no unit":       {Concept: millimetres(1).Concept, Value: 3},
		"a blank unit":  {Concept: millimetres(1).Concept, Value: 3, Unit: " "},
		"no concept":    {Value: 3, Unit: "mm"},
		"not a number":  millimetres(math.NaN()),
		"beyond number": millimetres(math.Inf(1)),
	} {
		if m.Check() == nil {
			t.Errorf("%s: passes", name)
		}
		if _, err := proposed().Edit(doctor(), FindingChange{Value: &m}, verdictTime); err == nil {
			t.Errorf("%s: a doctor's edit takes it", name)
		}
		d := signable()
		d.Findings[0].Sizes = []Measurement{m}
		var refused *RefusedError
		if err := d.Check(); !errors.As(err, &refused) || refused.Code != "measurement" {
			t.Errorf("%s: a document with it: %v", name, err)
		}
	}
	if err := millimetres(3).Check(); err != nil {
		t.Error(err)
	}
}

func TestWhatWasMeasuredOfAMaskGoesWithTheMask(t *testing.T) {
	f := proposed()
	value := millimetres(34)
	f.Value, f.Sizes = &value, []Measurement{millimetres(21)}
	f.Ref.Region = &imaging.Region{X0: 1, Y0: 1, X1: 9, Y1: 9, Kind: imaging.RegionMask}
	drawn, err := f.Edit(doctor(), FindingChange{Region: &imaging.Region{X0: 2, Y0: 2, X1: 5, Y1: 5}}, verdictTime)
	if err != nil || drawn.Value != nil || drawn.Sizes != nil {
		t.Errorf("another region keeps the mask's sizes: %v %v %v", drawn.Value, drawn.Sizes, err)
	}
	other := millimetres(30)
	measured, err := f.Edit(doctor(), FindingChange{Value: &other}, verdictTime)
	if err != nil || *measured.Value != other || measured.Sizes != nil {
		t.Errorf("another value keeps what was measured with the old one: %v %v %v", measured.Value, measured.Sizes, err)
	}
	note := "边界清"
	noted, err := f.Edit(doctor(), FindingChange{Note: &note}, verdictTime)
	if err != nil || noted.Value == nil || len(noted.Sizes) != 1 {
		t.Errorf("a note takes the sizes away: %v %v %v", noted.Value, noted.Sizes, err)
	}
}
