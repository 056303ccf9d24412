// Package ui is the desktop: one window with a patient bar, a rail of rooms, a
// foldable panel and a status bar. The rooms are sub-packages that meet in
// workspace; this package places them and knows nothing of what they show.
package ui

import (
	"cmp"
	"context"
	"errors"
	"image"
	"os"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/app/station"
	"longying/app/ui/lang"
	"longying/app/ui/start"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging/codec"
	"longying/imaging/slide"
	"longying/records"
	"longying/records/report"
	"longying/records/seal"
	"longying/records/seal/oskeyring"
)

// Options say what the desktop is opened on.
type Options struct {
	Paths      []string // to import and show
	Sample     bool     // on the shipped samples, in a data folder of their own
	Getenv     func(string) string
	Executable string // this program
	Version    string
	Decoder    codec.Decoder       // nil: in this process
	Models     station.ModelLoader // nil: in this process
	Slides     slide.Opener        // of slides that are no DICOM objects; nil: in this process
	Keyring    seal.Keyring        // that may open the data folder; nil: the operating system's
}

// The size of the window at first: what a 1366 x 768 screen leaves free.
const (
	firstWidth  = 1360
	firstHeight = 740
)

// appID names the program to the toolkit, which keeps the last folder of its
// file chooser under it; nothing of a patient.
const appID = "longying"

// Run opens the window and returns when it was closed.
func Run(ctx context.Context, o Options) error { return run(ctx, o, func(*session) {}) }

// run is Run; began gets the session before the window is shown.
func run(ctx context.Context, o Options, began func(*session)) error {
	home, err := o.home()
	if err != nil { // start says so in the window
		home = ""
	}
	left, unread := screen.Load(home)
	strs, err := lang.New(lang.Code(left.Language))
	if err != nil {
		return err
	}
	// Every call of the toolkit is made on its goroutine, so it need not look.
	app.SetMetadata(fyne.AppMetadata{ID: appID, Name: "Longying", Version: o.Version, Migrations: map[string]bool{"fyneDo": true}})
	a := app.NewWithID(appID)
	look := newLook(a, theme.NewReading(report.Font()))
	look.set(left)
	w := a.NewWindow(strs.T("shell.title"))
	w.SetPadded(false)
	w.Resize(fyne.NewSize(cmp.Or(left.Width, firstWidth), cmp.Or(left.Height, firstHeight)))
	d := &session{options: o, window: w, lang: strs, look: look, left: left, unread: unread}
	d.keeper = screen.Keep(home, left)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.ctx = ctx
	began(d)
	w.SetCloseIntercept(func() {
		d.noteSize()
		cancel()
		w.Close()
	})
	stop := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	a.Lifecycle().SetOnStarted(func() { fyne.Do(d.start) })
	w.ShowAndRun()
	stop() // there is nothing to quit any more
	cancel()
	return errors.Join(d.failed, d.close())
}

// Capture is what a window shows, as a picture.
func Capture(w fyne.Window) image.Image { return w.Canvas().Capture() }

// session is the window from its first picture to its last.
type session struct {
	options Options
	window  fyne.Window
	lang    *lang.Strings
	ctx     context.Context

	station *station.Station
	sample  *station.Sample // nil unless this is a sample folder
	ws      *workspace.Workspace
	shell   *shell
	look    *look
	keeper  *screen.Keeper
	left    screen.State // how the window was left the last time
	unread  error        // why that could not be read
	failed  error
	host    string         // this computer
	working sync.WaitGroup // the index of people and sending, until d.ctx ends
}

func (d *session) close() error {
	if d.ws != nil {
		d.ws.Close()
	}
	d.working.Wait()
	d.keeper.Change(func(s *screen.State) {
		s.Language, s.Running, s.At = string(d.lang.Code()), false, screen.Place{}
	})
	kept := d.keeper.Close()
	if d.station == nil {
		return kept
	}
	var noted error
	if user := d.ws.User(); user.ID != "" { // who closes the window leaves it
		noted = d.station.Admin.Leave(context.WithoutCancel(d.ctx), user, "logout")
	}
	return errors.Join(noted, kept, d.station.Close())
}

