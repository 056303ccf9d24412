// Package view is the model behind an image on the screen: which slice, which
// window, zoom, pan, turn; and the words over the image. Plain Go, no Fyne.
package view

import (
	"math"
	"strings"

	"longying/imaging"
	"longying/imaging/render"
)

// State is how one stack of pictures is shown. It is a value: every step
// returns the next one.
type State struct {
	Columns, Rows int     // of the picture in front
	Aspect        float64 // height of a pixel over its width, 0: square
	Slice, Slices int     // Slice counts from 0

	Window *imaging.VOILUT // nil: the file's own
	Invert bool
	Flip   bool // left and right exchanged, before the rotation
	Rotate int  // clockwise: 0, 90, 180, 270
	Lean   int  // of a fitted picture: -1 against the left edge of the viewport, 1 against the right, 0 in the middle

	Area             *imaging.Region // what "fit" fits, from a presentation state; nil: the whole picture
	Free             bool            // false: fit to the viewport
	Scale            float64
	CenterX, CenterY float64
}

// Scale limits: a picture is never smaller than this share of its size, nor a
// pixel larger than that many of the screen.
const (
	leastScale = 1.0 / 256
	mostScale  = 64
)

// WithPicture takes the size of the picture in front. Where it changes, a free
// zoom is given up, because it would show another place.
func (s State) WithPicture(columns, rows int, aspect float64) State {
	if s.Columns != columns || s.Rows != rows {
		s.Free = false
	}
	s.Columns, s.Rows, s.Aspect = columns, rows, aspect
	return s
}

// Scroll moves by a number of slices and stops at the ends.
func (s State) Scroll(n int) State { return s.ScrollTo(s.Slice + n) }

// ScrollTo goes to a slice and stops at the ends.
func (s State) ScrollTo(slice int) State {
	s.Slice = min(max(slice, 0), max(0, s.Slices-1))
	return s
}

// Fit shows the whole picture.
func (s State) Fit() State {
	s.Free = false
	return s
}

// Render is the mapping between a screen of w x h pixels and the picture.
func (s State) Render(w, h int) render.View {
	v := render.View{CenterX: s.CenterX, CenterY: s.CenterY, Scale: s.Scale, Aspect: s.Aspect, Rotate: s.Rotate, Flip: s.Flip, Smooth: true}
	if !s.Free {
		aspect := s.Aspect
		if aspect <= 0 {
			aspect = 1
		}
		area := imaging.Region{X1: float64(max(1, s.Columns)), Y1: float64(max(1, s.Rows))}
		if s.Area != nil {
			area = *s.Area
		}
		cw, ch := area.X1-area.X0, (area.Y1-area.Y0)*aspect
		if s.Rotate%180 != 0 {
			cw, ch = ch, cw
		}
		v.CenterX, v.CenterY = (area.X0+area.X1)/2, (area.Y0+area.Y1)/2
		v.Scale = min(float64(w)/cw, float64(h)/ch)
		if s.Lean != 0 {
			free := (float64(w) - cw*v.Scale) / 2 * float64(s.Lean)
			v.CenterX, v.CenterY = v.ToImage(w, h, float64(w)/2-free, float64(h)/2)
		}
	}
	v.Smooth = v.Scale < 4 // a pixel of 4 and more is shown as it is
	return v
}

// Zoom is the scale shown in a viewport of w x h pixels.
func (s State) Zoom(w, h int) float64 { return s.Render(w, h).Scale }

// ZoomAt multiplies the scale by factor and keeps the picture's point under
// the screen's point (x, y) where it is.
func (s State) ZoomAt(factor, x, y float64, w, h int) State {
	v := s.Render(w, h)
	ix, iy := v.ToImage(w, h, x, y)
	v.Scale = min(max(v.Scale*factor, leastScale), mostScale)
	jx, jy := v.ToImage(w, h, x, y)
	s.Free, s.Scale = true, v.Scale
	s.CenterX, s.CenterY = v.CenterX+ix-jx, v.CenterY+iy-jy
	return s.inside()
}

