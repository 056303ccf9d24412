package viewer

import (
	"fmt"
	"strings"

	"longying/app/ui/workspace"
	"longying/imaging"
)

// look is the picture in front as it is seen now: of the study that is open, an
// instance's own.
func (r *room) look() (workspace.Look, bool) {
	c := r.ws.Current()
	if r.study == "" || c == nil || len(r.panes) == 0 {
		return workspace.Look{}, false
	}
	p := r.panes[r.front]
	s, ok := p.Shown()
	if !ok || !p.Original() || r.priorOf(p) != nil {
		return workspace.Look{}, false
	}
	title := []string{c.Title()}
	if d := p.Series().Description; d != "" {
		title = append(title, d)
	}
	if n := p.State().Slices; n > 1 {
		title = append(title, fmt.Sprintf("%d/%d", p.State().Slice+1, n))
	}
	frame := 0
	if s.Instance.Pixels.Frames > 1 {
		frame = s.Frame
	}
	return workspace.Look{Title: strings.Join(title, " · "), View: p.Saved(),
		Ref: imaging.Ref{StudyUID: c.Examination.StudyUID, SeriesUID: s.Instance.SeriesUID, SOPUID: s.Instance.SOPInstanceUID, SOPClass: s.Instance.SOPClassUID, Frame: frame}}, true
}
