package canvas

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"image"
	"reflect"
	"testing"

	"longying/imaging"
	"longying/inference"
)

// packed is a mask by the description of its format, not by the packer.
func packed(t *testing.T, columns, rows, slices int, at, size [3]int, runs ...uint64) *inference.PackedMask {
	t.Helper()
	var raw []byte
	for _, n := range runs {
		raw = binary.AppendUvarint(raw, n)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &inference.PackedMask{Columns: columns, Rows: rows, Slices: slices, At: at, Size: size, Runs: b.Bytes()}
}

func TestAMaskIsOutlinedOnTheSlicesThatHaveItAndOnNoOther(t *testing.T) {
	// 2 x 2 pixels on the third slice, nothing on the fourth, one pixel on the fifth.
	mask := packed(t, 10, 8, 6, [3]int{4, 3, 2}, [3]int{2, 2, 3}, 0, 4, 4, 1, 3)
	inputs := make([]imaging.Ref, 6)
	for i := range inputs {
		inputs[i] = imaging.Ref{SOPUID: string(rune('a' + i)), Frame: i + 10}
	}
	box := Mark{UID: "f", SOPUID: "c", Frame: 12, Style: Confirmed, Label: "肿块"}
	got, err := Masked(box, mask, inputs)
	if err != nil {
		t.Fatal(err)
	}
	want := []Mark{
		{UID: "f", SOPUID: "c", Frame: 12, Style: Confirmed, Label: "肿块",
			Region:  imaging.Region{X0: 4, Y0: 3, X1: 6, Y1: 5, Kind: imaging.RegionMask},
			Outline: [][]image.Point{{{X: 4, Y: 3}, {X: 6, Y: 3}, {X: 6, Y: 5}, {X: 4, Y: 5}}}},
		{UID: "f", SOPUID: "e", Frame: 14, Style: Confirmed, Label: "肿块",
			Region:  imaging.Region{X0: 4, Y0: 3, X1: 5, Y1: 4, Kind: imaging.RegionMask},
			Outline: [][]image.Point{{{X: 4, Y: 3}, {X: 5, Y: 3}, {X: 5, Y: 4}, {X: 4, Y: 4}}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if _, err := Masked(box, mask, inputs[:5]); err == nil {
		t.Error("a mask of six slices is laid over five pictures")
	}
	one := packed(t, 10, 8, 1, [3]int{4, 3, 0}, [3]int{2, 2, 1}, 0, 4)
	if got, err := Masked(box, one, nil); err != nil || len(got) != 1 || got[0].SOPUID != "c" || got[0].Frame != 12 {
		t.Errorf("the mask of an image: %+v %v", got, err)
	}
}

func TestOfBoxesOneOverAnotherTheSmallestIsChosenFirstAndTheNextByAnotherClick(t *testing.T) {
	at := func(uid string, x0, y0, x1, y1 float64) Mark {
		return Mark{UID: uid, Region: imaging.Region{X0: x0, Y0: y0, X1: x1, Y1: y1, Kind: imaging.RegionDetected}}
	}
	ring := at("ring", 0, 0, 100, 100)
	ring.Outline = [][]image.Point{{{}, {X: 100}, {X: 100, Y: 100}, {Y: 100}}, {{X: 1, Y: 1}, {X: 1, Y: 99}, {X: 99, Y: 99}, {X: 99, Y: 1}}}
	marks := []Mark{at("large", 0, 0, 90, 90), at("", 10, 10, 12, 12), at("small", 10, 10, 30, 30), ring}
	selected := ""
	for _, want := range []string{"small", "large", "small"} {
		got, ok := hit(marks, 11, 11, selected)
		if !ok || got != want {
			t.Errorf("after %q: %q, want %q", selected, got, want)
		}
		selected = got
	}
	if got, ok := hit(marks, 99.5, 50, ""); !ok || got != "ring" {
		t.Errorf("on the border of a mask: %q", got)
	}
	if got, ok := hit(marks, 95, 95, ""); ok {
		t.Errorf("in the hole of a mask: %q", got)
	}
}

// The pixels under a mask are read: an outline touches its border alone.
func TestAnOutlineLeavesThePixelsInsideAsTheyAre(t *testing.T) {
	dst := image.NewRGBA(image.Rect(0, 0, 100, 100))
	square := [][][2]float64{{{20, 20}, {80, 20}, {80, 80}, {20, 80}}}
	for _, s := range []Style{Proposed, Unsure, Confirmed, Edited} {
		clear(dst.Pix)
		strokeOutline(dst, square, 20, 20, 80, 80, s, true)
		inked := 0
		for y := range 100 {
			for x := range 100 {
				_, _, _, a := dst.At(x, y).RGBA()
				if a == 0 {
					continue
				}
				inked++
				if x > 24 && x < 76 && y > 24 && y < 76 {
					t.Fatalf("style %d: pixel %d,%d inside is painted", s, x, y)
				}
			}
		}
		if inked == 0 {
			t.Errorf("style %d draws nothing", s)
		}
	}
}
