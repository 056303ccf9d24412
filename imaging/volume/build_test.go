package volume

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

func TestAFolderBecomesAVolumeInTheOrderOfPosition(t *testing.T) {
	zs := places(7, 2.5)
	s := stackAt(t, writeSeries(t, 9, 6, zs))
	v := built(t, s)
	if v.Columns != 9 || v.Rows != 6 || v.Depth != 7 || v.Int16 == nil || v.Uint16 != nil || v.Float32 != nil {
		t.Fatalf("%d × %d × %d", v.Columns, v.Rows, v.Depth)
	}
	if v.Slope != 1 || v.Intercept != -1024 || v.Unit != "HU" || v.Inverted || v.Padding != -32768 || v.Flags != nil || v.Bytes() != 2*9*6*7 {
		t.Errorf("%g %g %q %v %g %v", v.Slope, v.Intercept, v.Unit, v.Inverted, v.Padding, v.Flags)
	}
	for k, z := range zs {
		if want := (imaging.Vec{-180, -170.5, z}); v.Positions[k] != want {
			t.Errorf("slice %d lies at %v", k, v.Positions[k])
		}
		value := wave(k)
		for n := range 9 * 6 {
			if got := v.At(n%9, n/9, k); got != float64(value(n%9, n/9)) {
				t.Fatalf("voxel %d of slice %d is %g", n, k, got)
			}
		}
	}
	if got, want := v.Point(8, 5, 6), (imaging.Vec{-180 + 8*0.6, -170.5 + 5*0.7, 25}); minus(got, want).Len() > 1e-9 {
		t.Errorf("the last voxel lies at %v, want %v", got, want)
	}
}

// The same frames through a decoder that hands out other types, and read straight
// from the file, are the same voxels.
func TestVoxelsDoNotDependOnHowTheyWereRead(t *testing.T) {
	straight := built(t, stackAt(t, writeSeries(t, 5, 4, places(4, 1))))
	twelve := func(ds *dicomfile.Dataset) { // the upper bits are no part of the value
		raw := ds.Raw(dicomfile.TagPixelData)
		for i := 1; i < len(raw); i += 2 {
			raw[i] = raw[i]&0x0f | 0xa0
		}
		ds.Int(dicomfile.TagBitsStored, "US", 12).Int(dicomfile.TagHighBit, "US", 11).Int(dicomfile.TagPixelRepresentation, "US", 0)
	}
	masked := built(t, stackAt(t, writeSeries(t, 5, 4, places(4, 1), twelve)))
	if masked.Uint16 == nil {
		t.Fatal("unsigned values are to be uint16")
	}
	for n, x := range straight.Int16 {
		if want := uint16(x) & 0xfff; masked.Uint16[n] != want {
			t.Fatalf("voxel %d is %d, want %d", n, masked.Uint16[n], want)
		}
	}
}

// enhancedCT makes an enhanced object (PS3.3 A.38) of slices, in the order given.
func enhancedCT(columns, rows int, zs []float64) *dicomfile.Dataset {
	var frames [][]byte
	var per []*dicomfile.Dataset
	for k, z := range zs {
		var px []byte
		value := wave(k)
		for n := range columns * rows {
			px = binary.LittleEndian.AppendUint16(px, uint16(value(n%columns, n/columns)))
		}
		frames = append(frames, px)
		per = append(per, dicomfile.NewDataset().
			Sequence(dicomfile.TagPlanePositionSeq, dicomfile.NewDataset().Float(dicomfile.TagImagePosition, "DS", -180, -170.5, z)).
			Sequence(dicomfile.TagPixelValueTransform, dicomfile.NewDataset().Float(dicomfile.TagRescaleIntercept, "DS", -1024).
				Float(dicomfile.TagRescaleSlope, "DS", 1).String(dicomfile.TagRescaleType, "LO", "HU")))
	}
	ds := ct(1, columns, rows, 0, wave(0)).
		String(dicomfile.TagSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.2.1").
		Delete(dicomfile.TagImagePosition, dicomfile.TagImageOrientation, dicomfile.TagPixelSpacing, dicomfile.TagRescaleIntercept, dicomfile.TagRescaleSlope, dicomfile.TagRescaleType, dicomfile.TagSliceThickness).
		SetPixels(imaging.PixelDescription{Rows: rows, Columns: columns, Samples: 1, BitsAllocated: 16, BitsStored: 16, Signed: true, Photometric: "MONOCHROME2"}, frames...)
	return ds.Sequence(dicomfile.TagSharedFunctional, dicomfile.NewDataset().
		Sequence(dicomfile.TagPixelMeasures, dicomfile.NewDataset().Float(dicomfile.TagPixelSpacing, "DS", 0.7, 0.6).Float(dicomfile.TagSliceThickness, "DS", 2)).
		Sequence(dicomfile.TagPlaneOrientationSeq, dicomfile.NewDataset().Float(dicomfile.TagImageOrientation, "DS", 1, 0, 0, 0, 1, 0))).
		Sequence(dicomfile.TagPerFrameFunctional, per...)
}

func TestAnEnhancedObjectBecomesTheVolumeOfTheSeriesOfItsSlices(t *testing.T) {
	zs := places(6, 2)
	one := built(t, stackAt(t, writeSeries(t, 8, 5, zs)))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "enhanced"), enhancedCT(8, 5, zs))
	other := built(t, stackAt(t, dir))
	one.Slices, other.Slices = nil, nil // the one thing that differs
	if !reflect.DeepEqual(one, other) {
		t.Errorf("\n%+v\n%+v", one, other)
	}
	// And both are refused for the same hole.
	zs = append(zs[:3:3], zs[4:]...)
	write(t, filepath.Join(dir, "enhanced"), enhancedCT(8, 5, zs))
	var reasons [][]Irregularity
	for _, s := range []Stack{stackAt(t, dir), stackAt(t, writeSeries(t, 8, 5, zs))} {
		_, err := Build(t.Context(), s, OpenSource, codec.Local{}, Options{})
		var refused *RefusedError
		if !errors.As(err, &refused) {
			t.Fatal(err)
		}
		reasons = append(reasons, refused.Reasons)
	}
	if len(reasons[0]) != 1 || reasons[0][0].Kind != MissingSlices || !slices.Equal(reasons[0], reasons[1]) {
		t.Error(reasons)
	}
}

