// Package render turns stored values into a picture: modality LUT, VOI LUT,
// presentation, eight bits (PS3.4 N.2). It decides nothing that feeds a model:
// screen pixels never do.
package render

import (
	"fmt"
	"image"
	"math"

	"longying/imaging"
)

// Presentation is how a frame is to be shown.
type Presentation struct {
	Window   *imaging.VOILUT            // nil: the state's, else the first of the header, else AutoWindow
	Invert   bool                       // black and white exchanged, on top of what the header or the state says
	State    *imaging.PresentationState // nil: the frame as its header says
	Overlays bool                       // with the header's overlays and its display shutter; a state has its own
}

// Renderer shows one frame. It is made once for a frame and a presentation;
// With makes another for the same frame with a new window, which is cheap.
// Methods do not change it and may be called at the same time.
type Renderer struct {
	frame  *imaging.Frame
	inst   *imaging.Instance
	number int
	window imaging.VOILUT

	lut    []uint8 // greyscale of at most 16 bits without paint: by the stored value's bits
	colour []uint8 // RGBA, rendered ahead: colour, 32-bit and floating values, paint
	base   []uint8 // RGBA of a colour frame before inversion and paint
	paint  *paint
}

// New prepares frame number n (from 1) of inst for showing. An error means
// that the values and the photometric interpretation do not go together, and
// names both, or is a *StateError: then nothing of the state is applied.
func New(f *imaging.Frame, inst *imaging.Instance, n int, p Presentation) (*Renderer, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	if p.State != nil {
		if err := Applicable(p.State, f, inst, n); err != nil {
			return nil, err
		}
	}
	r := &Renderer{frame: f, inst: inst, number: n}
	if inColour(f) {
		var err error
		if r.base, err = toRGBA(f, inst.Palette); err != nil {
			return nil, err
		}
	}
	r.paint = newPaint(f, inst, p)
	return r.With(p), nil
}

func inColour(f *imaging.Frame) bool { return f.Samples > 1 || f.Photometric == "PALETTE COLOR" }

// With is the same frame in another window, inverted or not. The state and the
// overlays stay those that it was made with.
func (r *Renderer) With(p Presentation) *Renderer {
	out := *r
	out.lut, out.colour = nil, nil
	if r.base != nil {
		out.colour = r.base
		if p.Invert || !r.paint.empty() {
			out.colour = append([]uint8(nil), r.base...)
		}
		if p.Invert {
			invertRGBA(out.colour)
		}
		r.paint.apply(out.colour)
		return &out
	}
	way := r.greyscale(p)
	out.window = way.voi
	n := r.frame.Len()
	switch {
	case r.frame.IsFloat() || r.frame.BitsAllocated() > 16:
		out.colour = make([]uint8, 4*n)
		for i := range n {
			g := way.shade(r.frame.At(i))
			out.colour[4*i], out.colour[4*i+1], out.colour[4*i+2], out.colour[4*i+3] = g, g, g, 255
		}
	default:
		out.lut = way.table(r.frame)
		if r.paint.empty() {
			return &out
		}
		out.colour = make([]uint8, 4*n)
		out.band(&image.RGBA{Pix: out.colour, Stride: 4 * r.frame.Columns, Rect: image.Rect(0, 0, r.frame.Columns, r.frame.Rows)}, r.whole(), 0, r.frame.Rows)
		out.lut = nil
	}
	r.paint.apply(out.colour)
	return &out
}

// whole is the view of a screen of the frame's own size.
func (r *Renderer) whole() View {
	return View{CenterX: float64(r.frame.Columns) / 2, CenterY: float64(r.frame.Rows) / 2, Scale: 1}
}

// greyscale is the way of stored values to the screen: that of the state where
// there is one (PS3.4 N.2: what it does not say is the identity), else that of
// the header.
func (r *Renderer) greyscale(p Presentation) greyscale {
	way := greyscale{modality: r.inst.ModalityLUT, frame: r.number, invert: p.Invert}
	own := r.inst.Frame(r.number).VOI
	switch {
	case p.State != nil:
		way.modality, way.lut = stateModality(p.State.Modality, r.frame), p.State.LUT
		if v := p.State.VOI(r.inst.SOPInstanceUID, r.number); v != nil {
			way.voi = *v
		} else {
			way.voi = fullRange(r.frame, way.modality, r.number)
		}
	case len(own) > 0:
		way.voi = own[0]
	case p.Window == nil:
		way.voi = AutoWindow(r.frame, r.inst, r.number)
	}
	if p.State == nil {
		way.lut.Inverse = Inverted(r.inst, r.frame.Photometric)
		if t := r.inst.PresentationLUT; t != nil && len(t.Entries) > 0 {
			way.lut = imaging.PresentationLUT{Table: t}
		}
	}
	if p.Window != nil {
		way.voi = *p.Window
	}
	return way
}