// OneToOne shows one pixel of the picture on one of the screen, around the
// middle of what is shown.
func (s State) OneToOne(w, h int) State {
	v := s.Render(w, h)
	return s.ZoomAt(1/v.Scale, float64(w)/2, float64(h)/2, w, h)
}

// Pan moves the picture by (dx, dy) screen pixels.
func (s State) Pan(dx, dy float64, w, h int) State {
	v := s.Render(w, h)
	ax, ay := v.ToImage(w, h, 0, 0)
	bx, by := v.ToImage(w, h, dx, dy)
	s.Free, s.Scale = true, v.Scale
	s.CenterX, s.CenterY = v.CenterX+ax-bx, v.CenterY+ay-by
	return s.inside()
}

// CenterOn shows a region in the middle, zoomed out where it would not fit.
func (s State) CenterOn(r imaging.Region, w, h int) State {
	v := s.Render(w, h)
	s.Free, s.CenterX, s.CenterY = true, (r.X0+r.X1)/2, (r.Y0+r.Y1)/2
	s.Scale = v.Scale
	if fw, fh := (r.X1-r.X0)*v.Scale, (r.Y1-r.Y0)*v.Scale; fw > 0.9*float64(w) || fh > 0.9*float64(h) {
		s.Scale = v.Scale * 0.9 * min(float64(w)/fw, float64(h)/fh)
	}
	return s.inside()
}

// inside keeps the middle of the screen on the picture, so that it cannot be
// lost.
func (s State) inside() State {
	s.CenterX = min(max(s.CenterX, 0), float64(s.Columns))
	s.CenterY = min(max(s.CenterY, 0), float64(s.Rows))
	return s
}

// Turn rotates by 90 degrees clockwise.
func (s State) Turn() State {
	s.Rotate = (s.Rotate + 90) % 360
	return s
}

// Mirror exchanges left and right of what is seen.
func (s State) Mirror() State {
	s.Lean = -s.Lean
	// Seen left and right are the picture's rows once it lies on its side:
	// then a flip before the rotation is a flip of top and bottom seen.
	if s.Rotate%180 != 0 {
		s.Rotate = (s.Rotate + 180) % 360
	}
	s.Flip = !s.Flip
	return s
}

// WithChestAt is the state in which the chest wall of a breast is at the "left" or
// "right" edge, as two breasts are hung back to back: the picture is mirrored
// where its letters say that its posterior edge is the other one, and stands
// against that edge of the viewport. Where they say neither nothing is guessed.
// left to bottom are the letters of the unturned picture.
func (s State) WithChestAt(edge, left, right, top, bottom string) State {
	lean := map[string]int{"left": -1, "right": 1}[edge]
	if lean == 0 {
		return s
	}
	l, r, _, _ := s.Letters(left, right, top, bottom)
	here, there := l, r
	if lean > 0 {
		here, there = r, l
	}
	switch {
	case strings.HasPrefix(here, "P"):
	case strings.HasPrefix(there, "P"):
		s = s.Mirror()
	default:
		return s
	}
	s.Lean = lean
	return s
}

// Chest is the edge against which WithChestAt put the picture, or empty.
func (s State) Chest() string { return map[int]string{-1: "left", 1: "right"}[s.Lean] }

// DragWindow changes window width by dx and level by dy of the screen, in
// steps that suit the width. shown is the window in use.
func (s State) DragWindow(shown imaging.VOILUT, dx, dy float64) State {
	if shown.Table != nil || shown.Width <= 0 {
		return s // a table has no width to drag; colour has no window
	}
	step := max(shown.Width/400, 1.0/512)
	if shown.Function != imaging.VOILinearExact && shown.Function != imaging.VOISigmoid {
		step = max(step, 0.25)
	}
	w := imaging.VOILUT{Function: shown.Function, Width: shown.Width + dx*step, Center: shown.Center + dy*step}
	least := 1.0
	if shown.Function == imaging.VOILinearExact || shown.Function == imaging.VOISigmoid {
		least = 1e-6
	}
	w.Width = max(w.Width, least)
	s.Window = &w
	return s
}

