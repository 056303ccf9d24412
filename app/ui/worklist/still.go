package worklist

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
)

// still keeps a list where it is from the click on a row until the second click
// of a double one can no longer come: what belongs to the chosen row comes and
// goes below and above the list, and would put another row, or a panel, under
// the pointer.
type still struct {
	of    *fyne.Container // the list and what comes and goes around it
	table *workspace.Table
	at    func() int // the chosen row, -1 for none
	task  *workspace.Task
	wait  time.Duration
	on    bool
	late  func() // orders the rows anew; nil: they are as they should be
}

func newStill(ws *workspace.Workspace, of *fyne.Container, table *workspace.Table, at func() int) *still {
	return &still{of: of, table: table, at: at, task: ws.NewTask(), wait: max(500*time.Millisecond, fyne.CurrentApp().Driver().DoubleTapDelay())}
}

// begin is called at a click on a row, before what it brings about.
func (s *still) begin() {
	s.on = true
	workspace.Hold(s.of, true)
	s.task.Start(func(ctx context.Context) func() {
		select {
		case <-time.After(s.wait):
			return s.end
		case <-ctx.Done():
			return nil
		}
	})
}

// end lets the list go, also where a person does something else meanwhile. The
// chosen row stays in sight.
func (s *still) end() {
	s.task.Stop()
	if !s.on {
		return
	}
	s.on = false
	workspace.Hold(s.of, false)
	if late := s.late; late != nil {
		s.late = nil
		late()
	}
	if i := s.at(); i >= 0 {
		s.table.ScrollTo(widget.TableCellID{Row: i})
	}
}

// arrange orders the rows anew for what came in by itself: at once, or when the
// list need no longer stay.
func (s *still) arrange(rows func()) {
	if s.on {
		s.late = rows
		return
	}
	rows()
}
