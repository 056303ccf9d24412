package slide

import (
	"bytes"
	"context"
	"image"
	"math"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

func TestInstancesOfOneSeriesOrOfSeveralMakeOnePyramid(t *testing.T) {
	for _, several := range []bool{false, true} {
		ms := pyramid(several)
		groups := Groups(study(t, ms[1], ms[2], ms[0]))
		if len(groups) != 1 || len(groups[0].Volume) != 3 || groups[0].Base().SOPInstanceUID != ms[0].uid {
			t.Fatalf("several series %v: %+v", several, groups)
		}
		s := opened(t, codec.Local{}, Options{}, ms[1], ms[2], ms[0])
		if len(s.Levels()) != 3 {
			t.Fatalf("%+v", s.Levels())
		}
		for i, want := range []float64{1, 2, 4} {
			l := s.Levels()[i]
			if l.Downsample != want || l.Micrometres() != 0.5*want {
				t.Errorf("level %d: %+v", i, l)
			}
			if level, ok := s.LevelOf(ms[i].uid); !ok || level != i {
				t.Errorf("instance %s is of level %d", ms[i].uid, level)
			}
			wantShades(t, region(t, s, i, image.Rect(0, 0, l.Columns, l.Rows)), 0, 0, func(x, y int) [3]byte { return shade(i, 0, 0, x, y) })
		}
	}
}

func TestWhatDoesNotShowTheSameAreaIsAnotherSlide(t *testing.T) {
	ms := pyramid(false)
	closer := made{uid: "2.25.81", columns: 150, rows: 100, tile: 64, micrometres: 0.25, frame: "2.25.5", container: "G1"} // a part, at twice the scale
	otherShape := made{uid: "2.25.82", columns: 150, rows: 60, tile: 64, micrometres: 1, frame: "2.25.5", container: "G1"}
	otherGlass := made{uid: "2.25.83", columns: 150, rows: 100, tile: 64, micrometres: 1, frame: "2.25.5", container: "G2"}
	again := ms[0]
	again.uid = "2.25.99"
	for _, extra := range []made{closer, otherShape, otherGlass, again} {
		groups := Groups(study(t, append(ms[:3:3], extra)...))
		if len(groups) != 2 {
			t.Errorf("with %s: %d slides", extra.uid, len(groups))
			continue
		}
		for _, g := range groups {
			if g.Has(extra.uid) && len(g.Volume) != 1 {
				t.Errorf("%s is a level of a pyramid", extra.uid)
			}
		}
	}
	fluorescence := ms[0]
	fluorescence.uid, fluorescence.paths = "2.25.85", []string{"2"}
	if groups := Groups(study(t, append(ms[:3:3], fluorescence)...)); len(groups) != 1 || len(groups[0].Volume) != 4 {
		t.Errorf("another optical path of the same level: %+v", groups)
	}
}

func TestOpticalPathsInInstancesOfTheirOwnAreChosenByName(t *testing.T) {
	a := made{uid: "2.25.91", columns: 100, rows: 70, tile: 64, level: 1, paths: []string{"A"}, frame: "2.25.5"}
	b := a
	b.uid, b.paths, b.level = "2.25.92", []string{"B"}, 2
	for _, c := range []struct {
		path  string
		level int
	}{{"", 1}, {"A", 1}, {"B", 2}} {
		s := opened(t, codec.Local{}, Options{OpticalPath: c.path}, a, b)
		wantShades(t, region(t, s, 0, image.Rect(0, 0, 100, 70)), 0, 0, func(x, y int) [3]byte { return shade(c.level, 0, 0, x, y) })
	}
}

func TestLabelAndOverviewStandApartAndStayWithTheirGlass(t *testing.T) {
	ms := pyramid(false)
	label := made{uid: "2.25.71", columns: 40, rows: 30, tile: 40, flavor: "LABEL", container: "G1", frame: "2.25.6", level: 3}
	overview := made{uid: "2.25.72", columns: 64, rows: 64, tile: 64, flavor: "OVERVIEW", container: "G1"}
	foreign := made{uid: "2.25.73", columns: 40, rows: 30, tile: 40, flavor: "LABEL", container: "G2", frame: "2.25.5"}
	groups := Groups(study(t, append(ms[:3:3], foreign, label, overview)...))
	if len(groups) != 1 || len(groups[0].Volume) != 3 || len(groups[0].Associated) != 2 || groups[0].Has(foreign.uid) {
		t.Fatalf("%+v", groups)
	}
	s := opened(t, codec.Local{}, Options{}, append(ms[:3:3], label, overview)...)
	if len(s.Levels()) != 3 || len(s.Description().Associated) != 2 {
		t.Fatalf("%+v", s.Description())
	}
	img, err := s.Associated(context.Background(), Label)
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 40 || b.Dy() != 30 {
		t.Errorf("the label is %v", b)
	}
	if got, want := img.NRGBAAt(7, 9), shade(3, 0, 0, 7, 9); got.R != want[0] || got.G != want[1] || got.B != want[2] || got.A != 255 {
		t.Errorf("a pixel of the label is %v", got)
	}
	if _, err := s.Associated(context.Background(), Thumbnail); err == nil {
		t.Error("a thumbnail came from nowhere")
	}
	if groups := Groups(study(t, label)); len(groups) != 0 {
		t.Error("a label alone is a slide")
	}
}

func TestARegionAtAScaleComesFromTheNearestFinerLevel(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, pyramid(false)...)
	for micrometres, level := range map[float64]int{0.46: 0, 0.5: 0, 0.9: 0, 1: 1, 1.9: 1, 2: 2, 50: 2} {
		if got := s.LevelFor(micrometres / 0.5); got != level {
			t.Errorf("%g µm per pixel come from level %d, wanted %d", micrometres, got, level)
		}
	}
	// 1 µm is level 1 as it is: at (100,60) of level 0 lies (50,30) of level 1.
	r, err := s.RegionAt(context.Background(), 100, 60, 20, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	wantShades(t, r, 50, 30, func(x, y int) [3]byte { return shade(1, 0, 0, x, y) })
	// 1.5 µm out of level 1 (1 µm): x runs by one a pixel there, so the mean over
	// [a, b) is (a+b)/2 - 1/2.
	r, err = s.RegionAt(context.Background(), 20, 20, 12, 12, 1.5)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		want := 10 + 1.5*(float64(i)+0.5) - 0.5
		if got := float64(r.RGB[3*i]); math.Abs(got-want) > 0.51 {
			t.Errorf("pixel %d is %g, wanted %g", i, got, want)
		}
	}
	for _, micrometres := range []float64{0.4, 0, -1, math.NaN()} {
		if _, err := s.RegionAt(context.Background(), 0, 0, 4, 4, micrometres); err == nil {
			t.Errorf("%g µm per pixel were made out of 0.5", micrometres)
		}
	}
}

