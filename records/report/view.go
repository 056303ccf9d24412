package report

import (
	"fmt"
	"strings"

	"longying/records"
)

// ViewWords says in "zh" or "en" what was done to a picture that somebody wanted to
// be seen so: a turned or inverted one says so in words. Empty where nothing was.
func ViewWords(v *records.KeyView, lang string) string {
	if v == nil {
		return ""
	}
	flip, rotate, invert, part, comma := "左右翻转", "顺时针旋转 %d°", "黑白反转", "局部", "、"
	if lang == "en" {
		flip, rotate, invert, part, comma = "left and right exchanged", "rotated %d° clockwise", "black and white exchanged", "part of the picture", ", "
	}
	var out []string
	if v.Flip {
		out = append(out, flip)
	}
	if r := (v.Rotate%360 + 360) % 360; r != 0 {
		out = append(out, fmt.Sprintf(rotate, r))
	}
	if v.Invert {
		out = append(out, invert)
	}
	if v.Area != nil {
		out = append(out, part)
	}
	return strings.Join(out, comma)
}
