package canvas

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

// one is the width of a line of which every character is as wide.
func one(s string) float32 { return 8 * float32(len([]rune(s))) }

func TestTheWordsOfTheLowerCornersNeverLieOnEachOtherAndTheWindowStands(t *testing.T) {
	left := []string{"W 256  L 128", "Zoom 185%", "Image 13/24", "Position 698.5 mm"}
	right := []string{"Lossy compression 8.73:1", "Pixel spacing unknown: lengths in pixels only",
		"Orientation not stated: sides by the marker on the film", "Display not calibrated"}
	for width := float32(160); width < 1200; width += 7 {
		for rows := 2; rows < 20; rows++ {
			got := fitLower(left, right, []string{right[3], left[1], left[3]}, 20, width, rows, one)
			if len(got.left)+got.raised > rows || len(got.right) > rows {
				t.Fatalf("%v wide, %d rows: %+v has no room", width, rows, got)
			}
			if clearOf(fromEdge(got.right), fromEdge(got.left), width, one) > got.raised {
				t.Fatalf("%v wide, %d rows: lines meet in %+v", width, rows, got)
			}
			if !slices.Contains(got.left, left[0]) || !slices.Contains(got.left, left[2]) {
				t.Fatalf("%v wide, %d rows: the window or the image's number is gone from %q", width, rows, got.left)
			}
			if rows == 19 && width > 300 && strings.Join(got.right, " ") != strings.Join(right, " ") {
				t.Fatalf("%v wide: %q, though there is room for all", width, got.right)
			}
		}
	}
}

// As two viewports show a film on a screen of 1366.
func TestALineThatWouldMeetTheWindowRaisesIt(t *testing.T) {
	got := fitLower([]string{"W 256  L 128", "Zoom 185%"}, []string{"Lossy", "Orientation not stated: by the marker", "Not calibrated"}, nil, 0, 400, 20, one)
	if got.raised != 1 || len(got.right) != 3 {
		t.Errorf("%+v", got)
	}
	if got := fitLower([]string{"W 256"}, []string{"Lossy"}, nil, 0, 400, 20, one); got.raised != 0 {
		t.Errorf("raised without need: %+v", got)
	}
}

func TestWhatCanBeDispensedWithGoesBeforeALossyPictureIsNotSaidToBeOne(t *testing.T) {
	got := fitLower([]string{"W 256  L 128", "Zoom 185%"}, []string{"Lossy compression 8:1", "Display not calibrated"}, []string{"Display not calibrated", "Zoom 185%"}, 0, 250, 2, one)
	if !slices.Equal(got.right, []string{"Lossy compression 8:1"}) || !slices.Equal(got.left, []string{"W 256  L 128"}) || got.raised != 1 {
		t.Errorf("%+v", got)
	}
}

func TestALineThatIsBrokenCanBeDispensedWithAsAWhole(t *testing.T) {
	display := "Display not calibrated: another monitor"
	got := fitLower([]string{"W 256  L 128"}, []string{"Lossy compression 8:1", display}, []string{display}, 0, 200, 2, one)
	if !slices.Equal(got.right, []string{"Lossy compression 8:1"}) {
		t.Errorf("a lossy picture yields to %q", got.right)
	}
}

func TestTheLetterOfTheLowerEdgeStandsClearOfTheCorners(t *testing.T) {
	left, right := []string{"Zoom 58%", "Thickness 2.5 mm"}, []string{"Display not calibrated"}
	if got := fitLower(left, right, nil, 20, 600, 20, one); got.letter != 0 {
		t.Errorf("moved without need: %+v", got)
	}
	if got := fitLower(left, right, nil, 20, 340, 20, one); got.letter != 1 {
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

func TestTheSideLetterStandsBelowWordsThatReachItsPlace(t *testing.T) {
	words := newOutlined(fyne.TextAlignLeading)
	words.lines = []string{"Gantry tilt"}
	words.Resize(fyne.NewSize(200, 22))
	words.Move(fyne.NewPos(6, 90))
	at, m := fyne.NewPos(6, 100), fyne.NewSize(12, 22)
	if y := beneath(at, m, 200, words); y != 112 {
		t.Errorf("at %v", y)
	}
	if y := beneath(at, m, 120, words); y != 100 {
		t.Errorf("at %v, though the words from below leave no room", y)
	}
	words.Move(fyne.NewPos(6, 10))
	if y := beneath(at, m, 200, words); y != 100 {
		t.Errorf("at %v, though nothing is there", y)
	}
}
