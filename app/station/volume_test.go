package station

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"longying/app/reading"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/inference"
	"longying/models"
	"longying/records"
)

// graph answers as a test says.
type graph func(in inference.Tensor) map[string]inference.Tensor

func (g graph) Run(_ context.Context, in map[string]inference.Tensor, _ []string) (map[string]inference.Tensor, error) {
	return g(in["image"]), nil
}
func (graph) Provider() string       { return "test" }
func (graph) RuntimeVersion() string { return "test 1" }
func (graph) Close() error           { return nil }

// reads is the use case with one model, on the bench's store.
func (b *bench) reads(card *models.Card, g graph) *reading.Reading {
	return reading.New(b.store, b.Archive, []*models.Package{{Card: card}}, nil, func(*models.Package) (inference.Runner, error) { return g, nil },
		nil, b.Decoder, nil, reading.Signing{}, "", time.Now)
}

const (
	scanColumns, scanRows, scanSlices = 24, 20, 8
	nothing                           = -1000 // HU outside the body
)

// scan imports a CT of slices 2.5 mm apart, pixels 0.5 x 0.75 mm, in which value
// gives the HU of each voxel; head counts slices from the feet. change may alter
// each object.
func (b *bench) scan(value func(x, y, head int) int, change func(ds *dicomfile.Dataset, head int)) string {
	b.t.Helper()
	folder, study := b.t.TempDir(), dicomfile.NewUID()
	for head := range scanSlices {
		src, err := dicomfile.Open(filepath.Join(b.folder, "ct", "ct01.dcm"))
		b.must(err)
		p := src.Instance().Pixels
		p.Columns, p.Rows = scanColumns, scanRows
		lut := src.Instance().ModalityLUT
		var pixels []byte
		for y := range scanRows {
			for x := range scanColumns {
				stored := (float64(value(x, y, head)) - lut.Intercept) / lut.Slope
				pixels = binary.LittleEndian.AppendUint16(pixels, uint16(int16(stored)))
			}
		}
		out, err := os.Create(filepath.Join(folder, fmt.Sprintf("%d.dcm", head)))
		b.must(err)
		b.must(dicomfile.Rewrite(src, out, func(ds *dicomfile.Dataset) error {
			ds.String(dicomfile.TagStudyInstanceUID, "UI", study).String(dicomfile.TagSeriesInstanceUID, "UI", study+".1").
				String(dicomfile.TagSOPInstanceUID, "UI", fmt.Sprintf("%s.1.%d", study, head+1)).Delete(dicomfile.Tag(0x00181120)).
				Float(dicomfile.TagImagePosition, "DS", -6, -7.5, 2.5*float64(head)).Float(dicomfile.TagImageOrientation, "DS", 1, 0, 0, 0, 1, 0).
				Float(dicomfile.Tag(0x00280030), "DS", 0.75, 0.5).Int(dicomfile.Tag(0x00200013), "IS", head+1)
			ds.SetPixels(p, pixels)
			if change != nil {
				change(ds, head)
			}
			return ds.Err()
		}))
		b.must(out.Close())
		b.must(src.Close())
	}
	res, err := b.Registry.Import(b.ctx, b.radiologist, []string{folder}, nil)
	b.must(err)
	if len(res.Skipped) > 0 {
		b.t.Fatal(res.Skipped)
	}
	return study
}

func step(name string) models.Step { return models.Step{Name: name} }

func layout(order string) models.Step { return models.Step{Name: "layout", Order: &order} }

func scanCard(order string) *models.Card {
	one := 1
	code := models.Code{Value: "27925004", Scheme: "SCT", Meaning: "Nodule"}
	card := &models.Card{ID: "scan", Version: "1.0.0", Task: models.TaskSegmentation}
	card.Input.Modalities = []string{"CT"}
	card.Input.Preprocess = []models.Step{step("modality-values"), layout(order)}
	card.Input.Tensor = models.TensorDef{Name: "image", Order: order, Shape: []int64{-1, 1, scanSlices, scanRows, scanColumns}}
	card.Outputs = []models.Output{{Name: "mask", Kind: models.OutputSegmentation, Activation: "argmax", Exclusive: true, Classes: []models.Class{
		{Key: "bone", Label: models.Text{Zh: "骨", En: "Bone"}, Proposes: true, Index: &one, Code: &code, Segment: &models.Segment{Category: code, Type: code}}}}}
	return card
}

// above300 labels what has more than 300 HU.
func above300(in inference.Tensor) map[string]inference.Tensor {
	out := inference.Tensor{Shape: in.Shape, Data: make([]float32, len(in.Data))}
	for i, v := range in.Data {
		if v > 300 {
			out.Data[i] = 1
		}
	}
	return map[string]inference.Tensor{"mask": out}
}