// Preset is a window with a name.
type Preset struct {
	ID     string // "preset."+ID is its name
	Window imaging.VOILUT
}

// Presets are the windows on the keys 1, 2, ... for a modality. Only CT has
// values on one scale; other modalities have their own and the percentiles.
func Presets(modality string) []Preset {
	if modality != "CT" {
		return nil
	}
	w := func(width, level float64) imaging.VOILUT { return imaging.VOILUT{Center: level, Width: width} }
	return []Preset{
		{"lung", w(1500, -600)}, {"mediastinum", w(350, 50)}, {"bone", w(2000, 400)},
		{"brain", w(80, 40)}, {"stroke", w(40, 40)}, {"subdural", w(200, 75)},
		{"abdomen", w(400, 50)}, {"liver", w(150, 70)}, {"angiography", w(600, 300)},
	}
}

// WithWindow sets a window; nil is the file's own.
func (s State) WithWindow(w *imaging.VOILUT) State {
	s.Window = w
	return s
}

// Presented is how a presentation state wants frame n of an object to be seen;
// nil gives the plain picture back. Slice and size stay.
func (s State) Presented(p *imaging.PresentationState, in *imaging.Instance, n int) State {
	out := State{Columns: s.Columns, Rows: s.Rows, Aspect: AspectOf(in, n), Slice: s.Slice, Slices: s.Slices}
	if p == nil {
		return out
	}
	out.Rotate, out.Flip = render.Turn(p)
	if a := p.Area(in.SOPInstanceUID, n); a != nil {
		area := a.Area
		out.Area, out.Aspect = &area, a.Aspect
		if a.Mode == imaging.Magnify {
			out.Free, out.Scale = true, min(max(a.Ratio, leastScale), mostScale)
			out.CenterX, out.CenterY = (area.X0+area.X1)/2, (area.Y0+area.Y1)/2
		}
	}
	return out
}

// StateTitle is what a presentation state is called: its label, what it says of
// itself, who made it and when.
func StateTitle(p *imaging.PresentationState) string {
	parts := lines(p.Label, p.Description, p.Creator.Display())
	if !p.Created.IsZero() {
		parts = append(parts, p.Created.In(imaging.Zone()).Format("2006-01-02 15:04"))
	}
	if len(parts) == 0 {
		return p.SOPInstanceUID
	}
	return strings.Join(parts, " · ")
}

// Letters are the orientation letters at the left, right, top and bottom edge
// of the screen, for those of the unturned picture.
func (s State) Letters(left, right, top, bottom string) (l, r, t, b string) {
	if s.Flip {
		left, right = right, left
	}
	for range (s.Rotate / 90) % 4 { // clockwise: what was left is now on top
		left, top, right, bottom = bottom, left, top, right
	}
	return left, right, top, bottom
}

// Edges are the letters of a frame's edges, from its plane, else from its
// Patient Orientation (0020,0020), else empty: nothing is guessed.
func Edges(in *imaging.Instance, frame int) (left, right, top, bottom string) {
	if in == nil {
		return "", "", "", ""
	}
	return in.EdgeLetters(frame)
}

// AspectOf is the height of a pixel of a frame over its width, from what it
// measures, else from its Pixel Aspect Ratio.
func AspectOf(in *imaging.Instance, frame int) float64 {
	if in == nil {
		return 1
	}
	a := in.Pixels.AspectRatio
	if s := in.Frame(frame).Space; s.Known() {
		a = s.RowMM / s.ColumnMM
	}
	if math.IsInf(a, 0) || !(a > 0.01 && a < 100) {
		return 1
	}
	return a
}
