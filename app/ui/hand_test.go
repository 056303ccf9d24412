package ui

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"longying/app/delivery"
	"longying/app/samples"
	"longying/app/screen"
	"longying/app/station"
	"longying/app/ui/workspace"
	"longying/records/outbox"
)

// handFolder is the variable that turns this test program into the desktop with
// a script at its keys: it names the folder to work in.
const handFolder = "LONGYING_TEST_HAND"

func TestMain(m *testing.M) {
	plays := map[string]func(string) error{handFolder: playHand, framesFolder: playFrames, dayFolder: playDay}
	if home := os.Getenv(everyRoomFolder); home != "" {
		plays[handFolder] = func(folder string) error { return walkRooms(folder, home) }
	}
	for variable, play := range plays {
		if dir := os.Getenv(variable); dir != "" {
			if err := play(dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// leastHeight is what a screen of 768 lines leaves a window between a title bar
// and a task bar.
const leastHeight = 700

// patience is how long a step may take until what it should bring about is
// there; a step that is done sooner goes on at once.
const patience = 30 * time.Second

// hand does by keyboard and mouse, through the X server, what a person would do
// in the real window, and waits for what the program makes of it.
type hand struct {
	session *session
	sample  *station.Sample
	folder  string // screenshots are written there
	actions int    // presses of keys, texts written, clicks
	cut     []string

	platform *outbox.StubPlatform
}

// played is one task that was done.
type played struct {
	Task    string
	Actions int
	Error   string
	Cut     []string // words that do not fit, where they were looked for
}

// failure ends a task.
type failure struct{ error }

func (h *hand) fail(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

func (h *hand) xdotool(args ...string) {
	if _, err := tool("xdotool", args...); err != nil {
		h.fail("xdotool %s: %w", args[0], err)
	}
}

// tool runs a program of X; one that does not come back is ended.
func tool(name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		err = fmt.Errorf("%s did not come back within %v", name, patience)
	} else if errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return out, err
}

// press types keys by their names in X, e.g. "ctrl+Return".
func (h *hand) press(keys ...string) {
	for _, k := range keys {
		h.actions++
		h.xdotool("key", "--clearmodifiers", k)
		h.settle()
	}
}

// write puts a text into what has the keyboard: by keys where there are keys for
// it, else by the clipboard, since there is no input method here.
func (h *hand) write(text string) {
	h.actions++
	if len(text) != utf8.RuneCountInString(text) {
		fyne.DoAndWait(func() { fyne.CurrentApp().Clipboard().SetContent(text) })
		h.xdotool("key", "--clearmodifiers", "ctrl+v")
		h.settle()
		return
	}
	h.xdotool("type", "--clearmodifiers", "--delay", "12", text)
	h.settle()
}

// click presses the left button in the middle of something that is seen.
func (h *hand) click(what string, object func() fyne.CanvasObject) {
	h.actions++
	at := fyne.NewPos(-1, -1)
	h.until(what+" is to be seen", func() bool {
		o := object()
		if o == nil || !o.Visible() {
			return false
		}
		c := h.session.window.Canvas()
		p, s := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()
		was := at
		at = fyne.NewPos((p.X+s.Width/2)*c.Scale(), (p.Y+s.Height/2)*c.Scale())
		return at == was // nothing moves under the pointer
	})
	for _, step := range [][]string{{"mousemove", fmt.Sprint(int(at.X)), fmt.Sprint(int(at.Y))}, {"mousedown", "1"}, {"mouseup", "1"}} {
		h.xdotool(step...)
		h.settle()
	}
}

// room brings a room of the rail to the front by its key.
func (h *hand) room(id string) {
	key := ""
	fyne.DoAndWait(func() {
		for i, r := range h.session.shell.rail.order() {
			if r.ID == id {
				key = fmt.Sprintf("ctrl+%d", i+1)
			}
		}
	})
	if key == "" {
		h.fail("there is no room %q", id)
	}
	h.press(key)
	h.until("the room "+id+" is in front", func() bool { return h.session.shell.front.ID == id })
}

// button finds what is pressed by the word on it, in a dialog or in the window.
func (h *hand) button(word string) func() fyne.CanvasObject {
	return func() fyne.CanvasObject {
		c := h.session.window.Canvas()
		root := c.Overlays().Top()
		if root == nil {
			root = c.Content()
		}
		for _, o := range test.LaidOutObjects(root) {
			if b, ok := o.(*widget.Button); ok && b.Text == word && b.Visible() {
				return b
			}
		}
		return nil
	}
}

// reads waits for words that stand in the window, as they are or within others.
func (h *hand) reads(words string) {
	h.until("the window says "+words, func() bool { return h.says(words) })
}

// says reports that words stand in the window. On the UI goroutine.
func (h *hand) says(words string) bool {
	for _, o := range test.LaidOutObjects(h.session.window.Content()) {
		if o.Visible() && strings.Contains(said(o), words) {
			return true
		}
	}
	return false
}

// said are the words that an object is.
func said(o fyne.CanvasObject) string {
	switch o := o.(type) {
	case *widget.Label:
		return o.Text
	case *workspace.Text:
		return o.Text
	case *canvas.Text:
		return o.Text
	}
	return ""
}

// drag draws with the left button from one place of an object to another, in
// parts of its size.
func (h *hand) drag(o fyne.CanvasObject, x0, y0, x1, y1 float32) {
	h.actions++
	var from, to [2]string
	fyne.DoAndWait(func() {
		s := h.session.window.Canvas().Scale()
		p, size := fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()
		at := func(x, y float32) [2]string {
			return [2]string{fmt.Sprint(int((p.X + x*size.Width) * s)), fmt.Sprint(int((p.Y + y*size.Height) * s))}
		}
		from, to = at(x0, y0), at(x1, y1)
	})
	for _, step := range [][]string{{"mousemove", from[0], from[1]}, {"mousedown", "1"}, {"mousemove", to[0], to[1]}, {"mousemove_relative", "1", "1"}, {"mouseup", "1"}} {
		h.xdotool(step...)
		h.settle()
	}
}

// settle lets the window take what X has for it: two turns of its loop, in each
// of which it polls X, moves the pointer and paints. Of moves within one turn it
// sees the last alone.
func (h *hand) settle() {
	turns := make(chan struct{}, 2)
	turn := fyne.NewAnimation(time.Hour, func(float32) {
		select {
		case turns <- struct{}{}:
		default:
		}
	})
	fyne.DoAndWait(turn.Start)
	defer fyne.DoAndWait(turn.Stop)
	for range 2 {
		select {
		case <-turns:
		case <-time.After(patience):
			h.fail("the window took no turn for %v", patience)
		}
	}
}

// until waits for something to become true of the window.
func (h *hand) until(what string, is func() bool) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		ok := false
		fyne.DoAndWait(func() { ok = is() })
		if ok {
			return
		}
		if time.Now().After(end) {
			h.shoot("failed")
			h.fail("it never came to this: %s", what)
		}
	}
}

// shoot writes a picture of the whole screen.
func (h *hand) shoot(name string) {
	h.settle()
	if _, err := tool("import", "-window", "root", filepath.Join(h.folder, name+".png")); err != nil {
		h.fail("no screenshot: %w", err)
	}
}

// play does one task and says how it went.
func (h *hand) play(task string, do func(*hand)) (p played) {
	p.Task = task
	h.actions, h.cut = 0, nil
	defer func() {
		p.Actions, p.Cut = h.actions, h.cut
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			p.Error = f.Error()
		}
	}()
	do(h)
	h.uncut()
	h.shoot(task)
	fyne.DoAndWait(func() {
		if least := h.session.window.Content().MinSize(); least.Width > firstWidth || least.Height > leastHeight {
			h.fail("the window cannot be made smaller than %.0f x %.0f", least.Width, least.Height)
		}
	})
	return p
}

// playHand is the desktop's process: it makes a data folder and a platform to
// deliver to, opens the window on a CD, and hands the keys to the script.
func playHand(folder string) (err error) {
	ctx := context.Background()
	home := filepath.Join(folder, "home")
	so := station.Options{Home: home, Library: os.Getenv("LONGYING_ORT_LIBRARY"), Backoff: time.Millisecond}
	st, sample, err := station.OpenSample(ctx, so)
	if err != nil {
		return err
	}
	media := filepath.Join(folder, "media")
	if err := samples.Extract(media); err != nil {
		return errors.Join(err, st.Close())
	}
	second := os.Getenv("HOME") // where the file chooser begins
	for _, kind := range []string{"ct", "slide"} {
		if err := os.Rename(filepath.Join(media, kind), filepath.Join(second, kind)); err != nil {
			return errors.Join(err, st.Close())
		}
	}
	stub, err := outbox.NewStubPlatform(filepath.Join(folder, "platform.json"))
	if err != nil {
		return errors.Join(err, st.Close())
	}
	platform := httptest.NewServer(http.Handler(stub))
	defer platform.Close()
	_, err = st.Registry.ImportPeople(ctx, sample.Users["radiologist"], filepath.Join(media, "patients", "patients-utf8.csv"))
	if err == nil {
		err = st.Delivery.PutDestination(ctx, sample.Users["admin"], delivery.Route{
			Destination: outbox.Destination{Name: "province", Kind: outbox.KindHTTP, URL: platform.URL, Timeout: 20 * time.Second}, Formats: []string{"cda", "fhir", "sr"}}, false)
	}
	if err := errors.Join(err, st.Close()); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(home, screen.File), []byte(`{"toured": true}`), 0o600); err != nil {
		return err
	}
	h := &hand{sample: sample, folder: folder, platform: stub}
	return handAt(ctx, h, so, []string{filepath.Join(media, "film")}, func(h *hand, done func(played) bool) {
		for _, t := range tasks() {
			if !done(h.play(t.name, t.do)) {
				return // the next task begins where this one ended
			}
		}
	})
}