// start opens the data folder: with the passphrase of LONGYING_KEY_FILE, or
// asking for it in the window.
func (d *session) start() {
	env := d.options.Getenv
	home, err := d.options.home()
	if err != nil {
		d.stuck(err)
		return
	}
	so := station.Options{Home: home, Library: env("LONGYING_ORT_LIBRARY"), Executable: d.options.Executable, Decoder: d.options.Decoder, Models: d.options.Models, Slides: d.options.Slides, Program: "desktop"}
	if d.options.Sample {
		d.openSample(so)
		return
	}
	if path := env("LONGYING_KEY_FILE"); path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			d.stuck(err)
			return
		}
		so.Passphrase = strings.TrimRight(string(raw), "\r\n")
		d.openWith(so, d.stuck)
		return
	}
	if so.Keyring = d.options.Keyring; so.Keyring == nil {
		so.Keyring = oskeyring.OS{}
	}
	if !seal.Remembered(home) {
		d.ask(so, nil)
		return
	}
	d.window.SetContent(container.NewCenter(widget.NewLabel(d.lang.T("shell.opening"))))
	d.openWith(so, func(err error) { d.ask(so, err) })
}

// ask asks for the passphrase; why says what the keyring did instead of opening
// the folder, nil: it is not remembered in one.
func (d *session) ask(so station.Options, why error) {
	home := so.Home
	screen := start.New(d.ctx, d.lang, start.Options{Home: home, Fresh: station.Fresh(home), Title: d.window.SetTitle,
		Chosen: func(c lang.Code) { d.keeper.Change(func(s *screen.State) { s.Language = string(c) }) },
		Submit: func(ctx context.Context, a start.Answers) error {
			so.Passphrase = a.Passphrase
			s, err := station.Start(ctx, so, a.First)
			if err == nil {
				fyne.Do(func() { d.show(s, records.User{}) })
			}
			return err
		},
		Sample: func() { // beside the folder that is still to be made
			d.options.Sample = true
			so.Home = home + "-sample"
			d.openSample(so)
		}})
	var broken *seal.KeyringError
	if errors.As(why, &broken) {
		screen.Say(func() string { return d.lang.T("start.keyring", broken.Err) })
	} else if why != nil {
		screen.Say(func() string { return workspace.Explained(d.lang, why) })
	}
	d.window.SetContent(screen.Content())
	d.window.Canvas().Focus(screen.First())
}

// openSample opens a sample folder, making it where it is new, as its
// radiologist.
func (d *session) openSample(so station.Options) {
	d.open(func(ctx context.Context) (*station.Station, records.User, error) {
		s, sample, err := station.OpenSample(ctx, so)
		if err != nil {
			return nil, records.User{}, err
		}
		d.sample = sample
		return s, sample.Users["radiologist"], nil
	}, d.stuck)
}

func (d *session) openWith(so station.Options, failed func(error)) {
	d.open(func(ctx context.Context) (*station.Station, records.User, error) {
		s, err := station.Open(ctx, so)
		return s, records.User{}, err
	}, failed)
}

func (d *session) open(work func(context.Context) (*station.Station, records.User, error), failed func(error)) {
	if d.window.Content() == nil || d.options.Sample {
		d.window.SetContent(container.NewCenter(widget.NewLabel(d.lang.T("shell.opening"))))
	}
	go func() {
		s, user, err := work(d.ctx)
		fyne.Do(func() {
			switch {
			case err != nil:
				failed(err)
			case d.ctx.Err() != nil:
				d.failed = s.Close()
			default:
				d.show(s, user)
			}
		})
	}()
}

