package slide

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/icc"
)

func profile(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "icc", "testdata", "matrix.icc"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheColourProfileIsForTheScreenAndNeverForAModel(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.9", columns: 64, rows: 64, tile: 64, icc: profile(t)})
	stored := func(x, y int) [3]byte { return shade(0, 0, 0, x, y) }
	rgb, err := s.RegionRGB(context.Background(), 0, 0, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	wantShades(t, &Region{Columns: 64, Rows: 64, RGB: rgb}, 0, 0, stored)
	tr, err := icc.New(profile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	want := slices.Clone(rgb)
	tr.Apply(want, want)
	if slices.Equal(want, rgb) {
		t.Fatal("the profile changes nothing, so this test shows nothing")
	}
	img, err := s.Picture(context.Background(), 0, 0, 64, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 64 * 64 {
		if !slices.Equal(img.Pix[4*i:4*i+3], want[3*i:3*i+3]) {
			t.Fatalf("pixel %d of the picture is %v, wanted %v", i, img.Pix[4*i:4*i+3], want[3*i:3*i+3])
		}
	}
	// The cache still holds what is stored.
	wantShades(t, region(t, s, 0, image.Rect(0, 0, 64, 64)), 0, 0, stored)
}

func TestAProfileThatCannotBeUsedIsSaid(t *testing.T) {
	s := opened(t, codec.Local{}, Options{}, made{uid: "2.25.9", columns: 64, rows: 64, tile: 64, icc: profile(t)[:200]})
	if _, ok := s.Colour(); ok || len(s.Notes()) != 1 || s.Notes()[0].Code != NoteICC {
		t.Errorf("notes: %v", s.Notes())
	}
}

func TestEveryYBRValueBecomesWhatTheStandardSays(t *testing.T) {
	in, out := make([]byte, 3*256), make([]byte, 3*256)
	for cb := range 256 {
		for cr := range 256 {
			for y := range 256 {
				in[3*y], in[3*y+1], in[3*y+2] = byte(y), byte(cb), byte(cr)
			}
			fromYBR(out, in)
			for y := range 256 {
				r, g, b := imaging.RGBFromYBRFull(byte(y), byte(cb), byte(cr))
				if [3]byte(out[3*y:]) != [3]byte{r, g, b} {
					t.Fatalf("%d %d %d becomes %v, wanted %d %d %d", y, cb, cr, out[3*y:3*y+3], r, g, b)
				}
			}
		}
	}
}
