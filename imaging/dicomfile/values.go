package dicomfile

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// Tags lists the attributes present, ascending.
func (d *Dataset) Tags() []Tag {
	out := make([]Tag, len(d.elements))
	for i, e := range d.elements {
		out[i] = e.tag
	}
	return out
}

// Has reports an attribute that is present, with or without a value.
func (d *Dataset) Has(t Tag) bool { return d.get(t) != nil }

// VR is the value representation of an attribute, empty when absent.
func (d *Dataset) VR(t Tag) string {
	if e := d.get(t); e != nil {
		return e.vr
	}
	return ""
}

// Raw are the bytes of a value as stored, little-endian, nil when absent.
func (d *Dataset) Raw(t Tag) []byte {
	if e := d.get(t); e != nil {
		return e.value
	}
	return nil
}

// bare are the bytes of a value without their padding.
func (d *Dataset) bare(t Tag) string { return strings.Trim(string(d.Raw(t)), " \x00") }

// Items are the items of a sequence, nil when absent or empty.
func (d *Dataset) Items(t Tag) []*Dataset {
	if e := d.get(t); e != nil {
		return e.items
	}
	return nil
}

// Item is the first item of a sequence; an empty data set when there is none,
// so that look-ups chain.
func (d *Dataset) Item(t Tag) *Dataset {
	if items := d.Items(t); len(items) > 0 {
		return items[0]
	}
	return &Dataset{}
}

// Text is the value as UTF-8 without its padding: the whole value for LT, ST
// and UT, otherwise the first value. Empty when absent.
func (d *Dataset) Text(t Tag) string {
	e := d.get(t)
	if e == nil || len(e.value) == 0 {
		return ""
	}
	if info, _ := vrOf(e.vr); info.kind == vrASCII && info.multi { // most attributes: without a slice
		first, _, _ := bytes.Cut(e.value, []byte{'\\'})
		return string(bytes.TrimLeft(bytes.TrimRight(first, " \x00"), " "))
	}
	if v := d.Texts(t); len(v) > 0 {
		return v[0]
	}
	return ""
}

// Texts are all values as UTF-8 without their padding. Numbers of binary VRs
// are written in decimal. nil when absent or empty.
func (d *Dataset) Texts(t Tag) []string {
	e := d.get(t)
	if e == nil || len(e.value) == 0 {
		return nil
	}
	info, _ := vrOf(e.vr)
	switch info.kind {
	case vrBinary:
		if info.long {
			return nil
		}
		var out []string
		for _, v := range d.Floats(t) {
			out = append(out, strconv.FormatFloat(v, 'f', -1, 64))
		}
		return out
	case vrText:
		return splitText(e.text.decode(e.value, e.vr == "PN"), info.multi)
	case vrSequence:
		return nil
	}
	return splitText(string(e.value), info.kind != vrASCII || info.multi)
}

// splitText separates values and takes padding off: trailing spaces and
// nulls; leading spaces too where they carry no meaning (all but LT, ST, UT).
func splitText(s string, multi bool) []string {
	if !multi {
		s = strings.TrimRight(s, " \x00")
		if s == "" {
			return nil
		}
		return []string{s}
	}
	if !strings.Contains(s, `\`) {
		s = strings.TrimLeft(strings.TrimRight(s, " \x00"), " ")
		if s == "" {
			return nil
		}
		return []string{s}
	}
	out := strings.Split(s, `\`)
	for i, v := range out {
		out[i] = strings.TrimLeft(strings.TrimRight(v, " \x00"), " ")
	}
	return out
}

// Floats are the values of any numeric VR, and of strings that are numbers. A
// value that is not a number is NaN. nil when absent.
func (d *Dataset) Floats(t Tag) []float64 {
	e := d.get(t)
	if e == nil {
		return nil
	}
	le, b := binary.LittleEndian, e.value
	var out []float64
	switch e.vr {
	case "US", "OW":
		for ; len(b) >= 2; b = b[2:] {
			out = append(out, float64(le.Uint16(b)))
		}
	case "SS":
		for ; len(b) >= 2; b = b[2:] {
			out = append(out, float64(int16(le.Uint16(b))))
		}
	case "UL", "OL":
		for ; len(b) >= 4; b = b[4:] {
			out = append(out, float64(le.Uint32(b)))
		}
	case "SL":
		for ; len(b) >= 4; b = b[4:] {
			out = append(out, float64(int32(le.Uint32(b))))
		}
	case "FL", "OF":
		for ; len(b) >= 4; b = b[4:] {
			out = append(out, float64(math.Float32frombits(le.Uint32(b))))
		}
	case "FD", "OD":
		for ; len(b) >= 8; b = b[8:] {
			out = append(out, math.Float64frombits(le.Uint64(b)))
		}
	case "UV", "OV":
		for ; len(b) >= 8; b = b[8:] {
			out = append(out, float64(le.Uint64(b)))
		}
	case "SV":
		for ; len(b) >= 8; b = b[8:] {
			out = append(out, float64(int64(le.Uint64(b))))
		}
	case "UN", "SQ", "AT":
		return nil
	default:
		for _, s := range splitText(string(b), true) {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				v = math.NaN()
			}
			out = append(out, v)
		}
	}
	return out
}

// Float is the first number; ok is false when absent or not a finite number.
func (d *Dataset) FloatValue(t Tag) (v float64, ok bool) {
	e := d.get(t)
	switch {
	case e == nil || len(e.value) == 0:
		return 0, false
	case e.vr == "US" && len(e.value) == 2:
		return float64(binary.LittleEndian.Uint16(e.value)), true
	}
	f := d.Floats(t)
	if len(f) == 0 || math.IsNaN(f[0]) || math.IsInf(f[0], 0) {
		return 0, false
	}
	return f[0], true
}

// IntValue is the first number as a whole number; ok is false when absent, not
// a number or beyond 32 bits.
func (d *Dataset) IntValue(t Tag) (v int, ok bool) {
	f, ok := d.FloatValue(t)
	if !ok || f < math.MinInt32 || f > math.MaxUint32 {
		return 0, false
	}
	return int(f), true
}
