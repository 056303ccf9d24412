package dicomfile

import (
	"math"
	"reflect"
	"testing"

	"longying/imaging"
)

func rescaleItem(slope, intercept float64) *Dataset {
	return NewDataset().Float(TagRescaleSlope, "DS", slope).Float(TagRescaleIntercept, "DS", intercept).String(TagRescaleType, "LO", "US")
}

func windowItem(center, width float64, why string) *Dataset {
	return NewDataset().Float(TagWindowCenter, "DS", center).Float(TagWindowWidth, "DS", width).String(TagWindowExplanation, "LO", why)
}

func positionItem(z float64) *Dataset {
	return NewDataset().Float(TagImagePosition, "DS", 0, 0, z)
}

func table(first, bits int, entries ...uint16) *Dataset {
	var b []byte
	for _, e := range entries {
		b = append(b, byte(e), byte(e>>8))
	}
	return NewDataset().Int(TagLUTDescriptor, "US", len(entries), first&0xffff, bits).String(TagLUTExplanation, "LO", "named").Bytes(TagLUTData, "OW", b)
}

// enhanced is an object of three frames; each gets its functional groups.
func enhanced(t *testing.T, shared *Dataset, frames ...*Dataset) *imaging.Instance {
	t.Helper()
	px := make([][]byte, len(frames))
	for i := range px {
		px[i] = make([]byte, 12)
	}
	return opened(t, written(t, sample(1, func(ds *Dataset) {
		ds.Delete(TagRescaleSlope, TagRescaleIntercept).
			Sequence(TagSharedFunctional, shared).Sequence(TagPerFrameFunctional, frames...).
			SetPixels(imaging.PixelDescription{Rows: 2, Columns: 3, Samples: 1, BitsAllocated: 16, BitsStored: 12, Photometric: "MONOCHROME2"}, px...)
	}))).Instance()
}

// PS3.3 C.7.6.16: what a frame's own groups say goes before the shared ones.
func TestEachFrameOfAnEnhancedObjectHasItsOwnGroups(t *testing.T) {
	orientation := NewDataset().Float(TagImageOrientation, "DS", 1, 0, 0, 0, 1, 0)
	measures := NewDataset().Float(TagPixelSpacing, "DS", 0.5, 0.25).Float(TagSliceThickness, "DS", 3)
	shared := NewDataset().Sequence(TagPlaneOrientationSeq, orientation).Sequence(TagPixelMeasures, measures)
	in := enhanced(t, shared,
		NewDataset().Sequence(TagPlanePositionSeq, positionItem(10)).Sequence(TagPixelValueTransform, rescaleItem(2, -10)).Sequence(TagFrameVOILUT, windowItem(40, 80, "brain")),
		NewDataset().Sequence(TagPlanePositionSeq, positionItem(13)).Sequence(TagFrameVOILUT, windowItem(400, 2000, "bone")),
		NewDataset().Sequence(TagPlanePositionSeq, positionItem(16)).Sequence(TagPixelValueTransform, rescaleItem(0.5, 1)).Sequence(TagFrameVOILUT, windowItem(1, 0.5, "refused: LINEAR is at least 1 wide")))
	if len(in.PerFrame) != 3 {
		t.Fatalf("%d frames described", len(in.PerFrame))
	}
	for n, want := range map[int]struct {
		z, value float64
		windows  int
	}{1: {10, 190, 1}, 2: {13, 100, 1}, 3: {16, 51, 0}} {
		f := in.Frame(n)
		if f.Plane == nil || f.Plane.Position[2] != want.z || f.Space.ColumnMM != 0.25 || f.SliceThickness != 3 || f.Windows != want.windows || len(f.VOI) != want.windows {
			t.Errorf("frame %d: %+v", n, f)
		}
		if got := in.ModalityLUT.Apply(100, n); got != want.value {
			t.Errorf("frame %d: value %g, want %g", n, got, want.value)
		}
	}
	if v := in.Frame(2).VOI[0]; v.Center != 400 || v.Explanation != "bone" {
		t.Errorf("%+v", v)
	}
	if in.ModalityLUT.Type != "US" || in.VOI[0].Explanation != "brain" || in.Plane.Position[2] != 10 {
		t.Error("the object as a whole is as its first frame")
	}
	if out := in.Frame(4); out.Plane != in.Plane {
		t.Error("a frame that is not described is as the object")
	}
}

func TestFramesThatDoNotDifferAreNotDescribedOneByOne(t *testing.T) {
	in := enhanced(t, NewDataset().Sequence(TagFrameVOILUT, windowItem(40, 80, "a")).Sequence(TagPixelValueTransform, rescaleItem(2, 1)), NewDataset(), NewDataset())
	if in.PerFrame != nil || in.ModalityLUT.PerFrame != nil || in.Frame(2).VOI[0].Center != 40 || in.ModalityLUT.Apply(1, 2) != 3 {
		t.Errorf("%+v %+v", in.PerFrame, in.ModalityLUT)
	}
}