// stuck shows why there is nothing to show.
func (d *session) stuck(err error) {
	d.failed = err
	p := workspace.NewProblem(nil)
	p.SetText(d.lang.T("shell.stuck", workspace.Explained(d.lang, err)))
	d.window.SetContent(container.NewPadded(p))
}

func (d *session) show(s *station.Station, user records.User) {
	d.station, d.failed = s, nil
	d.ws = workspace.New(d.ctx, workspace.Services{Archive: s.Archive, Registry: s.Registry, Reading: s.Reading, Consult: s.Consult,
		Delivery: s.Delivery, Transfer: s.Transfer, Admin: s.Admin, Trust: s.Trust, Catalogue: s.Catalogue, PrintReport: s.PrintReport, PrintMinutes: s.PrintMinutes, ExportConsult: s.ExportConsult, Runtime: s.Runtime, Decoder: s.Decoder,
		Screen: d.keeper, Version: d.options.Version, Home: s.Home}, d.lang)
	d.shell = newShell(d.ws, d.window)
	workspace.On(d.ws, func(workspace.LookChanged) { d.relook() })
	d.shell.left = d.left
	if err := crashInto(s.Home); err != nil {
		d.shell.explain(err)
	}
	d.keeper.Change(func(s *screen.State) { s.Running, s.At = true, screen.Place{} })
	if d.unread != nil {
		d.shell.explain(d.unread)
	}
	d.shell.watchIdle()
	if host, err := os.Hostname(); err == nil {
		d.host = host // else none, of which no check holds
	}
	d.ws.OnMonitor(d.monitor)
	d.ws.LoadDisplays(func(err error) { d.shell.explain(err) })
	d.ws.LoadPixelPitch(func(err error) { d.shell.explain(err) })
	d.ws.LoadFrameCache(func(err error) { d.shell.explain(err) })
	d.ws.LoadLanguage(func(err error) { d.shell.explain(err) })
	d.working.Go(func() {
		if err := s.Registry.KeepIndex(d.ctx); d.ctx.Err() == nil {
			fyne.Do(func() {
				d.shell.say(func() string { return d.lang.T("shell.no_index", workspace.Explained(d.lang, err)) })
			})
		}
	})
	d.send()
	if user.ID != "" {
		d.ws.SetUser(user)
		d.fillSample()
	}
	if len(d.options.Paths) > 0 {
		workspace.On(d.ws, func(workspace.UserChanged) { d.importPaths() })
		d.importPaths()
	}
}

func (d *session) importPaths() {
	if d.ws.User().ID == "" || d.options.Paths == nil {
		return
	}
	paths := d.options.Paths
	d.options.Paths = nil
	d.shell.drop(paths, true)
}

// fillSample imports the shipped people and studies into a sample folder that
// has none, and opens the film.
func (d *session) fillSample() {
	ws, user := d.ws, d.ws.User()
	ws.StartJob(func() string { return ws.Lang.T("shell.sample_job") }, func(ctx context.Context, progress func(done, total int)) func() {
		first, err := d.filled(ctx, user, progress)
		return func() {
			if err != nil {
				d.shell.explain(err)
				return
			}
			workspace.Publish(ws, workspace.PeopleChanged{})
			workspace.Publish(ws, workspace.StudiesChanged{})
			if ws.Current() == nil && first != "" {
				ws.OpenStudy(first, func(err error) { d.shell.explain(err) })
			}
		}
	})
}

// filled imports what the sample folder lacks and names the film to show first.
func (d *session) filled(ctx context.Context, user records.User, progress func(done, total int)) (film string, err error) {
	if err := d.sample.Fill(ctx, d.station, progress); err != nil {
		return "", err
	}
	known, err := d.ws.Registry.Studies(ctx, user, records.ExaminationFilter{})
	if err != nil {
		return "", err
	}
	for _, e := range known {
		if e.Modality != "CT" && e.Modality != "SM" && e.Link.Linked() {
			return e.StudyUID, nil
		}
	}
	return "", nil
}