func TestWhatIsIrregularIsRefusedUnlessItIsAcceptedAndThenFlagged(t *testing.T) {
	tilted := func(ds *dicomfile.Dataset) {
		ds.Float(dicomfile.TagImageOrientation, "DS", 1, 0, 0, 0, 0.96, -0.28)
	}
	for name, c := range map[string]struct {
		zs     []float64
		change []func(*dicomfile.Dataset)
		kind   Kind
		depth  int
	}{
		"missing": {[]float64{0, 2, 4, 8, 10}, nil, MissingSlices, 5},
		"uneven":  {[]float64{0, 2, 4, 7, 9}, nil, UnevenSpacing, 5},
		"twice":   {[]float64{0, 2, 4, 4, 6}, nil, SamePosition, 4},
		"tilted":  {[]float64{0, 2, 4, 6}, []func(*dicomfile.Dataset){tilted}, GantryTilt, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := stackAt(t, writeSeries(t, 4, 3, c.zs, c.change...))
			_, err := Build(t.Context(), s, OpenSource, codec.Local{}, Options{})
			var refused *RefusedError
			if !errors.As(err, &refused) || len(refused.Reasons) != 1 || refused.Reasons[0].Kind != c.kind {
				t.Fatal(err)
			}
			if !strings.Contains(err.Error(), refused.Reasons[0].String()) {
				t.Error(err)
			}
			v := built(t, s, c.kind)
			if v.Depth != c.depth || len(v.Flags) != 1 || v.Flags[0].Kind != c.kind {
				t.Errorf("%d slices, %v", v.Depth, v.Flags)
			}
			for k := range v.Depth {
				if want := v.Slices[k].Plane().Position; v.Positions[k] != want || minus(v.Point(0, 0, float64(k)), want).Len() > 1e-9 {
					t.Errorf("slice %d was moved from %v to %v", k, want, v.Point(0, 0, float64(k)))
				}
			}
			section, err := v.Reslice(t.Context(), v.Cut(Coronal, -170))
			if err != nil || !slices.Equal(section.Flags, v.Flags) {
				t.Error(err, section.Flags)
			}
		})
	}
}

