package ort

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"longying/imaging"
	"longying/inference"
	"longying/models"
)

// pipelineCase is one case of testdata/pipelines.json; see make_pipelines.py.
type pipelineCase struct {
	Name      string
	Card      json.RawMessage
	Type      string // of the pixels, as numpy names it
	Shape     []int
	Pixels    []byte
	Slope     float64
	Intercept float64
	Spacing   [3]float64
	Region    []float64
	Windows   int
	Expected  []struct {
		Outcome     inference.Outcome
		Reason      inference.ReasonCode
		Class       string
		Probability *float64
		Region      []any // four numbers and a kind
		Values      [][2]any
		Mask        string
		Slice       int
	}
}

func pipelineCases(t *testing.T) []pipelineCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "pipelines.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []pipelineCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func (c *pipelineCase) subject(t *testing.T) inference.Subject {
	t.Helper()
	n := len(c.Shape)
	f := &imaging.Frame{Columns: c.Shape[n-1], Rows: c.Shape[n-2], Samples: 1, Photometric: "MONOCHROME2"}
	var floats []float32
	switch c.Type {
	case "uint8":
		f.BitsStored, f.Uint8 = 8, c.Pixels
	case "uint16":
		f.BitsStored = 16
		for i := 0; i < len(c.Pixels); i += 2 {
			f.Uint16 = append(f.Uint16, binary.LittleEndian.Uint16(c.Pixels[i:]))
		}
	case "float32":
		for i := 0; i < len(c.Pixels); i += 4 {
			floats = append(floats, math.Float32frombits(binary.LittleEndian.Uint32(c.Pixels[i:])))
		}
	default:
		t.Fatalf("pixels of type %s", c.Type)
	}
	if n == 2 {
		return inference.Subject{Image: inference.Image{Frame: f, Number: 1, ModalityLUT: imaging.ModalityLUT{Slope: c.Slope, Intercept: c.Intercept},
			Spacing: [2]float64{c.Spacing[0], c.Spacing[1]}}}
	}
	s := inference.Subject{Volume: &inference.Volume{Values: floats, Columns: f.Columns, Rows: f.Rows, Slices: c.Shape[0], Spacing: c.Spacing,
		Directions: [3]imaging.Vec{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, Photometric: "MONOCHROME2"}}
	for k := range c.Shape[0] {
		s.Slices = append(s.Slices, imaging.Ref{StudyUID: "1.1", SeriesUID: "1.2", SOPUID: string(rune('a' + k)), Frame: 1})
	}
	return s
}

// Every pipeline gives what ONNX Runtime, numpy, SciPy and Pillow give: the same
// places and masks, probabilities and sizes within 1e-4.
func TestPipelinesAgreeWithPython(t *testing.T) {
	env := open(t)
	for _, c := range pipelineCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			card, err := models.Parse(c.Card)
			if err != nil {
				t.Fatal(err)
			}
			session, err := env.Load(graph(t, "pipeline-"+card.ID), card, Options{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			q := inference.Request{Package: &models.Package{Card: card}, Runner: session, Site: inference.Site{Accepted: true},
				Ref: imaging.Ref{StudyUID: "1.1", SeriesUID: "1.2", SOPUID: "1.3", Frame: 1}}
			if r := c.Region; r != nil {
				q.Given.Region = &imaging.Region{X0: r[0], Y0: r[1], X1: r[2], Y1: r[3], Kind: imaging.RegionDrawn}
			}
			windows := 0
			got, err := inference.Analyze(context.Background(), q, c.subject(t), func(done, total int) { windows = total })
			if err != nil {
				t.Fatal(err)
			}
			if windows != c.Windows {
				t.Errorf("%d windows, Python has %d", windows, c.Windows)
			}
			if len(got) != len(c.Expected) {
				t.Fatalf("%d predictions, Python has %d: %+v", len(got), len(c.Expected), got)
			}
			for i := range got {
				c.compare(t, i, &got[i])
			}
		})
	}
}

func (c *pipelineCase) compare(t *testing.T, i int, got *inference.Prediction) {
	t.Helper()
	want := &c.Expected[i]
	if got.Outcome != want.Outcome {
		t.Errorf("prediction %d: %s (%v), wanted %s", i, got.Outcome, got.Reason, want.Outcome)
	}
	if want.Reason != "" && (got.Reason == nil || got.Reason.Code != want.Reason) {
		t.Errorf("prediction %d: %v, wanted %s", i, got.Reason, want.Reason)
	}
	if want.Class != "" && (got.Class == nil || got.Class.Key != want.Class) {
		t.Errorf("prediction %d: class %+v, wanted %s", i, got.Class, want.Class)
	}
	if p := want.Probability; (p != nil) == math.IsNaN(got.Probability) || p != nil && math.Abs(*p-got.Probability) > 1e-4 {
		t.Errorf("prediction %d: probability %g, wanted %v", i, got.Probability, p)
	}
	if g := got.Ref.Region; (g != nil) != (want.Region != nil) {
		t.Errorf("prediction %d: region %v, wanted %v", i, g, want.Region)
	} else if g != nil {
		for k, v := range []float64{g.X0, g.Y0, g.X1, g.Y1} {
			if math.Abs(v-want.Region[k].(float64)) > 1e-4 {
				t.Errorf("prediction %d: region %+v, wanted %v", i, g, want.Region)
			}
		}
		if string(g.Kind) != want.Region[4] {
			t.Errorf("prediction %d: region of kind %s, wanted %v", i, g.Kind, want.Region[4])
		}
	}
	if len(got.Measurements) != len(want.Values) {
		t.Fatalf("prediction %d: %+v, wanted %v", i, got.Measurements, want.Values)
	}
	for k, m := range got.Measurements {
		// Python looks for the width across at 4,001 heights and may miss a corner.
		if v := want.Values[k][1].(float64); m.Unit != want.Values[k][0] || math.Abs(m.Value-v) > 1e-4*max(1, v) {
			t.Errorf("prediction %d: %s %g %s, wanted %v", i, m.Key, m.Value, m.Unit, want.Values[k])
		}
	}
	if (got.Mask != nil) != (want.Mask != "") {
		t.Fatalf("prediction %d: mask %v, wanted one: %t", i, got.Mask, want.Mask != "")
	}
	if got.Mask == nil {
		return
	}
	if len(c.Shape) == 3 && got.Ref.SOPUID != string(rune('a'+want.Slice)) {
		t.Errorf("prediction %d: slice %s, wanted %c", i, got.Ref.SOPUID, 'a'+want.Slice)
	}
	packed, err := base64.StdEncoding.DecodeString(want.Mask)
	if err != nil {
		t.Fatal(err)
	}
	differ, at := 0, 0
	for z := range got.Mask.Slices {
		slice, err := got.Mask.Slice(z)
		if err != nil {
			t.Fatal(err)
		}
		for k := range got.Mask.Columns * got.Mask.Rows {
			if in := slice != nil && slice[k]; in != (packed[at/8]>>(at%8)&1 == 1) {
				differ++
			}
			at++
		}
	}
	if differ > 0 || len(packed) != (at+7)/8 {
		t.Errorf("prediction %d: %d of %d pixels of the mask differ", i, differ, at)
	}
}
