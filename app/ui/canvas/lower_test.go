package canvas

import (
	"slices"
	"strings"
	"testing"
)

// one is the width of a line of which every character is as wide.
func one(s string) float32 { return 8 * float32(len([]rune(s))) }

func TestTheWordsOfTheLowerCornersNeverLieOnEachOtherAndTheWindowStands(t *testing.T) {
	left := []string{"W 256  L 128", "Zoom 185%", "Image 13/24", "Position 698.5 mm"}
	right := []string{"Lossy compression 8.73:1", "Pixel spacing unknown: lengths in pixels only",
		"Orientation not stated: sides by the marker on the film", "Display not calibrated"}
	for width := float32(160); width < 1200; width += 7 {
		for rows := len(left); rows < 20; rows++ {
			got := fitLower(left, right, 20, width, rows, one)
			if len(left)+got.raised > rows || len(got.right) > rows {
				t.Fatalf("%v wide, %d rows: %+v has no room", width, rows, got)
			}
			for k := range left {
				l, at := left[len(left)-1-k], k+got.raised
				if at < len(got.right) && one(l)+one(got.right[len(got.right)-1-at])+3*cornerGap > width {
					t.Fatalf("%v wide, %d rows: %q meets %q", width, rows, l, got.right[len(got.right)-1-at])
				}
			}
			if rows == 19 && width > 300 && strings.Join(got.right, " ") != strings.Join(right, " ") {
				t.Fatalf("%v wide: %q, though there is room for all", width, got.right)
			}
		}
	}
}

// As two viewports show a film on a screen of 1366.
func TestALineThatWouldMeetTheWindowRaisesIt(t *testing.T) {
	got := fitLower([]string{"W 256  L 128", "Zoom 185%"}, []string{"Lossy", "Orientation not stated: by the marker", "Not calibrated"}, 0, 400, 20, one)
	if got.raised != 1 || len(got.right) != 3 {
		t.Errorf("%+v", got)
	}
	if got := fitLower([]string{"W 256"}, []string{"Lossy"}, 0, 400, 20, one); got.raised != 0 {
		t.Errorf("raised without need: %+v", got)
	}
}

func TestTheLetterOfTheLowerEdgeStandsClearOfTheCorners(t *testing.T) {
	left, right := []string{"Zoom 58%", "Thickness 2.5 mm"}, []string{"Display not calibrated"}
	if got := fitLower(left, right, 20, 600, 20, one); got.letter != 0 {
		t.Errorf("moved without need: %+v", got)
	}
	if got := fitLower(left, right, 20, 340, 20, one); got.letter != 1 {
		t.Errorf("%+v", got)
	}
}

func TestALineIsBrokenBetweenWordsAndChineseAnywhere(t *testing.T) {
	if got := breakTo("sides by the marker", 80, one); !slices.Equal(got, []string{"sides by", "the marker"}) {
		t.Errorf("%q", got)
	}
	if got := breakTo("方位未注明，左右以片上标记为准", 80, one); len(got) != 2 || strings.Join(got, "") != "方位未注明，左右以片上标记为准" {
		t.Errorf("%q", got)
	}
	if got := breakTo("unbreakable", 0, one); !slices.Equal(got, []string{"unbreakable"}) {
		t.Errorf("%q", got)
	}
}
