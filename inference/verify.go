package inference

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path"

	"longying/imaging"
	"longying/models"
)

// ErrVerify is wrapped by every error of Verify that means that the package does
// not do what it says.
var ErrVerify = errors.New("the package does not pass its own test")

const (
	indexLimit = 1 << 20 // bytes of cases.json and preprocess.json
	arrayLimit = 1 << 28 // bytes of one reference array
	ranksLimit = 8
)

// sessionCase is one entry of cases.json: session input -> outputs. Files lie
// beside it and hold little-endian float32.
type sessionCase struct {
	Input     string                   `json:"input"`
	Shape     []int64                  `json:"shape"`
	Expected  map[string]expectedArray `json:"expected"`
	Tolerance float64                  `json:"tolerance"` // largest absolute difference
}

// expectedArray is an output. The values of a whole volume would be larger than
// the model: with a stride the file holds every stride-th of them in row-major
// order, from the first on. A prime shows any shift.
type expectedArray struct {
	File   string  `json:"file"`
	Shape  []int64 `json:"shape"`            // of all values
	Stride int64   `json:"stride,omitempty"` // 0: all are in the file
}

// pixelCase is one entry of preprocess.json: stored pixels (.u8, .u16 or .i16,
// little-endian, interleaved) -> tensor. With slices they are a volume, slice after
// slice, whose stored values are its modality values.
type pixelCase struct {
	Pixels      string         `json:"pixels"`
	Rows        int            `json:"rows"`
	Columns     int            `json:"columns"`
	Samples     int            `json:"samples"`
	Photometric string         `json:"photometric"`
	Slices      int            `json:"slices,omitempty"`
	Spacing     [3]float64     `json:"spacing_mm,omitempty"` // along a row, down a column, from slice to slice
	Directions  [3]imaging.Vec `json:"directions,omitempty"` // where columns, rows and slices lead, towards left, back and head
	Tensor      string         `json:"tensor"`
	Shape       []int64        `json:"shape"`
	Stride      int64          `json:"stride,omitempty"` // of the tensor's file, as that of an expected output
	Tolerance   float64        `json:"tolerance"`
}

// Verify runs the package's own test: the hash of model.onnx, every case of
// tests.preprocess through Preprocess, every case of tests.cases through the
// runner. The first case that fails is the error; it names the file, the largest
// difference and the tolerance, and wraps ErrVerify.
func Verify(ctx context.Context, pkg *models.Package, runner Runner) error {
	if _, err := pkg.Model(); err != nil {
		return err
	}
	if err := verifyPixels(ctx, pkg); err != nil {
		return err
	}
	return verifySession(ctx, pkg, runner)
}

func verifyPixels(ctx context.Context, pkg *models.Package) error {
	file := pkg.Card.Tests.Preprocess
	var cases []pixelCase
	if err := readCases(pkg, file, &cases); err != nil {
		return err
	}
	for i, c := range cases {
		fail := func(err error) error {
			return fmt.Errorf("model package %s: %s case %d (%s): %w: %w", pkg.Card.ID, file, i, c.Pixels, err, ErrVerify)
		}
		want, err := readTensor(pkg, path.Join(path.Dir(file), c.Tensor), c.Shape, c.Stride)
		if err != nil {
			return fail(err)
		}
		got, err := c.tensor(ctx, pkg, path.Dir(file))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = within(thin(got, c.Stride), want, c.Tolerance)
		}
		if err != nil {
			return fail(err)
		}
	}
	return nil
}

func verifySession(ctx context.Context, pkg *models.Package, runner Runner) error {
	file := pkg.Card.Tests.Cases
	var cases []sessionCase
	if err := readCases(pkg, file, &cases); err != nil {
		return err
	}
	for i, c := range cases {
		fail := func(err error) error {
			return fmt.Errorf("model package %s: %s case %d (%s): %w: %w", pkg.Card.ID, file, i, c.Input, err, ErrVerify)
		}
		if len(c.Expected) == 0 {
			return fail(errors.New("it expects no output"))
		}
		input, err := readTensor(pkg, path.Join(path.Dir(file), c.Input), c.Shape, 0)
		if err != nil {
			return fail(err)
		}
		var names []string
		for name := range c.Expected {
			names = append(names, name)
		}
		got, err := runner.Run(ctx, map[string]Tensor{pkg.Card.Input.Tensor.Name: input}, names)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fail(err)
		}
		for name, e := range c.Expected {
			want, err := readTensor(pkg, path.Join(path.Dir(file), e.File), e.Shape, e.Stride)
			if err == nil {
				err = within(thin(got[name], e.Stride), want, c.Tolerance)
			}
			if err != nil {
				return fail(fmt.Errorf("output %q: %w", name, err))
			}
		}
	}
	return nil
}

