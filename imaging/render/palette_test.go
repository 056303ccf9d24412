package render

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"testing"

	"longying/imaging"
)

// The sums are of the red, green and blue tables of the well-known palette
// objects as pydicom 3.0 ships them.
func TestHotIronAndPETAreThePalettesOfTheStandardToTheValue(t *testing.T) {
	for name, want := range map[string]string{
		"hot_iron": "d9f364511ea9e279d5a3309885492bd61ebefe10d3374a49bf62557b2838694a",
		"pet":      "08c542f5694d2623cadca913a22c4542712c76cbf28aa2a1ff64ecae07201abd",
	} {
		var raw []byte
		p := PaletteOf(name)
		for c := range 3 {
			for i := range 256 {
				raw = append(raw, p[i][c])
			}
		}
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s: %x", name, sum)
		}
	}
}

func TestEveryColourMapIsThereAndBeginsWithBlackWhichLiesAroundAPicture(t *testing.T) {
	for _, name := range ColourMaps() {
		p := PaletteOf(name)
		if p == nil || p[0] != [3]uint8{} || p[255] != [3]uint8{255, 255, 255} {
			t.Errorf("%s is no such map", name)
		}
	}
	if PaletteOf("") != nil || PaletteOf("grey") != nil {
		t.Error("grey has a palette")
	}
}

func TestAPaletteColoursAPictureByItsGreys(t *testing.T) {
	dst := image.NewRGBA(image.Rect(0, 0, 256, 2))
	for y := range 2 {
		for x := range 256 {
			copy(dst.Pix[dst.PixOffset(x, y):], []uint8{uint8(x), uint8(x), uint8(x), 255})
		}
	}
	p := PaletteOf("spectrum")
	p.Apply(dst)
	for y := range 2 {
		for x := range 256 {
			if c := dst.RGBAAt(x, y); [3]uint8{c.R, c.G, c.B} != p[x] || c.A != 255 {
				t.Fatalf("grey %d is %v, not %v", x, c, p[x])
			}
		}
	}
}

func TestAWindowFromARegionIsThatOfItsPercentilesPaddingLeftOut(t *testing.T) {
	const columns, rows = 40, 30
	padding := -2000
	in := &imaging.Instance{ModalityLUT: imaging.ModalityLUT{Slope: 2, Intercept: -1000}, Pixels: imaging.PixelDescription{PaddingValue: &padding}}
	f := &imaging.Frame{Rows: rows, Columns: columns, Samples: 1, BitsStored: 16, Int16: make([]int16, rows*columns)}
	for i := range f.Int16 {
		f.Int16[i] = -2000
	}
	for k := range 200 { // 20 × 10 values from 0 to 199 at (5, 4)
		f.Int16[(4+k/20)*columns+5+k%20] = int16(k)
	}
	// Of 200 values rank 2 is 1 and rank 198 is 197; -998 and -606 after the LUT.
	want := imaging.VOILUT{Center: (-998-606)/2 + 0.5, Width: -606 + 998 + 1}
	for _, g := range []imaging.Region{{X0: 5, Y0: 4, X1: 25, Y1: 14}, {X0: 0, Y0: 0, X1: columns, Y1: rows}, {X0: -9, Y0: -9, X1: 99, Y1: 99}} {
		if w, ok := WindowOf(f, in, 1, g); !ok || w.Center != want.Center || w.Width != want.Width {
			t.Errorf("%v: %+v %v", g, w, ok)
		}
	}
	if w, _ := WindowOf(f, in, 1, imaging.Region{X0: 5, Y0: 4, X1: 25, Y1: 5}); w.Center != (-1000-962)/2+0.5 {
		t.Errorf("the first row alone: %+v", w) // ranks 1 and 20 of 20
	}
	for _, g := range []imaging.Region{{X0: 30, Y0: 20, X1: 40, Y1: 30}, {X0: 5, Y0: 4, X1: 6, Y1: 5}, {X0: 50, Y0: 50, X1: 60, Y1: 60}} {
		if w, ok := WindowOf(f, in, 1, g); ok {
			t.Errorf("%v: %+v of padding or of one value", g, w)
		}
	}
}
