package inference

import (
	"cmp"
	"slices"
)

// Box is one detected place in the pixels of the source, with its score.
type Box struct {
	X0, Y0, X1, Y1 float64 // top left and bottom right edge
	Class          int
	Score          float64 // 0..1
	order          int     // among those of its output
}

// IoU is the area that two boxes share over the area that they cover together;
// 0 where either has none.
func (b Box) IoU(o Box) float64 {
	w, h := min(b.X1, o.X1)-max(b.X0, o.X0), min(b.Y1, o.Y1)-max(b.Y0, o.Y0)
	if w <= 0 || h <= 0 {
		return 0
	}
	shared := w * h
	return shared / ((b.X1-b.X0)*(b.Y1-b.Y0) + (o.X1-o.X0)*(o.Y1-o.Y0) - shared)
}

// suppress is non-maximum suppression, class by class: boxes by falling score,
// equal ones in their order; a box whose IoU with a kept one of its class is
// more than most is dropped (torchvision.ops.batched_nms). The result is by
// falling score and holds at most limit boxes.
func suppress(boxes []Box, most float64, limit int) []Box {
	boxes = slices.Clone(boxes)
	slices.SortStableFunc(boxes, func(a, b Box) int { return cmp.Compare(b.Score, a.Score) })
	var kept []Box
	for _, b := range boxes {
		if len(kept) == limit {
			break
		}
		if !slices.ContainsFunc(kept, func(k Box) bool { return k.Class == b.Class && k.IoU(b) > most }) {
			kept = append(kept, b)
		}
	}
	return kept
}
