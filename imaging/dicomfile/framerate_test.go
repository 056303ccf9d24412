package dicomfile

import "testing"

// PS3.3 C.7.6.5.1: Recommended Display Frame Rate, Cine Rate, Frame Time in ms.
func TestAnObjectIsPlayedAsItRecommendsElseAsItWasMade(t *testing.T) {
	for _, c := range []struct{ recommended, made, milliseconds, want float64 }{
		{10, 30, 40, 10}, {0, 30, 40, 30}, {0, 0, 40, 25}, {0, 0, 0, 0}, {-5, 0, 0.001, 0}, {1e6, 0, 50, 20},
	} {
		if got := frameRate(c.recommended, c.made, c.milliseconds); got != c.want {
			t.Errorf("%+v: %g", c, got)
		}
	}
}
