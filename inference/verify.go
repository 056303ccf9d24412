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

type expectedArray struct {
	File  string  `json:"file"`
	Shape []int64 `json:"shape"`
}

// pixelCase is one entry of preprocess.json: stored pixels (.u8 or .u16,
// little-endian, interleaved) -> tensor.
type pixelCase struct {
	Pixels      string  `json:"pixels"`
	Rows        int     `json:"rows"`
	Columns     int     `json:"columns"`
	Samples     int     `json:"samples"`
	Photometric string  `json:"photometric"`
	Tensor      string  `json:"tensor"`
	Shape       []int64 `json:"shape"`
	Tolerance   float64 `json:"tolerance"`
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
		frame, err := c.frame(pkg, path.Dir(file))
		if err != nil {
			return fail(err)
		}
		want, err := readTensor(pkg, path.Join(path.Dir(file), c.Tensor), c.Shape)
		if err != nil {
			return fail(err)
		}
		got, _, err := Preprocess(ctx, Image{Frame: frame, Number: 1}, pkg.Card.Input.Preprocess)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = within(got, want, c.Tolerance)
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
		input, err := readTensor(pkg, path.Join(path.Dir(file), c.Input), c.Shape)
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
			want, err := readTensor(pkg, path.Join(path.Dir(file), e.File), e.Shape)
			if err == nil {
				err = within(got[name], want, c.Tolerance)
			}
			if err != nil {
				return fail(fmt.Errorf("output %q: %w", name, err))
			}
		}
	}
	return nil
}

// frame reads the stored pixels of a case.
func (c *pixelCase) frame(pkg *models.Package, dir string) (*imaging.Frame, error) {
	data, err := pkg.ReadFile(path.Join(dir, c.Pixels), arrayLimit)
	if err != nil {
		return nil, err
	}
	f := &imaging.Frame{Rows: c.Rows, Columns: c.Columns, Samples: c.Samples, Photometric: c.Photometric}
	switch path.Ext(c.Pixels) {
	case ".u8":
		f.BitsStored, f.Uint8 = 8, data
	case ".u16":
		f.BitsStored, f.Uint16 = 16, make([]uint16, len(data)/2)
		for i := range f.Uint16 {
			f.Uint16[i] = binary.LittleEndian.Uint16(data[2*i:])
		}
	default:
		return nil, fmt.Errorf("pixels must be .u8 or .u16")
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

func readTensor(pkg *models.Package, file string, shape []int64) (Tensor, error) {
	t := Tensor{Shape: shape}
	if len(shape) == 0 || len(shape) > ranksLimit {
		return t, fmt.Errorf("%s: shape %v", file, shape)
	}
	n := int64(1)
	for _, d := range shape {
		if d < 1 || d > arrayLimit/4/n {
			return t, fmt.Errorf("%s: shape %v", file, shape)
		}
		n *= d
	}
	data, err := pkg.ReadFile(file, arrayLimit)
	if err != nil {
		return t, err
	}
	if int64(len(data)) != 4*n {
		return t, fmt.Errorf("%s has %d bytes; shape %v needs %d", file, len(data), shape, 4*n)
	}
	t.Data = make([]float32, n)
	for i := range t.Data {
		t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return t, nil
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
