package gsdf

import (
	"image"
	"testing"
)

// levels counts how many pixels of each level a picture has.
func levels(g *image.Gray) map[uint8]int {
	out := map[uint8]int{}
	for _, v := range g.Pix {
		out[v]++
	}
	return out
}

func TestThePatternHasEveryLevelAndItsLowContrastPatchesOnEveryScreen(t *testing.T) {
	for _, size := range [][2]int{{1366, 768}, {1920, 1080}, {3840, 2160}, {1280, 1024}, {2048, 2560}, {1200, 1600}} {
		w, h := size[0], size[1]
		g := Pattern(w, h)
		if g.Rect != image.Rect(0, 0, w, h) {
			t.Fatalf("%v: %v", size, g.Rect)
		}
		found := levels(g)
		for v := range 256 {
			if found[uint8(v)] == 0 {
				t.Errorf("%v: no pixel of level %d", size, v)
			}
		}
		for _, at := range [][2]int{{0, h / 2}, {w - 1, h / 2}, {w / 2, 0}, {w / 2, h - 1}} {
			if g.GrayAt(at[0], at[1]).Y != 255 {
				t.Errorf("%v: the edge is not drawn at %v", size, at)
			}
		}
	}
}

func TestLinesOfOnePixelAreLinesOfOnePixel(t *testing.T) {
	w, h := 1920, 1080
	g := Pattern(w, h)
	e := h / 36
	for _, at := range [][2]int{{e, e}, {w - 5*e, e}, {e, h - 5*e}, {w - 5*e, h - 5*e}, {(w - 6*e) / 2, (h-27*e)/2 + 17*e}} {
		for x := range 20 {
			if got, want := g.GrayAt(at[0]+x, at[1]+2).Y, uint8(255*(x%2)); got != want {
				t.Fatalf("at %v the upright lines have %d in column %d", at, got, x)
			}
		}
	}
}

func TestTheLettersFadeByOneLevelEach(t *testing.T) {
	p := &pattern{image.NewGray(image.Rect(0, 0, 600, 60))}
	for _, c := range []struct{ ground, first int }{{0, 14}, {128, 142}, {255, 241}} {
		p.text(0, 0, 600, 60, c.ground)
		found := levels(p.Gray)
		step := 1
		if c.first > c.ground {
			step = -1
		}
		for i := range TextLetters {
			if found[uint8(c.first+i*step)] == 0 {
				t.Errorf("on %d no letter of level %d", c.ground, c.first+i*step)
			}
		}
		if len(found) != TextLetters+1 {
			t.Errorf("on %d there are %d levels", c.ground, len(found))
		}
	}
}

func TestAFieldIsOfOneLevel(t *testing.T) {
	if found := levels(Field(40, 30, 75)); found[75] != 1200 {
		t.Errorf("%v", found)
	}
}
