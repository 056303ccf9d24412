package canvas

import (
	"context"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/imaging/render"
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
		i.loading = false
		i.rewindow()
		i.Refresh()
		return
	}
	if i.shown >= 0 {
		i.direction = 1
		if at < i.shown {
			i.direction = -1
		}
	}
	s := i.slices[at]
	if f := i.cache.Get(s); f != nil {
		i.fetch.Stop()
		i.take(at, f)
		return
	}
	i.loading = true
	load, cache := i.load, i.cache
	i.fetch.Start(func(ctx context.Context) func() {
		f, err := load(ctx, s)
		if err == nil {
			cache.Put(s, f)
		}
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
	i.state = i.state.WithPicture(f.Columns, f.Rows, view.AspectOf(s.Instance, s.Frame))
	if i.target != nil && i.buffer != nil {
		w, h := i.buffer.Rect.Dx(), i.buffer.Rect.Dy()
		if i.state.Free {
			i.state = i.state.CenterOn(*i.target, w, h)
		}
		i.target = nil
	}
	i.Refresh()
	i.fetchAhead()
	if i.OnChange != nil {
		i.OnChange(i.state)
	}
}

func (i *Image) presentation(s view.Slice) render.Presentation {
	p := render.Presentation{Window: i.state.Window, Invert: i.state.Invert}
	if p.Window == nil && len(s.Instance.Frame(s.Frame).VOI) == 0 {
		p.Window = i.auto
	}
	return p
}

func (i *Image) rewindow() {
	if s, ok := i.Shown(); ok && i.renderer != nil {
		if r, err := render.New(i.frame, s.Instance, s.Frame, i.presentation(s)); err == nil {
			i.renderer = r
		}
	}
}

// fetchAhead decodes the neighbours, one after the other, until another slice
// is wanted.
func (i *Image) fetchAhead() {
	load, cache, slices := i.load, i.cache, i.slices
	order := view.Around(i.state.Slice, len(slices), prefetch, i.direction)
	i.ahead.Start(func(ctx context.Context) func() {
		for _, at := range order {
			if ctx.Err() != nil {
				return nil
			}
			if cache.Get(slices[at]) != nil {
				continue
			}
			f, err := load(ctx, slices[at])
			if err != nil {
				continue // said when that slice is wanted
			}
			cache.Put(slices[at], f)
		}
		return nil
	})
}
