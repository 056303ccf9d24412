package outbox

import (
	"time"

	"longying/records"
)

// Ready takes the queued deliveries in the order in which they were stored and
// says which of them are to be tried at now where nobody asks for it, and when
// the next will be; next is zero where there is none, or where some are ready.
//
// A delivery is ready when its time has come. While a destination is not there,
// the first delivery that found it so is tried alone, at its own growing pauses,
// and all others wait for it; once it is tried again, all of them follow at once,
// whatever their own pause, so that what gathered over weeks goes out in its order
// as soon as the destination is back. A version waits for an earlier one of the
// same document, destination and format that waits. What waits for more than
// LongestPause was put off by a clock that has been put back since: its time has
// come. What is for a destination that is off is left out.
func Ready(queued []records.Delivery, off func(destination string) bool, now time.Time) (ready []records.Delivery, next time.Time) {
	come := func(at time.Time) bool { return !at.After(now) || at.After(now.Add(LongestPause)) }
	soonest := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	probe := map[string]time.Time{} // when a destination that was not there is tried again
	for _, d := range queued {
		if _, known := probe[d.Destination]; !known && !d.Offline.IsZero() {
			probe[d.Destination] = d.Next
		}
	}
	itself := func(d records.Delivery) bool { return come(d.Next) || !d.Offline.IsZero() }
	waits := map[string]int{} // the earliest version that waits, per document, destination and format
	key := func(d records.Delivery) string { return d.Destination + "\x00" + d.DocumentID + "\x00" + d.Format }
	for _, d := range queued {
		if v, known := waits[key(d)]; !itself(d) && (!known || d.Version < v) {
			waits[key(d)] = d.Version
		}
	}
	for _, d := range queued {
		at, away := probe[d.Destination]
		first, held := waits[key(d)]
		switch {
		case off(d.Destination):
		case away && !come(at):
			soonest(at)
		case !itself(d):
			soonest(d.Next)
		case !held || d.Version < first:
			ready = append(ready, d)
		}
	}
	if len(ready) > 0 {
		next = time.Time{}
	}
	return ready, next
}