// PS3.3 C.11.2.1.1: the first value mapped is signed where the modality values
// may be negative, whatever VR it was written with.
func TestTheFirstValueOfAVOITableIsSignedAsItsInputIs(t *testing.T) {
	for _, c := range []struct {
		signed           bool
		slope, intercept float64
		want             int
	}{{false, 1, 0, 0xff00}, {false, 1, -1024, -256}, {true, 1, 0, -256}, {true, 1, 2048, 0xff00}, {false, -1, 4095, 0xff00}, {false, -1, 0, -256}} {
		in := opened(t, written(t, sample(1, func(ds *Dataset) {
			ds.Sequence(TagVOILUTSequence, table(-256, 8, 0, 255)).
				Float(TagRescaleSlope, "DS", c.slope).Float(TagRescaleIntercept, "DS", c.intercept).
				SetPixels(imaging.PixelDescription{Rows: 2, Columns: 3, Samples: 1, BitsAllocated: 16, BitsStored: 12, Signed: c.signed, Photometric: "MONOCHROME2"}, make([]byte, 12))
		}))).Instance()
		if len(in.VOI) != 1 || in.VOI[0].Table.First != c.want || in.VOI[0].Explanation != "named" {
			t.Errorf("%+v: %+v", c, in.VOI)
		}
	}
	in := opened(t, written(t, sample(1, func(ds *Dataset) { // behind a table the values are unsigned
		ds.Delete(TagRescaleSlope, TagRescaleIntercept).Sequence(TagModalityLUTSequence, table(-2, 16, 5, 6, 7).String(TagModalityLUTType, "LO", "OD")).
			Sequence(TagVOILUTSequence, table(-256, 8, 0, 255)).
			SetPixels(imaging.PixelDescription{Rows: 2, Columns: 3, Samples: 1, BitsAllocated: 16, BitsStored: 12, Signed: true, Photometric: "MONOCHROME2"}, make([]byte, 12))
	}))).Instance()
	if in.VOI[0].Table.First != 0xff00 || in.ModalityLUT.Table.First != -2 || in.ModalityLUT.Type != "OD" || in.ModalityLUT.Apply(-1, 1) != 6 {
		t.Errorf("%+v %+v", in.VOI, in.ModalityLUT)
	}
}

func TestTheUnitOfModalityValuesIsKnown(t *testing.T) {
	unit := func(change func(*Dataset)) string {
		return opened(t, written(t, sample(1, change))).Instance().ModalityLUT.Type
	}
	if got := unit(nil); got != "HU" { // C.8.2.1.1.2
		t.Errorf("CT: %q", got)
	}
	if got := unit(func(ds *Dataset) { ds.String(TagRescaleType, "LO", "US") }); got != "US" {
		t.Errorf("a CT map: %q", got)
	}
	if got := unit(func(ds *Dataset) { ds.String(TagModality, "CS", "PT").String(TagUnits, "CS", "BQML") }); got != "BQML" {
		t.Errorf("PET: %q", got)
	}
	if got := unit(func(ds *Dataset) { ds.String(TagModality, "CS", "MR") }); got != "" {
		t.Errorf("MR: %q", got)
	}
}

func TestRealWorldValuesMapStoredValues(t *testing.T) {
	unit := NewDataset().String(TagCodeValue, "SH", "g/ml{SUVbw}").String(TagCodingSchemeDesignator, "SH", "UCUM").String(TagCodeMeaning, "LO", "SUV by body weight")
	in := opened(t, written(t, sample(1, func(ds *Dataset) {
		ds.Sequence(TagRealWorldValueMapping,
			NewDataset().Int(TagRealWorldFirst, "US", 10).Int(TagRealWorldLast, "US", 20).Float(TagRealWorldSlope, "FD", 0.5).Float(TagRealWorldIntercept, "FD", 1).String(TagRealWorldLabel, "SH", "SUV").Sequence(TagMeasurementUnits, unit),
			NewDataset().Int(TagRealWorldFirst, "US", 3).Int(TagRealWorldLast, "US", 5).Float(TagRealWorldLUTData, "FD", 7, 9, 11).Sequence(TagMeasurementUnits, unit),
			NewDataset().Int(TagRealWorldFirst, "US", 3).Int(TagRealWorldLast, "US", 9).Float(TagRealWorldLUTData, "FD", 7, 9, 11)) // too short: left out
	}))).Instance()
	if len(in.RealWorld) != 2 || in.RealWorld[0].Units != "g/ml{SUVbw}" || in.RealWorld[0].Label != "SUV" {
		t.Fatalf("%+v", in.RealWorld)
	}
	got := []float64{}
	for _, stored := range []float64{9, 10, 20, 21} {
		v, ok := in.RealWorld[0].Apply(stored)
		if !ok {
			v = math.Inf(1)
		}
		got = append(got, v)
	}
	if !reflect.DeepEqual(got, []float64{math.Inf(1), 6, 11, math.Inf(1)}) {
		t.Error(got)
	}
	if v, ok := in.RealWorld[1].Apply(4); !ok || v != 9 {
		t.Error(v, ok)
	}
}

// Values of a real enhanced CT as pydicom 3.0.2 reads them.
func TestARealEnhancedCTIsDescribedFrameByFrame(t *testing.T) {
	f, err := Open(shared(t, "dicom/pydicom-data/eCT_Supplemental.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := f.Instance()
	if in.Frame(1).Plane.Position != (imaging.Vec{99.5, -301.5, -159}) || in.Frame(2).Plane.Position != (imaging.Vec{99.5, -301.5, -149}) ||
		in.Frame(2).VOI[0].Width != 102 || in.ModalityLUT.Apply(24, 2) != -1000 || in.ModalityLUT.Type != "US" ||
		in.Frame(2).SliceThickness != 10 || in.Frame(2).Space.RowMM != 0.388672 || in.Frame(2).RealWorld[0].Units != "ml/100ml/s" {
		t.Errorf("%+v", in.PerFrame)
	}
}
