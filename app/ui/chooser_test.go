package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
)

// A chooser of files lies over the room. Esc went to the room behind it and left the
// chooser standing, and any other key acted on what nobody could see.
func TestNoKeyActsBehindAChooserOfFilesAndEscClosesIt(t *testing.T) {
	s, w := signedIn(t)
	front := s.front
	d := widget.NewModalPopUp(widget.NewLabel("files"), w.Canvas())
	d.Show()
	for _, k := range []workspace.Key{workspace.Press(fyne.KeyF1), workspace.Ctrl(fyne.Key2), workspace.Ctrl(fyne.KeyQ)} {
		if s.ws.Keys.Run(k) || s.front != front || s.ws.User().ID == "" {
			t.Errorf("%s reached the room behind it", k)
		}
	}
	if !s.ws.Keys.Run(workspace.Press(fyne.KeyEscape)) || w.Canvas().Overlays().Top() != nil {
		t.Error("Esc does not close it")
	}
	d.Show()
	if !s.ws.Keys.Run(workspace.Ctrl(fyne.KeyL)) || !s.lock.on {
		t.Error("the screen cannot be hidden while it is open")
	}
}
