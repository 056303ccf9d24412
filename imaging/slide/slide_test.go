package slide

import (
	"context"
	"path/filepath"
	"testing"

	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

// The shipped sample slide: 8 x 5 tiles of 224 x 224.
func sample(t *testing.T) *Slide {
	t.Helper()
	f, err := dicomfile.Open(filepath.Join("..", "..", "app", "samples", "data", "slide", "slide.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open([]*dicomfile.File{f}, codec.Local{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestARegionOverFourTilesIsTheSamePixelsAsTheTiles(t *testing.T) {
	s := sample(t)
	ctx := context.Background()
	const x, y, w, h = 200, 210, 60, 40
	region, err := s.RegionRGB(ctx, x, y, w, h)
	if err != nil {
		t.Fatal(err)
	}
	for row := range h {
		for col := range w {
			tile, err := s.Tile(ctx, 0, (x+col)/224, (y+row)/224)
			if err != nil {
				t.Fatal(err)
			}
			at := ((y+row)%224*224 + (x+col)%224) * 3
			for c := range 3 {
				if region[(row*w+col)*3+c] != tile.RGB[at+c] {
					t.Fatalf("pixel (%d,%d) differs", x+col, y+row)
				}
			}
		}
	}
}

func TestARegionThatLeavesTheSlideIsAnError(t *testing.T) {
	s := sample(t)
	for _, r := range [][4]int{{-1, 0, 10, 10}, {0, 0, s.Columns() + 1, 1}, {s.Columns() - 5, 0, 6, 1}, {0, 0, 0, 1}, {0, s.Rows(), 1, 1}} {
		if _, err := s.RegionRGB(context.Background(), r[0], r[1], r[2], r[3]); err == nil {
			t.Errorf("%v was read", r)
		}
	}
}

func TestAFilmIsNoSlide(t *testing.T) {
	f, err := dicomfile.Open(filepath.Join("..", "..", "app", "samples", "data", "film", "film.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Open([]*dicomfile.File{f}, codec.Local{}, Options{}); err == nil {
		t.Error("a film was opened as a slide")
	}
}

func TestAPictureIsReducedToItsLongestSide(t *testing.T) {
	img, err := sample(t).Picture(context.Background(), 0, 0, 1792, 1120, 1024)
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 896 || b.Dy() != 560 {
		t.Errorf("%v", b)
	}
}
