package models

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Graph is what a package needs to know of an ONNX file before a runtime opens
// it.
type Graph struct {
	Opset    int         // of the default domain
	IR       int         // version of the format
	Producer string      // the program that wrote it
	Inputs   []ValueInfo // without those that are weights
	Outputs  []ValueInfo
	External bool // weights lie in other files: such a file is not whole
}

// ValueInfo is one input or output of a graph.
type ValueInfo struct {
	Name  string
	Type  string  // one of TensorTypes, or "type N" by the number in onnx.proto
	Shape []int64 // -1: any size
}

// ErrNotONNX is wrapped when bytes are no ONNX file.
var ErrNotONNX = errors.New("this is not an ONNX file, or it is damaged")

// ReadGraph reads an ONNX file (onnx.proto, ModelProto) as far as Graph needs
// it. It never allocates more than its names and shapes, goes no deeper than the
// format's own messages and subgraphs to 16, and every error wraps ErrNotONNX.
func ReadGraph(model []byte) (Graph, error) {
	var g Graph
	weights := map[string]bool{}
	graphs := 0
	err := eachField(model, func(f field) error {
		switch {
		case f.number == 1 && f.wire == wireVarint:
			g.IR = f.small()
		case f.number == 2 && f.wire == wireBytes:
			g.Producer = name(f.bytes)
		case f.number == 7 && f.wire == wireBytes:
			graphs++
			return g.readGraph(f.bytes, weights)
		case f.number == 8 && f.wire == wireBytes:
			return g.readOpset(f.bytes)
		case f.number == 25 && f.wire == wireBytes: // FunctionProto: its nodes are 7
			return eachField(f.bytes, func(n field) error {
				if n.number == 7 && n.wire == wireBytes {
					return g.readNode(n.bytes, 0)
				}
				return nil
			})
		}
		return nil
	})
	switch {
	case err != nil:
		return Graph{}, fmt.Errorf("%w: %w", err, ErrNotONNX)
	case graphs != 1 || len(g.Outputs) == 0:
		return Graph{}, fmt.Errorf("it holds %d graphs with %d outputs: %w", graphs, len(g.Outputs), ErrNotONNX)
	case g.Opset < 1:
		return Graph{}, fmt.Errorf("it names no operator set: %w", ErrNotONNX)
	}
	inputs := g.Inputs[:0]
	for _, in := range g.Inputs {
		if !weights[in.Name] {
			inputs = append(inputs, in)
		}
	}
	g.Inputs = inputs
	return g, nil
}

func (g *Graph) readOpset(data []byte) error {
	domain, version := "", 0
	err := eachField(data, func(f field) error {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			domain = name(f.bytes)
		case f.number == 2 && f.wire == wireVarint:
			version = f.small()
		}
		return nil
	})
	if domain == "" || domain == "ai.onnx" {
		g.Opset = version
	}
	return err
}

// mostTensors is how many inputs or outputs are listed; a graph with more is an
// error.
const mostTensors = 4096

func (g *Graph) readGraph(data []byte, weights map[string]bool) error {
	return eachField(data, func(f field) error {
		if f.wire != wireBytes {
			return nil
		}
		switch f.number {
		case 1:
			return g.readNode(f.bytes, 0)
		case 5:
			n, err := g.readWeights(f.bytes)
			if len(weights) < 1<<20 {
				weights[n] = true
			}
			return err
		case 11:
			return addTensor(&g.Inputs, f.bytes)
		case 12:
			return addTensor(&g.Outputs, f.bytes)
		}
		return nil
	})
}

// readNode looks for weights in the attributes of a node, and in the graphs that
// it holds (If, Loop).
func (g *Graph) readNode(data []byte, depth int) error {
	if depth > 16 {
		return errors.New("its subgraphs lie too deep")
	}
	return eachField(data, func(f field) error {
		if f.number != 5 || f.wire != wireBytes { // AttributeProto
			return nil
		}
		return eachField(f.bytes, func(a field) error {
			switch {
			case a.wire != wireBytes:
			case a.number == 5 || a.number == 10: // t, tensors
				_, err := g.readWeights(a.bytes)
				return err
			case a.number == 6 || a.number == 11: // g, graphs
				return eachField(a.bytes, func(s field) error {
					switch {
					case s.wire != wireBytes:
					case s.number == 1:
						return g.readNode(s.bytes, depth+1)
					case s.number == 5:
						_, err := g.readWeights(s.bytes)
						return err
					}
					return nil
				})
			}
			return nil
		})
	})
}

