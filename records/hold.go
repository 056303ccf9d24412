package records

import "time"

// MaxFailures is how many wrong passwords in a row hold an account, and HoldFor
// for how long (GB/T 22239-2019, 8.1.4.1 b).
const (
	MaxFailures = 5
	HoldFor     = 15 * time.Minute
)

// Fail counts a wrong password.
func (u *User) Fail(now time.Time) {
	u.Failures++
	if u.Failures >= MaxFailures {
		u.HoldLeft, u.HoldSeen = HoldFor, now.Round(0)
	}
}

// Release forgets wrong passwords.
func (u *User) Release() { u.Failures, u.HoldLeft, u.HoldSeen = 0, 0, time.Time{} }

// Wait takes the time that has passed since the last look off a hold, and
// returns what is left; store the user so that it counts once. A clock that was
// put back takes nothing off, and adds nothing: what was left then is left
// still, counted from now. When it is over, the failures are forgotten.
func (u *User) Wait(now time.Time) time.Duration {
	if u.HoldLeft <= 0 {
		return 0
	}
	now = now.Round(0)
	u.HoldLeft -= max(0, now.Sub(u.HoldSeen))
	u.HoldSeen = now
	if u.HoldLeft <= 0 {
		u.Release()
	}
	return u.HoldLeft
}