// handAt opens the window on a sample folder and hands its keys to a script,
// which tells what it did and stops when it is told so.
func handAt(ctx context.Context, h *hand, so station.Options, paths []string, script func(*hand, func(played) bool)) (err error) {
	results, err := os.Create(filepath.Join(h.folder, "played.json"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, results.Close()) }()
	environment := map[string]string{"LONGYING_HOME": so.Home, "LONGYING_KEY_FILE": h.sample.KeyFile, "LONGYING_ORT_LIBRARY": so.Library}
	return run(ctx, Options{Paths: paths, Getenv: func(k string) string { return environment[k] }, Version: "test"}, func(d *session) {
		h.session = d
		go func() {
			defer fyne.Do(d.window.Close)
			h.play("window", func(h *hand) {
				h.until("the sign-in page", func() bool { return d.shell != nil && d.window.Content() == d.shell.signIn.content })
				h.atTheCorner()
			})
			out := json.NewEncoder(results)
			script(h, func(p played) bool { return out.Encode(p) == nil && p.Error == "" })
		}()
	})
}

// atTheCorner puts the window over the whole screen: there is no window manager.
func (h *hand) atTheCorner() {
	out, err := tool("xdotool", "search", "--sync", "--onlyvisible", "--pid", fmt.Sprint(os.Getpid()))
	if err != nil {
		h.fail("no window: %v", err)
	}
	window := strings.Fields(string(out))[0]
	size, err := tool("xdotool", "getdisplaygeometry")
	if err != nil {
		h.fail("no display: %v", err)
	}
	wh := strings.Fields(string(size))
	h.xdotool("windowmove", window, "0", "0", "windowsize", window, wh[0], wh[1], "windowfocus", window)
}

// xserver starts an X server without a screen of its own, and names its display.
func xserver(t testing.TB, size string) string {
	t.Helper()
	for _, tool := range []string{"Xvfb", "xdotool", "import"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not here (make setup brings it)", tool)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", size+"x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has nothing to lose
		_ = cmd.Wait()
	})
	w.Close()
	defer r.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) || strings.TrimSpace(line) == "" {
		t.Skipf("Xvfb does not start: %v", err)
	}
	return ":" + strings.TrimSpace(line)
}

// byHand runs the script in a process of its own and returns what it did.
func byHand(t testing.TB, size string, limit time.Duration) []played {
	t.Helper()
	folder := os.Getenv("LONGYING_SCREENSHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	for _, old := range []string{"home", "media", "cd", "platform.json"} {
		if err := os.RemoveAll(filepath.Join(folder, old)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(folder, "cd"), 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := asDesktop(t, size, folder, limit, handFolder+"="+folder, "HOME="+filepath.Join(folder, "cd"))
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
	f, err := os.Open(filepath.Join(folder, "played.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []played
	for dec := json.NewDecoder(f); dec.More(); {
		var p played
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}