func (g *Graph) readWeights(data []byte) (string, error) {
	n := ""
	err := eachField(data, func(f field) error {
		switch {
		case f.number == 8 && f.wire == wireBytes:
			n = name(f.bytes)
		case f.number == 13 && f.wire == wireBytes, f.number == 14 && f.wire == wireVarint && f.value == 1:
			g.External = true // external_data, data_location EXTERNAL
		}
		return nil
	})
	return n, err
}

func addTensor(to *[]ValueInfo, data []byte) error {
	if len(*to) >= mostTensors {
		return fmt.Errorf("more than %d inputs or outputs", mostTensors)
	}
	var t ValueInfo
	err := eachField(data, func(f field) error {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			t.Name = name(f.bytes)
		case f.number == 2 && f.wire == wireBytes: // TypeProto
			return eachField(f.bytes, func(y field) error {
				if y.number == 1 && y.wire == wireBytes { // tensor_type
					return t.readType(y.bytes)
				}
				return nil
			})
		}
		return nil
	})
	*to = append(*to, t)
	return err
}

func (t *ValueInfo) readType(data []byte) error {
	return eachField(data, func(f field) error {
		switch {
		case f.number == 1 && f.wire == wireVarint:
			t.Type = elementType(f.value)
		case f.number == 2 && f.wire == wireBytes:
			return eachField(f.bytes, func(d field) error {
				if d.number != 1 || d.wire != wireBytes {
					return nil
				}
				if len(t.Shape) >= 16 {
					return errors.New("a shape of more than 16 axes")
				}
				n := int64(-1)
				err := eachField(d.bytes, func(v field) error {
					if v.number == 1 && v.wire == wireVarint && v.value > 0 && v.value <= math.MaxInt32 {
						n = int64(v.value)
					}
					return nil
				})
				t.Shape = append(t.Shape, n)
				return err
			})
		}
		return nil
	})
}

func elementType(n uint64) string {
	switch n {
	case 1:
		return "float32"
	case 2:
		return "uint8"
	case 7:
		return "int64"
	case 10:
		return "float16"
	}
	return fmt.Sprintf("type %d", n)
}

// name takes a name out of the file, so that the file's bytes can go.
func name(b []byte) string { return string(b[:min(len(b), 512)]) }

// The wire types of protocol buffers.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

// field is one field of a message; its bytes lie in the message.
type field struct {
	number int
	wire   int
	value  uint64
	bytes  []byte
}

// small is a version number.
func (f field) small() int { return int(min(f.value, math.MaxInt32)) }

var errTorn = errors.New("a message ends too early")

// eachField walks over the fields of a message.
func eachField(data []byte, do func(field) error) error {
	for len(data) > 0 {
		key, n := binary.Uvarint(data)
		if n <= 0 || key>>3 == 0 || key>>3 > 1<<29-1 {
			return errTorn
		}
		data = data[n:]
		f := field{number: int(key >> 3), wire: int(key & 7)}
		size := 0
		switch f.wire {
		case wireVarint:
			f.value, size = binary.Uvarint(data)
			if size <= 0 {
				return errTorn
			}
		case wire64:
			size = 8
		case wire32:
			size = 4
		case wireBytes:
			length, n := binary.Uvarint(data)
			if n <= 0 || length > uint64(len(data)-n) {
				return errTorn
			}
			data = data[n:]
			size = int(length)
			f.bytes = data[:size:size]
		default:
			return fmt.Errorf("field %d has the wire type %d", f.number, f.wire)
		}
		if size > len(data) {
			return errTorn
		}
		data = data[size:]
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}
