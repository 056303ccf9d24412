package ui

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"

	"fyne.io/fyne/v2"

	"longying/app/screen"
	"longying/app/station"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// home is the data folder: the samples have one of their own.
func (o Options) home() (string, error) {
	home, err := station.Home(o.Getenv)
	if err == nil && o.Sample && o.Getenv("LONGYING_HOME") == "" {
		home += "-sample"
	}
	return home, err
}

// look puts the window's colours and size into force.
type look struct {
	app   fyne.App
	theme *theme.Reading
	env   string  // scaleVariable as it was
	base  float64 // what it stands for
	size  int     // in force, in percent
}

// The toolkit multiplies the screen's own scale with this, and reads it again
// whenever the theme is set.
const scaleVariable = "FYNE_SCALE"

func newLook(a fyne.App, t *theme.Reading) *look {
	l := &look{app: a, theme: t, env: os.Getenv(scaleVariable), base: 1}
	if x, err := strconv.ParseFloat(l.env, 64); err == nil && x > 0 {
		l.base = x
	} else if x := a.Settings().Scale(); x > 0 {
		l.base = float64(x)
	}
	return l
}

// set shows the window in the colours and the size of a state.
func (l *look) set(s screen.State) {
	scheme := theme.Dark
	if s.Scheme == screen.Light {
		scheme = theme.Light
	}
	scale := l.env
	if s.Size != 100 {
		scale = strconv.FormatFloat(l.base*float64(s.Size)/100, 'f', 3, 64)
	}
	l.size = s.Size
	os.Setenv(scaleVariable, scale) // an empty one is none to the toolkit
	l.app.Settings().SetTheme(l.theme.In(scheme))
}

// monitor is what the window stands on, in the screen's pixels.
func (d *session) monitor() screen.Monitor {
	c := d.window.Canvas()
	w, h := c.PixelCoordinateForPosition(fyne.NewPos(c.Size().Width, c.Size().Height))
	return screen.Monitor{Host: d.host, Width: w, Height: h, Scale: float64(c.Scale()) * 100 / float64(d.look.size)}
}

// noteSize keeps the window's size, as it is without a stage.
func (d *session) noteSize() {
	size := d.window.Canvas().Size()
	if d.window.FullScreen() {
		return
	}
	d.keeper.Change(func(s *screen.State) { s.Width, s.Height = size.Width, size.Height })
}

// crashInto lets a crash be written into the data folder, for the problem report
// that the next window makes; the one before stands until the next.
func crashInto(home string) error {
	f, err := os.OpenFile(filepath.Join(home, screen.CrashFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if at, err := f.Seek(0, io.SeekEnd); err == nil && at > mostCrash {
		err = f.Truncate(0)
		if err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(debug.SetCrashOutput(f, debug.CrashOptions{}), f.Close()) // it has a copy of its own
}

const mostCrash = 1 << 20 // bytes of crashes that are kept

// relook follows a change of the look. A size in which the window's pixels have
// no room for every button is refused, and the one before stands. The toolkit
// rounds its scale, so how much larger things became is asked of it: 115 % is 120.
func (d *session) relook() {
	want, before := d.keeper.State().Size, d.look.size
	c := d.window.Canvas()
	size, scale := c.Size(), c.Scale()
	d.look.set(d.keeper.State())
	larger := c.Scale() / scale
	fits := fyne.NewSize(size.Width/larger, size.Height/larger) // as many pixels as before
	if least := d.shell.page.MinSize(); want > before && (fits.Width < least.Width || fits.Height < least.Height) {
		d.keeper.Change(func(s *screen.State) { s.Size = before })
		d.look.set(d.keeper.State())
		d.window.Resize(size)
		workspace.Publish(d.ws, workspace.LookChanged{}) // whoever shows the size
		d.shell.say(func() string { return d.lang.T("shell.no_room", want) })
		return
	}
	if larger != 1 {
		d.window.Resize(fits)
	}
	d.shell.recolour()
}
