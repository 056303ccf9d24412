package dicomfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"testing"
	"time"

	"longying/imaging"
)

// region is an item of the Sequence of Ultrasound Regions (0018,6011) with the
// corners of a 2D region in cm.
func region(x0, y0, x1, y1 int, dx, dy float64) *Dataset {
	return NewDataset().Int(0x00186012, "US", 1).Int(0x00186018, "UL", x0).Int(0x0018601A, "UL", y0).Int(0x0018601C, "UL", x1).Int(0x0018601E, "UL", y1).
		Int(0x00186024, "US", 3).Int(0x00186026, "US", 3).Float(0x0018602C, "FD", dx).Float(0x0018602E, "FD", dy)
}

// described is what a file with these attributes says of itself.
func described(t *testing.T, change func(*Dataset)) *imaging.Instance {
	t.Helper()
	f := opened(t, written(t, sample(1, change)))
	t.Cleanup(func() { f.Close() })
	return f.Instance()
}

func TestUltrasoundRegionsAreReadAsWrittenAndOneWithoutItsPlaceIsNone(t *testing.T) {
	whole := region(10, 20, 609, 459, 0.02, -0.025)
	noUnits := NewDataset().Int(0x00186012, "US", 5).Int(0x00186018, "UL", 0).Int(0x0018601A, "UL", 0).Int(0x0018601C, "UL", 9).Int(0x0018601E, "UL", 9)
	noPlace := region(1, 2, 3, 4, 1, 1).Delete(0x0018601E)
	in := described(t, func(ds *Dataset) {
		ds.String(TagModality, "CS", "US").Sequence(TagUltrasoundRegions, whole, noUnits, noPlace)
	})
	want := []imaging.UltrasoundRegion{{X0: 10, Y0: 20, X1: 609, Y1: 459, Format: 1, UnitX: 3, UnitY: 3, DeltaX: 0.02, DeltaY: -0.025},
		{X1: 9, Y1: 9, Format: 5}}
	if fmt.Sprint(in.Regions) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", in.Regions, want)
	}
	// PS3.3 C.8.5.5.1.15: Physical Delta is in the unit of the axis, here cm a pixel.
	r := in.Ruler(1, imaging.Point{X: 100, Y: 100}, imaging.Point{X: 200, Y: 100})
	if got := r.Length(imaging.Point{X: 100, Y: 100}, imaging.Point{X: 200, Y: 100}); math.Abs(got-20) > 1e-9 || r.Space.Source != imaging.SpacingRegion {
		t.Errorf("100 columns of 0.02 cm are %g mm, %+v", got, r)
	}
}

func TestAHeaderCannotMakeMoreRegionsThanAScannerWrites(t *testing.T) {
	in := described(t, func(ds *Dataset) {
		var items []*Dataset
		for range 3 * mostRegions {
			items = append(items, region(0, 0, 1, 1, 1, 1))
		}
		ds.Sequence(TagUltrasoundRegions, items...)
	})
	if len(in.Regions) != mostRegions {
		t.Errorf("%d regions", len(in.Regions))
	}
}

func TestTheMagnificationOfAFilmIsReadAndAbsentIsZero(t *testing.T) {
	if got := described(t, func(ds *Dataset) { ds.Float(tagMagnification, "DS", 1.25) }).Magnification; got != 1.25 {
		t.Errorf("%g", got)
	}
	if got := described(t, nil).Magnification; got != 0 {
		t.Errorf("%g of a film without one", got)
	}
}

// tracer is an item of the Radiopharmaceutical Information Sequence.
func tracer(instant string) *Dataset {
	d := NewDataset().String(tagRadiopharmTime, "TM", "083000").Float(tagRadionuclideDose, "DS", 3.7e8).Float(tagRadionuclideHalf, "DS", 6586.2)
	if instant != "" {
		d.String(tagRadiopharmInstant, "DT", instant)
	}
	return d
}

// positron is a PET object that was acquired at 09:30 China time.
func positron(items ...*Dataset) func(*Dataset) {
	return func(ds *Dataset) {
		ds.String(TagModality, "CS", "PT").String(TagSeriesDate, "DA", "20240506").String(TagSeriesTime, "TM", "093000").
			String(tagPETUnits, "CS", "BQML").String(tagDecayCorrection, "CS", "START").String(tagCorrectedImage, "CS", "ATTN", "DECY").
			Float(tagPatientWeight, "DS", 70).Sequence(tagRadiopharm, items...)
	}
}