func TestASeriesIsGivenToAModelOfVolumesAndItsMaskIsKeptWithVolumeAndDiameters(t *testing.T) {
	b := newBench(t)
	// A rod of 4 columns and 2 rows through the slices 3 to 5 from the feet, and one
	// more row in slice 4.
	study := b.scan(func(x, y, head int) int {
		if x >= 10 && x < 14 && head >= 3 && head <= 5 && (y == 5 || y == 6 || y == 7 && head == 4) {
			return 700
		}
		return nothing
	}, nil)
	r := b.reads(scanCard("NCDHW"), above300)
	res, err := r.Analyze(b.ctx, b.radiologist, study, reading.Request{})
	b.must(err)
	if len(res.Runs) != 1 || len(res.Findings) != 1 {
		t.Fatalf("%+v", res.Runs)
	}
	f := res.Findings[0]
	if ml := 28 * 0.5 * 0.75 * 2.5 / 1000; f.Value == nil || f.Value.Unit != "mL" || f.Value.Value < ml*0.9999 || f.Value.Value > ml*1.0001 {
		t.Errorf("measured %+v, wanted %g mL", f.Value, ml)
	}
	if want := (imaging.Region{X0: 10, Y0: 5, X1: 14, Y1: 8, Kind: imaging.RegionMask}); f.Ref.SOPUID != study+".1.5" || *f.Ref.Region != want {
		t.Errorf("region %+v on %s", f.Ref.Region, f.Ref.SOPUID)
	}
	mask, inputs, err := reading.MaskOf(res.Runs[0])
	b.must(err)
	if len(inputs) != scanSlices || inputs[mask.At[2]].SOPUID != study+".1.4" || mask.Size != [3]int{4, 3, 3} {
		t.Errorf("mask %+v of %v", mask, inputs)
	}
	_, err = b.Reading.Reject(b.ctx, b.radiologist, f.UID, "伪影")
	if err != nil && !isRefused(err) { // the study may be linked to nobody
		t.Fatal(err)
	}
	again, err := r.Analyze(b.ctx, b.radiologist, study, reading.Request{})
	b.must(err)
	all, err := r.Findings(b.ctx, b.radiologist, study)
	b.must(err)
	if len(again.Findings) != 1 || again.Findings[0].UID != f.UID || len(all) != 1 {
		t.Errorf("after a second run there are %d findings", len(all))
	}
}

func isRefused(err error) bool {
	var refused *records.RefusedError
	return errors.As(err, &refused)
}

func TestASeriesOfWhichNoVolumeCanBeMadeRefusesTheModelWithTheReason(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct {
		change func(ds *dicomfile.Dataset, head int)
		card   func(*models.Card)
		want   inference.ReasonCode
	}{
		"a slice out of place": {func(ds *dicomfile.Dataset, head int) {
			if head >= 4 {
				ds.Float(dicomfile.TagImagePosition, "DS", -6, -7.5, 2.5*float64(head)+1)
			}
		}, nil, inference.ReasonVolume},
		"a tilted gantry": {func(ds *dicomfile.Dataset, head int) {
			ds.Float(dicomfile.TagImagePosition, "DS", -6, -7.5+float64(head), 2.5*float64(head))
		}, nil, inference.ReasonVolume},
		"two stacks": {func(ds *dicomfile.Dataset, head int) {
			if head >= 4 {
				ds.Float(dicomfile.TagImageOrientation, "DS", 1, 0, 0, 0, 0, -1)
				ds.Float(dicomfile.TagImagePosition, "DS", -6, 2.5*float64(head), 0)
			}
		}, nil, inference.ReasonSeveralStacks},
		"too few slices": {nil, func(c *models.Card) { c.Input.Slices = &models.IntRange{Min: 9, Max: 99} }, inference.ReasonSlices},
		"too many":       {nil, func(c *models.Card) { c.Input.Slices = &models.IntRange{Min: 2, Max: 7} }, inference.ReasonSlices},
	} {
		t.Run(name, func(t *testing.T) {
			study := b.scan(func(int, int, int) int { return nothing }, c.change)
			card := scanCard("NCDHW")
			if c.card != nil {
				c.card(card)
			}
			res, err := b.reads(card, above300).Analyze(b.ctx, b.radiologist, study, reading.Request{})
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Runs) != 1 || res.Runs[0].Outcome != string(inference.Refused) || res.Runs[0].ReasonCode != string(c.want) {
				t.Errorf("%+v", res.Runs)
			}
		})
	}
}

// Boxes move by a pixel from run to run, and their scores change places.
func TestADetectedBoxThatMovesALittleIsTheSameFinding(t *testing.T) {
	b := newBench(t)
	card := scanCard("NCHW")
	card.Task = models.TaskDetection
	card.Input.Tensor.Shape = []int64{-1, 1, scanRows, scanColumns}
	class := card.Outputs[0].Classes[0]
	class.Segment, class.Threshold = nil, 0.5
	card.Outputs = []models.Output{{Name: "b", Kind: models.OutputBoxes, Group: "g"}, {Name: "s", Kind: models.OutputScores, Group: "g", Classes: []models.Class{class}}}
	*card.Outputs[1].Classes[0].Index = 0
	card.Detection = &models.Detection{BoxFormat: "xyxy", BoxUnit: "pixels", ScoreThreshold: 0.1, NMSIoU: 0.5, MaximumBoxes: 9}
	study := b.scan(func(x, y, _ int) int { return x + y }, nil)
	var shift float32
	first := float32(0.8)
	boxes := func(inference.Tensor) map[string]inference.Tensor {
		return map[string]inference.Tensor{
			"b": {Shape: []int64{1, 2, 4}, Data: []float32{1, 1, 9, 9 + shift, 12, 10, 20 + shift, 18}},
			"s": {Shape: []int64{1, 2, 1}, Data: []float32{first, 0.85}}}
	}
	r := b.reads(card, boxes)
	ask := func() []string {
		res, err := r.Analyze(b.ctx, b.radiologist, study, reading.Request{SOPUID: study + ".1.3"})
		b.must(err)
		var uids []string
		for _, f := range res.Findings {
			uids = append(uids, f.UID)
		}
		slices.Sort(uids)
		return uids
	}
	before := ask()
	shift, first = 1, 0.9
	if again := ask(); len(before) != 2 || !slices.Equal(before, again) {
		t.Errorf("%v, then %v", before, again)
	}
	shift = -7 // less than half of each is left
	if third := ask(); len(third) != 2 || slices.Contains(third, before[0]) || slices.Contains(third, before[1]) {
		t.Errorf("boxes elsewhere are %v, as before", third)
	}
}
