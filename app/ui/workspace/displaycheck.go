package workspace

import (
	"context"
	"fmt"
	"math"
	"time"

	"longying/app/screen"
	"longying/app/ui/lang"
	"longying/imaging"
)

// OnMonitor says how to ask for what the window stands on.
func (ws *Workspace) OnMonitor(f func() screen.Monitor) { ws.monitor = f }

// Monitor is what the window stands on: its own pixels, which are those of the
// whole screen at most.
func (ws *Workspace) Monitor() screen.Monitor {
	if ws.monitor == nil {
		return screen.Monitor{}
	}
	return ws.monitor()
}

// Displays are the checks of monitors that this data folder keeps.
func (ws *Workspace) Displays() screen.Displays { return ws.displays }

// LoadDisplays takes the checks that were kept.
func (ws *Workspace) LoadDisplays(failed func(error)) {
	ws.NewTask().Start(func(context.Context) func() {
		d, err := screen.LoadDisplays(ws.Home)
		return func() {
			ws.displays = d
			Publish(ws, DisplayChanged{})
			if err != nil {
				failed(err)
			}
		}
	})
}

// KeepDisplayCheck puts a check of a monitor into the audit trail and then into
// the file, in the name of who is signed in. Neither is kept without the trail.
func (ws *Workspace) KeepDisplayCheck(c screen.DisplayCheck, done func(error)) {
	user := ws.user
	c.User, c.At = user.ID, time.Now()
	next := ws.displays.With(c)
	kept := &next.Checks[len(next.Checks)-1]
	passed, detail := displayDetail(kept)
	ws.keepDisplays(next, func(ctx context.Context) error { return ws.Admin.NoteDisplayCheck(ctx, user, passed, detail) }, done)
}

// SetDisplayMonths sets after how many months a monitor is to be checked again.
func (ws *Workspace) SetDisplayMonths(months int, done func(error)) {
	user, next := ws.user, ws.displays
	next.Months = months
	ws.keepDisplays(next, func(ctx context.Context) error { return ws.Admin.NoteDisplayInterval(ctx, user, months) }, done)
}

func (ws *Workspace) keepDisplays(next screen.Displays, note func(context.Context) error, done func(error)) {
	ws.NewTask().Start(func(ctx context.Context) func() {
		err := note(ctx)
		if err == nil {
			err = next.Save(ws.Home)
		}
		return func() {
			if err == nil {
				ws.displays = next
				Publish(ws, DisplayChanged{})
			}
			done(err)
		}
	})
}

// displayDetail is a check in the words of the audit trail.
func displayDetail(c *screen.DisplayCheck) (passed bool, detail string) {
	where := fmt.Sprintf("%s %dx%d scale %.2f", c.Name, c.Monitor.Width, c.Monitor.Height, c.Monitor.Scale)
	r := c.Result()
	if r == nil {
		return len(c.Missed) == 0, fmt.Sprintf("test pattern, not seen %v; %s", c.Missed, where)
	}
	return len(r.Misses) == 0, fmt.Sprintf("luminances, %s, worst %.1f %%, %.2f to %.1f cd/m2, ambient %.2f; %s", r.Class, 100*r.WorstDeviation(), r.Least, r.Most, c.Ambient, where)
}

// DisplayStanding says what stands of the monitor that the window is on now.
func (ws *Workspace) DisplayStanding() (screen.Standing, *screen.DisplayCheck) {
	return ws.displays.Standing(time.Now(), ws.Monitor())
}

// DisplayWords is the standing in words, as it lies over every picture.
func (ws *Workspace) DisplayWords() string {
	standing, c := ws.DisplayStanding()
	if before := ws.standing; before != "" && before != standing { // the window is on another monitor, or a check fell due
		ws.do(func() { Publish(ws, DisplayChanged{}) })
	}
	ws.standing = standing
	return DisplayWords(ws.Lang, standing, c)
}

// DisplayWords is a standing in words.
func DisplayWords(l *lang.Strings, standing screen.Standing, c *screen.DisplayCheck) string {
	day, off := "", ""
	if c != nil {
		day = c.At.In(imaging.Zone()).Format(time.DateOnly)
		if r := c.Result(); r != nil { // upward: never better than it is
			off = fmt.Sprintf("%.1f", math.Ceil(1000*r.WorstDeviation())/10)
		}
	}
	switch standing {
	case screen.OtherMonitor:
		return l.T("display.other_monitor")
	case screen.LookedAt:
		return l.T("display.looked_at", day)
	case screen.PatternMissed:
		return l.T("display.pattern_missed", day)
	case screen.PatternMissing:
		return l.T("display.pattern_missing")
	case screen.Failed:
		return l.T("display.failed", day, off)
	case screen.Due:
		return l.T("display.due", day)
	case screen.Secondary:
		return l.T("display.secondary", day, off)
	case screen.Passed:
		return l.T("display.passed", day, off)
	}
	return l.T("shell.not_calibrated")
}
