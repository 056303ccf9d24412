package sheet

import (
	"strings"
	"time"
)

// layouts are the ways of writing a day, with and without the time of day.
func layouts() []string {
	days := []string{"20060102", "2006-01-02", "2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日"}
	out := append(days, "200601021504", "20060102150405")
	for _, d := range days {
		for _, clock := range []string{" 15:04", " 15:04:05", "T15:04:05", "T15:04"} {
			out = append(out, d+clock)
		}
	}
	return out
}

func parse(layout, s string) (string, bool) {
	at, err := time.Parse(layout, s)
	if err != nil || at.Year() < 1800 {
		return "", false
	}
	if strings.Contains(layout, "15") {
		return at.Format("200601021504"), true
	}
	return at.Format("20060102"), true
}
