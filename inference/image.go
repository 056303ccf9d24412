package inference

import (
	"context"
	"fmt"
	"math"

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
	out := make([]float32, f.Len())
	value := func(stored float64) float32 { return float32(src.ModalityLUT.Apply(stored, src.Number)) }
	switch {
	case f.Uint8 != nil:
		mapByTable(out, f.Uint8, 0, 1<<8, value)
	case f.Int8 != nil:
		mapByTable(out, f.Int8, -1<<7, 1<<8, value)
	case f.Uint16 != nil:
		mapByTable(out, f.Uint16, 0, 1<<16, value)
	case f.Int16 != nil:
		mapByTable(out, f.Int16, -1<<15, 1<<16, value)
	default:
		for i := range out {
			out[i] = value(f.At(i))
		}
	}
	for i, v := range out {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("the value in column %d, row %d is not a finite number", i%f.Columns, i/f.Columns)
		}
	}
	return &raster{planes: [][]float32{out}, columns: f.Columns, rows: f.Rows, slices: 1, spacing: [3]float64{src.Spacing[0], src.Spacing[1]}, photometric: f.Photometric, source: identity()}, nil
}

// mapByTable maps through a table of all stored values, or directly where the
// image has fewer pixels than the table would have entries.
func mapByTable[T uint8 | int8 | uint16 | int16](out []float32, stored []T, first, entries int, value func(float64) float32) {
	if len(stored) < entries {
		for i, v := range stored {
			out[i] = value(float64(v))
		}
		return
	}
	table := make([]float32, entries)
	for i := range table {
		table[i] = value(float64(first + i))
	}
	for i, v := range stored {
		out[i] = table[int(v)-first]
	}
}

// colourValues splits an 8-bit colour frame into planes of red, green and blue,
// 0..255. YBR_FULL and YBR_FULL_422 (already brought to full resolution by the
// decoder) are converted; a palette and every other interpretation is refused.
func colourValues(ctx context.Context, src Image) (*raster, error) {
	f := src.Frame
	if f.Samples != 3 || f.Uint8 == nil {
		return nil, fmt.Errorf("pixels are %s with %d samples of %d bits; wanted colour with 3 samples of 8 bits", f.Photometric, f.Samples, f.BitsAllocated())
	}
	n := f.Rows * f.Columns
	out := &raster{planes: [][]float32{make([]float32, n), make([]float32, n), make([]float32, n)}, columns: f.Columns, rows: f.Rows, slices: 1, spacing: [3]float64{src.Spacing[0], src.Spacing[1]}, photometric: f.Photometric, source: identity()}
	red, green, blue := out.planes[0], out.planes[1], out.planes[2]
	switch f.Photometric {
	case "RGB":
		for i := range red {
			red[i], green[i], blue[i] = float32(f.Uint8[3*i]), float32(f.Uint8[3*i+1]), float32(f.Uint8[3*i+2])
		}
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