// tensor is what the steps make of a case.
func (c *pixelCase) tensor(ctx context.Context, pkg *models.Package, dir string) (Tensor, error) {
	frame, err := c.frame(pkg, dir)
	if err != nil {
		return Tensor{}, err
	}
	steps := pkg.Card.Input.Preprocess
	if c.Slices == 0 {
		t, _, err := Preprocess(ctx, Image{Frame: frame, Number: 1}, steps)
		return t, err
	}
	v := &Volume{Columns: c.Columns, Rows: c.Rows, Slices: c.Slices, Spacing: c.Spacing, Directions: c.Directions, Photometric: c.Photometric}
	switch {
	case frame.Uint8 != nil:
		v.Values = widened(frame.Uint8)
	case frame.Uint16 != nil:
		v.Values = widened(frame.Uint16)
	default:
		v.Values = widened(frame.Int16)
	}
	t, _, err := PreprocessVolume(ctx, v, steps)
	return t, err
}

func widened[T uint8 | uint16 | int16](stored []T) []float32 {
	out := make([]float32, len(stored))
	for i, v := range stored {
		out[i] = float32(v)
	}
	return out
}

// frame reads the stored pixels of a case; those of a volume as one tall frame.
func (c *pixelCase) frame(pkg *models.Package, dir string) (*imaging.Frame, error) {
	data, err := pkg.ReadFile(path.Join(dir, c.Pixels), arrayLimit)
	if err != nil {
		return nil, err
	}
	if c.Slices < 0 || c.Rows < 1 || c.Columns < 1 || c.Slices > arrayLimit/c.Rows || c.Slices > 0 && c.Samples != 1 {
		return nil, fmt.Errorf("%d slices of %d x %d with %d samples", c.Slices, c.Columns, c.Rows, c.Samples)
	}
	f := &imaging.Frame{Rows: c.Rows * max(1, c.Slices), Columns: c.Columns, Samples: c.Samples, Photometric: c.Photometric}
	switch path.Ext(c.Pixels) {
	case ".u8":
		f.BitsStored, f.Uint8 = 8, data
	case ".u16":
		f.BitsStored, f.Uint16 = 16, make([]uint16, len(data)/2)
		for i := range f.Uint16 {
			f.Uint16[i] = binary.LittleEndian.Uint16(data[2*i:])
		}
	case ".i16":
		f.BitsStored, f.Int16 = 16, make([]int16, len(data)/2)
		for i := range f.Int16 {
			f.Int16[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
		}
	default:
		return nil, fmt.Errorf("pixels must be .u8, .u16 or .i16")
	}
	return f, f.Check()
}

// readCases reads a list of cases, or a single one, strictly.
func readCases[T any](pkg *models.Package, file string, into *[]T) error {
	data, err := pkg.ReadFile(file, indexLimit)
	if err != nil {
		return err
	}
	if data = bytes.TrimSpace(data); len(data) > 0 && data[0] == '{' {
		data = append(append([]byte{'['}, data...), ']')
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("model package %s: %s: %w: %w", pkg.Card.ID, file, err, ErrVerify)
	}
	if _, err := dec.Token(); err != io.EOF || len(*into) == 0 {
		return fmt.Errorf("model package %s: %s holds no cases, or something after them: %w", pkg.Card.ID, file, ErrVerify)
	}
	return nil
}

// readTensor reads an array, or every stride-th value of one.
func readTensor(pkg *models.Package, file string, shape []int64, stride int64) (Tensor, error) {
	t := Tensor{Shape: shape}
	if len(shape) == 0 || len(shape) > ranksLimit || stride < 0 {
		return t, fmt.Errorf("%s: shape %v, stride %d", file, shape, stride)
	}
	n := int64(1)
	for _, d := range shape {
		if d < 1 || d > arrayLimit/4/n {
			return t, fmt.Errorf("%s: shape %v", file, shape)
		}
		n *= d
	}
	stride = max(1, stride)
	n = (n-1)/stride + 1
	data, err := pkg.ReadFile(file, arrayLimit)
	if err != nil {
		return t, err
	}
	if int64(len(data)) != 4*n {
		return t, fmt.Errorf("%s has %d bytes; shape %v needs %d at a stride of %d", file, len(data), shape, 4*n, stride)
	}
	t.Data = make([]float32, n)
	for i := range t.Data {
		t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return t, nil
}

// thin keeps every stride-th value of a tensor.
func thin(t Tensor, stride int64) Tensor {
	if stride <= 1 {
		return t
	}
	out := Tensor{Shape: t.Shape}
	for i := int64(0); i < int64(len(t.Data)); i += stride {
		out.Data = append(out.Data, t.Data[i])
	}
	return out
}

// within compares two tensors value by value; a NaN is never within.
func within(got, want Tensor, tolerance float64) error {
	if fmt.Sprint(got.Shape) != fmt.Sprint(want.Shape) || len(got.Data) != len(want.Data) {
		return fmt.Errorf("shape is %v; wanted %v", got.Shape, want.Shape)
	}
	worst, at := 0.0, 0
	for i := range want.Data {
		d := math.Abs(float64(got.Data[i]) - float64(want.Data[i]))
		if math.IsNaN(d) {
			return fmt.Errorf("value %d is %g; wanted %g", i, got.Data[i], want.Data[i])
		}
		if d > worst {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance) {
		return fmt.Errorf("value %d is %g, wanted %g: differs by %.3g, more than %.3g", at, got.Data[at], want.Data[at], worst, tolerance)
	}
	return nil
}
