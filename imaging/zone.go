package imaging

import "time"

// Zone is the zone of every clock time that a file does not state and that
// people read: China Standard Time, UTC+8, which is in law the time of all of
// China. It does not follow the PC: one that is set wrong must not move the
// time of an examination or of a signature.
func Zone() *time.Location { return time.FixedZone("CST", 8*60*60) }

// ParseTimezoneOffset reads Timezone Offset From UTC (0008,0201), "&ZZXX" as in
// "+0800" (PS3.3 C.12.1.1.8); false for anything else and beyond -1200 to +1400.
func ParseTimezoneOffset(sh string) (*time.Location, bool) {
	t, err := time.Parse("-0700", sh)
	if err != nil || len(sh) != 5 || sh[3] > '5' {
		return nil, false
	}
	_, seconds := t.Zone()
	if seconds < -12*3600 || seconds > 14*3600 {
		return nil, false
	}
	return time.FixedZone(sh, seconds), true
}
