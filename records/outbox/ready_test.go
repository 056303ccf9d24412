package outbox

import (
	"strings"
	"testing"
	"time"

	"longying/records"
)

// ids are the ids of deliveries.
func ids(ds []records.Delivery) string {
	var out []string
	for _, d := range ds {
		out = append(out, d.ID)
	}
	return strings.Join(out, " ")
}

func TestWhatIsReadyIsWhatIsDueInItsOrderAndTheNextTryIsTheSoonestOfTheRest(t *testing.T) {
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	q := func(id, document string, version int, next time.Duration, offline bool) records.Delivery {
		d := records.Delivery{ID: id, DocumentID: document, Version: version, Destination: id[:1], Format: "cda", State: records.DeliveryQueued, Next: now.Add(next)}
		if offline {
			d.Offline = now.Add(-time.Hour)
		}
		return d
	}
	for _, x := range []struct {
		name   string
		queued []records.Delivery
		off    string
		want   string
		next   time.Duration // 0: none
	}{
		{name: "nothing"},
		{"due, in order", []records.Delivery{q("a1", "A", 1, 0, false), q("a2", "B", 1, -time.Hour, false)}, "", "a1 a2", 0},
		{"later", []records.Delivery{q("a1", "A", 1, time.Hour, false), q("a2", "B", 1, time.Minute, false)}, "", "", time.Minute},
		{"a version after the one that waits", []records.Delivery{q("a1", "A", 1, time.Hour, false), q("a2", "A", 2, 0, false), q("a3", "B", 1, 0, false)}, "", "a3", 0},
		{"a version after the one that waits, stored the other way", []records.Delivery{q("a2", "A", 2, 0, false), q("a1", "A", 1, time.Hour, false)}, "", "", time.Hour},
		{"all wait for the first of a destination that is away", []records.Delivery{q("a1", "A", 1, time.Hour, true), q("a2", "B", 1, 0, false), q("b1", "A", 1, 0, false)}, "", "b1", 0},
		{"and for nothing sooner", []records.Delivery{q("a1", "A", 1, time.Hour, true), q("a2", "B", 1, time.Minute, true), q("a3", "C", 1, 0, false)}, "", "", time.Hour},
		{"then all follow at once", []records.Delivery{q("a1", "A", 1, 0, true), q("a2", "A", 2, time.Hour, true), q("a3", "C", 1, 0, false), q("a4", "D", 1, time.Hour, false)}, "", "a1 a2 a3", 0},
		{"but no version before one that waits for another reason", []records.Delivery{q("a1", "A", 1, time.Hour, false), q("a2", "A", 2, 0, true), q("a3", "B", 1, 0, false)}, "", "a3", 0},
		{"off", []records.Delivery{q("a1", "A", 1, 0, false), q("b1", "A", 1, time.Hour, false)}, "a", "", time.Hour},
		{"a clock that was put back", []records.Delivery{q("a1", "A", 1, LongestPause+time.Second, false)}, "", "a1", 0},
	} {
		ready, next := Ready(x.queued, func(d string) bool { return d == x.off }, now)
		if got := ids(ready); got != x.want {
			t.Errorf("%s: ready are %q, want %q", x.name, got, x.want)
		}
		if x.next == 0 != next.IsZero() || x.next != 0 && !next.Equal(now.Add(x.next)) {
			t.Errorf("%s: next is %v, want %v", x.name, next.Sub(now), x.next)
		}
	}
}
