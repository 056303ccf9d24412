package canvas

import (
	"errors"
	"time"

	"longying/app/reading"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// MarksOf are the marks of a study's findings, and of what models are unsure
// about. A finding that rests on a mask has one on each slice of it; where the
// mask cannot be had the box stands alone, and the error says why.
func MarksOf(l *lang.Strings, findings []records.Finding, runs []records.Run) ([]Mark, error) {
	byID := make(map[string]records.Run, len(runs))
	newest := map[string]time.Time{} // of each model's runs
	for _, r := range runs {
		byID[r.ID] = r
		if k := r.Model.ID + " " + r.Model.Version; r.At.After(newest[k]) {
			newest[k] = r.At
		}
	}
	var out []Mark
	var problems []error
	add := func(m Mark, run records.Run) {
		if m.Region.Kind != imaging.RegionMask {
			out = append(out, m)
			return
		}
		mask, inputs, err := reading.MaskOf(run)
		var marks []Mark
		if err == nil && mask == nil {
			err = errors.New(l.T("viewer.no_mask", m.Label))
		}
		if err == nil {
			marks, err = Masked(m, mask, inputs)
		}
		if err != nil {
			problems, marks = append(problems, err), []Mark{m}
		}
		out = append(out, marks...)
	}
	for _, f := range findings {
		if m, ok := MarkOf(f, workspace.FindingName(l, f)); ok {
			add(m, byID[f.RunID])
		}
	}
	for _, r := range runs {
		// Runs of one press of the button are stored within a second.
		if r.Outcome != "unsure" || r.Ref.Region == nil || newest[r.Model.ID+" "+r.Model.Version].Sub(r.At) >= time.Second {
			continue
		}
		add(Mark{SOPUID: r.Ref.SOPUID, Frame: r.Ref.Frame, Region: *r.Ref.Region, Style: Unsure, Label: r.Label.In(l.Short())}, r)
	}
	return out, errors.Join(problems...)
}
