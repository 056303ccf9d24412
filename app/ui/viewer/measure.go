package viewer

import (
	"longying/app/ui/canvas"
	"longying/app/ui/workspace"
	"longying/imaging/volume"
	"longying/records"
)

// desk is the room as one in which something is measured.
type desk struct{ *room }

func (d desk) Study() string { return d.study }

func (d desk) Measurings() []*canvas.Measuring {
	var out []*canvas.Measuring
	for _, p := range d.panes {
		out = append(out, p.Measuring())
	}
	return out
}

// Show gives every viewport what its study has: an earlier one its own, which is
// only looked at.
func (d desk) Show(list []canvas.Annotated, chosen string) {
	for _, p := range d.panes {
		if prior := d.priorOf(p); prior != nil {
			p.SetAnnotations(prior.drawn, "")
			continue
		}
		p.SetAnnotations(list, chosen)
	}
}

func (d desk) Problem() *workspace.Problem { return d.problem }

// Bring brings the picture of a measurement to the front, or the plane on which it
// was measured.
func (d desk) Bring(a *records.Annotation) {
	d.toCurrent()
	if a.Cut != nil {
		d.bring(a.Cut, a.Patient)
		return
	}
	ref := a.Ref
	p := d.panes[d.front]
	if s, ok := p.Shown(); ok && s.Instance.SOPInstanceUID == ref.SOPUID && s.Frame == ref.Frame || p.Goto(ref) {
		return
	}
	if k, _, ok := find(d.entries, func(s volume.Slice) bool {
		return s.Instance.SOPInstanceUID == ref.SOPUID && s.Frame == ref.Frame
	}); ok {
		d.show(k)
		p.Goto(ref)
	}
}
