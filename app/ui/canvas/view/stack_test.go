package view

import (
	"fmt"
	"strings"
	"testing"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/imaging/volume"
)

// axial is a slice z mm along the body, shifted by shear mm of each mm: a tilted
// gantry.
func axial(n int, z, shear float64) imaging.Instance {
	return imaging.Instance{SOPInstanceUID: fmt.Sprintf("2.25.%d", n), Number: n, Modality: "CT", ImageType: []string{"ORIGINAL", "PRIMARY", "AXIAL"},
		Pixels: imaging.PixelDescription{Rows: 4, Columns: 4, Frames: 1, Samples: 1, BitsAllocated: 16, BitsStored: 16, Photometric: "MONOCHROME2"},
		Plane:  &imaging.Plane{Position: imaging.Vec{0, shear * z, z}, Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 1, 0}},
		Space:  imaging.Spacing{RowMM: 1, ColumnMM: 1, Source: imaging.SpacingPatient}, SliceThickness: 2}
}

func each(t *testing.T, f func(l *lang.Strings)) {
	t.Helper()
	for _, code := range lang.Codes() {
		l, err := lang.New(code)
		if err != nil {
			t.Fatal(err)
		}
		f(l)
	}
}

func TestTiltAndMissingSlicesAreSaidInMillimetresAndDegrees(t *testing.T) {
	var s imaging.Series
	for i, z := range []float64{0, 2, 4, 10, 12} {
		s.Instances = append(s.Instances, axial(i+1, z, 0.2))
	}
	stack := &volume.Split(&s)[0]
	each(t, func(l *lang.Strings) {
		w := Words(l, Facts{Instance: stack.Slices[2].Instance, Frame: 1, Stack: stack, State: State{Slice: 2, Slices: 5}, Zoom: 1})
		said := strings.Join(w.Warnings, "\n")
		for _, want := range []string{"11.31°", "6\u00a0mm", "2"} { // arctan 0.2
			if !strings.Contains(said, want) {
				t.Errorf("%q is not in %q", want, said)
			}
		}
		if left := strings.Join(w.BottomLeft, "\n"); !strings.Contains(left, l.T("canvas.slice", 3, 5)) || !strings.Contains(left, l.T("canvas.position", "4.0")) {
			t.Errorf("%q", left)
		}
	})
}

func TestNoNumberAndNoPositionIsSaidBeforeTheOrderIsKnown(t *testing.T) {
	in := axial(7, 14, 0)
	each(t, func(l *lang.Strings) {
		w := Words(l, Facts{Instance: &in, Frame: 1, State: State{Slices: 9}, Zoom: 1})
		left := strings.Join(w.BottomLeft, "\n")
		if !strings.Contains(left, l.T("canvas.order_unknown")) || strings.Contains(left, "14.0") || strings.Contains(left, "/9") {
			t.Errorf("%q", left)
		}
	})
}

func TestPicturesWithoutPlacesAreNumberedAsSuch(t *testing.T) {
	var s imaging.Series
	for n := range 3 {
		in := axial(n+1, 0, 0)
		in.Plane = nil
		s.Instances = append(s.Instances, in)
	}
	stack := &volume.Split(&s)[0]
	each(t, func(l *lang.Strings) {
		w := Words(l, Facts{Instance: stack.Slices[0].Instance, Frame: 1, Stack: stack, State: State{Slices: 3}, Zoom: 1})
		if left := strings.Join(w.BottomLeft, "\n"); !strings.Contains(left, l.T("canvas.slice_by_number", 1, 3)) {
			t.Errorf("%q", left)
		}
	})
}

func TestStacksAreNamedByWhatSetsThemApart(t *testing.T) {
	var s imaging.Series
	add := func(n int, z float64, change func(*imaging.Instance)) {
		in := axial(n, z, 0)
		change(&in)
		s.Instances = append(s.Instances, in)
	}
	add(1, 0, func(in *imaging.Instance) { in.ImageType[2] = "LOCALIZER" })
	for k := range 3 {
		for _, b := range []float64{0, 800} {
			add(10+k+int(b), float64(k), func(in *imaging.Instance) {
				in.Acquisition.Diffusion = &imaging.Diffusion{BValue: b}
			})
		}
	}
	for _, want := range []struct {
		code  lang.Code
		names []string
	}{{lang.Chinese, []string{"b = 0", "b = 800", "定位像"}}, {lang.English, []string{"b = 0", "b = 800", "Localizer"}}} {
		l, err := lang.New(want.code)
		if err != nil {
			t.Fatal(err)
		}
		stacks := volume.Split(&s)
		if len(stacks) != len(want.names) {
			t.Fatalf("%d stacks", len(stacks))
		}
		for k := range stacks {
			if got := StackName(l, &stacks[k]); got != want.names[k] {
				t.Errorf("%q, want %q", got, want.names[k])
			}
		}
	}
}

func TestEveryIrregularityAndEveryCriterionHasWords(t *testing.T) {
	each(t, func(l *lang.Strings) {
		for _, k := range []volume.Kind{volume.MissingSlices, volume.UnevenSpacing, volume.SpacingChange, volume.SamePosition, volume.Shifted, volume.GantryTilt,
			volume.TiltOnlyInWords, volume.Orientations, volume.Overlapping, volume.Gaps, volume.Mosaics, volume.HeaderSpacing, volume.DamagedSlices} {
			if w := IrregularWords(l, volume.Irregularity{Kind: k, First: 1, Last: 2}); strings.Contains(w, string(k)+"]") || strings.Contains(w, "irregular.") || strings.Contains(w, "{") {
				t.Errorf("%s: %q", k, w)
			}
		}
		for _, c := range []volume.Criterion{volume.ByLocalizer, volume.ByPosition, volume.ByMatrix, volume.ByFrameOfReference, volume.ByOrientation, volume.ByStackID,
			volume.ByImageType, volume.ByEcho, volume.ByBValue, volume.ByDirection, volume.ByPhase, volume.ByAcquisition, volume.ByFlavour, volume.ByTrigger, volume.ByTime, volume.ByRepeat} {
			if w := StackName(l, &volume.Stack{Localizer: true, Parts: []volume.Part{{By: c, Value: "7", Index: 1, Count: 2}}}); w == "" || strings.Contains(w, "stack.") {
				t.Errorf("%s: %q", c, w)
			}
		}
	})
}
