package render

import "longying/imaging"

// RGB converts a colour frame's stored values (RGB, YBR_FULL, YBR_FULL_422,
// PALETTE COLOR) to 8-bit RGB, pixel-interleaved. A grey frame is an error: it
// has no colour without a window.
func RGB(f *imaging.Frame, inst *imaging.Instance) (*imaging.Frame, error) {
	rgba, err := toRGBA(f, inst.Palette)
	if err != nil {
		return nil, err
	}
	out := &imaging.Frame{Rows: f.Rows, Columns: f.Columns, Samples: 3, BitsStored: 8, Photometric: "RGB",
		Uint8: make([]uint8, f.Rows*f.Columns*3), Missing: f.Missing, Damaged: f.Damaged, Note: f.Note}
	for i := range f.Rows * f.Columns {
		copy(out.Uint8[3*i:3*i+3], rgba[4*i:4*i+3])
	}
	return out, nil
}
