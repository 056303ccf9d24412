package outbox

import (
	"testing"
	"time"

	"longying/records"
)

func TestWhatNeedsAttentionStandsFirst(t *testing.T) {
	at := func(id string, s records.DeliveryState, n int64) records.Delivery {
		return records.Delivery{ID: id, State: s, CreatedAt: time.Unix(n, 0)}
	}
	ds := []records.Delivery{at("f", records.DeliveryAcknowledged, 9), at("d", records.DeliveryQueued, 8), at("c", records.DeliveryRefused, 7),
		at("b", records.DeliveryNeedsCare, 1), at("e", records.DeliveryQueued, 2), at("a", records.DeliveryNeedsCare, 3), at("x", records.DeliveryDead, 1)}
	got := ""
	for _, d := range Sorted(ds) {
		got += d.ID
	}
	if got != "abxcdef" {
		t.Errorf("order %q", got)
	}
	if c := CountOf(ds); c != (Count{Care: 2, Refused: 2, Waiting: 2, Done: 1}) {
		t.Errorf("counts %+v", c)
	}
	if ds[0].ID != "f" {
		t.Error("the given list was changed")
	}
}

func TestOnlyWhatHasNoReceiptAndWasNotTakenBackCanBeRetried(t *testing.T) {
	for s, want := range map[records.DeliveryState]bool{records.DeliveryQueued: true, records.DeliveryNeedsCare: true,
		records.DeliveryRefused: true, records.DeliveryDead: true, records.DeliveryAcknowledged: false, records.DeliveryWithdrawn: false} {
		if got := Retriable(records.Delivery{State: s}); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
}
