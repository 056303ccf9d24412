package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"longying/app/screen"
	"longying/app/station"
	"longying/app/ui/canvas"
)

// framesFolder is the variable that turns this test program into the desktop
// whose updates are timed: it names the folder to work in.
const framesFolder = "LONGYING_TEST_FRAMES"

// The studies that are made for it.
const (
	framesCT    = "2.25.2000"
	framesFilm  = "2.25.3000"
	framesSlide = "2.25.4000"
)

// The window, and what is made: 2,000 slices of a CT, a film of 3,000 x 3,000
// values of 16 bits, a slide of 40,960 x 30,720 pixels.
const (
	framesWindow = "1920x1080"
	framesSlices = 2000
	framesSide   = 3000
	framesAcross = 80
	framesDown   = 60
)

// timed is what was measured of one kind of interaction, in milliseconds, turn
// after turn.
type timed struct {
	Name   string
	Size   string      // of the raster, pixels
	Own    [][]float64 // from the input to the pixels that are handed over
	Whole  [][]float64 // from the input until the window is painted
	Bare   [][]float64 // the same of a bare raster of the same size
	Late   int         // updates that were painted before their picture was there
	Opened []float64   // from the click to the first picture handed over
	Error  string
}

// stage is one thing that is done again and again.
type stage struct {
	name  string
	study string
	begin func(*hand, fyne.CanvasObject)
	do    func(o fyne.CanvasObject, k int) // on the UI goroutine, as the driver would
	late  func(o fyne.CanvasObject) bool
}

// to and fro is 1 or -1: n steps one way, n back.
func toAndFro(k, n int) float32 {
	if k/n%2 == 1 {
		return -1
	}
	return 1
}

func point(x, y float32) fyne.PointEvent {
	return fyne.PointEvent{Position: fyne.NewPos(x, y), AbsolutePosition: fyne.NewPos(x, y)}
}

// dragging is a drag with a button held: one MouseDown, then a move each time.
func dragging(b desktop.MouseButton, dx, dy float32) func(o fyne.CanvasObject, k int) {
	return func(o fyne.CanvasObject, k int) {
		if k == 0 {
			o.(desktop.Mouseable).MouseDown(&desktop.MouseEvent{PointEvent: point(300, 300), Button: b})
		}
		x, y := toAndFro(k, 25)*dx, toAndFro(k, 25)*dy
		if b == desktop.MouseButtonSecondary { // of this button Fyne reports moves
			at := point(300+x*float32(k%25), 300+y*float32(k%25))
			if toAndFro(k, 25) < 0 {
				at = point(300-x*float32(25-k%25), 300-y*float32(25-k%25))
			}
			o.(desktop.Hoverable).MouseMoved(&desktop.MouseEvent{PointEvent: at, Button: b})
			return
		}
		o.(fyne.Draggable).Dragged(&fyne.DragEvent{PointEvent: point(300, 300), Dragged: fyne.NewDelta(x, y)})
	}
}

// wheeling turns the wheel a notch at a time.
func wheeling(n int) func(o fyne.CanvasObject, k int) {
	return func(o fyne.CanvasObject, k int) {
		o.(fyne.Scrollable).Scrolled(&fyne.ScrollEvent{PointEvent: point(400, 350), Scrolled: fyne.NewDelta(0, -25*toAndFro(k, n))})
	}
}

func stages() []stage {
	lagging := func(o fyne.CanvasObject) bool {
		p, ok := o.(*canvas.Image)
		if !ok {
			return false
		}
		s, there := p.Shown()
		return !there || p.Stack() == nil || s != p.Stack().Slices[p.State().Slice]
	}
	full := func(h *hand, o fyne.CanvasObject) { h.press("x") } // pixel for pixel
	return []stage{
		{name: "ct-scroll", study: framesCT, do: wheeling(500), late: lagging},
		{name: "ct-window", study: framesCT, do: dragging(desktop.MouseButtonPrimary, 3, 2), late: lagging},
		{name: "film-window", study: framesFilm, do: dragging(desktop.MouseButtonPrimary, 7, 5), late: lagging},
		{name: "film-zoom", study: framesFilm, do: dragging(desktop.MouseButtonSecondary, 0, 3), late: lagging},
		{name: "film-pan", study: framesFilm, begin: full, do: dragging(desktop.MouseButtonTertiary, 9, 6), late: lagging},
		{name: "slide-pan", study: framesSlide, do: dragging(desktop.MouseButtonPrimary, 11, 7),
			begin: func(h *hand, o fyne.CanvasObject) {
				h.press("x")
				h.until("the tiles are there", func() bool { return !h.says(h.session.lang.T("slide.reading")) })
			}},
		{name: "slide-zoom", study: framesSlide, do: wheeling(12)},
	}
}

