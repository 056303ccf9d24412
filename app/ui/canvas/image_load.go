package canvas

import (
	"context"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/imaging/render"
	"longying/imaging/volume"
)

// want shows the wanted slice, decoding it first where it is not at hand.
func (i *Image) want() {
	if len(i.slices) == 0 {
		i.Refresh()
		return
	}
	at := i.state.Slice
	if at == i.shown {
		i.fetch.Stop()
		i.loader.Show(at)
		i.loading = false
		i.rewindow()
		i.Refresh()
		return
	}
	if f := i.loader.Show(at); f != nil {
		i.fetch.Stop()
		i.take(at, f)
		return
	}
	i.loading = true
	loader := i.loader
	i.fetch.Start(func(ctx context.Context) func() {
		f, err := loader.Load(ctx, at)
		return func() {
			if err != nil {
				i.fail(at, err)
				return
			}
			i.take(at, f)
		}
	})
	i.Refresh()
}

// Reading is how to wait, on any goroutine, for the picture that is wanted in
// front, nil where it is another one than s.
func (i *Image) Reading(s volume.Slice) volume.Read {
	at, loader := i.state.Slice, i.loader
	if loader == nil || at >= len(i.slices) || i.slices[at] != s {
		return nil
	}
	return func(ctx context.Context, _ volume.Slice) (*imaging.Frame, error) { return loader.Load(ctx, at) }
}

func (i *Image) fail(at int, err error) {
	i.loading = false
	i.shown, i.renderer, i.frame = at, nil, nil
	i.problem = i.ws.Explain(err)
	i.Refresh()
}

// take shows a decoded frame.
func (i *Image) take(at int, f *imaging.Frame) {
	i.loading = false
	s := i.slices[at]
	if at != i.shown {
		i.measure.Abandon() // what is being drawn lies on the picture that was there
	}
	i.state = i.state.WithPicture(f.Columns, f.Rows, view.AspectOf(s.Instance, s.Frame))
	i.present(s, f)
	if i.auto == nil && len(s.Instance.Frame(s.Frame).VOI) == 0 && f.Samples == 1 {
		w := render.AutoWindow(f, s.Instance, s.Frame)
		i.auto = &w
	}
	r, err := render.New(f, s.Instance, s.Frame, i.presentation(s))
	if err != nil {
		i.fail(at, err)
		return
	}
	i.shown, i.renderer, i.frame, i.problem = at, r, f, ""
	if i.target != nil && i.buffer != nil {
		w, h := i.buffer.Rect.Dx(), i.buffer.Rect.Dy()
		if i.state.Free {
			i.state = i.state.CenterOn(*i.target, w, h)
		}
		i.target = nil
	}
	i.Refresh()
	if i.OnChange != nil {
		i.OnChange(i.state)
	}
}

// present puts the chosen state into force, or out of it, as the picture asks
// for. One that cannot be applied is said and leaves the picture plain.
func (i *Image) present(s volume.Slice, f *imaging.Frame) {
	want := i.chosen
	i.refused = ""
	if want != nil && !want.Has(s.Instance.SOPInstanceUID, s.Frame) {
		want = nil
	}
	if want != nil {
		if err := render.Applicable(want, f, s.Instance, s.Frame); err != nil {
			want, i.refused = nil, i.ws.Explain(err)
		}
	}
	if want == i.inForce {
		if want != nil {
			i.state.Aspect = want.Area(s.Instance.SOPInstanceUID, s.Frame).Aspect
		}
		return
	}
	i.inForce = want
	i.state = i.state.Presented(want, s.Instance, s.Frame)
}

func (i *Image) presentation(s volume.Slice) render.Presentation {
	p := render.Presentation{Window: i.state.Window, Invert: i.state.Invert, State: i.inForce, Overlays: !i.uncovered}
	if p.State == nil && p.Window == nil && len(s.Instance.Frame(s.Frame).VOI) == 0 {
		p.Window = i.auto
	}
	return p
}

func (i *Image) rewindow() {
	if s, ok := i.Shown(); ok && i.renderer != nil {
		i.renderer = i.renderer.With(i.presentation(s))
	}
}
