package imaging

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// PersonName is a DICOM PN value, PS3.5 6.2.1: up to three component groups,
// alphabetic=ideographic=phonetic, each family^given^middle^prefix^suffix.
type PersonName struct {
	Alphabetic  string
	Ideographic string
	Phonetic    string
}

// ParsePersonName splits a decoded PN value into its groups.
func ParsePersonName(pn string) PersonName {
	groups := strings.SplitN(strings.TrimRight(pn, " \x00"), "=", 3)
	var n PersonName
	for i, g := range groups {
		g = strings.TrimRight(strings.TrimSpace(g), "^")
		switch i {
		case 0:
			n.Alphabetic = g
		case 1:
			n.Ideographic = g
		case 2:
			n.Phonetic = g
		}
	}
	return n
}

// String is the PN value again.
func (n PersonName) String() string {
	s := n.Alphabetic + "=" + n.Ideographic + "=" + n.Phonetic
	return strings.TrimRight(s, "=")
}

// IsZero reports whether no group holds anything.
func (n PersonName) IsZero() bool { return n == PersonName{} }

// Display is the name as shown: the ideographic group where there is one,
// written the Chinese way (family and given together), else the alphabetic
// group with spaces.
func (n PersonName) Display() string {
	if h := n.Characters(); h != "" {
		return h
	}
	return strings.Join(strings.FieldsFunc(n.Alphabetic, func(r rune) bool { return r == '^' }), " ")
}

// Characters is the name in Han characters without separators, from the
// ideographic group or, where a device wrote characters into the first group,
// from that. It is empty when the header has no characters.
func (n PersonName) Characters() string {
	for _, g := range []string{n.Ideographic, n.Alphabetic} {
		if hasHan(g) {
			return strings.Map(func(r rune) rune {
				if r == '^' || r == ' ' {
					return -1
				}
				return r
			}, g)
		}
	}
	return ""
}

func hasHan(s string) bool {
	for _, r := range s {
		if r >= 0x3400 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff || r >= 0x20000 && r <= 0x323af {
			return true
		}
	}
	return false
}

// Age is a DICOM AS value: a whole number of days, weeks, months or years.
type Age struct {
	Number int
	Unit   byte // 'D', 'W', 'M' or 'Y'
}

// ParseAge reads an AS value, PS3.5 6.2: exactly three digits and one of D, W,
// M, Y. Anything else is an error that quotes the value; nothing is guessed.
func ParseAge(as string) (Age, error) {
	s := strings.TrimRight(as, " \x00")
	if len(s) != 4 {
		return Age{}, fmt.Errorf("age %q is not three digits and a unit (DICOM AS, e.g. 004Y)", as)
	}
	for i := range 3 {
		if s[i] < '0' || s[i] > '9' {
			return Age{}, fmt.Errorf("age %q is not three digits and a unit (DICOM AS, e.g. 004Y)", as)
		}
	}
	n, _ := strconv.Atoi(s[:3])
	switch s[3] {
	case 'D', 'W', 'M', 'Y':
		return Age{n, s[3]}, nil
	}
	return Age{}, fmt.Errorf("age %q has unit %q; DICOM AS allows D, W, M or Y", as, s[3])
}

// Years is the age in years; days, weeks and months are converted by the mean
// Gregorian year of 365.2425 days.
func (a Age) Years() float64 {
	switch a.Unit {
	case 'D':
		return float64(a.Number) / 365.2425
	case 'W':
		return float64(a.Number) * 7 / 365.2425
	case 'M':
		return float64(a.Number) / 12
	}
	return float64(a.Number)
}

// ParseDate reads a DA value YYYYMMDD (the old YYYY.MM.DD is accepted too).
func ParseDate(da string) (time.Time, error) {
	s := strings.ReplaceAll(strings.TrimSpace(da), ".", "")
	t, err := time.Parse("20060102", s)
	if err != nil {
		return time.Time{}, fmt.Errorf("date %q is not YYYYMMDD", da)
	}
	return t, nil
}

// YearsBetween is the age in completed years at a day, for two calendar dates.
func YearsBetween(birth, at time.Time) int {
	y := at.Year() - birth.Year()
	if at.Month() < birth.Month() || at.Month() == birth.Month() && at.Day() < birth.Day() {
		y--
	}
	return y
}
