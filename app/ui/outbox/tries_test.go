package outbox

import (
	"slices"
	"strings"
	"testing"
	"time"

	"longying/app/ui/lang"
	"longying/records"
)

func in(t *testing.T, code lang.Code) *lang.Strings {
	t.Helper()
	l, err := lang.New(code)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAttemptsThatEndedAlikeOneAfterTheOtherAreOneLine(t *testing.T) {
	l := in(t, lang.Chinese)
	at := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	var as []records.Attempt
	for _, outcome := range []string{"unreachable", "unreachable", "unreachable", "no_answer", "unreachable"} {
		as = append(as, records.Attempt{At: at, Outcome: outcome})
		at = at.Add(time.Hour)
	}
	got := Tries(l, as)
	want := []string{"2026-11-24 13:00:00  无法连接", "2026-11-24 12:00:00  未得回执", "2026-11-24 09:00:00 至 2026-11-24 11:00:00，3 次  无法连接"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if Tries(l, nil) != nil {
		t.Error("nothing was tried")
	}
}

// Its earlier attempts were of another count.
func TestWhatWasGivenUpSaysHowOftenItWasTriedAndHowToGoOn(t *testing.T) {
	got := WhatNow(in(t, lang.English), records.Delivery{State: records.DeliveryDead, Attempts: 403, Spent: 203})
	if !strings.Contains(got, "200") || strings.Contains(got, "403") || !strings.Contains(got, "Ctrl+R") {
		t.Error(got)
	}
	for _, s := range []records.DeliveryState{records.DeliveryQueued, records.DeliveryAcknowledged, records.DeliveryWithdrawn} {
		if got := WhatNow(in(t, lang.English), records.Delivery{State: s}); got != "" {
			t.Errorf("%s: %s", s, got)
		}
	}
}
