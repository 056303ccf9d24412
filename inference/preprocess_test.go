package inference

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging"
	"longying/models"
)

// reference is one case of testdata/steps.json, written by make_reference.py
// with numpy, Pillow and pydicom.
type reference struct {
	Name, Pixels, Photometric, Tensor string
	Rows, Columns, Samples            int
	Slope, Intercept, Tolerance       float64
	Table                             *struct {
		First   int
		Entries []uint16
	}
	Steps []models.Step
	Shape []int64
}

func references(t *testing.T) []reference {
	t.Helper()
	var cases []reference
	if err := json.Unmarshal(testdata(t, "steps.json"), &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (r *reference) image(t *testing.T) Image {
	t.Helper()
	data := testdata(t, r.Pixels)
	f := &imaging.Frame{Rows: r.Rows, Columns: r.Columns, Samples: r.Samples, Photometric: r.Photometric}
	switch filepath.Ext(r.Pixels) {
	case ".u8":
		f.Uint8 = data
	case ".u16":
		for i := 0; i < len(data); i += 2 {
			f.Uint16 = append(f.Uint16, binary.LittleEndian.Uint16(data[i:]))
		}
	case ".i16":
		for i := 0; i < len(data); i += 2 {
			f.Int16 = append(f.Int16, int16(binary.LittleEndian.Uint16(data[i:])))
		}
	}
	lut := imaging.ModalityLUT{Slope: r.Slope, Intercept: r.Intercept}
	if r.Table != nil {
		lut.Table = &imaging.LUT{First: r.Table.First, Entries: r.Table.Entries, Bits: 16}
	}
	return Image{Frame: f, Number: 1, ModalityLUT: lut}
}

func floats(data []byte) []float32 {
	out := make([]float32, len(data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out
}

// Tolerance 0 means bit for bit.
func TestEveryStepEqualsItsReferenceFromNumpyAndPillow(t *testing.T) {
	tested := map[string]bool{}
	for _, r := range references(t) {
		t.Run(r.Name, func(t *testing.T) {
			got, _, err := Preprocess(context.Background(), r.image(t), r.Steps)
			if err != nil {
				t.Fatal(err)
			}
			want := Tensor{Shape: r.Shape, Data: floats(testdata(t, r.Tensor))}
			if err := within(got, want, r.Tolerance); err != nil {
				t.Error(err)
			}
		})
		for _, s := range r.Steps {
			tested[s.Name] = true
		}
	}
	for _, name := range []string{"modality-values", "invert-monochrome1", "rgb", "grey-to-rgb", "resize", "clip", "rescale", "min-max", "z-score", "mean-std", "layout"} {
		if !tested[name] {
			t.Errorf("step %q has no reference tensor", name)
		}
	}
}

func TestRescaleOfAFrameIsUsedBeforeThatOfTheImage(t *testing.T) {
	lut := imaging.ModalityLUT{Slope: 1, PerFrame: []imaging.Rescale{{Slope: 10}, {Slope: 100, Intercept: 1}}}
	image := Image{Frame: grey(1, 2, 3, 4), Number: 2, ModalityLUT: lut}
	got, _, err := Preprocess(context.Background(), image, steps(t, `{"step":"modality-values"}`, layout))
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{301, 401}; got.Data[0] != want[0] || got.Data[1] != want[1] {
		t.Errorf("got %v, want %v", got.Data, want)
	}
}

const (
	values = `{"step":"modality-values"}`
	layout = `{"step":"layout","order":"NCHW"}`
)

func steps(t *testing.T, texts ...string) []models.Step {
	t.Helper()
	var out []models.Step
	if err := json.Unmarshal([]byte("["+strings.Join(texts, ",")+"]"), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func grey(rows, columns int, stored ...uint8) *imaging.Frame {
	return &imaging.Frame{Rows: rows, Columns: columns, Samples: 1, BitsStored: 8, Photometric: "MONOCHROME2", Uint8: stored}
}

func TestPixelsThatAStepCannotTakeAreAStepError(t *testing.T) {
	colour := func(photometric string) *imaging.Frame {
		return &imaging.Frame{Rows: 1, Columns: 1, Samples: 3, Photometric: photometric, Uint8: []uint8{1, 2, 3}}
	}
	palette := grey(1, 2, 1, 2)
	palette.Photometric = "PALETTE COLOR"
	deep := colour("RGB")
	deep.Uint8, deep.Uint16 = nil, []uint16{1, 2, 3}
	for name, c := range map[string]struct {
		frame *imaging.Frame
		steps []string
		step  string
	}{
		"no frame":                       {nil, []string{values, layout}, "modality-values"},
		"too few values":                 {grey(2, 2, 1, 2, 3), []string{values, layout}, "modality-values"},
		"colour where grey is wanted":    {colour("RGB"), []string{values, layout}, "modality-values"},
		"palette where grey is wanted":   {palette, []string{values, layout}, "modality-values"},
		"palette where colour is wanted": {palette, []string{`{"step":"rgb"}`, layout}, "rgb"},
		"grey where colour is wanted":    {grey(1, 2, 1, 2), []string{`{"step":"rgb"}`, layout}, "rgb"},
		"partial YBR":                    {colour("YBR_PARTIAL_420"), []string{`{"step":"rgb"}`, layout}, "rgb"},
		"16-bit colour":                  {deep, []string{`{"step":"rgb"}`, layout}, "rgb"},
		"constant image, z-score":        {grey(1, 3, 7, 7, 7), []string{values, `{"step":"z-score"}`, layout}, "z-score"},
		"constant image, min-max":        {grey(1, 3, 7, 7, 7), []string{values, `{"step":"min-max","low":0,"high":1}`, layout}, "min-max"},
		"wrong number of channels":       {grey(1, 1, 7), []string{values, `{"step":"mean-std","mean":[1,2],"std":[1,1]}`, layout}, "mean-std"},
		"NaN": {
			&imaging.Frame{Rows: 1, Columns: 2, Samples: 1, Photometric: "MONOCHROME2", Float32: []float32{1, float32(math.NaN())}},
			[]string{values, layout}, "modality-values",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Preprocess(context.Background(), Image{Frame: c.frame}, steps(t, c.steps...))
			var step *StepError
			if !errors.As(err, &step) || step.Step != c.step {
				t.Errorf("got %v, want an error of step %s", err, c.step)
			}
		})
	}
}

func TestAnUnknownStepIsAnErrorAndNeverSkipped(t *testing.T) {
	_, _, err := Preprocess(context.Background(), Image{Frame: grey(1, 2, 1, 2)}, steps(t, values, `{"step":"histogram-equalise"}`, layout))
	if err == nil || !strings.Contains(err.Error(), "histogram-equalise") {
		t.Errorf("got %v", err)
	}
}

func TestPreprocessStopsWhenTheContextIsDone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Preprocess(ctx, Image{Frame: grey(1, 2, 1, 2)}, steps(t, values, layout)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestPreprocessLeavesTheFrameAsItIs(t *testing.T) {
	frame := &imaging.Frame{Rows: 1, Columns: 2, Samples: 1, Photometric: "MONOCHROME1", Float32: []float32{1, 5}}
	if _, _, err := Preprocess(context.Background(), Image{Frame: frame}, steps(t, values, `{"step":"invert-monochrome1"}`, layout)); err != nil {
		t.Fatal(err)
	}
	if frame.Float32[0] != 1 || frame.Float32[1] != 5 {
		t.Errorf("frame is now %v", frame.Float32)
	}
}
