package models

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// The facts of the files beside the project are what Python's onnx package and
// onnxruntime say of them.
func TestAGraphHasTheNamesShapesAndOpsetThatPythonReads(t *testing.T) {
	for file, want := range map[string]Graph{
		"cxr-paediatric-pneumonia/model.onnx": {Opset: 17, IR: 8,
			Inputs:  []ValueInfo{{"image", "float32", []int64{-1, 1, 224, 224}}},
			Outputs: []ValueInfo{{"probability", "float32", []int64{-1, 1}}, {"cam", "float32", []int64{-1, 1, 14, 14}}, {"kind", "float32", []int64{-1, 2}}}},
		"../../shared/data/models/meshnet-t1/model.onnx": {Opset: 14, IR: 7,
			Inputs:  []ValueInfo{{"input", "float32", []int64{-1, 1, 256, 256, 256}}},
			Outputs: []ValueInfo{{"output", "float32", []int64{-1, 3, 256, 256, 256}}}},
		"../../shared/data/models/brain-mr-tumour/model.onnx": {Opset: 15, IR: 8,
			Inputs:  []ValueInfo{{"input_layer", "float32", []int64{-1, 224, 224, 3}}},
			Outputs: []ValueInfo{{"Identity:0", "float32", []int64{-1, 2}}}},
	} {
		data, err := os.ReadFile(filepath.FromSlash(file))
		if errors.Is(err, os.ErrNotExist) {
			continue // beside the project only
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadGraph(data)
		got.Producer = ""
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", file, got, err)
		}
	}
}

// message writes fields: a string or bytes as length-delimited, an int as varint.
func message(parts ...any) []byte {
	var out []byte
	for i := 0; i < len(parts); i += 2 {
		number := parts[i].(int)
		switch v := parts[i+1].(type) {
		case int:
			out = append(out, byte(number<<3), byte(v))
		case string:
			out = append(append(out, byte(number<<3|2), byte(len(v))), v...)
		case []byte:
			out = append(append(out, byte(number<<3|2), byte(len(v))), v...)
		}
	}
	return out
}

func TestWeightsInAnotherFileAreSeenWhereverTheyHide(t *testing.T) {
	external := message(8, "w", 14, 1)
	output := message(12, message(1, "out"))
	for name, c := range map[string]struct {
		graph []byte
		want  bool
	}{
		"none":               {message(5, message(8, "w", 14, 0)), false},
		"an initializer":     {message(5, external), true},
		"a constant":         {message(1, message(5, message(5, external))), true},
		"a list":             {message(1, message(5, message(10, external))), true},
		"in a subgraph":      {message(1, message(5, message(6, message(5, external)))), true},
		"by the list alone":  {message(5, message(8, "w", 13, message(1, "location", 2, "/etc/passwd"))), true},
		"node in a subgraph": {message(1, message(5, message(6, message(1, message(5, message(5, external)))))), true},
	} {
		g, err := ReadGraph(append(message(1, 8, 8, message(2, 17)), message(7, append(c.graph, output...))...))
		if err != nil || g.External != c.want {
			t.Errorf("%s: got %v, %v", name, g.External, err)
		}
	}
}

func TestAnInputThatIsAWeightIsNoInput(t *testing.T) {
	graph := message(11, message(1, "image"), 11, message(1, "w"), 5, message(8, "w"), 12, message(1, "out"))
	g, err := ReadGraph(message(8, message(1, "", 2, 13), 8, message(1, "ai.onnx.ml", 2, 3), 7, graph))
	if err != nil || len(g.Inputs) != 1 || g.Inputs[0].Name != "image" || g.Opset != 13 {
		t.Errorf("got %+v, %v", g, err)
	}
}

func TestWhatIsNoONNXFileIsAnError(t *testing.T) {
	good := message(8, message(2, 17), 7, message(12, message(1, "out")))
	if _, err := ReadGraph(good); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "a text": []byte("hello, this is a text"), "no outputs": message(8, message(2, 17), 7, message(1, "")),
		"no opset": message(7, message(12, message(1, "out"))), "two graphs": append(append([]byte{}, good...), good...),
		"a length beyond the end": {7<<3 | 2, 200, 1}, "an endless number": {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		if _, err := ReadGraph(data); !errors.Is(err, ErrNotONNX) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for cut := 1; cut < len(good); cut++ {
		if _, err := ReadGraph(good[:cut]); !errors.Is(err, ErrNotONNX) {
			t.Errorf("cut after %d bytes: got %v", cut, err)
		}
	}
}

func FuzzReadGraph(f *testing.F) {
	f.Add(message(1, 8, 8, message(2, 17), 7, message(5, message(8, "w"), 11, message(1, "image", 2, message(1, message(1, 1, 2, message(1, message(1, 3))))), 12, message(1, "out"))))
	f.Add(message(7, message(1, message(5, message(6, message(1, message(5, message(5, message(14, 1)))))))))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := ReadGraph(data)
		if err == nil && (g.Opset < 1 || len(g.Outputs) == 0 || len(g.Outputs) > mostTensors) {
			t.Errorf("taken: %+v", g)
		}
		if err != nil && !errors.Is(err, ErrNotONNX) {
			t.Errorf("%v", err)
		}
	})
}
