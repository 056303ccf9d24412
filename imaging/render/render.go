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
	Window *imaging.VOILUT // nil: the first of the header, else AutoWindow
	Invert bool            // black and white exchanged, on top of what the header says
}

// Renderer shows one frame. It is made once for a frame and a presentation;
// With makes another for the same frame with a new window, which is cheap.
// Methods do not change it and may be called at the same time.
type Renderer struct {
	frame  *imaging.Frame
	inst   *imaging.Instance
	number int
	window imaging.VOILUT

	lut    []uint8 // greyscale of at most 16 bits: by the stored value's bits
	colour []uint8 // RGBA, rendered ahead: colour, 32-bit and floating values
}

// New prepares frame number n (from 1) of inst for showing. An error means
// that the values and the photometric interpretation do not go together; it
// names both.
func New(f *imaging.Frame, inst *imaging.Instance, n int, p Presentation) (*Renderer, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	r := &Renderer{frame: f, inst: inst, number: n}
	if f.Samples > 1 || f.Photometric == "PALETTE COLOR" {
		var err error
		r.colour, err = toRGBA(f, inst.Palette)
		if err == nil && p.Invert {
			invertRGBA(r.colour)
		}
		return r, err
	}
	return r.With(p), nil
}

// With is the same frame in another presentation.
func (r *Renderer) With(p Presentation) *Renderer {
	out := *r
	if r.colour != nil && r.lut == nil && (r.frame.Samples > 1 || r.frame.Photometric == "PALETTE COLOR") {
		return &out
	}
	switch {
	case p.Window != nil:
		out.window = *p.Window
	case len(r.inst.Frame(r.number).VOI) > 0:
		out.window = r.inst.Frame(r.number).VOI[0]
	default:
		out.window = AutoWindow(r.frame, r.inst, r.number)
	}
	invert := Inverted(r.inst, r.frame.Photometric) != p.Invert
	out.lut, out.colour = nil, nil
	if r.frame.IsFloat() || r.frame.BitsAllocated() > 16 {
		out.colour = make([]uint8, 4*r.frame.Len())
		for i := range r.frame.Len() {
			g := shade(out.window, r.inst.ModalityLUT.Apply(r.frame.At(i), r.number), invert)
			out.colour[4*i], out.colour[4*i+1], out.colour[4*i+2], out.colour[4*i+3] = g, g, g, 255
		}
		return &out
	}
	out.lut = BuildLUT(r.frame, r.inst.ModalityLUT, r.number, out.window, invert)
	return &out
}

// Window is the VOI transformation in use; its zero value for colour.
func (r *Renderer) Window() imaging.VOILUT { return r.window }

// Inverted reports that low values are to be shown bright: MONOCHROME1 (PS3.3
// C.7.6.3.1.2) or Presentation LUT Shape INVERSE (C.11.6.1.2). Digital X-ray
// states both for one inversion.
func Inverted(inst *imaging.Instance, photometric string) bool {
	return photometric == "MONOCHROME1" || inst.PresentationShape == "INVERSE"
}

// shade maps a modality value to eight bits; inverted it is the complement. A
// value that is not a number is black.
func shade(w imaging.VOILUT, v float64, invert bool) uint8 {
	y := w.Apply(v)
	if math.IsNaN(y) {
		return 0
	}
	g := uint8(min(max(y, 0), 1)*255 + 0.5)
	if invert {
		return 255 - g
	}
	return g
}

// BuildLUT is the whole greyscale path as one table: 256 entries for 8-bit and
// 65,536 for 16-bit frames, indexed by the bits of the stored value (a signed
// value as its two's complement). Entries that the frame's bits stored cannot
// reach are 0.
func BuildLUT(f *imaging.Frame, m imaging.ModalityLUT, n int, w imaging.VOILUT, invert bool) []uint8 {
	size := 1 << f.BitsAllocated()
	lut := make([]uint8, size)
	bits := f.BitsStored
	if bits < 1 || bits > f.BitsAllocated() {
		bits = f.BitsAllocated()
	}
	lo, hi := 0, 1<<bits-1
	if f.Signed() {
		lo, hi = -(1 << (bits - 1)), 1<<(bits-1)-1
	}
	for v := lo; v <= hi; v++ {
		lut[v&(size-1)] = shade(w, m.Apply(float64(v), n), invert)
	}
	return lut
}

// Image renders a frame at its own size: *image.Gray for greyscale,
// *image.NRGBA for colour.
func Image(f *imaging.Frame, inst *imaging.Instance, n int, p Presentation) (image.Image, error) {
	r, err := New(f, inst, n, p)
	if err != nil {
		return nil, fmt.Errorf("render frame %d of %s: %w", n, inst.Source, err)
	}
	bounds := image.Rect(0, 0, f.Columns, f.Rows)
	if f.Samples > 1 || f.Photometric == "PALETTE COLOR" {
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
