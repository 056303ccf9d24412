package screen

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"longying/imaging/gsdf"
)

// DisplayFile is the name of the file in the data folder that keeps the checks of
// the monitors. Like File it is plain, and it names who checked by the account's
// identifier alone; the audit trail has each check besides.
const DisplayFile = "display.json"

// How often a monitor is to be checked, in months.
const (
	DueDefault = 12
	DueMost    = 24
)

// mostChecks is how many are kept; the oldest go.
const mostChecks = 60

// PatternPart is a part of the test pattern that whoever looks at it has to see.
type PatternPart string

// PatternParts lists them, in the order in which they are asked for.
func PatternParts() []PatternPart {
	return []PatternPart{"five", "ninety_five", "insets", "ramps", "lines", "grid"}
}

// DisplayCheck is one check of one monitor: of its test pattern (Seen or Missed),
// or of its luminances, never both.
type DisplayCheck struct {
	At      time.Time     `json:"at"`
	User    string        `json:"user"` // the account's identifier
	Monitor Monitor       `json:"monitor"`
	Name    string        `json:"name,omitempty"` // of the monitor, as written by whoever checked it
	Seen    []PatternPart `json:"seen,omitempty"`
	Missed  []PatternPart `json:"missed,omitempty"`

	Luminances []float64 `json:"luminances,omitempty"` // cd/m², at gsdf.Levels
	Ambient    float64   `json:"ambient,omitempty"`    // cd/m²

	result *gsdf.Result // of the luminances, judged anew whenever they are read
}

// Result is what the luminances come to; nil: it was the pattern.
func (c *DisplayCheck) Result() *gsdf.Result { return c.result }

// Monitor is what the toolkit tells of one: enough to notice most changes, not to
// tell two of a kind apart.
type Monitor struct {
	Host   string  `json:"host"`  // the computer
	Width  int     `json:"width"` // pixels
	Height int     `json:"height"`
	Scale  float64 `json:"scale"` // without the size of words
}

// sameScale is how far two scales of one monitor may be apart: the toolkit rounds
// them to a tenth, after the size of words.
const sameScale = 0.06

// beyond is by how many pixels a window that fills a monitor may be larger than
// it: by its border, and by rounding.
const beyond = 24

// Alike reports that nothing tells the two apart but how large a window is: the
// same computer, and the same scale.
func (m Monitor) Alike(o Monitor) bool {
	return m.Host == o.Host && math.Abs(o.Scale-m.Scale) <= sameScale*m.Scale
}

// Holds reports that a window of such a size and scale may stand on the monitor.
func (m Monitor) Holds(window Monitor) bool {
	return m.Host != "" && m.Alike(window) && window.Width <= m.Width+beyond && window.Height <= m.Height+beyond
}

// Displays are the checks, oldest first, and how often one is due.
type Displays struct {
	Months int            `json:"months,omitempty"`
	Checks []DisplayCheck `json:"checks,omitempty"`
}

// LoadDisplays reads the checks of a data folder. Where there are none, or the
// file cannot be read, nothing has been checked, and the error says why.
func LoadDisplays(home string) (Displays, error) {
	raw, err := os.ReadFile(filepath.Join(home, DisplayFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Displays{}.tidy(), nil
	}
	var d Displays
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		return Displays{}.tidy(), fmt.Errorf("%s: %w", DisplayFile, err)
	}
	return d.tidy(), nil
}

// tidy judges the luminances and drops what is no check.
func (d Displays) tidy() Displays {
	if d.Months < 1 || d.Months > DueMost {
		d.Months = DueDefault
	}
	d.Checks = slices.Clone(d.Checks)
	for i := range d.Checks {
		c := &d.Checks[i]
		if len(c.Luminances) == 0 {
			continue
		}
		if r, err := gsdf.Check(c.Luminances, c.Ambient); err == nil {
			c.result = &r
		}
	}
	d.Checks = slices.DeleteFunc(d.Checks, func(c DisplayCheck) bool { return c.result == nil && len(c.Seen)+len(c.Missed) == 0 })
	if n := len(d.Checks); n > mostChecks {
		d.Checks = d.Checks[n-mostChecks:]
	}
	return d
}

// With is these with another check.
func (d Displays) With(c DisplayCheck) Displays {
	d.Checks = append(slices.Clone(d.Checks), c)
	return d.tidy()
}

// Save writes the file anew, as a whole or not at all.
func (d Displays) Save(home string) error {
	raw, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(home, DisplayFile)
	if err := os.WriteFile(path+".new", append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Standing is what may be said of the monitor that the window stands on.
type Standing string

// The standings. Of all but Passed and Secondary the display counts as not
// calibrated.
const (
	Unchecked      Standing = "unchecked"       // nobody has
	OtherMonitor   Standing = "other_monitor"   // there are checks, of another monitor or computer
	LookedAt       Standing = "looked_at"       // the pattern was seen; no luminance was measured
	PatternMissed  Standing = "pattern_missed"  // parts of the pattern were not seen
	PatternMissing Standing = "pattern_missing" // luminances were measured and pass; the pattern was not looked at
	Failed         Standing = "failed"          // the luminances miss both classes
	Due            Standing = "due"             // it passed, too long ago
	Secondary      Standing = "secondary"       // within the limits of a secondary display
	Passed         Standing = "passed"          // within those of a primary one
)

// Calibrated reports that both parts of the check have passed, not too long ago.
func (s Standing) Calibrated() bool { return s == Passed || s == Secondary }

// Standing says what stands of the monitor that a window stands on, and by which
// check; nil: by none. A check that lies ahead of the clock does not count.
func (d Displays) Standing(now time.Time, window Monitor) (Standing, *DisplayCheck) {
	var pattern, measured *DisplayCheck
	for i := range d.Checks {
		switch c := &d.Checks[i]; {
		case c.At.After(now) || !c.Monitor.Holds(window):
		case c.result != nil:
			measured = c
		default:
			pattern = c
		}
	}
	switch {
	case pattern != nil && len(pattern.Missed) > 0:
		return PatternMissed, pattern
	case measured != nil && measured.result.Class == gsdf.Neither:
		return Failed, measured
	case measured != nil && pattern == nil:
		return PatternMissing, measured
	case measured != nil:
		if d.DueAt(measured).Before(now) || d.DueAt(pattern).Before(now) {
			return Due, measured
		}
		if measured.result.Class == gsdf.Secondary {
			return Secondary, measured
		}
		return Passed, measured
	case pattern != nil:
		return LookedAt, pattern
	case len(d.Checks) > 0:
		return OtherMonitor, nil
	}
	return Unchecked, nil
}

// DueAt is when the monitor is to be checked again.
func (d Displays) DueAt(c *DisplayCheck) time.Time { return c.At.AddDate(0, d.Months, 0) }
