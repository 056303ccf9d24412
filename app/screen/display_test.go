package screen_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"longying/app/screen"
	"longying/imaging/gsdf"
)

// on are the luminances of a monitor that lies on the function.
func on(least, most float64) []float64 {
	a, b := gsdf.Index(least), gsdf.Index(most)
	var out []float64
	for _, level := range gsdf.Levels() {
		out = append(out, gsdf.Luminance(a+float64(level)/255*(b-a)))
	}
	return out
}

func bent(l []float64) []float64 {
	l[5] *= 1.5
	return l
}

func TestADisplayCountsAsCalibratedOnlyByPatternAndLuminancesOfThisMonitorNotTooLongAgo(t *testing.T) {
	here := screen.Monitor{Host: "reading-1", Width: 1920, Height: 1080, Scale: 1}
	window := screen.Monitor{Host: "reading-1", Width: 1800, Height: 1000, Scale: 1}
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	seen := func(n int) screen.DisplayCheck {
		return screen.DisplayCheck{At: day(n), Monitor: here, Seen: screen.PatternParts()}
	}
	missed := func(n int) screen.DisplayCheck {
		return screen.DisplayCheck{At: day(n), Monitor: here, Seen: screen.PatternParts()[1:], Missed: screen.PatternParts()[:1]}
	}
	measured := func(n int, l []float64) screen.DisplayCheck {
		return screen.DisplayCheck{At: day(n), Monitor: here, Luminances: l}
	}
	elsewhere := func(change func(*screen.Monitor)) screen.DisplayCheck {
		c := measured(1, on(1, 400))
		change(&c.Monitor)
		return c
	}
	for name, c := range map[string]struct {
		checks []screen.DisplayCheck
		want   screen.Standing
	}{
		"nothing":                    {nil, screen.Unchecked},
		"the pattern alone":          {[]screen.DisplayCheck{seen(1)}, screen.LookedAt},
		"a part not seen":            {[]screen.DisplayCheck{missed(1)}, screen.PatternMissed},
		"luminances alone":           {[]screen.DisplayCheck{measured(1, on(1, 400))}, screen.PatternMissing},
		"both":                       {[]screen.DisplayCheck{seen(1), measured(1, on(1, 400))}, screen.Passed},
		"both, of a dim one":         {[]screen.DisplayCheck{measured(1, on(1, 150)), seen(1)}, screen.Secondary},
		"off the function":           {[]screen.DisplayCheck{seen(1), measured(1, bent(on(1, 400)))}, screen.Failed},
		"mended since":               {[]screen.DisplayCheck{seen(2), measured(2, bent(on(1, 400))), measured(1, on(1, 400))}, screen.Passed},
		"a part no longer seen":      {[]screen.DisplayCheck{seen(2), measured(2, on(1, 400)), missed(1)}, screen.PatternMissed},
		"a year and a day ago":       {[]screen.DisplayCheck{seen(366), measured(366, on(1, 400))}, screen.Due},
		"the pattern a year ago":     {[]screen.DisplayCheck{seen(366), measured(3, on(1, 400))}, screen.Due},
		"ahead of the clock":         {[]screen.DisplayCheck{seen(1), measured(-3, on(1, 400))}, screen.LookedAt},
		"another computer":           {[]screen.DisplayCheck{elsewhere(func(m *screen.Monitor) { m.Host = "reading-2" })}, screen.OtherMonitor},
		"a smaller monitor":          {[]screen.DisplayCheck{elsewhere(func(m *screen.Monitor) { m.Width = 1366 })}, screen.OtherMonitor},
		"a monitor of another scale": {[]screen.DisplayCheck{elsewhere(func(m *screen.Monitor) { m.Scale = 1.5 })}, screen.OtherMonitor},
	} {
		home := t.TempDir()
		d, err := screen.LoadDisplays(home)
		if err != nil {
			t.Fatal(err)
		}
		for _, check := range c.checks {
			d = d.With(check)
		}
		if err := d.Save(home); err != nil {
			t.Fatal(err)
		}
		if d, err = screen.LoadDisplays(home); err != nil {
			t.Fatal(err)
		}
		if got, _ := d.Standing(now, window); got != c.want || got.Calibrated() != (c.want == screen.Passed || c.want == screen.Secondary) {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

func TestAWindowThatFillsItsMonitorMayReachAFewPixelsBeyond(t *testing.T) {
	m := screen.Monitor{Host: "reading-1", Width: 1366, Height: 768, Scale: 1}
	for _, c := range []struct {
		width, height int
		scale         float64 // 1.2 is what the toolkit makes of 115 %
		want          bool
	}{{1366, 768, 1, true}, {1382, 784, 1, true}, {1369, 770, 1.2 / 1.15, true}, {1440, 900, 1, false}, {1366, 768, 1.25, false}} {
		if got := m.Holds(screen.Monitor{Host: "reading-1", Width: c.width, Height: c.height, Scale: c.scale}); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestADamagedFileOfChecksMakesNoDisplayCalibrated(t *testing.T) {
	for _, text := range []string{`{`, ``, `[]`, `{"months":-3,"checks":[{"at":"2026-01-01T00:00:00Z"}]}`, `{"checks":[{"luminances":[1,2,3]}]}`} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, screen.DisplayFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, _ := screen.LoadDisplays(home)
		if s, _ := d.Standing(time.Now(), screen.Monitor{}); s != screen.Unchecked || d.Months != screen.DueDefault {
			t.Errorf("%s: %s, every %d months", text, s, d.Months)
		}
	}
}
