package view

import (
	"strings"
	"testing"

	"longying/app/ui/lang"
	"longying/imaging"
)

func presentation() (*imaging.PresentationState, *imaging.Instance) {
	return &imaging.PresentationState{Label: "READING", Description: "初读", Rotation: 90, Flip: true,
			Images: []imaging.StateImage{{SOPInstanceUID: "2.25.1"}},
			Areas:  []imaging.DisplayedArea{{Area: imaging.Region{X0: 10, Y0: 20, X1: 50, Y1: 100}, Mode: imaging.ScaleToFit, Aspect: 1}}},
		&imaging.Instance{SOPInstanceUID: "2.25.1"}
}

func TestAPresentationStateTurnsThePictureFitsItsAreaAndIsTakenBack(t *testing.T) {
	p, in := presentation()
	own := State{Columns: 200, Rows: 200, Slice: 3, Slices: 9, Window: &imaging.VOILUT{Width: 5}, Invert: true, Rotate: 180, Free: true, Scale: 7}
	s := own.Presented(p, in, 1)
	if s.Rotate != 270 || !s.Flip || s.Window != nil || s.Invert || s.Free || s.Slice != 3 || s.Slices != 9 {
		t.Errorf("%+v", s)
	}
	// 40 x 80 pixels lie on their side: 80 wide.
	if v := s.Render(400, 400); v.Scale != 5 || v.CenterX != 30 || v.CenterY != 60 {
		t.Errorf("%+v", v)
	}
	p.Areas[0].Mode, p.Areas[0].Ratio = imaging.Magnify, 2.5
	if v := own.Presented(p, in, 1).Render(400, 400); v.Scale != 2.5 || v.CenterX != 30 {
		t.Errorf("magnified: %+v", v)
	}
	if s = s.Presented(nil, in, 1); s.Rotate != 0 || s.Flip || s.Area != nil || s.Render(400, 400).Scale != 2 {
		t.Errorf("plain: %+v", s)
	}
}

func TestTheStateInForceIsNamedAlsoWhenOtherWordsAreHidden(t *testing.T) {
	p, in := presentation()
	p.Areas[0].Mode = imaging.TrueSize
	for _, name := range lang.Codes() {
		l, err := lang.New(name)
		if err != nil {
			t.Fatal(err)
		}
		w := Words(l, Facts{Instance: in, Frame: 1, Applied: p, State: State{}.Presented(p, in, 1), Zoom: 1})
		if !strings.Contains(strings.Join(w.Safe, "\n"), "READING · 初读") {
			t.Errorf("%s: %q", name, w.Safe)
		}
		left := strings.Join(w.BottomLeft, "\n")
		for _, key := range []string{l.T("canvas.flipped"), l.T("canvas.rotated", 270), l.T("canvas.true_size")} {
			if !strings.Contains(left, key) {
				t.Errorf("%s: %q is not said: %q", name, key, left)
			}
		}
		w = Words(l, Facts{Instance: in, Frame: 1, Refused: "because", Covered: true, Bare: true, Damaged: []string{"cut short"}, Zoom: 1})
		if !strings.Contains(strings.Join(w.Safe, "\n"), "because") || !strings.Contains(strings.Join(w.BottomRight, "\n"), "cut short") ||
			!strings.Contains(strings.Join(w.BottomRight, "\n"), l.T("canvas.overlays_hidden")) {
			t.Errorf("%s: %q %q", name, w.Safe, w.BottomRight)
		}
	}
}

func TestAWindowIsWordedWithTheDigitsThatCanBeSeen(t *testing.T) {
	l, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		width, center float64
		want          string
	}{{152.4, 64.98, "W 152  L 65"}, {5, 2.5, "W 5  L 2.5"}, {1500, -600, "W 1500  L -600"}, {0.3331, 0.25, "W 0.3331  L 0.25"}} {
		if got := windowWords(l, Facts{Window: imaging.VOILUT{Width: c.width, Center: c.center}}); got != c.want {
			t.Errorf("%v/%v is worded %q, want %q", c.width, c.center, got, c.want)
		}
	}
}
