package ort

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"longying/inference"
	"longying/models"
)

// open opens the library that LONGYING_ORT_LIBRARY or `make setup` brought. On a
// build machine (CI is set) its absence fails the test.
func open(t testing.TB) *Environment {
	t.Helper()
	cache, _ := os.UserCacheDir()
	library, err := FindLibrary(LibraryPaths(os.Getenv("LONGYING_ORT_LIBRARY"), "", cache)...)
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	env, err := Open(library)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := env.Close(); err != nil {
			t.Error(err)
		}
	})
	return env
}

func graph(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tinyCard describes tiny.onnx; see testdata/make_graph.py.
func tinyCard() *models.Card {
	return &models.Card{
		ID: "tiny", File: models.File{MinimumRuntime: "1.17.0"},
		Input: models.Input{Tensor: models.TensorDef{Name: "image", Shape: []int64{-1, 1, 2, 2}, Order: "NCHW"}},
		Outputs: []models.Output{
			{Name: "probability", Kind: models.OutputProbabilities, Classes: make([]models.Class, 1)},
			{Name: "cam", Kind: models.OutputActivationMap},
		},
	}
}

func load(t *testing.T, env *Environment, model string) *Session {
	t.Helper()
	s, err := env.Load(graph(t, model), tinyCard(), Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func image(values ...float32) map[string]inference.Tensor {
	return map[string]inference.Tensor{"image": {Shape: []int64{int64(len(values) / 4), 1, 2, 2}, Data: values}}
}

func TestASessionComputesTheGraph(t *testing.T) {
	s := load(t, open(t), "tiny")
	for range 2 {
		got, err := s.Run(context.Background(), image(1, 2, 3, 4, 0, 0, 0, -4), []string{"probability", "cam"})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]inference.Tensor{
			"probability": {Shape: []int64{2, 1}, Data: []float32{2.5/4 + 0.5, -1.0/4 + 0.5}},
			"cam":         {Shape: []int64{2, 1, 2, 2}, Data: []float32{3, 5, 7, 9, 1, 1, 1, -7}},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if s.Provider() != "CPU" || !strings.HasPrefix(s.RuntimeVersion(), "ONNX Runtime 1.") {
		t.Errorf("%s, %s", s.Provider(), s.RuntimeVersion())
	}
}

func TestOnlyTheOutputsAskedForAreReturned(t *testing.T) {
	s := load(t, open(t), "tiny")
	got, err := s.Run(context.Background(), image(1, 2, 3, 4), []string{"cam"})
	if err != nil || len(got) != 1 || got["cam"].Data[3] != 9 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := s.Run(context.Background(), image(1, 2, 3, 4), []string{"mask"}); err == nil || !strings.Contains(err.Error(), `"mask"`) {
		t.Errorf("got %v", err)
	}
}

func TestAnInputThatTheGraphDoesNotTakeIsAnError(t *testing.T) {
	s := load(t, open(t), "tiny")
	for name, in := range map[string]map[string]inference.Tensor{
		"another name":   {"picture": image(1, 2, 3, 4)["image"]},
		"two inputs":     {"image": image(1, 2, 3, 4)["image"], "mask": {}},
		"too few values": {"image": {Shape: []int64{1, 1, 2, 2}, Data: []float32{1}}},
		"another shape":  {"image": {Shape: []int64{1, 1, 1, 4}, Data: []float32{1, 2, 3, 4}}},
		"no values":      {"image": {Shape: []int64{0, 1, 2, 2}}},
		"negative shape": {"image": {Shape: []int64{-1, -1, 2, 2}, Data: []float32{1, 2, 3, 4}}},
	} {
		if _, err := s.Run(context.Background(), in, []string{"cam"}); err == nil || !strings.Contains(err.Error(), "tiny") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// endless.onnx does not end by itself: the test ends only when the run is told to.
func TestARunIsStoppedWhenTheContextIsDone(t *testing.T) {
	s := load(t, open(t), "endless")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Run(ctx, image(1, 2, 3, 4), []string{"cam"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	cancel()
	if _, err := s.Run(ctx, image(1, 2, 3, 4), []string{"cam"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context done before the run: got %v", err)
	}
}

func TestAModelThatContradictsItsCardIsNotLoaded(t *testing.T) {
	env := open(t)
	for name, c := range map[string]struct {
		model  string
		change func(*models.Card)
		want   string
	}{
		"another input":          {"tiny", func(c *models.Card) { c.Input.Tensor.Name = "picture" }, `card.json names the input "picture", model.onnx has "image"`},
		"another input size":     {"tiny", func(c *models.Card) { c.Input.Tensor.Shape[3] = 3 }, `input "image" of model.onnx has shape`},
		"a rank more":            {"tiny", func(c *models.Card) { c.Input.Tensor.Shape = []int64{-1, 1, 1, 2, 2} }, `input "image" of model.onnx has shape`},
		"another output":         {"tiny", func(c *models.Card) { c.Outputs[1].Name = "map" }, `card.json names the output "map", model.onnx has "probability", "cam"`},
		"a class too many":       {"tiny", func(c *models.Card) { c.Outputs[0].Classes = make([]models.Class, 2) }, `output "probability" of model.onnx has shape`},
		"map as probabilities":   {"tiny", func(c *models.Card) { c.Outputs[1].Kind = models.OutputProbabilities }, `output "cam" of model.onnx has shape`},
		"runtime too old for it": {"tiny", func(c *models.Card) { c.File.MinimumRuntime = "1.100.0" }, "make setup"},
	} {
		t.Run(name, func(t *testing.T) {
			card := tinyCard()
			c.change(card)
			_, err := env.Load(graph(t, c.model), card, Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "tiny") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestATruncatedModelIsAnError(t *testing.T) {
	env, whole := open(t), graph(t, "tiny")
	for _, n := range []int{0, 1, 10, len(whole) / 2, len(whole) - 20} {
		s, err := env.Load(whole[:n], tinyCard(), Options{})
		if err == nil {
			s.Close()
			t.Errorf("%d of %d bytes were loaded", n, len(whole))
		}
	}
}

func TestOneProcessHasOneEnvironmentThatOutlivesItsSessions(t *testing.T) {
	env := open(t)
	cache, _ := os.UserCacheDir()
	library, err := FindLibrary(LibraryPaths(os.Getenv("LONGYING_ORT_LIBRARY"), "", cache)...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(library); !errors.Is(err, ErrOpen) {
		t.Errorf("second Open: %v", err)
	}
	s := load(t, env, "tiny")
	if err := env.Close(); err == nil || !strings.Contains(err.Error(), "1 open session") {
		t.Errorf("closed under a session: %v", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Run(context.Background(), image(1, 2, 3, 4), []string{"cam"}); err == nil {
		t.Error("a closed session ran")
	}
	if err := env.Close(); err != nil {
		t.Error(err)
	}
	if _, err := env.Load(graph(t, "tiny"), tinyCard(), Options{}); err == nil {
		t.Error("a closed environment loaded a model")
	}
	again, err := Open(library)
	if err != nil {
		t.Fatalf("opening again: %v", err)
	}
	again.Close()
}

func TestAMissingLibraryNamesEveryPlaceAndWhatToDo(t *testing.T) {
	dir := t.TempDir()
	paths := LibraryPaths("", filepath.Join(dir, "bin", "longying"), filepath.Join(dir, "cache"))
	_, err := FindLibrary(paths...)
	if !errors.Is(err, fs.ErrNotExist) || len(paths) != 3 {
		t.Fatalf("got %v for %v", err, paths)
	}
	for _, part := range append(paths, "make setup") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %q", err, part)
		}
	}
	if _, err := Open(filepath.Join(dir, "nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open: %v", err)
	}
	if got := LibraryPaths("/named", "/bin/longying", "/cache"); !reflect.DeepEqual(got, []string{"/named"}) {
		t.Errorf("a named library is the only one: got %v", got)
	}
}

func TestALibraryThatIsNoneIsAnErrorThatNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libonnxruntime.so")
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("got %v", err)
	}
}

// The expected values were computed by ONNX Runtime from Python when the models
// were trained, the tensors by numpy and Pillow.
func TestEveryShippedPackagePassesItsOwnTest(t *testing.T) {
	env := open(t)
	packages, errs := models.LoadShipped()
	for _, err := range errs {
		t.Error(err)
	}
	for _, p := range packages {
		t.Run(p.Card.ID, func(t *testing.T) {
			model, err := p.Model()
			if err != nil {
				t.Fatal(err)
			}
			s, err := env.Load(model, p.Card, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := inference.Verify(context.Background(), p, s); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVersionsAreComparedAsNumbers(t *testing.T) {
	for _, c := range []struct {
		version, least string
		older          bool
	}{{"1.32.0", "1.17.0", false}, {"1.9.0", "1.17.0", true}, {"1.32.0", "1.32.0", false}, {"1.32.0", "2.0.0", true}, {"1.32", "1.32.1", true}} {
		if got := older(c.version, c.least); got != c.older {
			t.Errorf("%s older than %s: %v", c.version, c.least, got)
		}
	}
}
