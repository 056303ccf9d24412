package workspace

import (
	"longying/imaging"
	"longying/records/report"
)

// Spot is which picture of the study that is open a reference names; the zero
// Spot where it is none of them.
func (ws *Workspace) Spot(ref imaging.Ref) report.Spot {
	o := ws.Current()
	if o == nil || o.Study == nil {
		return report.Spot{}
	}
	for i := range o.Study.Series {
		s := &o.Study.Series[i]
		if s.UID != ref.SeriesUID {
			continue
		}
		if i >= len(o.Stacks) { // a slide's
			return report.Spot{Series: s.Number}
		}
		for _, stack := range o.Stacks[i] {
			for k, slice := range stack.Slices {
				if slice.Instance.SOPInstanceUID == ref.SOPUID && slice.Frame == ref.Frame && len(stack.Slices) > 1 {
					return report.Spot{Series: s.Number, Slice: k + 1, Of: len(stack.Slices)}
				}
			}
		}
		return report.Spot{Series: s.Number}
	}
	return report.Spot{}
}
