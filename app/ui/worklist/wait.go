package worklist

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"longying/app/transfer"
	"longying/imaging/pacs"
)

// level is how urgent a study of the township queue is.
type level int

// The levels, the most urgent first.
const (
	overdue level = iota // it waits for longer than the department allows
	soon                 // for more than half of that
	waits
	timeless // nobody knows when it was made, or the device's clock is ahead
	reported
)

// queued is one study of the township queue.
type queued struct {
	pacs.Study
	level level
	// took is how long it has waited since it was made, or, of one that is reported,
	// how long it took until its first signature. Not for timeless ones.
	took time.Duration
}

// ahead is how far a device's clock may be ahead without being called wrong.
const ahead = 2 * time.Minute

// waitingOf orders studies by who has to care first: those that wait longest in
// front, then those without a time, then those whose report is signed. Studies
// whose time of day is not known count from the end of their day, so that none
// is called overdue that may not be.
func waitingOf(studies []pacs.Study, here map[string]transfer.Here, now time.Time, limit time.Duration, site string) []queued {
	var out []queued
	for _, s := range studies {
		if site != "" && s.Institution != site {
			continue
		}
		q := queued{Study: s}
		from := s.Date
		if !s.Exact {
			from = from.AddDate(0, 0, 1)
		}
		end, signed := now, here[s.UID].Signed
		if !signed.IsZero() {
			end = signed
		}
		q.took = end.Sub(from)
		if q.took < 0 && (q.took >= -ahead || !s.Exact && !s.Date.IsZero()) {
			q.took = 0
		}
		switch {
		case !signed.IsZero():
			q.level = reported
		case s.Date.IsZero(), q.took < 0:
			q.level = timeless
		case q.took >= limit:
			q.level = overdue
		case q.took >= limit/2:
			q.level = soon
		default:
			q.level = waits
		}
		out = append(out, q)
	}
	slices.SortStableFunc(out, func(a, b queued) int {
		if c := cmp.Compare(a.level, b.level); c != 0 {
			return c
		}
		if a.level == reported {
			return b.Date.Compare(a.Date)
		}
		return cmp.Compare(b.took, a.took)
	})
	return out
}

// counts is how many studies are at each level, and the median turnaround of
// those that are reported with a known time.
func counts(rows []queued) (n [reported + 1]int, median time.Duration) {
	var took []time.Duration
	for _, q := range rows {
		n[q.level]++
		if q.level == reported && q.Exact && q.took >= 0 {
			took = append(took, q.took)
		}
	}
	if len(took) > 0 {
		slices.Sort(took)
		median = took[(len(took)-1)/2]
	}
	return n, median
}

// sitesOf are the institutions of studies, in order.
func sitesOf(studies []pacs.Study) []string {
	var out []string
	for _, s := range studies {
		if s.Institution != "" && !slices.Contains(out, s.Institution) {
			out = append(out, s.Institution)
		}
	}
	slices.Sort(out)
	return out
}

// clock writes a duration as hours and minutes, 2:05.
func clock(d time.Duration) string {
	m := int(d / time.Minute)
	return fmt.Sprintf("%d:%02d", m/60, m%60)
}
