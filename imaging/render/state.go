package render

import (
	"fmt"
	"image"
	"math"

	"longying/imaging"
)

// StateError is a presentation state that cannot be applied to a frame, of
// which nothing is applied.
type StateError struct {
	State  *imaging.PresentationState
	Detail string // for people
}

// Error names the state and the reason.
func (e *StateError) Error() string {
	return fmt.Sprintf("the presentation state %q (%s) is not applied: %s", e.State.Label, e.State.Source, e.Detail)
}

// Applicable reports, as a *StateError, why a state cannot be applied to frame n
// of inst: it is not about that frame, the frame is in colour, or it asks for
// something that neither it nor the image has.
func Applicable(s *imaging.PresentationState, f *imaging.Frame, inst *imaging.Instance, n int) error {
	refuse := func(format string, args ...any) error { return &StateError{s, fmt.Sprintf(format, args...)} }
	switch {
	case !s.Has(inst.SOPInstanceUID, n):
		return refuse("it is not about frame %d of the image %s", n, inst.SOPInstanceUID)
	case inColour(f):
		return refuse("it is a greyscale state and the image is in colour")
	case s.Area(inst.SOPInstanceUID, n) == nil:
		return refuse("it has no displayed area for this image")
	}
	for _, a := range s.Activations {
		if s.Shutter != nil && a.Group == s.Shutter.Overlay {
			continue
		}
		switch o := activated(s, f, a.Group); {
		case o == nil:
			return refuse("it shows overlay %04X, which neither it nor this image has", a.Group)
		case o.Note != "":
			return refuse("it shows an overlay of the image that is damaged: %s", o.Note)
		}
	}
	for _, a := range s.Annotations {
		if annotates(a, inst, n) && inMatrix(a) {
			if _, _, ok := matrixOrigin(inst, n); !ok {
				return refuse("an annotation counts in the total pixel matrix of a slide, and where this frame lies in one is not known")
			}
		}
	}
	return nil
}

// annotates reports an annotation that is for a frame.
func annotates(a imaging.Annotation, inst *imaging.Instance, n int) bool {
	if len(a.Images) == 0 {
		return true
	}
	for _, r := range a.Images {
		if r.Has(inst.SOPInstanceUID, n) {
			return true
		}
	}
	return false
}

func inMatrix(a imaging.Annotation) bool {
	for _, t := range a.Texts {
		if t.AnchorUnits == imaging.UnitsMatrix || t.Box != nil && t.Box.Units == imaging.UnitsMatrix {
			return true
		}
	}
	for _, g := range a.Graphics {
		if g.Units == imaging.UnitsMatrix {
			return true
		}
	}
	return false
}

// matrixOrigin is where frame n, a tile, lies in the total pixel matrix: PS3.3
// C.7.6.17.3, of a slide tiled in full with one plane and one optical path.
func matrixOrigin(inst *imaging.Instance, n int) (x, y float64, ok bool) {
	s := inst.Slide
	if s == nil || !s.TiledFull || s.TileColumns < 1 || s.TileRows < 1 {
		return 0, 0, false
	}
	tile, across := s.FirstFrame+n-1, s.TilesAcross()
	if tile >= across*s.TilesDown() {
		return 0, 0, false
	}
	return float64(tile % across * s.TileColumns), float64(tile / across * s.TileRows), true
}

// StateView is the view that shows the displayed area of a state on a screen of
// width x height: fitted, or as large as MAGNIFY says. TRUE SIZE needs a screen
// whose pixels are measured, and is fitted.
func StateView(s *imaging.PresentationState, inst *imaging.Instance, n, width, height int) View {
	v := View{Scale: 1}
	v.Rotate, v.Flip = Turn(s)
	a := s.Area(inst.SOPInstanceUID, n)
	if a == nil {
		return v
	}
	v.Aspect = a.Aspect
	v.CenterX, v.CenterY = (a.Area.X0+a.Area.X1)/2, (a.Area.Y0+a.Area.Y1)/2
	if a.Mode == imaging.Magnify {
		v.Scale = a.Ratio
	} else {
		w, h := areaSize(a, v)
		v.Scale = min(float64(width)/w, float64(height)/h)
	}
	v.Smooth = v.Scale != 1 || a.Aspect != 1
	return v
}

