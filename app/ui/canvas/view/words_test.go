package view

import (
	"slices"
	"testing"

	"longying/app/ui/lang"
	"longying/imaging"
)

func TestASmallViewportNeverGoesWithoutTheWindowALossyPictureOrSidesThatAreNotStated(t *testing.T) {
	l, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	lossy, usual := &imaging.Instance{LossyCompression: true, LossyRatio: 8}, &imaging.Instance{}
	for _, in := range []*imaging.Instance{lossy, usual} {
		f := Facts{Instance: in, Zoom: 1, Window: imaging.VOILUT{Width: 80, Center: 40}}
		c := Words(l, f)
		all := slices.Concat(c.BottomLeft, c.BottomRight)
		for _, line := range c.Dispensable {
			if !slices.Contains(all, line) {
				t.Errorf("%q stands nowhere", line)
			}
		}
		for _, must := range []string{l.T("canvas.window", "80", "40"), l.T("canvas.orientation_unknown"), l.T("canvas.spacing_unknown"), l.T("canvas.lossy_ratio", "8")} {
			if slices.Contains(c.Dispensable, must) {
				t.Errorf("%q may be left out", must)
			}
		}
		if got := slices.Contains(c.Dispensable, l.T("canvas.uncompressed")); got == in.LossyCompression {
			t.Errorf("lossy %v: %q", in.LossyCompression, c.Dispensable)
		}
	}
}
