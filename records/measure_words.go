package records

import (
	"math"
	"strconv"
	"strings"

	"longying/imaging"
)

// Said are the lines that say what an annotation is, in "zh" or "en": the
// doctor's words, the values with their units, and what has to be known of them.
func (a *Annotation) Said(language string) []string {
	var out []string
	if a.Label != "" {
		out = append(out, a.Label)
	}
	out = append(out, ValuesSaid(a.Tool, a.Values, language)...)
	return append(out, a.Basis.Said(a.Values, language)...)
}

// ValuesSaid words the values of a tool.
func ValuesSaid(tool Tool, values []Measurement, language string) []string {
	word := func(zh, en string) string { return (Text{Zh: zh, En: en}).In(language) }
	var out []string
	byStatistic := map[Code]Measurement{}
	for _, m := range values {
		if m.Derivation != (Code{}) {
			byStatistic[m.Derivation] = m
		}
	}
	if tool == ToolThorax && len(values) == 3 {
		return []string{word("心胸比 ", "CTR ") + strconv.FormatFloat(values[0].Value, 'f', 2, 64),
			word("心横径 ", "heart ") + quantity(values[1], language) + " / " + word("胸廓内径 ", "chest ") + quantity(values[2], language)}
	}
	for _, m := range values {
		switch {
		case m.Derivation == Mean():
			of := ""
			if m.Concept.Value == "126401" {
				of = "SUVbw "
			}
			said := of + word("均值 ", "mean ") + number(m)
			if sd, ok := byStatistic[StandardDeviation()]; ok {
				said += " ± " + number(sd)
			}
			out = append(out, said+unit(m, language))
		case m.Derivation == Minimum():
			if greatest, ok := byStatistic[Maximum()]; ok {
				out = append(out, word("最小 ", "min ")+number(m)+word("，最大 ", ", max ")+number(greatest)+unit(m, language))
			}
		case m.Derivation != (Code{}):
		case m.Concept == conceptArea():
			out = append(out, word("面积 ", "area ")+quantity(m, language))
		case m.Concept == conceptCobb():
			out = append(out, "Cobb "+quantity(m, language))
		case m.Concept.Value == "126401":
			out = append(out, "SUVbw "+quantity(m, language))
		default:
			out = append(out, quantity(m, language))
		}
	}
	return out
}

// quantity is a value with its unit.
func quantity(m Measurement, language string) string {
	switch {
	case m.Unit == "mm2" && m.Value >= 1000:
		return strconv.FormatFloat(m.Value/100, 'f', 2, 64) + " cm²"
	case m.Unit == UnitMicro && m.Value >= 1000:
		return strconv.FormatFloat(m.Value/1000, 'f', 2, 64) + " mm"
	case m.Unit == UnitMicro2 && m.Value >= 10000:
		return strconv.FormatFloat(m.Value/1e6, 'f', 2, 64) + " mm²"
	case m.Unit == UnitMicro2:
		return strconv.FormatFloat(m.Value, 'f', 0, 64) + " µm²"
	}
	return number(m) + unit(m, language)
}

// number writes a value with the digits that its unit bears.
func number(m Measurement) string {
	digits := 1
	switch m.Unit {
	case "g/ml{SUVbw}":
		digits = 2
	case "[hnsf'U]", "mm", "mm2", UnitDegree, UnitPixels, UnitMicro:
	default:
		if v := math.Abs(m.Value); v < 10 && m.Value != math.Trunc(m.Value) {
			digits = 3
		}
	}
	s := strconv.FormatFloat(m.Value, 'f', digits, 64)
	if m.Value == math.Trunc(m.Value) && m.Unit != "mm" && m.Unit != "mm2" && m.Unit != UnitDegree && m.Unit != UnitMicro {
		s = strconv.FormatFloat(m.Value, 'f', -1, 64)
	}
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // of a value that is rounded to nothing
	}
	return strings.Replace(s, "-", "−", 1)
}

func unit(m Measurement, language string) string {
	switch m.Unit {
	case UnitNone:
		return ""
	case UnitDegree:
		return "°"
	case "mm2":
		return " mm²"
	case UnitMicro:
		return " µm"
	case UnitMicro2:
		return " µm²"
	case "[hnsf'U]":
		return " HU"
	case "g/ml{SUVbw}":
		return " g/ml"
	case UnitPixels:
		return (Text{Zh: " 像素", En: " px"}).In(language)
	}
	return " " + m.Unit
}

// Said are the lines that say on what values rest, where it is not plain.
func (b Basis) Said(values []Measurement, language string) []string {
	word := func(zh, en string) string { return (Text{Zh: zh, En: en}).In(language) }
	var out []string
	add := func(zh, en string) { out = append(out, word(zh, en)) }
	mm := false
	for _, m := range values {
		mm = mm || m.Unit == "mm" || m.Unit == "mm2"
	}
	switch {
	case b.Why == imaging.NoSpacing:
		add("未标定：图像未给出像素大小", "not calibrated: no pixel size")
	case b.Why == imaging.OutsideRegions:
		add("未标定：有点在标定区外", "not calibrated: a point is outside the calibrated region")
	case b.Why == imaging.AcrossRegions:
		add("未标定：跨越两个超声区域", "not calibrated: across two regions")
	case b.Why == imaging.RegionNotInSpace:
		add("未标定：此区域的坐标轴不是长度", "not calibrated: the axes here are no lengths")
	case b.Why != imaging.Calibrated:
		add("未标定：重叠区域的标定不一致", "not calibrated: overlapping regions disagree")
	case mm && b.Magnification > 0:
		f := strconv.FormatFloat(b.Magnification, 'f', -1, 64)
		add("探测器平面，已按放大率 "+f+" 校正（估计）", "at the detector, divided by the estimated magnification "+f)
	case mm && b.Spacing == imaging.SpacingDetector:
		add("探测器平面，未校正放大", "at the detector, not corrected for magnification")
	}
	if b.NoSUV != "" {
		add("无 SUV，缺少或不可用："+b.NoSUV, "no SUV, missing or unusable: "+b.NoSUV)
	}
	if b.Quantity == imaging.QuantityValue {
		add("像素值无单位", "pixel values have no unit")
	}
	if b.Left > 0 {
		add("未计入填充像素 "+strconv.Itoa(b.Left), strconv.Itoa(b.Left)+" padding pixels left out")
	}
	if b.Crossed {
		add("轮廓自相交：面积按像素计", "the outline crosses itself: area by pixels")
	}
	return out
}
