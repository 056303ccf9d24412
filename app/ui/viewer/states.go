package viewer

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas/view"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/imaging/volume"
)

// states are the presentation states of the study: read once, listed under the
// thumbnails, chosen by a click or a key.
type states struct {
	r    *room
	task *workspace.Task
	list []listedState
	box  *fyne.Container
}

// listedState is a presentation state, or why it cannot be applied.
type listedState struct {
	in      *imaging.Instance
	state   *imaging.PresentationState // nil where it was refused
	refused error
}

func newStates(r *room) *states {
	return &states{r: r, task: r.ws.NewTask(), box: container.NewVBox()}
}

// open reads the states of a study; nil empties the list.
func (s *states) open(study *imaging.Study) {
	s.task.Stop()
	s.list = nil
	s.words()
	if study == nil {
		return
	}
	var found []listedState
	for i := range study.Series {
		for k := range study.Series[i].Instances {
			if in := &study.Series[i].Instances[k]; dicomfile.StateName(in.SOPClassUID) != "" {
				found = append(found, listedState{in: in})
			}
		}
	}
	if len(found) == 0 {
		return
	}
	s.task.Start(func(ctx context.Context) func() {
		for i := range found {
			state, err := s.read(ctx, found[i].in)
			if ctx.Err() != nil {
				return nil
			}
			found[i].state, found[i].refused = state, err
		}
		return func() {
			s.list = found
			s.words()
		}
	})
}

func (s *states) read(ctx context.Context, in *imaging.Instance) (*imaging.PresentationState, error) {
	f, err := s.r.ws.Archive.Open(ctx, in.SOPInstanceUID)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.PresentationState()
}

// words makes the list anew: in another language, with another choice.
func (s *states) words() {
	s.box.Objects = nil
	if len(s.list) > 0 {
		l := s.r.ws.Lang
		s.box.Add(widget.NewLabel(l.T("viewer.states", len(s.list))))
		chosen := s.r.panes[s.r.front].Presentation()
		for i := range s.list {
			one := &s.list[i]
			if one.state == nil {
				refused := widget.NewLabel(l.T("viewer.state_refused", s.r.ws.Explain(one.refused)))
				refused.Wrapping, refused.Importance = fyne.TextWrapBreak, widget.WarningImportance
				s.box.Add(refused)
				continue
			}
			b := widget.NewButton(one.state.Label, func() { s.choose(one.state) })
			if one.state.Label == "" {
				b.SetText(view.StateTitle(one.state))
			}
			if one.state == chosen {
				b.Importance = widget.HighImportance
			}
			s.box.Add(b)
		}
		plain := widget.NewButton(l.T("viewer.state_plain"), s.plain)
		if chosen == nil {
			plain.Importance = widget.HighImportance
		}
		s.box.Add(plain)
	}
	s.box.Refresh()
}

// next goes on to the next state of the picture in front, after the last to the
// plain picture.
func (s *states) next() {
	pane := s.r.panes[s.r.front]
	shown, ok := pane.Shown()
	if !ok {
		return
	}
	var fit []*imaging.PresentationState
	at := -1
	for i := range s.list {
		if p := s.list[i].state; p != nil && p.Has(shown.Instance.SOPInstanceUID, shown.Frame) {
			if p == pane.Presentation() {
				at = len(fit)
			}
			fit = append(fit, p)
		}
	}
	switch {
	case len(fit) == 0:
		s.r.problem.Say("viewer.no_state")
	case at+1 == len(fit):
		s.plain()
	default:
		s.choose(fit[at+1])
	}
}

func (s *states) plain() {
	s.r.panes[s.r.front].SetPresentation(nil)
	s.words()
}

// choose applies a state; where the picture in front is none of its own, the
// first that is comes to the front.
func (s *states) choose(p *imaging.PresentationState) {
	s.r.toCurrent()
	pane := s.r.panes[s.r.front]
	shown, ok := pane.Shown()
	if !ok || !p.Has(shown.Instance.SOPInstanceUID, shown.Frame) {
		if !s.bring(p) {
			s.r.problem.Say("viewer.state_elsewhere", view.StateTitle(p))
			return
		}
	}
	s.r.problem.SetText("")
	pane.SetPresentation(p)
	s.words()
}

// bring shows the first picture of the study that a state is about.
func (s *states) bring(p *imaging.PresentationState) bool {
	at, slice, ok := find(s.r.entries, func(one volume.Slice) bool { return p.Has(one.Instance.SOPInstanceUID, one.Frame) })
	if !ok {
		return false
	}
	if s.r.panes[s.r.front].Stack() != s.r.entries[at].stack {
		s.r.show(at)
	}
	return s.r.panes[s.r.front].Goto(imaging.Ref{SOPUID: slice.Instance.SOPInstanceUID, Frame: slice.Frame})
}
