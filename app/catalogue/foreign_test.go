package catalogue

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"longying/inference"
	"longying/models"
)

// foreign is a file of the two foreign models beside the project, or a skip.
func foreign(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		data, err := os.ReadFile(filepath.Join(dir, "shared", "data", "models", filepath.FromSlash(name)))
		if err == nil {
			return data
		}
	}
	t.Skipf("%s is not beside the project", name)
	return nil
}

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "foreign", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// head is the T1 volume: 256 planes to the front, of 256 rows down, of 256 voxels
// to the left.
func head(t *testing.T) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(foreign(t, "meshnet-t1/t1_crop.nii.gz")))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(io.LimitReader(z, 352+256*256*256))
	if err != nil || len(data) != 352+256*256*256 {
		t.Fatal(len(data), err)
	}
	return data[352:]
}

// packed packs a draft with its model and cases and installs it, as a person does;
// both run the package's own test.
func packed(t *testing.T, draft string, f files) (*site, *models.Package) {
	t.Helper()
	s := newSite(t, 5*time.Minute)
	f[models.CardFile] = testdata(t, draft)
	out := filepath.Join(t.TempDir(), "package.zip")
	p, err := s.pack(t, f.folder(t), out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: opset %d, input %v, %.3g s on %s, %d MiB", p.Card.ID, p.Card.File.Opset, p.Card.Input.Tensor, p.Card.Resources.Seconds, p.Card.Resources.CPU, p.Card.Resources.MemoryMiB)
	if _, err := s.Install(t.Context(), s.admin, out, false, nil); err != nil {
		t.Fatal(err)
	}
	e := s.entry(p.Card.ID)
	if e.Package == nil || e.Origin != Installed {
		t.Fatalf("got %+v", e)
	}
	return s, e.Package
}

// The expected values are of Python: onnxruntime, numpy, Pillow; see
// testdata/foreign/make_foreign.py.
func TestAForeignClassifierOfBrainMRIsPackedInstalledAndVerified(t *testing.T) {
	f := files{models.ModelFile: foreign(t, "brain-mr-tumour/model.onnx"), "LICENSE": foreign(t, "brain-mr-tumour/LICENSE"), "README.md": []byte("as found")}
	var picture []float32
	for row := range 224 {
		for column := range 224 {
			for channel := range 3 {
				picture = append(picture, float32((31*row+17*column+7*channel)%256)/255)
			}
		}
	}
	f["test/in.f32"], f["test/out.f32"] = floats(picture...), testdata(t, "brain-output.f32")
	f["test/cases.json"] = []byte(`{"input":"in.f32","shape":[1,224,224,3],"expected":{"Identity:0":{"file":"out.f32","shape":[1,2]}},"tolerance":1e-5}`)
	volume, plane := head(t), make([]byte, 0, 256*256)
	for k := 255; k >= 0; k-- { // rows to the back
		plane = append(plane, volume[(k*256+132)*256:][:256]...)
	}
	f["test/plane.u8"], f["test/tensor.f32"] = plane, testdata(t, "brain-tensor.f32")
	f["test/preprocess.json"] = []byte(`{"pixels":"plane.u8","rows":256,"columns":256,"samples":1,"photometric":"MONOCHROME2","tensor":"tensor.f32","shape":[1,224,224,3],"stride":101,"tolerance":1e-6}`)
	s, pkg := packed(t, "brain.json", f)
	card := pkg.Card
	if fmt.Sprintf("%s %v %d", card.Input.Tensor.Name, card.Input.Tensor.Shape, card.File.Opset) != "input_layer [-1 224 224 3] 15" {
		t.Errorf("filled in: %+v", card.Input.Tensor)
	}
	trial := s.trial()
	defer trial.Close()
	runner, err := trial.Load(pkg)
	if err == nil {
		err = inference.Verify(t.Context(), pkg, runner)
	}
	if err != nil {
		t.Error(err)
	}
}

// The volume is laid down as a scanner writes it, axial, to the left, to the back,
// to the head, and the steps turn it as the model wants it.
func TestAForeignSegmentationOfVolumesIsPackedInstalledAndVerified(t *testing.T) {
	if testing.Short() {
		t.Skip("a run takes half a minute")
	}
	f := files{models.ModelFile: foreign(t, "meshnet-t1/model.onnx"), "LICENSE": foreign(t, "meshnet-t1/LICENSE"), "README.md": []byte("as found")}
	volume := head(t)
	axial, input := make([]byte, 0, len(volume)), make([]float32, len(volume))
	for i, v := range volume {
		input[i] = float32(v) / 255
	}
	for j := 255; j >= 0; j-- { // slices to the head
		for k := 255; k >= 0; k-- { // rows to the back
			axial = append(axial, volume[(k*256+j)*256:][:256]...)
		}
	}
	f["test/t1.u8"], f["test/in.f32"], f["test/out.f32"] = axial, floats(input...), testdata(t, "meshnet-output.f32")
	f["test/cases.json"] = []byte(`{"input":"in.f32","shape":[1,1,256,256,256],"expected":{"output":{"file":"out.f32","shape":[1,3,256,256,256],"stride":4099}},"tolerance":1e-4}`)
	c, err := json.Marshal(map[string]any{"pixels": "t1.u8", "rows": 256, "columns": 256, "slices": 256, "samples": 1, "photometric": "MONOCHROME2",
		"spacing_mm": []int{1, 1, 1}, "directions": [][]int{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, "tensor": "in.f32", "shape": []int{1, 1, 256, 256, 256}, "tolerance": 0})
	if err != nil {
		t.Fatal(err)
	}
	f["test/preprocess.json"] = c
	_, pkg := packed(t, "meshnet.json", f)
	card := pkg.Card
	if fmt.Sprintf("%s %v %d", card.Input.Tensor.Name, card.Input.Tensor.Shape, card.File.Opset) != "input [-1 1 256 256 256] 14" {
		t.Errorf("filled in: %+v", card.Input.Tensor)
	}
}
