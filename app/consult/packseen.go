package consult

import (
	"context"
	"errors"
	"slices"

	"longying/imaging/deid"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
)

// warn notes what a person has to look at in an object, each object once.
func (d *draft) warn(what, sopUID string, w deid.Warning) {
	for i := range d.plan.Warnings {
		if x := &d.plan.Warnings[i]; x.What == what && x.Warning == w {
			if !slices.Contains(x.Objects, sopUID) {
				x.Objects = append(x.Objects, sopUID)
			}
			return
		}
	}
	d.plan.Warnings = append(d.plan.Warnings, PackWarning{what, w, []string{sopUID}})
}

// unseen says why the pixels of an object cannot be shown, so that nobody can have
// looked at them; empty where all of them can. Of a slide, whose tiles are read as
// they are looked at, the first is tried.
func (d *draft) unseen(ctx context.Context, f *dicomfile.File) (reason string, err error) {
	in := f.Instance()
	if known, ok := d.seen[in.SOPInstanceUID]; ok {
		return known, nil
	}
	frames := max(1, in.Pixels.Frames)
	if in.Slide != nil {
		frames = 1
	}
	for n := 1; n <= frames && reason == ""; n++ {
		frame, err := f.Frame(ctx, d.c.needs.Decoder, n)
		if err == nil {
			_, err = render.New(frame, in, n, render.Presentation{})
		}
		switch {
		case errors.Is(err, context.Canceled), ctx.Err() != nil:
			return "", errors.Join(ctx.Err(), err)
		case err != nil:
			reason = err.Error()
		}
	}
	d.seen[in.SOPInstanceUID] = reason
	return reason, nil
}
