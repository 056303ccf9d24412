package dicomfile

import (
	"fmt"
	"math"
	"testing"
	"time"

	"longying/imaging"
)

// private writes a private attribute behind its creator, in any block.
func private(ds *Dataset, group uint16, block uint8, creator string, put map[uint8]func(*Dataset, Tag)) {
	ds.String(NewTag(group, uint16(block)), "LO", creator)
	for e, f := range put {
		f(ds, NewTag(group, uint16(block)<<8|uint16(e)))
	}
}

func str(vr string, v ...string) func(*Dataset, Tag) {
	return func(ds *Dataset, t Tag) { ds.String(t, vr, v...) }
}

func num(vr string, v ...float64) func(*Dataset, Tag) {
	return func(ds *Dataset, t Tag) { ds.Float(t, vr, v...) }
}

func TestBValueIsReadFromTheStandardAttributeAndFromEachVendorsOwn(t *testing.T) {
	type elements = map[uint8]func(*Dataset, Tag)
	for name, c := range map[string]struct {
		change func(*Dataset)
		want   imaging.Diffusion
	}{
		"standard, top level": {func(d *Dataset) {
			d.Float(TagDiffusionBValue, "FD", 800).Float(TagDiffusionGradientOrientation, "FD", 0, 1, 0)
		}, imaging.Diffusion{BValue: 800, Direction: imaging.Vec{0, 1, 0}, Source: imaging.DiffusionStandard}},
		"standard before the vendor's": {func(d *Dataset) {
			d.Float(TagDiffusionBValue, "FD", 1000)
			private(d, 0x43, 0x10, "GEMS_PARM_01", elements{0x39: str("IS", "1000000900", "8", "0", "0")})
		}, imaging.Diffusion{BValue: 1000, Source: imaging.DiffusionStandard}},
		"Siemens": {func(d *Dataset) {
			private(d, 0x19, 0x10, "SIEMENS MR HEADER", elements{0x0C: str("IS", "50"), 0x0E: num("FD", 1, 0, 0)})
		}, imaging.Diffusion{BValue: 50, Direction: imaging.Vec{1, 0, 0}, Source: imaging.DiffusionSiemens}},
		"Siemens in another block": {func(d *Dataset) {
			private(d, 0x19, 0x10, "OTHER", elements{0x0C: str("IS", "7")})
			private(d, 0x19, 0x23, "SIEMENS MR HEADER", elements{0x0C: str("IS", "1000")})
		}, imaging.Diffusion{BValue: 1000, Source: imaging.DiffusionSiemens}},
		"GE with its bias": {func(d *Dataset) {
			private(d, 0x43, 0x10, "GEMS_PARM_01", elements{0x39: str("IS", "1000011000", "8", "0", "0")})
		}, imaging.Diffusion{BValue: 11000, Source: imaging.DiffusionGE}},
		"GE without": {func(d *Dataset) {
			private(d, 0x43, 0x10, "GEMS_PARM_01", elements{0x39: str("IS", "700", "0", "0", "0")})
		}, imaging.Diffusion{BValue: 700, Source: imaging.DiffusionGE}},
		"Philips": {func(d *Dataset) {
			private(d, 0x2001, 0x10, "Philips Imaging DD 001", elements{3: num("FL", 600)})
			private(d, 0x2005, 0x10, "Philips MR Imaging DD 001", elements{0xB0: num("FL", 0), 0xB1: num("FL", 0), 0xB2: num("FL", 1)})
		}, imaging.Diffusion{BValue: 600, Direction: imaging.Vec{0, 0, 1}, Source: imaging.DiffusionPhilips}},
		"United Imaging": {func(d *Dataset) {
			private(d, 0x65, 0x10, "Image Private Header", elements{9: num("FD", 928.25), 0x37: num("FD", 0, 0.6, 0.8)})
		}, imaging.Diffusion{BValue: 928.25, Direction: imaging.Vec{0, 0.6, 0.8}, Source: imaging.DiffusionUnitedImaging}},
	} {
		t.Run(name, func(t *testing.T) {
			got := opened(t, written(t, sample(1, c.change))).Instance().Acquisition.Diffusion
			if got == nil || *got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
	if d := opened(t, written(t, sample(1, nil))).Instance().Acquisition.Diffusion; d != nil {
		t.Errorf("a CT slice has %+v", d)
	}
}

// The b-values and directions of dcm2niix 1.0.20220720 on the same files (its
// .bval and .bvec; the second component of a .bvec has its sign changed).
func TestUnitedImagingDiffusionAgreesWithDcm2niix(t *testing.T) {
	folder := shared(t, "series/mr-united-imaging-17")
	for n, want := range map[int]struct {
		b float64
		v imaging.Vec
	}{
		1: {1.25194, imaging.Vec{}}, 2: {928.289, imaging.Vec{0.554117, -0.241679, -0.796584}}, 17: {928.289, imaging.Vec{-0.622675, -0.175899, -0.762453}},
	} {
		f, err := Open(fmt.Sprintf("%s/%08d.dcm", folder, n))
		if err != nil {
			t.Fatal(err)
		}
		in := f.Instance()
		f.Close()
		d := in.Acquisition.Diffusion
		if d == nil || d.Source != imaging.DiffusionUnitedImaging || math.Abs(d.BValue-want.b) > 5e-4 {
			t.Fatalf("image %d: %+v, want b %g", n, d, want.b)
		}
		for k := range want.v {
			if math.Abs(d.Direction[k]-want.v[k]) > 1e-6 {
				t.Errorf("image %d: direction %v, want %v", n, d.Direction, want.v)
			}
		}
		// Its NIfTI has 64 x 64 x 20 voxels, 4.2 mm apart.
		m := in.Mosaic
		if m == nil || m.Tiles != 20 || m.Columns != 5 || m.Down() != 4 || len(m.Planes) != 20 {
			t.Fatalf("image %d: mosaic %+v", n, m)
		}
		for k := 1; k < len(m.Planes); k++ {
			if step := m.Planes[k].Depth() - m.Planes[k-1].Depth(); math.Abs(step-4.2) > 1e-5 {
				t.Errorf("tile %d lies %g mm behind the one before", k+1, step)
			}
		}
	}
}

func TestAcquisitionOfAClassicSlice(t *testing.T) {
	in := opened(t, written(t, sample(1, func(d *Dataset) {
		d.Int(TagAcquisitionNumber, "IS", 3).Int(TagEchoNumbers, "IS", 2).Float(TagEchoTime, "DS", 71.5).
			Int(TagTemporalPosition, "IS", 4).Float(TagTriggerTime, "DS", 0).Float(TagGantryTilt, "DS", -16.5).
			Float(TagSpacingBetweenSlices, "DS", 2.5).
			String(TagAcquisitionDate, "DA", "20240506").String(TagAcquisitionTime, "TM", "070809.25").String(TagTimezoneOffset, "SH", "+0200")
	}))).Instance()
	a := in.Acquisition
	want := time.Date(2024, 5, 6, 5, 8, 9, 250e6, time.UTC)
	if a.Number != 3 || a.EchoNumber != 2 || a.EchoTime != 71.5 || a.Phase != 4 || a.Trigger == nil || *a.Trigger != 0 ||
		a.GantryTilt != -16.5 || a.SpacingBetweenSlices != 2.5 || !a.Time.Equal(want) {
		t.Errorf("%+v", a)
	}
	if a := opened(t, written(t, sample(1, nil))).Instance().Acquisition; a != (imaging.Acquisition{}) {
		t.Errorf("a slice that says nothing has %+v", a)
	}
}

// What pydicom 3.0.2 shows of the functional groups.
func TestEachFrameOfAnEnhancedObjectHasItsOwnPlaceAndOrder(t *testing.T) {
	f, err := Open(shared(t, "dicom/pydicom-data/eCT_Supplemental.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := f.Instance()
	if len(in.PerFrame) != 2 {
		t.Fatalf("%d frames", len(in.PerFrame))
	}
	for n, z := range map[int]float64{1: -159, 2: -149} {
		h := in.Frame(n)
		if h.Plane == nil || h.Plane.Position != (imaging.Vec{99.5, -301.5, z}) || h.Plane.Row != (imaging.Vec{-1, 0, 0}) {
			t.Errorf("frame %d: plane %+v", n, h.Plane)
		}
		if h.SliceThickness != 10 || h.Space.RowMM != 0.388672 || h.StackID != "1" || h.InStack != 3-n || h.Acquisition.Number != 1 ||
			len(h.DimensionIndex) != 2 || h.DimensionIndex[1] != 3-n || len(h.ImageType) != 4 || h.ImageType[3] != "RCBF" {
			t.Errorf("frame %d: %+v", n, h)
		}
	}
}

func TestDiffusionAndEchoOfAnEnhancedFrameAreItsOwn(t *testing.T) {
	item := func(t Tag, d *Dataset) *Dataset { return NewDataset().Sequence(t, d) }
	frame := func(b, echo, delay float64, phase int) *Dataset {
		return NewDataset().
			Sequence(TagMRDiffusion, NewDataset().Float(TagDiffusionBValue, "FD", b).
				Sequence(TagDiffusionGradientDirection, NewDataset().Float(TagDiffusionGradientOrientation, "FD", 0, 0, 1))).
			Sequence(TagMREcho, NewDataset().Float(TagEffectiveEchoTime, "FD", echo)).
			Sequence(TagCardiacSynchronization, NewDataset().Float(TagNominalCardiacTriggerDelay, "FD", delay)).
			Sequence(TagFrameContent, NewDataset().Int(TagTemporalPositionIndex, "UL", phase).
				String(TagFrameAcquisitionDateTime, "DT", "20240506070809.5+0800"))
	}
	ds := sample(1, func(d *Dataset) {
		d.Int(TagNumberOfFrames, "IS", 2)
		d.SetPixels(imaging.PixelDescription{Rows: 1, Columns: 2, Samples: 1, BitsAllocated: 16, Photometric: "MONOCHROME2"}, make([]byte, 4), make([]byte, 4))
		d.Sequence(TagSharedFunctional, item(TagPixelMeasures, NewDataset().Float(TagSpacingBetweenSlices, "DS", 4)))
		d.Sequence(TagPerFrameFunctional, frame(0, 60, 10, 1), frame(1000, 61, 20, 2))
	})
	in := opened(t, written(t, ds)).Instance()
	if len(in.PerFrame) != 2 {
		t.Fatal(in.PerFrame)
	}
	a := in.Frame(2).Acquisition
	if a.Diffusion == nil || a.Diffusion.BValue != 1000 || a.Diffusion.Direction != (imaging.Vec{0, 0, 1}) || a.EchoTime != 61 ||
		a.Trigger == nil || *a.Trigger != 20 || a.Phase != 2 || a.SpacingBetweenSlices != 4 || a.Time.UTC().Hour() != 23 {
		t.Errorf("%+v %+v", a, a.Diffusion)
	}
	if b := in.Frame(1).Acquisition.Diffusion; b == nil || b.BValue != 0 {
		t.Errorf("frame 1: %+v", b)
	}
}
