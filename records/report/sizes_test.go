package report

import (
	"testing"

	"longying/records"
)

func TestSizesAreSaidWithTheirUnitsAndNoMoreDigitsThanAMaskKnows(t *testing.T) {
	concept := func(value, meaning string) records.Code {
		return records.Code{Value: value, Scheme: "SCT", Meaning: meaning}
	}
	volume, area := concept("118565006", "Volume"), concept("42798000", "Area")
	long, short := concept(longAxis, "Long Axis"), concept(shortAxis, "Short Axis")
	for _, c := range []struct {
		value  *records.Measurement
		sizes  []records.Measurement
		zh, en string
	}{
		{&records.Measurement{Concept: volume, Value: 12.3456, Unit: "mL"},
			[]records.Measurement{{Concept: long, Value: 34.2199, Unit: "mm"}, {Concept: short, Value: 9.996, Unit: "mm"}},
			"体积约 12.3 mL，长径 × 短径约 34.2 × 10.0 mm", "volume 12.3 mL, long × short axis 34.2 × 10.0 mm"},
		{&records.Measurement{Concept: area, Value: 1234.567, Unit: "mm2"}, nil, "面积约 1235 mm²", "area 1235 mm²"},
		{&records.Measurement{Concept: volume, Value: 0.012345, Unit: "mL"}, nil, "体积约 0.0123 mL", "volume 0.0123 mL"},
		{&records.Measurement{Concept: long, Value: 8.25, Unit: "mm"}, nil, "长径约 8.25 mm", "long axis 8.25 mm"},
		{&records.Measurement{Concept: long, Value: 99.9712, Unit: "mm"}, nil, "长径约 100 mm", "long axis 100 mm"},
		{&records.Measurement{Concept: long, Value: 8.25}, nil, "", ""}, // without a unit nothing is said
		{&records.Measurement{Concept: concept("X", "Bone age"), Value: 124.5, Unit: "mo"}, nil, "Bone age约 124.5 mo", "Bone age 124.5 mo"},
		{nil, nil, "", ""},
	} {
		f := records.Finding{Value: c.value, Sizes: c.sizes}
		if got := Sizes(&f, "zh"); got != c.zh {
			t.Errorf("zh %q, want %q", got, c.zh)
		}
		if got := Sizes(&f, "en"); got != c.en {
			t.Errorf("en %q, want %q", got, c.en)
		}
	}
}

func TestAMorphologyIsReportedWithItsGrade(t *testing.T) {
	f := records.Finding{State: records.FindingConfirmed, Label: records.Text{Zh: "肺腺癌", En: "Lung adenocarcinoma"},
		Morphology: &records.Code{Value: "8140/3", Scheme: "ICDO3"}, Grade: &records.Code{Value: "2", Scheme: "ICDO3"}}
	if _, impression := Draft([]records.Finding{f}, "zh"); records.Join(impression) != "肺腺癌 (ICD-O-3 8140/3, G2)。" {
		t.Errorf("%q", records.Join(impression))
	}
}