// under is what takes drags and has the largest raster in sight, with that.
func under(root fyne.CanvasObject) (o fyne.CanvasObject, raster *fynecanvas.Raster) {
	for _, w := range test.LaidOutObjects(root) {
		if _, ok := w.(fyne.Draggable); !ok {
			continue
		}
		widget, ok := w.(fyne.Widget)
		if !ok {
			continue
		}
		for _, child := range test.WidgetRenderer(widget).Objects() {
			if r, ok := child.(*fynecanvas.Raster); ok && r.Visible() && (raster == nil || r.Size().Width*r.Size().Height > raster.Size().Width*raster.Size().Height) {
				o, raster = w, r
			}
		}
	}
	return o, raster
}

// stopwatch counts what a raster's generator takes.
type stopwatch struct{ spent time.Duration }

// on puts the watch around a raster's generator, until the function that it
// returns is called. On the UI goroutine.
func (s *stopwatch) on(r *fynecanvas.Raster, painted func()) (off func()) {
	inner := r.Generator
	r.Generator = func(w, h int) image.Image {
		start := time.Now()
		img := inner(w, h)
		s.spent += time.Since(start)
		painted()
		return img
	}
	return func() { r.Generator = inner }
}

// updates does something n times, each time before a turn of the window's loop
// paints it, and times it: own from the input to the pixels handed over, whole to
// the end of that turn.
func (h *hand) updates(n int, r *fynecanvas.Raster, do func(k int), painted func()) (own, whole []float64) {
	var watch stopwatch
	var off func()
	done := make(chan struct{})
	k, open := 0, false
	var start time.Time
	var handled time.Duration
	end := func() {
		if !open {
			return
		}
		open = false
		whole = append(whole, time.Since(start).Seconds()*1e3)
		own = append(own, (handled+watch.spent).Seconds()*1e3)
		painted()
	}
	turn := fyne.NewAnimation(time.Hour, func(float32) {
		end() // the turn before this took longer than the pause between two
		if k >= n {
			select {
			case <-done:
			default:
				close(done)
			}
			return
		}
		watch.spent, open, start = 0, true, time.Now()
		do(k)
		handled = time.Since(start)
		k++
		mine := k
		go fyne.Do(func() { // after this turn has painted
			if k == mine {
				end()
			}
		})
	})
	fyne.DoAndWait(func() {
		off = watch.on(r, func() {})
		turn.Start()
	})
	defer fyne.DoAndWait(func() {
		turn.Stop()
		off()
	})
	select {
	case <-done:
	case <-time.After(time.Duration(n)*time.Second + patience):
		h.fail("the window took not %d turns within %v", n, time.Duration(n)*time.Second+patience)
	}
	return own, whole
}

// The updates of one turn of a stage, and how many turns; between them the bare
// raster has its own.
const (
	framesTurn  = 60
	framesTurns = 5
)

// measure plays a stage.
func (h *hand) measure(s stage) (t timed) {
	t.Name = s.name
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			t.Error = f.Error()
		}
	}()
	h.opened(s.study)
	var o fyne.CanvasObject
	var raster *fynecanvas.Raster
	h.until("there is a picture to work on", func() bool {
		o, raster = under(h.session.shell.front.Content)
		if p, ok := o.(*canvas.Image); ok {
			_, there := p.Shown()
			return there && p.Stack() != nil
		}
		return o != nil
	})
	if s.begin != nil {
		s.begin(h, o)
	}
	var at fyne.Position
	var w, high int
	fyne.DoAndWait(func() {
		at = fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
		w, high = h.session.window.Canvas().PixelCoordinateForPosition(fyne.NewPos(raster.Size().Width, raster.Size().Height))
	})
	t.Size = fmt.Sprintf("%d x %d", w, high)
	h.updates(20, raster, func(k int) { s.do(o, k) }, func() {}) // warm
	bare := fynecanvas.NewRaster(nil)
	bare.ScaleMode = fynecanvas.ImageScalePixels
	pictures := [2]*image.RGBA{image.NewRGBA(image.Rect(0, 0, w, high)), image.NewRGBA(image.Rect(0, 0, w, high))}
	n := 0
	bare.Generator = func(int, int) image.Image {
		n++
		return pictures[n%2]
	}
	for turn := range framesTurns {
		own, whole := h.updates(framesTurn, raster, func(k int) { s.do(o, turn*framesTurn+k) }, func() {
			if s.late != nil && s.late(o) {
				t.Late++
			}
		})
		t.Own, t.Whole = append(t.Own, own), append(t.Whole, whole)
		var page fyne.CanvasObject
		fyne.DoAndWait(func() {
			page = h.session.window.Content()
			bare.Move(at)
			bare.Resize(raster.Size())
			h.session.window.SetContent(container.NewWithoutLayout(bare))
		})
		h.settle()
		_, whole = h.updates(framesTurn, bare, func(int) { bare.Refresh() }, func() {})
		t.Bare = append(t.Bare, whole)
		fyne.DoAndWait(func() { h.session.window.SetContent(page) })
		h.settle()
	}
	h.shoot(s.name)
	return t
}

