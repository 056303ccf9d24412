package viewer

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"longying/app/ui/canvas"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/volume"
	"longying/records"
	"longying/records/foreign"
)

// others is what other makers' objects in the study say, and the marks of it.
type others struct {
	asking *workspace.Task
	list   []foreign.Finding
	marks  map[string][]canvas.Mark // by Origin.Key
	hidden bool                     // until the reader's own first read
}

// askForeign reads the reports and segmentations of other makers in the study.
// What they point at is marked as theirs, and as confirmed by nobody.
func (r *room) askForeign() {
	user, study, l := r.ws.User(), r.study, r.ws.Lang
	r.others.list, r.others.marks, r.others.hidden = nil, nil, false
	r.others.asking.Start(func(ctx context.Context) func() {
		found, err := r.ws.Reading.Foreign(ctx, user, study)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		marks := map[string][]canvas.Mark{}
		for i := range found.Findings {
			f := &found.Findings[i]
			marks[f.Origin.Key()] = canvas.ForeignMarks(f, f.Origin.Key(), "")
		}
		return func() {
			if r.study != study {
				return
			}
			if err != nil {
				r.problem.SetText(r.ws.Explain(err))
				return
			}
			r.others.list, r.others.marks, r.others.hidden = found.Findings, marks, len(found.Hidden) > 0
			var lost []string
			for _, x := range found.Lost {
				switch x.Code {
				case "elsewhere":
					lost = append(lost, l.T("viewer.foreign_elsewhere", x.Label, x.N))
				case "patient":
					lost = append(lost, l.T("viewer.foreign_patient", x.SOPUID))
				case "unread":
					lost = append(lost, l.T("viewer.foreign_lost", r.ws.Explain(x.Err)))
				default:
					lost = append(lost, l.T("viewer.foreign_lost", x.Why))
				}
			}
			if len(lost) > 0 {
				r.problem.SetText(strings.Join(lost, "\n"))
			}
			r.mark()
			workspace.Publish(r.ws, workspace.ForeignRead{StudyUID: study, Findings: found.Findings, Hidden: r.others.hidden})
		}
	})
}

// allMarks are those of the record's findings and of other makers' objects. What
// was taken over is marked as the finding that it became, where its object
// outlines it.
func (r *room) allMarks() []canvas.Mark {
	var out []canvas.Mark
	origin := map[string]*records.Origin{}
	for i := range r.list {
		origin[r.list[i].UID] = r.list[i].Origin
	}
	for _, m := range r.marks {
		if o := origin[m.UID]; m.UID != "" && o != nil {
			out = append(out, canvas.TakenMarks(m, r.others.marks[o.Key()])...)
			continue
		}
		out = append(out, m)
	}
	for i := range r.others.list {
		f := &r.others.list[i]
		if records.Taken(r.list, &f.Origin) != nil {
			continue
		}
		brief := r.ws.Lang.T("viewer.foreign_brief", f.Origin.Label)
		words := r.ws.Lang.T("viewer.foreign", strings.Join(append([]string{f.Origin.Label}, f.Values...), " "), cmp.Or(f.Origin.By(), r.ws.Lang.T("viewer.foreign_unnamed")))
		for _, m := range r.others.marks[f.Origin.Key()] {
			m.Label, m.Brief = words, brief
			out = append(out, m)
		}
	}
	return out
}

// foreignSelected brings the picture on which most of another maker's item lies to
// the front; a picture in front that shows some of it stays.
func (r *room) foreignSelected(item string) {
	marks := r.others.marks[item]
	if r.study == "" || len(marks) == 0 {
		return
	}
	r.chosen = item
	r.toCurrent()
	p := r.panes[r.front]
	shown, ok := p.Shown()
	best, most := marks[0], -1.0
	for _, m := range marks {
		g := m.Region
		if ok && m.SOPUID == shown.Instance.SOPInstanceUID && (m.Frame == 0 || m.Frame == shown.Frame) {
			r.mark()
			return
		}
		if size := (g.X1 - g.X0) * (g.Y1 - g.Y0); size > most {
			best, most = m, size
		}
	}
	ref := imaging.Ref{StudyUID: r.study, SOPUID: best.SOPUID, Frame: best.Frame, Region: &best.Region}
	if !p.Goto(ref) {
		at, _, ok := find(r.entries, func(s volume.Slice) bool {
			return s.Instance.SOPInstanceUID == ref.SOPUID && (ref.Frame == 0 || s.Frame == ref.Frame)
		})
		if ok {
			r.show(at)
			p.Goto(ref)
		}
	}
	r.mark()
}
