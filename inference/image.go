package inference

import (
	"context"
	"fmt"

	"longying/imaging"
)

// Image is one decoded frame with what is needed to turn its stored values into
// modality values. It never holds screen pixels.
type Image struct {
	Frame       *imaging.Frame // stored values; Photometric as the decoder left it
	Number      int            // of the frame, counted from 1, for per-frame rescale
	ModalityLUT imaging.ModalityLUT
	Spacing     [2]float64 // mm between columns and between rows; 0 where the header does not say
}

// modalityValues applies the ModalityLUT (PS3.3 C.11.1) in float64 and rounds
// once to float32.
func modalityValues(src Image) (*raster, error) {
	f := src.Frame
	if f.Samples != 1 || f.Photometric != "MONOCHROME1" && f.Photometric != "MONOCHROME2" {
		return nil, fmt.Errorf("pixels are %s with %d samples; wanted MONOCHROME1 or MONOCHROME2 with one", f.Photometric, f.Samples)
	}
	r := &raster{columns: f.Columns, rows: f.Rows, slices: 1, spacing: [3]float64{src.Spacing[0], src.Spacing[1]}, photometric: f.Photometric, source: identity()}
	value := func(stored float64) float32 { return float32(src.ModalityLUT.Apply(stored, src.Number)) }
	switch {
	case f.Uint8 != nil:
		r.stored = newTabled(f.Uint8, 1, 0, 1<<8, value)
	case f.Int8 != nil:
		r.stored = newTabled(f.Int8, 1, -1<<7, 1<<8, value)
	case f.Uint16 != nil:
		r.stored = newTabled(f.Uint16, 1, 0, 1<<16, value)
	case f.Int16 != nil:
		r.stored = newTabled(f.Int16, 1, -1<<15, 1<<16, value)
	default:
		out := make([]float32, f.Len())
		for i := range out {
			out[i] = value(f.At(i))
		}
		r.planes = [][]float32{out}
	}
	if r.stored != nil {
		for i, v := range r.stored.tables[0] {
			if v-v != 0 && r.stored.occurring()[0][i] {
				return nil, fmt.Errorf("the stored value %d has no finite modality value", r.stored.first+i)
			}
		}
		return r, nil
	}
	for i, v := range r.planes[0] {
		if v-v != 0 {
			return nil, fmt.Errorf("the value in column %d, row %d is not a finite number", i%f.Columns, i/f.Columns)
		}
	}
	return r, nil
}

// colourValues splits an 8-bit colour frame into planes of red, green and blue,
// 0..255. YBR_FULL and YBR_FULL_422 (already brought to full resolution by the
// decoder) are converted; a palette and every other interpretation is refused.
func colourValues(ctx context.Context, src Image) (*raster, error) {
	f := src.Frame
	if f.Samples != 3 || f.Uint8 == nil {
		return nil, fmt.Errorf("pixels are %s with %d samples of %d bits; wanted colour with 3 samples of 8 bits", f.Photometric, f.Samples, f.BitsAllocated())
	}
	if f.Photometric == "RGB" {
		return &raster{stored: newTabled(f.Uint8, 3, 0, 1<<8, func(v float64) float32 { return float32(v) }),
			columns: f.Columns, rows: f.Rows, slices: 1, spacing: [3]float64{src.Spacing[0], src.Spacing[1]}, photometric: f.Photometric, source: identity()}, nil
	}
	n := f.Rows * f.Columns
	out := &raster{planes: [][]float32{make([]float32, n), make([]float32, n), make([]float32, n)}, columns: f.Columns, rows: f.Rows, slices: 1, spacing: [3]float64{src.Spacing[0], src.Spacing[1]}, photometric: f.Photometric, source: identity()}
	red, green, blue := out.planes[0], out.planes[1], out.planes[2]
	switch f.Photometric {
	case "YBR_FULL", "YBR_FULL_422":
		for i := range red {
			r, g, b := imaging.RGBFromYBRFull(f.Uint8[3*i], f.Uint8[3*i+1], f.Uint8[3*i+2])
			red[i], green[i], blue[i] = float32(r), float32(g), float32(b)
		}
	default:
		return nil, fmt.Errorf("colour pixels are %s; wanted RGB, YBR_FULL or YBR_FULL_422", f.Photometric)
	}
	return out, ctx.Err()
}
