package viewer

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"longying/app/ui/canvas"
	"longying/imaging"
	"longying/records/foreign"
)

// ourMaker is who signs this program's own objects: what they say is in the record.
const ourMaker = "Longying"

// askForeign reads the reports and segmentations of other makers in the study.
// What they point at is marked as theirs, and as confirmed by nobody.
func (r *room) askForeign() {
	c, study, l := r.ws.Current(), r.study, r.ws.Lang
	var objects []string
	pictures := map[string]*imaging.Instance{}
	for i := range c.Study.Series {
		for k := range c.Study.Series[i].Instances {
			in := &c.Study.Series[i].Instances[k]
			pictures[in.SOPInstanceUID] = in
			if foreign.Known(in.SOPClassUID) && in.Manufacturer != ourMaker {
				objects = append(objects, in.SOPInstanceUID)
			}
		}
	}
	if len(objects) == 0 {
		return
	}
	r.askingForeign.Start(func(ctx context.Context) func() {
		var marks []canvas.Mark
		var lost []string
		for _, uid := range objects {
			found, refused, err := r.readForeign(ctx, uid)
			if errors.Is(err, context.Canceled) {
				return nil
			}
			if err != nil {
				refused = append(refused, r.ws.Explain(err))
			}
			for _, why := range refused {
				lost = append(lost, l.T("viewer.foreign_lost", why))
			}
			for _, f := range found {
				n := len(f.Places)
				f.Places = fitting(f.Places, pictures)
				if n -= len(f.Places); n > 0 {
					lost = append(lost, l.T("viewer.foreign_elsewhere", f.Label, n))
				}
				name := strings.Join(append([]string{f.Label}, f.Values...), " ")
				marks = append(marks, canvas.ForeignMarks(f, l.T("viewer.foreign", name, cmp.Or(f.Maker, l.T("viewer.foreign_unnamed"))))...)
			}
		}
		return func() {
			if r.study != study {
				return
			}
			r.foreign = marks
			if len(lost) > 0 {
				r.problem.SetText(strings.Join(lost, "\n"))
			}
			r.mark()
		}
	})
}

// fitting are the places on pictures of the study, masks only on those of their
// own size: an outline in the wrong place would be worse than none.
func fitting(places []foreign.Place, pictures map[string]*imaging.Instance) []foreign.Place {
	return slices.DeleteFunc(slices.Clone(places), func(p foreign.Place) bool {
		in := pictures[p.SOPUID]
		return in == nil || in.Pixels.Rows == 0 || p.In != nil && (p.Columns != in.Pixels.Columns || p.Rows != in.Pixels.Rows)
	})
}

func (r *room) readForeign(ctx context.Context, uid string) ([]foreign.Finding, []string, error) {
	f, err := r.ws.Archive.Open(ctx, uid)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return foreign.Read(f, func(n int) (*imaging.Frame, error) { return f.Frame(ctx, r.ws.Decoder, n) })
}

// allMarks are those of the record's findings and of other makers' objects.
func (r *room) allMarks() []canvas.Mark {
	return append(append([]canvas.Mark(nil), r.marks...), r.foreign...)
}
