package inference

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"longying/imaging"
	"longying/models"
)

// asked gives Analyze a 4 x 3 image of given values through a card and a graph.
func asked(t *testing.T, q Request, v []uint8, change func(*Subject)) []Prediction {
	t.Helper()
	s := Subject{Image: Image{Frame: grey(3, 4, v...), Number: 1, Spacing: [2]float64{2, 3}}, Scale: imaging.SpacingPatient}
	if change != nil {
		change(&s)
	}
	got, err := Analyze(context.Background(), q, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func small(t *testing.T, r Runner, outputs ...models.Output) Request {
	t.Helper()
	q := request(t, r)
	card := q.Package.Card
	card.Input.Tensor = models.TensorDef{Name: "image", Shape: []int64{-1, 1, 3, 4}, Order: "NCHW"}
	card.Outputs = outputs
	return q
}

func at(i int) *int { return &i }

// threshold is a graph that answers the input itself in a second channel, and
// half in the first.
func identityMask() *fixedRunner {
	return &fixedRunner{answer: func(_ context.Context, in Tensor) (map[string]Tensor, error) {
		n := len(in.Data)
		out := make([]float32, 2*n)
		for i, v := range in.Data {
			out[i], out[n+i] = 0.5, v
		}
		return map[string]Tensor{"mask": {Shape: append([]int64{1, 2}, in.Shape[2:]...), Data: out}}, nil
	}}
}

func maskOutput(after *models.After) models.Output {
	return models.Output{Name: "mask", Kind: models.OutputSegmentation, Activation: "softmax", Exclusive: true,
		Classes: []models.Class{{Key: "lesion", Proposes: true, Index: at(1), After: after}}}
}

var lesion = []uint8{
	0, 1, 1, 0,
	0, 1, 0, 0,
	0, 0, 0, 1,
}

func TestAMaskHasItsSizesInMillimetresAndItsBox(t *testing.T) {
	got := asked(t, small(t, identityMask(), maskOutput(&models.After{LargestComponent: true})), lesion, nil)
	if len(got) != 1 || got[0].Outcome != Proposed || !math.IsNaN(got[0].Probability) || got[0].Class.Key != "lesion" {
		t.Fatalf("got %+v", got)
	}
	if want := (imaging.Region{X0: 1, Y0: 0, X1: 3, Y1: 2, Kind: imaging.RegionMask}); *got[0].Ref.Region != want {
		t.Errorf("region %+v, wanted %+v", got[0].Ref.Region, want)
	}
	// Three pixels of 2 x 3 mm; the corners (3,0) and (1,2) are hypot(4,6) apart.
	m := got[0].Measurements
	if len(m) != 3 || m[0].Value != 18 || m[0].Unit != "mm2" || math.Abs(m[1].Value-math.Hypot(4, 6)) > 1e-12 {
		t.Errorf("measured %+v", m)
	}
	slice, err := got[0].Mask.Slice(0)
	if err != nil || !slices.Equal(slice, []bool{false, true, true, false, false, true, false, false, false, false, false, false}) {
		t.Errorf("mask %v, %v", slice, err)
	}
}

func TestWithoutSpacingASizeInMillimetresIsRefusedOrNotGiven(t *testing.T) {
	unknown := func(s *Subject) { s.Image.Spacing = [2]float64{} }
	got := asked(t, small(t, identityMask(), maskOutput(&models.After{MinimumMM2: 5})), lesion, unknown)
	if len(got) != 1 || got[0].Outcome != Refused || got[0].Reason.Code != ReasonSpacingUnknown {
		t.Errorf("asked for a size: %+v", got)
	}
	got = asked(t, small(t, identityMask(), maskOutput(nil)), lesion, unknown)
	if got[0].Outcome != Proposed || len(got[0].Measurements) != 0 || len(got[0].Amber) != 1 || got[0].Amber[0].Code != ReasonSizeUnknown {
		t.Errorf("not asked: %+v", got)
	}
	got = asked(t, small(t, identityMask(), maskOutput(nil)), lesion, func(s *Subject) { s.Scale = imaging.SpacingDetector })
	if len(got[0].Measurements) != 3 || len(got[0].Amber) != 1 || got[0].Amber[0].Code != ReasonDetectorScale {
		t.Errorf("on a detector: %+v", got)
	}
}

func TestAMaskOfWhichNothingIsLeftIsBelowThreshold(t *testing.T) {
	for name, q := range map[string]Request{
		"nothing": small(t, identityMask(), maskOutput(nil)),
		"crumbs":  small(t, identityMask(), maskOutput(&models.After{MinimumMM2: 7})),
	} {
		v := make([]uint8, 12)
		if name == "crumbs" {
			v[0], v[11] = 1, 1
		}
		got := asked(t, q, v, nil)
		if len(got) != 1 || got[0].Outcome != BelowThreshold || got[0].Class.Key != "lesion" || got[0].Mask != nil || got[0].Ref.Region != nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// The same labels as whole numbers, with channels last, and by windows.
func TestLabelsAndChannelsInTheLastPlaceGiveTheSameMask(t *testing.T) {
	want := asked(t, small(t, identityMask(), maskOutput(nil)), lesion, nil)[0].Mask
	labels := answering(map[string]Tensor{"mask": {Shape: []int64{1, 3, 4}, Data: []float32{0, 7, 7, 0, 0, 7, 0, 0, 0, 0, 3, 7}}})
	o := maskOutput(nil)
	o.Activation, o.Classes[0].Index = "argmax", at(7)
	last := &fixedRunner{answer: func(_ context.Context, in Tensor) (map[string]Tensor, error) {
		out := make([]float32, 2*len(in.Data))
		for i, v := range in.Data {
			out[2*i], out[2*i+1] = 0.5, v
		}
		return map[string]Tensor{"mask": {Shape: append(append([]int64{1}, in.Shape[1:3]...), 2), Data: out}}, nil
	}}
	channelsLast := small(t, last, maskOutput(nil))
	channelsLast.Package.Card.Input.Preprocess = steps(t, values, `{"step":"layout","order":"NHWC"}`)
	channelsLast.Package.Card.Input.Tensor = models.TensorDef{Name: "image", Shape: []int64{-1, 3, 4, 1}, Order: "NHWC"}
	windowsLast := small(t, last, maskOutput(nil))
	windowsLast.Package.Card.Input.Preprocess = channelsLast.Package.Card.Input.Preprocess
	windowsLast.Package.Card.Input.Tensor = models.TensorDef{Name: "image", Shape: []int64{-1, 2, 5, 1}, Order: "NHWC"}
	windowsLast.Package.Card.Input.SlidingWindow = &models.SlidingWindow{Size: []int{2, 5}, Overlap: 0.5, Gaussian: true}
	windows := small(t, identityMask(), maskOutput(nil))
	windows.Package.Card.Input.Tensor.Shape = []int64{-1, 1, 2, 2}
	windows.Package.Card.Input.SlidingWindow = &models.SlidingWindow{Size: []int{2, 2}, Overlap: 0.5}
	for name, q := range map[string]Request{"labels": small(t, labels, o), "channels last": channelsLast, "windows, channels last": windowsLast, "windows": windows} {
		got := asked(t, q, lesion, nil)
		if len(got) != 1 || got[0].Mask == nil || !slices.Equal(got[0].Mask.Runs, want.Runs) || got[0].Mask.At != want.At {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestAnOutputThatIsNotWhatTheCardSaysIsRefused(t *testing.T) {
	mask := func(shape []int64, v ...float32) *fixedRunner {
		return answering(map[string]Tensor{"mask": {Shape: shape, Data: v}})
	}
	twelve := make([]float32, 24)
	nan := slices.Clone(twelve)
	nan[5] = float32(math.NaN())
	labels := maskOutput(nil)
	labels.Activation = "argmax"
	shares := maskOutput(nil)
	shares.Activation = "none"
	three := maskOutput(nil)
	three.Classes[0].Index = at(2)
	above := slices.Clone(twelve)
	above[3] = 1.5
	half := make([]float32, 12)
	half[2] = 0.5
	boxes := func(boxes, scores Tensor) (*fixedRunner, []models.Output) {
		return answering(map[string]Tensor{"b": boxes, "s": scores}), []models.Output{
			{Name: "b", Kind: models.OutputBoxes, Group: "g"},
			{Name: "s", Kind: models.OutputScores, Group: "g", Classes: []models.Class{{Key: "mass", Proposes: true, Index: at(0), Threshold: 0.5}}}}
	}
	good, score := tensor([]int64{1, 1, 4}, 0, 0, 1, 1), tensor([]int64{1, 1, 1}, 0.9)
	for name, c := range map[string]struct {
		runner  Runner
		outputs []models.Output
	}{
		"another size":         {mask([]int64{1, 2, 3, 3}, twelve[:18]...), []models.Output{maskOutput(nil)}},
		"no channels":          {mask([]int64{1, 3, 4}, twelve[:12]...), []models.Output{maskOutput(nil)}},
		"too few channels":     {mask([]int64{1, 2, 3, 4}, twelve...), []models.Output{three}},
		"not a number":         {mask([]int64{1, 2, 3, 4}, nan...), []models.Output{maskOutput(nil)}},
		"more than one":        {mask([]int64{1, 2, 3, 4}, above...), []models.Output{shares}},
		"half a label":         {mask([]int64{1, 3, 4}, half...), []models.Output{labels}},
		"labels of 2 channels": {mask([]int64{1, 2, 3, 4}, twelve...), []models.Output{labels}},
		"no mask":              {answering(nil), []models.Output{maskOutput(nil)}},
		"a box of NaN":         call2(boxes(tensor([]int64{1, 1, 4}, 0, 0, float32(math.NaN()), 1), score)),
		"boxes of five":        call2(boxes(tensor([]int64{1, 1, 5}, 0, 0, 1, 1, 1), score)),
		"a score of two":       call2(boxes(good, tensor([]int64{1, 1, 1}, 2))),
		"scores of two boxes":  call2(boxes(good, tensor([]int64{1, 2, 1}, 0.1, 0.2))),
		"a number that is none": {answering(map[string]Tensor{"m": tensor([]int64{1, 1}, float32(math.Inf(1)))}),
			[]models.Output{{Name: "m", Kind: models.OutputMeasurement, Measurements: []models.Measurement{{Key: "x", Scale: 1}}}}},
		"a logit of NaN": {answering(map[string]Tensor{"l": tensor([]int64{1, 1}, float32(math.NaN()))}),
			[]models.Output{{Name: "l", Kind: models.OutputLogits, Activation: "sigmoid", Classes: []models.Class{{Key: "x", Proposes: true, Threshold: 0.5}}}}},
	} {
		q := small(t, c.runner, c.outputs...)
		q.Package.Card.Detection = &models.Detection{BoxFormat: "xyxy", BoxUnit: "pixels", ScoreThreshold: 0.1, NMSIoU: 0.5, MaximumBoxes: 9}
		got := asked(t, q, lesion, nil)
		if len(got) != 1 || got[0].Outcome != Refused || got[0].Reason.Code != ReasonPackage {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func call2(r *fixedRunner, o []models.Output) struct {
	runner  Runner
	outputs []models.Output
} {
	return struct {
		runner  Runner
		outputs []models.Output
	}{r, o}
}

func TestBoxesWithLabelsAreReadAndTheirUnknownClassesLeftOut(t *testing.T) {
	r := answering(map[string]Tensor{
		"b": tensor([]int64{1, 3, 4}, 0, 0, 2, 1, 1, 1, 4, 3, 0, 0, 4, 3), "s": tensor([]int64{1, 3}, 0.9, 0.7, 0.95), "l": tensor([]int64{1, 3}, 2, 1, 9)})
	q := small(t, r, models.Output{Name: "b", Kind: models.OutputBoxes, Group: "g"},
		models.Output{Name: "s", Kind: models.OutputScores, Group: "g", Classes: []models.Class{
			{Key: "mass", Proposes: true, Index: at(1), Threshold: 0.5}, {Key: "node", Proposes: true, Index: at(2), Threshold: 0.5}}},
		models.Output{Name: "l", Kind: models.OutputLabels, Group: "g"})
	q.Package.Card.Detection = &models.Detection{BoxFormat: "xyxy", BoxUnit: "pixels", ScoreThreshold: 0.1, NMSIoU: 0.5, MaximumBoxes: 9}
	got := asked(t, q, lesion, nil)
	if len(got) != 2 || got[0].Class.Key != "node" || got[1].Class.Key != "mass" || *got[1].Ref.Region != (imaging.Region{X0: 1, Y0: 1, X1: 4, Y1: 3, Kind: imaging.RegionDetected}) {
		t.Errorf("got %+v", got)
	}
	q.Package.Card.Detection.MaximumBoxes = 1
	if got := asked(t, q, lesion, nil); len(got) != 1 || got[0].Class.Key != "node" {
		t.Errorf("the best alone: %+v", got)
	}
	none := answering(map[string]Tensor{"b": {Shape: []int64{1, 0, 4}}, "s": {Shape: []int64{1, 0}}, "l": {Shape: []int64{1, 0}}})
	q.Runner = none
	if got := asked(t, q, lesion, nil); len(got) != 1 || got[0].Outcome != BelowThreshold || !math.IsNaN(got[0].Probability) {
		t.Errorf("no box at all: %+v", got)
	}
}

// The probability is the mean of the pixels at columns 2 and 3 of row 1.
func TestAnOcclusionMapFindsThePlaceThatTheAnswerRestsOn(t *testing.T) {
	r := &fixedRunner{answer: func(_ context.Context, in Tensor) (map[string]Tensor, error) {
		return map[string]Tensor{"p": tensor([]int64{1, 1}, (in.Data[6]+in.Data[7])/2)}, nil
	}}
	q := small(t, r, models.Output{Name: "p", Kind: models.OutputProbabilities, Classes: []models.Class{{Key: "x", Proposes: true, Threshold: 0.5}},
		Occlusion: &models.Occlusion{Size: 1, Step: 1, BoxFraction: 0.5}})
	v := make([]uint8, 12)
	v[6], v[7] = 1, 1
	got := asked(t, q, v, nil)
	want := imaging.Region{X0: 2, Y0: 1, X1: 4, Y1: 2, Kind: imaging.RegionOcclusion}
	if len(got) != 1 || got[0].Ref.Region == nil || *got[0].Ref.Region != want || len(r.inputs) != 13 {
		t.Errorf("got %+v after %d runs, want %+v after 13", got, len(r.inputs), want)
	}
	if got := asked(t, q, make([]uint8, 12), nil); got[0].Outcome != BelowThreshold || got[0].Ref.Region != nil || len(r.inputs) != 14 {
		t.Errorf("what is below threshold is not explained: %+v", got)
	}
	if got := squares(11, 4, 3); !slices.Equal(got, []int{0, 3, 6, 7}) {
		t.Errorf("squares at %v", got)
	}
}

func TestImagesUnlikeThoseOfTheTrainingAreAmberAndValuesBeyondTheCardsRefused(t *testing.T) {
	q := small(t, answering(map[string]Tensor{"p": tensor([]int64{1, 1}, 0.9)}),
		models.Output{Name: "p", Kind: models.OutputProbabilities, Classes: []models.Class{{Key: "x", Proposes: true, Threshold: 0.5}}})
	in := &q.Package.Card.Input
	wide := models.Band{Low: 0, High: 100}
	in.Statistics = &models.Statistics{Mean: models.Band{Low: 5, High: 6}, Std: wide, P01: wide, P50: models.Band{Low: 7, High: 9}, P99: wide}
	got := asked(t, q, []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, nil)
	if len(got[0].Amber) != 1 || got[0].Amber[0].Code != ReasonStatistics || got[0].Amber[0].Args[0] != "p50" || got[0].Amber[0].Args[1] != "5.5" {
		t.Errorf("amber %+v", got[0].Amber)
	}
	in.Tensor.Values = &models.Range{Min: 0, Max: 10}
	got = asked(t, q, []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, nil)
	if len(got) != 1 || got[0].Outcome != Refused || got[0].Reason.Code != ReasonValues || got[0].Reason.Args[0] != "11" {
		t.Errorf("got %+v", got)
	}
}

func TestSeveralHeadsAreEachJudgedOnTheirOwn(t *testing.T) {
	head := func(name string) models.Output {
		return models.Output{Name: name, Kind: models.OutputProbabilities, Classes: []models.Class{{Key: name, Proposes: true, Threshold: 0.5}}}
	}
	q := small(t, answering(map[string]Tensor{"a": tensor([]int64{1, 1}, 0.9), "b": tensor([]int64{1, 1}, 0.2), "c": tensor([]int64{1, 1}, 0.1)}),
		head("a"), head("b"), head("c"))
	q.Package.Card.Outputs[2].OnlyIf = "b"
	got := asked(t, q, lesion, nil)
	if len(got) != 2 || got[0].Head != "a" || got[0].Outcome != Proposed || got[1].Head != "b" || got[1].Outcome != BelowThreshold {
		t.Errorf("got %+v", got)
	}
}

func TestASlidingWindowStopsBetweenTwoWindowsWhenItIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r := identityMask()
	q := small(t, r, maskOutput(nil))
	q.Package.Card.Input.Tensor.Shape = []int64{-1, 1, 1, 1}
	q.Package.Card.Input.SlidingWindow = &models.SlidingWindow{Size: []int{1, 1}}
	_, err := Analyze(ctx, q, Subject{Image: Image{Frame: grey(3, 4, lesion...), Number: 1}}, func(done, total int) {
		if total != 12 {
			t.Errorf("%d windows", total)
		}
		if done == 5 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(r.inputs) != 5 {
		t.Errorf("%v after %d windows", err, len(r.inputs))
	}
}

func TestAPackedMaskThatIsDamagedIsAnErrorAndNeverAPanic(t *testing.T) {
	m := &Mask{Columns: 5, Rows: 4, Slices: 3, In: make([]bool, 60)}
	for _, i := range []int{7, 8, 12, 31, 33, 58} {
		m.In[i] = true
	}
	p := pack(m, [3]int{10, 20, 30}, [3]int{15, 24, 33})
	back, err := p.Mask()
	if err != nil || back.Count() != 6 || p.At != [3]int{11, 21, 30} || p.Size != [3]int{3, 3, 3} {
		t.Fatalf("%+v, %v", p, err)
	}
	for z := range 33 {
		slice, err := p.Slice(z)
		if err != nil {
			t.Fatal(err)
		}
		for i, in := range slice {
			x, y := i%15-10, i/15-20
			if in && (x < 0 || y < 0 || !m.In[((z-30)*4+y)*5+x]) {
				t.Errorf("slice %d has pixel %d", z, i)
			}
		}
	}
	for name, change := range map[string]func(*PackedMask){
		"no size":      func(p *PackedMask) { p.Size[1] = 0 },
		"outside":      func(p *PackedMask) { p.At[0] = 14 },
		"negative":     func(p *PackedMask) { p.At[2] = -1 },
		"huge":         func(p *PackedMask) { p.Columns, p.Size[0] = math.MaxInt, math.MaxInt },
		"no runs":      func(p *PackedMask) { p.Runs = nil },
		"cut short":    func(p *PackedMask) { p.Runs = p.Runs[:2] },
		"another size": func(p *PackedMask) { p.Size[2] = 2 },
		"too short":    func(p *PackedMask) { p.Rows, p.Size[1] = 25, 4 },
	} {
		q := *p
		change(&q)
		if _, err := q.Mask(); err == nil || strings.Contains(err.Error(), "runtime") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestPercentilesAreThoseOfTheSortedValues(t *testing.T) {
	v := make([]float32, 1003)
	for i := range v {
		v[i] = float32(math.Sin(float64(i))*100) + float32(i%7)
	}
	v[5], v[6] = float32(math.Copysign(0, -1)), 0
	s, err := summarise(v)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(v)
	for _, c := range []struct{ p, got float64 }{{1, s.p01}, {50, s.p50}, {99, s.p99}} {
		if want := percentile(v, c.p); want != c.got {
			t.Errorf("percentile %g is %g, wanted %g", c.p, c.got, want)
		}
	}
	if _, err := summarise([]float32{1, float32(math.NaN())}); err == nil {
		t.Error("a value that is not a number was taken")
	}
}

// A ring in one slice of a volume has no hole: it is open to the slices beside it.
func TestARingInOneSliceOfAVolumeIsNotFilled(t *testing.T) {
	o := maskOutput(&models.After{FillHoles: true})
	q := small(t, identityMask(), o)
	q.Package.Card.Input.Preprocess = steps(t, values, `{"step":"layout","order":"NCDHW"}`)
	q.Package.Card.Input.Tensor = models.TensorDef{Name: "image", Shape: []int64{-1, 1, 3, 5, 5}, Order: "NCDHW"}
	v := &Volume{Columns: 5, Rows: 5, Slices: 3, Spacing: [3]float64{1, 1, 10}, Directions: [3]imaging.Vec{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, Values: make([]float32, 75)}
	for y := 1; y < 4; y++ {
		for x := 1; x < 4; x++ {
			if x != 2 || y != 2 {
				v.Values[25+5*y+x] = 1
			}
		}
	}
	got, err := Analyze(t.Context(), q, Subject{Volume: v, Slices: make([]imaging.Ref, 3)}, nil)
	if err != nil || len(got) != 1 || len(got[0].Measurements) != 3 || math.Abs(got[0].Measurements[0].Value-0.08) > 1e-12 {
		t.Errorf("got %+v, %v; wanted 8 voxels of 10 mm3", got, err)
	}
}
