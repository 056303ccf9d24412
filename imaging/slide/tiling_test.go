package slide

import (
	"bytes"
	"context"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

func TestTiledFullFramesLieRowByRow(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.9", columns: 300, rows: 200, tile: 64})
	wantShades(t, region(t, s, 0, image.Rect(0, 0, 300, 200)), 0, 0, func(x, y int) [3]byte { return shade(0, 0, 0, x, y) })
}

func TestARegionReadDecodesOnlyTheTilesItTouchesAndEachOnce(t *testing.T) {
	d := &counting{}
	s := opened(t, d, Options{}, made{uid: "2.25.9", columns: 300, rows: 200, tile: 64})
	for range 2 {
		wantShades(t, region(t, s, 0, image.Rect(60, 70, 130, 120)), 60, 70, func(x, y int) [3]byte { return shade(0, 0, 0, x, y) })
		if n := d.frames.Load(); n != 3 { // columns 0..2 of row 1
			t.Fatalf("%d frames were decoded, wanted 3", n)
		}
	}
}

func TestBeyondTheEdgeIsWhiteAndSaid(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.9", columns: 300, rows: 200, tile: 64})
	r := region(t, s, 0, image.Rect(-3, -2, 2, 3))
	if r.Padded != 5*5-2*3 {
		t.Errorf("%d pixels padded", r.Padded)
	}
	wantShades(t, r, -3, -2, func(x, y int) [3]byte {
		if x < 0 || y < 0 {
			return white
		}
		return shade(0, 0, 0, x, y)
	})
	// 300 is no multiple of 64: what the last tile holds beyond the matrix is not shown.
	if r := region(t, s, 0, image.Rect(299, 0, 301, 1)); r.Padded != 1 || [3]byte(r.RGB[3:]) != white {
		t.Errorf("beyond the matrix: %d padded, %v", r.Padded, r.RGB)
	}
	if r := region(t, s, 0, image.Rect(1000, 1000, 1002, 1001)); r.Padded != 2 || [3]byte(r.RGB) != white {
		t.Errorf("far off: %+v", r)
	}
}

func TestFocalPlanesComeBeforeOpticalPathsInTiledFull(t *testing.T) {
	m := made{uid: "2.25.9", columns: 100, rows: 70, tile: 64, planes: 3, paths: []string{"A", "B"}}
	for _, c := range []struct {
		o           Options
		path, plane int
	}{
		{Options{}, 0, 1}, // the middle plane of the first path
		{Options{FocalPlane: 1}, 0, 0},
		{Options{FocalPlane: 3, OpticalPath: "B"}, 1, 2},
	} {
		s := opened(t, codec.Local{}, c.o, m)
		d := s.Description()
		if d.FocalPlanes != 3 || d.FocalPlane != c.plane+1 || d.OpticalPath != c.path || len(d.OpticalPaths) != 2 {
			t.Errorf("%+v: %+v", c.o, d)
		}
		wantShades(t, region(t, s, 0, image.Rect(0, 0, 100, 70)), 0, 0, func(x, y int) [3]byte { return shade(0, c.path, c.plane, x, y) })
	}
	for _, o := range []Options{{FocalPlane: 4}, {OpticalPath: "C"}} {
		if s, err := Open(files(t, m), codec.Local{}, o); err == nil {
			s.Close()
			t.Errorf("%+v was opened", o)
		}
	}
}

func TestMissingSparseTilesAreBackgroundAndSaid(t *testing.T) {
	d := &counting{}
	s := opened(t, d, Options{}, made{uid: "2.25.9", columns: 192, rows: 128, tile: 64, sparse: []at{{column: 64, row: 0}, {column: 0, row: 64}}})
	recorded := func(x, y int) bool { return x >= 64 && x < 128 && y < 64 || x < 64 && y >= 64 }
	r := region(t, s, 0, image.Rect(0, 0, 192, 128))
	if r.Absent != 4*64*64 || r.Padded != 0 {
		t.Errorf("%d absent, %d padded", r.Absent, r.Padded)
	}
	wantShades(t, r, 0, 0, func(x, y int) [3]byte {
		if recorded(x, y) {
			return shade(0, 0, 0, x, y)
		}
		return white
	})
	if n := d.frames.Load(); n != 2 {
		t.Errorf("%d frames were decoded", n)
	}
	if _, err := s.RegionRGB(context.Background(), 0, 0, 192, 128); err != nil {
		t.Errorf("background is no error for a model: %v", err)
	}
}

func TestSparseFramesOffTheGridAreShownWhereTheyLie(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.9", columns: 192, rows: 128, tile: 64, sparse: []at{{column: 30, row: 40}, {column: 94, row: 40}, {column: -10, row: 100}}})
	r := region(t, s, 0, image.Rect(0, 0, 192, 128))
	in := func(x, y, cx, cy int) bool { return x >= cx && x < cx+64 && y >= cy && y < cy+64 }
	blank := 0
	wantShades(t, r, 0, 0, func(x, y int) [3]byte {
		if in(x, y, 30, 40) || in(x, y, 94, 40) || in(x, y, -10, 100) {
			return shade(0, 0, 0, x, y)
		}
		blank++
		return white
	})
	if r.Absent != blank {
		t.Errorf("%d absent, wanted %d", r.Absent, blank)
	}
}

func TestSparseFramesOfAnotherPathOrPlaneAreLeftOut(t *testing.T) {
	m := made{uid: "2.25.9", columns: 128, rows: 64, tile: 64, paths: []string{"A", "B"}, sparse: []at{
		{column: 0, z: 1, path: "A"}, {column: 0, z: 0, path: "A"}, {column: 64, z: 0, path: "A"}, {column: 0, z: 0, path: "B"}}}
	s := opened(t, codec.Local{}, Options{FocalPlane: 2}, m)
	wantShades(t, region(t, s, 0, image.Rect(0, 0, 64, 64)), 0, 0, func(x, y int) [3]byte { return shade(0, 0, 1, x, y) })
	// There is one plane at the second place: the nearest is shown, and said.
	wantShades(t, region(t, s, 0, image.Rect(64, 0, 128, 64)), 64, 0, func(x, y int) [3]byte { return shade(0, 0, 0, x, y) })
	if !slices.ContainsFunc(s.Notes(), func(n Note) bool { return n.Code == NoteFewPlanes }) {
		t.Errorf("notes: %v", s.Notes())
	}
	b := opened(t, codec.Local{}, Options{OpticalPath: "B"}, m)
	r := region(t, b, 0, image.Rect(0, 0, 128, 64))
	wantShades(t, r, 0, 0, func(x, y int) [3]byte {
		if x >= 64 {
			return white
		}
		return shade(0, 1, 0, x, y)
	})
}

func TestAnObjectThatDoesNotSayHowItsTilesLieIsTakenRowByRowOnlyWhenTheirNumberFits(t *testing.T) {
	m := made{uid: "2.25.9", columns: 128, rows: 128, tile: 64, organization: "none"}
	s := opened(t, codec.Local{}, Options{}, m)
	wantShades(t, region(t, s, 0, image.Rect(0, 0, 128, 128)), 0, 0, func(x, y int) [3]byte { return shade(0, 0, 0, x, y) })
	if len(s.Notes()) != 1 || s.Notes()[0].Code != NoteAssumedFull {
		t.Errorf("notes: %v", s.Notes())
	}
	m.frames = []int{0, 1, 2}
	if _, err := Open(files(t, m), codec.Local{}, Options{}); err == nil || !strings.Contains(err.Error(), "2.25.9") {
		t.Errorf("three tiles of four: %v", err)
	}
}

func TestConcatenationPartsMakeOneLevel(t *testing.T) {
	m := made{columns: 192, rows: 128, tile: 64, concatenation: "2.25.33"}
	a, b := m, m
	a.uid, a.part, a.frames = "2.25.91", 1, []int{0, 1}
	b.uid, b.part, b.offset, b.frames = "2.25.92", 2, 2, []int{2, 3, 4, 5}
	for _, order := range [][]made{{a, b}, {b, a}} {
		s := opened(t, codec.Local{}, Options{}, order...)
		if len(s.Levels()) != 1 {
			t.Fatalf("%d levels", len(s.Levels()))
		}
		wantShades(t, region(t, s, 0, image.Rect(0, 0, 192, 128)), 0, 0, func(x, y int) [3]byte { return shade(0, 0, 0, x, y) })
	}
	st := study(t, b, a)
	groups := Groups(st)
	if len(groups) != 1 || len(groups[0].Volume) != 2 || groups[0].Base().SOPInstanceUID != a.uid {
		t.Fatalf("%+v", groups)
	}
	if parts := Parts(st, groups[0].Volume[1]); len(parts) != 2 || parts[0].SOPInstanceUID != a.uid {
		t.Errorf("parts of the second: %+v", parts)
	}
}

func TestAMissingPartOfAConcatenationIsAnErrorOfItsTilesNotBackground(t *testing.T) {
	m := made{uid: "2.25.91", columns: 192, rows: 128, tile: 64, concatenation: "2.25.33", part: 1, frames: []int{0, 1}}
	s := opened(t, codec.Local{}, Options{}, m)
	if n := s.Notes(); len(n) != 1 || n[0].Code != NoteFewFrames || n[0].Args[1] != "4" {
		t.Errorf("notes: %v", n)
	}
	if _, err := s.Region(context.Background(), 0, 0, 0, 128, 64); err != nil {
		t.Error(err)
	}
	if _, err := s.Region(context.Background(), 0, 100, 0, 60, 10); err == nil {
		t.Error("a tile that is not in the file was read")
	}
}

func TestImpossibleMatricesAreRefusedWithoutMemory(t *testing.T) {
	for name, change := range map[string]func(*dicomfile.Dataset){
		"too wide":        func(d *dicomfile.Dataset) { d.Int(dicomfile.TagTotalPixelColumns, "UL", 1<<31) },
		"too many planes": func(d *dicomfile.Dataset) { d.Int(dicomfile.TagFocalPlanes, "UL", 1<<31) },
		"too many tiles": func(d *dicomfile.Dataset) {
			d.Int(dicomfile.TagTotalPixelColumns, "UL", 1<<24).Int(dicomfile.TagTotalPixelRows, "UL", 1<<24)
		},
	} {
		m := made{uid: "2.25.9", columns: 8, rows: 8, tile: 8, change: change}
		if s, err := Open(files(t, m), codec.Local{}, Options{}); err == nil {
			t.Errorf("%s was opened: %+v", name, s.Levels())
		}
	}
}

func TestAPatchAtScaleOneIsTheStoredPixelsAndAtAnotherTheirMean(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.9", columns: 192, rows: 128, tile: 64})
	whole, err := s.RegionRGB(context.Background(), 16, 32, 32, 32)
	if err != nil {
		t.Fatal(err)
	}
	same, err := s.Patch(context.Background(), 16, 32, 32, 1)
	if err != nil || !bytes.Equal(same, whole) {
		t.Errorf("scale 1 gives other pixels: %v", err)
	}
	half, err := s.Patch(context.Background(), 16, 32, 16, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range half {
		x, y, c := i/3%16, i/3/16, i%3
		at := func(dx, dy int) int { return int(whole[3*((2*y+dy)*32+2*x+dx)+c]) }
		if want := (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4; int(half[i]) != want {
			t.Fatalf("pixel (%d,%d): %d, the mean is %d", x, y, half[i], want)
		}
	}
	for _, bad := range []struct{ x, y, scale float64 }{{-1, 0, 2}, {170, 0, 2}, {0, 100, 2}, {0, 0, 0.5}, {0.5, 0, math.NaN()}} {
		if _, err := s.Patch(context.Background(), bad.x, bad.y, 16, bad.scale); err == nil {
			t.Errorf("%+v was read", bad)
		}
	}
}
