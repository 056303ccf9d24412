package report

import (
	"fmt"
	"strings"

	"longying/records"
)

// Spot is which picture of a study something lies on: the number of its series,
// 0 where it has none, and its place in the stack, from 1, of so many; of one
// picture alone both are 0.
type Spot struct{ Series, Slice, Of int }

// In words it in Chinese, as reports are.
func (s Spot) In() string {
	var parts []string
	if s.Series > 0 {
		parts = append(parts, fmt.Sprintf("序列 %d", s.Series))
	}
	if s.Of > 0 {
		parts = append(parts, fmt.Sprintf("第 %d/%d 层", s.Slice, s.Of))
	}
	return strings.Join(parts, "，")
}

// Measured words what a doctor measured by hand as one sentence of the findings,
// linked to it: its words, each value with its unit, the picture, and what has to
// be known of the values. ok is false where it says nothing.
func Measured(a *records.Annotation, at Spot) (s records.Sentence, ok bool) {
	stated := a.Stated()
	if strings.TrimSpace(stated) == "" {
		return s, false
	}
	text := stated
	switch {
	case len(a.Values) == 0: // the words are all of it
	case a.Label != "":
		text = strings.TrimRight(a.Label, "。：:;；,，. ") + "：" + stated
	default:
		text = map[records.Tool]string{records.ToolLength: "测量长度 ", records.ToolAngle: "测量角度 ", records.ToolEllipse: "测量区域：",
			records.ToolPolygon: "测量区域：", records.ToolProbe: "测点值 "}[a.Tool] + stated
	}
	text = strings.TrimRight(text, "。. ")
	var more []string
	if where := at.In(); where != "" {
		more = append(more, where)
	}
	if more = append(more, a.Basis.Said(a.Values, "zh")...); len(more) > 0 {
		text += "（" + strings.Join(more, "，") + "）"
	}
	return records.Sentence{Text: text + "。", AnnotationUID: a.UID, Measured: stated}, true
}
