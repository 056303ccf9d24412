package outbox

import (
	"fmt"
	"time"
)

// The kinds of destination.
const (
	KindHTTP   = "http"
	KindFolder = "folder"
)

// Destination is where documents go, as configured.
type Destination struct {
	Name    string        `json:"name"`
	Kind    string        `json:"kind"`              // KindHTTP or KindFolder
	URL     string        `json:"url"`               // base address, or the folder's path
	Timeout time.Duration `json:"timeout,omitempty"` // of one request; 0 is 30 seconds
	// CannotBeAsked is set for a platform that has no way to ask what it has
	// registered; a document is then sent again under the same id and version.
	CannotBeAsked bool `json:"cannot_be_asked,omitempty"`
}

// Check reports a destination that cannot work.
func (d Destination) Check() error {
	switch {
	case d.Name == "":
		return fmt.Errorf("a destination has no name")
	case d.Kind != KindHTTP && d.Kind != KindFolder:
		return fmt.Errorf("destination %s: kind %q is not %s or %s", d.Name, d.Kind, KindHTTP, KindFolder)
	case d.URL == "":
		return fmt.Errorf("destination %s has no address", d.Name)
	case d.Timeout < 0:
		return fmt.Errorf("destination %s: time-out %s is negative", d.Name, d.Timeout)
	}
	return nil
}

func (d Destination) timeout() time.Duration {
	if d.Timeout > 0 {
		return d.Timeout
	}
	return 30 * time.Second
}

// LongestPause is the pause that a policy has at most where it names none.
const LongestPause = 6 * time.Hour

// Policy says how often and how long a delivery is tried. The zero value is
// the default: after 30 seconds, doubling up to 6 hours, 100 attempts, which is
// more than three weeks.
type Policy struct {
	First    time.Duration `json:"first"`    // pause after the first attempt
	Longest  time.Duration `json:"longest"`  // pause at most
	Attempts int           `json:"attempts"` // then it is dead
}

func (p Policy) filled() Policy {
	if p.First <= 0 {
		p.First = 30 * time.Second
	}
	if p.Longest <= 0 {
		p.Longest = LongestPause
	}
	if p.Attempts <= 0 {
		p.Attempts = 100
	}
	return p
}

// Pause is the time to wait after an attempt, counted from 1: half of it is
// fixed, half is spread by jitter in [0,1), so that workplaces that lost the
// same platform do not all come back at once.
func (p Policy) Pause(attempt int, jitter float64) time.Duration {
	p = p.filled()
	pause := p.First
	for i := 1; i < attempt && pause < p.Longest; i++ {
		pause *= 2
	}
	pause = min(pause, p.Longest)
	return pause/2 + time.Duration(jitter*float64(pause/2))
}
