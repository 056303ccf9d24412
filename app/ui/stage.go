package ui

import (
	"fyne.io/fyne/v2"

	"longying/app/ui/workspace"
)

// take gives a stage the whole screen, or ends the one that has it.
func (s *shell) take(stage *workspace.Stage) {
	before := s.stage
	s.stage = stage
	if stage == nil {
		s.window.SetFullScreen(false)
	} else {
		s.shortcuts(stage.Actions())
		s.window.SetFullScreen(true)
	}
	if !s.lock.on {
		s.window.SetContent(s.filling())
		s.window.Canvas().Unfocus()
	}
	if before != nil && before != stage && before.Ended != nil {
		before.Ended()
	}
}

// filling is what the window of a person who is signed in shows.
func (s *shell) filling() fyne.CanvasObject {
	if s.stage == nil {
		return s.page
	}
	return s.wings.around(newPulse(s.ws.Activity.Seen), s.stage.Content)
}

// desks is the desk of what fills the window.
func (s *shell) desks() *desk {
	if s.stage != nil {
		return s.wings
	}
	return s.desk
}
