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
