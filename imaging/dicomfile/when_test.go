package dicomfile

import (
	"testing"
	"time"
)

func TestStudyTimeIsInTheZoneOfTheHeaderElseInChinas(t *testing.T) {
	for offset, want := range map[string]string{
		"":      "2026-09-18T01:24:05Z",
		"+0000": "2026-09-18T09:24:05Z",
		"-0500": "2026-09-18T14:24:05Z",
		"later": "2026-09-18T01:24:05Z",
	} {
		ds := NewDataset().String(TagStudyDate, "DA", "20260918").String(TagStudyTime, "TM", "092405.123")
		if offset != "" {
			ds.String(TagTimezoneOffset, "SH", offset)
		}
		if got := when(ds, TagStudyDate, TagStudyTime).UTC().Format(time.RFC3339); got != want {
			t.Errorf("offset %q: %s, want %s", offset, got, want)
		}
	}
}
