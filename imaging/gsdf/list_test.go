package gsdf

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAListOfAMeterIsReadAsItWasMeant(t *testing.T) {
	var want []float64
	var plain, csv, semicolons, backwards, spaced []string
	for i, level := range Levels() {
		v := float64(i) + 0.25
		want = append(want, v)
		text := fmt.Sprintf("%.2f", v)
		plain = append(plain, text)
		csv = append(csv, fmt.Sprintf("%d,%s", level, text))
		semicolons = append(semicolons, fmt.Sprintf("%d;%s", level, strings.Replace(text, ".", ",", 1)))
		backwards = append([]string{fmt.Sprintf("%d\t%s", level, text)}, backwards...)
		spaced = append(spaced, strings.Replace(text, ".", ",", 1))
	}
	for name, text := range map[string]string{
		"one a line":       strings.Join(plain, "\r\n"),
		"in a row":         strings.Join(plain, " "),
		"commas in a row":  strings.Join(plain, ", "),
		"CSV":              "level,cd/m2\n" + strings.Join(csv, "\n") + "\n",
		"decimal commas":   "\ufeffGrau;cd/m²\r\n" + strings.Join(semicolons, "\r\n"),
		"brightest first":  strings.Join(backwards, "\n"),
		"spaced in commas": strings.Join(spaced, " "),
	} {
		if got, err := ParseLuminances(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

func TestAListThatCannotBeReadIsRefusedRatherThanGuessed(t *testing.T) {
	var twice, pairs, ambiguous []string
	for i, level := range Levels() {
		twice = append(twice, fmt.Sprintf("%d,1.5", max(level, 15)))
		pairs = append(pairs, fmt.Sprintf("%d,1.5", 10*i))
		ambiguous = append(ambiguous, fmt.Sprintf("%d,5", i)) // one decimal number a line, or a level and its luminance?
	}
	for text, code := range map[string]string{
		"": "count", "1 2 3": "count", strings.Repeat("1\n", 19): "count", strings.Join(twice, "\n"): "level", strings.Join(pairs, "\n"): "level",
		strings.Join(ambiguous, "\n"): "level", strings.Repeat("1 ", 17) + "bright": "number", strings.Repeat("1 ", 17) + "NaN 4": "number",
		strings.Repeat("9", mostList+1): "count",
	} {
		_, err := ParseLuminances(text)
		if e, ok := err.(*MeasurementError); !ok || e.Code != code {
			t.Errorf("%.40q: %v, not %s", text, err, code)
		}
	}
}
