package records_test

import (
	"testing"

	"longying/records"
)

func value(v float64, unit string) records.Annotation {
	return records.Annotation{UID: "2.25.1", State: records.AnnotationDrawn, Tool: records.ToolLength,
		Values: []records.Measurement{{Concept: records.Code{Value: "410668003", Scheme: "SCT", Meaning: "Length"}, Value: v, Unit: unit}}}
}

// region is an ellipse with an area, and mean, deviation, least and greatest of
// its pixels.
func region(area float64, unit string, of ...float64) records.Annotation {
	what := records.Code{Value: "112031", Scheme: "DCM", Meaning: "Attenuation Coefficient"}
	if unit == "g/ml{SUVbw}" {
		what = records.Code{Value: "126401", Scheme: "DCM", Meaning: "SUVbw"}
	}
	a := records.Annotation{UID: "2.25.1", State: records.AnnotationDrawn, Tool: records.ToolEllipse}
	a.Values = append(a.Values, records.Measurement{Concept: records.Code{Value: "42798000", Scheme: "SCT", Meaning: "Area"}, Value: area, Unit: "mm2"})
	for i, d := range []records.Code{records.Mean(), records.StandardDeviation(), records.Minimum(), records.Maximum()} {
		a.Values = append(a.Values, records.Measurement{Concept: what, Derivation: d, Value: of[i], Unit: unit})
	}
	return a
}

func thorax() records.Annotation {
	a := records.Annotation{UID: "2.25.1", State: records.AnnotationDrawn, Tool: records.ToolThorax}
	for _, m := range []records.Measurement{{Concept: records.Code{Value: "CTR", Meaning: "Cardiothoracic ratio"}, Value: 0.5241, Unit: "1"},
		{Concept: records.Code{Value: "CTR_HEART", Meaning: "Transverse diameter of heart"}, Value: 131.02, Unit: "mm"},
		{Concept: records.Code{Value: "CTR_CHEST", Meaning: "Inner transverse diameter of chest"}, Value: 249.96, Unit: "mm"}} {
		m.Concept.Scheme = "99LONGYING"
		a.Values = append(a.Values, m)
	}
	return a
}

