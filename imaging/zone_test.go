package imaging

import (
	"testing"
	"time"
)

func TestTimesWithoutAZoneAreChinasWhateverThePCSays(t *testing.T) {
	at := time.Date(2026, 9, 18, 9, 24, 0, 0, Zone())
	if got := at.UTC().Format(time.RFC3339); got != "2026-09-18T01:24:00Z" {
		t.Errorf("%s", got)
	}
}

// PS3.3 C.12.1.1.8: "&ZZXX", -1200 to +1400.
func TestTimezoneOffsetFromUTC(t *testing.T) {
	for text, want := range map[string]int{"+0800": 8 * 3600, "-0330": -(3*3600 + 1800), "+1400": 14 * 3600, "-1200": -12 * 3600, "+0000": 0} {
		zone, ok := ParseTimezoneOffset(text)
		if !ok {
			t.Errorf("%q is refused", text)
			continue
		}
		if _, got := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Zone(); got != want {
			t.Errorf("%q is %d seconds, want %d", text, got, want)
		}
	}
	for _, text := range []string{"", "0800", "+8", "+08:00", "+1500", "-1300", "CST", "+0860"} {
		if _, ok := ParseTimezoneOffset(text); ok {
			t.Errorf("%q is accepted", text)
		}
	}
}