func TestWhatAPETObjectSaysOfItsTracerGivesTheUptakeByHand(t *testing.T) {
	p := described(t, positron(tracer(""))).PET
	if p == nil {
		t.Fatal("a PET object says nothing of its tracer")
	}
	injected := time.Date(2024, 5, 6, 8, 30, 0, 0, imaging.Zone())
	if !p.Injected.Equal(injected) || !p.Series.Equal(injected.Add(time.Hour)) || p.Dose != 3.7e8 || p.HalfLife != 6586.2 || p.Weight != 70 || len(p.Corrected) != 2 {
		t.Errorf("%+v", p)
	}
	got, why := p.SUV(time.Time{}, nil)
	if want := 70000 / (3.7e8 * math.Pow(2, -3600/6586.2)); why != "" || math.Abs(got/want-1) > 1e-12 {
		t.Errorf("%g %q, want %g", got, why, want)
	}
}

func TestTheDateTimeOfAnInjectionComesBeforeItsTimeAndFollowsTheZoneOfTheObject(t *testing.T) {
	if p := described(t, positron(tracer("20240506082000"))).PET; !p.Injected.Equal(time.Date(2024, 5, 6, 8, 20, 0, 0, imaging.Zone())) {
		t.Errorf("%v", p.Injected)
	}
	far := func(ds *Dataset) {
		positron(tracer("20240506082000"))(ds)
		ds.String(TagTimezoneOffset, "SH", "+0000")
	}
	if p := described(t, far).PET; !p.Injected.Equal(time.Date(2024, 5, 6, 8, 20, 0, 0, time.UTC)) || !p.Series.Equal(time.Date(2024, 5, 6, 9, 30, 0, 0, time.UTC)) {
		t.Errorf("%+v", p)
	}
}

func TestOfSeveralTracersNoneIsTaken(t *testing.T) {
	p := described(t, positron(tracer(""), tracer(""))).PET
	if p.Dose != 0 || !p.Injected.IsZero() {
		t.Errorf("%+v", p)
	}
	if _, why := p.SUV(time.Time{}, nil); why == "" {
		t.Error("an uptake is given all the same")
	}
}

func TestWhatIsNoPETHasNoTracer(t *testing.T) {
	if p := described(t, func(ds *Dataset) { positron(tracer(""))(ds); ds.String(TagModality, "CS", "CT") }).PET; p != nil {
		t.Errorf("%+v", p)
	}
}

// The same header by pydicom, which knows nothing of this package.
func TestPydicomReadsTheSameOfRegionsAndTracer(t *testing.T) {
	python := os.Getenv("LONGYING_PEERS")
	if python == "" {
		t.Skip("LONGYING_PEERS does not name a Python with pydicom; make peers makes one that has")
	}
	raw := written(t, sample(1, func(ds *Dataset) {
		positron(tracer("20240506082000"))(ds)
		ds.Float(tagMagnification, "DS", 1.25).Sequence(TagUltrasoundRegions, region(10, 20, 609, 459, 0.02, -0.025))
	}))
	cmd := exec.Command(python, "-c", `
import sys, io, json, pydicom
d = pydicom.dcmread(io.BytesIO(sys.stdin.buffer.read()), force=True)
u, r = d.SequenceOfUltrasoundRegions[0], d.RadiopharmaceuticalInformationSequence[0]
print(json.dumps([u.RegionLocationMinX0, u.RegionLocationMinY0, u.RegionLocationMaxX1, u.RegionLocationMaxY1, u.RegionSpatialFormat, u.PhysicalUnitsXDirection,
    u.PhysicalUnitsYDirection, u.PhysicalDeltaX, u.PhysicalDeltaY, float(d.EstimatedRadiographicMagnificationFactor), float(r.RadionuclideTotalDose),
    float(r.RadionuclideHalfLife), float(d.PatientWeight)]))`)
	cmd.Stdin = bytes.NewReader(raw)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []float64
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	f := opened(t, raw)
	defer f.Close()
	in := f.Instance()
	u := in.Regions[0]
	got := []float64{float64(u.X0), float64(u.Y0), float64(u.X1), float64(u.Y1), float64(u.Format), float64(u.UnitX), float64(u.UnitY), u.DeltaX, u.DeltaY,
		in.Magnification, in.PET.Dose, in.PET.HalfLife, in.PET.Weight}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, pydicom says %v", got, want)
	}
}
