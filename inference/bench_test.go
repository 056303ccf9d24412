package inference

import (
	"context"
	"encoding/json"
	"testing"

	"longying/imaging"
	"longying/imaging/peer"
	"longying/models"
)

// BenchmarkPreprocess is all steps of a card on what a scanner makes, against the
// same in numpy with Pillow or SciPy; see testdata/peers.py. DESIGN.md wants 3 times
// as fast.
func BenchmarkPreprocess(b *testing.B) {
	film := &imaging.Frame{Rows: 2048, Columns: 2048, Samples: 1, BitsStored: 14, Photometric: "MONOCHROME1", Uint16: make([]uint16, 2048*2048)}
	for y := range 2048 {
		for x := range 2048 { // a picture's values change slowly, its noise fast
			film.Uint16[y*2048+x] = uint16((x*13+y*7)%16000 + (x*7919+y*104729)%257)
		}
	}
	slice := &imaging.Frame{Rows: 512, Columns: 512, Samples: 1, BitsStored: 16, Photometric: "MONOCHROME2", Int16: make([]int16, 512*512)}
	for i := range slice.Int16 {
		slice.Int16[i] = int16(i%2500 - 1000)
	}
	colour := &imaging.Frame{Rows: 1024, Columns: 1024, Samples: 3, BitsStored: 8, Photometric: "RGB", Uint8: make([]uint8, 3*1024*1024)}
	for i := range colour.Uint8 {
		colour.Uint8[i] = uint8(i * 31 % 251)
	}
	volume := &Volume{Columns: 192, Rows: 192, Slices: 96, Spacing: [3]float64{0.75, 0.75, 1.5}, Photometric: "MONOCHROME2",
		Directions: [3]imaging.Vec{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, Values: make([]float32, 192*192*96)}
	for i := range volume.Values {
		volume.Values[i] = float32(i%3001 - 1000)
	}
	image := func(f *imaging.Frame, slope, intercept float64) func([]models.Step) error {
		return func(steps []models.Step) error {
			_, _, err := Preprocess(context.Background(), Image{Frame: f, Number: 1, ModalityLUT: imaging.ModalityLUT{Slope: slope, Intercept: intercept}}, steps)
			return err
		}
	}
	p := peer.Start(b, "testdata/peers.py")
	for _, c := range []struct {
		name, steps string
		run         func([]models.Step) error
	}{
		{"film2048", `[{"step":"modality-values"},{"step":"invert-monochrome1"},{"step":"resize","width":224,"height":224,"interpolation":"bilinear","antialias":true},
			{"step":"min-max","low":0,"high":1},{"step":"mean-std","mean":[0.5],"std":[0.25]},{"step":"layout","order":"NCHW"}]`, image(film, 1, 0)},
		{"slice512", `[{"step":"modality-values"},{"step":"window","window_center":40,"window_width":400,"low":0,"high":1},
			{"step":"grey-to-rgb"},{"step":"mean-std","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]},{"step":"layout","order":"NCHW"}]`, image(slice, 1, -24)},
		{"colour1024", `[{"step":"rgb"},{"step":"resize","width":224,"height":224,"interpolation":"bilinear","antialias":true},{"step":"rescale","scale":0.00392156862745098,"offset":0},
			{"step":"mean-std","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]},{"step":"layout","order":"NCHW"}]`, image(colour, 1, 0)},
		{"volume192", `[{"step":"modality-values"},{"step":"reorient","axes":"RAS"},{"step":"resample-spacing","x":1,"y":1,"z":1,"interpolation":"linear"},
			{"step":"clip","low":-1000,"high":1000},{"step":"z-score"},{"step":"layout","order":"NCDHW"}]`, func(steps []models.Step) error {
			_, _, err := PreprocessVolume(context.Background(), volume, steps)
			return err
		}},
	} {
		var list []models.Step
		if err := json.Unmarshal([]byte(c.steps), &list); err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			peer.Compare(b, p, func() {
				if err := c.run(list); err != nil {
					b.Fatal(err)
				}
			}, peer.Call{Function: c.name})
		})
	}
}
