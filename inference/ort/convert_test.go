package ort

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"

	"longying/inference"
	"longying/models"
)

func TestAnInputIsGivenInTheTypeOfTheCardRoundedHalfToEven(t *testing.T) {
	env := open(t)
	for _, c := range []struct {
		model, kind string
		in, want    []float32 // want: as the graph saw them
	}{
		{"tiny", "", []float32{0.5, 1.25, -3, 1e9}, []float32{0.5, 1.25, -3, 1e9}},
		{"double", "", []float32{0.5, 1.25, -3, 1e9}, []float32{0.5, 1.25, -3, 1e9}},
		{"uint8", "uint8", []float32{0.5, 1.5, 254.6, -0.5}, []float32{0, 2, 255, 0}},
		{"int64", "int64", []float32{-2.5, 2.5, -1e9, 3.4}, []float32{-2, 2, -1e9, 3}},
		// Between 2048 and 4096 halves are 2 apart; 65504 is the largest.
		{"float16", "float16", []float32{2049, 2051, 65519, 0.1}, []float32{2048, 2052, 65504, 0.0999755859375}},
	} {
		card := tinyCard()
		card.Input.Tensor.Type = c.kind
		s, err := env.Load(graph(t, c.model), card, Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Run(context.Background(), image(c.in...), []string{"cam"})
		if err != nil {
			t.Fatal(c.model, err)
		}
		for i, v := range got["cam"].Data { // 2x+1, rounded
			if want := 2*c.want[i] + 1; v != want {
				t.Errorf("%s: %g went in as %g, want %g", c.model, c.in[i], v, want)
			}
		}
		s.Close()
	}
}

func TestAValueThatDoesNotFitTheTypeOfTheInputIsAnError(t *testing.T) {
	env := open(t)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for kind, values := range map[string][]float32{
		"uint8":   {-0.51, 255.5, nan, inf},
		"int64":   {1 << 63, -1e19, nan, -inf},
		"float16": {65520, -1e9},
	} {
		card := tinyCard()
		card.Input.Tensor.Type = kind
		s, err := env.Load(graph(t, kind), card, Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if out, err := s.Run(context.Background(), image(0, 0, v, 0), []string{"cam"}); err == nil || !strings.Contains(err.Error(), "at 2 does not fit") {
				t.Errorf("%s: %g gave %v, %v", kind, v, out, err)
			}
		}
		s.Close()
	}
}

func TestATypeOtherThanTheCardsIsNotLoaded(t *testing.T) {
	env := open(t)
	for model, kind := range map[string]string{"tiny": "uint8", "uint8": "", "int64": "uint8", "float16": "", "double": "float16"} {
		card := tinyCard()
		card.Input.Tensor.Type = kind
		if s, err := env.Load(graph(t, model), card, Options{}); err == nil || !strings.Contains(err.Error(), `input "image" of model.onnx is not a`) {
			t.Errorf("%s as %q: %v, %v", model, kind, s, err)
		}
	}
}

// outputsCard describes outputs.onnx, whose outputs are named by their types.
func outputsCard(names ...string) *models.Card {
	card := tinyCard()
	card.Outputs = nil
	for _, n := range names {
		card.Outputs = append(card.Outputs, models.Output{Name: n, Kind: models.OutputProbabilities, Classes: make([]models.Class, 4)})
	}
	return card
}

func TestOutputsOfEveryTypeAreReadAsFloat32(t *testing.T) {
	env := open(t)
	names := []string{"int64", "int32", "uint8", "bool", "double", "float16"}
	s, err := env.Load(graph(t, "outputs"), outputsCard(names...), Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// Two of a batch; the first run and the second have their own room.
	for range 2 {
		got, err := s.Run(context.Background(), image(0, 1, 2, 255, 200, 7, 0, 1), []string{"int64", "int32", "uint8", "bool", "float16"})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]float32{
			"int64": {1, 2, 3, 256, 201, 8, 1, 2}, "int32": {0, 1, 2, 255, 200, 7, 0, 1}, "uint8": {0, 1, 2, 255, 200, 7, 0, 1},
			"bool": {0, 1, 1, 1, 1, 1, 0, 1}, "float16": {0, 1, 2, 255, 200, 7, 0, 1},
		}
		for name, values := range want {
			if !reflect.DeepEqual(got[name], inference.Tensor{Shape: []int64{2, 4}, Data: values}) {
				t.Errorf("%s: %v", name, got[name])
			}
		}
	}
	got, err := s.Run(context.Background(), image(1.0/(1<<64), 0, -1.0/(1<<32), 0), []string{"double"})
	if err != nil || !reflect.DeepEqual(got["double"].Data, []float32{1 << 64, 0, -(1 << 48) * (1 << 48), 0}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAnOutputThatFloat32CannotHoldIsAnError(t *testing.T) {
	env := open(t)
	s, err := env.Load(graph(t, "outputs"), outputsCard("int64", "double"), Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if out, err := s.Run(context.Background(), image(0, 1<<24, 0, 0), []string{"int64"}); err == nil || !strings.Contains(err.Error(), "16777217 at 1 has no exact float32") {
		t.Errorf("%v, %v", out, err)
	}
	if out, err := s.Run(context.Background(), image(1, 0, 0, 0), []string{"double"}); err == nil || !strings.Contains(err.Error(), "at 0 does not fit float32") {
		t.Errorf("%v, %v", out, err)
	}
	if _, err := env.Load(graph(t, "outputs"), outputsCard("int8"), Options{}); err == nil || !strings.Contains(err.Error(), `output "int8"`) {
		t.Errorf("int8: %v", err)
	}
}

// Every half is turned into float32 and back; between two neighbours the nearer,
// in the middle the even one.
func TestHalvesAreConvertedExactlyAndFloatsToTheNearest(t *testing.T) {
	for h := range uint16(0x7c00) {
		v := float32of16(h)
		for _, sign := range []uint16{0, 0x8000} {
			if got := float16(float32of16(h | sign)); got != h|sign {
				t.Fatalf("%#x became %g became %#x", h|sign, float32of16(h|sign), got)
			}
		}
		if exponent := int(h >> 10); exponent > 0 { // by the definition of IEEE 754
			if want := math.Ldexp(1+float64(h&0x3ff)/1024, exponent-15); float64(v) != want {
				t.Fatalf("%#x is %g, want %g", h, v, want)
			}
		} else if want := math.Ldexp(float64(h), -24); float64(v) != want {
			t.Fatalf("%#x is %g, want %g", h, v, want)
		}
		if h == 0x7bff {
			continue
		}
		next := float32of16(h + 1)
		middle := (v + next) / 2
		even := h + h&1
		for x, want := range map[float32]uint16{middle: even, math.Nextafter32(middle, v): h, math.Nextafter32(middle, next): h + 1} {
			if got := float16(x); got != want {
				t.Fatalf("%g became %#x, want %#x", x, got, want)
			}
		}
	}
	for v, want := range map[float32]uint16{65519.99: 0x7bff, 65520: 0x7c00, float32(math.Inf(-1)): 0xfc00, 1e-10: 0, -1e-10: 0x8000} {
		if got := float16(v); got != want {
			t.Errorf("%g became %#x, want %#x", v, got, want)
		}
	}
	if h := float16(float32(math.NaN())); float32of16(h) == float32of16(h) {
		t.Error("NaN became a number")
	}
}

func TestAProviderThatIsNotThereIsReplacedByTheCPUAndSaid(t *testing.T) {
	env := open(t)
	for _, p := range append(Providers()[1:], "TurboGPU") {
		s, err := env.Load(graph(t, "tiny"), tinyCard(), Options{Threads: 1, Provider: p})
		if err != nil {
			t.Errorf("%s: %v", p, err)
			continue
		}
		if got := s.Provider(); got != p && !strings.HasPrefix(got, "CPU; "+p+" was asked for and is not used: ") {
			t.Errorf("%s: %q", p, got)
		}
		t.Log(s.Provider())
		s.Close()
	}
	for name, want := range map[string]string{"": "CPU", " cuda ": "CUDA", "directml": "DirectML", "TurboGPU": "TurboGPU"} {
		if got := ProviderNamed(name); got != want {
			t.Errorf("%q is %q", name, got)
		}
	}
}
