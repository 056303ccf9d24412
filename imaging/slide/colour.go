package slide

import (
	"context"
	"fmt"
	"math"
	"slices"

	"longying/imaging"
)

// rgb are the pixels of a colour frame, 3 bytes each.
func rgb(f *imaging.Frame) ([]byte, error) {
	if f.Samples != 3 || f.Uint8 == nil {
		return nil, fmt.Errorf("pixels are %s with %d samples of %d bits; a slide's are colour with 8 bits", f.Photometric, f.Samples, f.BitsAllocated())
	}
	if f.Missing > 0 {
		return nil, fmt.Errorf("%d pixels are missing at the end of the file", f.Missing)
	}
	switch f.Photometric {
	case "RGB":
		return f.Uint8, nil
	case "YBR_FULL", "YBR_FULL_422":
		out := make([]byte, len(f.Uint8))
		fromYBR(out, f.Uint8)
		return out, nil
	}
	return nil, fmt.Errorf("colour pixels are %s; wanted RGB, YBR_FULL or YBR_FULL_422", f.Photometric)
}

func fill(out []byte, c [3]uint8) {
	if c[0] == c[1] && c[1] == c[2] {
		for i := range out {
			out[i] = c[0]
		}
		return
	}
	for i := 0; i+2 < len(out); i += 3 {
		out[i], out[i+1], out[i+2] = c[0], c[1], c[2]
	}
}

// Name is what people call the optical path.
func (p OpticalPath) Name() string {
	name := p.Description
	if name == "" {
		name = p.Illumination
	}
	switch {
	case name == "":
		return p.Identifier
	case p.Identifier == "":
		return name
	}
	return p.Identifier + " (" + name + ")"
}

// greyRange maps the stored values of a monochrome optical path to 0..255,
// linearly (PS3.3 C.11.2.1.2), for the screen alone.
type greyRange struct {
	low, high float64
	inverse   bool // MONOCHROME1
}

func (g greyRange) rgb(f *imaging.Frame) ([]byte, error) {
	if f.Samples != 1 {
		return nil, fmt.Errorf("pixels are %s with %d samples; the optical path is monochrome", f.Photometric, f.Samples)
	}
	if f.Missing > 0 {
		return nil, fmt.Errorf("%d pixels are missing at the end of the file", f.Missing)
	}
	n := f.Rows * f.Columns
	out := make([]byte, 3*n)
	scale := 255 / max(g.high-g.low, 1e-12)
	for i := range n {
		v := min(max(math.Round((f.At(i)-g.low)*scale), 0), 255)
		if g.inverse {
			v = 255 - v
		}
		out[3*i], out[3*i+1], out[3*i+2] = uint8(v), uint8(v), uint8(v)
	}
	return out, nil
}

// greys is the window of the monochrome optical path: the header's, else from
// the values of the coarsest level, without the brightest and darkest thousandth.
func (s *dicomSource) greys(ctx context.Context) (*greyRange, error) {
	s.window.Lock()
	defer s.window.Unlock()
	if s.grey != nil {
		return s.grey, nil
	}
	coarsest := &s.levels[len(s.levels)-1]
	in := coarsest.parts[0].Instance()
	g := &greyRange{inverse: in.Pixels.Photometric == "MONOCHROME1"}
	if in.Windows > 0 && in.VOI[0].Table == nil && in.VOI[0].Width > 0 {
		g.low, g.high = in.VOI[0].Center-in.VOI[0].Width/2, in.VOI[0].Center+in.VOI[0].Width/2
		s.grey = g
		return g, nil
	}
	var values []float64
	tiles := coarsest.tiles()
	step := max(1, tiles/mostSampled)
	for i := 0; i < tiles; i += step {
		refs, err := coarsest.at(i%coarsest.across(), i/coarsest.across())
		if err != nil {
			continue // it is said where it is looked at
		}
		for _, ref := range refs {
			f, err := ref.file.Frame(ctx, s.decoder, ref.number)
			if err != nil {
				return nil, err
			}
			for j := 0; j < f.Rows*f.Columns*f.Samples; j += max(1, f.Rows*f.Columns*f.Samples>>12) {
				values = append(values, f.At(j))
			}
		}
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%s: no tile could be read", coarsest.parts[0].Name())
	}
	slices.Sort(values)
	g.low, g.high = values[len(values)/1000], values[len(values)-1-len(values)/1000]
	s.grey = g
	return g, nil
}

// mostSampled bounds the tiles that a grey window is made from.
const mostSampled = 64
