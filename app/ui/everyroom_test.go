package ui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/app/station"
	"longying/app/ui/lang"
)

// everyRoomFolder is the variable that turns the script at the keys into a walk
// through every room: it names a sample folder, e.g. a copy of one that
// `longying demo` made.
const everyRoomFolder = "LONGYING_TEST_ROOMS"

// A walk through every room in both languages, each ending in a picture:
//
//	LONGYING_SCREENSHOTS=folder LONGYING_TEST_ROOMS=home LONGYING_TEST_SIZE=1920x1080 go test ./app/ui -run EveryRoom
//
// FYNE_SCALE is the toolkit's, LONGYING_TEST_SCHEME the colours. The pictures are for eyes; what the test holds is
// that no word is wider than the place it has.
func TestInEveryRoomAndLanguageNoWordIsCut(t *testing.T) {
	if os.Getenv(everyRoomFolder) == "" {
		t.Skip(everyRoomFolder + " names no sample folder")
	}
	size := os.Getenv("LONGYING_TEST_SIZE")
	if size == "" {
		size = "1366x768"
	}
	for _, p := range byHand(t, size, time.Hour) {
		if p.Error != "" {
			t.Errorf("%s: %s", p.Task, p.Error)
		}
		for _, words := range p.Cut {
			t.Errorf("%s: cut: %s", p.Task, words)
		}
	}
}

// place is somewhere in the window.
type place struct {
	name string
	go_  func(*hand)
}

// sitting is what one person sees.
type sitting struct {
	login  string
	places []place
}

func toRoom(id string) func(*hand) { return func(h *hand) { h.room(id) } }

func pressing(keys ...string) func(*hand) { return func(h *hand) { h.press(keys...) } }

func sittings() []sitting {
	viewer := []place{
		{"worklist", toRoom("worklist")},
		{"worklist-review", pressing("ctrl+r")},
		{"film-findings", func(h *hand) { h.press("ctrl+r"); h.open("cr", "CR"); h.lookAtFilm(); h.press("F2", "j") }},
		{"film-record", pressing("F3")},
		{"film-report", pressing("F4")},
		{"ct", func(h *hand) { h.open("ct", "CT"); h.pictureStands(); h.press("F2", "1") }},
		{"ct-mpr", func(h *hand) { h.press("m"); h.standsStill() }},
		{"ct-alone", func(h *hand) { h.press("m", "F9"); h.standsStill() }},
		{"consult", func(h *hand) { h.press("F9"); h.room("consult") }},
	}
	for i := range 5 {
		viewer = append(viewer, place{fmt.Sprintf("consult-%d", 5-i), pressing("ctrl+Left")})
	}
	viewer = append(viewer,
		place{"consult-new", pressing("ctrl+n")},
		place{"consult-open-pack", pressing("ctrl+o")},
		place{"critical", toRoom("critical")},
		place{"outbox", toRoom("outbox")},
		place{"help", toRoom("help")},
		place{"keys", pressing("question")},
	)
	return []sitting{
		{"radiologist", viewer},
		{"pathologist", []place{{"slide", func(h *hand) { h.open("sm", "SM"); h.reads("1792 × 1120"); h.press("j"); h.standsStill() }}}},
		{"admin", []place{{"settings", toRoom("settings")}}},
		{"auditor", []place{{"audit-worklist", func(*hand) {}}}},
	}
}

// pictureStands waits for a picture in the first viewport.
func (h *hand) pictureStands() {
	h.until("a picture is on the screen", func() bool { return h.viewport() != nil })
}

// standsStill waits for what goes on in the background.
func (h *hand) standsStill() {
	h.until("nothing is going on", func() bool { return len(h.session.ws.Jobs()) == 0 })
	for range 30 { // pictures come by themselves, and say so nowhere
		h.settle()
	}
}

// walk goes to every place and looks at it in both languages.
func (h *hand) walk(done func(played) bool) {
	n := 0
	see := func(login string, p place) bool {
		n++
		return done(h.look(fmt.Sprintf("%02d-%s-%s", n, login, p.name), p.go_))
	}
	both := place{"sign-in", func(h *hand) {
		h.until("the sign-in page", func() bool { return h.session.window.Content() == h.session.shell.signIn.content })
	}}
	if !see("nobody", both) {
		return
	}
	for i, s := range sittings() {
		if p := h.play("in-"+s.login, func(h *hand) {
			if i > 0 {
				h.press("ctrl+q")
			}
			h.enter(s.login)
		}); p.Error != "" {
			done(p)
			return
		}
		for _, p := range s.places {
			if !see(s.login, p) {
				return
			}
		}
		if front := h.session.shell.front; front == nil || front.ID != "settings" {
			continue
		}
		for page := 2; ; page++ {
			before := h.words()
			h.press("ctrl+Down")
			if slices.Equal(before, h.words()) {
				break
			}
			if !see(s.login, place{fmt.Sprintf("settings-%d", page), func(*hand) {}}) {
				return
			}
		}
	}
}