func TestWhatIsNoStackOfSlicesMakesNoVolumeWhateverIsAccepted(t *testing.T) {
	all := []Kind{MissingSlices, UnevenSpacing, SpacingChange, SamePosition, Shifted, GantryTilt, TiltOnlyInWords, Orientations, Mosaics, HeaderSpacing, DamagedSlices}
	in := func(change func([]imaging.Instance)) Stack {
		list := row(0, 5, 10, 15)
		change(list)
		return Stack{Slices: Slices(series(list...)), Placed: list[0].Plane != nil, Geometry: Check(Slices(series(list...)))}
	}
	for name, s := range map[string]Stack{
		"one picture": {Slices: Slices(series(row(0)...)), Placed: true},
		"no position": in(func(l []imaging.Instance) {
			for i := range l {
				l[i].Plane = nil
			}
		}),
		"pictures that turn": in(func(l []imaging.Instance) {
			p := *l[2].Plane
			p.Row = imaging.Vec{0.6, 0.8, 0}
			p.Column = imaging.Vec{-0.8, 0.6, 0}
			l[2].Plane = &p
		}),
		"one place": in(func(l []imaging.Instance) {
			for i := range l {
				l[i].Plane = l[0].Plane
			}
		}),
		"colour":        in(func(l []imaging.Instance) { l[1].Pixels.Samples = 3 }),
		"pixel spacing": in(func(l []imaging.Instance) { l[1].Space.RowMM = 0.7 }),
		"matrix":        in(func(l []imaging.Instance) { l[1].Pixels.Rows = 8 }),
		"no spacing": in(func(l []imaging.Instance) {
			for i := range l {
				l[i].Space = imaging.Spacing{}
			}
		}),
	} {
		_, err := Build(t.Context(), s, OpenSource, codec.Local{}, Options{Accept: all})
		var refused *RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSlicesOfDifferentRescaleAreModalityValues(t *testing.T) {
	n := 0.0
	s := stackAt(t, writeSeries(t, 4, 3, places(3, 2), func(ds *dicomfile.Dataset) {
		n++
		ds.Float(dicomfile.TagRescaleSlope, "DS", n/4).Int(dicomfile.TagPixelPaddingValue, "SS", -200) // wave(0) begins with it
	}))
	v := built(t, s)
	if v.Float32 == nil || v.Slope != 1 || v.Intercept != 0 {
		t.Fatal(v.Slope, v.Intercept)
	}
	for k := range 3 {
		for px := range 12 {
			stored := wave(k)(px%4, px/4)
			got, want := v.At(px%4, px/4, k), float64(stored)*float64(k+1)/4-1024
			if stored == -200 && !math.IsNaN(got) || stored != -200 && got != float64(float32(want)) {
				t.Errorf("slice %d, pixel %d is %g, want %g", k, px, got, want)
			}
		}
	}
}

func TestThePaddingValueOfTheHeaderIsThatOfTheOutside(t *testing.T) {
	v := built(t, stackAt(t, writeSeries(t, 4, 3, places(3, 2), func(ds *dicomfile.Dataset) { ds.Int(dicomfile.TagPixelPaddingValue, "SS", -2000) })))
	c := v.Cut(Axial, 10)
	c.Plane.Position[0] -= 100
	s, err := v.Reslice(t.Context(), c)
	if err != nil || s.Frame.Int16[0] != -2000 || !s.Outside[0] {
		t.Error(err, s.Frame.Int16)
	}
}

func TestACutSliceIsRefusedUnlessItIsAcceptedAndThenFlagged(t *testing.T) {
	dir := writeSeries(t, 16, 16, places(5, 2))
	s := stackAt(t, dir)
	third := s.Slices[2].Instance.Source
	whole, err := os.ReadFile(third)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(third, whole[:len(whole)-2*16*6], 0o600); err != nil {
		t.Fatal(err)
	}
	s = stackAt(t, dir)
	_, err = Build(t.Context(), s, OpenSource, codec.Local{}, Options{})
	var refused *RefusedError
	if !errors.As(err, &refused) || len(refused.Reasons) != 1 || refused.Reasons[0] != (Irregularity{Kind: DamagedSlices, First: 3, Last: 3, Count: 96}) {
		t.Fatal(err)
	}
	if v := built(t, s, DamagedSlices); len(v.Flags) != 1 || v.At(0, 9, 2) != float64(wave(2)(0, 9)) || v.At(0, 10, 2) != 0 {
		t.Errorf("%v", v.Flags)
	}
}

func TestSlicesAreReadAroundTheOneThatIsLookedAt(t *testing.T) {
	s := stackAt(t, writeSeries(t, 4, 3, places(9, 2)))
	place := map[*imaging.Instance]int{}
	for k, sl := range s.Slices {
		place[sl.Instance] = k
	}
	var order []int
	var at atomic.Int64
	at.Store(6)
	var last int
	_, err := Build(t.Context(), s, func(ctx context.Context, in *imaging.Instance) (*dicomfile.File, error) {
		order = append(order, place[in])
		if len(order) == 4 {
			at.Store(0)
		}
		return OpenSource(ctx, in)
	}, codec.Local{}, Options{Workers: 1, Near: func() int { return int(at.Load()) }, Progress: func(done, total int) {
		if done != last+1 || total != 9 {
			t.Errorf("%d of %d", done, total)
		}
		last = done
	}})
	if err != nil || last != 9 {
		t.Fatal(err, last)
	}
	if want := []int{6, 5, 7, 4, 0, 1, 2, 3, 8}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
}

func TestACancelledBuildStopsAndClosesItsFiles(t *testing.T) {
	s := stackAt(t, writeSeries(t, 4, 3, places(20, 2)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opened := 0
	_, err := Build(ctx, s, func(ctx context.Context, in *imaging.Instance) (*dicomfile.File, error) {
		if opened++; opened == 3 {
			cancel()
		}
		return OpenSource(ctx, in)
	}, codec.Local{}, Options{Workers: 1})
	if !errors.Is(err, context.Canceled) || opened != 3 {
		t.Error(err, opened)
	}
	_, err = Build(t.Context(), s, func(context.Context, *imaging.Instance) (*dicomfile.File, error) { return nil, os.ErrPermission }, codec.Local{}, Options{})
	if !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
}

// The head phantom: refused for its tilt, and then read with its shear. The
// centre of its sixteenth slice, by hand from its header: 15 * 2.5 mm along z.
func TestTheTiltedHeadPhantomBecomesAShearedVolume(t *testing.T) {
	s := stackAt(t, shared(t, "series/ct-philips-59"))
	_, err := Build(t.Context(), s, OpenSource, codec.Local{}, Options{})
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Reasons[0].Kind != GantryTilt {
		t.Fatal(err)
	}
	v := built(t, s, GantryTilt)
	if v.Depth != 58 || !v.grid.equal || len(v.Flags) != 1 {
		t.Fatalf("%d slices, %v", v.Depth, v.Flags)
	}
	if d := minus(v.Point(0, 0, 15), plus(v.Positions[0], imaging.Vec{0, 0, 37.5})).Len(); d > 0.01 {
		t.Errorf("slice 16 lies %g mm from where its header says", d)
	}
	// An axial cut crosses the tilted slices: its top and bottom come from
	// different ones, and the middle of it is inside.
	low, high := v.Extent(Axial)
	section, err := v.Reslice(t.Context(), v.Cut(Axial, (low+high)/2))
	if err != nil {
		t.Fatal(err)
	}
	inside := 0
	for _, o := range section.Outside {
		if !o {
			inside++
		}
	}
	if share := float64(inside) / float64(len(section.Outside)); share < 0.5 || share > 1 {
		t.Errorf("%.2f of the cut lies inside", share)
	}
}

// The frames of pydicom's enhanced CT against their places in its header.
func TestTheEnhancedCTOfPydicomBecomesAVolume(t *testing.T) {
	c, err := dicomfile.Scan(t.Context(), []string{shared(t, "dicom/pydicom-data/eCT_Supplemental.dcm")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	stacks := Split(&c.Studies[0].Series[0])
	if len(stacks) != 1 {
		t.Fatal(described(stacks))
	}
	v, err := Build(t.Context(), stacks[0], OpenSource, codec.Local{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := dicomfile.Open(shared(t, "dicom/pydicom-data/eCT_Supplemental.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for k, s := range v.Slices {
		frame, err := f.Frame(t.Context(), codec.Local{}, s.Frame)
		if err != nil {
			t.Fatal(err)
		}
		for n := range frame.Len() {
			if v.At(n%v.Columns, n/v.Columns, k) != frame.At(n) {
				t.Fatalf("slice %d is not frame %d", k, s.Frame)
			}
		}
		if v.Positions[k] != f.Instance().PerFrame[s.Frame-1].Plane.Position {
			t.Errorf("slice %d lies at %v", k, v.Positions[k])
		}
	}
}

// The mosaic of the United Imaging scanner: its tiles are the slices.
func TestTheTilesOfAMosaicBecomeAVolume(t *testing.T) {
	stacks := Split(scanned(t, "series/mr-united-imaging-17"))
	whole := stacks[0].Slices[0]
	tiles := whole.Tiles()
	v, err := Build(t.Context(), Stack{Slices: tiles, Placed: true, Geometry: Check(tiles)}, OpenSource, codec.Local{}, Options{})
	if err != nil || v.Depth != 20 || v.Columns != 64 || v.Rows != 64 {
		t.Fatal(err)
	}
	f, err := dicomfile.Open(whole.Instance.Source)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	frame, err := f.Frame(t.Context(), codec.Local{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 20 {
		x, y := k%whole.Instance.Mosaic.Columns*64, k/whole.Instance.Mosaic.Columns*64
		for n := range 64 * 64 {
			if v.At(n%64, n/64, k) != frame.At((y+n/64)*frame.Columns+x+n%64) {
				t.Fatalf("slice %d is not tile %d", k, k+1)
			}
		}
	}
}
