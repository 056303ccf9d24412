package inference

import (
	"context"

	"longying/models"
)

// byteTable does all steps of a card on 8-bit RGB pixels at once, where each
// value of the tensor depends on one sample alone: by a table of what each byte
// of each channel becomes. The tables are made by the steps themselves, so that
// the result is theirs to the bit.
type byteTable struct {
	channel [3][256]float32
	last    bool // channels after the pixels
}

// newByteTable is nil where a step looks at more than one sample, or changes the
// size of a picture of side x side pixels.
func newByteTable(steps []models.Step, side int) *byteTable {
	if models.CheckSteps(steps) != nil || steps[0].Name != "rgb" || volumetric(steps) {
		return nil
	}
	r := &raster{columns: 256, rows: 1, slices: 1, source: identity(), photometric: "RGB"}
	for range 3 {
		plane := make([]float32, 256)
		for i := range plane {
			plane[i] = float32(i)
		}
		r.planes = append(r.planes, plane)
	}
	for _, s := range steps[1 : len(steps)-1] {
		switch s.Name {
		case "rescale", "clip", "window", "mean-std":
			if r.step(context.Background(), s) != nil {
				return nil
			}
		case "resize":
			if *s.Width != side || *s.Height != side { // a side that fits is left as it is
				return nil
			}
		default:
			return nil
		}
	}
	t := &byteTable{last: *steps[len(steps)-1].Order == "NHWC"}
	for c, plane := range r.planes {
		copy(t.channel[c][:], plane)
	}
	return t
}

// fill writes the tensor of one picture of RGB bytes.
func (t *byteTable) fill(out []float32, rgb []byte) {
	n := len(rgb) / 3
	if t.last {
		for i := 0; i+2 < len(rgb); i += 3 {
			out[i], out[i+1], out[i+2] = t.channel[0][rgb[i]], t.channel[1][rgb[i+1]], t.channel[2][rgb[i+2]]
		}
		return
	}
	red, green, blue := out[:n], out[n:2*n], out[2*n:3*n]
	for i := range red {
		p := rgb[3*i : 3*i+3 : 3*i+3]
		red[i], green[i], blue[i] = t.channel[0][p[0]], t.channel[1][p[1]], t.channel[2][p[2]]
	}
}

// shape is the tensor's of n pictures.
func (t *byteTable) shape(n, side int64) []int64 {
	if t.last {
		return []int64{n, side, side, 3}
	}
	return []int64{n, 3, side, side}
}
