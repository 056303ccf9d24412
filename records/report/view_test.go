package report

import (
	"testing"

	"longying/imaging"
	"longying/records"
)

func TestATurnedPictureSaysSoInWords(t *testing.T) {
	for _, x := range []struct {
		v      *records.KeyView
		zh, en string
	}{
		{nil, "", ""},
		{&records.KeyView{Window: &imaging.VOILUT{Width: 1}}, "", ""},
		{&records.KeyView{Flip: true, Rotate: 270}, "左右翻转、顺时针旋转 270°", "left and right exchanged, rotated 270° clockwise"},
		{&records.KeyView{Invert: true, Rotate: -90, Area: &imaging.Region{}}, "顺时针旋转 270°、黑白反转、局部", "rotated 270° clockwise, black and white exchanged, part of the picture"},
	} {
		if zh, en := ViewWords(x.v, "zh"), ViewWords(x.v, "en"); zh != x.zh || en != x.en {
			t.Errorf("%+v: %q, %q", x.v, zh, en)
		}
	}
}
