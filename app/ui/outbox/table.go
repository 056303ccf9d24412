package outbox

import (
	"cmp"
	"slices"

	"longying/records"
)

// Sorted puts the deliveries in the order in which somebody has to care: what
// waits for a person first, then what the platform will not take, what is under
// way, and what has its receipt; the newest first in each.
func Sorted(ds []records.Delivery) []records.Delivery {
	out := slices.Clone(ds)
	slices.SortStableFunc(out, func(a, b records.Delivery) int {
		if c := cmp.Compare(urgency(a.State), urgency(b.State)); c != 0 {
			return c
		}
		return b.CreatedAt.Compare(a.CreatedAt)
	})
	return out
}

func urgency(s records.DeliveryState) int {
	switch s {
	case records.DeliveryNeedsCare:
		return 0
	case records.DeliveryDead:
		return 1
	case records.DeliveryRefused:
		return 2
	case records.DeliveryQueued:
		return 3
	}
	return 4
}

// Retriable says whether a person may put the delivery back into the queue: not
// what has arrived, nor what a retraction took back.
func Retriable(d records.Delivery) bool {
	return d.State != records.DeliveryAcknowledged && d.State != records.DeliveryWithdrawn
}

// Count is how many deliveries are in each group of care.
type Count struct{ Care, Refused, Waiting, Done int }

// CountOf counts.
func CountOf(ds []records.Delivery) Count {
	var c Count
	for _, d := range ds {
		switch d.State {
		case records.DeliveryNeedsCare:
			c.Care++
		case records.DeliveryDead, records.DeliveryRefused:
			c.Refused++
		case records.DeliveryQueued:
			c.Waiting++
		case records.DeliveryAcknowledged:
			c.Done++
		}
	}
	return c
}
