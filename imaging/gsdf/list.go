package gsdf

import (
	"bufio"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// mostList is how much text of a list is looked at, in bytes.
const mostList = 1 << 16

// ParseLuminances reads the luminances of Levels, in cd/m², out of what a meter's
// program wrote: either one value after the other, in the order of the levels, or
// one line a level with the level before its luminance (CSV; the levels in any
// order, a heading is passed over). Fields are parted by a semicolon, a tab, a
// space or a comma. A comma is a decimal comma where fields are parted by
// something else. A list that could be read in two ways is refused.
func ParseLuminances(text string) ([]float64, error) {
	if len(text) > mostList {
		return nil, &MeasurementError{"count", fmt.Sprint(len(text))}
	}
	text = strings.TrimPrefix(text, "\ufeff")
	comma := decimalComma(text)
	var rows [][]string
	for scan := bufio.NewScanner(strings.NewReader(text)); scan.Scan(); {
		fields := strings.FieldsFunc(scan.Text(), func(r rune) bool {
			return r == ';' || r == '\t' || r == ' ' || r == '\r' || r == '，' || r == '；' || r == ',' && !comma
		})
		if len(fields) > 0 {
			rows = append(rows, fields)
		}
	}
	value := func(s string) (float64, error) {
		s = strings.Trim(s, `"`)
		if comma {
			s = strings.Replace(s, ",", ".", 1)
		}
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, &MeasurementError{"number", s}
		}
		return v, nil
	}
	if len(rows) > 1 && !slices.ContainsFunc(rows[0], func(s string) bool { _, err := value(s); return err == nil }) {
		rows = rows[1:] // a heading
	}
	levels := Levels()
	if len(rows) == len(levels) && len(rows[0]) == 2 {
		return byLevel(rows, value)
	}
	var out []float64
	for _, row := range rows {
		for _, f := range row {
			v, err := value(f)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	if len(out) != len(levels) {
		return nil, &MeasurementError{"count", fmt.Sprint(len(out))}
	}
	return out, nil
}

// decimalComma reports that every comma of the text stands in a number: between
// digits, and the fields are parted by semicolons, tabs or spaces.
func decimalComma(text string) bool {
	if !strings.Contains(text, ",") || strings.Contains(text, ".") {
		return false
	}
	if strings.ContainsAny(text, ";\t；") {
		return true
	}
	for line := range strings.Lines(text) {
		for _, f := range strings.Fields(line) {
			if strings.Count(f, ",") > 1 {
				return false
			}
		}
		if len(strings.Fields(line)) > 1 {
			return !strings.Contains(line, ", ")
		}
	}
	return false
}

// byLevel takes lines of a level and its luminance.
func byLevel(rows [][]string, value func(string) (float64, error)) ([]float64, error) {
	levels := Levels()
	at := map[int]int{}
	for i, l := range levels {
		at[l] = i
	}
	out, seen := make([]float64, len(levels)), map[int]bool{}
	for _, row := range rows {
		if len(row) != 2 {
			return nil, &MeasurementError{"level", strings.Join(row, " ")}
		}
		level, err := value(row[0])
		if err != nil {
			return nil, err
		}
		i, known := at[int(level)]
		if !known || float64(int(level)) != level || seen[i] {
			return nil, &MeasurementError{"level", row[0]}
		}
		seen[i] = true
		if out[i], err = value(row[1]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
