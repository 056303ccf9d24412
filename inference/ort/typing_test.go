package ort

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"longying/imaging"
	"longying/imaging/codec/native"
	"longying/imaging/dicomfile"
	"longying/imaging/slide"
	"longying/inference"
	"longying/models"
)

// typed is testdata/typing.json, written by make_typing.py with Pillow, numpy
// and ONNX Runtime in Python.
type typed struct {
	Columns, Rows      int
	Step               float64
	Tissue             []int
	Probability        [][]float64
	Attention          []float64
	Mean, Top5, Pooled []float64
}

func TestASlideIsTypedAtTheModelsScaleAsInPython(t *testing.T) {
	var want typed
	data, err := os.ReadFile(filepath.Join("testdata", "typing.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	env := open(t)
	for _, c := range []struct {
		aggregation, model string
		want               []float64
	}{{"mean", "patches", want.Mean}, {"top-k", "patches", want.Top5}, {"attention", "embed", want.Pooled}} {
		t.Run(c.aggregation, func(t *testing.T) {
			card := typingCard(c.aggregation)
			var head []byte
			if card.Head() != nil {
				head = graph(t, "head")
			}
			runner, err := env.Load(graph(t, c.model), card, Options{Head: head})
			if err != nil {
				t.Fatal(err)
			}
			defer runner.Close()
			q := inference.Request{Package: &models.Package{Card: card}, Runner: runner, Site: inference.Site{Accepted: true},
				Given: inference.Given{Organ: "lung"}, Slide: &imaging.Slide{MicrometresPerPixel: 0.25, Stain: "HE"}}
			got, err := inference.TypeRegion(t.Context(), q, sampleSlide(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			p := got[0]
			if p.Reason != nil {
				t.Fatal(p.Reason)
			}
			for i, v := range c.want {
				if d := math.Abs(p.All[i].Probability - v); !(d <= 1e-4) {
					t.Errorf("class %d: %g, Python says %g", i, p.All[i].Probability, v)
				}
			}
			m := p.Map
			if m.Columns != want.Columns || m.Rows != want.Rows || m.PatchPixels != want.Step || m.TissuePatches != len(want.Tissue) {
				t.Fatalf("map of %d x %d patches of %g pixels, %d of tissue", m.Columns, m.Rows, m.PatchPixels, m.TissuePatches)
			}
			for k, i := range want.Tissue {
				top := 0
				for j, v := range want.Probability[k] {
					if v > want.Probability[k][top] {
						top = j
					}
				}
				switch {
				case card.Head() == nil:
					if m.Class[i] != top || math.Abs(m.Probability[i]-want.Probability[k][top]) > 1e-4 {
						t.Errorf("patch %d: class %d with %g, Python says %d with %g", i, m.Class[i], m.Probability[i], top, want.Probability[k][top])
					}
				case math.Abs(m.Attention[i]-want.Attention[k]) > 1e-5:
					t.Errorf("patch %d: weight %g, Python says %g", i, m.Attention[i], want.Attention[k])
				}
			}
		})
	}
}

// typingCard is for patches of 64 pixels of 0.5 µm.
func typingCard(aggregation string) *models.Card {
	scale, order := 1.0/255, "NCHW"
	offset := 0.0
	card := &models.Card{ID: "typing", Version: "1.0.0", Task: models.TaskSlideTyping, File: models.File{MinimumRuntime: "1.17.0"},
		Input: models.Input{Tensor: models.TensorDef{Name: "image", Shape: []int64{-1, 3, 64, 64}, Order: "NCHW"},
			Preprocess: []models.Step{{Name: "rgb"}, {Name: "rescale", Scale: &scale, Offset: &offset}, {Name: "layout", Order: &order}}},
		Slide: &models.Slide{PatchPixels: 64, MicrometresPerPixel: 0.5, Stain: "HE", TissueFraction: 0.3, TissueSaturation: 0.15, Batch: 7,
			Aggregation: aggregation, TopK: 5, Organs: []string{"lung"}},
		Outputs: []models.Output{{Name: "probability", Kind: models.OutputProbabilities, Exclusive: true,
			Classes: []models.Class{{Key: "a", Proposes: true}, {Key: "b", Proposes: true}, {Key: "c", Proposes: true}}}},
	}
	if aggregation == "attention" {
		o := &card.Outputs[0]
		o.Name, o.Kind, o.Exclusive, o.Activation = "embedding", models.OutputEmbedding, false, "softmax"
		o.Head = &models.Head{File: models.HeadFile, Input: "bag", Shape: []int64{1, -1, 3}, Output: "logits", Attention: "attention"}
	}
	return card
}

func sampleSlide(t *testing.T) *slide.Slide {
	t.Helper()
	f, err := dicomfile.Open("../../app/samples/data/slide/slide.dcm")
	if err != nil {
		t.Fatal(err)
	}
	s, err := slide.Open([]*dicomfile.File{f}, native.Decoder{}, slide.Options{})
	if err != nil {
		f.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
