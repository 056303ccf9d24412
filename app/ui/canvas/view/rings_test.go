package view

import (
	"image"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func maskOf(picture string) (in []bool, columns, rows int) {
	lines := strings.Fields(picture)
	for _, l := range lines {
		for _, r := range l {
			in = append(in, r == '#')
		}
	}
	return in, len(lines[0]), len(lines)
}

func TestTheRingsOfAMaskGoAroundItsPixels(t *testing.T) {
	for name, c := range map[string]struct {
		picture string
		rings   [][]image.Point
	}{
		"a block":       {".... .##. .##. ....", [][]image.Point{{{1, 1}, {3, 1}, {3, 3}, {1, 3}}}},
		"at the border": {"## ##", [][]image.Point{{{0, 0}, {2, 0}, {2, 2}, {0, 2}}}},
		"two that touch at a corner are apart": {"#. .#",
			[][]image.Point{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}, {{1, 1}, {2, 1}, {2, 2}, {1, 2}}}},
		"a hole is a ring of its own, the other way around": {"### #.# ###",
			[][]image.Point{{{0, 0}, {3, 0}, {3, 3}, {0, 3}}, {{1, 1}, {1, 2}, {2, 2}, {2, 1}}}},
		"nothing": {"... ...", nil},
	} {
		in, columns, rows := maskOf(c.picture)
		if got := Rings(in, columns, rows); !reflect.DeepEqual(got, c.rings) {
			t.Errorf("%s: %v, want %v", name, got, c.rings)
		}
	}
}

// The shoelace formula over all rings gives back the number of pixels, and the
// even-odd rule the pixels themselves: an independent way from rings to mask.
func TestTheRingsOfAnyMaskHoldExactlyItsPixels(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		columns, rows := 1+r.IntN(12), 1+r.IntN(12)
		in := make([]bool, columns*rows)
		n := 0
		for i := range in {
			if in[i] = r.IntN(2) == 0; in[i] {
				n++
			}
		}
		rings := Rings(in, columns, rows)
		area := 0
		for _, ring := range rings {
			for i, p := range ring {
				q := ring[(i+1)%len(ring)]
				area += p.X*q.Y - q.X*p.Y
			}
		}
		if area != 2*n {
			t.Fatalf("%d pixels, rings around %g", n, float64(area)/2)
		}
		for i := range in {
			if Within(rings, float64(i%columns)+0.5, float64(i/columns)+0.5) != in[i] {
				t.Fatalf("pixel %d of %v: %v", i, in, rings)
			}
		}
	}
}

func BenchmarkRingsOfAWholeSlice(b *testing.B) {
	in := make([]bool, 512*512)
	for i := range in {
		x, y := i%512-256, i/512-256
		in[i] = x*x+y*y < 200*200
	}
	for b.Loop() {
		Rings(in, 512, 512)
	}
}
