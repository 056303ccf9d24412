package ort

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"longying/imaging"
	"longying/inference"
	"longying/models"
)

// foreign is a file of a foreign model beside the project, or a skip.
func foreign(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "models", filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("%s is not beside the project", name)
	}
	return data
}

// headT1 is the T1 volume of MeshNet as a scanner writes it: slices to the head,
// rows to the back, columns to the left, 1 mm. See testdata/make_foreign.py.
func headT1(t *testing.T) inference.Subject {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(foreign(t, "meshnet-t1/t1_crop.nii.gz")))
	if err != nil {
		t.Fatal(err)
	}
	const n, header = 256, 352
	data, err := io.ReadAll(io.LimitReader(z, header+n*n*n))
	if err != nil || len(data) != header+n*n*n {
		t.Fatal(len(data), err)
	}
	v := &inference.Volume{Columns: n, Rows: n, Slices: n, Spacing: [3]float64{1, 1, 1},
		Directions: [3]imaging.Vec{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, Photometric: "MONOCHROME2"}
	s := inference.Subject{Volume: v, Scale: imaging.SpacingPatient}
	for down := n - 1; down >= 0; down-- {
		for front := n - 1; front >= 0; front-- {
			for _, x := range data[header+(front*n+down)*n:][:n] {
				v.Values = append(v.Values, float32(x))
			}
		}
		s.Slices = append(s.Slices, imaging.Ref{SOPUID: "1", Frame: n - down})
	}
	return s
}

// foreignCard is the card of a foreign model, with what packing fills in.
func foreignCard(t *testing.T, name string, tensor models.TensorDef) *models.Card {
	t.Helper()
	draft, err := os.ReadFile(filepath.Join("..", "..", "app", "catalogue", "testdata", "foreign", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	card := new(models.Card)
	if err := json.Unmarshal(draft, card); err != nil {
		t.Fatal(err)
	}
	tensor.Values = card.Input.Tensor.Values
	card.File.MinimumRuntime, card.Input.Tensor = "1.17.0", tensor
	return card
}

// python reads what Python found under a key of testdata/foreign.json.
func python(t *testing.T, key string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "foreign.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(all[key], into); err != nil {
		t.Fatal(err)
	}
}

func TestTheForeignClassifierOfBrainMRGivesTheProbabilitiesThatPythonGives(t *testing.T) {
	graph := foreign(t, "brain-mr-tumour/model.onnx")
	card := foreignCard(t, "brain", models.TensorDef{Name: "input_layer", Shape: []int64{-1, 224, 224, 3}, Order: "NHWC"})
	var want map[string][2]float64
	python(t, "tumour", &want)
	session, err := open(t).Load(graph, card, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	q := inference.Request{Package: &models.Package{Card: card}, Runner: session}
	v := headT1(t).Volume
	for slice, w := range want {
		k, err := strconv.Atoi(slice)
		if err != nil {
			t.Fatal(err)
		}
		f := &imaging.Frame{Columns: 256, Rows: 256, Samples: 1, BitsStored: 8, Photometric: "MONOCHROME2"}
		for _, x := range v.Values[k*256*256 : (k+1)*256*256] {
			f.Uint8 = append(f.Uint8, uint8(x))
		}
		got, err := inference.Analyze(t.Context(), q, inference.Subject{Image: inference.Image{Frame: f, Number: 1}}, nil)
		if err != nil || len(got) != 1 || len(got[0].All) != 2 {
			t.Fatalf("slice %d: %+v, %v", k, got, err)
		}
		for c, share := range got[0].All {
			if math.Abs(share.Probability-w[c]) > 1e-4 {
				t.Errorf("slice %d: %s is %g, Python has %g", k, share.Key, share.Probability, w[c])
			}
		}
		if got[0].Outcome != inference.BelowThreshold || got[0].Class.Key != "yes" {
			t.Errorf("slice %d: %+v", k, got[0])
		}
	}
	if len(want) != 8 {
		t.Errorf("%d slices", len(want))
	}
}

// The masks and sizes of a whole volume are those of Python: the voxels of each
// slice but for those whose two classes are as likely as one another, the volume
// within 1e-4, the longest diameter in the same slice.
func TestTheForeignSegmentationOfAHeadMeasuresWhatPythonMeasures(t *testing.T) {
	if os.Getenv("LONGYING_FOREIGN") == "" {
		t.Skip("a run takes a minute and 2 GiB; make conformance does it")
	}
	graph := foreign(t, "meshnet-t1/model.onnx")
	card := foreignCard(t, "meshnet", models.TensorDef{Name: "input", Shape: []int64{-1, 1, 256, 256, 256}, Order: "NCDHW"})
	want := map[string]struct {
		ML      float64 `json:"mL"`
		Longest float64
		Slice   int
		Voxels  []int
	}{}
	for _, key := range []string{"white", "grey"} {
		w := want[key]
		python(t, key, &w)
		want[key] = w
	}
	session, err := open(t).Load(graph, card, Options{Threads: runtime.NumCPU()})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	began := time.Now()
	got, err := inference.Analyze(t.Context(), inference.Request{Package: &models.Package{Card: card}, Runner: session}, headT1(t), nil)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	t.Logf("%v in all, %v prepared, %v run", time.Since(began), got[0].Trace.Preparing, got[0].Trace.Running)
	for _, p := range got {
		w, ok := want[p.Class.Key]
		if !ok || p.Outcome != inference.Proposed || len(p.Measurements) != 3 {
			t.Errorf("%s: %+v", p.Class.Key, p.Reason)
			continue
		}
		m := p.Measurements
		t.Logf("%s: %.3f %s, Python %.3f; %.3f %s in slice %d, across %.3f; mask %d bytes", p.Class.Key, m[0].Value, m[0].Unit, w.ML, m[1].Value, m[1].Unit, p.Ref.Frame-1, m[2].Value, len(p.Mask.Runs))
		if math.Abs(m[0].Value-w.ML) > 1e-4*w.ML || math.Abs(m[1].Value-w.Longest) > 1e-9 || p.Ref.Frame != w.Slice+1 {
			t.Errorf("%s: %g mL, %g mm in slice %d; Python has %g, %g, %d", p.Class.Key, m[0].Value, m[1].Value, p.Ref.Frame-1, w.ML, w.Longest, w.Slice)
		}
		mask, err := p.Mask.Mask()
		if err != nil {
			t.Fatal(err)
		}
		plane := mask.Columns * mask.Rows
		for z, n := range w.Voxels {
			found := 0
			if k := z - p.Mask.At[2]; k >= 0 && k < mask.Slices {
				for _, in := range mask.In[k*plane : (k+1)*plane] {
					if in {
						found++
					}
				}
			}
			if found < n-2 || found > n+2 {
				t.Errorf("%s: %d voxels in slice %d, Python has %d", p.Class.Key, found, z, n)
			}
		}
	}
}