func TestASlideOfUnknownScaleHasNoRegionAtAScale(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.9", columns: 64, rows: 64, tile: 64})
	if _, err := s.RegionAt(context.Background(), 0, 0, 4, 4, 1); err == nil {
		t.Error("a scale was guessed")
	}
}

func TestReducedPixelsAreTheMeanOverTheirArea(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.9", columns: 200, rows: 150, tile: 64})
	for _, k := range []int{2, 3, 5, 16} {
		r, err := s.Scaled(context.Background(), 0, 0, 200/k, 150/k, float64(k))
		if err != nil {
			t.Fatal(err)
		}
		if r.Padded != 0 {
			t.Errorf("by %d: %d padded", k, r.Padded)
		}
		full := region(t, s, 0, image.Rect(0, 0, 200, 150))
		for y := range r.Rows {
			for x := range r.Columns {
				for c := range 3 {
					sum := 0
					for dy := range k {
						for dx := range k {
							sum += int(full.RGB[3*((y*k+dy)*200+x*k+dx)+c])
						}
					}
					want := float64(sum) / float64(k*k)
					if got := float64(r.RGB[3*(y*r.Columns+x)+c]); math.Abs(got-want) > 0.501 {
						t.Fatalf("by %d, pixel (%d,%d,%d): %g, wanted %g", k, x, y, c, got, want)
					}
				}
			}
		}
	}
}

func TestAReducedRegionOverTheEdgeIsWhiteThere(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.9", columns: 64, rows: 64, tile: 64, change: func(d *dicomfile.Dataset) {
		d.SetPixels(imaging.PixelDescription{Rows: 64, Columns: 64, Samples: 3, BitsAllocated: 8, Photometric: "RGB", Frames: 1}, bytes.Repeat([]byte{10, 20, 30}, 64*64))
	}})
	r, err := s.Scaled(context.Background(), -4, 0, 4, 2, 4)
	if err != nil {
		t.Fatal(err)
	}
	if r.Padded != 2 || [3]byte(r.RGB) != white || [3]byte(r.RGB[3:]) != [3]byte{10, 20, 30} {
		t.Errorf("%+v", r)
	}
	// Half of the last pixel lies on the slide: its mean is half white.
	r, err = s.Scaled(context.Background(), 62, 0, 1, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	if want := [3]byte{133, 138, 143}; [3]byte(r.RGB) != want {
		t.Errorf("half white: %v, wanted %v", r.RGB, want)
	}
}

func TestALevelThatIsReducedByAWholeNumberAlongOneSideAloneIsRead(t *testing.T) {
	// 1000 columns of level 1 stand for 2001; 64 rows for 128.
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.1", columns: 2001, rows: 128, tile: 64, frame: "2.25.7"},
		made{uid: "2.25.2", columns: 1000, rows: 64, tile: 64, level: 1, frame: "2.25.7"})
	if len(s.Levels()) != 2 || s.LevelFor(2) != 1 {
		t.Fatal(s.Levels())
	}
	r, err := s.Scaled(context.Background(), 0, 0, 50, 64, 2)
	if err != nil {
		t.Fatal(err)
	}
	for y := range 64 {
		if got := r.RGB[3*50*y+1]; got != byte(y) {
			t.Fatalf("row %d is %d", y, got)
		}
	}
}
