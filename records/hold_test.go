package records

import (
	"testing"
	"time"
)

func TestAHoldLastsItsTimeWhateverTheClockDoes(t *testing.T) {
	start := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	held := func() *User {
		u := &User{}
		for range MaxFailures {
			if u.Wait(start) != 0 {
				t.Fatal("held before the last failure")
			}
			u.Fail(start)
		}
		return u
	}
	u := held()
	if left := u.Wait(start.Add(HoldFor - time.Minute)); left != time.Minute {
		t.Errorf("%v left, want 1m", left)
	}
	if left := u.Wait(start.Add(HoldFor)); left != 0 || u.Failures != 0 {
		t.Errorf("%v left and %d failures after the hold", left, u.Failures)
	}
	// A clock that is put back neither ends a hold nor makes it longer.
	u = held()
	if left := u.Wait(start.Add(-24 * time.Hour)); left != HoldFor {
		t.Errorf("%v left after the clock went back, want %v", left, HoldFor)
	}
	if left := u.Wait(start.Add(-24*time.Hour + HoldFor)); left != 0 {
		t.Errorf("%v left although the time has passed", left)
	}
	u = held()
	u.Fail(start.Add(HoldFor / 2)) // knocking on makes it begin anew
	if left := u.Wait(start.Add(HoldFor / 2)); left != HoldFor {
		t.Errorf("%v left", left)
	}
}
