package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
)

// tab presses Tab where the keyboard is.
func tab(s *shell) {
	c := s.window.Canvas()
	if f := c.Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyTab})
		return
	}
	c.FocusNext() // as the toolkit does
}

func TestWithTheMarkOnAButtonTheRoomsKeysStillWorkAndEscTakesItAway(t *testing.T) {
	s, w, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	workspace.Publish(s.ws, workspace.StudiesChanged{})
	s.ws.Settle()
	w.Resize(fyne.NewSize(1366, 700))
	c := w.Canvas()
	tab(s)
	if c.Focused() != fyne.Focusable(s.desk) || s.desk.marked != nil || s.desk.ring.Visible() {
		t.Fatal("a Tab that slips in marks something")
	}
	for k := 0; ; k++ {
		if k == 60 {
			t.Fatal("Tab comes to no button")
		}
		tab(s)
		if b, ok := s.desk.marked.(*widget.Button); ok && b.Text == s.ws.Lang.T("worklist.open") {
			break
		}
	}
	b := s.desk.marked.(*widget.Button)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
	if r := s.desk.ring; !r.Visible() || r.Position() != at.SubtractXY(2, 2) || r.Size() != b.Size().AddWidthHeight(4, 4) {
		t.Errorf("the ring is at %v %v, the button at %v", r.Position(), r.Size(), at)
	}
	// A room's key.
	before := texts(s.front.Content)
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyM})
	if texts(s.front.Content) == before {
		t.Error("M filters nothing while a button is marked")
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyX})
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if s.desk.marked != nil || s.desk.ring.Visible() {
		t.Error("Esc leaves the mark")
	}
	// Space presses what is marked, and not what a room has on Space.
	for s.desk.marked != fyne.Focusable(b) {
		tab(s)
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	c.Focused().TypedRune(' ')
	s.ws.Settle()
	if s.ws.Current() == nil {
		t.Error("Space does not press the button")
	}
	if s.desk.marked != nil || s.desk.ring.Visible() {
		t.Error("the mark stays on a button that is out of sight")
	}
	// A click takes the mark away.
	for s.desk.marked == nil {
		tab(s)
	}
	c.Unfocus()
	if s.desk.marked != nil || s.desk.ring.Visible() {
		t.Error("a click leaves the mark")
	}
}

func TestTabWalksThroughEveryRoomAndNoControlKeepsTheRoomsKeys(t *testing.T) {
	s, w, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	w.Resize(fyne.NewSize(1366, 700))
	c := w.Canvas()
	for _, r := range s.seen(workspace.Rail) {
		s.show(r)
		s.ws.Settle()
		c.Unfocus()
		tab(s)
		stops := 0
		for k := 0; ; k++ {
			if k == 400 {
				t.Fatalf("%s: Tab never comes round", r.ID)
			}
			tab(s)
			f := c.Focused()
			switch {
			case f == nil:
				t.Fatalf("%s: Tab leads nowhere after %d stops", r.ID, stops)
			case f == fyne.Focusable(s.desk) && s.desk.marked == nil, f == fyne.Focusable(s.desk.end):
				if stops == 0 {
					t.Errorf("%s: Tab reaches nothing", r.ID)
				}
			case f == fyne.Focusable(s.desk) || passes(f):
				stops++
				continue
			default:
				t.Errorf("%s: %T keeps every key", r.ID, f)
				continue
			}
			break
		}
		t.Logf("%s: %d stops", r.ID, stops)
	}
}