// Turn is a state's rotation and flip in the order of a View: PS3.3 C.10.6
// rotates first and flips then, which is a flip and the rotation the other way.
func Turn(s *imaging.PresentationState) (rotate int, flip bool) {
	if s.Flip {
		return (360 - s.Rotation) % 360, true
	}
	return s.Rotation, false
}

// areaSize is the size of a displayed area on the screen at scale 1.
func areaSize(a *imaging.DisplayedArea, v View) (w, h float64) {
	w, h = a.Area.X1-a.Area.X0, (a.Area.Y1-a.Area.Y0)*v.aspect()
	if v.turns()%2 == 1 {
		return h, w
	}
	return w, h
}

// areaOnScreen is the displayed area of a state in pixels of the screen: the
// square of the DISPLAY units of annotations.
func areaOnScreen(a *imaging.DisplayedArea, v View, width, height int) (x0, y0, x1, y1 float64) {
	ax, ay := v.ToScreen(width, height, a.Area.X0, a.Area.Y0)
	bx, by := v.ToScreen(width, height, a.Area.X1, a.Area.Y1)
	return math.Min(ax, bx), math.Min(ay, by), math.Max(ax, bx), math.Max(ay, by)
}

// mostPresented bounds a picture that Present makes, in pixels.
const mostPresented = 1 << 27

// Present renders frame n of inst as a state says, without a screen: the
// displayed area, turned and flipped, with overlays, shutter and annotations.
// One pixel of the image is one of the picture (its longer side, where pixels
// are not square), or as many as MAGNIFY says; TRUE SIZE, which is about a
// screen, is not taken into account. A nil typeface is an error where the state
// has text. p.State says which state.
func Present(f *imaging.Frame, inst *imaging.Instance, n int, p Presentation, t *Typeface) (*image.RGBA, error) {
	r, err := New(f, inst, n, p)
	if err != nil {
		return nil, err
	}
	return r.PresentAs(p.State, t)
}

// PresentAs draws the displayed area of a state, turned and flipped, with the
// state's annotations, and the values as the renderer shows them: of a picture in
// colour a greyscale state says no more than that. One pixel of the image is one
// of the picture, as Present has it.
func (r *Renderer) PresentAs(s *imaging.PresentationState, t *Typeface) (*image.RGBA, error) {
	inst, n := r.inst, r.number
	if t == nil && hasText(s, inst, n) {
		return nil, &StateError{s, "it has text and there is no font to write it"}
	}
	area := s.Area(inst.SOPInstanceUID, n)
	if area == nil {
		return nil, &StateError{s, "it has no displayed area for this image"}
	}
	v := StateView(s, inst, n, 1, 1)
	v.Scale = max(1, 1/v.aspect())
	if area.Mode == imaging.Magnify {
		v.Scale = area.Ratio
	}
	w, h := areaSize(area, v)
	w, h = math.Round(w*v.Scale), math.Round(h*v.Scale)
	if !(w >= 1 && h >= 1 && w*h <= mostPresented) {
		return nil, &StateError{s, fmt.Sprintf("its displayed area would be a picture of %.0f x %.0f pixels", w, h)}
	}
	v.Smooth = v.Scale != 1 || v.aspect() != 1
	dst := image.NewRGBA(image.Rect(0, 0, int(w), int(h)))
	r.Viewport(dst, v)
	Annotate(dst, v, s, inst, n, t)
	return dst, nil
}

func hasText(s *imaging.PresentationState, inst *imaging.Instance, n int) bool {
	for _, a := range s.Annotations {
		if len(a.Texts) > 0 && annotates(a, inst, n) {
			return true
		}
	}
	return false
}
