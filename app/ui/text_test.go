package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
)

func TestAClickOnATextLeavesTheRoomItsKeysAndCtrlCStillCopiesWhatWasChosen(t *testing.T) {
	s, w := signedIn(t)
	w.Resize(fyne.NewSize(600, 200))
	text := workspace.NewText(s.ws, "右肺下叶结节", widget.MediumImportance)
	w.SetContent(text)
	objects := test.WidgetRenderer(text).Objects()
	over := objects[len(objects)-1] // what the pointer meets
	at := func(x float32) fyne.PointEvent { return fyne.PointEvent{Position: fyne.NewPos(x, 16)} }
	over.(desktop.Mouseable).MouseDown(&desktop.MouseEvent{PointEvent: at(2), Button: desktop.MouseButtonPrimary})
	for _, x := range []float32{30, 580} {
		over.(fyne.Draggable).Dragged(&fyne.DragEvent{PointEvent: at(x), Dragged: fyne.NewDelta(x-2, 0)})
	}
	over.(fyne.Draggable).DragEnd()
	over.(desktop.Mouseable).MouseUp(&desktop.MouseEvent{PointEvent: at(580), Button: desktop.MouseButtonPrimary})
	held := w.Canvas().Focused()
	if held == nil || text.SelectedText() != text.Text {
		t.Fatalf("%v holds the keyboard, %q is chosen", held, text.SelectedText())
	}
	filter := func() string { return texts(s.front.Content) }
	before := filter()
	held.TypedKey(&fyne.KeyEvent{Name: fyne.KeyD}) // the list's filter of days
	if filter() == before {
		t.Error("a key of the room does nothing")
	}
	held.TypedKey(&fyne.KeyEvent{Name: fyne.KeyX})
	held.TypedRune('?')
	if !s.keysUp {
		t.Error("a rune of the window does nothing")
	}
	s.toggleKeys()
	held.(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutCopy{Clipboard: fyne.CurrentApp().Clipboard()})
	if got := fyne.CurrentApp().Clipboard().Content(); got != text.Text {
		t.Errorf("Ctrl+C copied %q", got)
	}
	held.(fyne.Shortcutable).TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyL, Modifier: fyne.KeyModifierControl})
	if text.Text != "右肺下叶结节" || !s.lock.on {
		t.Errorf("the text is %q now, or a key with Control does nothing", text.Text)
	}
}
