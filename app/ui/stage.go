package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"longying/app/ui/workspace"
)

// take gives a stage the whole screen, or ends the one that has it.
func (s *shell) take(stage *workspace.Stage) {
	before := s.stage
	s.stage = stage
	s.refused.SetText("")
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
	return s.wings.around(newPulse(s.ws.Activity.Seen), workspace.Steady(container.NewBorder(nil, s.refused, nil, nil, s.stage.Content)))
}

// onStage are a stage's actions. What was said below it stands until the next.
func (s *shell) onStage() []workspace.Action {
	out := slices.Clone(s.stage.Actions())
	for i := range out {
		do := out[i].Do
		out[i].Do = func() {
			s.refused.SetText("")
			do()
		}
	}
	return out
}

// desks is the desk of what fills the window.
func (s *shell) desks() *desk {
	if s.stage != nil {
		return s.wings
	}
	return s.desk
}
