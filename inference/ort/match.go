package ort

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"longying/models"

	onnxruntime "github.com/yalue/onnxruntime_go"
)

// matchCard compares the graph's inputs and outputs with the card: the one
// input of the card's type, every output of the card in a type that can be read,
// and shapes in which -1 (any size, for the graph also a named one) goes with
// everything.
func matchCard(card *models.Card, inputs, outputs []onnxruntime.InputOutputInfo) error {
	if len(inputs) != 1 || inputs[0].Name != card.Input.Tensor.Name {
		return fmt.Errorf("card.json names the input %q, model.onnx has %s", card.Input.Tensor.Name, names(inputs))
	}
	if t := card.Input.Tensor; inputs[0].OrtValueType != onnxruntime.ONNXTypeTensor || !takes(inputs[0].DataType, t.Type) {
		return fmt.Errorf("input %q of model.onnx is not a %s tensor", t.Name, cmp.Or(t.Type, "float32"))
	}
	if err := matchShape("input", inputs[0], card.Input.Tensor.Shape); err != nil {
		return err
	}
	for i := range card.Outputs {
		o := &card.Outputs[i]
		info := find(outputs, o.Name)
		if info == nil {
			return fmt.Errorf("card.json names the output %q, model.onnx has %s", o.Name, names(outputs))
		}
		if info.OrtValueType != onnxruntime.ONNXTypeTensor || !gives(info.DataType) {
			return fmt.Errorf("output %q of model.onnx is no tensor of numbers that can be read: float32, float16, double, int64, int32, uint8 and bool can", o.Name)
		}
		if info.DataType == onnxruntime.TensorElementDataTypeFloat16 && slices.Contains(info.Dimensions[min(1, len(info.Dimensions)):], -1) {
			// The binding reads float16 only where its room is made beforehand.
			return fmt.Errorf("output %q of model.onnx is float16 of a size that is not known beforehand, %v; convert it to float32", o.Name, info.Dimensions)
		}
		var want []int64 // nil: the shape is judged where the output is used
		switch o.Kind {
		case models.OutputProbabilities, models.OutputLogits:
			want = []int64{-1, int64(len(o.Classes))}
		case models.OutputActivationMap:
			want = []int64{-1, 1, -1, -1}
		}
		if want == nil {
			continue
		}
		if err := matchShape("output", *info, want); err != nil {
			return err
		}
	}
	return nil
}

func matchShape(what string, info onnxruntime.InputOutputInfo, want []int64) error {
	same := len(info.Dimensions) == len(want)
	for i := 0; same && i < len(want); i++ {
		same = want[i] == -1 || info.Dimensions[i] == -1 || want[i] == info.Dimensions[i]
	}
	if !same {
		return fmt.Errorf("%s %q of model.onnx has shape %v, by card.json it is %v", what, info.Name, info.Dimensions, want)
	}
	return nil
}

func find(infos []onnxruntime.InputOutputInfo, name string) *onnxruntime.InputOutputInfo {
	for i := range infos {
		if infos[i].Name == name {
			return &infos[i]
		}
	}
	return nil
}

func names(infos []onnxruntime.InputOutputInfo) string {
	var out []string
	for _, i := range infos {
		out = append(out, strconv.Quote(i.Name))
	}
	return strings.Join(out, ", ")
}

// older compares two versions of dotted numbers.
func older(version, least string) bool {
	a, b := strings.Split(version, "."), strings.Split(least, ".")
	for i := range b {
		var x, y int
		if i < len(a) {
			x, _ = strconv.Atoi(a[i])
		}
		y, _ = strconv.Atoi(b[i])
		if x != y {
			return x < y
		}
	}
	return false
}
