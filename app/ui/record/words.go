package record

import (
	"slices"
	"strings"
	"time"

	"longying/app/registry"
	"longying/records"
)

// Masked hides the middle of an identity number: the region and the last four
// characters stay, enough to compare, too little to use.
func Masked(number string) string {
	r := []rune(number)
	if len(r) <= 8 {
		return strings.Repeat("*", len(r))
	}
	head := 3
	if len(r) >= 15 {
		head = 6
	}
	return string(r[:head]) + strings.Repeat("*", len(r)-head-4) + string(r[len(r)-4:])
}

// Day writes YYYYMMDD as YYYY-MM-DD; what is not a date stays as it is.
func Day(s string) string {
	t, err := time.Parse("20060102", s)
	if err != nil {
		return s
	}
	return t.Format(time.DateOnly)
}

// Age is the completed years at a time, -1 when the birth date is not known.
func Age(birth string, at time.Time) int {
	b, err := time.Parse("20060102", birth)
	if err != nil || at.Before(b) {
		return -1
	}
	years := at.Year() - b.Year()
	if at.Month() < b.Month() || at.Month() == b.Month() && at.Day() < b.Day() {
		years--
	}
	return years
}

// Newest sorts a record for reading: the newest of everything first, and of a
// report's versions the newest first.
func Newest(rec registry.PatientRecord) registry.PatientRecord {
	rec.Visits = slices.Clone(rec.Visits)
	slices.SortStableFunc(rec.Visits, func(a, b records.Visit) int { return strings.Compare(b.Date, a.Date) })
	rec.Examinations = slices.Clone(rec.Examinations)
	slices.SortStableFunc(rec.Examinations, func(a, b records.Examination) int { return b.Date.Compare(a.Date) })
	rec.Documents = slices.Clone(rec.Documents)
	slices.SortStableFunc(rec.Documents, func(a, b records.SignedDocument) int { return b.SignedAt.Compare(a.SignedAt) })
	return rec
}

// Moment writes YYYYMMDD[HHMM] as YYYY-MM-DD [HH:MM].
func Moment(s string) string {
	if len(s) >= 12 {
		return Day(s[:8]) + " " + s[8:10] + ":" + s[10:12]
	}
	return Day(s)
}

// Marked reports a laboratory value to be marked as abnormal.
func Marked(v records.LabValue) bool {
	flag, _ := v.Abnormal()
	return flag != "" && flag != records.FlagNormal && v.Stands()
}

// LabText is a laboratory value in one line: sign, name, value, unit, range. A
// flag that no source stated has "≈": it was computed from value and range.
func LabText(v records.LabValue) string {
	flag, stated := v.Abnormal()
	sign := map[string]string{"": " ", records.FlagNormal: " ", records.FlagHigh: "↑", "HH": "↑↑", records.FlagLow: "↓", "LL": "↓↓"}[flag]
	if sign == "" {
		sign = "! " + flag
	}
	if !stated && sign != " " {
		sign += "≈"
	}
	text := strings.TrimSpace(sign + " " + v.Name + "  " + v.Value + " " + v.Unit)
	if v.Range != "" {
		text += "  [" + v.Range + "]"
	}
	return text
}
