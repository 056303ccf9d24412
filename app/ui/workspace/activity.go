package workspace

import "time"

// Activity knows when somebody last used the keyboard or the mouse. It belongs
// to the UI goroutine.
type Activity struct {
	now  func() time.Time
	last time.Time
}

// NewActivity begins now, by a clock.
func NewActivity(now func() time.Time) *Activity { return &Activity{now: now, last: now()} }

// Seen notes that somebody is there.
func (a *Activity) Seen() {
	if a != nil {
		a.last = a.now()
	}
}

// Idle is for how long nobody was: by the clock on the wall or by the one that
// cannot be put back, whichever says longer. The first goes on while a portable
// computer sleeps.
func (a *Activity) Idle() time.Duration {
	now := a.now()
	return max(now.Sub(a.last), now.Round(0).Sub(a.last.Round(0)))
}