func TestASentenceSaysItsMeasurementHoweverPeopleWriteItAndNoOtherNumber(t *testing.T) {
	length, slide := value(21.3412, "mm"), value(1534.2, "um")
	ct, pet := region(1234.6, "[hnsf'U]", -45.24, 10.1, -120, 80), region(120.04, "g/ml{SUVbw}", 5.214, 1.003, 1.2, 8.24)
	heart := thorax()
	for _, c := range []struct {
		of   records.Annotation
		text string
		want string // what it says instead; "ok": it is right
	}{
		{length, "右肺上叶结节：21.3 mm（序列 3，第 45/120 层）。", "ok"},
		{length, "结节21.3mm。", "ok"},
		{length, "结节约 2.1 cm。", "ok"},
		{length, "结节 2.13cm，边界清。", "ok"},
		{length, "长径约21.3毫米。", "ok"},
		{length, "长径约2.13厘米。", "ok"},
		{length, "结节２１．３ｍｍ。", "ok"},
		{length, "结节 2.13ＣＭ。", "ok"},
		{length, "结节 21 MM。", "ok"},
		{length, "结节约2cm。", "ok"},
		{length, "结节 21.34 mm。", "ok"},
		{length, "结节 21.30 mm。", "ok"}, // the digits that the program gave, and a nought
		{length, "大小约 21.3×15.2 mm。", "ok"},
		{length, "大小约15.2＊21.3ｍｍ。", "ok"},
		{length, "大小约 2.1cm x 1.5cm。", "ok"},
		{length, "大小约 21.3mmx15.2mm。", "ok"},
		{length, "大小约 12mm-21.3mm。", "ok"},
		{length, "压力 21.3 mmHg。", "21.3"},
		{length, "长径（mm）：21.3。", "ok"},
		{length, "长径21.3（mm）。", "ok"},
		{length, "结节由 18 mm 增至 21.3 mm。", "ok"},
		{length, "结节 21.3 mm（前片 18 mm）。", "ok"},
		{length, "结节 15～21.3㎜。", "ok"},
		{length, "A nodule of 21.3 mm in the right upper lobe. ", "ok"},
		{length, "右肺上叶结节：12 mm（序列 3，第 45/120 层）。", "12 mm"},
		{length, "结节：21 cm。", "21 cm"},
		{length, "结节：21.3 cm。", "21.3 cm"},
		{length, "结节：2.13 mm。", "2.13 mm"},
		{length, "结节：213 mm。", "213 mm"},
		{length, "结节：121.3 mm。", "121.3 mm"},
		{length, "结节：21.3。", "21.3"},
		{length, "结节：-21.3 mm。", "-21.3 mm"},
		{length, "结节：21.3 mm²。", "21.3 mm²"},
		{length, "结节：21.3 mm³。", "21.3 mm³"},
		{length, "结节：21.4 mm。", "21.4 mm"},
		{length, "结节：20 mm。", "20 mm"},
		{length, "结节：２１ＣＭ。", "２１ＣＭ"},
		{length, "结节，大小同前（序列 3，第 45/120 层）。", ""},
		{length, "结节（序列 21，第 21/120 层）。", ""},
		{value(24.9, "mm"), "结节约 2 cm。", "2 cm"}, // rounded, and of another stage
		{value(24.9, "mm"), "结节约 2.5 cm。", "ok"},
		{value(12.46, "mm"), "结节约 13 mm。", "ok"}, // 12.5 mm as it was written, rounded
		{value(1.4, "mm"), "结节约 1 mm。", "ok"},
		{value(1230, "mm"), "全长 1,230 mm。", "ok"},
		{slide, "浸润深度 1.53 mm。", "ok"},
		{slide, "浸润深度 1534 μm。", "ok"}, // the Greek letter, not the sign
		{slide, "浸润深度约1.5毫米。", "ok"},
		{slide, "浸润深度 15.3 mm。", "15.3 mm"},
		{value(30, records.UnitPixels), "宽 30 像素（未标定）。", "ok"},
		{value(30, records.UnitPixels), "宽 30个像素。", "ok"},
		{value(30, records.UnitPixels), "宽 30 mm。", "30 mm"},
		{value(23.44, records.UnitDegree), "Cobb 23.4°。", "ok"},
		{value(23.44, records.UnitDegree), "Cobb角约23度。", "ok"},
		{value(23.44, records.UnitDegree), "L4/5 Cobb 32.4°。", "32.4°"},
		{value(40, "cm/s"), "流速 40 cm/s。", "ok"},
		{value(40, "cm/s"), "流速 40 cm。", "40 cm"},
		{value(21, "mm"), "流速 2.1 cm/s。", "2.1 cm/s"},

		{ct, "测量区域：面积 12.35 cm²，均值 −45.2 ± 10.1 HU，最小 −120，最大 80 HU（序列 3）。", "ok"},
		{ct, "面积约1235平方毫米。", "ok"},
		{ct, "面积约 12 cm2。", "ok"},
		{ct, "平均CT值约-45HU。", "ok"},
		{ct, "CT值约－45。", "ok"},
		{ct, "CT值约负45HU。", "ok"},
		{ct, "CT值 -120~80 HU。", "ok"},
		{ct, "CT 值 -120-80 HU。", "ok"},
		{ct, "均值±标准差：-45.2±10.1HU。", "ok"},
		{ct, "面积 12.35 cm²，长径 15 mm。", "ok"},
		{ct, "测量区域：面积 12.35 cm²，均值 45.2 ± 10.1 HU，最小 −120，最大 80 HU。", "45.2"},
		{ct, "测量区域：面积 12.35 cm²，均值 −54.2 ± 10.1 HU，最小 −120，最大 80 HU。", "−54.2"},
		{ct, "测量区域：面积 12.35 cm²，均值 −45.2 ± 1.1 HU，最小 −120，最大 80 HU。", "1.1 HU"},
		{ct, "测量区域：面积 12.35 cm²，均值 −45.2 ± 10.1 HU，最小 −12，最大 80 HU。", "−12"},
		{ct, "测量区域：面积 12.35 cm²，均值 −45.2 ± 10.1 HU，最小 −120，最大 90 HU。", "90 HU"},
		{ct, "测量区域：面积 12.35 mm²，均值 −45.2 ± 10.1 HU。", "12.35 mm²"},
		{ct, "面积 12.35 cm²，CT值约 54 HU。", "54 HU"},
		{ct, "CT值约 10 HU。", "10 HU"}, // the deviation is no value of its own
		{ct, "CT值约 45 HU。", "45 HU"},
		{pet, "SUVbw 均值 5.21 ± 1.00 g/ml，最小 1.20，最大 8.24 g/ml。", "ok"},
		{pet, "SUVmax 8.2。", "ok"},
		{pet, "面积 1.2 cm²，SUVmax约8.2。", "ok"},
		{pet, "SUVmax 2.8。", "2.8"},
		{pet, "面积 120.0 mm²，SUVbw 均值 5.21，SUVmax 2.8。", "2.8"},

		{heart, "心胸比 0.52，心横径 131.0 mm / 胸廓内径 250.0 mm（序列 1）。", "ok"},
		{heart, "心胸比约0.52，心影不大。", "ok"},
		{heart, "心胸比约 52%。", "ok"},
		{heart, "CTR=0.524。", "ok"},
		{heart, "T4 水平心横径 13.1 cm，胸廓内径 25 cm。", "ok"},
		{heart, "心胸比 0.62，心横径 131.0 mm / 胸廓内径 250.0 mm。", "0.62"},
		{heart, "心胸比 0.52，心横径 113.0 mm / 胸廓内径 250.0 mm。", "113.0 mm"},
		{heart, "心胸比 0.52，心横径 131.0 mm / 胸廓内径 205.0 mm。", "205.0 mm"},
		{heart, "心胸比约 62%。", "62%"},
		{heart, "心胸比 1。", "1"},
		{heart, "心影不大。", ""},
		{records.Annotation{Tool: records.ToolArrow, Label: "钙化"}, "点状钙化。", "ok"},
	} {
		got, ok := c.of.SaidIn(c.text)
		if ok {
			got = "ok"
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestASentenceThatSaysAnotherNumberThanItsMeasurementBlocksTheSignatureUntilItIsAnswered(t *testing.T) {
	a := value(21.3412, "mm")
	for _, c := range []struct{ text, instead string }{{"结节：12 mm。", "12 mm"}, {"结节，大小同前。", "21.3 mm"}} {
		linked := []records.Sentence{{Text: c.text, AnnotationUID: a.UID, Measured: a.Stated()}}
		for _, in := range [][2][]records.Sentence{{linked, nil}, {nil, linked}} {
			found := records.Contradictions(in[0], in[1], records.Known{Annotations: []records.Annotation{a}})
			if len(found) != 1 || found[0].Code != records.ContradictsValue || found[0].Text != c.text || found[0].Word != c.instead || found[0].Known != "21.3 mm" {
				t.Fatalf("%s: %+v", c.text, found)
			}
			if records.RefuseContradictions(records.Unanswered(found, nil)) == nil {
				t.Errorf("%s: it is signed", c.text)
			}
			found[0].Answer = "按冠状位测量"
			if err := records.RefuseContradictions(records.Unanswered(found, found)); err != nil {
				t.Errorf("%s, answered: %v", c.text, err)
			}
			linked[0].Text = "结节：21.3 mm。"
			if found := records.Contradictions(in[0], in[1], records.Known{Annotations: []records.Annotation{a}}); len(found) > 0 {
				t.Errorf("corrected: %+v", found)
			}
			linked[0].Text = c.text
		}
		own := []records.Sentence{{Text: c.text}} // claims nothing
		if found := records.Contradictions(own, own, records.Known{Annotations: []records.Annotation{a}}); len(found) > 0 {
			t.Errorf("the doctor's own words: %+v", found)
		}
	}
}