// opened opens a study as the list does, if it is not.
func (h *hand) opened(uid string) {
	fyne.DoAndWait(func() {
		ws := h.session.ws
		if c := ws.Current(); c == nil || c.Examination.StudyUID != uid {
			ws.OpenStudy(uid, nil)
		}
	})
	h.until("the study "+uid+" is open", func() bool {
		c := h.session.ws.Current()
		return c != nil && c.Examination.StudyUID == uid
	})
}

// firstPictures times the way from the click to the first picture of a study, as
// often as a study is opened and closed again.
func (h *hand) firstPictures(name, uid string) (t timed) {
	t.Name = name
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			t.Error = f.Error()
		}
	}()
	h.opened(uid)
	for range 10 {
		fyne.DoAndWait(h.session.ws.CloseStudy)
		h.room("viewer")
		var watch stopwatch
		var off func()
		var came, start time.Time
		fyne.DoAndWait(func() {
			p := viewport(h.session.shell.front.Content)
			raster := test.WidgetRenderer(p).Objects()[0].(*fynecanvas.Raster)
			off = watch.on(raster, func() {
				if _, ok := p.Shown(); ok && p.Frame() != nil && came.IsZero() && strings.HasPrefix(p.Series().UID, uid) {
					came = time.Now()
				}
			})
		})
		h.room("worklist")
		for range 15 { // a person looks at the list before the click
			h.settle()
		}
		fyne.DoAndWait(func() {
			start = time.Now()
			h.session.ws.OpenStudy(uid, nil)
		})
		h.until("its first picture is there", func() bool { return !came.IsZero() })
		h.until("it is open", func() bool { return h.session.ws.Current() != nil })
		fyne.DoAndWait(func() { off() })
		t.Opened = append(t.Opened, came.Sub(start).Seconds()*1e3)
	}
	return t
}

// playFrames is the desktop's process.
func playFrames(folder string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	home := filepath.Join(folder, "home")
	so := station.Options{Home: home, Library: os.Getenv("LONGYING_ORT_LIBRARY")}
	_, made := os.Stat(home)
	st, sample, err := station.OpenSample(ctx, so)
	if err != nil {
		return err
	}
	for from := 0; made != nil && from <= framesSlices && err == nil; from += 100 {
		part := filepath.Join(folder, "part")
		if err = os.Mkdir(part, 0o700); err != nil {
			break
		}
		if from < framesSlices {
			err = makeSlices(part, "CT", framesCT, from, from+100, 512)
		} else if err = makeFilm(part, framesFilm, framesSide); err == nil {
			err = makeSlide(part, framesSlide, framesAcross, framesDown)
		}
		if err == nil {
			_, err = st.Registry.Import(ctx, sample.Users["radiologist"], []string{part}, nil)
		}
		err = errors.Join(err, os.RemoveAll(part))
	}
	if err := errors.Join(err, st.Close(), os.WriteFile(filepath.Join(home, screen.File), []byte(`{"toured": true}`), 0o600)); err != nil {
		return err
	}
	h := &hand{sample: sample, folder: folder}
	results, err := os.Create(filepath.Join(folder, "timed.json"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, results.Close()) }()
	environment := map[string]string{"LONGYING_HOME": home, "LONGYING_KEY_FILE": sample.KeyFile, "LONGYING_ORT_LIBRARY": so.Library}
	return run(ctx, Options{Getenv: func(k string) string { return environment[k] }, Version: "test"}, func(d *session) {
		h.session = d
		go func() {
			defer fyne.Do(d.window.Close)
			out := json.NewEncoder(results)
			if p := h.play("window", func(h *hand) {
				h.until("the sign-in page", func() bool { return d.shell != nil && d.window.Content() == d.shell.signIn.content })
				h.atTheCorner()
				h.enter("radiologist")
			}); p.Error != "" {
				_ = out.Encode(timed{Name: "window", Error: p.Error})
				return
			}
			only := os.Getenv(framesFolder + "_ONLY")
			for _, s := range stages() {
				if strings.Contains(s.name, only) && out.Encode(h.profiled(s.name, func() timed { return h.measure(s) })) != nil {
					return
				}
			}
			for _, s := range [][2]string{{"ct-first", framesCT}, {"film-first", framesFilm}} {
				if strings.Contains(s[0], only) && out.Encode(h.profiled(s[0], func() timed { return h.firstPictures(s[0], s[1]) })) != nil {
					return
				}
			}
		}()
	})
}

