package ort

import (
	"encoding/binary"
	"fmt"
	"math"

	"longying/inference"

	onnxruntime "github.com/yalue/onnxruntime_go"
)

// elementType is a name of models.TensorTypes as ONNX Runtime has it.
func elementType(name string) onnxruntime.TensorElementDataType {
	switch name {
	case "", "float32":
		return onnxruntime.TensorElementDataTypeFloat
	case "uint8":
		return onnxruntime.TensorElementDataTypeUint8
	case "int64":
		return onnxruntime.TensorElementDataTypeInt64
	case "float16":
		return onnxruntime.TensorElementDataTypeFloat16
	}
	return onnxruntime.TensorElementDataTypeUndefined
}

// takes reports a graph's input type that holds what the card says. Double holds
// every float32, so it needs no word in the card.
func takes(graph onnxruntime.TensorElementDataType, card string) bool {
	want := elementType(card)
	return graph == want || graph == onnxruntime.TensorElementDataTypeDouble && want == onnxruntime.TensorElementDataTypeFloat
}

// gives reports an output type that can be read as float32.
func gives(t onnxruntime.TensorElementDataType) bool {
	switch t {
	case onnxruntime.TensorElementDataTypeFloat, onnxruntime.TensorElementDataTypeDouble, onnxruntime.TensorElementDataTypeFloat16,
		onnxruntime.TensorElementDataTypeInt64, onnxruntime.TensorElementDataTypeInt32, onnxruntime.TensorElementDataTypeUint8,
		onnxruntime.TensorElementDataTypeBool:
		return true
	}
	return false
}

// input is a tensor as the graph takes it, to be destroyed. Integers are rounded
// half to even; a value that does not fit is an error, never clipped.
func input(t inference.Tensor, as onnxruntime.TensorElementDataType) (onnxruntime.Value, error) {
	shape := onnxruntime.NewShape(t.Shape...)
	switch as {
	case onnxruntime.TensorElementDataTypeFloat:
		return onnxruntime.NewTensor(shape, t.Data)
	case onnxruntime.TensorElementDataTypeDouble:
		out := make([]float64, len(t.Data))
		for i, v := range t.Data {
			out[i] = float64(v)
		}
		return onnxruntime.NewTensor(shape, out)
	case onnxruntime.TensorElementDataTypeUint8:
		out, err := rounded[uint8](t.Data, 0, math.MaxUint8)
		if err != nil {
			return nil, err
		}
		return onnxruntime.NewTensor(shape, out)
	case onnxruntime.TensorElementDataTypeInt64:
		// 2^63 is a float32 and no int64.
		out, err := rounded[int64](t.Data, math.MinInt64, math.Nextafter(1<<63, 0))
		if err != nil {
			return nil, err
		}
		return onnxruntime.NewTensor(shape, out)
	case onnxruntime.TensorElementDataTypeFloat16:
		out := make([]byte, 0, 2*len(t.Data))
		for i, v := range t.Data {
			h := float16(v)
			if h&0x7fff == 0x7c00 && !math.IsInf(float64(v), 0) {
				return nil, fmt.Errorf("value %g at %d does not fit float16", v, i)
			}
			out = binary.NativeEndian.AppendUint16(out, h)
		}
		return onnxruntime.NewCustomDataTensor(shape, out, as)
	}
	return nil, fmt.Errorf("elements of type %v are not supported", as)
}

func rounded[T uint8 | int64](values []float32, least, most float64) ([]T, error) {
	out := make([]T, len(values))
	for i, v := range values {
		r := math.RoundToEven(float64(v))
		if !(r >= least && r <= most) { // NaN too
			return nil, fmt.Errorf("value %g at %d does not fit %T", v, i, out[i])
		}
		out[i] = T(r)
	}
	return out, nil
}

// output reads a tensor as float32. Numbers of double are rounded; what float32
// cannot hold (a larger double, an integer that it has no exact value for) is an
// error. false and true are 0 and 1.
func output(value onnxruntime.Value) (inference.Tensor, error) {
	switch t := value.(type) {
	case *onnxruntime.Tensor[float32]:
		return inference.Tensor{Shape: t.GetShape(), Data: t.GetData()}, nil
	case *onnxruntime.Tensor[float64]:
		data := make([]float32, 0, len(t.GetData()))
		for i, v := range t.GetData() {
			f := float32(v)
			if math.IsInf(float64(f), 0) && !math.IsInf(v, 0) {
				return inference.Tensor{}, fmt.Errorf("value %g at %d does not fit float32", v, i)
			}
			data = append(data, f)
		}
		return inference.Tensor{Shape: t.GetShape(), Data: data}, nil
	case *onnxruntime.Tensor[int64]:
		return whole(t.GetShape(), t.GetData())
	case *onnxruntime.Tensor[int32]:
		return whole(t.GetShape(), t.GetData())
	case *onnxruntime.Tensor[uint8]:
		return whole(t.GetShape(), t.GetData())
	case *onnxruntime.Tensor[bool]:
		data := make([]float32, len(t.GetData()))
		for i, v := range t.GetData() {
			if v {
				data[i] = 1
			}
		}
		return inference.Tensor{Shape: t.GetShape(), Data: data}, nil
	case *onnxruntime.CustomDataTensor: // made by Session.places, so it is float16
		b := t.GetData()
		data := make([]float32, len(b)/2)
		for i := range data {
			data[i] = float32of16(binary.NativeEndian.Uint16(b[2*i:]))
		}
		return inference.Tensor{Shape: t.GetShape(), Data: data}, nil
	}
	return inference.Tensor{}, fmt.Errorf("elements of %T are not supported", value)
}

func whole[T int64 | int32 | uint8](shape onnxruntime.Shape, values []T) (inference.Tensor, error) {
	data := make([]float32, len(values))
	for i, v := range values {
		data[i] = float32(v)
		// 2^63 is the one float32 that does not convert back.
		if data[i] >= 1<<63 || int64(data[i]) != int64(v) {
			return inference.Tensor{}, fmt.Errorf("value %d at %d has no exact float32", v, i)
		}
	}
	return inference.Tensor{Shape: shape, Data: data}, nil
}

// float16 is the nearest half of IEEE 754, ties to even; what lies beyond the
// largest, 65504, by half a step or more is infinite.
func float16(v float32) uint16 {
	b := math.Float32bits(v)
	sign := uint16(b>>16) & 0x8000
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // NaN
		return sign | 0x7e00
	case b >= 0x47800000: // 2^16
		return sign | 0x7c00
	case b < 0x38800000: // below 2^-14: a whole number of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(b))*(1<<24)))
	}
	b += 0xfff + b>>13&1
	return sign | uint16((b-0x38000000)>>13)
}

// float32of16 is exact.
func float32of16(h uint16) float32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0:
		f := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}
