package report

import (
	"testing"

	"longying/imaging"
	"longying/records"
)

func TestASentenceOfAMeasurementSaysValueUnitPictureAndWhatItRestsOn(t *testing.T) {
	length := records.Annotation{UID: "2.25.7", Tool: records.ToolLength, Values: []records.Measurement{{Concept: records.Code{Value: "410668003", Scheme: "SCT", Meaning: "Length"}, Value: 12.34, Unit: "mm"}}}
	named := length
	named.Label = "右肺上叶结节："
	pixels := length
	pixels.Values = []records.Measurement{{Concept: length.Values[0].Concept, Value: 30, Unit: records.UnitPixels}}
	pixels.Basis.Why = imaging.NoSpacing
	for _, c := range []struct {
		name string
		a    records.Annotation
		at   Spot
		want string
	}{
		{"a length", length, Spot{3, 45, 120}, "测量长度 12.3 mm（序列 3，第 45/120 层）。"},
		{"with words of the doctor", named, Spot{3, 45, 120}, "右肺上叶结节：12.3 mm（序列 3，第 45/120 层）。"},
		{"of a film", length, Spot{Series: 1}, "测量长度 12.3 mm（序列 1）。"},
		{"not calibrated", pixels, Spot{Series: 1}, "测量长度 30 像素（序列 1，未标定：图像未给出像素大小）。"},
		{"words alone", records.Annotation{UID: "2.25.7", Tool: records.ToolArrow, Label: "钙化。"}, Spot{2, 1, 9}, "钙化（序列 2，第 1/9 层）。"},
	} {
		s, ok := Measured(&c.a, c.at)
		if !ok || s.Text != c.want || s.AnnotationUID != "2.25.7" || s.Measured != c.a.Stated() {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
	if _, ok := Measured(&records.Annotation{Tool: records.ToolArrow}, Spot{}); ok {
		t.Error("an arrow without words makes a sentence")
	}
}

// A sentence that nobody has touched must never be held to be wrong, whatever was
// measured.
func TestASentenceAsItWasWrittenSaysItsMeasurement(t *testing.T) {
	seed := uint64(7)
	next := func(most float64) float64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return float64(seed>>11) / (1 << 53) * most
	}
	code := func(value, scheme string) records.Code {
		return records.Code{Value: value, Scheme: scheme, Meaning: "x"}
	}
	area := records.Code{Value: "42798000", Scheme: "SCT", Meaning: "Area"}
	ratio := func(v, of string) records.Code {
		return records.Code{Value: v, Scheme: "99LONGYING", Meaning: of}
	}
	for range 12 {
		var all []records.Annotation
		for _, unit := range []string{"mm", "um", records.UnitPixels} {
			all = append(all, records.Annotation{Tool: records.ToolLength, Values: []records.Measurement{{Concept: code("410668003", "SCT"), Value: next(5000), Unit: unit}}},
				records.Annotation{Tool: records.ToolLength, Values: []records.Measurement{{Concept: code("410668003", "SCT"), Value: next(2), Unit: unit}}},
				records.Annotation{Tool: records.ToolThorax, Values: []records.Measurement{{Concept: ratio("CTR", "Cardiothoracic ratio"), Value: next(1), Unit: records.UnitNone},
					{Concept: ratio("CTR_HEART", "Transverse diameter of heart"), Value: next(300), Unit: unit}, {Concept: ratio("CTR_CHEST", "Inner transverse diameter of chest"), Value: next(300), Unit: unit}}})
		}
		all = append(all, records.Annotation{Tool: records.ToolAngle, Values: []records.Measurement{{Concept: code("1483009", "SCT"), Value: next(180), Unit: records.UnitDegree}}},
			records.Annotation{Tool: records.ToolCobb, Values: []records.Measurement{{Concept: records.Code{Value: "285285000", Scheme: "SCT", Meaning: "Cobb angle"}, Value: next(90), Unit: records.UnitDegree}}})
		for _, unit := range []string{"[hnsf'U]", "g/ml{SUVbw}", records.UnitNone, "Bq/ml", "10*-6.mm2/s", "%", "cm/s", "{counts}"} {
			what := code("112031", "DCM")
			if unit == "g/ml{SUVbw}" {
				what = code("126401", "DCM")
			}
			all = append(all, records.Annotation{Tool: records.ToolProbe, Values: []records.Measurement{{Concept: what, Value: next(2000) - 1000, Unit: unit}}})
			for i, of := range []string{"mm2", "um2", records.UnitPixels} {
				a := records.Annotation{Tool: records.ToolEllipse, Values: []records.Measurement{{Concept: area, Value: next([]float64{3000, 1e7, 1e5}[i]), Unit: of}}}
				for _, d := range []records.Code{records.Mean(), records.StandardDeviation(), records.Minimum(), records.Maximum()} {
					v := next(3) - 1.5
					if i > 0 {
						v = float64(int(v * 1000))
					}
					a.Values = append(a.Values, records.Measurement{Concept: what, Derivation: d, Value: v, Unit: unit})
				}
				all = append(all, a)
			}
		}
		for i := range all {
			for _, label := range []string{"", "右肺上叶第 2 枚结节 12 mm", "L4/5"} {
				for _, basis := range []records.Basis{{}, {Spacing: imaging.SpacingDetector, Magnification: 1.05, Left: 30, Quantity: imaging.QuantityValue}} {
					all[i].Label, all[i].Basis = label, basis
					s, ok := Measured(&all[i], Spot{Series: 3, Slice: 45, Of: 120})
					if _, said := all[i].SaidIn(s.Text); !ok || !said {
						t.Fatalf("%q is held to be wrong of %+v", s.Text, all[i].Values)
					}
				}
			}
		}
	}
}
