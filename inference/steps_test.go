package inference

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"longying/imaging"
	"longying/models"
)

// further is one case of testdata/more.json, written by make_steps.py with
// Pillow, OpenCV, SciPy, nibabel and torchstain.
type further struct {
	reference
	Spacing *[2]float64
	Volume  *struct {
		Slices     int
		Spacing    [3]float64
		Directions [3]imaging.Vec
	}
}

func (f *further) prepare(t *testing.T) (Tensor, Placement, error) {
	t.Helper()
	if f.Volume == nil {
		image := f.image(t)
		if f.Spacing != nil {
			image.Spacing = *f.Spacing
		}
		return Preprocess(context.Background(), image, f.Steps)
	}
	v := &Volume{Columns: f.Columns, Rows: f.Rows, Slices: f.Volume.Slices, Spacing: f.Volume.Spacing, Directions: f.Volume.Directions, Photometric: f.Photometric}
	data := testdata(t, f.Pixels)
	for i := 0; i < len(data); i += 2 {
		v.Values = append(v.Values, float32(int16(binary.LittleEndian.Uint16(data[i:]))))
	}
	return PreprocessVolume(context.Background(), v, f.Steps)
}

func furtherCases(t *testing.T) []further {
	t.Helper()
	var cases []further
	if err := json.Unmarshal(testdata(t, "more.json"), &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestEveryFurtherStepEqualsItsReference(t *testing.T) {
	tested := map[string]bool{}
	for _, f := range furtherCases(t) {
		t.Run(f.Name, func(t *testing.T) {
			got, _, err := f.prepare(t)
			if err != nil {
				t.Fatal(err)
			}
			if err := within(got, Tensor{Shape: f.Shape, Data: floats(testdata(t, f.Tensor))}, f.Tolerance); err != nil {
				t.Error(err)
			}
		})
		for _, s := range f.Steps {
			tested[s.Name] = true
		}
	}
	for _, r := range references(t) {
		for _, s := range r.Steps {
			tested[s.Name] = true
		}
	}
	for _, name := range models.StepNames() {
		if !tested[name] {
			t.Errorf("step %q has no reference tensor", name)
		}
	}
}

// A tensor whose steps only move voxels holds at each index what the source
// holds where the placement says.
func TestAPlacementLeadsEachVoxelBackToWhereItCameFrom(t *testing.T) {
	for _, f := range furtherCases(t) {
		moves := !slices.ContainsFunc(f.Steps, func(s models.Step) bool {
			return !slices.Contains([]string{"modality-values", "reorient", "pad", "center-crop", "crop-or-pad", "layout"}, s.Name)
		})
		if !moves || strings.Contains(f.Name, "channels-last") {
			continue
		}
		got, p, err := f.prepare(t)
		if err != nil {
			t.Fatal(err)
		}
		source := testdata(t, f.Pixels)
		inside := 0
		for i, v := range got.Data {
			at := [3]float64{float64(i % p.size[0]), float64(i / p.size[0] % p.size[1]), float64(i / p.size[0] / p.size[1])}
			from := p.Source(at)
			if back := p.Tensor(from); math.Abs(back[0]-at[0])+math.Abs(back[1]-at[1])+math.Abs(back[2]-at[2]) > 1e-9 {
				t.Fatalf("%s: %v leads to %v and back to %v", f.Name, at, from, back)
			}
			k := [3]int{int(from[0]), int(from[1]), int(from[2])}
			if k[0] < 0 || k[0] >= p.from[0] || k[1] < 0 || k[1] >= p.from[1] || k[2] < 0 || k[2] >= p.from[2] {
				continue
			}
			inside++
			n := (k[2]*p.from[1]+k[1])*p.from[0] + k[0]
			if want := float32(int16(binary.LittleEndian.Uint16(source[2*n:]))); v != want {
				t.Fatalf("%s: voxel %v is %g, the source has %g at %v", f.Name, at, v, want, from)
			}
		}
		if inside == 0 {
			t.Errorf("%s: no voxel lies in the source", f.Name)
		}
	}
}

// Where a resize puts the edges: the first pixel's outer edge stays the first
// pixel's outer edge.
func TestAPlacementKeepsTheOuterEdgesOfAResizedImage(t *testing.T) {
	image := Image{Frame: grey(10, 20, make([]uint8, 200)...), Number: 1, Spacing: [2]float64{.5, 1}}
	for _, step := range []string{
		`{"step":"resize","width":5,"height":40,"interpolation":"bilinear","antialias":false}`,
		`{"step":"resample-spacing","x":2,"y":0.25,"interpolation":"linear"}`,
	} {
		_, p, err := Preprocess(context.Background(), image, steps(t, values, step, layout))
		if err != nil {
			t.Fatal(err)
		}
		low, high := p.Source([3]float64{-.5, -.5, 0}), p.Source([3]float64{float64(p.size[0]) - .5, float64(p.size[1]) - .5, 0})
		if low[0] != -.5 || low[1] != -.5 || high[0] != 19.5 || high[1] != 9.5 {
			t.Errorf("%s: the edges are %v and %v", step, low, high)
		}
	}
}

func TestWhatAStepCannotDoIsAnErrorOfThatStep(t *testing.T) {
	image := Image{Frame: grey(2, 3, 1, 2, 3, 4, 5, 6), Number: 1}
	colour := Image{Frame: &imaging.Frame{Rows: 2, Columns: 2, Samples: 3, BitsStored: 8, Photometric: "RGB", Uint8: slices.Repeat([]uint8{250}, 12)}, Number: 1}
	for _, c := range []struct {
		image Image
		steps []string
		says  string
	}{
		{image, []string{values, `{"step":"pad","width":2,"height":9,"value":0,"place":"centre"}`, layout}, "larger"},
		{image, []string{values, `{"step":"center-crop","width":4,"height":1}`, layout}, "smaller"},
		{image, []string{values, `{"step":"resample-spacing","x":1,"y":1,"interpolation":"linear"}`, layout}, "spacing"},
		{image, []string{values, `{"step":"clip","low":7,"high":9}`, `{"step":"percentile-clip","low":1,"high":99}`, layout}, "same value"},
		{image, []string{values, `{"step":"layout","order":"NCDHW"}`}, "volume"},
		{colour, []string{`{"step":"rgb"}`, `{"step":"stain-normalise","method":"macenko","target":[[0.56,0.2],[0.72,0.8],[0.4,0.55]],"max_concentrations":[2,1],"io":240,"alpha":1,"beta":0.15}`, layout}, "stain"},
	} {
		_, _, err := Preprocess(context.Background(), c.image, steps(t, c.steps...))
		var step *StepError
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, %v", c.steps, err, step)
		}
	}
	v := &Volume{Columns: 1, Rows: 1, Slices: 2, Values: []float32{1, float32(math.NaN())}, Directions: [3]imaging.Vec{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, Photometric: "MONOCHROME2"}
	got, _, err := PreprocessVolume(context.Background(), v, steps(t, values, `{"step":"layout","order":"NCDHW"}`))
	if err != nil || !slices.Equal(got.Data, []float32{1, 1}) {
		t.Errorf("padding became %v, %v", got.Data, err)
	}
	if _, _, err := PreprocessVolume(context.Background(), v, steps(t, values, layout)); err == nil {
		t.Error("a volume went where one image belongs")
	}
	v.Values = []float32{float32(math.NaN()), float32(math.NaN())}
	if _, _, err := PreprocessVolume(context.Background(), v, steps(t, values, `{"step":"layout","order":"NCDHW"}`)); err == nil {
		t.Error("a volume of padding was taken")
	}
}

func TestATableOfBytesGivesWhatTheStepsGiveToTheBit(t *testing.T) {
	image := Image{Frame: &imaging.Frame{Rows: 21, Columns: 21, Samples: 3, BitsStored: 8, Photometric: "RGB", Uint8: testdata(t, "colour.u8")[:3*21*21]}, Number: 1}
	pointwise := []string{`{"step":"rescale","scale":0.00392156862745098,"offset":-0.1}`, `{"step":"clip","low":0,"high":0.8}`,
		`{"step":"window","window_center":0.4,"window_width":0.7,"low":-1,"high":1}`, `{"step":"mean-std","mean":[0.7,0.6,0.8],"std":[0.17,0.21,0.14]}`,
		`{"step":"resize","width":21,"height":21,"interpolation":"bilinear","antialias":true}`}
	for _, order := range []string{"NCHW", "NHWC"} {
		all := append(append([]string{`{"step":"rgb"}`}, pointwise...), `{"step":"layout","order":"`+order+`"}`)
		want, _, err := Preprocess(t.Context(), image, steps(t, all...))
		if err != nil {
			t.Fatal(err)
		}
		table := newByteTable(steps(t, all...), 21)
		if table == nil {
			t.Fatal("no table")
		}
		var b patchBatch
		b.addBytes(5, image.Frame.Uint8, table, 21, 2, nil)
		if err := within(b.tensor, want, 0); err != nil {
			t.Errorf("%s: %v", order, err)
		}
	}
	for _, other := range []string{`{"step":"z-score"}`, `{"step":"resize","width":20,"height":21,"interpolation":"bilinear","antialias":true}`, `{"step":"rgb-to-grey"}`, `{"step":"min-max","low":0,"high":1}`} {
		if newByteTable(steps(t, `{"step":"rgb"}`, other, layout), 21) != nil {
			t.Errorf("%s by a table", other)
		}
	}
}