// Window is the VOI transformation in use; its zero value for colour.
func (r *Renderer) Window() imaging.VOILUT { return r.window }

// Inverted reports that low values are to be shown bright: MONOCHROME1 (PS3.3
// C.7.6.3.1.2) or Presentation LUT Shape INVERSE (C.11.6.1.2). Digital X-ray
// states both for one inversion. A presentation state says it for itself.
func Inverted(inst *imaging.Instance, photometric string) bool {
	return photometric == "MONOCHROME1" || inst.PresentationShape == "INVERSE"
}

// Image renders a frame at its own size: *image.Gray for greyscale,
// *image.NRGBA for colour and where the paint of a state is in colour.
func Image(f *imaging.Frame, inst *imaging.Instance, n int, p Presentation) (image.Image, error) {
	r, err := New(f, inst, n, p)
	if err != nil {
		return nil, fmt.Errorf("render frame %d of %s: %w", n, inst.Source, err)
	}
	bounds := image.Rect(0, 0, f.Columns, f.Rows)
	if r.base != nil || r.paint.coloured() {
		return &image.NRGBA{Pix: r.colour, Stride: 4 * f.Columns, Rect: bounds}, nil
	}
	out := image.NewGray(bounds)
	for i := range out.Pix {
		out.Pix[i] = r.grey(i)
	}
	return out, nil
}

// grey is pixel i in eight bits.
func (r *Renderer) grey(i int) uint8 {
	f := r.frame
	switch {
	case r.lut == nil:
		return r.colour[4*i]
	case f.Uint16 != nil:
		return r.lut[f.Uint16[i]]
	case f.Int16 != nil:
		return r.lut[uint16(f.Int16[i])]
	case f.Uint8 != nil:
		return r.lut[f.Uint8[i]]
	}
	return r.lut[uint8(f.Int8[i])]
}

// AutoWindow is a window from the first to the 99th percentile of the modality
// values of frame n, padding (0028,0120) left out. Eight-bit values of a
// modality that stores them ready for display (ultrasound, endoscopy, captured
// screens, slides) and one-bit values get their full range. It is LINEAR, or
// LINEAR_EXACT where the values are not whole or span less than 1.
func AutoWindow(f *imaging.Frame, inst *imaging.Instance, n int) imaging.VOILUT {
	m := inst.ModalityLUT
	if f.Samples != 1 || f.BitsStored == 1 || f.BitsStored <= 8 && !measured(inst.Modality) && !f.Signed() {
		top := float64(uint64(1)<<max(1, f.BitsStored) - 1)
		return spanWindow(m.Apply(0, n), m.Apply(top, n), false)
	}
	lo, hi := percentiles(f, inst.Pixels)
	return spanWindow(m.Apply(lo, n), m.Apply(hi, n), f.IsFloat())
}

func measured(modality string) bool {
	switch modality {
	case "CR", "DX", "MR", "CT", "MG", "RG", "PT", "NM", "XA", "RF", "IO", "PX":
		return true
	}
	return false
}

// spanWindow shows lo as black and hi as white.
func spanWindow(lo, hi float64, exact bool) imaging.VOILUT {
	if lo > hi {
		lo, hi = hi, lo
	}
	if exact || lo != math.Trunc(lo) || hi != math.Trunc(hi) {
		if hi == lo {
			hi = lo + 1
		}
		return imaging.VOILUT{Center: (lo + hi) / 2, Width: hi - lo, Function: imaging.VOILinearExact}
	}
	if hi == lo {
		hi = lo + 1
	}
	return imaging.VOILUT{Center: (lo+hi)/2 + 0.5, Width: hi - lo + 1, Function: imaging.VOILinear}
}