// profiled measures with a profile of the processor beside the results, for those
// who ask where the time went.
func (h *hand) profiled(name string, measure func() timed) timed {
	if profile, err := os.Create(filepath.Join(h.folder, name+".prof")); err == nil && pprof.StartCPUProfile(profile) == nil {
		defer profile.Close()
		defer pprof.StopCPUProfile()
	}
	return measure()
}

// rank is the value below which a part of the others lie.
func rank(v []float64, part float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[min(int(part*float64(len(v))), len(v)-1)]
}

// best is the least of the ranks of several turns: what else the machine does
// makes none of them shorter.
func best(turns [][]float64, part float64) float64 {
	least := math.Inf(1)
	for _, t := range turns {
		least = min(least, rank(t, part))
	}
	return least
}

// BenchmarkFrames is what a person feels, in a real window on a display of its
// own: own-p95-ms from an input to the pixels that are handed to the toolkit,
// whole-p95-ms until the window is painted, x-bare how much longer that is than
// for a bare raster of the same size, late-% of updates painted before their
// picture was there; and first-p50-ms from the click on a study to its first
// picture. Inputs are given to the viewport as the driver gives them.
func BenchmarkFrames(b *testing.B) {
	folder := os.Getenv("LONGYING_SCREENSHOTS")
	if folder == "" {
		folder = b.TempDir()
	}
	if os.Getenv(framesFolder+"_AGAIN") == "" { // what was made lies there
		if err := os.RemoveAll(filepath.Join(folder, "home")); err != nil {
			b.Fatal(err)
		}
	}
	if out, err := asDesktop(b, framesWindow, folder, 40*time.Minute, framesFolder+"="+folder); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	f, err := os.Open(filepath.Join(folder, "timed.json"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for dec := json.NewDecoder(f); dec.More(); {
		var t timed
		if err := dec.Decode(&t); err != nil {
			b.Fatal(err)
		}
		b.Run(t.Name, func(b *testing.B) {
			if t.Error != "" {
				b.Fatal(t.Error)
			}
			for b.Loop() { // it is over
			}
			b.ReportMetric(0, "ns/op")
			if len(t.Opened) > 0 {
				b.ReportMetric(rank(t.Opened, 0.5), "first-p50-ms")
				b.ReportMetric(slices.Min(t.Opened), "first-best-ms")
				b.ReportMetric(slices.Max(t.Opened), "first-worst-ms")
				return
			}
			b.ReportMetric(best(t.Own, 0.5), "own-p50-ms")
			b.ReportMetric(best(t.Own, 0.95), "own-p95-ms")
			b.ReportMetric(best(t.Whole, 0.5), "whole-p50-ms")
			b.ReportMetric(best(t.Whole, 0.95), "whole-p95-ms")
			b.ReportMetric(best(t.Bare, 0.5), "bare-p50-ms")
			b.ReportMetric(best(t.Bare, 0.95), "bare-p95-ms")
			b.ReportMetric(best(t.Whole, 0.5)/best(t.Bare, 0.5), "x-bare")
			b.ReportMetric(100*float64(t.Late)/float64(framesTurns*framesTurn), "late-%")
			b.Logf("%s pixels", t.Size)
		})
	}
}