// look goes somewhere and shoots it in Chinese and in English.
func (h *hand) look(name string, go_ func(*hand)) played {
	return h.play(name, func(h *hand) {
		go_(h)
		for _, code := range []lang.Code{lang.Chinese, lang.English} {
			fyne.DoAndWait(func() { h.session.ws.SetLanguage(code) })
			h.standsStill()
			h.shoot(name + "-" + string(code))
			fyne.DoAndWait(func() {
				for _, words := range cut(h.session.window) {
					h.cut = append(h.cut, string(code)+": "+words)
				}
			})
		}
		fyne.DoAndWait(func() { h.session.ws.SetLanguage(lang.Chinese) })
		h.settle()
	})
}

// uncut waits until every word has its room and nothing is squeezed.
func (h *hand) uncut() {
	h.until("no word is cut", func() bool {
		h.cut = cut(h.session.window)
		return len(h.cut) == 0
	})
}

// words are all that can be read in the window now.
func (h *hand) words() (all []string) {
	fyne.DoAndWait(func() {
		visibly(h.session.window.Content(), fyne.Position{}, h.session.window.Canvas().Size().Width, func(o fyne.CanvasObject, _ fyne.Position, _ float32) {
			if t, ok := o.(*canvas.Text); ok {
				all = append(all, t.Text)
			}
		})
	})
	return all
}

// visibly walks what is shown: each object with its place in the window and the
// right edge of what it is seen through.
func visibly(o fyne.CanvasObject, at fyne.Position, right float32, see func(fyne.CanvasObject, fyne.Position, float32)) {
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	see(o, at, right)
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			visibly(c, at, right, see)
		}
	case fyne.Widget:
		if s, ok := o.(*container.Scroll); ok {
			if s.Direction == container.ScrollHorizontalOnly || s.Direction == container.ScrollBoth {
				return // to be scrolled
			}
			right = min(right, at.X+s.Size().Width)
		}
		if _, ok := o.(*widget.Entry); ok {
			return // what is written scrolls in it
		}
		for _, c := range test.WidgetRenderer(o).Objects() {
			visibly(c, at, right, see)
		}
	}
}

// cut names the words that are wider than their place, or stick out of what they
// are seen through.
func cut(w fyne.Window) (out []string) {
	visibly(w.Content(), fyne.Position{}, w.Canvas().Size().Width, func(o fyne.CanvasObject, at fyne.Position, right float32) {
		if want, has := o.MinSize(), o.Size(); has.Height+1 < want.Height && has.Height > 0 {
			if text := firstWords(o); text != "" {
				out = append(out, fmt.Sprintf("%T wants a height of %.0f and has %.0f: %q", o, want.Height, has.Height, text))
			}
		}
		t, ok := o.(*canvas.Text)
		if !ok || strings.TrimSpace(t.Text) == "" {
			return
		}
		if over := at.X + t.MinSize().Width - right; over > 2 {
			out = append(out, fmt.Sprintf("%q sticks out by %.0f", t.Text, over))
		}
	})
	return out
}

// firstWords are the first that can be read in something that is laid out.
func firstWords(o fyne.CanvasObject) (words string) {
	switch o.(type) {
	case *fyne.Container, *widget.Label, *widget.Button, *widget.Check:
	default:
		return ""
	}
	visibly(o, fyne.Position{}, 0, func(o fyne.CanvasObject, _ fyne.Position, _ float32) {
		if t, ok := o.(*canvas.Text); ok && words == "" {
			words = t.Text
		}
	})
	return words
}

// walkRooms is the process of the walk.
func walkRooms(folder, home string) error {
	ctx := context.Background()
	so := station.Options{Home: home, Library: os.Getenv("LONGYING_ORT_LIBRARY")}
	st, sample, err := station.OpenSample(ctx, so)
	if err != nil {
		return err
	}
	if err := st.Close(); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(home, screen.File), fmt.Appendf(nil, `{"toured": true, "scheme": %q}`, os.Getenv("LONGYING_TEST_SCHEME")), 0o600); err != nil {
		return err
	}
	return handAt(ctx, &hand{sample: sample, folder: folder}, so, nil, func(h *hand, done func(played) bool) { h.walk(done) })
}
