package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Facts are what a card says of its files and what was measured, filled in by
// `longying models pack`.
type Facts struct {
	SHA256         string  // of model.onnx
	Graph          Graph   // of it
	HeadSHA256     string  // of head.onnx, where there is one
	Head           Graph   //
	MinimumRuntime string  // where the draft has none: the version it was tried with
	MemoryMiB      int     // where the draft has none
	Seconds        float64 // for one sample
	CPU            string
}

// CompleteCard fills the facts into a draft of a card: hash, opset, seconds and
// CPU always; name and shape of the input, the oldest runtime and the memory
// where the draft leaves them open. It gives the card as it is to be written, in
// the order of the Go type. A draft may lack keys, but what it has must be known,
// and the whole card must pass Parse.
func CompleteCard(draft []byte, f Facts) ([]byte, *Card, error) {
	if err := walkKeys(draft, reflect.TypeFor[Card](), true); err != nil {
		return nil, nil, fmt.Errorf("card.json: %w", err)
	}
	var tree map[string]any
	dec := json.NewDecoder(bytes.NewReader(draft))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		return nil, nil, fmt.Errorf("card.json: %w", err)
	}
	fill(tree, "schema", SchemaVersion, false)
	file := branch(tree, "file")
	fill(file, "name", ModelFile, true)
	fill(file, "sha256", f.SHA256, true)
	fill(file, "opset", f.Graph.Opset, true)
	fill(file, "minimum_runtime", f.MinimumRuntime, false)
	resources := branch(tree, "resources")
	fill(resources, "memory_mib", f.MemoryMiB, false)
	fill(resources, "seconds", f.Seconds, true)
	fill(resources, "cpu", f.CPU, true)
	if len(f.Graph.Inputs) == 1 {
		in, tensor := f.Graph.Inputs[0], branch(branch(tree, "input"), "tensor")
		fill(tensor, "name", in.Name, false)
		if shape := append([]int64(nil), in.Shape...); len(shape) > 0 {
			shape[0] = -1
			fill(tensor, "shape", shape, false)
		}
	}
	outputs, _ := tree["outputs"].([]any)
	for _, o := range outputs {
		if o, ok := o.(map[string]any); ok && o["head"] != nil {
			if h, ok := o["head"].(map[string]any); ok {
				fill(h, "file", HeadFile, true)
				fill(h, "sha256", f.HeadSHA256, true)
				fill(h, "opset", f.Head.Opset, true)
			}
		}
	}
	whole, err := json.Marshal(tree)
	if err != nil {
		return nil, nil, fmt.Errorf("card.json: %w", err)
	}
	card, err := Parse(whole)
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(card); err != nil {
		return nil, nil, fmt.Errorf("card.json: %w", err)
	}
	// A list that was empty is written as one, not as null.
	again, err := Parse(b.Bytes())
	if err != nil {
		return nil, nil, err
	}
	return b.Bytes(), again, nil
}

// fill sets a key where it is missing, or always.
func fill(node map[string]any, key string, value any, always bool) {
	if have, ok := node[key]; !ok || always || have == nil || isBlank(have) {
		node[key] = value
	}
}

func isBlank(v any) bool {
	s, ok := v.(string)
	return ok && strings.TrimSpace(s) == ""
}

func branch(node map[string]any, key string) map[string]any {
	if b, ok := node[key].(map[string]any); ok {
		return b
	}
	b := map[string]any{}
	node[key] = b
	return b
}

// check reports names that the card and the graph do not share; shapes and types
// are held against each other by the runtime.
func (g Graph) check(in string, outputs []string) error {
	if len(g.Inputs) != 1 || g.Inputs[0].Name != in {
		return fmt.Errorf("the card names the input %q, the file has %s", in, quoted(g.Inputs))
	}
	for _, o := range outputs {
		found := false
		for _, have := range g.Outputs {
			found = found || have.Name == o
		}
		if !found {
			return fmt.Errorf("the card names the output %q, the file has %s", o, quoted(g.Outputs))
		}
	}
	return nil
}

func quoted(infos []ValueInfo) string {
	var out []string
	for _, i := range infos {
		out = append(out, fmt.Sprintf("%q %s %v", i.Name, i.Type, i.Shape))
	}
	return strings.Join(out, ", ")
}

// CheckGraph holds an ONNX file of the package, model.onnx or head.onnx, against
// the card: it is one, it is whole, it has the card's opset, input and outputs.
func (c *Card) CheckGraph(file string, data []byte) error {
	g, err := ReadGraph(data)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if g.External {
		return fmt.Errorf("%s keeps weights in other files; save it as one file", file)
	}
	opset, in := c.File.Opset, c.Input.Tensor.Name
	var outputs []string
	if h := c.Head(); h != nil && file == HeadFile {
		opset, in, outputs = h.Opset, h.Input, []string{h.Output}
		if h.Attention != "" {
			outputs = append(outputs, h.Attention)
		}
	} else {
		for i := range c.Outputs {
			outputs = append(outputs, c.Outputs[i].Name)
		}
	}
	if g.Opset != opset {
		return fmt.Errorf("%s has opset %d, %s says %d", file, g.Opset, CardFile, opset)
	}
	if err := g.check(in, outputs); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
