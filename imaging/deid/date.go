package deid

import (
	"strings"
	"time"
)

// shiftDate moves a DA value by whole days; ok is false where it is no date.
// The form of ACR-NEMA with points is read too: PS3.5 6.2.
func shiftDate(v string, days int) (string, bool) {
	v = strings.TrimSpace(v)
	if len(v) == 10 && v[4] == '.' && v[7] == '.' {
		v = v[:4] + v[5:7] + v[8:]
	}
	t, err := time.Parse("20060102", v)
	if err != nil || t.Year() < 1 {
		return "", false
	}
	moved := t.AddDate(0, 0, days)
	if moved.Year() < 1 {
		return "", false
	}
	return moved.Format("20060102"), true
}

// shiftDateTime moves the date of a DT value, its time and offset stay. One
// without a day cannot be moved by days: ok is false.
func shiftDateTime(v string, days int) (string, bool) {
	v = strings.TrimSpace(v)
	if len(v) < 8 || !isDateTime(v) {
		return "", false
	}
	d, ok := shiftDate(v[:8], days)
	return d + v[8:], ok
}

// isDateTime holds PS3.5 6.2: YYYYMMDDHHMMSS.FFFFFF&ZZXX, cut anywhere between
// its parts.
func isDateTime(v string) bool {
	if i := strings.IndexAny(v, "+-"); i >= 0 {
		if !digits(v[i+1:], 4, 4) {
			return false
		}
		v = v[:i]
	}
	whole, fraction, point := strings.Cut(v, ".")
	if point && (len(whole) != 14 || !digits(fraction, 1, 6)) {
		return false
	}
	return digits(whole, 4, 14) && len(whole)%2 == 0
}

// isTime holds PS3.5 6.2: HHMMSS.FFFFFF, cut anywhere between its parts, or
// HH:MM:SS of ACR-NEMA.
func isTime(v string) bool {
	v = strings.TrimSpace(strings.ReplaceAll(v, ":", ""))
	whole, fraction, point := strings.Cut(v, ".")
	if point && (len(whole) != 6 || !digits(fraction, 1, 6)) {
		return false
	}
	return digits(whole, 2, 6) && len(whole)%2 == 0
}

func digits(s string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
