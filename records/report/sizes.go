package report

import (
	"math"
	"strconv"
	"strings"

	"longying/records"
)

// The concepts of a mask's diameters, PS3.16 CID 7470.
const (
	longAxis  = "103339001"
	shortAxis = "103340004"
)

// Sizes words the measurements of a finding in "zh" or "en", each with its unit;
// the two diameters of a mask as one, longest by perpendicular. One that must not
// be written (records.Measurement.Check) is left out. Empty when there is none.
func Sizes(f *records.Finding, lang string) string {
	var sound []records.Measurement
	for _, m := range f.Measurements() {
		if m.Check() == nil {
			sound = append(sound, m)
		}
	}
	var parts []string
	for i := 0; i < len(sound); i++ {
		m := &sound[i]
		if i+1 < len(sound) && m.Concept.Value == longAxis && sound[i+1].Concept.Value == shortAxis && m.Unit == sound[i+1].Unit {
			parts = append(parts, about(crossName(lang), rounded(m.Value)+" × "+quantity(&sound[i+1]), lang))
			i++
			continue
		}
		parts = append(parts, about(measureName(m.Concept, lang), quantity(m), lang))
	}
	if lang == "zh" {
		return strings.Join(parts, "，")
	}
	return strings.Join(parts, ", ")
}

func about(name, value, lang string) string {
	if lang == "zh" {
		return name + "约 " + value
	}
	return name + " " + value
}

func crossName(lang string) string {
	if lang == "zh" {
		return "长径 × 短径"
	}
	return "long × short axis"
}

// quantity is a number with its unit as people write it.
func quantity(m *records.Measurement) string {
	unit := m.Unit
	switch unit {
	case "1":
		return rounded(m.Value)
	case "mm2":
		unit = "mm²"
	case "cm2":
		unit = "cm²"
	case "mm3":
		unit = "mm³"
	case "cm3":
		unit = "cm³"
	case "[hnsf'U]":
		unit = "HU"
	case "%":
		return rounded(m.Value) + "%"
	}
	return rounded(m.Value) + " " + unit
}

// rounded gives a number of at most one decimal as it is, and others to three
// digits, whole from 100 on: a mask is not known better than its pixels.
func rounded(v float64) string {
	exact := strconv.FormatFloat(v, 'f', -1, 64)
	if _, decimals, _ := strings.Cut(exact, "."); len(decimals) <= 1 {
		return exact
	}
	if math.Abs(v) >= 99.95 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if whole, _, ok := strings.Cut(s, "."); ok && len(strings.TrimLeft(whole, "-0")) > 0 && len(strings.Trim(s, "-.")) > 4 {
		s = strconv.FormatFloat(v, 'f', decimals-1, 64) // 9.996 is 10.0
	}
	return s
}

// measureName is what was measured, in words.
func measureName(c records.Code, lang string) string {
	if lang == "zh" {
		if s := map[string]string{
			longAxis: "长径", shortAxis: "短径", "81827009": "直径", "410668003": "长度",
			"118565006": "体积", "42798000": "面积",
		}[c.Value]; s != "" {
			return s
		}
		return c.Meaning
	}
	if s := map[string]string{longAxis: "long axis", shortAxis: "short axis", "118565006": "volume", "42798000": "area"}[c.Value]; s != "" {
		return s
	}
	return c.Meaning
}
