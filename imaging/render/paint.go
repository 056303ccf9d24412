package render

import (
	"slices"

	"longying/imaging"
)

// paint is what lies over the pixels of a frame, on the same grid: the display
// shutter and the overlays. It is worked out once for a frame.
type paint struct {
	runs []run
}

// run is a stretch of pixels, counted along the rows of the frame, in one
// colour.
type run struct {
	from, to int
	colour   [3]uint8
}

func (p *paint) empty() bool { return p == nil || len(p.runs) == 0 }

// coloured reports paint that is not grey.
func (p *paint) coloured() bool {
	return !p.empty() && slices.ContainsFunc(p.runs, func(r run) bool { return r.colour[0] != r.colour[1] || r.colour[1] != r.colour[2] })
}

// apply paints RGBA pixels.
func (p *paint) apply(rgba []uint8) {
	if p == nil {
		return
	}
	for _, r := range p.runs {
		for i := 4 * r.from; i < 4*r.to; i += 4 {
			rgba[i], rgba[i+1], rgba[i+2] = r.colour[0], r.colour[1], r.colour[2]
		}
	}
}

// newPaint is the paint of a presentation: that of the state, or of the header.
func newPaint(f *imaging.Frame, inst *imaging.Instance, p Presentation) *paint {
	out := &paint{}
	s := p.State
	if s == nil {
		if p.Overlays {
			out.shutter(f, inst.Shutter, overlayOf(inst.Shutter, f.Overlays))
			for i := range f.Overlays {
				out.overlay(f, &f.Overlays[i], white)
			}
		}
		return out
	}
	out.shutter(f, s.Shutter, overlayOf(s.Shutter, s.Overlays))
	for _, l := range s.Layers { // the lowest first
		for _, a := range s.Activations {
			if a.Layer == l.Name {
				out.overlay(f, activated(s, f, a.Group), layerColour(&l))
			}
		}
	}
	return out
}

var white = [3]uint8{255, 255, 255}

// layerColour is the recommended colour of a layer, else its grey, else white.
func layerColour(l *imaging.GraphicLayer) [3]uint8 {
	switch {
	case l == nil:
	case l.Colour != nil:
		return *l.Colour
	case l.Grey != nil:
		return grey8(*l.Grey)
	}
	return white
}

// grey8 is a P-value of 16 bits.
func grey8(p int) [3]uint8 {
	g := uint8(min(max(p, 0), 65535) / 257)
	return [3]uint8{g, g, g}
}

// activated is the overlay that a state shows: its own of that group, else the
// image's; nil when neither has it.
func activated(s *imaging.PresentationState, f *imaging.Frame, group uint16) *imaging.Overlay {
	for _, list := range [][]imaging.Overlay{s.Overlays, f.Overlays} {
		for i := range list {
			if list[i].Group == group {
				return &list[i]
			}
		}
	}
	return nil
}

func overlayOf(s *imaging.Shutter, list []imaging.Overlay) *imaging.Overlay {
	if s == nil || s.Overlay == 0 {
		return nil
	}
	for i := range list {
		if list[i].Group == s.Overlay {
			return &list[i]
		}
	}
	return nil
}

// shutter hides the pixels that are not seen, and those under the bits of a
// bitmap shutter (PS3.3 C.7.6.15).
func (p *paint) shutter(f *imaging.Frame, s *imaging.Shutter, bitmap *imaging.Overlay) {
	if s == nil {
		return
	}
	colour := grey8(s.Presentation)
	if s.Colour != nil {
		colour = *s.Colour
	}
	p.where(f, 0, 0, f.Columns, f.Rows, colour, func(x, y int) bool {
		return !s.Seen(x, y) || bitmap != nil && bitmap.At(x, y)
	})
}

// overlay draws graphics as they are, and of a region of interest its edge, so
// that what it is about stays in sight.
func (p *paint) overlay(f *imaging.Frame, o *imaging.Overlay, colour [3]uint8) {
	if o == nil || o.Bits == nil {
		return
	}
	x0, y0 := max(o.Column-1, 0), max(o.Row-1, 0)
	x1, y1 := min(o.Column-1+o.Columns, f.Columns), min(o.Row-1+o.Rows, f.Rows)
	p.where(f, x0, y0, x1, y1, colour, func(x, y int) bool {
		return o.At(x, y) && (!o.ROI || !o.At(x-1, y) || !o.At(x+1, y) || !o.At(x, y-1) || !o.At(x, y+1))
	})
}

// where adds runs for the pixels of a rectangle for which is holds.
func (p *paint) where(f *imaging.Frame, x0, y0, x1, y1 int, colour [3]uint8, is func(x, y int) bool) {
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			if !is(x, y) {
				continue
			}
			from := x
			for x++; x < x1 && is(x, y); x++ {
			}
			p.runs = append(p.runs, run{y*f.Columns + from, y*f.Columns + x, colour})
		}
	}
}
