package inference

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"longying/models"
)

// f32 holds little-endian float32 values 1, 2, ... written by hand.
var f32 = map[float32]string{0: "\x00\x00\x00\x00", 1: "\x00\x00\x80\x3f", 2: "\x00\x00\x00\x40", 3: "\x00\x00\x40\x40"}

func tinyPackage(t *testing.T) (*models.Package, fstest.MapFS) {
	t.Helper()
	sum := sha256.Sum256([]byte("graph"))
	card := &models.Card{
		ID: "tiny", File: models.File{SHA256: hex.EncodeToString(sum[:])},
		Input: models.Input{Preprocess: steps(t, values, layout), Tensor: models.TensorDef{Name: "image", Shape: []int64{-1, 1, 1, 2}}},
		Tests: models.Tests{Cases: "test/cases.json", Preprocess: "test/preprocess.json"},
	}
	files := fstest.MapFS{
		"model.onnx":           {Data: []byte("graph")},
		"test/cases.json":      {Data: []byte(`[{"input":"in.f32","shape":[1,1,1,2],"expected":{"sum":{"file":"sum.f32","shape":[1,1]}},"tolerance":0.0001}]`)},
		"test/preprocess.json": {Data: []byte(`{"pixels":"p.u16","rows":1,"columns":2,"samples":1,"photometric":"MONOCHROME2","tensor":"in.f32","shape":[1,1,1,2],"tolerance":0}`)},
		"test/p.u16":           {Data: []byte("\x01\x00\x02\x00")},
		"test/in.f32":          {Data: []byte(f32[1] + f32[2])},
		"test/sum.f32":         {Data: []byte(f32[3])},
	}
	return &models.Package{Card: card, Files: files}, files
}

// summing is a runner whose output is the sum of its input.
func summing() *fixedRunner {
	return &fixedRunner{answer: func(_ context.Context, in Tensor) (map[string]Tensor, error) {
		sum := float32(0)
		for _, v := range in.Data {
			sum += v
		}
		return map[string]Tensor{"sum": tensor([]int64{1, 1}, sum)}, nil
	}}
}

func TestAPackageThatDoesWhatItSaysIsVerified(t *testing.T) {
	pkg, _ := tinyPackage(t)
	if err := Verify(context.Background(), pkg, summing()); err != nil {
		t.Error(err)
	}
}

func TestVerifyNamesTheCaseThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		file, content string
		want          string
	}{
		"pixels":                {"test/p.u16", "\x01\x00\x03\x00", "p.u16): value 1 is 3, wanted 2"},
		"pixels cut short":      {"test/p.u16", "\x01\x00", "frame of 1 x 2 x 1 holds 1 values"},
		"tensor":                {"test/in.f32", f32[1] + f32[0], "wanted 0"},
		"tensor cut short":      {"test/in.f32", f32[1], "in.f32 has 4 bytes; shape [1 1 1 2] needs 8 at a stride of 1"},
		"output":                {"test/sum.f32", f32[2], `output "sum": value 0 is 3, wanted 2: differs by 1`},
		"unknown key":           {"test/cases.json", `[{"inputs":"in.f32"}]`, `unknown field "inputs"`},
		"no cases":              {"test/cases.json", `[]`, "holds no cases"},
		"nothing expected":      {"test/cases.json", `[{"input":"in.f32","shape":[1,1,1,2],"expected":{},"tolerance":0}]`, "expects no output"},
		"something after":       {"test/cases.json", `[] []`, "something after"},
		"an output not given":   {"test/cases.json", `[{"input":"in.f32","shape":[1,1,1,2],"expected":{"x":{"file":"sum.f32","shape":[1,1]}},"tolerance":0}]`, `output "x": shape is []`},
		"a shape that explodes": {"test/cases.json", `[{"input":"in.f32","shape":[4294967296,4294967296],"expected":{"sum":{"file":"sum.f32","shape":[1,1]}},"tolerance":0}]`, "shape [4294967296 4294967296]"},
		"a path outside":        {"test/cases.json", `[{"input":"../../in.f32","shape":[1,1,1,2],"expected":{"sum":{"file":"sum.f32","shape":[1,1]}},"tolerance":0}]`, "../in.f32"},
	} {
		t.Run(name, func(t *testing.T) {
			pkg, files := tinyPackage(t)
			files[c.file] = &fstest.MapFile{Data: []byte(c.content)}
			err := Verify(context.Background(), pkg, summing())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "tiny") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestOfALargeOutputEveryStridethValueIsCompared(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want string
	}{
		"the first and the third":    {f32[0] + f32[2], ""},
		"another third":              {f32[0] + f32[3], "value 1 is 2, wanted 3"},
		"a value too many":           {f32[0] + f32[2] + f32[3], "needs 8 at a stride of 2"},
		"a shape that does not hold": {f32[0] + f32[2], "shape"},
	} {
		pkg, files := tinyPackage(t)
		shape := "[1,1,1,4]"
		if name == "a shape that does not hold" {
			shape = "[1,1,1,3]"
		}
		files["test/cases.json"].Data = []byte(`[{"input":"in.f32","shape":[1,1,1,2],"expected":{"ramp":{"file":"sum.f32","shape":` + shape + `,"stride":2}},"tolerance":0}]`)
		files["test/sum.f32"].Data = []byte(c.file)
		ramp := &fixedRunner{answer: func(context.Context, Tensor) (map[string]Tensor, error) {
			return map[string]Tensor{"ramp": tensor([]int64{1, 1, 1, 4}, 0, 1, 2, 3)}, nil
		}}
		err := Verify(context.Background(), pkg, ramp)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// Two slices of one row and two columns, columns to the left, rows to the back,
// slices to the head, turned to a tensor whose slices go down.
func TestAVolumeIsVerifiedAsAVolume(t *testing.T) {
	pkg, files := tinyPackage(t)
	pkg.Card.Input.Preprocess = steps(t, values, `{"step":"reorient","axes":"LPI"}`, `{"step":"layout","order":"NCDHW"}`)
	files["test/p.i16"] = &fstest.MapFile{Data: []byte("\x01\x00\x02\x00\x03\x00\x00\x00")}
	files["test/turned.f32"] = &fstest.MapFile{Data: []byte(f32[3] + f32[0] + f32[1] + f32[2])}
	const c = `{"pixels":"p.i16","rows":1,"columns":2,"samples":1,"slices":2,"spacing_mm":[1,1,2],"directions":[[1,0,0],[0,1,0],[0,0,1]],` +
		`"photometric":"MONOCHROME2","tensor":"turned.f32","shape":[1,1,2,1,2],"tolerance":0}`
	files["test/preprocess.json"].Data = []byte(c)
	if err := Verify(context.Background(), pkg, summing()); err != nil {
		t.Error(err)
	}
	for old, bad := range map[string]string{`[0,0,1]`: `[0,0,-1]`, `"slices":2`: `"slices":3`, `"samples":1`: `"samples":3`, `[[1,0,0]`: `[[0,0,1]`} {
		files["test/preprocess.json"].Data = []byte(strings.Replace(c, old, bad, 1))
		if err := Verify(context.Background(), pkg, summing()); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestVerifyComparesTheHashBeforeAnythingRuns(t *testing.T) {
	pkg, files := tinyPackage(t)
	files["model.onnx"].Data = []byte("grapf")
	r := summing()
	var wrong *models.HashError
	if err := Verify(context.Background(), pkg, r); !errors.As(err, &wrong) || len(r.inputs) != 0 {
		t.Errorf("got %v after %d runs", err, len(r.inputs))
	}
}
