package viewer

import (
	"longying/imaging/volume"
	"longying/records"
)

// followed is the prior finding that the chosen one is compared with; nil where it
// is compared with none.
func (r *room) followed() *records.PriorFinding {
	for i := range r.list {
		if r.list[i].UID == r.chosen {
			return r.list[i].FollowUp
		}
	}
	return nil
}

// showFollowed brings the prior finding of the chosen one to the front of the
// viewport that shows its study, and marks it there as the chosen one is here: one
// lesion, twice, beside itself. From there on the two go together: a doctor said
// that both are one place. The other viewports stay where they are.
func (r *room) showFollowed() {
	f := r.followed()
	if f == nil {
		return
	}
	for k, pane := range r.shown() {
		p := r.priorOf(pane)
		if p == nil || p.ex.StudyUID != f.StudyUID {
			continue
		}
		for i := range p.found {
			old := &p.found[i]
			if old.UID != f.FindingUID || old.Ref.SOPUID == "" {
				continue
			}
			r.together.following = true
			if !pane.Goto(old.Ref) {
				at, _, ok := find(p.entries, func(s volume.Slice) bool {
					return s.Instance.SOPInstanceUID == old.Ref.SOPUID && (old.Ref.Frame == 0 || s.Frame == old.Ref.Frame)
				})
				if ok {
					r.stand(pane, p.entries[at], 0)
					pane.Goto(old.Ref)
				}
			}
			r.together.following = false
			pane.SetMarks(p.marks, old.UID)
			if leader := r.leading(k); leader != nil {
				r.together.register(leader, pane)
				r.together.lesion = pair{leader.Stack(), pane.Stack()}
			}
			r.tie()
		}
	}
	r.sayMatches()
}
